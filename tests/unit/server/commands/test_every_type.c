/* The commands on keys of any type, over values of every type and encoding. */
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

/* How a value is made under a key: 'many' calls, each with its number in it. */
typedef struct sample {
    const char *key, *type, *encoding, *make;
    int many;
} sample;

static const sample samples[] = {
    {"string", "string", "embstr", "SET string text%d", 1},
    {"int", "string", "int", "SET int %d", 1},
    {"list", "list", "listpack", "RPUSH list element:%d", 5},
    {"biglist", "list", "quicklist", "RPUSH biglist element:%d:which-is-rather-long", 2000},
    {"ints", "set", "intset", "SADD ints %d", 5},
    {"set", "set", "listpack", "SADD set member:%d", 5},
    {"bigset", "set", "hashtable", "SADD bigset member:%d", 1000},
    {"zset", "zset", "listpack", "ZADD zset %d member", 5},
    {"bigzset", "zset", "skiplist", "ZADD bigzset %1$d member:%1$d", 1000},
    {"hash", "hash", "listpack", "HSET hash field:%d value", 5},
    {"bighash", "hash", "hashtable", "HSET bighash field:%d value", 1000},
    {"stream", "stream", "stream", "XADD stream %d-1 field value", 500},
    {"array", "array", "sliced-array", "ARSET array %1$d000 a-value-of-some-size:%1$d", 300},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static void setup(void) {
    f = fakeNew();
    f->server->config.enable_debug_command = CONFIG_YES;
    for (int i = 0; i < SAMPLES; i++)
        for (int n = 1; n <= samples[i].many; n++) {
            char line[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(line, sizeof line, samples[i].make, n);
#pragma GCC diagnostic pop
            ck_assert_int_ne(fakeCall(f, line)[0], '-');
        }
}
static void done(void) {
    fakeFree(f);
}

/* The last reply to a call with a key in it, kept for comparing. */
static const char *ask(char *room, const char *words, const char *key) {
    snprintf(room, 256, "%.255s", fakeCallFormat(f, "%s %s", words, key));
    return room;
}

static int64_t number(const char *words, const char *key) {
    const char *reply = fakeCallFormat(f, "%s %s", words, key);
    ck_assert_int_eq(reply[0], ':');
    return strtoll(reply + 1, NULL, 10);
}

START_TEST(typesAndEncodingsHaveTheirNames) {
    setup();
    for (int i = 0; i < SAMPLES; i++) {
        char room[256], wanted[256];
        snprintf(wanted, sizeof wanted, "+%s\r\n", samples[i].type);
        ck_assert_str_eq(ask(room, "TYPE", samples[i].key), wanted);
        snprintf(wanted, sizeof wanted, "$%zu\r\n%s\r\n", strlen(samples[i].encoding),
                 samples[i].encoding);
        ck_assert_str_eq(ask(room, "OBJECT ENCODING", samples[i].key), wanted);
        ck_assert_str_eq(ask(room, "OBJECT REFCOUNT", samples[i].key),
                         strcmp(samples[i].key, "int") ? ":1\r\n" : ":2147483647\r\n");
        ck_assert_ptr_nonnull(strstr(ask(room, "DEBUG OBJECT", samples[i].key), "encoding:"));
    }
    done();
}
END_TEST

START_TEST(copiesAreEqualAndRenamedOnesStay) {
    setup();
    for (int i = 0; i < SAMPLES; i++) {
        char digest[256], other[256];
        const char *key = samples[i].key;
        ask(digest, "DEBUG DIGEST-VALUE", key);
        ck_assert_str_eq(fakeCallFormat(f, "COPY %s copy", key), ":1\r\n");
        ck_assert_str_eq(ask(other, "DEBUG DIGEST-VALUE", "copy"), digest);
        ck_assert_str_eq(fakeCallFormat(f, "COPY %s copy", key), ":0\r\n");
        ck_assert_str_eq(fakeCallFormat(f, "COPY %s copy REPLACE", key), ":1\r\n");
        ck_assert_str_eq(fakeCallFormat(f, "RENAME copy %s:renamed", key), "+OK\r\n");
        ck_assert_str_eq(fakeCallFormat(f, "MOVE %s:renamed 1", key), ":1\r\n");
        CALL(f, "SELECT 1", "+OK|");
        snprintf(other, sizeof other, "%s:renamed", key);
        char moved[256];
        ck_assert_str_eq(ask(moved, "DEBUG DIGEST-VALUE", other), digest);
        ck_assert_str_eq(ask(moved, "UNLINK", other), ":1\r\n");
        CALL(f, "SELECT 0", "+OK|");
        ck_assert_str_eq(ask(other, "DEBUG DIGEST-VALUE", key), digest);
    }
    done();
}
END_TEST

START_TEST(memoryUsageCountsWhatIsInside) {
    setup();
    for (int i = 0; i < SAMPLES; i++) {
        int64_t all = number("MEMORY USAGE", samples[i].key);
        ck_assert_int_ge(all, samples[i].many);
        ck_assert_int_lt(all, 1000 + 300 * samples[i].many);
        char line[256];
        snprintf(line, sizeof line, "%s SAMPLES 0", samples[i].key);
        ck_assert_int_eq(number("MEMORY USAGE", line), all);
    }
    done();
}
END_TEST

START_TEST(scanFindsATypeAndNoOther) {
    setup();
    static const char *const types[] = {"string", "list", "set", "zset", "hash", "stream", "array"};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        const char *reply = fakeCallFormat(f, "SCAN 0 COUNT 1000 TYPE %s", types[t]);
        for (int i = 0; i < SAMPLES; i++) {
            char wanted[64];
            snprintf(wanted, sizeof wanted, "\n%s\r", samples[i].key);
            bool found = strstr(reply, wanted) != NULL;
            ck_assert_int_eq(found, strcmp(samples[i].type, types[t]) == 0);
        }
    }
    ck_assert_int_eq(fakeCall(f, "RANDOMKEY")[0], '$');
    done();
}
END_TEST

START_TEST(digestsOfTheWholeTellEveryValue) {
    setup();
    for (int i = 0; i < SAMPLES; i++) {
        char with[256], without[256];
        ask(with, "DEBUG", "DIGEST");
        ck_assert_str_eq(fakeCallFormat(f, "RENAME %s kept", samples[i].key), "+OK\r\n");
        ck_assert_str_ne(ask(without, "DEBUG", "DIGEST"), with);
        ck_assert_str_eq(fakeCallFormat(f, "RENAME kept %s", samples[i].key), "+OK\r\n");
        ck_assert_str_eq(ask(without, "DEBUG", "DIGEST"), with);
    }
    done();
}
END_TEST

START_TEST(valuesOfAnyTypeExpireAndAreOverwritten) {
    setup();
    for (int i = 0; i < SAMPLES; i++) {
        const char *key = samples[i].key;
        ck_assert_str_eq(fakeCallFormat(f, "COPY %s mortal", key), ":1\r\n");
        CALL(f, "PEXPIRE mortal 100", ":1|");
        fakeAdvanceMs(f, 102);
        CALL(f, "EXISTS mortal", ":0|");
        ck_assert_str_eq(fakeCallFormat(f, "COPY %s other", key), ":1\r\n");
        CALL(f, "SET other x", "+OK|");
        CALL(f, "GETDEL other", "$1|x|");
    }
    CALL(f, "FLUSHALL ASYNC", "+OK|");
    CALL(f, "DBSIZE", ":0|");
    CALL(f, "DEBUG DIGEST", "+0000000000000000000000000000000000000000|");
    done();
}
END_TEST

TESTS("every type", typesAndEncodingsHaveTheirNames, copiesAreEqualAndRenamedOnesStay,
      memoryUsageCountsWhatIsInside, scanFindsATypeAndNoOther, digestsOfTheWholeTellEveryValue,
      valuesOfAnyTypeExpireAndAreOverwritten)
