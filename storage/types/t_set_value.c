/* What every collection is asked for (values.h), for the three forms of a set. */
#include "storage/base/digest.h"
#include "storage/types/pack_value.h"
#include "storage/types/t_set_internal.h"

enum {
    SAMPLE = 16,          /* items that an estimate looks at */
    HOMES_A_SAMPLE = 256, /* and the buckets it looks for them in: nearly all may be empty */
    PARTS_A_STEP = 64     /* items that one call of move() goes over */
};

/* ---- digests: sums, so that no order counts ---- */

static uint64_t digestOf(setIterator it) {
    uint64_t sum = 0;
    char scratch[NUM_INT_MAX];
    for (setMember m; setIteratorNext(&it, &m);) sum += digestXxh3(setMemberText(m, scratch));
    return sum;
}

/* ---- intsets ---- */

static void freeInts(void *value) {
    intsetFree(value);
}

static size_t memoryOfInts(const void *value) {
    return intsetMemory(value);
}

static void *copyInts(const void *value) {
    return intsetFromBytes(intsetBytes(value));
}

static void *moveInts(void *value, uint64_t *cursor) {
    *cursor = 0;
    return intsetMove(value);
}

static uint64_t digestOfInts(const void *value) {
    return digestOf((setIterator){.ints = value});
}

const valueOps setIntsetOps = {.free = freeInts,
                               .parts = valueIsOnePart,
                               .count = setCount,
                               .memory = memoryOfInts,
                               .copy = copyInts,
                               .move = moveInts,
                               .digest = digestOfInts};

/* ---- listpacks ---- */

static uint64_t digestOfListpack(const void *value) {
    return digestOf((setIterator){.lp = value, .at = listpackFirst(value)});
}

const valueOps setListpackOps = {PACK_VALUE_OPS, .count = setCount, .digest = digestOfListpack};

/* ---- dicts ---- */

static void dropItem(void *ctx, void *item) {
    (void)ctx;
    setItemFree(item);
}

static bool freeSomeItems(void *value, size_t max) {
    dict *d = value;
    dictDrain(d, max, dropItem, NULL);
    if (dictCount(d)) return false;
    dictFree(d);
    return true;
}

static void freeDict(void *value) {
    while (!freeSomeItems(value, SIZE_MAX)) {
    }
}

static size_t partsOfDict(const void *value) {
    return dictCount(value);
}

typedef struct sample {
    size_t items, bytes;
} sample;

static void weigh(void *ctx, void *item) {
    sample *s = ctx;
    s->items++;
    s->bytes += slabGoodSize(setItemSize(item));
}

/* Items are judged by the first few in the order of their hashes, which is any order. */
static size_t memoryOfDict(const void *value) {
    const dict *d = value;
    sample s = {0};
    uint64_t cursor = 0;
    int homes = HOMES_A_SAMPLE;
    do cursor = dictScan(d, cursor, weigh, &s);
    while (cursor && s.items < SAMPLE && --homes);
    if (!s.items) return dictBytes(d);
    return dictBytes(d) + (size_t)((double)s.bytes / (double)s.items * (double)dictCount(d));
}

static void *copyDict(const void *value) {
    const dict *d = value;
    dict *copy = dictNew(&setDictType);
    dictReserve(copy, dictCount(d));
    dictIterator it = dictIteratorOf(d);
    for (const void *item; (item = dictIteratorNext(&it));) {
        bytes text = setItemText(item);
        dictAdd(copy, hashBytes(text), setItemNew(text));
    }
    return copy;
}

typedef struct moving {
    size_t seen;
} moving;

static void *moveItem(void *ctx, void *item) {
    moving *m = ctx;
    m->seen++;
    if (!slabShouldMove(SLAB_SET_MEMBER, item, setItemSize(item))) return item;
    void *to = setItemNew(setItemText(item));
    setItemFree(item);
    return to;
}

static void *moveDict(void *value, uint64_t *cursor) {
    moving m = {0};
    int homes = PARTS_A_STEP;
    do *cursor = dictWalk(value, *cursor, moveItem, &m);
    while (*cursor && m.seen < PARTS_A_STEP && --homes);
    return value;
}

static uint64_t digestOfDict(const void *value) {
    return digestOf((setIterator){.items = dictIteratorOf(value)});
}

static void prefetchMember(const void *value, uint64_t hash, int step) {
    if (step == 0)
        dictPrefetchBucket(value, hash);
    else
        dictPrefetchItem(value, hash);
}

const valueOps setDictOps = {.free = freeDict,
                             .parts = partsOfDict,
                             .count = setCount,
                             .memory = memoryOfDict,
                             .copy = copyDict,
                             .freeStep = freeSomeItems,
                             .move = moveDict,
                             .prefetch = prefetchMember,
                             .digest = digestOfDict};
