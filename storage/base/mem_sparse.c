#include "storage/base/mem_sparse.h"

#include "storage/base/mem.h"

#ifdef EBB_JEMALLOC
#include <jemalloc/jemalloc.h>
#include <stdint.h>
#include <stdio.h>

#include "storage/base/ensure.h"

enum { NAME_ROOM = 64, MIB_ROOM = 8, SPARSE_PERCENT = 12 };

#define ARENAS_ALL_(n) #n
#define ARENAS_ALL(n)  ARENAS_ALL_(n)

static size_t wideOf(const char *format, unsigned bin) {
    char name[NAME_ROOM];
    size_t value = 0, size = sizeof value;
    snprintf(name, sizeof name, format, bin);
    return mallctl(name, &value, &size, NULL, 0) == 0 ? value : 0;
}

static unsigned narrowOf(const char *name) {
    unsigned value = 0;
    size_t size = sizeof value;
    return mallctl(name, &value, &size, NULL, 0) == 0 ? value : 0;
}

memSparse memSparseOver(size_t over) {
    uint64_t epoch = 1; /* Writing it renews the figures. */
    mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
    memSparse sum = {0};
    unsigned bins = narrowOf("arenas.nbins");
    for (unsigned bin = 0; bin < bins; bin++) {
        size_t size = wideOf("arenas.bin.%u.size", bin);
        if (size <= over) continue;
        sum.live +=
            size * wideOf("stats.arenas." ARENAS_ALL(MALLCTL_ARENAS_ALL) ".bins.%u.curregs", bin);
        sum.held += wideOf("arenas.bin.%u.slab_size", bin) *
                    wideOf("stats.arenas." ARENAS_ALL(MALLCTL_ARENAS_ALL) ".bins.%u.curslabs", bin);
    }
    return sum;
}

/* What the allocator tells of the slab of one pointer. */
typedef struct slabFill {
    size_t free_regions, regions, slab_bytes;
} slabFill;

bool memIsSparse(const void *ptr) {
    static size_t mib[MIB_ROOM], mib_size; /* the name of the question, looked up once */
    if (!mib_size) {
        size_t size = MIB_ROOM;
        if (mallctlnametomib("experimental.utilization.batch_query", mib, &size) != 0) return false;
        mib_size = size;
    }
    slabFill fill = {0};
    size_t fill_size = sizeof fill;
    if (mallctlbymib(mib, mib_size, &fill, &fill_size, &ptr, sizeof ptr) != 0) return false;
    return fill.free_regions * 100 > fill.regions * SPARSE_PERCENT;
}

void *memAllocPast(size_t size) {
    void *ptr = mallocx(size ? size : 1, MALLOCX_TCACHE_NONE);
    if (!ptr) ensurePanic("out of memory allocating %zu bytes", size);
    memCount((int64_t)memUsable(ptr));
    return ptr;
}

void memFreePast(void *ptr) {
    if (!ptr) return;
    memCount(-(int64_t)memUsable(ptr));
    dallocx(ptr, MALLOCX_TCACHE_NONE);
}

#else

memSparse memSparseOver(size_t over) {
    (void)over;
    return (memSparse){0};
}

bool memIsSparse(const void *ptr) {
    (void)ptr;
    return false;
}

void *memAllocPast(size_t size) {
    return memAlloc(size);
}

void memFreePast(void *ptr) {
    memFree(ptr);
}

#endif
