#include "server/commands/stream_record.h"

#include "server/commands/stream_args.h"
#include "server/core/propagate.h"
#include "storage/base/num.h"

void streamTellClaimed(client *c, bytes key, const streamGroup *g, const streamPending *p) {
    if (!somebodyFollows(c)) return;
    char id[STREAM_ID_TEXT], last_id[STREAM_ID_TEXT], time[NUM_INT_MAX], count[NUM_INT_MAX];
    const bytes argv[] = {
        BYTES("XCLAIM"),     key,
        streamGroupName(g),  streamConsumerName(streamPendingOwner(p)),
        BYTES("0"),          bytesOf(id, streamIdFormat(id, p->id)),
        BYTES("TIME"),       bytesOf(time, numFormatInt(time, p->delivered_ms)),
        BYTES("RETRYCOUNT"), bytesOf(count, numFormatInt(count, p->deliveries)),
        BYTES("FORCE"),      BYTES("JUSTID"),
        BYTES("LASTID"),     bytesOf(last_id, streamIdFormat(last_id, g->last_id))};
    propagateAs(c, sizeof argv / sizeof *argv, argv);
}

void streamTellAcked(client *c, bytes key, const streamGroup *g, streamId id) {
    if (!somebodyFollows(c)) return;
    char text[STREAM_ID_TEXT];
    propagateAs(
        c, 4,
        (bytes[]){BYTES("XACK"), key, streamGroupName(g), bytesOf(text, streamIdFormat(text, id))});
}

void streamTellReads(client *c, bytes key, const streamGroup *g) {
    if (!somebodyFollows(c)) return;
    char last_id[STREAM_ID_TEXT], count[NUM_INT_MAX];
    const bytes argv[] = {BYTES("XGROUP"),
                          BYTES("SETID"),
                          key,
                          streamGroupName(g),
                          bytesOf(last_id, streamIdFormat(last_id, g->last_id)),
                          BYTES("ENTRIESREAD"),
                          bytesOf(count, numFormatInt(count, g->entries_read))};
    propagateAs(c, sizeof argv / sizeof *argv, argv);
}

void streamTellCreated(client *c, bytes key, const streamGroup *g, bool make_stream) {
    if (!somebodyFollows(c)) return;
    char last_id[STREAM_ID_TEXT], count[NUM_INT_MAX];
    const bytes argv[] = {BYTES("XGROUP"),
                          BYTES("CREATE"),
                          key,
                          streamGroupName(g),
                          bytesOf(last_id, streamIdFormat(last_id, g->last_id)),
                          BYTES("ENTRIESREAD"),
                          bytesOf(count, numFormatInt(count, g->entries_read)),
                          BYTES("MKSTREAM")};
    propagateAs(c, make_stream ? 8 : 7, argv);
}

void streamTellConsumer(client *c, bytes key, const streamGroup *g,
                        const streamConsumer *consumer) {
    if (!somebodyFollows(c)) return;
    propagateAs(c, 5,
                (bytes[]){BYTES("XGROUP"), BYTES("CREATECONSUMER"), key, streamGroupName(g),
                          streamConsumerName(consumer)});
}
