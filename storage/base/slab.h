/* slab.h - small items in pages that can be emptied and given back.
 *
 * Items of up to SLAB_MAX bytes live in pages of 32 KB, cut from chunks of 2 MB (aligned, so the
 * page of an item is found by masking its address; page headers stand together at the chunk's
 * head, not in the pages, so that an empty page can be returned to the kernel whole). Size classes:
 * every 8 B to 128, then steps of 16 to 256, 32 to 512, 64 to 1024. A page holds items of one kind
 * and one class. Allocation takes the fullest page with room, so sparse pages drain by themselves.
 * Empty pages are returned with madvise, empty chunks with munmap, but for a small reserve.
 *
 * Sizes over SLAB_MAX go to mem.h through the same calls: callers need not care, and those who
 * move items move these, too, in a pass over SLAB_HEAP: out of pages of the heap that hold little
 * (mem_sparse.h). Callers always know the size of their item (it follows from its bytes), so no
 * size is stored.
 *
 * Knows nothing of what items are. Who holds pointers moves them; a reclaim pass is
 *
 *     if (slabPassWorthwhile(kind)) {
 *         slabPassBegin(kind);
 *         for each item of the kind, once
 *             if (slabShouldMove(kind, item, size)) copy it to a slabAlloc(), re-point, slabFree()
 *         slabPassEnd(kind);
 *     }
 *     while (slabReturn(some pages)) {}
 *
 * The walk may be cut into slices with any other work between them, and be broken off.
 *
 * One thread owns all slabs. memUsed() counts live items with the size of their class; what pages
 * and chunks hold beyond that stands in slabStats only.
 *
 * Under EBB_SHAKE freed items are poisoned (0xDB) and slabShouldMove() says yes to every item of a
 * pass. Under ASan items are plain malloc of exactly their size: there are no pages, a pass is
 * never worthwhile, and moves items only under EBB_SHAKE. */
#ifndef EBB_STORAGE_BASE_SLAB_H
#define EBB_STORAGE_BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLAB_MAX = 1024, SLAB_PAGE = 32 * 1024, SLAB_CHUNK = 2 * 1024 * 1024 };

typedef enum slabKind {
    SLAB_ENTRY,      /* keyspace entries */
    SLAB_SET_MEMBER, /* members of big sets */
    SLAB_HASH_FIELD, /* fields of big hashes */
    SLAB_ZSET_ITEM,  /* members of big sorted sets */
    SLAB_BLOB,       /* small listpacks and intsets */
    SLAB_TREE_NODE,  /* nodes of B+trees */
    SLAB_KINDS,
    SLAB_HEAP = SLAB_KINDS, /* for passes alone: items over SLAB_MAX, of every kind */
    SLAB_PASSES
} slabKind;

void *slabAlloc(slabKind kind, size_t size) __attribute__((returns_nonnull));

/* 'size' is the one the item was allocated with, or any other of the same slabGoodSize(). */
void slabFree(slabKind kind, void *item, size_t size);

/* Bytes that an item of 'size' may use: its class, or memGoodSize() over SLAB_MAX. */
size_t slabGoodSize(size_t size);

/* True if a reclaim pass over 'kind' would give back more than ~8 % of what the kind holds
 * and at least a few pages. */
bool slabPassWorthwhile(slabKind kind);

/* Starts a pass over 'kind': as many of its sparsest pages as the holes of the others can take the
 * items of are victims, in which nothing is allocated until slabPassEnd(). About each page the
 * first slabShouldMove() for one of its items decides, once for the pass. One pass a kind at a
 * time. Beginning and ending take microseconds however many pages there are. */
void slabPassBegin(slabKind kind);
bool slabPassActive(slabKind kind);
void slabPassEnd(slabKind kind);

/* True if 'item' lies in a victim page of its kind's pass, or, over SLAB_MAX, in a sparse page of
 * the heap while there is a pass over SLAB_HEAP; false outside of a pass. */
bool slabShouldMove(slabKind kind, const void *item, size_t size);

/* Returns empty pages and empty chunks over the reserve to the kernel: 'max_pages' at the most
 * (some 3 us each where they are resident), neighbours together, and one chunk. The number of pages
 * done (a chunk with no resident page counts as one), 0 when nothing is left to do. */
size_t slabReturn(size_t max_pages);

typedef struct slabStats {
    size_t items;          /* live items */
    size_t item_bytes;     /* their class sizes added up */
    size_t page_bytes;     /* pages that hold at least one item (under ASan: item_bytes) */
    size_t empty_bytes;    /* empty pages still resident */
    size_t returned_bytes; /* ever returned to the kernel */
    size_t chunk_bytes;    /* address space held */
    size_t moved;          /* items found by slabShouldMove, ever */
} slabStats;

/* Of one kind (of SLAB_HEAP: up to a millisecond, and what lies in its sparse pages beside items
 * counts); chunk_bytes, empty_bytes and returned_bytes are of all kinds together. */
slabStats slabStatsOf(slabKind kind);
/* Of all kinds together, SLAB_HEAP not; but 'moved' of that, too. */
slabStats slabStatsTotal(void);

#endif
