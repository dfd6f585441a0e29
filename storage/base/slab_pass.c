/* A pass does not mark its victims when it begins: that would touch the header of every page, a
 * millisecond and more for some GB. It only looks at the bins: as many of the sparsest pages as
 * could be spared are victims, which is a limit of fullness and a quota at the limit. Each page
 * is decided about when slabShouldMove() first hears of one of its items, so that it will hear of
 * all the others later; pages taken for allocation meanwhile are not victims. */
#include "storage/base/slab_internal.h"

#include "storage/base/ensure.h"

#ifndef SLAB_PLAIN

enum {
    WORTHWHILE_PAGES = 8,
    WORTHWHILE_PERCENT = 8,
    LEFTOVERS_A_PASS = 64,
};

/* Whole pages that the items of 'pool' could do without. */
static size_t sparePages(const slabPool *pool) {
    return pool->capacity ? (pool->slots - pool->live) / pool->capacity : 0;
}

bool slabPassWorthwhile(slabKind kind) {
    size_t spare = 0, pages = 0;
    for (unsigned size_class = 0; size_class < SLAB_CLASSES; size_class++) {
        const slabPool *pool = &slabs.pools[kind * SLAB_CLASSES + size_class];
        spare += sparePages(pool);
        pages += pool->pages;
    }
    return spare >= WORTHWHILE_PAGES && spare * 100 > pages * WORTHWHILE_PERCENT;
}

void slabPassBegin(slabKind kind) {
    slabPass *pass = &slabs.passes[kind];
    ensure(!pass->active);
    pass->active = true;
    pass->number++;
    for (unsigned size_class = 0; size_class < SLAB_CLASSES; size_class++) {
        slabPool *pool = &slabs.pools[kind * SLAB_CLASSES + size_class];
        size_t wanted = sparePages(pool);
        pool->victim_slots = 0;
        pool->victim_bin = 0;
        while (wanted > pool->lists[pool->victim_bin].count && pool->victim_bin < SLAB_BINS - 1)
            wanted -= pool->lists[pool->victim_bin++].count;
        pool->victim_quota = wanted;
    }
}

bool slabPassActive(slabKind kind) {
    return slabs.passes[kind].active;
}

/* The first item of 'page' in this pass. */
__attribute__((noinline)) static void decide(slabPool *pool, slabPage *page, uint32_t pass) {
    page->pass = pass;
    if (page->list == SLAB_UNLISTED) return;
    unsigned bin = slabPageBin(page);
    bool victim = bin < pool->victim_bin || (bin == pool->victim_bin && pool->victim_quota > 0);
    /* Others may have allocated since the pass began: look again whether all would fit. */
    if (pool->slots - pool->victim_slots < pool->live + page->capacity) victim = false;
    if (victim) {
        if (bin == pool->victim_bin) pool->victim_quota--;
        pool->victim_slots += page->capacity;
        bin = SLAB_VICTIMS;
    }
    if (bin != page->list) slabPageList(pool, page, bin);
}

bool slabShouldMove(slabKind kind, const void *item, size_t size) {
    slabPass *pass = &slabs.passes[kind];
    if (!pass->active || size > SLAB_MAX) return false;
    slabPage *page = slabPageOf(item);
    if (page->pass != pass->number) decide(&slabs.pools[page->pool], page, pass->number);
    bool move = page->list == SLAB_VICTIMS;
#ifdef EBB_SHAKE
    move = true;
#endif
    pass->moved += move;
    return move;
}

void slabSortLeftovers(slabPool *pool, size_t most) {
    chain *left = &pool->lists[SLAB_VICTIMS];
    for (; most > 0 && left->count > 0; most--) {
        slabPage *page = CHAIN_ITEM(chainFirst(left), slabPage, node);
        slabPageList(pool, page, slabPageBin(page));
    }
}

void slabPassEnd(slabKind kind) {
    ensure(slabs.passes[kind].active);
    slabs.passes[kind].active = false;
    for (unsigned size_class = 0; size_class < SLAB_CLASSES; size_class++) {
        slabPool *pool = &slabs.pools[kind * SLAB_CLASSES + size_class];
        pool->victim_slots = 0;
        /* Where a pass was broken off and more are left, slabAlloc() sorts them bit by bit. */
        slabSortLeftovers(pool, LEFTOVERS_A_PASS);
    }
}

#endif
