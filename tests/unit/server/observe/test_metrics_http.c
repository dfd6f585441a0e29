#include "server/observe/metrics_http.h"

#include "server/observe/history.h"
#include "server/observe/latency.h"
#include "server/observe/metrics_page.h"
#include "server/observe/slowlog.h"
#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;
static infoText out;
static char *text;

/* The response to a request, as text. */
static const char *ask(bytes request) {
    infoTextClear(&out);
    out = (infoText){0};
    memFree(text);
    metricsAnswer(f->server, request, &out);
    text = bytesToText(bytesOf(out.data, out.size));
    return text;
}

static const char *get(const char *path) {
    char request[256];
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    return ask(bytesOf(request, (size_t)size));
}

static bool starts(const char *whole, const char *with) {
    return !strncmp(whole, with, strlen(with));
}

#define HAS(whole, part) ck_assert_msg(strstr(whole, part) != NULL, "no '%s' in %s", part, whole)

static void setUp(void) {
    f = fakeNew();
    out = (infoText){0};
    text = NULL;
}

static void tearDown(void) {
    infoTextClear(&out);
    memFree(text);
    fakeFree(f);
}

START_TEST(tellsFiguresUnderTheNamesOfTheExporter) {
    fakeCall(f, "SET a 1");
    fakeCall(f, "SET b 1 EX 100");
    fakeCall(f, "GET a");
    fakeCall(f, "GET");
    const char *reply = get("/metrics");
    ck_assert(starts(reply, "HTTP/1.1 200 OK\r\n"));
    HAS(reply, "Content-Type: text/plain; version=0.0.4");
    HAS(reply, "\nredis_up 1\n");
    HAS(reply, "\n# TYPE redis_memory_used_bytes gauge\nredis_memory_used_bytes ");
    HAS(reply, "\n# TYPE redis_commands_total counter\n");
    HAS(reply, "\nredis_commands_total{cmd=\"set\"} 2\n");
    HAS(reply, "\nredis_commands_rejected_calls_total{cmd=\"get\"} 1\n");
    HAS(reply, "\nredis_errors_total{err=\"ERR\"} 1\n");
    HAS(reply, "\nredis_keyspace_hits_total 1\n");
    HAS(reply, "\nredis_db_keys{db=\"db0\"} 2\n");
    HAS(reply, "\nredis_db_keys{db=\"db15\"} 0\n");
    HAS(reply, "\nredis_db_keys_expiring{db=\"db0\"} 1\n");
    HAS(reply, "\nredis_db_avg_ttl_seconds{db=\"db0\"} 100\n");
    HAS(reply, "redis_rdb_last_bgsave_status 1\n");
    HAS(reply, "redis_mode=\"standalone\"");
    ck_assert_ptr_null(strstr(strstr(reply, "\r\n\r\n") + 4, "\r"));
}
END_TEST

START_TEST(slowCallsAndSpikesAreTold) {
    fakeCall(f, "CONFIG SET slowlog-log-slower-than 0 latency-tracking yes");
    fakeCall(f, "SET a 1");
    slowlogReset(f->server->slowlog);
    fakeCall(f, "SET a 1");
    latencyAdd(f->server->latency, "command", 1234, 250);
    const char *reply = get("/metrics");
    HAS(reply, "\nredis_slowlog_length 1\n");
    HAS(reply, "\nredis_latency_spike_last{event_name=\"command\"} 1234\n");
    HAS(reply, "\nredis_latency_spike_duration_seconds{event_name=\"command\"} 0.25\n");
    HAS(reply, "\nredis_latency_percentiles_usec{cmd=\"set\",quantile=\"50\"} ");
    HAS(reply, "\nredis_latency_percentiles_usec_count{cmd=\"set\"} 2\n");
}
END_TEST

START_TEST(eachNameIsDeclaredOnce) {
    fakeCall(f, "SET a 1");
    fakeCall(f, "PING");
    const char *reply = get("/metrics");
    const char *line = reply;
    while ((line = strstr(line, "# TYPE "))) {
        char name[128];
        ck_assert_int_eq(sscanf(line, "# TYPE %120s", name), 1);
        char again[160];
        snprintf(again, sizeof again, "# TYPE %s ", name);
        ck_assert_msg(!strstr(line + 1, again), "%s twice", name);
        line++;
    }
}
END_TEST

START_TEST(healthIsTold) {
    HAS(get("/livez"), "200 OK");
    HAS(get("/readyz?verbose"), "200 OK");
}
END_TEST

START_TEST(servesThePageWhole) {
    const char *reply = get("/");
    HAS(reply, "Content-Type: text/html");
    bytes page = metricsPage();
    char size[64];
    snprintf(size, sizeof size, "Content-Length: %zu\r\n", page.size);
    HAS(reply, size);
    ck_assert(bytesEqual(bytesOf(strstr(reply, "\r\n\r\n") + 4, page.size), page));
    /* Nothing from elsewhere. */
    ck_assert_ptr_null(strstr(reply, "http://"));
    ck_assert_ptr_null(strstr(reply, "https://"));
}
END_TEST

START_TEST(headHasNoBody) {
    const char *reply = ask(BYTES("HEAD /metrics HTTP/1.0\r\n\r\n"));
    ck_assert(starts(reply, "HTTP/1.1 200 OK"));
    ck_assert_str_eq(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
}
END_TEST

START_TEST(refusesWhatItDoesNotKnow) {
    ck_assert(starts(get("/etc/passwd"), "HTTP/1.1 404 "));
    ck_assert(starts(ask(BYTES("POST / HTTP/1.1\r\n\r\n")), "HTTP/1.1 405 "));
    static const char *const broken[] = {"\r\n\r\n",          "GET\r\n\r\n",
                                         "GET /\r\n\r\n",     "GET / FTP/1.1\r\n\r\n",
                                         " / HTTP/1.1\r\n\n", "*1\r\n$4\r\nPING\r\n\r\n"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        ck_assert_msg(starts(ask(bytesOfText(broken[i])), "HTTP/1.1 400 "), "%s", broken[i]);
    static char endless[METRICS_REQUEST_MAX];
    memset(endless, 'x', sizeof endless);
    ck_assert(metricsRequestIsWhole(bytesOf(endless, sizeof endless)));
    ck_assert(starts(ask(bytesOf(endless, sizeof endless)), "HTTP/1.1 431 "));
}
END_TEST

START_TEST(requestIsWholeAfterAnEmptyLine) {
    ck_assert(!metricsRequestIsWhole(BYTES("")));
    ck_assert(!metricsRequestIsWhole(BYTES("GET / HTTP/1.1\r\nHost: a\r\n")));
    ck_assert(metricsRequestIsWhole(BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
    ck_assert(metricsRequestIsWhole(BYTES("GET / HTTP/1.1\n\n")));
}
END_TEST

START_TEST(historyTakesASampleASecond) {
    historyStart(f->server);
    for (int i = 0; i < HISTORY_SECONDS + 20; i++) {
        fakeAdvanceMs(f, 1000);
        fakeCall(f, "INCR n");
        cronRun(f->server);
    }
    const char *reply = get("/history");
    size_t samples = 0;
    for (const char *at = reply; (at = strstr(at, "{\"ms\":")); at++) samples++;
    ck_assert_uint_eq(samples, HISTORY_SECONDS);
    HAS(reply, "\"keys\":1");
    HAS(reply, "{\"name\":\"incr\",\"calls\":320,");
    char last[64];
    snprintf(last, sizeof last, "\"commands\":%d,", HISTORY_SECONDS + 20);
    HAS(reply, last);
}
END_TEST

int main(void) {
    const TTest *list[] = {slowCallsAndSpikesAreTold, tellsFiguresUnderTheNamesOfTheExporter,
                           eachNameIsDeclaredOnce,    healthIsTold,
                           servesThePageWhole,        headHasNoBody,
                           refusesWhatItDoesNotKnow,  requestIsWholeAfterAnEmptyLine,
                           historyTakesASampleASecond};
    Suite *suite = suite_create("metrics http");
    TCase *cases = tcase_create("metrics http");
    tcase_add_checked_fixture(cases, setUp, tearDown);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) tcase_add_test(cases, list[i]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
