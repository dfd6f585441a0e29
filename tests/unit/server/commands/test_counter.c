#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static keyRef keyNamed(const char *name) {
    return keyRefOf(bytesOfText(name));
}

static int64_t ttlMs(const char *name) {
    const entry *e = dbLookup(f->client->db, keyNamed(name));
    if (!e) return -2;
    return entryHasDeadline(e) ? entryDeadline(e) - f->server->now_ms : -1;
}

#define NOT_INT       "-ERR value is not an integer or out of range|"
#define NOT_FLOAT     "-ERR value is not a valid float|"
#define NOT_FINITE    "-ERR increment would produce NaN or Infinity|"
#define OVERFLOW_TEXT "-ERR increment or decrement would overflow|"
#define WRONG_TYPE    "-WRONGTYPE Operation against a key holding the wrong kind of value|"
#define SYNTAX        "-ERR syntax error|"
#define MAX           "9223372036854775807"
#define MIN           "-9223372036854775808"

START_TEST(countersStartAtZero) {
    f = fakeNew();
    CALL(f, "INCR a", ":1|");
    CALL(f, "INCRBY a 41", ":42|");
    CALL(f, "DECRBY a 2", ":40|");
    CALL(f, "DECR a", ":39|");
    CALL(f, "DECR b", ":-1|");
    CALL(f, "GET a", "$2|39|");
    fakeFree(f);
}
END_TEST

START_TEST(countersKeepTheDeadline) {
    f = fakeNew();
    CALL(f, "SET a 1 EX 10", "+OK|");
    CALL(f, "INCR a", ":2|");
    CALL(f, "INCRBYFLOAT a 0.5", "$3|2.5|");
    ck_assert_int_eq(ttlMs("a"), 10000);
    fakeAdvanceMs(f, 10001);
    CALL(f, "INCR a", ":1|");
    ck_assert_int_eq(ttlMs("a"), -1);
    fakeFree(f);
}
END_TEST

START_TEST(countersStopAtTheEndsOfIntegers) {
    f = fakeNew();
    CALL(f, "SET a " MAX, "+OK|");
    CALL(f, "INCR a", OVERFLOW_TEXT);
    CALL(f, "INCRBY a " MAX, OVERFLOW_TEXT);
    CALL(f, "DECRBY a " MIN, "-ERR decrement would overflow|");
    CALL(f, "INCRBY a " MIN, ":-1|");
    CALL(f, "SET a " MIN, "+OK|");
    CALL(f, "DECR a", OVERFLOW_TEXT);
    CALL(f, "GET a", "$20|" MIN "|");
    fakeFree(f);
}
END_TEST

START_TEST(countersRefuseWhatIsNoInteger) {
    f = fakeNew();
    const char *values[] = {
        "abc", "\"\"", "1.5", "\" 1\"", "\"1 \"", "+1", "007", "-0", "9223372036854775808"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        fakeCallFormat(f, "SET a %s", values[i]);
        CALL(f, "INCR a", NOT_INT);
        char line[64];
        snprintf(line, sizeof line, "INCRBY b %s", values[i]);
        CALL(f, line, NOT_INT);
    }
    CALL(f, "RPUSH l x", ":1|");
    CALL(f, "INCR l", WRONG_TYPE);
    CALL(f, "INCRBY l x", NOT_INT);
    CALL(f, "INCRBYFLOAT l x", WRONG_TYPE);
    fakeFree(f);
}
END_TEST

START_TEST(incrbyfloatPrintsAsClientsKnowIt) {
    f = fakeNew();
    CALL(f, "SET a 10.50", "+OK|");
    CALL(f, "INCRBYFLOAT a 0.1", "$4|10.6|");
    CALL(f, "INCRBYFLOAT a -5", "$3|5.6|");
    CALL(f, "SET a 5.0e3", "+OK|");
    CALL(f, "INCRBYFLOAT a 2.0e2", "$4|5200|");
    CALL(f, "INCR a", ":5201|");
    CALL(f, "SET a 0.1", "+OK|");
    CALL(f, "INCRBYFLOAT a 0.2", "$3|0.3|");
    CALL(f, "SET a 1e17", "+OK|");
    CALL(f, "INCRBYFLOAT a 1e17", "$18|200000000000000000|");
    CALL(f, "INCRBYFLOAT b 3.14159265358979323846", "$19|3.14159265358979324|");
    fakeFree(f);
}
END_TEST

START_TEST(incrbyfloatLeavesText) {
    f = fakeNew();
    CALL(f, "INCRBYFLOAT a 3", "$1|3|");
    CALL(f, "OBJECT ENCODING a", "$6|embstr|");
    CALL(f, "SET a 10 PX 10000", "+OK|");
    CALL(f, "OBJECT ENCODING a", "$3|int|");
    CALL(f, "INCRBYFLOAT a 1", "$2|11|");
    CALL(f, "OBJECT ENCODING a", "$6|embstr|");
    ck_assert_int_eq(ttlMs("a"), 10000);
    CALL(f, "INCR a", ":12|");
    CALL(f, "OBJECT ENCODING a", "$3|int|");
    fakeFree(f);
}
END_TEST

START_TEST(incrbyfloatRefusesWhatIsNoNumber) {
    f = fakeNew();
    CALL(f, "INCRBYFLOAT a nan", NOT_FLOAT);
    CALL(f, "INCRBYFLOAT a \" 1\"", NOT_FLOAT);
    CALL(f, "INCRBYFLOAT a 1e5000", NOT_FLOAT);
    CALL(f, "INCRBYFLOAT a inf", NOT_FINITE);
    CALL(f, "SET a inf", "+OK|");
    CALL(f, "INCRBYFLOAT a -inf", NOT_FINITE);
    CALL(f, "SET a abc", "+OK|");
    CALL(f, "INCRBYFLOAT a 1", NOT_FLOAT);
    CALL(f, "GET a", "$3|abc|");
    fakeFree(f);
}
END_TEST

/* ---- INCREX ---- */

START_TEST(increxRepliesValueAndIncrement) {
    f = fakeNew();
    CALL(f, "INCREX a", "*2|:1|:1|");
    CALL(f, "INCREX a BYINT 5", "*2|:6|:5|");
    CALL(f, "INCREX a BYINT -10", "*2|:-4|:-10|");
    CALL(f, "SET b 1.5", "+OK|");
    CALL(f, "INCREX b BYFLOAT 0.25", "*2|$4|1.75|$4|0.25|");
    CALL(f, "INCREX b BYINT 1", NOT_INT);
    CALL(f, "INCREX a BYFLOAT 0.5", "*2|$4|-3.5|$3|0.5|");
    f->client->resp = 3;
    CALL(f, "INCREX b BYFLOAT 0.25", "*2|,2|,0.25|");
    fakeFree(f);
}
END_TEST

START_TEST(increxLeavesAloneWhatWouldBeOutOfBounds) {
    f = fakeNew();
    CALL(f, "SET a 99 EX 5", "+OK|");
    CALL(f, "INCREX a BYINT 5 UBOUND 100 EX 100", "*2|:99|:0|");
    CALL(f, "INCREX a BYINT -5 LBOUND 95", "*2|:99|:0|");
    ck_assert_int_eq(ttlMs("a"), 5000);
    CALL(f, "INCREX a UBOUND 100", "*2|:100|:1|");
    CALL(f, "INCREX b BYINT -1 LBOUND 0", "*2|:0|:0|");
    ck_assert_int_eq(ttlMs("b"), -2);
    CALL(f, "SET a " MAX, "+OK|");
    CALL(f, "INCREX a", "*2|:" MAX "|:0|");
    CALL(f, "INCREX b BYFLOAT 1.5 UBOUND 1", "*2|$1|0|$1|0|");
    CALL(f, "INCREX b LBOUND 2 UBOUND 1", "-ERR LBOUND can't be greater than UBOUND|");
    CALL(f, "INCREX b LBOUND 1.5", "-ERR LBOUND is not an integer or out of range|");
    CALL(f, "INCREX b BYFLOAT 1 UBOUND x", "-ERR UBOUND is not a valid float|");
    fakeFree(f);
}
END_TEST

START_TEST(increxStopsAtTheBoundWhereToldTo) {
    f = fakeNew();
    CALL(f, "SET a 99", "+OK|");
    CALL(f, "INCREX a BYINT 5 UBOUND 100 SATURATE", "*2|:100|:1|");
    CALL(f, "INCREX a BYINT 5 UBOUND 100 SATURATE EX 7", "*2|:100|:0|");
    ck_assert_int_eq(ttlMs("a"), 7000);
    CALL(f, "INCREX a BYINT " MAX " UBOUND 10 SATURATE", "*2|:10|:-90|");
    CALL(f, "INCREX a BYINT " MIN " SATURATE", "*2|:-9223372036854775798|:" MIN "|");
    CALL(f, "INCREX a BYINT -100 SATURATE", "*2|:" MIN "|:-10|");
    CALL(f, "INCREX a BYINT 1 LBOUND " MAX " SATURATE", OVERFLOW_TEXT);
    CALL(f, "GET a", "$20|" MIN "|");
    CALL(f, "INCREX b BYFLOAT 9 UBOUND 1.5 SATURATE", "*2|$3|1.5|$3|1.5|");
    CALL(f, "INCREX b BYFLOAT inf SATURATE", NOT_FINITE);
    fakeFree(f);
}
END_TEST

START_TEST(increxChangesTheDeadline) {
    f = fakeNew();
    CALL(f, "INCREX a EX 60 ENX", "*2|:1|:1|");
    ck_assert_int_eq(ttlMs("a"), 60000);
    CALL(f, "INCREX a EX 90 ENX", "*2|:2|:1|");
    ck_assert_int_eq(ttlMs("a"), 60000);
    CALL(f, "INCREX a PX 90", "*2|:3|:1|");
    ck_assert_int_eq(ttlMs("a"), 90);
    CALL(f, "INCREX a", "*2|:4|:1|");
    ck_assert_int_eq(ttlMs("a"), 90);
    CALL(f, "INCREX a PERSIST", "*2|:5|:1|");
    ck_assert_int_eq(ttlMs("a"), -1);
    CALL(f, "INCREX a PXAT 1", "*2|:6|:1|");
    ck_assert_int_eq(ttlMs("a"), -2);
    fakeFree(f);
}
END_TEST

START_TEST(increxRefusesWordsThatDoNotGoTogether) {
    f = fakeNew();
    CALL(f, "INCREX a BYINT 1 BYFLOAT 1", SYNTAX);
    CALL(f, "INCREX a BYINT", SYNTAX);
    CALL(f, "INCREX a LBOUND 1 LBOUND 2", SYNTAX);
    CALL(f, "INCREX a EX 1 PERSIST", SYNTAX);
    CALL(f, "INCREX a KEEPTTL", SYNTAX);
    CALL(f, "INCREX a ENX", "-ERR ENX flag requires an expiration|");
    CALL(f, "INCREX a PERSIST ENX", SYNTAX);
    CALL(f, "INCREX a EX 0", "-ERR invalid expire time in 'increx' command|");
    CALL(f, "INCREX a BYINT 1.5", NOT_INT);
    CALL(f, "GET a", "$-1|");
    fakeFree(f);
}
END_TEST

TESTS("commands/counter", countersStartAtZero, countersKeepTheDeadline,
      countersStopAtTheEndsOfIntegers, countersRefuseWhatIsNoInteger,
      incrbyfloatPrintsAsClientsKnowIt, incrbyfloatLeavesText, incrbyfloatRefusesWhatIsNoNumber,
      increxRepliesValueAndIncrement, increxLeavesAloneWhatWouldBeOutOfBounds,
      increxStopsAtTheBoundWhereToldTo, increxChangesTheDeadline,
      increxRefusesWordsThatDoNotGoTogether)
