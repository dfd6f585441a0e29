/* Walks over a whole tree: moving, dropping, checking. */
#include <string.h>

#include "storage/base/ensure.h"
#include "storage/base/prefetch.h"
#include "storage/base/slab.h"
#include "storage/struct/btree_internal.h"

static void *moveNode(void *node, size_t bytes) {
    if (!slabShouldMove(SLAB_TREE_NODE, node, bytes)) return node;
    void *copy = slabAlloc(SLAB_TREE_NODE, bytes);
    memcpy(copy, node, bytes);
    slabFree(SLAB_TREE_NODE, node, bytes);
    return copy;
}

/* Moves the nodes of the path to the leaf at 'rank'; the leaf's address from now on. */
static btreeLeaf *movePath(btree *t, size_t rank, unsigned *index) {
    void **link = &t->root;
    for (unsigned level = 0; level < t->height; level++) {
        btreeInner *inner = *link = moveNode(*link, sizeof *inner);
        unsigned i = 0;
        while (i + 1 < inner->count && rank >= inner->counts[i]) rank -= inner->counts[i++];
        link = &inner->children[i];
    }
    btreeLeaf *leaf = *link;
    leaf = *link = moveNode(leaf, btreeLeafBytes(leaf->room));
    *(leaf->prev ? &leaf->prev->next : &t->first) = leaf;
    *(leaf->next ? &leaf->next->prev : &t->last) = leaf;
    *index = (unsigned)rank;
    return leaf;
}

uint64_t btreeWalk(btree *t, uint64_t cursor, void *(*move)(void *ctx, void *item), void *ctx) {
    if (cursor && cursor >= t->count) return 0;
    unsigned index;
    btreeLeaf *leaf = movePath(t, cursor, &index);
    if (move) {
        for (unsigned i = 0; i < leaf->count; i++) prefetch(btreeSlotItem(leaf->slots[i]));
        for (unsigned i = 0; i < leaf->count; i++) {
            uint64_t slot = leaf->slots[i];
            leaf->slots[i] = btreeSlotOf(btreeSlotTag(slot), move(ctx, btreeSlotItem(slot)));
        }
    }
    uint64_t next = cursor - index + leaf->count;
    return next < t->count ? next : 0;
}

bool btreeDropStep(btree *t, size_t max, void (*visit)(void *ctx, void *item), void *ctx) {
    for (size_t done = 0; t->root && done < max; done++) {
        btreeInner *inner = NULL;
        void *node = t->root;
        unsigned height = t->height;
        for (; height; height--) {
            if (((btreeInner *)node)->count == 0) break;
            inner = node;
            node = inner->children[inner->count - 1];
        }
        if (height) {
            btreeInnerFree(t, node);
        } else {
            btreeLeaf *leaf = node;
            if (visit) {
                for (unsigned i = 0; i < leaf->count; i++) prefetch(btreeSlotItem(leaf->slots[i]));
                for (unsigned i = 0; i < leaf->count; i++)
                    visit(ctx, btreeSlotItem(leaf->slots[i]));
            }
            btreeLeafFree(t, leaf);
        }
        if (inner)
            inner->count--;
        else
            t->root = NULL;
    }
    return t->root != NULL;
}

/* ---- checking ---- */

typedef struct checker {
    const btree *t;
    const btreeLeaf *prev; /* the leaf before */
    size_t bytes;
} checker;

static void checkLeaf(checker *k, const btreeLeaf *leaf) {
    const btree *t = k->t;
    ensure(leaf->prev == k->prev);
    ensure(k->prev ? k->prev->next == leaf : t->first == leaf);
    k->prev = leaf;
    k->bytes += btreeLeafBytes(leaf->room);
    ensure(leaf->count <= leaf->room);
    ensure(leaf->count || t->height == 0);
    ensure(leaf->room == BTREE_LEAF_MAX || t->height == 0);
    for (unsigned i = 0; i < leaf->count; i++) {
        uint64_t order = btreeItemOrder(t, btreeSlotItem(leaf->slots[i]));
        ensure(btreeSlotTag(leaf->slots[i]) == btreeLeafTag(leaf, order));
        if (i == 0) continue;
        ensure(leaf->slots[i - 1] >> 48 <= leaf->slots[i] >> 48);
        ensure(btreeItemOrder(t, btreeSlotItem(leaf->slots[i - 1])) <= order);
    }
}

/* Checks the node, whose items' numbers are to lie in [low, high], and returns their count. */
static size_t checkNode(checker *k, const void *node, unsigned height, uint64_t low,
                        uint64_t high) {
    if (height == 0) {
        const btreeLeaf *leaf = node;
        checkLeaf(k, leaf);
        if (leaf->count == 0) return 0;
        ensure(low <= btreeItemOrder(k->t, btreeSlotItem(leaf->slots[0])));
        ensure(high >= btreeItemOrder(k->t, btreeSlotItem(leaf->slots[leaf->count - 1])));
        return leaf->count;
    }
    const btreeInner *inner = node;
    k->bytes += sizeof *inner;
    ensure(inner->count <= BTREE_INNER_MAX);
    ensure(inner->count >= (height == k->t->height ? 2 : 1));
    size_t sum = 0;
    for (unsigned i = 0; i < inner->count; i++) {
        uint64_t from = i ? inner->hints[i] : low;
        uint64_t to = i + 1U < inner->count ? inner->hints[i + 1] : high;
        ensure(from >= low);
        ensure(to <= high);
        size_t count = checkNode(k, inner->children[i], height - 1, from, to);
        ensure(count == inner->counts[i]);
        sum += count;
    }
    return sum;
}

void btreeCheck(const btree *t) {
    checker k = {.t = t};
    ensure(checkNode(&k, t->root, t->height, 0, UINT64_MAX) == t->count);
    ensure(k.prev == t->last);
    ensure(t->last->next == NULL);
    ensure(k.bytes == t->bytes);
}
