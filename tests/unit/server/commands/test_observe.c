/* SLOWLOG, LATENCY and MONITOR, on a clock that a test lets run. */
#include <stdio.h>

#include "server/observe/latency.h"
#include "server/observe/slowlog.h"
#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;
static clockSource runs;
static int64_t step_us; /* what each look at the monotonic clock takes: so long is each command */

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
    clientSetText(&f->client->peer, BYTES("1.2.3.4:5"));
}
static void done(void) {
    fakeFree(f);
}

static void slowly(const char *line, int64_t us) {
    step_us = us;
    fakeCall(f, line);
    step_us = 0;
}

/* ---- SLOWLOG ---- */

START_TEST(slowlogKeepsWhatTookAsLongAsToldAndNoOther) {
    setup();
    CALL(f, "SLOWLOG LEN", ":0|");
    fakeCall(f, "CONFIG SET slowlog-log-slower-than 500");
    fakeCall(f, "CLIENT SETNAME me");
    slowly("ECHO fast", 499);
    slowly("ECHO slow", 500);
    CALL(f, "SLOWLOG LEN", ":1|");
    CALL(f, "SLOWLOG GET", "*1|*6|:0|:1700000000|:500|*2|$4|ECHO|$4|slow|$9|1.2.3.4:5|$2|me|");
    slowly("ECHO slower", 70000);
    CALL(f, "SLOWLOG GET 1",
         "*1|*6|:1|:1700000000|:70000|*2|$4|ECHO|$6|slower|$9|1.2.3.4:5|$2|me|");
    CALL(f, "SLOWLOG GET 0", "*0|");
    CALL(f, "SLOWLOG RESET", "+OK|");
    CALL(f, "SLOWLOG GET -1", "*0|");
    slowly("ECHO slower", 70000);
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "SLOWLOG GET"), "*6\r\n:2\r\n"));
    done();
}
END_TEST

START_TEST(slowlogIsBoundedAndCanBeOff) {
    setup();
    fakeCall(f, "CONFIG SET slowlog-log-slower-than 10 slowlog-max-len 3");
    for (int i = 0; i < 10; i++) slowly("PING", 100);
    CALL(f, "SLOWLOG LEN", ":3|");
    ck_assert_int_eq(slowlogNewest(f->server->slowlog)->id, 9);
    fakeCall(f, "CONFIG SET slowlog-max-len 0");
    slowly("PING", 100);
    fakeCall(f, "CONFIG SET slowlog-max-len 2");
    slowly("PING", 100);
    CALL(f, "SLOWLOG LEN", ":2|");
    ck_assert_int_eq(slowlogNewest(f->server->slowlog)->id, 10);
    fakeCall(f, "CONFIG SET slowlog-log-slower-than -1");
    fakeCall(f, "SLOWLOG RESET");
    slowly("PING", 1000000);
    CALL(f, "SLOWLOG LEN", ":0|");
    done();
}
END_TEST

START_TEST(slowlogCutsLongAndManyArguments) {
    enum { ARGS = 33, LONG = 129 };
    setup();
    fakeCall(f, "CONFIG SET slowlog-log-slower-than 10");
    char text[LONG];
    memset(text, 'A', LONG);
    bytes args[ARGS] = {BYTES("DEL"), bytesOf(text, LONG), bytesOf(text, LONG - 1)};
    for (int i = 3; i < ARGS; i++) args[i] = BYTES("k");
    step_us = 100;
    fakeCallArgs(f, f->client, ARGS, args, NULL);
    fakeCallArgs(f, f->client, ARGS - 1, args, NULL);
    step_us = 0;
    const slowlogEntry *e = slowlogNewest(f->server->slowlog);
    ck_assert_int_eq(e->argc, ARGS - 1);
    ck_assert(bytesEqual(e->argv[31], BYTES("k")));
    e = slowlogOlder(f->server->slowlog, e);
    ck_assert_int_eq(e->argc, 32);
    ck_assert(bytesEqual(e->argv[31], BYTES("... (2 more arguments)")));
    ck_assert(bytesEqual(e->argv[30], BYTES("k")));
    ck_assert_uint_eq(e->argv[1].size, 128 + strlen("... (1 more bytes)"));
    ck_assert(!memcmp(e->argv[1].data + 128, "... (1 more bytes)", 18));
    ck_assert_uint_eq(e->argv[2].size, LONG - 1);
    done();
}
END_TEST

START_TEST(slowlogKeepsAsManyArgumentsAsTold) {
    setup();
    fakeCall(f, "CONFIG SET slowlog-log-slower-than 10 slowlog-max-argc 3");
    slowly("DEL a b c d", 100);
    CALL(f, "SLOWLOG GET 1",
         "*1|*6|:0|:1700000000|:100|*3|$3|DEL|$1|a|$22|... (3 more arguments)|"
         "$9|1.2.3.4:5|$0||");
    fakeCall(f, "CONFIG SET slowlog-max-argc 1");
    slowly("DEL a b", 100);
    CALL(f, "SLOWLOG GET 1",
         "*1|*6|:1|:1700000000|:100|*1|$22|... (3 more arguments)|$9|1.2.3.4:5|$0||");
    fakeCall(f, "CONFIG SET slowlog-max-argc 1000");
    slowly("DEL 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6", 100);
    ck_assert_int_eq(slowlogNewest(f->server->slowlog)->argc, 38);
    done();
}
END_TEST

START_TEST(slowlogHidesSecrets) {
    static const struct {
        const char *line, *shown;
    } calls[] = {{"AUTH a b", "*3|$4|AUTH|$10|(redacted)|$10|(redacted)|"},
                 {"CONFIG SET masterauth x port 1",
                  "*6|$6|CONFIG|$3|SET|$10|masterauth|$10|(redacted)|$4|port|$1|1|"},
                 {"CONFIG SET timeout 0", "*4|$6|CONFIG|$3|SET|$7|timeout|$1|0|"},
                 {"HELLO 2 auth a b SETNAME c",
                  "*7|$5|HELLO|$1|2|$4|auth|$10|(redacted)|$10|(redacted)|$7|SETNAME|$1|c|"}};
    setup();
    fakeCall(f, "CONFIG SET slowlog-log-slower-than 10");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char wanted[256];
        slowly(calls[i].line, 100);
        snprintf(wanted, sizeof wanted, "*1|*6|:%zu|:1700000000|:100|%s$9|1.2.3.4:5|$0||", i,
                 calls[i].shown);
        CALL(f, "SLOWLOG GET 1", wanted);
    }
    done();
}
END_TEST

START_TEST(slowlogTellsOfCommandsInsideExecAndNotOfExec) {
    setup();
    fakeCall(f, "CONFIG SET slowlog-log-slower-than 100");
    fakeCall(f, "MULTI");
    fakeCall(f, "ECHO inside");
    slowly("EXEC", 500);
    CALL(f, "SLOWLOG LEN", ":1|");
    ck_assert(bytesEqual(slowlogNewest(f->server->slowlog)->argv[1], BYTES("inside")));
    done();
}
END_TEST

START_TEST(slowlogChecksItsCount) {
#define BAD_COUNT "-ERR count should be greater than or equal to -1|"
    setup();
    CALL(f, "SLOWLOG GET -2", BAD_COUNT);
    CALL(f, "SLOWLOG GET x", BAD_COUNT);
    CALL(f, "SLOWLOG GET 1 2",
         "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.|");
    done();
}
END_TEST

/* ---- LATENCY ---- */

START_TEST(latencySamplesOfASecondAreOne) {
    setup();
    fakeCall(f, "CONFIG SET latency-monitor-threshold 20");
    slowly("DEBUG LOG x", 19999);
    CALL(f, "LATENCY LATEST", "*0|");
    slowly("DEBUG LOG x", 30000);
    slowly("DEBUG LOG x", 50000);
    slowly("DEBUG LOG x", 40000);
    slowly("PING", 25000);
    CALL(f, "LATENCY LATEST",
         "*2|*4|$7|command|:1700000000|:50|:50|*4|$12|fast-command|:1700000000|:25|:25|");
    fakeAdvanceMs(f, 2000);
    slowly("DEBUG LOG x", 21000);
    CALL(f, "LATENCY HISTORY command", "*2|*2|:1700000000|:50|*2|:1700000002|:21|");
    CALL(f, "LATENCY HISTORY nosuch", "*0|");
    CALL(f, "LATENCY RESET nosuch COMMAND", ":1|");
    CALL(f, "LATENCY HISTORY command", "*0|");
    CALL(f, "LATENCY RESET", ":1|");
    CALL(f, "LATENCY LATEST", "*0|");
    done();
}
END_TEST

START_TEST(latencyKeepsTheLast160Samples) {
    latencyLog *log = latencyNew();
    for (int i = 0; i < 200; i++) latencyAdd(log, "fork", 1000 + i, i == 7 ? 5000 : (uint64_t)i);
    const latencyEvent *e = latencyFind(log, BYTES("FORK"));
    ck_assert_int_eq(e->count, LATENCY_SAMPLES);
    ck_assert_int_eq(latencySampleAt(e, 0)->time_s, 1040);
    ck_assert_int_eq(latencySampleAt(e, 159)->time_s, 1199);
    ck_assert_uint_eq(e->max_ms, 5000);
    infoText text = {0};
    latencyGraph(e, 100000, &text);
    char *drawn = bytesToText(bytesOf(text.data, text.size));
    ck_assert_ptr_nonnull(strstr(drawn, "high 199 ms"));
    memFree(drawn);
    infoTextClear(&text);
    latencyFree(log);
}
END_TEST

START_TEST(latencyGraphDrawsBetweenLowAndHigh) {
    static const uint64_t ms[] = {101, 200, 300, 500, 400};
    static const int64_t ago_s[] = {900000, 7300, 65, 20, 3};
    latencyLog *log = latencyNew();
    for (int i = 0; i < 5; i++) latencyAdd(log, "command", 1000000 - ago_s[i], ms[i]);
    infoText text = {0};
    latencyGraph(latencyFind(log, BYTES("command")), 1000000, &text);
    char *drawn = bytesToText(bytesOf(text.data, text.size));
    ck_assert_str_eq(drawn, "command - high 500 ms, low 101 ms (all time high 500 ms)\n"
                            "----------------------------------------"
                            "----------------------------------------\n"
                            "   #_\n"
                            "  _||\n"
                            " _|||\n"
                            "_||||\n"
                            "     \n"
                            "12123\n"
                            "0hm0s\n"
                            "d  s \n");
    memFree(drawn);
    infoTextClear(&text);
    latencyFree(log);
}
END_TEST

START_TEST(latencyHistogramCountsCallsUpToPowersOfTwo) {
    setup();
    fakeCall(f, "CONFIG RESETSTAT");
    slowly("ECHO a", 1);
    slowly("ECHO a", 3);
    slowly("ECHO a", 4);
    slowly("ECHO a", 100);
    slowly("ECHO a", 3000000);
    CALL(f, "LATENCY HISTOGRAM echo nosuch get",
         "*2|$4|echo|*4|$5|calls|:5|$14|histogram_usec|"
         "*8|:1|:1|:4|:3|:132|:4|:1073741|:5|");
    fakeCall(f, "CLIENT ID");
    fakeCall(f, "CLIENT GETNAME");
    const char *reply = fakeCall(f, "LATENCY HISTOGRAM client");
    ck_assert_ptr_nonnull(strstr(reply, "*4\r\n$"));
    ck_assert_ptr_nonnull(strstr(reply, "client|id"));
    ck_assert_ptr_nonnull(strstr(reply, "client|getname"));
    fakeCall(f, "HELLO 3");
    CALL(f, "LATENCY HISTOGRAM ECHO",
         "%1|$4|echo|%2|$5|calls|:5|$14|histogram_usec|%4|:1|:1|:4|:3|:132|:4|:1073741|:5|");
    done();
}
END_TEST

START_TEST(latencyTrackingCanBeOffAndBeginsAnew) {
    setup();
    fakeCall(f, "CONFIG SET latency-tracking no");
    fakeCall(f, "CONFIG RESETSTAT");
    fakeCall(f, "ECHO a");
    CALL(f, "LATENCY HISTOGRAM", "*0|");
    fakeCall(f, "CONFIG SET latency-tracking yes");
    slowly("ECHO a", 7);
    const char *info = fakeCall(f, "INFO latencystats");
    ck_assert_ptr_nonnull(
        strstr(info, "latency_percentiles_usec_echo:p50=7.039,p99=7.039,p99.9=7.039\r\n"));
    fakeCall(f, "CONFIG RESETSTAT");
    CALL(f, "LATENCY HISTOGRAM echo", "*0|");
    done();
}
END_TEST

START_TEST(longExpiryIsAnEvent) {
    setup();
    fakeCall(f, "CONFIG SET latency-monitor-threshold 5");
    serverNoteEvent(f->server, "expire-cycle", 4999999);
    CALL(f, "LATENCY LATEST", "*0|");
    serverNoteEvent(f->server, "expire-cycle", 5000000);
    CALL(f, "LATENCY LATEST", "*1|*4|$12|expire-cycle|:1700000000|:5|:5|");
    ck_assert_ptr_nonnull(
        strstr(fakeCall(f, "LATENCY DOCTOR"), "1. expire-cycle: 1 latency spikes"));
    done();
}
END_TEST

/* ---- MONITOR ---- */

static client *looksOn(void) {
    client *m = fakeClient(f);
    ck_assert_str_eq(fakeCallAs(f, m, "MONITOR"), "+OK\r\n");
    return m;
}

#define SEEN(m, wanted) ck_assert_str_eq(fakeTake(f, m, NULL), wanted)
#define AT(db)          "+1700000000.000000 [" db " 1.2.3.4:5]"

START_TEST(monitorSeesCommandsWithTheirArguments) {
    setup();
    client *m = looksOn();
    CALL(f, "SET \"a\\xff\\x00\\a\\b\\t\\n\\r\\\\\" \"b\\\"'\"", "+OK|");
    SEEN(m, AT("0") " \"SET\" \"a\\xff\\x00\\a\\b\\t\\n\\r\\\\\" \"b\\\"'\"\r\n");
    fakeCall(f, "SELECT 3");
    fakeCall(f, "NOSUCH");
    fakeCall(f, "GET");
    SEEN(m, AT("3") " \"SELECT\" \"3\"\r\n");
    fakeCall(f, "CONFIG GET port");
    fakeCall(f, "AUTH a b");
    SEEN(m, AT("3") " \"AUTH\" \"(redacted)\" \"(redacted)\"\r\n");
    done();
}
END_TEST

START_TEST(monitorSeesATransactionBeforeItsExec) {
    setup();
    client *m = looksOn();
    fakeCall(f, "MULTI");
    fakeCall(f, "SET a 1");
    fakeCall(f, "EXEC");
    SEEN(m, AT("0") " \"MULTI\"\r\n" AT("0") " \"SET\" \"a\" \"1\"\r\n" AT("0") " \"EXEC\"\r\n");
    fakeCall(f, "MULTI");
    fakeCall(f, "EXEC x");
    SEEN(m, AT("0") " \"MULTI\"\r\n" AT("0") " \"EXEC\" \"x\"\r\n");
    done();
}
END_TEST

START_TEST(monitorSeesItselfBehindItsReplies) {
    setup();
    CALL(f, "MONITOR", "+OK|");
    CALL(f, "MONITOR", "");
    CALL(f, "PING", "+PONG|" AT("0") " \"PING\"|");
    CALL(f, "MULTI", "+OK|" AT("0") " \"MULTI\"|");
    CALL(f, "ECHO a", "+QUEUED|");
    CALL(f, "MONITOR", "+QUEUED|");
    CALL(f, "EXEC",
         "*2|$1|a|-ERR MONITOR isn't allowed for DENY BLOCKING client|" AT(
             "0") " \"ECHO\" \"a\"|" AT("0") " \"EXEC\"|");
    char line[1024];
    clientDescribe(f->client, line, sizeof line);
    ck_assert_ptr_nonnull(strstr(line, " flags=O "));
    CALL(f, "RESET", "+RESET|");
    CALL(f, "PING", "+PONG|");
    ck_assert(!f->server->observer.monitored);
    done();
}
END_TEST

START_TEST(monitorThatDoesNotReadIsCut) {
    setup();
    fakeCall(f, "CONFIG SET client-output-buffer-limit \"pubsub 100kb 0 0\"");
    client *m = looksOn(), *reader = looksOn();
    for (int i = 0; i < 3000 && !(m->flags & CLIENT_CLOSE_NOW); i++) {
        fakeCall(f, "ECHO aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        fakeTake(f, reader, NULL);
    }
    ck_assert(m->flags & CLIENT_CLOSE_NOW);
    ck_assert(!(reader->flags & CLIENT_CLOSE_NOW));
    serverFreeMarked(f->server);
    fakeCall(f, "ECHO a");
    SEEN(reader, AT("0") " \"ECHO\" \"a\"\r\n");
    done();
}
END_TEST

TESTS("commands/observe", slowlogKeepsWhatTookAsLongAsToldAndNoOther, slowlogIsBoundedAndCanBeOff,
      slowlogCutsLongAndManyArguments, slowlogKeepsAsManyArgumentsAsTold, slowlogHidesSecrets,
      slowlogTellsOfCommandsInsideExecAndNotOfExec, slowlogChecksItsCount,
      latencySamplesOfASecondAreOne, latencyKeepsTheLast160Samples,
      latencyGraphDrawsBetweenLowAndHigh, latencyHistogramCountsCallsUpToPowersOfTwo,
      latencyTrackingCanBeOffAndBeginsAnew, longExpiryIsAnEvent,
      monitorSeesCommandsWithTheirArguments, monitorSeesATransactionBeforeItsExec,
      monitorSeesItselfBehindItsReplies, monitorThatDoesNotReadIsCut)
