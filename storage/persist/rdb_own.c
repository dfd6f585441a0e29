#include "storage/persist/rdb_own.h"

#include "storage/persist/rdb_load_internal.h"
#include "storage/types/t_array.h"
#include "storage/types/t_stream_idmp.h"

/* ---- arrays ---- */

void rdbSaveArray(rdbSink *s, const entry *e) {
    arrayIterator it;
    uint64_t index, next = 0;
    bytes value;
    rdbPutLength(s, arrayCount(e));
    rdbPutLength(s, arrayCursor(e));
    rdbPutLength(s, arrayRing(e));
    arrayIterate(&it, e, 0, ARRAY_INDEX_MAX);
    for (; arrayNext(&it, &index, &value); next = index + 1) {
        rdbPutLength(s, index - next);
        rdbPutString(s, value);
    }
}

/* Reads one element, which stands at or behind '*next'. */
static bool loadElement(rdbReader *r, entry *e, uint64_t *next) {
    uint64_t gap;
    rdbString value;
    if (!rdbReadLength(r, &gap)) return false;
    if (gap > ARRAY_INDEX_MAX - *next) return rdbFail(r, "an index is too big");
    if (!rdbReadString(r, &value)) return false;
    arraySet(e, *next + gap, value.text);
    rdbStringClear(&value);
    *next += gap + 1;
    return true;
}

entry *rdbLoadArray(const rdbLoad *l) {
    rdbReader *r = l->r;
    size_t count;
    uint64_t cursor, ring, next = 0;
    if (!rdbReadCount(r, 2, &count) || !rdbReadLength(r, &cursor) || !rdbReadLength(r, &ring))
        return NULL;
    if (count == 0) return rdbGiveUp(l, NULL, rdbIsEmpty);
    entry *e = entryNewCollection(l->key, TYPE_ARRAY, ENCODING_ARRAY, arrayNew());
    for (; count; count--) {
        if (next > ARRAY_INDEX_MAX) return rdbGiveUp(l, e, "an index is too big");
        if (!loadElement(r, e, &next)) return rdbGiveUp(l, e, NULL);
    }
    arraySeek(e, cursor);
    arraySetRing(e, ring);
    return e;
}

/* ---- what idempotent producers of a stream are remembered by ---- */

static void saveProducer(void *ctx, bytes name, size_t messages) {
    rdbPutString(ctx, name);
    rdbPutLength(ctx, messages);
}

static void saveMessage(void *ctx, bytes name, streamId id) {
    rdbPutLength(ctx, id.ms);
    rdbPutLength(ctx, id.seq);
    rdbPutString(ctx, name);
}

void rdbSaveProducers(rdbSink *s, const stream *st) {
    streamIdmpState state;
    if (!streamIdmpStateOf(st, &state)) state = (streamIdmpState){.producers = 0};
    rdbPutLength(s, (uint64_t)state.own.duration_s);
    rdbPutLength(s, (uint64_t)state.own.maxsize);
    rdbPutLength(s, state.added);
    rdbPutLength(s, state.duplicates);
    rdbPutLength(s, state.producers);
    if (state.producers) streamIdmpEach(st, &(streamIdmpVisit){saveProducer, saveMessage, s});
}

static bool loadMessage(rdbReader *r, stream *st, bytes producer) {
    streamId id;
    rdbString name;
    if (!rdbReadLength(r, &id.ms) || !rdbReadLength(r, &id.seq)) return false;
    if (!rdbReadString(r, &name)) return false;
    bool added = streamIdmpRestoreMessage(st, producer, name.text, id);
    rdbStringClear(&name);
    return added || rdbFail(r, "a message is remembered twice");
}

static bool loadProducer(rdbReader *r, stream *st) {
    rdbString name;
    size_t messages;
    if (!rdbReadString(r, &name)) return false;
    bool good = rdbReadCount(r, 3, &messages);
    if (good && messages == 0) good = rdbFail(r, "a producer of nothing");
    for (; good && messages; messages--) good = loadMessage(r, st, name.text);
    rdbStringClear(&name);
    return good;
}

bool rdbLoadProducers(rdbReader *r, stream *st) {
    streamIdmpState state = {.producers = 0};
    uint64_t duration, maxsize;
    size_t producers;
    if (!rdbReadLength(r, &duration) || !rdbReadLength(r, &maxsize) ||
        !rdbReadLength(r, &state.added) || !rdbReadLength(r, &state.duplicates) ||
        !rdbReadCount(r, 5, &producers))
        return false;
    if (duration > UINT32_MAX || maxsize > UINT32_MAX)
        return rdbFail(r, "a limit of producers is too big");
    state.own = (streamIdmpLimits){(int64_t)duration, (int64_t)maxsize};
    streamIdmpRestore(st, &state);
    for (; producers; producers--)
        if (!loadProducer(r, st)) return false;
    return true;
}
