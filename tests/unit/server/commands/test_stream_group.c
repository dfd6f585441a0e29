#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
    for (int i = 1; i <= 4; i++) fakeCallFormat(f, "XADD s %d-0 f %d", i, i);
    CALL(f, "XGROUP CREATE s g 0", "+OK|");
}
static void done(void) {
    fakeFree(f);
}

START_TEST(entriesGoToOneConsumerEach) {
    setup();
    CALL(f, "XREADGROUP GROUP g a COUNT 1 STREAMS s >", "*1|*2|$1|s|*1|*2|$3|1-0|*2|$1|f|$1|1|");
    CALL(f, "XREADGROUP GROUP g b COUNT 1 STREAMS s >", "*1|*2|$1|s|*1|*2|$3|2-0|*2|$1|f|$1|2|");
    CALL(f, "XREADGROUP GROUP g b STREAMS s 0", "*1|*2|$1|s|*1|*2|$3|2-0|*2|$1|f|$1|2|");
    CALL(f, "XDEL s 2-0", ":1|");
    CALL(f, "XREADGROUP GROUP g b STREAMS s 0", "*1|*2|$1|s|*1|*2|$3|2-0|*-1|");
    CALL(f, "XPENDING s g", "*4|:2|$3|1-0|$3|2-0|*2|*2|$1|a|$1|1|*2|$1|b|$1|1|");
    fakeAdvanceMs(f, 50);
    CALL(f, "XPENDING s g - + 9", "*2|*4|$3|1-0|$1|a|:50|:1|*4|$3|2-0|$1|b|:50|:2|");
    CALL(f, "XPENDING s g IDLE 51 - + 9", "*0|");
    CALL(f, "XACK s g 1-0 2-0 3-0", ":2|");
    CALL(f, "XREADGROUP GROUP g a NOACK STREAMS s >",
         "*1|*2|$1|s|*2|*2|$3|3-0|*2|$1|f|$1|3|*2|$3|4-0|*2|$1|f|$1|4|");
    CALL(f, "XPENDING s g", "*4|:0|$-1|$-1|*-1|");
    CALL(f, "XREADGROUP GROUP g a STREAMS s >", "*-1|");
    CALL(f, "XREADGROUP GROUP h a STREAMS s >",
         "-NOGROUP No such key 's' or consumer group 'h' in XREADGROUP with GROUP option|");
    done();
}
END_TEST

START_TEST(eventsAndChangesAreCounted) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    uint64_t dirty = f->server->dirty;
    fakeCall(f, "XREADGROUP GROUP g a COUNT 2 STREAMS s >");
    ck_assert_str_eq(fakeEvents(f), "xgroup-createconsumer:s");
    ck_assert_uint_eq(f->server->dirty, dirty + 2);
    fakeCall(f, "XREADGROUP GROUP g a STREAMS s 0");
    ck_assert_uint_eq(f->server->dirty, dirty + 2);
    CALL(f, "XACK s g 1-0 2-0", ":2|");
    ck_assert_uint_eq(f->server->dirty, dirty + 4);
    CALL(f, "XGROUP CREATECONSUMER s g a", ":0|");
    CALL(f, "XGROUP DELCONSUMER s g a", ":0|");
    CALL(f, "XGROUP SETID s g $", "+OK|");
    CALL(f, "XGROUP DESTROY s g", ":1|");
    CALL(f, "XGROUP DESTROY s g", ":0|");
    ck_assert_str_eq(fakeEvents(f), "xgroup-delconsumer:s xgroup-setid:s xgroup-destroy:s");
    CALL(f, "XGROUP CREATE t g $ MKSTREAM ENTRIESREAD 7", "+OK|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "XINFO GROUPS t"), "entries-read\r\n:0\r\n"));
    CALL(f, "XGROUP CREATE t g $", "-BUSYGROUP Consumer Group name already exists|");
    done();
}
END_TEST

START_TEST(xclaimTakesWhatIsIdle) {
    setup();
    fakeCall(f, "XREADGROUP GROUP g a COUNT 2 STREAMS s >");
    fakeAdvanceMs(f, 100);
    CALL(f, "XCLAIM s g b 101 1-0 2-0", "*0|");
    CALL(f, "XCLAIM s g b 100 1-0 9-0 JUSTID", "*1|$3|1-0|");
    CALL(f, "XCLAIM s g b 0 2-0 RETRYCOUNT 7 IDLE 30", "*1|*2|$3|2-0|*2|$1|f|$1|2|");
    CALL(f, "XPENDING s g - + 9", "*2|*4|$3|1-0|$1|b|:0|:1|*4|$3|2-0|$1|b|:30|:7|");
    CALL(f, "XCLAIM s g b 0 4-0 FORCE", "*1|*2|$3|4-0|*2|$1|f|$1|4|");
    CALL(f, "XCLAIM s g b 0 1-0 nosuch", "-ERR Unrecognized XCLAIM option 'nosuch'|");
    CALL(f, "XDEL s 1-0", ":1|");
    CALL(f, "XCLAIM s g a 0 1-0", "*0|");
    CALL(f, "XPENDING s g - + 9 b", "*2|*4|$3|2-0|$1|b|:30|:7|*4|$3|4-0|$1|b|:0|:2|");
    done();
}
END_TEST

START_TEST(xautoclaimGoesOnFromACursor) {
    setup();
    fakeCall(f, "XREADGROUP GROUP g a STREAMS s >");
    CALL(f, "XDEL s 2-0", ":1|");
    CALL(f, "XAUTOCLAIM s g b 0 - COUNT 2 JUSTID", "*3|$3|3-0|*1|$3|1-0|*1|$3|2-0|");
    CALL(f, "XAUTOCLAIM s g b 0 3-0 COUNT 2",
         "*3|$3|0-0|*2|*2|$3|3-0|*2|$1|f|$1|3|*2|$3|4-0|*2|$1|f|$1|4|*0|");
    CALL(f, "XPENDING s g", "*4|:3|$3|1-0|$3|4-0|*1|*2|$1|b|$1|3|");
    CALL(f, "XAUTOCLAIM s g b 0 - COUNT 8070450532247928833", "-ERR COUNT must be > 0|");
    done();
}
END_TEST

START_TEST(xnackGivesBackToTheGroup) {
    setup();
    fakeCall(f, "XREADGROUP GROUP g a COUNT 3 STREAMS s >");
    fakeAdvanceMs(f, 10);
    CALL(f, "XNACK s g FAIL IDS 2 3-0 9-0", ":1|");
    CALL(f, "XNACK s g SILENT IDS 1 2-0", ":1|");
    CALL(f, "XNACK s g FATAL IDS 1 4-0 FORCE", ":1|");
    CALL(f, "XPENDING s g - + 9",
         "*4|*4|$3|1-0|$1|a|:10|:1|*4|$3|2-0|$0||:-1|:0|*4|$3|3-0|$0||:-1|:1|"
         "*4|$3|4-0|$0||:-1|:9223372036854775807|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "XINFO STREAM s FULL"), "nacked-count\r\n:3\r\n"));
    /* Those come first, in the order of giving back; 1-0 is not idle for so long. */
    CALL(f, "XREADGROUP GROUP g b COUNT 2 CLAIM 1000 STREAMS s >",
         "*1|*2|$1|s|*2|*4|$3|3-0|*2|$1|f|$1|3|:-1|:1|*4|$3|2-0|*2|$1|f|$1|2|:-1|:0|");
    CALL(f, "XNACK s nosuch FAIL IDS 1 1-0",
         "-NOGROUP No such key 's' or consumer group 'nosuch'|");
    CALL(f, "XNACK s g nosuch IDS 1 1-0", "-ERR mode must be SILENT, FAIL, or FATAL|");
    done();
}
END_TEST

/* Time passes, and what is due then runs. */
static void later(int64_t ms) {
    fakeAdvanceMs(f, ms);
    serverReadClock(f->server);
    cronRun(f->server);
}

START_TEST(claimWaitsUntilSomethingIsIdleEnough) {
    setup();
    fakeCall(f, "XREADGROUP GROUP g a COUNT 9 STREAMS s >");
    fakeCall(f, "XACK s g 3-0 4-0");
    client *waiter = fakeClient(f), *timed = fakeClient(f);
    const char *read = "XREADGROUP GROUP g b COUNT 1 BLOCK 0 CLAIM 100 STREAMS s >";
    ck_assert_str_eq(fakeCallAs(f, waiter, read), "");
    ck_assert_str_eq(fakeCallAs(f, timed, "XREADGROUP GROUP g c BLOCK 150 CLAIM 1000 STREAMS s >"),
                     "");
    later(60);
    CALL(f, "XCLAIM s g a 0 1-0 JUSTID", "*1|$3|1-0|");
    later(38);
    ck_assert_str_eq(fakeTake(f, waiter, NULL), "");
    later(4); /* 2-0 is idle for 102 ms, 1-0 was taken anew in between. */
    ck_assert_ptr_nonnull(strstr(fakeTake(f, waiter, NULL), "$3\r\n2-0\r\n"));
    ck_assert_str_eq(fakeCallAs(f, waiter, read), "");
    later(40);
    ck_assert_str_eq(fakeTake(f, waiter, NULL), "");
    ck_assert_str_eq(fakeTake(f, timed, NULL), "");
    later(20);
    ck_assert_ptr_nonnull(strstr(fakeTake(f, waiter, NULL), "$3\r\n1-0\r\n"));
    ck_assert_str_eq(fakeTake(f, timed, NULL), "*-1\r\n");
    CALL(f, "XPENDING s g", "*4|:2|$3|1-0|$3|2-0|*1|*2|$1|b|$1|2|");
    done();
}
END_TEST

START_TEST(claimServesTheOldestFirstAndThenWhatIsNew) {
    setup();
    fakeCall(f, "XREADGROUP GROUP g a COUNT 1 STREAMS s >");
    fakeAdvanceMs(f, 10);
    fakeCall(f, "XREADGROUP GROUP g a COUNT 1 STREAMS s >");
    CALL(f, "XCLAIM s g a 0 1-0 JUSTID", "*1|$3|1-0|");
    fakeAdvanceMs(f, 40);
    CALL(f, "XDEL s 4-0", ":1|");
    CALL(f, "XREADGROUP GROUP g b CLAIM 40 STREAMS s >",
         "*1|*2|$1|s|*3|*4|$3|1-0|*2|$1|f|$1|1|:40|:1|*4|$3|2-0|*2|$1|f|$1|2|:40|:1|"
         "*4|$3|3-0|*2|$1|f|$1|3|:0|:0|");
    CALL(f, "XPENDING s g", "*4|:3|$3|1-0|$3|3-0|*1|*2|$1|b|$1|3|");
    CALL(f, "XREADGROUP GROUP g b CLAIM 40 STREAMS s >", "*-1|");
    CALL(f, "XREADGROUP GROUP g b CLAIM -1 STREAMS s >",
         "-ERR min-idle-time must be a positive integer|");
    done();
}
END_TEST

START_TEST(xackdelDeletesWhatNobodyNeeds) {
    setup();
    CALL(f, "XGROUP CREATE s h 0", "+OK|");
    fakeCall(f, "XREADGROUP GROUP g a STREAMS s >");
    fakeCall(f, "XREADGROUP GROUP h a STREAMS s >");
    CALL(f, "XACKDEL s g ACKED IDS 2 1-0 9-0", "*2|:2|:-1|");
    CALL(f, "XACKDEL s h ACKED IDS 1 1-0", "*1|:1|");
    CALL(f, "XACKDEL s g DELREF IDS 1 2-0", "*1|:1|");
    CALL(f, "XACKDEL s g KEEPREF IDS 1 3-0", "*1|:1|");
    CALL(f, "XLEN s", ":1|");
    CALL(f, "XPENDING s h - + 9", "*2|*4|$3|3-0|$1|a|:0|:1|*4|$3|4-0|$1|a|:0|:1|");
    CALL(f, "XACKDEL s nosuch IDS 1 1-0", "*1|:-1|");
    done();
}
END_TEST

START_TEST(consumersTellWhenTheyWereSeen) {
    setup();
    CALL(f, "XGROUP CREATECONSUMER s g a", ":1|");
    fakeAdvanceMs(f, 5);
    CALL(f, "XINFO CONSUMERS s g", "*1|*8|$4|name|$1|a|$7|pending|:0|$4|idle|:5|$8|inactive|:-1|");
    fakeCall(f, "XREADGROUP GROUP g a STREAMS s >");
    fakeAdvanceMs(f, 5);
    fakeCall(f, "XREADGROUP GROUP g a STREAMS s >");
    CALL(f, "XINFO CONSUMERS s g", "*1|*8|$4|name|$1|a|$7|pending|:4|$4|idle|:0|$8|inactive|:5|");
    done();
}
END_TEST

START_TEST(waitingReadersAreToldOfADestroyedGroup) {
    setup();
    fakeCall(f, "XREADGROUP GROUP g a STREAMS s >");
    client *c = fakeClient(f), *d = fakeClient(f);
    ck_assert_str_eq(fakeCallAs(f, c, "XREADGROUP GROUP g b BLOCK 0 STREAMS s >"), "");
    ck_assert_str_eq(fakeCallAs(f, d, "XREADGROUP GROUP g b BLOCK 0 STREAMS s >"), "");
    CALL(f, "XADD s 9-0 a b", "$3|9-0|");
    ck_assert_str_eq(
        fakeTake(f, c, NULL),
        "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n9-0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    ck_assert_str_eq(fakeTake(f, d, NULL), "");
    CALL(f, "XGROUP DESTROY s g", ":1|");
    ck_assert_ptr_nonnull(strstr(fakeTake(f, d, NULL), "-NOGROUP "));
    done();
}
END_TEST

TESTS("commands on consumer groups", entriesGoToOneConsumerEach, eventsAndChangesAreCounted,
      xclaimTakesWhatIsIdle, xautoclaimGoesOnFromACursor, xnackGivesBackToTheGroup,
      claimServesTheOldestFirstAndThenWhatIsNew, claimWaitsUntilSomethingIsIdleEnough,
      xackdelDeletesWhatNobodyNeeds, consumersTellWhenTheyWereSeen,
      waitingReadersAreToldOfADestroyedGroup)
