#include "server/session/client_evict.h"

#include "storage/base/log.h"
#include "storage/base/mem.h"

enum {
    LIMIT_MIN = 128 * 1024, /* a lower limit would shut out everybody, its corrector too */
    BUCKETS = 48,
    LOOK_AT = 16 /* clients of the topmost bucket, for the biggest of them */
};

struct clientEvict {
    size_t limit; /* 0: none, nothing is counted */
    size_t total;
    chain buckets[BUCKETS]; /* client.in_evict of those that may be closed, by log2 of their size */
    clientClosedHook closed;
    flushHook flush;
};

static chain *bucketOf(struct clientEvict *e, size_t size) {
    int log2 = size ? 63 - __builtin_clzll(size) : 0;
    return &e->buckets[log2 < BUCKETS ? log2 : BUCKETS - 1];
}

static void forget(struct clientEvict *e, client *c) {
    e->total -= c->evict_bytes;
    if (chainLinked(&c->in_evict)) chainRemove(bucketOf(e, c->evict_bytes), &c->in_evict);
    c->evict_bytes = 0;
}

static bool counts(const client *c) {
    if (c->flags & (CLIENT_CLOSE_NOW | CLIENT_NO_CONN | CLIENT_PRIMARY)) return false;
    return !(c->flags & CLIENT_REPLICA) || c->flags & CLIENT_MONITOR;
}

/* What it will take before its request is whole, as far as it has said: who is going to be too much
 * need not be waited for. */
static size_t announced(const client *c) {
    size_t wanted = c->parser.wanted;
    return wanted > c->pending_capacity ? wanted - c->pending_capacity : 0;
}

static void noteSize(client *c) {
    struct clientEvict *e = c->server->client_evict;
    forget(e, c);
    if (!counts(c)) return;
    c->evict_bytes = clientTotalMemory(c) + announced(c);
    e->total += c->evict_bytes;
    if (!(c->flags & CLIENT_NO_EVICT)) chainAppend(bucketOf(e, c->evict_bytes), &c->in_evict);
}

static void evict(struct clientEvict *e, client *c) {
    char line[512];
    clientDescribe(c, line, sizeof line);
    logLine(LOG_NOTICE, "Evicting client: %s", line);
    forget(e, c);
    clientCloseSoon(c);
    c->server->stats.evicted_clients++;
}

/* A request that alone is too much does not get to run. */
static void noteInput(client *c) {
    struct clientEvict *e = c->server->client_evict;
    noteSize(c);
    if (chainLinked(&c->in_evict) && c->evict_bytes > e->limit) evict(e, c);
}

/* One of the biggest; NULL if nobody may be closed. */
static client *biggest(struct clientEvict *e) {
    int at = BUCKETS - 1;
    while (at >= 0 && chainIsEmpty(&e->buckets[at])) at--;
    if (at < 0) return NULL;
    client *found = NULL;
    int looked = 0;
    CHAIN_EACH(&e->buckets[at], node) {
        client *c = CHAIN_ITEM(node, client, in_evict);
        if (!found || c->evict_bytes > found->evict_bytes) found = c;
        if (++looked == LOOK_AT) break;
    }
    return found;
}

static void evictSome(server *s) {
    struct clientEvict *e = s->client_evict;
    while (e->limit && e->total > e->limit) {
        client *c = biggest(e);
        /* Whose command runs is closed behind its reply, after the flush. */
        if (!c || c == s->caller) return;
        evict(e, c);
    }
}

static void afterFlush(void *ctx, server *s) {
    (void)ctx;
    evictSome(s);
}

static void clientGone(void *ctx, client *c) {
    forget(ctx, c);
}

size_t clientEvictLimit(const server *s) {
    int64_t wanted = s->config.maxmemory_clients;
    if (!wanted || (wanted < 0 && !s->config.maxmemory)) return 0;
    double share = (double)s->config.maxmemory / 100 * (double)-wanted;
    size_t limit = wanted < 0 ? (size_t)share : (size_t)wanted;
    return limit < LIMIT_MIN ? LIMIT_MIN : limit;
}

size_t clientEvictTotal(const server *s) {
    return s->client_evict->total;
}

static void countAll(server *s) {
    CHAIN_EACH(&s->clients, node) {
        client *c = CHAIN_ITEM(node, client, in_server);
        if (s->clientTouched)
            noteSize(c);
        else
            forget(s->client_evict, c);
    }
}

void clientEvictLimitChanged(server *s) {
    s->client_evict->limit = clientEvictLimit(s);
    s->clientTouched = s->client_evict->limit ? noteSize : NULL;
    s->clientGrew = s->client_evict->limit ? noteInput : NULL;
    countAll(s);
    evictSome(s);
}

void clientEvictAttach(server *s) {
    struct clientEvict *e = memCalloc(1, sizeof *e);
    for (int i = 0; i < BUCKETS; i++) chainInit(&e->buckets[i]);
    e->closed = (clientClosedHook){.closed = clientGone, .ctx = e};
    chainAppend(&s->client_closed, &e->closed.node);
    e->flush = (flushHook){.afterFlush = afterFlush, .ctx = e};
    chainAppend(&s->flush_hooks, &e->flush.node);
    s->client_evict = e;
    clientEvictLimitChanged(s);
}

void clientEvictDetach(server *s) {
    struct clientEvict *e = s->client_evict;
    s->clientTouched = s->clientGrew = NULL;
    countAll(s);
    chainRemove(&s->client_closed, &e->closed.node);
    chainRemove(&s->flush_hooks, &e->flush.node);
    s->client_evict = NULL;
    memFree(e);
}
