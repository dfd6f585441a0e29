#include "storage/base/prefetch.h"
#include "storage/struct/deadlines_internal.h"

#include <string.h>

#include "storage/base/ensure.h"

enum {
    CACHE_LINE = 64,
    LEAF_PREFETCH = 896, /* bytes that most nodes have; a few beyond the node do no harm */
    INNER_PREFETCH = 1280
};

/* ---- finding the way ---- */

/* The last child whose low key is not above 'key'; the first one's is never looked at. */
static uint32_t innerSearch(const deadlinesInner *inner, orderKey key) {
    const deadlinesChild *at = inner->children;
    uint32_t left = inner->count;
    while (left > 1) {
        uint32_t half = left / 2;
        at += childKey(at + half) <= key ? half : 0;
        left -= half;
    }
    return (uint32_t)(at - inner->children);
}

/* Asks for all the lines of a node at once: a binary search would wait for one after the other,
 * which takes twice as long where the index does not fit the cache. */
static inline void prefetchNode(const void *node, size_t size_bytes) {
    for (size_t at = 0; at < size_bytes; at += CACHE_LINE) {
        prefetch((const char *)node + at);
    }
}

deadlinesLeaf *treeDescend(const deadlines *d, orderKey key, deadlinesPath *path) {
    void *node = d->root;
    for (unsigned level = 0; level < d->height; level++) {
        deadlinesInner *inner = node;
        uint32_t index = innerSearch(inner, key);
        path->steps[level].node = inner;
        path->steps[level].index = index;
        node = inner->children[index].node;
        prefetchNode(node, level + 1 == d->height ? LEAF_PREFETCH : INNER_PREFETCH);
    }
    return node;
}

static deadlinesLeaf *descendFirst(const deadlines *d, void *node, unsigned level,
                                   deadlinesPath *path) {
    for (; level < d->height; level++) {
        deadlinesInner *inner = node;
        path->steps[level].node = inner;
        path->steps[level].index = 0;
        node = inner->children[0].node;
    }
    return node;
}

deadlinesLeaf *treeFirst(const deadlines *d, deadlinesPath *path) {
    return d->root ? descendFirst(d, d->root, 0, path) : NULL;
}

deadlinesLeaf *treeNext(const deadlines *d, deadlinesPath *path) {
    for (unsigned level = d->height; level-- > 0;) {
        deadlinesInner *inner = path->steps[level].node;
        uint32_t index = path->steps[level].index + 1;
        if (index == inner->count) continue;
        path->steps[level].index = index;
        return descendFirst(d, inner->children[index].node, level + 1, path);
    }
    return NULL;
}

/* Where the pointer to the node at 'level' of the path is kept. */
static void **linkOf(deadlines *d, deadlinesPath *path, unsigned level) {
    if (level == 0) return &d->root;
    return &path->steps[level - 1].node->children[path->steps[level - 1].index].node;
}

/* ---- inner nodes ---- */

static unsigned innerClassFor(size_t children) {
    unsigned size_class = 0;
    while (innerCapacity(size_class) < children) size_class++;
    return size_class;
}

static deadlinesInner *innerNew(deadlines *d, size_t children) {
    unsigned size_class = innerClassFor(children);
    deadlinesInner *inner = nodeNew(d, size_class);
    inner->count = 0;
    inner->size_class = (uint8_t)size_class;
    return inner;
}

/* Resizes the inner node at 'level' of the path for 'children' and mends path and link. */
static deadlinesInner *innerResize(deadlines *d, deadlinesPath *path, unsigned level,
                                   size_t children) {
    deadlinesInner *inner = path->steps[level].node;
    unsigned size_class = innerClassFor(children);
    if (size_class == inner->size_class) return inner;
    inner = nodeResize(d, inner, inner->size_class, size_class);
    inner->size_class = (uint8_t)size_class;
    path->steps[level].node = inner;
    *linkOf(d, path, level) = inner;
    return inner;
}

static void innerInsert(deadlinesInner *inner, uint32_t at, orderKey key, void *node) {
    deadlinesChild *child = inner->children + at;
    memmove(child + 1, child, (inner->count - at) * sizeof *child);
    *child = (deadlinesChild){(uint64_t)(key >> 64), (uint64_t)key, node};
    inner->count++;
}

/* The range of an erased first child falls to the second. */
static void innerErase(deadlinesInner *inner, uint32_t at) {
    deadlinesChild *child = inner->children + at;
    if (at == 0 && inner->count > 1) {
        child[1].high = child->high;
        child[1].low = child->low;
    }
    inner->count--;
    memmove(child, child + 1, (inner->count - at) * sizeof *child);
}

static void newRoot(deadlines *d, orderKey key, void *node) {
    ensure(d->height < HEIGHT_MAX);
    deadlinesInner *root = innerNew(d, 2);
    innerInsert(root, 0, 0, d->root);
    innerInsert(root, 1, key, node);
    d->root = root;
    d->height++;
}

/* Puts 'node', which starts at 'key', behind the child that the path takes at 'level' - 1. */
static void insertChild(deadlines *d, deadlinesPath *path, unsigned level, orderKey key,
                        void *node) {
    if (level == 0) {
        newRoot(d, key, node);
        return;
    }
    level--;
    deadlinesInner *inner = path->steps[level].node;
    uint32_t at = path->steps[level].index + 1;
    if (inner->count < innerCapacity(INNER_CLASS_MAX)) {
        inner = innerResize(d, path, level, inner->count + 1);
        innerInsert(inner, at, key, node);
        return;
    }
    uint32_t kept = at == inner->count ? inner->count - 1 : inner->count / 2;
    uint32_t moved = inner->count - kept;
    deadlinesInner *right = innerNew(d, moved + 1);
    memcpy(right->children, inner->children + kept, moved * sizeof *right->children);
    right->count = moved;
    inner->count = kept;
    if (at > kept) {
        innerInsert(right, at - kept, key, node);
        innerResize(d, path, level, kept);
    } else {
        innerInsert(inner, at, key, node);
        innerResize(d, path, level, kept + 1);
    }
    insertChild(d, path, level, childKey(right->children), right);
}

static void collapseRoot(deadlines *d) {
    while (d->height > 0) {
        deadlinesInner *root = d->root;
        if (root->count > 1) return;
        d->root = root->children[0].node;
        d->height--;
        nodeFree(d, root, root->size_class);
    }
}

static void removeChild(deadlines *d, deadlinesPath *path, unsigned level);

/* Merges the inner node at 'level' with a neighbour if both are small. */
static bool mergeInner(deadlines *d, deadlinesPath *path, unsigned level) {
    deadlinesInner *parent = path->steps[level - 1].node;
    uint32_t index = path->steps[level - 1].index;
    for (uint32_t at = index > 0 ? index - 1 : 0; at <= index && at + 1 < parent->count; at++) {
        deadlinesInner *left = parent->children[at].node, *right = parent->children[at + 1].node;
        if (left->count + right->count > INNER_MERGED) continue;
        path->steps[level - 1].index = at;
        path->steps[level].node = left;
        uint32_t kept = left->count;
        left = innerResize(d, path, level, kept + right->count);
        memcpy(left->children + kept, right->children, right->count * sizeof *right->children);
        left->count += right->count;
        nodeFree(d, right, right->size_class);
        path->steps[level - 1].index = at + 1;
        removeChild(d, path, level);
        return true;
    }
    return false;
}

/* Takes out the child that the path takes at 'level' - 1; its node is freed or lives elsewhere. */
static void removeChild(deadlines *d, deadlinesPath *path, unsigned level) {
    if (level == 0) {
        d->root = NULL;
        return;
    }
    level--;
    deadlinesInner *inner = path->steps[level].node;
    innerErase(inner, path->steps[level].index);
    if (inner->count == 0) {
        nodeFree(d, inner, inner->size_class);
        removeChild(d, path, level);
        return;
    }
    if (level == 0 && inner->count == 1) {
        collapseRoot(d);
        return;
    }
    if (level > 0 && inner->count < INNER_LOW && mergeInner(d, path, level)) return;
    if (innerClassFor(inner->count + 1u) < inner->size_class) {
        innerResize(d, path, level, inner->count + 1u);
    }
}

/* ---- leaves ---- */

void treeMakeRoom(deadlines *d, deadlinesPath *path, deadlinesLeaf *leaf, orderKey incoming) {
    deadlinesLeaf *right = NULL;
    orderKey border = 0;
    if (leaf->size_class >= LEAF_CLASS_MAX) right = leafCut(d, leaf, incoming, &border);
    *linkOf(d, path, d->height) = right ? leafTrim(d, leaf) : leafGrow(d, leaf);
    if (right) insertChild(d, path, d->height, border, right);
}

static bool mergeLeaf(deadlines *d, deadlinesPath *path) {
    if (d->height == 0) return false;
    unsigned level = d->height - 1;
    deadlinesInner *parent = path->steps[level].node;
    uint32_t index = path->steps[level].index;
    for (uint32_t at = index > 0 ? index - 1 : 0; at <= index && at + 1 < parent->count; at++) {
        deadlinesLeaf *left = parent->children[at].node, *right = parent->children[at + 1].node;
        if (left->count + right->count > LEAF_MERGED) continue;
        parent->children[at].node = leafMerge(d, left, right);
        path->steps[level].index = at + 1;
        removeChild(d, path, d->height);
        return true;
    }
    return false;
}

void treeGiveBack(deadlines *d, deadlinesPath *path, deadlinesLeaf *leaf) {
    if (leaf->count == 0) {
        nodeFree(d, leaf, leaf->size_class);
        removeChild(d, path, d->height);
        return;
    }
    /* Neighbours are looked at now and then only: each look may be a cache miss. */
    bool look = leaf->count < LEAF_LOW && leaf->count % 8 == 0;
    if (look && mergeLeaf(d, path)) return;
    deadlinesLeaf *shrunk = leafShrink(d, leaf);
    if (shrunk != leaf) *linkOf(d, path, d->height) = shrunk;
}
