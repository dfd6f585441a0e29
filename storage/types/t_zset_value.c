/* What every collection is asked for (values.h), for the two forms of a sorted set. */
#include "storage/base/digest.h"
#include "storage/base/mem.h"
#include "storage/types/pack_value.h"
#include "storage/types/t_zset_internal.h"
#include "storage/types/t_zset_range.h"

enum { ITEMS_A_NODE = 100 };

/* ---- digests: sums, so that no order counts ---- */

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 31) * 0x9E3779B97F4A7C15U;
    x = (x ^ x >> 29) * 0xBF58476D1CE4E5B9U;
    return x ^ x >> 32;
}

static uint64_t digestOf(bytes name, double score) {
    return mix(digestXxh3(name) ^ mix(zsetScoreOrder(score)));
}

/* ---- listpacks ---- */

static uint64_t digestOfListpack(const void *value) {
    uint64_t sum = 0;
    char scratch[NUM_INT_MAX];
    for (listpackAt at = listpackFirst(value); at;) {
        listpackAt score_at = listpackNext(value, at);
        sum += digestOf(listpackText(value, at, scratch), zsetPackScore(value, score_at));
        at = listpackNext(value, score_at);
    }
    return sum;
}

const valueOps zsetListpackOps = {PACK_VALUE_OPS, .count = zsetCount, .digest = digestOfListpack};

/* ---- trees ---- */

static void dropItem(void *ctx, void *item) {
    zsetItemFree(ctx, item);
}

/* The order first, then the items by the dict that is left. */
static bool freeSomeItems(void *value, size_t max) {
    zset *z = value;
    if (z->order) {
        if (btreeDropStep(z->order, max / ITEMS_A_NODE + 1, NULL, NULL)) return false;
        btreeFree(z->order);
        z->order = NULL;
    }
    dictDrain(z->members, max, dropItem, z);
    if (dictCount(z->members)) return false;
    dictFree(z->members);
    memFree(z);
    return true;
}

static void freeTree(void *value) {
    while (!freeSomeItems(value, SIZE_MAX)) {
    }
}

static size_t partsOfTree(const void *value) {
    return dictCount(((const zset *)value)->members);
}

static size_t memoryOfTree(const void *value) {
    const zset *z = value;
    size_t order = z->order ? btreeBytes(z->order) : 0;
    return memGoodSize(sizeof *z) + dictBytes(z->members) + order + z->item_bytes;
}

static void *copyTree(const void *value) {
    const zset *z = value;
    zset *copy = zsetTreeNew();
    dictReserve(copy->members, dictCount(z->members));
    void *items[ZSET_READ_AHEAD];
    btreeAt at = btreeFirst(z->order);
    for (size_t count; (count = btreeRead(&at, false, items, ZSET_READ_AHEAD));) {
        for (size_t i = 0; i < count; i++) {
            zsetMember m = zsetItemMember(items[i]);
            zsetItem *item = zsetItemNew(copy, m.name, m.score);
            dictAdd(copy->members, hashBytes(m.name), item);
            btreeAppend(copy->order, item);
        }
    }
    return copy;
}

static void *moveItem(void *ctx, void *item) {
    const zset *z = ctx;
    size_t size = zsetItemSize(item);
    if (!slabShouldMove(SLAB_ZSET_ITEM, item, size)) return item;
    void *to = slabAlloc(SLAB_ZSET_ITEM, size);
    memcpy(to, item, size);
    dictRepoint(z->members, hashBytes(zsetItemName(to)), item, to);
    slabFree(SLAB_ZSET_ITEM, item, size);
    return to;
}

static void *moveTree(void *value, uint64_t *cursor) {
    zset *z = value;
    *cursor = btreeWalk(z->order, *cursor, moveItem, z);
    return z;
}

static uint64_t digestOfTree(const void *value) {
    const zset *z = value;
    uint64_t sum = 0;
    void *items[ZSET_READ_AHEAD];
    btreeAt at = btreeFirst(z->order);
    for (size_t count; (count = btreeRead(&at, false, items, ZSET_READ_AHEAD));) {
        for (size_t i = 0; i < count; i++) {
            zsetMember m = zsetItemMember(items[i]);
            sum += digestOf(m.name, m.score);
        }
    }
    return sum;
}

static void prefetchMember(const void *value, uint64_t hash, int step) {
    const zset *z = value;
    if (step == 0)
        dictPrefetchBucket(z->members, hash);
    else
        dictPrefetchItem(z->members, hash);
}

const valueOps zsetTreeOps = {.free = freeTree,
                              .parts = partsOfTree,
                              .count = zsetCount,
                              .memory = memoryOfTree,
                              .copy = copyTree,
                              .freeStep = freeSomeItems,
                              .move = moveTree,
                              .prefetch = prefetchMember,
                              .digest = digestOfTree};
