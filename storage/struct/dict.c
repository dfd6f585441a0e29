/* Finding, adding, removing; housekeeping. The layout is drawn in dict_internal.h. */
#include "storage/struct/dict.h"

#include "storage/base/mem.h"
#include "storage/struct/dict_internal.h"

enum {
    /* Most items of two buddies that merge: 81 % of 48 buckets, and far enough below the 449 of a
     * split that the two do not take turns. */
    MERGE_MAX = 312,
    /* Items over the limit that a segment of 64 buckets may get while the directory doubles. */
    WAITING_MAX = 32,
    /* Segments that one step of housekeeping looks at. */
    SWEEP_MAX = 1024
};

dict *dictNew(const dictType *type) {
    dict *d = memCalloc(1, sizeof *d);
    d->type = type;
    dictDirectoryReset(d);
    return d;
}

void dictFree(dict *d) {
    if (!d) return;
    dictDirectoryFree(d);
    memFree(d);
}

size_t dictCount(const dict *d) {
    return d->items;
}

void *dictFind(const dict *d, keyRef key) {
    return dictFindInline(d, key, d->type->holds);
}

void dictPrefetchBucket(const dict *d, uint64_t hash) {
    dictPrefetchBucketInline(d, hash);
}

void dictPrefetchItem(const dict *d, uint64_t hash) {
    dictPrefetchItemInline(d, hash);
}

/* ---- Adding ---- */

/* Makes the segment of 'hash' roomier, by a re-lay or a split. */
static void makeRoom(dict *d, uint64_t hash) {
    dictSegment s = dictSegmentAt(d, hash);
    if (s.n < DICT_BUCKETS_MAX) {
        dictSegmentRelay(d, &s, dictSizeUp(s.n));
        return;
    }
    if (s.depth == dictDirectoryRoom(d, hash)) dictDirectoryDouble(d);
    if (s.depth < dictDirectoryRoom(d, hash)) {
        dictSegmentSplit(d, &s);
        /* Of items that come in the order of their hashes all may have gone to the other half. */
        s = dictSegmentAt(d, hash);
        if (s.n == 0) dictSegmentRelay(d, &s, 1);
        return;
    }
    size_t limit = dictSizeLimit(s.n);
    if (s.n == DICT_BUCKETS_MAX && d->boundary) limit += WAITING_MAX;
    if (s.count >= limit) dictSegmentRelay(d, &s, dictSizeUp(s.n));
}

/* Over 64 buckets a split is tried at each addition, as the directory may be deeper by now. */
static bool isCrowded(const dictSegment *s) {
    size_t n = s->n < DICT_BUCKETS_MAX ? s->n : DICT_BUCKETS_MAX;
    return s->count >= dictSizeLimit(n);
}

static bool isWellFilled(const dictSegment *s) {
    return s->n <= DICT_BUCKETS_MAX && !dictSizeFits(s->n, s->count);
}

void dictAdd(dict *d, uint64_t hash, void *item) {
    ensure(item && (uint64_t)(uintptr_t)item <= DICT_ITEM_MASK);
    if (d->boundary) dictDirectoryAdvance(d);
    dictSegment s = dictSegmentAt(d, hash);
    bool made_room = isCrowded(&s);
    if (made_room) {
        makeRoom(d, hash);
        s = dictSegmentAt(d, hash);
    }
    for (;;) {
        uint64_t tag = dictTag(hash, s.depth);
        size_t at = dictHome(tag, s.n);
        size_t way = 0;
        while (dictBucketFull(&s.buckets[at])) {
            if (++at == s.n) at = 0;
            way++;
        }
        if (way > DICT_WAY_MAX && !made_room && isWellFilled(&s)) {
            made_room = true;
            makeRoom(d, hash);
            s = dictSegmentAt(d, hash);
            continue;
        }
        dictBucket *bucket = &s.buckets[at];
        bucket->slots[dictBucketFill(bucket)] = dictSlotOf(tag, item);
        break;
    }
    dictSegmentCount(d, &s, 1);
    d->items++;
}

/* ---- Removing and re-pointing ---- */

static void takeOut(dict *d, uint64_t hash, size_t bucket, unsigned slot) {
    dictSegment s = dictSegmentAt(d, hash);
    dictSegmentTake(&s, bucket, slot);
    dictSegmentCount(d, &s, -1);
    d->items--;
}

void *dictRemove(dict *d, keyRef key) {
    dictWay way = dictWayOf(*dictWordAt(d, key.hash), key.hash);
    do {
        const dictBucket *bucket = dictWayBucket(&way);
        for (uint32_t mask = dictBucketMatch(bucket, way.tag); mask; mask &= mask - 1) {
            unsigned slot = dictMatchSlot(mask);
            void *item = dictSlotItem(bucket->slots[slot]);
            if (!item || !d->type->holds(item, key.name)) continue;
            takeOut(d, key.hash, way.at, slot);
            return item;
        }
    } while (dictWayNext(&way));
    return NULL;
}

/* Goes to the bucket that has 'item'; its slot, or -1 if there is none. */
static int findItem(dictWay *way, const void *item) {
    uint64_t wanted = dictSlotOf(way->tag, item);
    do {
        const dictBucket *bucket = dictWayBucket(way);
        for (unsigned i = 0; i < DICT_SLOTS; i++)
            if (bucket->slots[i] == wanted) return (int)i;
    } while (dictWayNext(way));
    return -1;
}

bool dictRemoveItem(dict *d, uint64_t hash, const void *item) {
    ensure(item);
    dictWay way = dictWayOf(*dictWordAt(d, hash), hash);
    int slot = findItem(&way, item);
    if (slot < 0) return false;
    takeOut(d, hash, way.at, (unsigned)slot);
    return true;
}

bool dictHasItem(const dict *d, uint64_t hash, const void *item) {
    dictWay way = dictWayOf(*dictWordAt(d, hash), hash);
    return item && findItem(&way, item) >= 0;
}

void dictRepoint(dict *d, uint64_t hash, const void *from, void *to) {
    ensure(from);
    ensure(to && (uint64_t)(uintptr_t)to <= DICT_ITEM_MASK);
    dictWay way = dictWayOf(*dictWordAt(d, hash), hash);
    int slot = findItem(&way, from);
    ensure(slot >= 0);
    dictBucket *bucket = (dictBucket *)(uintptr_t)dictWayBucket(&way);
    bucket->slots[slot] = dictSlotOf(way.tag, to);
}

/* ---- Housekeeping ---- */

static bool canHalve(const dict *d) {
    return d->deepest == 0 && dictDirectoryDepth(d) > 0;
}

bool dictIsSparse(const dict *d) {
    return d->boundary || d->sparse || canHalve(d);
}

/* Merges a sparse segment with its buddy, and that with its own, as long as they are few; else
 * lays it out smaller. */
static void tend(dict *d, dictSegment s) {
    bool merged = false;
    while (s.depth > 0) {
        dictSegment buddy = dictSegmentAt(d, s.prefix ^ (uint64_t)1 << (64 - s.depth));
        if (buddy.depth != s.depth || s.count + buddy.count > MERGE_MAX) break;
        s = dictSegmentMerge(d, &s, &buddy);
        merged = true;
    }
    if (!merged) dictSegmentRelay(d, &s, dictSizeFor(s.count));
}

bool dictShrinkStep(dict *d) {
    if (d->boundary) {
        dictDirectoryAdvance(d);
    } else if (canHalve(d)) {
        dictDirectoryHalve(d);
    } else if (d->sparse) {
        for (int i = 0; i < SWEEP_MAX; i++) {
            dictSegment s = dictSegmentAt(d, d->sweep);
            d->sweep = dictSegmentEnd(&s);
            if (!dictSizeSparse(s.n, s.count)) continue;
            tend(d, s);
            break;
        }
    } else {
        return false;
    }
    return true;
}
