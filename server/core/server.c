#include "server/core/server.h"

#include "server/core/batch.h"
#include "server/core/error_stats.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"

static uint64_t idHash(const void *item) {
    const client *c = item;
    return hashBytes(bytesOf(&c->id, sizeof c->id));
}

static bool idHolds(const void *item, bytes key) {
    const client *c = item;
    return bytesEqual(bytesOf(&c->id, sizeof c->id), key);
}

static const dictType clients_by_id = {.hashOf = idHash, .holds = idHolds};

void serverReadClock(server *s) {
    s->now_ns = s->clock->monotonic_ns(s->clock->ctx);
    s->now_us = s->clock->wall_us(s->clock->ctx);
    s->now_ms = s->now_us / 1000;
    s->judged_ms = __builtin_expect(s->deadlines_held, 0) ? 0 : s->now_ms;
    s->access_clock = accessLru(serverAccessMs(s));
}

void serverHoldDeadlines(server *s, bool held) {
    s->deadlines_held = held;
    serverReadClock(s);
}

static inline bool countsUses(const server *s) {
    return __builtin_expect(s->config.maxmemory_policy & POLICY_LFU, 0);
}

uint32_t serverAccessOf(server *s, uint32_t old_access) {
    if (!countsUses(s)) return s->access_clock;
    return accessLfuUse(old_access, serverAccessMs(s), serverLfuRules(s), rngUnit(&s->rng));
}

uint32_t serverAccessNew(const server *s) {
    return countsUses(s) ? accessLfuNew(serverAccessMs(s)) : s->access_clock;
}

server *serverNew(const config *cfg, const clockSource *clock) {
    server *s = memCalloc(1, sizeof *s);
    s->clock = clock;
    s->files = fileOpsSystem();
    s->config = *cfg;
    serverReadClock(s);
    s->started_ms = s->now_ms;
    s->started_ns = s->now_ns;
    rngSeed(&s->rng, s->now_ns ^ (uint64_t)s->now_us << 20);
    rngHex(s->run_id, sizeof s->run_id - 1);
    replyPoolInit(&s->pool);
    s->effects = effectsInit();
    s->errors = errorStatsNew();
    s->commands = commandTableNew();
    s->batch = batchNew();
    chainInit(&s->clients);
    chainInit(&s->to_flush);
    chainInit(&s->holds.held);
    chainInit(&s->to_free);
    chainInit(&s->flush_hooks);
    chainInit(&s->client_closed);
    chainInit(&s->client_details);
    s->clients_by_id = dictNew(&clients_by_id);
    s->discard = discardNew();
    s->reply_peak_ms = SERVER_REPLY_PEAK_MS;
    s->active_expire = true;
    s->observer = (callObserver){.slow_ns = UINT64_MAX, .event_ns = UINT64_MAX};
    propagateAttach(s);
    s->db_count = (int)cfg->databases;
    s->dbs = memCalloc((size_t)s->db_count, sizeof(db *));
    s->db_hooks = effectsDbHooks(s);
    for (int i = 0; i < s->db_count; i++)
        s->dbs[i] = dbNew(i, &s->db_hooks, &s->judged_ms, s->discard);
    return s;
}

void serverBeforeFlush(server *s) {
    CHAIN_EACH(&s->flush_hooks, node) {
        flushHook *hook = CHAIN_ITEM(node, flushHook, node);
        if (hook->beforeFlush) hook->beforeFlush(hook->ctx, s);
    }
}

void serverAfterFlush(server *s) {
    CHAIN_EACH(&s->flush_hooks, node) {
        flushHook *hook = CHAIN_ITEM(node, flushHook, node);
        if (hook->afterFlush) hook->afterFlush(hook->ctx, s);
    }
}

void serverFreeMarked(server *s) {
    CHAIN_EACH(&s->to_free, node) {
        client *c = CHAIN_ITEM(node, client, in_flush);
        if (c->flags & CLIENT_QUEUED_INPUT) continue;
        chainRemove(&s->to_free, node);
        clientFree(c);
    }
}

void serverFree(server *s) {
    serverFreeMarked(s);
    while (!chainIsEmpty(&s->clients))
        clientFree(CHAIN_ITEM(chainFirst(&s->clients), client, in_server));
    for (int i = 0; i < s->db_count; i++) dbFree(s->dbs[i]);
    memFree(s->dbs);
    discardFree(s->discard);
    dictFree(s->clients_by_id);
    batchFree(s->batch);
    commandTableFree(s->commands);
    errorStatsFree(s->errors);
    propagateDetach(s);
    effectsClear(&s->effects);
    replyPoolTrim(&s->pool, 0);
    configClear(&s->config);
    memFree(s);
}
