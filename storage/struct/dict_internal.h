/* dict_internal.h - what the dict's own files share: its words, its slots, its way of looking.
 *
 *   directory word                       63      55 54     48 47                     6 5      0
 *                                       [  count 9 | buckets 7 | segment address 42     | depth 6 ]
 *   slot (0: free)                      [   tag 16             | item address 48                ]
 *
 * The count stands in the first word of a segment's run only; the other words of the run have 0
 * there. 'buckets' 0 marks a big segment (more than 64 buckets, or too many items for nine bits):
 * its address is that of a head line with both numbers, its buckets follow. A segment without
 * memory points to dictNothing, one bucket that is for ever empty, so that a lookup need not ask.
 *
 * Slots of a bucket are packed to the front: a bucket is full if its last slot is taken. */
#ifndef EBB_STORAGE_STRUCT_DICT_INTERNAL_H
#define EBB_STORAGE_STRUCT_DICT_INTERNAL_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "storage/base/prefetch.h"
#include "storage/base/ensure.h"
#include "storage/struct/dict.h"

enum {
    DICT_SLOTS = 8,
    DICT_BUCKETS_MAX = 64, /* but for big segments */
    DICT_DEPTH_MAX = 32,   /* a tag must lie in the top 48 bits: a SCAN cursor names its edges */
    DICT_WAY_MAX = 8,      /* an item farther from home makes a well filled segment grow */
};

#define DICT_COUNT_SHIFT   55
#define DICT_BUCKETS_SHIFT 48
#define DICT_COUNT_ONE     ((uint64_t)1 << DICT_COUNT_SHIFT)
#define DICT_COUNT_MASK    ((uint64_t)511 << DICT_COUNT_SHIFT)
#define DICT_ADDRESS_MASK  (((uint64_t)1 << 48) - 64)
#define DICT_ITEM_MASK     (((uint64_t)1 << 48) - 1)

typedef struct dictBucket {
    _Alignas(64) uint64_t slots[DICT_SLOTS];
} dictBucket;

/* The line before the buckets of a big segment. */
typedef struct dictBigHead {
    _Alignas(64) uint64_t buckets;
    uint64_t count;
} dictBigHead;

/* The words of (a part of) the hash space: 2^(63 - shift) for the whole. */
typedef struct dictPart {
    uint64_t *words;
    unsigned shift;
} dictPart;

struct dict {
    /* parts[0] is the directory. While it is doubled or halved, parts[1] is the one to come and
     * serves the hashes below 'boundary', which moves up; else 'boundary' is 0. */
    dictPart parts[2];
    uint64_t boundary;
    const dictType *type;
    size_t items;
    size_t segments, buckets, big_segments;
    size_t sparse;      /* segments that a re-lay would make smaller */
    size_t deepest;     /* segments as deep as the last part, among those it serves */
    size_t big_most;    /* no segment had more items since there are big ones */
    uint64_t sweep;     /* where dictShrinkStep looks next, a hash */
    uint64_t drained;   /* where dictDrain looks next, a hash */
    uint64_t only_word; /* the directory of depth 0 */
    size_t splits, merges, relays;
};

/* A segment, taken apart. Good until the next change of the dict. */
typedef struct dictSegment {
    dictBucket *buckets;
    size_t n; /* buckets; 0 of dictNothing */
    size_t count;
    uint64_t prefix; /* its lowest hash */
    unsigned depth;
} dictSegment;

extern const dictBucket dictNothing;

/* ---- Looking ---- */

static inline unsigned dictPartDepth(const dictPart *part) {
    return 63 - part->shift;
}

static inline uint64_t *dictWordAt(const dict *d, uint64_t hash) {
    const dictPart *part = d->parts;
    if (__builtin_expect(hash < d->boundary, 0)) part++;
    return &part->words[hash >> 1 >> part->shift];
}

static inline unsigned dictWordDepth(uint64_t word) {
    return (unsigned)(word & 63);
}

static inline uint64_t dictTag(uint64_t hash, unsigned depth) {
    return hash << depth >> 48;
}

static inline size_t dictHome(uint64_t tag, size_t n) {
    return (size_t)(tag * n >> 16);
}

static inline uint64_t dictSlotTag(uint64_t slot) {
    return slot >> 48;
}

static inline void *dictSlotItem(uint64_t slot) {
    return (void *)(uintptr_t)(slot & DICT_ITEM_MASK);
}

static inline uint64_t dictSlotOf(uint64_t tag, const void *item) {
    return tag << 48 | (uint64_t)(uintptr_t)item;
}

static inline bool dictBucketFull(const dictBucket *bucket) {
    return bucket->slots[DICT_SLOTS - 1] != 0;
}

/* The taken slots of a bucket that is not full: the index of its first free one. */
static inline unsigned dictBucketFill(const dictBucket *bucket) {
    unsigned fill = bucket->slots[3] ? 4 : 0;
    fill += bucket->slots[fill + 1] ? 2 : 0;
    fill += bucket->slots[fill] ? 1 : 0;
    return fill;
}

/* The slots with this tag, one bit each at 4 * slot + 3. A free slot looks like tag 0. */
static inline uint32_t dictBucketMatch(const dictBucket *bucket, uint64_t tag) {
#ifdef __SSE2__
    const __m128i *lines = (const __m128i *)(const void *)bucket->slots;
    __m128i wanted = _mm_set1_epi16((short)tag);
    __m128i low = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(lines), wanted),
                                  _mm_cmpeq_epi16(_mm_load_si128(lines + 1), wanted));
    __m128i high = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(lines + 2), wanted),
                                   _mm_cmpeq_epi16(_mm_load_si128(lines + 3), wanted));
    uint32_t mask = (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
    return mask & 0x88888888U; /* The tag is the fourth of a slot's four 16-bit lanes. */
#else
    uint32_t mask = 0;
    for (unsigned i = 0; i < DICT_SLOTS; i++)
        mask |= (uint32_t)(dictSlotTag(bucket->slots[i]) == tag) << (4 * i + 3);
    return mask;
#endif
}

static inline unsigned dictMatchSlot(uint32_t mask) {
    return (unsigned)__builtin_ctz(mask) >> 2;
}

/* A way through the buckets where items of one hash may lie: from home to the first bucket that
 * is not full. */
typedef struct dictWay {
    const dictBucket *buckets;
    size_t n, at, left;
    uint64_t tag;
} dictWay;

static inline dictWay dictWayOf(uint64_t word, uint64_t hash) {
    dictWay way;
    way.tag = dictTag(hash, dictWordDepth(word));
    way.buckets = (const dictBucket *)(uintptr_t)(word & DICT_ADDRESS_MASK);
    way.n = word >> DICT_BUCKETS_SHIFT & 127;
    if (__builtin_expect(way.n == 0, 0)) {
        way.n = ((const dictBigHead *)way.buckets)->buckets;
        way.buckets++;
    }
    way.at = dictHome(way.tag, way.n);
    way.left = way.n;
    return way;
}

static inline const dictBucket *dictWayBucket(const dictWay *way) {
    return &way->buckets[way->at];
}

/* Goes on to the next bucket; false if no item of this hash can lie there. */
static inline bool dictWayNext(dictWay *way) {
    if (!dictBucketFull(dictWayBucket(way))) return false;
    if (--way->left == 0) return false;
    if (++way->at == way->n) way->at = 0;
    return true;
}

static inline void *dictFindInline(const dict *d, keyRef key,
                                   bool (*holds)(const void *item, bytes key)) {
    dictWay way = dictWayOf(*dictWordAt(d, key.hash), key.hash);
    do {
        const dictBucket *bucket = dictWayBucket(&way);
        for (uint32_t mask = dictBucketMatch(bucket, way.tag); mask; mask &= mask - 1) {
            void *item = dictSlotItem(bucket->slots[dictMatchSlot(mask)]);
            if (item && holds(item, key.name)) return item;
        }
    } while (dictWayNext(&way));
    return NULL;
}

static inline void dictPrefetchBucketInline(const dict *d, uint64_t hash) {
    uint64_t word = *dictWordAt(d, hash);
    size_t n = word >> DICT_BUCKETS_SHIFT & 127;
    size_t home = dictHome(dictTag(hash, dictWordDepth(word)), n);
    prefetch((const char *)(uintptr_t)(word & DICT_ADDRESS_MASK) + home * sizeof(dictBucket));
}

static inline void dictPrefetchItemInline(const dict *d, uint64_t hash) {
    dictWay way = dictWayOf(*dictWordAt(d, hash), hash);
    const dictBucket *bucket = dictWayBucket(&way);
    uint32_t mask = dictBucketMatch(bucket, way.tag);
    if (mask) {
        const char *item = dictSlotItem(bucket->slots[dictMatchSlot(mask)]);
        prefetch(item);
        prefetch(item + 64); /* Most items end in the second line. */
    } else if (dictWayNext(&way)) {
        prefetch(dictWayBucket(&way));
    }
}

static inline void dictPrefetchItemsOf(const dictBucket *bucket) {
    for (unsigned i = 0; i < DICT_SLOTS; i++) prefetch(dictSlotItem(bucket->slots[i]));
}

/* ---- Segments (dict_segment.c) ---- */

/* The sizes of segments: 0, 1 .. 8, then four steps for each doubling. */
static inline size_t dictSizeStep(size_t n) {
    return (size_t)1 << (61 - __builtin_clzll(n));
}
static inline size_t dictSizeUp(size_t n) {
    return n < 8 ? n + 1 : n + dictSizeStep(n);
}
static inline size_t dictSizeDown(size_t n) {
    return n <= 8 ? n - 1 : n - dictSizeStep(n - 1);
}

/* Most items of 'n' buckets before they grow: 87.5 % and one, so that one bucket can be full. */
static inline size_t dictSizeLimit(size_t n) {
    return n ? 7 * n + 1 : 0;
}

/* A re-lay picks the smallest size that would be filled to at most 81 % (6.5 items a bucket, where
 * growth begins at 7). A segment is sparse if that is a smaller size than it has. */
static inline bool dictSizeFits(size_t n, size_t count) {
    return 2 * count <= 13 * n;
}
static inline bool dictSizeSparse(size_t n, size_t count) {
    return n && dictSizeFits(dictSizeDown(n), count);
}
size_t dictSizeFor(size_t count);

/* The lowest hash after the segment; 0 after the last. */
static inline uint64_t dictSegmentEnd(const dictSegment *s) {
    return s->prefix + (UINT64_MAX >> s->depth) + 1;
}

dictSegment dictSegmentAt(const dict *d, uint64_t hash);

/* Adds 'by' to the segment's count where it is kept. */
void dictSegmentCount(dict *d, const dictSegment *s, int by);

/* Takes the slot out and closes the gap; counts nothing. */
void dictSegmentTake(const dictSegment *s, size_t bucket, unsigned slot);

dictBucket *dictBucketsNew(size_t n);
void dictBucketsFree(dictBucket *buckets, size_t n);

/* Lays the segment out anew with 'n' buckets, enough for its items. */
void dictSegmentRelay(dict *d, const dictSegment *s, size_t n);
/* Splits the segment in two; the directory must be deep enough. */
void dictSegmentSplit(dict *d, const dictSegment *s);
/* Merges two buddies and returns what they became. */
dictSegment dictSegmentMerge(dict *d, const dictSegment *a, const dictSegment *b);

/* ---- The directory (dict_directory.c) ---- */

/* Writes the words of a segment and counts it in; the other takes a segment out of the figures
 * before its words are overwritten. */
void dictDirectoryPut(dict *d, const dictSegment *s);
void dictDirectoryForget(dict *d, const dictSegment *s);

/* How deep a segment with this hash may become now. */
unsigned dictDirectoryRoom(const dict *d, uint64_t hash);
/* The depth it has, or will have when the work under way is done. */
unsigned dictDirectoryDepth(const dict *d);

/* Starts doubling, if items are enough to justify it and nothing is under way. */
void dictDirectoryDouble(dict *d);
/* Starts halving; no segment may be as deep as the directory. */
void dictDirectoryHalve(dict *d);
/* Does one slice of the work under way. */
void dictDirectoryAdvance(dict *d);

/* Back to one segment without memory; nothing may be left in the dict. */
void dictDirectoryReset(dict *d);
/* Frees every segment and the directory. */
void dictDirectoryFree(dict *d);

#endif
