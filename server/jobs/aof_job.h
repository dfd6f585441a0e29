/* aof_job.h - the append-only log of a server: what is told to it reaches the file, the disk, and,
 * after a restart, the server again.
 *
 * The log is a folder of files (storage/persist/aof_manifest): a base and what was appended since.
 * A rewrite makes a new base in a forked child, while records go to a new file.
 *
 * appendfsync always: records of all clients of an iteration are written together and synced on
 * another thread, and the replies wait for that (server/core/reply_hold), while the loop gathers
 * the next ones. everysec: the sync runs once a second; while it runs records are gathered for up
 * to two seconds rather than written, for a write to a file that is being synced may take as long
 * as that. no: the kernel sees to it.
 *
 * What cannot be written stays in memory and is tried again each second; commands that write are
 * refused meanwhile. A sync that fails is final, for the kernel may have dropped what it could not
 * write: nobody is told that it is safe, writes are refused, and the log is made anew from memory.
 * Under always, clients whose replies wait for what failed are disconnected. Reads are answered in
 * both cases, and show what may not outlive the process. */
#ifndef EBB_SERVER_JOBS_AOF_JOB_H
#define EBB_SERVER_JOBS_AOF_JOB_H

#include "server/core/server.h"
#include "storage/base/err.h"

/* After childAttach() and saveAttach(). Sets s->aof; nothing is opened yet. */
void aofAttach(server *s);
/* Writes and syncs what is left, and closes. */
void aofDetach(server *s);

/* When the server starts with appendonly yes: loads what is there, makes what is not, and appends
 * from now on. A negative ERR_* after a failure, which the log tells of. */
int MUST_USE aofStart(server *s);
/* The same, where the data are there already (preload-file): the log begins anew with them, and
 * what it had becomes history. */
int MUST_USE aofStartAnew(server *s);
/* Loads the log whose manifest this is, which is not the server's own. */
int MUST_USE aofPreload(server *s, const char *manifest_path);
/* The data of a start with appendonly no is loaded: appendonly may have been switched on meanwhile.
 */
void aofLoadedElsewhere(server *s);
/* DEBUG LOADAOF: everything in memory gives way to what the log has. ERR_NOT_FOUND, and nothing has
 * happened, if there is no log; other ERR_* after a failure, which the log tells of. */
int MUST_USE aofReload(server *s);

/* True if records are appended, or will be once there is a base for them. */
bool aofIsOn(const server *s);
/* Why writes are refused: an error as clients know it; NULL: they are not. */
const char *aofRefusal(const server *s);

/* Writes and syncs everything, and waits for it. ERR_IO if that fails. */
int MUST_USE aofSyncNow(server *s);

/* At the end of the server: as aofSyncNow(), and a child that rewrites is ended. False if the
 * server must not end, which 'force' overrules: data would be lost. */
bool aofShutdown(server *s, bool force);

/* The position up to which the log is on disk; WAITAOF compares client.log_position with it. */
uint64_t aofSynced(const server *s);
/* A client has blocked until the log is synced up to its log_wanted. */
void aofAwait(client *c);

typedef enum aofRewriteAnswer {
    AOF_REWRITE_STARTED,
    AOF_REWRITE_SCHEDULED, /* another child lives */
    AOF_REWRITE_RUNS,      /* already */
    AOF_REWRITE_REFUSED,   /* the log there is belongs to a backup */
    AOF_REWRITE_FAILED
} aofRewriteAnswer;
/* BGREWRITEAOF. */
aofRewriteAnswer aofRewriteAsk(server *s);

/* DEBUG AOF-FLUSH-SLEEP: each write to the log takes so much longer. */
void aofSetFlushDelay(server *s, int64_t us);

#endif
