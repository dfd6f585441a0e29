/* rdb_out.h - a sink that hands what is written on in large parts, with its checksum: to a file, a
 * socket.
 *
 * A failure stays: what follows is taken for nothing, and 'error' tells of the first. */
#ifndef EBB_STORAGE_PERSIST_RDB_OUT_H
#define EBB_STORAGE_PERSIST_RDB_OUT_H

#include "storage/base/file_ops.h"
#include "storage/persist/rdb_write.h"

enum { RDB_OUT_ROOM = 256 * 1024, RDB_OUT_SYNC = 4 * 1024 * 1024 };

typedef struct rdbOut {
    rdbSink sink;
    uint8_t *buffer;
    bool checksum; /* CRC-64 of all that is written */
    uint64_t crc;  /* of what was handed on */
    uint64_t size; /* handed on */
    int error;     /* errno of the first failure; 0: none */
    /* Takes the next part whole. 0 or an errno. */
    int (*put)(void *ctx, bytes part);
    void *ctx;
} rdbOut;

void rdbOutInit(rdbOut *o, int (*put)(void *ctx, bytes part), void *ctx);
void rdbOutClear(rdbOut *o);
/* Hands on what is left. 0 or the errno of the first failure so far. */
int rdbOutFlush(rdbOut *o);
/* Of what was written so far, handed on or not. */
uint64_t rdbOutSize(const rdbOut *o);
uint64_t rdbOutCrc(rdbOut *o);

/* ---- into an open file ---- */

typedef struct rdbFile {
    rdbOut out;
    const fileOps *ops;
    int fd;
    bool sync_often; /* every RDB_OUT_SYNC, so that the disk has no long queue at the end */
    uint64_t unsynced;
} rdbFile;

/* 'fd' stays the caller's. */
void rdbFileInit(rdbFile *f, const fileOps *ops, int fd, bool sync_often);
void rdbFileClear(rdbFile *f);

#endif
