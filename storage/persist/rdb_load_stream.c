/* Streams: their nodes as they are, counters, consumer groups. */
#include "storage/persist/rdb_load_internal.h"
#include "storage/types/t_stream_group.h"

enum { RAW_ID = 16 };

static streamId idOf(bytes raw) {
    uint64_t big_endian[2];
    memcpy(big_endian, raw.data, sizeof big_endian);
    return (streamId){__builtin_bswap64(big_endian[0]), __builtin_bswap64(big_endian[1])};
}

static bool readId(rdbReader *r, streamId *id) {
    return rdbReadLength(r, &id->ms) && rdbReadLength(r, &id->seq);
}

static bool readRawId(rdbReader *r, streamId *id) {
    bytes raw;
    if (!rdbReadBytes(r, RAW_ID, &raw)) return false;
    *id = idOf(raw);
    return true;
}

/* A number that is kept signed. */
static bool readNumber(rdbReader *r, int64_t *out) {
    uint64_t number;
    if (!rdbReadLength(r, &number)) return false;
    *out = (int64_t)number;
    return number <= INT64_MAX || rdbFail(r, "a number is too big");
}

static bool readPast(rdbReader *r, int64_t least, int64_t *ms) {
    if (!rdbReadTime(r, ms)) return false;
    return *ms >= least || rdbFail(r, "a time is negative");
}

/* ---- nodes ---- */

static bool loadNode(rdbReader *r, stream *st) {
    rdbString id, lp;
    if (!rdbReadString(r, &id)) return false;
    bool good = id.text.size == RAW_ID;
    streamId master = good ? idOf(id.text) : STREAM_ID_ZERO;
    rdbStringClear(&id);
    if (!good) return rdbFail(r, "a stream's node has no ID");
    if (!rdbReadString(r, &lp)) return false;
    good = streamNodeValidate(lp.text) && streamAppendNode(st, master, listpackFromBytes(lp.text));
    rdbStringClear(&lp);
    return good || rdbFail(r, "Stream listpack integrity check failed");
}

/* True if IDs ascend, from the first entry to the last ID. */
static bool idsAscend(const stream *st) {
    streamIterator it;
    streamId before = STREAM_ID_ZERO;
    streamIteratorInit(&it, st, STREAM_ID_ZERO, STREAM_ID_MAX, false);
    uint64_t seen = 0;
    for (; streamIteratorNext(&it); seen++) {
        if (streamIdCompare(it.id, before) <= 0) return false;
        before = it.id;
    }
    return seen == streamLength(st) && streamIdCompare(before, streamLastId(st)) <= 0;
}

static bool loadEntries(const rdbLoad *l, stream *st) {
    rdbReader *r = l->r;
    size_t nodes;
    uint64_t length;
    streamId last, first, max_deleted = STREAM_ID_ZERO;
    if (!rdbReadCount(r, RAW_ID, &nodes)) return false;
    for (; nodes; nodes--)
        if (!loadNode(r, st)) return false;
    if (!rdbReadLength(r, &length) || !readId(r, &last)) return false;
    int64_t added = (int64_t)length;
    if (l->type != RDB_STREAM &&
        (!readId(r, &first) || !readId(r, &max_deleted) || !readNumber(r, &added)))
        return false;
    streamSetLastId(st, last);
    streamSetCounters(st, (uint64_t)added, max_deleted);
    if (length != streamLength(st)) return rdbFail(r, "a stream has not as many entries");
    return idsAscend(st) || rdbFail(r, "a stream's IDs do not ascend");
}

/* ---- groups ---- */

static bool loadPending(rdbReader *r, stream *st, streamGroup *g) {
    size_t count;
    if (!rdbReadCount(r, RAW_ID + 9, &count)) return false;
    for (; count; count--) {
        streamId id;
        int64_t delivered_ms, deliveries;
        if (!readRawId(r, &id) || !readPast(r, 0, &delivered_ms) || !readNumber(r, &deliveries))
            return false;
        if (streamPendingFind(g, id)) return rdbFail(r, "an entry is pending twice");
        streamPendingAdd(st, g, NULL, id, delivered_ms, deliveries);
    }
    return true;
}

static bool loadOwned(rdbReader *r, streamGroup *g, streamConsumer *c) {
    size_t count;
    if (!rdbReadCount(r, RAW_ID, &count)) return false;
    for (; count; count--) {
        streamId id;
        if (!readRawId(r, &id)) return false;
        streamPending *p = streamPendingFind(g, id);
        if (!p || streamPendingOwner(p))
            return rdbFail(r, "what a consumer has pending is not its group's alone");
        streamPendingAssign(g, p, c, p->delivered_ms, p->deliveries);
    }
    return true;
}

static bool loadConsumer(const rdbLoad *l, stream *st, streamGroup *g) {
    rdbString name;
    int64_t seen_ms, active_ms;
    if (!rdbReadString(l->r, &name)) return false;
    streamConsumer *c = NULL;
    if (!streamConsumerFind(g, name.text)) c = streamConsumerCreate(st, g, name.text, 0);
    rdbStringClear(&name);
    if (!c) return rdbFail(l->r, "Duplicate stream consumer detected");
    if (!readPast(l->r, 0, &seen_ms)) return false;
    active_ms = seen_ms;
    if (l->type >= RDB_STREAM_3 && !readPast(l->r, STREAM_NEVER, &active_ms)) return false;
    c->seen_ms = seen_ms;
    c->active_ms = active_ms;
    return loadOwned(l->r, g, c);
}

/* Pending entries that no consumer has were given back: they know no time. */
static bool ownersAreTrue(const streamGroup *g) {
    if (!g->given_back) return true;
    for (btreeAt at = streamPendingSeek(g, NULL, STREAM_ID_ZERO); at.leaf; at = btreeNext(at)) {
        const streamPending *p = streamPendingAt(at);
        if (!streamPendingOwner(p) && p->delivered_ms != 0) return false;
    }
    return true;
}

static bool loadGroup(const rdbLoad *l, stream *st) {
    rdbString name;
    streamId last;
    size_t consumers;
    if (!rdbReadString(l->r, &name)) return false;
    streamGroup *g = streamGroupCreate(st, name.text, STREAM_ID_ZERO, 0);
    rdbStringClear(&name);
    if (!g) return rdbFail(l->r, "a group is there twice");
    if (!readId(l->r, &last)) return false;
    g->last_id = last;
    g->entries_read = streamEstimateReads(st, last);
    if (l->type != RDB_STREAM) {
        uint64_t reads;
        if (!rdbReadLength(l->r, &reads)) return false;
        g->entries_read = (int64_t)reads;
        if (g->entries_read < STREAM_READ_UNKNOWN) return rdbFail(l->r, "a number is too big");
    }
    if (!loadPending(l->r, st, g) || !rdbReadCount(l->r, 10, &consumers)) return false;
    for (; consumers; consumers--)
        if (!loadConsumer(l, st, g)) return false;
    return ownersAreTrue(g) || rdbFail(l->r, "a pending entry has no consumer");
}

entry *rdbLoadStream(const rdbLoad *l) {
    stream *st = streamNew();
    entry *e = entryNewCollection(l->key, TYPE_STREAM, ENCODING_STREAM, st);
    size_t groups = 0;
    bool good = loadEntries(l, st) && rdbReadCount(l->r, 5, &groups);
    for (; good && groups; groups--) good = loadGroup(l, st);
    if (good && l->type == RDB_EBB_STREAM) good = rdbLoadProducers(l->r, st);
    return good ? e : rdbGiveUp(l, e, NULL);
}
