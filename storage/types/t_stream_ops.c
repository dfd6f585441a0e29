/* A stream as the value of an entry: freeing, copying, moving, and the check of its invariants. */
#include "storage/base/digest.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/types/t_stream_internal.h"

enum { ITEMS_A_LEAF = 64 };

/* ---- sizes ---- */

static size_t partsOf(const void *value) {
    const stream *s = value;
    return 1 + btreeCount(s->nodes) + s->group_parts + streamIdmpParts(s->idmp);
}

static size_t memoryOf(const void *value) {
    const stream *s = value;
    size_t nodes = btreeCount(s->nodes) * sizeof(streamNode) + btreeBytes(s->nodes);
    return sizeof *s + s->node_bytes + nodes + s->group_bytes + streamIdmpBytes(s->idmp);
}

/* ---- freeing ---- */

static void freeNode(void *ctx, void *item) {
    (void)ctx;
    streamNodeFree(item);
}

static void freePending(void *ctx, void *item) {
    (void)ctx;
    slabFree(SLAB_TREE_NODE, item, sizeof(streamPending));
}

/* Frees about 'max' items of a tree, and all of it with the last: then true, and *t is NULL. */
static bool dropTree(btree **t, size_t max, void (*visit)(void *ctx, void *item)) {
    if (!*t) return true;
    if (btreeDropStep(*t, max / ITEMS_A_LEAF + 1, visit, NULL)) return false;
    btreeFree(*t);
    *t = NULL;
    return true;
}

static bool dropGroup(streamGroup *g, size_t max) {
    /* The consumers' trees go first: their items are freed with the group's. */
    for (; btreeCount(g->consumers); max--) {
        streamConsumer *c = btreeItem(btreeFirst(g->consumers));
        if (max == 0 || !dropTree(&c->pending, max, NULL)) return false;
        btreeRemoveAt(g->consumers, 0);
        memFree(c);
    }
    if (!dropTree(&g->by_age, max, NULL) || !dropTree(&g->pending, max, freePending)) return false;
    btreeFree(g->consumers);
    memFree(g);
    return true;
}

static bool freeStep(void *value, size_t max) {
    stream *s = value;
    if (!dropTree(&s->nodes, max, freeNode)) return false;
    if (s->groups) {
        if (btreeCount(s->groups)) {
            if (dropGroup(streamGroupAt(s, 0), max)) btreeRemoveAt(s->groups, 0);
            return false;
        }
        btreeFree(s->groups);
        s->groups = NULL;
    }
    if (!streamIdmpFreeStep(s->idmp, max)) return false;
    memFree(s);
    return true;
}

static void freeAll(void *value) {
    while (!freeStep(value, SIZE_MAX)) {
    }
}

/* ---- copying ---- */

static void copyGroup(stream *to, const streamGroup *from) {
    streamGroup *g =
        streamGroupCreate(to, streamGroupName(from), from->last_id, from->entries_read);
    for (btreeAt at = btreeFirst(from->consumers); at.leaf; at = btreeNext(at)) {
        const streamConsumer *c = btreeItem(at);
        streamConsumer *copy = streamConsumerCreate(to, g, streamConsumerName(c), c->seen_ms);
        copy->active_ms = c->active_ms;
    }
    for (btreeAt at = btreeFirst(from->pending); at.leaf; at = btreeNext(at)) {
        const streamPending *p = btreeItem(at);
        const streamConsumer *owner = streamPendingOwner(p);
        streamConsumer *copy = owner ? streamConsumerFind(g, streamConsumerName(owner)) : NULL;
        streamPending *made = streamPendingAdd(to, g, copy, p->id, p->delivered_ms, p->deliveries);
        if (!owner) made->owner = p->owner;
    }
    g->next_give_back = from->next_give_back;
}

static void *copyAll(const void *value) {
    const stream *from = value;
    stream *to = streamNew();
    btree *nodes = to->nodes;
    *to = *from;
    to->nodes = nodes;
    to->groups = NULL;
    to->group_parts = to->group_bytes = 0;
    for (btreeAt at = btreeFirst(from->nodes); at.leaf; at = btreeNext(at)) {
        const streamNode *old = btreeItem(at);
        streamNode *node = slabAlloc(SLAB_TREE_NODE, sizeof *node);
        *node = (streamNode){.id = old->id, .lp = listpackCopy(old->lp), .placed = old->placed};
        btreeAppend(nodes, node);
    }
    for (size_t i = 0; i < streamGroupCount(from); i++) copyGroup(to, streamGroupAt(from, i));
    to->idmp = streamIdmpCopy(from->idmp);
    return to;
}

/* ---- moving ---- */

/* The cursor is the number of a tree over a position in it: 0 the nodes, 1 the groups, then of each
 * group three trees and one of each consumer. */
enum { POSITION_BITS = 40, GROUP_TREES = 3 };

static void *moveNode(void *ctx, void *item) {
    (void)ctx;
    streamNode *node = item;
    node->lp = listpackMove(node->lp);
    if (!slabShouldMove(SLAB_TREE_NODE, node, sizeof *node)) return node;
    streamNode *to = slabAlloc(SLAB_TREE_NODE, sizeof *to);
    *to = *node;
    slabFree(SLAB_TREE_NODE, node, sizeof *node);
    return to;
}

static void *movePending(void *ctx, void *item) {
    streamGroup *g = ctx;
    streamPending *p = item;
    if (!slabShouldMove(SLAB_TREE_NODE, p, sizeof *p)) return p;
    streamPending *to = slabAlloc(SLAB_TREE_NODE, sizeof *to);
    *to = *p;
    streamConsumer *owner = streamPendingOwner(p);
    if (owner) btreeRepoint(owner->pending, &p->id, p, to);
    if (g->by_age) btreeRepoint(g->by_age, p, p, to);
    slabFree(SLAB_TREE_NODE, p, sizeof *p);
    return to;
}

/* Walks on in tree 'number'; false if there is none of that number. */
static bool walkTree(stream *s, uint64_t number, uint64_t *position) {
    if (number < 2) {
        if (number == 0) *position = btreeWalk(s->nodes, *position, moveNode, NULL);
        if (number == 1) *position = s->groups ? btreeWalk(s->groups, *position, NULL, NULL) : 0;
        return true;
    }
    number -= 2;
    for (size_t i = 0; i < streamGroupCount(s); i++) {
        streamGroup *g = streamGroupAt(s, i);
        uint64_t trees = GROUP_TREES + btreeCount(g->consumers);
        if (number >= trees) {
            number -= trees;
            continue;
        }
        btree *t = number == 0   ? g->pending
                   : number == 1 ? g->by_age
                   : number == 2 ? g->consumers
                                 : streamConsumerAt(g, number - GROUP_TREES)->pending;
        *position = t ? btreeWalk(t, *position, number ? NULL : movePending, g) : 0;
        return true;
    }
    return false;
}

static void *move(void *value, uint64_t *cursor) {
    stream *s = value;
    uint64_t number = *cursor >> POSITION_BITS;
    uint64_t position = *cursor & (((uint64_t)1 << POSITION_BITS) - 1);
    if (!walkTree(s, number, &position) || (!position && ++number >> (64 - POSITION_BITS)))
        *cursor = 0;
    else
        *cursor = number << POSITION_BITS | position;
    return s;
}

/* ---- digest ---- */

static uint64_t mix(uint64_t digest, uint64_t more) {
    uint64_t both[2] = {digest, more};
    return digestXxh3(bytesOf(both, sizeof both));
}

static uint64_t mixValue(uint64_t digest, listpackValue value) {
    char scratch[NUM_INT_MAX];
    bytes text = value.text;
    if (!text.data) text = bytesOf(scratch, numFormatInt(scratch, value.number));
    return mix(digest, digestXxh3(text));
}

static uint64_t digestOf(const void *value) {
    const stream *s = value;
    uint64_t digest = s->length;
    streamIterator it;
    streamIteratorInit(&it, s, STREAM_ID_ZERO, STREAM_ID_MAX, false);
    while (streamIteratorNext(&it)) {
        digest = mix(mix(digest, it.id.ms), it.id.seq);
        for (size_t i = 0; i < it.fields; i++) {
            listpackValue field, content;
            streamIteratorField(&it, &field, &content);
            digest = mixValue(mixValue(digest, field), content);
        }
    }
    return digest;
}

const valueOps streamOps = {
    .free = freeAll,
    .parts = partsOf,
    .memory = memoryOf,
    .copy = copyAll,
    .freeStep = freeStep,
    .move = move,
    .digest = digestOf,
};

/* ---- checks ---- */

static void checkPending(const streamGroup *g) {
    size_t owned = 0, given_back = 0;
    for (btreeAt at = btreeFirst(g->pending); at.leaf; at = btreeNext(at)) {
        const streamPending *p = btreeItem(at);
        const streamConsumer *owner = streamPendingOwner(p);
        if (owner) ensure(btreeFind(owner->pending, &p->id) == p);
        if (g->by_age) ensure(btreeFind(g->by_age, p) == p);
        given_back += !owner;
    }
    for (btreeAt at = btreeFirst(g->consumers); at.leaf; at = btreeNext(at)) {
        const streamConsumer *c = btreeItem(at);
        owned += streamConsumerPending(c);
        if (c->pending) btreeCheck(c->pending);
    }
    ensure(given_back == g->given_back);
    ensure(owned + given_back == btreeCount(g->pending));
    if (g->by_age) ensure(btreeCount(g->by_age) == btreeCount(g->pending));
    btreeCheck(g->pending);
}

void streamCheck(const stream *s) {
    btreeCheck(s->nodes);
    uint64_t length = 0;
    size_t size = 0, parts = 0;
    for (btreeAt at = btreeFirst(s->nodes); at.leaf; at = btreeNext(at)) {
        const streamNode *node = btreeItem(at);
        ensure(streamNodeValidate(listpackBytes(node->lp)));
        size += listpackSize(node->lp);
        streamIterator it;
        streamNodeIterator(&it, s, node, false);
        ensure(streamNodeNext(&it));
        if (length == 0) ensure(streamIdEqual(s->first_id, it.id));
        do length++;
        while (streamNodeNext(&it));
        ensure(streamIdCompare(streamNodeLastId(node), s->last_id) <= 0);
    }
    ensure(length == s->length);
    ensure(size == s->node_bytes);
    for (size_t i = 0; i < streamGroupCount(s); i++) {
        const streamGroup *g = streamGroupAt(s, i);
        checkPending(g);
        parts += 1 + btreeCount(g->pending) + btreeCount(g->consumers);
    }
    ensure(parts == s->group_parts);
}
