#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
}
static void done(void) {
    fakeFree(f);
}

#define WRONGTYPE  "-WRONGTYPE Operation against a key holding the wrong kind of value|"
#define NO_INTEGER "-ERR value is not an integer or out of range|"

static void is(const char *key, const char *wanted) {
    const char *reply = fakeCallFormat(f, "OBJECT ENCODING %s", key);
    ck_assert_msg(strstr(reply, wanted), "%s: %s", key, reply);
}

/* SADD key from .. to-1 */
static void addNumbers(const char *key, int from, int to) {
    for (int i = from; i < to; i++) fakeCallFormat(f, "SADD %s %d", key, i);
}

START_TEST(saddCountsWhatIsNew) {
    setup();
    CALL(f, "SADD s a b a", ":2|");
    CALL(f, "SADD s b c", ":1|");
    CALL(f, "SCARD s", ":3|");
    CALL(f, "SMEMBERS s", "*3|$1|a|$1|b|$1|c|");
    CALL(f, "SISMEMBER s a", ":1|");
    CALL(f, "SISMEMBER s x", ":0|");
    CALL(f, "SMISMEMBER s c x a", "*3|:1|:0|:1|");
    CALL(f, "SADD s", "-ERR wrong number of arguments for 'sadd' command|");
    done();
}
END_TEST

START_TEST(anAbsentSetIsEmpty) {
    setup();
    CALL(f, "SCARD none", ":0|");
    CALL(f, "SMEMBERS none", "*0|");
    CALL(f, "SISMEMBER none a", ":0|");
    CALL(f, "SMISMEMBER none a b", "*2|:0|:0|");
    CALL(f, "SREM none a", ":0|");
    CALL(f, "SPOP none", "$-1|");
    CALL(f, "SPOP none 3", "*0|");
    CALL(f, "SRANDMEMBER none", "$-1|");
    CALL(f, "SRANDMEMBER none -3", "*0|");
    CALL(f, "SSCAN none 0", "*2|$1|0|*0|");
    CALL(f, "SMOVE none other a", ":0|");
    CALL(f, "EXISTS none other", ":0|");
    done();
}
END_TEST

START_TEST(otherTypesAreRefused) {
    static const char *const calls[] = {"SADD str a",
                                        "SREM str a",
                                        "SCARD str",
                                        "SMEMBERS str",
                                        "SPOP str",
                                        "SPOP str 1",
                                        "SRANDMEMBER str",
                                        "SRANDMEMBER str 2",
                                        "SISMEMBER str a",
                                        "SMISMEMBER str a",
                                        "SSCAN str 0 foo",
                                        "SMOVE s str a",
                                        "SMOVE str s a",
                                        "SINTER none str",
                                        "SUNION s str",
                                        "SDIFF none str",
                                        "SINTERSTORE d s str",
                                        "SUNIONSTORE d none str",
                                        "SDIFFSTORE d str s",
                                        "SINTERCARD 2 none str",
                                        "SUNIONCARD 1 str",
                                        "SDIFFCARD 2 none str"};
    setup();
    CALL(f, "SET str x", "+OK|");
    CALL(f, "SADD s a", ":1|");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) CALL(f, calls[i], WRONGTYPE);
    CALL(f, "SMEMBERS s", "*1|$1|a|");
    CALL(f, "EXISTS d", ":0|");
    CALL(f, "GET s", WRONGTYPE);
    CALL(f, "SMOVE none str a", ":0|");
    done();
}
END_TEST

START_TEST(encodingsChangeWhereRedisChangesThem) {
    setup();
    addNumbers("n", 0, 512);
    is("n", "intset");
    CALL(f, "SADD n 512", ":1|");
    is("n", "hashtable");
    addNumbers("m", 0, 127);
    CALL(f, "SADD m a", ":1|");
    is("m", "listpack");
    CALL(f, "SADD m b", ":1|");
    is("m", "hashtable");
    CALL(f, "SADD one 1", ":1|");
    CALL(f, "CONFIG SET set-max-listpack-value 5 set-max-intset-entries 2", "+OK|");
    CALL(f, "SADD one abcdef", ":1|");
    is("one", "hashtable");
    CALL(f, "SADD three 1 2 3", ":3|");
    is("three", "listpack");
    done();
}
END_TEST

START_TEST(theLastMemberTakesTheKeyAlong) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL | NOTIFY_NEW);
    CALL(f, "SADD s a b", ":2|");
    CALL(f, "SADD s a", ":0|");
    ck_assert_str_eq(fakeEvents(f), "new:s sadd:s");
    CALL(f, "SREM s x a", ":1|");
    CALL(f, "SREM s a", ":0|");
    ck_assert_str_eq(fakeEvents(f), "srem:s");
    CALL(f, "SREM s b c", ":1|");
    ck_assert_str_eq(fakeEvents(f), "srem:s del:s");
    CALL(f, "EXISTS s", ":0|");
    done();
}
END_TEST

START_TEST(dirtyCountsMembers) {
    setup();
    uint64_t before = f->server->dirty;
    CALL(f, "SADD s a b c d", ":4|");
    ck_assert_uint_eq(f->server->dirty, before + 4);
    CALL(f, "SREM s a b x", ":2|");
    ck_assert_uint_eq(f->server->dirty, before + 6);
    CALL(f, "SADD s c", ":0|");
    ck_assert_uint_eq(f->server->dirty, before + 6);
    done();
}
END_TEST

START_TEST(smoveTellsBothKeys) {
    setup();
    CALL(f, "SADD from a b", ":2|");
    CALL(f, "SADD to 1 b", ":2|");
    fakeRecordEvents(f, NOTIFY_ALL | NOTIFY_NEW);
    CALL(f, "SMOVE from to x", ":0|");
    CALL(f, "SMOVE from from a", ":1|");
    CALL(f, "SMOVE from from x", ":0|");
    ck_assert_str_eq(fakeEvents(f), "");
    CALL(f, "SMOVE from to b", ":1|");
    ck_assert_str_eq(fakeEvents(f), "srem:from");
    CALL(f, "SMOVE from fresh a", ":1|");
    ck_assert_str_eq(fakeEvents(f), "srem:from del:from new:fresh sadd:fresh");
    CALL(f, "EXISTS from", ":0|");
    CALL(f, "SMEMBERS fresh", "*1|$1|a|");
    done();
}
END_TEST

START_TEST(algebraKnowsAbsentSetsAndRepeatedOnes) {
    setup();
    CALL(f, "SADD a 1 2 3 x", ":4|");
    CALL(f, "SADD b 2 3 4", ":3|");
    CALL(f, "SADD c 3", ":1|");
    CALL(f, "SINTER a b", "*2|$1|2|$1|3|");
    CALL(f, "SINTER a b c a", "*1|$1|3|");
    CALL(f, "SINTER a none b", "*0|");
    CALL(f, "SINTER a", "*4|$1|1|$1|2|$1|3|$1|x|");
    CALL(f, "SDIFF a b none", "*2|$1|1|$1|x|");
    CALL(f, "SDIFF none a", "*0|");
    CALL(f, "SDIFF a b a", "*0|");
    CALL(f, "SUNION b c none b", "*3|$1|2|$1|3|$1|4|");
    CALL(f, "SUNION none", "*0|");
    CALL(f, "SUNION c a", "*4|$1|1|$1|2|$1|3|$1|x|");
    done();
}
END_TEST

START_TEST(resp3SaysSet) {
    setup();
    CALL(f, "SADD s a", ":1|");
    f->client->resp = 3;
    CALL(f, "SMEMBERS s", "~1|$1|a|");
    CALL(f, "SINTER s s", "~1|$1|a|");
    CALL(f, "SUNION none", "~0|");
    CALL(f, "SRANDMEMBER s 1", "*1|$1|a|");
    CALL(f, "SRANDMEMBER none", "_|");
    CALL(f, "SPOP s 0", "~0|");
    CALL(f, "SPOP s 4", "~1|$1|a|");
    CALL(f, "SPOP s", "_|");
    done();
}
END_TEST

START_TEST(storedOutcomesReplaceAndDelete) {
    setup();
    CALL(f, "SADD a 1 2 3", ":3|");
    CALL(f, "SADD b 2 3 4", ":3|");
    CALL(f, "SET d text EX 100", "+OK|");
    fakeRecordEvents(f, NOTIFY_ALL | NOTIFY_NEW | NOTIFY_OVERWRITTEN | NOTIFY_TYPE_CHANGED);
    CALL(f, "SINTERSTORE d a b", ":2|");
    ck_assert_str_eq(fakeEvents(f), "overwritten:d type_changed:d sinterstore:d");
    CALL(f, "SMEMBERS d", "*2|$1|2|$1|3|");
    CALL(f, "TTL d", ":-1|");
    is("d", "intset");
    CALL(f, "SUNIONSTORE a a b", ":4|");
    ck_assert_str_eq(fakeEvents(f), "overwritten:a sunionstore:a");
    CALL(f, "SMEMBERS a", "*4|$1|1|$1|2|$1|3|$1|4|");
    CALL(f, "SDIFFSTORE a a b", ":1|");
    CALL(f, "SMEMBERS a", "*1|$1|1|");
    CALL(f, "SDIFFSTORE fresh a none", ":1|");
    ck_assert_str_eq(fakeEvents(f), "overwritten:a sdiffstore:a new:fresh sdiffstore:fresh");
    CALL(f, "SINTERSTORE d a b", ":0|");
    CALL(f, "SUNIONSTORE d none", ":0|");
    ck_assert_str_eq(fakeEvents(f), "del:d");
    CALL(f, "EXISTS d", ":0|");
    done();
}
END_TEST

START_TEST(cardsCountUpToTheirLimit) {
    setup();
    CALL(f, "SADD a 1 2 3 x", ":4|");
    CALL(f, "SADD b 2 3 4", ":3|");
    CALL(f, "SINTERCARD 2 a b", ":2|");
    CALL(f, "SINTERCARD 2 a b LIMIT 1", ":1|");
    CALL(f, "SINTERCARD 2 a b LIMIT 1 limit 0", ":2|");
    CALL(f, "SINTERCARD 2 a none", ":0|");
    CALL(f, "SUNIONCARD 3 a b none", ":5|");
    CALL(f, "SUNIONCARD 2 a b LIMIT 3", ":3|");
    CALL(f, "SUNIONCARD 2 a b limit 5 APPROX", ":5|");
    CALL(f, "SUNIONCARD 1 none", ":0|");
    CALL(f, "SDIFFCARD 2 a b", ":2|");
    CALL(f, "SDIFFCARD 2 a b LIMIT 1", ":1|");
    CALL(f, "SDIFFCARD 2 none b", ":0|");
    CALL(f, "SDIFFCARD 2 a a", ":0|");
    done();
}
END_TEST

START_TEST(cardsCheckTheirArguments) {
    static const char *const names[] = {"SINTERCARD", "SUNIONCARD", "SDIFFCARD"};
    static const struct {
        const char *arguments, *wanted;
    } cases[] = {
        {"0 a", "-ERR numkeys should be greater than 0\r\n"},
        {"x a", "-ERR numkeys should be greater than 0\r\n"},
        {"2 a", "-ERR Number of keys can't be greater than number of args\r\n"},
        {"9223372036854775807 a", "-ERR Number of keys can't be greater than number of args\r\n"},
        {"1 a b", "-ERR syntax error\r\n"},
        {"1 a LIMIT", "-ERR syntax error\r\n"},
        {"1 a LIMIT -1", "-ERR LIMIT can't be negative\r\n"},
        {"1 str LIMIT x", "-ERR LIMIT can't be negative\r\n"},
    };
    setup();
    fakeCall(f, "SET str x");
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
            ck_assert_str_eq(fakeCallFormat(f, "%s %s", names[i], cases[k].arguments),
                             cases[k].wanted);
    CALL(f, "SINTERCARD 1 a APPROX", "-ERR syntax error|");
    CALL(f, "SDIFFCARD 1 a APPROX", "-ERR syntax error|");
    done();
}
END_TEST

START_TEST(approxIsNearTheTruthForManySets) {
    setup();
    for (int k = 0; k < 6; k++) {
        char key[16];
        snprintf(key, sizeof key, "s%d", k);
        addNumbers(key, k * 300, k * 300 + 600);
    }
    CALL(f, "SUNIONCARD 6 s0 s1 s2 s3 s4 s5", ":2100|");
    long about = strtol(fakeCall(f, "SUNIONCARD 6 s0 s1 s2 s3 s4 s5 APPROX") + 1, NULL, 10);
    ck_assert_int_gt(about, 2000);
    ck_assert_int_lt(about, 2200);
    CALL(f, "SUNIONCARD 6 s0 s1 s2 s3 s4 s5 APPROX LIMIT 1000", ":1000|");
    done();
}
END_TEST

START_TEST(spopTakesOutAndTells) {
    setup();
    CALL(f, "SADD s 1 2 3 4 5", ":5|");
    fakeRecordEvents(f, NOTIFY_ALL);
    uint64_t dirty = f->server->dirty;
    fakeCall(f, "SPOP s");
    fakeCall(f, "SPOP s 2");
    CALL(f, "SPOP s 0", "*0|");
    ck_assert_str_eq(fakeEvents(f), "spop:s spop:s");
    ck_assert_uint_eq(f->server->dirty, dirty + 3);
    CALL(f, "SCARD s", ":2|");
    fakeCall(f, "SPOP s 2");
    ck_assert_str_eq(fakeEvents(f), "spop:s del:s");
    CALL(f, "SADD s a", ":1|");
    CALL(f, "SPOP s", "$1|a|");
    ck_assert_str_eq(fakeEvents(f), "sadd:s spop:s del:s");
    CALL(f, "EXISTS s", ":0|");
    done();
}
END_TEST

#define MUST_BE_POSITIVE "-ERR value is out of range, must be positive|"

START_TEST(countsAreChecked) {
    setup();
    CALL(f, "SADD s a", ":1|");
    CALL(f, "SPOP none -1", MUST_BE_POSITIVE);
    CALL(f, "SPOP s x", MUST_BE_POSITIVE);
    CALL(f, "SPOP s 9223372036854775808", MUST_BE_POSITIVE);
    CALL(f, "SPOP s 1 2", "-ERR syntax error|");
    CALL(f, "SRANDMEMBER s 1 2", "-ERR syntax error|");
    CALL(f, "SRANDMEMBER none x", NO_INTEGER);
    CALL(f, "SRANDMEMBER none -9223372036854775808",
         "-ERR value is out of range, value must between -9223372036854775807 and "
         "9223372036854775807|");
    CALL(f, "SRANDMEMBER s -9223372036854775807", "-ERR value is out of range|");
    CALL(f, "SRANDMEMBER s -3", "*3|$1|a|$1|a|$1|a|");
    CALL(f, "SRANDMEMBER s 9223372036854775807", "*1|$1|a|");
    CALL(f, "SRANDMEMBER s 0", "*0|");
    done();
}
END_TEST

START_TEST(repeatedHugeMembersAreBounded) {
    setup();
    size_t size = 1024 * 1024;
    char *huge = calloc(1, size);
    bytes add[] = {BYTES("SADD"), BYTES("s"), bytesOf(huge, size)};
    ck_assert_str_eq(fakeCallArgs(f, f->client, 3, add, NULL), ":1\r\n");
    free(huge);
    CALL(f, "SRANDMEMBER s -100000", "-ERR value is out of range|");
    CALL(f, "SCARD s", ":1|");
    done();
}
END_TEST

START_TEST(sscanGoesOverABigSet) {
    setup();
    enum { MEMBERS = 2000 };
    unsigned seen[MEMBERS] = {0};
    addNumbers("s", 0, MEMBERS);
    char cursor[32] = "0";
    do {
        const char *at = fakeCallFormat(f, "SSCAN s %s COUNT 50", cursor);
        at = strchr(strchr(at, '$'), '\n') + 1; /* behind the cursor's size */
        snprintf(cursor, sizeof cursor, "%.*s", (int)strcspn(at, "\r"), at);
        at = strchr(strchr(at, '*'), '\n') + 1;
        while (*at == '$') {
            at = strchr(at, '\n') + 1;
            seen[strtol(at, NULL, 10)]++;
            at = strchr(at, '\n') + 1;
        }
    } while (strcmp(cursor, "0"));
    for (int i = 0; i < MEMBERS; i++) ck_assert_uint_ge(seen[i], 1);
    const char *some = fakeCall(f, "SSCAN s 0 MATCH 77? COUNT 100000");
    ck_assert_ptr_eq(strstr(some, "*2\r\n$1\r\n0\r\n*10\r\n"), some);
    ck_assert_ptr_nonnull(strstr(some, "$3\r\n777\r\n"));
    done();
}
END_TEST

START_TEST(sscanGivesSmallSetsWhole) {
    setup();
    CALL(f, "SADD s 1 b", ":2|");
    CALL(f, "SSCAN s 0 COUNT 1", "*2|$1|0|*2|$1|1|$1|b|");
    CALL(f, "SSCAN s 77", "*2|$1|0|*2|$1|1|$1|b|");
    CALL(f, "SSCAN s 0 MATCH b*", "*2|$1|0|*1|$1|b|");
    CALL(f, "SSCAN none x", "-ERR invalid cursor|");
    CALL(f, "SSCAN none 0 foo", "*2|$1|0|*0|");
    CALL(f, "SSCAN s 0 foo", "-ERR syntax error|");
    CALL(f, "SSCAN s 0 COUNT 0", "-ERR syntax error|");
    CALL(f, "SSCAN s 0 TYPE set", "-ERR syntax error|");
    done();
}
END_TEST

START_TEST(bigSetsAreCopiedRenamedAndFreed) {
    setup();
    addNumbers("s", 0, 1500);
    CALL(f, "COPY s t", ":1|");
    CALL(f, "SREM t 7", ":1|");
    CALL(f, "SISMEMBER s 7", ":1|");
    CALL(f, "RENAME t u", "+OK|");
    CALL(f, "SCARD u", ":1499|");
    CALL(f, "SDIFFCARD 2 s u", ":1|");
    CALL(f, "DEL u s", ":2|");
    CALL(f, "EXISTS u s", ":0|");
    done();
}
END_TEST

TESTS("commands/set", saddCountsWhatIsNew, anAbsentSetIsEmpty, otherTypesAreRefused,
      encodingsChangeWhereRedisChangesThem, theLastMemberTakesTheKeyAlong, dirtyCountsMembers,
      smoveTellsBothKeys, algebraKnowsAbsentSetsAndRepeatedOnes, resp3SaysSet,
      storedOutcomesReplaceAndDelete, cardsCountUpToTheirLimit, cardsCheckTheirArguments,
      approxIsNearTheTruthForManySets, spopTakesOutAndTells, countsAreChecked,
      repeatedHugeMembersAreBounded, sscanGoesOverABigSet, sscanGivesSmallSetsWhole,
      bigSetsAreCopiedRenamedAndFreed)
