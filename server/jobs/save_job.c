#include "server/jobs/save_job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/core/reply.h"
#include "server/jobs/aof_job.h"
#include "server/jobs/child.h"
#include "server/jobs/persist_source.h"
#include "storage/base/ensure.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

enum { LOOK_MS = 1000, LOOK_SOON_MS = 100, RETRY_MS = 5000, TEMP_ROOM = 64 };

static const char rdb_refusal[] =
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
    "disk. Commands that may modify the data set are disabled, because this instance is "
    "configured to report errors during writes if RDB snapshotting fails "
    "(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB "
    "error.";

struct saveJob {
    int task;
};

/* ---- refusing writes ---- */

const char *saveRefusal(const server *s) {
    const persistStats *p = &s->persist;
    if (p->last_bgsave_failed && s->config.save_count &&
        configInt(&s->config, "stop-writes-on-bgsave-error"))
        return rdb_refusal;
    return s->aof ? aofRefusal(s) : NULL;
}

/* PING too: who asks whether all is well shall hear that it is not; but no script asks that. */
static gateAnswer diskGate(client *c) {
    bool pings = !strcmp(c->cmd->full_name, "ping") && !(c->flags & CLIENT_SCRIPT);
    const char *refusal = pings || dispatchFlags(c) & CMD_WRITE ? saveRefusal(c->server) : NULL;
    if (!refusal) return GATE_PASS;
    replyError(c, refusal);
    return GATE_REFUSED;
}

void saveRefusalChanged(server *s) {
    gateSetLive(s, GATE_DISK, saveRefusal(s) != NULL);
}

static bool refusalChanged(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    (void)error;
    (void)error_room;
    saveRefusalChanged(ctx);
    return true;
}

/* ---- writing the file ---- */

static void tempName(char out[TEMP_ROOM], pid_t pid) {
    snprintf(out, TEMP_ROOM, "temp-%d.rdb", (int)pid);
}

static int writeFile(server *s, bool in_child) {
    persistSource source;
    rdbSaveFailure failure;
    char temp[TEMP_ROOM];
    const char *path = configStr(&s->config, "dbfilename");
    tempName(temp, getpid());
    persistSourceInit(&source, s, in_child);
    bool sync_often = configInt(&s->config, "rdb-save-incremental-fsync");
    int err = rdbSaveFile(&source.rdb, s->files, path, temp, sync_often, &failure);
    if (err == 0) {
        logLine(LOG_NOTICE, "DB saved on disk");
        return 0;
    }
    char here[512];
    if (!getcwd(here, sizeof here)) here[0] = '\0';
    logLine(LOG_WARN, "Failed to save the DB: %s %s, in %s: %s", failure.what,
            strcmp(failure.what, "rename") ? temp : path, here, strerror(failure.error));
    return err;
}

static void noteSaved(server *s, uint64_t dirty) {
    persistStats *p = &s->persist;
    p->dirty_saved = dirty;
    p->last_save_ms = s->now_ms;
    p->last_bgsave_failed = false;
    saveRefusalChanged(s);
}

int saveNow(server *s) {
    ensure(childActive(s) != CHILD_RDB);
    s->persist.rdb_saves++;
    int err = writeFile(s, false);
    serverReadClock(s);
    if (err == 0) noteSaved(s, s->dirty);
    return err;
}

/* ---- in the background ---- */

static int saveInChild(void *ctx, server *s) {
    (void)ctx;
    return writeFile(s, true) < 0;
}

static void backgroundEnded(void *ctx, server *s, const childEnd *end) {
    (void)ctx;
    persistStats *p = &s->persist;
    char temp[TEMP_ROOM];
    if (!end->signal && end->status == 0) {
        logLine(LOG_NOTICE, "Background saving terminated with success, %zu MB copied on write",
                end->cow_bytes >> 20);
        noteSaved(s, p->dirty_at_save);
    } else {
        tempName(temp, end->pid);
        fileUnlink(s->files, temp);
        if (end->killed)
            logLine(LOG_NOTICE, "Background saving was ended");
        else if (end->signal)
            logLine(LOG_WARN, "Background saving terminated by signal %d", end->signal);
        else
            logLine(LOG_WARN, "Background saving error");
        if (!end->killed) p->last_bgsave_failed = true;
    }
    p->rdb_last_cow_bytes = end->cow_bytes;
    p->last_bgsave_s = (s->now_ms - p->bgsave_start_ms) / 1000;
    p->bgsave_start_ms = 0;
    saveRefusalChanged(s);
}

int saveStart(server *s) {
    persistStats *p = &s->persist;
    if (childActive(s)) return ERR_AGAIN;
    p->rdb_saves++;
    p->bgsave_tried_ms = s->now_ms;
    p->bgsave_scheduled = false;
    p->dirty_at_save = s->dirty;
    childJob job = {.kind = CHILD_RDB,
                    .title = "ebb-rdb-bgsave",
                    .run = saveInChild,
                    .ended = backgroundEnded,
                    .cpulist = "bgsave-cpulist"};
    if (childStart(s, &job) < 0) {
        logLine(LOG_WARN, "Can't save in background: fork: %s", strerror(errno));
        p->last_bgsave_failed = true;
        saveRefusalChanged(s);
        return ERR_IO;
    }
    logLine(LOG_NOTICE, "Background saving started by pid %d", (int)childPid(s));
    p->bgsave_start_ms = s->now_ms;
    return 0;
}

void saveCancel(server *s) {
    if (childActive(s) == CHILD_RDB) childKill(s);
}

void saveFlushed(server *s) {
    saveCancel(s);
    if (s->config.save_count && saveNow(s) < 0)
        logLine(LOG_WARN, "What was flushed is still in the RDB file");
}

/* ---- by themselves ---- */

static void setPeriod(server *s) {
    bool soon = s->persist.bgsave_scheduled, ever = soon || s->config.save_count;
    cronSetPeriod(s, s->save_job->task, soon ? LOOK_SOON_MS : ever ? LOOK_MS : 0);
}

void saveSchedule(server *s) {
    s->persist.bgsave_scheduled = true;
    setPeriod(s);
}

/* A save that failed is tried again, but not all the time. */
static bool mayTry(const server *s) {
    const persistStats *p = &s->persist;
    return !p->last_bgsave_failed || s->now_ms - p->bgsave_tried_ms > RETRY_MS;
}

static bool pointReached(const server *s, const savePoint *point) {
    int64_t since_ms = s->now_ms - s->persist.last_save_ms;
    return (int64_t)saveUnsaved(s) >= point->changes && since_ms > point->seconds * 1000;
}

static void look(void *ctx, server *s) {
    (void)ctx;
    if (childActive(s) || !mayTry(s)) return;
    if (s->persist.bgsave_scheduled) {
        if (saveStart(s) == 0) setPeriod(s);
        return;
    }
    for (int i = 0; i < s->config.save_count; i++) {
        const savePoint *point = &s->config.saves[i];
        if (!pointReached(s, point)) continue;
        logLine(LOG_NOTICE, "%" PRId64 " changes in %" PRId64 " seconds. Saving...", point->changes,
                point->seconds);
        if (saveStart(s) < 0) logLine(LOG_WARN, "Saving is tried again in %d ms", RETRY_MS);
        return;
    }
}

static bool pointsChanged(void *ctx, config *c, char *error, size_t error_room) {
    setPeriod(ctx);
    return refusalChanged(ctx, c, error, error_room);
}

void saveAttach(server *s) {
    s->save_job = memCalloc(1, sizeof *s->save_job);
    s->save_job->task = cronAdd(s, "save", 0, look, NULL);
    s->persist.last_save_ms = s->started_ms;
    s->persist.last_bgsave_s = s->persist.aof_last_rewrite_s = -1;
    gateSet(s, GATE_DISK, diskGate);
    configOnChange(&s->config, "save", pointsChanged, s);
    configOnChange(&s->config, "stop-writes-on-bgsave-error", refusalChanged, s);
    setPeriod(s);
}

void saveDetach(server *s) {
    memFree(s->save_job);
    s->save_job = NULL;
}
