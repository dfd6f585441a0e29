#include "server/net/peer_socket.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/suite.h"

enum { LATE_MAX = 8, WAIT_MS = 10000 };

static peerSockets *sockets;
static const peerTransport *t;

/* ---- a resolver that takes its time for one name ---- */

static pthread_mutex_t resolver = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t resolver_moves = PTHREAD_COND_INITIALIZER;
static bool resolver_stands;
static int asked;

/* In the place of the C library's. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
    if (!strcmp(node, "slow")) {
        if (hints->ai_flags & AI_NUMERICHOST) return EAI_NONAME;
        pthread_mutex_lock(&resolver);
        asked++;
        while (resolver_stands) pthread_cond_wait(&resolver_moves, &resolver);
        pthread_mutex_unlock(&resolver);
        node = "127.0.0.1";
    }
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, found);
}

static void letResolverStand(bool stands) {
    pthread_mutex_lock(&resolver);
    resolver_stands = stands;
    pthread_cond_broadcast(&resolver_moves);
    pthread_mutex_unlock(&resolver);
}

static int askedSoFar(void) {
    pthread_mutex_lock(&resolver);
    int count = asked;
    pthread_mutex_unlock(&resolver);
    return count;
}

/* ---- a listener ---- */

static int listener, port;

static void begin(void) {
    sockets = peerSocketsNew();
    t = peerSocketsTransport(sockets);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(listen(listener, 64), 0);
    port = ntohs(address.sin_port);
}

static void end(void) {
    close(listener);
    peerSocketsFree(sockets);
}

static int64_t nowMs(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int connectTo(const char *host, int64_t timeout_ms) {
    return t->connect(t->ctx, host, port, timeout_ms);
}

static int64_t receive(int fd, int64_t timeout_ms) {
    char room[64];
    return t->receive(t->ctx, fd, room, sizeof room, timeout_ms);
}

START_TEST(bytesGoBothWays) {
    int fd = connectTo("127.0.0.1", WAIT_MS), peer = accept(listener, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    char said[8] = "";
    struct iovec parts[] = {{.iov_base = (char[]){"ab"}, .iov_len = 2},
                            {.iov_base = (char[]){"cd"}, .iov_len = 2}};
    ck_assert_int_eq(t->send(t->ctx, fd, parts, 2, WAIT_MS), 4);
    ck_assert_int_eq(recv(peer, said, sizeof said, 0), 4);
    ck_assert_str_eq(said, "abcd");
    ck_assert_int_eq(receive(fd, 0), ERR_AGAIN);
    ck_assert_int_eq(send(peer, "xyz", 3, 0), 3);
    ck_assert_int_eq(receive(fd, WAIT_MS), 3);
    int64_t start_ms = nowMs();
    ck_assert_int_eq(receive(fd, 50), ERR_AGAIN);
    ck_assert_int_ge(nowMs() - start_ms, 49);
    close(peer);
    ck_assert_int_eq(receive(fd, WAIT_MS), ERR_IO);
    while (t->send(t->ctx, fd, parts, 2, WAIT_MS) > 0) continue;
    ck_assert_int_eq(t->send(t->ctx, fd, parts, 2, WAIT_MS), ERR_IO);
    t->close(t->ctx, fd);
}
END_TEST

START_TEST(aFullSocketIsWaitedFor) {
    static char zeros[1 << 20];
    int fd = connectTo("127.0.0.1", WAIT_MS), peer = accept(listener, NULL, NULL);
    struct iovec part = {.iov_base = zeros, .iov_len = sizeof zeros};
    int64_t sent;
    while ((sent = t->send(t->ctx, fd, &part, 1, 20)) > 0) continue;
    ck_assert_int_eq(sent, ERR_AGAIN);
    /* The other end hears of the end, whoever else holds the socket. */
    int held = dup(fd);
    t->close(t->ctx, fd);
    while (recv(peer, zeros, sizeof zeros, 0) > 0) continue;
    close(held);
    close(peer);
}
END_TEST

START_TEST(aPeerThatDoesNotAcceptIsRefused) {
    int fds[8], count = 0;
    ck_assert_int_eq(listen(listener, 0), 0);
    int64_t start_ms = nowMs();
    /* Until the queue is full. */
    while (count < 8 && (fds[count] = connectTo("127.0.0.1", 50)) >= 0) count++;
    ck_assert_int_lt(count, 8);
    ck_assert_int_eq(fds[count], ERR_AGAIN);
    ck_assert_int_ge(nowMs() - start_ms, 49);
    while (count) t->close(t->ctx, fds[--count]);
    close(listener);
    ck_assert_int_eq(connectTo("127.0.0.1", WAIT_MS), ERR_IO);
    listener = -1;
}
END_TEST

START_TEST(aSlowResolverIsNotWaitedFor) {
    int fd = connectTo("slow", WAIT_MS);
    ck_assert_int_ge(fd, 0);
    t->close(t->ctx, fd);
    letResolverStand(true);
    int64_t start_ms = nowMs();
    for (int i = 0; i < LATE_MAX; i++) ck_assert_int_eq(connectTo("slow", 10), ERR_AGAIN);
    ck_assert_int_lt(nowMs() - start_ms, WAIT_MS);
    /* No more threads than that. */
    ck_assert_int_eq(connectTo("slow", WAIT_MS), ERR_AGAIN);
    int64_t deadline_ms = nowMs() + WAIT_MS;
    while (askedSoFar() < 1 + LATE_MAX && nowMs() < deadline_ms) poll(NULL, 0, 1);
    ck_assert_int_eq(askedSoFar(), 1 + LATE_MAX);
    letResolverStand(false);
    while ((fd = connectTo("slow", WAIT_MS)) == ERR_AGAIN && nowMs() < deadline_ms)
        poll(NULL, 0, 1);
    ck_assert_int_ge(fd, 0);
    t->close(t->ctx, fd);
}
END_TEST

START_TEST(whoEndsLeavesTheResolverAlone) {
    letResolverStand(true);
    ck_assert_int_eq(connectTo("slow", 1), ERR_AGAIN);
    peerSocketsFree(sockets);
    letResolverStand(false);
    sockets = peerSocketsNew();
    t = peerSocketsTransport(sockets);
}
END_TEST

START_TEST(aNameThatIsNoneIsNotFound) {
    char label[100] = ""; /* longer than one may be: no server is asked */
    memset(label, 'h', sizeof label - 1);
    ck_assert_int_eq(connectTo(label, WAIT_MS), ERR_NOT_FOUND);
    ck_assert_int_eq(connectTo("", WAIT_MS), ERR_NOT_FOUND);
}
END_TEST

TESTS_BETWEEN("peer_socket", begin, end, bytesGoBothWays, aFullSocketIsWaitedFor,
              aPeerThatDoesNotAcceptIsRefused, aSlowResolverIsNotWaitedFor,
              whoEndsLeavesTheResolverAlone, aNameThatIsNoneIsNotFound)
