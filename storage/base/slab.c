#include "storage/base/slab_internal.h"

#include <string.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

size_t slabGoodSize(size_t size) {
    return size > SLAB_MAX ? memGoodSize(size) : slabClassSize(slabClassOf(size));
}

#ifndef SLAB_PLAIN

enum { LEFTOVERS_A_REFILL = 8 };

slabPage slabNoPage = {.free_head = SLAB_NO_ITEM, .list = SLAB_UNLISTED};
slabState slabs = {
    .pools = {[0 ... SLAB_KINDS * SLAB_CLASSES - 1] = {.current = &slabNoPage}},
};

unsigned slabPageBin(const slabPage *page) {
    return (unsigned)page->live * SLAB_BINS / page->capacity;
}

void slabPageList(slabPool *pool, slabPage *page, unsigned list) {
    if (page->list != SLAB_UNLISTED) {
        chain *old = &pool->lists[page->list];
        chainRemove(old, &page->node);
        if (chainIsEmpty(old)) pool->listed &= ~(1u << page->list);
    }
    page->list = (uint8_t)list;
    page->low = 1;
    if (list == SLAB_UNLISTED) return;
    chainPrepend(&pool->lists[list], &page->node);
    pool->listed |= 1u << list;
    if (list > 0 && list < SLAB_BINS)
        page->low = (uint16_t)((list * page->capacity + SLAB_BINS - 1) / SLAB_BINS);
}

static void poolInit(slabPool *pool, unsigned size_class) {
    pool->units = (uint8_t)(slabClassSize(size_class) / SLAB_UNIT);
    pool->capacity = (uint16_t)(SLAB_PAGE / slabClassSize(size_class));
    for (unsigned i = 0; i < SLAB_LISTS; i++) chainInit(&pool->lists[i]);
}

static slabPage *newPage(slabPool *pool, uint8_t pool_index) {
    slabPage *page = slabPageTake();
    size_t start = page == slabChunkOf(page)->pages ? offsetof(slabChunk, rest) : 0;
    *page = (slabPage){
        .free_head = SLAB_NO_ITEM,
        .bump = (uint16_t)(start / SLAB_UNIT),
        .capacity = (uint16_t)((SLAB_PAGE - start) / ((size_t)pool->units * SLAB_UNIT)),
        .units = pool->units,
        .list = SLAB_UNLISTED,
        .pool = pool_index,
    };
    pool->pages++;
    pool->slots += page->capacity;
    return page;
}

/* The list whose pages serve next; SLAB_LISTS if no page has room. In a pass the pages that may
 * still become victims come last. */
static unsigned fullestList(const slabPool *pool, bool in_pass) {
    unsigned bins = pool->listed & ((1u << SLAB_BINS) - 1);
    if (in_pass && pool->listed & (1u << SLAB_KEPT)) {
        bins &= ~((2u << pool->candidate) - 1);
        if (!bins) return SLAB_KEPT;
    }
    return bins ? 31 - (unsigned)__builtin_clz(bins) : SLAB_LISTS;
}

/* The current page is full: makes the fullest one with room the current one. */
__attribute__((noinline)) static slabPage *refill(slabKind kind, unsigned size_class) {
    size_t index = kind * SLAB_CLASSES + size_class;
    slabPool *pool = &slabs.pools[index];
    slabPass *pass = &slabs.passes[kind];
    if (!pool->capacity) poolInit(pool, size_class);
    if (pool->current != &slabNoPage) pool->current->low = pool->current->capacity;
    if (!pass->active) slabSortLeftovers(pool, LEFTOVERS_A_REFILL);

    unsigned list = fullestList(pool, pass->active);
    slabPage *page;
    if (list < SLAB_LISTS) {
        page = CHAIN_ITEM(chainFirst(&pool->lists[list]), slabPage, node);
        slabPageList(pool, page, SLAB_UNLISTED);
    } else {
        page = newPage(pool, (uint8_t)index);
    }
    page->low = 1;
    page->pass = pass->number; /* Not to be a victim of the running pass. */
    pool->current = page;
    return page;
}

void *slabAlloc(slabKind kind, size_t size) {
    if (__builtin_expect(size > SLAB_MAX, 0)) return slabHeapAlloc(size);
    unsigned size_class = slabClassOf(size);
    slabPool *pool = &slabs.pools[kind * SLAB_CLASSES + size_class];
    slabPage *page = pool->current;
    if (__builtin_expect(page->live == page->capacity, 0)) page = refill(kind, size_class);
    char *item = slabPageStart(page);
    if (page->free_head != SLAB_NO_ITEM) {
        item += (size_t)page->free_head * SLAB_UNIT;
        memcpy(&page->free_head, item, sizeof page->free_head);
    } else {
        item += (size_t)page->bump * SLAB_UNIT;
        page->bump = (uint16_t)(page->bump + page->units);
    }
    page->live++;
    pool->live++;
    memCount((int64_t)page->units * SLAB_UNIT);
    return item;
}

/* 'page' has fewer live items than its list allows. */
__attribute__((noinline)) static void pageSank(slabKind kind, slabPool *pool, slabPage *page) {
    if (page->live > 0) {
        slabPageList(pool, page, slabPageBin(page));
        return;
    }
    slabPass *pass = &slabs.passes[kind];
    if (page->list == SLAB_VICTIMS && pass->active && page->pass == pass->number)
        pool->victim_slots -= page->capacity;
    if (pool->current == page) pool->current = &slabNoPage;
    slabPageList(pool, page, SLAB_UNLISTED);
    pool->pages--;
    pool->slots -= page->capacity;
    slabPageGive(page);
}

void slabFree(slabKind kind, void *item, size_t size) {
    if (__builtin_expect(size > SLAB_MAX, 0)) {
        slabHeapFree(item);
        return;
    }
    size_t index = kind * SLAB_CLASSES + slabClassOf(size);
    slabPool *pool = &slabs.pools[index];
    slabPage *page = slabPageOf(item);
    ensure(page->pool == index);
    ensure(page->live > 0);
#ifdef EBB_SHAKE
    memset(item, 0xDB, (size_t)page->units * SLAB_UNIT);
#endif
    memcpy(item, &page->free_head, sizeof page->free_head);
    page->free_head = (uint16_t)((size_t)((char *)item - slabPageStart(page)) / SLAB_UNIT);
    page->live--;
    pool->live--;
    memCount(-(int64_t)page->units * SLAB_UNIT);
    if (__builtin_expect(page->live < page->low, 0)) pageSank(kind, pool, page);
}

static void addPools(slabStats *stats, slabKind kind) {
    for (unsigned size_class = 0; size_class < SLAB_CLASSES; size_class++) {
        const slabPool *pool = &slabs.pools[kind * SLAB_CLASSES + size_class];
        stats->items += pool->live;
        stats->item_bytes += pool->live * slabClassSize(size_class);
        stats->page_bytes += pool->pages * SLAB_PAGE;
    }
    stats->moved += slabs.passes[kind].moved;
}

static slabStats sharedStats(void) {
    return (slabStats){
        .empty_bytes = slabs.empty_pages * SLAB_PAGE,
        .returned_bytes = slabs.returned_bytes,
        .chunk_bytes = slabs.chunk_count * SLAB_CHUNK,
    };
}

slabStats slabStatsOf(slabKind kind) {
    if (kind == SLAB_HEAP) return slabHeapStats();
    slabStats stats = sharedStats();
    addPools(&stats, kind);
    return stats;
}

slabStats slabStatsTotal(void) {
    slabStats stats = sharedStats();
    for (unsigned kind = 0; kind < SLAB_KINDS; kind++) addPools(&stats, kind);
    stats.moved += slabHeapMoved();
    return stats;
}

#endif
