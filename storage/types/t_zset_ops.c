#include "storage/types/t_zset_ops.h"

#include <math.h>
#include <stdlib.h>

#include "storage/base/mem.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset_internal.h"
#include "storage/types/t_zset_range.h"

enum { GROUP = ZSET_READ_AHEAD }; /* members whose cache misses overlap */

/* ---- sources ---- */

static size_t sizeOf(const entry *e) {
    if (!e) return 0;
    return entryType(e) == TYPE_SET ? setCount(e) : zsetCount(e);
}

static int compareSizes(const void *a, const void *b) {
    size_t x = sizeOf(((const zsetSource *)a)->e), y = sizeOf(((const zsetSource *)b)->e);
    return x < y ? -1 : x > y;
}

/* The next members of a source, and their hashes. */
typedef struct reader {
    bool is_set;
    setIterator set;
    zsetIterator zset;
    size_t count;
    keyRef keys[GROUP];
    double scores[GROUP];
    char scratch[GROUP][NUM_INT_MAX];
} reader;

static void readerInit(reader *r, const entry *e) {
    r->is_set = entryType(e) == TYPE_SET;
    if (r->is_set)
        r->set = setIteratorOf(e);
    else
        zsetIteratorInit(&r->zset, e, zsetWhole(e), false);
}

static bool readMember(reader *r, char *scratch, zsetMember *out) {
    if (r->is_set) {
        setMember m;
        if (!setIteratorNext(&r->set, &m)) return false;
        *out = (zsetMember){setMemberText(m, scratch), 1};
        return true;
    }
    if (!zsetIteratorNext(&r->zset, out)) return false;
    if (out->name.data == r->zset.scratch) {
        memcpy(scratch, out->name.data, out->name.size);
        out->name.data = scratch;
    }
    return true;
}

/* False when nothing is left. */
static bool readGroup(reader *r) {
    zsetMember m;
    for (r->count = 0; r->count < GROUP && readMember(r, r->scratch[r->count], &m); r->count++) {
        r->keys[r->count] = keyRefOf(m.name);
        r->scores[r->count] = m.score;
    }
    return r->count;
}

static void fetchGroup(const reader *r, const dict *d) {
    for (size_t i = 0; i < r->count; i++) dictPrefetchBucket(d, r->keys[i].hash);
    for (size_t i = 0; i < r->count; i++) dictPrefetchItem(d, r->keys[i].hash);
}

/* Asks for what looking the group up in 'e' will touch. */
static void fetchGroupIn(const reader *r, const entry *e) {
    if (e && entryType(e) == TYPE_ZSET && entryEncoding(e) == ENCODING_SKIPLIST)
        fetchGroup(r, ((const zset *)entryPointer(e))->members);
}

static bool lookUp(const entry *e, keyRef member, double *score) {
    if (!e) return false;
    if (entryType(e) == TYPE_SET) {
        *score = 1;
        return setHas(e, member.name);
    }
    if (entryEncoding(e) == ENCODING_LISTPACK) return zsetScore(e, member.name, score);
    const zsetItem *item = dictFind(((const zset *)entryPointer(e))->members, member);
    if (item) *score = item->score;
    return item;
}

/* ---- scores ---- */

static double numberOr0(double score) {
    return isnan(score) ? 0 : score;
}

static double weighted(const zsetSource *s, double score, zsetAggregate how) {
    return how == ZSET_COUNT ? s->weight : s->weight * score;
}

static double aggregated(double a, double b, zsetAggregate how) {
    switch (how) {
    case ZSET_MIN: return b < a ? b : a;
    case ZSET_MAX: return b > a ? b : a;
    default: return numberOr0(a + b);
    }
}

/* ---- outcomes: a dict first, which is put in order at the end ---- */

typedef struct ranked {
    uint64_t order;
    zsetItem *item;
} ranked;

static int compareNames(const void *a, const void *b) {
    return bytesCompare(zsetItemName(((const ranked *)a)->item),
                        zsetItemName(((const ranked *)b)->item));
}

/* Sorts by 'order', byte by byte from the lowest, leaving out bytes that are all the same. The
 * outcome is in one of the two; which is returned. */
static ranked *sortByOrder(ranked *rows, ranked *other, size_t count) {
    enum { DIGITS = 8, VALUES = 256 };
    size_t(*places)[VALUES] = memCalloc(DIGITS, sizeof *places);
    for (size_t i = 0; i < count; i++)
        for (int d = 0; d < DIGITS; d++) places[d][rows[i].order >> (8 * d) & 255]++;
    for (int d = 0; d < DIGITS; d++) {
        size_t *place = places[d];
        if (place[rows[0].order >> (8 * d) & 255] == count) continue;
        size_t sum = 0;
        for (int v = 0; v < VALUES; v++) {
            size_t here = place[v];
            place[v] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++) other[place[rows[i].order >> (8 * d) & 255]++] = rows[i];
        ranked *swap = rows;
        rows = other;
        other = swap;
    }
    memFree(places);
    return rows;
}

/* Fills the order of 'z' from its members. */
static void putInOrder(zset *z) {
    size_t count = dictCount(z->members);
    if (!count) return;
    ranked *memory = memAlloc(2 * count * sizeof *memory), *rows = memory;
    dictIterator it = dictIteratorOf(z->members);
    for (size_t i = 0; i < count; i++) {
        zsetItem *item = dictIteratorNext(&it);
        rows[i] = (ranked){zsetScoreOrder(item->score), item};
    }
    rows = sortByOrder(rows, rows + count, count);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && rows[to].order == rows[from].order;) to++;
        if (to - from > 1) qsort(rows + from, to - from, sizeof *rows, compareNames);
    }
    for (size_t i = 0; i < count; i++) btreeAppend(z->order, rows[i].item);
    memFree(memory);
}

static void addMember(zset *z, keyRef member, double score) {
    dictAdd(z->members, member.hash, zsetItemNew(z, member.name, score));
}

static entry *finish(bytes key, zset *z, const typeLimits *limits) {
    putInOrder(z);
    return zsetEntryOf(key, z, limits);
}

/* ---- union ---- */

static void uniteSource(zset *z, const zsetSource *s, zsetAggregate how) {
    bool alone = dictCount(z->members) == 0;
    reader r;
    readerInit(&r, s->e);
    while (readGroup(&r)) {
        if (!alone) fetchGroup(&r, z->members);
        for (size_t i = 0; i < r.count; i++) {
            double score = numberOr0(weighted(s, r.scores[i], how));
            zsetItem *item = alone ? NULL : dictFind(z->members, r.keys[i]);
            if (item)
                item->score = aggregated(item->score, score, how);
            else
                addMember(z, r.keys[i], score);
        }
    }
}

entry *zsetUnion(bytes key, zsetSource *sources, size_t count, zsetAggregate how,
                 const typeLimits *limits) {
    zset *z = zsetTreeNew();
    qsort(sources, count, sizeof *sources, compareSizes);
    dictReserve(z->members, count ? sizeOf(sources[count - 1].e) : 0);
    for (size_t i = 0; i < count; i++)
        if (sizeOf(sources[i].e)) uniteSource(z, &sources[i], how);
    return finish(key, z, limits);
}

/* ---- intersection ---- */

/* True if all sources have the member, whose score in the first is given; what it becomes. */
static bool inAll(const zsetSource *sources, size_t count, keyRef member, double first,
                  zsetAggregate how, double *score) {
    *score = numberOr0(weighted(&sources[0], first, how));
    for (size_t i = 1; i < count; i++) {
        double found = first;
        if (sources[i].e != sources[0].e && !lookUp(sources[i].e, member, &found)) return false;
        *score = aggregated(*score, weighted(&sources[i], found, how), how);
    }
    return true;
}

entry *zsetIntersection(bytes key, zsetSource *sources, size_t count, zsetAggregate how,
                        const typeLimits *limits) {
    zset *z = zsetTreeNew();
    qsort(sources, count, sizeof *sources, compareSizes);
    if (count && sizeOf(sources[0].e)) {
        reader r;
        readerInit(&r, sources[0].e);
        while (readGroup(&r)) {
            if (count > 1) fetchGroupIn(&r, sources[1].e);
            double score;
            for (size_t i = 0; i < r.count; i++)
                if (inAll(sources, count, r.keys[i], r.scores[i], how, &score))
                    addMember(z, r.keys[i], score);
        }
    }
    return finish(key, z, limits);
}

size_t zsetIntersectionCount(zsetSource *sources, size_t count, size_t limit) {
    size_t found = 0;
    qsort(sources, count, sizeof *sources, compareSizes);
    if (!count || !sizeOf(sources[0].e)) return 0;
    reader r;
    readerInit(&r, sources[0].e);
    while (readGroup(&r)) {
        if (count > 1) fetchGroupIn(&r, sources[1].e);
        double score;
        for (size_t i = 0; i < r.count; i++) {
            found += inAll(sources, count, r.keys[i], r.scores[i], ZSET_SUM, &score);
            if (limit && found == limit) return found;
        }
    }
    return found;
}

/* ---- difference ---- */

static bool inNone(const zsetSource *sources, size_t count, keyRef member) {
    double score;
    for (size_t i = 0; i < count; i++)
        if (lookUp(sources[i].e, member, &score)) return false;
    return true;
}

entry *zsetDifference(bytes key, const zsetSource *sources, size_t count,
                      const typeLimits *limits) {
    zset *z = zsetTreeNew();
    if (count && sizeOf(sources[0].e)) {
        reader r;
        readerInit(&r, sources[0].e);
        while (readGroup(&r)) {
            if (count > 1) fetchGroupIn(&r, sources[1].e);
            for (size_t i = 0; i < r.count; i++)
                if (inNone(sources + 1, count - 1, r.keys[i])) addMember(z, r.keys[i], r.scores[i]);
        }
    }
    return finish(key, z, limits);
}
