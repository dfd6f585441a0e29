/* rdb_write.h - the small parts of the RDB format, written to a sink.
 *
 * A sink is some room and a call that makes more of it: a buffer that grows, a file that is
 * flushed. Writing never fails: a sink that cannot go on notes it for its owner and takes the
 * rest for nothing. */
#ifndef EBB_STORAGE_PERSIST_RDB_WRITE_H
#define EBB_STORAGE_PERSIST_RDB_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/bytes.h"

enum { RDB_SINK_ROOM = 64 }; /* a sink has so much after more() */

typedef struct rdbSink rdbSink;
struct rdbSink {
    uint8_t *at, *end; /* the room */
    /* Makes room for RDB_SINK_ROOM bytes at 'at'; 'wanted' says how many are to come. */
    void (*more)(rdbSink *s, size_t wanted);
    bool compress; /* strings of over 20 bytes by LZF: rdbcompression */
};

/* As they are. */
void rdbPutBytes(rdbSink *s, bytes raw);
void rdbPutByte(rdbSink *s, uint8_t byte);
void rdbPutLength(rdbSink *s, uint64_t length);
/* A time in milliseconds. */
void rdbPutTime(rdbSink *s, int64_t ms);
void rdbPutDouble(rdbSink *s, double value);
/* As an integer where it reads as one, compressed where that helps, else with its length. */
void rdbPutString(rdbSink *s, bytes text);

/* ---- a sink in memory ---- */

typedef struct rdbBuffer {
    rdbSink sink;
    uint8_t *data;
    bool failed; /* the memory could not be had */
    uint8_t spill[RDB_SINK_ROOM];
} rdbBuffer;

void rdbBufferInit(rdbBuffer *b, bool compress);
void rdbBufferClear(rdbBuffer *b);
/* What was written; of one that has failed, nothing that is of use. */
bytes rdbBufferBytes(const rdbBuffer *b);

#endif
