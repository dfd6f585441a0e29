#include "server/core/command.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

enum { KEYS_MAX = 8192 };

static fakeServer *f;
static unsigned char seen[KEYS_MAX];

/* One SCAN of "key<n>" keys: marks those found in seen[]. The next cursor; *count keys came. */
static unsigned long long scanOnce(unsigned long long cursor, const char *options, size_t *count) {
    char *at = (char *)(uintptr_t)fakeCallFormat(f, "SCAN %llu %s", cursor, options);
    unsigned long long next;
    int used;
    ck_assert_int_eq(sscanf(at, "*2\r\n$%*d\r\n%llu\r\n*%zu\r\n%n", &next, count, &used), 2);
    for (size_t i = 0; i < *count; i++) {
        unsigned id;
        at += used;
        ck_assert_int_eq(sscanf(at, "$%*d\r\nkey%u\r\n%n", &id, &used), 1);
        ck_assert_uint_lt(id, KEYS_MAX);
        seen[id] = 1;
    }
    return next;
}

/* A whole round; how many different keys came. */
static size_t scanAll(const char *options) {
    memset(seen, 0, sizeof seen);
    unsigned long long cursor = 0;
    size_t count, different = 0;
    int calls = 0;
    do {
        cursor = scanOnce(cursor, options, &count);
        ck_assert_int_lt(++calls, 100000);
    } while (cursor);
    for (int i = 0; i < KEYS_MAX; i++) different += seen[i];
    return different;
}

static void populate(int from, int to, const char *options) {
    for (int i = from; i < to; i++) fakeCallFormat(f, "SET key%d x %s", i, options);
}

START_TEST(scanOfAnEmptyDbEndsAtOnce) {
    f = fakeNew();
    CALL(f, "SCAN 0", "*2|$1|0|*0|");
    CALL(f, "KEYS *", "*0|");
    fakeFree(f);
}
END_TEST

START_TEST(scanFindsEveryKeyWhateverTheCount) {
    f = fakeNew();
    populate(0, 3000, "");
    ck_assert_uint_eq(scanAll(""), 3000);
    ck_assert_uint_eq(scanAll("COUNT 1"), 3000);
    ck_assert_uint_eq(scanAll("COUNT 100"), 3000);
    size_t count;
    ck_assert_uint_eq(scanOnce(0, "COUNT 9223372036854775807", &count), 0);
    ck_assert_uint_eq(count, 3000);
    fakeFree(f);
}
END_TEST

START_TEST(countIsTheEffortOfACall) {
    f = fakeNew();
    populate(0, 3000, "");
    size_t count;
    ck_assert_uint_ne(scanOnce(0, "", &count), 0);
    ck_assert_uint_ge(count, 10);
    ck_assert_uint_le(count, 40);
    ck_assert_uint_ne(scanOnce(0, "COUNT 500", &count), 0);
    ck_assert_uint_ge(count, 500);
    ck_assert_uint_le(count, 530);
    fakeFree(f);
}
END_TEST

START_TEST(scanOverAThinnedOutTableStaysShort) {
    f = fakeNew();
    populate(0, KEYS_MAX, "");
    for (int i = 1; i < KEYS_MAX; i++) fakeCallFormat(f, "DEL key%d", i);
#ifndef EBB_SHAKE /* Which has made the table small already. */
    size_t count;
    ck_assert_uint_ne(scanOnce(0, "COUNT 2", &count), 0);
#endif
    ck_assert_uint_eq(scanAll(""), 1);
    fakeFree(f);
}
END_TEST

START_TEST(keysThatAreThereAllAlongAreFoundWhileOthersComeAndGo) {
    f = fakeNew();
    populate(0, 1000, "");
    memset(seen, 0, sizeof seen);
    unsigned long long cursor = 0;
    size_t count;
    int other = 1000;
    do {
        cursor = scanOnce(cursor, "", &count);
        if (other < 5000) populate(other, other + 50, "");
        for (int i = other - 500; i < other - 450 && i >= 1000; i++)
            fakeCallFormat(f, "DEL key%d", i);
        other += 50;
    } while (cursor);
    for (int i = 0; i < 1000; i++) ck_assert_msg(seen[i], "key%d was left out", i);
    fakeFree(f);
}
END_TEST

START_TEST(scanFiltersByNameAndType) {
    f = fakeNew();
    populate(0, 300, "");
    ck_assert_uint_eq(scanAll("MATCH key1?"), 10);
    ck_assert_uint_eq(scanAll("MATCH * TYPE STRING"), 300);
    ck_assert_uint_eq(scanAll("TYPE zset"), 0);
    ck_assert_uint_eq(scanAll("MATCH nosuch* COUNT 1000"), 0);
    fakeFree(f);
}
END_TEST

START_TEST(scanRemovesWhatItMeetsPastItsDeadline) {
    f = fakeNew();
    populate(0, 100, "");
    populate(100, 150, "PX 10");
    fakeAdvanceMs(f, 11);
    ck_assert_uint_eq(scanAll("TYPE hash"), 0);
    CALL(f, "DBSIZE", ":150|");
    fakeRecordEvents(f, NOTIFY_EXPIRED);
    ck_assert_uint_eq(scanAll("COUNT 10"), 100);
    CALL(f, "DBSIZE", ":100|");
    ck_assert_uint_eq(f->server->stats.expired_keys, 50);
    ck_assert_ptr_nonnull(strstr(fakeEvents(f), "expired:key123"));
    fakeFree(f);
}
END_TEST

START_TEST(cursorsAreReadAsTheyAlwaysWere) {
    f = fakeNew();
    static const char *const good[] = {"\"\"",       "-1", "+1", "007", "18446744073709551615",
                                       "\"1\\x00x\""};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_int_eq(fakeCallFormat(f, "SCAN %s", good[i])[0], '*');
    static const char *const bad[] = {"abc",  "\" 1\"", "\"1 \"", "1.5",
                                      "0x10", "-",      "+",      "18446744073709551616"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_str_eq(fakeCallFormat(f, "SCAN %s", bad[i]), "-ERR invalid cursor\r\n");
    fakeFree(f);
}
END_TEST

START_TEST(wrongOptionsOfScanAreRefused) {
    f = fakeNew();
    CALL(f, "SCAN 0 COUNT 0", "-ERR syntax error|");
    CALL(f, "SCAN 0 COUNT -1", "-ERR syntax error|");
    CALL(f, "SCAN 0 COUNT x", "-ERR value is not an integer or out of range|");
    CALL(f, "SCAN 0 COUNT", "-ERR syntax error|");
    CALL(f, "SCAN 0 nosuch 1", "-ERR syntax error|");
    CALL(f, "SCAN 0 TYPE string1", "-ERR unknown type name 'string1'|");
    CALL(f, "SCAN abc COUNT x", "-ERR invalid cursor|");
    fakeFree(f);
}
END_TEST

START_TEST(keysMatchesPatterns) {
    f = fakeNew();
    CALL(f, "MSET one 1 two 2", "+OK|");
    CALL(f, "KEYS o*", "*1|$3|one|");
    CALL(f, "KEYS t?o", "*1|$3|two|");
    CALL(f, "KEYS three", "*0|");
    CALL(f, "KEYS [^o]*", "*1|$3|two|");
    populate(0, 1000, "");
    ck_assert_int_eq(strncmp(fakeCall(f, "KEYS *"), "*1002\r\n", 7), 0);
    fakeFree(f);
}
END_TEST

/* ---- SORT ---- */

START_TEST(sortOfNothingIsEmpty) {
    f = fakeNew();
    CALL(f, "SORT a", "*0|");
    CALL(f, "SORT_RO a BY w* LIMIT 0 10 GET # GET x DESC alpha", "*0|");
    CALL(f, "SET b 1", "+OK|");
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "SORT a STORE b", ":0|");
    CALL(f, "SORT a STORE b", ":0|");
    ck_assert_str_eq(fakeEvents(f), "del:b");
    fakeFree(f);
}
END_TEST

START_TEST(sortOfAStringIsOfTheWrongType) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "SORT a", "-WRONGTYPE Operation against a key holding the wrong kind of value|");
    CALL(f, "SORT a STORE a",
         "-WRONGTYPE Operation against a key holding the wrong kind of value|");
    CALL(f, "SORT a nosuch", "-ERR syntax error|");
    CALL(f, "SORT a LIMIT 0", "-ERR syntax error|");
    CALL(f, "SORT a LIMIT 0 x", "-ERR value is not an integer or out of range|");
    CALL(f, "SORT a BY", "-ERR syntax error|");
    CALL(f, "SORT_RO a STORE b", "-ERR syntax error|");
    fakeFree(f);
}
END_TEST

static void checkSortKeys(int argc, const char *const *words, int count, int second) {
    bytes argv[16];
    for (int i = 0; i < argc; i++) argv[i] = bytesOfText(words[i]);
    keyPosition found[4];
    const command *sort = commandFind(f->server->commands, BYTES("sort"));
    ck_assert_int_eq(commandKeys(sort, argv, argc, found, 4), count);
    ck_assert_int_eq(found[0].index, 1);
    if (count == 2) ck_assert_int_eq(found[1].index, second);
}

START_TEST(sortNamesItsKeys) {
    f = fakeNew();
    checkSortKeys(2, (const char *[]){"SORT", "a"}, 1, 0);
    checkSortKeys(6, (const char *[]){"SORT", "a", "STORE", "b", "STORE", "c"}, 2, 5);
    checkSortKeys(6, (const char *[]){"SORT", "a", "GET", "STORE", "STORE", "c"}, 2, 5);
    checkSortKeys(3, (const char *[]){"SORT", "a", "STORE"}, 1, 0);
    fakeFree(f);
}
END_TEST

TESTS("commands/scan", scanOfAnEmptyDbEndsAtOnce, scanFindsEveryKeyWhateverTheCount,
      countIsTheEffortOfACall, scanOverAThinnedOutTableStaysShort,
      keysThatAreThereAllAlongAreFoundWhileOthersComeAndGo, scanFiltersByNameAndType,
      scanRemovesWhatItMeetsPastItsDeadline, cursorsAreReadAsTheyAlwaysWere,
      wrongOptionsOfScanAreRefused, keysMatchesPatterns, sortOfNothingIsEmpty,
      sortOfAStringIsOfTheWrongType, sortNamesItsKeys)
