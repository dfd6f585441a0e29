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

/* Time passes, and what is due then runs. */
static void later(int64_t ms) {
    fakeAdvanceMs(f, ms);
    serverReadClock(f->server);
    cronRun(f->server);
}

/* Each test runs with small hashes as listpacks and with all as dicts. */
static void setupWith(int dicts) {
    setup();
    if (dicts) CALL(f, "CONFIG SET hash-max-listpack-entries 0", "+OK|");
}

static const char *encodingOf(int dicts) {
    return dicts ? "$9|hashtable|" : "$10|listpackex|";
}

START_TEST(fieldsGetAndLoseDeadlines) {
    for (int dicts = 0; dicts < 2; dicts++) {
        setupWith(dicts);
        CALL(f, "HSET h a 1 b 2 c 3", ":3|");
        CALL(f, "HEXPIRE h 100 FIELDS 3 a none c", "*3|:1|:-2|:1|");
        CALL(f, "OBJECT ENCODING h", encodingOf(dicts));
        CALL(f, "HTTL h FIELDS 4 a b c none", "*4|:100|:-1|:100|:-2|");
        CALL(f, "HPTTL h FIELDS 1 a", "*1|:100000|");
        CALL(f, "HEXPIRETIME h FIELDS 1 a", "*1|:1700000100|");
        CALL(f, "HPEXPIRETIME h FIELDS 1 a", "*1|:1700000100000|");
        CALL(f, "HPEXPIREAT h 1700000000001 FIELDS 1 b", "*1|:1|");
        CALL(f, "HTTL h FIELDS 1 b", "*1|:1|");
        CALL(f, "HEXPIRETIME h FIELDS 1 b", "*1|:1700000001|");
        CALL(f, "HPERSIST h FIELDS 3 a none b", "*3|:1|:-2|:1|");
        CALL(f, "HPERSIST h FIELDS 1 a", "*1|:-1|");
        CALL(f, "HTTL h FIELDS 3 a b c", "*3|:-1|:-1|:100|");
        CALL(f, "HMGET h a b c", "*3|$1|1|$1|2|$1|3|");
        done();
    }
}
END_TEST

START_TEST(absentKeysHaveNoFields) {
    setup();
    CALL(f, "HEXPIRE none 10 FIELDS 2 a b", "*2|:-2|:-2|");
    CALL(f, "HTTL none FIELDS 2 a b", "*2|:-2|:-2|");
    CALL(f, "HPERSIST none FIELDS 1 a", "*1|:-2|");
    CALL(f, "HGETEX none EX 10 FIELDS 1 a", "*1|$-1|");
    CALL(f, "HGETDEL none FIELDS 2 a b", "*2|$-1|$-1|");
    CALL(f, "HSETEX none FXX FIELDS 1 a 1", ":0|");
    CALL(f, "EXISTS none", ":0|");
    done();
}
END_TEST

START_TEST(conditionsCompareDeadlines) {
    for (int dicts = 0; dicts < 2; dicts++) {
        setupWith(dicts);
        CALL(f, "HSET h a 1 b 2", ":2|");
        CALL(f, "HEXPIRE h 100 XX FIELDS 2 a b", "*2|:0|:0|");
        CALL(f, "HEXPIRE h 100 GT FIELDS 1 a", "*1|:0|");
        CALL(f, "HEXPIRE h 100 NX FIELDS 1 a", "*1|:1|");
        CALL(f, "HEXPIRE h 200 NX FIELDS 2 a b", "*2|:0|:1|");
        CALL(f, "HEXPIRE h 150 gt FIELDS 2 a b", "*2|:1|:0|");
        CALL(f, "HEXPIRE h 120 LT FIELDS 2 a b", "*2|:1|:1|");
        CALL(f, "HEXPIRE h 120 LT FIELDS 1 a", "*1|:0|");
        CALL(f, "HPERSIST h FIELDS 1 b", "*1|:1|");
        CALL(f, "HEXPIRE h 500 LT FIELDS 1 b", "*1|:1|");
        CALL(f, "HTTL h FIELDS 2 a b", "*2|:120|:500|");
        done();
    }
}
END_TEST

START_TEST(argumentsAreChecked) {
    setup();
    CALL(f, "HSET h a 1", ":1|");
    CALL(f, "SET s x", "+OK|");
    CALL(f, "HEXPIRE h x FIELDS 1 a", "-ERR value is not an integer or out of range|");
    CALL(f, "HEXPIRE h -1 FIELDS 1 a", "-ERR invalid expire time, must be >= 0|");
    CALL(f, "HPEXPIREAT h 70368744177663 FIELDS 1 a", "*1|:1|");
    CALL(f, "HPEXPIREAT h 70368744177664 FIELDS 1 a",
         "-ERR invalid expire time in 'hpexpireat' command|");
    CALL(f, "HEXPIRE h 9223372036854775807 FIELDS 1 a",
         "-ERR invalid expire time in 'hexpire' command|");
    CALL(f, "HEXPIRE h 10 FIELDS 0 a", "-ERR Parameter `numFields` should be greater than 0|");
    CALL(f, "HEXPIRE h 10 FIELDS x a", "-ERR Parameter `numFields` should be greater than 0|");
#define MISMATCH "-ERR The `numfields` parameter must match the number of arguments|"
    CALL(f, "HEXPIRE h 10 FIELDS 2 a", MISMATCH);
    CALL(f, "HEXPIRE h 10 NX FIELDS 1", MISMATCH);
    CALL(f, "HTTL h FIELDS 1 a b", MISMATCH);
#define NO_FIELDS "-ERR Mandatory argument FIELDS is missing or not at the right position|"
    CALL(f, "HEXPIRE h 10 ZZ FIELDS 1 a", NO_FIELDS);
    CALL(f, "HTTL h FIELD 1 a", NO_FIELDS);
    CALL(f, "HEXPIRE s 10 FIELDS 1 a",
         "-WRONGTYPE Operation against a key holding the wrong kind of value|");
    CALL(f, "HTTL s FIELDS 1 a",
         "-WRONGTYPE Operation against a key holding the wrong kind of value|");
    CALL(f, "HGETEX h EX 1 PX 1 FIELDS 1 a",
         "-ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified|");
    CALL(f, "HSETEX h EX 1 KEEPTTL FIELDS 1 a b",
         "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified|");
    CALL(f, "HSETEX h FNX FXX FIELDS 1 a b",
         "-ERR Only one of FXX or FNX arguments can be specified|");
    CALL(f, "HSETEX h FIELDS 2 a 1 b", MISMATCH);
    CALL(f, "HSETEX h FIELDS 1 a 1 b", "-ERR unknown argument: b|");
    CALL(f, "HSETEX h PERSIST FIELDS 1 a 1", "-ERR unknown argument: PERSIST|");
    CALL(f, "HGETEX h FIELDS 1 a FIELDS 1 a", "-ERR FIELDS keyword specified multiple times|");
    CALL(f, "HGETEX h EX 10 PERSIST a",
         "-ERR Only one of EX, PX, EXAT, PXAT or PERSIST "
         "arguments can be specified|");
    CALL(f, "HGETEX h EX 100 EX", "-ERR unknown argument: EX|");
    CALL(f, "HGETEX h EX 1 FIELDS", "-ERR wrong number of arguments for 'hgetex' command|");
    CALL(f, "HGETDEL h FIELDS 0 a", "-ERR Number of fields must be a positive integer|");
    done();
}
END_TEST

START_TEST(timesThatHavePassedDelete) {
    for (int dicts = 0; dicts < 2; dicts++) {
        setupWith(dicts);
        CALL(f, "HSET h a 1 b 2 c 3", ":3|");
        fakeRecordEvents(f, NOTIFY_ALL);
        CALL(f, "HEXPIRE h 0 FIELDS 2 a none", "*2|:2|:-2|");
        CALL(f, "HEXPIREAT h 1000 GT FIELDS 1 b", "*1|:0|");
        ck_assert_str_eq(fakeEvents(f), "hdel:h");
        CALL(f, "HGETEX h PXAT 1000 FIELDS 1 b", "*1|$1|2|");
        ck_assert_str_eq(fakeEvents(f), "hdel:h");
        CALL(f, "HPEXPIREAT h 1700000000000 FIELDS 1 c", "*1|:2|");
        ck_assert_str_eq(fakeEvents(f), "hdel:h del:h");
        CALL(f, "HSETEX n PXAT 1 FIELDS 1 a 1", ":1|");
        CALL(f, "EXISTS h n", ":0|");
        done();
    }
}
END_TEST

START_TEST(fieldsPastTheirDeadlineAreNotSeen) {
    for (int dicts = 0; dicts < 2; dicts++) {
        setupWith(dicts);
        f->server->active_expire = false;
        CALL(f, "HSET h a 1 b 2 c 3 d 4 e 5 k 9", ":6|");
        CALL(f, "HPEXPIRE h 10 FIELDS 5 a b c d e", "*5|:1|:1|:1|:1|:1|");
        fakeAdvanceMs(f, 10);
        CALL(f, "HGET h a", "$1|1|");
        fakeAdvanceMs(f, 1);
        fakeRecordEvents(f, NOTIFY_ALL);
        CALL(f, "HGETALL h", "*2|$1|k|$1|9|");
        CALL(f, "HKEYS h", "*1|$1|k|");
        CALL(f, "HSCAN h 0", "*2|$1|0|*2|$1|k|$1|9|");
        CALL(f, "HTTL h FIELDS 2 a k", "*2|:-2|:-1|");
        CALL(f, "HLEN h", ":6|");
        ck_assert_str_eq(fakeEvents(f), "");
        CALL(f, "HGET h a", "$-1|");
        CALL(f, "HLEN h", ":5|");
        ck_assert_str_eq(fakeEvents(f), "hexpired:h");
        CALL(f, "HMGET h b k c", "*3|$-1|$1|9|$-1|");
        ck_assert_str_eq(fakeEvents(f), "hexpired:h");
        CALL(f, "HINCRBY h d 7", ":7|");
        ck_assert_str_eq(fakeEvents(f), "hexpired:h hincrby:h");
        CALL(f, "HPTTL h FIELDS 1 d", "*1|:-1|");
        CALL(f, "HSET h e 8", ":1|");
        ck_assert_str_eq(fakeEvents(f), "hexpired:h hset:h");
        CALL(f, "HLEN h", ":3|");
        ck_assert_uint_eq(f->server->stats.expired_subkeys, 5);
        done();
    }
}
END_TEST

START_TEST(theLastFieldPastItsDeadlineTakesTheKeyWithIt) {
    for (int dicts = 0; dicts < 2; dicts++) {
        setupWith(dicts);
        f->server->active_expire = false;
        CALL(f, "HSETEX h PX 10 FIELDS 2 a 1 b 2", ":1|");
        CALL(f, "HSETEX n PX 10 FIELDS 1 a 1", ":1|");
        fakeAdvanceMs(f, 11);
        fakeRecordEvents(f, NOTIFY_ALL);
        CALL(f, "EXISTS h", ":1|");
        CALL(f, "HSTRLEN h a", ":0|");
        CALL(f, "HEXISTS h b", ":0|");
        ck_assert_str_eq(fakeEvents(f), "hexpired:h hexpired:h del:h");
        CALL(f, "EXISTS h", ":0|");
        CALL(f, "HINCRBYFLOAT n a 1.5", "$3|1.5|");
        CALL(f, "HRANDFIELD n", "$1|a|");
        CALL(f, "HPEXPIRE n 10 FIELDS 1 a", "*1|:1|");
        fakeAdvanceMs(f, 11);
        CALL(f, "HRANDFIELD n 5", "*0|");
        CALL(f, "EXISTS n", ":0|");
        done();
    }
}
END_TEST

START_TEST(fieldsExpireByThemselves) {
    for (int dicts = 0; dicts < 2; dicts++) {
        setupWith(dicts);
        CALL(f, "HSET h a 1 b 2 k 3", ":3|");
        CALL(f, "HPEXPIRE h 300 FIELDS 2 a b", "*2|:1|:1|");
        CALL(f, "HSETEX n PX 300 FIELDS 1 a 1", ":1|");
        const char *wanted = ",subexpiry=2\r\n";
        ck_assert_ptr_nonnull(strstr(fakeCall(f, "INFO keyspace"), wanted));
        fakeRecordEvents(f, NOTIFY_ALL);
        later(300);
        ck_assert_str_eq(fakeEvents(f), "");
        later(1);
        CALL(f, "HLEN h", ":1|");
        CALL(f, "EXISTS n", ":0|");
        const char *events = fakeEvents(f);
        ck_assert_ptr_nonnull(strstr(events, "hexpired:h"));
        ck_assert_ptr_nonnull(strstr(events, "hexpired:n del:n"));
        ck_assert_uint_eq(f->server->stats.expired_subkeys, 3);
        ck_assert_ptr_nonnull(strstr(fakeCall(f, "INFO keyspace"), ",subexpiry=0\r\n"));
        done();
    }
}
END_TEST

START_TEST(settingDropsTheDeadlineAndCountingKeepsIt) {
    for (int dicts = 0; dicts < 2; dicts++) {
        setupWith(dicts);
        CALL(f, "HSETEX h EX 100 FIELDS 3 a 1 b 2 c 3", ":1|");
        CALL(f, "HSET h a 5", ":0|");
        CALL(f, "HINCRBY h b 1", ":3|");
        CALL(f, "HINCRBYFLOAT h c 1", "$1|4|");
        CALL(f, "HTTL h FIELDS 3 a b c", "*3|:-1|:100|:100|");
        CALL(f, "HSETEX h KEEPTTL FIELDS 2 b 7 n 8", ":1|");
        CALL(f, "HTTL h FIELDS 2 b n", "*2|:100|:-1|");
        CALL(f, "HSETEX h FIELDS 1 b 9", ":1|");
        CALL(f, "HTTL h FIELDS 1 b", "*1|:-1|");
        done();
    }
}
END_TEST

START_TEST(hsetexObeysItsConditions) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "HSETEX h FNX EX 50 FIELDS 2 a 1 b 2", ":1|");
    ck_assert_str_eq(fakeEvents(f), "hset:h hexpire:h");
    CALL(f, "HSETEX h FNX FIELDS 2 a 5 c 5", ":0|");
    CALL(f, "HSETEX h FXX FIELDS 2 a 5 c 5", ":0|");
    ck_assert_str_eq(fakeEvents(f), "");
    CALL(f, "HSETEX h FIELDS 2 a 5 b 6 FXX", ":1|");
    ck_assert_str_eq(fakeEvents(f), "hset:h");
    CALL(f, "HGETALL h", "*4|$1|a|$1|5|$1|b|$1|6|");
    done();
}
END_TEST

START_TEST(hgetexAndHgetdelReplyWhatWasThere) {
    for (int dicts = 0; dicts < 2; dicts++) {
        setupWith(dicts);
        CALL(f, "HSET h a 1 b 2", ":2|");
        fakeRecordEvents(f, NOTIFY_ALL);
        CALL(f, "HGETEX h FIELDS 2 a none", "*2|$1|1|$-1|");
        CALL(f, "HGETEX h PERSIST FIELDS 1 a", "*1|$1|1|");
        ck_assert_str_eq(fakeEvents(f), "");
        CALL(f, "HGETEX h FIELDS 2 a none EXAT 1700000050", "*2|$1|1|$-1|");
        ck_assert_str_eq(fakeEvents(f), "hexpire:h");
        CALL(f, "HTTL h FIELDS 2 a b", "*2|:50|:-1|");
        CALL(f, "HGETEX h PERSIST FIELDS 2 a b", "*2|$1|1|$1|2|");
        ck_assert_str_eq(fakeEvents(f), "hpersist:h");
        CALL(f, "HGETDEL h FIELDS 3 a none a", "*3|$1|1|$-1|$1|1|");
        ck_assert_str_eq(fakeEvents(f), "hdel:h");
        CALL(f, "HGETDEL h FIELDS 1 none", "*1|$-1|");
        CALL(f, "HGETDEL h FIELDS 1 b", "*1|$1|2|");
        ck_assert_str_eq(fakeEvents(f), "hdel:h del:h");
        done();
    }
}
END_TEST

START_TEST(deadlinesTravelWithTheKey) {
    for (int dicts = 0; dicts < 2; dicts++) {
        setupWith(dicts);
        CALL(f, "HSETEX h PX 100 FIELDS 1 a 1", ":1|");
        CALL(f, "COPY h copy", ":1|");
        CALL(f, "RENAME h new", "+OK|");
        CALL(f, "MOVE new 3", ":1|");
        CALL(f, "SWAPDB 0 5", "+OK|");
        CALL(f, "HPTTL copy FIELDS 1 a", "*1|:-2|");
        CALL(f, "SELECT 5", "+OK|");
        CALL(f, "HPTTL copy FIELDS 1 a", "*1|:100|");
        CALL(f, "SELECT 3", "+OK|");
        CALL(f, "HPTTL new FIELDS 1 a", "*1|:100|");
        later(101);
        for (int i = 0; i < f->server->db_count; i++)
            ck_assert_uint_eq(dbCount(f->server->dbs[i]), 0);
        CALL(f, "HSETEX h PX 100 FIELDS 1 a 1", ":1|");
        CALL(f, "SET h string", "+OK|");
        CALL(f, "HSETEX i PX 100 FIELDS 1 a 1", ":1|");
        CALL(f, "FLUSHALL", "+OK|");
        fakeAdvanceMs(f, 200);
        CALL(f, "DBSIZE", ":0|");
        done();
    }
}
END_TEST

START_TEST(manyFieldsDueAtOnceGoInSlices) {
    enum { FIELDS = 3000 };
    setup();
    for (int i = 0; i < FIELDS; i++) fakeCallFormat(f, "HSETEX h PX 50 FIELDS 1 field:%d value", i);
    CALL(f, "HLEN h", ":3000|");
    later(51);
    for (int i = 0; i < FIELDS && dbCount(f->server->dbs[0]); i++) later(0);
    CALL(f, "EXISTS h", ":0|");
    ck_assert_uint_eq(f->server->stats.expired_subkeys, FIELDS);
    done();
}
END_TEST

START_TEST(importStoresHashesOfEqualFields) {
    setup();
    CALL(f, "HIMPORT PREPARE u name email age", "+OK|");
    CALL(f, "HIMPORT SET user:1 u alice a@x 30", "+OK|");
    CALL(f, "HGETALL user:1", "*6|$4|name|$5|alice|$5|email|$3|a@x|$3|age|$2|30|");
    fakeRecordEvents(f, NOTIFY_ALL | NOTIFY_OVERWRITTEN | NOTIFY_TYPE_CHANGED);
    CALL(f, "HSET h more x", ":1|");
    CALL(f, "EXPIRE h 100", ":1|");
    CALL(f, "HIMPORT SET h u bob b@x 25", "+OK|");
    ck_assert_str_eq(fakeEvents(f), "hset:h expire:h overwritten:h hset:h");
    CALL(f, "HGETALL h", "*6|$4|name|$3|bob|$5|email|$3|b@x|$3|age|$2|25|");
    CALL(f, "TTL h", ":-1|");
    done();
}
END_TEST

START_TEST(importReplacesNothingButHashes) {
    setup();
    CALL(f, "HIMPORT PREPARE u a", "+OK|");
    CALL(f, "SET s x", "+OK|");
    CALL(f, "HIMPORT SET s u 1",
         "-WRONGTYPE Operation against a key holding the wrong kind of value|");
    CALL(f, "GET s", "$1|x|");
    done();
}
END_TEST

START_TEST(fieldsetsAreOfOneConnection) {
    setup();
    client *other = fakeClient(f);
    CALL(f, "HIMPORT PREPARE u a b", "+OK|");
    CALL(f, "HIMPORT PREPARE v a a", "-ERR duplicate field name in fieldset|");
    CALL(f, "HIMPORT SET h u 1", "-ERR value count does not match fieldset field count|");
    CALL(f, "HIMPORT SET h v 1 2", "-ERR no such fieldset|");
    ck_assert_str_eq(fakeCallAs(f, other, "HIMPORT SET h u 1 2"), "-ERR no such fieldset\r\n");
    CALL(f, "HIMPORT PREPARE u x", "+OK|");
    CALL(f, "HIMPORT SET h u 1", "+OK|");
    CALL(f, "HGETALL h", "*2|$1|x|$1|1|");
    CALL(f, "HIMPORT DISCARD u", ":1|");
    CALL(f, "HIMPORT DISCARD u", ":0|");
    CALL(f, "HIMPORT PREPARE u x", "+OK|");
    CALL(f, "HIMPORT PREPARE w x", "+OK|");
    CALL(f, "HIMPORT DISCARDALL", ":2|");
    CALL(f, "HIMPORT PREPARE u x", "+OK|");
    CALL(f, "RESET", "+RESET|");
    CALL(f, "HIMPORT DISCARDALL", ":0|");
    for (int i = 0; i < 1024; i++)
        ck_assert_str_eq(fakeCallFormat(f, "HIMPORT PREPARE s%d x", i), "+OK\r\n");
    CALL(f, "HIMPORT PREPARE more x", "-ERR too many fieldsets|");
    CALL(f, "HIMPORT PREPARE s7 y", "+OK|");
    done();
}
END_TEST

TESTS("hash_ttl", fieldsGetAndLoseDeadlines, absentKeysHaveNoFields, conditionsCompareDeadlines,
      argumentsAreChecked, timesThatHavePassedDelete, fieldsPastTheirDeadlineAreNotSeen,
      theLastFieldPastItsDeadlineTakesTheKeyWithIt, fieldsExpireByThemselves,
      settingDropsTheDeadlineAndCountingKeepsIt, hsetexObeysItsConditions,
      hgetexAndHgetdelReplyWhatWasThere, deadlinesTravelWithTheKey, manyFieldsDueAtOnceGoInSlices,
      importStoresHashesOfEqualFields, importReplacesNothingButHashes, fieldsetsAreOfOneConnection)
