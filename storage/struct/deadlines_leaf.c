#include "storage/base/prefetch.h"
#include "storage/struct/deadlines_internal.h"

#include <stdlib.h>
#include <string.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum {
    GRANULE_LAST = TAG_AFTER - TAG_BEFORE - 2, /* granules are numbered from 0, tags from 1 */
    SPAN_BITS = 15,      /* granules over the keys of a leaf, the rest of the tags is room */
    EDGE_SPAN_BITS = 12, /* the same where keys come in beyond the leaf's first or last */
    ROOM_BITS = 14,      /* granules left free before the first key */
    NEW_SHIFT = 64 + 10, /* a first leaf: granules of about a second over 18 hours */
    STACK_SLOTS = 128
};

typedef struct keyedSlot {
    orderKey key;
    uint64_t slot;
} keyedSlot;

void *nodeNew(deadlines *d, unsigned size_class) {
    d->bytes += classBytes(size_class);
    return memAlloc(classBytes(size_class));
}

void *nodeResize(deadlines *d, void *node, unsigned from_class, unsigned to_class) {
    d->bytes += classBytes(to_class) - classBytes(from_class);
    return memRealloc(node, classBytes(to_class));
}

void nodeFree(deadlines *d, void *node, unsigned size_class) {
    d->bytes -= classBytes(size_class);
    memFree(node);
}

static unsigned leafClassFor(size_t slots) {
    unsigned size_class = 0;
    while (leafCapacity(size_class) < slots) size_class++;
    return size_class;
}

/* ---- tags ---- */

unsigned leafTag(const deadlinesLeaf *leaf, orderKey key) {
    orderKey base = leafBase(leaf);
    if (key < base) return TAG_BEFORE;
    orderKey granule = (key - base) >> leaf->shift;
    return granule > GRANULE_LAST ? TAG_AFTER : (unsigned)granule + 1;
}

orderKey leafTagStart(const deadlinesLeaf *leaf, unsigned tag) {
    return leafBase(leaf) + ((orderKey)(tag - 1) << leaf->shift);
}

bool leafTagIsOneMs(const deadlinesLeaf *leaf, unsigned tag) {
    return leaf->shift <= 64 && tag != TAG_BEFORE && tag != TAG_AFTER;
}

static orderKey itemKey(const deadlines *d, const void *item) {
    return orderKeyOf(d->type->deadlineOf(item), d->type->hashOf(item));
}

/* Sets base and shift for keys of 'low' to 'high' in 2^span_bits granules, none finer than
 * 'shift_min'. */
static void leafFit(deadlinesLeaf *leaf, orderKey low, orderKey high, unsigned span_bits,
                    unsigned shift_min) {
    orderKey span = high - low;
    uint64_t span_high = (uint64_t)(span >> 64), span_low = (uint64_t)span;
    unsigned width = 0;
    if (span_high != 0) {
        width = 128 - (unsigned)__builtin_clzll(span_high);
    } else if (span_low != 0) {
        width = 64 - (unsigned)__builtin_clzll(span_low);
    }
    unsigned shift = width > span_bits ? width - span_bits : 0;
    if (shift < shift_min) shift = shift_min;
    orderKey base = low >> shift << shift;
    orderKey room = shift + ROOM_BITS < 128 ? (orderKey)1 << (shift + ROOM_BITS) : base;
    base = base > room ? base - room : 0;
    leaf->base_high = (uint64_t)(base >> 64);
    leaf->base_low = (uint64_t)base;
    leaf->shift = (uint8_t)shift;
}

/* The first slot not less than 'slot', without a branch that depends on the data. */
static size_t lowerBound(const deadlinesLeaf *leaf, uint64_t slot) {
    const uint64_t *at = leaf->slots;
    size_t left = leaf->count;
    if (left == 0) return 0;
    while (left > 1) {
        size_t half = left / 2;
        at += at[half - 1] < slot ? half : 0;
        left -= half;
    }
    return (size_t)(at - leaf->slots) + (*at < slot);
}

size_t leafTagBegin(const deadlinesLeaf *leaf, unsigned tag) {
    return lowerBound(leaf, slotOf(tag, NULL));
}

size_t leafTagEnd(const deadlinesLeaf *leaf, unsigned tag) {
    return tag == TAG_AFTER ? leaf->count : lowerBound(leaf, slotOf(tag + 1, NULL));
}

int64_t leafSlotDeadline(const deadlines *d, const deadlinesLeaf *leaf, uint64_t slot) {
    if (leafTagIsOneMs(leaf, slotTag(slot))) {
        return orderKeyDeadline(leafTagStart(leaf, slotTag(slot)));
    }
    return d->type->deadlineOf(slotItem(slot));
}

size_t leafFind(const deadlinesLeaf *leaf, const void *item, orderKey key) {
    unsigned tag = leafTag(leaf, key);
    uint64_t wanted = slotOf(tag, item);
    for (size_t i = leafTagBegin(leaf, tag); i < leaf->count; i++) {
        if (leaf->slots[i] == wanted) return i;
        if (slotTag(leaf->slots[i]) != tag) break;
    }
    return leaf->count;
}

/* ---- one leaf ---- */

static deadlinesLeaf *leafAlloc(deadlines *d, size_t slots) {
    unsigned size_class = leafClassFor(slots);
    deadlinesLeaf *leaf = nodeNew(d, size_class);
    leaf->count = 0;
    leaf->size_class = (uint8_t)size_class;
    return leaf;
}

deadlinesLeaf *leafNew(deadlines *d, orderKey key) {
    deadlinesLeaf *leaf = leafAlloc(d, 1);
    leafFit(leaf, key, key, SPAN_BITS, NEW_SHIFT);
    return leaf;
}

void leafInsert(deadlinesLeaf *leaf, void *item, orderKey key) {
    unsigned tag = leafTag(leaf, key);
    size_t at = leafTagEnd(leaf, tag);
    memmove(leaf->slots + at + 1, leaf->slots + at, (leaf->count - at) * sizeof *leaf->slots);
    leaf->slots[at] = slotOf(tag, item);
    leaf->count++;
}

void leafErase(deadlinesLeaf *leaf, size_t index) {
    leaf->count--;
    memmove(leaf->slots + index, leaf->slots + index + 1,
            (leaf->count - index) * sizeof *leaf->slots);
}

static deadlinesLeaf *leafToClass(deadlines *d, deadlinesLeaf *leaf, unsigned size_class) {
    if (size_class == leaf->size_class) return leaf;
    leaf = nodeResize(d, leaf, leaf->size_class, size_class);
    leaf->size_class = (uint8_t)size_class;
    return leaf;
}

deadlinesLeaf *leafGrow(deadlines *d, deadlinesLeaf *leaf) {
    return leafToClass(d, leaf, leaf->size_class + 1u);
}

deadlinesLeaf *leafShrink(deadlines *d, deadlinesLeaf *leaf) {
    if (leaf->size_class == 0) return leaf;
    /* A few slots of room, so that adding and removing by turns does not resize each time. */
    size_t wanted = leaf->count + leaf->count / 16 + 1;
    if (wanted > leafCapacity(leaf->size_class - 1u)) return leaf;
    return leafToClass(d, leaf, leaf->size_class - 1u);
}

deadlinesLeaf *leafTrim(deadlines *d, deadlinesLeaf *leaf) {
    return leafToClass(d, leaf, leafClassFor(leaf->count + 1));
}

/* ---- cutting ---- */

/* The place nearest to 'target' where the tag changes, within 'reach' of it; 0 if there is none. */
static size_t tagBorderNear(const deadlinesLeaf *leaf, size_t target, size_t reach) {
    for (size_t away = 0; away <= reach; away++) {
        size_t before = target - away, after = target + away;
        if (away < target && slotTag(leaf->slots[before - 1]) != slotTag(leaf->slots[before])) {
            return before;
        }
        if (after < leaf->count && slotTag(leaf->slots[after - 1]) != slotTag(leaf->slots[after])) {
            return after;
        }
    }
    return 0;
}

/* True if the tags of [begin, end) tell most of its slots apart. */
static bool tagsTell(const deadlinesLeaf *leaf, size_t begin, size_t end) {
    return slotTag(leaf->slots[end - 1]) - slotTag(leaf->slots[begin]) >= 2 * (end - begin);
}

static deadlinesLeaf *cutByTags(deadlines *d, deadlinesLeaf *leaf, size_t target,
                                orderKey *border) {
    size_t at = tagBorderNear(leaf, target, leaf->count / 16);
    if (at == 0) return NULL;
    if (!tagsTell(leaf, 0, at) || !tagsTell(leaf, at, leaf->count)) return NULL;
    size_t moved = leaf->count - at;
    deadlinesLeaf *right = leafAlloc(d, moved + 1);
    right->base_high = leaf->base_high;
    right->base_low = leaf->base_low;
    right->shift = leaf->shift;
    right->count = (uint32_t)moved;
    memcpy(right->slots, leaf->slots + at, moved * sizeof *leaf->slots);
    leaf->count = (uint32_t)at;
    *border = leafTagStart(leaf, slotTag(right->slots[0]));
    return right;
}

static int compareKeyed(const void *a, const void *b) {
    orderKey left = ((const keyedSlot *)a)->key, right = ((const keyedSlot *)b)->key;
    return left < right ? -1 : left > right;
}

static void leafPrefetchItems(const deadlinesLeaf *leaf, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) prefetch(slotItem(leaf->slots[i]));
}

static void leafFill(deadlinesLeaf *leaf, const keyedSlot *sorted, size_t count) {
    leaf->count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        leaf->slots[i] = slotOf(leafTag(leaf, sorted[i].key), slotItem(sorted[i].slot));
    }
}

/* The place nearest to 'target' where the key changes, or 0. */
static size_t keyBorderNear(const keyedSlot *sorted, size_t count, size_t target) {
    size_t before = target, after = target;
    while (before > 0 && sorted[before - 1].key == sorted[target].key) before--;
    while (after < count && sorted[after].key == sorted[target].key) after++;
    if (before == 0) return after == count ? 0 : after;
    return after == count || target - before <= after - target ? before : after;
}

static deadlinesLeaf *cutByKeys(deadlines *d, deadlinesLeaf *leaf, size_t target,
                                unsigned span_bits, orderKey *border) {
    keyedSlot on_stack[STACK_SLOTS];
    size_t count = leaf->count;
    keyedSlot *sorted = count <= STACK_SLOTS ? on_stack : memAlloc(count * sizeof *sorted);
    leafPrefetchItems(leaf, 0, count);
    for (size_t i = 0; i < count; i++) {
        sorted[i].slot = leaf->slots[i];
        sorted[i].key = itemKey(d, slotItem(leaf->slots[i]));
    }
    qsort(sorted, count, sizeof *sorted, compareKeyed);
    size_t at = keyBorderNear(sorted, count, target);
    deadlinesLeaf *right = NULL;
    size_t kept = count;
    if (at != 0) {
        right = leafAlloc(d, count - at + 1);
        leafFit(right, sorted[at].key, sorted[count - 1].key, span_bits, 0);
        leafFill(right, sorted + at, count - at);
        *border = sorted[at].key;
        kept = at;
    }
    leafFit(leaf, sorted[0].key, sorted[kept - 1].key, span_bits, 0);
    leafFill(leaf, sorted, kept);
    if (sorted != on_stack) memFree(sorted);
    return right;
}

deadlinesLeaf *leafCut(deadlines *d, deadlinesLeaf *leaf, orderKey incoming, orderKey *border) {
    size_t place = leafTagEnd(leaf, leafTag(leaf, incoming));
    bool at_end = place == leaf->count;
    bool at_edge = at_end || place == 0;
    size_t target = leaf->count / 2;
    /* Deadlines often come in ascending order: then the part left behind gets no more, and fills
     * the next smaller class to the brim. */
    if (at_end && leaf->size_class == LEAF_CLASS_MAX) target = leafCapacity(LEAF_CLASS_MAX - 1) - 1;
    deadlinesLeaf *right = cutByTags(d, leaf, target, border);
    if (right) return right;
    return cutByKeys(d, leaf, target, at_edge ? EDGE_SPAN_BITS : SPAN_BITS, border);
}

/* ---- merging ---- */

/* Appends a key for each slot: that of the item where the tag is a clamp, else its granule's start,
 * which stands for it in every coarser measure. */
static void appendKeys(const deadlines *d, const deadlinesLeaf *leaf, keyedSlot *out) {
    for (size_t i = 0; i < leaf->count; i++) {
        uint64_t slot = leaf->slots[i];
        unsigned tag = slotTag(slot);
        bool clamped = tag == TAG_BEFORE || tag == TAG_AFTER;
        out[i].slot = slot;
        out[i].key = clamped ? itemKey(d, slotItem(slot)) : leafTagStart(leaf, tag);
    }
}

deadlinesLeaf *leafMerge(deadlines *d, deadlinesLeaf *left, deadlinesLeaf *right) {
    keyedSlot sorted[LEAF_MERGED];
    size_t count = left->count + right->count;
    ensure(count <= LEAF_MERGED);
    appendKeys(d, left, sorted);
    appendKeys(d, right, sorted + left->count);
    qsort(sorted, count, sizeof *sorted, compareKeyed);
    unsigned shift_min = left->shift > right->shift ? left->shift : right->shift;
    deadlinesLeaf *merged = leafAlloc(d, count + 1);
    leafFit(merged, sorted[0].key, sorted[count - 1].key, SPAN_BITS, shift_min);
    leafFill(merged, sorted, count);
    nodeFree(d, left, left->size_class);
    nodeFree(d, right, right->size_class);
    return merged;
}

/* ---- order inside one tag ---- */

static int compareDeadlines(const void *a, const void *b, void *ctx) {
    const deadlinesType *type = ctx;
    int64_t left = type->deadlineOf(slotItem(*(const uint64_t *)a));
    int64_t right = type->deadlineOf(slotItem(*(const uint64_t *)b));
    return left < right ? -1 : left > right;
}

void leafSortRun(const deadlines *d, deadlinesLeaf *leaf, size_t begin, size_t end) {
    if (end - begin < 2 || leafTagIsOneMs(leaf, slotTag(leaf->slots[begin]))) return;
    leafPrefetchItems(leaf, begin, end);
    qsort_r(leaf->slots + begin, end - begin, sizeof *leaf->slots, compareDeadlines,
            (void *)d->type);
}
