/* Items over SLAB_MAX: they are the heap's, but who holds them moves them as he moves the others.
 *
 * Whether that is worth it the allocator has to be asked, and takes its time to answer. So it is
 * asked only after a sixteenth of what lived was freed since the last time. */
#include "storage/base/slab_internal.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/mem_sparse.h"

enum {
    ASK_AFTER = 256,
    ASK_SHARE = 16,
    WORTHWHILE_BYTES = 512 * 1024,
    WORTHWHILE_PERCENT = 8,
};

static struct {
    size_t live;     /* items */
    size_t freed;    /* items, since the allocator was asked */
    size_t moved;    /* ever */
    bool worthwhile; /* as it answered */
    bool ask;        /* again: a pass has ended */
    bool active;
} heap;

void *slabHeapAlloc(size_t size) {
    heap.live++;
    return heap.active ? memAllocPast(size) : memAlloc(size);
}

void slabHeapFree(void *item) {
    heap.live -= heap.live > 0; /* What was taken from the heap otherwise may be freed here. */
    heap.freed++;
    if (heap.active)
        memFreePast(item);
    else
        memFree(item);
}

bool slabHeapWorthwhile(void) {
    bool ask = heap.ask || (heap.freed >= ASK_AFTER && heap.freed >= heap.live / ASK_SHARE);
    if (!ask) return heap.worthwhile;
    heap.ask = false;
    heap.freed = 0;
    memSparse s = memSparseOver(SLAB_MAX);
    size_t spare = s.held > s.live ? s.held - s.live : 0;
    heap.worthwhile = spare >= WORTHWHILE_BYTES && spare > s.held / 100 * WORTHWHILE_PERCENT;
    return heap.worthwhile;
}

void slabHeapBegin(void) {
    ensure(!heap.active);
    heap.active = true;
    heap.worthwhile = false;
}

bool slabHeapActive(void) {
    return heap.active;
}

void slabHeapEnd(void) {
    ensure(heap.active);
    heap.active = false;
    heap.ask = true; /* Whether what is left is worth another one. */
}

bool slabHeapShouldMove(const void *item) {
    if (!heap.active) return false;
    bool move = memIsSparse(item);
#ifdef EBB_SHAKE
    move = true;
#endif
    heap.moved += move;
    return move;
}

slabStats slabHeapStats(void) {
    memSparse s = memSparseOver(SLAB_MAX);
    return (slabStats){
        .items = heap.live, .item_bytes = s.live, .page_bytes = s.held, .moved = heap.moved};
}

size_t slabHeapMoved(void) {
    return heap.moved;
}
