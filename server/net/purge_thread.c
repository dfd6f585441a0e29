#include "server/net/purge_thread.h"

#include <stdatomic.h>
#include <uv.h>

#include "server/core/host.h"
#include "storage/base/mem.h"

struct purgeThread {
    server *server;
    uv_thread_t thread;
    bool started;      /* and not waited for yet */
    atomic_bool ended; /* the last thing it does */
};

static void purge(void *ctx) {
    purgeThread *p = ctx;
    memPurge();
    atomic_store(&p->ended, true);
}

static void waitFor(purgeThread *p) {
    if (p->started) uv_thread_join(&p->thread);
    p->started = false;
}

static void start(void *ctx) {
    purgeThread *p = ctx;
    p->started = uv_thread_create(&p->thread, purge, p) == 0;
}

/* One at a time: what is free now the running one finds too, or the next. */
static void begin(server *s) {
    purgeThread *p = s->purge_thread;
    if (p->started && !atomic_load(&p->ended)) return;
    waitFor(p);
    memTrimThread();
    atomic_store(&p->ended, false);
    hostAsHelper(s, start, p);
    if (!p->started) memPurge();
}

void purgeThreadNew(server *s) {
    purgeThread *p = memCalloc(1, sizeof *p);
    p->server = s;
    s->purge_thread = p;
    s->purgeHeap = begin;
}

void purgeThreadFree(purgeThread *p) {
    waitFor(p);
    p->server->purgeHeap = NULL;
    p->server->purge_thread = NULL;
    memFree(p);
}
