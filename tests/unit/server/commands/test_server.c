#include "server/jobs/shutdown.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

START_TEST(timeIsTheServersClock) {
    f = fakeNew();
    clockManualAdvance(&f->clock, 42);
    CALL(f, "PING", "+PONG|"); /* Time is read after each command. */
    CALL(f, "TIME", "*2|$10|1700000000|$2|42|");
    CALL(f, "TIME x", "-ERR wrong number of arguments for 'time' command|");
    fakeFree(f);
}
END_TEST

START_TEST(lolwutEndsWithTheVersion) {
    f = fakeNew();
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "LOLWUT"), "Redis ver. " EBB_REDIS_VERSION "\r\n"));
    ck_assert_int_eq(fakeCall(f, "LOLWUT VERSION 5 1 1")[0], '$');
    CALL(f, "LOLWUT VERSION x", "-ERR value is not an integer or out of range|");
    fakeFree(f);
}
END_TEST

START_TEST(shutdownRefusesWhatMakesNoSense) {
    f = fakeNew();
    CALL(f, "SHUTDOWN nosuch", "-ERR syntax error|");
    CALL(f, "SHUTDOWN NOSAVE SAVE", "-ERR syntax error|");
    CALL(f, "SHUTDOWN ABORT NOW", "-ERR syntax error|");
    CALL(f, "SHUTDOWN SAVE ABORT", "-ERR syntax error|");
    CALL(f, "SHUTDOWN ABORT", "-ERR No shutdown in progress.|");
    ck_assert(!f->server->shutdown_asked);
    fakeFree(f);
}
END_TEST

START_TEST(shutdownAsksTheLoopToEndAndSaysNothing) {
    static const char *const ways[] = {"SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN nosave NOW force"};
    for (int i = 0; i < 3; i++) {
        f = fakeNew();
        CALL(f, ways[i], "");
        ck_assert(f->server->shutdown_asked);
        ck_assert(!f->server->ended);
        shutdownStep(f->server);
        ck_assert(f->server->ended);
        fakeFree(f);
    }
}
END_TEST

START_TEST(aShutdownCanBeTakenBack) {
    f = fakeNew();
    client *other = fakeClient(f);
    fakeSend(f, other, BYTES("SHUTDOWN NOSAVE\r\nPING\r\n"), NULL);
    ck_assert(f->server->shutdown_asked);
    CALL(f, "SHUTDOWN ABORT", "+OK|");
    shutdownStep(f->server);
    ck_assert(!f->server->ended);
    size_t size;
    ck_assert_str_eq(fakeSend(f, other, BYTES(""), &size),
                     "-ERR Errors trying to SHUTDOWN. Check logs.\r\n+PONG\r\n");
    fakeFree(f);
}
END_TEST

START_TEST(nothingRunsBehindAShutdown) {
    f = fakeNew();
    client *other = fakeClient(f);
    fakeSend(f, other, BYTES("SHUTDOWN NOSAVE\r\nSET a b\r\n"), NULL);
    CALL(f, "GET a", "$-1|");
    fakeFree(f);
}
END_TEST

TESTS("commands/server", timeIsTheServersClock, lolwutEndsWithTheVersion,
      shutdownRefusesWhatMakesNoSense, shutdownAsksTheLoopToEndAndSaysNothing,
      aShutdownCanBeTakenBack, nothingRunsBehindAShutdown)
