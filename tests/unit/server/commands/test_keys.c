#include "storage/types/blob.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

enum { ALL_EVENTS = NOTIFY_ALL | NOTIFY_NEW | NOTIFY_OVERWRITTEN | NOTIFY_TYPE_CHANGED };

#define EVENTS(wanted) ck_assert_str_eq(fakeEvents(f), wanted)

START_TEST(delCountsAndTellsWhatWasThere) {
    f = fakeNew();
    CALL(f, "MSET a 1 b 2 c 3", "+OK|");
    fakeRecordEvents(f, ALL_EVENTS);
    CALL(f, "DEL a missing b a", ":2|");
    EVENTS("del:a del:b");
    CALL(f, "UNLINK c c", ":1|");
    EVENTS("del:c");
    CALL(f, "DBSIZE", ":0|");
    fakeFree(f);
}
END_TEST

START_TEST(delTakesMoreKeysThanOneGroup) {
    f = fakeNew();
    char line[1024] = "DEL";
    for (int i = 0; i < 40; i++) {
        ck_assert_str_eq(fakeCallFormat(f, "SET key%d x", i), "+OK\r\n");
        size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, " key%d", i);
    }
    CALL(f, line, ":40|");
    fakeFree(f);
}
END_TEST

START_TEST(existsCountsArguments) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "EXISTS a a missing", ":2|");
    CALL(f, "TOUCH a missing a", ":2|");
    ck_assert_uint_eq(f->server->stats.hits, 4);
    ck_assert_uint_eq(f->server->stats.misses, 2);
    fakeFree(f);
}
END_TEST

START_TEST(readsOfMissingKeysTellKeymissButObjectDoesNot) {
    f = fakeNew();
    fakeRecordEvents(f, NOTIFY_KEY_MISS);
    CALL(f, "EXISTS a", ":0|");
    CALL(f, "TYPE b", "+none|");
    CALL(f, "TTL c", ":-2|");
    CALL(f, "OBJECT ENCODING d", "$-1|");
    EVENTS("keymiss:a keymiss:b keymiss:c");
    ck_assert_uint_eq(f->server->stats.misses, 4);
    fakeFree(f);
}
END_TEST

START_TEST(typeSaysNoneOrItsName) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "TYPE a", "+string|");
    CALL(f, "TYPE b", "+none|");
    fakeFree(f);
}
END_TEST

START_TEST(keysPastTheirDeadlineAreGoneForAllReads) {
    f = fakeNew();
    CALL(f, "SET a 1 PX 100", "+OK|");
    fakeRecordEvents(f, ALL_EVENTS | NOTIFY_KEY_MISS);
    fakeAdvanceMs(f, 100);
    CALL(f, "EXISTS a", ":1|");
    fakeAdvanceMs(f, 1);
    CALL(f, "DBSIZE", ":1|");
    CALL(f, "KEYS *", "*0|");
    CALL(f, "EXISTS a", ":0|");
    EVENTS("expired:a keymiss:a");
    CALL(f, "DBSIZE", ":0|");
    CALL(f, "DEL a", ":0|");
    EVENTS("");
    fakeFree(f);
}
END_TEST

START_TEST(delOfAKeyPastItsDeadlineCountsNothing) {
    f = fakeNew();
    CALL(f, "SET a 1 PX 100", "+OK|");
    fakeRecordEvents(f, ALL_EVENTS);
    fakeAdvanceMs(f, 101);
    CALL(f, "DEL a", ":0|");
    EVENTS("expired:a");
    fakeFree(f);
}
END_TEST

START_TEST(renameMovesValueAndDeadline) {
    f = fakeNew();
    CALL(f, "SET a 1 PX 5000", "+OK|");
    CALL(f, "SET b 2", "+OK|");
    fakeRecordEvents(f, ALL_EVENTS);
    CALL(f, "RENAME a b", "+OK|");
    EVENTS("overwritten:b new:b rename_from:a rename_to:b");
    CALL(f, "GET b", "$1|1|");
    CALL(f, "PTTL b", ":5000|");
    CALL(f, "EXISTS a", ":0|");
    CALL(f, "RENAME a c", "-ERR no such key|");
    CALL(f, "RENAME b a-name-much-longer-than-the-one-before", "+OK|");
    CALL(f, "PTTL a-name-much-longer-than-the-one-before", ":5000|");
    fakeFree(f);
}
END_TEST

START_TEST(renameOntoItselfChangesNothing) {
    f = fakeNew();
    CALL(f, "SET a 1 PX 5000", "+OK|");
    uint64_t dirty = f->server->dirty;
    fakeRecordEvents(f, ALL_EVENTS);
    CALL(f, "RENAME a a", "+OK|");
    CALL(f, "RENAMENX a a", ":0|");
    EVENTS("");
    ck_assert_uint_eq(f->server->dirty, dirty);
    CALL(f, "PTTL a", ":5000|");
    CALL(f, "RENAME b b", "-ERR no such key|");
    fakeFree(f);
}
END_TEST

START_TEST(renamenxNeedsAFreeName) {
    f = fakeNew();
    CALL(f, "MSET a 1 b 2", "+OK|");
    CALL(f, "RENAMENX a b", ":0|");
    CALL(f, "RENAMENX a c", ":1|");
    CALL(f, "MGET a b c", "*3|$-1|$1|2|$1|1|");
    CALL(f, "RENAMENX a c", "-ERR no such key|");
    fakeFree(f);
}
END_TEST

START_TEST(renamenxTakesTheNameOfAKeyPastItsDeadline) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "SET b 2 PX 10", "+OK|");
    fakeAdvanceMs(f, 11);
    fakeRecordEvents(f, ALL_EVENTS);
    CALL(f, "RENAMENX a b", ":1|");
    EVENTS("expired:b new:b rename_from:a rename_to:b");
    fakeFree(f);
}
END_TEST

START_TEST(renameExpiresADeadKeyOfThatName) {
    f = fakeNew();
    CALL(f, "SET dead 1 PX 1", "+OK|");
    CALL(f, "SET a 2", "+OK|");
    fakeAdvanceMs(f, 5);
    fakeRecordEvents(f, ALL_EVENTS);
    CALL(f, "RENAME a dead", "+OK|");
    EVENTS("expired:dead new:dead rename_from:a rename_to:dead");
    CALL(f, "DBSIZE", ":1|");
    CALL(f, "GET dead", "$1|2|");
    CALL(f, "DEL dead", ":1|");
    CALL(f, "DBSIZE", ":0|");
    fakeFree(f);
}
END_TEST

START_TEST(copyTakesTheDeadlineAlong) {
    f = fakeNew();
    CALL(f, "SET a 1 PX 5000", "+OK|");
    fakeRecordEvents(f, ALL_EVENTS);
    CALL(f, "COPY a b", ":1|");
    EVENTS("new:b copy_to:b");
    CALL(f, "PTTL b", ":5000|");
    CALL(f, "COPY a b", ":0|");
    EVENTS("");
    CALL(f, "PERSIST a", ":1|");
    fakeEvents(f);
    CALL(f, "COPY a b REPLACE", ":1|");
    EVENTS("overwritten:b new:b copy_to:b");
    CALL(f, "TTL b", ":-1|");
    CALL(f, "COPY missing c", ":0|");
    fakeFree(f);
}
END_TEST

START_TEST(copiesAreIndependent) {
    f = fakeNew();
    CALL(f, "SET a 10", "+OK|");
    CALL(f, "COPY a b", ":1|");
    CALL(f, "INCR a", ":11|");
    CALL(f, "APPEND b x", ":3|");
    CALL(f, "MGET a b", "*2|$2|11|$3|10x|");
    fakeFree(f);
}
END_TEST

START_TEST(copySharesABigValueUntilItIsWritten) {
    f = fakeNew();
    CALL(f, "SETRANGE a 100000 x", ":100001|");
    CALL(f, "COPY a b DB 3", ":1|");
    const entry *here = dbLookup(f->server->dbs[0], keyRefOf(BYTES("a")));
    const entry *there = dbLookup(f->server->dbs[3], keyRefOf(BYTES("b")));
    ck_assert_ptr_eq(entryPointer(here), entryPointer(there));
    CALL(f, "SETRANGE a 0 y", ":100001|");
    CALL(f, "GETRANGE a 0 0", "$1|y|");
    there = dbLookup(f->server->dbs[3], keyRefOf(BYTES("b")));
    char scratch[32];
    ck_assert_int_eq(entryString(there, scratch).data[0], 0);
    fakeFree(f);
}
END_TEST

START_TEST(copyKnowsItsOptions) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "COPY a a", "-ERR source and destination objects are the same|");
    CALL(f, "COPY a a DB 0", "-ERR source and destination objects are the same|");
    CALL(f, "COPY a a DB 1", ":1|");
    CALL(f, "COPY a b DB", "-ERR syntax error|");
    CALL(f, "COPY a b DB 16", "-ERR DB index is out of range|");
    CALL(f, "COPY a b DB x", "-ERR value is not an integer or out of range|");
    CALL(f, "COPY a b nosuch", "-ERR syntax error|");
    fakeFree(f);
}
END_TEST

START_TEST(moveTakesTheDeadlineAlong) {
    f = fakeNew();
    CALL(f, "SET a 1 PX 5000", "+OK|");
    fakeRecordEvents(f, ALL_EVENTS);
    CALL(f, "MOVE a 3", ":1|");
    EVENTS("new:a move_from:a move_to:a");
    CALL(f, "EXISTS a", ":0|");
    const entry *e = dbLookup(f->server->dbs[3], keyRefOf(BYTES("a")));
    ck_assert_int_eq(entryDeadline(e), FAKE_START_MS + 5000);
    ck_assert_uint_eq(dbExpiresCount(f->server->dbs[3]), 1);
    ck_assert_uint_eq(dbExpiresCount(f->server->dbs[0]), 0);
    fakeFree(f);
}
END_TEST

START_TEST(moveNeedsAKeyHereAndNoneThere) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "COPY a a DB 3", ":1|");
    CALL(f, "MOVE a 3", ":0|");
    CALL(f, "MOVE missing 3", ":0|");
    CALL(f, "MOVE a 0", "-ERR source and destination objects are the same|");
    CALL(f, "MOVE a 16", "-ERR DB index is out of range|");
    CALL(f, "MOVE a x", "-ERR value is not an integer or out of range|");
    fakeFree(f);
}
END_TEST

START_TEST(randomkeySkipsKeysPastTheirDeadline) {
    f = fakeNew();
    CALL(f, "RANDOMKEY", "$-1|");
    CALL(f, "SET live 1", "+OK|");
    for (int i = 0; i < 3000; i++) fakeCallFormat(f, "SET dead%d 1 PX 1", i);
    fakeAdvanceMs(f, 2);
    for (int i = 0; i < 20; i++) CALL(f, "RANDOMKEY", "$4|live|");
    CALL(f, "DEL live", ":1|");
    CALL(f, "RANDOMKEY", "$-1|");
    fakeFree(f);
}
END_TEST

START_TEST(randomkeyFindsEachKey) {
    f = fakeNew();
    CALL(f, "MSET a 1 b 2 c 3 d 4", "+OK|");
    unsigned seen = 0;
    for (int i = 0; i < 1000 && seen != 15; i++) seen |= 1u << (fakeCall(f, "RANDOMKEY")[4] - 'a');
    ck_assert_uint_eq(seen, 15);
    fakeFree(f);
}
END_TEST

/* ---- whole dbs ---- */

START_TEST(flushEmptiesOneDbOrAll) {
    f = fakeNew();
    CALL(f, "MSET a 1 b 2", "+OK|");
    CALL(f, "COPY a a DB 3", ":1|");
    uint64_t dirty = f->server->dirty;
    fakeRecordEvents(f, ALL_EVENTS);
    CALL(f, "FLUSHDB", "+OK|");
    CALL(f, "DBSIZE", ":0|");
    ck_assert_uint_eq(f->server->dirty, dirty + 2);
    ck_assert_uint_eq(dbCount(f->server->dbs[3]), 1);
    CALL(f, "FLUSHALL ASYNC", "+OK|");
    ck_assert_uint_eq(dbCount(f->server->dbs[3]), 0);
    ck_assert_uint_eq(f->server->dirty, dirty + 3);
    CALL(f, "FLUSHALL sync", "+OK|");
    ck_assert_uint_eq(f->server->dirty, dirty + 3);
    EVENTS("");
    CALL(f, "FLUSHALL ASYNC SYNC", "-ERR syntax error|");
    CALL(f, "FLUSHDB nosuch", "-ERR syntax error|");
    fakeFree(f);
}
END_TEST

static int flushed[8], flush_count;

static void noteFlush(void *ctx, server *s, client *by, int db_id) {
    (void)ctx;
    (void)s;
    (void)by;
    ck_assert_int_lt(flush_count, 8);
    flushed[flush_count++] = db_id;
}

START_TEST(wholeDbsAreToldToWhoWatches) {
    f = fakeNew();
    flush_count = 0;
    f->server->effects.onFlush[EFFECT_PROPAGATE] = noteFlush;
    effectSetLive(f->server, EFFECT_PROPAGATE, true);
    CALL(f, "FLUSHDB", "+OK|");
    CALL(f, "FLUSHALL", "+OK|");
    CALL(f, "SWAPDB 2 5", "+OK|");
    CALL(f, "SWAPDB 2 2", "+OK|");
    ck_assert_int_eq(flush_count, 4);
    ck_assert_int_eq(flushed[0], 0);
    ck_assert_int_eq(flushed[1], -1);
    ck_assert_int_eq(flushed[2], 2);
    ck_assert_int_eq(flushed[3], 5);
    fakeFree(f);
}
END_TEST

START_TEST(swapdbExchangesKeysUnderTheirClients) {
    f = fakeNew();
    CALL(f, "SET a here PX 5000", "+OK|");
    CALL(f, "SWAPDB 0 3", "+OK|");
    CALL(f, "DBSIZE", ":0|");
    CALL(f, "SET a there", "+OK|");
    CALL(f, "SWAPDB 3 0", "+OK|");
    CALL(f, "GET a", "$4|here|");
    CALL(f, "PTTL a", ":5000|");
    CALL(f, "SWAPDB a b", "-ERR invalid first DB index|");
    CALL(f, "SWAPDB 0 b", "-ERR invalid second DB index|");
    CALL(f, "SWAPDB 99 b", "-ERR invalid second DB index|");
    CALL(f, "SWAPDB 0 16", "-ERR DB index is out of range|");
    CALL(f, "SWAPDB -1 0", "-ERR DB index is out of range|");
    fakeFree(f);
}
END_TEST

/* ---- OBJECT ---- */

START_TEST(objectTellsTheEncoding) {
    f = fakeNew();
    CALL(f, "MSET i 12 e hello", "+OK|");
    CALL(f, "OBJECT ENCODING i", "$3|int|");
    CALL(f, "OBJECT ENCODING e", "$6|embstr|");
    CALL(f, "APPEND e x", ":6|");
    CALL(f, "OBJECT encoding e", "$3|raw|");
    CALL(f, "OBJECT nosuch e", "-ERR unknown subcommand 'nosuch'. Try OBJECT HELP.|");
    CALL(f, "OBJECT ENCODING", "-ERR wrong number of arguments for 'object|encoding' command|");
    fakeFree(f);
}
END_TEST

START_TEST(idletimeGrowsUntilAUse) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "OBJECT IDLETIME a", ":0|");
    fakeAdvanceMs(f, 10000);
    CALL(f, "TTL a", ":-1|");
    CALL(f, "EXISTS a", ":1|");
    CALL(f, "OBJECT IDLETIME a", ":10|");
    CALL(f, "GET a", "$1|1|");
    CALL(f, "OBJECT IDLETIME a", ":0|");
    fakeAdvanceMs(f, 10000);
    CALL(f, "SET a 2", "+OK|");
    CALL(f, "OBJECT IDLETIME a", ":0|");
    fakeAdvanceMs(f, 7000);
    CALL(f, "TOUCH a", ":1|");
    CALL(f, "OBJECT IDLETIME a", ":0|");
    CALL(f, "OBJECT IDLETIME missing", "$-1|");
    fakeFree(f);
}
END_TEST

START_TEST(aClientWithoutTracesTouchesWithTouchOnly) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    fakeAdvanceMs(f, 10000);
    f->client->flags |= CLIENT_NO_TOUCH;
    CALL(f, "GET a", "$1|1|");
    CALL(f, "OBJECT IDLETIME a", ":10|");
    CALL(f, "TOUCH a", ":1|");
    CALL(f, "OBJECT IDLETIME a", ":0|");
    fakeFree(f);
}
END_TEST

START_TEST(freqCountsUnderAnLfuPolicy) {
    f = fakeNew();
    CALL(f, "SET a hello", "+OK|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "OBJECT FREQ a"),
                                 "-ERR An LFU maxmemory policy is not selected, access"));
    f->server->config.maxmemory_policy = POLICY_LFU | POLICY_ALLKEYS;
    CALL(f, "SET fresh x", "+OK|");
    CALL(f, "OBJECT FREQ fresh", ":5|");
    CALL(f, "GET fresh", "$1|x|");
    CALL(f, "OBJECT FREQ fresh", ":6|");
    CALL(f, "RENAME fresh renamed", "+OK|");
    ck_assert_int_ge(strtol(fakeCall(f, "OBJECT FREQ renamed") + 1, NULL, 10), 6);
    fakeAdvanceMs(f, 3 * 60 * 1000);
    ck_assert_int_le(strtol(fakeCall(f, "OBJECT FREQ renamed") + 1, NULL, 10), 4);
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "OBJECT IDLETIME renamed"),
                                 "-ERR An LFU maxmemory policy is selected, idle time"));
    CALL(f, "OBJECT FREQ missing", "$-1|");
    fakeFree(f);
}
END_TEST

START_TEST(refcountCallsSmallIntegersShared) {
    f = fakeNew();
    CALL(f, "MSET small 9999 big 10000 negative -1 text x", "+OK|");
    CALL(f, "OBJECT REFCOUNT small", ":2147483647|");
    CALL(f, "OBJECT REFCOUNT big", ":1|");
    CALL(f, "OBJECT REFCOUNT negative", ":1|");
    CALL(f, "OBJECT REFCOUNT text", ":1|");
    CALL(f, "OBJECT REFCOUNT missing", "$-1|");
    f->server->config.maxmemory = 1 << 30;
    CALL(f, "OBJECT REFCOUNT small", ":2147483647|");
    f->server->config.maxmemory_policy = POLICY_LRU;
    CALL(f, "OBJECT REFCOUNT small", ":1|");
    fakeFree(f);
}
END_TEST

static void fill(int keys) {
    for (int i = 0; i < keys; i++) fakeCallFormat(f, "SET k%d v", i);
}

START_TEST(flushRepliesWhenAllIsFreedUnlessItIsAsync) {
    enum { MANY = 20000, FEW = 500 };
    f = fakeNew();
    discardQueue *q = f->server->discard;
    fill(FEW);
    CALL(f, "FLUSHALL", "+OK|");
    ck_assert_uint_eq(discardPending(q), 0);
    ck_assert_uint_eq(discardFreed(q), FEW);
    fill(MANY);
    CALL(f, "FLUSHALL ASYNC", "+OK|");
    ck_assert_uint_gt(discardPending(q), 0);
    fill(MANY);
    client *waiter = fakeClient(f);
    ck_assert_str_eq(fakeCallAs(f, waiter, "FLUSHDB SYNC"), "");
    CALL(f, "DBSIZE", ":0|");
    for (int ms = 0; ms < 1000 && discardPending(q) > 0; ms++) {
        ck_assert_str_eq(fakeTake(f, waiter, NULL), "");
        /* Its reply is not to come before all is freed. */
        const char *refused = fakeCallFormat(f, "CLIENT UNBLOCK %d", (int)waiter->id);
        ck_assert_str_eq(refused, ":0\r\n");
        fakeAdvanceMs(f, 1);
        serverReadClock(f->server);
        cronRun(f->server);
    }
    fakeAdvanceMs(f, 2);
    serverReadClock(f->server);
    cronRun(f->server);
    ck_assert_str_eq(fakeTake(f, waiter, NULL), "+OK\r\n");
    ck_assert_uint_eq(discardPending(q), 0);
    CALL(f, "CONFIG RESETSTAT", "+OK|");
    fill(FEW);
    fakeCall(f, "MULTI");
    fakeCall(f, "FLUSHALL SYNC");
    CALL(f, "EXEC", "*1|+OK|");
    ck_assert_uint_eq(discardPending(q) + discardFreed(q), 0);
    CALL(f, "CONFIG SET lazyfree-lazy-user-flush yes", "+OK|");
    fill(MANY);
    CALL(f, "FLUSHALL", "+OK|");
    fakeFree(f);
}
END_TEST

TESTS("commands/keys", delCountsAndTellsWhatWasThere, delTakesMoreKeysThanOneGroup,
      existsCountsArguments, readsOfMissingKeysTellKeymissButObjectDoesNot, typeSaysNoneOrItsName,
      keysPastTheirDeadlineAreGoneForAllReads, delOfAKeyPastItsDeadlineCountsNothing,
      renameMovesValueAndDeadline, renameOntoItselfChangesNothing, renamenxNeedsAFreeName,
      renamenxTakesTheNameOfAKeyPastItsDeadline, renameExpiresADeadKeyOfThatName,
      copyTakesTheDeadlineAlong, copiesAreIndependent, copySharesABigValueUntilItIsWritten,
      copyKnowsItsOptions, moveTakesTheDeadlineAlong, moveNeedsAKeyHereAndNoneThere,
      randomkeySkipsKeysPastTheirDeadline, randomkeyFindsEachKey, flushEmptiesOneDbOrAll,
      wholeDbsAreToldToWhoWatches, swapdbExchangesKeysUnderTheirClients, objectTellsTheEncoding,
      idletimeGrowsUntilAUse, aClientWithoutTracesTouchesWithTouchOnly, freqCountsUnderAnLfuPolicy,
      refcountCallsSmallIntegersShared, flushRepliesWhenAllIsFreedUnlessItIsAsync)
