/* Scripts that take long: others are told so, and can end them. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

enum { KILL_MAX_MS = 100 };

static const char *const options[] = {"--busy-reply-threshold", "20", NULL};
static serverProcess *server;
static redisContext *busy, *other;

static void setup(void) {
    server = serverStart(options);
    busy = clientConnect(server);
    other = clientConnect(server);
}

static void done(void) {
    redisFree(busy);
    redisFree(other);
    serverStop(server);
}

static int64_t nowMs(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sends a script and goes on; it is read with expectEnd(). */
static void begin(const char *script) {
    redisAppendCommand(busy, "EVAL %s 0", script);
    int sent = 0;
    while (!sent) ck_assert_int_eq(redisBufferWrite(busy, &sent), REDIS_OK);
}

/* Until others are told BUSY. */
static void awaitBusy(void) {
    int64_t deadline = nowMs() + 5000;
    for (;;) {
        redisReply *reply = redisCommand(other, "PING");
        ck_assert_ptr_nonnull(reply);
        bool is_busy = reply->type == REDIS_REPLY_ERROR && !strncmp(reply->str, "BUSY ", 5);
        freeReplyObject(reply);
        if (is_busy) return;
        ck_assert_int_lt(nowMs(), deadline);
    }
}

static void expectEnd(const char *part) {
    redisReply *reply = clientNextReply(busy);
    ck_assert_int_eq(reply->type, REDIS_REPLY_ERROR);
    if (!strstr(reply->str, part)) ck_abort_msg("wanted %s, got %s", part, reply->str);
    freeReplyObject(reply);
}

static void killWithin(const char *command, const char *error) {
    int64_t asked = nowMs();
    expectStatus(other, "OK", command);
    expectEnd(error);
    ck_assert_int_le(nowMs() - asked, KILL_MAX_MS);
    expectStatus(other, "PONG", "PING");
}

START_TEST(killsWhateverTheScriptDoes) {
    static const char *const scripts[] = {
        "while true do end",
        "while true do redis.call('ping') end",
        "local function f() while true do end end while true do pcall(f) end",
        "while true do pcall(error) end",
        "while true do xpcall(function() while true do end end, function() while true do end end) "
        "end",
        "local c = coroutine.wrap(function() while true do end end) while true do pcall(c) end",
        "while true do pcall(string.gsub, string.rep('a', 100), 'a', function() end) end",
        "local t = setmetatable({}, {__index = function(t, k) while true do end end}) return t.x",
        "local f = function() end while true do loadstring('return 1')() f() end",
        "local function f(n) if n == 0 then return 0 end return f(n - 1) end "
        "while true do f(1000) end"};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        begin(scripts[i]);
        awaitBusy();
        killWithin("SCRIPT KILL", "Script killed by user with SCRIPT KILL.");
    }
}
END_TEST

/* A request that came together with the script would wait behind it in the same batch. */
START_TEST(answersThoseWhoCameWithTheScript) {
    redisContext *third = clientConnect(server);
    begin("while true do end");
    redisAppendCommand(other, "PING");
    redisAppendCommand(third, "PING");
    int sent = 0;
    redisBufferWrite(other, &sent);
    redisBufferWrite(third, &sent);
    freeReplyObject(clientNextReply(other));
    freeReplyObject(clientNextReply(third));
    awaitBusy();
    killWithin("SCRIPT KILL", "killed by user");
    redisFree(third);
}
END_TEST

START_TEST(whatAWriterDidCannotBeUndone) {
    begin("redis.call('set', 'k', 'v') while true do end");
    awaitBusy();
    redisReply *reply = redisCommand(other, "SCRIPT KILL");
    ck_assert_str_eq(reply->str, "UNKILLABLE Sorry the script already executed write commands "
                                 "against the dataset. You can either wait the script termination "
                                 "or kill the server in a hard way using the SHUTDOWN NOSAVE "
                                 "command.");
    freeReplyObject(reply);
    reply = redisCommand(other, "SHUTDOWN");
    ck_assert_ptr_nonnull(strstr(reply->str, "BUSY "));
    freeReplyObject(reply);
    ck_assert_ptr_null(redisCommand(other, "SHUTDOWN NOSAVE"));
    ck_assert(serverHasEnded(server, 5000));
}
END_TEST

START_TEST(aSignalEndsWhatHasWrittenNothing) {
    begin("while true do end");
    awaitBusy();
    kill(serverPid(server), SIGTERM);
    ck_assert(serverHasEnded(server, 5000));
}
END_TEST

START_TEST(functionsAreKilledByTheirOwnCommand) {
    expectText(other, "lib", "FUNCTION LOAD %s",
               "#!lua name=lib\nredis.register_function('f', function() while true do end end)");
    redisAppendCommand(busy, "FCALL f 0");
    int sent = 0;
    redisBufferWrite(busy, &sent);
    awaitBusy();
    redisReply *reply = redisCommand(other, "SCRIPT KILL");
    ck_assert_str_eq(reply->str, "BUSY Redis is busy running a script. You can only call FUNCTION "
                                 "KILL or SHUTDOWN NOSAVE.");
    freeReplyObject(reply);
    reply = redisCommand(other, "FUNCTION STATS");
    ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
    ck_assert_str_eq(reply->element[1]->element[1]->str, "f");
    ck_assert_str_eq(reply->element[1]->element[3]->element[0]->str, "FCALL");
    freeReplyObject(reply);
    killWithin("FUNCTION KILL", "Script killed by user with FUNCTION KILL.");
    reply = redisCommand(other, "FUNCTION KILL");
    ck_assert_str_eq(reply->str, "NOTBUSY No scripts in execution right now.");
    freeReplyObject(reply);
}
END_TEST

START_TEST(aLibraryThatDoesNotEndIsNotLoaded) {
    redisReply *reply =
        redisCommand(other, "FUNCTION LOAD %s", "#!lua name=lib\nwhile true do end");
    ck_assert_str_eq(reply->str, "ERR Error registering functions: ERR FUNCTION LOAD timeout");
    freeReplyObject(reply);
    expectStatus(other, "PONG", "PING");
}
END_TEST

/* Clients come and go while a script runs, the one that sent it too. */
START_TEST(clientsMayLeaveMeanwhile) {
    begin("while true do end");
    awaitBusy();
    for (int i = 0; i < 50; i++) {
        redisContext *guest = clientConnect(server);
        freeReplyObject(redisCommand(guest, "PING"));
        redisFree(guest);
    }
    redisFree(busy);
    expectStatus(other, "OK", "SCRIPT KILL");
    expectStatus(other, "PONG", "PING");
    busy = clientConnect(server);
    expectStatus(busy, "PONG", "PING");
}
END_TEST

/* A transaction that was begun before cannot run, and is over. */
START_TEST(transactionsAreRefused) {
    expectStatus(other, "OK", "MULTI");
    expectStatus(other, "QUEUED", "PING");
    redisContext *third = clientConnect(server);
    begin("while true do end");
    int64_t deadline = nowMs() + 5000;
    for (bool is_busy = false; !is_busy;) {
        redisReply *reply = redisCommand(third, "PING");
        is_busy = reply->type == REDIS_REPLY_ERROR;
        freeReplyObject(reply);
        ck_assert_int_lt(nowMs(), deadline);
    }
    redisReply *reply = redisCommand(other, "EXEC");
    ck_assert_ptr_nonnull(strstr(reply->str, "EXECABORT Transaction discarded because of: BUSY "));
    freeReplyObject(reply);
    killWithin("SCRIPT KILL", "killed by user");
    redisFree(third);
}
END_TEST

TESTS_BETWEEN("scripts", setup, done, killsWhateverTheScriptDoes, answersThoseWhoCameWithTheScript,
              whatAWriterDidCannotBeUndone, aSignalEndsWhatHasWrittenNothing,
              functionsAreKilledByTheirOwnCommand, aLibraryThatDoesNotEndIsNotLoaded,
              clientsMayLeaveMeanwhile, transactionsAreRefused)
