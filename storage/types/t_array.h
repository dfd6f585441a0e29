/* t_array.h - arrays: values by 64-bit index, small where they are dense and where they are sparse.
 *
 * An index is a place: 0 to ARRAY_INDEX_MAX, of which most may be empty. Beside its values an array
 * has a cursor, where ARINSERT and ARRING write next, and the size of the ring it was last used as.
 *
 * Indexes are cut into pages of 64. A page that holds anything is one record of a sorted leaf, and
 * leaves hang off one sorted table:
 *
 *     table   [ first page | leaf ] [ first page | leaf ] ...
 *     leaf    [ page number 8 | bitmap of used indexes 8 | slots ] ...      168 pages at most
 *     slots   the one slot itself, or a pointer to as many as bits are set (rounded up)
 *     slot    8 bytes: up to 7 bytes of text, or a 61-bit integer, or a pointer to [varint | bytes]
 *
 * so a dense array of short values costs 8.4 B an element, an element far from all others some
 * 30 B, and an index near 2^64 no more than one near 0. Reading is two binary searches and a count
 * of bits. Where elements go, slots, pages and leaves shrink with them.
 *
 * Calls take the entry whose value the array is and change it in place. Knows nothing of keys,
 * replies and commands. */
#ifndef EBB_STORAGE_TYPES_T_ARRAY_H
#define EBB_STORAGE_TYPES_T_ARRAY_H

#include "storage/base/num.h"
#include "storage/types/entry.h"
#include "storage/types/values.h"

/* The last index that can be used: its successor is still a number. */
#define ARRAY_INDEX_MAX (UINT64_MAX - 1)

typedef struct array array; /* defined in t_array_internal.h */

/* An empty array; ENCODING_ARRAY of TYPE_ARRAY. */
array *arrayNew(void);

/* Elements, and the highest used index + 1 (0 of an empty array). O(1). */
uint64_t arrayCount(const entry *e);
uint64_t arrayLength(const entry *e);

/* The value at 'index', data NULL where there is none. Borrowed from the array, or from 'scratch'
 * (NUM_INT_MAX). */
bytes arrayGet(const entry *e, uint64_t index, char *scratch);

/* Stores a copy of 'value' (which may not lie in the array) at 'index' <= ARRAY_INDEX_MAX. True if
 * nothing was there. */
bool arraySet(entry *e, uint64_t index, bytes value);

/* Removes what is at 'index'; false if nothing was. The last one leaves an empty array. */
bool arrayDelete(entry *e, uint64_t index);
/* Removes all from 'low' to 'high', both included; the number. Costs by what is there, not by how
 * wide the range is. */
uint64_t arrayDeleteRange(entry *e, uint64_t low, uint64_t high);

/* ---- the cursor ---- */

/* Where the next insertion goes; ARRAY_INDEX_MAX + 1 once there is no place left. */
uint64_t arrayCursor(const entry *e);
void arraySeek(entry *e, uint64_t index);
/* The value that was inserted 'back' insertions ago (0: the last), as far as places tell: from the
 * place before the cursor backwards, past 0 on from the highest used index. Data NULL where that
 * place is empty. 'back' < arrayLength(). */
bytes arrayInserted(const entry *e, uint64_t back, char *scratch);
/* Makes it a ring of 'size' places, before writing to it: what was inserted last is laid out anew
 * from index 0 on, in order, where the ring had another size or reaches beyond the new one. A
 * smaller ring keeps what was inserted after the youngest empty place; a larger one keeps all. */
void arrayFitRing(entry *e, uint64_t size);
/* Stores 'value' at the place after the last insertion, modulo 'size', and moves the cursor behind
 * it; returns the place. */
uint64_t arrayPushRing(entry *e, uint64_t size, bytes value);

/* The size of the ring it was last used as; 0: never. */
uint64_t arrayRing(const entry *e);
/* Says so of one that is loaded. */
void arraySetRing(entry *e, uint64_t size);

/* ---- walking ---- */

/* Goes over the elements between two indexes, both included, downwards if 'from' > 'to'. The array
 * may not change meanwhile. */
typedef struct arrayIterator {
    const array *a;
    uint64_t low, high;
    bool down, ended;
    size_t leaf, at; /* of the page that 'left' belongs to */
    uint64_t left;   /* its used indexes still to come */
    char scratch[NUM_INT_MAX];
} arrayIterator;

void arrayIterate(arrayIterator *it, const entry *e, uint64_t from, uint64_t to);
/* False at the end. '*value' is good until the next call. */
bool arrayNext(arrayIterator *it, uint64_t *index, bytes *value);

/* ---- how it is kept ---- */

enum { ARRAY_PAGE_SLOTS = 64, ARRAY_SLICE_SLOTS = 4096 };

/* Told by slices, 4,096 places each, as users know them; those that are empty do not count. */
typedef struct arrayShape {
    uint64_t slices, leaves, table_room; /* leaves for which the table has room */
    uint64_t dense, sparse;              /* slices filled to half and more, and others */
    uint64_t dense_slots, dense_count;   /* room and elements of the dense slices */
    uint64_t sparse_slots;               /* room of the sparse ones */
} arrayShape;

/* 'full' walks the pages; without it only the first line is filled. */
arrayShape arrayShapeOf(const entry *e, bool full);

extern const valueOps arrayOps;

/* Checks every invariant. For tests. */
void arrayCheck(const entry *e);

#endif
