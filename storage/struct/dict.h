/* dict.h - a hash table of small tables: no rehash ever, no tombstones, ~10 B an item at any size.
 *
 * The top bits of a 64-bit keyed hash pick a *segment* through a directory that doubles and halves
 * (extendible hashing, Fagin et al. 1979); the bits after it pick the home bucket inside the
 * segment, in hash order. A bucket is one cache line of 8 slots; a slot is 8 bytes: 16 tag bits
 * (the hash bits right after the segment's own prefix) over a 48-bit item pointer:
 *
 *     directory word  [ pointer 48 | buckets, depth 16 ] -> segment: bucket bucket bucket ...
 *     slot            [ tag 16 | item pointer 48 ]          home bucket = tag * buckets >> 16
 *
 * Overflow goes to the next bucket, wrapping inside the segment. A segment has 1..8, 10, 12, 14,
 * 16, 20 ... 64 buckets; it is re-laid from the tags alone one step larger above 87.5 % fill, and
 * by dictShrinkStep smaller where one step less would be filled to 81 % at most (so no fill under
 * 65 % stays, but in tiny dicts); a full one of 64 splits, two sparse buddies merge. Beyond a depth
 * that the item count justifies (equal or hostile hashes) segments grow past 64 buckets instead.
 *
 * The dict owns its tables and none of its items. Keys with equal bytes are the caller's to avoid:
 * dictAdd() takes an item that is not there. A pointer from dictFind() is good until the item is
 * removed or re-pointed. Callbacks of a walk may not change the dict, but for dictWalk's
 * re-pointing. */
#ifndef EBB_STORAGE_STRUCT_DICT_H
#define EBB_STORAGE_STRUCT_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/hash.h"
#include "storage/base/rng.h"

typedef struct dict dict; /* defined in dict_internal.h */

/* What the dict must know of its items. */
typedef struct dictType {
    uint64_t (*hashOf)(const void *item);       /* the hash it was added under */
    bool (*holds)(const void *item, bytes key); /* true if 'key' is its key */
} dictType;

dict *dictNew(const dictType *type);
/* Frees the tables; the items are the caller's (see dictDrain). Takes d; NULL is nothing. */
void dictFree(dict *d);

size_t dictCount(const dict *d);
/* Bytes of tables and directory. */
size_t dictBytes(const dict *d);

/* The item of 'key' or NULL. */
void *dictFind(const dict *d, keyRef key);

/* Adds 'item', whose key has 'hash' and is not in the dict. Splits at most one segment. */
void dictAdd(dict *d, uint64_t hash, void *item);

/* Takes the item of 'key' out and returns it; NULL if it was not there. */
void *dictRemove(dict *d, keyRef key);
/* Takes out this very item, found by address: reads no item. False if it is not there. */
bool dictRemoveItem(dict *d, uint64_t hash, const void *item);

/* True if this very item, by address, is in the dict under this hash: reads no item, so 'item' may
 * be long gone. Another item at the same address is told apart by its hash only. */
bool dictHasItem(const dict *d, uint64_t hash, const void *item);

/* The item at 'from' now lives at 'to'. Reads no item. It must be there. */
void dictRepoint(dict *d, uint64_t hash, const void *from, void *to);

/* Hints for a lookup soon to be made: first the bucket, later (a few dozen nanoseconds) the item
 * whose tag matches. Change nothing, never fault. */
void dictPrefetchBucket(const dict *d, uint64_t hash);
void dictPrefetchItem(const dict *d, uint64_t hash);

/* Makes room for 'count' items in all at once, as a loader knows it. A hint: does nothing to a dict
 * that has items. The room counts as sparse until it is filled, so dictShrinkStep() would take it
 * back: load first. */
void dictReserve(dict *d, size_t count);

typedef void (*dictVisit)(void *ctx, void *item);

/* SCAN. The cursor is a point in hash space (top 48 bits, under 2^48, so clients may keep it in a
 * double); 0 starts and, returned, ends. Visits the whole home buckets from the cursor on, with
 * their displaced items, and ends on a boundary above its start. Each item that is there from the
 * first call to the last is visited at least once, whatever splits, merges or re-lays come between.
 */
uint64_t dictScan(const dict *d, uint64_t cursor, dictVisit visit, void *ctx);

/* A walk in hash order for those who move items: as dictScan, but 'move' returns the item's address
 * from now on (the same if it did not move), and the slot follows. */
typedef void *(*dictMove)(void *ctx, void *item);
uint64_t dictWalk(dict *d, uint64_t cursor, dictMove move, void *ctx);

/* An item drawn uniformly, or NULL of an empty dict. */
void *dictRandom(const dict *d, rng *r);

/* Takes up to about 'max' items out, in no order, giving each to 'visit', which may free it.
 * Returns the number; 0 when the dict is empty. For freeing a big dict in slices. */
size_t dictDrain(dict *d, size_t max, dictVisit visit, void *ctx);

/* One step of housekeeping, about 20 microseconds at most: re-lays or merges one sparse segment, or
 * halves (part of) the directory. False if nothing was sparse: no more steps until items are
 * removed. */
bool dictShrinkStep(dict *d);
/* True if dictShrinkStep() would find work; O(1), kept up to date by removals. */
bool dictIsSparse(const dict *d);
/* What removes from a dict that no background task looks after (a collection's) does afterwards. */
static inline void dictTidy(dict *d) {
    if (dictIsSparse(d)) dictShrinkStep(d);
}

/* Splits, merges, re-lays and directory growth so far; the segments, buckets and directory words of
 * now. For DEBUG HTSTATS and tests. */
typedef struct dictStats {
    size_t segments, buckets, directory_words, items;
    size_t splits, merges, relays;
    unsigned depth;
    unsigned longest_way; /* most buckets a present item is away from home */
} dictStats;
dictStats dictStatsOf(const dict *d);

/* Walks everything and checks every invariant (ensure). For tests. */
void dictCheck(const dict *d);

#endif
