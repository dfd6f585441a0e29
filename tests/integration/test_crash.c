/* How the server dies: what its log says then, and that the signal is still seen from outside. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

enum { LOG_ROOM = 64 * 1024, DEADLINE_S = 10 };

static const char *const options[] = {"--enable-debug-command", "yes", NULL};
static const char *const hiding[] = {"--enable-debug-command", "yes", "--hide-user-data-from-log",
                                     "yes", NULL};
static const char *const silent[] = {"--enable-debug-command", "yes", "--crash-log-enabled", "no",
                                     NULL};
static char text[LOG_ROOM];

static const char *readLog(const serverProcess *server) {
    char path[128];
    snprintf(path, sizeof path, "%s/log", serverFolder(server));
    FILE *in = fopen(path, "r");
    ck_assert_ptr_nonnull(in);
    size_t size = fread(text, 1, sizeof text - 1, in);
    text[size] = '\0';
    fclose(in);
    return text;
}

static void expectLog(const char *part) {
    ck_assert_msg(strstr(text, part) != NULL, "the log has no '%s':\n%s", part, text);
}

static size_t countInLog(const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) count++;
    return count;
}

/* Sends a command that ends the server, and reads its log when it has ended. */
static serverProcess *dieBy(const char *const *with, const char *command) {
    serverProcess *server = serverStart(with);
    redisContext *c = clientConnect(server);
    expectStatus(c, "OK", "SET secretkey secretvalue");
    redisReply *reply = redisCommand(c, command);
    ck_assert_msg(!reply, "%s was answered", command);
    redisFree(c);
    ck_assert(serverHasEnded(server, DEADLINE_S * 1000));
    readLog(server);
    return server;
}

START_TEST(aSegmentationFaultIsReported) {
    serverProcess *server = dieBy(options, "DEBUG SEGFAULT");
    expectLog("=== EBB BUG REPORT START");
    expectLog("crashed by signal: 11");
    expectLog("------ STACK TRACE ------");
    expectLog("debugSegfault");
    expectLog("debugCommand");
    expectLog("------ STACK TRACE DONE ------");
    expectLog("cmd=debug");
    expectLog("argv[1]: 'SEGFAULT'");
    expectLog("db0:keys:1\n");
    expectLog("=== EBB BUG REPORT END");
    ck_assert_uint_eq(countInLog("STACK TRACE -"), 1);
    serverExpectSignal(server, SIGSEGV);
}
END_TEST

START_TEST(aFailedEnsureIsReportedOnce) {
    serverProcess *server = dieBy(options, "DEBUG ASSERT");
    expectLog("=== ASSERTION FAILED ===");
    expectLog("'c->argc == 0' is not true");
    expectLog("client->argv[1] = 'ASSERT'");
    ck_assert_uint_eq(countInLog("STACK TRACE -"), 1);
    ck_assert_uint_eq(countInLog("BUG REPORT START"), 1);
    serverExpectSignal(server, SIGABRT);
}
END_TEST

START_TEST(aPanicIsReported) {
    serverProcess *server = dieBy(options, "DEBUG PANIC");
    expectLog("Guru Meditation");
    serverExpectSignal(server, SIGABRT);
}
END_TEST

START_TEST(userDataIsHiddenWhereThatIsAsked) {
    serverProcess *server = dieBy(hiding, "DEBUG SEGFAULT");
    expectLog("argv[0]: 'DEBUG'");
    expectLog("argv[1]: '*redacted*'");
    expectLog("hide-user-data-from-log is on, skip logging stack content");
    serverExpectSignal(server, SIGSEGV);
}
END_TEST

START_TEST(noReportWhereNoneIsWanted) {
    serverProcess *server = dieBy(silent, "DEBUG SEGFAULT");
    ck_assert_uint_eq(countInLog("BUG REPORT"), 0);
    serverExpectSignal(server, SIGSEGV);
}
END_TEST

START_TEST(aSignalFromOutsideIsReportedWithItsSender) {
    serverProcess *server = serverStart(options);
    char sender[48];
    kill(serverPid(server), SIGABRT);
    ck_assert(serverHasEnded(server, DEADLINE_S * 1000));
    readLog(server);
    expectLog("crashed by signal: 6");
    snprintf(sender, sizeof sender, "Killed by PID: %d,", (int)getpid());
    expectLog(sender);
    serverExpectSignal(server, SIGABRT);
}
END_TEST

START_TEST(sigalrmLogsAStackTraceAndTheServerLives) {
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    kill(serverPid(server), SIGALRM);
    time_t end = time(NULL) + DEADLINE_S;
    while (!strstr(readLog(server), "STACK TRACE DONE") && time(NULL) < end)
        expectStatus(c, "PONG", "PING");
    expectLog("Received SIGALRM");
    expectLog("STACK TRACE DONE");
    expectStatus(c, "PONG", "PING");
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(theWatchdogReportsATurnThatTakesTooLong) {
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    expectStatus(c, "OK", "CONFIG SET watchdog-period 300");
    expectStatus(c, "OK", "DEBUG SLEEP 1.2");
    expectStatus(c, "PONG", "PING");
    readLog(server);
    expectLog("debugCommand");
    expectLog("STACK TRACE DONE");
    expectStatus(c, "OK", "CONFIG SET watchdog-period 0");
    size_t count = countInLog("--- WATCHDOG TIMER EXPIRED ---");
    ck_assert_uint_ge(count, 1);
    expectStatus(c, "OK", "DEBUG SLEEP 0.6");
    readLog(server);
    ck_assert_uint_eq(countInLog("--- WATCHDOG TIMER EXPIRED ---"), count);
    redisFree(c);
    serverStop(server);
}
END_TEST

TESTS("integration/crash", aSegmentationFaultIsReported, aFailedEnsureIsReportedOnce,
      aPanicIsReported, userDataIsHiddenWhereThatIsAsked, noReportWhereNoneIsWanted,
      aSignalFromOutsideIsReportedWithItsSender, sigalrmLogsAStackTraceAndTheServerLives,
      theWatchdogReportsATurnThatTakesTooLong)
