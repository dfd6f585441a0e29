#include <stdio.h>

#include "server/session/multi.h"
#include "server/session/watch.h"
#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;
static client *other;

static void setup(void) {
    f = fakeNew();
    other = fakeClient(f);
}
static void done(void) {
    fakeFree(f);
}

#define OTHER(line, wanted) ck_assert_str_eq(fakeCallAs(f, other, line), wanted)
#define ABORTED             "-EXECABORT Transaction discarded because of previous errors.|"

/* ---- the queue ---- */

START_TEST(commandsWaitForExecAndReplyInOneArray) {
    setup();
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 1", "+QUEUED|");
    CALL(f, "INCR a", "+QUEUED|");
    CALL(f, "CLIENT ID", "+QUEUED|");
    OTHER("GET a", "$-1\r\n");
    CALL(f, "EXEC", "*3|+OK|:2|:1|");
    OTHER("GET a", "$1\r\n2\r\n");
    CALL(f, "EXEC", "-ERR EXEC without MULTI|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "EXEC", "*0|");
    done();
}
END_TEST

START_TEST(discardForgetsTheQueue) {
    setup();
    CALL(f, "DISCARD", "-ERR DISCARD without MULTI|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 1", "+QUEUED|");
    CALL(f, "DISCARD", "+OK|");
    CALL(f, "GET a", "$-1|");
    CALL(f, "EXEC", "-ERR EXEC without MULTI|");
    done();
}
END_TEST

START_TEST(errorsWhileQueueingAbortTheTransaction) {
    static const char *const wrong[] = {"NOSUCH",  "GET",       "CLIENT NOSUCH", "SHUTDOWN NOSAVE",
                                        "MULTI a", "DISCARD a", "WATCH"};
    setup();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CALL(f, "MULTI", "+OK|");
        CALL(f, "SET a 1", "+QUEUED|");
        ck_assert_int_eq(*fakeCall(f, wrong[i]), '-');
        CALL(f, "SET a 2", "+QUEUED|");
        CALL(f, "EXEC", ABORTED);
        CALL(f, "GET a", "$-1|");
    }
    done();
}
END_TEST

START_TEST(nestedMultiAndWatchAreRefusedAndSpoilNothing) {
    setup();
    CALL(f, "MULTI", "+OK|");
    CALL(f, "MULTI", "-ERR MULTI calls can not be nested|");
    CALL(f, "WATCH a", "-ERR WATCH inside MULTI is not allowed|");
    CALL(f, "PING", "+QUEUED|");
    CALL(f, "EXEC", "*1|+PONG|");
    done();
}
END_TEST

START_TEST(execThatIsRefusedEndsItsTransaction) {
    setup();
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 1", "+QUEUED|");
    CALL(f, "EXEC a",
         "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' "
         "command|");
    CALL(f, "EXEC", "-ERR EXEC without MULTI|");
    CALL(f, "WATCH b", "+OK|");
    ck_assert_int_eq(*fakeCall(f, "EXEC a"), '-');
    ck_assert_uint_eq(watchClients(f->server), 0);
    CALL(f, "GET a", "$-1|");
    done();
}
END_TEST

START_TEST(errorsOfCommandsAreRepliesAndTheOthersRun) {
    setup();
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a x", "+QUEUED|");
    CALL(f, "INCR a", "+QUEUED|");
    CALL(f, "APPEND a y", "+QUEUED|");
    CALL(f, "EXEC", "*3|+OK|-ERR value is not an integer or out of range|:2|");
    done();
}
END_TEST

START_TEST(resetAndQuitAreNotQueued) {
    setup();
    CALL(f, "WATCH w", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 1", "+QUEUED|");
    CALL(f, "RESET", "+RESET|");
    ck_assert_uint_eq(watchClients(f->server), 0);
    CALL(f, "EXEC", "-ERR EXEC without MULTI|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "QUIT", "+OK|");
    done();
}
END_TEST

START_TEST(manyAndBigArgumentsAreKept) {
    enum { COMMANDS = 300, BIG = 300000 };
    setup();
    char *big = memAlloc(BIG);
    memset(big, 'b', BIG);
    bytes set[] = {BYTES("SET"), BYTES("big"), bytesOf(big, BIG)};
    CALL(f, "MULTI", "+OK|");
    for (int i = 0; i < COMMANDS; i++)
        ck_assert_str_eq(fakeCallFormat(f, "SET key:%d value-of-%d", i, i), "+QUEUED\r\n");
    ck_assert_str_eq(fakeCallArgs(f, f->client, 3, set, NULL), "+QUEUED\r\n");
    memset(big, 'x', BIG);
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "EXEC"), "*301\r\n+OK\r\n"));
    CALL(f, "GET key:299", "$12|value-of-299|");
    CALL(f, "GET key:0", "$10|value-of-0|");
    CALL(f, "GETRANGE big 299998 -1", "$2|bb|");
    memFree(big);
    done();
}
END_TEST

START_TEST(whatWaitsCountsInTheClientAndAgainstItsLimit) {
    setup();
    char *text = memAlloc(600 * 1024);
    memset(text, 'x', 600 * 1024);
    bytes echo[] = {BYTES("ECHO"), bytesOf(text, 600 * 1024)};
    fakeCall(f, "CONFIG SET client-query-buffer-limit 2mb");
    CALL(f, "MULTI", "+OK|");
    ck_assert_str_eq(fakeCallArgs(f, f->client, 2, echo, NULL), "+QUEUED\r\n");
    char line[1024];
    clientDescribe(f->client, line, sizeof line);
    ck_assert_ptr_nonnull(strstr(line, " flags=x "));
    ck_assert_ptr_nonnull(strstr(line, " multi=1 watch=0 "));
    ck_assert_int_gt(strtol(strstr(line, " multi-mem=") + 11, NULL, 10), 600 * 1024);
    ck_assert_int_gt(strtol(strstr(line, " tot-mem=") + 9, NULL, 10), 600 * 1024);
    ck_assert_str_eq(fakeCallArgs(f, f->client, 2, echo, NULL), "+QUEUED\r\n");
    ck_assert_str_eq(fakeCallArgs(f, f->client, 2, echo, NULL), "+QUEUED\r\n");
    ck_assert(!(f->client->flags & CLIENT_CLOSE_NOW));
    fakeCallArgs(f, f->client, 2, echo, NULL);
    ck_assert(f->client->flags & CLIENT_CLOSE_NOW);
    ck_assert_uint_eq(f->server->stats.query_limit_disconnections, 1);
    memFree(text);
    done();
}
END_TEST

START_TEST(spoiledTransactionKeepsNoArguments) {
    setup();
    CALL(f, "MULTI", "+OK|");
    fakeCall(f, "NOSUCH");
    CALL(f, "SET a 1", "+QUEUED|");
    ck_assert_uint_eq(f->client->queued_bytes, 0);
    CALL(f, "EXEC", ABORTED);
    done();
}
END_TEST

START_TEST(noMemoryForArgumentsSpoilsTheTransaction) {
    setup();
    char text[4000];
    memset(text, 'x', sizeof text);
    bytes echo[] = {BYTES("ECHO"), bytesOf(text, sizeof text)};
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 1", "+QUEUED|");
    memFailAfter(1);
    ck_assert_str_eq(fakeCallArgs(f, f->client, 2, echo, NULL),
                     "-ERR not enough memory for the arguments of a transaction\r\n");
    memFailAfter(0);
    CALL(f, "EXEC", ABORTED);
    CALL(f, "GET a", "$-1|");
    done();
}
END_TEST

START_TEST(pauseOfWritesHoldsExecThatWouldWrite) {
    setup();
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 1", "+QUEUED|");
    OTHER("MULTI", "+OK\r\n");
    OTHER("GET a", "+QUEUED\r\n");
    client *third = fakeClient(f);
    fakeCallAs(f, third, "CLIENT PAUSE 100000 WRITE");
    CALL(f, "EXEC", "");
    OTHER("EXEC", "*1\r\n$-1\r\n");
    fakeCallAs(f, third, "CLIENT UNPAUSE");
    batchRun(f->server);
    ck_assert_str_eq(fakeTake(f, f->client, NULL), "*1\r\n+OK\r\n");
    done();
}
END_TEST

static int64_t wallThatRuns(void *ctx) {
    clockManual *clock = ctx;
    return clock->now_us += 3000;
}

START_TEST(timeStandsStillInside) {
    setup();
    clockSource runs = f->clock.source;
    runs.wall_us = wallThatRuns;
    f->server->clock = &runs;
    CALL(f, "SET a 1 PX 50", "+OK|");
    ck_assert_str_ne(fakeCall(f, "PTTL a"), ":50\r\n");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 1 PX 5", "+QUEUED|");
    CALL(f, "PTTL a", "+QUEUED|");
    CALL(f, "PTTL a", "+QUEUED|");
    CALL(f, "PTTL a", "+QUEUED|");
    CALL(f, "EXEC", "*4|+OK|:5|:5|:5|");
    done();
}
END_TEST

START_TEST(countersTellOfInnerCommandsAndOfExec) {
    setup();
    server *s = f->server;
    command *set = commandFind(s->commands, BYTES("set"));
    command *incr = commandFind(s->commands, BYTES("incr"));
    command *exec = commandFind(s->commands, BYTES("exec"));
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a x", "+QUEUED|");
    CALL(f, "INCR a", "+QUEUED|");
    ck_assert_uint_eq(set->calls, 0);
    CALL(f, "EXEC", "*2|+OK|-ERR value is not an integer or out of range|");
    ck_assert_uint_eq(set->calls, 1);
    ck_assert_uint_eq(incr->failed, 1);
    ck_assert_uint_eq(exec->calls, 1);
    ck_assert_uint_eq(exec->failed, 0);
    CALL(f, "MULTI", "+OK|");
    CALL(f, "INCR", "-ERR wrong number of arguments for 'incr' command|");
    ck_assert_uint_eq(incr->rejected, 1);
    CALL(f, "EXEC", ABORTED);
    ck_assert_uint_eq(exec->failed, 1);
    done();
}
END_TEST

START_TEST(ownMessagesComeBehindTheReplyOfExec) {
    setup();
    fakeCall(f, "HELLO 3");
    fakeCall(f, "SUBSCRIBE ch");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "PUBLISH ch 1", "+QUEUED|");
    CALL(f, "PING", "+QUEUED|");
    CALL(f, "EXEC", "*2|:1|+PONG|>3|$7|message|$2|ch|$1|1|");
    done();
}
END_TEST

/* ---- WATCH ---- */

/* A transaction of the first client that watches 'key' while the other one calls 'line'. */
static bool spoils(const char *watch, const char *line) {
    ck_assert_str_eq(fakeCall(f, watch), "+OK\r\n");
    ck_assert_int_ne(*fakeCallAs(f, other, line), '-');
    ck_assert_str_eq(fakeCall(f, "MULTI"), "+OK\r\n");
    ck_assert_str_eq(fakeCall(f, "PING"), "+QUEUED\r\n");
    const char *reply = fakeCall(f, "EXEC");
    ck_assert_uint_eq(watchClients(f->server), 0);
    if (!strcmp(reply, "*-1\r\n")) return true;
    ck_assert_str_eq(reply, "*1\r\n+PONG\r\n");
    return false;
}

START_TEST(changesOfWatchedKeysSpoilExec) {
    setup();
    fakeCall(f, "SET x 1");
    ck_assert(spoils("WATCH a b x", "SET x 1"));
    ck_assert(spoils("WATCH x", "EXPIRE x 100"));
    ck_assert(spoils("WATCH x", "APPEND x y"));
    ck_assert(spoils("WATCH x", "RENAME x y"));
    ck_assert(spoils("WATCH x", "RENAME y x"));
    ck_assert(spoils("WATCH x", "MOVE x 3"));
    ck_assert(spoils("WATCH none", "SET none 1"));
    ck_assert(spoils("WATCH none", "DEL none"));
    ck_assert(!spoils("WATCH none", "DEL none"));
    ck_assert(!spoils("WATCH none", "GET none"));
    ck_assert(!spoils("WATCH none", "SET other 1"));
    done();
}
END_TEST

START_TEST(theEmptyKeyCanBeWatched) {
    setup();
    ck_assert(spoils("WATCH \"\"", "SET \"\" 1"));
    ck_assert(!spoils("WATCH \"\"", "SET a 1"));
    done();
}
END_TEST

START_TEST(nullInResp3WhereAKeyWasChanged) {
    setup();
    fakeCall(f, "HELLO 3");
    fakeCall(f, "WATCH x");
    OTHER("SET x 1", "+OK\r\n");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "EXEC", "_|");
    done();
}
END_TEST

START_TEST(ownChangesCountLikeThoseOfOthers) {
    setup();
    CALL(f, "WATCH x", "+OK|");
    CALL(f, "SET x 1", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "EXEC", "*-1|");
    CALL(f, "WATCH x", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET x 2", "+QUEUED|");
    CALL(f, "SET x 3", "+QUEUED|");
    CALL(f, "EXEC", "*2|+OK|+OK|");
    done();
}
END_TEST

START_TEST(unwatchAndDiscardForgetWhatWasLearnt) {
    setup();
    CALL(f, "UNWATCH", "+OK|");
    CALL(f, "WATCH x", "+OK|");
    OTHER("SET x 1", "+OK\r\n");
    ck_assert(f->client->flags & CLIENT_DIRTY_CAS);
    CALL(f, "UNWATCH", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "EXEC", "*0|");
    CALL(f, "WATCH x", "+OK|");
    OTHER("SET x 2", "+OK\r\n");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "DISCARD", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "EXEC", "*0|");
    done();
}
END_TEST

START_TEST(errorsOfQueueingComeBeforeWatchedKeys) {
    setup();
    CALL(f, "WATCH x", "+OK|");
    OTHER("SET x 1", "+OK\r\n");
    CALL(f, "MULTI", "+OK|");
    fakeCall(f, "NOSUCH");
    CALL(f, "EXEC", ABORTED);
    done();
}
END_TEST

START_TEST(keyThatExpiresWhileWatchedSpoilsExec) {
    setup();
    fakeCall(f, "DEBUG SET-ACTIVE-EXPIRE 0");
    fakeCall(f, "SET x 1 PX 10");
    CALL(f, "WATCH x", "+OK|");
    fakeAdvanceMs(f, 100);
    CALL(f, "MULTI", "+OK|");
    CALL(f, "EXEC", "*-1|");
    /* And where it is removed meanwhile. */
    fakeCall(f, "SET x 1 PX 10");
    CALL(f, "WATCH x", "+OK|");
    fakeAdvanceMs(f, 100);
    OTHER("GET x", "$-1\r\n");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "EXEC", "*-1|");
    done();
}
END_TEST

START_TEST(keyThatWasPastItsDeadlineCountsAsAbsent) {
    static const char *const harmless[] = {"GET x",   "EXISTS x",   "DEL x",
                                           "FLUSHDB", "SWAPDB 0 1", "SWAPDB 0 2"};
    setup();
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        fakeCall(f, "FLUSHALL");
        fakeCall(f, "DEBUG SET-ACTIVE-EXPIRE 0");
        fakeCall(f, "SET x 1 PX 10");
        OTHER("SELECT 2", "+OK\r\n");
        OTHER("SET x 1 PX 10", "+OK\r\n");
        OTHER("SELECT 0", "+OK\r\n");
        fakeAdvanceMs(f, 100);
        ck_assert_msg(!spoils("WATCH x", harmless[i]), "%s", harmless[i]);
    }
    fakeCall(f, "SET x 1 PX 10");
    fakeAdvanceMs(f, 100);
    ck_assert(spoils("WATCH x", "SET x 1"));
    done();
}
END_TEST

START_TEST(flushSpoilsOnlyWhereAKeyWas) {
    setup();
    ck_assert(!spoils("WATCH x", "FLUSHALL"));
    fakeCall(f, "SET x 1");
    ck_assert(spoils("WATCH a x b", "FLUSHALL"));
    fakeCall(f, "SET x 1");
    ck_assert(spoils("WATCH x", "FLUSHDB"));
    fakeCall(f, "SET x 1");
    OTHER("SELECT 1", "+OK\r\n");
    ck_assert(!spoils("WATCH x", "FLUSHDB"));
    done();
}
END_TEST

START_TEST(swapdbSpoilsWhatItReplaces) {
    setup();
    fakeCall(f, "SET x 1");
    ck_assert(spoils("WATCH x", "SWAPDB 0 1"));
    ck_assert(spoils("WATCH x", "SWAPDB 0 1"));
    ck_assert(!spoils("WATCH y", "SWAPDB 0 1"));
    ck_assert(!spoils("WATCH x", "SWAPDB 1 2"));
    done();
}
END_TEST

START_TEST(watchRemembersTheDbOfAKey) {
    setup();
    CALL(f, "SELECT 5", "+OK|");
    CALL(f, "WATCH x", "+OK|");
    CALL(f, "SELECT 1", "+OK|");
    CALL(f, "SET x 1", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "EXEC", "*0|");
    CALL(f, "SELECT 5", "+OK|");
    CALL(f, "WATCH x", "+OK|");
    CALL(f, "SELECT 1", "+OK|");
    OTHER("SELECT 5", "+OK\r\n");
    OTHER("SET x 1", "+OK\r\n");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "EXEC", "*-1|");
    done();
}
END_TEST

START_TEST(touchTellsAllWatchersOfAKeyAndNoOthers) {
    enum { WATCHERS = 20 };
    setup();
    client *clients[WATCHERS];
    for (int i = 0; i < WATCHERS; i++) {
        clients[i] = fakeClient(f);
        fakeCallAs(f, clients[i], i % 2 ? "WATCH a b c" : "WATCH c d");
        fakeCallAs(f, clients[i], i % 2 ? "WATCH b c" : "WATCH d d d");
    }
    ck_assert_uint_eq(watchClients(f->server), WATCHERS);
    ck_assert_uint_eq(watchKeys(f->server), WATCHERS / 2 * 5);
    CALL(f, "SET b 1", "+OK|");
    for (int i = 0; i < WATCHERS; i++)
        ck_assert_int_eq((clients[i]->flags & CLIENT_DIRTY_CAS) != 0, i % 2);
    ck_assert_uint_eq(watchKeys(f->server), WATCHERS / 2 * 2);
    clientCloseSoon(clients[0]);
    serverFreeMarked(f->server);
    ck_assert_uint_eq(watchClients(f->server), WATCHERS / 2 - 1);
    CALL(f, "FLUSHALL", "+OK|");
    CALL(f, "SET d 1", "+OK|");
    ck_assert_uint_eq(watchClients(f->server), 0);
    ck_assert(!(f->server->effects.live & 1u << EFFECT_WATCH));
    done();
}
END_TEST

START_TEST(watchLeavesNoTraceOnItsKeys) {
    setup();
    uint64_t hits = f->server->stats.hits, misses = f->server->stats.misses;
    fakeCall(f, "SET x 1");
    fakeAdvanceMs(f, 50000);
    CALL(f, "WATCH x y", "+OK|");
    CALL(f, "OBJECT IDLETIME x", ":50|");
    ck_assert_uint_eq(f->server->stats.hits, hits + 1);
    ck_assert_uint_eq(f->server->stats.misses, misses);
    done();
}
END_TEST

START_TEST(clientListTellsOfWatchedKeys) {
    setup();
    CALL(f, "WATCH x y z", "+OK|");
    char line[1024];
    clientDescribe(f->client, line, sizeof line);
    ck_assert_ptr_nonnull(strstr(line, " multi=-1 watch=3 "));
    const char *info = fakeCall(f, "INFO clients");
    ck_assert_ptr_nonnull(strstr(info, "watching_clients:1\r\n"));
    info = fakeCall(f, "INFO clients");
    ck_assert_ptr_nonnull(strstr(info, "total_watched_keys:3\r\n"));
    OTHER("SET x 1", "+OK\r\n");
    clientDescribe(f->client, line, sizeof line);
    ck_assert_ptr_nonnull(strstr(line, " flags=d "));
    done();
}
END_TEST

/* ---- what belongs together ---- */

static char story[256];

static void tell(const char *word, size_t size) {
    ck_assert_uint_lt(strlen(story) + size + 1, sizeof story);
    strncat(story, word, size);
}

static void onChange(void *ctx, server *s, client *by, const change *what) {
    (void)ctx;
    (void)by;
    ck_assert_uint_eq(what->hash, hashBytes(what->key));
    tell(effectsInUnit(s) ? "+" : "-", 1);
    tell(what->key.data, what->key.size);
}

static void onUnit(void *ctx, server *s, client *by, bool begins) {
    (void)ctx;
    (void)s;
    ck_assert_ptr_eq(by, f->client);
    tell(begins ? "(" : ")", 1);
}

START_TEST(subscribersHearWhereATransactionBeginsAndEnds) {
    setup();
    story[0] = '\0';
    f->server->effects.onChange[EFFECT_WAKE] = onChange;
    effectSubscribeUnits(f->server, EFFECT_WAKE, onUnit);
    effectSetLive(f->server, EFFECT_WAKE, true);
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET b 1", "+QUEUED|");
    CALL(f, "MSET c 1 d 1", "+QUEUED|");
    CALL(f, "EXEC", "*2|+OK|+OK|");
    CALL(f, "DEL a", ":1|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "DISCARD", "+OK|");
    ck_assert_str_eq(story, "-a(+b+c+d)-a");
    done();
}
END_TEST

TESTS("commands/tx", commandsWaitForExecAndReplyInOneArray, discardForgetsTheQueue,
      errorsWhileQueueingAbortTheTransaction, nestedMultiAndWatchAreRefusedAndSpoilNothing,
      execThatIsRefusedEndsItsTransaction, errorsOfCommandsAreRepliesAndTheOthersRun,
      resetAndQuitAreNotQueued, manyAndBigArgumentsAreKept,
      whatWaitsCountsInTheClientAndAgainstItsLimit, spoiledTransactionKeepsNoArguments,
      noMemoryForArgumentsSpoilsTheTransaction, pauseOfWritesHoldsExecThatWouldWrite,
      timeStandsStillInside, countersTellOfInnerCommandsAndOfExec,
      ownMessagesComeBehindTheReplyOfExec, changesOfWatchedKeysSpoilExec,
      nullInResp3WhereAKeyWasChanged, theEmptyKeyCanBeWatched, ownChangesCountLikeThoseOfOthers,
      unwatchAndDiscardForgetWhatWasLearnt, errorsOfQueueingComeBeforeWatchedKeys,
      keyThatExpiresWhileWatchedSpoilsExec, keyThatWasPastItsDeadlineCountsAsAbsent,
      flushSpoilsOnlyWhereAKeyWas, swapdbSpoilsWhatItReplaces, watchRemembersTheDbOfAKey,
      touchTellsAllWatchersOfAKeyAndNoOthers, watchLeavesNoTraceOnItsKeys,
      clientListTellsOfWatchedKeys, subscribersHearWhereATransactionBeginsAndEnds)
