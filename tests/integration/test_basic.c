/* The server as a client library sees it: what every session does, and what a broken one gets. */
#include <string.h>
#include <unistd.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

START_TEST(answersPing) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectStatus(c, "PONG", "PING");
    expectText(c, "hello", "PING hello");
    expectText(c, "hello world", "ECHO %s", "hello world");
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(keepsWhatIsSetUntilItIsDeleted) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectNil(c, "GET key");
    expectStatus(c, "OK", "SET key value");
    expectText(c, "value", "GET key");
    expectStatus(c, "OK", "SET key %b", "\0\r\n\xff", (size_t)4);
    expectInteger(c, 4, "STRLEN key");
    expectInteger(c, 1, "DEL key absent");
    expectInteger(c, 0, "DEL key");
    expectNil(c, "GET key");
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(keepsTheOrderOfPipelinedCommands) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    const int count = 10000;
    for (int i = 0; i < count; i++) redisAppendCommand(c, "SET key:%d %d", i, i);
    for (int i = 0; i < count; i++) redisAppendCommand(c, "GET key:%d", i);
    for (int i = 0; i < count; i++) {
        redisReply *reply = clientNextReply(c);
        ck_assert_int_eq(reply->type, REDIS_REPLY_STATUS);
        freeReplyObject(reply);
    }
    for (int i = 0; i < count; i++) {
        redisReply *reply = clientNextReply(c);
        char wanted[16];
        snprintf(wanted, sizeof wanted, "%d", i);
        ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
        ck_assert_str_eq(reply->str, wanted);
        freeReplyObject(reply);
    }
    expectInteger(c, count, "DBSIZE");
    redisFree(c);
    serverStop(server);
}
END_TEST

static void sendText(int fd, const char *text) {
    rawSend(fd, text, strlen(text));
}

START_TEST(understandsInlineCommands) {
    serverProcess *server = serverStart(NULL);
    int fd = rawConnect(server);
    sendText(fd, "PING\r\n");
    rawExpect(fd, "+PONG\r\n");
    sendText(fd, "\r\n  set key \"a \\x41\\n\"  \nGET key\r\n");
    rawExpect(fd, "+OK\r\n$4\r\na A\n\r\n");
    close(fd);
    serverStop(server);
}
END_TEST

START_TEST(understandsCommandsThatArriveByteByByte) {
    serverProcess *server = serverStart(NULL);
    int fd = rawConnect(server);
    const char *text = "*2\r\n$4\r\nECHO\r\n$3\r\na\rb\r\nPING\r\n";
    for (const char *at = text; *at; at++) rawSend(fd, at, 1);
    rawExpect(fd, "$3\r\na\rb\r\n+PONG\r\n");
    close(fd);
    serverStop(server);
}
END_TEST

START_TEST(saysWhatIsWrongWithACommand) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectError(c, "ERR wrong number of arguments for 'get' command", "GET");
    expectError(c, "ERR wrong number of arguments for 'get' command", "gEt a b");
    expectError(c, "ERR wrong number of arguments for 'set' command", "SET a");
    expectError(c, "ERR unknown command 'FOO', with args beginning with: 'bar' 'baz' ",
                "FOO bar baz");
    expectError(c, "ERR unknown command 'foo', with args beginning with: ", "foo");
    expectError(c, "ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP.", "CONFIG NOSUCH");
    expectError(c, "ERR value is not an integer or out of range", "SETRANGE a b c");
    expectError(c, "ERR syntax error", "SET a b NOSUCH");
    /* None of this ends the session. */
    expectStatus(c, "PONG", "PING");
    redisFree(c);
    serverStop(server);
}
END_TEST

static void expectProtocolError(const serverProcess *server, const char *sent, const char *reply) {
    int fd = rawConnect(server);
    sendText(fd, sent);
    rawExpect(fd, reply);
    rawExpectClosed(fd);
    close(fd);
}

START_TEST(closesAfterAProtocolError) {
    serverProcess *server = serverStart(NULL);
    expectProtocolError(server, "*1\r\nPING\r\n", "-ERR Protocol error: expected '$', got 'P'\r\n");
    expectProtocolError(server, "*x\r\n", "-ERR Protocol error: invalid multibulk length\r\n");
    expectProtocolError(server, "*1\r\n$-5\r\n", "-ERR Protocol error: invalid bulk length\r\n");
    expectProtocolError(server, "SET \"a\r\n",
                        "-ERR Protocol error: unbalanced quotes in request\r\n");
    /* What came before the error is answered. */
    expectProtocolError(server, "PING\r\n*1\r\n:4\r\n",
                        "+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n");
    redisContext *c = clientConnect(server);
    expectStatus(c, "PONG", "PING");
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(keepsABigValue) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    const size_t size = 1 << 20;
    char *value = malloc(size);
    for (size_t i = 0; i < size; i++) value[i] = (char)(i * 31 + (i >> 8));
    expectStatus(c, "OK", "SET big %b", value, size);
    for (int i = 0; i < 3; i++) {
        redisReply *reply = clientCommand(c, "GET big");
        ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
        ck_assert_uint_eq(reply->len, size);
        ck_assert_int_eq(memcmp(reply->str, value, size), 0);
        freeReplyObject(reply);
    }
    expectInteger(c, 1, "DEL big");
    free(value);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(servesAHundredClientsAtOnce) {
    serverProcess *server = serverStart(NULL);
    enum { CLIENTS = 100, COMMANDS = 20 };
    redisContext *clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) clients[i] = clientConnect(server);
    for (int i = 0; i < CLIENTS; i++) {
        for (int k = 0; k < COMMANDS; k++) {
            redisAppendCommand(clients[i], "INCR shared");
            redisAppendCommand(clients[i], "ECHO %d", i);
        }
        int done = 0;
        while (!done) ck_assert_int_eq(redisBufferWrite(clients[i], &done), REDIS_OK);
    }
    for (int i = CLIENTS - 1; i >= 0; i--) {
        int64_t last = 0;
        for (int k = 0; k < COMMANDS; k++) {
            redisReply *counted = clientNextReply(clients[i]);
            ck_assert_int_eq(counted->type, REDIS_REPLY_INTEGER);
            ck_assert_int_gt(counted->integer, last);
            last = counted->integer;
            freeReplyObject(counted);
            redisReply *own = clientNextReply(clients[i]);
            char wanted[16];
            snprintf(wanted, sizeof wanted, "%d", i);
            ck_assert_str_eq(own->str, wanted);
            freeReplyObject(own);
        }
    }
    expectText(clients[0], "2000", "GET shared");
    for (int i = 0; i < CLIENTS; i++) redisFree(clients[i]);
    serverStop(server);
}
END_TEST

START_TEST(forgetsAClientThatLeavesInTheMiddleOfACommand) {
    serverProcess *server = serverStart(NULL);
    for (int i = 0; i < 50; i++) {
        int fd = rawConnect(server);
        sendText(fd, "PING\r\n*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$100000\r\nonly this");
        rawExpect(fd, "+PONG\r\n");
        close(fd);
    }
    redisContext *c = clientConnect(server);
    expectNil(c, "GET key");
    redisFree(c);
    serverStop(server);
}
END_TEST

TESTS("basic", answersPing, keepsWhatIsSetUntilItIsDeleted, keepsTheOrderOfPipelinedCommands,
      understandsInlineCommands, understandsCommandsThatArriveByteByByte,
      saysWhatIsWrongWithACommand, closesAfterAProtocolError, keepsABigValue,
      servesAHundredClientsAtOnce, forgetsAClientThatLeavesInTheMiddleOfACommand)
