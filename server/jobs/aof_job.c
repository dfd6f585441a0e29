#include "server/jobs/aof_job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "server/core/effects.h"
#include "server/core/host.h"
#include "server/jobs/aof_internal.h"
#include "server/jobs/child.h"
#include "server/jobs/shutdown.h"
#include "server/jobs/save_job.h"
#include "storage/base/ensure.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

/* ---- appending ---- */

/* Goes on in the last file of the manifest; makes the first ones where there are none, or 'anew'.
 */
static bool openLast(aofJob *a, bool anew) {
    server *s = a->s;
    aofManifest next = aofManifestCopy(&a->manifest);
    bool fresh = anew || aofManifestIsEmpty(&next), changed = fresh || !next.incrs.count;
    bool good = aofMakeFolder(a) == 0;
    if (!good)
        logLine(LOG_WARN, "Can't open or create append-only dir %s: %s", a->folder,
                strerror(errno));
    if (good && fresh) good = aofWriteFirstBase(a, &next);
    if (good && changed) aofManifestNewIncr(&next, a->stem);
    int fd = -1;
    uint64_t size = 0;
    if (good) {
        const char *name = next.incrs.items[next.incrs.count - 1].name;
        char *path = aofPath(a->folder, name);
        fd = aofOpenForAppend(a, path, changed, &size);
        if (fd < 0)
            logLine(LOG_WARN, "Can't open the append-only file %s: %s", path, strerror(errno));
        else if (changed)
            logLine(LOG_NOTICE, "Creating AOF incr file %s on server start", name);
        memFree(path);
        good = fd >= 0 && (!changed || aofStoreManifest(a, &next));
    }
    if (!good) {
        if (fd >= 0) fileClose(s->files, fd);
        aofManifestClear(&next);
        return false;
    }
    aofManifestClear(&a->manifest);
    a->manifest = next;
    aofWriterOpen(&a->w, a->s->files, fd, size);
    return true;
}

static void switchOn(aofJob *a) {
    server *s = a->s;
    a->state = AOF_ON;
    a->synced = a->w.position;
    s->persist.aof_enabled = true;
    s->persist.aof_base_size = s->persist.aof_size = aofFilesSize(a);
    aofFollow(a, true);
    aofPolicyChanged(a);
    aofDropHistory(a);
}

int aofStart(server *s) {
    aofJob *a = s->aof;
    if (!aofReadManifest(a)) return ERR_CORRUPT;
    uint64_t start_ns = s->clock->monotonic_ns(s->clock->ctx);
    aofLoadResult result = aofLoadFiles(a);
    if (result == AOF_LOAD_FAILED) return ERR_CORRUPT;
    if (result == AOF_LOAD_STOPPED) return ERR_AGAIN;
    if (result != AOF_NOTHING)
        logLine(LOG_NOTICE, "DB loaded from append only file: %.3f seconds",
                (double)(s->clock->monotonic_ns(s->clock->ctx) - start_ns) / 1e9);
    if (!configInt(&s->config, "appendonly")) return ERR_OK; /* Switched off meanwhile. */
    if (!openLast(a, false)) return ERR_IO;
    switchOn(a);
    return ERR_OK;
}

int aofStartAnew(server *s) {
    aofJob *a = s->aof;
    if (!aofReadManifest(a)) return ERR_CORRUPT;
    if (!openLast(a, true)) return ERR_IO;
    switchOn(a);
    return ERR_OK;
}

/* ---- switching on and off ---- */

bool aofSwitchOn(aofJob *a) {
    server *s = a->s;
    a->state = AOF_WAITS;
    s->persist.aof_enabled = !a->backup.has_own_log;
    aofFollow(a, true);
    if (childActive(s) == CHILD_AOF) {
        logLine(LOG_WARN, "AOF was enabled but there is already an AOF rewriting in background. "
                          "Stopping background AOF and starting a rewrite now.");
        childKill(s);
    }
    /* In a transaction: what it did before is in memory, and will be told when it ends. */
    if (childActive(s) != CHILD_NONE || s->call_depth > 1) {
        logLine(LOG_WARN, "AOF was enabled but there is already another background operation. An "
                          "AOF background was scheduled to start when possible.");
        s->persist.aof_rewrite_scheduled = true;
        return true;
    }
    if (aofRewriteStart(a)) return true;
    logLine(LOG_WARN, "Redis needs to enable the AOF but can't trigger a background AOF rewrite "
                      "operation. Check the above logs for more info about the error.");
    a->state = AOF_OFF;
    s->persist.aof_enabled = false;
    aofFollow(a, false);
    return false;
}

void aofSwitchOff(aofJob *a) {
    server *s = a->s;
    if (childActive(s) == CHILD_AOF) {
        logLine(LOG_NOTICE, "Killing running AOF rewrite child: %ld", (long)childPid(s));
        childKill(s);
    }
    /* Who waits is told that there is no log any more, whatever the last sync does. */
    bool waiters = a->waiters;
    a->waiters = false;
    if (a->state == AOF_ON && aofSyncNow(s) < 0) {
        logLine(LOG_WARN, "The last records could not be written to the AOF that is switched off");
        replyHoldDrop(s);
    }
    aofFollow(a, false);
    a->state = AOF_OFF;
    aofPolicyChanged(a);
    if (a->w.fd >= 0) aofRetireFile(a, a->w.fd, 0);
    a->w.fd = -1;
    aofWriterClear(&a->w);
    a->synced = a->w.position;
    a->postponed_ns = a->group_due_ns = 0;
    aofForgetFailures(a);
    s->persist.aof_enabled = false;
    s->persist.aof_rewrite_scheduled = false;
    s->persist.aof_last_rewrite_failed = false;
    s->persist.aof_buffer_bytes = 0;
    a->waiters = waiters;
    aofWakeWaiters(a);
}

void aofLoadedElsewhere(server *s) {
    aofJob *a = s->aof;
    if (a->state == AOF_OFF && configInt(&s->config, "appendonly")) aofSwitchOn(a);
}

static bool onSwitch(void *ctx, config *c, char *error, size_t error_room) {
    aofJob *a = ctx;
    bool wanted = configInt(c, "appendonly");
    if (a->s->persist.loading) return true; /* Looked at again when it has loaded. */
    if (wanted && a->backup.has_own_log) {
        snprintf(error, error_room,
                 "Unable to turn on AOF before the backup is sealed or aborted.");
        return false;
    }
    if (wanted && a->state == AOF_OFF && !aofSwitchOn(a)) {
        snprintf(error, error_room, "Unable to turn on AOF. Check server logs.");
        return false;
    }
    if (!wanted && a->state != AOF_OFF && !a->backup.has_own_log) {
        aofBackupEnd(a, "appendonly was switched off");
        aofSwitchOff(a);
    }
    return true;
}

void aofPolicyLook(aofJob *a) {
    a->policy = a->backup.has_own_log ? FSYNC_NO : (int)configInt(&a->s->config, "appendfsync");
    aofPolicyChanged(a);
}

static bool onSetting(void *ctx, config *c, char *error, size_t error_room) {
    aofJob *a = ctx;
    (void)error;
    (void)error_room;
    a->rests_on_rewrite = configInt(c, "no-appendfsync-on-rewrite");
    a->grow_percent = configInt(c, "auto-aof-rewrite-percentage");
    a->grow_min = configInt(c, "auto-aof-rewrite-min-size");
    a->keeps_history = configInt(c, "aof-disable-auto-gc");
    a->w.notes = configInt(c, "aof-timestamp-enabled");
    aofPolicyLook(a);
    aofDropHistory(a);
    return true;
}

bool aofShutdown(server *s, bool force) {
    aofJob *a = s->aof;
    aofBackupEnd(a, "the server ends");
    if (childActive(s) == CHILD_AOF) {
        if (a->state == AOF_WAITS && !force) {
            logLine(LOG_WARN, "Writing initial AOF, can't exit.");
            return false;
        }
        if (a->state == AOF_WAITS) logLine(LOG_WARN, "Writing initial AOF. Exit anyway.");
        logLine(LOG_WARN, "There is a child rewriting the AOF. Killing it!");
        childKill(s);
    }
    if (a->state != AOF_ON) return true;
    logLine(LOG_NOTICE, "Calling fsync() on the AOF file.");
    if (aofSyncNow(s) == ERR_OK) return true;
    logLine(LOG_WARN, "The AOF could not be written to its end%s",
            force ? ". Exit anyway." : ", can't exit.");
    return force;
}

/* ---- loading again ---- */

int aofReload(server *s) {
    aofJob *a = s->aof;
    bool follows = chainLinked(&a->sink.node);
    if (a->backup.has_own_log) return ERR_NOT_FOUND;
    if (a->w.size && !aofWriteOut(a)) return ERR_IO;
    if (!aofReadManifest(a) || aofManifestIsEmpty(&a->manifest)) return ERR_NOT_FOUND;
    aofFollow(a, false);
    for (int i = 0; i < s->db_count; i++) dbFlush(s->dbs[i], false);
    if (s->dropLibraries) s->dropLibraries(s);
    keysFlushed(s->current, -1);
    aofLoadResult result = aofLoadFiles(a);
    aofFollow(a, follows);
    struct stat st; /* A bad end was cut off. */
    if (result == AOF_LOADED_CUT && a->w.fd >= 0 && fstat(a->w.fd, &st) == 0)
        a->w.file_size = (uint64_t)st.st_size;
    return result == AOF_LOAD_FAILED ? ERR_CORRUPT : ERR_OK;
}

/* ---- what is asked ---- */

bool aofIsOn(const server *s) {
    return s->aof->state != AOF_OFF && !s->aof->backup.has_own_log;
}

void aofSetFlushDelay(server *s, int64_t us) {
    s->aof->flush_delay_us = us;
}

/* ---- set-up ---- */

static void wakeLoop(void *ctx) {
    server *s = ctx;
    if (s->wakeNet) s->wakeNet(s);
}

static void wakeUp(void *ctx, server *s) {
    (void)ctx;
    (void)s; /* The turn of the loop that it is run in is what it is for. */
}

static void startThreads(void *ctx) {
    aofJob *a = ctx;
    a->syncer = bgNew("ebb-aof-fsync", wakeLoop, a->s);
    a->cleaner = bgNew("ebb-close-file", wakeLoop, a->s);
}

void aofAttach(server *s) {
    static const char *const settings[] = {"appendfsync",
                                           "no-appendfsync-on-rewrite",
                                           "auto-aof-rewrite-percentage",
                                           "auto-aof-rewrite-min-size",
                                           "aof-disable-auto-gc",
                                           "aof-timestamp-enabled"};
    aofJob *a = memCalloc(1, sizeof *a);
    s->aof = a;
    a->s = s;
    a->folder = memText(configStr(&s->config, "appenddirname"));
    a->stem = memText(configStr(&s->config, "appendfilename"));
    aofWriterInit(&a->w);
    a->sink = (propagationSink){.kind = FOLLOWS_LOG,
                                .take = aofTakeRecord,
                                .reserve = aofReserveRecord,
                                .commit = aofCommitRecord,
                                .ctx = a};
    a->hook = (flushHook){.beforeFlush = aofBeforeFlush, .afterFlush = aofAfterFlush, .ctx = a};
    chainAppend(&s->flush_hooks, &a->hook.node);
    a->task = cronAdd(s, "aof", 0, wakeUp, a);
    hostAsHelper(s, startThreads, a);
    if (!a->syncer || !a->cleaner) ensurePanic("no thread for the AOF");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        configOnChange(&s->config, settings[i], onSetting, a);
    aofBackupAttach(a);
    onSetting(a, &s->config, NULL, 0);
    configOnChange(&s->config, "appendonly", onSwitch, a);
}

void aofDetach(server *s) {
    aofJob *a = s->aof;
    aofBackupDetach(a);
    if (a->state == AOF_ON && aofSyncNow(s) < 0)
        logLine(LOG_WARN, "The last records could not be written to the AOF");
    bgFree(a->syncer);
    bgFree(a->cleaner);
    aofFollow(a, false);
    replyHoldActivate(s, false);
    chainRemove(&s->flush_hooks, &a->hook.node);
    if (a->w.fd >= 0) fileClose(s->files, a->w.fd);
    aofWriterClear(&a->w);
    aofManifestClear(&a->manifest);
    memFree(a->stale);
    memFree(a->folder);
    memFree(a->stem);
    memFree(a);
    s->aof = NULL;
}
