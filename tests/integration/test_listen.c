/* Addresses the server listens to, changed while it runs, and what it leaves behind. */
#include <signal.h>
#include <unistd.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

static void serves(const serverProcess *server) {
    redisContext *c = clientConnect(server);
    expectStatus(c, "PONG", "PING");
    redisFree(c);
}

static const char bind_failed[] = "ERR CONFIG SET failed (possibly related to argument 'bind') - "
                                  "Failed to bind to specified addresses.";

START_TEST(aPortThatIsTakenLeavesTheOldOne) {
    serverProcess *server = serverStart(NULL), *other = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectError(c,
                "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on "
                "this port. Check server logs.",
                "CONFIG SET port %d", serverPort(other));
    serves(server);
    redisFree(c);
    serverStop(other);
    serverStop(server);
}
END_TEST

START_TEST(addressesMayWidenAndNarrow) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectStatus(c, "OK", "CONFIG SET bind *");
    serves(server);
    expectStatus(c, "OK", "CONFIG SET bind %s", "127.0.0.1 127.0.0.2");
    serves(server);
    expectStatus(c, "OK", "CONFIG SET bind %s", "127.0.0.2 127.0.0.1 -203.0.113.1");
    serves(server);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(anAddressThatFailsLeavesTheOldOnes) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectError(c, bind_failed, "CONFIG SET bind %s", "127.0.0.1 999.999.999.999");
    serves(server);
    expectError(c, bind_failed, "CONFIG SET bind %s", "* 203.0.113.1");
    serves(server);
    expectError(c, bind_failed, "CONFIG SET bind %s", "127.0.0.2 127.0.0.2");
    serves(server);
    redisContext *second = redisConnect("127.0.0.2", serverPort(server));
    ck_assert(!second || second->err);
    redisFree(second);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(noAddressAtAllMeansNoNewClients) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    expectStatus(c, "OK", "CONFIG SET bind %s", "");
    redisContext *second = redisConnect("127.0.0.1", serverPort(server));
    ck_assert(!second || second->err);
    redisFree(second);
    expectStatus(c, "OK", "CONFIG SET bind 127.0.0.1");
    serves(server);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(anotherFolderDoesNotHideWhatIsToBeRemoved) {
    const char *options[] = {
        "--unixsocket", "ebb.sock", "--pidfile", "ebb.pid", "--enable-protected-configs",
        "yes",          NULL};
    serverProcess *server = serverStart(options);
    char path[256];
    static const char *const names[] = {"ebb.sock", "ebb.pid"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", serverFolder(server), names[i]);
        ck_assert_int_eq(access(path, F_OK), 0);
    }
    redisContext *c = clientConnect(server);
    expectStatus(c, "OK", "CONFIG SET dir /tmp");
    redisFree(c);
    kill(serverPid(server), SIGTERM);
    ck_assert(serverHasEnded(server, 10000));
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", serverFolder(server), names[i]);
        ck_assert_int_lt(access(path, F_OK), 0);
    }
    serverStop(server);
}
END_TEST

TESTS("listen", aPortThatIsTakenLeavesTheOldOne, addressesMayWidenAndNarrow,
      anAddressThatFailsLeavesTheOldOnes, noAddressAtAllMeansNoNewClients,
      anotherFolderDoesNotHideWhatIsToBeRemoved)
