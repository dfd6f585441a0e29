/* btree_internal.h - the inside of a B+tree, for btree*.c and its tests alone.
 *
 *     leaf    [count room outliers] [prev] [next] [base] [scale]  slot slot slot ...
 *     slot    [ tag 16 | item pointer 48 ]        in order, so tags never fall
 *     inner   [count] hint, child, count below: three arrays
 *
 * The tag of an order number is (number - base) * scale, at least 0 and at most 65535: it may be
 * coarse, but never contradicts the order. A leaf that has taken too many numbers beyond its range
 * (outliers), or shared its items with a neighbour, is tagged anew.
 *
 * hint[i] of an inner node is no less than the number of any item before child i and no more than
 * that of child i's first one; hint[0] means nothing. Equal to a probe's number it leaves open on
 * which side the probe lies, and child i's first item is compared. So removals change no hints. */
#ifndef EBB_STORAGE_STRUCT_BTREE_INTERNAL_H
#define EBB_STORAGE_STRUCT_BTREE_INTERNAL_H

#include "storage/struct/btree.h"

enum {
    BTREE_NODE_BYTES = 1024,
    BTREE_LEAF_MIN_BYTES = 64,
    BTREE_LEAF_MAX = 123, /* slots of a leaf of BTREE_NODE_BYTES */
    BTREE_INNER_MAX = 42, /* children of an inner node */
    BTREE_HEIGHT_MAX = 24,
    BTREE_TAG_MAX = 65535
};

typedef struct btreeLeaf {
    uint16_t count, room;
    uint16_t outliers; /* numbers added beyond the range of the tags since they were made */
    struct btreeLeaf *prev, *next;
    uint64_t base;
    double scale;
    uint64_t slots[];
} btreeLeaf;

typedef struct btreeInner {
    uint16_t count;
    uint64_t hints[BTREE_INNER_MAX];
    void *children[BTREE_INNER_MAX];
    uint64_t counts[BTREE_INNER_MAX]; /* items below each child */
} btreeInner;

_Static_assert(sizeof(btreeInner) <= BTREE_NODE_BYTES, "an inner node is a slab item");
_Static_assert(sizeof(btreeLeaf) + 8 * BTREE_LEAF_MAX == BTREE_NODE_BYTES, "so is a leaf");

struct btree {
    const btreeType *type;
    void *root; /* a leaf where height is 0 */
    btreeLeaf *first, *last;
    size_t count;
    size_t bytes;    /* of nodes */
    unsigned height; /* levels of inner nodes */
};

/* The way from the root to a leaf: inner[0] is the root, index[i] the child taken there. */
typedef struct btreePath {
    btreeInner *inner[BTREE_HEIGHT_MAX];
    unsigned index[BTREE_HEIGHT_MAX];
} btreePath;

static inline void *btreeSlotItem(uint64_t slot) {
    return (void *)(uintptr_t)(slot & 0x0000FFFFFFFFFFFFU);
}
static inline unsigned btreeSlotTag(uint64_t slot) {
    return (unsigned)(slot >> 48);
}
static inline uint64_t btreeSlotOf(unsigned tag, const void *item) {
    return (uint64_t)tag << 48 | (uint64_t)(uintptr_t)item;
}
static inline size_t btreeLeafBytes(unsigned room) {
    return sizeof(btreeLeaf) + (size_t)room * sizeof(uint64_t);
}
static inline uint64_t btreeItemOrder(const btree *t, const void *item) {
    return t->type->orderOfItem ? t->type->orderOfItem(item) : 0;
}
static inline uint64_t btreeProbeOrder(const btree *t, const void *probe) {
    return t->type->orderOfProbe ? t->type->orderOfProbe(probe) : 0;
}
/* Not clamped at the top: over BTREE_TAG_MAX lies beyond the leaf's range. */
static inline double btreeLeafScaled(const btreeLeaf *leaf, uint64_t order) {
    return order <= leaf->base ? 0 : (double)(order - leaf->base) * leaf->scale;
}
static inline unsigned btreeLeafTag(const btreeLeaf *leaf, uint64_t order) {
    double scaled = btreeLeafScaled(leaf, order);
    return scaled < BTREE_TAG_MAX ? (unsigned)scaled : BTREE_TAG_MAX;
}

/* ---- nodes (btree_node.c) ---- */
btreeLeaf *btreeLeafNew(btree *t, unsigned room);
void btreeLeafFree(btree *t, btreeLeaf *leaf);
btreeInner *btreeInnerNew(btree *t);
void btreeInnerFree(btree *t, btreeInner *inner);

/* Puts 'item' at 'index' of a leaf that has room. Counts nothing above. */
void btreeLeafPut(btree *t, btreeLeaf *leaf, unsigned index, uint64_t order, void *item);
/* Takes 'count' slots out from 'index' on. */
void btreeLeafTake(btreeLeaf *leaf, unsigned index, unsigned count);
/* Makes all tags anew from the items' order numbers. */
void btreeLeafRetag(const btree *t, btreeLeaf *leaf);

/* ---- balance (btree_balance.c) ---- */
/* Makes room in (or beside) the full leaf that 'path' leads to; the way may be another then. */
void btreeMakeRoom(btree *t, const btreePath *path, btreeLeaf *leaf);
/* Hangs a leaf with one item, its only one, after the last leaf, or before the first. Counts it. */
void btreeHangLast(btree *t, uint64_t order, void *item);
void btreeHangFirst(btree *t, uint64_t order, void *item);
/* What has to be done after the leaf at the end of 'path' has lost items, already counted: drops it
 * if it is empty, else merges it with a neighbour if both have room, and so on upwards. */
void btreeSettle(btree *t, const btreePath *path, btreeLeaf *leaf);

/* The way to the item at 'rank', whose index in its leaf is put into '*index'. */
btreeLeaf *btreePathToRank(const btree *t, size_t rank, btreePath *path, unsigned *index);

#endif
