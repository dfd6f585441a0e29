/* t_zset_range.h - parts of a sorted set: by rank, by score, by member.
 *
 * Each kind of range becomes a span, a run of ranks, which is then walked, cut or removed. */
#ifndef EBB_STORAGE_TYPES_T_ZSET_RANGE_H
#define EBB_STORAGE_TYPES_T_ZSET_RANGE_H

#include "storage/base/num.h"
#include "storage/struct/btree.h"
#include "storage/struct/listpack.h"
#include "storage/types/t_zset.h"

typedef struct zsetSpan {
    size_t start, count;
} zsetSpan;

typedef struct zsetScoreRange {
    double min, max;
    bool without_min, without_max;
} zsetScoreRange;

/* One end of a range by member. */
typedef struct zsetLexBound {
    enum { ZSET_LEX_FIRST, ZSET_LEX_LAST, ZSET_LEX_WITH, ZSET_LEX_WITHOUT } kind;
    bytes member; /* of the last two kinds */
} zsetLexBound;

typedef struct zsetLexRange {
    zsetLexBound min, max;
} zsetLexRange;

/* "1.5", "(1.5", "-inf" ...; false if one is no number. */
bool zsetParseScoreRange(bytes min, bytes max, zsetScoreRange *range);
/* "-", "+", "[member", "(member"; false if one is none of these. */
bool zsetParseLexRange(bytes min, bytes max, zsetLexRange *range);

zsetSpan zsetWhole(const entry *e);
/* From rank 'start' up to 'end', both included; negative ones count from the end. With 'reverse'
 * ranks are those of the reverse order. */
zsetSpan zsetSpanOfRanks(const entry *e, int64_t start, int64_t end, bool reverse);
zsetSpan zsetSpanOfScores(const entry *e, const zsetScoreRange *range);
/* Of a set whose scores are all equal, or whose names ascend with them; of another it is some span.
 */
zsetSpan zsetSpanOfLex(const entry *e, const zsetLexRange *range);
/* What is left of it after 'offset' members, from its end with 'reverse', and 'limit' at the most
 * (negative: all). A negative offset leaves nothing. */
zsetSpan zsetSpanLimit(zsetSpan span, int64_t offset, int64_t limit, bool reverse);

/* Over a span, from its end with 'reverse'; the set may not change meanwhile. */
enum { ZSET_READ_AHEAD = 16 };
typedef struct zsetIterator {
    size_t left;
    bool reverse;
    const listpack *lp;
    listpackAt at;
    char scratch[NUM_INT_MAX];
    btreeAt tree_at;
    void *items[ZSET_READ_AHEAD]; /* read already */
    size_t items_at, items_count;
} zsetIterator;

void zsetIteratorInit(zsetIterator *it, const entry *e, zsetSpan span, bool reverse);
bool zsetIteratorNext(zsetIterator *it, zsetMember *m);

/* The members of a span as a set under 'key', outside of any db. */
entry *zsetCopySpan(bytes key, const entry *e, zsetSpan span, const typeLimits *limits);
/* Removes the members of a span. */
void zsetRemoveSpan(entry *e, zsetSpan span);

#endif
