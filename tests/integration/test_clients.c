/* Connections over time: refused, killed, held, timed out, too slow, too many. */
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

enum { WAIT_MS = 10000, POLL_MS = 10 };

static int64_t nowMs(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sendText(int fd, const char *text) {
    rawSend(fd, text, strlen(text));
}

static int countLines(redisContext *c, const char *filter) {
    redisReply *list = clientCommand(c, "CLIENT LIST");
    ck_assert_int_eq(list->type, REDIS_REPLY_STRING);
    int count = 0;
    for (char *line = list->str, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        count += !filter || strstr(line, filter);
    }
    freeReplyObject(list);
    return count;
}

/* Waits until so many lines of CLIENT LIST have the text in them. */
static void waitForLines(redisContext *c, const char *filter, int wanted) {
    int64_t deadline_ms = nowMs() + WAIT_MS;
    int count;
    while ((count = countLines(c, filter)) != wanted) {
        ck_assert_msg(nowMs() < deadline_ms, "%d clients instead of %d", count, wanted);
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
    }
}

START_TEST(aKilledClientIsDisconnected) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    int victim = rawConnect(server);
    sendText(victim, "CLIENT SETNAME victim\r\n");
    rawExpect(victim, "+OK\r\n");
    expectInteger(c, 1, "CLIENT KILL TYPE normal");
    rawExpectClosed(victim);
    close(victim);
    waitForLines(c, NULL, 1);
    int me = rawConnect(server);
    sendText(me, "CLIENT KILL SKIPME no MAXAGE 100\r\nCLIENT KILL SKIPME no\r\nPING\r\n");
    rawExpect(me, ":0\r\n:2\r\n");
    rawExpectClosed(me);
    close(me);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(aPausedClientIsServedAfterwards) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server), *other = clientConnect(server);
    int64_t start_ms = nowMs();
    expectStatus(c, "OK", "CLIENT PAUSE 200");
    expectStatus(other, "PONG", "PING");
    ck_assert_int_ge(nowMs() - start_ms, 199);
    expectStatus(c, "OK", "CLIENT PAUSE 100000 WRITE");
    int writer = rawConnect(server);
    sendText(writer, "SET a x\r\nGET a\r\n");
    waitForLines(c, " flags=b ", 1);
    expectNil(c, "GET a");
    sendText(writer, "GET a\r\n"); /* Comes while it is held. */
    expectStatus(c, "OK", "CLIENT UNPAUSE");
    rawExpect(writer, "+OK\r\n$1\r\nx\r\n$1\r\nx\r\n");
    sendText(writer, "PING\r\n");
    rawExpect(writer, "+PONG\r\n");
    close(writer);
    redisFree(c);
    redisFree(other);
    serverStop(server);
}
END_TEST

START_TEST(aPausedClientThatLeavesIsForgotten) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectStatus(c, "OK", "CLIENT PAUSE 100000 WRITE");
    int writer = rawConnect(server);
    sendText(writer, "SET a x\r\n");
    waitForLines(c, " flags=b ", 1);
    close(writer);
    waitForLines(c, NULL, 1);
    expectStatus(c, "OK", "CLIENT UNPAUSE");
    expectNil(c, "GET a");
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(idleClientsAreClosedAfterTheTimeout) {
    const char *options[] = {"--timeout", "1", NULL};
    serverProcess *server = serverStart(options);
    int idle = rawConnect(server), subscriber = rawConnect(server);
    sendText(subscriber, "SUBSCRIBE ch\r\n");
    rawExpect(subscriber, "*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n");
    sendText(idle, "*1\r\n$4\r\nPI"); /* Half a request is none. */
    int64_t start_ms = nowMs();
    rawExpectClosed(idle);
    ck_assert_int_ge(nowMs() - start_ms, 900);
    sendText(subscriber, "PING\r\n");
    rawExpect(subscriber, "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    close(idle);
    close(subscriber);
    serverStop(server);
}
END_TEST

START_TEST(moreThanMaxclientsAreTurnedAway) {
    const char *options[] = {"--maxclients", "3", NULL};
    serverProcess *server = serverStart(options);
    redisContext *a = clientConnect(server), *b = clientConnect(server);
    expectStatus(a, "PONG", "PING");
    expectStatus(b, "PONG", "PING");
    waitForLines(a, NULL, 2); /* The one that asked whether the server is up is gone. */
    redisContext *c = clientConnect(server);
    expectStatus(c, "PONG", "PING");
    int fd = rawConnect(server);
    rawExpect(fd, "-ERR max number of clients reached\r\n");
    rawExpectClosed(fd);
    close(fd);
    redisFree(c);
    waitForLines(a, NULL, 2);
    c = clientConnect(server);
    expectStatus(c, "PONG", "PING");
    redisFree(a);
    redisFree(b);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(aReaderOverTheHardLimitIsClosed) {
    const char *options[] = {"--client-output-buffer-limit", "normal 1mb 0 0", NULL};
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    static char value[500000];
    memset(value, 'v', sizeof value);
    expectStatus(c, "OK", "SET big %b", value, sizeof value);
    int slow = rawConnect(server);
    sendText(slow, "CLIENT SETNAME slow\r\n");
    rawExpect(slow, "+OK\r\n");
    char gets[1024];
    size_t size = 0;
    for (; size + 10 < sizeof gets; size += 9) memcpy(gets + size, "GET big\r\n", 9);
    rawSend(slow, gets, size);
    waitForLines(c, "name=slow", 0);
    /* One that reads gets it all. */
    for (int i = 0; i < 100; i++) {
        redisReply *reply = clientCommand(c, "GET big");
        ck_assert_uint_eq(reply->len, sizeof value);
        freeReplyObject(reply);
    }
    close(slow);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(aReplyOverTheHardLimitIsNotSent) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectInteger(c, 5010, "SETRANGE small 5000 0123456789");
    expectInteger(c, 50010, "SETRANGE big 50000 0123456789");
    expectStatus(c, "OK", "CONFIG SET client-output-buffer-limit %s", "normal 10 0 0");
    int reader = rawConnect(server);
    sendText(reader, "GET big\r\nSET ran yes\r\n");
    rawExpectClosed(reader);
    close(reader);
    expectNil(c, "GET ran");
    redisReply *small = clientCommand(c, "GET small");
    ck_assert_uint_eq(small->len, 5010);
    freeReplyObject(small);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(drawsWithoutEndEndAtTheLimit) {
    static const char *const draws[] = {
        "HRANDFIELD h -9223372036854775806\r\n", "HRANDFIELD h -99999999 WITHVALUES\r\n",
        "SRANDMEMBER s -9223372036854775806\r\n", "ZRANDMEMBER z -9223372036854775806\r\n"};
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectInteger(c, 1, "HSET h field value");
    expectInteger(c, 1, "SADD s member");
    expectInteger(c, 1, "ZADD z 1 member");
    expectError(c, "ERR value is out of range", "HRANDFIELD h -9223372036854775806");
    expectStatus(c, "OK", "CONFIG SET client-output-buffer-limit %s", "normal 1mb 0 0");
    for (size_t i = 0; i < sizeof draws / sizeof draws[0]; i++) {
        int reader = rawConnect(server);
        sendText(reader, draws[i]);
        rawExpectClosed(reader);
        close(reader);
    }
    expectStatus(c, "PONG", "PING");
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(aReaderOverTheSoftLimitForTooLongIsClosed) {
    const char *options[] = {"--client-output-buffer-limit", "pubsub 0 100kb 1", NULL};
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    static char value[500000];
    int slow = rawConnect(server);
    sendText(slow, "CLIENT SETNAME slow\r\nSUBSCRIBE ch\r\n");
    waitForLines(c, " sub=1 ", 1);
    /* More than the kernel buffers; then nothing happens any more to this client. */
    int64_t start_ms = nowMs();
    for (int i = 0; i < 40; i++) /* On a slow machine it is closed before the last ones. */
        freeReplyObject(redisCommand(c, "PUBLISH ch %b", value, sizeof value));
    waitForLines(c, "name=slow", 0);
    ck_assert_int_ge(nowMs() - start_ms, 1000);
    close(slow);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(aQueryOverItsLimitClosesTheClient) {
    const char *options[] = {"--client-query-buffer-limit", "1mb", NULL};
    serverProcess *server = serverStart(options);
    static char part[600000];
    memset(part, 'v', sizeof part);
    int fd = rawConnect(server);
    sendText(fd, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5000000\r\n");
    rawSend(fd, part, sizeof part);
    /* The rest may fail to be sent. */
    for (int i = 0; i < 5; i++) send(fd, part, sizeof part, MSG_NOSIGNAL);
    rawExpectClosed(fd);
    close(fd);
    redisContext *c = clientConnect(server);
    expectNil(c, "GET a");
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(aStrangersBigInputClosesTheClient) {
    const char *options[] = {"--requirepass", "secret", NULL};
    serverProcess *server = serverStart(options);
    int fd = rawConnect(server);
    static char part[16000];
    memset(part, 'v', sizeof part);
    sendText(fd, "*10\r\n");
    for (int i = 0; i < 9; i++) {
        if (send(fd, "$16000\r\n", 8, MSG_NOSIGNAL) < 0) break;
        if (send(fd, part, sizeof part, MSG_NOSIGNAL) < 0) break;
        if (send(fd, "\r\n", 2, MSG_NOSIGNAL) < 0) break;
    }
    rawExpectClosed(fd);
    close(fd);
    serverStop(server);
}
END_TEST

START_TEST(requirepassKeepsStrangersOut) {
    const char *options[] = {"--requirepass", "secret", NULL};
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    expectError(c, "NOAUTH Authentication required.", "SET a x");
    expectError(c, "WRONGPASS invalid username-password pair or user is disabled.", "AUTH wrong");
    expectStatus(c, "OK", "AUTH secret");
    expectStatus(c, "OK", "SET a x");
    redisContext *other = clientConnect(server);
    redisReply *reply = clientCommand(other, "HELLO 2 AUTH default secret SETNAME me");
    ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
    freeReplyObject(reply);
    expectText(other, "x", "GET a");
    expectText(other, "me", "CLIENT GETNAME");
    redisFree(c);
    redisFree(other);
    serverStop(server);
}
END_TEST

START_TEST(servesAUnixSocketWithItsPermissions) {
    const char *options[] = {"--unixsocket", "ebb.sock", "--unixsocketperm", "700", NULL};
    serverProcess *server = serverStart(options);
    char path[128];
    snprintf(path, sizeof path, "%s/ebb.sock", serverFolder(server));
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0700);
    redisContext *c = redisConnectUnix(path);
    ck_assert_msg(c && !c->err, "cannot connect");
    expectStatus(c, "PONG", "PING");
    ck_assert_int_eq(countLines(c, " addr=ebb.sock:0 laddr=ebb.sock:0 "), 1);
    ck_assert_int_eq(countLines(c, " flags=U "), 1);
    redisContext *over_tcp = clientConnect(server);
    expectInteger(over_tcp, 1, "CLIENT KILL ADDR ebb.sock:0");
    redisFree(over_tcp);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(servesAThousandConnections) {
    enum { CLIENTS = 1000 };
    struct rlimit files;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_cur < CLIENTS + 100) files.rlim_cur = CLIENTS + 100;
    if (setrlimit(RLIMIT_NOFILE, &files) < 0) return; /* Not on this machine. */
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    static int fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = rawConnect(server);
        sendText(fds[i], "*2\r\n$4\r\nECHO\r\n$2\r\nh");
    }
    waitForLines(c, " qbuf=1 ", CLIENTS); /* Half of an argument. */
    for (int i = 0; i < CLIENTS; i += 2) close(fds[i]);
    waitForLines(c, " qbuf=1 ", CLIENTS / 2);
    for (int i = 1; i < CLIENTS; i += 2) sendText(fds[i], "i\r\nPING\r\n");
    for (int i = 1; i < CLIENTS; i += 2) {
        rawExpect(fds[i], "$2\r\nhi\r\n+PONG\r\n");
        close(fds[i]);
    }
    waitForLines(c, NULL, 1);
    redisFree(c);
    serverStop(server);
}
END_TEST

TESTS("clients", aKilledClientIsDisconnected, aPausedClientIsServedAfterwards,
      aPausedClientThatLeavesIsForgotten, idleClientsAreClosedAfterTheTimeout,
      moreThanMaxclientsAreTurnedAway, aReaderOverTheHardLimitIsClosed,
      aReplyOverTheHardLimitIsNotSent, drawsWithoutEndEndAtTheLimit,
      aReaderOverTheSoftLimitForTooLongIsClosed, aQueryOverItsLimitClosesTheClient,
      aStrangersBigInputClosesTheClient, requirepassKeepsStrangersOut,
      servesAUnixSocketWithItsPermissions, servesAThousandConnections)
