/* Nodes, adding and deleting; reading is in t_stream_read.c, trimming in t_stream_trim.c. */
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/types/t_stream_internal.h"

static int compareId(const void *item, const void *probe) {
    const streamId *id = item, *other = probe;
    return streamIdCompare(*id, *other);
}

static uint64_t orderOfId(const void *id) {
    return ((const streamId *)id)->ms;
}

const btreeType streamIdOrder = {
    .compare = compareId, .orderOfItem = orderOfId, .orderOfProbe = orderOfId};

stream *streamNew(void) {
    stream *s = memAlloc(sizeof *s);
    *s = (stream){.nodes = btreeNew(&streamIdOrder)};
    return s;
}

stream *streamOf(const entry *e) {
    return entryPointer(e);
}

uint64_t streamLength(const stream *s) {
    return s->length;
}

size_t streamNodeCount(const stream *s) {
    return btreeCount(s->nodes);
}

streamId streamFirstId(const stream *s) {
    return s->first_id;
}

streamId streamLastId(const stream *s) {
    return s->last_id;
}

streamId streamMaxDeletedId(const stream *s) {
    return s->max_deleted_id;
}

uint64_t streamEntriesAdded(const stream *s) {
    return s->entries_added;
}

void streamSetLastId(stream *s, streamId id) {
    s->last_id = id;
}

void streamSetCounters(stream *s, uint64_t entries_added, streamId max_deleted_id) {
    s->entries_added = entries_added;
    s->max_deleted_id = max_deleted_id;
}

/* ---- nodes ---- */

static streamNode *newNode(stream *s, streamId id, listpack *lp, uint32_t placed) {
    streamNode *node = slabAlloc(SLAB_TREE_NODE, sizeof *node);
    *node = (streamNode){.id = id, .lp = lp, .placed = placed};
    btreeAdd(s->nodes, &id, node);
    s->node_bytes += listpackSize(lp);
    return node;
}

void streamNodeFree(streamNode *node) {
    listpackFree(node->lp);
    slabFree(SLAB_TREE_NODE, node, sizeof *node);
}

void streamNodeRemove(stream *s, streamNode *node) {
    btreeRemove(s->nodes, &node->id);
    s->node_bytes -= listpackSize(node->lp);
    streamNodeFree(node);
}

/* A listpack with a master entry of these fields and no entry. */
static listpack *newMaster(const bytes *pairs, size_t count) {
    listpack *lp = listpackNew();
    lp = listpackAppendInt(lp, 0);
    lp = listpackAppendInt(lp, 0);
    lp = listpackAppendInt(lp, (int64_t)count);
    for (size_t i = 0; i < count; i++) lp = listpackAppend(lp, pairs[2 * i]);
    return listpackAppendInt(lp, 0);
}

int64_t streamNodeInt(const listpack *lp, listpackAt at) {
    int64_t number;
    ensure(listpackInt(lp, at, &number));
    return number;
}

/* ---- adding ---- */

bool streamNextId(const stream *s, uint64_t now_ms, streamId *out) {
    if (now_ms > s->last_id.ms) {
        *out = (streamId){now_ms, 0};
        return true;
    }
    *out = s->last_id;
    return streamIdUp(out);
}

/* True if the master entry of 'lp' has the fields of 'pairs' in this order. */
static bool hasFields(const listpack *lp, const bytes *pairs, size_t count) {
    listpackAt at = listpackNext(lp, listpackNext(lp, listpackFirst(lp)));
    if (streamNodeInt(lp, at) != (int64_t)count) return false;
    for (size_t i = 0; i < count; i++) {
        at = listpackNext(lp, at);
        if (!listpackEqual(lp, at, pairs[2 * i])) return false;
    }
    return true;
}

static listpack *appendEntry(listpack *lp, streamId master, streamId id, const bytes *pairs,
                             size_t count) {
    bool same = hasFields(lp, pairs, count);
    lp = listpackAppendInt(lp, same ? STREAM_ENTRY_SAME_FIELDS : 0);
    lp = listpackAppendInt(lp, (int64_t)(id.ms - master.ms));
    lp = listpackAppendInt(lp, (int64_t)(id.seq - master.seq));
    if (!same) lp = listpackAppendInt(lp, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        if (!same) lp = listpackAppend(lp, pairs[2 * i]);
        lp = listpackAppend(lp, pairs[2 * i + 1]);
    }
    lp = listpackAppendInt(lp, (int64_t)(same ? count + 3 : 2 * count + 4));
    listpackAt first = listpackFirst(lp);
    return listpackReplaceInt(lp, first, streamNodeInt(lp, first) + 1);
}

/* The last node, if 'size' more bytes and one more entry may go there. */
static streamNode *openNode(const stream *s, size_t size, const typeLimits *limits) {
    if (s->length == 0) return NULL;
    streamNode *node = btreeItem(btreeLast(s->nodes));
    size_t total = listpackSize(node->lp) + size;
    size_t most = LISTPACK_MAX / 2;
    if (limits->stream_node_bytes && (uint64_t)limits->stream_node_bytes < most)
        most = (size_t)limits->stream_node_bytes;
    if (total >= most) return NULL;
    if (limits->stream_node_entries && node->placed >= (uint64_t)limits->stream_node_entries)
        return NULL;
    return node->placed == UINT32_MAX ? NULL : node;
}

streamAddResult streamAdd(stream *s, streamId id, const bytes *pairs, size_t count,
                          const typeLimits *limits) {
    if (streamIdEqual(s->last_id, STREAM_ID_MAX)) return STREAM_ID_SPENT;
    if (streamIdCompare(id, s->last_id) <= 0) return STREAM_ID_SMALL;
    /* The most of an entry that has a node of its own: its fields are in the master entry alone. */
    size_t size = 0, head = (2 * count + 16) * LISTPACK_ELEMENT_OVERHEAD;
    for (size_t i = 0; i < 2 * count; i++) {
        size += pairs[i].size;
        if (size >= LISTPACK_MAX || size + head >= LISTPACK_MAX) return STREAM_TOO_BIG;
    }
    streamNode *node = openNode(s, size, limits);
    if (!node) node = newNode(s, id, newMaster(pairs, count), 0);
    size_t before = listpackSize(node->lp);
    node->lp = appendEntry(node->lp, node->id, id, pairs, count);
    s->node_bytes += listpackSize(node->lp) - before;
    node->placed++;
    if (s->length++ == 0) s->first_id = id;
    s->last_id = id;
    s->entries_added++;
    return STREAM_ADDED;
}

/* ---- deleting ---- */

void streamFindFirst(stream *s) {
    s->first_id = STREAM_ID_ZERO;
    if (s->length == 0) return;
    streamIterator it;
    streamIteratorInit(&it, s, STREAM_ID_ZERO, STREAM_ID_MAX, false);
    ensure(streamIteratorNext(&it));
    s->first_id = it.id;
}

void streamNodeCut(stream *s, streamNode *node, listpackAt at, size_t elements, uint64_t entries) {
    listpackAt first = listpackFirst(node->lp);
    int64_t left = streamNodeInt(node->lp, first) - (int64_t)entries;
    s->length -= entries;
    if (left == 0) {
        streamNodeRemove(s, node);
        return;
    }
    s->node_bytes -= listpackSize(node->lp);
    node->lp = listpackDelete(node->lp, &at, elements);
    node->lp = listpackReplaceInt(node->lp, listpackFirst(node->lp), left);
    s->node_bytes += listpackSize(node->lp);
}

bool streamDelete(stream *s, streamId id) {
    streamIterator it;
    streamIteratorInit(&it, s, id, id, false);
    if (!streamIteratorNext(&it)) return false;
    streamNode *node = btreeItem(it.at);
    streamNodeCut(s, node, it.flags_at, streamEntryElements(&it), 1);
    if (streamIdCompare(id, s->max_deleted_id) > 0) s->max_deleted_id = id;
    if (streamIdEqual(id, s->first_id)) streamFindFirst(s);
    return true;
}

streamDeleteResult streamDeleteWith(stream *s, streamId id, streamRefs refs) {
    if (refs == STREAM_ACKED_ONLY && streamHas(s, id) && !streamIsAcked(s, id))
        return STREAM_STILL_REFERENCED;
    if (refs == STREAM_DELETE_REFS) streamDropRefs(s, id);
    return streamDelete(s, id) ? STREAM_DELETED : STREAM_NO_ENTRY;
}

/* ---- whole nodes ---- */

btreeAt streamFirstNode(const stream *s) {
    return btreeFirst(s->nodes);
}

const listpack *streamNodeAt(btreeAt at, streamId *id) {
    const streamNode *node = btreeItem(at);
    *id = node->id;
    return node->lp;
}

/* Walks the elements of a node that may be anything. */
typedef struct nodeReader {
    enum {
        IN_COUNT,
        IN_DELETED,
        IN_FIELDS,
        IN_MASTER,
        IN_END_OF_MASTER,
        IN_FLAGS,
        IN_MS,
        IN_SEQ,
        IN_OWN_FIELDS,
        IN_DATA,
        IN_SIZE
    } state;
    int64_t count, deleted, master_fields, left, flags, elements;
} nodeReader;

/* A count of things of which each takes an element at least. */
static bool isCount(int64_t number) {
    return number >= 0 && number < (int64_t)LISTPACK_MAX;
}

static bool readMaster(nodeReader *r, int64_t number) {
    switch (r->state) {
    case IN_COUNT: r->count = number; break;
    case IN_DELETED: r->deleted = number; break;
    case IN_FIELDS:
        r->master_fields = r->left = number;
        r->state = number == 0 ? IN_END_OF_MASTER : IN_MASTER;
        return isCount(number);
    default: r->state = IN_FLAGS; return number == 0;
    }
    r->state++;
    return isCount(number);
}

static void beginData(nodeReader *r, int64_t elements, int64_t head) {
    r->left = elements;
    r->elements = elements + head;
    r->state = elements == 0 ? IN_SIZE : IN_DATA;
}

static bool readHead(nodeReader *r, int64_t number) {
    switch (r->state) {
    case IN_FLAGS:
        r->flags = number;
        r->state = IN_MS;
        return number >= 0 && number <= (STREAM_ENTRY_DELETED | STREAM_ENTRY_SAME_FIELDS);
    case IN_MS: r->state = IN_SEQ; return true;
    case IN_SEQ:
        if (r->flags & STREAM_ENTRY_SAME_FIELDS)
            beginData(r, r->master_fields, 3);
        else
            r->state = IN_OWN_FIELDS;
        return true;
    case IN_OWN_FIELDS:
        if (!isCount(number)) return false;
        beginData(r, 2 * number, 4);
        return true;
    default: /* IN_SIZE */
        if (r->flags & STREAM_ENTRY_DELETED)
            r->deleted--;
        else
            r->count--;
        r->state = IN_FLAGS;
        return number == r->elements;
    }
}

static bool readElement(void *ctx, listpackValue value) {
    nodeReader *r = ctx;
    if (r->state == IN_MASTER || r->state == IN_DATA) {
        if (--r->left == 0) r->state++;
        return true;
    }
    if (value.text.data) return false;
    return r->state < IN_FLAGS ? readMaster(r, value.number) : readHead(r, value.number);
}

bool streamNodeValidate(bytes lp) {
    nodeReader r = {.state = IN_COUNT};
    if (!listpackValidate(lp, readElement, &r)) return false;
    return r.state == IN_FLAGS && r.count == 0 && r.deleted == 0;
}

/* The node without the entries that are marked as deleted. Takes the listpack. */
static listpack *withoutDeleted(stream *s, streamNode *node) {
    bytes old = listpackBytes(node->lp);
    char *made = memAlloc(old.size);
    streamIterator it;
    streamNodeIterator(&it, s, node, false);
    size_t size = it.first;
    uint64_t elements = 4 + it.master_fields;
    memcpy(made, old.data, size);
    while (streamNodeNext(&it)) {
        listpackAt at = it.flags_at;
        for (size_t i = streamEntryElements(&it); i > 1; i--) at = listpackNext(node->lp, at);
        listpackAt next = listpackNext(node->lp, at);
        size_t end = next ? next : old.size - 1;
        memcpy(made + size, old.data + it.flags_at, end - it.flags_at);
        size += end - it.flags_at;
        elements += streamEntryElements(&it);
    }
    made[size++] = old.data[old.size - 1];
    uint32_t total = (uint32_t)size;
    uint16_t count = (uint16_t)(elements < UINT16_MAX ? elements : UINT16_MAX);
    memcpy(made, &total, sizeof total);
    memcpy(made + sizeof total, &count, sizeof count);
    listpack *lp = listpackFromBytes(bytesOf(made, size));
    memFree(made);
    listpackFree(node->lp);
    return listpackReplaceInt(lp, listpackNext(lp, listpackFirst(lp)), 0);
}

bool streamAppendNode(stream *s, streamId id, listpack *lp) {
    listpackAt at = listpackFirst(lp);
    int64_t count = streamNodeInt(lp, at), deleted = streamNodeInt(lp, listpackNext(lp, at));
    if (count == 0 || (s->length && streamIdCompare(streamLastEntryId(s), id) >= 0)) {
        listpackFree(lp);
        return false;
    }
    streamNode node = {.id = id, .lp = lp};
    if (deleted) lp = withoutDeleted(s, &node);
    newNode(s, id, lp, (uint32_t)(count + deleted));
    s->length += (uint64_t)count;
    if (s->length == (uint64_t)count) streamFindFirst(s);
    return true;
}
