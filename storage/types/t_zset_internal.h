/* t_zset_internal.h - the inside of sorted sets, for t_zset*.c alone.
 *
 *     item   [score: 8] [varint size] [member]      of SLAB_ZSET_ITEM */
#ifndef EBB_STORAGE_TYPES_T_ZSET_INTERNAL_H
#define EBB_STORAGE_TYPES_T_ZSET_INTERNAL_H

#include "storage/base/slab.h"
#include "storage/base/varint.h"
#include "storage/struct/btree.h"
#include "storage/struct/dict.h"
#include "storage/struct/listpack.h"
#include "storage/types/t_zset.h"

enum { SCORE_TEXT_MAX = 64 }; /* what numFormatDouble() needs */

typedef struct zsetItem {
    double score;
    uint8_t rest[];
} zsetItem;

/* Of ENCODING_SKIPLIST. */
typedef struct zset {
    dict *members;
    btree *order;
    size_t item_bytes; /* of all items, as their allocations are */
} zset;

/* A place in the order: before (-1) or behind (1) the member of this name, or at it (0); of any
 * name: before or behind all of the score. */
typedef struct zsetProbe {
    double score;
    bytes name;
    bool any_name;
    bool any_score; /* names alone are compared; 'score' still says where a tree looks */
    int side;
} zsetProbe;

extern const dictType zsetDictType;
extern const btreeType zsetTreeType;

static inline bytes zsetItemName(const zsetItem *item) {
    size_t size;
    const uint8_t *name = varintRead(item->rest, &size);
    return bytesOf(name, size);
}

static inline size_t zsetItemBytes(size_t name_size) {
    return sizeof(zsetItem) + varintSize(name_size) + name_size;
}

static inline size_t zsetItemSize(const zsetItem *item) {
    return zsetItemBytes(zsetItemName(item).size);
}

static inline zsetMember zsetItemMember(const zsetItem *item) {
    return (zsetMember){zsetItemName(item), item->score};
}

/* Ascends with the score; the two zeros are one. */
static inline uint64_t zsetScoreOrder(double score) {
    double one_zero = score + 0.0;
    uint64_t bits;
    memcpy(&bits, &one_zero, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

zset *zsetTreeNew(void);
/* An item of 'z' that is in neither index yet. */
zsetItem *zsetItemNew(zset *z, bytes name, double score);
/* Of an item that is in neither index any more. */
void zsetItemFree(zset *z, zsetItem *item);

/* 'e', a listpack, becomes a dict and a tree. */
void zsetToTree(entry *e);
/* 'z', with all its items in both indexes, as an entry: a listpack where the limits allow it. Takes
 * z. */
entry *zsetEntryOf(bytes key, zset *z, const typeLimits *limits);

/* How many of a listpack's members come before 'probe'; '*at' is the first that does not, or 0. */
size_t zsetPackSeek(const listpack *lp, const zsetProbe *probe, listpackAt *at);
/* The score at 'at'. */
double zsetPackScore(const listpack *lp, listpackAt at);
listpack *zsetPackAppend(listpack *lp, bytes name, double score);

#endif
