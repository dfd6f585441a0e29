#include "expire/cycle/reclaim.h"
#include "server/core/background.h"
#include "storage/base/slab.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static bytes nameOf(size_t n, char *room, size_t size) {
    return bytesOf(room, (size_t)snprintf(room, size, "key:%zu", n));
}

static keyRef keyOf(bytes name) {
    return (keyRef){name, hashBytes(name)};
}

static void put(int id, bytes name, int64_t deadline_ms) {
    dbSetStringUntil(f->server->dbs[id], keyOf(name), BYTES("some value that is not short"),
                     deadline_ms);
}

static void fill(int id, size_t count, int64_t deadline_ms) {
    char room[32];
    for (size_t n = 0; n < count; n++) put(id, nameOf(n, room, sizeof room), deadline_ms);
}

static int64_t now(void) {
    serverReadClock(f->server);
    return f->server->now_ms;
}

/* One turn of a loop that slept until its next task, 'limit_ms' at the most. True if one ran. */
static bool turn(int64_t limit_ms) {
    server *s = f->server;
    serverReadClock(s);
    uint64_t wait_ns = cronNextNs(s);
    if (wait_ns > (uint64_t)limit_ms * 1000000) {
        clockManualAdvance(&f->clock, limit_ms * 1000);
        serverReadClock(s);
        return false;
    }
    clockManualAdvance(&f->clock, (int64_t)((wait_ns + 999) / 1000));
    serverReadClock(s);
    cronRun(s);
    return true;
}

/* Turns for 'ms'; the number of them in which something ran. */
static size_t turnsFor(int64_t ms) {
    size_t count = 0;
    int64_t end_ms = now() + ms;
    while (now() < end_ms) {
        count += turn(end_ms - now());
        ck_assert_msg(count < 100000, "a busy loop");
    }
    return count;
}

/* Reclaim and the watch over clients look once each, INFO samples twice. */
enum { IDLE_TURNS_A_SECOND = 4 };

static void begin(void) {
    f = fakeNew();
    turnsFor(3000);
}

static void end(void) {
    fakeFree(f);
}

START_TEST(idleServerWakesFourTimesASecond) {
    begin();
    ck_assert_uint_le(turnsFor(100000), 100 * IDLE_TURNS_A_SECOND + 5);
    end();
}
END_TEST

START_TEST(keyGoesInTheMillisecondAfterItsDeadline) {
    begin();
    int64_t due_ms = now() + 137;
    put(3, BYTES("lone"), due_ms);
    put(5, BYTES("later"), due_ms + 100000);
    turnsFor(137);
    ck_assert_uint_eq(dbCount(f->server->dbs[3]), 1);
    turnsFor(1);
    turn(0);
    ck_assert_uint_eq(dbCount(f->server->dbs[3]), 0);
    ck_assert_uint_eq(dbCount(f->server->dbs[5]), 1);
    ck_assert_uint_eq(f->server->stats.expired_keys, 1);
    end();
}
END_TEST

START_TEST(soonerKeyIsNotKeptWaitingByTheOthers) {
    begin();
    put(0, BYTES("later"), now() + 400);
    turnsFor(10);
    put(1, BYTES("sooner"), now() + 20);
    turnsFor(22);
    ck_assert_uint_eq(dbCount(f->server->dbs[1]), 0);
    ck_assert_uint_eq(dbCount(f->server->dbs[0]), 1);
    end();
}
END_TEST

START_TEST(farDeadlinesCostNoWakeUps) {
    begin();
    fill(0, 1000, now() + 1000000);
    ck_assert_uint_le(turnsFor(100000), 400);
    ck_assert_uint_eq(dbCount(f->server->dbs[0]), 1000);
    end();
}
END_TEST

/* The wall clock jumps and the monotonic one does not: what a timer alone would miss. */
static int64_t wall_ahead_us;

static int64_t wallAhead(void *ctx) {
    return ((clockManual *)ctx)->now_us + wall_ahead_us;
}

START_TEST(clockSetForwardIsSeenWithinASecond) {
    begin();
    wall_ahead_us = 0;
    f->clock.source.wall_us = wallAhead;
    put(0, BYTES("k"), now() + 3600 * 1000);
    turnsFor(2000);
    wall_ahead_us = 2 * 3600 * (int64_t)1000000;
    for (int i = 0; i < 10 && dbCount(f->server->dbs[0]); i++) turn(100);
    ck_assert_uint_eq(dbCount(f->server->dbs[0]), 0);
    end();
}
END_TEST

START_TEST(clockSetBackMakesNoBusyLoop) {
    begin();
    wall_ahead_us = 0;
    f->clock.source.wall_us = wallAhead;
    put(0, BYTES("k"), now() + 100);
    wall_ahead_us = -3600 * (int64_t)1000000;
    size_t turns = 0;
    for (int i = 0; i < 1000; i++) turns += turn(10);
    ck_assert_uint_le(turns, 60); /* in ten seconds */
    ck_assert_uint_eq(dbCount(f->server->dbs[0]), 1);
    end();
}
END_TEST

START_TEST(pauseAndDebugSwitchStopExpiry) {
    begin();
    server *s = f->server;
    s->active_expire = false;
    fill(0, 100, now() + 5);
    ck_assert_uint_le(turnsFor(10000), 60);
    ck_assert_uint_eq(dbCount(s->dbs[0]), 100);
    s->active_expire = true;
    s->paused_until_ms = now() + 700;
    backgroundWakeExpire(s);
    turnsFor(690);
    ck_assert_uint_eq(dbCount(s->dbs[0]), 100);
    turnsFor(600);
    ck_assert_uint_eq(dbCount(s->dbs[0]), 0);
    end();
}
END_TEST

START_TEST(keysThatMayNotExpireMakeNoBusyLoop) {
    begin();
    dbSetMayExpire(f->server->dbs[0], false);
    fill(0, 100, now() + 5);
    ck_assert_uint_le(turnsFor(10000), 60);
    ck_assert_uint_eq(dbCount(f->server->dbs[0]), 100);
    end();
}
END_TEST

START_TEST(deletesWakeReclaim) {
    begin();
    enum { KEYS = 20000 };
    server *s = f->server;
    fill(0, KEYS, DEADLINE_NONE);
    turnsFor(5000);
    char room[32];
    for (size_t n = 0; n < KEYS; n++)
        if (n % 10) dbDelete(s->dbs[0], keyOf(nameOf(n, room, sizeof room)), DB_DELETED);
    ck_assert(dbIsSparse(s->dbs[0]));
    uint64_t passes = reclaimStatsOf(s->reclaim).passes;
    turnsFor(50);
    ck_assert(!dbIsSparse(s->dbs[0]));
    /* Under ASan slabs have no pages to empty. */
    if (slabStatsTotal().chunk_bytes) ck_assert_uint_gt(reclaimStatsOf(s->reclaim).passes, passes);
    turnsFor(5000);
    ck_assert_int_eq(reclaimStatsOf(s->reclaim).state, RECLAIM_IDLE);
    ck_assert_uint_gt(s->stats.reclaim_slices, 0);
    ck_assert_uint_le(turnsFor(100000), 100 * IDLE_TURNS_A_SECOND + 5);
    end();
}
END_TEST

START_TEST(flushIsFreedSoon) {
    begin();
    server *s = f->server;
    fill(0, 5000, DEADLINE_NONE);
    turnsFor(1500);
    dbFlush(s->dbs[0], false);
    keysFlushed(f->client, 0);
    ck_assert_uint_eq(discardPending(s->discard), 5000);
    turnsFor(20);
    ck_assert_uint_eq(discardPending(s->discard), 0);
    end();
}
END_TEST

START_TEST(valuesReplacedBySmallerOnesAreNoticed) {
    begin();
    fill(0, 1, DEADLINE_NONE);
    if (slabStatsTotal().chunk_bytes) {
        server *s = f->server;
        static const char big[300];
        char room[32];
        for (size_t n = 0; n < 20000; n++)
            dbSetString(s->dbs[0], keyOf(nameOf(n, room, sizeof room)), bytesOf(big, 300), false);
        turnsFor(5000);
        for (size_t n = 0; n < 20000; n++)
            if (n % 8)
                dbSetString(s->dbs[0], keyOf(nameOf(n, room, sizeof room)), bytesOf(big, 8), false);
        ck_assert(slabPassWorthwhile(SLAB_ENTRY));
        turnsFor(3000);
        ck_assert(!slabPassWorthwhile(SLAB_ENTRY));
    }
    end();
}
END_TEST

START_TEST(reclaimRestsWhileItIsOff) {
    begin();
    CALL(f, "CONFIG SET reclaim-enabled no", "+OK|");
    fill(0, 20000, DEADLINE_NONE);
    if (slabStatsTotal().chunk_bytes) {
        char room[32];
        for (size_t n = 0; n < 20000; n++)
            if (n % 8) dbDelete(f->server->dbs[0], keyOf(nameOf(n, room, sizeof room)), DB_DELETED);
        turnsFor(5000);
        ck_assert(slabPassWorthwhile(SLAB_ENTRY));
        CALL(f, "CONFIG SET reclaim-enabled yes", "+OK|");
        turnsFor(3000);
        ck_assert(!slabPassWorthwhile(SLAB_ENTRY));
    }
    end();
}
END_TEST

/* The clock of the slices: each look at it takes 50 us. */
static uint64_t tickingMonotonic(void *ctx) {
    clockManual *clock = ctx;
    clock->now_us += 50;
    return (uint64_t)clock->now_us * 1000;
}

/* The share of the time that reclaim takes of a busy server, in percent. */
static uint64_t busyPercent(void) {
    server *s = f->server;
    uint64_t (*steady)(void *ctx) = f->clock.source.monotonic_ns;
    fill(0, 50000, DEADLINE_NONE);
    turnsFor(5000);
    dbFlush(s->dbs[0], false);
    backgroundWakeReclaim(s);
    f->clock.source.monotonic_ns = tickingMonotonic;
    uint64_t spent_ns = s->stats.reclaim_ns;
    int64_t start_us = f->clock.now_us;
    while (discardPending(s->discard)) {
        fakeCall(f, "PING");
        turn(1);
    }
    spent_ns = s->stats.reclaim_ns - spent_ns;
    uint64_t passed_ns = (uint64_t)(f->clock.now_us - start_us) * 1000;
    f->clock.source.monotonic_ns = steady;
    ck_assert_uint_gt(spent_ns, 10 * 500000);
    return spent_ns * 100 / passed_ns;
}

START_TEST(busyServerKeepsNineTenthsOfItsTime) {
    begin();
    ck_assert_uint_le(busyPercent(), 12);
    end();
}
END_TEST

START_TEST(activedefragSetsTheShareOfTheTime) {
    begin();
    CALL(f, "CONFIG SET active-defrag-cycle-max 75", "+OK|");
    ck_assert_uint_le(busyPercent(), 12);
    CALL(f, "CONFIG SET activedefrag yes", "+OK|");
    uint64_t percent = busyPercent();
    ck_assert_uint_gt(percent, 40);
    ck_assert_uint_le(percent, 77);
    end();
}
END_TEST

START_TEST(movingIsToldAsDefragmentation) {
    begin();
    fill(0, 20000, DEADLINE_NONE);
    char room[32];
    for (size_t n = 0; n < 20000; n++)
        if (n % 10) dbDelete(f->server->dbs[0], keyOf(nameOf(n, room, sizeof room)), DB_DELETED);
    turnsFor(5000);
    const char *reply = fakeCall(f, "INFO stats memory");
    ck_assert_ptr_nonnull(strstr(reply, "\r\nactive_defrag_running:0\r\n"));
    ck_assert_ptr_nonnull(strstr(reply, "\r\ncurrent_active_defrag_time:0\r\n"));
    bool moved = !strstr(reply, "\r\nactive_defrag_hits:0\r\n");
    bool moved_keys = !strstr(reply, "\r\nactive_defrag_key_hits:0\r\n");
    ck_assert_int_eq(moved, slabStatsTotal().chunk_bytes != 0);
    ck_assert_int_eq(moved_keys, moved);
    end();
}
END_TEST

START_TEST(stoppedItLeavesAServerThatRuns) {
    begin();
    server *s = f->server;
    backgroundStop(s);
    fill(0, 1000, now() + 5);
    char room[32];
    for (size_t n = 0; n < 500; n++)
        dbDelete(s->dbs[0], keyOf(nameOf(n, room, sizeof room)), DB_DELETED);
    keysFlushed(f->client, 0);
    turnsFor(3000);
    ck_assert_uint_eq(dbCount(s->dbs[0]), 500);
    ck_assert(backgroundReclaimUntil(s, SIZE_MAX));
    end();
}
END_TEST

TESTS("background", idleServerWakesFourTimesASecond, keyGoesInTheMillisecondAfterItsDeadline,
      soonerKeyIsNotKeptWaitingByTheOthers, farDeadlinesCostNoWakeUps,
      clockSetForwardIsSeenWithinASecond, clockSetBackMakesNoBusyLoop,
      pauseAndDebugSwitchStopExpiry, keysThatMayNotExpireMakeNoBusyLoop, deletesWakeReclaim,
      flushIsFreedSoon, valuesReplacedBySmallerOnesAreNoticed, reclaimRestsWhileItIsOff,
      busyServerKeepsNineTenthsOfItsTime, activedefragSetsTheShareOfTheTime,
      movingIsToldAsDefragmentation, stoppedItLeavesAServerThatRuns)
