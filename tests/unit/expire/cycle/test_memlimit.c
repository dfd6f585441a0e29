#include "expire/cycle/memlimit.h"
#include "tests/support/suite.h"

START_TEST(exemptBytesRaiseTheTarget) {
    memlimit m = {.limit = 1000};
    ck_assert_uint_eq(memlimitTarget(&m), 1000);
    m.exempt[MEMLIMIT_AOF] = 50;
    m.exempt[MEMLIMIT_REPLICAS] = 7;
    ck_assert_uint_eq(memlimitExempted(&m), 57);
    ck_assert_uint_eq(memlimitTarget(&m), 1057);
}
END_TEST

START_TEST(noLimitIsAnyAmount) {
    memlimit m = {.exempt = {9, 9}};
    ck_assert_uint_eq(memlimitTarget(&m), SIZE_MAX);
    m.limit = SIZE_MAX - 10;
    ck_assert_uint_eq(memlimitTarget(&m), SIZE_MAX);
}
END_TEST

START_TEST(timeOverTheLimitAddsUp) {
    memlimit m = {.limit = 1};
    ck_assert_int_eq(memlimitOverMs(&m, 100), 0);
    memlimitNote(&m, true, 100);
    memlimitNote(&m, true, 120);
    ck_assert_int_eq(memlimitOverMs(&m, 130), 30);
    ck_assert_int_eq(memlimitTotalOverMs(&m, 130), 30);
    memlimitNote(&m, false, 140);
    ck_assert_int_eq(memlimitOverMs(&m, 200), 0);
    ck_assert_int_eq(memlimitTotalOverMs(&m, 200), 40);
    memlimitNote(&m, true, 300);
    ck_assert_int_eq(memlimitOverMs(&m, 305), 5);
    ck_assert_int_eq(memlimitTotalOverMs(&m, 305), 45);
    memlimitResetTimes(&m, 310);
    ck_assert_int_eq(memlimitTotalOverMs(&m, 312), 2);
}
END_TEST

START_TEST(tenacityIsTimeThatACommandMayWait) {
    ck_assert_uint_eq(memlimitBudgetNs(0), 0);
    ck_assert_uint_eq(memlimitBudgetNs(1), 30000);
    ck_assert_uint_eq(memlimitBudgetNs(10), 300000);
    ck_assert_uint_eq(memlimitBudgetNs(15), 600000);
    ck_assert_uint_eq(memlimitBudgetNs(20), 1200000);
    ck_assert_uint_eq(memlimitBudgetNs(100), UINT64_MAX);
    for (int64_t t = 1; t <= 100; t++) ck_assert(memlimitBudgetNs(t) > memlimitBudgetNs(t - 1));
}
END_TEST

START_TEST(shareOfWhatIsThere) {
    ck_assert_uint_eq(memlimitShare(1000, 80), 800);
    ck_assert_uint_eq(memlimitShare(99, 50), 49);
    ck_assert_uint_eq(memlimitShare(SIZE_MAX, 100), SIZE_MAX);
}
END_TEST

TESTS("memlimit", exemptBytesRaiseTheTarget, noLimitIsAnyAmount, timeOverTheLimitAddsUp,
      tenacityIsTimeThatACommandMayWait, shareOfWhatIsThere)
