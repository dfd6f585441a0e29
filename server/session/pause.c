#include "server/session/pause.h"

#include "server/core/background.h"
#include "storage/base/mem.h"

/* Longer pauses end then all the same: nobody waits for 34 years. */
#define LONGEST_MS ((int64_t)1 << 40)

struct clientPause {
    int task;
    size_t held;
    clientClosedHook closed;
};

static gateAnswer holdWhilePaused(client *c) {
    server *s = c->server;
    if (s->current || c->flags & (CLIENT_NO_CONN | CLIENT_REPLICA | CLIENT_PRIMARY))
        return GATE_PASS;
    if (s->pause_writes_only && !(dispatchFlags(c) & (CMD_WRITE | CMD_MAY_REPLICATE)))
        return GATE_PASS;
    clientHold(c, CLIENT_PAUSED);
    s->pause->held++;
    return GATE_HOLD;
}

static void clientGone(void *ctx, client *c) {
    clientPause *p = ctx;
    if (c->flags & CLIENT_PAUSED) p->held--;
}

static void timeIsUp(void *ctx, server *s) {
    (void)ctx;
    pauseEnd(s);
}

void pauseAttach(server *s) {
    clientPause *p = memCalloc(1, sizeof *p);
    p->task = cronAdd(s, "pause", 0, timeIsUp, p);
    p->closed = (clientClosedHook){.closed = clientGone, .ctx = p};
    chainAppend(&s->client_closed, &p->closed.node);
    gateSet(s, GATE_PAUSE, holdWhilePaused);
    s->pause = p;
}

void pauseDetach(server *s) {
    clientPause *p = s->pause;
    chainRemove(&s->client_closed, &p->closed.node);
    s->pause = NULL;
    memFree(p);
}

static void setMayExpire(server *s, bool may) {
    for (int i = 0; i < s->db_count; i++) dbSetMayExpire(s->dbs[i], may);
}

void pauseStart(server *s, int64_t ms, bool writes_only) {
    if (ms <= 0) return;
    if (ms > LONGEST_MS) ms = LONGEST_MS;
    bool stricter = !pauseIsOn(s) || !writes_only;
    if (stricter) s->pause_writes_only = writes_only;
    if (s->now_ms + ms > s->paused_until_ms) {
        s->paused_until_ms = s->now_ms + ms;
        cronRearm(s, s->pause->task, (uint64_t)ms * 1000000);
    }
    setMayExpire(s, false);
    gateSetLive(s, GATE_PAUSE, true);
}

void pauseEnd(server *s) {
    if (!pauseIsOn(s)) return;
    s->paused_until_ms = 0;
    cronRearm(s, s->pause->task, UINT64_MAX);
    setMayExpire(s, true);
    gateSetLive(s, GATE_PAUSE, false);
    s->pause->held = 0;
    CHAIN_EACH(&s->clients, node) {
        client *c = CHAIN_ITEM(node, client, in_server);
        if (c->flags & CLIENT_PAUSED) clientResume(c, CLIENT_PAUSED);
    }
    backgroundWakeExpire(s);
}

bool pauseIsOn(const server *s) {
    return s->paused_until_ms != 0;
}

size_t pauseHeld(const server *s) {
    return s->pause->held;
}
