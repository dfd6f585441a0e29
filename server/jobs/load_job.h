/* load_job.h - data that was saved comes back: at the start, by DEBUG RELOAD, from a primary.
 *
 * Between loadBegin() and loadEnd() the server counts as loading: commands without CMD_LOADING are
 * refused, and clients are answered every few milliseconds from inside of loadGoesOn(), which
 * whoever reads calls often. No cron task runs. */
#ifndef EBB_SERVER_JOBS_LOAD_JOB_H
#define EBB_SERVER_JOBS_LOAD_JOB_H

#include "server/core/server.h"
#include "storage/persist/rdb_load.h"

void loadAttach(server *s);

/* The error of who asks for what a loading server does not do. */
void loadReplyBusy(client *c);

/* ---- for whoever reads: an RDB file, an AOF ---- */

/* 'total_bytes' are to come. */
void loadBegin(server *s, uint64_t total_bytes);
/* So many of them are read. False: the server shall end. */
bool loadGoesOn(server *s, uint64_t loaded_bytes);
void loadEnd(server *s);

enum {
    LOAD_REPLACE = 1 << 0, /* a key or library that is there already is replaced, and no error */
    LOAD_KEEP_EXPIRED = 1 << 1 /* keys past their deadline too: who feeds the server removes them */
};

/* What rdbLoad() takes to load into the dbs of a server, inside of a loading. */
typedef struct loadInto {
    rdbTarget target;
    server *server;
    uint32_t flags;
    bool counts_uses;    /* an LFU policy */
    uint64_t base_bytes; /* read before this input */
    int64_t delay_us;    /* key-load-delay */
    uint64_t keys;
} loadInto;

/* Not to be copied. */
void loadIntoInit(loadInto *l, server *s, uint32_t flags);

/* ---- files ---- */

/* Loads the file, which is a loading of its own. ERR_NOT_FOUND (not logged), ERR_IO, ERR_CORRUPT,
 * ERR_AGAIN where the server shall end meanwhile; the reasons are logged. */
int MUST_USE loadRdbFile(server *s, const char *path, uint32_t flags);

/* What the server had when it ended last. As loadRdbFile(), but having nothing is no error. */
int MUST_USE loadAtStart(server *s);

#endif
