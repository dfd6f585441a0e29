/* MIGRATE to targets that die, reset, flood, stand still: no key is lost, and nothing waits for
 * ever. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

enum { KEYS = 300, ROUNDS = 12, BIG = 8 << 20, TIMEOUT_MS = 300 };

static int64_t nowMs(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- a real target that is killed ---- */

typedef struct killer {
    pid_t pid;
    int64_t delay_us;
} killer;

static void *killLater(void *of) {
    const killer *k = of;
    nanosleep(&(struct timespec){.tv_nsec = k->delay_us * 1000}, NULL);
    kill(k->pid, SIGKILL);
    return NULL;
}

static char *migrateAll(int port) {
    size_t room = 128 + KEYS * 16, at;
    char *call = malloc(room);
    at = (size_t)snprintf(call, room, "MIGRATE 127.0.0.1 %d %%s 0 2000 REPLACE KEYS", port);
    for (int i = 0; i < KEYS; i++) at += (size_t)snprintf(call + at, room - at, " key:%d", i);
    return call;
}

/* Each key must be in one server or in both. */
static void expectAll(redisContext *from, redisContext *to) {
    for (int i = 0; i < KEYS; i++) {
        redisReply *here = clientCommand(from, "EXISTS key:%d", i);
        redisReply *there = clientCommand(to, "EXISTS key:%d", i);
        ck_assert_msg(here->integer || there->integer, "key:%d is lost", i);
        freeReplyObject(here);
        freeReplyObject(there);
    }
}

START_TEST(aTargetThatIsKilledTakesNoKeyWithIt) {
    static const char *const lasting[] = {"--appendonly", "yes", "--appendfsync", "always", NULL};
    uint64_t seed = suiteSeed();
    serverProcess *source = serverStart(NULL), *target = serverStart(lasting);
    redisContext *from = clientConnect(source);
    srand((unsigned)seed);
    for (uint64_t round = 0; round < suiteRounds(ROUNDS); round++) {
        for (int i = 0; i < KEYS; i++) expectStatus(from, "OK", "SET key:%d %d", i, i);
        char *call = migrateAll(serverPort(target));
        killer k = {.pid = serverPid(target), .delay_us = rand() % 12000};
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, killLater, &k), 0);
        redisReply *reply = clientCommand(from, call, "");
        ck_assert(reply->type == REDIS_REPLY_STATUS || !strncmp(reply->str, "IOERR ", 6));
        freeReplyObject(reply);
        pthread_join(thread, NULL);
        serverKill(target);
        serverRestartThere(target);
        redisContext *to = clientConnect(target);
        expectAll(from, to);
        expectStatus(to, "OK", "FLUSHALL");
        redisFree(to);
        free(call);
    }
    redisFree(from);
    serverStop(source);
    serverStop(target);
}
END_TEST

/* ---- one that was never a server ---- */

typedef struct fakeTarget {
    int listener, port;
    const char *says; /* once something came; NULL: never reads */
    bool floods, resets;
    atomic_bool over;
    pthread_t thread;
} fakeTarget;

static void *serveOne(void *of) {
    fakeTarget *t = of;
    int fd = accept(t->listener, NULL, NULL);
    char in[4096];
    if (t->says && recv(fd, in, sizeof in, 0) > 0) {
        send(fd, t->says, strlen(t->says), MSG_NOSIGNAL);
        while (t->floods && send(fd, t->says, strlen(t->says), MSG_NOSIGNAL) > 0) continue;
    }
    if (t->resets) {
        struct linger hard = {.l_onoff = 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    } else {
        /* What comes is not read. */
        while (!t->over) poll(NULL, 0, 5);
    }
    close(fd);
    return NULL;
}

static void startFake(fakeTarget *t) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    t->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(t->listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(t->listener, 4), 0);
    ck_assert_int_eq(getsockname(t->listener, (struct sockaddr *)&address, &size), 0);
    t->port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&t->thread, NULL, serveOne, t), 0);
}

START_TEST(aTargetThatIsNoneGetsAnErrorInTime) {
    static fakeTarget targets[] = {
        {.says = NULL},
        {.says = NULL, .resets = true},
        {.says = "+OK\r\n"},
        {.says = "+OK\r\n", .resets = true},
        {.says = "garbage", .floods = true},
        {.says = "+OK\r\n:1\r\n", .floods = true},
        {.says = "-no line end ", .floods = true},
        {.says = "HTTP/1.1 400 Bad Request\r\n\r\n"},
    };
    static char value[BIG];
    uint64_t state = suiteSeed();
    for (size_t i = 0; i < sizeof value; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        value[i] = (char)(state >> 56);
    }
    serverProcess *source = serverStart(NULL);
    redisContext *from = clientConnect(source);
    expectStatus(from, "OK", "SET big %b", value, sizeof value);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        fakeTarget *t = &targets[i];
        startFake(t);
        int64_t start_ms = nowMs();
        redisReply *reply =
            clientCommand(from, "MIGRATE 127.0.0.1 %d big 0 %d", t->port, TIMEOUT_MS);
        ck_assert_int_lt(nowMs() - start_ms, TIMEOUT_MS * 10);
        ck_assert_int_eq(reply->type, REDIS_REPLY_ERROR);
        ck_assert_msg(!strncmp(reply->str, "IOERR ", 6), "%zu: %s", i, reply->str);
        freeReplyObject(reply);
        expectInteger(from, BIG, "STRLEN big");
        t->over = true;
        pthread_join(t->thread, NULL);
        close(t->listener);
    }
    redisFree(from);
    serverStop(source);
}
END_TEST

TESTS("migrate", aTargetThatIsKilledTakesNoKeyWithIt, aTargetThatIsNoneGetsAnErrorInTime)
