/* Ended, killed and hung up, under load. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

enum { LOADERS = 8, END_MS = 2000 };

static int64_t nowMs(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Requests without end, replies never read: the server always has both to do. */
static void load(int *fds, int count) {
    static char sets[4000];
    size_t size = 0;
    while (size + 40 < sizeof sets)
        size += (size_t)snprintf(sets + size, sizeof sets - size, "SET key:%zu x\r\n", size);
    for (int i = 0; i < count; i++) {
        ssize_t sent;
        do sent = send(fds[i], sets, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        while (sent == (ssize_t)size);
    }
}

START_TEST(sigtermUnderLoadEndsSoonAndWell) {
    static const int numbers[] = {SIGTERM, SIGINT};
    for (int round = 0; round < 2; round++) {
        const char *options[] = {"--unixsocket", "ebb.sock", NULL};
        serverProcess *server = serverStart(options);
        char path[128];
        snprintf(path, sizeof path, "%s/ebb.sock", serverFolder(server));
        int fds[LOADERS];
        for (int i = 0; i < LOADERS; i++) fds[i] = rawConnect(server);
        load(fds, LOADERS);
        int64_t start_ms = nowMs();
        ck_assert_int_eq(kill(serverPid(server), numbers[round]), 0);
        while (!serverHasEnded(server, 1)) {
            load(fds, LOADERS);
            ck_assert_int_lt(nowMs() - start_ms, END_MS);
        }
        ck_assert_int_ne(access(path, F_OK), 0);
        for (int i = 0; i < LOADERS; i++) close(fds[i]);
        serverStop(server); /* Fails unless its exit code was 0. */
    }
}
END_TEST

/* Connections of the killed server still stand in the kernel, and so does the file of its unix
 * socket. */
START_TEST(afterSigkillPortAndSocketFileAreTakenAgain) {
    const char *options[] = {"--unixsocket", "ebb.sock", NULL};
    serverProcess *server = serverStart(options);
    char path[128];
    snprintf(path, sizeof path, "%s/ebb.sock", serverFolder(server));
    for (int round = 0; round < 3; round++) {
        int fds[LOADERS];
        for (int i = 0; i < LOADERS; i++) fds[i] = rawConnect(server);
        load(fds, LOADERS);
        serverKill(server);
        ck_assert_int_eq(access(path, F_OK), 0);
        serverRestartThere(server);
        for (int i = 0; i < LOADERS; i++) close(fds[i]);
        redisContext *c = redisConnectUnix(path);
        ck_assert_msg(c && !c->err, "cannot connect to the unix socket");
        expectStatus(c, "PONG", "PING");
        redisFree(c);
    }
    serverStop(server);
}
END_TEST

START_TEST(hangingUpEndsNothing) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(kill(serverPid(server), SIGHUP), 0);
        ck_assert_int_eq(kill(serverPid(server), SIGPIPE), 0);
        expectStatus(c, "PONG", "PING");
    }
    redisFree(c);
    serverStop(server);
}
END_TEST

TESTS("signals", sigtermUnderLoadEndsSoonAndWell, afterSigkillPortAndSocketFileAreTakenAgain,
      hangingUpEndsNothing)
