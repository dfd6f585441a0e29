/* The directory: which segment serves which hashes.
 *
 * It doubles when a segment as deep as itself must split, and halves when no segment is as deep.
 * Either is done in slices, each a few microseconds, over two arrays of words: the one to come
 * serves the hashes below a boundary, which moves up with each slice.
 *
 *     hashes     0 ............ boundary .............. 2^64
 *     parts[1]   |=============|                             the directory to come
 *     parts[0]                 |=======================|     the directory of old
 *
 * While that lasts a segment may be no deeper than both allow (dictDirectoryRoom): every run of
 * words can be written in either array. One that ought to split waits some dozen additions.
 *
 * The depth is capped by the number of items: keys that share long prefixes would else cost a
 * directory out of proportion. A word for 64 items is four times what even hashes need. */
#include <string.h>

#include "storage/base/mem.h"
#include "storage/struct/dict_internal.h"

enum {
    SLICE_WORDS = 1024, /* least words of the old directory done in one slice */
    SLICES_MAX = 32,    /* additions that a doubling may take: a segment waits over-full */
    ITEMS_PER_WORD = 64
};

static bool isDeepest(const dict *d, const dictSegment *s) {
    if (s->depth != dictDirectoryDepth(d)) return false;
    return d->boundary == 0 || s->prefix < d->boundary;
}

static uint64_t wordOf(const dictSegment *s) {
    if (s->n > DICT_BUCKETS_MAX) return (uint64_t)(uintptr_t)(s->buckets - 1) | s->depth;
    uint64_t n = s->n ? s->n : 1;
    return (uint64_t)(uintptr_t)s->buckets | n << DICT_BUCKETS_SHIFT | s->depth;
}

static void writeRun(dictPart *part, uint64_t first, uint64_t last, uint64_t word) {
    uint64_t end = last >> 1 >> part->shift;
    for (uint64_t i = first >> 1 >> part->shift; i <= end; i++) part->words[i] = word;
}

void dictDirectoryPut(dict *d, const dictSegment *s) {
    uint64_t word = wordOf(s);
    uint64_t last = s->prefix | UINT64_MAX >> s->depth;
    if (s->prefix < d->boundary)
        writeRun(&d->parts[1], s->prefix, last < d->boundary ? last : d->boundary - 1, word);
    if (last >= d->boundary)
        writeRun(&d->parts[0], s->prefix > d->boundary ? s->prefix : d->boundary, last, word);
    if (s->n > DICT_BUCKETS_MAX) {
        dictBigHead *head = (dictBigHead *)(s->buckets - 1);
        head->buckets = s->n;
        head->count = s->count;
        d->big_segments++;
        if (s->count > d->big_most) d->big_most = s->count;
    } else {
        *dictWordAt(d, s->prefix) |= (uint64_t)s->count << DICT_COUNT_SHIFT;
    }
    d->segments++;
    d->buckets += s->n;
    d->sparse += dictSizeSparse(s->n, s->count);
    d->deepest += isDeepest(d, s);
}

void dictDirectoryForget(dict *d, const dictSegment *s) {
    if (s->n > DICT_BUCKETS_MAX && --d->big_segments == 0) d->big_most = 0;
    d->segments--;
    d->buckets -= s->n;
    d->sparse -= dictSizeSparse(s->n, s->count);
    d->deepest -= isDeepest(d, s);
}

unsigned dictDirectoryDepth(const dict *d) {
    return dictPartDepth(&d->parts[d->boundary != 0]);
}

unsigned dictDirectoryRoom(const dict *d, uint64_t hash) {
    unsigned there = dictPartDepth(&d->parts[hash < d->boundary]);
    unsigned target = dictDirectoryDepth(d);
    return there < target ? there : target;
}

static uint64_t *wordsNew(dict *d, unsigned depth) {
    /* Not cleared here: a slice writes each word, and touching all of the pages takes long. */
    return depth ? memAlloc(sizeof(uint64_t) << depth) : &d->only_word;
}

static void wordsFree(dict *d, uint64_t *words) {
    if (words != &d->only_word) memFree(words);
}

static void start(dict *d, unsigned depth) {
    d->parts[1].words = wordsNew(d, depth);
    d->parts[1].shift = 63 - depth;
    d->deepest = 0;
    dictDirectoryAdvance(d);
}

void dictDirectoryDouble(dict *d) {
    unsigned depth = dictDirectoryDepth(d);
    if (d->boundary || depth == DICT_DEPTH_MAX) return;
    if (d->items < (size_t)ITEMS_PER_WORD << (depth + 1)) return;
    start(d, depth + 1);
}

void dictDirectoryHalve(dict *d) {
    ensure(d->boundary == 0);
    ensure(d->deepest == 0);
    start(d, dictDirectoryDepth(d) - 1);
}

/* Words [from, to) of the old directory, each twice; only the first keeps the count. */
static void doubleWords(const dictPart *old, dictPart *new, uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; i++) {
        new->words[2 * i] = old->words[i];
        new->words[2 * i + 1] = old->words[i] & ~DICT_COUNT_MASK;
    }
}

/* Words [from, to) of the old directory, every other one; counts the segments of one word. A run
 * starts at an even word, as it has two words at least, so no count is lost. */
static size_t halveWords(const dictPart *old, dictPart *new, uint64_t from, uint64_t to) {
    size_t deepest = 0;
    for (uint64_t i = from; i < to; i += 2) {
        new->words[i / 2] = old->words[i];
        deepest += dictWordDepth(old->words[i]) == dictPartDepth(new);
    }
    return deepest;
}

void dictDirectoryAdvance(dict *d) {
    dictPart *old = &d->parts[0];
    dictPart *new = &d->parts[1];
    uint64_t words = (uint64_t)1 << dictPartDepth(old);
    uint64_t slice = words / SLICES_MAX > SLICE_WORDS ? words / SLICES_MAX : SLICE_WORDS;
    uint64_t from = d->boundary >> 1 >> old->shift;
    uint64_t to = from + slice < words ? from + slice : words;
    if (new->shift < old->shift) {
        doubleWords(old, new, from, to);
    } else {
        d->deepest += halveWords(old, new, from, to);
    }
    if (to < words) {
        d->boundary = to << (64 - dictPartDepth(old));
        return;
    }
    wordsFree(d, old->words);
    *old = *new;
    d->boundary = 0;
}

/* ---- From nothing and to nothing ---- */

static void freeSegments(dict *d) {
    uint64_t at = 0;
    do {
        dictSegment s = dictSegmentAt(d, at);
        dictBucketsFree(s.buckets, s.n);
        d->buckets -= s.n;
        at = dictSegmentEnd(&s);
    } while (at && d->buckets);
}

void dictDirectoryFree(dict *d) {
    if (d->buckets) freeSegments(d);
    wordsFree(d, d->parts[0].words);
    if (d->boundary) wordsFree(d, d->parts[1].words);
}

void dictDirectoryReset(dict *d) {
    ensure(d->items == 0);
    if (d->parts[0].words) dictDirectoryFree(d);
    d->parts[0] = (dictPart){&d->only_word, 63};
    d->boundary = 0;
    d->segments = d->buckets = d->big_segments = 0;
    d->sparse = d->deepest = d->big_most = 0;
    d->sweep = d->drained = 0;
    dictSegment all = {.buckets = dictBucketsNew(0)};
    dictDirectoryPut(d, &all);
}

void dictReserve(dict *d, size_t count) {
    /* With items in it, growing as usual is near enough and keeps this simple. */
    if (d->items || count > (size_t)1 << 40) return;
    dictDirectoryReset(d);
    /* As deep as it would get by itself, with room for the unevenness of hashes. */
    unsigned depth = 0;
    while (count >> depth > dictSizeLimit(DICT_BUCKETS_MAX) - 60) depth++;
    size_t n = dictSizeFor((count >> depth) + (depth ? 20 : 0));
    if (n > DICT_BUCKETS_MAX) n = DICT_BUCKETS_MAX;
    dictSegment all = dictSegmentAt(d, 0);
    dictDirectoryForget(d, &all);
    d->parts[0] = (dictPart){wordsNew(d, depth), 63 - depth};
    for (uint64_t i = 0; i < (uint64_t)1 << depth; i++) {
        dictSegment s = {.buckets = dictBucketsNew(n), .n = n, .depth = depth};
        s.prefix = depth ? i << (64 - depth) : 0;
        dictDirectoryPut(d, &s);
    }
}
