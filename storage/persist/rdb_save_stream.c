#include "storage/persist/rdb_save_stream.h"

#include "storage/persist/rdb_own.h"
#include "storage/types/t_stream_group.h"
#include "storage/types/t_stream_idmp.h"

rdbType rdbStreamType(const stream *st) {
    streamIdmpState idmp;
    if (streamIdmpStateOf(st, &idmp)) return RDB_EBB_STREAM;
    for (size_t i = 0; i < streamGroupCount(st); i++) {
        const streamGroup *g = streamGroupAt(st, i);
        for (size_t k = 0; k < streamConsumerCount(g); k++) {
            const streamConsumer *c = streamConsumerAt(g, k);
            if (c->active_ms != c->seen_ms) return RDB_STREAM_3;
        }
    }
    return RDB_STREAM_2;
}

static void putId(rdbSink *s, streamId id) {
    rdbPutLength(s, id.ms);
    rdbPutLength(s, id.seq);
}

typedef struct rawId {
    char bytes[16];
} rawId;

static rawId rawOf(streamId id) {
    rawId raw;
    uint64_t big_endian[2] = {__builtin_bswap64(id.ms), __builtin_bswap64(id.seq)};
    memcpy(raw.bytes, big_endian, sizeof raw.bytes);
    return raw;
}

static void putRawId(rdbSink *s, streamId id) {
    rawId raw = rawOf(id);
    rdbPutBytes(s, bytesOf(raw.bytes, sizeof raw.bytes));
}

static void saveConsumer(rdbSink *s, const streamGroup *g, const streamConsumer *c, rdbType type) {
    rdbPutString(s, streamConsumerName(c));
    rdbPutTime(s, c->seen_ms);
    if (type >= RDB_STREAM_3) rdbPutTime(s, c->active_ms);
    rdbPutLength(s, streamConsumerPending(c));
    if (streamConsumerPending(c) == 0) return;
    btreeAt at = streamPendingSeek(g, c, STREAM_ID_ZERO);
    for (; at.leaf; at = btreeNext(at)) putRawId(s, streamPendingAt(at)->id);
}

static void saveGroup(rdbSink *s, const streamGroup *g, rdbType type) {
    rdbPutString(s, streamGroupName(g));
    putId(s, g->last_id);
    rdbPutLength(s, (uint64_t)g->entries_read);
    rdbPutLength(s, btreeCount(g->pending));
    btreeAt at = streamPendingSeek(g, NULL, STREAM_ID_ZERO);
    for (; at.leaf; at = btreeNext(at)) {
        const streamPending *p = streamPendingAt(at);
        putRawId(s, p->id);
        rdbPutTime(s, p->delivered_ms);
        rdbPutLength(s, (uint64_t)p->deliveries);
    }
    rdbPutLength(s, streamConsumerCount(g));
    for (size_t i = 0; i < streamConsumerCount(g); i++)
        saveConsumer(s, g, streamConsumerAt(g, i), type);
}

void rdbSaveStream(rdbSink *s, const stream *st, rdbType type) {
    rdbPutLength(s, streamNodeCount(st));
    for (btreeAt at = streamFirstNode(st); at.leaf; at = btreeNext(at)) {
        streamId id;
        const listpack *lp = streamNodeAt(at, &id);
        rawId raw = rawOf(id);
        rdbPutString(s, bytesOf(raw.bytes, sizeof raw.bytes));
        rdbPutString(s, listpackBytes(lp));
    }
    rdbPutLength(s, streamLength(st));
    putId(s, streamLastId(st));
    putId(s, streamFirstId(st));
    putId(s, streamMaxDeletedId(st));
    rdbPutLength(s, streamEntriesAdded(st));
    rdbPutLength(s, streamGroupCount(st));
    for (size_t i = 0; i < streamGroupCount(st); i++) saveGroup(s, streamGroupAt(st, i), type);
    if (type == RDB_EBB_STREAM) rdbSaveProducers(s, st);
}
