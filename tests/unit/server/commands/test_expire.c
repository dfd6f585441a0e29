#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

#define EVENTS(wanted) ck_assert_str_eq(fakeEvents(f), wanted)

/* What a command replied, as a number. */
static long long number(const char *line) {
    const char *reply = fakeCall(f, line);
    ck_assert_int_eq(reply[0], ':');
    return strtoll(reply + 1, NULL, 10);
}

START_TEST(aKeyLivesUpToItsDeadlineAndNotLonger) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "EXPIRE a 10", ":1|");
    fakeAdvanceMs(f, 10000);
    CALL(f, "PTTL a", ":0|");
    CALL(f, "GET a", "$1|1|");
    fakeAdvanceMs(f, 1);
    CALL(f, "PTTL a", ":-2|");
    CALL(f, "GET a", "$-1|");
    fakeFree(f);
}
END_TEST

START_TEST(allFourFormsSetTheSameDeadline) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "EXPIRE a 10", ":1|");
    ck_assert_int_eq(number("PEXPIRETIME a"), FAKE_START_MS + 10000);
    CALL(f, "PEXPIRE a 1500", ":1|");
    ck_assert_int_eq(number("PEXPIRETIME a"), FAKE_START_MS + 1500);
    ck_assert_str_eq(fakeCallFormat(f, "EXPIREAT a %lld", (long long)FAKE_START_S + 7), ":1\r\n");
    ck_assert_int_eq(number("PEXPIRETIME a"), FAKE_START_MS + 7000);
    ck_assert_str_eq(fakeCallFormat(f, "PEXPIREAT a %lld", (long long)FAKE_START_MS + 8), ":1\r\n");
    ck_assert_int_eq(number("PEXPIRETIME a"), FAKE_START_MS + 8);
    fakeFree(f);
}
END_TEST

START_TEST(askingRoundsToSecondsAndTellsWhatIsMissing) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "TTL a", ":-1|");
    CALL(f, "EXPIRETIME a", ":-1|");
    CALL(f, "PEXPIRETIME b", ":-2|");
    CALL(f, "PEXPIRE a 1499", ":1|");
    CALL(f, "TTL a", ":1|");
    CALL(f, "PEXPIRE a 1500", ":1|");
    CALL(f, "TTL a", ":2|");
    ck_assert_int_eq(number("EXPIRETIME a"), FAKE_START_S + 2);
    fakeFree(f);
}
END_TEST

START_TEST(conditionsCompareWithTheDeadlineThatIs) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "EXPIRE a 100 XX", ":0|");
    CALL(f, "EXPIRE a 100 GT", ":0|"); /* no deadline is later than any */
    CALL(f, "EXPIRE a 100 LT XX", ":0|");
    CALL(f, "EXPIRE a 100 LT", ":1|");
    CALL(f, "EXPIRE a 200 NX", ":0|");
    CALL(f, "EXPIRE a 100 GT", ":0|");
    CALL(f, "EXPIRE a 100 LT", ":0|");
    CALL(f, "EXPIRE a 200 gt xx", ":1|");
    CALL(f, "EXPIRE a 150 LT", ":1|");
    CALL(f, "TTL a", ":150|");
    CALL(f, "PERSIST a", ":1|");
    CALL(f, "EXPIRE a 300 NX", ":1|");
    CALL(f, "TTL a", ":300|");
    fakeFree(f);
}
END_TEST

START_TEST(wrongConditionsAreNamed) {
    f = fakeNew();
    CALL(f, "EXPIRE a x nosuch", "-ERR Unsupported option nosuch|");
    CALL(f, "EXPIRE a 1 \"two\\nlines\\n\"", "-ERR Unsupported option two lines|");
    CALL(f, "EXPIRE a x NX GT",
         "-ERR NX and XX, GT or LT options at the same time are not compatible|");
    CALL(f, "EXPIRE a x GT LT", "-ERR GT and LT options at the same time are not compatible|");
    CALL(f, "EXPIRE a x", "-ERR value is not an integer or out of range|");
    fakeFree(f);
}
END_TEST

START_TEST(timesThatCannotBeAreRefused) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "EXPIRE a 9223372036854775807", "-ERR invalid expire time in 'expire' command|");
    CALL(f, "EXPIRE a 9223372036854775", "-ERR invalid expire time in 'expire' command|");
    CALL(f, "EXPIRE a -9223372036854775808", "-ERR invalid expire time in 'expire' command|");
    CALL(f, "PEXPIRE a 9223372036854775807", "-ERR invalid expire time in 'pexpire' command|");
    CALL(f, "EXPIREAT a 9223372036854776", "-ERR invalid expire time in 'expireat' command|");
    CALL(f, "EXPIRE missing 9223372036854775807", "-ERR invalid expire time in 'expire' command|");
    CALL(f, "TTL a", ":-1|");
    CALL(f, "PEXPIREAT a 9223372036854775807", ":1|");
    ck_assert_int_gt(number("PTTL a"), 0);
    CALL(f, "EXPIRETIME a", ":9223372036854776|");
    fakeFree(f);
}
END_TEST

START_TEST(aDeadlineInThePastDeletes) {
    f = fakeNew();
    CALL(f, "MSET a 1 b 2 c 3 d 4", "+OK|");
    fakeRecordEvents(f, NOTIFY_ALL);
    uint64_t dirty = f->server->dirty;
    CALL(f, "EXPIRE a 0", ":1|");
    CALL(f, "PEXPIRE b -9223372036854775808", ":1|");
    CALL(f, "EXPIREAT c 1", ":1|");
    CALL(f, "PEXPIREAT d 0 GT", ":0|");
    EVENTS("del:a del:b del:c");
    ck_assert_uint_eq(f->server->dirty, dirty + 3);
    ck_assert_uint_eq(f->server->stats.expired_keys, 0);
    CALL(f, "DBSIZE", ":1|");
    fakeFree(f);
}
END_TEST

START_TEST(changesOfDeadlinesAreTold) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "EXPIRE a 10", ":1|");
    CALL(f, "EXPIRE a 10 NX", ":0|");
    CALL(f, "EXPIRE missing 10", ":0|");
    EVENTS("expire:a");
    CALL(f, "PERSIST a", ":1|");
    CALL(f, "PERSIST a", ":0|");
    CALL(f, "PERSIST missing", ":0|");
    EVENTS("persist:a");
    fakeFree(f);
}
END_TEST

START_TEST(aKeyPastItsDeadlineTakesNoNewOne) {
    f = fakeNew();
    CALL(f, "SET a 1 PX 10", "+OK|");
    fakeAdvanceMs(f, 11);
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "EXPIRE a 10", ":0|");
    CALL(f, "PERSIST a", ":0|");
    EVENTS("expired:a");
    fakeFree(f);
}
END_TEST

START_TEST(whereNothingMayExpireItIsOnlyHidden) {
    f = fakeNew();
    CALL(f, "SET a 1 PX 10", "+OK|");
    dbSetMayExpire(f->server->dbs[0], false);
    fakeAdvanceMs(f, 11);
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "EXISTS a", ":0|");
    CALL(f, "GET a", "$-1|");
    CALL(f, "TTL a", ":-2|");
    CALL(f, "SCAN 0", "*2|$1|0|*0|");
    CALL(f, "DBSIZE", ":1|");
    EVENTS("");
    fakeFree(f);
}
END_TEST

TESTS("commands/expire", aKeyLivesUpToItsDeadlineAndNotLonger, allFourFormsSetTheSameDeadline,
      askingRoundsToSecondsAndTellsWhatIsMissing, conditionsCompareWithTheDeadlineThatIs,
      wrongConditionsAreNamed, timesThatCannotBeAreRefused, aDeadlineInThePastDeletes,
      changesOfDeadlinesAreTold, aKeyPastItsDeadlineTakesNoNewOne,
      whereNothingMayExpireItIsOnlyHidden)
