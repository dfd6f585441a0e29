/* slab_internal.h - what the files of the slab share.
 *
 *   slab.c        allocation, freeing, figures
 *   slab_page.c   chunks and pages: where they come from and how they go back to the kernel
 *   slab_pass.c   which pages a reclaim pass empties
 *   slab_heap.c   items over SLAB_MAX, which lie in pages of the heap
 *   slab_plain.c  all of it over malloc, for AddressSanitizer
 *
 * A chunk, at an address that is a multiple of its size:
 *
 *   | 64 page headers | chunk fields | items of page 0 | page 1 | ... | page 63 |
 *   0               4096           4224            32768                    2 MB
 *
 * Free items of a page are chained through their first two bytes, as distances from the start of
 * the page in units of 8 bytes; behind 'bump' lie items that were never handed out, untouched.
 *
 * A page is, for its pool (kind and class): the current one that items are taken from; full; in
 * one of 16 bins by fullness; or, since a pass, among its victims or among the sparse pages that
 * were kept to take the items of victims. Only what is freed below the bin of its page ('low')
 * leaves the short way through slabFree(). */
#ifndef EBB_STORAGE_BASE_SLAB_INTERNAL_H
#define EBB_STORAGE_BASE_SLAB_INTERNAL_H

#include "storage/base/chain.h"
#include "storage/base/slab.h"

#if defined(__SANITIZE_ADDRESS__)
#define SLAB_PLAIN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLAB_PLAIN 1
#endif
#endif

enum {
    SLAB_CLASSES = 40,
    SLAB_CHUNK_PAGES = SLAB_CHUNK / SLAB_PAGE,
    SLAB_UNIT = 8,
    SLAB_BINS = 16,
    SLAB_VICTIMS = SLAB_BINS, /* the lists after the bins */
    SLAB_KEPT,
    SLAB_LISTS,
    SLAB_UNLISTED = SLAB_LISTS, /* full or current */
    SLAB_NO_ITEM = 0xFFFF,
};

typedef struct slabPage {
    _Alignas(64) uint16_t free_head; /* in units from the start of the page, or SLAB_NO_ITEM */
    uint16_t bump;                   /* the first item never handed out, in units */
    uint16_t live;
    uint16_t capacity;
    uint16_t low;   /* fewer live items than this need slabPageSank() */
    uint8_t units;  /* size of an item */
    uint8_t list;   /* a bin, SLAB_VICTIMS, SLAB_KEPT or SLAB_UNLISTED */
    uint32_t pass;  /* the last pass of its kind that decided about it */
    uint8_t pool;   /* index into slabs.pools */
    chainNode node; /* on pool->lists[list] */
} slabPage;

typedef struct slabChunk {
    slabPage pages[SLAB_CHUNK_PAGES];
    uint64_t used;               /* bit per page that belongs to a pool */
    uint64_t resident;           /* bit per empty page that was touched since the kernel gave it */
    chainNode by_used;           /* on slabs.chunks[number of used pages] */
    chainNode by_empty;          /* on slabs.resident while any page is empty and resident */
    uint32_t passes[SLAB_KINDS]; /* the last pass of each kind that decided about the chunk */
    _Alignas(64) char rest[];
} slabChunk;

typedef struct slabPool {
    _Alignas(64) slabPage *current; /* slabNoPage while there is none */
    size_t live;
    size_t pages;
    size_t slots;        /* capacities of the pages added up */
    size_t victim_slots; /* the part of 'slots' that lies in victims of the running pass */
    uint32_t listed;     /* bit per list that is not empty */
    uint16_t capacity;   /* of a page that is not the first of its chunk; 0 before first use */
    uint8_t units;
    /* Of the running pass: pages below the bin 'sparse' are victims, of those from there up to the
     * bin 'candidate' so many as the quota says; this many candidates need not be victims. */
    uint8_t sparse, candidate;
    size_t victim_quota;
    size_t keep_quota;
    chain lists[SLAB_LISTS];
} slabPool;

typedef struct slabPass {
    uint32_t number; /* of the last pass begun */
    bool active;
    uint8_t keeper_used; /* chunks with more pages in use than this are keepers, and ... */
    size_t keeper_quota; /* ... so many with just as many */
    uint64_t moved;
} slabPass;

typedef struct slabState {
    slabPool pools[SLAB_KINDS * SLAB_CLASSES];
    slabPass passes[SLAB_KINDS];
    chain chunks[SLAB_CHUNK_PAGES + 1]; /* by number of used pages */
    uint64_t chunks_with_room;          /* bit n: chunks[n] is not empty; n < SLAB_CHUNK_PAGES */
    chain resident;                     /* chunks with empty resident pages, longest so first */
    size_t chunk_count;
    size_t used_pages;
    size_t empty_pages; /* resident ones */
    size_t returned_bytes;
} slabState;

extern slabState slabs;
/* Stands for "no current page": full, so that the first allocation looks for a real one. */
extern slabPage slabNoPage;

/* Steps of 8 B to 128, then eight classes to each doubling. Size 0 counts as 1. */
static inline unsigned slabClassOf(size_t size) {
    size_t last = size - (size > 0);
    if (last < 128) return (unsigned)(last / SLAB_UNIT);
    unsigned doubling = 63 - (unsigned)__builtin_clzll(last) - 7;
    return 16 + 8 * doubling + (unsigned)(last >> (doubling + 4)) - 8;
}

static inline size_t slabClassSize(unsigned size_class) {
    if (size_class < 16) return (size_class + 1) * (size_t)SLAB_UNIT;
    return (size_t)(9 + size_class % 8) << (size_class / 8 + 2);
}

static inline slabChunk *slabChunkOf(const void *inside) {
    return (slabChunk *)((uintptr_t)inside & ~(uintptr_t)(SLAB_CHUNK - 1));
}

static inline slabPage *slabPageOf(const void *item) {
    return &slabChunkOf(item)->pages[((uintptr_t)item & (SLAB_CHUNK - 1)) / SLAB_PAGE];
}

/* Headers lie as far apart as sizeof(slabPage), pages as SLAB_PAGE. */
static inline char *slabPageStart(const slabPage *page) {
    uintptr_t within = (uintptr_t)page & (SLAB_CHUNK - 1);
    return (char *)slabChunkOf(page) + within * (SLAB_PAGE / sizeof(slabPage));
}

/* slab_page.c: an empty page of the fullest chunk that has one, and a page given back empty. */
slabPage *slabPageTake(void);
void slabPageGive(slabPage *page);

/* slab.c: puts 'page' on a list of its pool (or on none) and sets the 'low' that goes with it. */
void slabPageList(slabPool *pool, slabPage *page, unsigned list);
/* The bin that the live items of 'page', at least one of them free, belong to. */
unsigned slabPageBin(const slabPage *page);

/* slab_pass.c: puts up to 'most' pages that a pass left behind back into their bins. */
void slabSortLeftovers(slabPool *pool, size_t most);

/* slab_heap.c: what the calls of slab.h do for items over SLAB_MAX and for SLAB_HEAP. */
void *slabHeapAlloc(size_t size) __attribute__((returns_nonnull));
void slabHeapFree(void *item);
bool slabHeapWorthwhile(void);
void slabHeapBegin(void);
bool slabHeapActive(void);
void slabHeapEnd(void);
bool slabHeapShouldMove(const void *item);
slabStats slabHeapStats(void);
size_t slabHeapMoved(void);

#endif
