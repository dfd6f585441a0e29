/* deadlines.h - an index of items by the time they are due: what dies next, in order.
 *
 * Not sampled: a tree of time ranges over small sets of slots, split when crowded and ordered by
 * (deadline, hash), so that a million equal deadlines split too. A slot is 8 bytes: 16 bits of that
 * order over the 48-bit pointer, so splitting, finding and re-pointing touch almost no item.
 * Measured at a million items: 8.5 to 10.6 B an item, 10.2 after nine in ten were removed; adding
 * or removing costs about two cache misses, the worst of ten million operations took 16
 * microseconds.
 *
 * Add and Remove may read any other item of the index (when a small set is split or merged): each
 * has to be readable then, and to tell the deadline and hash it was added with. Only items of equal
 * deadline and equal hash cannot be split: thousands of those would make single calls slow.
 *
 * Knows nothing of keys or fields: an item tells its deadline and its hash through the type given
 * at construction. The index owns its nodes and none of its items. */
#ifndef EBB_STORAGE_STRUCT_DEADLINES_H
#define EBB_STORAGE_STRUCT_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/rng.h"

typedef struct deadlines deadlines;

typedef struct deadlinesType {
    int64_t (*deadlineOf)(const void *item); /* milliseconds since 1970 */
    uint64_t (*hashOf)(const void *item);    /* to tell equal deadlines apart */
} deadlinesType;

#define DEADLINE_NONE INT64_MAX

deadlines *deadlinesNew(const deadlinesType *type);
/* Frees the nodes, not the items. Takes 'd'; NULL is nothing. */
void deadlinesFree(deadlines *d);

size_t deadlinesCount(const deadlines *d);
size_t deadlinesBytes(const deadlines *d);

/* Adds an item that is not there, due at 'deadline_ms' (any int64 but DEADLINE_NONE). */
void deadlinesAdd(deadlines *d, void *item, int64_t deadline_ms, uint64_t hash);
/* Takes this very item out; the deadline and hash are those it was added with. False if not there.
 */
bool deadlinesRemove(deadlines *d, const void *item, int64_t deadline_ms, uint64_t hash);
/* The item at 'from' now lives at 'to'. It must be there. Reads no item at 'from'. */
void deadlinesRepoint(deadlines *d, const void *from, void *to, int64_t deadline_ms, uint64_t hash);

/* When the next item is due, not before, and at most a millisecond of order off: exact for the
 * first item; DEADLINE_NONE of an empty index. O(1) in most calls. */
int64_t deadlinesNext(const deadlines *d);

/* The item due first if it is due at 'now_ms' or before, else NULL. Leaves it in the index. */
void *deadlinesFirstDue(const deadlines *d, int64_t now_ms);

/* Up to 'max' items due at 'now_ms' or before, in order of deadline (millisecond order; equal
 * deadlines in any), for a caller that prefetches them. Leaves them in the index. The number. */
size_t deadlinesPeekDue(const deadlines *d, int64_t now_ms, void **items, size_t max);

/* An item drawn uniformly, or NULL of an empty index. */
void *deadlinesRandom(const deadlines *d, rng *r);

/* How many items are due at or before 'now_ms', about: exact up to a few hundred, an estimate over.
 */
size_t deadlinesDueEstimate(const deadlines *d, int64_t now_ms);

/* Sum of (deadline - now) of up to 'sample' items drawn over the index, for INFO's avg_ttl: the
 * average in milliseconds, 0 of an empty index. */
int64_t deadlinesAverage(const deadlines *d, int64_t now_ms, size_t sample);

/* Frees up to 'max_nodes' nodes, forgetting their items; false when nothing is left. For dropping a
 * big index in slices; no other call but Free, Count (then 0) and Bytes may follow the first one.
 */
bool deadlinesDropStep(deadlines *d, size_t max_nodes);

void deadlinesCheck(const deadlines *d);

#endif
