/* WATCH against a model that compares: each state of a key has a number of its own, absent is 0,
 * and a transaction is spoilt once a watched key has had another number than when it was watched.
 */
#include "server/session/watch.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

enum { DBS = 3, KEYS = 6, CLIENTS = 8 };

typedef struct modelKey {
    uint64_t state; /* 0: not there */
    int64_t deadline_ms;
} modelKey;

typedef struct modelClient {
    client *c;
    int db;
    bool watches[DBS][KEYS];
    uint64_t seen[DBS][KEYS];
    bool spoilt;
} modelClient;

typedef struct model {
    fakeServer *f;
    rng r;
    modelKey keys[DBS][KEYS];
    modelClient clients[CLIENTS];
    uint64_t states;
} model;

static uint64_t stateOf(const model *m, int db_id, int key) {
    const modelKey *k = &m->keys[db_id][key];
    bool gone = k->deadline_ms && m->f->server->now_ms > k->deadline_ms;
    return gone ? 0 : k->state;
}

static void look(model *m) {
    for (int i = 0; i < CLIENTS; i++)
        for (int d = 0; d < DBS; d++)
            for (int k = 0; k < KEYS; k++)
                if (m->clients[i].watches[d][k] && m->clients[i].seen[d][k] != stateOf(m, d, k))
                    m->clients[i].spoilt = true;
}

static void call(model *m, modelClient *mc, const char *line, const char *wanted) {
    const char *reply = fakeCallAs(m->f, mc->c, line);
    ck_assert_msg(!strcmp(reply, wanted), "%s: %s, wanted %s", line, reply, wanted);
}

static void forget(modelClient *mc) {
    memset(mc->watches, 0, sizeof mc->watches);
    mc->spoilt = false;
}

static void watchSome(model *m, modelClient *mc, int key) {
    char line[64];
    int other = (int)rngBelow(&m->r, KEYS);
    snprintf(line, sizeof line, "WATCH k%d k%d", key, other);
    call(m, mc, line, "+OK\r\n");
    for (int i = 0; i < 2; i++, key = other) {
        if (mc->watches[mc->db][key] || mc->spoilt) continue;
        mc->watches[mc->db][key] = true;
        mc->seen[mc->db][key] = stateOf(m, mc->db, key);
    }
}

static void store(model *m, modelClient *mc, int key, int64_t ttl_ms) {
    char line[64];
    if (ttl_ms)
        snprintf(line, sizeof line, "SET k%d v PX %d", key, (int)ttl_ms);
    else
        snprintf(line, sizeof line, "SET k%d v", key);
    call(m, mc, line, "+OK\r\n");
    m->keys[mc->db][key] = (modelKey){++m->states, ttl_ms ? m->f->server->now_ms + ttl_ms : 0};
}

static void removeKey(model *m, modelClient *mc, int key) {
    char line[64];
    snprintf(line, sizeof line, "DEL k%d", key);
    call(m, mc, line, stateOf(m, mc->db, key) ? ":1\r\n" : ":0\r\n");
    m->keys[mc->db][key] = (modelKey){0};
}

static void swap(model *m, modelClient *mc) {
    char line[64];
    int a = (int)rngBelow(&m->r, DBS), b = (int)rngBelow(&m->r, DBS);
    snprintf(line, sizeof line, "SWAPDB %d %d", a, b);
    call(m, mc, line, "+OK\r\n");
    for (int k = 0; k < KEYS; k++) {
        modelKey was = m->keys[a][k];
        m->keys[a][k] = m->keys[b][k];
        m->keys[b][k] = was;
    }
}

static void flush(model *m, modelClient *mc, bool all) {
    call(m, mc, all ? "FLUSHALL" : "FLUSHDB", "+OK\r\n");
    for (int d = 0; d < DBS; d++)
        if (all || d == mc->db) memset(m->keys[d], 0, sizeof m->keys[d]);
}

static void tryExec(model *m, modelClient *mc) {
    call(m, mc, "MULTI", "+OK\r\n");
    call(m, mc, "PING", "+QUEUED\r\n");
    look(m);
    if (rngBelow(&m->r, 8) == 0)
        call(m, mc, "DISCARD", "+OK\r\n");
    else
        call(m, mc, "EXEC", mc->spoilt ? "*-1\r\n" : "*1\r\n+PONG\r\n");
    forget(mc);
}

static void choose(model *m, modelClient *mc) {
    char line[32];
    mc->db = (int)rngBelow(&m->r, DBS);
    snprintf(line, sizeof line, "SELECT %d", mc->db);
    call(m, mc, line, "+OK\r\n");
}

static void replaceClient(model *m, modelClient *mc) {
    clientCloseSoon(mc->c);
    serverFreeMarked(m->f->server);
    *mc = (modelClient){.c = fakeClient(m->f)};
}

static void step(model *m) {
    modelClient *mc = &m->clients[rngBelow(&m->r, CLIENTS)];
    int key = (int)rngBelow(&m->r, KEYS);
    uint64_t what = rngBelow(&m->r, 100);
    char line[32];
    if (what < 30)
        watchSome(m, mc, key);
    else if (what < 45)
        tryExec(m, mc);
    else if (what < 53)
        store(m, mc, key, 0);
    else if (what < 65)
        store(m, mc, key, 1 + (int64_t)rngBelow(&m->r, 30));
    else if (what < 71)
        removeKey(m, mc, key);
    else if (what < 80)
        choose(m, mc);
    else if (what < 90)
        fakeAdvanceMs(m->f, (int64_t)rngBelow(&m->r, 20));
    else if (what < 92)
        flush(m, mc, what == 90);
    else if (what < 95)
        swap(m, mc);
    else if (what < 97) {
        snprintf(line, sizeof line, "EXISTS k%d", key);
        call(m, mc, line, stateOf(m, mc->db, key) ? ":1\r\n" : ":0\r\n");
    } else if (what < 99) {
        call(m, mc, "UNWATCH", "+OK\r\n");
        forget(mc);
    } else {
        replaceClient(m, mc);
    }
    look(m);
}

static void checkTotals(model *m) {
    size_t watching = 0, keys = 0;
    for (int i = 0; i < CLIENTS; i++) {
        watching += m->clients[i].c->watch_count > 0;
        keys += m->clients[i].c->watch_count;
    }
    ck_assert_uint_eq(watchClients(m->f->server), watching);
    ck_assert_uint_eq(watchKeys(m->f->server), keys);
}

START_TEST(execKnowsWhetherAWatchedKeyWasAnother) {
    model m = {.f = fakeNew()};
    rngSeed(&m.r, suiteSeed());
    fakeCall(m.f, "DEBUG SET-ACTIVE-EXPIRE 0");
    for (int i = 0; i < CLIENTS; i++) m.clients[i].c = fakeClient(m.f);
    for (uint64_t i = 0; i < suiteRounds(60000); i++) {
        step(&m);
        if (i % 64 == 0) checkTotals(&m);
    }
    fakeFree(m.f);
}
END_TEST

TESTS("model/watch", execKnowsWhetherAWatchedKeyWasAnother)
