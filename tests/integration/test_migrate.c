/* MIGRATE between two servers. */
#include <netdb.h>
#include <string.h>
#include <time.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

enum { WAIT_MS = 10000, POLL_MS = 5 };

static const char no_connection[] = "IOERR error or timeout connecting to the client";
static const char reading[] = "IOERR error or timeout reading to target instance";
static const char writing[] = "IOERR error or timeout writing to target instance";

static serverProcess *source, *target;
static redisContext *from, *to;

static void begin(void) {
    static const char *const options[] = {"--enable-debug-command", "yes", "--bind",
                                          "127.0.0.1 -::1", NULL};
    source = serverStart(options);
    target = serverStart(options);
    from = clientConnect(source);
    to = clientConnect(target);
}

static void end(void) {
    redisFree(from);
    redisFree(to);
    serverStop(source);
    serverStop(target);
}

static int64_t nowMs(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void expectSockets(int wanted) {
    char line[64];
    snprintf(line, sizeof line, "migrate_cached_sockets:%d\r\n", wanted);
    redisReply *info = clientCommand(from, "INFO stats");
    ck_assert_ptr_nonnull(strstr(info->str, line));
    freeReplyObject(info);
}

#define KEYS "string list set zset hash stream big"

static void fill(void) {
    expectStatus(from, "OK", "SET string value");
    expectInteger(from, 4, "RPUSH list 1 2 three %s", "");
    for (int i = 0; i < 1000; i++) {
        freeReplyObject(clientCommand(from, "SADD set member%d", i));
        freeReplyObject(clientCommand(from, "ZADD zset %d member%d", i * 7 % 31, i));
        freeReplyObject(clientCommand(from, "HSET hash field%d %d", i, i));
        freeReplyObject(clientCommand(from, "XADD stream * n %d", i));
    }
    static char value[5 << 20];
    uint64_t state = 1; /* such that nothing compresses it */
    for (size_t i = 0; i < sizeof value; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        value[i] = (char)(state >> 56);
    }
    expectStatus(from, "OK", "SET big %b PX 100000", value, sizeof value);
}

static redisReply *digests(redisContext *c) {
    return clientCommand(c, "DEBUG DIGEST-VALUE " KEYS);
}

START_TEST(valuesOfEveryTypeArrive) {
    fill();
    redisReply *before = digests(from);
    expectStatus(from, "OK", "MIGRATE 127.0.0.1 %d %s 0 5000 KEYS none " KEYS, serverPort(target),
                 "");
    redisReply *after = digests(to);
    for (size_t i = 0; i < before->elements; i++)
        ck_assert_str_eq(before->element[i]->str, after->element[i]->str);
    freeReplyObject(before);
    freeReplyObject(after);
    expectInteger(from, 0, "DBSIZE");
    redisReply *ttl = clientCommand(to, "PTTL big");
    ck_assert_int_gt(ttl->integer, 80000);
    ck_assert_int_le(ttl->integer, 100000);
    freeReplyObject(ttl);
    expectSockets(1);
}
END_TEST

START_TEST(addressesOfBothKindsAreTaken) {
    char no_host[128] = ""; /* longer than a label may be: no resolver is asked */
    memset(no_host, 'h', sizeof no_host - 1);
    redisContext *c = redisConnect("::1", serverPort(target));
    bool has_v6 = c && !c->err;
    redisFree(c);
    if (has_v6) {
        expectStatus(from, "OK", "SET a 1");
        expectStatus(from, "OK", "MIGRATE ::1 %d a 2 5000", serverPort(target));
    }
    expectStatus(from, "OK", "SET b 2");
    expectStatus(from, "OK", "MIGRATE 127.0.0.1 %d b 2 5000 COPY", serverPort(target));
    expectStatus(to, "OK", "SELECT 2");
    expectInteger(to, 1 + has_v6, "DBSIZE");
    /* A system without /etc/hosts may not know the name. */
    struct addrinfo *found;
    if (getaddrinfo("localhost", NULL, NULL, &found) == 0) {
        freeaddrinfo(found);
        expectStatus(from, "OK", "MIGRATE localhost %d b 3 5000 COPY", serverPort(target));
    } else {
        expectError(from, no_connection, "MIGRATE localhost %d b 3 5000 COPY", serverPort(target));
    }
    expectError(from, no_connection, "MIGRATE %s 1 b 2 5000", no_host);
}
END_TEST

START_TEST(aServerThatMeansItselfTimesOut) {
    expectStatus(from, "OK", "SET a 1");
    int64_t start_ms = nowMs();
    expectError(from, reading, "MIGRATE 127.0.0.1 %d a 5 200", serverPort(source));
    ck_assert_int_ge(nowMs() - start_ms, 199);
    expectText(from, "1", "GET a");
    expectStatus(from, "OK", "SELECT 5");
    expectInteger(from, 0, "DBSIZE");
    expectSockets(0);
}
END_TEST

START_TEST(aTargetThatSleepsOrIsGoneLeavesTheKey) {
    expectStatus(from, "OK", "SET a 1");
    redisAppendCommand(to, "DEBUG SLEEP 1");
    int done = 0;
    while (!done) ck_assert_int_eq(redisBufferWrite(to, &done), REDIS_OK);
    redisReply *reply;
    int64_t deadline_ms = nowMs() + WAIT_MS;
    /* Until the sleep has begun, keys arrive. */
    for (;;) {
        reply =
            clientCommand(from, "MIGRATE 127.0.0.1 %d a 0 100 COPY REPLACE", serverPort(target));
        if (reply->type == REDIS_REPLY_ERROR) break;
        freeReplyObject(reply);
        ck_assert_int_lt(nowMs(), deadline_ms);
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
    }
    ck_assert_str_eq(reply->str, reading);
    freeReplyObject(reply);
    freeReplyObject(clientNextReply(to));
    expectSockets(0);
    serverKill(target);
    expectError(from, writing, "MIGRATE 127.0.0.1 %d a 0 1000", serverPort(target));
    expectText(from, "1", "GET a");
    serverRestartThere(target);
    expectStatus(from, "OK", "MIGRATE 127.0.0.1 %d a 0 1000", serverPort(target));
    serverKill(target);
    expectStatus(from, "OK", "SET a 2");
    serverRestartThere(target);
    /* The link that was kept is broken; another one is made. */
    expectStatus(from, "OK", "MIGRATE 127.0.0.1 %d a 0 1000", serverPort(target));
    redisFree(to);
    to = clientConnect(target);
    expectText(to, "2", "GET a");
}
END_TEST

TESTS_BETWEEN("migrate", begin, end, valuesOfEveryTypeArrive, addressesOfBothKindsAreTaken,
              aServerThatMeansItselfTimesOut, aTargetThatSleepsOrIsGoneLeavesTheKey)
