/* aof_internal.h - the state of a server's log, for server/jobs/aof_*.c alone. */
#ifndef EBB_SERVER_JOBS_AOF_INTERNAL_H
#define EBB_SERVER_JOBS_AOF_INTERNAL_H

#include "server/jobs/aof_backup.h"
#include "server/jobs/aof_job.h"
#include "server/jobs/bg_thread.h"
#include "storage/persist/aof_manifest.h"
#include "storage/persist/aof_write.h"

typedef enum aofState {
    AOF_OFF,
    AOF_ON,
    AOF_WAITS /* switched on, and there is no base yet: records go to a file that is not in the
                 manifest, from the fork of the child on that writes the base */
} aofState;

/* A sync of the file that is appended to, on the other thread. */
typedef struct syncJob {
    bgJob job;
    aofJob *a;
    const fileOps *ops;
    int fd;
    uint64_t position; /* what is safe when it has ended well */
    bool closes;       /* the file is done with */
    int error;
    const clockSource *clock;
    uint64_t took_ns;
} syncJob;

/* How a rewrite deals with the file for what comes after its fork. */
typedef enum aofIncrMode {
    INCR_LISTED, /* in the manifest since the fork: with what is before it the log is whole */
    INCR_APART,  /* in no manifest until there is a base */
    INCR_NONE    /* appendonly is off */
} aofIncrMode;

typedef struct aofBackup {
    aofBackupState state;
    char *folder;      /* absolute */
    aofManifest files; /* those that are there for good */
    bool has_own_log;  /* appendonly is off: the log is there for the backup, in its folder */
    char *log_folder;  /* meanwhile: those of the server's log */
    aofManifest log_manifest;
    const char *broken; /* why it fails at the end of this turn; NULL: it does not */
    char error[80];
    int64_t start_s, end_s;
    int task; /* removes one that is sealed in time */
} aofBackup;

struct aofJob {
    server *s;
    aofState state;
    char *folder, *stem; /* appenddirname, appendfilename */
    aofManifest manifest;
    aofWriter w;
    propagationSink sink;
    flushHook hook;
    int task; /* wakes the loop when something is due */
    /* ---- directives ---- */
    int policy;            /* FSYNC_* */
    bool rests_on_rewrite; /* no-appendfsync-on-rewrite */
    int64_t grow_percent, grow_min;
    bool keeps_history;
    int64_t flush_delay_us;
    /* ---- syncing ---- */
    bgThread *syncer, *cleaner;
    syncJob sync;
    bool sync_runs;
    uint64_t synced;
    uint64_t sync_started_ns; /* the last one */
    uint64_t sync_took_ns;    /* mean of late */
    uint64_t postponed_ns;    /* since then a write waits for a sync to end; 0: none does */
    size_t closing;           /* files of before a rewrite whose sync is on its way */
    bool waiters;             /* clients may be in WAITAOF */
    /* ---- group commit ---- */
    size_t group_new;      /* clients with a reply of this iteration */
    size_t group_served;   /* clients that the last sync served */
    size_t group_expected; /* may be there for the next one */
    uint64_t group_due_ns; /* the next one begins at the latest; 0: nobody waits for company */
    int group_missed;      /* so many times in a row company did not come in time */
    int group_alone;       /* so many syncs begin without waiting */
    bool drops_held;       /* what was replied in this iteration is not to be told */
    /* ---- failures ---- */
    int write_error, sync_error; /* errno; 0: none */
    char refusal[160];
    uint64_t failure_logged_ns, next_try_ns;
    /* ---- rewriting ---- */
    aofIncrMode incr_mode;
    size_t incrs_before; /* those of the manifest that the new base stands for */
    bool base_is_rdb;
    char *stale; /* records from before the fork that could be written nowhere */
    size_t stale_size;
    bool preloads; /* the files that are read are not the server's own */
    aofBackup backup;
    int limit_minutes; /* a rewrite that failed often is not tried before ... */
    uint64_t limit_until_ns;
};

#define AOF_S ((uint64_t)1000000000)

/* ---- aof_job.c ---- */

/* Records are kept from the fork of the child on that writes their base. False after a failure,
 * which is logged. */
bool aofSwitchOn(aofJob *a);
void aofSwitchOff(aofJob *a);
/* Looks at what appendfsync is, and to whom it applies. */
void aofPolicyLook(aofJob *a);

/* ---- aof_flush.c ---- */

void aofBeforeFlush(void *ctx, server *s);
void aofAfterFlush(void *ctx, server *s);
/* The kind of appendfsync has changed. */
void aofPolicyChanged(aofJob *a);
/* Writes what was gathered, whatever rests. False after a failure, which is noted. */
bool aofWriteOut(aofJob *a);
/* The file is done with: its end is synced and it is closed, on the other thread. */
void aofRetireFile(aofJob *a, int fd, uint64_t position);
/* A sync has failed. */
void aofSyncBroke(aofJob *a, int error);
/* The new files hold everything: what failed before is of the past. */
void aofHealed(aofJob *a);
/* The log is off: what failed concerns nobody any more. */
void aofForgetFailures(aofJob *a);
void aofWakeWaiters(aofJob *a);
/* Removes a file on the other thread. */
void aofUnlinkLater(aofJob *a, const char *path);
void aofTakeRecord(void *ctx, server *s, int db_id, bytes record);
char *aofReserveRecord(void *ctx, server *s, int db_id, size_t size);
void aofCommitRecord(void *ctx, server *s, size_t size);
void aofFollow(aofJob *a, bool follow);

/* ---- aof_files.c ---- */

/* 'folder/name' or, folder NULL, 'name'; to be freed. */
char *aofPath(const char *folder, const char *name);
/* The same of a name of three parts. */
char *aofNamePath(const char *folder, const char *before, const char *stem, const char *suffix);
char *aofManifestPath(const aofJob *a);
/* Of the file that is in no manifest yet. */
char *aofApartPath(const aofJob *a);
/* -1 with errno. */
int aofMakeFolder(const aofJob *a);
/* Stores 'm' as the manifest on disk. False after a failure, which is logged: the old one is there
 * as before. */
bool aofStoreManifest(aofJob *a, const aofManifest *m);
/* Opens a file for appending, an empty one where it is new; -1 with errno. */
int aofOpenForAppend(aofJob *a, const char *path, bool is_new, uint64_t *size);
/* Deletes what is history, if nothing keeps it, and forgets it. */
void aofDropHistory(aofJob *a);
/* The size of all files of the manifest. */
uint64_t aofFilesSize(aofJob *a);

/* ---- aof_rewrite_job.c ---- */

bool aofRewriteStart(aofJob *a);
/* What comes goes to a new file of the manifest; the one before is on disk. False after a failure:
 * all is as before. */
bool aofRotate(aofJob *a, const char *why);
/* Starts one where the log has grown, or one was asked for and may begin. */
void aofRewriteConsider(aofJob *a);
/* A base of what is in memory now, written here and now; what 'm' has becomes history. */
bool aofWriteFirstBase(aofJob *a, aofManifest *m);

/* ---- aof_load_job.c ---- */

typedef enum aofLoadResult {
    AOF_LOADED,
    AOF_LOADED_CUT,
    AOF_NOTHING,
    AOF_LOAD_STOPPED, /* the server shall end */
    AOF_LOAD_FAILED
} aofLoadResult;

/* Reads the manifest into a->manifest, or the one that an older server's single file becomes. */
bool aofReadManifest(aofJob *a);
aofLoadResult aofLoadFiles(aofJob *a);

/* ---- aof_backup.c ---- */

void aofBackupAttach(aofJob *a);
void aofBackupDetach(aofJob *a);
/* A rewrite has been forked; has put its base into the manifest, or will not. */
void aofBackupRewriteBegan(aofJob *a);
void aofBackupRewriteEnded(aofJob *a, bool worked);
/* A file of the log is whole and on disk, and another one has taken its place. */
void aofBackupRotated(aofJob *a, const aofFile *retired);
/* What is under way fails at the end of this turn of the loop. */
void aofBackupFail(aofJob *a, const char *why);
void aofBackupTurn(aofJob *a);
/* What is under way fails now. */
void aofBackupEnd(aofJob *a, const char *why);

#endif
