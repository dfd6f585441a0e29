/* Groups, consumers and pending entries. */
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/types/t_stream_internal.h"

/* ---- orders ---- */

static int compareGroup(const void *item, const void *probe) {
    return bytesCompare(streamGroupName(item), *(const bytes *)probe);
}

static int compareConsumer(const void *item, const void *probe) {
    return bytesCompare(streamConsumerName(item), *(const bytes *)probe);
}

/* What was given back comes before everything else, whenever that was delivered. */
static uint64_t orderOfAge(const void *item) {
    const streamPending *p = item;
    return p->owner & 1 ? 0 : (uint64_t)p->delivered_ms + 1;
}

static int compareAge(const void *item, const void *probe) {
    const streamPending *a = item, *b = probe;
    uint64_t age_a = orderOfAge(a), age_b = orderOfAge(b);
    if (age_a != age_b) return age_a < age_b ? -1 : 1;
    if (age_a == 0 && a->owner != b->owner) return a->owner < b->owner ? -1 : 1;
    return streamIdCompare(a->id, b->id);
}

static const btreeType groupOrder = {.compare = compareGroup};
static const btreeType consumerOrder = {.compare = compareConsumer};
static const btreeType ageOrder = {
    .compare = compareAge, .orderOfItem = orderOfAge, .orderOfProbe = orderOfAge};

/* ---- groups ---- */

size_t streamGroupCount(const stream *s) {
    return s->groups ? btreeCount(s->groups) : 0;
}

streamGroup *streamGroupAt(const stream *s, size_t rank) {
    return btreeItem(btreeAtRank(s->groups, rank));
}

streamGroup *streamGroupFind(const stream *s, bytes name) {
    return s->groups ? btreeFind(s->groups, &name) : NULL;
}

static size_t groupSize(size_t name_size) {
    return sizeof(streamGroup) + name_size;
}

static void addParts(stream *s, size_t parts, size_t size) {
    s->group_parts += parts;
    s->group_bytes += size;
}

static void takeParts(stream *s, size_t parts, size_t size) {
    s->group_parts -= parts;
    s->group_bytes -= size;
}

static void addGroup(stream *s, streamGroup *g) {
    bytes name = streamGroupName(g);
    if (!s->groups) s->groups = btreeNew(&groupOrder);
    btreeAdd(s->groups, &name, g);
    addParts(s, 1, groupSize(g->name_size));
}

streamGroup *streamGroupCreate(stream *s, bytes name, streamId last_id, int64_t entries_read) {
    if (streamGroupFind(s, name)) return NULL;
    streamGroup *g = memAlloc(groupSize(name.size));
    *g = (streamGroup){.last_id = last_id,
                       .entries_read = entries_read,
                       .pending = btreeNew(&streamIdOrder),
                       .consumers = btreeNew(&consumerOrder),
                       .name_size = name.size};
    if (name.size) memcpy(g->name, name.data, name.size);
    addGroup(s, g);
    return g;
}

/* The consumers and pending entries of a group, as counted in its stream. */
static void partsOf(const streamGroup *g, size_t *parts, size_t *size) {
    size_t pending = btreeCount(g->pending);
    *parts = pending;
    *size = pending * STREAM_PENDING_BYTES;
    for (btreeAt at = btreeFirst(g->consumers); at.leaf; at = btreeNext(at)) {
        const streamConsumer *c = btreeItem(at);
        *parts += 1;
        *size += sizeof *c + c->name_size;
    }
}

stream *streamGroupDetach(stream *s, bytes name) {
    streamGroup *g = s->groups ? btreeRemove(s->groups, &name) : NULL;
    if (!g) return NULL;
    size_t parts, size;
    partsOf(g, &parts, &size);
    takeParts(s, parts + 1, size + groupSize(g->name_size));
    stream *alone = streamNew();
    addGroup(alone, g);
    addParts(alone, parts, size);
    return alone;
}

/* How the last entry that was deleted one by one lies to the group's last one: <0, 0, >0; <0 too
 * where none was. */
static int tombstoneSide(const stream *s, const streamGroup *g) {
    if (s->length == 0 || streamIdIsZero(s->max_deleted_id)) return -1;
    return streamIdCompare(s->max_deleted_id, g->last_id);
}

/* True if nothing from the first entry on was deleted one by one. */
static bool isWhole(const stream *s) {
    return streamIdIsZero(s->max_deleted_id) || streamIdCompare(s->max_deleted_id, s->first_id) < 0;
}

int64_t streamEstimateReads(const stream *s, streamId id) {
    if (s->entries_added == 0) return 0;
    int to_last = streamIdCompare(id, s->last_id);
    if (s->length == 0 && to_last <= 0) return (int64_t)s->entries_added;
    if (!streamIdIsZero(id) && streamIdCompare(id, s->max_deleted_id) < 0)
        return STREAM_READ_UNKNOWN;
    if (to_last == 0) return (int64_t)s->entries_added;
    if (to_last > 0 || !isWhole(s)) return STREAM_READ_UNKNOWN;
    int to_first = streamIdCompare(id, s->first_id);
    if (to_first > 0) return STREAM_READ_UNKNOWN;
    return (int64_t)(s->entries_added - s->length) + (to_first == 0);
}

bool streamGroupLag(const stream *s, const streamGroup *g, int64_t *out) {
    int64_t read;
    if (s->entries_added == 0 || s->length == 0) {
        *out = 0;
        return true;
    }
    if (streamIdCompare(g->last_id, s->first_id) < 0 && isWhole(s)) {
        *out = (int64_t)s->length;
        return true;
    }
    if (g->entries_read != STREAM_READ_UNKNOWN && tombstoneSide(s, g) < 0)
        read = g->entries_read;
    else
        read = streamEstimateReads(s, g->last_id);
    if (read == STREAM_READ_UNKNOWN) return false;
    *out = (int64_t)s->entries_added - read;
    return true;
}

void streamGroupDeliver(const stream *s, streamGroup *g, streamId id) {
    if (g->entries_read != STREAM_READ_UNKNOWN && tombstoneSide(s, g) <= 0)
        g->entries_read++;
    else if (s->entries_added)
        g->entries_read = streamEstimateReads(s, id);
    g->last_id = id;
}

/* ---- consumers ---- */

size_t streamConsumerCount(const streamGroup *g) {
    return btreeCount(g->consumers);
}

streamConsumer *streamConsumerAt(const streamGroup *g, size_t rank) {
    return btreeItem(btreeAtRank(g->consumers, rank));
}

streamConsumer *streamConsumerFind(const streamGroup *g, bytes name) {
    return btreeFind(g->consumers, &name);
}

streamConsumer *streamConsumerCreate(stream *s, streamGroup *g, bytes name, int64_t now_ms) {
    streamConsumer *c = memAlloc(sizeof *c + name.size);
    *c = (streamConsumer){.seen_ms = now_ms, .active_ms = STREAM_NEVER, .name_size = name.size};
    if (name.size) memcpy(c->name, name.data, name.size);
    btreeAdd(g->consumers, &name, c);
    addParts(s, 1, sizeof *c + name.size);
    return c;
}

int64_t streamConsumerRemove(stream *s, streamGroup *g, bytes name) {
    streamConsumer *c = btreeRemove(g->consumers, &name);
    if (!c) return -1;
    int64_t had = (int64_t)streamConsumerPending(c);
    for (btreeAt at = {0}; c->pending && (at = btreeFirst(c->pending)).leaf;) {
        const streamPending *p = btreeItem(at);
        streamPendingRemove(s, g, p->id);
    }
    btreeFree(c->pending);
    takeParts(s, 1, sizeof *c + c->name_size);
    memFree(c);
    return had;
}

/* ---- pending entries ---- */

static void give(streamPending *p, streamConsumer *to) {
    p->owner = (uintptr_t)to;
    if (!to->pending) to->pending = btreeNew(&streamIdOrder);
    btreeAdd(to->pending, &p->id, p);
}

/* Leaves p without an owner, and out of the tree by age. */
static void release(streamGroup *g, streamPending *p) {
    if (g->by_age) ensure(btreeRemove(g->by_age, p) == p);
    streamConsumer *owner = streamPendingOwner(p);
    if (owner)
        ensure(btreeRemove(owner->pending, &p->id) == p);
    else
        g->given_back--;
}

static void numberGivenBack(streamGroup *g, streamPending *p) {
    p->owner = (uintptr_t)(g->next_give_back++ * 2 + 1);
    g->given_back++;
}

streamPending *streamPendingFind(const streamGroup *g, streamId id) {
    return btreeFind(g->pending, &id);
}

streamPending *streamPendingAdd(stream *s, streamGroup *g, streamConsumer *to, streamId id,
                                int64_t delivered_ms, int64_t deliveries) {
    streamPending *p = slabAlloc(SLAB_TREE_NODE, sizeof *p);
    *p = (streamPending){.id = id, .delivered_ms = delivered_ms, .deliveries = deliveries};
    if (to)
        give(p, to);
    else
        numberGivenBack(g, p);
    btreeAdd(g->pending, &id, p);
    if (g->by_age) btreeAdd(g->by_age, p, p);
    addParts(s, 1, STREAM_PENDING_BYTES);
    return p;
}

void streamPendingAssign(streamGroup *g, streamPending *p, streamConsumer *to, int64_t delivered_ms,
                         int64_t deliveries) {
    if (g->by_age) ensure(btreeRemove(g->by_age, p) == p);
    streamConsumer *owner = streamPendingOwner(p);
    if (owner != to) {
        if (owner)
            ensure(btreeRemove(owner->pending, &p->id) == p);
        else
            g->given_back--;
        give(p, to);
    }
    p->delivered_ms = delivered_ms;
    p->deliveries = deliveries;
    if (g->by_age) btreeAdd(g->by_age, p, p);
}

void streamPendingGiveBack(streamGroup *g, streamPending *p, int64_t deliveries) {
    release(g, p);
    numberGivenBack(g, p);
    p->delivered_ms = 0;
    p->deliveries = deliveries;
    if (g->by_age) btreeAdd(g->by_age, p, p);
}

bool streamPendingRemove(stream *s, streamGroup *g, streamId id) {
    streamPending *p = btreeRemove(g->pending, &id);
    if (!p) return false;
    release(g, p);
    slabFree(SLAB_TREE_NODE, p, sizeof *p);
    takeParts(s, 1, STREAM_PENDING_BYTES);
    return true;
}

btreeAt streamPendingByAge(streamGroup *g) {
    if (!g->by_age) {
        g->by_age = btreeNew(&ageOrder);
        for (btreeAt at = btreeFirst(g->pending); at.leaf; at = btreeNext(at))
            btreeAdd(g->by_age, btreeItem(at), btreeItem(at));
    }
    return btreeFirst(g->by_age);
}

btreeAt streamPendingSeek(const streamGroup *g, const streamConsumer *c, streamId from) {
    const btree *t = c ? c->pending : g->pending;
    return t ? btreeSeek(t, &from, NULL) : (btreeAt){0};
}

/* ---- references ---- */

bool streamIsAcked(const stream *s, streamId id) {
    if (!s->groups) return true;
    for (btreeAt at = btreeFirst(s->groups); at.leaf; at = btreeNext(at)) {
        const streamGroup *g = btreeItem(at);
        if (streamIdCompare(id, g->last_id) > 0 || streamPendingFind(g, id)) return false;
    }
    return true;
}

size_t streamDropRefs(stream *s, streamId id) {
    size_t dropped = 0;
    if (!s->groups) return 0;
    for (btreeAt at = btreeFirst(s->groups); at.leaf; at = btreeNext(at))
        dropped += streamPendingRemove(s, btreeItem(at), id);
    return dropped;
}
