#include "server/core/memory_guard.h"

#include "expire/cycle/evict.h"
#include "server/core/background.h"
#include "server/core/reply.h"
#include "storage/base/mem.h"

/* A slice of the task, which others wait for. */
#define TASK_SLICE_NS ((uint64_t)300000)
/* Without evictions for so long it is not at the limit any more. */
#define CALM_NS ((uint64_t)2000000000)
/* What each command does where others of its turn have spent the turn's share: it may bring more
 * than they took away. */
#define LEAST_SLICE_NS ((uint64_t)10000)

static evictRules rulesOf(const server *s) {
    int policy = s->config.maxmemory_policy;
    evictBy by = EVICT_NOTHING;
    if (policy & (POLICY_LRU | POLICY_LRM)) by = EVICT_BY_USE;
    if (policy & POLICY_LFU) by = EVICT_BY_FREQUENCY;
    if (policy & POLICY_RANDOM) by = EVICT_BY_CHANCE;
    if (policy & POLICY_TTL) by = EVICT_BY_DEADLINE;
    int64_t samples = s->config.maxmemory_samples;
    return (evictRules){.by = by,
                        .all_keys = policy & POLICY_ALLKEYS,
                        .samples = samples < EVICT_SAMPLES_MAX ? (int)samples : EVICT_SAMPLES_MAX,
                        .lfu = serverLfuRules(s),
                        .access_ms = serverAccessMs(s)};
}

static bool isAtRest(const server *s) {
    const struct memoryGuard *m = s->memory;
    return !m->limit.limit || m->ignored || s->now_ms < s->paused_until_ms;
}

/* What is used beyond what the keys that went leave was taken to tell of them: by effects that
 * wait, by what trackers and subscribers are sent, which may be more than the key was. */
static void noteNews(struct memoryGuard *m, size_t used_before, size_t evicted) {
    size_t used = evictUsedBytes(m->evict) + evicted;
    if (evicted && used > used_before) m->limit.exempt[MEMLIMIT_NEWS] += used - used_before;
}

/* At the limit each value takes the place of others at once. */
static void noteEvictions(server *s) {
    struct memoryGuard *m = s->memory;
    if (!m->evicted_ns) memKeepPages(true);
    m->evicted_ns = s->now_ns;
    cronArm(s, m->task, CALM_NS);
}

static void noteCalm(server *s) {
    struct memoryGuard *m = s->memory;
    if (!m->evicted_ns) return;
    if (s->now_ns - m->evicted_ns < CALM_NS) {
        cronArm(s, m->task, CALM_NS);
        return;
    }
    memKeepPages(false);
    m->evicted_ns = 0;
}

/* One slice. False if nothing is left to evict and it is still too much. */
static bool relieve(server *s, uint64_t budget_ns) {
    struct memoryGuard *m = s->memory;
    replyPoolTrim(&s->pool, 0); /* What lies ready for replies goes before data does. */
    evictRules rules = rulesOf(s);
    size_t target = memlimitTarget(&m->limit), used = evictUsedBytes(m->evict);
    uint64_t start_ns = s->clock->monotonic_ns(s->clock->ctx);
    evictDone done;
    evictAnswer answer = evictUntil(m->evict, &rules, target, budget_ns, &done);
    noteNews(m, used, done.bytes);
    if (done.keys) noteEvictions(s);
    bool fits = answer != EVICT_EXHAUSTED || backgroundReclaimUntil(s, target);
    if (answer == EVICT_TIME_UP) cronArm(s, m->task, 0);
    memlimitNote(&m->limit, answer == EVICT_TIME_UP || !fits, s->now_ms);
    if (done.keys)
        serverNoteEvent(s, "eviction-cycle", s->clock->monotonic_ns(s->clock->ctx) - start_ns);
    return fits;
}

static uint64_t spentInTurn(server *s) {
    struct memoryGuard *m = s->memory;
    if (m->turn != s->stats.loop_cycles) m->turn_ns = 0;
    m->turn = s->stats.loop_cycles;
    return m->turn_ns;
}

static bool relieveInTurn(server *s) {
    uint64_t budget_ns = memlimitBudgetNs(s->config.maxmemory_eviction_tenacity);
    uint64_t spent_ns = spentInTurn(s), start_ns = s->clock->monotonic_ns(s->clock->ctx);
    uint64_t left_ns = budget_ns > spent_ns ? budget_ns - spent_ns : 0;
    bool fits = relieve(s, left_ns > LEAST_SLICE_NS ? left_ns : LEAST_SLICE_NS);
    s->memory->turn_ns += s->clock->monotonic_ns(s->clock->ctx) - start_ns;
    return fits;
}

bool memoryIsOver(server *s) {
    struct memoryGuard *m = s->memory;
    m->refuses = false;
    if (isAtRest(s)) return false;
    if (memUsed() <= memlimitTarget(&m->limit))
        memlimitNote(&m->limit, false, s->now_ms);
    else
        m->refuses = !relieveInTurn(s);
    return m->refuses;
}

static bool takesMemory(const client *c) {
    if (dispatchFlags(c) & CMD_DENYOOM) return true;
    /* What waits for EXEC takes memory whatever it does. */
    return c->flags & CLIENT_MULTI && !(c->cmd->flags & CMD_ENDS_QUEUE);
}

static gateAnswer refuseWhatTakesMemory(client *c) {
    if (c->server->current || !memoryIsOver(c->server) || !takesMemory(c)) return GATE_PASS;
    replyError(c, MEMORY_OOM_ERROR);
    return GATE_REFUSED;
}

static void evictMore(void *ctx, server *s) {
    (void)ctx;
    noteCalm(s);
    if (isAtRest(s) || memUsed() <= memlimitTarget(&s->memory->limit)) return;
    uint64_t spent_ns = spentInTurn(s);
    if (spent_ns < TASK_SLICE_NS)
        relieve(s, TASK_SLICE_NS - spent_ns);
    else
        cronArm(s, s->memory->task, 0);
}

static void told(void *ctx) {
    effectsRun(ctx, NULL);
    serverAfterCommand(ctx);
}

static void newsOffered(void *ctx, server *s) {
    (void)s;
    ((struct memoryGuard *)ctx)->limit.exempt[MEMLIMIT_NEWS] = 0;
}

void memorySetExempt(server *s, memlimitExempt which, size_t size_bytes) {
    s->memory->limit.exempt[which] = size_bytes;
}

void memorySetIgnored(server *s, bool ignored) {
    s->memory->ignored = ignored;
    memoryLimitChanged(s);
}

void memoryLimitChanged(server *s) {
    struct memoryGuard *m = s->memory;
    m->limit.limit = s->config.maxmemory;
    evictForget(m->evict);
    bool live = m->limit.limit && !m->ignored;
    gateSetLive(s, GATE_MEMORY, live);
    if (live) {
        cronArm(s, m->task, 0);
        return;
    }
    m->refuses = false;
    memlimitNote(&m->limit, false, s->now_ms);
}

void memoryGuardAttach(server *s) {
    struct memoryGuard *m = memCalloc(1, sizeof *m);
    m->evict = evictNew(&(evictHost){.clock = s->clock,
                                     .dbs = s->dbs,
                                     .db_count = s->db_count,
                                     .discard = s->discard,
                                     .random = &s->rng,
                                     .told = told,
                                     .ctx = s});
    m->task = cronAdd(s, "evict", 0, evictMore, NULL);
    m->flush = (flushHook){.afterFlush = newsOffered, .ctx = m};
    chainAppend(&s->flush_hooks, &m->flush.node);
    s->memory = m;
    gateSet(s, GATE_MEMORY, refuseWhatTakesMemory);
    memoryLimitChanged(s);
}

void memoryGuardDetach(server *s) {
    struct memoryGuard *m = s->memory;
    if (!m) return;
    gateSetLive(s, GATE_MEMORY, false);
    if (m->evicted_ns) memKeepPages(false);
    cronRearm(s, m->task, UINT64_MAX);
    chainRemove(&s->flush_hooks, &m->flush.node);
    evictFree(m->evict);
    memFree(m);
    s->memory = NULL;
}
