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

/* The machine's clocks, read from the time-stamp counter where it is invariant (a few
 * nanoseconds), else from the kernel. The counter's rate is learnt while running: nothing waits at
 * the start, the first 2 ms ask the kernel. monotonic_ns never runs back within a thread; threads
 * may differ by some tens of nanoseconds. wall_us asks the kernel every 2 ms, and so follows a
 * clock that was set within that time. */
const clockSource *clockSystem(void);

/* A clock that a test moves by hand: both times start at the given wall time. */
typedef struct clockManual {
    clockSource source;
    int64_t now_us;
} clockManual;
void clockManualInit(clockManual *clock, int64_t wall_us);
void clockManualAdvance(clockManual *clock, int64_t us);

#endif
