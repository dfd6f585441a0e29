/* Members by chance. */
#include <stdlib.h>

#include "storage/base/mem.h"
#include "storage/types/t_zset_internal.h"
#include "storage/types/t_zset_range.h"

zsetMember zsetRandom(const entry *e, rng *r, char *scratch) {
    if (entryEncoding(e) == ENCODING_SKIPLIST)
        return zsetItemMember(dictRandom(((const zset *)entryPointer(e))->members, r));
    const listpack *lp = entryPointer(e);
    listpackAt at = listpackIndex(lp, 2 * (int64_t)rngBelow(r, zsetCount(e)));
    return (zsetMember){listpackText(lp, at, scratch), zsetPackScore(lp, listpackNext(lp, at))};
}

static int compareRanks(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Fills 'ranks' with 'count' different numbers below 'limit', ascending: what is drawn twice is
 * drawn again. */
static void drawRanks(uint64_t *ranks, size_t count, uint64_t limit, rng *r) {
    for (size_t have = 0; have < count;) {
        for (size_t i = have; i < count; i++) ranks[i] = rngBelow(r, limit);
        qsort(ranks, count, sizeof *ranks, compareRanks);
        have = 1;
        for (size_t i = 1; i < count; i++)
            if (ranks[i] != ranks[have - 1]) ranks[have++] = ranks[i];
    }
}

/* Goes over all and takes each with the chance that is left to it (Knuth's algorithm S). */
static void sampleOnTheWay(const entry *e, size_t count, rng *r, zsetVisit visit, void *ctx) {
    size_t left = zsetCount(e);
    zsetIterator it;
    zsetIteratorInit(&it, e, zsetWhole(e), false);
    for (zsetMember m; count && zsetIteratorNext(&it, &m); left--) {
        if (rngBelow(r, left) >= count) continue;
        visit(ctx, m);
        count--;
    }
}

void zsetSample(const entry *e, size_t count, rng *r, zsetVisit visit, void *ctx) {
    enum { PART = 3 };
    size_t total = zsetCount(e);
    if (!count) return;
    if (count > total / PART || entryEncoding(e) == ENCODING_LISTPACK) {
        sampleOnTheWay(e, count, r, visit, ctx);
        return;
    }
    const zset *z = entryPointer(e);
    uint64_t *ranks = memAlloc(count * sizeof *ranks);
    drawRanks(ranks, count, total, r);
    for (size_t i = 0; i < count; i++)
        visit(ctx, zsetItemMember(btreeItem(btreeAtRank(z->order, ranks[i]))));
    memFree(ranks);
}
