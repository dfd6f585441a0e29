#include "expire/cycle/reclaim.h"
#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "tests/support/dbs_rig.h"
#include "tests/support/suite.h"

enum { KEYS = 20000 };

static dbsRig rig;
static size_t trims;

/* Under ASan there are no pages to empty or return. */
static bool slabsHavePages(void) {
    return slabStatsTotal().chunk_bytes > 0;
}

static bool trim(void *ctx) {
    (void)ctx;
    if (trims == 0) return false;
    trims--;
    return true;
}

static reclaim *begin(void) {
    rigInit(&rig);
    trims = 0;
    return reclaimNew(&(reclaimHost){.clock = &rig.clock,
                                     .dbs = rig.dbs,
                                     .db_count = RIG_DBS,
                                     .discard = rig.discard,
                                     .trim = trim});
}

static void end(reclaim *r) {
    reclaimFree(r);
    rigClear(&rig);
}

/* Deletes all keys of 0..KEYS of a db but every tenth. */
static void thinOut(int id) {
    char room[32];
    for (size_t n = 0; n < KEYS; n++)
        if (n % 10) ck_assert(dbDelete(rig.dbs[id], rigKey(n, room, sizeof room), DB_DELETED));
}

/* Slices until it sleeps; the longest nap between is taken in virtual time. */
static void settle(reclaim *r) {
    for (int i = 0; i < 1000000; i++) {
        uint64_t sleep_ns = reclaimSlice(r, 500000);
        if (sleep_ns == RECLAIM_ASLEEP) return;
        rig.now_ns += sleep_ns;
    }
    ck_abort_msg("reclaim never sleeps");
}

START_TEST(sleepsWhereNothingIsSparse) {
    reclaim *r = begin();
    rigFill(&rig, 0, 0, KEYS, 40, DEADLINE_NONE);
    settle(r);
    reclaimStats before = reclaimStatsOf(r);
    uint64_t sleep_ns = reclaimSlice(r, 500000);
    reclaimStats after = reclaimStatsOf(r);
    ck_assert_uint_eq(sleep_ns, RECLAIM_ASLEEP);
    ck_assert_int_eq(after.state, RECLAIM_IDLE);
    ck_assert_uint_eq(after.ns, before.ns);
    ck_assert_uint_eq(after.moved, before.moved);
    end(r);
}
END_TEST

START_TEST(worksInItsOrder) {
    reclaim *r = begin();
    rigFill(&rig, 0, 0, KEYS, 40, DEADLINE_NONE);
    rigFill(&rig, 1, 0, KEYS, 40, DEADLINE_NONE);
    settle(r);
    thinOut(0);
    dbFlush(rig.dbs[1], false);
    trims = 3;
    reclaimState last = RECLAIM_FREEING;
    bool seen[RECLAIM_RETURNING + 1] = {false};
    while (reclaimSlice(r, 0) == 0) { /* One step a slice. */
        reclaimState state = reclaimStatsOf(r).state;
        ck_assert_int_ge(state, last);
        last = state;
        seen[state] = true;
    }
    ck_assert(seen[RECLAIM_FREEING]);
    ck_assert(seen[RECLAIM_SHRINKING]);
    ck_assert(seen[RECLAIM_RETURNING]);
    if (slabsHavePages()) ck_assert(seen[RECLAIM_MOVING]);
    ck_assert_uint_eq(trims, 0);
    ck_assert_uint_eq(discardPending(rig.discard), 0);
    ck_assert(!dbIsSparse(rig.dbs[0]));
    end(r);
}
END_TEST

START_TEST(sliceKeepsItsBudget) {
    reclaim *r = begin();
    rigFill(&rig, 0, 0, KEYS, 40, DEADLINE_NONE);
    dbFlush(rig.dbs[0], false);
    rig.tick_ns = 100000;
    size_t waiting = discardPending(rig.discard);
    uint64_t before = reclaimStatsOf(r).ns;
    ck_assert_uint_eq(reclaimSlice(r, 500000), 0);
    ck_assert_uint_eq(reclaimStatsOf(r).ns - before, 500000);
    size_t done = waiting - discardPending(rig.discard);
    ck_assert_uint_ge(done, 5 * 64);
    ck_assert_uint_lt(done, 5 * 64 + 5 * 500); /* A step may end a whole segment. */
    end(r);
}
END_TEST

START_TEST(givesBackWhatDeletesLeft) {
    reclaim *r = begin();
    for (int i = 0; i < RIG_DBS; i++) rigFill(&rig, i, 0, KEYS, 40 * (size_t)(i + 1), 1000000);
    for (int i = 0; i < RIG_DBS; i++) thinOut(i);
    settle(r);
    for (int i = 0; i < RIG_DBS; i++) {
        ck_assert_uint_eq(dbCount(rig.dbs[i]), KEYS / 10);
        ck_assert(!dbIsSparse(rig.dbs[i]));
        dbCheck(rig.dbs[i]);
    }
    slabStats slabs = slabStatsOf(SLAB_ENTRY);
    ck_assert_uint_le(slabs.page_bytes, slabs.item_bytes * 112 / 100 + 10 * SLAB_PAGE);
    if (slabsHavePages()) {
        ck_assert_uint_gt(reclaimStatsOf(r).moved, 0);
        ck_assert_uint_gt(reclaimStatsOf(r).pages_returned, 0);
    }
    ck_assert_uint_gt(reclaimStatsOf(r).purges, 0);
    end(r);
}
END_TEST

static void countPurge(void *ctx) {
    ++*(size_t *)ctx;
}

START_TEST(theHostPurgesUnlessItIsAskedForNow) {
    size_t purges = 0;
    rigInit(&rig);
    reclaim *r = reclaimNew(&(reclaimHost){.clock = &rig.clock,
                                           .dbs = rig.dbs,
                                           .db_count = RIG_DBS,
                                           .discard = rig.discard,
                                           .purge = countPurge,
                                           .ctx = &purges});
    rigFill(&rig, 0, 0, KEYS, 40, DEADLINE_NONE);
    thinOut(0);
    settle(r);
    ck_assert_uint_gt(purges, 0);
    ck_assert_uint_eq(reclaimStatsOf(r).purges, purges);
    size_t before = purges;
    reclaimNow(r, 5000000000U);
    ck_assert_uint_eq(purges, before);
    ck_assert_uint_eq(reclaimStatsOf(r).purges, before + 1);
    end(r);
}
END_TEST

START_TEST(changesBetweenSlicesDoNoHarm) {
    reclaim *r = begin();
    rigFill(&rig, 0, 0, KEYS, 40, 1000000);
    thinOut(0);
    char room[32];
    for (size_t n = 0; reclaimSlice(r, 0) == 0; n++) {
        rigFill(&rig, 0, KEYS + n, KEYS + n + 1, n % 300, n % 2 ? DEADLINE_NONE : 1000000);
        dbDelete(rig.dbs[0], rigKey(n % KEYS, room, sizeof room), DB_DELETED);
        if (n == 50) dbSwap(rig.dbs[0], rig.dbs[1]);
        if (n == 60) dbFlush(rig.dbs[1], false);
        if (n == 70) dbSwap(rig.dbs[0], rig.dbs[1]);
        if (n > 5000) break;
    }
    for (int i = 0; i < RIG_DBS; i++) dbCheck(rig.dbs[i]);
    end(r);
}
END_TEST

START_TEST(frozenItNeitherMovesNorMergesButFrees) {
    reclaim *r = begin();
    rigFill(&rig, 0, 0, KEYS, 40, DEADLINE_NONE);
    rigFill(&rig, 1, 0, KEYS, 40, DEADLINE_NONE);
    thinOut(0);
    dbFlush(rig.dbs[1], false);
    if (slabsHavePages())
        while (reclaimStatsOf(r).state != RECLAIM_MOVING) reclaimSlice(r, 0);
    dbFlush(rig.dbs[2], false);
    rigFill(&rig, 2, 0, KEYS, 40, DEADLINE_NONE);
    thinOut(2);
    reclaimSetFrozen(r, true);
    ck_assert(!slabPassActive(SLAB_ENTRY));
    uint64_t moved = reclaimStatsOf(r).moved;
    settle(r);
    ck_assert_uint_eq(reclaimStatsOf(r).moved, moved);
    ck_assert(dbIsSparse(rig.dbs[2]));
    ck_assert_uint_eq(discardPending(rig.discard), 0);
    reclaimSetFrozen(r, false);
    settle(r);
    ck_assert(!dbIsSparse(rig.dbs[2]));
    end(r);
}
END_TEST

START_TEST(nowDoesAllWithinItsLimit) {
    reclaim *r = begin();
    rigFill(&rig, 0, 0, KEYS, 40, DEADLINE_NONE);
    thinOut(0);
    rig.tick_ns = 1000000;
    reclaimNow(r, 10000000);
    ck_assert(dbIsSparse(rig.dbs[0]));
    rig.tick_ns = 1;
    reclaimNow(r, 1000000000);
    ck_assert(!dbIsSparse(rig.dbs[0]));
    ck_assert(!slabPassWorthwhile(SLAB_ENTRY));
    ck_assert_uint_eq(reclaimSlice(r, 500000), RECLAIM_ASLEEP);
    end(r);
}
END_TEST

START_TEST(untilFreesNoMoreThanAskedFor) {
    reclaim *r = begin();
    rigFill(&rig, 0, 0, KEYS, 200, DEADLINE_NONE);
    dbFlush(rig.dbs[0], false);
    size_t used = memUsed(), half = used - discardPendingBytes(rig.discard) / 2;
    ck_assert(reclaimUntil(r, used, 1000000000));
    ck_assert_uint_eq(memUsed(), used);
    ck_assert(reclaimUntil(r, half, 1000000000));
    ck_assert_uint_le(memUsed(), half);
    ck_assert_uint_gt(discardPending(rig.discard), KEYS / 4);
    ck_assert(!reclaimUntil(r, 0, 1000000000));
    ck_assert_uint_eq(discardPending(rig.discard), 0);
    end(r);
}
END_TEST

/* Entries that no db holds keep pages sparse: one useless pass must not follow the other. */
START_TEST(uselessPassesBecomeRare) {
    reclaim *r = begin();
    enum { LOST = 20000 };
    void **lost = memAlloc(LOST * sizeof *lost);
    for (size_t i = 0; i < LOST; i++) lost[i] = slabAlloc(SLAB_ENTRY, 56);
    for (size_t i = 0; i < LOST; i++)
        if (i % 10) slabFree(SLAB_ENTRY, lost[i], 56);
    uint64_t start_ns = rig.now_ns, hour_ns = 3600 * (uint64_t)1000000000;
    while (rig.now_ns - start_ns < hour_ns) {
        uint64_t sleep_ns = reclaimSlice(r, 500000);
        rig.now_ns += sleep_ns == RECLAIM_ASLEEP ? 1000000000 : sleep_ns;
    }
    if (slabsHavePages()) ck_assert_uint_gt(reclaimStatsOf(r).passes, 0);
    ck_assert_uint_le(reclaimStatsOf(r).passes, 3600 / 60 + 10);
    for (size_t i = 0; i < LOST; i += 10) slabFree(SLAB_ENTRY, lost[i], 56);
    memFree(lost);
    end(r);
}
END_TEST

START_TEST(flushedExpiryDictionaryGoesWithItsKeys) {
    reclaim *r = begin();
    size_t before = memUsed();
    /* Some sizes, so that the last key of one ends a step exactly. */
    for (size_t keys = 50; keys < 2000; keys += 7) {
        rigFill(&rig, 0, 0, keys, 40, 5000);
        dbFlush(rig.dbs[0], false);
        settle(r);
        ck_assert(discardIsEmpty(rig.discard));
        ck_assert_uint_eq(discardPendingBytes(rig.discard), 0);
    }
    ck_assert_uint_eq(memUsed(), before);
    end(r);
}
END_TEST

START_TEST(statesHaveTexts) {
    ck_assert_str_eq(reclaimStateText(RECLAIM_IDLE), "idle");
    ck_assert_str_eq(reclaimStateText(RECLAIM_RETURNING), "returning pages");
}
END_TEST

TESTS("reclaim", sleepsWhereNothingIsSparse, worksInItsOrder, sliceKeepsItsBudget,
      givesBackWhatDeletesLeft, theHostPurgesUnlessItIsAskedForNow, changesBetweenSlicesDoNoHarm,
      frozenItNeitherMovesNorMergesButFrees, nowDoesAllWithinItsLimit, untilFreesNoMoreThanAskedFor,
      uselessPassesBecomeRare, flushedExpiryDictionaryGoesWithItsKeys, statesHaveTexts)
