#include "storage/base/mem.h"
#include "storage/db/db_fields.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
}
static void done(void) {
    for (int i = 0; i < f->server->db_count; i++) dbCheck(f->server->dbs[i]);
    fakeFree(f);
}

#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value|"

START_TEST(setAndGetOfOneAndManyFields) {
    setup();
    CALL(f, "HSET h a 1 b 2 c x", ":3|");
    CALL(f, "HSET h a 10 d 4", ":1|");
    CALL(f, "HGET h a", "$2|10|");
    CALL(f, "HGET h none", "$-1|");
    CALL(f, "HGET none a", "$-1|");
    CALL(f, "HMGET h a none c", "*3|$2|10|$-1|$1|x|");
    CALL(f, "HMGET none a b", "*2|$-1|$-1|");
    CALL(f, "HMSET h a 5 a 6", "+OK|");
    CALL(f, "HGET h a", "$1|6|");
    CALL(f, "HLEN h", ":4|");
    CALL(f, "HLEN none", ":0|");
    CALL(f, "HEXISTS h d", ":1|");
    CALL(f, "HEXISTS h e", ":0|");
    CALL(f, "HSTRLEN h a", ":1|");
    CALL(f, "HSTRLEN h none", ":0|");
    CALL(f, "HGETALL h", "*8|$1|a|$1|6|$1|b|$1|2|$1|c|$1|x|$1|d|$1|4|");
    CALL(f, "HKEYS h", "*4|$1|a|$1|b|$1|c|$1|d|");
    CALL(f, "HVALS h", "*4|$1|6|$1|2|$1|x|$1|4|");
    CALL(f, "HGETALL none", "*0|");
    fakeCall(f, "HELLO 3");
    CALL(f, "HGETALL none", "%0|");
    CALL(f, "HKEYS none", "*0|");
    CALL(f, "HGETALL h", "%4|$1|a|$1|6|$1|b|$1|2|$1|c|$1|x|$1|d|$1|4|");
    done();
}
END_TEST

START_TEST(setnxLeavesWhatIsThere) {
    setup();
    CALL(f, "HSETNX h a 1", ":1|");
    CALL(f, "HSETNX h a 2", ":0|");
    CALL(f, "HSETNX h b 2", ":1|");
    CALL(f, "HGETALL h", "*4|$1|a|$1|1|$1|b|$1|2|");
    done();
}
END_TEST

START_TEST(wrongArgumentsAreRefused) {
    setup();
    CALL(f, "HSET h a", "-ERR wrong number of arguments for 'hset' command|");
    CALL(f, "HSET h a 1 b", "-ERR wrong number of arguments for 'hset' command|");
    CALL(f, "HMSET h a 1 b", "-ERR wrong number of arguments for 'hmset' command|");
    CALL(f, "SET s x", "+OK|");
    CALL(f, "HSET s a 1", WRONG_TYPE);
    CALL(f, "HSETNX s a 1", WRONG_TYPE);
    CALL(f, "HGET s a", WRONG_TYPE);
    CALL(f, "HMGET s a", WRONG_TYPE);
    CALL(f, "HDEL s a", WRONG_TYPE);
    CALL(f, "HLEN s", WRONG_TYPE);
    CALL(f, "HGETALL s", WRONG_TYPE);
    CALL(f, "HINCRBY s a 1", WRONG_TYPE);
    CALL(f, "HINCRBYFLOAT s a 1", WRONG_TYPE);
    CALL(f, "HRANDFIELD s", WRONG_TYPE);
    CALL(f, "HRANDFIELD s 1", WRONG_TYPE);
    CALL(f, "HSCAN s 0", WRONG_TYPE);
    CALL(f, "HSCAN h x", "-ERR invalid cursor|");
    CALL(f, "HSCAN h 0 NOVALUE", "*2|$1|0|*0|");
    CALL(f, "HSET h a 1", ":1|");
    CALL(f, "HSCAN h 0 NOVALUE", "-ERR syntax error|");
    CALL(f, "HRANDFIELD h 1 x", "-ERR syntax error|");
    CALL(f, "HRANDFIELD h x", "-ERR value is not an integer or out of range|");
    done();
}
END_TEST

START_TEST(theLastFieldTakesTheKeyWithIt) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL | NOTIFY_NEW);
    CALL(f, "HSET h a 1 b 2 c 3", ":3|");
    ck_assert_str_eq(fakeEvents(f), "new:h hset:h");
    CALL(f, "HDEL h none", ":0|");
    ck_assert_str_eq(fakeEvents(f), "");
    CALL(f, "HDEL h a a none", ":1|");
    ck_assert_str_eq(fakeEvents(f), "hdel:h");
    CALL(f, "HDEL h b c d e", ":2|");
    ck_assert_str_eq(fakeEvents(f), "hdel:h del:h");
    CALL(f, "EXISTS h", ":0|");
    CALL(f, "HDEL h a", ":0|");
    done();
}
END_TEST

START_TEST(countersCheckWhatTheyAddTo) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "HINCRBY h n 5", ":5|");
    CALL(f, "HINCRBY h n -8", ":-3|");
    ck_assert_str_eq(fakeEvents(f), "hincrby:h hincrby:h");
    CALL(f, "HINCRBY h n x", "-ERR value is not an integer or out of range|");
    CALL(f, "HSET h t text m 9223372036854775807", ":2|");
    CALL(f, "HINCRBY h t 1", "-ERR hash value is not an integer|");
    CALL(f, "HINCRBY h m 1", "-ERR increment or decrement would overflow|");
    CALL(f, "HINCRBYFLOAT h t 1", "-ERR hash value is not a float|");
    CALL(f, "HINCRBYFLOAT h n 1.5", "$4|-1.5|");
    CALL(f, "HINCRBYFLOAT h new 3.0e3", "$4|3000|");
    CALL(f, "HINCRBYFLOAT h n inf", "-ERR value is NaN or Infinity|");
    CALL(f, "HINCRBYFLOAT h n x", "-ERR value is not a valid float|");
    ck_assert_str_eq(fakeEvents(f), "hset:h hincrbyfloat:h hincrbyfloat:h");
    done();
}
END_TEST

START_TEST(encodingFollowsTheLimits) {
    setup();
    CALL(f, "CONFIG SET hash-max-listpack-entries 3", "+OK|");
    CALL(f, "CONFIG SET hash-max-listpack-value 4", "+OK|");
    CALL(f, "HSET h a 1 b 2 c 3", ":3|");
    CALL(f, "OBJECT ENCODING h", "$8|listpack|");
    CALL(f, "HSET h d 4", ":1|");
    CALL(f, "OBJECT ENCODING h", "$9|hashtable|");
    CALL(f, "HSET v a 1234", ":1|");
    CALL(f, "OBJECT ENCODING v", "$8|listpack|");
    CALL(f, "HSET v a 12345", ":0|");
    CALL(f, "OBJECT ENCODING v", "$9|hashtable|");
    CALL(f, "HGET v a", "$5|12345|");
    CALL(f, "HSET w field 1", ":1|");
    CALL(f, "OBJECT ENCODING w", "$9|hashtable|");
    CALL(f, "HDEL h a b c", ":3|");
    CALL(f, "OBJECT ENCODING h", "$9|hashtable|");
    CALL(f, "CONFIG SET hash-max-listpack-entries 0", "+OK|");
    CALL(f, "HSET z a 1", ":1|");
    CALL(f, "OBJECT ENCODING z", "$9|hashtable|");
    done();
}
END_TEST

static void fill(const char *key, int fields) {
    for (int i = 0; i < fields; i++) fakeCallFormat(f, "HSET %s field:%d value:%d", key, i, i);
}

START_TEST(randomFieldsAreOfTheHash) {
    setup();
    CALL(f, "HRANDFIELD h", "$-1|");
    CALL(f, "HRANDFIELD h 3", "*0|");
    CALL(f, "HRANDFIELD h -99999999999", "*0|");
    CALL(f, "HSET h a 1", ":1|");
    CALL(f, "HRANDFIELD h", "$1|a|");
    CALL(f, "HRANDFIELD h 0", "*0|");
    CALL(f, "HRANDFIELD h 5", "*1|$1|a|");
    CALL(f, "HRANDFIELD h 5 WITHVALUES", "*2|$1|a|$1|1|");
    CALL(f, "HRANDFIELD h -3", "*3|$1|a|$1|a|$1|a|");
    CALL(f, "HRANDFIELD h -2 WITHVALUES", "*4|$1|a|$1|1|$1|a|$1|1|");
    CALL(f, "HRANDFIELD h -99999999999", "-ERR value is out of range|");
    CALL(f, "HRANDFIELD h 9223372036854775807 withvalues", "-ERR value is out of range|");
    CALL(f, "HRANDFIELD h -9223372036854775808",
         "-ERR value is out of range, value must between -9223372036854775807 and "
         "9223372036854775807|");
    fakeCall(f, "HELLO 3");
    CALL(f, "HRANDFIELD h 5 WITHVALUES", "*1|*2|$1|a|$1|1|");
    CALL(f, "HRANDFIELD h -1 WITHVALUES", "*1|*2|$1|a|$1|1|");
    done();
}
END_TEST

/* The fields named in a reply, each counted. */
static size_t countFields(const char *reply, int *hits, int fields) {
    size_t found = 0;
    for (const char *at = strstr(reply, "field:"); at; at = strstr(at + 6, "field:")) {
        int i = (int)strtol(at + 6, NULL, 10);
        ck_assert_int_lt(i, fields);
        hits[i]++;
        found++;
    }
    return found;
}

START_TEST(scansMeetEveryField) {
    enum { FIELDS = 2000 };
    setup();
    static int hits[FIELDS];
    memset(hits, 0, sizeof hits);
    fill("h", FIELDS);
    unsigned long long cursor = 0;
    int calls = 0;
    do {
        const char *reply = fakeCallFormat(f, "HSCAN h %llu COUNT 20 NOVALUES", cursor);
        ck_assert_ptr_null(strstr(reply, "value:"));
        countFields(reply, hits, FIELDS);
        ck_assert_int_eq(sscanf(reply, "*2\r\n$%*d\r\n%llu", &cursor), 1);
        calls++;
    } while (cursor);
    for (int i = 0; i < FIELDS; i++) ck_assert_int_ge(hits[i], 1);
    ck_assert_int_gt(calls, FIELDS / 60);
    CALL(f, "HSCAN none 0", "*2|$1|0|*0|");
    CALL(f, "HSET small a1 1 a2 2 b 3", ":3|");
    CALL(f, "HSCAN small 0 COUNT 1 MATCH a*", "*2|$1|0|*4|$2|a1|$1|1|$2|a2|$1|2|");
    CALL(f, "HSCAN small 0 NOVALUES", "*2|$1|0|*3|$2|a1|$2|a2|$1|b|");
    done();
}
END_TEST

START_TEST(drawsOfABigHashAreDifferent) {
    enum { FIELDS = 1500 };
    setup();
    fill("h", FIELDS);
    const size_t counts[] = {1, 10, 150, 700, 1499, 1500, 9000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        static int hits[FIELDS];
        memset(hits, 0, sizeof hits);
        const char *reply = fakeCallFormat(f, "HRANDFIELD h %zu", counts[i]);
        size_t found = countFields(reply, hits, FIELDS);
        ck_assert_uint_eq(found, counts[i] < FIELDS ? counts[i] : FIELDS);
        for (int j = 0; j < FIELDS; j++) ck_assert_int_le(hits[j], 1);
    }
    done();
}
END_TEST

START_TEST(wholeHashesCanBeCopiedRenamedAndMeasured) {
    setup();
    fill("h", 700);
    CALL(f, "COPY h copy", ":1|");
    CALL(f, "RENAME h other", "+OK|");
    CALL(f, "HLEN copy", ":700|");
    CALL(f, "HGET other field:699", "$9|value:699|");
    CALL(f, "TYPE other", "+hash|");
    int64_t held = 0;
    ck_assert_int_eq(sscanf(fakeCall(f, "MEMORY USAGE other"), ":%ld", &held), 1);
    ck_assert_int_gt(held, 700 * 20);
    ck_assert_int_lt(held, 700 * 80);
    CALL(f, "UNLINK other copy", ":2|");
    done();
}
END_TEST

TESTS("hash", setAndGetOfOneAndManyFields, setnxLeavesWhatIsThere, wrongArgumentsAreRefused,
      theLastFieldTakesTheKeyWithIt, countersCheckWhatTheyAddTo, encodingFollowsTheLimits,
      randomFieldsAreOfTheHash, scansMeetEveryField, drawsOfABigHashAreDifferent,
      wholeHashesCanBeCopiedRenamedAndMeasured)
