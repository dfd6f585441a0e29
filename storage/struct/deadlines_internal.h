/* deadlines_internal.h - what the files of deadlines share: order, nodes and the way to a leaf.
 *
 * A B+tree over order keys. An order key is 128 bits: the deadline (sign bit flipped, so that it
 * compares unsigned) over the hash. Nodes are sized in the allocator's own classes and move one
 * class at a time, so that hardly a byte lies idle whatever their fill:
 *
 *     inner    [count, class | (low key of child, child) ...]
 *     leaf     [base key, count, class, shift | slot slot slot ...]     sorted by tag
 *     slot     [tag 16 | item pointer 48]
 *
 * A leaf counts its tags in granules of 2^shift from 'base', a multiple of the granule: tag 1 is
 * the granule at base, tag 65534 the last; keys before and after it get the tags 0 and 65535. Tags
 * so keep the order of keys, coarsely; slots of one tag lie in no order. What follows:
 *   - A cut between two tags needs no item: the border is the start of the later granule.
 *   - Granules nest in coarser ones, so merging re-tags without items, but for tags 0 and 65535.
 *   - A granule with shift <= 64 lies within one millisecond: order and deadline are known.
 *   - Only where tags do not tell enough (a cut inside one tag, an outlier that makes the granules
 *     too coarse) the items of one leaf are read, and the leaf gets a new base and shift. */
#ifndef EBB_STORAGE_STRUCT_DEADLINES_INTERNAL_H
#define EBB_STORAGE_STRUCT_DEADLINES_INTERNAL_H

#include "storage/struct/deadlines.h"

typedef unsigned __int128 orderKey;

enum {
    TAG_BEFORE = 0,    /* keys before the first granule */
    TAG_AFTER = 65535, /* keys after the last */
    POINTER_BITS = 48,
    HEIGHT_MAX = 16, /* of inner nodes on one way: 2^16 leaves at the very least */

    LEAF_CLASS_MAX = 16, /* 1024 B, 125 slots; only equal keys make a leaf larger */
    LEAF_LOW = 48,       /* a leaf below this looks for a neighbour to merge with */
    LEAF_MERGED = 96,    /* most slots of a merged leaf, so that it does not split again soon */

    INNER_CLASS_MAX = 18, /* 1536 B, 63 children */
    INNER_LOW = 20,
    INNER_MERGED = 48
};

typedef struct deadlinesLeaf {
    uint64_t base_high, base_low; /* apart, because an orderKey would align the leaf to 16 */
    uint32_t count;
    uint8_t size_class;
    uint8_t shift;
    uint64_t slots[];
} deadlinesLeaf;

typedef struct deadlinesChild {
    uint64_t high, low; /* no key below it lies under 'node'; equal to the node's own first */
    void *node;
} deadlinesChild;

typedef struct deadlinesInner {
    uint32_t count;
    uint8_t size_class;
    deadlinesChild children[];
} deadlinesInner;

struct deadlines {
    const deadlinesType *type;
    void *root; /* NULL, a leaf where height is 0, else an inner node */
    unsigned height;
    bool first_known; /* a cache, which deadlinesNext() fills */
    int64_t first_ms;
    size_t count;
    size_t bytes;
};

/* The inner nodes from the root to a leaf, and the child taken in each. */
typedef struct deadlinesPath {
    struct {
        deadlinesInner *node;
        uint32_t index;
    } steps[HEIGHT_MAX];
} deadlinesPath;

/* ---- keys ---- */

static inline orderKey orderKeyOf(int64_t deadline_ms, uint64_t hash) {
    uint64_t high = (uint64_t)deadline_ms ^ (uint64_t)1 << 63;
    return (orderKey)high << 64 | hash;
}

static inline int64_t orderKeyDeadline(orderKey key) {
    return (int64_t)((uint64_t)(key >> 64) ^ (uint64_t)1 << 63);
}

static inline orderKey childKey(const deadlinesChild *child) {
    return (orderKey)child->high << 64 | child->low;
}

/* ---- size classes: 64, 80, 96, 112, 128, 160, 192 ... four to each doubling, as jemalloc's ----
 */

static inline size_t classBytes(unsigned size_class) {
    return (size_t)(4 + size_class % 4) << (4 + size_class / 4);
}

static inline size_t leafCapacity(unsigned size_class) {
    return (classBytes(size_class) - sizeof(deadlinesLeaf)) / sizeof(uint64_t);
}

static inline size_t innerCapacity(unsigned size_class) {
    return (classBytes(size_class) - sizeof(deadlinesInner)) / sizeof(deadlinesChild);
}

/* Nodes, counted in d->bytes. Resizing may move the node: its link is the caller's to set. */
void *nodeNew(deadlines *d, unsigned size_class);
void *nodeResize(deadlines *d, void *node, unsigned from_class, unsigned to_class);
void nodeFree(deadlines *d, void *node, unsigned size_class);

/* ---- leaves (deadlines_leaf.c) ---- */

static inline unsigned slotTag(uint64_t slot) {
    return (unsigned)(slot >> POINTER_BITS);
}

static inline void *slotItem(uint64_t slot) {
    return (void *)(uintptr_t)(slot & (((uint64_t)1 << POINTER_BITS) - 1));
}

static inline uint64_t slotOf(unsigned tag, const void *item) {
    return (uint64_t)tag << POINTER_BITS | (uint64_t)(uintptr_t)item;
}

static inline orderKey leafBase(const deadlinesLeaf *leaf) {
    return (orderKey)leaf->base_high << 64 | leaf->base_low;
}

unsigned leafTag(const deadlinesLeaf *leaf, orderKey key);
/* The start of a tag's granule; the tag is not TAG_BEFORE. */
orderKey leafTagStart(const deadlinesLeaf *leaf, unsigned tag);
/* True if all keys of the tag have the same deadline, the one of leafTagStart(). */
bool leafTagIsOneMs(const deadlinesLeaf *leaf, unsigned tag);
/* The first slot whose tag is 'tag' or more; the first after 'tag'. */
size_t leafTagBegin(const deadlinesLeaf *leaf, unsigned tag);
size_t leafTagEnd(const deadlinesLeaf *leaf, unsigned tag);
/* The deadline of a slot; reads its item only where the tag does not tell. */
int64_t leafSlotDeadline(const deadlines *d, const deadlinesLeaf *leaf, uint64_t slot);
/* The slot of 'item' or leaf->count. */
size_t leafFind(const deadlinesLeaf *leaf, const void *item, orderKey key);

/* An empty leaf, with tags of a second or so around 'key'. */
deadlinesLeaf *leafNew(deadlines *d, orderKey key);
/* There is room. */
void leafInsert(deadlinesLeaf *leaf, void *item, orderKey key);
void leafErase(deadlinesLeaf *leaf, size_t index);
/* The leaf, perhaps moved: one class larger; one smaller where it may; right for its slots and one
 * more. */
deadlinesLeaf *leafGrow(deadlines *d, deadlinesLeaf *leaf);
deadlinesLeaf *leafShrink(deadlines *d, deadlinesLeaf *leaf);
deadlinesLeaf *leafTrim(deadlines *d, deadlinesLeaf *leaf);
/* Cuts the later part off into a leaf of its own that starts at '*border'; NULL where all keys are
 * equal. 'incoming' is the key that found no room: a leaf that grows at its end is cut there. */
deadlinesLeaf *leafCut(deadlines *d, deadlinesLeaf *leaf, orderKey incoming, orderKey *border);
/* Both in one new leaf; frees the two. At most LEAF_MERGED slots together. */
deadlinesLeaf *leafMerge(deadlines *d, deadlinesLeaf *left, deadlinesLeaf *right);
/* Brings slots of one tag in order of their deadlines, as far as it is not known by the tag. */
void leafSortRun(const deadlines *d, deadlinesLeaf *leaf, size_t begin, size_t end);

/* ---- the tree (deadlines_tree.c) ---- */

/* The leaf whose range holds 'key', and the way to it. There is a root. */
deadlinesLeaf *treeDescend(const deadlines *d, orderKey key, deadlinesPath *path);
/* Leaves in order; NULL after the last. */
deadlinesLeaf *treeFirst(const deadlines *d, deadlinesPath *path);
deadlinesLeaf *treeNext(const deadlines *d, deadlinesPath *path);
/* The full leaf at the end of 'path' grows or is cut; the path is stale then. */
void treeMakeRoom(deadlines *d, deadlinesPath *path, deadlinesLeaf *leaf, orderKey incoming);
/* A slot was taken out of the leaf at the end of 'path': shrinks, merges, frees. */
void treeGiveBack(deadlines *d, deadlinesPath *path, deadlinesLeaf *leaf);

#endif
