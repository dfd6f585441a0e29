/* Peers that do not read, leave in the middle, reset, never finish; no descriptors left. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

enum { WAIT_MS = 10000, POLL_MS = 5, VALUE = 500000, MB = 1 << 20 };

static char value[VALUE];

static int64_t nowMs(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pauseMs(int ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void sendText(int fd, const char *text) {
    rawSend(fd, text, strlen(text));
}

static int64_t infoNumber(redisContext *c, const char *section, const char *field) {
    redisReply *reply = clientCommand(c, "INFO %s", section);
    const char *at = strstr(reply->str, field);
    ck_assert_msg(at != NULL, "no %s in INFO", field);
    int64_t number = strtoll(at + strlen(field) + 1, NULL, 10);
    freeReplyObject(reply);
    return number;
}

static int64_t usedMemory(redisContext *c) {
    return infoNumber(c, "memory", "used_memory");
}

static void waitForClients(redisContext *c, int64_t wanted) {
    int64_t deadline_ms = nowMs() + WAIT_MS, count;
    while ((count = infoNumber(c, "clients", "connected_clients")) != wanted) {
        ck_assert_msg(nowMs() < deadline_ms, "%lld clients", (long long)count);
        pauseMs(POLL_MS);
    }
}

static void setBig(redisContext *c) {
    memset(value, 'v', sizeof value);
    expectStatus(c, "OK", "SET big %b", value, sizeof value);
}

/* Closes with a reset instead of an orderly end. */
static void resetClose(int fd) {
    struct linger hard = {.l_onoff = 1};
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
    close(fd);
}

START_TEST(whoNeverReadsIsBoundedAndOthersAreServed) {
    enum { LIMIT_MB = 4, SILENT = 8 };
    const char *options[] = {"--client-output-buffer-limit", "normal 4mb 0 0", NULL};
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    /* Below the size of shared blobs: each reply takes memory of its own. */
    memset(value, 'v', sizeof value);
    expectStatus(c, "OK", "SET small %b", value, (size_t)15000);
    int64_t before = usedMemory(c), most = 0;
    int fds[SILENT];
    static char gets[11 * 1000 + 1];
    for (int i = 0; i < 1000; i++) memcpy(gets + i * 11, "GET small\r\n", 12);
    for (int i = 0; i < SILENT; i++) fds[i] = rawConnect(server);
    /* 15 MB asked for at a time by each, until the last one is closed. */
    int64_t deadline_ms = nowMs() + WAIT_MS;
    for (bool any = true; any && nowMs() < deadline_ms;) {
        any = false;
        for (int i = 0; i < SILENT; i++)
            any |= send(fds[i], gets, sizeof gets - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
        int64_t start_ms = nowMs();
        expectStatus(c, "PONG", "PING");
        ck_assert_int_lt(nowMs() - start_ms, 2000);
        int64_t used = usedMemory(c);
        if (used > most) most = used;
        if (infoNumber(c, "clients", "connected_clients") == 1) break;
    }
    waitForClients(c, 1);
    ck_assert_int_lt(most - before, (int64_t)SILENT * (LIMIT_MB + 2) * MB);
    ck_assert_int_eq(infoNumber(c, "stats", "client_output_buffer_limit_disconnections"), SILENT);
    while (usedMemory(c) > before + 4 * MB) {
        ck_assert_int_lt(nowMs(), deadline_ms);
        pauseMs(POLL_MS);
    }
    for (int i = 0; i < SILENT; i++) close(fds[i]);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(connectionsDroppedInTheMiddleLeaveNothing) {
    enum { ROUNDS = 250 };
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    setBig(c);
    waitForClients(c, 1);
    int64_t before = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int command = rawConnect(server), argument = rawConnect(server);
        int reply = rawConnect(server), batch = rawConnect(server);
        sendText(command, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$9");
        sendText(argument, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$900000\r\n");
        rawSend(argument, value, 30000);
        sendText(reply, "GET big\r\nGET big\r\nGET big\r\nGET big\r\nGET big\r\nGET big\r\n");
        sendText(batch, "SET a 1\r\nGET big\r\nSUBSCRIBE ch\r\nPING\r\nAPPEND a 22222\r\nSET b");
        char byte;
        if (i % 2) ck_assert_int_eq(recv(reply, &byte, 1, 0), 1);
        close(command);
        resetClose(argument);
        i % 3 ? close(reply) : resetClose(reply);
        resetClose(batch);
        if (i % 50) continue;
        waitForClients(c, 1);
        if (i == 50) before = usedMemory(c);
    }
    waitForClients(c, 1);
    ck_assert_int_lt(usedMemory(c), before + MB);
    expectStatus(c, "OK", "SET a whole");
    expectText(c, "whole", "GET a");
    expectInteger(c, 0, "PUBLISH ch x");
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(whoSaysNoMoreIsAnsweredToTheEnd) {
    serverProcess *server = serverStart(NULL);
    /* Half open: it has ended its requests, and still reads. */
    int fd = rawConnect(server);
    sendText(fd, "SET a 1\r\nINCR a\r\nGET a\r\n");
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    rawExpect(fd, "+OK\r\n:2\r\n$1\r\n2\r\n");
    rawExpectClosed(fd);
    close(fd);
    redisContext *c = clientConnect(server);
    waitForClients(c, 1);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(maxclientsIsReachedAndLeftAgain) {
    enum { MOST = 20, ROUNDS = 5 };
    const char *options[] = {"--maxclients", "20", NULL};
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    waitForClients(c, 1);
    for (int round = 0; round < ROUNDS; round++) {
        int fds[MOST];
        for (int i = 1; i < MOST; i++) {
            fds[i] = rawConnect(server);
            sendText(fds[i], "PING\r\n");
            rawExpect(fds[i], "+PONG\r\n");
        }
        int refused = rawConnect(server);
        rawExpect(refused, "-ERR max number of clients reached\r\n");
        rawExpectClosed(refused);
        close(refused);
        for (int i = 1; i < MOST; i++) i % 2 ? close(fds[i]) : resetClose(fds[i]);
        waitForClients(c, 1);
    }
    ck_assert_int_eq(infoNumber(c, "stats", "rejected_connections"), ROUNDS);
    redisFree(c);
    serverStop(server);
}
END_TEST

/* The limit of descriptors under which the process can open so many more. */
static rlim_t limitForMore(pid_t pid, int more) {
    enum { SEEN = 4096 };
    bool used[SEEN] = {false};
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *one; (one = readdir(folder));) {
        long fd = strtol(one->d_name, NULL, 10);
        if (one->d_name[0] != '.' && fd < SEEN) used[fd] = true;
    }
    closedir(folder);
    rlim_t limit = 0;
    for (; more; limit++) more -= !used[limit];
    return limit;
}

/* Of user and system, in clock ticks. */
static long cpuTicks(pid_t pid) {
    char path[64];
    unsigned long user, kernel;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "r");
    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(fscanf(in, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                            &user, &kernel),
                     2);
    fclose(in);
    return (long)(user + kernel);
}

static bool logSays(const serverProcess *server, const char *file, const char *wanted) {
    char path[128], line[1024];
    snprintf(path, sizeof path, "%s/%s", serverFolder(server), file);
    FILE *in = fopen(path, "r");
    bool found = false;
    while (in && !found && fgets(line, sizeof line, in)) found = strstr(line, wanted) != NULL;
    if (in) fclose(in);
    return found;
}

static bool answers(int fd, int wait_ms) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, wait_ms) == 1;
}

START_TEST(withoutDescriptorsNewConnectionsWaitAndTheLoopSleeps) {
    enum { MORE = 20, ROOM = 10 };
    const char *options[] = {"--logfile", "server.log", NULL};
    serverProcess *server = serverStart(options);
    pid_t pid = serverPid(server);
    redisContext *c = clientConnect(server);
    waitForClients(c, 1);
    struct rlimit old, few;
    ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, NULL, &old), 0);
    few = (struct rlimit){limitForMore(pid, ROOM), old.rlim_max};
    ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, &few, NULL), 0);
    int fds[MORE];
    for (int i = 0; i < MORE; i++) {
        fds[i] = rawConnect(server);
        sendText(fds[i], "PING\r\n");
    }
    for (int i = 0; i < ROOM; i++) rawExpect(fds[i], "+PONG\r\n");
    int64_t deadline_ms = nowMs() + WAIT_MS;
    while (!logSays(server, "server.log", "Accepting client connection: Too many open files")) {
        ck_assert_msg(nowMs() < deadline_ms, "the log says nothing");
        pauseMs(POLL_MS);
    }
    long before = cpuTicks(pid);
    pauseMs(1000);
    ck_assert_int_le(cpuTicks(pid) - before, sysconf(_SC_CLK_TCK) / 10);
    expectStatus(c, "PONG", "PING");
    ck_assert(!answers(fds[MORE - 1], 0));
    /* Who leaves makes room for one who waits, in the order in which they came. */
    for (int i = 0; i < MORE - ROOM; i++) {
        close(fds[i]);
        rawExpect(fds[ROOM + i], "+PONG\r\n");
    }
    for (int i = MORE - ROOM; i < MORE; i++) close(fds[i]);
    waitForClients(c, 1);
    ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, &old, NULL), 0);
    redisFree(c);
    serverStop(server);
}
END_TEST

TESTS("sockets", whoNeverReadsIsBoundedAndOthersAreServed,
      connectionsDroppedInTheMiddleLeaveNothing, whoSaysNoMoreIsAnsweredToTheEnd,
      maxclientsIsReachedAndLeftAgain, withoutDescriptorsNewConnectionsWaitAndTheLoopSleeps)
