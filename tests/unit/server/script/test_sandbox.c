/* What a script cannot do: change what later scripts see, run what was compiled elsewhere, take the
 * server down. Each of these was a hole in a server of this kind, or of LuaJIT. */
#include <stdio.h>

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

#define READ_ONLY "Attempt to modify a readonly table"

START_TEST(globalsCannotBeChanged) {
    RUN_FAILS("x = 1", READ_ONLY);
    RUN_FAILS("_G.x = 1", READ_ONLY);
    RUN_FAILS("_G = {}", READ_ONLY);
    RUN_FAILS("redis = {}", READ_ONLY);
    RUN_FAILS("tostring = nil", READ_ONLY);
    RUN_FAILS("rawset(_G, 'x', 1)", READ_ONLY);
    RUN_FAILS("setmetatable(_G, {})", READ_ONLY);
    RUN_FAILS("getmetatable(_G).__index = {}", READ_ONLY);
    RUN_FAILS("getmetatable(_G).__newindex = nil", READ_ONLY);
    RUN_FAILS("table.insert(_G, 1)", READ_ONLY);
    RUN_FAILS("KEYS = {}", READ_ONLY);
    RUN("return rawget(_G, 'nothing') == nil and rawget(_G, 'redis') == redis", ":1|");
}
END_TEST

START_TEST(librariesCannotBeChanged) {
    static const char *const libraries[] = {"redis",    "string", "table",  "math", "cjson",
                                            "cmsgpack", "bit",    "struct", "os",   "coroutine"};
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        char script[256];
        snprintf(script, sizeof script, "%s.x = 1", libraries[i]);
        RUN_FAILS(script, READ_ONLY);
        snprintf(script, sizeof script, "rawset(%s, 'x', 1)", libraries[i]);
        RUN_FAILS(script, READ_ONLY);
        snprintf(script, sizeof script, "setmetatable(%s, nil)", libraries[i]);
        RUN_FAILS(script, READ_ONLY);
        snprintf(script, sizeof script, "table.insert(%s, 'x')", libraries[i]);
        RUN_FAILS(script, READ_ONLY);
        snprintf(script, sizeof script, "table.sort(%s)", libraries[i]);
        RUN_FAILS(script, READ_ONLY);
        /* Iterating gives what is in it, and not the table itself. */
        snprintf(
            script, sizeof script,
            "local n = 0 local iterate, state = pairs(%s) for k in iterate, state do n = n + 1 "
            "end state.x = 1",
            libraries[i]);
        RUN_FAILS(script, READ_ONLY);
    }
    RUN("local n = 0 for k, v in pairs(os) do n = n + 1 end return n", ":1|");
    RUN("return next(os)", "$5|clock|");
}
END_TEST

START_TEST(stringsOfOthersStayAsTheyAre) {
    RUN_FAILS("getmetatable('').__index = {}", READ_ONLY);
    RUN_FAILS("getmetatable('').__add = function() return 1 end", READ_ONLY);
    RUN_FAILS("rawset(getmetatable(''), '__add', 1)", READ_ONLY);
    RUN("return ('x'):rep(3)", "$3|xxx|");
}
END_TEST

START_TEST(metatablesOfOtherTypesAreOutOfReach) {
    RUN_FAILS("setmetatable(nil, {})", "bad argument #1");
    RUN_FAILS("setmetatable(1, {})", "bad argument #1");
    RUN("return getmetatable(nil) == nil and getmetatable(1) == nil and getmetatable(true) == nil",
        ":1|");
}
END_TEST

START_TEST(nothingLeadsOutOfTheSandbox) {
    static const char *const names[] = {"print",   "dofile", "loadfile", "require", "package",
                                        "io",      "debug",  "jit",      "ffi",     "getfenv",
                                        "setfenv", "module", "newproxy"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char script[64];
        snprintf(script, sizeof script, "return %s", names[i]);
        RUN_FAILS(script, "Script attempted to access nonexistent global variable");
    }
    RUN_FAILS("os.execute('true')", "attempt to call field 'execute'");
    RUN_FAILS("os.exit()", "attempt to call field 'exit'");
    RUN("local n = 0 for k in pairs(_G) do n = n + 1 end return n < 45", ":1|");
}
END_TEST

START_TEST(compiledCodeIsNotLoaded) {
    RUN("local f, e = loadstring(string.dump(function() return 1 end)) return tostring(f)",
        "$3|nil|");
    RUN("local code = string.dump(function() return 1 end) local sent = false "
        "local f = load(function() if not sent then sent = true return code end end) "
        "return tostring(f)",
        "$3|nil|");
    /* Nor in pieces: the first byte is looked at when all have come. */
    RUN("local code, at = string.dump(function() return 1 end), 0 "
        "local f = load(function() at = at + 1 return code:sub(at, at) end) return tostring(f)",
        "$3|nil|");
}
END_TEST

START_TEST(textIsLoaded) {
    RUN("return loadstring('return 1 + 1')()", ":2|");
    RUN("local pieces, at = {'return ', '1', ' + 1'}, 0 "
        "return load(function() at = at + 1 return pieces[at] end)()",
        ":2|");
    RUN("local f, e = loadstring('return x x', '=name') return e",
        "$33|name:1: '<eof>' expected near 'x'|");
    RUN_FAILS("loadstring('x = 1')()", READ_ONLY);
    RUN_FAILS("loadstring(nil)", "bad argument #1");
}
END_TEST

/* The parser's chunk name was collected while it was in use. */
START_TEST(parsingWhileMuchIsCollected) {
    RUN("for i = 1, 300 do local name = string.rep('n', 1000) .. i "
        "assert(loadstring('return \"' .. string.rep('x', 2000) .. '\"', name)) end return 1",
        ":1|");
}
END_TEST

/* Each of these kept frames of C on top of each other until the stack of the process was full. */
START_TEST(callsOfCInCHaveAnEnd) {
    RUN_FAILS("local function f() string.gsub('a', 'a', f) end f()", "C stack overflow");
    RUN_FAILS("local function f() return coroutine.wrap(f)() end f()", "C stack overflow");
    RUN_FAILS("local function f() local c = coroutine.create(f) "
              "local ok, e = coroutine.resume(c) if not ok then error(e, 0) end end f()",
              "C stack overflow");
    RUN_FAILS("local function f() table.sort({1, 2}, function(a, b) f() return a < b end) end f()",
              "overflow");
    RUN_FAILS("local function f() table.foreach({1}, f) end f()", "overflow");
    RUN("local depth = 0 local function f() depth = depth + 1 pcall(f) end f() return depth < 1000",
        ":1|");
    RUN("local depth = 0 local function f() depth = depth + 1 xpcall(f, tostring) end f() return 1",
        ":1|");
    RUN_FAILS("local mt = {} mt.__index = function(t, k) return t[k + 1] end "
              "return setmetatable({}, mt)[1]",
              "-ERR "); /* Each Lua has a text of its own. */
    CALL(f, "PING", "+PONG|");
}
END_TEST

START_TEST(theDepthIsCountedBackAfterErrors) {
    RUN("for i = 1, 1000 do pcall(string.gsub, 'a', 'a', function() error('x') end) end "
        "for i = 1, 1000 do local c = coroutine.create(function() string.gsub('a', 'a', error) "
        "end) "
        "coroutine.resume(c) end "
        "return (string.gsub('a', 'a', function() return 'b' end))",
        "$1|b|");
}
END_TEST

START_TEST(deepRecursionEnds) {
    RUN_FAILS("local function f() return 1 + f() end return f()", "stack overflow");
    RUN("return #tostring(loadstring('return ' .. string.rep('(', 100000)))", ":3|");
    RUN("return #tostring(loadstring('return ' .. string.rep('{', 100000)))", ":3|");
}
END_TEST

START_TEST(hugeSizesAreRefused) {
    RUN_FAILS("return string.rep(string.rep('x', 10^6), 10^6)", "ERR ");
    RUN("return #string.rep('xy', 10) + #('z'):rep(0) + #('z'):rep(-1)", ":20|");
    RUN_FAILS("return {unpack({}, 0, 2^31 - 1)}", "too many results to unpack");
    RUN_FAILS("return {unpack({}, -2^31, 2^31 - 1)}", "too many results to unpack");
    RUN_FAILS("return table.concat({}, 'x', 1, 2^31 - 1)", "invalid value");
    RUN_FAILS("return {string.byte(string.rep('x', 10^6), 1, -1)}", "string slice too long");
    RUN_FAILS("return string.find(string.rep('a', 300000), string.rep('a?', 300000))",
              "pattern too complex");
    CALL(f, "PING", "+PONG|");
}
END_TEST

START_TEST(withoutMemoryAScriptEnds) {
    RUN("return 1", ":1|");
    for (uint64_t n = 1; n <= 4; n++) {
        memFailFrom(n);
        RUN_FAILS("local t = {} for i = 1, 20 do t[i] = string.rep('x', 10^5 + i) end return #t",
                  "-ERR not enough memory");
        RUN_FAILS("return cjson.encode({string.rep('x', 10^5), string.rep('y', 10^5)})",
                  "-ERR not enough memory");
        memFailFrom(0);
        RUN("return 1", ":1|");
    }
    fakeCall(f, "SETRANGE big 300000 x");
    memFailAfter(1); /* A reply in several chunks is not put together. */
    RUN_FAILS("return #redis.call('mget', 'big', 'big')[1]", "-ERR not enough memory");
    RUN("return #redis.call('mget', 'big', 'big')[1]", ":300001|");
}
END_TEST

START_TEST(theCollectorIsTheServers) {
    RUN("collectgarbage('stop') return collectgarbage('count') > 10", ":1|");
    RUN("for i = 1, 100000 do local t = {i} end return collectgarbage('count') < 2000", ":1|");
}
END_TEST

START_TEST(protectedMetatablesStayProtected) {
    RUN_FAILS("setmetatable(setmetatable({}, {__metatable = 1}), {})",
              "cannot change a protected metatable");
    RUN("local t = {} setmetatable(t, {__index = {a = 1}}) return t.a", ":1|");
    RUN("local t = rawset({}, 'a', 1) return t.a", ":1|");
}
END_TEST

START_TEST(tableFunctionsWork) {
    RUN("local t = {1, 3} table.insert(t, 2, 2) table.insert(t, 4) return t", "*4|:1|:2|:3|:4|");
    RUN("local t = {1, 2, 3} local x = table.remove(t, 1) return {x, t[1], #t}", "*3|:1|:2|:2|");
    RUN("local t = {1, 2, 3} return {table.remove(t), #t}", "*2|:3|:2|");
    RUN("return select('#', table.remove({}))", ":0|");
    RUN("local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t",
        "*3|:3|:2|:1|");
    RUN_FAILS("table.insert({}, 1, 2, 3)", "wrong number of arguments to 'insert'");
    RUN_FAILS("local t = {} table.insert(1, 2)", "bad argument #1 to 'insert'");
    RUN("local s = '' table.foreach({a = 1}, function(k, v) s = s .. k end) return s", "$1|a|");
    RUN("local c = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end) "
        "return {c(1), c(10)}",
        "*2|:2|:20|");
    RUN("local c = coroutine.create(function() error('x', 0) end) "
        "local ok, e = coroutine.resume(c) return {tostring(ok), e}",
        "*2|$5|false|$1|x|");
}
END_TEST

TESTS_BETWEEN("sandbox", setup, done, globalsCannotBeChanged, librariesCannotBeChanged,
              stringsOfOthersStayAsTheyAre, metatablesOfOtherTypesAreOutOfReach,
              nothingLeadsOutOfTheSandbox, compiledCodeIsNotLoaded, textIsLoaded,
              parsingWhileMuchIsCollected, callsOfCInCHaveAnEnd, theDepthIsCountedBackAfterErrors,
              deepRecursionEnds, hugeSizesAreRefused, withoutMemoryAScriptEnds,
              theCollectorIsTheServers, protectedMetatablesStayProtected, tableFunctionsWork)
