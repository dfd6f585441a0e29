#include "storage/types/blob.h"

#include <string.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

/* Growing leaves as much room again, up to this much: appends stay O(1) a byte, and a big string
 * does not pay for its double. */
enum { SPARE_MAX_BYTES = 1024 * 1024 };

/* The whole allocation class in which 'capacity' bytes of data fit; 0 where that is no size. */
static size_t blockSize(size_t capacity) {
    if (capacity > PTRDIFF_MAX - sizeof(blob)) return 0;
    return memGoodSize(sizeof(blob) + capacity);
}

static blob *start(blob *b, size_t size, size_t block) {
    b->holders = 1;
    b->size = size;
    b->capacity = block - sizeof(blob);
    return b;
}

blob *blobNew(bytes value) {
    size_t block = blockSize(value.size);
    ensure(block);
    blob *b = start(memAlloc(block), value.size, block);
    if (value.size) memcpy(b->data, value.data, value.size);
    return b;
}

blob *blobTryNew(size_t size) {
    size_t block = blockSize(size);
    blob *b = block ? memTryAlloc(block) : NULL;
    if (!b) return NULL;
    start(b, size, block);
    memset(b->data, 0, size);
    return b;
}

blob *blobHold(blob *b) {
    ensure(b->holders < UINT32_MAX);
    b->holders++;
    return b;
}

void blobRelease(blob *b) {
    ensure(b->holders > 0);
    if (--b->holders == 0) memFree(b);
}

/* A copy of b's bytes for the caller alone, the hold on b given up. */
static blob *separate(blob *b, size_t size) {
    blob *own = blobTryNew(size);
    if (!own) return NULL;
    memcpy(own->data, b->data, size < b->size ? size : b->size);
    blobRelease(b);
    return own;
}

/* b in a block for 'capacity' bytes, NULL where that cannot be had. */
static blob *reblock(blob *b, size_t capacity) {
    size_t block = blockSize(capacity);
    blob *moved = block ? memTryRealloc(b, block) : NULL;
    if (moved) moved->capacity = block - sizeof(blob);
    return moved;
}

blob *blobTryResize(blob *b, size_t size) {
    if (b->holders > 1) return separate(b, size);
    size_t old = b->size;
    if (size > b->capacity) {
        size_t spare = size < SPARE_MAX_BYTES ? size : SPARE_MAX_BYTES;
        blob *moved = size <= SIZE_MAX - spare ? reblock(b, size + spare) : NULL;
        if (!moved) moved = reblock(b, size);
        if (!moved) return NULL;
        b = moved;
    } else if (size < old && size < b->capacity / 2) {
        /* A failure to shrink is none: the string fits where it is. */
        blob *moved = reblock(b, size);
        if (moved) b = moved;
    }
    if (size > old) memset(b->data + old, 0, size - old);
    b->size = size;
    return b;
}

size_t blobMemory(const blob *b) {
    return memUsable(b);
}
