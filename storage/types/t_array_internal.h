/* t_array_internal.h - the parts of an array, for t_array*.c alone. See t_array.h for the layout.
 */
#ifndef EBB_STORAGE_TYPES_T_ARRAY_INTERNAL_H
#define EBB_STORAGE_TYPES_T_ARRAY_INTERNAL_H

#include "storage/base/slab.h"
#include "storage/types/t_array.h"

/* SLICE_BITS: of a page's number, those that tell it from others of its slice. */
enum { PAGE_BITS = 6, SLICE_BITS = 6, LEAF_MAX = 168 };

/* The lowest three bits say what it is: 0 a pointer (to varint and bytes), 1 a text in the other
 * seven bytes with its size in bits 3 to 5, 2 an integer in bits 3 to 63. */
typedef uint64_t arraySlot;

typedef struct arrayPage {
    uint64_t number; /* index >> PAGE_BITS */
    uint64_t used;   /* bit n: index number * 64 + n; never 0 in a leaf */
    union {
        arraySlot one;   /* where one bit is set */
        arraySlot *many; /* pageRoom() slots, the first of them used, in order of their indexes */
    };
} arrayPage;

typedef struct arrayLeaf {
    uint32_t count, room;
    arrayPage pages[];
} arrayLeaf;

typedef struct arrayBranch {
    uint64_t first; /* number of the leaf's first page */
    arrayLeaf *leaf;
} arrayBranch;

struct array {
    uint64_t count;
    uint64_t pages, slices;
    uint64_t items; /* values with an allocation of their own */
    uint64_t bytes; /* of all allocations, their classes, this one included */
    uint64_t cursor;
    uint64_t ring; /* the size ARRING was last called with, 0: never */
    arrayBranch *table;
    uint32_t leaves, room; /* of the table */
};

/* All allocations of an array are of one kind, counted in a->bytes. */
static inline void *arrayTake(array *a, size_t size) {
    a->bytes += slabGoodSize(size);
    return slabAlloc(SLAB_BLOB, size);
}

static inline void arrayGive(array *a, void *part, size_t size) {
    a->bytes -= slabGoodSize(size);
    slabFree(SLAB_BLOB, part, size);
}

static inline size_t leafBytes(uint32_t room) {
    return sizeof(arrayLeaf) + room * sizeof(arrayPage);
}

static inline unsigned pageCount(const arrayPage *p) {
    return (unsigned)__builtin_popcountll(p->used);
}

static inline uint64_t pageSlice(const arrayPage *p) {
    return p->number >> SLICE_BITS;
}

/* The bits of the page 'number' that lie between two indexes. */
static inline uint64_t pageMask(uint64_t number, uint64_t low, uint64_t high) {
    uint64_t base = number << PAGE_BITS;
    if (high < base || low > base + (ARRAY_PAGE_SLOTS - 1)) return 0;
    unsigned first = low > base ? (unsigned)(low - base) : 0;
    unsigned last = high - base >= ARRAY_PAGE_SLOTS - 1 ? 63 : (unsigned)(high - base);
    return (UINT64_MAX << first) & (UINT64_MAX >> (63 - last));
}

/* ---- t_array_page.c ---- */

/* Slots that a page of 'count' elements has room for; 0 where its one slot lies in the leaf. */
unsigned pageRoom(unsigned count);
/* The slot of a bit that is set. */
arraySlot *pageSlot(arrayPage *p, unsigned bit);
static inline arraySlot *pageSlots(arrayPage *p) {
    return pageCount(p) == 1 ? &p->one : p->many;
}
/* Adds a bit that is not set. */
void pageInsert(array *a, arrayPage *p, unsigned bit, arraySlot slot);
/* Removes the elements of 'mask', all of them set, and frees what they hold. The page may be empty
 * then, and owns nothing. */
void pageRemove(array *a, arrayPage *p, uint64_t mask);

arraySlot slotMake(array *a, bytes value);
/* Gives the slot another value. */
void slotReplace(array *a, arraySlot *slot, bytes value);
void slotFree(array *a, arraySlot slot);
bytes slotBytes(const arraySlot *slot, char *scratch);
static inline bool slotIsItem(arraySlot slot) {
    return (slot & 7) == 0;
}
/* Bytes of the allocation of an item. */
size_t itemBytes(const void *item);

/* ---- t_array.c ---- */

/* The leaf that 'number' belongs to, and in it the first page not below 'number'. With an empty
 * table, or at the very end, '*at' is no page's. */
void arrayFind(const array *a, uint64_t number, size_t *leaf, size_t *at);

#endif
