/* clock.h - time as an injected thing: tests bring their own.
 *
 * Wall time (deadlines, TIME) and monotonic time (durations, timers) in one small vtable. */
#ifndef EBB_STORAGE_BASE_CLOCK_H
#define EBB_STORAGE_BASE_CLOCK_H

#include <stdint.h>

typedef struct clockSource {
    int64_t (*wall_us)(void *ctx);       /* microseconds since 1970 */
    uint64_t (*monotonic_ns)(void *ctx); /* nanoseconds since some start */
    void *ctx;
} clockSource;

/* The machine's clocks. monotonic_ns reads the time-stamp counter where it is invariant (a few
 * nanoseconds; calibrated against CLOCK_MONOTONIC), else CLOCK_MONOTONIC. */
const clockSource *clockSystem(void);

/* A clock that a test moves by hand: both times start at the given wall time. */
typedef struct clockManual {
    clockSource source;
    int64_t now_us;
} clockManual;
void clockManualInit(clockManual *clock, int64_t wall_us);
void clockManualAdvance(clockManual *clock, int64_t us);

#endif
