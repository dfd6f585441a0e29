#include <time.h>

#include "storage/base/clock.h"
#include "tests/support/suite.h"

static int64_t kernelNs(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

START_TEST(manualClockMovesOnlyByHand) {
    clockManual clock;
    clockManualInit(&clock, 1700000000000000);
    const clockSource *source = &clock.source;
    ck_assert_int_eq(source->wall_us(source->ctx), 1700000000000000);
    ck_assert_uint_eq(source->monotonic_ns(source->ctx), 1700000000000000000ULL);
    clockManualAdvance(&clock, 1500);
    ck_assert_int_eq(source->wall_us(source->ctx), 1700000000001500);
    ck_assert_uint_eq(source->monotonic_ns(source->ctx), 1700000000001500000ULL);
}
END_TEST

/* Follows the kernel's clocks over many redrawn lines: never back, and never apart by more than
 * a look-up that was interrupted can explain. Taking the best of a few tries in a row leaves
 * interruptions out. */
START_TEST(followsTheKernelsClocks) {
    const clockSource *clock = clockSystem();
    int64_t end_ns = kernelNs(CLOCK_MONOTONIC) + 700 * 1000 * 1000;
    uint64_t last_ns = 0;
    int64_t last_us = 0;
    int64_t worst_monotonic_ns = 0;
    int64_t worst_wall_us = 0;
    while (kernelNs(CLOCK_MONOTONIC) < end_ns) {
        int64_t best_ns = INT64_MAX;
        int64_t best_us = INT64_MAX;
        for (int i = 0; i < 20; i++) {
            uint64_t now_ns = clock->monotonic_ns(clock->ctx);
            int64_t apart = llabs((int64_t)now_ns - kernelNs(CLOCK_MONOTONIC));
            if (apart < best_ns) best_ns = apart;
            ck_assert_uint_ge(now_ns, last_ns);
            last_ns = now_ns;
            int64_t now_us = clock->wall_us(clock->ctx);
            apart = llabs(now_us - kernelNs(CLOCK_REALTIME) / 1000);
            if (apart < best_us) best_us = apart;
            ck_assert_int_ge(now_us, last_us);
            last_us = now_us;
        }
        if (best_ns > worst_monotonic_ns) worst_monotonic_ns = best_ns;
        if (best_us > worst_wall_us) worst_wall_us = best_us;
    }
    printf("apart at worst: monotonic %lld ns, wall %lld us\n", (long long)worst_monotonic_ns,
           (long long)worst_wall_us);
    ck_assert_int_lt(worst_monotonic_ns, 500 * 1000);
    ck_assert_int_lt(worst_wall_us, 200);
}
END_TEST

START_TEST(knowsTheTimeAfterNobodyLooked) {
    const clockSource *clock = clockSystem();
    for (int i = 0; i < 3; i++) {
        clock->monotonic_ns(clock->ctx);
        clock->wall_us(clock->ctx);
        struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
        nanosleep(&pause, NULL);
    }
    int64_t before_ns = kernelNs(CLOCK_MONOTONIC);
    int64_t before_us = kernelNs(CLOCK_REALTIME) / 1000;
    int64_t shown_ns = (int64_t)clock->monotonic_ns(clock->ctx);
    int64_t shown_us = clock->wall_us(clock->ctx);
    ck_assert_int_ge(shown_ns, before_ns - 500 * 1000);
    ck_assert_int_le(shown_ns, kernelNs(CLOCK_MONOTONIC) + 500 * 1000);
    ck_assert_int_ge(shown_us, before_us - 200);
    ck_assert_int_le(shown_us, kernelNs(CLOCK_REALTIME) / 1000 + 200);
}
END_TEST

TESTS("clock", manualClockMovesOnlyByHand, followsTheKernelsClocks, knowsTheTimeAfterNobodyLooked)
