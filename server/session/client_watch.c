#include "server/session/client_watch.h"

#include "server/core/client_limits.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

enum { PERIOD_MS = 100, IDLE_MS = 1000, SHARES = 10, SHARE_MIN = 16, RECENT_MS = 8000 };

struct clientWatch {
    int task;
    chainNode *next; /* to look at; NULL: the first */
    int64_t recent_since_ms;
    clientClosedHook closed;
};

static bool isIdle(const client *c) {
    const uint32_t excused = CLIENT_REPLICA | CLIENT_PRIMARY | CLIENT_PUBSUB | CLIENT_MONITOR |
                             CLIENT_BLOCKED | CLIENT_PAUSED | CLIENT_NO_CONN;
    const server *s = c->server;
    if (s->config.timeout <= 0 || c->flags & excused) return false;
    return s->now_ms - c->last_active_ms > s->config.timeout * 1000;
}

static void look(client *c) {
    if (c->flags & CLIENT_CLOSE_NOW) return;
    if (c->soft_limit_since_ms && clientOverOutputLimit(c)) {
        clientCloseSoon(c);
    } else if (isIdle(c)) {
        logLine(LOG_VERBOSE, "Closing idle client");
        clientCloseSoon(c);
    }
}

static void lookAtShare(void *ctx, server *s) {
    clientWatch *w = ctx;
    if (s->now_ms - w->recent_since_ms > RECENT_MS) {
        w->recent_since_ms = s->now_ms;
        s->stats.reply_chunk_max = s->stats.query_size_max = 0;
    }
    if (s->config.timeout <= 0 && !s->over_soft_limit) {
        cronRearm(s, w->task, (uint64_t)IDLE_MS * 1000000);
        return;
    }
    size_t share = s->clients.count / SHARES + 1;
    if (share < SHARE_MIN) share = SHARE_MIN;
    if (share > s->clients.count) share = s->clients.count;
    while (share--) {
        chainNode *node = w->next ? w->next : chainFirst(&s->clients);
        w->next = chainNext(&s->clients, node);
        look(CHAIN_ITEM(node, client, in_server));
    }
}

static void clientGone(void *ctx, client *c) {
    clientWatch *w = ctx;
    server *s = c->server;
    if (w->next == &c->in_server) w->next = chainNext(&s->clients, w->next);
    clientStopSoftClock(c);
}

void clientWatchAttach(server *s) {
    clientWatch *w = memCalloc(1, sizeof *w);
    w->task = cronAdd(s, "client-watch", PERIOD_MS, lookAtShare, w);
    w->recent_since_ms = s->now_ms;
    w->closed = (clientClosedHook){.closed = clientGone, .ctx = w};
    chainAppend(&s->client_closed, &w->closed.node);
    s->client_watch = w;
}

void clientWatchDetach(server *s) {
    clientWatch *w = s->client_watch;
    chainRemove(&s->client_closed, &w->closed.node);
    s->client_watch = NULL;
    memFree(w);
}
