#include "storage/base/histogram.h"

#include "storage/base/rng.h"
#include "tests/support/suite.h"

static histogram h;

START_TEST(bucketsHoldTheirNumbersInOrder) {
    unsigned last = 0;
    for (uint64_t value = 0; value < 100000; value++) {
        unsigned bucket = histogramBucket(value);
        ck_assert(bucket == last || bucket == last + 1);
        ck_assert_uint_le(value, histogramBucketEnd(bucket));
        if (bucket) ck_assert_uint_gt(value, histogramBucketEnd(bucket - 1));
        last = bucket;
    }
    ck_assert_uint_eq(histogramBucket(HISTOGRAM_MAX), HISTOGRAM_BUCKETS - 1);
    ck_assert_uint_eq(histogramBucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
    ck_assert_uint_eq(histogramBucketEnd(HISTOGRAM_BUCKETS - 1), HISTOGRAM_MAX);
}
END_TEST

START_TEST(percentilesAreAtMostThreePercentTooHigh) {
    enum { NUMBERS = 20000 };
    h = (histogram){0};
    for (uint64_t i = 1; i <= NUMBERS; i++) histogramAdd(&h, i * 37);
    static const double percents[] = {0, 1, 50, 90, 99, 99.9, 100};
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        double exact = percents[i] * NUMBERS / 100 * 37;
        if (exact < 37) exact = 37;
        double found = (double)histogramPercentile(&h, percents[i]);
        ck_assert_double_ge(found, exact);
        ck_assert_double_le(found, exact * 1.033 + 37);
    }
}
END_TEST

START_TEST(emptyHistogramHasNoPercentiles) {
    h = (histogram){0};
    ck_assert_uint_eq(histogramPercentile(&h, 50), 0);
    ck_assert_uint_eq(histogramBelow(&h, 30), 0);
}
END_TEST

START_TEST(belowCountsPowersOfTwoExactly) {
    h = (histogram){0};
    rng r;
    rngSeed(&r, suiteSeed());
    uint64_t below[64] = {0};
    for (int i = 0; i < 50000; i++) {
        uint64_t value = rngNext(&r) >> (20 + rngBelow(&r, 40));
        histogramAdd(&h, value);
        for (unsigned bits = 0; bits < 30; bits++) below[bits] += value < (uint64_t)1 << bits;
    }
    for (unsigned bits = 0; bits < 30; bits++)
        ck_assert_uint_eq(histogramBelow(&h, bits), below[bits]);
    ck_assert_uint_eq(histogramBelow(&h, 30), 50000);
    ck_assert_uint_eq(h.total, 50000);
}
END_TEST

TESTS("base/histogram", bucketsHoldTheirNumbersInOrder, percentilesAreAtMostThreePercentTooHigh,
      emptyHistogramHasNoPercentiles, belowCountsPowersOfTwoExactly)
