#include "server/script/eval.h"

#include <stdio.h>

#include "server/core/propagate.h"
#include "storage/base/mem.h"
#include "tests/support/script_check.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
}
static void done(void) {
    fakeFree(f);
}

/* ---- values ---- */

START_TEST(luaValuesBecomeReplies) {
    RUN("return 1", ":1|");
    RUN("return 1.9", ":1|");
    RUN("return -1.9", ":-1|");
    RUN("return 1e20", ":-9223372036854775808|");
    RUN("return 0/0", ":-9223372036854775808|");
    RUN("return 'text'", "$4|text|");
    RUN("return 'a\\r\\nb'", "$4|a|b|");
    RUN("return true", ":1|");
    RUN("return false", "$-1|");
    RUN("return nil", "$-1|");
    RUN("return function() end", "$-1|");
    RUN("return {1, 'a', {true, false}}", "*3|:1|$1|a|*2|:1|$-1|");
    RUN("return {1, nil, 3}", "*1|:1|");
    RUN("return {}", "*0|");
    RUN("return {ok = 'fine'}", "+fine|");
    RUN("return {err = 'MY error'}", "-MY error|");
    RUN("return {double = 3.5}", "$3|3.5|");
    RUN("return {big_number = '123'}", "$3|123|");
    RUN("return {map = {a = 1}}", "*2|$1|a|:1|");
    RUN("return {set = {a = true}}", "*1|$1|a|");
    RUN("return {verbatim_string = {format = 'txt', string = 'x'}}", "$1|x|");
    RUN("return {ok = 1}", "*0|");
}
END_TEST

START_TEST(resp3HasMoreTypes) {
    fakeCall(f, "HELLO 3");
    RUN("return {map = {a = 1}}", "%1|$1|a|:1|");
    RUN("return {set = {a = true}}", "~1|$1|a|");
    RUN("return {double = 3.5}", ",3.5|");
    RUN("return {big_number = '123'}", "(123|");
    RUN("return {verbatim_string = {format = 'mkd', string = 'x'}}", "=5|mkd:x|");
    RUN("return nil", "_|");
    RUN("return true", ":1|");
    RUN("redis.setresp(3) return true", "#t|");
    RUN("redis.setresp(3) return false", "#f|");
    fakeCall(f, "HSET h a 1");
    RUN("redis.setresp(3) local r = redis.call('hgetall', 'h') return r.map.a", "$1|1|");
    RUN("redis.setresp(3) return redis.call('hgetall', 'h')", "%1|$1|a|$1|1|");
    RUN("redis.setresp(3) return tostring(redis.call('get', 'none'))", "$3|nil|");
    RUN("return redis.call('hgetall', 'h')", "*2|$1|a|$1|1|");
}
END_TEST

START_TEST(noLineBreakGetsIntoALineReply) {
    RUN("return {ok = 'a\\r\\nb'}", "+a  b|");
    RUN("return {err = 'ERR a\\r\\n:1\\r\\nb'}", "-ERR a  :1  b|");
    RUN("return redis.error_reply('ERR a\\nb')", "-ERR a b|");
    fakeCall(f, "HELLO 3");
    RUN("return {big_number = '1\\r\\n2'}", "(1  2|");
}
END_TEST

START_TEST(repliesBecomeLuaValues) {
    RUN("return type(redis.call('set', 'k', 'v'))", "$5|table|");
    RUN("return redis.call('set', 'k', 'v').ok", "$2|OK|");
    RUN("return redis.call('get', 'k')", "$1|v|");
    RUN("return redis.call('get', 'none') == false", ":1|");
    RUN("return redis.call('incr', 'n') + 1", ":2|");
    RUN("return redis.call('mget', 'k', 'none', 'n')[3]", "$1|1|");
    RUN("return redis.pcall('incr', 'k').err", "$43|ERR value is not an integer or out of range|");
    RUN("redis.call('rpush', 'l', unpack({1, 2.5, 3, 'x'})) return redis.call('lrange', 'l', 0, "
        "-1)",
        "*4|$1|1|$3|2.5|$1|3|$1|x|");
    RUN("return redis.call('echo', 9007199254740991)", "$16|9007199254740991|");
    RUN("return redis.call('echo', 2^63)", "$22|9.2233720368547758e+18|");
}
END_TEST

START_TEST(bigRepliesCrossChunks) {
    RUN("redis.call('set', 'big', string.rep('x', 100000)) return #redis.call('get', 'big')",
        ":100000|");
    RUN("for i = 1, 5000 do redis.call('rpush', 'l', 'element' .. i) end "
        "local l = redis.call('lrange', 'l', 0, -1) return {#l, l[1], l[5000]}",
        "*3|:5000|$8|element1|$11|element5000|");
}
END_TEST

START_TEST(asManyArgumentsAsTheStackTakes) {
    RUN("local a = {} for i = 1, 7999 do a[i] = i end return redis.call('rpush', 'l', unpack(a))",
        ":7999|");
}
END_TEST

START_TEST(keysAndArguments) {
    CALL(f, "EVAL \"return {KEYS[1], KEYS[2], ARGV[1], #KEYS, #ARGV}\" 2 a b c d",
         "*5|$1|a|$1|b|$1|c|:2|:2|");
    CALL(f, "EVAL \"return #KEYS\" 0", ":0|");
    CALL(f, "EVAL \"return 1\" 1", "-ERR Number of keys can't be greater than number of args|");
    CALL(f, "EVAL \"return 1\" -1", "-ERR Number of keys can't be negative|");
    CALL(f, "EVAL \"return 1\" x", "-ERR value is not an integer or out of range|");
}
END_TEST

START_TEST(nestingOfAReplyHasAnEnd) {
    const char *reply = scriptReply(f, "local t = {} t[1] = t return t");
    ck_assert_ptr_nonnull(strstr(reply, "*1|*1|*1|"));
    ck_assert_ptr_nonnull(strstr(reply, "|-ERR reached lua stack limit|"));
    CALL(f, "PING", "+PONG|");
}
END_TEST

/* ---- errors ---- */

START_TEST(errorsKeepTheirCode) {
    RUN_FAILS("local x = 1\nerror('boom')", "-ERR user_script:2: boom script: ");
    RUN_FAILS("local x = 1\nerror('boom')", ", on @user_script:2.|");
    RUN_FAILS("redis.call('nosuch') return 1",
              "-ERR Unknown Redis command called from script script: ");
    RUN_FAILS("return redis.call('nosuch')", ", on @user_script:1.|");
    RUN_FAILS("redis.call('get') return 1",
              "-ERR Wrong number of args calling Redis command from script script: ");
    fakeCall(f, "SET k v");
    RUN_FAILS("redis.call('lpush', 'k', 'x') return 1",
              "-WRONGTYPE Operation against a key holding the wrong kind of value script: ");
    RUN_FAILS("error({err = 'MY own'})", "-MY own script: ");
    RUN_FAILS("error({})", "-ERR unknown error script: ");
    RUN_FAILS("error({1, 2})", "-ERR unknown error script: ");
    RUN_FAILS("error(nil)", "-ERR nil script: ");
    RUN_FAILS("error(true)", "-ERR true script: ");
    RUN_FAILS("return redis.call({})",
              "-ERR Lua redis lib command arguments must be strings or integers script: ");
    RUN_FAILS("return redis.call()",
              "-ERR Please specify at least one argument for this redis lib call script: ");
    RUN("return syntax error",
        "-ERR Error compiling script (new function): user_script:1: '<eof>' expected near "
        "'error'|");
    RUN_FAILS("return undefined", "Script attempted to access nonexistent global variable "
                                  "'undefined'");
}
END_TEST

START_TEST(pcallGivesTheTextOfACommandsError) {
    RUN("local ok, e = pcall(redis.call, 'nosuch') return {tostring(ok), type(e), e}",
        "*3|$5|false|$6|string|$44|ERR Unknown Redis command called from script|");
    RUN("local ok, e = pcall(error, 'x') return e", "$1|x|");
    RUN("local ok, a, b = pcall(function() return 1, 2 end) return {a, b}", "*2|:1|:2|");
    RUN("local ok, e = xpcall(function() error({err = 'x'}) end, function(e) return e.err end) "
        "return e",
        "$1|x|");
}
END_TEST

START_TEST(errorRepliesGetACodeWhereTheyHaveNone) {
    RUN("return redis.error_reply('MY code')", "-MY code|");
    RUN("return redis.error_reply('-MY code')", "-MY code|");
    RUN("return redis.error_reply('plain')", "-ERR plain|");
    RUN("return redis.error_reply('')", "-ERR|");
    RUN("return redis.error_reply(1)", "-ERR wrong number or type of arguments|");
    RUN("return redis.status_reply('FINE')", "+FINE|");
}
END_TEST

START_TEST(anErrorCountsOnce) {
    fakeCall(f, "SET k v");
    scriptReply(f, "return redis.call('incr', 'k')");
    ck_assert_uint_eq(f->server->stats.error_replies, 1);
    command *eval = commandFind(f->server->commands, BYTES("eval"));
    command *incr = commandFind(f->server->commands, BYTES("incr"));
    ck_assert_uint_eq(eval->failed, 1);
    ck_assert_uint_eq(incr->failed, 1);
    scriptReply(f, "redis.pcall('incr', 'k') return 1");
    ck_assert_uint_eq(eval->failed, 1);
    ck_assert_uint_eq(incr->failed, 2);
    scriptReply(f, "return redis.pcall('incr', 'k')");
    ck_assert_uint_eq(eval->failed, 2);
    ck_assert_uint_eq(f->server->stats.error_replies, 3);
    command *set = commandFind(f->server->commands, BYTES("set"));
    fakeCall(f, "EVAL_RO \"return redis.call('set', 'a', 1)\" 0");
    ck_assert_uint_eq(set->rejected, 1);
    ck_assert_uint_eq(set->calls, 1);
    ck_assert_uint_eq(f->server->stats.error_replies, 4);
}
END_TEST

/* A reply that was half written when memory ran out, or an error came, is taken back. */
START_TEST(whatComesAfterAnErrorIsAReplyOfItsOwn) {
    RUN_FAILS("local t = setmetatable({}, {__index = function() error('x') end}) return {t, t.a}",
              "-ERR user_script:1: x");
    RUN("local t = setmetatable({}, {__index = function() error('x') end}) return t", "*0|");
    CALL(f, "PING", "+PONG|");
}
END_TEST

/* ---- what is allowed ---- */

START_TEST(readOnlyScriptsWriteNothing) {
    CALL(f, "EVAL_RO \"return redis.call('get', 'k')\" 0", "$-1|");
    ck_assert_ptr_nonnull(
        strstr(fakeCall(f, "EVAL_RO \"return redis.call('set', 'k', 1)\" 0"),
               "-ERR Write commands are not allowed from read-only scripts. script: "));
    RUN_FAILS("#!lua flags=no-writes\nreturn redis.call('set', 'k', 1)",
              "-ERR Write commands are not allowed from read-only scripts.");
    static const char *const replicated[] = {"publish', 'k", "spublish', 'k", "pfcount"};
    for (size_t i = 0; i < 3; i++) {
        char line[128];
        snprintf(line, sizeof line, "EVAL_RO \"return redis.call('%s', 'k')\" 0", replicated[i]);
        ck_assert_ptr_nonnull(
            strstr(fakeCall(f, line), "-ERR Write commands are not allowed from read-only"));
    }
    CALL(f, "EXISTS k", ":0|");
    CALL(f, "EVAL_RO \"#!lua\\nreturn 1\" 0",
         "-ERR Can not execute a script with write flag using *_ro command.|");
}
END_TEST

START_TEST(shebangLinesAreRead) {
    RUN("#!lua\nreturn 1", ":1|");
    RUN("#!lua flags=\nreturn 1", ":1|");
    RUN("#!lua flags=allow-oom,no-writes,allow-stale,no-cluster,allow-cross-slot-keys\nreturn 1",
        ":1|");
    RUN("#!lua", "-ERR Invalid script shebang|");
    RUN("#!python\nx", "-ERR Unexpected engine in script shebang: #!python|");
    RUN("#!lua x=y\nx", "-ERR Unknown lua shebang option: x=y|");
    RUN("#!lua flags=a,b\nx", "-ERR Unexpected flag in script shebang: a|");
    RUN_FAILS("#!lua\nerror('x')", "-ERR user_script:2: x script: ");
}
END_TEST

START_TEST(someCommandsAreNotForScripts) {
    RUN_FAILS("return redis.call('multi')", "-ERR This Redis command is not allowed from script");
    RUN_FAILS("return redis.call('eval', 'return 1', 0)", "not allowed from script");
    RUN_FAILS("return redis.call('subscribe', 'x')", "not allowed from script");
    RUN_FAILS("return redis.call('fcall', 'x', 0)", "not allowed from script");
    RUN_FAILS("return redis.call('script', 'flush')", "not allowed from script");
    f->server->scripts_may_all = true; /* DEBUG SET-DISABLE-DENY-SCRIPTS */
    RUN_FAILS("return redis.call('eval', 'return 1', 0)", "not allowed from script");
    RUN_FAILS("return redis.call('multi')", "not allowed from script");
    RUN("return redis.call('client', 'no-evict', 'on')", "+OK|");
    RUN("return redis.call('client', 'reply', 'off') or 'nothing'", "$7|nothing|");
    RUN("return redis.call('echo', 'x')", "$1|x|"); /* The client was made anew. */
}
END_TEST

START_TEST(blockingCommandsDoNotBlock) {
    RUN("return redis.call('blpop', 'l', 0)", "$-1|");
    RUN("return redis.call('bzpopmin', 'z', 0)", "$-1|");
    RUN("return redis.call('wait', 1, 0)", ":0|");
    RUN("redis.call('rpush', 'l', 'x') return redis.call('blpop', 'l', 0)", "*2|$1|l|$1|x|");
}
END_TEST

START_TEST(selectInsideStaysInside) {
    RUN("redis.call('select', 5) redis.call('set', 'k', 'five') return 1", ":1|");
    CALL(f, "GET k", "$-1|");
    CALL(f, "SELECT 5", "+OK|");
    RUN("return redis.call('get', 'k')", "$4|five|");
}
END_TEST

START_TEST(timeStandsStillInAScript) {
    fakeCall(f, "SET k v PX 10");
    RUN("local a = redis.call('time') for i = 1, 100 do redis.call('ping') end "
        "local b = redis.call('time') return a[1] == b[1] and a[2] == b[2]",
        ":1|");
}
END_TEST

/* ---- transactions ---- */

START_TEST(runsInsideOfMulti) {
    fakeCall(f, "MULTI");
    fakeCall(f, "EVAL \"redis.call('set', 'k', 'v') return 'done'\" 0");
    fakeCall(f, "GET k");
    fakeCall(f, "EVAL \"return redis.call('incr', 'k')\" 0");
    ck_assert_ptr_nonnull(
        strstr(fakeCall(f, "EXEC"), "*3\r\n$4\r\ndone\r\n$1\r\nv\r\n-ERR value is not an integer"));
}
END_TEST

START_TEST(watchSeesWhatAScriptChanges) {
    client *other = fakeClient(f);
    fakeCall(f, "WATCH k");
    fakeCallAs(f, other, "EVAL \"redis.call('set', 'k', 1)\" 0");
    fakeCall(f, "MULTI");
    fakeCall(f, "PING");
    CALL(f, "EXEC", "*-1|");
}
END_TEST

START_TEST(blockedClientsAreServedBehindTheScript) {
    client *other = fakeClient(f);
    fakeCallAs(f, other, "BRPOP l 0");
    scriptReply(f, "redis.call('lpush', 'l', 1) redis.call('lpush', 'l', 2) return 1");
    ck_assert_str_eq(fakeTake(f, other, NULL), "*2\r\n$1\r\nl\r\n$1\r\n1\r\n");
}
END_TEST

/* ---- who looks on ---- */

START_TEST(monitorsSeeTheScriptBeforeWhatItCalls) {
    client *watcher = fakeClient(f);
    fakeCallAs(f, watcher, "MONITOR");
    scriptReply(f, "redis.call('set', 'k', 'v') return redis.call('get', 'k')");
    const char *shown = fakeTake(f, watcher, NULL);
    const char *eval = strstr(shown, "[0 ?:0] \"EVAL\" \"redis.call(");
    const char *set = strstr(shown, "[0 lua] \"set\" \"k\" \"v\"");
    const char *get = strstr(shown, "[0 lua] \"get\" \"k\"");
    ck_assert_ptr_nonnull(eval);
    ck_assert_ptr_nonnull(set);
    ck_assert_ptr_nonnull(get);
    ck_assert(eval < set && set < get);
}
END_TEST

START_TEST(monitorsSeeWhatFindsNoScript) {
    static const char *const calls[] = {"EVALSHA 0123456789012345678901234567890123456789 0",
                                        "EVALSHA_RO short 0", "EVAL \"return (\" 0",
                                        "EVAL \"return 1\" -1", "FCALL nosuch 0"};
    client *watcher = fakeClient(f);
    fakeCallAs(f, watcher, "MONITOR");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        ck_assert_int_eq(fakeCall(f, calls[i])[0], '-');
        const char *shown = fakeTake(f, watcher, NULL);
        size_t name = strcspn(calls[i], " ");
        ck_assert_msg(!strncmp(strchr(shown, '"') + 1, calls[i], name), "%s: %s", calls[i], shown);
    }
}
END_TEST

START_TEST(callsOfAScriptAreCounted) {
    scriptReply(f, "for i = 1, 10 do redis.call('incr', 'n') end redis.call('config', 'get', 'x')");
    command *incr = commandFind(f->server->commands, BYTES("incr"));
    command *eval = commandFind(f->server->commands, BYTES("eval"));
    ck_assert_uint_eq(incr->calls, 10);
    ck_assert_uint_eq(eval->calls, 1);
    fakeCall(f, "CONFIG SET slowlog-log-slower-than 0");
    scriptReply(f, "return redis.call('incr', 'n')");
    const char *log = fakeCall(f, "SLOWLOG GET 2");
    ck_assert_ptr_nonnull(strstr(log, "$4\r\nEVAL\r\n"));
    ck_assert_ptr_nonnull(strstr(log, "$4\r\nincr\r\n"));
}
END_TEST

START_TEST(keysThatAScriptReadsAreTracked) {
    client *reader = fakeClient(f);
    fakeCallAs(f, reader, "HELLO 3");
    fakeCallAs(f, reader, "CLIENT TRACKING ON");
    fakeCallAs(f, reader, "EVAL \"return redis.call('get', 'seen')\" 0");
    fakeCall(f, "EVAL \"redis.call('set', 'unseen', 1) redis.call('set', 'seen', 1)\" 0");
    ck_assert_str_eq(fakeTake(f, reader, NULL), ">2\r\n$10\r\ninvalidate\r\n*1\r\n$4\r\nseen\r\n");
}
END_TEST

START_TEST(outOfMemoryIsJudgedAsTheScriptBegins) {
    fakeCall(f, "SET k v");
    fakeCall(f, "CONFIG SET maxmemory 1");
    RUN_FAILS("return redis.call('set', 'k', 'w')",
              "-OOM command not allowed when used memory > 'maxmemory'. script: ");
    RUN("return redis.call('get', 'k')", "$1|v|");
    RUN("redis.call('del', 'x') redis.call('set', 'k', 'w') return 1", ":1|");
    RUN("#!lua\nreturn 1", "-OOM command not allowed when used memory > 'maxmemory'.|");
    RUN("#!lua flags=no-writes\nreturn redis.call('get', 'k')", "$1|w|");
    RUN("#!lua flags=allow-oom\nredis.call('set', 'k', 'x') return 1", ":1|");
    fakeCall(f, "MULTI");
    CALL(f, "EVAL \"#!lua\\nreturn 1\" 0",
         "-OOM command not allowed when used memory > "
         "'maxmemory'.|");
    fakeCall(f, "DISCARD");
    fakeCall(f, "CONFIG SET maxmemory 0");
    RUN("return redis.call('set', 'k', 'w').ok", "$2|OK|");
}
END_TEST

/* ---- who follows ---- */

typedef struct follower {
    propagationSink sink;
    char told[2048];
} follower;

static void take(void *ctx, server *s, int db_id, bytes record) {
    follower *to = ctx;
    (void)s;
    snprintf(to->told + strlen(to->told), sizeof to->told - strlen(to->told), "[%d %.*s]", db_id,
             (int)record.size, record.data);
}

static bool was(const follower *to, const char *part) {
    return strstr(to->told, part) != NULL;
}

START_TEST(followersAreToldWhatAScriptDid) {
    follower log = {.sink = {.kind = FOLLOWS_LOG, .take = take}};
    follower replica = {.sink = {.kind = FOLLOWS_REPLICA, .take = take}};
    log.sink.ctx = &log;
    replica.sink.ctx = &replica;
    propagateAddSink(f->server, &log.sink);
    propagateAddSink(f->server, &replica.sink);
    scriptReply(f, "redis.call('set', 'a', 1) redis.call('get', 'a') redis.call('select', 3) "
                   "redis.set_repl(redis.REPL_NONE) redis.call('set', 'b', 2) "
                   "redis.set_repl(redis.REPL_AOF) redis.call('set', 'c', 3) "
                   "redis.set_repl(redis.REPL_REPLICA) redis.call('set', 'd', 4)");
    ck_assert(was(&log, "MULTI") && was(&log, "EXEC"));
    ck_assert(was(&log, "[0 *3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n1\r\n]"));
    ck_assert(was(&log, "[3 *3\r\n$3\r\nset\r\n$1\r\nc\r\n$1\r\n3\r\n]"));
    ck_assert(was(&replica, "$1\r\na\r\n") && was(&replica, "$1\r\nd\r\n"));
    ck_assert(!was(&replica, "$1\r\nc\r\n") && !was(&log, "$1\r\nd\r\n"));
    ck_assert(!was(&log, "$1\r\nb\r\n") && !was(&replica, "$1\r\nb\r\n"));
    ck_assert(!was(&log, "EVAL") && !was(&log, "get"));
    log.told[0] = '\0';
    /* What one script set holds for no other, nor for what follows in a transaction. */
    fakeCall(f, "MULTI");
    fakeCall(f, "EVAL \"redis.set_repl(redis.REPL_NONE)\" 0");
    fakeCall(f, "SET e 5");
    fakeCall(f, "EXEC");
    ck_assert(was(&log, "$1\r\ne\r\n"));
    log.told[0] = '\0';
    fakeCall(f, "FUNCTION LOAD \"#!lua name=x\\nredis.register_function('f', function() end)\"");
    fakeCall(f, "FUNCTION DELETE x");
    ck_assert(was(&log, "LOAD") && was(&log, "DELETE"));
    propagateRemoveSink(f->server, &log.sink);
    propagateRemoveSink(f->server, &replica.sink);
}
END_TEST

/* ---- the cache ---- */

START_TEST(scriptsAreFoundByTheirDigest) {
    CALL(f, "SCRIPT LOAD \"return 1\"", "$40|e0e1f9fabfc9d4800c877a703b823ac0578ff8db|");
    CALL(f, "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", ":1|");
    CALL(f, "EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0", ":1|");
    CALL(f, "EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", ":1|");
    CALL(f, "EVALSHA e0e1 0", "-NOSCRIPT No matching script. Please use EVAL.|");
    CALL(f, "SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db x", "*2|:1|:0|");
    CALL(f, "SCRIPT FLUSH", "+OK|");
    CALL(f, "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0",
         "-NOSCRIPT No matching script. Please use EVAL.|");
    CALL(f, "EVAL \"return 1\" 0", ":1|");
    CALL(f, "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", ":1|");
    CALL(f, "SCRIPT LOAD \"bad code\"",
         "-ERR Error compiling script (new function): user_script:1: '=' expected near 'code'|");
}
END_TEST

START_TEST(theCacheOfEvalIsBounded) {
    char script[32];
    fakeCall(f, "SCRIPT LOAD \"return 'stays'\"");
    for (int i = 0; i <= EVAL_CACHE_MAX; i++) {
        snprintf(script, sizeof script, "return %d", i);
        scriptReply(f, script);
        scriptReply(f, "return 0");
    }
    scriptUsage usage = f->server->scriptUsage(f->server);
    ck_assert_uint_eq(usage.scripts, EVAL_CACHE_MAX + 1);
    ck_assert_uint_eq(f->server->stats.evicted_scripts, 1);
    /* Of 0 and 1 the one that was not used since. */
    CALL(f,
         "SCRIPT EXISTS 06d3d9b2060dd51343d5f19f0e531f15c507e3d1 "
         "e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
         "*2|:1|:0|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "INFO memory"), "number_of_cached_scripts:501\r\n"));
}
END_TEST

START_TEST(memoryOfScriptsIsCounted) {
    scriptUsage before = f->server->scriptUsage(f->server);
    ck_assert_uint_eq(before.eval_vm, 0);
    size_t used = memUsed();
    RUN("return 1", ":1|");
    scriptUsage usage = f->server->scriptUsage(f->server);
    ck_assert_uint_gt(usage.eval_vm, 10000);
    ck_assert_uint_lt(usage.eval_vm, 200000);
    ck_assert_uint_ge(memUsed(), used + usage.eval_vm);
    fakeCall(f, "SCRIPT FLUSH");
    ck_assert_uint_eq(f->server->scriptUsage(f->server).eval_vm, 0);
}
END_TEST

/* Loads scripts, each with a text of its own; the memory that they take. */
static size_t loadMany(int count) {
    size_t before = memUsed();
    for (int i = 0; i < count; i++) {
        char request[128];
        snprintf(request, sizeof request, "SCRIPT LOAD \"local t = {%d, 'x%d'} return t\"", i, i);
        fakeCall(f, request);
    }
    return memUsed() - before;
}

START_TEST(manyScriptsAreFreedInSlices) {
    enum { MANY = 2000 };
    size_t before = memUsed(), taken = loadMany(MANY);
    CALL(f, "SCRIPT FLUSH ASYNC", "+OK|");
    ck_assert_uint_gt(memUsed(), before + taken / 2);
    ck_assert_uint_eq(discardFreed(f->server->discard), 0);
    RUN("return 1", ":1|"); /* A new state, while the old one goes. */
    ck_assert_uint_eq(cronNextNs(f->server), 0);
    fakeAdvanceMs(f, 1);
    cronRun(f->server);
    ck_assert_uint_eq(discardFreed(f->server->discard), MANY);
    ck_assert_uint_lt(memUsed(), before + 100000);
    RUN("return 2", ":2|");

    loadMany(MANY);
    CALL(f, "SCRIPT FLUSH SYNC", "+OK|");
    ck_assert_uint_lt(memUsed(), before + 100000);
    for (int i = 0; i < 20; i++) { /* More than may wait; the last ones go with the server. */
        loadMany(100);
        CALL(f, "SCRIPT FLUSH ASYNC", "+OK|");
    }
}
END_TEST

START_TEST(runningOnAndOnLeaksNothing) {
    RUN("return redis.call('incr', 'n')", ":1|");
    for (int i = 0; i < 20000; i++) fakeCall(f, "EVAL \"return redis.call('incr', 'n')\" 1 k a");
    ck_assert_uint_lt(f->server->scriptUsage(f->server).eval_vm, 100 * 1024);
}
END_TEST

START_TEST(scriptsKnowWhereTheyRun) {
    RUN("return redis.REDIS_VERSION", "$5|" EBB_REDIS_VERSION "|");
    RUN("return redis.sha1hex('')", "$40|da39a3ee5e6b4b0d3255bfef95601890afd80709|");
    RUN("return redis.acl_check_cmd('set', 'x', 1)", ":1|");
    RUN("return redis.replicate_commands()", ":1|");
    RUN("redis.set_repl(redis.REPL_ALL) return redis.breakpoint()", "$-1|");
    RUN("return type(os.clock())", "$6|number|");
    RUN("return math.random() ~= math.random()", ":1|");
    RUN("math.randomseed(7) local a = math.random() math.randomseed(7) return a == math.random()",
        ":1|");
}
END_TEST

TESTS_BETWEEN("eval", setup, done, luaValuesBecomeReplies, resp3HasMoreTypes,
              noLineBreakGetsIntoALineReply, repliesBecomeLuaValues, bigRepliesCrossChunks,
              asManyArgumentsAsTheStackTakes, keysAndArguments, nestingOfAReplyHasAnEnd,
              errorsKeepTheirCode, pcallGivesTheTextOfACommandsError,
              errorRepliesGetACodeWhereTheyHaveNone, anErrorCountsOnce,
              whatComesAfterAnErrorIsAReplyOfItsOwn, readOnlyScriptsWriteNothing,
              shebangLinesAreRead, someCommandsAreNotForScripts, blockingCommandsDoNotBlock,
              selectInsideStaysInside, timeStandsStillInAScript, runsInsideOfMulti,
              watchSeesWhatAScriptChanges, blockedClientsAreServedBehindTheScript,
              monitorsSeeTheScriptBeforeWhatItCalls, monitorsSeeWhatFindsNoScript,
              callsOfAScriptAreCounted, keysThatAScriptReadsAreTracked,
              outOfMemoryIsJudgedAsTheScriptBegins, followersAreToldWhatAScriptDid,
              scriptsAreFoundByTheirDigest, theCacheOfEvalIsBounded, memoryOfScriptsIsCounted,
              runningOnAndOnLeaksNothing, manyScriptsAreFreedInSlices, scriptsKnowWhereTheyRun)
