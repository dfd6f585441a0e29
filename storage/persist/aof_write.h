/* aof_write.h - the end of an append-only log: records gathered in memory and written to a file.
 *
 * Records come as RESP. Where one belongs to another db than the one before, SELECT stands before
 * it, and where the second has changed, if that is asked for, a note of the time. The file always
 * ends behind a whole record: what of a write has reached it when the disk is full is cut off
 * again, and stays in memory to be tried anew.
 *
 * Positions count bytes of all records that were ever given, through all files. Never syncs: that
 * is its owner's, who also owns the file. */
#ifndef EBB_STORAGE_PERSIST_AOF_WRITE_H
#define EBB_STORAGE_PERSIST_AOF_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/err.h"
#include "storage/base/file_ops.h"

typedef struct aofWriter {
    const fileOps *ops;
    int fd; /* opened for appending; -1: none */
    char *data;
    size_t size, capacity; /* not written yet */
    uint64_t file_size;
    uint64_t position; /* behind the last record that was given */
    int db;            /* the one that is selected at the end; -1: none */
    bool notes;        /* of the time */
    int64_t noted_s;
} aofWriter;

void aofWriterInit(aofWriter *w);
/* What is not written is lost, and counts as written. */
void aofWriterClear(aofWriter *w);

/* Goes on in the file 'fd' of 'file_size' bytes, where no db is selected. */
void aofWriterOpen(aofWriter *w, const fileOps *ops, int fd, uint64_t file_size);

/* A record for db 'db' at 'now_s'; a negative one: whichever is selected. */
void aofAppend(aofWriter *w, int db, bytes record, int64_t now_s);
/* The same in two steps: where a record of at most 'size' bytes goes, and how many it has. */
char *aofReserve(aofWriter *w, int db, size_t size, int64_t now_s);
static inline void aofCommit(aofWriter *w, size_t size) {
    w->size += size;
    w->position += size;
}
/* The position behind what is in the file. */
static inline uint64_t aofWritten(const aofWriter *w) {
    return w->position - w->size;
}
/* Writes all that was given. ERR_IO with errno: the file is as before, or has some whole or cut
 * records more whose rest is still to be written. */
int MUST_USE aofWrite(aofWriter *w);

#endif
