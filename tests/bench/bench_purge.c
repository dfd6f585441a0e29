/* bench_purge - how long memPurge() keeps its caller, as the background task calls it: some time
 * after much was freed. Usage: bench_purge [MiB, 512 by default]
 *
 * Fills the heap with blocks as tables and buffers are (64 B to 64 KB), frees nine of ten in no
 * order, and purges after 0, 0.5, 1, 1.5 and 2 seconds, each time from the start. The background
 * task waits 1.5 s: by then the allocator's own thread has given most of it back. Prints the pages
 * that were left to purge, and the time by the thread's clock and by that on the wall. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"

static uint64_t readClock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void waitMs(int64_t ms) {
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* Blocks that are left; those freed are NULL. */
static void **fillAndFree(rng *r, size_t size, size_t *count) {
    size_t most = size / 64, used = 0;
    void **blocks = memAlloc(most * sizeof *blocks);
    *count = 0;
    while (used < size && *count < most) {
        size_t block = (size_t)64 << rngBelow(r, 11);
        block += rngBelow(r, block);
        blocks[*count] = memCalloc(1, block);
        used += block;
        ++*count;
    }
    for (size_t i = 0; i < *count; i++) {
        size_t other = rngBelow(r, *count);
        void *swapped = blocks[i];
        blocks[i] = blocks[other];
        blocks[other] = swapped;
    }
    for (size_t i = 0; i < *count; i++) {
        if (i % 10 == 0) continue;
        memFree(blocks[i]);
        blocks[i] = NULL;
    }
    return blocks;
}

int main(int argc, char **argv) {
    size_t size = (argc > 1 ? strtoull(argv[1], NULL, 10) : 512) << 20;
    rng r;
    rngSeed(&r, 1);
    printf("%10s %12s %12s %12s\n", "after ms", "dirty KiB", "ran us", "wall us");
    for (int64_t ms = 0; ms <= 2000; ms += 500) {
        size_t count;
        void **blocks = fillAndFree(&r, size, &count);
        waitMs(ms);
        size_t dirty = memAllocatorStats().dirty;
        uint64_t ran = readClock(CLOCK_THREAD_CPUTIME_ID), wall = readClock(CLOCK_MONOTONIC);
        memPurge();
        ran = readClock(CLOCK_THREAD_CPUTIME_ID) - ran;
        wall = readClock(CLOCK_MONOTONIC) - wall;
        printf("%10lld %12zu %12.1f %12.1f\n", (long long)ms, dirty / 1024, (double)ran / 1000,
               (double)wall / 1000);
        for (size_t i = 0; i < count; i++) memFree(blocks[i]);
        memFree(blocks);
    }
    return 0;
}
