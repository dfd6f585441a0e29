#include "server/jobs/shutdown.h"

#include <signal.h>

#include "server/core/reply.h"
#include "server/jobs/aof_job.h"
#include "server/jobs/child.h"
#include "server/jobs/save_job.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

struct shutdownJob {
    int flags;
    uint64_t *waiting; /* ids of the clients that asked */
    size_t count, room;
};

static const char failed[] = "ERR Errors trying to SHUTDOWN. Check logs.";

void shutdownAttach(server *s) {
    s->shutdown_job = memCalloc(1, sizeof *s->shutdown_job);
}

void shutdownDetach(server *s) {
    memFree(s->shutdown_job->waiting);
    memFree(s->shutdown_job);
    s->shutdown_job = NULL;
}

void shutdownAsk(server *s, int flags, client *c) {
    shutdownJob *job = s->shutdown_job;
    s->shutdown_asked = true;
    job->flags = flags;
    if (!c) return;
    if (job->count == job->room) {
        job->room = job->room * 2 + 4;
        job->waiting = memRealloc(job->waiting, job->room * sizeof *job->waiting);
    }
    job->waiting[job->count++] = c->id;
    clientHold(c, CLIENT_BLOCKED);
}

void shutdownSignal(server *s, int number) {
    s->shutdown_signal = number;
}

/* Whoever asked gets an error, or goes with the server. */
static void answer(server *s, const char *error) {
    shutdownJob *job = s->shutdown_job;
    for (size_t i = 0; i < job->count; i++) {
        client *c = clientById(s, job->waiting[i]);
        if (!c) continue;
        if (error) {
            replyError(c, error);
            clientResume(c, CLIENT_BLOCKED);
        } else {
            clientCloseSoon(c);
        }
    }
    job->count = 0;
    s->shutdown_asked = false;
}

bool shutdownAbort(server *s) {
    if (!shutdownIsAsked(s)) return false;
    s->shutdown_signal = 0;
    logLine(LOG_NOTICE, "Shutdown manually aborted.");
    answer(s, failed);
    return true;
}

static void takeSignal(server *s) {
    int number = s->shutdown_signal;
    if (!number) return;
    s->shutdown_signal = 0;
    shutdownAsk(s, number == SIGINT ? s->config.shutdown_on_sigint : s->config.shutdown_on_sigterm,
                NULL);
}

static bool saves(const server *s, int flags) {
    if (flags & SHUTDOWN_NOSAVE || s->persist.loading) return false;
    return flags & SHUTDOWN_SAVE || s->config.save_count;
}

/* False if it must not end: data would be lost. */
static bool finish(server *s, int flags) {
    if (childActive(s) == CHILD_RDB) {
        logLine(LOG_WARN, "There is a child saving an .rdb. Killing it!");
        saveCancel(s);
    }
    if (!aofShutdown(s, flags & SHUTDOWN_FORCE)) return false;
    if (!saves(s, flags)) return true;
    logLine(LOG_NOTICE, "Saving the final RDB snapshot before exiting.");
    if (saveNow(s) == 0) return true;
    if (flags & SHUTDOWN_FORCE) {
        logLine(LOG_WARN, "Error trying to save the DB. Exit anyway.");
        return true;
    }
    logLine(LOG_WARN, "Error trying to save the DB, can't exit.");
    return false;
}

void shutdownStep(server *s) {
    takeSignal(s);
    if (!s->shutdown_asked) return;
    logLine(LOG_WARN, "User requested shutdown...");
    if (finish(s, s->shutdown_job->flags)) {
        s->ended = true;
        answer(s, NULL);
        return;
    }
    logLine(LOG_WARN,
            "Errors trying to shut down the server. Check the logs for more information.");
    answer(s, failed);
}
