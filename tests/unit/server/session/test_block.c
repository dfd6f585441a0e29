#include "server/session/block.h"

#include "server/core/args.h"
#include "server/core/effects.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

/* A queue of one: TAKE key [key ...] timeout replies with a string and removes its key; it waits
 * for one. WATCHGONE key waits until the key is gone. */
static void takeCommand(client *c) {
    blockOn on = {
        .first_key = 1, .key_count = c->argc - 2, .type = TYPE_STRING, .timedOut = replyNullArray};
    if (!blockParseTimeout(c, c->argc - 1, BLOCK_SECONDS, &on.timeout_ms)) return;
    for (int i = 1; i < c->argc - 1; i++) {
        keyRef key = keyRefOf(c->argv[i]);
        entry *e = keyWrite(c, key);
        if (!e) continue;
        replyString(c, e);
        dbDeleteEntry(c->db, key, e, DB_DELETED);
        return;
    }
    blockClient(c, &on);
}

static void untilGoneCommand(client *c) {
    blockOn on = {.first_key = 1,
                  .key_count = 1,
                  .type = TYPE_STRING,
                  .even_if_gone = true,
                  .timedOut = replyNull};
    if (keyWrite(c, keyRefOf(c->argv[1])))
        blockClient(c, &on);
    else
        replySimple(c, "GONE");
}

/* PASS from to: TAKE from 0, and the value goes to another key. */
static void passCommand(client *c) {
    blockOn on = {.first_key = 1, .key_count = 1, .type = TYPE_STRING, .timedOut = replyNull};
    keyRef from = keyRefOf(c->argv[1]), to = keyRefOf(c->argv[2]);
    entry *e = keyWrite(c, from);
    if (!e) {
        blockClient(c, &on);
        return;
    }
    dbDeleteEntry(c->db, from, e, DB_DELETED);
    dbSetString(c->db, to, BYTES("passed"), false);
    keyChanged(c, to, NOTIFY_STRING, "set");
    replyOk(c);
}

static const commandSpec rows[] = {
    {.name = "take", .arity = -3, .run = takeCommand, .flags = CMD_WRITE | CMD_BLOCKING},
    {.name = "untilgone", .arity = 2, .run = untilGoneCommand, .flags = CMD_WRITE},
    {.name = "pass", .arity = 3, .run = passCommand, .flags = CMD_WRITE},
    {0},
};

static fakeServer *f;
static client *a, *b;

static void setUp(void) {
    f = fakeNew();
    commandTableAdd(f->server->commands, rows);
    a = fakeClient(f);
    b = fakeClient(f);
}

static void tearDown(void) {
    fakeFree(f);
}

static void expect(client *c, const char *wanted) {
    ck_assert_str_eq(fakeTake(f, c, NULL), wanted);
}

static void waits(client *c, const char *line) {
    ck_assert_str_eq(fakeCallAs(f, c, line), "");
}

static void advance(int64_t ms) {
    fakeAdvanceMs(f, ms);
    cronRun(f->server);
}

START_TEST(servedWhenTheKeyComes) {
    waits(a, "TAKE k 0");
    ck_assert_uint_eq(blockStatsOf(f->server).clients, 1);
    CALL(f, "SET other x", "+OK|");
    expect(a, "");
    CALL(f, "SET k v", "+OK|");
    expect(a, "$1\r\nv\r\n");
    CALL(f, "EXISTS k", ":0|");
    ck_assert_uint_eq(blockStatsOf(f->server).clients, 0);
    ck_assert_uint_eq(blockStatsOf(f->server).keys, 0);
    ck_assert_str_eq(fakeCallAs(f, a, "PING"), "+PONG\r\n");
}
END_TEST

START_TEST(waitsCountOnceAndWhenTheyAreOver) {
    command *take = commandFind(f->server->commands, BYTES("take"));
    command *client_unblock = commandFindFull(f->server->commands, BYTES("client|unblock"));
    waits(a, "TAKE k 0");
    ck_assert_uint_eq(take->calls, 0);
    CALL(f, "SET k 1", "+OK|");
    ck_assert_uint_eq(take->calls, 1);
    ck_assert_uint_eq(take->latency->total, 1);
    expect(a, "$1\r\n1\r\n");
    /* Who comes too late waits on, and is not counted. */
    waits(a, "TAKE k 0");
    waits(b, "TAKE k 0");
    CALL(f, "SET k 1", "+OK|");
    ck_assert_uint_eq(take->calls, 2);
    expect(a, "$1\r\n1\r\n");
    waits(a, "TAKE k 1");
    advance(2000);
    ck_assert_uint_eq(take->calls, 3);
    ck_assert_uint_eq(take->failed, 0);
    fakeCallFormat(f, "CLIENT UNBLOCK %d ERROR", (int)b->id);
    ck_assert_uint_eq(take->calls, 4);
    ck_assert_uint_eq(take->failed, 1);
    ck_assert_uint_eq(client_unblock->failed, 0);
}
END_TEST

START_TEST(waitersAreServedBehindExecAndShownOnce) {
    client *m = fakeClient(f);
    fakeCallAs(f, m, "MONITOR");
    waits(a, "TAKE k 0");
    ck_assert_ptr_nonnull(strstr(fakeTake(f, m, NULL), "\"TAKE\" \"k\" \"0\""));
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET k 1", "+QUEUED|");
    CALL(f, "SET k 2", "+QUEUED|");
    CALL(f, "TAKE none 0", "+QUEUED|");
    fakeTake(f, m, NULL);
    CALL(f, "EXEC", "*3|+OK|+OK|*-1|");
    expect(a, "$1\r\n2\r\n");
    const char *shown = fakeTake(f, m, NULL);
    ck_assert_ptr_nonnull(strstr(shown, "\"TAKE\" \"none\""));
    ck_assert_ptr_null(strstr(shown, "\"TAKE\" \"k\""));
}
END_TEST

START_TEST(firstComeFirstServed) {
    waits(a, "TAKE k 0");
    waits(b, "TAKE j k 0");
    CALL(f, "SET k 1", "+OK|");
    expect(a, "$1\r\n1\r\n");
    expect(b, "");
    waits(a, "TAKE k 0");
    CALL(f, "SET k 2", "+OK|");
    expect(b, "$1\r\n2\r\n");
    expect(a, "");
}
END_TEST

START_TEST(requestsBehindItWaitToo) {
    ck_assert_str_eq(fakeSend(f, a, BYTES("TAKE k 0\r\nPING\r\n"), NULL), "");
    CALL(f, "SET k v", "+OK|");
    fakeCall(f, "PING");
    expect(a, "$1\r\nv\r\n+PONG\r\n");
}
END_TEST

START_TEST(timeIsUpInFractions) {
    waits(a, "TAKE k 0.25");
    waits(b, "TAKE k 10");
    ck_assert_uint_eq(blockStatsOf(f->server).with_timeout, 2);
    advance(249);
    expect(a, "");
    advance(3);
    expect(a, "*-1\r\n");
    expect(b, "");
    CALL(f, "SET k v", "+OK|");
    expect(b, "$1\r\nv\r\n");
}
END_TEST

START_TEST(timeoutsAreChecked) {
    static const struct {
        const char *given, *reply;
    } cases[] = {{"abc", "-ERR timeout is not a float or out of range\r\n"},
                 {"-1", "-ERR timeout is negative\r\n"},
                 {"-inf", "-ERR timeout is negative\r\n"},
                 {"1e300", "-ERR timeout is out of range\r\n"},
                 {"9223372036854775", "-ERR timeout is out of range\r\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_str_eq(fakeCallFormat(f, "TAKE k %s", cases[i].given), cases[i].reply);
    CALL(f, "WAIT 1 1.5", "-ERR timeout is not an integer or out of range|");
}
END_TEST

START_TEST(whoPassesOnWakesOthers) {
    waits(a, "PASS k j");
    waits(b, "TAKE j 0");
    CALL(f, "SET k v", "+OK|");
    expect(a, "+OK\r\n");
    expect(b, "$6\r\npassed\r\n");
}
END_TEST

START_TEST(passingToItselfEnds) {
    waits(a, "PASS k k");
    waits(b, "PASS k k");
    CALL(f, "SET k v", "+OK|");
    expect(a, "+OK\r\n");
    expect(b, "+OK\r\n");
    CALL(f, "GET k", "$6|passed|");
}
END_TEST

START_TEST(keysThatComeByOtherWaysServe) {
    CALL(f, "SET src v", "+OK|");
    waits(a, "TAKE k 0");
    CALL(f, "RENAME src k", "+OK|");
    expect(a, "$1\r\nv\r\n");
    CALL(f, "SET src v", "+OK|");
    waits(a, "TAKE k 0");
    CALL(f, "COPY src k", ":1|");
    expect(a, "$1\r\nv\r\n");
    fakeCallAs(f, a, "SELECT 1");
    waits(a, "TAKE src 0");
    CALL(f, "MOVE src 1", ":1|");
    expect(a, "$1\r\nv\r\n");
    CALL(f, "SET src w", "+OK|");
    waits(a, "TAKE src 0");
    CALL(f, "SWAPDB 0 1", "+OK|");
    expect(a, "$1\r\nw\r\n");
}
END_TEST

START_TEST(goneKeysServeWhoAskedForThat) {
    CALL(f, "SET k v", "+OK|");
    CALL(f, "SET j v PX 100", "+OK|");
    waits(a, "UNTILGONE k");
    waits(b, "UNTILGONE j");
    ck_assert_uint_eq(blockStatsOf(f->server).keys_even_if_gone, 2);
    CALL(f, "APPEND k x", ":2|");
    expect(a, "");
    CALL(f, "DEL k", ":1|");
    expect(a, "+GONE\r\n");
    advance(200);
    expect(b, "+GONE\r\n");
    CALL(f, "SET k v", "+OK|");
    waits(a, "UNTILGONE k");
    CALL(f, "FLUSHALL", "+OK|");
    expect(a, "+GONE\r\n");
    ck_assert_uint_eq(blockStatsOf(f->server).keys_even_if_gone, 0);
}
END_TEST

START_TEST(unblockEndsTheWait) {
    waits(a, "TAKE k 0");
    ck_assert_str_eq(fakeCallFormat(f, "CLIENT UNBLOCK %llu", (unsigned long long)a->id), ":1\r\n");
    expect(a, "*-1\r\n");
    waits(a, "TAKE k 0");
    ck_assert_str_eq(fakeCallFormat(f, "CLIENT UNBLOCK %llu ERROR", (unsigned long long)a->id),
                     ":1\r\n");
    expect(a, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    ck_assert_str_eq(fakeCallFormat(f, "CLIENT UNBLOCK %llu", (unsigned long long)a->id), ":0\r\n");
}
END_TEST

START_TEST(goneClientsWaitNoMore) {
    waits(a, "TAKE k 0.5");
    ck_assert_str_eq(fakeCallFormat(f, "CLIENT KILL ID %llu", (unsigned long long)a->id), ":1\r\n");
    CALL(f, "SET k v", "+OK|");
    CALL(f, "GET k", "$1|v|");
    serverFreeMarked(f->server);
    ck_assert_uint_eq(blockStatsOf(f->server).clients, 0);
}
END_TEST

START_TEST(waitEndsWithTime) {
    CALL(f, "WAIT 0 0", ":0|");
    CALL(f, "WAIT -1 0", ":0|");
    CALL(f, "WAIT x 0", "-ERR value is not an integer or out of range|");
    waits(a, "WAIT 1 100");
    advance(102);
    expect(a, ":0\r\n");
    CALL(f, "WAITAOF 0 0 0", "*2|:0|:0|");
    CALL(f, "WAITAOF 2 0 0", "-ERR value is out of range, value must between 0 and 1|");
    CALL(f, "WAITAOF 1 0 0",
         "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.|");
    waits(a, "WAITAOF 0 1 50");
    advance(52);
    expect(a, "*2\r\n:0\r\n:0\r\n");
}
END_TEST

TESTS_BETWEEN("block", setUp, tearDown, servedWhenTheKeyComes, firstComeFirstServed,
              requestsBehindItWaitToo, timeIsUpInFractions, timeoutsAreChecked,
              waitsCountOnceAndWhenTheyAreOver, waitersAreServedBehindExecAndShownOnce,
              whoPassesOnWakesOthers, passingToItselfEnds, keysThatComeByOtherWaysServe,
              goneKeysServeWhoAskedForThat, unblockEndsTheWait, goneClientsWaitNoMore,
              waitEndsWithTime)
