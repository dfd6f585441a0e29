#include "expire/cycle/active.h"
#include "tests/support/dbs_rig.h"
#include "tests/support/suite.h"

static dbsRig rig;
static size_t told_times, told_expired[64];

static void told(void *ctx) {
    (void)ctx;
    size_t sum = 0;
    for (int i = 0; i < RIG_DBS; i++) sum += rig.expired[i];
    if (told_times < 64) told_expired[told_times] = sum;
    told_times++;
}

static activeExpire *begin(void) {
    rigInit(&rig);
    told_times = 0;
    return activeExpireNew(&(activeExpireHost){
        .clock = &rig.clock, .dbs = rig.dbs, .db_count = RIG_DBS, .told = told});
}

static void end(activeExpire *x) {
    activeExpireFree(x);
    rigClear(&rig);
}

START_TEST(nextIsTheSoonestOfAllDbs) {
    activeExpire *x = begin();
    ck_assert_int_eq(activeExpireNext(x), DEADLINE_NONE);
    rigFill(&rig, 1, 0, 3, 8, 5000);
    rigFill(&rig, 3, 0, 3, 8, 4000);
    rigFill(&rig, 2, 0, 3, 8, DEADLINE_NONE);
    ck_assert_int_eq(activeExpireNext(x), 4000);
    rig.now_ms = 4001;
    activeExpireSlice(x, 1000000);
    ck_assert_int_eq(activeExpireNext(x), 5000);
    end(x);
}
END_TEST

START_TEST(loneKeyGoesTheMillisecondAfterItsDeadline) {
    activeExpire *x = begin();
    rigFill(&rig, 2, 0, 1, 8, 2000);
    rig.now_ms = 2000;
    expireSlice slice = activeExpireSlice(x, 1000000);
    ck_assert_uint_eq(slice.expired, 0);
    ck_assert_uint_eq(told_times, 0);
    rig.now_ms = 2001;
    slice = activeExpireSlice(x, 1000000);
    ck_assert_uint_eq(slice.expired, 1);
    ck_assert(!slice.more);
    ck_assert_uint_eq(told_times, 1);
    ck_assert_uint_eq(dbCount(rig.dbs[2]), 0);
    end(x);
}
END_TEST

START_TEST(sliceEndsWithItsTime) {
    activeExpire *x = begin();
    rigFill(&rig, 0, 0, 5000, 8, 2000);
    rig.now_ms = 3000;
    rig.tick_ns = 100000; /* A group takes 100 us. */
    expireSlice slice = activeExpireSlice(x, 500000);
    ck_assert(slice.more);
    ck_assert_uint_eq(slice.expired, 5 * EXPIRE_GROUP);
    slice = activeExpireSlice(x, 0);
    ck_assert(slice.more);
    ck_assert_uint_eq(slice.expired, EXPIRE_GROUP);
    rig.tick_ns = 1;
    slice = activeExpireSlice(x, 500000);
    ck_assert(!slice.more);
    ck_assert_uint_eq(dbCount(rig.dbs[0]), 0);
    end(x);
}
END_TEST

START_TEST(eventsGoOutAfterEachGroup) {
    activeExpire *x = begin();
    rigFill(&rig, 0, 0, 3 * EXPIRE_GROUP, 8, 2000);
    rig.now_ms = 3000;
    activeExpireSlice(x, 1000000000);
    ck_assert_uint_eq(told_times, 3);
    for (size_t i = 0; i < 3; i++) ck_assert_uint_eq(told_expired[i], (i + 1) * EXPIRE_GROUP);
    end(x);
}
END_TEST

START_TEST(dbsTakeTurnsAcrossSlices) {
    activeExpire *x = begin();
    for (int i = 0; i < RIG_DBS; i++) rigFill(&rig, i, 0, 10 * EXPIRE_GROUP, 8, 2000);
    rig.now_ms = 3000;
    for (int i = 0; i < 2 * RIG_DBS; i++) activeExpireSlice(x, 0);
    for (int i = 0; i < RIG_DBS; i++) ck_assert_uint_eq(rig.expired[i], 2 * EXPIRE_GROUP);
    end(x);
}
END_TEST

START_TEST(dbThatMayNotExpireKeepsItsKeysAndHoldsNobodyUp) {
    activeExpire *x = begin();
    rigFill(&rig, 0, 0, 100, 8, 2000);
    rigFill(&rig, 1, 0, 100, 8, 2000);
    dbSetMayExpire(rig.dbs[0], false);
    rig.now_ms = 3000;
    expireSlice slice = activeExpireSlice(x, 1000000);
    ck_assert_uint_eq(slice.expired, 100);
    ck_assert(!slice.more);
    ck_assert_uint_eq(dbCount(rig.dbs[0]), 100);
    ck_assert_uint_eq(dbCount(rig.dbs[1]), 0);
    end(x);
}
END_TEST

TESTS("active", nextIsTheSoonestOfAllDbs, loneKeyGoesTheMillisecondAfterItsDeadline,
      sliceEndsWithItsTime, eventsGoOutAfterEachGroup, dbsTakeTurnsAcrossSlices,
      dbThatMayNotExpireKeepsItsKeysAndHoldsNobodyUp)
