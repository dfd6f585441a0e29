/* Walking over the entries of a stream. */
#include "storage/base/ensure.h"
#include "storage/types/t_stream_internal.h"

static listpackAt skip(const listpack *lp, listpackAt at, size_t elements) {
    while (elements--) at = listpackNext(lp, at);
    return at;
}

/* Reads the master entry of it->node. */
static void readMaster(streamIterator *it) {
    const listpack *lp = it->lp = it->node->lp;
    listpackAt at = skip(lp, listpackFirst(lp), 2);
    it->master_fields = (size_t)streamNodeInt(lp, at);
    it->master = listpackNext(lp, at);
    /* A master entry without fields ends where its fields would begin. */
    it->first = listpackNext(lp, skip(lp, it->master, it->master_fields));
    it->next = it->backwards ? listpackLast(lp) : it->first;
    it->inside = false;
}

/* Goes into the node at it->at; beyond either end there is none. */
static void enterNode(streamIterator *it) {
    it->node = it->at.leaf ? btreeItem(it->at) : NULL;
    if (it->node) readMaster(it);
}

void streamNodeIterator(streamIterator *it, const stream *s, const streamNode *node,
                        bool backwards) {
    *it = (streamIterator){.s = s, .to = STREAM_ID_MAX, .backwards = backwards, .node = node};
    readMaster(it);
}

void streamIteratorInit(streamIterator *it, const stream *s, streamId from, streamId to,
                        bool backwards) {
    *it = (streamIterator){.s = s, .from = from, .to = to, .backwards = backwards};
    if (s->length == 0 || streamIdCompare(from, to) > 0) return;
    it->at = btreeSeekBack(s->nodes, backwards ? &to : &from);
    /* What is before the first node may yet begin in it. */
    if (!it->at.leaf && !backwards) it->at = btreeFirst(s->nodes);
    enterNode(it);
}

/* Reads the head of the entry whose flags are at flags_at; the flags. */
static int64_t readHead(streamIterator *it) {
    const listpack *lp = it->lp;
    listpackAt at = it->flags_at;
    int64_t flags = streamNodeInt(lp, at);
    at = listpackNext(lp, at);
    it->id.ms = it->node->id.ms + (uint64_t)streamNodeInt(lp, at);
    at = listpackNext(lp, at);
    it->id.seq = it->node->id.seq + (uint64_t)streamNodeInt(lp, at);
    at = listpackNext(lp, at);
    it->same_fields = flags & STREAM_ENTRY_SAME_FIELDS;
    it->fields = it->master_fields;
    if (!it->same_fields) {
        it->fields = (size_t)streamNodeInt(lp, at);
        at = listpackNext(lp, at);
    }
    it->data_at = at;
    return flags;
}

/* Passes what is left of the entry it stands at: a reader that took all of it leaves its size. */
static void passEntry(streamIterator *it) {
    it->value_at = skip(it->lp, it->value_at, it->same_fields ? it->left : 2 * it->left);
    it->next = listpackNext(it->lp, it->value_at);
    it->left = 0;
    it->inside = false;
}

static void toFlagsBackwards(streamIterator *it) {
    int64_t elements = streamNodeInt(it->lp, it->next);
    listpackAt at = it->next;
    while (elements--) at = listpackPrev(it->lp, at);
    it->flags_at = at;
    it->next = at == it->first ? 0 : listpackPrev(it->lp, at);
}

bool streamNodeNext(streamIterator *it) {
    for (;;) {
        if (it->inside && !it->backwards) passEntry(it);
        if (!it->next) return false;
        if (it->backwards)
            toFlagsBackwards(it);
        else
            it->flags_at = it->next;
        int64_t flags = readHead(it);
        it->inside = true;
        it->left = it->fields;
        it->value_at = it->data_at;
        if (!(flags & STREAM_ENTRY_DELETED)) return true;
    }
}

bool streamIteratorNext(streamIterator *it) {
    while (it->node) {
        if (!streamNodeNext(it)) {
            it->at = it->backwards ? btreePrev(it->at) : btreeNext(it->at);
            enterNode(it);
            continue;
        }
        bool too_late = streamIdCompare(it->id, it->to) > 0;
        bool too_early = streamIdCompare(it->id, it->from) < 0;
        if (it->backwards ? too_early : too_late) {
            it->node = NULL;
            return false;
        }
        if (too_early || too_late) continue;
        it->field_at = it->master;
        return true;
    }
    return false;
}

void streamIteratorField(streamIterator *it, listpackValue *field, listpackValue *value) {
    const listpack *lp = it->lp;
    listpackAt *field_at = it->same_fields ? &it->field_at : &it->value_at;
    *field = listpackGet(lp, *field_at);
    *field_at = listpackNext(lp, *field_at);
    *value = listpackGet(lp, it->value_at);
    it->value_at = listpackNext(lp, it->value_at);
    it->left--;
}

bool streamHas(const stream *s, streamId id) {
    streamIterator it;
    streamIteratorInit(&it, s, id, id, false);
    return streamIteratorNext(&it);
}

streamId streamNodeLastId(const streamNode *node) {
    streamIterator it;
    streamNodeIterator(&it, NULL, node, true);
    ensure(streamNodeNext(&it));
    return it.id;
}

streamId streamLastEntryId(const stream *s) {
    return s->length ? streamNodeLastId(btreeItem(btreeLast(s->nodes))) : STREAM_ID_ZERO;
}
