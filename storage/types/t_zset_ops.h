/* t_zset_ops.h - algebra of sorted sets, and of sets, whose members all have the score 1.
 *
 * Sources are borrowed; the same may stand there twice. Scores are weighted and then aggregated in
 * the order of the sources' sizes, the smallest first, as sums of floating point depend on it.
 * Where no number comes of it (infinities that cancel out, or times zero) it is 0. */
#ifndef EBB_STORAGE_TYPES_T_ZSET_OPS_H
#define EBB_STORAGE_TYPES_T_ZSET_OPS_H

#include "storage/types/t_zset.h"

typedef struct zsetSource {
    const entry *e; /* of TYPE_ZSET or TYPE_SET; NULL is empty */
    double weight;
} zsetSource;

typedef enum zsetAggregate {
    ZSET_SUM,
    ZSET_MIN,
    ZSET_MAX,
    ZSET_COUNT /* the sum of the weights of the sources that have the member */
} zsetAggregate;

/* Each outcome is a new set under 'key', outside of any db, and may be empty. They may put the
 * sources into another order. */
entry *zsetUnion(bytes key, zsetSource *sources, size_t count, zsetAggregate how,
                 const typeLimits *limits);
entry *zsetIntersection(bytes key, zsetSource *sources, size_t count, zsetAggregate how,
                        const typeLimits *limits);
/* What the first has and no other, with the first's scores. */
entry *zsetDifference(bytes key, const zsetSource *sources, size_t count, const typeLimits *limits);
/* The size of the intersection, counted up to 'limit' (0: all). */
size_t zsetIntersectionCount(zsetSource *sources, size_t count, size_t limit);

#endif
