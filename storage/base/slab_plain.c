/* Slabs over malloc, each item with exactly its size, so that AddressSanitizer sees every overrun
 * and every use after free. */
#include "storage/base/slab_internal.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

#ifdef SLAB_PLAIN

static slabStats kinds[SLAB_KINDS];
static bool passes[SLAB_KINDS];

void *slabAlloc(slabKind kind, size_t size) {
    if (size > SLAB_MAX) return slabHeapAlloc(size);
    void *item = malloc(size ? size : 1);
    if (!item) ensurePanic("out of memory allocating an item of %zu bytes", size);
    kinds[kind].items++;
    kinds[kind].item_bytes += slabGoodSize(size);
    memCount((int64_t)slabGoodSize(size));
    return item;
}

void slabFree(slabKind kind, void *item, size_t size) {
    if (size > SLAB_MAX) {
        slabHeapFree(item);
        return;
    }
    ensure(slabGoodSize(malloc_usable_size(item)) == slabGoodSize(size));
    ensure(kinds[kind].items > 0);
    kinds[kind].items--;
    kinds[kind].item_bytes -= slabGoodSize(size);
    memCount(-(int64_t)slabGoodSize(size));
    free(item);
}

bool slabPassWorthwhile(slabKind kind) {
    return kind == SLAB_HEAP && slabHeapWorthwhile();
}

void slabPassBegin(slabKind kind) {
    if (kind == SLAB_HEAP) {
        slabHeapBegin();
        return;
    }
    ensure(!passes[kind]);
    passes[kind] = true;
}

bool slabPassActive(slabKind kind) {
    return kind == SLAB_HEAP ? slabHeapActive() : passes[kind];
}

bool slabShouldMove(slabKind kind, const void *item, size_t size) {
    if (size > SLAB_MAX) return slabHeapShouldMove(item);
    bool move = false;
#ifdef EBB_SHAKE
    move = passes[kind];
#endif
    kinds[kind].moved += move;
    return move;
}

void slabPassEnd(slabKind kind) {
    if (kind == SLAB_HEAP) {
        slabHeapEnd();
        return;
    }
    ensure(passes[kind]);
    passes[kind] = false;
}

size_t slabReturn(size_t max_pages) {
    (void)max_pages;
    return 0;
}

slabStats slabStatsOf(slabKind kind) {
    if (kind == SLAB_HEAP) return slabHeapStats();
    slabStats stats = kinds[kind];
    stats.page_bytes = stats.item_bytes;
    return stats;
}

slabStats slabStatsTotal(void) {
    slabStats total = {0};
    for (unsigned kind = 0; kind < SLAB_KINDS; kind++) {
        total.items += kinds[kind].items;
        total.item_bytes += kinds[kind].item_bytes;
        total.moved += kinds[kind].moved;
    }
    total.page_bytes = total.item_bytes;
    total.moved += slabHeapMoved();
    return total;
}

#endif
