#include "storage/struct/btree_internal.h"

#include <string.h>

#include "storage/base/ensure.h"
#include "storage/base/prefetch.h"
#include "storage/base/slab.h"

enum {
    RETAG_MIN = 8,  /* fewer items are compared sooner than tagged anew */
    RETAG_PART = 4, /* one in so many beyond the range is too much */
    PREFETCH_AHEAD = 16
};

btreeLeaf *btreeLeafNew(btree *t, unsigned room) {
    btreeLeaf *leaf = slabAlloc(SLAB_TREE_NODE, btreeLeafBytes(room));
    *leaf = (btreeLeaf){.room = (uint16_t)room};
    t->bytes += btreeLeafBytes(room);
    return leaf;
}

void btreeLeafFree(btree *t, btreeLeaf *leaf) {
    t->bytes -= btreeLeafBytes(leaf->room);
    slabFree(SLAB_TREE_NODE, leaf, btreeLeafBytes(leaf->room));
}

btreeInner *btreeInnerNew(btree *t) {
    btreeInner *inner = slabAlloc(SLAB_TREE_NODE, sizeof *inner);
    inner->count = 0;
    t->bytes += sizeof *inner;
    return inner;
}

void btreeInnerFree(btree *t, btreeInner *inner) {
    t->bytes -= sizeof *inner;
    slabFree(SLAB_TREE_NODE, inner, sizeof *inner);
}

static void fitTags(btreeLeaf *leaf, uint64_t low, uint64_t high) {
    leaf->base = low;
    leaf->scale = high > low ? BTREE_TAG_MAX / (double)(high - low) : BTREE_TAG_MAX;
    leaf->outliers = 0;
}

void btreeLeafRetag(const btree *t, btreeLeaf *leaf) {
    if (leaf->count == 0 || !t->type->orderOfItem) return;
    uint64_t *slots = leaf->slots;
    unsigned count = leaf->count;
    for (unsigned i = 0; i < count && i < PREFETCH_AHEAD; i++) prefetch(btreeSlotItem(slots[i]));
    fitTags(leaf, btreeItemOrder(t, btreeSlotItem(slots[0])),
            btreeItemOrder(t, btreeSlotItem(slots[count - 1])));
    for (unsigned i = 0; i < count; i++) {
        if (i + PREFETCH_AHEAD < count) prefetch(btreeSlotItem(slots[i + PREFETCH_AHEAD]));
        void *item = btreeSlotItem(slots[i]);
        slots[i] = btreeSlotOf(btreeLeafTag(leaf, btreeItemOrder(t, item)), item);
    }
}

void btreeLeafPut(btree *t, btreeLeaf *leaf, unsigned index, uint64_t order, void *item) {
    ensure(leaf->count < leaf->room);
    ensure(index <= leaf->count);
    if (leaf->count == 0) fitTags(leaf, order, order);
    uint64_t *slot = &leaf->slots[index];
    memmove(slot + 1, slot, (leaf->count - index) * sizeof *slot);
    *slot = btreeSlotOf(btreeLeafTag(leaf, order), item);
    leaf->count++;
    if (order >= leaf->base && btreeLeafScaled(leaf, order) <= BTREE_TAG_MAX + 1) return;
    leaf->outliers++;
    if (leaf->count >= RETAG_MIN && leaf->outliers * RETAG_PART > leaf->count)
        btreeLeafRetag(t, leaf);
}

void btreeLeafTake(btreeLeaf *leaf, unsigned index, unsigned count) {
    ensure(index + count <= leaf->count);
    memmove(&leaf->slots[index], &leaf->slots[index + count],
            (leaf->count - index - count) * sizeof leaf->slots[0]);
    leaf->count = (uint16_t)(leaf->count - count);
}
