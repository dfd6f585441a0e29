/* The directives: values, CONFIG GET, SET and its rollback. */
#include <unistd.h>

#include "expire/cycle/memlimit.h"
#include "server/core/config.h"
#include "server/core/effects.h"
#include "storage/base/err.h"
#include "storage/base/machine.h"
#include "storage/base/mem.h"
#include "tests/support/suite.h"

enum { ROOM = 4096 };

typedef struct found {
    int count;
    char text[ROOM]; /* "name=value;" of each */
} found;

static void note(void *ctx, bytes name, bytes value) {
    found *f = ctx;
    f->count++;
    size_t size = strlen(f->text);
    snprintf(f->text + size, sizeof f->text - size, "%.*s=%.*s;", (int)name.size, name.data,
             (int)value.size, value.data);
}

static found get(const config *c, const char *pattern) {
    found f = {0};
    bytes one = bytesOfText(pattern);
    configGet(c, &one, 1, note, &f);
    return f;
}

static const char *set(config *c, const char *name, const char *value) {
    static char error[ROOM];
    bytes n = bytesOfText(name), v = bytesOfText(value);
    return configSet(c, &n, &v, 1, false, error, sizeof error) < 0 ? error : "OK";
}

/* Sets and reads back: canonical text of an accepted value, or the end of the error. */
static void expect(config *c, const char *name, const char *value, const char *wanted) {
    char line[ROOM];
    const char *answer = set(c, name, value);
    if (!strcmp(answer, "OK")) {
        snprintf(line, sizeof line, "%s=%s;", name, wanted);
        found f = get(c, name);
        ck_assert_str_eq(f.text, line);
        return;
    }
    snprintf(line, sizeof line, "CONFIG SET failed (possibly related to argument '%s') - %s", name,
             wanted);
    ck_assert_str_eq(answer, line);
}

START_TEST(valuesOfEachTypeAreReadAndPrintedCanonically) {
    static const struct {
        const char *name, *value, *wanted;
    } cases[] = {
        {"activedefrag", "YES", "yes"},
        {"timeout", "05", "argument couldn't be parsed into an integer"},
        {"timeout", "-1", "argument must be between 0 and 2147483647 inclusive"},
        {"list-max-ziplist-size", "-5", "-5"},
        {"hz", "1000", "500"},
        {"maxmemory", "1GB", "1073741824"},
        {"maxmemory", "", "0"},
        {"maxmemory", "0%", "argument must be a memory value"},
        {"maxmemory", "101%", "argument must be a memory value"},
        {"maxmemory", "automatic", "argument must be a memory value"},
        {"maxmemory", "1.5gb", "argument must be a memory value"},
        {"maxmemory", "18446744073709551615", "18446744073709551615"},
        {"proto-max-bulk-len", "1",
         "argument must be between 1048576 and 9223372036854775807 inclusive"},
        {"maxmemory-clients", "5%", "5%"},
        {"maxmemory-clients", "101%", "percentage argument must be less or equal to 100"},
        {"maxmemory-clients", "2kb", "2048"},
        {"maxmemory-clients", "", "0"},
        {"loglevel", "DEBUG", "debug"},
        {"loglevel", "3",
         "argument(s) must be one of the following: debug, verbose, notice, warning, nothing"},
        {"shutdown-on-sigint", "now nosave", "nosave now"},
        {"shutdown-on-sigint", "default", "default"},
        {"shutdown-on-sigint", "save nosave",
         "shutdown options SAVE and NOSAVE can't be used simultaneously"},
        {"save", "900 1 60 5", "900 1 60 5"},
        {"save", "", ""},
        {"save", "0 1", "Invalid save parameters"},
        {"client-output-buffer-limit", "normal 1mb 2k 3 replica 0 0 0",
         "normal 1048576 2000 3 slave 0 0 0 pubsub 33554432 8388608 60"},
        {"client-output-buffer-limit", "normal 1",
         "Wrong number of arguments in buffer limit configuration."},
        {"oom-score-adj-values", "1 2 0", "1 2 0"},
        {"oom-score-adj-values", "1 2", "wrong number of arguments"},
        {"latency-tracking-info-percentiles", "1.5 0 100", "1.5 0 100"},
        {"latency-tracking-info-percentiles", "101",
         "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"},
        {"bind", "127.0.0.1 -::1", "127.0.0.1 -::1"},
        {"bind", "", ""},
        {"repl-backlog-size", "1", "16384"},
        {"cluster-announce-hostname", "a b",
         "Hostnames may only contain alphanumeric characters, hyphens or dots"},
        {"proc-title-template", "{bad}",
         "template format is invalid or contains unknown variables"},
        {"requirepass", "a\"b c", "a\"b c"},
        {"databases", "17", "can't set immutable config"},
        {"dir", "/tmp", "can't set protected config"},
    };
    config c;
    configInit(&c);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(&c, cases[i].name, cases[i].value, cases[i].wanted);
    configClear(&c);
}
END_TEST

START_TEST(maxmemoryMayBeAShareOfWhatThereIs) {
    config c;
    configInit(&c);
    size_t available = machineMemoryOf("").available;
    char wanted[32];
    ck_assert_int_eq(configMaxmemoryForm(&c), 0);
    snprintf(wanted, sizeof wanted, "%zu", memlimitShare(available, 80));
    expect(&c, "maxmemory", "80%", wanted);
    ck_assert_int_eq(configMaxmemoryForm(&c), 80);
    snprintf(wanted, sizeof wanted, "%zu", memlimitShare(available, 75));
    expect(&c, "maxmemory", "AUTO", wanted);
    ck_assert_int_eq(configMaxmemoryForm(&c), CONFIG_MAXMEMORY_AUTO);
    ck_assert_uint_eq(c.maxmemory, strtoull(wanted, NULL, 10));
    /* What is taken back is what was written. */
    char error[ROOM];
    bytes names[] = {BYTES("maxmemory"), BYTES("hz")}, values[] = {BYTES("1mb"), BYTES("x")};
    ck_assert_int_lt(configSet(&c, names, values, 2, false, error, sizeof error), 0);
    ck_assert_int_eq(configMaxmemoryForm(&c), CONFIG_MAXMEMORY_AUTO);
    expect(&c, "maxmemory", "1mb", "1048576");
    ck_assert_int_eq(configMaxmemoryForm(&c), 0);
    configClear(&c);
}
END_TEST

START_TEST(notificationLettersPrintInOneOrder) {
    config c;
    configInit(&c);
    expect(&c, "notify-keyspace-events", "KEA", "AKE");
    ck_assert_uint_eq(c.notify_keyspace_events, NOTIFY_ALL | NOTIFY_KEYSPACE | NOTIFY_KEYEVENT);
    expect(&c, "notify-keyspace-events", "mnKg", "gnKm");
    expect(&c, "notify-keyspace-events", "VIhTS", "hSTIV");
    expect(&c, "notify-keyspace-events", "Z",
           "Invalid event class character. Use 'Ag$lshzxeKEtmdnoca'.");
    expect(&c, "notify-keyspace-events", "", "");
    ck_assert_uint_eq(c.notify_keyspace_events, 0);
    configClear(&c);
}
END_TEST

START_TEST(aliasIsASecondNameOfTheSameValue) {
    config c;
    configInit(&c);
    ck_assert_str_eq(set(&c, "hash-max-ziplist-entries", "7"), "OK");
    ck_assert_int_eq(configInt(&c, "hash-max-listpack-entries"), 7);
    ck_assert_str_eq(get(&c, "hash-max-*-entries").text,
                     "hash-max-listpack-entries=7;hash-max-ziplist-entries=7;"
                     "hash-max-template-entries=0;");
    configClear(&c);
}
END_TEST

START_TEST(getTellsEachOnceAndHiddenOnesByNameOnly) {
    config c;
    configInit(&c);
    bytes patterns[] = {BYTES("maxmemory"), BYTES("maxmem*"), BYTES("MAXMEMORY")};
    found f = {0};
    configGet(&c, patterns, 3, note, &f);
    ck_assert_int_eq(f.count, 5);
    ck_assert_ptr_null(strstr(get(&c, "key-load*").text, "key-load-delay"));
    ck_assert_str_eq(get(&c, "Key-Load-Delay").text, "Key-Load-Delay=0;");
    configClear(&c);
}
END_TEST

START_TEST(oneRefusedValueLeavesAllAsTheyWere) {
    config c;
    configInit(&c);
    char error[ROOM];
    bytes names[] = {BYTES("maxmemory"), BYTES("save"), BYTES("port")};
    bytes values[] = {BYTES("10000001"), BYTES("1 2"), BYTES("x")};
    ck_assert_int_lt(configSet(&c, names, values, 3, false, error, sizeof error), 0);
    ck_assert_str_eq(error, "CONFIG SET failed (possibly related to argument 'port') - argument "
                            "couldn't be parsed into an integer");
    ck_assert_uint_eq(c.maxmemory, 0);
    ck_assert_str_eq(get(&c, "save").text, "save=3600 1 300 100 60 10000;");
    configClear(&c);
}
END_TEST

typedef struct hookLog {
    int calls;
    int64_t seen;
    bool refuse;
} hookLog;

static bool onHz(void *ctx, config *c, char *error, size_t room) {
    hookLog *log = ctx;
    log->calls++;
    log->seen = c->hz;
    if (log->refuse) snprintf(error, room, "not today");
    return !log->refuse;
}

static bool onPort(void *ctx, config *c, char *error, size_t room) {
    hookLog *log = ctx;
    log->calls++;
    log->seen = c->port;
    if (log->refuse && c->port == 1) {
        snprintf(error, room, "taken");
        return false;
    }
    return true;
}

START_TEST(refusedChangeIsTakenBackFromThoseWhoHeardOfIt) {
    config c;
    configInit(&c);
    hookLog hz = {0}, port = {.refuse = true};
    configOnChange(&c, "hz", onHz, &hz);
    configOnChange(&c, "port", onPort, &port);
    configOnChange(&c, "bind", onPort, &port);
    char error[ROOM];
    bytes names[] = {BYTES("hz"), BYTES("port"), BYTES("bind")};
    bytes values[] = {BYTES("50"), BYTES("1"), BYTES("127.0.0.1")};
    ck_assert_int_lt(configSet(&c, names, values, 3, false, error, sizeof error), 0);
    ck_assert_str_eq(error, "CONFIG SET failed (possibly related to argument 'port') - taken");
    ck_assert_int_eq(hz.calls, 2);
    ck_assert_int_eq(hz.seen, 10);
    ck_assert_int_eq(port.calls, 2);
    ck_assert_int_eq(port.seen, 6379);
    ck_assert_str_eq(get(&c, "bind").text, "bind=* -::*;");
    configClear(&c);
}
END_TEST

START_TEST(hookRunsOnceForItsNamesAndOnlyOnChange) {
    config c;
    configInit(&c);
    hookLog port = {0};
    configOnChange(&c, "port", onPort, &port);
    configOnChange(&c, "bind", onPort, &port);
    char error[ROOM];
    bytes names[] = {BYTES("port"), BYTES("bind")};
    bytes values[] = {BYTES("7000"), BYTES("127.0.0.1")};
    ck_assert_int_eq(configSet(&c, names, values, 2, false, error, sizeof error), 0);
    ck_assert_int_eq(port.calls, 1);
    ck_assert_str_eq(set(&c, "port", "7000"), "OK");
    ck_assert_int_eq(port.calls, 1);
    configClear(&c);
}
END_TEST

START_TEST(unknownAndDuplicateNamesAreRefused) {
    config c;
    configInit(&c);
    char error[ROOM];
    bytes names[] = {BYTES("hz"), BYTES("HZ"), BYTES("nope")};
    bytes values[] = {BYTES("1"), BYTES("2"), BYTES("3")};
    ck_assert_int_lt(configSet(&c, names, values, 2, false, error, sizeof error), 0);
    ck_assert_str_eq(error,
                     "CONFIG SET failed (possibly related to argument 'HZ') - duplicate parameter");
    ck_assert_int_lt(configSet(&c, names + 1, values, 2, false, error, sizeof error), 0);
    ck_assert_str_eq(error, "Unknown option or number of arguments for CONFIG SET - 'nope'");
    ck_assert_int_lt(configSet(&c, names + 1, &(bytes){"x", 1}, 1, false, error, sizeof error), 0);
    ck_assert_str_eq(error, "CONFIG SET failed (possibly related to argument 'hz') - argument "
                            "couldn't be parsed into an integer");
    ck_assert_int_lt(
        configSet(&c, &(bytes){"Lua-time-limit", 14}, &(bytes){"x", 1}, 1, false, error, ROOM), 0);
    ck_assert_ptr_nonnull(strstr(error, "argument 'lua-time-limit'"));
    /* No class named: no limit changed. */
    bytes limits = BYTES("client-output-buffer-limit");
    ck_assert_int_eq(configSet(&c, &limits, &(bytes){"", 0}, 1, false, error, sizeof error), 0);
    ck_assert_int_eq(c.hz, 10);
    configClear(&c);
}
END_TEST

START_TEST(protectedDirectiveIsSetWhereTheClientMay) {
    config c;
    configInit(&c);
    char error[ROOM];
    bytes name = BYTES("dbfilename"), value = BYTES("other.rdb");
    ck_assert_int_lt(configSet(&c, &name, &value, 1, false, error, sizeof error), 0);
    ck_assert_int_eq(configSet(&c, &name, &value, 1, true, error, sizeof error), 0);
    ck_assert_str_eq(configStr(&c, "dbfilename"), "other.rdb");
    configClear(&c);
}
END_TEST

typedef struct roundTrip {
    config *c;
    int count;
} roundTrip;

static void setToItself(void *ctx, bytes name, bytes value) {
    roundTrip *r = ctx;
    char error[ROOM], before[ROOM];
    snprintf(before, sizeof before, "%.*s=%.*s;", (int)name.size, name.data, (int)value.size,
             value.data);
    r->count++;
    int err = configSet(r->c, &name, &value, 1, true, error, sizeof error);
    if (err < 0) ck_assert_ptr_nonnull(strstr(error, "immutable"));
    char *spelled = bytesToText(name);
    ck_assert_str_eq(get(r->c, spelled).text, before);
    memFree(spelled);
}

START_TEST(everyValueMayBeSetToItsOwnText) {
    config c;
    configInit(&c);
    roundTrip r = {.c = &c};
    bytes all = BYTES("*");
    configGet(&c, &all, 1, setToItself, &r);
    ck_assert_int_gt(r.count, 200);
    configClear(&c);
}
END_TEST

TESTS("config", valuesOfEachTypeAreReadAndPrintedCanonically, maxmemoryMayBeAShareOfWhatThereIs,
      notificationLettersPrintInOneOrder, aliasIsASecondNameOfTheSameValue,
      getTellsEachOnceAndHiddenOnesByNameOnly, oneRefusedValueLeavesAllAsTheyWere,
      refusedChangeIsTakenBackFromThoseWhoHeardOfIt, hookRunsOnceForItsNamesAndOnlyOnChange,
      unknownAndDuplicateNamesAreRefused, protectedDirectiveIsSetWhereTheClientMay,
      everyValueMayBeSetToItsOwnText)
