/* Figures and invariants: for INFO, DEBUG and tests. */
#include "storage/struct/dict_internal.h"

size_t dictBytes(const dict *d) {
    size_t total = sizeof *d + (d->buckets + d->big_segments) * sizeof(dictBucket);
    for (unsigned p = 0; p < 2; p++) {
        const dictPart *part = &d->parts[p];
        if (part->words && part->words != &d->only_word && (p == 0 || d->boundary))
            total += sizeof(uint64_t) << dictPartDepth(part);
    }
    return total;
}

static size_t wayOf(const dictSegment *s, size_t at, uint64_t slot) {
    size_t home = dictHome(dictSlotTag(slot), s->n);
    return at >= home ? at - home : at + s->n - home;
}

dictStats dictStatsOf(const dict *d) {
    dictStats stats = {.segments = d->segments,
                       .buckets = d->buckets,
                       .items = d->items,
                       .splits = d->splits,
                       .merges = d->merges,
                       .relays = d->relays,
                       .depth = dictDirectoryDepth(d)};
    stats.directory_words = (size_t)1 << dictPartDepth(&d->parts[0]);
    if (d->boundary) stats.directory_words += (size_t)1 << dictPartDepth(&d->parts[1]);
    uint64_t prefix = 0;
    do {
        dictSegment s = dictSegmentAt(d, prefix);
        for (size_t at = 0; at < s.n; at++) {
            for (unsigned i = 0; i < DICT_SLOTS && s.buckets[at].slots[i]; i++) {
                size_t way = wayOf(&s, at, s.buckets[at].slots[i]);
                if (way > stats.longest_way) stats.longest_way = (unsigned)way;
            }
        }
        prefix = dictSegmentEnd(&s);
    } while (prefix);
    return stats;
}

static void checkItem(const dict *d, const dictSegment *s, size_t at, uint64_t slot) {
    uint64_t hash = d->type->hashOf(dictSlotItem(slot));
    ensure(dictSegmentAt(d, hash).prefix == s->prefix);
    ensure(dictTag(hash, s->depth) == dictSlotTag(slot));
    size_t way = wayOf(s, at, slot);
    size_t between = dictHome(dictSlotTag(slot), s->n);
    for (; way; way--) {
        ensure(dictBucketFull(&s->buckets[between]));
        if (++between == s->n) between = 0;
    }
}

/* Every word of the segment's run says the same, and only the first counts. */
static void checkRun(const dict *d, const dictSegment *s) {
    uint64_t first = *dictWordAt(d, s->prefix);
    uint64_t hash = s->prefix;
    do {
        uint64_t word = *dictWordAt(d, hash);
        ensure(((word ^ first) & ~DICT_COUNT_MASK) == 0);
        if (dictWordAt(d, hash) != dictWordAt(d, s->prefix)) ensure((word & DICT_COUNT_MASK) == 0);
        const dictPart *part = &d->parts[hash < d->boundary];
        hash += (UINT64_MAX >> dictPartDepth(part)) + 1;
    } while (hash != dictSegmentEnd(s));
}

static void checkSegment(const dict *d, const dictSegment *s) {
    ensure((s->n == 0) == (s->buckets == &dictNothing));
    ensure(s->depth <= dictDirectoryRoom(d, s->prefix));
    if (s->n > 1) ensure(s->count < s->n * DICT_SLOTS);
    size_t count = 0;
    for (size_t at = 0; at < s->n; at++) {
        const dictBucket *bucket = &s->buckets[at];
        unsigned fill = 0;
        while (fill < DICT_SLOTS && bucket->slots[fill]) {
            checkItem(d, s, at, bucket->slots[fill]);
            fill++;
        }
        count += fill;
        for (; fill < DICT_SLOTS; fill++) ensure(bucket->slots[fill] == 0);
    }
    ensure(count == s->count);
    checkRun(d, s);
}

void dictCheck(const dict *d) {
    dictStats sum = {0};
    size_t sparse = 0, deepest = 0, big = 0;
    uint64_t prefix = 0;
    do {
        dictSegment s = dictSegmentAt(d, prefix);
        ensure(s.prefix == prefix);
        checkSegment(d, &s);
        sum.segments++;
        sum.buckets += s.n;
        sum.items += s.count;
        sparse += dictSizeSparse(s.n, s.count);
        big += s.n > DICT_BUCKETS_MAX;
        bool served = d->boundary == 0 || s.prefix < d->boundary;
        deepest += served && s.depth == dictDirectoryDepth(d);
        prefix = dictSegmentEnd(&s);
    } while (prefix);
    ensure(sum.segments == d->segments);
    ensure(sum.buckets == d->buckets);
    ensure(sum.items == d->items);
    ensure(sparse == d->sparse);
    ensure(deepest == d->deepest);
    ensure(big == d->big_segments);
}
