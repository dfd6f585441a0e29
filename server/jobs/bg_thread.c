#include "server/jobs/bg_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "storage/base/mem.h"

typedef struct jobQueue {
    bgJob *first, **last;
} jobQueue;

struct bgThread {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t came, ended;
    jobQueue to_do, done;
    size_t running; /* taken off to_do and not yet on done */
    bool stops;
    size_t waiting; /* of the loop's thread alone */
    void (*wake)(void *ctx);
    void *ctx;
};

static void queueInit(jobQueue *q) {
    q->first = NULL;
    q->last = &q->first;
}

static void queueAdd(jobQueue *q, bgJob *job) {
    job->next = NULL;
    *q->last = job;
    q->last = &job->next;
}

static bgJob *queueTake(jobQueue *q) {
    bgJob *job = q->first;
    if (!job) return NULL;
    q->first = job->next;
    if (!q->first) q->last = &q->first;
    return job;
}

static void *work(void *arg) {
    bgThread *b = arg;
    pthread_mutex_lock(&b->lock);
    for (;;) {
        bgJob *job = queueTake(&b->to_do);
        if (!job) {
            if (b->stops) break;
            pthread_cond_wait(&b->came, &b->lock);
            continue;
        }
        b->running = 1;
        pthread_mutex_unlock(&b->lock);
        job->run(job);
        pthread_mutex_lock(&b->lock);
        b->running = 0;
        queueAdd(&b->done, job);
        pthread_cond_broadcast(&b->ended);
        if (b->wake) b->wake(b->ctx);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

/* Signals are the main thread's. */
static int startThread(bgThread *b) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&b->thread, NULL, work, b);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

bgThread *bgNew(const char *name, void (*wake)(void *ctx), void *ctx) {
    bgThread *b = memCalloc(1, sizeof *b);
    queueInit(&b->to_do);
    queueInit(&b->done);
    b->wake = wake;
    b->ctx = ctx;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->came, NULL);
    pthread_cond_init(&b->ended, NULL);
    int err = startThread(b);
    if (err) {
        memFree(b);
        errno = err;
        return NULL;
    }
    pthread_setname_np(b->thread, name);
    return b;
}

void bgSubmit(bgThread *b, bgJob *job) {
    pthread_mutex_lock(&b->lock);
    queueAdd(&b->to_do, job);
    b->waiting++;
    pthread_cond_signal(&b->came);
    pthread_mutex_unlock(&b->lock);
}

void bgPoll(bgThread *b) {
    if (!b->waiting) return;
    pthread_mutex_lock(&b->lock);
    bgJob *job = b->done.first;
    queueInit(&b->done);
    pthread_mutex_unlock(&b->lock);
    while (job) {
        bgJob *next = job->next;
        b->waiting--;
        if (job->done) job->done(job);
        job = next;
    }
}

void bgDrain(bgThread *b) {
    while (b->waiting) {
        pthread_mutex_lock(&b->lock);
        while (b->to_do.first || b->running) pthread_cond_wait(&b->ended, &b->lock);
        pthread_mutex_unlock(&b->lock);
        bgPoll(b);
    }
}

void bgFree(bgThread *b) {
    if (!b) return;
    bgDrain(b);
    pthread_mutex_lock(&b->lock);
    b->stops = true;
    pthread_cond_signal(&b->came);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->came);
    pthread_cond_destroy(&b->ended);
    memFree(b);
}

size_t bgWaiting(const bgThread *b) {
    return b->waiting;
}
