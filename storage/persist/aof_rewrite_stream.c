#include "storage/persist/aof_rewrite_internal.h"
#include "storage/types/t_stream_group.h"
#include "storage/types/t_stream_idmp.h"

enum { ID_ROOM = 2 * NUM_INT_MAX };

/* "ms-seq". */
static bytes idText(streamId id, char out[ID_ROOM]) {
    size_t size = numFormatUint(out, id.ms);
    out[size++] = '-';
    return bytesOf(out, size + numFormatUint(out + size, id.seq));
}

static void putId(rdbSink *s, streamId id) {
    char room[ID_ROOM];
    aofPutArg(s, idText(id, room));
}

static bool groupIsPlain(const stream *st, const streamGroup *g) {
    if (g->given_back) return false;
    btreeAt at = streamPendingSeek(g, NULL, STREAM_ID_ZERO);
    for (; at.leaf; at = btreeNext(at))
        if (!streamHas(st, streamPendingAt(at)->id)) return false;
    return true;
}

bool aofStreamIsPlain(const stream *st) {
    streamIdmpState state;
    if (streamIdmpStateOf(st, &state)) return false;
    for (size_t i = 0; i < streamGroupCount(st); i++)
        if (!groupIsPlain(st, streamGroupAt(st, i))) return false;
    return true;
}

static void putEntries(rdbSink *s, bytes key, const stream *st) {
    char scratch[NUM_INT_MAX];
    streamIterator it;
    streamIteratorInit(&it, st, STREAM_ID_ZERO, STREAM_ID_MAX, false);
    while (streamIteratorNext(&it)) {
        size_t fields = it.fields;
        aofPutCommand(s, 3 + 2 * fields, BYTES("XADD"), key);
        putId(s, it.id);
        for (size_t i = 0; i < fields; i++) {
            listpackValue field, value;
            streamIteratorField(&it, &field, &value);
            aofPutArg(s, listpackValueText(field, scratch));
            aofPutArg(s, listpackValueText(value, scratch));
        }
    }
}

/* A stream without entries: one is added that does not stay. */
static void putEmpty(rdbSink *s, bytes key, const stream *st) {
    streamId id = streamLastId(st);
    aofPutCommand(s, 7, BYTES("XADD"), key);
    aofPutArg(s, BYTES("MAXLEN"));
    aofPutArg(s, BYTES("0"));
    putId(s, streamIdIsZero(id) ? (streamId){0, 1} : id);
    aofPutArg(s, BYTES("x"));
    aofPutArg(s, BYTES("y"));
}

static void putConsumer(rdbSink *s, bytes key, const streamGroup *g, const streamConsumer *c) {
    aofPutCommand(s, 5, BYTES("XGROUP"), BYTES("CREATECONSUMER"));
    aofPutArg(s, key);
    aofPutArg(s, streamGroupName(g));
    aofPutArg(s, streamConsumerName(c));
    if (streamConsumerPending(c) == 0) return;
    btreeAt at = streamPendingSeek(g, c, STREAM_ID_ZERO);
    for (; at.leaf; at = btreeNext(at)) {
        const streamPending *p = streamPendingAt(at);
        aofPutCommand(s, 12, BYTES("XCLAIM"), key);
        aofPutArg(s, streamGroupName(g));
        aofPutArg(s, streamConsumerName(c));
        aofPutArg(s, BYTES("0"));
        putId(s, p->id);
        aofPutArg(s, BYTES("TIME"));
        aofPutNumber(s, p->delivered_ms);
        aofPutArg(s, BYTES("RETRYCOUNT"));
        aofPutNumber(s, p->deliveries);
        aofPutArg(s, BYTES("JUSTID"));
        aofPutArg(s, BYTES("FORCE"));
    }
}

static void putGroup(rdbSink *s, bytes key, const streamGroup *g) {
    aofPutCommand(s, 7, BYTES("XGROUP"), BYTES("CREATE"));
    aofPutArg(s, key);
    aofPutArg(s, streamGroupName(g));
    putId(s, g->last_id);
    aofPutArg(s, BYTES("ENTRIESREAD"));
    aofPutNumber(s, g->entries_read);
    for (size_t i = 0; i < streamConsumerCount(g); i++)
        putConsumer(s, key, g, streamConsumerAt(g, i));
}

void aofPutStream(rdbSink *s, bytes key, const stream *st) {
    if (streamLength(st))
        putEntries(s, key, st);
    else
        putEmpty(s, key, st);
    aofPutCommand(s, 7, BYTES("XSETID"), key);
    putId(s, streamLastId(st));
    aofPutArg(s, BYTES("ENTRIESADDED"));
    aofPutNumber(s, (int64_t)streamEntriesAdded(st));
    aofPutArg(s, BYTES("MAXDELETEDID"));
    putId(s, streamMaxDeletedId(st));
    for (size_t i = 0; i < streamGroupCount(st); i++) putGroup(s, key, streamGroupAt(st, i));
}
