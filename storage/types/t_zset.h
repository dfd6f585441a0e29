/* t_zset.h - sorted sets: members, each once, in the order of their scores and then of their bytes.
 *
 *     ENCODING_LISTPACK   up to zset-max-listpack-entries members of zset-max-listpack-value bytes:
 *                         member, score, member, score ... in order
 *     ENCODING_SKIPLIST   a dict of items by member and a counted B+tree of the same items in
 * order; the name is the one that clients know
 *
 * A set grows from one into the other; only results of algebra become small again. Calls take the
 * entry (of TYPE_ZSET) and change it in place: its address stays. Who removes the last member
 * leaves an empty set behind, which the caller deletes. No score is NaN. Ranges are in
 * t_zset_range.h, algebra in t_zset_ops.h. Knows nothing of replies. */
#ifndef EBB_STORAGE_TYPES_T_ZSET_H
#define EBB_STORAGE_TYPES_T_ZSET_H

#include "storage/base/rng.h"
#include "storage/types/entry.h"
#include "storage/types/type_limits.h"
#include "storage/types/values.h"

/* The rows of values.c. */
extern const valueOps zsetListpackOps, zsetTreeOps;

/* A member and its score. Borrowed until the set changes or its iterator goes on. */
typedef struct zsetMember {
    bytes name;
    double score;
} zsetMember;

/* An empty set under 'key', outside of any db, fit for 'first' and for about 'hint' members. */
entry *zsetNew(bytes key, bytes first, size_t hint, const typeLimits *limits);

size_t zsetCount(const entry *e);
/* False if it is not there. */
bool zsetScore(const entry *e, bytes member, double *score);
/* How many come before it, or with 'reverse' after it; 'score' may be NULL. False if it is not
 * there. */
bool zsetRank(const entry *e, bytes member, bool reverse, size_t *rank, double *score);

/* What must hold for zsetAddIf() to do something; ZSET_INCREASE adds to the score there is. */
enum {
    ZSET_IF_ABSENT = 1 << 0,
    ZSET_IF_PRESENT = 1 << 1,
    ZSET_IF_GREATER = 1 << 2, /* of what is present */
    ZSET_IF_LESS = 1 << 3,
    ZSET_INCREASE = 1 << 4
};

typedef enum zsetAdded {
    ZSET_ADDED,
    ZSET_UPDATED, /* another score than it had */
    ZSET_SAME,
    ZSET_REFUSED, /* by a condition */
    ZSET_NAN      /* no number would come of it; nothing changed */
} zsetAdded;

/* '*score' is the member's afterwards where the result is none of the last two. */
zsetAdded zsetAddIf(entry *e, bytes member, double *score, unsigned conditions,
                    const typeLimits *limits);
static inline zsetAdded zsetAdd(entry *e, bytes member, double score, const typeLimits *limits) {
    return zsetAddIf(e, member, &score, 0, limits);
}

/* True if it was there. */
bool zsetRemove(entry *e, bytes member);

/* For ZSCAN: visits members from 'cursor' on and returns the next cursor, 0 at the end; a small
 * form is visited whole. See dictScan(). */
typedef void (*zsetVisit)(void *ctx, zsetMember m);
uint64_t zsetScan(const entry *e, uint64_t cursor, zsetVisit visit, void *ctx);

/* A member of a set that has some, each as likely as any other; an integer of a listpack is
 * formatted into 'scratch' (NUM_INT_MAX). */
zsetMember zsetRandom(const entry *e, rng *r, char *scratch);
/* Visits 'count' different members, not more than there are, each choice as likely as any other. */
void zsetSample(const entry *e, size_t count, rng *r, zsetVisit visit, void *ctx);

#endif
