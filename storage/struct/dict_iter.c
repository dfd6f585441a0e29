#include "storage/struct/dict_iter.h"

#include "storage/struct/dict_internal.h"

/* Items of a bucket are asked for while those of the one before are served. */
static void prefetchBucket(const dictIterator *it, const uint64_t *slots) {
    if (slots < it->end) dictPrefetchItemsOf((const dictBucket *)(const void *)slots);
}

/* The next word in steps of the golden ratio, which go over all of them. A segment is entered at
 * the first word of its run. */
static void enterNext(dictIterator *it) {
    uint64_t hash = it->depth ? it->word << (64 - it->depth) : 0;
    dictSegment s = dictSegmentAt(it->d, hash);
    it->words_left--;
    it->word += it->depth ? 0x9E3779B97F4A7C15U >> (64 - it->depth) | 1 : 0;
    if (s.prefix != hash) return;
    it->slot = s.buckets->slots;
    it->end = it->slot + s.n * DICT_SLOTS;
    prefetchBucket(it, it->slot);
    prefetchBucket(it, it->slot + DICT_SLOTS);
}

dictIterator dictIteratorOf(const dict *d) {
    unsigned depth = dictPartDepth(&d->parts[0]);
    if (d->boundary && dictDirectoryDepth(d) > depth) depth = dictDirectoryDepth(d);
    return (dictIterator){.d = d, .words_left = (uint64_t)1 << depth, .depth = depth};
}

/* Buckets lie on lines of their own, so an address says where in its bucket a slot is. */
static const uint64_t *nextBucket(const uint64_t *slot) {
    return (const uint64_t *)(((uintptr_t)slot | (sizeof(dictBucket) - 1)) + 1);
}

void *dictIteratorNext(dictIterator *it) {
    for (;;) {
        if (it->slot == it->end) {
            if (!it->words_left) return NULL;
            enterNext(it);
            continue;
        }
        uint64_t slot = *it->slot;
        it->slot = slot ? it->slot + 1 : nextBucket(it->slot);
        if ((uintptr_t)it->slot % sizeof(dictBucket) == 0)
            prefetchBucket(it, it->slot + DICT_SLOTS);
        if (slot) return dictSlotItem(slot);
    }
}
