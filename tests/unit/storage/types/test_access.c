#include "storage/types/access.h"

#include "storage/base/rng.h"
#include "tests/support/suite.h"

enum { MINUTE_MS = 60 * 1000 };
static const int64_t START_MS = 1700000000000;
static const accessLfuRules usual = {.log_factor = 10, .decay_minutes = 1};

START_TEST(lruIdleIsSecondsSinceTheUse) {
    uint32_t access = accessLru(START_MS);
    ck_assert_uint_eq(accessLruIdle(access, START_MS), 0);
    ck_assert_uint_eq(accessLruIdle(access, START_MS + 999), 0);
    ck_assert_uint_eq(accessLruIdle(access, START_MS + 1000), 1);
    ck_assert_uint_eq(accessLruIdle(access, START_MS + 100 * MINUTE_MS), 6000);
}
END_TEST

START_TEST(lruSurvivesTheWrapOfItsClock) {
    int64_t last_ms = (int64_t)0xffffff * 1000;
    uint32_t access = accessLru(last_ms);
    ck_assert_uint_eq(access, 0xffffff);
    ck_assert_uint_eq(accessLru(last_ms + 1000), 0);
    ck_assert_uint_eq(accessLruIdle(access, last_ms + 5000), 5);
}
END_TEST

START_TEST(lfuStartsAtItsInitialCount) {
    ck_assert_uint_eq(accessLfuCount(accessLfuNew(START_MS), START_MS, usual), ACCESS_LFU_INITIAL);
    ck_assert_uint_le(accessLfuNew(START_MS), 0xffffff);
}
END_TEST

START_TEST(lfuLosesOneForEachDecayTime) {
    uint32_t access = accessLfuNew(START_MS);
    ck_assert_uint_eq(accessLfuCount(access, START_MS + 3 * MINUTE_MS, usual), 2);
    ck_assert_uint_eq(accessLfuCount(access, START_MS + 1000 * MINUTE_MS, usual), 0);
    accessLfuRules slow = {.log_factor = 10, .decay_minutes = 3};
    ck_assert_uint_eq(accessLfuCount(access, START_MS + 3 * MINUTE_MS, slow), 4);
    accessLfuRules never = {.log_factor = 10, .decay_minutes = 0};
    ck_assert_uint_eq(accessLfuCount(access, START_MS + 1000 * MINUTE_MS, never), 5);
}
END_TEST

START_TEST(lfuDecaySurvivesTheWrapOfItsMinutes) {
    int64_t last_ms = (int64_t)0xffff * MINUTE_MS;
    uint32_t access = accessLfuNew(last_ms);
    ck_assert_uint_eq(accessLfuCount(access, last_ms + 2 * MINUTE_MS, usual), 3);
}
END_TEST

START_TEST(lfuUseRisesWithFallingProbability) {
    uint32_t access = accessLfuNew(START_MS);
    access = accessLfuUse(access, START_MS, usual, 0.999); /* always at and below the first count */
    ck_assert_uint_eq(accessLfuCount(access, START_MS, usual), 6);
    /* From 6 on with a chance of 1 in 1 * 10 + 1. */
    ck_assert_uint_eq(
        accessLfuCount(accessLfuUse(access, START_MS, usual, 0.0910), START_MS, usual), 6);
    ck_assert_uint_eq(
        accessLfuCount(accessLfuUse(access, START_MS, usual, 0.0909), START_MS, usual), 7);
}
END_TEST

START_TEST(lfuUseMovesTheMinuteAndKeepsWhatDecayed) {
    int64_t later_ms = START_MS + 4 * MINUTE_MS;
    uint32_t access = accessLfuUse(accessLfuNew(START_MS), later_ms, usual, 0);
    ck_assert_uint_eq(accessLfuCount(access, later_ms, usual), 2);
    ck_assert_uint_eq(accessLfuCount(access, later_ms + MINUTE_MS, usual), 1);
}
END_TEST

START_TEST(lfuNeverPassesItsMaximum) {
    accessLfuRules eager = {.log_factor = 0, .decay_minutes = 1};
    uint32_t access = accessLfuNew(START_MS);
    for (int i = 0; i < 1000; i++) access = accessLfuUse(access, START_MS, eager, 0.5);
    ck_assert_uint_eq(accessLfuCount(access, START_MS, eager), ACCESS_LFU_MAX);
}
END_TEST

/* As redis.conf has it for its users: with factor 10, about 10 after 100 uses, 142 after 100,000.
 */
START_TEST(lfuCountsLogarithmically) {
    rng r;
    rngSeed(&r, 7);
    uint32_t access = accessLfuNew(START_MS);
    uint32_t after_100 = 0;
    for (int i = 0; i < 100000; i++) {
        access = accessLfuUse(access, START_MS, usual, rngUnit(&r));
        if (i == 99) after_100 = accessLfuCount(access, START_MS, usual);
    }
    ck_assert_uint_ge(after_100, 7);
    ck_assert_uint_le(after_100, 14);
    uint32_t in_the_end = accessLfuCount(access, START_MS, usual);
    ck_assert_uint_ge(in_the_end, 125);
    ck_assert_uint_le(in_the_end, 160);
}
END_TEST

TESTS("types/access", lruIdleIsSecondsSinceTheUse, lruSurvivesTheWrapOfItsClock,
      lfuStartsAtItsInitialCount, lfuLosesOneForEachDecayTime, lfuDecaySurvivesTheWrapOfItsMinutes,
      lfuUseRisesWithFallingProbability, lfuUseMovesTheMinuteAndKeepsWhatDecayed,
      lfuNeverPassesItsMaximum, lfuCountsLogarithmically)
