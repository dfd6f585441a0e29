/* child.h - a forked child: a snapshot of the whole process that writes something and ends.
 *
 * One at a time, of whatever kind. What runs in it may read everything, and must not answer
 * clients; it tells how far it is through a pipe. The parent looks after it from a cron task and
 * calls 'ended' once it is gone. While it lives nothing is moved or merged (backgroundFreeze), so
 * that pages stay shared. */
#ifndef EBB_SERVER_JOBS_CHILD_H
#define EBB_SERVER_JOBS_CHILD_H

#include <sys/types.h>

#include "server/core/server.h"
#include "storage/base/err.h"

typedef struct childEnd {
    pid_t pid;
    int status;       /* what run() returned; meaningless after a signal */
    int signal;       /* that ended it, or 0 */
    bool killed;      /* by childKill() */
    size_t cow_bytes; /* memory it had for itself when it said so last */
} childEnd;

typedef struct childJob {
    childKind kind;
    const char *title; /* of the process in ps: up to 15 bytes */
    /* In the child. Its exit code: 0 good, 1 to 254 bad. */
    int (*run)(void *ctx, server *s);
    /* In the parent, when the child has ended. */
    void (*ended)(void *ctx, server *s, const childEnd *end);
    void *ctx;
    const char *cpulist; /* the directive that says on which processors: "bgsave-cpulist" */
    const int *keep_fds; /* all other descriptors but 0 to 2 are closed in the child */
    int keep_count;
} childJob;

void childAttach(server *s);
/* Kills a child that lives; no 'ended' is called. */
void childDetach(server *s);

/* Forks and runs. ERR_AGAIN if there is a child already, ERR_IO with errno if fork() failed. */
int MUST_USE childStart(server *s, const childJob *job);
/* The kind of the child that lives, or CHILD_NONE. */
childKind childActive(const server *s);
pid_t childPid(const server *s);
/* Ends it by a signal and waits for it: 'ended' is called before this returns. Nothing without a
 * child. */
void childKill(server *s);
/* Looks whether it has ended; 'ended' is called here or by the cron task. */
void childPoll(server *s);

/* ---- in the child ---- */

/* Tells the parent how many keys are done, now and then; called as often as one likes. */
void childProgress(server *s, uint64_t keys);
/* Gives back the pages that lie whole in 'memory' and are not read again by this process: the
 * parent then need not copy them when it writes there. */
void childRelease(const void *memory, size_t size);

#endif
