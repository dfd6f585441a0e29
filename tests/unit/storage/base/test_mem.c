#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <sys/sysinfo.h>

#include "storage/base/mem.h"
#include "tests/support/suite.h"

START_TEST(countsUsableBytesUntilFreed) {
    memFree(memAlloc(1)); /* This thread is registered from here on. */
    size_t before = memUsed();
    char *ptr = memAlloc(1000);
    ck_assert_uint_eq(memUsed() - before, memUsable(ptr));
    ck_assert_uint_ge(memUsable(ptr), 1000);
    ptr = memRealloc(ptr, 50000);
    ck_assert_uint_eq(memUsed() - before, memUsable(ptr));
    ptr = memRealloc(ptr, 10);
    ck_assert_uint_eq(memUsed() - before, memUsable(ptr));
    memFree(ptr);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(countsEverySize) {
    memFree(memAlloc(1));
    size_t before = memUsed();
    for (size_t size = 0; size < 20 * 1000 * 1000; size += 1 + size / 64) {
        char *a = memAlloc(size);
        char *b = memCalloc(size, 1);
        ck_assert_uint_eq(memUsed() - before, memUsable(a) + memUsable(b));
        ck_assert_uint_ge(memUsable(a), size);
#ifdef EBB_JEMALLOC
        ck_assert_uint_eq(memGoodSize(size), memUsable(a));
#endif
        ck_assert_uint_ge(memGoodSize(size), size);
        ck_assert(size == 0 || (b[0] == 0 && memcmp(b, b + 1, size - 1) == 0));
        memset(a, 1, size);
        memFree(a);
        memFree(b);
    }
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(nothingIsStillAnAddress) {
    char *a = memAlloc(0);
    char *b = memCalloc(0, 8);
    char *c = memRealloc(memAlloc(8), 0);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert_ptr_nonnull(c);
    ck_assert(a != b && b != c);
    memFree(a);
    memFree(b);
    memFree(c);
    memFree(NULL);
}
END_TEST

START_TEST(reallocKeepsContentAndTakesNull) {
    char *ptr = memRealloc(NULL, 6);
    memcpy(ptr, "hello", 6);
    ptr = memTryRealloc(ptr, 100000);
    ck_assert_str_eq(ptr, "hello");
    memFree(ptr);
    char *copy = memText("text");
    ck_assert_str_eq(copy, "text");
    memFree(copy);
}
END_TEST

START_TEST(foreignBytesCount) {
    memCount(0);
    size_t before = memUsed();
    memCount(1 << 20);
    ck_assert_uint_eq(memUsed() - before, 1 << 20);
    memCount(-(1 << 20));
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(peakIsNotedAndReset) {
    memPeakReset();
    size_t before = memPeak();
    void *ptr = memAlloc(1 << 20);
    memNotePeak();
    size_t high = memPeak();
    ck_assert_uint_ge(high, before + (1 << 20));
    memFree(ptr);
    memNotePeak();
    ck_assert_uint_eq(memPeak(), high);
    memPeakReset();
    ck_assert_uint_lt(memPeak(), high);
}
END_TEST

START_TEST(tryFailsOnHugeSizesAndLeavesTheBlock) {
    size_t before = memUsed();
    char *ptr = memTryAlloc(10);
    ck_assert_ptr_nonnull(ptr);
    ck_assert_ptr_null(memTryAlloc(MEM_TRY_MAX + 1));
    ck_assert_ptr_null(memTryAlloc(SIZE_MAX));
    /* Allowed by the limit and promised by a kernel that overcommits, but not there. */
    struct sysinfo machine;
    ck_assert_int_eq(sysinfo(&machine), 0);
    size_t there_is = ((size_t)machine.totalram + machine.totalswap) * machine.mem_unit;
    if (there_is < MEM_TRY_MAX) {
        ck_assert_ptr_null(memTryAlloc(there_is));
        ck_assert_ptr_null(memTryRealloc(ptr, there_is + 100));
    }
    ck_assert_ptr_null(memTryRealloc(ptr, SIZE_MAX));
    memset(ptr, 1, 10);
    memFree(ptr);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(allTriesFromTheNthFail) {
    memFailFrom(2);
    void *a = memTryAlloc(1);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_null(memTryAlloc(1));
    ck_assert_ptr_null(memTryRealloc(a, 100));
    memFailFrom(0);
    a = memTryRealloc(a, 100);
    ck_assert_ptr_nonnull(a);
    memFree(a);
}
END_TEST

START_TEST(nthTryFailsOnce) {
    memFailAfter(3);
    void *a = memTryAlloc(1);
    void *b = memTryAlloc(1);
    ck_assert(a && b);
    ck_assert_ptr_null(memTryRealloc(a, 100));
    ck_assert_ptr_nonnull(a = memTryRealloc(a, 100));
    memFailAfter(1);
    void *c = memAlloc(1); /* Only tries fail. */
    ck_assert_ptr_null(memTryAlloc(1));
    memFailAfter(1);
    memFailAfter(0);
    void *d = memTryAlloc(1);
    ck_assert_ptr_nonnull(d);
    memFree(a);
    memFree(b);
    memFree(c);
    memFree(d);
}
END_TEST

static void *allocateThere(void *arg) {
    void **slots = arg;
    for (int i = 0; i < 1000; i++) slots[i] = memAlloc(100);
    return NULL;
}

START_TEST(sumsThreadsAlsoEndedOnes) {
    static void *slots[4][1000];
    memFree(memAlloc(1));
    size_t before = memUsed();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, allocateThere, slots[i]);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    ck_assert_uint_eq(memUsed() - before, 4000 * memUsable(slots[0][0]));
    for (int i = 0; i < 4000; i++) memFree(slots[i / 1000][i % 1000]);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

static size_t residentBytes(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_int_eq(fscanf(file, "%*u %lu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

START_TEST(freedMemoryGoesBackOnPurge) {
    enum { BLOCKS = 10000, SIZE = 1024 };
    static char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) memset(blocks[i] = memAlloc(SIZE), 1, SIZE);
    size_t full = residentBytes();
    memStats stats = memAllocatorStats();
    ck_assert_uint_ge(stats.allocated, (size_t)BLOCKS * SIZE);
    for (int i = 0; i < BLOCKS; i++) memFree(blocks[i]);
    memPurge();
#ifdef EBB_JEMALLOC
    ck_assert_uint_lt(residentBytes(), full - (size_t)BLOCKS * SIZE * 9 / 10);
    stats = memAllocatorStats();
    ck_assert_uint_lt(stats.allocated, 4 << 20);
    ck_assert_uint_le(stats.allocated, stats.active);
    ck_assert_uint_le(stats.active, stats.resident);
    ck_assert_uint_gt(stats.metadata, 0);
    ck_assert_uint_lt(stats.dirty + stats.muzzy, 1 << 20);
#else
    (void)full;
#endif
}
END_TEST

START_TEST(namesTheAllocator) {
#ifdef EBB_JEMALLOC
    ck_assert_int_eq(strncmp(memAllocatorName(), "jemalloc-5.", 11), 0);
    ck_assert_ptr_null(strchr(memAllocatorName(), '_'));
#else
    ck_assert_str_eq(memAllocatorName(), "libc");
#endif
}
END_TEST

#ifdef EBB_JEMALLOC
#include <jemalloc/jemalloc.h>

static void assertOption(const char *name, const void *expected, size_t size) {
    char value[16] = {0};
    size_t got = size;
    ck_assert_int_eq(mallctl(name, value, &got, NULL, 0), 0);
    ck_assert_uint_eq(got, size);
    ck_assert_mem_eq(value, expected, size);
}

/* A dropped malloc_conf symbol would go unseen otherwise. */
START_TEST(allocatorRunsWithOurOptions) {
    assertOption("opt.narenas", &(unsigned){1}, sizeof(unsigned));
    assertOption("opt.background_thread", &(bool){true}, sizeof(bool));
    assertOption("opt.dirty_decay_ms", &(ssize_t){1000}, sizeof(ssize_t));
    assertOption("opt.muzzy_decay_ms", &(ssize_t){0}, sizeof(ssize_t));
}
END_TEST
#else
START_TEST(allocatorRunsWithOurOptions) {
    ck_assert_uint_eq(memAllocatorStats().resident, 0);
}
END_TEST
#endif

TESTS("mem", countsUsableBytesUntilFreed, countsEverySize, nothingIsStillAnAddress,
      reallocKeepsContentAndTakesNull, foreignBytesCount, peakIsNotedAndReset,
      tryFailsOnHugeSizesAndLeavesTheBlock, nthTryFailsOnce, allTriesFromTheNthFail,
      sumsThreadsAlsoEndedOnes, freedMemoryGoesBackOnPurge, namesTheAllocator,
      allocatorRunsWithOurOptions)
