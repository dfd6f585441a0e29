#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
}
static void done(void) {
    fakeFree(f);
}

/* Entries 1-0 ... n-0 of one field. */
static void fill(int n) {
    for (int i = 1; i <= n; i++) fakeCallFormat(f, "XADD s %d-0 f %d", i, i);
}

START_TEST(idsAreMadeOrChecked) {
    setup();
    CALL(f, "XADD s * a 1", "$15|1700000000000-0|");
    CALL(f, "XADD s * a 1", "$15|1700000000000-1|");
    CALL(f, "XADD s 1700000000000-* a 1", "$15|1700000000000-2|");
    CALL(f, "XADD s 1700000000001 a 1", "$15|1700000000001-0|");
    CALL(f, "XADD s * a 1", "$15|1700000000001-1|");
    CALL(f, "XADD t 0-* a 1", "$3|0-1|");
    CALL(f, "XADD t 0-1 a 1",
         "-ERR The ID specified in XADD is equal or smaller than the target stream top item|");
    CALL(f, "XADD u 0-0 a 1", "-ERR The ID specified in XADD must be greater than 0-0|");
    CALL(f, "XADD u NOMKSTREAM 1-1 a 1", "$-1|");
    CALL(f, "XADD u 1-1 a", "-ERR wrong number of arguments for 'xadd' command|");
    CALL(f, "EXISTS u", ":0|");
    CALL(f, "XLEN s", ":5|");
    CALL(f, "OBJECT ENCODING s", "$6|stream|");
    done();
}
END_TEST

START_TEST(rangesGoBothWays) {
    setup();
    fill(4);
    CALL(f, "XRANGE s (1 3", "*2|*2|$3|2-0|*2|$1|f|$1|2|*2|$3|3-0|*2|$1|f|$1|3|");
    CALL(f, "XREVRANGE s + - COUNT 1", "*1|*2|$3|4-0|*2|$1|f|$1|4|");
    CALL(f, "XRANGE s - + COUNT 0", "*-1|");
    CALL(f, "XRANGE none - + COUNT 0", "*0|");
    CALL(f, "XRANGE s - + COUNT", "-ERR syntax error|");
    CALL(f, "XRANGE s (18446744073709551615-18446744073709551615 +",
         "-ERR invalid start ID for the interval|");
    done();
}
END_TEST

START_TEST(eventsTellWhatHappened) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    uint64_t dirty = f->server->dirty;
    fill(3);
    ck_assert_str_eq(fakeEvents(f), "xadd:s xadd:s xadd:s");
    CALL(f, "XADD s MAXLEN 2 4-0 a b", "$3|4-0|");
    ck_assert_str_eq(fakeEvents(f), "xadd:s xtrim:s");
    CALL(f, "XTRIM s MAXLEN 2", ":0|");
    CALL(f, "XDEL s 1-0", ":0|");
    ck_assert_str_eq(fakeEvents(f), "");
    ck_assert_uint_eq(f->server->dirty, dirty + 4);
    CALL(f, "XDEL s 3-0 4-0", ":2|");
    ck_assert_str_eq(fakeEvents(f), "xdel:s");
    ck_assert_uint_eq(f->server->dirty, dirty + 6);
    /* An empty stream stays. */
    CALL(f, "EXISTS s", ":1|");
    CALL(f, "XSETID s 9-0", "+OK|");
    ck_assert_str_eq(fakeEvents(f), "xsetid:s");
    done();
}
END_TEST

START_TEST(trimsAskForReferences) {
    setup();
    fill(4);
    CALL(f, "XGROUP CREATE s g 0", "+OK|");
    fakeCall(f, "XREADGROUP GROUP g c COUNT 3 STREAMS s >");
    CALL(f, "XACK s g 2-0", ":1|");
    CALL(f, "XTRIM s MAXLEN 0 ACKED", ":1|");
    CALL(f, "XRANGE s - + COUNT 1", "*1|*2|$3|1-0|*2|$1|f|$1|1|");
    CALL(f, "XTRIM s MAXLEN = 2 DELREF", ":1|");
    CALL(f, "XPENDING s g", "*4|:1|$3|3-0|$3|3-0|*1|*2|$1|c|$1|1|");
    CALL(f, "XADD s KEEPREF MAXLEN 1 9-0 a b", "$3|9-0|");
    CALL(f, "XPENDING s g", "*4|:1|$3|3-0|$3|3-0|*1|*2|$1|c|$1|1|");
    CALL(f, "XTRIM s MAXLEN 0 ACKED DELREF", "-ERR syntax error|");
    CALL(f, "XTRIM s MAXLEN 0 LIMIT 1",
         "-ERR syntax error, LIMIT cannot be used without the special ~ option|");
    done();
}
END_TEST

START_TEST(xdelexSaysWhatBecameOfEach) {
    setup();
    fill(3);
    CALL(f, "XGROUP CREATE s g 0", "+OK|");
    fakeCall(f, "XREADGROUP GROUP g c COUNT 2 STREAMS s >");
    CALL(f, "XDELEX s ACKED IDS 3 1-0 3-0 7-0", "*3|:2|:2|:-1|");
    CALL(f, "XACK s g 1-0", ":1|");
    CALL(f, "XDELEX s ACKED IDS 1 1-0", "*1|:1|");
    CALL(f, "XDEL s 2-0", ":1|");
    CALL(f, "XDELEX s IDS 1 2-0 DELREF", "*1|:-1|");
    CALL(f, "XPENDING s g", "*4|:0|$-1|$-1|*-1|");
    CALL(f, "XDELEX none IDS 2 1 2", "*2|:-1|:-1|");
    CALL(f, "XDELEX s IDS 0 1-0", "-ERR Number of IDs must be a positive integer|");
    CALL(f, "XDELEX s IDS 3 1-0",
         "-ERR The `numids` parameter must match the number of arguments|");
    CALL(f, "XDELEX s IDS 1 1-0 2-0", "-ERR syntax error|");
    done();
}
END_TEST

START_TEST(aMessageSentTwiceIsAddedOnce) {
    setup();
    CALL(f, "XADD other 1-0 a 1", "$3|1-0|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "XINFO STREAM other"),
                                 "idmp-duration\r\n:100\r\n$12\r\nidmp-maxsize\r\n:100\r\n"));
    CALL(f, "XADD s IDMP p m * a 1", "$15|1700000000000-0|");
    CALL(f, "XADD s IDMP p m * a 2", "$15|1700000000000-0|");
    CALL(f, "XADD s IDMP q m * a 2", "$15|1700000000000-1|");
    CALL(f, "XADD s IDMPAUTO p * a 1 b 2", "$15|1700000000000-2|");
    CALL(f, "XADD s IDMPAUTO p * b 2 a 1", "$15|1700000000000-2|");
    CALL(f, "XLEN s", ":3|");
    const char *info = fakeCall(f, "XINFO STREAM s");
    ck_assert_ptr_nonnull(strstr(info, "idmp-duration\r\n:100\r\n"));
    ck_assert_ptr_nonnull(strstr(info, "iids-duplicates\r\n:2\r\n"));
    fakeAdvanceMs(f, 100001);
    CALL(f, "XADD s IDMP p m * a 1", "$15|1700000100001-0|");
    CALL(f, "XADD s IDMP p m 1-1 a 1",
         "-ERR IDMP/IDMPAUTO can be used only with auto-generated IDs|");
    CALL(f, "XADD s IDMP p m IDMPAUTO p * a 1", "-ERR IDMP/IDMPAUTO specified multiple times|");
    CALL(f, "XADD s IDMP \"\" m * a 1", "-ERR IDMP requires a non-empty producer ID|");
    CALL(f, "XCFGSET s IDMP-DURATION 0", "-ERR IDMP-DURATION must be between 1 and 86400 seconds|");
    CALL(f, "XCFGSET s IDMP-MAXSIZE 7", "+OK|");
    CALL(f, "XADD s IDMP p m * a 1", "$15|1700000100001-1|");
    CALL(f, "XIDMPRECORD s p z 1700000100001-1", "+OK|");
    CALL(f, "XADD s IDMP p z * a 1", "$15|1700000100001-1|");
    CALL(f, "XIDMPRECORD s p z 1700000100001-0",
         "-ERR The idempotent ID already stands for another entry|");
    CALL(f, "XIDMPRECORD s p z 5-5", "-ERR The stream has no entry of that ID|");
    CALL(f, "XINFO STREAM none", "-ERR no such key|");
    done();
}
END_TEST

START_TEST(xreadHasBudgets) {
    setup();
    fill(3);
    CALL(f, "XADD t 1-1 a b", "$3|1-1|");
    CALL(f, "XREAD STREAMS s t 3 0", "*1|*2|$1|t|*1|*2|$3|1-1|*2|$1|a|$1|b|");
    CALL(f, "XREAD STREAMS s t 3 1-1", "*-1|");
    CALL(f, "XREAD STREAMS s +", "*1|*2|$1|s|*1|*2|$3|3-0|*2|$1|f|$1|3|");
    CALL(f, "XREAD COUNT 1 MAXCOUNT 1 STREAMS s t 0 0", "*1|*2|$1|s|*1|*2|$3|1-0|*2|$1|f|$1|1|");
    CALL(f, "XREAD MAXSIZE 1 STREAMS s t 0 0", "*1|*2|$1|s|*1|*2|$3|1-0|*2|$1|f|$1|1|");
    CALL(f, "XREAD COUNT 2 MAXCOUNT 1 STREAMS s 0",
         "-ERR MAXCOUNT must be greater than or equal to COUNT|");
    CALL(f, "XREAD STREAMS s s 1",
         "-ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be "
         "specified.|");
    client *c = fakeClient(f);
    fakeCallAs(f, c, "HELLO 3");
    ck_assert_str_eq(fakeCallAs(f, c, "XREAD COUNT 1 STREAMS s 2"),
                     "%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n3-0\r\n*2\r\n$1\r\nf\r\n$1\r\n3\r\n");
    done();
}
END_TEST

START_TEST(xreadWaitsForTheNextEntry) {
    setup();
    fill(1);
    client *c = fakeClient(f), *d = fakeClient(f);
    ck_assert_str_eq(fakeCallAs(f, c, "XREAD BLOCK 0 STREAMS s t $ $"), "");
    ck_assert_str_eq(fakeCallAs(f, d, "XREAD BLOCK 100 STREAMS none +"), "");
    CALL(f, "XADD s 5-0 a b", "$3|5-0|");
    ck_assert_str_eq(
        fakeTake(f, c, NULL),
        "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n5-0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    ck_assert_str_eq(fakeTake(f, d, NULL), "");
    CALL(f, "XREAD BLOCK -1 STREAMS s $", "-ERR timeout is negative|");
    done();
}
END_TEST

TESTS("commands on streams", idsAreMadeOrChecked, rangesGoBothWays, eventsTellWhatHappened,
      trimsAskForReferences, xdelexSaysWhatBecameOfEach, aMessageSentTwiceIsAddedOnce,
      xreadHasBudgets, xreadWaitsForTheNextEntry)
