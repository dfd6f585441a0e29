#include "server/core/background.h"
#include "server/core/memory_guard.h"
#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

#define OOM_REPLY "-OOM command not allowed when used memory > 'maxmemory'.|"

static fakeServer *f;

static void begin(void) {
    f = fakeNew();
}

static void end(void) {
    fakeFree(f);
}

/* Keys from..to with values of 1000 B. */
static void fill(int from, int to, const char *options) {
    char value[1001];
    memset(value, 'v', 1000);
    value[1000] = '\0';
    for (int n = from; n < to; n++) fakeCallFormat(f, "SET key:%d %s %s", n, value, options);
}

/* maxmemory so many bytes over what is used now. */
static void limitTo(int64_t more) {
    fakeCallFormat(f, "CONFIG SET maxmemory %lld", (long long)memUsed() + more);
}

/* The cron's share of eviction. */
static void turn(void) {
    fakeAdvanceMs(f, 1);
    cronRun(f->server);
}

static size_t keys(void) {
    return dbCount(f->server->dbs[0]);
}

START_TEST(noLimitCostsNoGate) {
    ck_assert(!(f->server->gates.live & 1u << GATE_MEMORY));
    CALL(f, "CONFIG SET maxmemory 100mb", "+OK|");
    ck_assert(f->server->gates.live & 1u << GATE_MEMORY);
    CALL(f, "CONFIG SET maxmemory 0", "+OK|");
    ck_assert(!(f->server->gates.live & 1u << GATE_MEMORY));
}
END_TEST

START_TEST(whatTakesMemoryIsRefusedWhereNothingMayGo) {
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "LPUSH l x", ":1|");
    CALL(f, "CONFIG SET maxmemory 1", "+OK|");
    CALL(f, "SET b 1", OOM_REPLY);
    CALL(f, "INCR a", OOM_REPLY);
    CALL(f, "GET a", "$1|1|");
    CALL(f, "LPOP l", "$1|x|");
    CALL(f, "DEL a", ":1|");
    ck_assert(memoryRefuses(f->server));
    CALL(f, "CONFIG SET maxmemory 0", "+OK|");
    ck_assert(!memoryRefuses(f->server));
    CALL(f, "SET b 1", "+OK|");
}
END_TEST

START_TEST(volatilePolicyWithoutSuchKeysRefuses) {
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "CONFIG SET maxmemory-policy volatile-lru maxmemory 1", "+OK|");
    CALL(f, "SET b 1", OOM_REPLY);
    ck_assert_uint_eq(keys(), 1);
}
END_TEST

START_TEST(transactionIsRefusedAsItsCommandsAre) {
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 2", "+QUEUED|");
    client *other = fakeClient(f);
    fakeCallAs(f, other, "CONFIG SET maxmemory 1");
    CALL(f, "EXEC",
         "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > "
         "'maxmemory'.|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 2", OOM_REPLY);
    CALL(f, "EXEC", "-EXECABORT Transaction discarded because of previous errors.|");
    fakeCallAs(f, other, "CONFIG SET maxmemory 0");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "GET a", "+QUEUED|");
    fakeCallAs(f, other, "CONFIG SET maxmemory 1");
    CALL(f, "EXEC", "*1|$1|1|");
    CALL(f, "GET a", "$1|1|");
}
END_TEST

START_TEST(queueingItselfTakesMemory) {
    CALL(f, "CONFIG SET maxmemory 1", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "PING", OOM_REPLY);
    CALL(f, "WATCH a", OOM_REPLY);
    CALL(f, "MULTI", OOM_REPLY);
    CALL(f, "DISCARD", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "RESET", "+RESET|");
}
END_TEST

START_TEST(nothingIsEvictedInsideOfATransaction) {
    CALL(f, "CONFIG SET maxmemory-policy allkeys-lru", "+OK|");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "INCR x", "+QUEUED|");
    CALL(f, "CONFIG SET maxmemory 1", "+QUEUED|");
    CALL(f, "INCR x", "+QUEUED|");
    CALL(f, "EXEC", "*3|:1|+OK|:2|");
    turn();
    ck_assert_uint_eq(keys(), 0);
}
END_TEST

START_TEST(memoryComesBackBeforeAWriteIsRefused) {
    fill(0, 500, "");
    limitTo(-1000);
    CALL(f, "SET a 1", OOM_REPLY);
    /* The first call of a command takes some KB for its histogram. */
    for (int n = 0; n < 40; n++) fakeCallFormat(f, "DEL key:%d", n);
    CALL(f, "SET a 1", "+OK|");
}
END_TEST

START_TEST(whatWaitsToBeFreedIsNotUsed) {
    fill(0, 2000, "");
    limitTo(-1000);
    CALL(f, "SET a 1", OOM_REPLY);
    CALL(f, "FLUSHALL ASYNC", "+OK|");
    CALL(f, "SET a 1", "+OK|");
}
END_TEST

START_TEST(evictionMakesRoomBeforeTheCommand) {
    CALL(f, "CONFIG SET maxmemory-policy allkeys-random", "+OK|");
    fill(0, 300, "");
    limitTo(0);
    fill(300, 1000, "");
    ck_assert_uint_gt(f->server->stats.evicted_keys, 600);
    ck_assert_uint_gt(keys(), 250);
    ck_assert_uint_le(memUsed(), f->server->config.maxmemory + 4096);
}
END_TEST

START_TEST(loweredLimitIsReachedWithNoCommand) {
    CALL(f, "CONFIG SET maxmemory-policy allkeys-lru", "+OK|");
    fill(0, 1000, "");
    limitTo(-500000);
    for (int i = 0; i < 200 && memUsed() > f->server->config.maxmemory; i++) turn();
    ck_assert_uint_le(memUsed(), f->server->config.maxmemory);
    ck_assert_uint_gt(keys(), 300);
    ck_assert_uint_lt(keys(), 700);
}
END_TEST

START_TEST(evictedKeysAreTold) {
    CALL(f, "CONFIG SET maxmemory-policy allkeys-lru", "+OK|");
    CALL(f, "SET a 1", "+OK|");
    fakeRecordEvents(f, NOTIFY_EVICTED);
    CALL(f, "CONFIG SET maxmemory 1", "+OK|");
    CALL(f, "PING", "+PONG|");
    ck_assert_str_eq(fakeEvents(f), "evicted:a");
    ck_assert_uint_eq(f->server->stats.evicted_keys, 1);
}
END_TEST

/* 5 clients hear of each key that goes, with names longer than all else about it. */
START_TEST(newsOfEvictionEvictNobody) {
    char name[1001];
    memset(name, 'k', 1000);
    name[1000] = '\0';
    CALL(f, "CONFIG SET maxmemory-policy allkeys-lru maxmemory-eviction-tenacity 100", "+OK|");
    for (int n = 0; n < 300; n++) fakeCallFormat(f, "SET %d%s x", n, name);
    for (int i = 0; i < 5; i++) {
        client *c = fakeClient(f);
        fakeCallAs(f, c, "HELLO 3");
        fakeCallAs(f, c, "CLIENT TRACKING ON BCAST");
    }
    limitTo(-40000);
    /* All in one turn of the loop: what trackers are told is still with them. */
    const char *reply = fakeSend(f, f->client, BYTES("PING\r\nPING\r\nPING\r\n"), NULL);
    ck_assert_str_eq(reply, "+PONG\r\n+PONG\r\n+PONG\r\n");
    ck_assert_uint_gt(keys(), 200);
    ck_assert_uint_lt(keys(), 290);
    ck_assert_uint_eq(f->server->memory->limit.exempt[MEMLIMIT_NEWS], 0);
}
END_TEST

START_TEST(pauseKeepsKeys) {
    CALL(f, "CONFIG SET maxmemory-policy allkeys-lru", "+OK|");
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "CLIENT PAUSE 1000 WRITE", "+OK|");
    CALL(f, "CONFIG SET maxmemory 1", "+OK|");
    turn();
    CALL(f, "GET a", "$1|1|");
    CALL(f, "CLIENT UNPAUSE", "+OK|");
    CALL(f, "GET a", "$-1|");
}
END_TEST

START_TEST(exemptBuffersDoNotCount) {
    fill(0, 100, "");
    limitTo(-20000);
    CALL(f, "SET a 1", OOM_REPLY);
    memorySetExempt(f->server, MEMLIMIT_AOF, 50000);
    CALL(f, "SET a 1", "+OK|");
    memorySetExempt(f->server, MEMLIMIT_AOF, 0);
    CALL(f, "SET a 1", OOM_REPLY);
}
END_TEST

START_TEST(replicaThatIgnoresTheLimitTakesAll) {
    CALL(f, "CONFIG SET maxmemory 1", "+OK|");
    memorySetIgnored(f->server, true);
    CALL(f, "SET a 1", "+OK|");
    memorySetIgnored(f->server, false);
    CALL(f, "SET a 1", OOM_REPLY);
}
END_TEST

START_TEST(readsLeaveNoTraceUnderLastModified) {
    CALL(f, "CONFIG SET maxmemory-policy allkeys-lrm", "+OK|");
    CALL(f, "SET a 1", "+OK|");
    fakeAdvanceMs(f, 10000);
    CALL(f, "GET a", "$1|1|");
    CALL(f, "TOUCH a", ":1|");
    CALL(f, "OBJECT IDLETIME a", ":10|");
    CALL(f, "INCR a", ":2|");
    CALL(f, "OBJECT IDLETIME a", ":0|");
    fakeAdvanceMs(f, 5000);
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "OBJECT IDLETIME a", ":0|");
    CALL(f, "CONFIG SET maxmemory-policy allkeys-lru", "+OK|");
    fakeAdvanceMs(f, 10000);
    CALL(f, "GET a", "$1|1|");
    CALL(f, "OBJECT IDLETIME a", ":0|");
}
END_TEST

START_TEST(leastUsedGoUnderEachPolicyByUse) {
    static const char *const policies[] = {"allkeys-lru", "allkeys-lrm", "volatile-lru",
                                           "allkeys-lfu", "volatile-lfu"};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        CALL(f, "CONFIG SET maxmemory 0", "+OK|");
        CALL(f, "FLUSHALL", "+OK|");
        backgroundReclaimNow(f->server); /* What waits would count as freed already. */
        fakeCallFormat(f, "CONFIG SET maxmemory-policy %s", policies[i]);
        fill(0, 200, "EX 1000");
        fakeAdvanceMs(f, 5000);
        for (int uses = 0; uses < 30; uses++)
            for (int n = 100; n < 200; n++) fakeCallFormat(f, "SETRANGE key:%d 0 x", n);
        limitTo(-60 * 1000);
        CALL(f, "PING", "+PONG|");
        int left = 0;
        for (int n = 100; n < 200; n++)
            left += strcmp(fakeCallFormat(f, "EXISTS key:%d", n), ":1\r\n") == 0;
        ck_assert_int_ge(left, 98);
        ck_assert_uint_lt(keys(), 150);
    }
}
END_TEST

START_TEST(timeOverTheLimitIsCounted) {
    CALL(f, "CONFIG SET maxmemory 1", "+OK|");
    CALL(f, "SET a 1", OOM_REPLY);
    fakeAdvanceMs(f, 250);
    CALL(f, "CONFIG SET maxmemory 0", "+OK|");
    const char *reply = fakeCall(f, "INFO stats");
    ck_assert_ptr_nonnull(strstr(reply, "\r\ntotal_eviction_exceeded_time:250\r\n"));
    ck_assert_ptr_nonnull(strstr(reply, "\r\ncurrent_eviction_exceeded_time:0\r\n"));
}
END_TEST

/* Tables that double would make room for their second half by evicting: these grow by segments. */
START_TEST(growthOfTablesEvictsNobody) {
    CALL(f, "CONFIG SET maxmemory-policy allkeys-random", "+OK|");
    db *d = f->server->dbs[0];
    char name[32];
    for (int n = 0; n < 200000; n++) {
        size_t used = memUsed();
        size_t tables = dbTableBytes(d);
        bytes key = bytesOf(name, (size_t)snprintf(name, sizeof name, "key:%d", n));
        dbSetString(d, (keyRef){key, hashBytes(key)}, BYTES("12345678"), false);
        size_t step = dbTableBytes(d) > tables ? dbTableBytes(d) - tables : 0;
        if (n > 4000) ck_assert_uint_le(step, used / 20);
    }
}
END_TEST

TESTS_BETWEEN("memory_guard", begin, end, noLimitCostsNoGate,
              whatTakesMemoryIsRefusedWhereNothingMayGo, volatilePolicyWithoutSuchKeysRefuses,
              transactionIsRefusedAsItsCommandsAre, queueingItselfTakesMemory,
              nothingIsEvictedInsideOfATransaction, memoryComesBackBeforeAWriteIsRefused,
              whatWaitsToBeFreedIsNotUsed, evictionMakesRoomBeforeTheCommand,
              loweredLimitIsReachedWithNoCommand, evictedKeysAreTold, newsOfEvictionEvictNobody,
              pauseKeepsKeys, exemptBuffersDoNotCount, replicaThatIgnoresTheLimitTakesAll,
              readsLeaveNoTraceUnderLastModified, leastUsedGoUnderEachPolicyByUse,
              timeOverTheLimitIsCounted, growthOfTablesEvictsNobody)
