#include "server/script/function.h"

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

#define HEAD(name)      "#!lua name=" name "\n"
#define ADD(name, body) "redis.register_function('" name "', function(keys, args) " body " end)\n"

static const char *load(const char *code, bool replace) {
    bytes argv[] = {BYTES("FUNCTION"), BYTES("LOAD"), BYTES("REPLACE"), bytesOfText(code)};
    if (!replace) argv[2] = argv[3];
    return fakeCallArgs(f, f->client, replace ? 4 : 3, argv, NULL);
}

#define LOADS(code, name)      ck_assert_str_eq(load(code, false), name)
#define LOAD_FAILS(code, text) ck_assert_str_eq(load(code, false), "-ERR " text "\r\n")
#define REGISTER_FAILS(call, text)                                                                 \
    LOAD_FAILS(HEAD("x") "redis.register_function" call, "Error registering functions: ERR " text)

START_TEST(functionsAreCalled) {
    LOADS(HEAD("lib") ADD("first", "return {keys[1], args[1], #keys, #args}")
              ADD("second", "return redis.call('incr', keys[1])"),
          "$3\r\nlib\r\n");
    CALL(f, "FCALL first 1 a b", "*4|$1|a|$1|b|:1|:1|");
    CALL(f, "FCALL SECOND 1 m", ":1|");
    CALL(f, "FCALL second 1 n", ":1|");
    CALL(f, "FCALL nosuch 0", "-ERR Function not found|");
    CALL(f, "FCALL first x", "-ERR Bad number of keys provided|");
    CALL(f, "FCALL first -1", "-ERR Number of keys can't be negative|");
    CALL(f, "FCALL first 1", "-ERR Number of keys can't be greater than number of args|");
}
END_TEST

START_TEST(aLibrarySharesItsLocals) {
    LOADS(HEAD("lib") "local count = 0\n" ADD("up", "count = count + 1 return count")
              ADD("now", "return count"),
          "$3\r\nlib\r\n");
    fakeCall(f, "FCALL up 0");
    fakeCall(f, "FCALL up 0");
    CALL(f, "FCALL now 0", ":2|");
}
END_TEST

START_TEST(theFirstLineIsChecked) {
    LOAD_FAILS("return 1", "Missing library metadata");
    LOAD_FAILS("#!lua name=x", "Invalid library metadata");
    LOAD_FAILS("#!lua\n", "Library name was not given");
    LOAD_FAILS("#!python name=x\n", "Engine 'python' not found");
    LOAD_FAILS("#!lua name=x a=b\n", "Invalid metadata value given: a=b");
    LOAD_FAILS("#!lua name=x name=y\n",
               "Invalid metadata value, name argument was given multiple times");
    LOAD_FAILS("#!lua name=a-b\n", "Library names can only contain letters, numbers, or "
                                   "underscores(_) and must be at least one character long");
    LOADS("#!LUA name=\"q\" \n" ADD("qf", "return 1"), "$1\r\nq\r\n");
}
END_TEST

START_TEST(whatALibraryRegistersIsChecked) {
    LOAD_FAILS(HEAD("x") "return 1", "No functions registered");
    LOAD_FAILS(HEAD("x") "bad code",
               "Error compiling function: user_function:2: '=' expected near 'code'");
    REGISTER_FAILS("()", "wrong number of arguments to redis.register_function");
    REGISTER_FAILS("('a', 1, 2)", "wrong number of arguments to redis.register_function");
    REGISTER_FAILS("('a')", "calling redis.register_function with a single argument is only "
                            "applicable to Lua table (representing named arguments).");
    REGISTER_FAILS("(1, 2)", "first argument to redis.register_function must be a string");
    REGISTER_FAILS("('a', 2)", "second argument to redis.register_function must be a function");
    REGISTER_FAILS("{1}", "unknown argument given to redis.register_function");
    REGISTER_FAILS("{function_name = 'a'}", "redis.register_function must get a callback argument");
    REGISTER_FAILS("{callback = function() end}",
                   "redis.register_function must get a function name argument");
    REGISTER_FAILS("{function_name = 1, callback = function() end}",
                   "function_name argument given to redis.register_function must be a string");
    REGISTER_FAILS("{function_name = 'a', callback = function() end, flags = {'x'}}",
                   "unknown flag given");
    REGISTER_FAILS("{function_name = 'a', callback = function() end, flags = 1}",
                   "flags argument to redis.register_function must be a table representing "
                   "function flags");
    LOAD_FAILS(HEAD("x") ADD("a", "") ADD("A", ""),
               "Error registering functions: ERR Function already exists in the library");
    CALL(f, "FUNCTION STATS",
         "*4|$14|running_script|$-1|$7|engines|*2|$3|LUA|*4|$15|libraries_count|:0|$15|"
         "functions_count|:0|");
}
END_TEST

START_TEST(loadingSeesLittle) {
    LOAD_FAILS(HEAD("x") "return math.random()",
               "Error registering functions: ERR user_function:2: Script attempted to access "
               "nonexistent global variable 'math'");
    LOAD_FAILS(HEAD("x") "return redis.call('ping')",
               "Error registering functions: ERR user_function:2: Script attempted to access "
               "nonexistent global variable 'call'");
    LOAD_FAILS(HEAD("x") "a = 1", "Error registering functions: ERR user_function:2: Attempt to "
                                  "modify a readonly table");
    LOAD_FAILS(HEAD("x") "redis.x = 1", "Error registering functions: ERR user_function:2: "
                                        "Attempt to modify a readonly table");
    /* What it kept of that time is of no use later. */
    LOADS(HEAD("lib") "local kept = redis\n" ADD(
              "late", "kept.register_function('b', function() end)") ADD("change", "kept.call = 1"),
          "$3\r\nlib\r\n");
    ck_assert_ptr_nonnull(
        strstr(fakeCall(f, "FCALL late 0"),
               "redis.register_function can only be called on FUNCTION LOAD command"));
    ck_assert_ptr_nonnull(
        strstr(fakeCall(f, "FCALL change 0"), "Attempt to modify a readonly table"));
    ck_assert_ptr_nonnull(
        strstr(fakeCall(f, "FCALL late 0"), "script: late, on @user_function:3."));
}
END_TEST

START_TEST(namesAreUniqueAcrossLibraries) {
    LOADS(HEAD("one") ADD("f", "return 1"), "$3\r\none\r\n");
    LOAD_FAILS(HEAD("one") ADD("g", "return 1"), "Library 'one' already exists");
    LOAD_FAILS(HEAD("two") ADD("f", "return 2"), "Function f already exists");
    CALL(f, "FCALL f 0", ":1|");
    ck_assert_str_eq(load(HEAD("one") ADD("f", "return 3") ADD("g", "return 4"), true),
                     "$3\r\none\r\n");
    CALL(f, "FCALL f 0", ":3|");
    CALL(f, "FCALL g 0", ":4|");
    ck_assert_str_eq(
        load(HEAD("one") "error", true),
        "-ERR Error compiling function: user_function:2: '=' expected near '<eof>'\r\n");
    CALL(f, "FCALL f 0", ":3|");
    CALL(f, "FUNCTION DELETE one", "+OK|");
    CALL(f, "FUNCTION DELETE one", "-ERR Library not found|");
    CALL(f, "FCALL f 0", "-ERR Function not found|");
}
END_TEST

START_TEST(flagsAreHeeded) {
    LOADS(HEAD("lib") "redis.register_function{function_name = 'read', callback = function() "
                      "return redis.call('set', 'k', 1) end, flags = {'no-writes'}}\n" ADD(
                          "write", "return 1"),
          "$3\r\nlib\r\n");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "FCALL read 0"),
                                 "-ERR Write commands are not allowed from read-only scripts."));
    CALL(f, "FCALL_RO write 0",
         "-ERR Can not execute a script with write flag using *_ro command.|");
}
END_TEST

START_TEST(librariesAreListed) {
    LOADS(HEAD("lib") "redis.register_function{function_name = 'f', callback = function() end, "
                      "description = 'what it does', flags = {'no-writes', 'allow-oom'}}",
          "$3\r\nlib\r\n");
    CALL(f, "FUNCTION LIST",
         "*1|*6|$12|library_name|$3|lib|$6|engine|$3|LUA|$9|functions|*1|*6|$4|name|$1|f|$11|"
         "description|$12|what it does|$5|flags|*2|+no-writes|+allow-oom|");
    ck_assert_ptr_eq(strstr(fakeCall(f, "FUNCTION LIST LIBRARYNAME L*b"), "*1"), f->reply);
    CALL(f, "FUNCTION LIST LIBRARYNAME x*", "*0|");
    CALL(f, "FUNCTION LIST LIBRARYNAME", "-ERR library name argument was not given|");
    CALL(f, "FUNCTION LIST WITHCODE WITHCODE", "-ERR Unknown argument WITHCODE|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "FUNCTION LIST WITHCODE"), "$12\r\nlibrary_code\r\n"));
}
END_TEST

/* ---- payloads ---- */

/* The payload that the last reply was, a bulk string. */
static bytes takePayload(void) {
    size_t size;
    bytes argv[] = {BYTES("FUNCTION"), BYTES("DUMP")};
    const char *reply = fakeCallArgs(f, f->client, 2, argv, &size);
    const char *at = strchr(reply, '\n') + 1;
    size -= (size_t)(at - reply) + 2;
    char *copy = memAlloc(size);
    memcpy(copy, at, size);
    return bytesOf(copy, size);
}

static const char *restore(bytes payload, const char *policy) {
    bytes argv[] = {BYTES("FUNCTION"), BYTES("RESTORE"), payload, bytesOfText(policy)};
    return fakeCallArgs(f, f->client, 4, argv, NULL);
}

START_TEST(dumpedLibrariesAreRestored) {
    LOADS(HEAD("one") ADD("f", "return 1"), "$3\r\none\r\n");
    LOADS(HEAD("two") ADD("g", "return 2"), "$3\r\ntwo\r\n");
    bytes payload = takePayload();
    ck_assert_int_eq((uint8_t)payload.data[0], 245);
    ck_assert_str_eq(restore(payload, "APPEND"), "-ERR Library one already exists\r\n");
    ck_assert_str_eq(restore(payload, "REPLACE"), "+OK\r\n");
    fakeCall(f, "FUNCTION FLUSH");
    CALL(f, "FCALL f 0", "-ERR Function not found|");
    ck_assert_str_eq(restore(payload, "APPEND"), "+OK\r\n");
    CALL(f, "FCALL f 0", ":1|");
    CALL(f, "FCALL g 0", ":2|");
    LOADS(HEAD("three") ADD("h", "return 3"), "$5\r\nthree\r\n");
    ck_assert_str_eq(restore(payload, "FLUSH"), "+OK\r\n");
    CALL(f, "FCALL h 0", "-ERR Function not found|");
    CALL(f, "FCALL g 0", ":2|");
    memFree((void *)(uintptr_t)payload.data);
}
END_TEST

START_TEST(aRestoreThatCollidesChangesNothing) {
    LOADS(HEAD("one") ADD("f", "return 1") ADD("g", "return 1"), "$3\r\none\r\n");
    bytes payload = takePayload();
    fakeCall(f, "FUNCTION FLUSH");
    LOADS(HEAD("one") ADD("x", "return 7"), "$3\r\none\r\n");
    LOADS(HEAD("two") ADD("g", "return 8"), "$3\r\ntwo\r\n");
    ck_assert_str_eq(restore(payload, "APPEND"), "-ERR Library one already exists\r\n");
    ck_assert_str_eq(restore(payload, "REPLACE"), "-ERR Function g already exists\r\n");
    CALL(f, "FCALL x 0", ":7|");
    CALL(f, "FCALL g 0", ":8|");
    CALL(f, "FCALL f 0", "-ERR Function not found|");
    memFree((void *)(uintptr_t)payload.data);
}
END_TEST

START_TEST(brokenPayloadsAreRefused) {
    LOADS(HEAD("one") ADD("f", "return 1"), "$3\r\none\r\n");
    bytes payload = takePayload();
    ck_assert_str_eq(restore(BYTES("x"), "APPEND"),
                     "-ERR DUMP payload version or checksum are wrong\r\n");
    ck_assert_str_eq(restore(payload, "x"), "-ERR Wrong restore policy given, value should be "
                                            "either FLUSH, APPEND or REPLACE.\r\n");
    f->server->skip_checksums = true;
    char *raw = (char *)(uintptr_t)payload.data;
    raw[0] = 0;
    ck_assert_str_eq(restore(payload, "FLUSH"), "-ERR given type is not a function\r\n");
    raw[0] = (char)245;
    raw[1] = (char)0xbf; /* A length of 14 bits, more than there is. */
    ck_assert_str_eq(restore(payload, "FLUSH"), "-ERR Failed loading library data\r\n");
    CALL(f, "FCALL f 0", ":1|");
    memFree(raw);
}
END_TEST

/* ---- for snapshots ---- */

static void appendCode(void *ctx, bytes code) {
    char *all = ctx;
    strncat(all, code.data, code.size);
}

START_TEST(snapshotsTakeTheTexts) {
    char *error;
    char all[512] = "";
    const char one[] = HEAD("one") ADD("f", "return 1"), two[] = HEAD("two") ADD("g", "return 2");
    ck_assert_str_eq(functionsLoad(f->server, bytesOfText(two), false, &error), "two");
    ck_assert_str_eq(functionsLoad(f->server, bytesOfText(one), false, &error), "one");
    ck_assert_ptr_null(functionsLoad(f->server, bytesOfText(one), false, &error));
    ck_assert_str_eq(error, "ERR Library 'one' already exists");
    memFree(error);
    functionsEach(f->server, appendCode, all);
    ck_assert_ptr_eq(strstr(all, two), all);
    ck_assert_str_eq(all + strlen(two), one);
    CALL(f, "FLUSHALL", "+OK|"); /* Functions are no keys. */
    CALL(f, "FCALL f 0", ":1|");
    functionsFlush(f->server, true);
    CALL(f, "FCALL f 0", "-ERR Function not found|");
    scriptUsage usage = f->server->scriptUsage(f->server);
    ck_assert_uint_eq(usage.function_vm + usage.functions + usage.libraries, 0);
}
END_TEST

TESTS_BETWEEN("function", setup, done, functionsAreCalled, aLibrarySharesItsLocals,
              theFirstLineIsChecked, whatALibraryRegistersIsChecked, loadingSeesLittle,
              namesAreUniqueAcrossLibraries, flagsAreHeeded, librariesAreListed,
              dumpedLibrariesAreRestored, aRestoreThatCollidesChangesNothing,
              brokenPayloadsAreRefused, snapshotsTakeTheTexts)
