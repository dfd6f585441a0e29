#include "storage/struct/deadlines_internal.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum { COUNT_EXACTLY = 512 };

deadlines *deadlinesNew(const deadlinesType *type) {
    deadlines *d = memCalloc(1, sizeof *d);
    d->type = type;
    d->bytes = memGoodSize(sizeof *d);
    return d;
}

void deadlinesFree(deadlines *d) {
    if (!d) return;
    while (deadlinesDropStep(d, SIZE_MAX)) {
    }
    memFree(d);
}

size_t deadlinesCount(const deadlines *d) {
    return d->count;
}

size_t deadlinesBytes(const deadlines *d) {
    return d->bytes;
}

/* ---- changing ---- */

void deadlinesAdd(deadlines *d, void *item, int64_t deadline_ms, uint64_t hash) {
    ensure(deadline_ms != DEADLINE_NONE);
    ensure((uintptr_t)item >> POINTER_BITS == 0);
    orderKey key = orderKeyOf(deadline_ms, hash);
    if (!d->root) d->root = leafNew(d, key);
    deadlinesPath path;
    deadlinesLeaf *leaf = treeDescend(d, key, &path);
    while (leaf->count == leafCapacity(leaf->size_class)) {
        treeMakeRoom(d, &path, leaf, key);
        leaf = treeDescend(d, key, &path);
    }
    leafInsert(leaf, item, key);
    if (d->count == 0) {
        d->first_known = true;
        d->first_ms = deadline_ms;
    } else if (d->first_known && deadline_ms < d->first_ms) {
        d->first_ms = deadline_ms;
    }
    d->count++;
}

bool deadlinesRemove(deadlines *d, const void *item, int64_t deadline_ms, uint64_t hash) {
    if (!d->root) return false;
    orderKey key = orderKeyOf(deadline_ms, hash);
    deadlinesPath path;
    deadlinesLeaf *leaf = treeDescend(d, key, &path);
    size_t at = leafFind(leaf, item, key);
    if (at == leaf->count) return false;
    leafErase(leaf, at);
    d->count--;
    if (deadline_ms == d->first_ms) d->first_known = false;
    treeGiveBack(d, &path, leaf);
    return true;
}

void deadlinesRepoint(deadlines *d, const void *from, void *to, int64_t deadline_ms,
                      uint64_t hash) {
    ensure(d->root != NULL);
    ensure((uintptr_t)to >> POINTER_BITS == 0);
    orderKey key = orderKeyOf(deadline_ms, hash);
    deadlinesPath path;
    deadlinesLeaf *leaf = treeDescend(d, key, &path);
    size_t at = leafFind(leaf, from, key);
    ensure(at < leaf->count);
    leaf->slots[at] = slotOf(slotTag(leaf->slots[at]), to);
}

bool deadlinesDropStep(deadlines *d, size_t max_nodes) {
    d->count = 0;
    d->first_known = false;
    for (; max_nodes > 0 && d->root; max_nodes--) {
        void *node = d->root;
        deadlinesInner *parent = NULL;
        unsigned level = 0;
        for (; level < d->height; level++) {
            deadlinesInner *inner = node;
            if (inner->count == 0) break;
            parent = inner;
            node = inner->children[inner->count - 1].node;
        }
        bool is_leaf = level == d->height;
        nodeFree(d, node,
                 is_leaf ? ((deadlinesLeaf *)node)->size_class
                         : ((deadlinesInner *)node)->size_class);
        if (parent) {
            parent->count--;
        } else {
            d->root = NULL;
        }
    }
    return d->root != NULL;
}

/* ---- looking ---- */

static int64_t findFirst(const deadlines *d) {
    deadlinesPath path;
    const deadlinesLeaf *leaf = treeFirst(d, &path);
    unsigned tag = slotTag(leaf->slots[0]);
    int64_t first_ms = leafSlotDeadline(d, leaf, leaf->slots[0]);
    if (leafTagIsOneMs(leaf, tag)) return first_ms;
    size_t end = leafTagEnd(leaf, tag);
    for (size_t i = 1; i < end; i++) {
        int64_t deadline_ms = leafSlotDeadline(d, leaf, leaf->slots[i]);
        if (deadline_ms < first_ms) first_ms = deadline_ms;
    }
    return first_ms;
}

int64_t deadlinesNext(const deadlines *d) {
    if (d->count == 0) return DEADLINE_NONE;
    if (!d->first_known) {
        deadlines *cache = (deadlines *)d;
        cache->first_ms = findFirst(d);
        cache->first_known = true;
    }
    return d->first_ms;
}

void *deadlinesFirstDue(const deadlines *d, int64_t now_ms) {
    void *item = NULL;
    deadlinesPeekDue(d, now_ms, &item, 1);
    return item;
}

/* Takes what is due in the slots [*at, end) of one tag; false when it met one that is not. */
static bool takeRun(const deadlines *d, deadlinesLeaf *leaf, size_t begin, size_t end,
                    bool check_ms, int64_t now_ms, void **items, size_t max, size_t *taken) {
    leafSortRun(d, leaf, begin, end);
    for (size_t i = begin; i < end && *taken < max; i++) {
        uint64_t slot = leaf->slots[i];
        if (check_ms && leafSlotDeadline(d, leaf, slot) > now_ms) return false;
        items[(*taken)++] = slotItem(slot);
    }
    return true;
}

size_t deadlinesPeekDue(const deadlines *d, int64_t now_ms, void **items, size_t max) {
    if (deadlinesNext(d) > now_ms || d->count == 0) return 0;
    orderKey bound = orderKeyOf(now_ms, UINT64_MAX);
    size_t taken = 0;
    deadlinesPath path;
    for (deadlinesLeaf *leaf = treeFirst(d, &path); leaf && taken < max;
         leaf = treeNext(d, &path)) {
        unsigned last_tag = leafTag(leaf, bound);
        for (size_t at = 0; at < leaf->count && taken < max;) {
            unsigned tag = slotTag(leaf->slots[at]);
            if (tag > last_tag) return taken;
            size_t end = at + 1;
            while (end < leaf->count && slotTag(leaf->slots[end]) == tag) end++;
            bool check_ms = tag == last_tag;
            if (!takeRun(d, leaf, at, end, check_ms, now_ms, items, max, &taken)) return taken;
            at = end;
        }
    }
    return taken;
}

/* The share of the index that lies before 'key', from the ways taken in each node. */
static double shareBefore(const deadlines *d, orderKey key) {
    deadlinesPath path;
    const deadlinesLeaf *leaf = treeDescend(d, key, &path);
    double share = (double)leafTagEnd(leaf, leafTag(leaf, key)) / leaf->count;
    for (unsigned level = d->height; level-- > 0;) {
        share = (path.steps[level].index + share) / path.steps[level].node->count;
    }
    return share;
}

size_t deadlinesDueEstimate(const deadlines *d, int64_t now_ms) {
    if (deadlinesNext(d) > now_ms || d->count == 0) return 0;
    orderKey bound = orderKeyOf(now_ms, UINT64_MAX);
    size_t due = 0;
    deadlinesPath path;
    for (const deadlinesLeaf *leaf = treeFirst(d, &path); leaf; leaf = treeNext(d, &path)) {
        if (due > COUNT_EXACTLY) {
            size_t about = (size_t)(shareBefore(d, bound) * (double)d->count);
            return about > due ? about : due;
        }
        unsigned last_tag = leafTag(leaf, bound);
        size_t begin = leafTagBegin(leaf, last_tag), end = leafTagEnd(leaf, last_tag);
        due += begin;
        for (size_t i = begin; i < end; i++) {
            due += leafSlotDeadline(d, leaf, leaf->slots[i]) <= now_ms;
        }
        if (end < leaf->count) break;
    }
    return due;
}

/* ---- a random item ---- */

/* The leaf of a random way down, each leaf as likely as any: a node that is not full is turned down
 * in proportion. NULL: draw again. All leaves lie equally deep, so the root needs no such care. */
static const deadlinesLeaf *randomLeaf(const deadlines *d, rng *r) {
    const void *node = d->root;
    for (unsigned level = 0; level < d->height; level++) {
        const deadlinesInner *inner = node;
        uint64_t index = rngBelow(r, level ? innerCapacity(INNER_CLASS_MAX) : inner->count);
        if (index >= inner->count) return NULL;
        node = inner->children[index].node;
    }
    return node;
}

void *deadlinesRandom(const deadlines *d, rng *r) {
    if (d->count == 0) return NULL;
    for (;;) {
        const deadlinesLeaf *leaf = randomLeaf(d, r);
        if (!leaf) continue;
        /* Only a leaf of equal keys has more slots than the capacity; its rest is drawn, too. */
        size_t most = leafCapacity(LEAF_CLASS_MAX);
        if (d->height == 0 || leaf->count > most) most = leaf->count;
        uint64_t index = rngBelow(r, most);
        if (index < leaf->count) return slotItem(leaf->slots[index]);
    }
}

/* ---- the average ---- */

static int64_t clampMs(double ms) {
    if (ms >= 0x1p63) return INT64_MAX;
    return ms <= -0x1p63 ? INT64_MIN : (int64_t)ms;
}

static int64_t averageOfAll(const deadlines *d, int64_t now_ms) {
    __int128 sum = 0;
    deadlinesPath path;
    for (const deadlinesLeaf *leaf = treeFirst(d, &path); leaf; leaf = treeNext(d, &path)) {
        for (size_t i = 0; i < leaf->count; i++) {
            sum += (__int128)leafSlotDeadline(d, leaf, leaf->slots[i]) - now_ms;
        }
    }
    sum /= (__int128)d->count;
    if (sum > INT64_MAX) return INT64_MAX;
    return sum < INT64_MIN ? INT64_MIN : (int64_t)sum;
}

int64_t deadlinesAverage(const deadlines *d, int64_t now_ms, size_t sample) {
    if (d->count == 0 || sample == 0) return 0;
    if (d->count <= sample) return averageOfAll(d, now_ms);
    /* Evenly spaced over the tree; an item weighs as much as it was unlikely to be met, since
     * nodes are not equally full. */
    double sum = 0, weights = 0;
    for (size_t i = 0; i < sample; i++) {
        double at = ((double)i + 0.5) / (double)sample, weight = 1;
        const void *node = d->root;
        for (unsigned level = 0; level < d->height; level++) {
            const deadlinesInner *inner = node;
            at *= inner->count;
            weight *= inner->count;
            uint32_t index = (uint32_t)at < inner->count ? (uint32_t)at : inner->count - 1;
            at -= index;
            node = inner->children[index].node;
        }
        const deadlinesLeaf *leaf = node;
        size_t index = (size_t)(at * leaf->count);
        if (index >= leaf->count) index = leaf->count - 1;
        weight *= leaf->count;
        double ttl_ms = (double)leafSlotDeadline(d, leaf, leaf->slots[index]) - (double)now_ms;
        sum += weight * ttl_ms;
        weights += weight;
    }
    return clampMs(sum / weights);
}

/* ---- checking ---- */

typedef struct checkState {
    const deadlines *d;
    size_t items, bytes;
    int64_t first_ms;
} checkState;

static void checkLeaf(checkState *state, const deadlinesLeaf *leaf, orderKey low, orderKey high) {
    const deadlinesType *type = state->d->type;
    ensure(leaf->count > 0);
    ensure(leaf->count <= leafCapacity(leaf->size_class));
    ensure(leafBase(leaf) == leafBase(leaf) >> leaf->shift << leaf->shift);
    for (size_t i = 0; i < leaf->count; i++) {
        const void *item = slotItem(leaf->slots[i]);
        int64_t deadline_ms = type->deadlineOf(item);
        orderKey key = orderKeyOf(deadline_ms, type->hashOf(item));
        ensure(key >= low);
        ensure(key <= high);
        ensure(slotTag(leaf->slots[i]) == leafTag(leaf, key));
        if (i > 0) ensure(slotTag(leaf->slots[i - 1]) <= slotTag(leaf->slots[i]));
        ensure(leafSlotDeadline(state->d, leaf, leaf->slots[i]) == deadline_ms);
        if (deadline_ms < state->first_ms) state->first_ms = deadline_ms;
    }
    state->items += leaf->count;
    state->bytes += classBytes(leaf->size_class);
}

/* 'low' and 'high' are the least and the last key that may lie under 'node'. */
static void checkNode(checkState *state, const void *node, unsigned level, orderKey low,
                      orderKey high) {
    if (level == state->d->height) {
        checkLeaf(state, node, low, high);
        return;
    }
    const deadlinesInner *inner = node;
    ensure(inner->count >= (level == 0 ? 2 : 1));
    ensure(inner->count <= innerCapacity(inner->size_class));
    ensure(childKey(inner->children) == low);
    for (uint32_t i = 0; i < inner->count; i++) {
        orderKey from = childKey(inner->children + i);
        orderKey to = i + 1 < inner->count ? childKey(inner->children + i + 1) - 1 : high;
        ensure(from <= to);
        checkNode(state, inner->children[i].node, level + 1, from, to);
    }
    state->bytes += classBytes(inner->size_class);
}

void deadlinesCheck(const deadlines *d) {
    checkState state = {.d = d, .bytes = memGoodSize(sizeof *d), .first_ms = DEADLINE_NONE};
    if (d->root) {
        checkNode(&state, d->root, 0, 0, ~(orderKey)0);
    } else {
        ensure(d->height == 0);
    }
    ensure(state.items == d->count);
    ensure(state.bytes == d->bytes);
    if (d->count > 0 && d->first_known) ensure(d->first_ms == state.first_ms);
}
