/* aof_flush.c - records on their way to the file and the disk: when they are written and synced,
 * who waits for that, and what happens when it fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "server/core/memory_guard.h"
#include "server/jobs/aof_internal.h"
#include "server/jobs/child.h"
#include "server/jobs/save_job.h"
#include "server/session/block.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

enum {
    POSTPONE_S = 2,   /* for so long a write waits for the sync that runs */
    LOG_EVERY_S = 30, /* of failures that go on */
    GROUP_MISSES = 6  /* company that never comes is waited for once in 2^6 syncs */
};
/* Faster disks are not worth waiting for company, and no disk is worth a longer wait. */
#define GROUP_WORTH_NS    ((uint64_t)100 * 1000)
#define GROUP_WAIT_MAX_NS ((uint64_t)4000 * 1000)

/* Whose doing it is may ask when it is on disk. */
static inline void noteClient(aofJob *a, server *s) {
    if (s->caller) s->caller->log_position = a->w.position;
}

/* Before there is a file: it will be in the base that is to come, so there is nothing to keep, but
 * something to await. */
static void takeForBase(aofJob *a, server *s) {
    a->w.position++;
    noteClient(a, s);
}

void aofTakeRecord(void *ctx, server *s, int db_id, bytes record) {
    aofJob *a = ctx;
    if (a->w.fd < 0) {
        takeForBase(a, s);
        return;
    }
    aofAppend(&a->w, db_id, record, s->now_ms / 1000);
    noteClient(a, s);
}

char *aofReserveRecord(void *ctx, server *s, int db_id, size_t size) {
    aofJob *a = ctx;
    return a->w.fd < 0 ? NULL : aofReserve(&a->w, db_id, size, s->now_ms / 1000);
}

void aofCommitRecord(void *ctx, server *s, size_t size) {
    aofJob *a = ctx;
    aofCommit(&a->w, size);
    noteClient(a, s);
}

void aofFollow(aofJob *a, bool follow) {
    bool follows = chainLinked(&a->sink.node);
    if (follow && !follows) propagateAddSink(a->s, &a->sink);
    if (!follow && follows) propagateRemoveSink(a->s, &a->sink);
}

/* ---- failures ---- */

static void noteState(aofJob *a) {
    bool failed = a->write_error || a->sync_error;
    a->s->persist.aof_sync_failed = a->sync_error != 0;
    if (failed == a->s->persist.aof_last_write_failed) return;
    a->s->persist.aof_last_write_failed = failed;
    saveRefusalChanged(a->s);
}

const char *aofRefusal(const server *s) {
    aofJob *a = s->aof;
    int error = a->sync_error ? a->sync_error : a->write_error;
    if (!error) return NULL;
    snprintf(a->refusal, sizeof a->refusal, "MISCONF Errors writing to the AOF file: %s",
             strerror(error));
    return a->refusal;
}

static bool mayTry(const aofJob *a) {
    return (!a->write_error && !a->sync_error) || a->s->now_ns >= a->next_try_ns;
}

static void writeFailed(aofJob *a, int error) {
    uint64_t now_ns = a->s->now_ns;
    bool is_news = !a->write_error || now_ns - a->failure_logged_ns >= LOG_EVERY_S * AOF_S;
    a->write_error = error;
    a->next_try_ns = now_ns + AOF_S;
    if (is_news) {
        logLine(LOG_WARN, "Error writing to the AOF file: %s", strerror(error));
        a->failure_logged_ns = now_ns;
    }
    if (a->backup.has_own_log) aofBackupFail(a, "its log could not be written");
    noteState(a);
}

/* The kernel may have dropped what it could not write: trying again would prove nothing. */
void aofSyncBroke(aofJob *a, int error) {
    logLine(LOG_WARN,
            "Syncing the AOF failed: %s. What was written since the last sync may be lost; writes "
            "are refused until the AOF has been made anew from memory.",
            strerror(error));
    aofBackupFail(a, "a sync of the log failed");
    a->sync_error = error;
    a->drops_held = a->s->holds.active;
    a->next_try_ns = a->s->now_ns;
    noteState(a);
}

void aofHealed(aofJob *a) {
    if (a->write_error || a->sync_error)
        logLine(LOG_WARN, "The AOF was made anew and is whole again. The server takes writes.");
    a->write_error = a->sync_error = 0;
    noteState(a);
}

void aofForgetFailures(aofJob *a) {
    a->write_error = a->sync_error = 0;
    a->drops_held = false;
    noteState(a);
}

/* ---- writing ---- */

static void delayFlush(int64_t us) {
    struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    while (nanosleep(&wait, &wait) < 0 && errno == EINTR) continue;
}

static void noteDuration(aofJob *a, uint64_t start_ns) {
    server *s = a->s;
    uint64_t spent_ns = s->clock->monotonic_ns(s->clock->ctx) - start_ns;
    s->stats.aof_ns += spent_ns;
    serverNoteEvent(s, "aof-write", spent_ns);
    if (a->sync_runs)
        serverNoteEvent(s, "aof-write-pending-fsync", spent_ns);
    else if (childActive(s) != CHILD_NONE)
        serverNoteEvent(s, "aof-write-active-child", spent_ns);
    else
        serverNoteEvent(s, "aof-write-alone", spent_ns);
}

bool aofWriteOut(aofJob *a) {
    server *s = a->s;
    if (!a->w.size) return true;
    if (a->w.fd < 0) return false;
    uint64_t start_ns = s->clock->monotonic_ns(s->clock->ctx), size = a->w.file_size;
    if (a->flush_delay_us) delayFlush(a->flush_delay_us);
    int err = aofWrite(&a->w), error = errno;
    s->persist.aof_size += a->w.file_size - size;
    noteDuration(a, start_ns);
    if (err < 0) {
        writeFailed(a, error);
        return false;
    }
    if (a->write_error) {
        logLine(LOG_WARN, "AOF write error looks solved. The server can write again.");
        a->write_error = 0;
        noteState(a);
    }
    return true;
}

/* ---- syncing on the other thread ---- */

static void runSync(bgJob *job) {
    syncJob *j = CHAIN_ITEM(job, syncJob, job);
    uint64_t start_ns = j->clock->monotonic_ns(j->clock->ctx);
    j->error = fileSyncData(j->ops, j->fd) < 0 ? errno : 0;
    j->took_ns = j->clock->monotonic_ns(j->clock->ctx) - start_ns;
    if (j->closes) fileClose(j->ops, j->fd);
}

static void synced(aofJob *a, const syncJob *j) {
    if (j->error) {
        aofSyncBroke(a, j->error);
    } else if (!a->sync_error && j->position > a->synced) {
        a->synced = j->position;
        aofWakeWaiters(a);
    }
}

static void syncDone(bgJob *job) {
    syncJob *j = CHAIN_ITEM(job, syncJob, job);
    aofJob *a = j->a;
    server *s = a->s;
    a->sync_took_ns = a->sync_took_ns ? (3 * a->sync_took_ns + j->took_ns) / 4 : j->took_ns;
    a->sync_runs = false;
    a->group_expected = a->group_served + s->holds.next_count;
    a->postponed_ns = 0;
    s->persist.aof_pending_bio_fsync = a->closing;
    synced(a, j);
    if (!a->sync_error) replyHoldRelease(s);
}

static void startSync(aofJob *a) {
    server *s = a->s;
    a->sync = (syncJob){.job = {.run = runSync, .done = syncDone},
                        .a = a,
                        .ops = s->files,
                        .fd = a->w.fd,
                        .position = aofWritten(&a->w),
                        .clock = s->clock};
    a->sync_runs = true;
    a->sync_started_ns = s->now_ns;
    s->persist.aof_pending_bio_fsync = a->closing + 1;
    bgSubmit(a->syncer, &a->sync.job);
}

static void retired(bgJob *job) {
    syncJob *j = CHAIN_ITEM(job, syncJob, job);
    aofJob *a = j->a;
    a->closing--;
    a->s->persist.aof_pending_bio_fsync = a->closing + a->sync_runs;
    synced(a, j);
    memFree(j);
}

static void runClose(bgJob *job) {
    syncJob *j = CHAIN_ITEM(job, syncJob, job);
    fileClose(j->ops, j->fd);
}

static void closed(bgJob *job) {
    memFree(CHAIN_ITEM(job, syncJob, job));
}

void aofRetireFile(aofJob *a, int fd, uint64_t position) {
    bool syncs = a->policy != FSYNC_NO && !a->sync_error && position > a->synced;
    syncJob *j = memAlloc(sizeof *j);
    *j = (syncJob){.job = {.run = syncs ? runSync : runClose, .done = syncs ? retired : closed},
                   .a = a,
                   .ops = a->s->files,
                   .fd = fd,
                   .clock = a->s->clock,
                   .position = position,
                   .closes = true};
    a->closing += syncs;
    bgSubmit(a->syncer, &j->job); /* Behind a sync of the same file. */
}

int aofSyncNow(server *s) {
    aofJob *a = s->aof;
    if (a->state == AOF_OFF || a->w.fd < 0) return ERR_OK;
    bgDrain(a->syncer);
    uint64_t start_ns = s->clock->monotonic_ns(s->clock->ctx);
    if (a->sync_error || !aofWriteOut(a)) return ERR_IO;
    if (a->w.position > a->synced) {
        syncJob j = {.position = a->w.position,
                     .error = fileSyncData(s->files, a->w.fd) < 0 ? errno : 0};
        synced(a, &j);
    }
    serverNoteEvent(s, "aof-fsync-always", s->clock->monotonic_ns(s->clock->ctx) - start_ns);
    if (a->sync_error) return ERR_IO;
    replyHoldNext(s);
    replyHoldRelease(s);
    return ERR_OK;
}

/* ---- what is due in an iteration ---- */

/* A sync that serves half of the clients keeps them waiting for the other half's, and so on for
 * ever. So the next one waits for those whom the last one served, though no longer than it took:
 * then two of them would have been as good. Where they do not come it is not tried again so soon.
 */
static bool groupIsThere(aofJob *a) {
    server *s = a->s;
    size_t come = s->holds.next_count + a->group_new;
    bool whole = come >= a->group_expected;
    bool waits = !whole && !a->group_alone && a->sync_took_ns >= GROUP_WORTH_NS;
    if (waits && !a->group_due_ns) {
        uint64_t wait_ns = a->sync_took_ns;
        a->group_due_ns = s->now_ns + (wait_ns < GROUP_WAIT_MAX_NS ? wait_ns : GROUP_WAIT_MAX_NS);
    }
    if (waits && s->now_ns < a->group_due_ns) return false;
    if (whole)
        a->group_missed = 0;
    else if (waits && a->group_missed < GROUP_MISSES)
        a->group_missed++;
    if (waits)
        a->group_alone = 1 << a->group_missed;
    else if (a->group_alone)
        a->group_alone--;
    a->group_due_ns = 0;
    a->group_served = come;
    return true;
}

static void flushAlways(aofJob *a) {
    server *s = a->s;
    if (a->w.position > a->synced && !a->sync_runs && mayTry(a) &&
        (a->write_error || groupIsThere(a))) {
        if (!aofWriteOut(a)) {
            a->drops_held = true;
        } else if (!a->sync_error) {
            startSync(a);
            replyHoldNext(s);
        }
    }
    if (a->drops_held)
        s->holds.newest = HOLD_NEXT;
    else if (a->w.position == a->synced || a->write_error || a->sync_error)
        s->holds.newest = HOLD_FREE;
    else
        s->holds.newest = a->w.size ? HOLD_NEXT : HOLD_RUNNING;
}

/* True if a write has to wait for the sync that runs, lest it takes as long. */
static bool isPostponed(aofJob *a) {
    uint64_t now_ns = a->s->now_ns;
    if (!a->sync_runs) return false;
    if (!a->postponed_ns) a->postponed_ns = now_ns;
    if (now_ns - a->postponed_ns < POSTPONE_S * AOF_S) return true;
    a->postponed_ns = 0;
    a->s->persist.aof_delayed_fsync++;
    logLine(LOG_NOTICE, "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the "
                        "AOF buffer without waiting for fsync to complete, this may slow down "
                        "the server.");
    return false;
}

static bool syncRests(const aofJob *a) {
    return a->rests_on_rewrite && childActive(a->s) != CHILD_NONE;
}

static void flushEverySecond(aofJob *a) {
    if (a->w.size && mayTry(a) && !isPostponed(a)) aofWriteOut(a);
    bool due = a->s->now_ns - a->sync_started_ns >= AOF_S;
    if (due && aofWritten(&a->w) > a->synced && !a->sync_runs && !a->sync_error && !syncRests(a))
        startSync(a);
}

/* The loop turns when something is due, though nothing comes. */
static void armTask(aofJob *a) {
    const uint64_t soon_ns = 1000000;
    uint64_t now_ns = a->s->now_ns, due_ns = UINT64_MAX;
    bool everysec = a->policy == FSYNC_EVERY_SECOND && a->state == AOF_ON;
    if (everysec && !a->sync_runs && a->w.position > a->synced)
        due_ns = syncRests(a) ? UINT64_MAX : a->sync_started_ns + AOF_S;
    if (a->postponed_ns) due_ns = a->postponed_ns + POSTPONE_S * AOF_S;
    if (a->write_error || a->sync_error) due_ns = a->next_try_ns;
    if (a->group_due_ns && a->group_due_ns < due_ns) due_ns = a->group_due_ns;
    if (due_ns != UINT64_MAX)
        cronArm(a->s, a->task, due_ns > now_ns + soon_ns ? due_ns - now_ns : soon_ns);
}

void aofBeforeFlush(void *ctx, server *s) {
    aofJob *a = ctx;
    a->group_new = s->to_flush.count; /* Those whom a sync lets go come to it now. */
    bgPoll(a->syncer);
    bgPoll(a->cleaner);
    if (a->state == AOF_WAITS || (a->state == AOF_ON && a->policy == FSYNC_NO)) {
        if (a->w.size && mayTry(a)) aofWriteOut(a);
    } else if (a->state == AOF_ON && a->policy == FSYNC_ALWAYS) {
        flushAlways(a);
    } else if (a->state == AOF_ON) {
        flushEverySecond(a);
    }
    aofBackupTurn(a);
    s->persist.aof_buffer_bytes = a->w.size;
    memorySetExempt(s, MEMLIMIT_AOF, a->w.capacity);
    aofRewriteConsider(a);
    armTask(a);
}

void aofAfterFlush(void *ctx, server *s) {
    aofJob *a = ctx;
    if (!a->drops_held) return;
    a->drops_held = false;
    size_t count = replyHoldDrop(s);
    if (count)
        logLine(LOG_WARN,
                "%zu clients were disconnected: what they wrote or read is not in the AOF on disk",
                count);
}

void aofPolicyChanged(aofJob *a) {
    bool holds = a->state == AOF_ON && a->policy == FSYNC_ALWAYS;
    if (holds == a->s->holds.active) return;
    if (!holds && a->s->holds.held.count && aofSyncNow(a->s) < 0) replyHoldDrop(a->s);
    replyHoldActivate(a->s, holds);
}

/* ---- WAITAOF ---- */

uint64_t aofSynced(const server *s) {
    return s->aof->synced;
}

void aofAwait(client *c) {
    c->server->aof->waiters = true;
}

void aofWakeWaiters(aofJob *a) {
    if (!a->waiters) return;
    a->waiters = false;
    CHAIN_EACH(&a->s->clients, node) {
        client *c = CHAIN_ITEM(node, client, in_server);
        if (!c->log_wanted) continue;
        if (a->state == AOF_OFF || a->synced >= c->log_wanted)
            blockUnblock(c, false);
        else
            a->waiters = true;
    }
}

/* ---- files that nobody needs any more ---- */

typedef struct unlinkJob {
    bgJob job;
    const fileOps *ops;
    char path[];
} unlinkJob;

static void runUnlink(bgJob *job) {
    unlinkJob *j = CHAIN_ITEM(job, unlinkJob, job);
    fileUnlink(j->ops, j->path);
}

static void unlinked(bgJob *job) {
    memFree(CHAIN_ITEM(job, unlinkJob, job));
}

void aofUnlinkLater(aofJob *a, const char *path) {
    size_t size = strlen(path) + 1;
    unlinkJob *j = memAlloc(sizeof *j + size);
    j->job = (bgJob){.run = runUnlink, .done = unlinked};
    j->ops = a->s->files;
    memcpy(j->path, path, size);
    bgSubmit(a->cleaner, &j->job);
}
