/* rdb_save.h - a whole RDB file, written to a sink or, never leaving half of one, to a path.
 *
 *     "REDIS" version: 4 digits
 *     RDB_AUX ...                     who wrote it and when
 *     RDB_FUNCTION_2 ...              libraries of functions
 *     for each db with keys           RDB_SELECT_DB, RDB_RESIZE_DB
 *         [deadline] [idle | freq] type key value ...
 *     RDB_END checksum
 *
 * The version is the oldest that can say what is there: the types of all values are looked at
 * before the first byte is written, in a fraction of the time that writing takes.
 *
 * Nothing may change meanwhile: a forked child, or a server that waits. */
#ifndef EBB_STORAGE_PERSIST_RDB_SAVE_H
#define EBB_STORAGE_PERSIST_RDB_SAVE_H

#include "storage/base/err.h"
#include "storage/db/db.h"
#include "storage/persist/rdb_out.h"
#include "storage/types/access.h"

/* Which access bits are told: those that an eviction policy would miss. */
typedef enum rdbAccess { RDB_ACCESS_NONE, RDB_ACCESS_IDLE, RDB_ACCESS_COUNT } rdbAccess;

typedef struct rdbAux {
    const char *name;
    bytes value;
} rdbAux;

typedef struct rdbSource {
    db *const *dbs;
    int db_count;
    const rdbAux *aux;
    int aux_count;
    /* Gives the code of each library of functions; NULL: there are none. */
    void (*functions)(void *ctx, void (*library)(void *to, bytes code), void *to);
    rdbAccess access;
    accessLfuRules lfu;
    int64_t access_ms; /* the time that access bits are judged by */
    bool compress, checksum;
    unsigned version; /* 0: the oldest that will do; else at least that one */
    /* After each key, with the number of those written so far; false ends it (error ECANCELED).
     * NULL: nobody asks. */
    bool (*progress)(void *ctx, uint64_t keys);
    /* 'e' is written and not read again: its memory may be given back. NULL: nobody does. */
    void (*written)(void *ctx, const entry *e);
    void *ctx;
} rdbSource;

/* The oldest version that can say what is in the dbs. */
unsigned rdbVersionNeeded(db *const *dbs, int count);

/* From "REDIS" to the checksum; flushed. 0, or an errno. */
int rdbSave(const rdbSource *from, rdbOut *to);

typedef struct rdbSaveFailure {
    const char *what; /* "open", "write", "fsync", "close", "rename", "sync the folder of" */
    int error;        /* errno */
} rdbSaveFailure;

/* As 'path', through 'temp' in the same folder: written, synced, renamed, the folder synced. After
 * a failure ERR_IO: 'temp' is gone, and what was at 'path' is there as before (but for a folder
 * that could not be synced: then the new file is there, and may be the old one after a crash). */
int MUST_USE rdbSaveFile(const rdbSource *from, const fileOps *ops, const char *path,
                         const char *temp, bool sync_often, rdbSaveFailure *failure);

#endif
