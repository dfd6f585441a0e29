/* aof_manifest.h - the list of files that an append-only log is made of.
 *
 * A text file beside them, one line a file, in the order in which they are loaded:
 *
 *     file appendonly.aof.2.base.rdb seq 2 type b
 *     file appendonly.aof.1.incr.aof seq 1 type h     history: replaced, to be deleted
 *     file appendonly.aof.2.incr.aof seq 2 type i
 *
 * A name with blanks or other odd bytes stands in double quotes, with escapes. Further pairs of
 * words on a line are skipped, and lines that begin with '#'.
 *
 * A manifest is replaced whole: written beside the old one, synced, renamed, the folder synced. So
 * after a crash it is the old one or the new one. Names are those of files in its folder. */
#ifndef EBB_STORAGE_PERSIST_AOF_MANIFEST_H
#define EBB_STORAGE_PERSIST_AOF_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/err.h"
#include "storage/base/file_ops.h"

typedef enum aofFileType {
    AOF_FILE_BASE = 'b',
    AOF_FILE_HISTORY = 'h',
    AOF_FILE_INCR = 'i'
} aofFileType;

typedef struct aofFile {
    char *name; /* owned */
    int64_t seq;
    aofFileType type;
} aofFile;

typedef struct aofFileList {
    aofFile *items;
    size_t count, capacity;
} aofFileList;

typedef struct aofManifest {
    aofFile base;               /* name NULL: none */
    aofFileList history;        /* newest first */
    aofFileList incrs;          /* oldest first; the last one is appended to */
    int64_t base_seq, incr_seq; /* the highest that were given out */
} aofManifest;

/* Zeroed is an empty one. */
void aofManifestClear(aofManifest *m);
aofManifest aofManifestCopy(const aofManifest *m);
static inline bool aofManifestIsEmpty(const aofManifest *m) {
    return !m->base.name && !m->incrs.count;
}

/* ---- changes; names are made from 'stem', the appendfilename ---- */

/* A new base, in RDB or AOF form; the old one and, with 'incrs_before' of them, the first
 * incremental files become history. Its name, borrowed. */
const char *aofManifestNewBase(aofManifest *m, const char *stem, bool is_rdb, size_t incrs_before);
/* A new file to append to. Its name, borrowed. */
const char *aofManifestNewIncr(aofManifest *m, const char *stem);
/* The log of an older server, as it was called, becomes the base. */
void aofManifestAdoptBase(aofManifest *m, const char *name);
/* A copy of a base or of the last incremental file, with its number. */
void aofManifestAdd(aofManifest *m, const aofFile *f);
void aofManifestDropHistory(aofManifest *m);

/* ---- as text ---- */

typedef struct aofManifestError {
    size_t line;      /* 0: the file as a whole */
    char text[64];    /* what is wrong with it */
    char shown[1024]; /* the line */
} aofManifestError;

/* From bytes that may be anything. ERR_CORRUPT, and nothing in 'm', after an error. */
int MUST_USE aofManifestParse(bytes text, aofManifest *m, aofManifestError *error);
/* Appends to memory that memFree() frees. */
char *aofManifestText(const aofManifest *m, size_t *size);

/* ---- as a file ---- */

/* ERR_NOT_FOUND without one, ERR_IO with errno, ERR_CORRUPT with 'error' filled. */
int MUST_USE aofManifestRead(const fileOps *ops, const char *path, aofManifest *m,
                             aofManifestError *error);
/* ERR_IO with errno: the old one is there as before. ERR_AGAIN with errno: the new one is there,
 * and after a crash it may be the old one, because the folder could not be synced. */
int MUST_USE aofManifestWrite(const fileOps *ops, const char *path, const char *temp,
                              const aofManifest *m);

#endif
