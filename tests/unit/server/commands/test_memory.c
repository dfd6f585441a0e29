#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static long long usage(const char *line) {
    const char *reply = fakeCall(f, line);
    ck_assert_msg(reply[0] == ':', "%s: %s", line, reply);
    return strtoll(reply + 1, NULL, 10);
}

START_TEST(usageCountsKeyValueAndTable) {
    f = fakeNew();
    CALL(f, "MEMORY USAGE a", "$-1|");
    CALL(f, "SET a x", "+OK|");
    long long small = usage("MEMORY USAGE a");
    ck_assert_int_gt(small, 8);
    fakeCallFormat(f, "SET b %01000d", 1);
    ck_assert_int_ge(usage("MEMORY USAGE b"), 1000);
    ck_assert_int_lt(usage("MEMORY USAGE b"), 1300);
    CALL(f, "SETRANGE big 99999 x", ":100000|");
    ck_assert_int_ge(usage("MEMORY USAGE big SAMPLES 0"), 100000);
    fakeFree(f);
}
END_TEST

START_TEST(usageAddsUpToWhatIsUsed) {
    f = fakeNew();
    size_t before = memUsed();
    for (int i = 0; i < 5000; i++) fakeCallFormat(f, "SET key:%d %032d", i, i);
    size_t grown = memUsed() - before;
    long long sum = 0;
    for (int i = 0; i < 5000; i++)
        sum += strtoll(fakeCallFormat(f, "MEMORY USAGE key:%d", i) + 1, NULL, 10);
    ck_assert_int_gt(sum, (long long)(grown - grown / 10));
    ck_assert_int_lt(sum, (long long)(grown + grown / 10));
    fakeFree(f);
}
END_TEST

START_TEST(usageRefusesBadOptions) {
    f = fakeNew();
    CALL(f, "SET a x", "+OK|");
    CALL(f, "MEMORY USAGE", "-ERR wrong number of arguments for 'memory|usage' command|");
    CALL(f, "MEMORY USAGE a SAMPLES", "-ERR syntax error|");
    CALL(f, "MEMORY USAGE a SAMPLES x", "-ERR value is not an integer or out of range|");
    CALL(f, "MEMORY USAGE a SAMPLES -1", "-ERR syntax error|");
    CALL(f, "MEMORY USAGE a nosuch", "-ERR syntax error|");
    ck_assert_int_gt(usage("MEMORY USAGE a samples 5 samples 0"), 0);
    fakeFree(f);
}
END_TEST

/* Reads one reply of RESP2 or RESP3 and returns what follows it. */
static const char *skipReply(const char *at) {
    char kind = *at;
    long long count = strtoll(at + 1, NULL, 10);
    at = strstr(at, "\r\n") + 2;
    if (kind == '$') return at + count + 2;
    if (kind != '*' && kind != '%') return at;
    for (long long i = 0; i < (kind == '%' ? count * 2 : count); i++) at = skipReply(at);
    return at;
}

START_TEST(statsIsAWholeMap) {
    f = fakeNew();
    for (int resp = 2; resp <= 3; resp++) {
        f->client->resp = resp;
        CALL(f, "SET a x EX 100", "+OK|");
        const char *reply = fakeCall(f, "MEMORY STATS");
        ck_assert_int_eq(reply[0], resp == 2 ? '*' : '%');
        ck_assert_str_eq(skipReply(reply), "");
        ck_assert_ptr_nonnull(strstr(reply, "\r\nkeys.count\r\n:1\r\n"));
        ck_assert_ptr_nonnull(strstr(reply, "\r\ndb.0\r\n"));
        ck_assert_ptr_null(strstr(reply, "\r\ndb.1\r\n"));
    }
    CALL(f, "DEL a", ":1|"); /* Its tables may be there still. */
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "MEMORY STATS"), "\r\ndb.0\r\n"));
    fakeFree(f);
}
END_TEST

START_TEST(doctorSpeaksOfEmptyAndOfFullServers) {
    f = fakeNew();
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "MEMORY DOCTOR"), "next to nothing"));
    CALL(f, "SETRANGE big 20000000 x", ":20000001|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "MEMORY DOCTOR"), "good order"));
    f->server->config.maxmemory = 20000000;
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "MEMORY DOCTOR"), "95 % of maxmemory"));
    fakeFree(f);
}
END_TEST

START_TEST(purgeAndStatsOfTheAllocatorWork) {
    f = fakeNew();
    CALL(f, "MEMORY PURGE", "+OK|");
    ck_assert_int_eq(fakeCall(f, "MEMORY MALLOC-STATS")[0], '$');
    ck_assert_int_eq(fakeCall(f, "MEMORY HELP")[0], '*');
    CALL(f, "MEMORY nosuch", "-ERR unknown subcommand 'nosuch'. Try MEMORY HELP.|");
    fakeFree(f);
}
END_TEST

TESTS("commands/memory", usageCountsKeyValueAndTable, usageAddsUpToWhatIsUsed,
      usageRefusesBadOptions, statsIsAWholeMap, doctorSpeaksOfEmptyAndOfFullServers,
      purgeAndStatsOfTheAllocatorWork)
