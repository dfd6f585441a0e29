/* Segments: how items lie in buckets, re-laying, splitting, merging.
 *
 * One rule holds at all times: every bucket between an item's home and the bucket it lies in is
 * full. So a lookup ends at the first bucket that is not, and taking an item out of a full bucket
 * must bring one back that was displaced past it (dictSegmentTake).
 *
 * Tags are exact without the items, but for the last bit of a split:
 *
 *     hash      p p p p|t t t t t t t t t t t t t t t t|u ...      depth 4: prefix p, tag t
 *     merge to  p p p|p t t t t t t t t t t t t t t t|             the prefix bit goes in front,
 *                                                                  the last tag bit falls out
 *     split to  p p p p t|t t t t t t t t t t t t t t t u|         the first tag bit chooses the
 *                                                                  half, u must come from the hash
 *
 * A merge and a re-lay therefore read no item; a split prefetches its items and asks each for its
 * hash. Keeping u unknown instead would blur the tag by a bit at every split. */
#include <string.h>

#include "storage/base/mem.h"
#include "storage/struct/dict_internal.h"

const dictBucket dictNothing = {{0}};

/* ---- Memory ---- */

/* Sizes up to 64 buckets are size classes of jemalloc, so that none of it is lost. */
dictBucket *dictBucketsNew(size_t n) {
    if (n == 0) return (dictBucket *)(uintptr_t)&dictNothing;
    bool big = n > DICT_BUCKETS_MAX;
    size_t size = (n + big) * sizeof(dictBucket);
    dictBucket *buckets = memAllocAligned(sizeof(dictBucket), size);
    memset(buckets, 0, size);
    return buckets + big;
}

void dictBucketsFree(dictBucket *buckets, size_t n) {
    if (n) memFree(n > DICT_BUCKETS_MAX ? buckets - 1 : buckets);
}

size_t dictSizeFor(size_t count) {
    size_t n = count / 7;
    if (n >= 8) n &= ~(dictSizeStep(n) - 1);
    while (!dictSizeFits(n, count)) n = dictSizeUp(n);
    return n;
}

/* ---- The view of one segment ---- */

dictSegment dictSegmentAt(const dict *d, uint64_t hash) {
    uint64_t word = *dictWordAt(d, hash);
    dictSegment s;
    s.depth = dictWordDepth(word);
    s.prefix = hash & ~(UINT64_MAX >> s.depth);
    s.buckets = (dictBucket *)(uintptr_t)(word & DICT_ADDRESS_MASK);
    s.n = word >> DICT_BUCKETS_SHIFT & 127;
    if (s.n) {
        s.count = *dictWordAt(d, s.prefix) >> DICT_COUNT_SHIFT;
        if (s.buckets == &dictNothing) s.n = 0;
    } else {
        const dictBigHead *head = (const dictBigHead *)s.buckets;
        s.n = head->buckets;
        s.count = head->count;
        s.buckets++;
    }
    return s;
}

void dictSegmentCount(dict *d, const dictSegment *s, int by) {
    size_t count = s->count + (size_t)(int64_t)by;
    d->sparse += dictSizeSparse(s->n, count);
    d->sparse -= dictSizeSparse(s->n, s->count);
    if (s->n > DICT_BUCKETS_MAX) {
        ((dictBigHead *)(s->buckets - 1))->count = count;
        if (count > d->big_most) d->big_most = count;
    } else {
        uint64_t *word = dictWordAt(d, s->prefix);
        *word = (*word & ~DICT_COUNT_MASK) | (uint64_t)count << DICT_COUNT_SHIFT;
    }
}

static size_t wayTo(size_t from, size_t to, size_t n) {
    return to >= from ? to - from : to + n - from;
}

static void dropSlot(dictBucket *bucket, unsigned slot) {
    unsigned last = dictBucketFull(bucket) ? DICT_SLOTS - 1 : dictBucketFill(bucket) - 1;
    bucket->slots[slot] = bucket->slots[last];
    bucket->slots[last] = 0;
}

void dictSegmentTake(const dictSegment *s, size_t bucket, unsigned slot) {
    dictBucket *gap = &s->buckets[bucket];
    bool full = dictBucketFull(gap);
    dropSlot(gap, slot);
    size_t gap_at = bucket;
    /* Items past the gap may rely on its bucket being full, up to those in the first bucket that
     * was not full itself: stopping before it would lose them. */
    for (size_t at = bucket; full;) {
        if (++at == s->n) at = 0;
        if (at == bucket) return;
        dictBucket *from = &s->buckets[at];
        full = dictBucketFull(from);
        size_t way_to_gap = wayTo(gap_at, at, s->n);
        for (unsigned i = 0; i < DICT_SLOTS && from->slots[i]; i++) {
            size_t home = dictHome(dictSlotTag(from->slots[i]), s->n);
            if (wayTo(home, at, s->n) < way_to_gap) continue;
            gap->slots[DICT_SLOTS - 1] = from->slots[i];
            dropSlot(from, i);
            gap = from;
            gap_at = at;
            break;
        }
    }
}

/* ---- Laying out ---- */

typedef struct layout {
    dictBucket *buckets;
    size_t n;
    uint8_t *fills;
    uint8_t few[DICT_BUCKETS_MAX];
} layout;

static void layoutInit(layout *l, size_t n) {
    l->buckets = dictBucketsNew(n);
    l->n = n;
    l->fills = n <= DICT_BUCKETS_MAX ? l->few : memAlloc(n);
    memset(l->fills, 0, n);
}

static void layoutClear(layout *l) {
    if (l->fills != l->few) memFree(l->fills);
}

static inline void layoutAdd(layout *l, uint64_t slot) {
    size_t at = dictHome(dictSlotTag(slot), l->n);
    while (l->fills[at] == DICT_SLOTS)
        if (++at == l->n) at = 0;
    l->buckets[at].slots[l->fills[at]++] = slot;
}

void dictSegmentRelay(dict *d, const dictSegment *s, size_t n) {
    layout l;
    layoutInit(&l, n);
    for (size_t at = 0; at < s->n; at++)
        for (unsigned i = 0; i < DICT_SLOTS && s->buckets[at].slots[i]; i++)
            layoutAdd(&l, s->buckets[at].slots[i]);
    dictSegment laid = *s;
    laid.buckets = l.buckets;
    laid.n = n;
    dictDirectoryForget(d, s);
    dictDirectoryPut(d, &laid);
    dictBucketsFree(s->buckets, s->n);
    layoutClear(&l);
    d->relays++;
}

/* Hashing reads a key that may begin at the end of a cache line, so the next one is asked for too;
 * mostly it is the same. */
static void prefetchKeysOf(const dictBucket *bucket) {
    for (unsigned i = 0; i < DICT_SLOTS; i++) {
        uintptr_t item = (uintptr_t)dictSlotItem(bucket->slots[i]);
        prefetch((const void *)item);
        prefetch((const void *)(item + 31));
    }
}

void dictSegmentSplit(dict *d, const dictSegment *s) {
    for (size_t at = 0; at < s->n && at < 3; at++) prefetchKeysOf(&s->buckets[at]);
    size_t upper = 0;
    for (size_t at = 0; at < s->n; at++)
        for (unsigned i = 0; i < DICT_SLOTS; i++) upper += s->buckets[at].slots[i] >> 63;
    dictSegment half[2];
    layout l[2];
    for (unsigned i = 0; i < 2; i++) {
        half[i].count = i ? upper : s->count - upper;
        half[i].depth = s->depth + 1;
        half[i].prefix = s->prefix | (uint64_t)i << (63 - s->depth);
        half[i].n = dictSizeFor(half[i].count);
        layoutInit(&l[i], half[i].n);
        half[i].buckets = l[i].buckets;
    }
    for (size_t at = 0; at < s->n; at++) {
        if (at + 3 < s->n) prefetchKeysOf(&s->buckets[at + 3]);
        for (unsigned i = 0; i < DICT_SLOTS && s->buckets[at].slots[i]; i++) {
            uint64_t slot = s->buckets[at].slots[i];
            void *item = dictSlotItem(slot);
            uint64_t hash = d->type->hashOf(item);
            /* An item whose hash has changed would be lost now. */
            ensure(dictTag(hash, s->depth) == dictSlotTag(slot));
            layoutAdd(&l[slot >> 63], dictSlotOf(dictTag(hash, s->depth + 1), item));
        }
    }
    dictDirectoryForget(d, s);
    dictDirectoryPut(d, &half[0]);
    dictDirectoryPut(d, &half[1]);
    dictBucketsFree(s->buckets, s->n);
    layoutClear(&l[0]);
    layoutClear(&l[1]);
    d->splits++;
}

dictSegment dictSegmentMerge(dict *d, const dictSegment *a, const dictSegment *b) {
    dictSegment whole = {
        .count = a->count + b->count, .prefix = a->prefix & b->prefix, .depth = a->depth - 1};
    whole.n = dictSizeFor(whole.count);
    layout l;
    layoutInit(&l, whole.n);
    whole.buckets = l.buckets;
    const dictSegment *parts[2] = {a, b};
    for (unsigned p = 0; p < 2; p++) {
        const dictSegment *part = parts[p];
        uint64_t front = (part->prefix >> (64 - part->depth) & 1) << 63;
        for (size_t at = 0; at < part->n; at++) {
            for (unsigned i = 0; i < DICT_SLOTS && part->buckets[at].slots[i]; i++) {
                uint64_t slot = part->buckets[at].slots[i];
                uint64_t tag = (front | slot >> 1) >> 48;
                layoutAdd(&l, dictSlotOf(tag, dictSlotItem(slot)));
            }
        }
    }
    dictDirectoryForget(d, a);
    dictDirectoryForget(d, b);
    dictDirectoryPut(d, &whole);
    dictBucketsFree(a->buckets, a->n);
    dictBucketsFree(b->buckets, b->n);
    layoutClear(&l);
    d->merges++;
    return whole;
}
