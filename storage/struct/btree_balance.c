/* Sharing, splitting and merging of nodes. */
#include <string.h>

#include "storage/base/ensure.h"
#include "storage/base/slab.h"
#include "storage/struct/btree_internal.h"

enum {
    SHARE_MAX = BTREE_LEAF_MAX * 7 / 8,       /* a fuller leaf takes nothing from its neighbour */
    LEAF_MERGE_MAX = BTREE_LEAF_MAX * 7 / 8,  /* a fuller one would soon be split again */
    INNER_MERGE_MAX = BTREE_INNER_MAX * 7 / 8 /* the same */
};

/* ---- the root ---- */

static void plantRoot(btree *t) {
    ensure(t->height + 1 < BTREE_HEIGHT_MAX);
    btreeInner *root = btreeInnerNew(t);
    root->count = 1;
    root->hints[0] = 0;
    root->children[0] = t->root;
    root->counts[0] = t->count;
    t->root = root;
    t->height++;
}

/* Gives the only leaf another size. */
static void resizeRootLeaf(btree *t, size_t bytes) {
    btreeLeaf *old = t->root;
    btreeLeaf *leaf = btreeLeafNew(t, (unsigned)((bytes - sizeof *leaf) / sizeof leaf->slots[0]));
    uint16_t room = leaf->room;
    memcpy(leaf, old, btreeLeafBytes(old->count));
    leaf->room = room;
    btreeLeafFree(t, old);
    t->root = t->first = t->last = leaf;
}

/* ---- children ---- */

static uint64_t countsOf(const btreeInner *inner) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < inner->count; i++) sum += inner->counts[i];
    return sum;
}

/* Moves 'count' children within a node or from one to the other. Sets no node's count. */
static void moveChildren(btreeInner *to, unsigned to_at, const btreeInner *from, unsigned from_at,
                         unsigned count) {
    memmove(&to->hints[to_at], &from->hints[from_at], count * sizeof to->hints[0]);
    memmove(&to->children[to_at], &from->children[from_at], count * sizeof to->children[0]);
    memmove(&to->counts[to_at], &from->counts[from_at], count * sizeof to->counts[0]);
}

static void putChild(btreeInner *inner, unsigned at, void *child, uint64_t hint, uint64_t items) {
    moveChildren(inner, at + 1, inner, at, inner->count - at);
    inner->hints[at] = hint;
    inner->children[at] = child;
    inner->counts[at] = items;
    inner->count++;
}

static bool isAtEnd(const btreePath *path, unsigned level, unsigned at) {
    if (at < path->inner[level]->count) return false;
    while (level--)
        if (path->index[level] + 1U < path->inner[level]->count) return false;
    return true;
}

/* Hangs 'child' at 'at' of the node at 'level' of the path. Its items are counted above that node
 * already. A node that is full splits: in the middle, but at the very end of the tree, where
 * ascending items come, nothing goes over and nodes stay full. */
static void hangChild(btree *t, const btreePath *path, unsigned level, unsigned at, void *child,
                      uint64_t hint, uint64_t items) {
    btreeInner *inner = path->inner[level];
    if (inner->count < BTREE_INNER_MAX) {
        putChild(inner, at, child, hint, items);
        return;
    }
    unsigned keep = isAtEnd(path, level, at) ? inner->count : inner->count / 2U;
    btreeInner *right = btreeInnerNew(t);
    right->count = (uint16_t)(inner->count - keep);
    moveChildren(right, 0, inner, keep, right->count);
    inner->count = (uint16_t)keep;
    if (at > keep || right->count == 0)
        putChild(right, at - keep, child, hint, items);
    else
        putChild(inner, at, child, hint, items);
    uint64_t moved = countsOf(right);
    if (level == 0) {
        plantRoot(t);
        btreeInner *root = t->root;
        root->counts[0] = countsOf(inner);
        putChild(root, 1, right, right->hints[0], moved);
    } else {
        btreeInner *parent = path->inner[level - 1];
        unsigned index = path->index[level - 1];
        parent->counts[index] -= moved;
        hangChild(t, path, level - 1, index + 1, right, right->hints[0], moved);
    }
}

static void mergeInners(btree *t, const btreePath *path, unsigned level, unsigned left_at);

/* Takes child 'at', which is empty or merged, out of the node at 'level'; what hung there is the
 * caller's. */
static void dropChild(btree *t, const btreePath *path, unsigned level, unsigned at) {
    btreeInner *inner = path->inner[level];
    moveChildren(inner, at, inner, at + 1, inner->count - at - 1U);
    inner->count--;
    if (level == 0) {
        ensure(inner->count);
        while (t->height && inner->count == 1) {
            t->root = inner->children[0];
            t->height--;
            btreeInnerFree(t, inner);
            inner = t->root;
        }
        return;
    }
    btreeInner *parent = path->inner[level - 1];
    unsigned index = path->index[level - 1];
    if (inner->count == 0) {
        btreeInnerFree(t, inner);
        dropChild(t, path, level - 1, index);
        return;
    }
    if (inner->count >= BTREE_INNER_MAX / 2) return;
    for (unsigned left = index ? index - 1 : 0; left <= index && left + 1 < parent->count; left++) {
        const btreeInner *a = parent->children[left], *b = parent->children[left + 1];
        if (a->count + b->count > INNER_MERGE_MAX) continue;
        mergeInners(t, path, level, left);
        return;
    }
}

/* Merges children 'left_at' and the next of the node above 'level'. */
static void mergeInners(btree *t, const btreePath *path, unsigned level, unsigned left_at) {
    btreeInner *parent = path->inner[level - 1];
    btreeInner *left = parent->children[left_at], *right = parent->children[left_at + 1];
    right->hints[0] = parent->hints[left_at + 1];
    moveChildren(left, left->count, right, 0, right->count);
    left->count = (uint16_t)(left->count + right->count);
    parent->counts[left_at] += parent->counts[left_at + 1];
    btreeInnerFree(t, right);
    dropChild(t, path, level - 1, left_at + 1);
}

/* ---- leaves ---- */

static void linkAfter(btree *t, btreeLeaf *leaf, btreeLeaf *prev) {
    leaf->prev = prev;
    leaf->next = prev ? prev->next : t->first;
    if (prev)
        prev->next = leaf;
    else
        t->first = leaf;
    if (leaf->next)
        leaf->next->prev = leaf;
    else
        t->last = leaf;
}

static void unlinkLeaf(btree *t, btreeLeaf *leaf) {
    if (leaf->prev)
        leaf->prev->next = leaf->next;
    else
        t->first = leaf->next;
    if (leaf->next)
        leaf->next->prev = leaf->prev;
    else
        t->last = leaf->prev;
}

static uint64_t firstOrder(const btree *t, const btreeLeaf *leaf) {
    return btreeItemOrder(t, btreeSlotItem(leaf->slots[0]));
}

static void moveSlots(btreeLeaf *to, unsigned to_at, const btreeLeaf *from, unsigned from_at,
                      unsigned count) {
    memmove(&to->slots[to_at], &from->slots[from_at], count * sizeof to->slots[0]);
}

/* Shares the items of child 'at' of 'parent' and of the next evenly. */
static void shareLeaves(btree *t, btreeInner *parent, unsigned at) {
    btreeLeaf *left = parent->children[at], *right = parent->children[at + 1];
    unsigned left_count = left->count, right_count = right->count;
    unsigned want = (left_count + right_count) / 2;
    if (left_count > want) {
        unsigned moved = left_count - want;
        moveSlots(right, moved, right, 0, right_count);
        moveSlots(right, 0, left, want, moved);
    } else {
        unsigned moved = want - left_count;
        moveSlots(left, left_count, right, 0, moved);
        moveSlots(right, 0, right, moved, right_count - moved);
    }
    left->count = (uint16_t)want;
    right->count = (uint16_t)(left_count + right_count - want);
    btreeLeafRetag(t, left);
    btreeLeafRetag(t, right);
    parent->counts[at] = left->count;
    parent->counts[at + 1] = right->count;
    parent->hints[at + 1] = firstOrder(t, right);
}

static void splitLeaf(btree *t, const btreePath *path, btreeLeaf *leaf) {
    unsigned level = t->height - 1, at = path->index[level];
    btreeInner *parent = path->inner[level];
    btreeLeaf *right = btreeLeafNew(t, BTREE_LEAF_MAX);
    unsigned keep = leaf->count / 2U;
    right->count = (uint16_t)(leaf->count - keep);
    moveSlots(right, 0, leaf, keep, right->count);
    leaf->count = (uint16_t)keep;
    linkAfter(t, right, leaf);
    btreeLeafRetag(t, leaf);
    btreeLeafRetag(t, right);
    parent->counts[at] = keep;
    hangChild(t, path, level, at + 1, right, firstOrder(t, right), right->count);
}

void btreeMakeRoom(btree *t, const btreePath *path, btreeLeaf *leaf) {
    if (t->height == 0) {
        if (leaf->room < BTREE_LEAF_MAX)
            resizeRootLeaf(t, 2 * btreeLeafBytes(leaf->room));
        else
            plantRoot(t);
        return;
    }
    btreeInner *parent = path->inner[t->height - 1];
    unsigned at = path->index[t->height - 1];
    uint64_t before = at ? parent->counts[at - 1] : BTREE_LEAF_MAX;
    uint64_t after = at + 1U < parent->count ? parent->counts[at + 1] : BTREE_LEAF_MAX;
    if ((before < after ? before : after) > SHARE_MAX)
        splitLeaf(t, path, leaf);
    else
        shareLeaves(t, parent, before < after ? at - 1 : at);
}

static btreeLeaf *loneLeaf(btree *t, uint64_t order, void *item) {
    btreeLeaf *leaf = btreeLeafNew(t, BTREE_LEAF_MAX);
    btreeLeafPut(t, leaf, 0, order, item);
    if (t->height == 0) plantRoot(t);
    t->count++;
    return leaf;
}

void btreeHangLast(btree *t, uint64_t order, void *item) {
    btreeLeaf *leaf = loneLeaf(t, order, item);
    btreeLeafRetag(t, t->last);
    linkAfter(t, leaf, t->last);
    btreePath path;
    void *node = t->root;
    for (unsigned level = 0; level < t->height; level++) {
        btreeInner *inner = path.inner[level] = node;
        path.index[level] = inner->count - 1U;
        if (level + 1 < t->height) inner->counts[path.index[level]]++;
        node = inner->children[path.index[level]];
    }
    unsigned level = t->height - 1;
    hangChild(t, &path, level, path.inner[level]->count, leaf, order, 1);
}

void btreeHangFirst(btree *t, uint64_t order, void *item) {
    uint64_t second = firstOrder(t, t->first);
    btreeLeaf *leaf = loneLeaf(t, order, item);
    btreeLeafRetag(t, t->first);
    linkAfter(t, leaf, NULL);
    btreePath path;
    void *node = t->root;
    for (unsigned level = 0; level < t->height; level++) {
        btreeInner *inner = path.inner[level] = node;
        path.index[level] = 0;
        if (level + 1 < t->height) inner->counts[0]++;
        node = inner->children[0];
    }
    /* What was first has had no hint. */
    path.inner[t->height - 1]->hints[0] = second;
    hangChild(t, &path, t->height - 1, 0, leaf, order, 1);
}

/* Merges child 'at' of the path's last node with the next. */
static void mergeLeaves(btree *t, const btreePath *path, unsigned at) {
    btreeInner *parent = path->inner[t->height - 1];
    btreeLeaf *left = parent->children[at], *right = parent->children[at + 1];
    moveSlots(left, left->count, right, 0, right->count);
    left->count = (uint16_t)(left->count + right->count);
    btreeLeafRetag(t, left);
    unlinkLeaf(t, right);
    btreeLeafFree(t, right);
    parent->counts[at] = left->count;
    dropChild(t, path, t->height - 1, at + 1);
}

void btreeSettle(btree *t, const btreePath *path, btreeLeaf *leaf) {
    if (t->height == 0) {
        size_t half = btreeLeafBytes(leaf->room) / 2;
        if (half >= BTREE_LEAF_MIN_BYTES && btreeLeafBytes(2U * leaf->count) <= half)
            resizeRootLeaf(t, half);
        return;
    }
    const btreeInner *parent = path->inner[t->height - 1];
    unsigned at = path->index[t->height - 1];
    if (leaf->count == 0) {
        unlinkLeaf(t, leaf);
        btreeLeafFree(t, leaf);
        dropChild(t, path, t->height - 1, at);
        return;
    }
    if (leaf->count >= BTREE_LEAF_MAX / 2) return;
    if (at + 1U < parent->count && leaf->count + parent->counts[at + 1] <= LEAF_MERGE_MAX)
        mergeLeaves(t, path, at);
    else if (at && leaf->count + parent->counts[at - 1] <= LEAF_MERGE_MAX)
        mergeLeaves(t, path, at - 1);
}
