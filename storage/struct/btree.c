#include "storage/struct/btree_internal.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/prefetch.h"
#include "storage/base/slab.h"

enum { LEAF_MIN_ROOM = (BTREE_LEAF_MIN_BYTES - sizeof(btreeLeaf)) / sizeof(uint64_t) };

/* What is looked for. An item at the address 'known' is it, and is not compared. */
typedef struct search {
    const void *probe;
    const void *known;
    uint64_t order;
} search;

btree *btreeNew(const btreeType *type) {
    btree *t = memAlloc(sizeof *t);
    *t = (btree){.type = type};
    t->root = t->first = t->last = btreeLeafNew(t, LEAF_MIN_ROOM);
    return t;
}

static void freeNodes(btree *t, void *node, unsigned height) {
    if (height == 0) {
        btreeLeafFree(t, node);
        return;
    }
    btreeInner *inner = node;
    for (unsigned i = 0; i < inner->count; i++) freeNodes(t, inner->children[i], height - 1);
    btreeInnerFree(t, inner);
}

void btreeFree(btree *t) {
    if (!t) return;
    if (t->root) freeNodes(t, t->root, t->height);
    memFree(t);
}

size_t btreeCount(const btree *t) {
    return t->count;
}

size_t btreeBytes(const btree *t) {
    return t->bytes + memGoodSize(sizeof *t);
}

/* ---- searching ---- */

static int compareItem(const btree *t, const void *item, const search *s) {
    return item == s->known ? 0 : t->type->compare(item, s->probe);
}

static const void *firstItem(const void *node, unsigned height) {
    for (; height; height--) node = ((const btreeInner *)node)->children[0];
    return btreeSlotItem(((const btreeLeaf *)node)->slots[0]);
}

/* The child of 'inner' (whose children are 'height' levels above the leaves) in which the probe is,
 * or would be added: the last that does not begin after it. */
static unsigned innerSeek(const btree *t, const btreeInner *inner, unsigned height,
                          const search *s) {
    unsigned low = 1, high = inner->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (inner->hints[middle] < s->order)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < inner->count && inner->hints[high] == s->order;) high++;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (compareItem(t, firstItem(inner->children[middle], height), s) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* The first slot from 'guess' on or back that is not less than 'slot'. */
static unsigned leafSeekSlot(const btreeLeaf *leaf, uint64_t slot, unsigned guess) {
    const uint64_t *slots = leaf->slots;
    unsigned count = leaf->count, low, high, step = 1;
    if (guess < count && slots[guess] < slot) {
        for (low = guess + 1; low + step <= count && slots[low + step - 1] < slot; step *= 2)
            low += step;
        high = low + step <= count ? low + step - 1 : count;
    } else {
        for (high = guess; high >= step && slots[high - step] >= slot; step *= 2) high -= step;
        low = high >= step ? high - step + 1 : 0;
    }
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (slots[middle] < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first slot whose item does not come before the probe; '*found' if it is the probe's. */
static unsigned leafSeek(const btree *t, const btreeLeaf *leaf, const search *s, bool *found) {
    unsigned tag = btreeLeafTag(leaf, s->order);
    unsigned low = leafSeekSlot(leaf, (uint64_t)tag << 48, tag * leaf->count >> 16);
    *found = false;
    if (low == leaf->count || btreeSlotTag(leaf->slots[low]) != tag) return low;
    unsigned high =
        tag == BTREE_TAG_MAX ? leaf->count : leafSeekSlot(leaf, (uint64_t)(tag + 1) << 48, low + 1);
    while (low < high) {
        unsigned middle = (low + high) / 2;
        int order = compareItem(t, btreeSlotItem(leaf->slots[middle]), s);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static btreeLeaf *descend(const btree *t, const search *s, btreePath *path) {
    void *node = t->root;
    for (unsigned level = 0; level < t->height; level++) {
        btreeInner *inner = node;
        path->inner[level] = inner;
        path->index[level] = innerSeek(t, inner, t->height - 1 - level, s);
        node = inner->children[path->index[level]];
    }
    return node;
}

static btreeAt seek(const btree *t, const search *s, size_t *rank, bool *found) {
    btreePath path;
    btreeLeaf *leaf = descend(t, s, &path);
    btreeAt at = {leaf, leafSeek(t, leaf, s, found)};
    if (rank) {
        *rank = at.index;
        for (unsigned level = 0; level < t->height; level++)
            for (unsigned i = 0; i < path.index[level]; i++) *rank += path.inner[level]->counts[i];
    }
    if (at.index == leaf->count) at = (btreeAt){leaf->next, 0};
    return at;
}

static search searchFor(const btree *t, const void *probe) {
    return (search){.probe = probe, .order = btreeProbeOrder(t, probe)};
}

void *btreeFind(const btree *t, const void *probe) {
    search s = searchFor(t, probe);
    bool found;
    btreeAt at = seek(t, &s, NULL, &found);
    return found ? btreeItem(at) : NULL;
}

void btreeRepoint(btree *t, const void *probe, const void *from, void *to) {
    search s = searchFor(t, probe);
    s.known = from;
    bool found;
    btreeAt at = seek(t, &s, NULL, &found);
    ensure(found);
    btreeLeaf *leaf = at.leaf;
    ensure(btreeSlotItem(leaf->slots[at.index]) == from);
    leaf->slots[at.index] = btreeSlotOf(btreeSlotTag(leaf->slots[at.index]), to);
}

static void fetchItem(const void *item) {
    prefetch(item);
    prefetch((const char *)item + 63); /* Most items end in the next line at the latest. */
}

/* ---- changing ---- */

static void countOnPath(btree *t, const btreePath *path, size_t more) {
    for (unsigned level = 0; level < t->height; level++)
        path->inner[level]->counts[path->index[level]] += more;
    t->count += more;
}

void btreeAdd(btree *t, const void *probe, void *item) {
    search s = searchFor(t, probe);
    for (;;) {
        btreePath path;
        btreeLeaf *leaf = descend(t, &s, &path);
        bool found;
        unsigned index = leafSeek(t, leaf, &s, &found);
        ensure(!found);
        if (leaf->count < leaf->room) {
            btreeLeafPut(t, leaf, index, s.order, item);
            countOnPath(t, &path, 1);
            return;
        }
        if (leaf->room == BTREE_LEAF_MAX && leaf == t->last && index == leaf->count) {
            btreeHangLast(t, s.order, item);
            return;
        }
        if (leaf->room == BTREE_LEAF_MAX && leaf == t->first && index == 0) {
            btreeHangFirst(t, s.order, item);
            return;
        }
        btreeMakeRoom(t, &path, leaf);
    }
}

static void pathToLast(const btree *t, btreePath *path) {
    void *node = t->root;
    for (unsigned level = 0; level < t->height; level++) {
        path->inner[level] = node;
        path->index[level] = path->inner[level]->count - 1;
        node = path->inner[level]->children[path->index[level]];
    }
}

void btreeAppend(btree *t, void *item) {
    uint64_t order = btreeItemOrder(t, item);
    btreePath path;
    if (t->last->count == t->last->room) {
        if (t->last->room == BTREE_LEAF_MAX) {
            btreeHangLast(t, order, item);
            return;
        }
        pathToLast(t, &path);
        btreeMakeRoom(t, &path, t->last);
    }
    pathToLast(t, &path);
    btreeLeafPut(t, t->last, t->last->count, order, item);
    countOnPath(t, &path, 1);
}

static void *takeAt(btree *t, const btreePath *path, btreeLeaf *leaf, unsigned index) {
    void *item = btreeSlotItem(leaf->slots[index]);
    btreeLeafTake(leaf, index, 1);
    countOnPath(t, path, (size_t)-1);
    btreeSettle(t, path, leaf);
    return item;
}

void *btreeRemove(btree *t, const void *probe) {
    search s = searchFor(t, probe);
    btreePath path;
    btreeLeaf *leaf = descend(t, &s, &path);
    bool found;
    unsigned index = leafSeek(t, leaf, &s, &found);
    return found ? takeAt(t, &path, leaf, index) : NULL;
}

void *btreeRemoveAt(btree *t, size_t rank) {
    ensure(rank < t->count);
    btreePath path;
    unsigned index;
    btreeLeaf *leaf = btreePathToRank(t, rank, &path, &index);
    return takeAt(t, &path, leaf, index);
}

void btreeRemoveRange(btree *t, size_t rank, size_t count, void (*visit)(void *ctx, void *item),
                      void *ctx) {
    ensure(rank <= t->count);
    ensure(count <= t->count - rank);
    while (count) {
        btreePath path;
        unsigned index;
        btreeLeaf *leaf = btreePathToRank(t, rank, &path, &index);
        unsigned part = leaf->count - index;
        if (part > count) part = (unsigned)count;
        if (visit) {
            const uint64_t *slots = leaf->slots + index;
            for (unsigned i = 0; i < part; i++) fetchItem(btreeSlotItem(slots[i]));
            for (unsigned i = 0; i < part; i++) visit(ctx, btreeSlotItem(slots[i]));
        }
        btreeLeafTake(leaf, index, part);
        countOnPath(t, &path, (size_t)0 - part);
        btreeSettle(t, &path, leaf);
        count -= part;
    }
}

/* ---- positions ---- */

btreeLeaf *btreePathToRank(const btree *t, size_t rank, btreePath *path, unsigned *index) {
    void *node = t->root;
    for (unsigned level = 0; level < t->height; level++) {
        btreeInner *inner = node;
        unsigned i = 0;
        while (i + 1 < inner->count && rank >= inner->counts[i]) rank -= inner->counts[i++];
        path->inner[level] = inner;
        path->index[level] = i;
        node = inner->children[i];
    }
    *index = (unsigned)rank;
    return node;
}

btreeAt btreeFirst(const btree *t) {
    return (btreeAt){t->count ? t->first : NULL, 0};
}

btreeAt btreeLast(const btree *t) {
    if (t->count == 0) return (btreeAt){NULL, 0};
    return (btreeAt){t->last, t->last->count - 1U};
}

btreeAt btreeAtRank(const btree *t, size_t rank) {
    if (rank >= t->count) return (btreeAt){NULL, 0};
    btreePath path;
    btreeAt at;
    at.leaf = btreePathToRank(t, rank, &path, &at.index);
    return at;
}

btreeAt btreeSeek(const btree *t, const void *probe, size_t *rank) {
    search s = searchFor(t, probe);
    bool found;
    return seek(t, &s, rank, &found);
}

btreeAt btreeSeekBack(const btree *t, const void *probe) {
    search s = searchFor(t, probe);
    bool found;
    btreeAt at = seek(t, &s, NULL, &found);
    if (found) return at;
    return at.leaf ? btreePrev(at) : btreeLast(t);
}

void *btreeItem(btreeAt at) {
    const btreeLeaf *leaf = at.leaf;
    return btreeSlotItem(leaf->slots[at.index]);
}

btreeAt btreeNext(btreeAt at) {
    const btreeLeaf *leaf = at.leaf;
    if (at.index + 1 < leaf->count) return (btreeAt){at.leaf, at.index + 1};
    return (btreeAt){leaf->next, 0};
}

btreeAt btreePrev(btreeAt at) {
    const btreeLeaf *leaf = at.leaf;
    if (at.index) return (btreeAt){at.leaf, at.index - 1};
    if (!leaf->prev) return (btreeAt){NULL, 0};
    return (btreeAt){leaf->prev, leaf->prev->count - 1U};
}

size_t btreeRead(btreeAt *at, bool backwards, void **items, size_t max) {
    size_t count = 0;
    for (; count < max && at->leaf; *at = backwards ? btreePrev(*at) : btreeNext(*at))
        fetchItem(items[count++] = btreeItem(*at));
    return count;
}
