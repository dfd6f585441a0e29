/* What entries must know of lists; see values.h. */
#include "storage/base/digest.h"
#include "storage/types/pack_value.h"
#include "storage/types/t_list.h"

/* The digest of a list, one element after the other, in whatever encoding. */
static uint64_t digestMore(uint64_t digest, listpackValue element) {
    char scratch[NUM_INT_MAX];
    uint64_t pair[2] = {digest, digestXxh3(listpackValueText(element, scratch))};
    return digestXxh3(bytesOf(pair, sizeof pair));
}

/* ---- listpack ---- */

static uint64_t packDigest(const void *value) {
    const listpack *lp = value;
    uint64_t digest = 0;
    for (listpackAt at = listpackFirst(lp); at; at = listpackNext(lp, at))
        digest = digestMore(digest, listpackGet(lp, at));
    return digest;
}

const valueOps listListpackOps = {PACK_VALUE_OPS, .count = listCount, .digest = packDigest};

/* ---- quicklist ---- */

static void chainFree(void *value) {
    quicklistFree(value);
}

/* Big elements count as several. */
static size_t chainParts(const void *value) {
    enum { PART_BYTES = 16 * 1024 };
    size_t nodes = quicklistNodes(value), parts = quicklistMemory(value) / PART_BYTES;
    return nodes > parts ? nodes : parts;
}

static size_t chainMemory(const void *value) {
    return quicklistMemory(value);
}

static void *chainCopy(const void *value) {
    return quicklistCopy(value);
}

static bool chainFreeStep(void *value, size_t max) {
    return quicklistFreeStep(value, max);
}

static void *chainMove(void *value, uint64_t *cursor) {
    quicklistMove(value, cursor);
    return value;
}

static uint64_t chainDigest(const void *value) {
    const quicklist *q = value;
    uint64_t digest = 0;
    quicklistIterator it;
    listpackValue element;
    quicklistIteratorInit(&it, q, 0, false);
    while (quicklistIteratorNext(&it, &element)) digest = digestMore(digest, element);
    return digest;
}

const valueOps listQuicklistOps = {.free = chainFree,
                                   .parts = chainParts,
                                   .count = listCount,
                                   .memory = chainMemory,
                                   .copy = chainCopy,
                                   .freeStep = chainFreeStep,
                                   .move = chainMove,
                                   .digest = chainDigest};
