/* t_hash.h - a hash: fields, each with a value, and maybe with a deadline of its own
 * (t_hash_ttl.h).
 *
 *     ENCODING_LISTPACK      field value field value ...
 *     ENCODING_LISTPACK_EX   field value deadline ..., those due first in front, those without a
 *                            deadline (0) at the end; both byte for byte the public format
 *     ENCODING_DICT          a dict of items that are one allocation each (t_hash_internal.h), and
 *                            an index of those with a deadline
 *
 * A hash starts as a listpack and becomes a dict when it has more fields, or a longer field or
 * value, than the limits say; never the other way round. The entry's address stays.
 *
 * Knows nothing of time: fields past their deadline are there like all others until they are
 * removed. Whoever removes the last field leaves an empty hash, for the caller to delete. */
#ifndef EBB_STORAGE_TYPES_T_HASH_H
#define EBB_STORAGE_TYPES_T_HASH_H

#include "storage/base/num.h"
#include "storage/base/rng.h"
#include "storage/types/entry.h"
#include "storage/types/type_limits.h"
#include "storage/types/values.h"

/* Where a field stands in its hash; good until the next change. */
typedef uint64_t hashAt;

/* A field as it was found. Borrowed until the next change; not to be copied, since numbers of a
 * listpack are text in 'room' only. */
typedef struct hashPair {
    bytes field, value;
    int64_t deadline_ms; /* or DEADLINE_NONE */
    hashAt at;
    char room[2][NUM_INT_MAX];
} hashPair;

typedef void (*hashVisit)(void *ctx, const hashPair *pair);

/* An empty hash under a key: an entry outside of any db. */
entry *hashNew(bytes key);

size_t hashCount(const entry *e);

/* False if there is no such field. */
bool hashFind(const entry *e, bytes field, hashPair *out);
/* The field at a place that one of the calls below gave. */
void hashPairAt(const entry *e, hashAt at, hashPair *out);

/* Sets the field; its deadline goes, or stays where 'keep'. True if it is new. 'value' does not lie
 * in the hash. */
bool hashSet(entry *e, bytes field, bytes value, bool keep_deadline, const typeLimits *limits);
/* The same for a field that is known not to be there. */
void hashAppend(entry *e, bytes field, bytes value, const typeLimits *limits);
/* False if there was no such field. */
bool hashDelete(entry *e, bytes field);

/* Visits all fields; the hash may not change meanwhile. */
void hashEach(const entry *e, hashVisit visit, void *ctx);
/* See dictScan(); a listpack is visited whole. */
uint64_t hashScan(const entry *e, uint64_t cursor, hashVisit visit, void *ctx);

/* A field drawn uniformly; the hash is not empty. */
hashAt hashRandom(const entry *e, rng *r);
/* Up to 'count' different fields, drawn uniformly among those due after 'past_ms' (the last
 * millisecond whose deadlines have passed); fewer only if there are no more. The number. */
size_t hashSample(const entry *e, size_t count, int64_t past_ms, rng *r, hashAt *out);

/* For values.c: one an encoding. */
extern const valueOps hashListpackOps, hashPackOps, hashTableOps;

#endif
