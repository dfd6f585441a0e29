#include "storage/types/t_zset_range.h"

#include <math.h>
#include <stdlib.h>

#include "storage/base/mem.h"
#include "storage/types/t_zset_internal.h"

/* ---- reading ranges ---- */

/* strtod's forms, and whatever it makes of blanks, of nothing and of too large numbers, as clients
 * have always got away with. */
static bool parseBound(bytes text, double *out, bool *without) {
    *without = text.size && text.data[0] == '(';
    if (*without) text = bytesOf(text.data + 1, text.size - 1);
    if (numParseDouble(text, out)) return true;
    char *copy = bytesToText(text), *end;
    *out = strtod(copy, &end);
    bool good = *end == 0 && !isnan(*out);
    memFree(copy);
    return good;
}

bool zsetParseScoreRange(bytes min, bytes max, zsetScoreRange *range) {
    return parseBound(min, &range->min, &range->without_min) &&
           parseBound(max, &range->max, &range->without_max);
}

static bool parseLexBound(bytes text, zsetLexBound *out) {
    if (text.size == 0) return false;
    bool alone = text.size == 1 || text.data[1] == 0;
    out->member = bytesOf(text.data + 1, text.size - 1);
    switch (text.data[0]) {
    case '-': out->kind = ZSET_LEX_FIRST; return alone;
    case '+': out->kind = ZSET_LEX_LAST; return alone;
    case '[': out->kind = ZSET_LEX_WITH; return true;
    case '(': out->kind = ZSET_LEX_WITHOUT; return true;
    default: return false;
    }
}

bool zsetParseLexRange(bytes min, bytes max, zsetLexRange *range) {
    return parseLexBound(min, &range->min) && parseLexBound(max, &range->max);
}

/* ---- spans ---- */

static size_t placeOf(const entry *e, const zsetProbe *probe) {
    size_t rank;
    listpackAt at;
    if (entryEncoding(e) == ENCODING_LISTPACK) return zsetPackSeek(entryPointer(e), probe, &at);
    btreeSeek(((const zset *)entryPointer(e))->order, probe, &rank);
    return rank;
}

static zsetSpan spanOf(size_t start, size_t end) {
    return (zsetSpan){start, end > start ? end - start : 0};
}

zsetSpan zsetWhole(const entry *e) {
    return (zsetSpan){0, zsetCount(e)};
}

zsetSpan zsetSpanOfRanks(const entry *e, int64_t start, int64_t end, bool reverse) {
    int64_t count = (int64_t)zsetCount(e);
    if (start < 0) start = start + count < 0 ? 0 : start + count;
    if (end < 0) end += count;
    if (end >= count) end = count - 1;
    if (start > end) return (zsetSpan){0, 0};
    size_t part = (size_t)(end - start) + 1;
    return (zsetSpan){(size_t)(reverse ? count - 1 - end : start), part};
}

zsetSpan zsetSpanOfScores(const entry *e, const zsetScoreRange *range) {
    zsetProbe min = {.score = range->min, .any_name = true, .side = range->without_min ? 1 : -1};
    zsetProbe max = {.score = range->max, .any_name = true, .side = range->without_max ? -1 : 1};
    return spanOf(placeOf(e, &min), placeOf(e, &max));
}

/* How many members come before one of the name on the side given, whatever their scores. Where
 * these differ, names that ascend all the same are found as well: clients have come to rely on it.
 */
static size_t placeOfName(const entry *e, bytes name, int side) {
    zsetProbe probe = {.name = name, .side = side, .any_score = true};
    listpackAt at;
    if (entryEncoding(e) == ENCODING_LISTPACK) return zsetPackSeek(entryPointer(e), &probe, &at);
    const btree *order = ((const zset *)entryPointer(e))->order;
    const zsetItem *first = btreeItem(btreeFirst(order)), *last = btreeItem(btreeLast(order));
    size_t low = 0, high = btreeCount(order);
    if (first->score == last->score) {
        probe.score = first->score;
        btreeSeek(order, &probe, &low);
        return low;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zsetTreeType.compare(btreeItem(btreeAtRank(order, middle)), &probe) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The rank of the first member behind the bound; the bound's own member is behind it as the lower
 * end of a range that has it, or the upper end of one that has it not. */
static size_t placeOfLex(const entry *e, const zsetLexBound *bound, bool upper) {
    if (bound->kind == ZSET_LEX_FIRST) return 0;
    if (bound->kind == ZSET_LEX_LAST) return zsetCount(e);
    bool own_behind = (bound->kind == ZSET_LEX_WITH) != upper;
    return placeOfName(e, bound->member, own_behind ? -1 : 1);
}

zsetSpan zsetSpanOfLex(const entry *e, const zsetLexRange *range) {
    if (zsetCount(e) == 0) return (zsetSpan){0, 0};
    return spanOf(placeOfLex(e, &range->min, false), placeOfLex(e, &range->max, true));
}

zsetSpan zsetSpanLimit(zsetSpan span, int64_t offset, int64_t limit, bool reverse) {
    if (offset < 0 || (uint64_t)offset >= span.count) return (zsetSpan){0, 0};
    span.count -= (size_t)offset;
    if (!reverse) span.start += (size_t)offset;
    if (limit < 0 || (uint64_t)limit >= span.count) return span;
    if (reverse) span.start += span.count - (size_t)limit;
    span.count = (size_t)limit;
    return span;
}

/* ---- walking ---- */

void zsetIteratorInit(zsetIterator *it, const entry *e, zsetSpan span, bool reverse) {
    it->left = span.count;
    it->reverse = reverse;
    it->lp = NULL;
    it->items_at = it->items_count = 0;
    if (!span.count) return;
    size_t first = reverse ? span.start + span.count - 1 : span.start;
    if (entryEncoding(e) == ENCODING_LISTPACK) {
        it->lp = entryPointer(e);
        it->at = listpackIndex(it->lp, 2 * (int64_t)first);
    } else {
        it->tree_at = btreeAtRank(((const zset *)entryPointer(e))->order, first);
    }
}

static void nextOfPack(zsetIterator *it, zsetMember *m) {
    listpackAt score_at = listpackNext(it->lp, it->at);
    m->name = listpackText(it->lp, it->at, it->scratch);
    m->score = zsetPackScore(it->lp, score_at);
    if (!it->reverse)
        it->at = listpackNext(it->lp, score_at);
    else if (it->left)
        it->at = listpackPrev(it->lp, listpackPrev(it->lp, it->at));
}

bool zsetIteratorNext(zsetIterator *it, zsetMember *m) {
    if (!it->left) return false;
    it->left--;
    if (it->lp) {
        nextOfPack(it, m);
        return true;
    }
    if (it->items_at == it->items_count) {
        size_t wanted = it->left + 1 < ZSET_READ_AHEAD ? it->left + 1 : ZSET_READ_AHEAD;
        it->items_count = btreeRead(&it->tree_at, it->reverse, it->items, wanted);
        it->items_at = 0;
    }
    *m = zsetItemMember(it->items[it->items_at++]);
    return true;
}

entry *zsetCopySpan(bytes key, const entry *e, zsetSpan span, const typeLimits *limits) {
    zset *z = zsetTreeNew();
    zsetIterator it;
    zsetIteratorInit(&it, e, span, false);
    dictReserve(z->members, span.count);
    for (zsetMember m; zsetIteratorNext(&it, &m);) {
        zsetItem *item = zsetItemNew(z, m.name, m.score);
        dictAdd(z->members, hashBytes(m.name), item);
        btreeAppend(z->order, item);
    }
    return zsetEntryOf(key, z, limits);
}

/* ---- removing ---- */

/* Items that have left the order, kept until some can leave the dict together: their cache misses
 * overlap. */
typedef struct leaving {
    zset *z;
    zsetItem *items[ZSET_READ_AHEAD];
    uint64_t hashes[ZSET_READ_AHEAD];
    size_t count;
} leaving;

static void letGo(leaving *l) {
    for (size_t i = 0; i < l->count; i++) {
        dictRemoveItem(l->z->members, l->hashes[i], l->items[i]);
        zsetItemFree(l->z, l->items[i]);
        dictTidy(l->z->members);
    }
    l->count = 0;
}

static void leave(void *ctx, void *item) {
    leaving *l = ctx;
    uint64_t hash = hashBytes(zsetItemName(item));
    dictPrefetchBucket(l->z->members, hash);
    l->items[l->count] = item;
    l->hashes[l->count++] = hash;
    if (l->count == ZSET_READ_AHEAD) letGo(l);
}

void zsetRemoveSpan(entry *e, zsetSpan span) {
    if (!span.count) return;
    if (entryEncoding(e) == ENCODING_LISTPACK) {
        listpack *lp = entryPointer(e);
        listpackAt at = listpackIndex(lp, 2 * (int64_t)span.start);
        entrySetPointer(e, ENCODING_LISTPACK, listpackDelete(lp, &at, 2 * span.count));
        return;
    }
    leaving l = {.z = entryPointer(e)};
    btreeRemoveRange(l.z->order, span.start, span.count, leave, &l);
    letGo(&l);
}
