#include "storage/types/t_zset.h"

#include <math.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/types/t_zset_internal.h"
#include "storage/types/t_zset_range.h"

/* ---- items ---- */

static uint64_t hashOfItem(const void *item) {
    return hashBytes(zsetItemName(item));
}

static bool itemHolds(const void *item, bytes key) {
    return bytesEqual(zsetItemName(item), key);
}

const dictType zsetDictType = {.hashOf = hashOfItem, .holds = itemHolds};

static int comparePlaces(double score, bytes name, const zsetProbe *probe) {
    if (score != probe->score && !probe->any_score) return score < probe->score ? -1 : 1;
    int order = probe->any_name ? 0 : bytesCompare(name, probe->name);
    return order ? order : -probe->side;
}

static int compareItem(const void *item, const void *probe) {
    return comparePlaces(((const zsetItem *)item)->score, zsetItemName(item), probe);
}

static uint64_t orderOfItem(const void *item) {
    return zsetScoreOrder(((const zsetItem *)item)->score);
}

static uint64_t orderOfProbe(const void *probe) {
    return zsetScoreOrder(((const zsetProbe *)probe)->score);
}

const btreeType zsetTreeType = {
    .compare = compareItem, .orderOfItem = orderOfItem, .orderOfProbe = orderOfProbe};

zsetItem *zsetItemNew(zset *z, bytes name, double score) {
    size_t size = zsetItemBytes(name.size);
    zsetItem *item = slabAlloc(SLAB_ZSET_ITEM, size);
    item->score = score;
    uint8_t *at = varintWrite(item->rest, name.size);
    if (name.size) memcpy(at, name.data, name.size);
    z->item_bytes += slabGoodSize(size);
    return item;
}

void zsetItemFree(zset *z, zsetItem *item) {
    size_t size = zsetItemSize(item);
    z->item_bytes -= slabGoodSize(size);
    slabFree(SLAB_ZSET_ITEM, item, size);
}

zset *zsetTreeNew(void) {
    zset *z = memAlloc(sizeof *z);
    *z = (zset){dictNew(&zsetDictType), btreeNew(&zsetTreeType), 0};
    return z;
}

/* ---- the small form ---- */

static size_t entriesLimit(const typeLimits *limits) {
    return limits->zset_listpack_entries < 0 ? 0 : (size_t)limits->zset_listpack_entries;
}

static bool packTakes(size_t count, size_t name_size, const typeLimits *limits) {
    return count <= entriesLimit(limits) && limits->zset_listpack_value >= 0 &&
           name_size <= (uint64_t)limits->zset_listpack_value;
}

double zsetPackScore(const listpack *lp, listpackAt at) {
    listpackValue value = listpackGet(lp, at);
    double score = 0;
    if (!value.text.data) return (double)value.number;
    ensure(numParseDouble(value.text, &score));
    return score;
}

size_t zsetPackSeek(const listpack *lp, const zsetProbe *probe, listpackAt *at) {
    size_t before = 0;
    char scratch[NUM_INT_MAX];
    for (*at = listpackFirst(lp); *at; before++) {
        listpackAt score_at = listpackNext(lp, *at);
        bytes name = listpackText(lp, *at, scratch);
        if (comparePlaces(zsetPackScore(lp, score_at), name, probe) >= 0) break;
        *at = listpackNext(lp, score_at);
    }
    return before;
}

/* Whole scores are integers here, of which no zero is negative. */
static bytes packScoreText(double score, char *text) {
    return bytesOf(text, numFormatDouble(text, score == 0 ? 0 : score));
}

listpack *zsetPackAppend(listpack *lp, bytes name, double score) {
    char text[SCORE_TEXT_MAX];
    lp = listpackAppend(lp, name);
    return listpackAppend(lp, packScoreText(score, text));
}

static bool packEndsBefore(const listpack *lp, const zsetProbe *probe) {
    char scratch[NUM_INT_MAX];
    listpackAt score_at = listpackLast(lp);
    if (!score_at) return true;
    double score = zsetPackScore(lp, score_at);
    if (score != probe->score) return score < probe->score;
    bytes name = listpackText(lp, listpackPrev(lp, score_at), scratch);
    return comparePlaces(score, name, probe) < 0;
}

static listpack *packInsert(listpack *lp, bytes name, double score) {
    zsetProbe probe = {.score = score, .name = name};
    if (packEndsBefore(lp, &probe)) return zsetPackAppend(lp, name, score);
    char text[SCORE_TEXT_MAX];
    listpackAt at;
    zsetPackSeek(lp, &probe, &at);
    lp = listpackInsert(lp, &at, name);
    at = listpackNext(lp, at);
    return listpackInsert(lp, &at, packScoreText(score, text));
}

static listpackAt packFind(const listpack *lp, bytes name) {
    return listpackFind(lp, listpackFirst(lp), name, 1);
}

/* ---- encodings ---- */

entry *zsetNew(bytes key, bytes first, size_t hint, const typeLimits *limits) {
    if (hint == 0) hint = 1;
    if (packTakes(hint, first.size, limits))
        return entryNewCollection(key, TYPE_ZSET, ENCODING_LISTPACK, listpackNew());
    return entryNewCollection(key, TYPE_ZSET, ENCODING_SKIPLIST, zsetTreeNew());
}

void zsetToTree(entry *e) {
    listpack *lp = entryPointer(e);
    zset *z = zsetTreeNew();
    zsetIterator it;
    zsetIteratorInit(&it, e, zsetWhole(e), false);
    for (zsetMember m; zsetIteratorNext(&it, &m);) {
        zsetItem *item = zsetItemNew(z, m.name, m.score);
        dictAdd(z->members, hashBytes(m.name), item);
        btreeAppend(z->order, item);
    }
    listpackFree(lp);
    entrySetPointer(e, ENCODING_SKIPLIST, z);
}

static listpack *packOfTree(const zset *z, const typeLimits *limits) {
    if (btreeCount(z->order) > entriesLimit(limits)) return NULL;
    listpack *lp = listpackNew();
    for (btreeAt at = btreeFirst(z->order); at.leaf; at = btreeNext(at)) {
        zsetMember m = zsetItemMember(btreeItem(at));
        if (!packTakes(0, m.name.size, limits) ||
            !listpackFits(lp, m.name.size + SCORE_TEXT_MAX + 2 * LISTPACK_ELEMENT_OVERHEAD)) {
            listpackFree(lp);
            return NULL;
        }
        lp = zsetPackAppend(lp, m.name, m.score);
    }
    return lp;
}

entry *zsetEntryOf(bytes key, zset *z, const typeLimits *limits) {
    listpack *lp = packOfTree(z, limits);
    if (!lp) return entryNewCollection(key, TYPE_ZSET, ENCODING_SKIPLIST, z);
    zsetTreeOps.free(z);
    return entryNewCollection(key, TYPE_ZSET, ENCODING_LISTPACK, lp);
}

/* ---- adding ---- */

/* What becomes of a member that has 'old'; '*score' is the new one. */
static zsetAdded decide(double old, double *score, unsigned conditions) {
    if (conditions & ZSET_IF_ABSENT) return ZSET_REFUSED;
    if (conditions & ZSET_INCREASE) {
        *score += old;
        if (isnan(*score)) return ZSET_NAN;
    }
    if (conditions & ZSET_IF_LESS && *score >= old) return ZSET_REFUSED;
    if (conditions & ZSET_IF_GREATER && *score <= old) return ZSET_REFUSED;
    return *score == old ? ZSET_SAME : ZSET_UPDATED;
}

static zsetAdded addToTree(zset *z, bytes member, double *score, unsigned conditions) {
    keyRef key = keyRefOf(member);
    zsetItem *item = dictFind(z->members, key);
    zsetProbe probe = {.name = member};
    zsetAdded added = ZSET_ADDED;
    if (item) {
        added = decide(item->score, score, conditions);
        if (added != ZSET_UPDATED) return added;
        probe.score = item->score;
        void *removed = btreeRemove(z->order, &probe);
        ensure(removed == item);
        item->score = *score;
    } else {
        if (conditions & ZSET_IF_PRESENT) return ZSET_REFUSED;
        item = zsetItemNew(z, member, *score);
        dictAdd(z->members, key.hash, item);
    }
    probe.score = *score;
    btreeAdd(z->order, &probe, item);
    return added;
}

static zsetAdded addToPack(entry *e, bytes member, double *score, unsigned conditions,
                           const typeLimits *limits) {
    listpack *lp = entryPointer(e);
    listpackAt at = packFind(lp, member);
    if (!at) {
        if (conditions & ZSET_IF_PRESENT) return ZSET_REFUSED;
        if (!packTakes(listpackCount(lp) / 2 + 1, member.size, limits) ||
            !listpackFits(lp, member.size + SCORE_TEXT_MAX + 2 * LISTPACK_ELEMENT_OVERHEAD)) {
            zsetToTree(e);
            return addToTree(entryPointer(e), member, score, conditions);
        }
        entrySetPointer(e, ENCODING_LISTPACK, packInsert(lp, member, *score));
        return ZSET_ADDED;
    }
    zsetAdded added = decide(zsetPackScore(lp, listpackNext(lp, at)), score, conditions);
    if (added == ZSET_UPDATED) {
        lp = listpackDelete(lp, &at, 2);
        entrySetPointer(e, ENCODING_LISTPACK, packInsert(lp, member, *score));
    }
    return added;
}

zsetAdded zsetAddIf(entry *e, bytes member, double *score, unsigned conditions,
                    const typeLimits *limits) {
    if (isnan(*score)) return ZSET_NAN;
    if (entryEncoding(e) == ENCODING_LISTPACK)
        return addToPack(e, member, score, conditions, limits);
    return addToTree(entryPointer(e), member, score, conditions);
}

/* ---- removing ---- */

bool zsetRemove(entry *e, bytes member) {
    if (entryEncoding(e) == ENCODING_LISTPACK) {
        listpack *lp = entryPointer(e);
        listpackAt at = packFind(lp, member);
        if (!at) return false;
        entrySetPointer(e, ENCODING_LISTPACK, listpackDelete(lp, &at, 2));
        return true;
    }
    zset *z = entryPointer(e);
    zsetItem *item = dictRemove(z->members, keyRefOf(member));
    if (!item) return false;
    zsetProbe probe = {.score = item->score, .name = member};
    void *removed = btreeRemove(z->order, &probe);
    ensure(removed == item);
    zsetItemFree(z, item);
    dictTidy(z->members);
    return true;
}

/* ---- asking ---- */

size_t zsetCount(const entry *e) {
    if (entryEncoding(e) == ENCODING_LISTPACK) return listpackCount(entryPointer(e)) / 2;
    return btreeCount(((const zset *)entryPointer(e))->order);
}

bool zsetScore(const entry *e, bytes member, double *score) {
    if (entryEncoding(e) == ENCODING_LISTPACK) {
        const listpack *lp = entryPointer(e);
        listpackAt at = packFind(lp, member);
        if (at) *score = zsetPackScore(lp, listpackNext(lp, at));
        return at;
    }
    const zset *z = entryPointer(e);
    const zsetItem *item = dictFind(z->members, keyRefOf(member));
    if (item) *score = item->score;
    return item;
}

static bool rankInPack(const listpack *lp, bytes member, size_t *rank, double *score) {
    *rank = 0;
    listpackAt at = listpackFirst(lp);
    while (at && !listpackEqual(lp, at, member)) {
        at = listpackNext(lp, listpackNext(lp, at));
        ++*rank;
    }
    if (at) *score = zsetPackScore(lp, listpackNext(lp, at));
    return at;
}

bool zsetRank(const entry *e, bytes member, bool reverse, size_t *rank, double *score) {
    double found;
    if (entryEncoding(e) == ENCODING_LISTPACK) {
        if (!rankInPack(entryPointer(e), member, rank, &found)) return false;
    } else {
        const zset *z = entryPointer(e);
        const zsetItem *item = dictFind(z->members, keyRefOf(member));
        if (!item) return false;
        found = item->score;
        zsetProbe probe = {.score = found, .name = member};
        btreeSeek(z->order, &probe, rank);
    }
    if (score) *score = found;
    if (reverse) *rank = zsetCount(e) - 1 - *rank;
    return true;
}

typedef struct scanVisit {
    zsetVisit visit;
    void *ctx;
} scanVisit;

static void visitItem(void *ctx, void *item) {
    const scanVisit *v = ctx;
    v->visit(v->ctx, zsetItemMember(item));
}

uint64_t zsetScan(const entry *e, uint64_t cursor, zsetVisit visit, void *ctx) {
    if (entryEncoding(e) == ENCODING_SKIPLIST) {
        scanVisit v = {visit, ctx};
        return dictScan(((const zset *)entryPointer(e))->members, cursor, visitItem, &v);
    }
    zsetIterator it;
    zsetIteratorInit(&it, e, zsetWhole(e), false);
    for (zsetMember m; zsetIteratorNext(&it, &m);) visit(ctx, m);
    return 0;
}
