/* aof_rewrite_job.c - a new base: written by a forked child, put into the manifest by its parent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/jobs/aof_internal.h"
#include "server/jobs/child.h"
#include "server/jobs/persist_source.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "storage/persist/aof_rewrite.h"

enum {
    TEMP_NAME = 64,
    FAILURES_FREE = 3, /* in a row, before rewrites that start by themselves are held back */
    LIMIT_MINUTES_MAX = 60
};

/* ---- the base ---- */

static void tempBase(char out[TEMP_NAME], long pid) {
    snprintf(out, TEMP_NAME, "temp-rewriteaof-bg-%ld.aof", pid);
}

/* All data into an open file. 0 or an errno. */
static int writeCommands(const rdbSource *from, const fileOps *ops, int fd, int64_t time_s,
                         bool sync_often) {
    rdbFile file;
    rdbFileInit(&file, ops, fd, sync_often);
    int error = aofRewrite(from, time_s, &file.out);
    rdbFileClear(&file);
    return error;
}

/* As 'path', synced. 0 or an errno; then it is gone. */
static int writeBase(server *s, const char *path, bool is_rdb, bool in_child) {
    bool sync_often = configInt(&s->config, "aof-rewrite-incremental-fsync");
    bool notes = configInt(&s->config, "aof-timestamp-enabled");
    persistSource source;
    persistSourceInit(&source, s, in_child);
    persistSourceAuxInt(&source, "aof-base", 1);
    int fd = fileOpen(s->files, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return errno;
    int error;
    if (is_rdb) {
        rdbFile file;
        rdbFileInit(&file, s->files, fd, sync_often);
        error = rdbSave(&source.rdb, &file.out);
        rdbFileClear(&file);
    } else {
        error = writeCommands(&source.rdb, s->files, fd, notes ? s->now_ms / 1000 : 0, sync_often);
    }
    if (!error && fileSync(s->files, fd) < 0) error = errno;
    if (fileClose(s->files, fd) < 0 && !error) error = errno;
    if (error) fileUnlink(s->files, path);
    return error;
}

static int runInChild(void *ctx, server *s) {
    aofJob *a = ctx;
    char temp[TEMP_NAME];
    tempBase(temp, (long)getpid());
    int error = writeBase(s, temp, a->base_is_rdb, true);
    if (!error) return 0;
    logLine(LOG_WARN, "Write error while rewriting the AOF in the background: %s", strerror(error));
    return 1;
}

bool aofWriteFirstBase(aofJob *a, aofManifest *m) {
    a->base_is_rdb = configInt(&a->s->config, "aof-use-rdb-preamble");
    const char *name = aofManifestNewBase(m, a->stem, a->base_is_rdb, m->incrs.count);
    char *path = aofPath(a->folder, name);
    logLine(LOG_NOTICE, "Creating AOF base file %s on server start", name);
    int error = writeBase(a->s, path, a->base_is_rdb, false);
    if (error) logLine(LOG_WARN, "Can't create the AOF base file %s: %s", path, strerror(error));
    memFree(path);
    return error == 0;
}

/* ---- the file for what comes after the fork ---- */

/* In the manifest from now on: whatever becomes of the rewrite, the log is whole. The old file is
 * on disk before there is a next one, whatever the policy: after a power cut a gap between two
 * files would be the end of the whole log. */
bool aofRotate(aofJob *a, const char *why) {
    if (aofSyncNow(a->s) < 0) return false;
    aofManifest next = aofManifestCopy(&a->manifest);
    const char *name = aofManifestNewIncr(&next, a->stem);
    char *path = aofPath(a->folder, name);
    uint64_t size;
    int fd = aofOpenForAppend(a, path, true, &size);
    if (fd < 0) logLine(LOG_WARN, "Can't open the append-only file %s: %s", path, strerror(errno));
    bool good = fd >= 0 && aofStoreManifest(a, &next);
    if (!good && fd >= 0) {
        fileClose(a->s->files, fd);
        fileUnlink(a->s->files, path);
    }
    memFree(path);
    if (!good) {
        aofManifestClear(&next);
        return false;
    }
    logLine(LOG_NOTICE, "Creating AOF incr file %s on %s", name, why);
    aofManifestClear(&a->manifest);
    a->manifest = next;
    aofRetireFile(a, a->w.fd, a->w.position);
    aofWriterOpen(&a->w, a->s->files, fd, size);
    aofBackupRotated(a, &next.incrs.items[next.incrs.count - 2]);
    return true;
}

static bool switchListed(aofJob *a) {
    size_t before = a->manifest.incrs.count;
    if (!aofRotate(a, "background rewrite")) return false;
    a->incrs_before = before;
    a->incr_mode = INCR_LISTED;
    return true;
}

/* What was gathered before the fork and could not be written is in the new base; if there will be
 * none, it is still to be written. */
static void setStaleAside(aofJob *a) {
    if (!a->w.size) return;
    a->stale = a->w.data;
    a->stale_size = a->w.size;
    a->w.data = NULL;
    a->w.size = a->w.capacity = 0;
}

/* In no manifest before there is a base. */
static bool switchApart(aofJob *a) {
    if (a->state == AOF_ON) bgDrain(a->syncer);
    char *path = aofApartPath(a);
    fileUnlink(a->s->files, path);
    uint64_t size;
    int fd = aofOpenForAppend(a, path, true, &size);
    if (fd < 0)
        logLine(LOG_WARN, "Can't open the append-only file %s: %s", path, strerror(errno));
    else
        logLine(LOG_NOTICE, "Creating AOF incr file %s on background rewrite", path);
    memFree(path);
    if (fd < 0) return false;
    if (a->state == AOF_ON) aofBackupFail(a, "the log has a gap");
    setStaleAside(a);
    if (a->w.fd >= 0) aofRetireFile(a, a->w.fd, 0);
    aofWriterOpen(&a->w, a->s->files, fd, size);
    a->incrs_before = a->manifest.incrs.count;
    a->incr_mode = INCR_APART;
    return true;
}

static bool switchFile(aofJob *a) {
    if (a->state == AOF_OFF) {
        a->incr_mode = INCR_NONE;
        a->incrs_before = a->manifest.incrs.count;
        return true;
    }
    if (a->state == AOF_ON && !a->sync_error && switchListed(a)) return true;
    bool broken = a->write_error || a->sync_error;
    return (a->state == AOF_WAITS || broken) && switchApart(a);
}

/* There will be no base: where the log was whole before, it goes on. */
static void leaveApart(aofJob *a) {
    char *path = aofApartPath(a);
    logLine(LOG_NOTICE, "Removing the temp incr aof file %s", path);
    fileUnlink(a->s->files, path);
    memFree(path);
    aofRetireFile(a, a->w.fd, 0);
    a->w.fd = -1;
    aofWriterClear(&a->w);
    if (a->state == AOF_WAITS) return;
    a->w.data = a->stale;
    a->w.size = a->w.capacity = a->stale_size;
    a->stale = NULL;
    const aofFileList *l = &a->manifest.incrs;
    if (!l->count) return;
    path = aofPath(a->folder, l->items[l->count - 1].name);
    uint64_t size = 0;
    int fd = aofOpenForAppend(a, path, false, &size);
    memFree(path);
    aofWriterOpen(&a->w, a->s->files, fd, size);
}

/* ---- the end ---- */

/* The file apart gets its name and place. */
static bool listApart(aofJob *a, aofManifest *next) {
    char *from = aofApartPath(a), *to = aofPath(a->folder, aofManifestNewIncr(next, a->stem));
    bool good = fileSyncData(a->s->files, a->w.fd) == 0 && fileRename(a->s->files, from, to) == 0;
    if (!good)
        logLine(LOG_WARN, "Error trying to rename the AOF file %s into %s: %s", from, to,
                strerror(errno));
    else
        logLine(LOG_NOTICE, "Successfully renamed the temporary AOF incr file %s into %s", from,
                to);
    memFree(from);
    memFree(to);
    return good;
}

/* From the child's file to a manifest that has it. */
static bool adoptBase(aofJob *a, long pid) {
    char temp[TEMP_NAME];
    tempBase(temp, pid);
    aofManifest next = aofManifestCopy(&a->manifest);
    const char *name = aofManifestNewBase(&next, a->stem, a->base_is_rdb, a->incrs_before);
    char *path = aofPath(a->folder, name);
    bool good = aofMakeFolder(a) == 0 && fileRename(a->s->files, temp, path) == 0;
    if (good)
        logLine(LOG_NOTICE, "Successfully renamed the temporary AOF base file %s into %s", temp,
                path);
    else
        logLine(LOG_WARN, "Error trying to rename the temporary AOF file %s into %s: %s", temp,
                path, strerror(errno));
    good = good && (a->incr_mode != INCR_APART || (aofWriteOut(a) && listApart(a, &next)));
    /* Names that the manifest has must not be less lasting than it is. */
    if (good && fileSyncFolder(a->s->files, path) < 0) {
        logLine(LOG_WARN, "Error trying to sync the folder of the AOF: %s", strerror(errno));
        good = false;
    }
    good = good && aofStoreManifest(a, &next);
    if (!good) fileUnlink(a->s->files, path);
    memFree(path);
    if (!good) {
        aofManifestClear(&next);
        return false;
    }
    aofManifestClear(&a->manifest);
    a->manifest = next;
    return true;
}

static void rewriteWorked(aofJob *a) {
    server *s = a->s;
    logLine(LOG_NOTICE, "Background AOF rewrite finished successfully");
    bool is_first = a->state == AOF_WAITS;
    if (a->incr_mode == INCR_APART) {
        memFree(a->stale);
        a->stale = NULL;
        a->state = AOF_ON;
        a->synced = aofWritten(&a->w);
        aofHealed(a);
        aofPolicyChanged(a);
        aofWakeWaiters(a);
        if (is_first && !a->backup.has_own_log) logLine(LOG_NOTICE, "AOF is on from now on");
    }
    aofBackupRewriteEnded(a, true);
    s->persist.aof_base_size = s->persist.aof_size = aofFilesSize(a);
    s->persist.aof_last_rewrite_failed = false;
    s->persist.aof_rewrite_failures_in_a_row = 0;
    a->limit_minutes = 0;
    a->limit_until_ns = 0;
    aofDropHistory(a);
}

static void rewriteFailed(aofJob *a, long pid, bool by_us) {
    char temp[TEMP_NAME];
    tempBase(temp, pid);
    fileUnlink(a->s->files, temp);
    if (a->incr_mode == INCR_APART) leaveApart(a);
    aofBackupRewriteEnded(a, false);
    if (by_us) return;
    a->s->persist.aof_last_rewrite_failed = true;
    a->s->persist.aof_rewrite_failures_in_a_row++;
    a->next_try_ns = a->s->now_ns + AOF_S;
}

static void rewriteEnded(void *ctx, server *s, const childEnd *end) {
    aofJob *a = ctx;
    s->persist.aof_last_rewrite_s = (s->now_ms - s->persist.aof_rewrite_start_ms) / 1000;
    s->persist.aof_rewrite_start_ms = 0;
    s->persist.aof_last_cow_bytes = end->cow_bytes;
    bool wrote = !end->signal && end->status == 0;
    if (wrote)
        logLine(LOG_NOTICE, "Background AOF rewrite terminated with success");
    else if (end->signal)
        logLine(LOG_WARN, "Background AOF rewrite terminated by signal %d", end->signal);
    else
        logLine(LOG_WARN, "Background AOF rewrite terminated with error");
    if (wrote && adoptBase(a, (long)end->pid))
        rewriteWorked(a);
    else
        rewriteFailed(a, (long)end->pid, end->killed);
    if (a->state == AOF_WAITS) s->persist.aof_rewrite_scheduled = true;
}

/* ---- the beginning ---- */

bool aofRewriteStart(aofJob *a) {
    server *s = a->s;
    s->persist.aof_rewrite_scheduled = false;
    a->base_is_rdb = configInt(&s->config, "aof-use-rdb-preamble");
    if (aofMakeFolder(a) < 0) {
        logLine(LOG_WARN, "Can't open or create append-only dir %s: %s", a->folder,
                strerror(errno));
        s->persist.aof_last_rewrite_failed = true;
        return false;
    }
    bool good = switchFile(a);
    childJob job = {.kind = CHILD_AOF,
                    .title = "ebb-aof-rewrite",
                    .run = runInChild,
                    .ended = rewriteEnded,
                    .cpulist = "aof-rewrite-cpulist",
                    .ctx = a};
    if (good && childStart(s, &job) < 0) {
        logLine(LOG_WARN, "Can't rewrite append only file in background: fork: %s",
                strerror(errno));
        if (a->incr_mode == INCR_APART) leaveApart(a);
        good = false;
    }
    if (!good) {
        s->persist.aof_last_rewrite_failed = true;
        s->persist.aof_rewrite_failures_in_a_row++;
        aofBackupRewriteEnded(a, false);
        return false;
    }
    logLine(LOG_NOTICE, "Background append only file rewriting started by pid %ld",
            (long)childPid(s));
    s->persist.aof_rewrite_start_ms = s->now_ms;
    s->persist.aof_rewrites++;
    aofBackupRewriteBegan(a);
    return true;
}

aofRewriteAnswer aofRewriteAsk(server *s) {
    aofJob *a = s->aof;
    if (childActive(s) == CHILD_AOF) return AOF_REWRITE_RUNS;
    if (a->backup.has_own_log) return AOF_REWRITE_REFUSED;
    if (childActive(s) != CHILD_NONE || s->call_depth > 1) {
        s->persist.aof_rewrite_scheduled = true;
        a->limit_minutes = 0;
        a->limit_until_ns = 0;
        return AOF_REWRITE_SCHEDULED;
    }
    return aofRewriteStart(a) ? AOF_REWRITE_STARTED : AOF_REWRITE_FAILED;
}

/* Who fails again and again fills the folder with files: the next try is later each time. */
static bool isHeldBack(aofJob *a) {
    server *s = a->s;
    if (s->persist.aof_rewrite_failures_in_a_row < FAILURES_FREE) return false;
    if (a->limit_until_ns && s->now_ns >= a->limit_until_ns) {
        a->limit_until_ns = 0;
        return false;
    }
    if (a->limit_until_ns) return true;
    a->limit_minutes = a->limit_minutes ? a->limit_minutes * 2 : 1;
    if (a->limit_minutes > LIMIT_MINUTES_MAX) a->limit_minutes = LIMIT_MINUTES_MAX;
    a->limit_until_ns = s->now_ns + (uint64_t)a->limit_minutes * 60 * AOF_S;
    logLine(LOG_WARN,
            "Background AOF rewrite has repeatedly failed and triggered the limit, will "
            "retry in %d minutes",
            a->limit_minutes);
    return true;
}

static bool hasGrown(const aofJob *a) {
    const persistStats *p = &a->s->persist;
    if (a->state != AOF_ON || a->backup.has_own_log || !a->grow_percent ||
        p->aof_size <= (uint64_t)a->grow_min)
        return false;
    uint64_t base = p->aof_base_size ? p->aof_base_size : 1;
    return p->aof_size >= base && (p->aof_size - base) * 100 / base >= (uint64_t)a->grow_percent;
}

void aofRewriteConsider(aofJob *a) {
    server *s = a->s;
    /* Inside of a script that polls, what it has done so far is in memory and not in the log. */
    if (childActive(s) != CHILD_NONE || s->persist.loading || s->call_depth) return;
    bool broken = a->sync_error && s->now_ns >= a->next_try_ns;
    if (broken) {
        logLine(LOG_NOTICE, "Making the AOF anew from memory");
        a->next_try_ns = s->now_ns + AOF_S;
        aofRewriteStart(a);
    } else if (s->persist.aof_rewrite_scheduled) {
        if (!isHeldBack(a)) aofRewriteStart(a);
    } else if (hasGrown(a) && !isHeldBack(a)) {
        logLine(LOG_NOTICE, "Starting automatic rewriting of AOF on %llu%% growth",
                (unsigned long long)((s->persist.aof_size - s->persist.aof_base_size) * 100 /
                                     (s->persist.aof_base_size ? s->persist.aof_base_size : 1)));
        aofRewriteStart(a);
    }
}
