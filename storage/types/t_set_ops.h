/* t_set_ops.h - algebra of sets: intersection, union and difference, member by member.
 *
 * Takes arrays of sets, which it may put into another order; the same set may stand there twice,
 * none is NULL. Each member of the result is visited once, in no order, while no set changes;
 * 'visit' returns false to hear no more. Members are looked up in groups, so that their cache
 * misses overlap. */
#ifndef EBB_STORAGE_TYPES_T_SET_OPS_H
#define EBB_STORAGE_TYPES_T_SET_OPS_H

#include "storage/types/t_set.h"

typedef bool (*setWanted)(void *ctx, setMember m);

/* Goes over the smallest set and looks in the others. */
void setIntersect(const entry **sets, size_t count, setWanted visit, void *ctx);

/* Up to this many different sets are united without memory. */
enum { SET_UNION_PLAIN = 4 };
/* Goes over each set and looks in the larger ones before it; of more than SET_UNION_PLAIN sets
 * what was found outside of the largest is remembered. */
void setUnite(const entry **sets, size_t count, setWanted visit, void *ctx);
/* How many that would be, or 'limit' (0: none) if there are more; does not go over the largest. */
uint64_t setUnionCount(const entry **sets, size_t count, uint64_t limit);

/* The first set less all others: goes over it and looks in them, or in their union where that is
 * cheaper. The first one stays first. */
void setSubtract(const entry **sets, size_t count, setWanted visit, void *ctx);

/* About how many members the union has, from a HyperLogLog: 0.81 % standard error, in 16 KB. */
uint64_t setUnionEstimate(const entry **sets, size_t count);

#endif
