/* Random commands of all families, deadlines that pass, transactions and clients that wait: what
 * followers are told makes the same data, after every few commands, on a server that was empty. */
#include "tests/support/command_maker.h"
#include "tests/support/follower.h"
#include "tests/support/suite.h"

enum { CLIENTS = 6, COMMANDS = 4000, CHECK_EVERY = 7, IN_MULTI_MAX = 5 };

typedef struct model {
    fakeServer *f;
    follower *follower;
    rng r;
    client *clients[CLIENTS];
    char lines[IN_MULTI_MAX + 2][MADE_COMMAND_MAX]; /* what was sent last */
} model;

static uint64_t below(model *m, uint64_t n) {
    return rngBelow(&m->r, n);
}

static void setUp(model *m, int64_t ahead_ms) {
    static const char *const settings[] = {
        "stream-node-max-entries 4",   "hash-max-listpack-entries 4", "set-max-listpack-entries 4",
        "zset-max-listpack-entries 4", "list-max-listpack-size 3",    "hll-sparse-max-bytes 60",
    };
    m->f = fakeNew();
    m->follower = followerNew(m->f, FOLLOWS_LOG, ahead_ms);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        fakeCallFormat(m->f, "CONFIG SET %s", settings[i]);
        /* Limits of streams may differ there: how entries lie in nodes is nobody's business. */
        if (i) fakeCallFormat(followerServer(m->follower), "CONFIG SET %s", settings[i]);
    }
    for (int i = 0; i < CLIENTS; i++) m->clients[i] = fakeClient(m->f);
}

static void tearDown(model *m) {
    followerFree(m->follower);
    fakeFree(m->f);
}

static void letTimePass(model *m) {
    uint64_t kind = below(m, 60);
    if (kind < 20) fakeAdvanceMs(m->f, (int64_t)below(m, 4) * MAKER_TICK_MS);
    if (kind == 20) fakeAdvanceMs(m->f, (int64_t)below(m, 80) * MAKER_TICK_MS);
    /* Without it, who comes upon what is past its deadline finds it still there. */
    if (!below(m, 6)) cronRun(m->f->server);
}

static client *idleClient(model *m) {
    for (;;) {
        client *c = m->clients[below(m, CLIENTS)];
        if (!(c->flags & CLIENT_BLOCKED)) return c;
        fakeAdvanceMs(m->f, 2 * MAKER_TICK_MS);
        cronRun(m->f->server);
        if (!below(m, 8)) fakeCallFormat(m->f, "CLIENT UNBLOCK %llu", (unsigned long long)c->id);
    }
}

static void step(model *m) {
    client *c = idleClient(m);
    size_t count = 0;
    if (below(m, 12)) {
        makeCommand(&m->r, m->f->server->now_ms, m->lines[count++]);
    } else {
        snprintf(m->lines[count++], MADE_COMMAND_MAX, "MULTI");
        for (uint64_t n = below(m, IN_MULTI_MAX + 1); n > 0; n--)
            makeCommand(&m->r, m->f->server->now_ms, m->lines[count++]);
        snprintf(m->lines[count++], MADE_COMMAND_MAX, below(m, 8) ? "EXEC" : "DISCARD");
    }
    for (size_t i = 0; i < count; i++) {
        /* It may pass while commands are queued, too. */
        if (!below(m, 3)) letTimePass(m);
        fakeCallAs(m->f, c, m->lines[i]);
    }
    if (count < sizeof m->lines / sizeof *m->lines) *m->lines[count] = '\0';
}

static void check(model *m) {
    if (followerError(m->follower))
        ck_abort_msg("%s\nafter: %s", followerError(m->follower), m->lines[0]);
    followerCheck(m->follower);
    for (int i = 0; i < m->f->server->db_count; i++) dbCheck(m->f->server->dbs[i]);
}

static void run(uint64_t seed, int64_t ahead_ms) {
    model *m = calloc(1, sizeof *m);
    rngSeed(&m->r, seed);
    setUp(m, ahead_ms);
    bool trace = getenv("EBB_TRACE") != NULL;
    for (int i = 0; i < COMMANDS; i++) {
        step(m);
        for (int l = 0; trace && l < IN_MULTI_MAX + 2 && *m->lines[l]; l++)
            printf("%lld %s\n", (long long)m->f->server->now_ms, m->lines[l]);
        const char *told = followerTold(m->follower);
        if (trace) printf("        -> %s\n", told);
        if (trace || i % CHECK_EVERY == 0) check(m);
    }
    check(m);
    tearDown(m);
    free(m);
}

START_TEST(whatIsToldMakesTheSameData) {
    uint64_t seed = suiteSeed();
    for (uint64_t i = 0, rounds = suiteRounds(6); i < rounds; i++) {
        static const int64_t ahead_ms[] = {0, 3600000, -3600000};
        run(seed + i, ahead_ms[i % 3]);
    }
}
END_TEST

TESTS("core/propagate model", whatIsToldMakesTheSameData)
