/* A pass does not mark its victims when it begins: that would touch the header of every page, a
 * millisecond and more for some GB. It only looks at the bins: as many of the sparsest pages as
 * could be spared are victims, which is a limit of fullness and a quota at the limit. Each page
 * is decided about when slabShouldMove() first hears of one of its items, so that it will hear of
 * all the others later; pages taken for allocation meanwhile are not victims.
 *
 * After deletes at random all pages are equally sparse, and any tenth of them could stay. Were it
 * a tenth of each chunk, every chunk would stay too, with its headers. So the fullest chunks, as
 * many as have room for what stays, are keepers: their sparse pages are kept where possible, and
 * take the items of the victims. */
#include "storage/base/slab_internal.h"

#include "storage/base/ensure.h"

#ifndef SLAB_PLAIN

enum {
    WORTHWHILE_PAGES = 8,
    WORTHWHILE_PERCENT = 8,
    LEFTOVERS_A_PASS = 64,
    /* Pages a bit fuller than needed are victims too where they would hold a sparse chunk. */
    MARGIN_BINS = 2,
};

/* Whole pages that the items of 'pool' could do without. */
static size_t sparePages(const slabPool *pool) {
    return pool->capacity ? (pool->slots - pool->live) / pool->capacity : 0;
}

bool slabPassWorthwhile(slabKind kind) {
    if (kind == SLAB_HEAP) return slabHeapWorthwhile();
    size_t spare = 0, pages = 0;
    for (unsigned size_class = 0; size_class < SLAB_CLASSES; size_class++) {
        const slabPool *pool = &slabs.pools[kind * SLAB_CLASSES + size_class];
        spare += sparePages(pool);
        pages += pool->pages;
    }
    return spare >= WORTHWHILE_PAGES && spare * 100 > pages * WORTHWHILE_PERCENT;
}

/* Limits of fullness for 'pool': which of its pages are victims, and how many may stay. */
static size_t limitPool(slabPool *pool) {
    size_t spare = sparePages(pool), sparser = 0;
    unsigned bin = 0;
    while (spare > sparser + pool->lists[bin].count && bin < SLAB_BINS - 1)
        sparser += pool->lists[bin++].count;
    pool->victim_slots = 0;
    pool->sparse = (uint8_t)bin;
    pool->victim_quota = spare - sparser;
    size_t candidates = sparser + pool->lists[bin].count;
    for (unsigned i = 0; i < MARGIN_BINS && bin < SLAB_BINS - 1; i++)
        candidates += pool->lists[++bin].count;
    pool->candidate = (uint8_t)bin;
    pool->keep_quota = candidates > spare ? candidates - spare : 0;
    return spare;
}

/* The fullest chunks that together have as many pages as will stay in use are keepers. */
static void limitChunks(slabPass *pass, size_t spare) {
    size_t stay = 0;
    for (unsigned used = 1; used <= SLAB_CHUNK_PAGES; used++)
        stay += slabs.chunks[used].count * used;
    stay -= spare;
    unsigned used = SLAB_CHUNK_PAGES;
    for (; used > 1 && stay > slabs.chunks[used].count * used; used--)
        stay -= slabs.chunks[used].count * used;
    pass->keeper_used = (uint8_t)used;
    pass->keeper_quota = (stay + used - 1) / used;
}

void slabPassBegin(slabKind kind) {
    if (kind == SLAB_HEAP) {
        slabHeapBegin();
        return;
    }
    slabPass *pass = &slabs.passes[kind];
    ensure(!pass->active);
    pass->active = true;
    pass->number++;
    size_t spare = 0;
    for (unsigned size_class = 0; size_class < SLAB_CLASSES; size_class++)
        spare += limitPool(&slabs.pools[kind * SLAB_CLASSES + size_class]);
    limitChunks(pass, spare);
}

bool slabPassActive(slabKind kind) {
    return kind == SLAB_HEAP ? slabHeapActive() : slabs.passes[kind].active;
}

/* Keeps the pages of 'kind' in a keeper that might be victims, as far as their pools can. */
static void keepPages(slabChunk *chunk, slabKind kind, uint32_t number) {
    for (uint64_t left = chunk->used; left; left &= left - 1) {
        slabPage *page = &chunk->pages[__builtin_ctzll(left)];
        slabPool *pool = &slabs.pools[page->pool];
        if (page->pool / SLAB_CLASSES != kind || page->pass == number) continue;
        if (page->list == SLAB_UNLISTED || pool->keep_quota == 0) continue;
        unsigned bin = slabPageBin(page);
        if (bin > pool->candidate) continue;
        if (bin < pool->sparse) pool->victim_quota++; /* Another one goes in its place. */
        pool->keep_quota--;
        page->pass = number;
        slabPageList(pool, page, SLAB_KEPT);
    }
}

static void decideChunk(slabChunk *chunk, slabKind kind) {
    slabPass *pass = &slabs.passes[kind];
    chunk->passes[kind] = pass->number;
    unsigned used = (unsigned)__builtin_popcountll(chunk->used);
    if (used < pass->keeper_used) return;
    if (used == pass->keeper_used) {
        if (pass->keeper_quota == 0) return;
        pass->keeper_quota--;
    }
    keepPages(chunk, kind, pass->number);
}

/* The first item of 'page' in this pass. */
__attribute__((noinline)) static void decide(slabKind kind, slabPage *page) {
    uint32_t number = slabs.passes[kind].number;
    slabChunk *chunk = slabChunkOf(page);
    if (chunk->passes[kind] != number) decideChunk(chunk, kind);
    if (page->pass == number) return;
    page->pass = number;
    if (page->list == SLAB_UNLISTED) return;
    slabPool *pool = &slabs.pools[page->pool];
    unsigned bin = slabPageBin(page);
    bool sparse = bin < pool->sparse;
    bool victim = sparse || (bin <= pool->candidate && pool->victim_quota > 0);
    /* Others may have allocated since the pass began: look again whether all would fit. */
    if (pool->slots - pool->victim_slots < pool->live + page->capacity) victim = false;
    if (victim) {
        if (!sparse) pool->victim_quota--;
        pool->victim_slots += page->capacity;
        bin = SLAB_VICTIMS;
    }
    if (bin != page->list) slabPageList(pool, page, bin);
}

bool slabShouldMove(slabKind kind, const void *item, size_t size) {
    if (__builtin_expect(size > SLAB_MAX, 0)) return slabHeapShouldMove(item);
    slabPass *pass = &slabs.passes[kind];
    if (!pass->active) return false;
    slabPage *page = slabPageOf(item);
    if (page->pass != pass->number) decide(kind, page);
    bool move = page->list == SLAB_VICTIMS;
#ifdef EBB_SHAKE
    move = true;
#endif
    pass->moved += move;
    return move;
}

void slabSortLeftovers(slabPool *pool, size_t most) {
    for (unsigned list = SLAB_VICTIMS; list <= SLAB_KEPT; list++) {
        for (; most > 0 && pool->lists[list].count > 0; most--) {
            slabPage *page = CHAIN_ITEM(chainFirst(&pool->lists[list]), slabPage, node);
            slabPageList(pool, page, slabPageBin(page));
        }
    }
}

void slabPassEnd(slabKind kind) {
    if (kind == SLAB_HEAP) {
        slabHeapEnd();
        return;
    }
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
