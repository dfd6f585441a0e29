/* values.h - what an entry must know of the collection it points to, one row a type and encoding.
 *
 * The table stands in values.c, the one file that names every collection; whoever brings an
 * encoding adds its row there. A test of the floors above may bring a valueOpsOf() of its own. */
#ifndef EBB_STORAGE_TYPES_VALUES_H
#define EBB_STORAGE_TYPES_VALUES_H

#include "storage/types/entry.h"

typedef struct valueOps {
    /* Frees all of it. Takes value. */
    void (*free)(void *value);
    /* The number of its parts that are freed one by one: 1 where free() is a single step. O(1). */
    size_t (*parts)(const void *value);
    /* The elements of the collection that 'e' holds. O(1). NULL: their number is not counted by
     * INFO keysizes. */
    size_t (*count)(const entry *e);
    /* Bytes of its allocations, or a good estimate. O(1). */
    size_t (*memory)(const void *value);
    /* A deep copy. */
    void *(*copy)(const void *value);
    /* Frees about 'max' parts, and the value itself with the last: then true, and it is gone. NULL
     * where parts() is always 1. */
    bool (*freeStep)(void *value, size_t max);
    /* Moves those of its allocations that slabShouldMove() names and re-points them: goes on from
     * '*cursor' (0: from the start) over some tens of parts, and sets it to where to go on, 0 when
     * round. What changes between two calls may be missed, never harmed. Returns the value's
     * address from now on. */
    void *(*move)(void *value, uint64_t *cursor);
    /* A hint that the part of this hash will soon be looked up: called for many values first with
     * step 0 and then with step 1, so that what the first asks memory for is there for the second.
     * Changes nothing. NULL where the value's own first bytes are all there is to fetch. */
    void (*prefetch)(const void *value, uint64_t hash, int step);
    /* A digest of what it holds, the same whatever its encoding and insertion order (but of what
     * has an order). Over types, two values with equal digests are equal for all DEBUG DIGEST
     * cares. */
    uint64_t (*digest)(const void *value);
} valueOps;

/* Never NULL: an encoding that is not there is a programmer's error. */
const valueOps *valueOpsOf(valueType type, encoding enc);

#endif
