/* Going over a dict: SCAN, walks, a random item, draining.
 *
 * A cursor is a point in hash space, and a step serves one home bucket of today's layout:
 *
 *     hash space   ...|----------- segment ------------|...
 *     home buckets    |     |     |  x  |     |     |        x: the cursor, rounded down to the
 *                                 |====>|                    edge before it; ends on the edge after
 *
 * An item belongs to the home bucket that its hash lies in, wherever it is displaced to. So steps
 * cover hash space from 0 to its end without a hole, in whatever layouts, and an item that is there
 * all along is seen by the step that covers its hash. A step in a layout other than the one its
 * cursor comes from may round down into what was served: that is where repeats come from.
 *
 * Edges lie on whole tags, 16 bits after a prefix of at most DICT_DEPTH_MAX: in the top 48. */
#include "storage/struct/dict_internal.h"

enum {
    CURSOR_BITS = 48,
    /* Draws of a segment before dictRandom takes the next item at hand. Expected are two to four
     * unless nearly all of a dict was removed a moment ago. */
    DRAWS_MAX = 4096
};

/* ---- Scanning ---- */

/* The home bucket that a cursor is in. */
typedef struct homeRange {
    dictSegment segment;
    size_t home;
    uint64_t next; /* cursor after it */
} homeRange;

static homeRange homeRangeAt(const dict *d, uint64_t cursor) {
    uint64_t hash = cursor << (64 - CURSOR_BITS);
    homeRange r = {.segment = dictSegmentAt(d, hash)};
    const dictSegment *s = &r.segment;
    uint64_t end = dictSegmentEnd(s);
    if (s->n) {
        r.home = dictHome(dictTag(hash, s->depth), s->n);
        uint64_t edge = (((uint64_t)(r.home + 1) << 16) + s->n - 1) / s->n;
        if (edge < (uint64_t)1 << 16) end = s->prefix | edge << 48 >> s->depth;
    }
    r.next = end >> (64 - CURSOR_BITS);
    return r;
}

static void prefetchRange(const homeRange *r) {
    const dictSegment *s = &r->segment;
    size_t at = r->home;
    for (size_t left = s->n; left; left--) {
        dictPrefetchItemsOf(&s->buckets[at]);
        if (!dictBucketFull(&s->buckets[at])) return;
        if (++at == s->n) at = 0;
    }
}

uint64_t dictScan(const dict *d, uint64_t cursor, dictVisit visit, void *ctx) {
    homeRange r = homeRangeAt(d, cursor);
    const dictSegment *s = &r.segment;
    prefetchRange(&r);
    size_t at = r.home;
    for (size_t left = s->n; left; left--) {
        const dictBucket *bucket = &s->buckets[at];
        for (unsigned i = 0; i < DICT_SLOTS && bucket->slots[i]; i++)
            if (dictHome(dictSlotTag(bucket->slots[i]), s->n) == r.home)
                visit(ctx, dictSlotItem(bucket->slots[i]));
        if (!dictBucketFull(bucket)) break;
        if (++at == s->n) at = 0;
    }
    return r.next;
}

uint64_t dictWalk(dict *d, uint64_t cursor, dictMove move, void *ctx) {
    homeRange r = homeRangeAt(d, cursor);
    const dictSegment *s = &r.segment;
    prefetchRange(&r);
    size_t at = r.home;
    for (size_t left = s->n; left; left--) {
        dictBucket *bucket = &s->buckets[at];
        for (unsigned i = 0; i < DICT_SLOTS && bucket->slots[i]; i++) {
            uint64_t tag = dictSlotTag(bucket->slots[i]);
            if (dictHome(tag, s->n) != r.home) continue;
            void *item = dictSlotItem(bucket->slots[i]);
            void *moved = move(ctx, item);
            if (moved == item) continue;
            ensure(moved && (uint64_t)(uintptr_t)moved <= DICT_ITEM_MASK);
            bucket->slots[i] = dictSlotOf(tag, moved);
        }
        if (!dictBucketFull(bucket)) break;
        if (++at == s->n) at = 0;
    }
    return r.next;
}

/* ---- A random item ---- */

/* Each item of a segment that has some is drawn alike: a slot at a time until one is taken. */
static void *randomOf(const dictSegment *s, rng *r) {
    for (;;) {
        uint64_t draw = rngBelow(r, (uint64_t)s->n * DICT_SLOTS);
        uint64_t slot = s->buckets[draw / DICT_SLOTS].slots[draw % DICT_SLOTS];
        if (slot) return dictSlotItem(slot);
    }
}

void *dictRandom(const dict *d, rng *r) {
    if (d->items == 0) return NULL;
    unsigned depth = dictPartDepth(&d->parts[0]);
    if (d->boundary && dictDirectoryDepth(d) > depth) depth = dictDirectoryDepth(d);
    uint64_t most = DICT_COUNT_MASK >> DICT_COUNT_SHIFT;
    if (d->big_most > most) most = d->big_most;
    for (int i = 0; i < DRAWS_MAX; i++) {
        uint64_t hash = rngNext(r);
        dictSegment s = dictSegmentAt(d, hash);
        /* A point falls into a segment by its share of hash space; only points in its first
         * 2^-depth'th count, so each segment is as likely as any, and is then taken in
         * proportion to its items. */
        if (hash << s.depth >> 1 >> (63 - (depth - s.depth)) != 0) continue;
        if (depth && rngBelow(r, most) >= s.count) continue;
        return randomOf(&s, r);
    }
    dictSegment s = dictSegmentAt(d, rngNext(r));
    while (s.count == 0) s = dictSegmentAt(d, dictSegmentEnd(&s));
    return randomOf(&s, r);
}

/* ---- Draining ---- */

static void visitAll(const dictSegment *s, dictVisit visit, void *ctx) {
    for (size_t at = 0; at < s->n; at++) {
        if (at + 1 < s->n) dictPrefetchItemsOf(&s->buckets[at + 1]);
        for (unsigned i = 0; i < DICT_SLOTS && s->buckets[at].slots[i]; i++)
            visit(ctx, dictSlotItem(s->buckets[at].slots[i]));
    }
}

size_t dictDrain(dict *d, size_t max, dictVisit visit, void *ctx) {
    size_t taken = 0;
    while (d->items && taken < max) {
        dictSegment s = dictSegmentAt(d, d->drained);
        d->drained = dictSegmentEnd(&s);
        if (s.n == 0) continue;
        dictSegment nothing = s;
        nothing.buckets = dictBucketsNew(0);
        nothing.n = nothing.count = 0;
        dictDirectoryForget(d, &s);
        dictDirectoryPut(d, &nothing);
        d->items -= s.count;
        taken += s.count;
        visitAll(&s, visit, ctx);
        dictBucketsFree(s.buckets, s.n);
    }
    if (d->items == 0 && taken) dictDirectoryReset(d);
    return taken;
}
