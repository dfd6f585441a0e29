/* HOTKEYS, on a clock that runs by so much with each look at it. */
#include "server/observe/hotkeys.h"

#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;
static clockSource runs;
static int64_t step_us; /* so long is each command */

static uint64_t monotonicThatRuns(void *ctx) {
    clockManual *clock = ctx;
    clock->now_us += step_us;
    return (uint64_t)clock->now_us * 1000;
}

static void setup(void) {
    f = fakeNew();
    step_us = 0;
    runs = f->clock.source;
    runs.monotonic_ns = monotonicThatRuns;
    f->server->clock = &runs;
}

static void slowly(const char *line, int64_t us) {
    step_us = us;
    fakeCall(f, line);
    step_us = 0;
}

/* The reply of HOTKEYS GET must have this part, its line endings written "|". */
static void getSays(const char *wanted) {
    const char *reply = fakeCall(f, "HOTKEYS GET");
    char shown[8192];
    size_t size = 0;
    for (; *reply && size < sizeof shown - 1; reply++)
        if (*reply != '\r') shown[size++] = *reply == '\n' ? '|' : *reply;
    shown[size] = '\0';
    ck_assert_msg(strstr(shown, wanted) != NULL, "wanted: %s\ngot: %s", wanted, shown);
}

#define ALL_SLOTS "$14|selected-slots|*1|*2|:0|:16383|"

START_TEST(timeGoesToTheKeysOfEachCall) {
    setup();
    CALL(f, "HOTKEYS GET", "$-1|");
    CALL(f, "HOTKEYS START METRICS 1 CPU", "+OK|");
    slowly("SET a 1", 30);
    slowly("GET b", 50);
    slowly("GET a", 40);
    slowly("MGET c d e f", 100);
    slowly("PING", 1000);
    CALL(f, "HOTKEYS STOP", "+OK|");
    slowly("GET b", 500);
    getSays("*1|*20|$15|tracking-active|:0|$12|sample-ratio|:1|" ALL_SLOTS
            "$25|all-commands-all-slots-us|:1220|$32|net-bytes-all-commands-all-slots|:");
    getSays("|$29|collection-start-time-unix-ms|:1700000000000|$22|collection-duration-ms|:");
    getSays("|$22|total-cpu-time-user-ms|:");
    getSays("|$14|by-cpu-time-us|*12|$1|a|:70|$1|b|:50|$1|c|:25|$1|d|:25|$1|e|:25|$1|f|:25|");
    ck_assert_ptr_null(strstr(fakeCall(f, "HOTKEYS GET"), "by-net-bytes"));
    fakeFree(f);
}
END_TEST

START_TEST(bytesAreThoseOfRequestAndReply) {
    setup();
    CALL(f, "HOTKEYS START METRICS 1 NET", "+OK|");
    fakeCall(f, "SET a 0123456789"); /* 37 and 5 */
    fakeCall(f, "GET a");            /* 20 and 17 */
    fakeCall(f, "GET b");            /* 20 and 5 */
    fakeCall(f, "PING");             /* 14 and 7 */
    CALL(f, "HOTKEYS STOP", "+OK|");
    getSays("|$32|net-bytes-all-commands-all-slots|:125|");
    getSays("|$12|by-net-bytes|*4|$1|a|:79|$1|b|:25|");
    ck_assert_ptr_null(strstr(fakeCall(f, "HOTKEYS GET"), "cpu"));
    fakeFree(f);
}
END_TEST

/* Replies that go out in between, big ones by reference, those of many keys. */
START_TEST(repliesAreMeasuredHoweverLarge) {
    setup();
    char value[20001];
    memset(value, 'x', 20000);
    value[20000] = '\0';
    const bytes set[] = {BYTES("SET"), BYTES("a"), bytesOfText(value)};
    fakeCallArgs(f, f->client, 3, set, NULL);
    CALL(f, "HOTKEYS START METRICS 1 NET COUNT 1", "+OK|");
    const bytes pipeline = BYTES("GET a\r\nGET a\r\nGET a\r\n");
    fakeSend(f, f->client, pipeline, NULL);
    getSays("|$12|by-net-bytes|*2|$1|a|:60090|"); /* 3 * (20 + 20010) */
    fakeFree(f);
}
END_TEST

START_TEST(insideOfExecEachCommandIsTold) {
    setup();
    CALL(f, "HOTKEYS START METRICS 2 CPU NET", "+OK|");
    fakeCall(f, "MULTI");
    fakeCall(f, "SET a 1");
    fakeCall(f, "SET b 1");
    slowly("EXEC", 10);
    CALL(f, "HOTKEYS STOP", "+OK|");
    getSays("|$14|by-cpu-time-us|*4|$1|a|:10|$1|b|:10|");
    getSays("|$12|by-net-bytes|*4|$1|a|:32|$1|b|:32|");
    /* MULTI 15 + 5, twice SET 27, EXEC 14 + 14: its reply has theirs. */
    getSays("|$32|net-bytes-all-commands-all-slots|:102|");
    fakeFree(f);
}
END_TEST

START_TEST(whoWaitsIsToldWhenServed) {
    setup();
    client *other = fakeClient(f);
    CALL(f, "HOTKEYS START METRICS 1 NET", "+OK|");
    fakeCallAs(f, other, "BLPOP list 0");
    getSays("|$12|by-net-bytes|*0|");
    fakeCall(f, "RPUSH list 1"); /* 32 and 4; BLPOP 32 and 21 */
    getSays("|$12|by-net-bytes|*2|$4|list|:89|");
    fakeFree(f);
}
END_TEST

START_TEST(moreKeysThanFewAreTold) {
    setup();
    char line[2048] = "MSET";
    for (int i = 0; i < 100; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), " k%d %d", i, i);
    CALL(f, "HOTKEYS START METRICS 1 CPU COUNT 64", "+OK|");
    slowly(line, 1000);
    getSays("|$14|by-cpu-time-us|*128|$2|k0|:10|");
    fakeFree(f);
}
END_TEST

START_TEST(aSampleTakesAboutItsPart) {
    setup();
    CALL(f, "HOTKEYS START METRICS 1 CPU SAMPLE 10", "+OK|");
    step_us = 1;
    for (int i = 0; i < 10000; i++) fakeCall(f, "GET a");
    step_us = 0;
    hotkeysReport report;
    topKey keys[TOP_KEYS_MAX];
    ck_assert(hotkeysReportOf(f->server, &report));
    ck_assert_uint_eq(report.calls_us, 10000);
    ck_assert_int_eq(hotkeysList(f->server, HOTKEYS_CPU, keys), 1);
    ck_assert_uint_gt(keys[0].weight, 700 * 1000);
    ck_assert_uint_lt(keys[0].weight, 1300 * 1000);
    fakeFree(f);
}
END_TEST

START_TEST(aSessionEndsWithItsDuration) {
    setup();
    CALL(f, "HOTKEYS START METRICS 1 CPU DURATION 2", "+OK|");
    fakeAdvanceMs(f, 1999);
    cronRun(f->server);
    ck_assert(hotkeysActive(f->server));
    fakeAdvanceMs(f, 1);
    cronRun(f->server);
    ck_assert(!hotkeysActive(f->server));
    ck_assert(!f->server->observer.measured);
    fakeAdvanceMs(f, 5000);
    getSays("|$22|collection-duration-ms|:2000|");
    /* One that was stopped leaves no end behind for the next. */
    CALL(f, "HOTKEYS START METRICS 1 CPU DURATION 1", "+OK|");
    CALL(f, "HOTKEYS STOP", "+OK|");
    CALL(f, "HOTKEYS START METRICS 1 CPU", "+OK|");
    fakeAdvanceMs(f, 5000);
    cronRun(f->server);
    ck_assert(hotkeysActive(f->server));
    fakeFree(f);
}
END_TEST

START_TEST(sessionsComeOneAfterTheOther) {
    setup();
    CALL(f, "HOTKEYS STOP", "$-1|");
    CALL(f, "HOTKEYS RESET", "+OK|");
    CALL(f, "HOTKEYS START METRICS 1 CPU", "+OK|");
    slowly("GET a", 10);
    CALL(f, "HOTKEYS START METRICS 1 NET", "-ERR hotkey tracking session already in progress|");
    CALL(f, "HOTKEYS RESET", "-ERR hotkey tracking session in progress, stop tracking first|");
    getSays("|$15|tracking-active|:1|");
    CALL(f, "HOTKEYS STOP", "+OK|");
    CALL(f, "HOTKEYS STOP", "$-1|");
    CALL(f, "HOTKEYS START METRICS 2 CPU NET SAMPLE 5", "+OK|");
    getSays("|$12|sample-ratio|:5|");
    getSays("|$14|by-cpu-time-us|*0|$12|by-net-bytes|*0|");
    CALL(f, "HOTKEYS STOP", "+OK|");
    CALL(f, "HOTKEYS RESET", "+OK|");
    CALL(f, "HOTKEYS GET", "$-1|");
    ck_assert_uint_eq(hotkeysBytes(f->server), 0);
    fakeFree(f);
}
END_TEST

START_TEST(startChecksItsArguments) {
    static const char *const wrong[][2] = {
        {"", "METRICS parameter is required"},
        {"METRICS", "METRICS parameter is required"},
        {"COUNT 1 METRICS 1 CPU", "METRICS parameter is required"},
        {"METRICS 0", "METRICS count must be positive"},
        {"METRICS -1 CPU", "METRICS count must be positive"},
        {"METRICS x CPU", "METRICS count must be positive"},
        {"METRICS 2 CPU", "METRICS count does not match number of metric types provided"},
        {"METRICS 9223372036854775807 CPU", "METRICS count must be positive"},
        {"METRICS 2147483647 CPU", "METRICS count does not match number of metric types provided"},
        {"METRICS 1 CPU NET", "syntax error"},
        {"METRICS 1 GPU", "METRICS no valid metrics passed: CPU and NET are known"},
        {"METRICS 2 cpu CPU", "METRICS CPU defined more than once"},
        {"METRICS 2 NET NET", "METRICS NET defined more than once"},
        {"METRICS 1 CPU COUNT 0", "COUNT must be between 1 and 64"},
        {"METRICS 1 CPU COUNT 65", "COUNT must be between 1 and 64"},
        {"METRICS 1 CPU COUNT", "syntax error"},
        {"METRICS 1 CPU SAMPLE 0", "SAMPLE ratio must be positive"},
        {"METRICS 1 CPU DURATION -1", "DURATION is out of range, must be a number of seconds"},
        {"METRICS 1 CPU DURATION 9223372036854775807",
         "DURATION is out of range, must be a number of seconds"},
        {"METRICS 1 CPU SLOTS 2 0 5", "SLOTS parameter cannot be used in non-cluster mode"},
        {"METRICS 1 CPU nosuch 1", "syntax error"},
    };
    setup();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char reply[128];
        snprintf(reply, sizeof reply, "-ERR %s\r\n", wrong[i][1]);
        ck_assert_str_eq(fakeCallFormat(f, "HOTKEYS START %s", wrong[i][0]), reply);
    }
    ck_assert(!hotkeysActive(f->server));
    CALL(f, "hotkeys start metrics 2 GPU cpu count 64 duration 0 sample 9223372036854775807",
         "+OK|");
    fakeFree(f);
}
END_TEST

START_TEST(resp3HasAMap) {
    setup();
    fakeCall(f, "HELLO 3");
    CALL(f, "HOTKEYS GET", "_|");
    CALL(f, "HOTKEYS START METRICS 2 CPU NET", "+OK|");
    getSays("*1|%12|$15|tracking-active|:1|");
    fakeFree(f);
}
END_TEST

START_TEST(infoTellsOfASessionWhileThereIsOne) {
    setup();
    ck_assert_ptr_null(strstr(fakeCall(f, "INFO"), "# Hotkeys"));
    CALL(f, "INFO hotkeys", "$11|# Hotkeys||");
    CALL(f, "HOTKEYS START METRICS 1 CPU", "+OK|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "INFO"), "\r\nhotkeys-tracking-active:1\r\n"));
    CALL(f, "HOTKEYS STOP", "+OK|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "INFO all"), "\r\nhotkeys-tracking-active:0\r\n"));
    CALL(f, "HOTKEYS RESET", "+OK|");
    ck_assert_ptr_null(strstr(fakeCall(f, "INFO"), "# Hotkeys"));
    fakeFree(f);
}
END_TEST

TESTS("commands/hotkeys", timeGoesToTheKeysOfEachCall, bytesAreThoseOfRequestAndReply,
      repliesAreMeasuredHoweverLarge, insideOfExecEachCommandIsTold, whoWaitsIsToldWhenServed,
      moreKeysThanFewAreTold, aSampleTakesAboutItsPart, aSessionEndsWithItsDuration,
      sessionsComeOneAfterTheOther, startChecksItsArguments, resp3HasAMap,
      infoTellsOfASessionWhileThereIsOne)
