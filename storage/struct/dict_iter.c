#include "storage/struct/dict_iter.h"

#include "storage/struct/dict_internal.h"

/* Items of a bucket are asked for while those of the one before are served. */
static void prefetchBucket(const dictIterator *it, const uint64_t *slots) {
    if (slots < it->end) dictPrefetchItemsOf((const dictBucket *)(const void *)slots);
}

static void enterSegment(dictIterator *it, uint64_t hash) {
    dictSegment s = dictSegmentAt(it->d, hash);
    it->slot = s.buckets->slots;
    it->end = it->slot + s.n * DICT_SLOTS;
    it->next = dictSegmentEnd(&s);
    it->last = it->next == 0;
    prefetchBucket(it, it->slot);
    prefetchBucket(it, it->slot + DICT_SLOTS);
}

dictIterator dictIteratorOf(const dict *d) {
    dictIterator it = {.d = d};
    enterSegment(&it, 0);
    return it;
}

/* Buckets lie on lines of their own, so an address says where in its bucket a slot is. */
static const uint64_t *nextBucket(const uint64_t *slot) {
    return (const uint64_t *)(((uintptr_t)slot | (sizeof(dictBucket) - 1)) + 1);
}

void *dictIteratorNext(dictIterator *it) {
    for (;;) {
        if (it->slot == it->end) {
            if (it->last) return NULL;
            enterSegment(it, it->next);
            continue;
        }
        uint64_t slot = *it->slot;
        it->slot = slot ? it->slot + 1 : nextBucket(it->slot);
        if ((uintptr_t)it->slot % sizeof(dictBucket) == 0)
            prefetchBucket(it, it->slot + DICT_SLOTS);
        if (slot) return dictSlotItem(slot);
    }
}
