/* bg_thread.h - a thread that does what may take long and must not hold up the loop: fsync, close,
 * unlink of big files. Jobs run one after the other, in the order in which they came.
 *
 * A job is embedded in what its owner knows of it. It belongs to the thread from bgSubmit() until
 * bgPoll() has called its 'done' on the thread of the loop, so nothing is shared but the two
 * queues. What runs on the thread touches its job alone: no server, no log, no heap. */
#ifndef EBB_SERVER_JOBS_BG_THREAD_H
#define EBB_SERVER_JOBS_BG_THREAD_H

#include <stdbool.h>
#include <stddef.h>

typedef struct bgThread bgThread;
typedef struct bgJob bgJob;

struct bgJob {
    void (*run)(bgJob *job); /* on the thread */
    /* In bgPoll(); the job is its owner's again, and may be freed or submitted here. NULL: nobody
     * waits. */
    void (*done)(bgJob *job);
    bgJob *next;
};

/* 'wake' is called from the thread after each job, so that the loop turns; NULL: nobody sleeps.
 * NULL if the thread cannot be had: errno tells. */
bgThread *bgNew(const char *name, void (*wake)(void *ctx), void *ctx);
/* Waits for all jobs, calls their 'done', ends the thread. */
void bgFree(bgThread *b);

void bgSubmit(bgThread *b, bgJob *job);
/* Calls 'done' of what has ended. */
void bgPoll(bgThread *b);
/* Waits until all that was submitted has ended, and polls. */
void bgDrain(bgThread *b);
/* Submitted, and not polled yet. */
size_t bgWaiting(const bgThread *b);

#endif
