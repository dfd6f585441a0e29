#include "storage/base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "storage/base/ensure.h"

#ifdef EBB_JEMALLOC
#include <jemalloc/jemalloc.h>

#define TEXT_(n) #n
#define TEXT(n)  TEXT_(n)

/* Milliseconds until freed pages have gone, and where they are soon wanted again (memKeepPages). */
#define DECAY_MS      1000
#define DECAY_LATE_MS 2000

/* A server that gives memory back: one arena, because the threads beside the main one allocate
 * little and every arena keeps free pages of its own; freed pages go within a second, by the
 * background thread and not on the way of a request, and straight to the kernel (no muzzy stage,
 * which RSS would count); no huge pages, of which a single live item holds 2 MB. */
extern const char *malloc_conf;
__attribute__((used)) const char *malloc_conf =
    "narenas:1,background_thread:true,dirty_decay_ms:" TEXT(
        DECAY_MS) ",muzzy_decay_ms:0,"
                  "thp:never,metadata_thp:disabled";
#else
#include <malloc.h>
#endif

/* One per thread that ever allocated, so that counting needs no locked instruction. Only its
 * thread writes it; anyone reads. A thread that frees what another one allocated goes below zero,
 * which the sum makes good. Blocks outlive their threads because their counts must; threads are
 * few and long-lived. */
typedef struct threadCount {
    _Alignas(64) _Atomic int64_t used;
    struct threadCount *next;
} threadCount;

static _Atomic(threadCount *) all_counts;
static _Thread_local threadCount *own_count;
static _Atomic size_t peak;
static _Atomic uint64_t fail_after;
static _Atomic bool fail_on; /* and each one after it */

__attribute__((cold, noinline)) static threadCount *registerThread(void) {
    threadCount *count = aligned_alloc(_Alignof(threadCount), sizeof *count);
    if (!count) ensurePanic("out of memory registering a thread");
    atomic_init(&count->used, 0);
    count->next = atomic_load(&all_counts);
    while (!atomic_compare_exchange_weak(&all_counts, &count->next, count)) {
    }
    own_count = count;
    return count;
}

static inline void countBytes(int64_t delta) {
    threadCount *count = own_count;
    if (__builtin_expect(!count, 0)) count = registerThread();
    int64_t used = atomic_load_explicit(&count->used, memory_order_relaxed);
    atomic_store_explicit(&count->used, used + delta, memory_order_relaxed);
}

_Noreturn __attribute__((cold, noinline)) static void outOfMemory(size_t size) {
    ensurePanic("out of memory allocating %zu bytes", size);
}

/* Allocators differ about zero bytes; here it is always an address of its own. */
static inline size_t atLeastOne(size_t size) {
    return size ? size : 1;
}

#ifdef EBB_JEMALLOC
/* jemalloc's size class of 'size': 8, then every 16 to 128, then four to a doubling. nallocx says
 * the same, but as a call that costs a third of an allocation. */
static inline size_t sizeClass(size_t size) {
    if (size <= 8) return 8;
    size_t step = size <= 128 ? 16 : (size_t)1 << (61 - __builtin_clzll(size - 1));
    return (size + step - 1) & ~(step - 1);
}
#endif

static inline size_t usable(const void *ptr) {
    return malloc_usable_size((void *)ptr);
}

static inline void *tryAlloc(size_t size) {
    size = atLeastOne(size);
    void *ptr = malloc(size);
    if (__builtin_expect(!ptr, 0)) return NULL;
#ifdef EBB_JEMALLOC
    countBytes((int64_t)sizeClass(size)); /* Cheaper than asking what ptr has. */
#else
    countBytes((int64_t)usable(ptr));
#endif
    return ptr;
}

static void *tryRealloc(void *ptr, size_t size) {
    if (!ptr) return tryAlloc(size);
    int64_t before = (int64_t)usable(ptr);
    void *moved = realloc(ptr, atLeastOne(size));
    if (moved) countBytes((int64_t)usable(moved) - before);
    return moved;
}

void *memAlloc(size_t size) {
    void *ptr = tryAlloc(size);
    if (__builtin_expect(!ptr, 0)) outOfMemory(size);
    return ptr;
}

void *memCalloc(size_t count, size_t size) {
    if (count == 0 || size == 0) count = size = 1;
    void *ptr = calloc(count, size);
    if (!ptr) outOfMemory(count > SIZE_MAX / size ? SIZE_MAX : count * size);
    countBytes((int64_t)usable(ptr));
    return ptr;
}

void *memRealloc(void *ptr, size_t size) {
    void *moved = tryRealloc(ptr, size);
    if (!moved) outOfMemory(size);
    return moved;
}

void memFree(void *ptr) {
    if (!ptr) return;
    size_t size = usable(ptr);
    countBytes(-(int64_t)size);
#ifdef EBB_JEMALLOC
    sdallocx(ptr, size, 0); /* Spares jemalloc the look-up made above. */
#else
    free(ptr);
#endif
}

/* A kernel that overcommits would hand out more, and end the process at the first touch. */
size_t memMachineBytes(void) {
    static _Atomic size_t known;
    size_t total = atomic_load_explicit(&known, memory_order_relaxed);
    if (total) return total;
    struct sysinfo machine;
    total = SIZE_MAX;
    if (sysinfo(&machine) == 0)
        total = ((size_t)machine.totalram + (size_t)machine.totalswap) * machine.mem_unit;
    atomic_store_explicit(&known, total, memory_order_relaxed);
    return total;
}

/* 'more': what the process would have beyond what it has. */
static bool mustFail(size_t size, size_t more) {
    if (size > MEM_TRY_MAX) return true;
    size_t machine = memMachineBytes(), used = memUsed();
    if (used >= machine || more > machine - used) return true;
    uint64_t left = atomic_load_explicit(&fail_after, memory_order_relaxed);
    if (left == 0) return false;
    if (left == 1 && atomic_load_explicit(&fail_on, memory_order_relaxed)) return true;
    atomic_store_explicit(&fail_after, left - 1, memory_order_relaxed);
    return left == 1;
}

void *memTryAlloc(size_t size) {
    return mustFail(size, size) ? NULL : tryAlloc(size);
}

void *memTryRealloc(void *ptr, size_t size) {
    size_t has = ptr ? usable(ptr) : 0;
    return mustFail(size, size > has ? size - has : 0) ? NULL : tryRealloc(ptr, size);
}

void memFailAfter(uint64_t n) {
    atomic_store(&fail_on, false);
    atomic_store(&fail_after, n);
}

void memFailFrom(uint64_t n) {
    atomic_store(&fail_on, true);
    atomic_store(&fail_after, n);
}

char *memText(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(memAlloc(size), text, size);
}

size_t memGoodSize(size_t size) {
#ifdef EBB_JEMALLOC
    return sizeClass(atLeastOne(size));
#else
    return (atLeastOne(size) + 15) & ~(size_t)15;
#endif
}

size_t memUsable(const void *ptr) {
    return usable(ptr);
}

size_t memUsed(void) {
    int64_t sum = 0;
    for (threadCount *c = atomic_load(&all_counts); c; c = c->next)
        sum += atomic_load_explicit(&c->used, memory_order_relaxed);
    return sum > 0 ? (size_t)sum : 0;
}

void memCount(int64_t bytes) {
    countBytes(bytes);
}

size_t memPeak(void) {
    return atomic_load_explicit(&peak, memory_order_relaxed);
}

void memNotePeak(void) {
    size_t used = memUsed();
    if (used > memPeak()) atomic_store_explicit(&peak, used, memory_order_relaxed);
}

void memPeakReset(void) {
    atomic_store_explicit(&peak, memUsed(), memory_order_relaxed);
}

#ifdef EBB_JEMALLOC

#define JEMALLOC_NAME_(a, b, c) "jemalloc-" #a "." #b "." #c
#define JEMALLOC_NAME(a, b, c)  JEMALLOC_NAME_(a, b, c)

const char *memAllocatorName(void) {
    return JEMALLOC_NAME(JEMALLOC_VERSION_MAJOR, JEMALLOC_VERSION_MINOR, JEMALLOC_VERSION_BUGFIX);
}

static size_t statOf(const char *name) {
    size_t value = 0;
    size_t size = sizeof value;
    return mallctl(name, &value, &size, NULL, 0) == 0 ? value : 0;
}

#define ALL TEXT(MALLCTL_ARENAS_ALL)

memStats memAllocatorStats(void) {
    uint64_t epoch = 1; /* Figures are a snapshot that writing the epoch renews. */
    mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
    size_t page = statOf("arenas.page");
    return (memStats){
        .allocated = statOf("stats.allocated"),
        .active = statOf("stats.active"),
        .metadata = statOf("stats.metadata"),
        .resident = statOf("stats.resident"),
        .mapped = statOf("stats.mapped"),
        .retained = statOf("stats.retained"),
        .dirty = statOf("stats.arenas." ALL ".pdirty") * page,
        .muzzy = statOf("stats.arenas." ALL ".pmuzzy") * page,
    };
}

void memTrimThread(void) {
    mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
}

void memKeepPages(bool keep) {
    ssize_t decay_ms = keep ? DECAY_LATE_MS : DECAY_MS;
    mallctl("arena.0.dirty_decay_ms", NULL, NULL, &decay_ms, sizeof decay_ms);
}

void memPurge(void) {
    memTrimThread();
    mallctl("arena." ALL ".purge", NULL, NULL, NULL, 0);
}

#else

const char *memAllocatorName(void) {
    return "libc";
}

memStats memAllocatorStats(void) {
    return (memStats){.allocated = memUsed()};
}

void memTrimThread(void) {}

void memKeepPages(bool keep) {
    (void)keep;
}

void memPurge(void) {
    malloc_trim(0);
}

#endif
