/* aof_load.h - the records of an append-only log, read from bytes that may be anything.
 *
 *     *2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n      a record: a command as an array of bulk strings
 *     #TS:1628217470\r\n                     a note: a line by itself
 *
 * Nothing is believed: what a record promises is compared with what the file has left before memory
 * is taken for it. A file that ends inside of a record is told from one that holds other bytes than
 * a log's: the first happens when a machine stops, the second never should.
 *
 * Knows nothing of commands, transactions and files; a base in RDB form is rdb_load's. */
#ifndef EBB_STORAGE_PERSIST_AOF_LOAD_H
#define EBB_STORAGE_PERSIST_AOF_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/bytes.h"

typedef enum aofItem {
    AOF_RECORD,
    AOF_NOTE,
    AOF_END,
    AOF_CUT,       /* the file ends inside of a record */
    AOF_BROKEN,    /* this is no log */
    AOF_UNREADABLE /* read() failed: errno */
} aofItem;

typedef struct aofSpan {
    size_t offset, size;
} aofSpan;

typedef struct aofReader {
    /* Up to 'room' of the next bytes of the file; 0 at its end, -1 with errno. */
    int64_t (*read)(void *ctx, void *to, size_t room);
    void *ctx;
    uint64_t left; /* bytes that read() has still to give */
    uint64_t at;   /* of the item, in the file */
    uint64_t next; /* behind it; of an AOF_RECORD or AOF_NOTE only */
    uint64_t line; /* lines up to here, from 1 on */
    /* An AOF_RECORD: borrowed until the next call. */
    int argc;
    bytes *argv;
    bytes raw; /* the item as it stands in the file */
    /* After AOF_CUT and AOF_BROKEN: what was expected, and where. */
    char error[128];
    uint64_t error_at;
    bool is_foreign; /* what stands there is no beginning of an item */
    /* ---- private ---- */
    char *data;
    size_t start, end, capacity;
    aofSpan *spans;
    size_t span_capacity;
} aofReader;

/* 'size' bytes are to come, the first of them at 'at' of the file. */
void aofReaderInit(aofReader *r, int64_t (*read)(void *ctx, void *to, size_t room), void *ctx,
                   uint64_t at, uint64_t size);
void aofReaderClear(aofReader *r);

/* The next item. After anything but AOF_RECORD and AOF_NOTE there is no next one. */
aofItem aofRead(aofReader *r);

/* The time of a note "#TS:seconds"; false of another. */
bool aofNoteTime(bytes note, int64_t *seconds);

#endif
