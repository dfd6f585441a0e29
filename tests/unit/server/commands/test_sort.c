#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
    CALL(f, "RPUSH l 3 1 10 2", ":4|");
    CALL(f, "MSET w_1 9 w_2 8 w_3 7 w_10 1 n_1 one n_2 two", "+OK|");
    CALL(f, "HSET o_1 w 4 name eins", ":2|");
    CALL(f, "HSET o_2 w 3", ":1|");
    CALL(f, "HSET o_3 w 2", ":1|");
    CALL(f, "HSET o_10 w 1", ":1|");
}
static void done(void) {
    fakeFree(f);
}

#define SYNTAX "-ERR syntax error|"
#define BAD    "-ERR One or more scores can't be converted into double|"

START_TEST(numbersAndTextsAreOrdered) {
    setup();
    CALL(f, "SORT l", "*4|$1|1|$1|2|$1|3|$2|10|");
    CALL(f, "SORT l DESC", "*4|$2|10|$1|3|$1|2|$1|1|");
    CALL(f, "SORT l ALPHA", "*4|$1|1|$2|10|$1|2|$1|3|");
    CALL(f, "SORT_RO l ALPHA DESC", "*4|$1|3|$1|2|$2|10|$1|1|");
    CALL(f, "SADD s b a", ":2|");
    CALL(f, "SORT s ALPHA", "*2|$1|a|$1|b|");
    CALL(f, "SORT s", BAD);
    CALL(f, "ZADD z 1 7 2 5", ":2|");
    CALL(f, "SORT z", "*2|$1|5|$1|7|");
    CALL(f, "SORT none", "*0|");
    CALL(f, "RPUSH x ' 7' 0x10 1e1 ''", ":4|");
    CALL(f, "SORT x", "*4|$0||$2| 7|$3|1e1|$4|0x10|");
    CALL(f, "RPUSH y 1e400", ":1|");
    CALL(f, "SORT y", BAD);
    done();
}
END_TEST

START_TEST(otherKeysGiveTheOrder) {
    setup();
    CALL(f, "SORT l BY w_*", "*4|$2|10|$1|3|$1|2|$1|1|");
    CALL(f, "SORT l BY o_*->w", "*4|$2|10|$1|3|$1|2|$1|1|");
    CALL(f, "SORT l BY none_*", "*4|$1|1|$2|10|$1|2|$1|3|"); /* All are 0. */
    CALL(f, "SORT l BY n_* ALPHA", "*4|$1|3|$2|10|$1|1|$1|2|");
    CALL(f, "SORT l BY n_*", BAD);
    CALL(f, "SORT l BY o_*", "*4|$1|1|$2|10|$1|2|$1|3|"); /* Hashes are no strings. */
    CALL(f, "SORT l BY w_*->w", "*4|$1|1|$2|10|$1|2|$1|3|");
    done();
}
END_TEST

START_TEST(getsReplyWhatPatternsName) {
    setup();
    CALL(f, "SORT l LIMIT 0 2 GET # GET n_* GET o_*->name GET constant",
         "*8|$1|1|$3|one|$4|eins|$-1|$1|2|$3|two|$-1|$-1|");
    CALL(f, "SET x:1-> arrow", "+OK|");
    CALL(f, "SORT l LIMIT 0 1 GET x:*->", "*1|$5|arrow|");
    CALL(f, "EXPIRE n_1 1", ":1|");
    CALL(f, "HEXPIRE o_1 1 FIELDS 1 name", "*1|:1|");
    fakeAdvanceMs(f, 1002);
    CALL(f, "SORT l LIMIT 0 1 GET n_* GET o_*->name GET o_*->w", "*3|$-1|$-1|$1|4|");
    done();
}
END_TEST

START_TEST(limitsAreCutToWhatIsThere) {
    setup();
    CALL(f, "SORT l LIMIT 1 2", "*2|$1|2|$1|3|");
    CALL(f, "SORT l LIMIT -5 2", "*2|$1|1|$1|2|");
    CALL(f, "SORT l LIMIT 3 100", "*1|$2|10|");
    CALL(f, "SORT l LIMIT 2 -1", "*2|$1|3|$2|10|");
    CALL(f, "SORT l LIMIT 9223372036854775807 9223372036854775807", "*0|");
    CALL(f, "SORT l LIMIT 1 0", "*0|");
    CALL(f, "SORT l LIMIT x 0", "-ERR value is not an integer or out of range|");
    CALL(f, "SORT l LIMIT 1", SYNTAX);
    CALL(f, "SORT l nosuch", SYNTAX);
    CALL(f, "SORT_RO l STORE d", SYNTAX);
    done();
}
END_TEST

START_TEST(withoutOrderThingsStayAsTheyAre) {
    setup();
    CALL(f, "SORT l BY nosort", "*4|$1|3|$1|1|$2|10|$1|2|");
    CALL(f, "SORT l BY nosort DESC LIMIT 0 2", "*2|$1|2|$2|10|");
    CALL(f, "SORT l BY nosort LIMIT 1 2 GET w_*", "*2|$1|9|$1|1|");
    CALL(f, "ZADD z 1 a 5 b 2 c", ":3|");
    CALL(f, "SORT z BY nosort", "*3|$1|a|$1|c|$1|b|");
    CALL(f, "SORT z BY nosort DESC LIMIT 1 5", "*2|$1|c|$1|a|");
    CALL(f, "SADD s b a c", ":3|");
    CALL(f, "SORT s BY nosort STORE d", ":3|");
    CALL(f, "LRANGE d 0 -1", "*3|$1|a|$1|b|$1|c|");
    done();
}
END_TEST

START_TEST(outcomesAreStoredAsLists) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL | NOTIFY_NEW | NOTIFY_OVERWRITTEN | NOTIFY_TYPE_CHANGED);
    CALL(f, "SORT l GET n_* GET # STORE d", ":8|");
    ck_assert_str_eq(fakeEvents(f), "new:d sortstore:d");
    CALL(f, "LRANGE d 0 -1", "*8|$3|one|$1|1|$3|two|$1|2|$0||$1|3|$0||$2|10|");
    CALL(f, "SET d x EX 100", "+OK|");
    fakeEvents(f);
    CALL(f, "SORT l STORE d", ":4|");
    ck_assert_str_eq(fakeEvents(f), "overwritten:d type_changed:d sortstore:d");
    CALL(f, "TTL d", ":-1|");
    CALL(f, "SORT l STORE l", ":4|");
    CALL(f, "LRANGE l 0 -1", "*4|$1|1|$1|2|$1|3|$2|10|");
    fakeEvents(f);
    CALL(f, "SORT none STORE d", ":0|");
    ck_assert_str_eq(fakeEvents(f), "del:d");
    CALL(f, "SORT none STORE d", ":0|");
    ck_assert_str_eq(fakeEvents(f), "");
    CALL(f, "SORT l BY n_* STORE l", BAD);
    CALL(f, "LLEN l", ":4|");
    done();
}
END_TEST

START_TEST(otherTypesAreRefused) {
    setup();
    CALL(f, "SORT n_1", "-WRONGTYPE Operation against a key holding the wrong kind of value|");
    CALL(f, "SORT o_1", "-WRONGTYPE Operation against a key holding the wrong kind of value|");
    CALL(f, "SORT n_1 nosuch", SYNTAX);
    done();
}
END_TEST

/* Many equal scores and long texts: order by text, and nothing lost. */
START_TEST(manyElementsKeepTheirOrder) {
    setup();
    for (int i = 0; i < 2000; i++) fakeCallFormat(f, "RPUSH big %d", (i * 7919) % 2000);
    const char *reply = fakeCall(f, "SORT big");
    for (int i = 0; i < 2000; i++) {
        char wanted[16];
        snprintf(wanted, sizeof wanted, "\n%d\r", i);
        reply = strstr(reply, wanted);
        ck_assert_ptr_nonnull(reply);
    }
    CALL(f, "SORT big LIMIT 1999 10 DESC", "*1|$1|0|");
    done();
}
END_TEST

/* The reply without its first line, from element 'start' on, 'count' of them of one line each. */
static const char *part(const char *reply, size_t start, size_t count, size_t *size) {
    const char *from = strchr(reply, '\n') + 1;
    for (size_t i = 0; i < 2 * start; i++) from = strchr(from, '\n') + 1;
    const char *end = from;
    for (size_t i = 0; i < 2 * count; i++) end = strchr(end, '\n') + 1;
    *size = (size_t)(end - from);
    return from;
}

START_TEST(limitsGiveThePartOfTheWholeOrder) {
    enum { COUNT = 2000 };
    static const char *const forms[] = {"SORT big", "SORT big DESC", "SORT big ALPHA",
                                        "SORT big BY w_* DESC", "SORT big BY w_* ALPHA"};
    static const size_t limits[][2] = {{0, 1}, {0, 10}, {100, 50}, {240, 9}, {240, 10}, {1990, 5}};
    setup();
    /* Many are equal, and many have equal weights. */
    for (int i = 0; i < COUNT; i++) {
        int number = i * 7919 % 500;
        fakeCallFormat(f, "RPUSH big %d", number);
        fakeCallFormat(f, "SET w_%d %d", number, number % 10);
    }
    for (size_t n = 0; n < sizeof forms / sizeof forms[0]; n++) {
        char *whole = memText(fakeCall(f, forms[n]));
        for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
            size_t start = limits[l][0], count = limits[l][1], wanted_size, size;
            const char *wanted = part(whole, start, count, &wanted_size);
            const char *got = part(fakeCallFormat(f, "%s LIMIT %zu %zu", forms[n], start, count), 0,
                                   count, &size);
            ck_assert_uint_eq(size, wanted_size);
            ck_assert_mem_eq(got, wanted, size);
        }
        memFree(whole);
    }
    CALL(f, "SORT big LIMIT 5 0", "*0|");
    done();
}
END_TEST

TESTS("sort", numbersAndTextsAreOrdered, otherKeysGiveTheOrder, getsReplyWhatPatternsName,
      limitsAreCutToWhatIsThere, withoutOrderThingsStayAsTheyAre, outcomesAreStoredAsLists,
      otherTypesAreRefused, manyElementsKeepTheirOrder, limitsGiveThePartOfTheWholeOrder)
