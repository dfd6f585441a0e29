#include "storage/base/clock.h"

#include <stdbool.h>
#include <time.h>

static inline int64_t kernelTime(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>

/* Each clock is a line: at tick 'from' it shows 'at_ns', and it rises by 'rate' / 2^32 ns a tick
 * for as long as 'ticks' says. After that the kernel is asked and a new line drawn. Where the old
 * one had run ahead, the new one starts at its end and rises slower until the kernel has caught
 * up, so that time never runs back; only a wall clock that somebody set back is followed. A line
 * per thread spares all locking; threads differ by some tens of nanoseconds. */
typedef struct line {
    uint64_t from;
    uint64_t ticks; /* 0 while the counter's rate is unknown: each call asks the kernel */
    uint64_t rate;
    int64_t at_ns;
    uint64_t seen_tick; /* where the stretch began that the rate is being learnt from */
    int64_t seen_ns;
} line;

enum {
    WALL_INTERVAL_NS = 2 * 1000 * 1000, /* a stepped wall clock is noticed within this */
    MONOTONIC_INTERVAL_NS = 200 * 1000 * 1000,
    CALIBRATE_NS = 2 * 1000 * 1000, /* 50 ns of doubt in 2 ms are 25 ppm, until the next line */
    PRECISE_TICKS = 10 * 1000,      /* a look-up that took more teaches nothing */
    JUMP_NS = 100 * 1000            /* a wall clock that lags by more was set back */
};

static _Thread_local line wall_line;
static _Thread_local line monotonic_line;
/* ns a tick * 2^32 by the monotonic clock; 0 before it is known. */
static _Thread_local uint64_t tick_rate;

static inline int64_t lineAt(const line *l, uint64_t tick) {
    return l->at_ns + (int64_t)((tick - l->from) * l->rate >> 32);
}

static uint64_t rateOf(int64_t ns, uint64_t ticks) {
    return (uint64_t)(((unsigned __int128)ns << 32) / ticks);
}

/* The kernel's time and the tick that belongs to it: the tightest of three tries, since a look-up
 * may be interrupted. 'width': how many ticks that took. */
static int64_t lookUp(clockid_t id, uint64_t *tick, uint64_t *width) {
    int64_t best_ns = 0;
    *width = UINT64_MAX;
    for (int i = 0; i < 3; i++) {
        uint64_t before = __rdtsc();
        int64_t ns = kernelTime(id);
        uint64_t taken = __rdtsc() - before;
        if (taken >= *width) continue;
        *width = taken;
        best_ns = ns;
        *tick = before + taken / 2;
    }
    return best_ns;
}

/* A first, rough rate after CALIBRATE_NS, so that starting costs no wait; a better one from each
 * interval. One that is far from the last (a suspended or moved virtual machine) is not believed,
 * and learning starts anew. */
static void learnRate(line *l, uint64_t tick, int64_t ns) {
    bool sane = l->seen_tick != 0 && tick > l->seen_tick && ns > l->seen_ns;
    if (sane && ns - l->seen_ns < CALIBRATE_NS) return;
    uint64_t before = tick_rate;
    tick_rate = sane ? rateOf(ns - l->seen_ns, tick - l->seen_tick) : 0;
    uint64_t change = tick_rate > before ? tick_rate - before : before - tick_rate;
    if (before != 0 && change > before / 100) tick_rate = 0;
    if (before == 0 && tick_rate != 0) return; /* The rough one: its stretch goes on. */
    l->seen_tick = tick;
    l->seen_ns = ns;
}

static int64_t redraw(line *l, clockid_t id, int64_t interval_ns) {
    uint64_t tick = 0;
    uint64_t width = 0;
    int64_t ns = lookUp(id, &tick, &width);
    if (id == CLOCK_MONOTONIC && width < PRECISE_TICKS) learnRate(l, tick, ns);

    /* Nothing later than this has been shown, also where the counter went back or time passed
     * with nobody looking. */
    uint64_t passed = tick > l->from ? tick - l->from : 0;
    int64_t shown = lineAt(l, l->from + (passed < l->ticks ? passed : l->ticks));
    int64_t ahead = shown - ns;
    if (ahead < 0 || (id == CLOCK_REALTIME && ahead > JUMP_NS)) ahead = 0;

    l->from = tick;
    l->at_ns = ns + ahead;
    l->ticks = tick_rate ? (((uint64_t)interval_ns) << 32) / tick_rate : 0;
    int64_t rise = ahead < interval_ns / 2 ? interval_ns - ahead : interval_ns / 2;
    l->rate = l->ticks ? rateOf(rise, l->ticks) : 0;
    return l->at_ns;
}

static uint64_t monotonicByTick(void *ctx) {
    (void)ctx;
    const line *l = &monotonic_line;
    uint64_t tick = __rdtsc();
    if (__builtin_expect(tick - l->from < l->ticks, 1)) return (uint64_t)lineAt(l, tick);
    return (uint64_t)redraw(&monotonic_line, CLOCK_MONOTONIC, MONOTONIC_INTERVAL_NS);
}

static int64_t wallByTick(void *ctx) {
    (void)ctx;
    const line *l = &wall_line;
    uint64_t tick = __rdtsc();
    if (__builtin_expect(tick - l->from < l->ticks, 1)) return lineAt(l, tick) / 1000;
    if (tick_rate == 0) monotonicByTick(NULL); /* It alone learns the rate. */
    return redraw(&wall_line, CLOCK_REALTIME, WALL_INTERVAL_NS) / 1000;
}

/* CPUID 0x80000007, EDX bit 8: the counter runs at one rate in all power states. */
static bool tickIsInvariant(void) {
    unsigned eax;
    unsigned ebx;
    unsigned ecx;
    unsigned edx;
    return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) && (edx & 1u << 8);
}

#define HAVE_TICK 1
#endif

static uint64_t monotonicByKernel(void *ctx) {
    (void)ctx;
    return (uint64_t)kernelTime(CLOCK_MONOTONIC);
}

static int64_t wallByKernel(void *ctx) {
    (void)ctx;
    return kernelTime(CLOCK_REALTIME) / 1000;
}

const clockSource *clockSystem(void) {
    static const clockSource by_kernel = {wallByKernel, monotonicByKernel, NULL};
#ifdef HAVE_TICK
    static const clockSource by_tick = {wallByTick, monotonicByTick, NULL};
    if (tickIsInvariant()) return &by_tick;
#endif
    return &by_kernel;
}

/* ---- the clock of tests ---- */

static int64_t manualWall(void *ctx) {
    return ((const clockManual *)ctx)->now_us;
}

static uint64_t manualMonotonic(void *ctx) {
    return (uint64_t)((const clockManual *)ctx)->now_us * 1000;
}

void clockManualInit(clockManual *clock, int64_t wall_us) {
    *clock = (clockManual){.source = {manualWall, manualMonotonic, clock}, .now_us = wall_us};
}

void clockManualAdvance(clockManual *clock, int64_t us) {
    clock->now_us += us;
}
