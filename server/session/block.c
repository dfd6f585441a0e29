#include "server/session/block.h"

#include <math.h>

#include "server/core/args.h"
#include "server/core/dispatch.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/struct/deadlines.h"
#include "storage/struct/dict.h"

/* A key somebody waits for. Lives while somebody does. */
typedef struct waitedKey {
    chain waiters; /* waiter.in_key, first come first served */
    chainNode in_ready;
    size_t even_if_gone; /* of its waiters */
    bool is_served;
    int db;
    size_t size;
    char name[];
} waitedKey;

typedef struct blocked blocked;

typedef struct waiter {
    chainNode in_key;
    waitedKey *key;
    blocked *by;
} waiter;

/* What a client waits for. */
struct blocked {
    client *c;
    command *cmd;
    bytes *argv; /* owned */
    blockOn on;
    /* Monotonic; DEADLINE_NONE: never. When the wait ends, and when something is to be done: then,
     * or sooner when the request is to run again. */
    int64_t deadline_ms, due_ms;
    waiter *waiters;
    int waiter_count;
    bool runs_again, waits_again;
};

struct blocking {
    dict **keys; /* waitedKey by name, one table a db; NULL: nobody waits there */
    deadlines *by_time;
    chain ready; /* keys that changed since somebody was served */
    size_t clients, with_timeout, keys_even_if_gone;
    int task;
    clientClosedHook closed;
    clientDetailsHook details;
};

static bytes nameOf(const waitedKey *k) {
    return bytesOf(k->name, k->size);
}

static uint64_t keyHash(const void *item) {
    return hashBytes(nameOf(item));
}

static bool keyHolds(const void *item, bytes name) {
    return bytesEqual(nameOf(item), name);
}

static const dictType keys_by_name = {.hashOf = keyHash, .holds = keyHolds};

static int64_t deadlineOf(const void *item) {
    return ((const blocked *)item)->due_ms;
}

static uint64_t blockedHash(const void *item) {
    return ((const blocked *)item)->c->id * 0x9E3779B97F4A7C15U;
}

static const deadlinesType blocked_by_time = {.deadlineOf = deadlineOf, .hashOf = blockedHash};

static int64_t monotonicMs(const server *s) {
    return (int64_t)(s->now_ns / 1000000);
}

/* ---- who waits for what ---- */

static waitedKey *findKey(const struct blocking *b, int db_id, bytes name) {
    return b->keys[db_id] ? dictFind(b->keys[db_id], keyRefOf(name)) : NULL;
}

static waitedKey *ensureKey(struct blocking *b, int db_id, bytes name) {
    waitedKey *k = findKey(b, db_id, name);
    if (k) return k;
    k = memAlloc(sizeof *k + name.size);
    *k = (waitedKey){.db = db_id, .size = name.size};
    chainInit(&k->waiters);
    if (name.size) memcpy(k->name, name.data, name.size);
    if (!b->keys[db_id]) b->keys[db_id] = dictNew(&keys_by_name);
    dictAdd(b->keys[db_id], keyHash(k), k);
    return k;
}

static void dropKey(struct blocking *b, waitedKey *k) {
    dictRemoveItem(b->keys[k->db], keyHash(k), k);
    dictTidy(b->keys[k->db]);
    if (dictCount(b->keys[k->db]) == 0) {
        dictFree(b->keys[k->db]);
        b->keys[k->db] = NULL;
    }
    memFree(k);
}

static void dropIfIdle(struct blocking *b, waitedKey *k) {
    if (chainIsEmpty(&k->waiters) && !chainLinked(&k->in_ready) && !k->is_served) dropKey(b, k);
}

static void waitForKey(struct blocking *b, blocked *by, bytes name) {
    waitedKey *k = ensureKey(b, dbId(by->c->db), name);
    for (int i = 0; i < by->waiter_count; i++)
        if (by->waiters[i].key == k) return; /* Named twice. */
    waiter *w = &by->waiters[by->waiter_count++];
    w->key = k;
    w->by = by;
    chainAppend(&k->waiters, &w->in_key);
    if (by->on.even_if_gone && k->even_if_gone++ == 0) b->keys_even_if_gone++;
}

static void stopWaiting(struct blocking *b, blocked *by) {
    for (int i = 0; i < by->waiter_count; i++) {
        waitedKey *k = by->waiters[i].key;
        chainRemove(&k->waiters, &by->waiters[i].in_key);
        if (by->on.even_if_gone && --k->even_if_gone == 0) b->keys_even_if_gone--;
        dropIfIdle(b, k);
    }
    by->waiter_count = 0;
}

static void setDue(struct blocking *b, blocked *by, int64_t due_ms) {
    if (by->due_ms == due_ms) return;
    if (by->due_ms != DEADLINE_NONE)
        ensure(deadlinesRemove(b->by_time, by, by->due_ms, blockedHash(by)));
    by->due_ms = due_ms;
    if (due_ms != DEADLINE_NONE) deadlinesAdd(b->by_time, by, due_ms, blockedHash(by));
}

static void release(server *s, blocked *by) {
    struct blocking *b = s->blocking;
    stopWaiting(b, by);
    setDue(b, by, DEADLINE_NONE);
    b->with_timeout -= by->deadline_ms != DEADLINE_NONE;
    if (--b->clients == 0) effectSetLive(s, EFFECT_WAKE, false);
    by->c->blocked = NULL;
    memFree(by->waiters);
    memFree(by->argv);
    memFree(by);
}

static void armTimer(server *s) {
    struct blocking *b = s->blocking;
    int64_t next_ms = deadlinesNext(b->by_time);
    if (next_ms == DEADLINE_NONE) return;
    int64_t left_ms = next_ms - monotonicMs(s);
    cronRearm(s, b->task, left_ms > 0 ? (uint64_t)left_ms * 1000000 : 0);
}

/* The millisecond that is 'wait_ms' from now at least; DEADLINE_NONE for 0 and beyond all time. */
static int64_t endOf(const server *s, int64_t wait_ms) {
    int64_t end_ms;
    /* Rounded up, for what has passed of this millisecond. */
    if (wait_ms == 0 || __builtin_add_overflow(monotonicMs(s) + 1, wait_ms, &end_ms))
        return DEADLINE_NONE;
    return end_ms;
}

/* After by->deadline_ms is set: when it is due, with another run in 'again_ms' (0: without). */
static void plan(server *s, blocked *by, int64_t again_ms) {
    int64_t again_at_ms = endOf(s, again_ms);
    setDue(s->blocking, by, again_at_ms < by->deadline_ms ? again_at_ms : by->deadline_ms);
    if (by->due_ms != DEADLINE_NONE) armTimer(s);
}

static bool mayWait(const client *c) {
    return c->server->call_depth <= 1 && !(c->flags & (CLIENT_SCRIPT | CLIENT_NO_CONN));
}

void blockClient(client *c, const blockOn *on) {
    server *s = c->server;
    struct blocking *b = s->blocking;
    blocked *by = c->blocked;
    if (by && by->runs_again) {
        by->waits_again = true;
        c->flags |= CLIENT_BLOCKED;
        plan(s, by, on->again_ms);
        return;
    }
    if (!mayWait(c)) {
        on->timedOut(c);
        return;
    }
    by = memAlloc(sizeof *by);
    *by = (blocked){.c = c, .cmd = c->cmd, .on = *on, .due_ms = DEADLINE_NONE};
    if (on->argc == 0) {
        by->on.argc = c->argc;
        by->on.argv = c->argv;
    }
    by->argv = argvOwn(by->on.argv, by->on.argc);
    by->on.argv = by->argv;
    by->waiters = memCalloc((size_t)on->key_count, sizeof *by->waiters);
    c->blocked = by;
    for (int i = 0; i < on->key_count; i++) waitForKey(b, by, by->argv[on->first_key + i]);
    if (b->clients++ == 0) effectSetLive(s, EFFECT_WAKE, true);
    by->deadline_ms = endOf(s, on->timeout_ms);
    b->with_timeout += by->deadline_ms != DEADLINE_NONE;
    plan(s, by, on->again_ms);
    clientHold(c, CLIENT_BLOCKED);
}

/* ---- changes: which keys are worth a look ---- */

static void serveReady(server *s);

static void markReady(server *s, waitedKey *k) {
    if (chainLinked(&k->in_ready)) return;
    chainAppend(&s->blocking->ready, &k->in_ready);
    s->afterCommand = serveReady;
}

static void onChange(void *ctx, server *s, client *by, const change *what) {
    (void)by;
    waitedKey *k = findKey(ctx, what->db, what->key);
    if (k) markReady(s, k);
}

static void markItem(void *ctx, void *item) {
    markReady(ctx, item);
}

/* All keys of a db went, or it was exchanged for another. */
static void onFlush(void *ctx, server *s, client *by, int db_id) {
    (void)by;
    struct blocking *b = ctx;
    for (int i = 0; i < s->db_count; i++) {
        if (!b->keys[i] || (db_id >= 0 && i != db_id)) continue;
        uint64_t cursor = 0;
        do cursor = dictScan(b->keys[i], cursor, markItem, s);
        while (cursor);
    }
}

/* ---- serving ---- */

/* What the key holds now; TYPE_COUNT where it is not there. */
static valueType typeNow(const server *s, const waitedKey *k) {
    const entry *e = dbLookup(s->dbs[k->db], keyRefOf(nameOf(k)));
    return e ? entryType(e) : TYPE_COUNT;
}

/* Runs the client's request once more; it may wait again then. */
static void runAgain(server *s, blocked *by) {
    client *c = by->c;
    by->runs_again = true;
    by->waits_again = false;
    const bytes *argv_before = c->argv;
    int argc_before = c->argc;
    c->argv = by->argv;
    c->argc = by->on.argc;
    c->cmd = by->cmd;
    c->key_index = 0;
    c->flags &= ~(uint32_t)CLIENT_BLOCKED; /* It is held still, and blocked if it waits again. */
    dispatchAgain(c);
    c->argv = argv_before;
    c->argc = argc_before;
    by->runs_again = false;
    if (by->waits_again) return;
    release(s, by);
    clientResume(c, CLIENT_BLOCKED);
}

/* Those who waited when the key's turn came, once each: who waits again keeps the place, and who
 * comes to the key through a run has a turn of its own. */
static void serveKey(server *s, waitedKey *k) {
    size_t turns = k->waiters.count;
    chainNode *node = k->waiters.ends.next;
    valueType type = typeNow(s, k);
    while (turns-- > 0 && (type != TYPE_COUNT || k->even_if_gone)) {
        blocked *by = CHAIN_ITEM(node, waiter, in_key)->by;
        node = node->next; /* Nobody but 'by' leaves the chain meanwhile. */
        bool wanted = by->on.even_if_gone || by->on.type == type;
        if (!wanted || by->c->flags & CLIENT_CLOSE_NOW) continue;
        runAgain(s, by);
        type = typeNow(s, k);
    }
}

static void serveReady(server *s) {
    struct blocking *b = s->blocking;
    s->call_depth++; /* What the runs change is served here too, not inside of them. */
    while (!chainIsEmpty(&b->ready)) {
        waitedKey *k = CHAIN_ITEM(b->ready.ends.next, waitedKey, in_ready);
        chainRemove(&b->ready, &k->in_ready);
        k->is_served = true;
        serveKey(s, k);
        k->is_served = false;
        dropIfIdle(b, k);
    }
    s->call_depth--;
    s->afterCommand = NULL;
}

/* ---- without a key ---- */

/* Runs again because of the time, as if one of its keys had changed. */
static void runInTime(server *s, blocked *by) {
    setDue(s->blocking, by, by->deadline_ms); /* It says anew when to run again. */
    s->call_depth++;
    runAgain(s, by);
    s->call_depth--;
    serverAfterCommand(s);
}

static void timesUp(void *ctx, server *s) {
    struct blocking *b = ctx;
    int64_t now_ms = monotonicMs(s);
    blocked *by;
    while ((by = deadlinesFirstDue(b->by_time, now_ms))) {
        const blockOn *on = &by->on;
        if (by->deadline_ms <= now_ms || (on->isOver && on->isOver(by->c)))
            blockUnblock(by->c, false);
        else if (on->isOver)
            plan(s, by, on->again_ms);
        else
            runInTime(s, by);
    }
    armTimer(s);
}

bool blockIsSure(const client *c) {
    const blocked *by = c->blocked;
    return by && by->on.isOver;
}

bool blockUnblock(client *c, bool with_error) {
    blocked *by = c->blocked;
    if (!by) return false;
    server *s = c->server;
    s->error_mark = s->stats.error_replies;
    if (with_error)
        replyError(c, "UNBLOCKED client unblocked via CLIENT UNBLOCK");
    else
        by->on.timedOut(c);
    dispatchCount(c, by->cmd);
    release(s, by);
    clientResume(c, CLIENT_BLOCKED);
    return true;
}

static void clientGone(void *ctx, client *c) {
    (void)ctx;
    if (c->blocked) release(c->server, c->blocked);
}

/* ---- timeouts as clients write them ---- */

bool blockParseTimeout(client *c, int index, blockUnit unit, int64_t *timeout_ms) {
    if (unit == BLOCK_MILLISECONDS) {
        if (!argInt(c, index, timeout_ms, "ERR timeout is not an integer or out of range"))
            return false;
    } else {
        long double seconds;
        if (!argLongDouble(c, index, &seconds, "ERR timeout is not a float or out of range"))
            return false;
        long double ms = ceill(seconds * 1000);
        if (ms > (long double)INT64_MAX) {
            replyError(c, "ERR timeout is out of range");
            return false;
        }
        *timeout_ms = ms < 0 ? -1 : (int64_t)ms;
    }
    if (*timeout_ms < 0) {
        replyError(c, "ERR timeout is negative");
        return false;
    }
    if (*timeout_ms <= INT64_MAX - c->server->now_ms) return true;
    replyError(c, "ERR timeout is out of range");
    return false;
}

/* ---- set-up and figures ---- */

blockStats blockStatsOf(const server *s) {
    const struct blocking *b = s->blocking;
    blockStats found = {.clients = b->clients,
                        .with_timeout = b->with_timeout,
                        .keys_even_if_gone = b->keys_even_if_gone};
    for (int i = 0; i < s->db_count; i++)
        if (b->keys[i]) found.keys += dictCount(b->keys[i]);
    return found;
}

static void fillDetails(void *ctx, const client *c, clientDetails *d) {
    (void)ctx;
    const blocked *by = c->blocked;
    if (by)
        d->memory +=
            sizeof *by + (size_t)by->on.key_count * sizeof *by->waiters + memUsable(by->argv);
}

void blockAttach(server *s) {
    struct blocking *b = memCalloc(1, sizeof *b);
    b->keys = memCalloc((size_t)s->db_count, sizeof(dict *));
    b->by_time = deadlinesNew(&blocked_by_time);
    chainInit(&b->ready);
    b->task = cronAdd(s, "blocked clients", 0, timesUp, b);
    b->closed = (clientClosedHook){.closed = clientGone};
    chainAppend(&s->client_closed, &b->closed.node);
    b->details = (clientDetailsHook){.fill = fillDetails};
    chainAppend(&s->client_details, &b->details.node);
    effectSubscribe(s, EFFECT_WAKE, onChange, onFlush, b);
    s->blocking = b;
}

void blockDetach(server *s) {
    struct blocking *b = s->blocking;
    CHAIN_EACH(&s->clients, node) {
        client *c = CHAIN_ITEM(node, client, in_server);
        if (c->blocked) release(s, c->blocked);
    }
    while (!chainIsEmpty(&b->ready)) {
        waitedKey *k = CHAIN_ITEM(b->ready.ends.next, waitedKey, in_ready);
        chainRemove(&b->ready, &k->in_ready);
        dropIfIdle(b, k);
    }
    chainRemove(&s->client_closed, &b->closed.node);
    chainRemove(&s->client_details, &b->details.node);
    deadlinesFree(b->by_time);
    memFree(b->keys);
    memFree(b);
    s->blocking = NULL;
}
