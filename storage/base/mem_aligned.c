#include <stdlib.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

void *memAllocAligned(size_t alignment, size_t size) {
    void *ptr = aligned_alloc(alignment, size);
    if (!ptr) ensurePanic("out of memory allocating %zu aligned bytes", size);
    memCount((int64_t)memUsable(ptr));
    return ptr;
}
