#include "server/net/peer_socket.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storage/base/clock.h"
#include "storage/base/mem.h"

enum { LATE_LOOKUPS = 8 };

/* ---- time ---- */

static uint64_t nowNs(void) {
    const clockSource *clock = clockSystem();
    return clock->monotonic_ns(clock->ctx);
}

static uint64_t deadlineIn(int64_t timeout_ms) {
    return nowNs() + (uint64_t)timeout_ms * 1000000;
}

/* 0 when the socket is ready (for an error, too), or ERR_AGAIN. */
static int waitUntil(int fd, short events, uint64_t deadline_ns) {
    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = events};
        uint64_t now = nowNs();
        uint64_t left_ms = now >= deadline_ns ? 0 : (deadline_ns - now + 999999) / 1000000;
        int ready = poll(&waiting, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
        if (ready > 0) return 0;
        if (ready == 0 && left_ms == 0) return ERR_AGAIN;
        if (ready < 0 && errno != EINTR) return ERR_IO;
    }
}

/* ---- addresses ---- */

/* A question to the resolver, owned by who asks and by who finds out; the last to leave frees. */
typedef struct lookup {
    pthread_mutex_t lock;
    pthread_cond_t found_out;
    int owners;
    bool is_done;
    char host[PEER_HOST], service[8];
    struct addrinfo *found; /* NULL: nothing */
} lookup;

struct peerSockets {
    peerTransport transport;
    lookup *late[LATE_LOOKUPS]; /* asked in vain so far */
};

static struct addrinfo *resolve(const char *host, const char *service, int flags) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *found;
    return getaddrinfo(host, service, &hints, &found) ? NULL : found;
}

/* With the lock held, which it lets go. */
static void lookupLeave(lookup *l) {
    bool is_last = --l->owners == 0;
    pthread_mutex_unlock(&l->lock);
    if (!is_last) return;
    if (l->found) freeaddrinfo(l->found);
    pthread_cond_destroy(&l->found_out);
    pthread_mutex_destroy(&l->lock);
    memFree(l);
}

static void *findOut(void *of) {
    lookup *l = of;
    struct addrinfo *found = resolve(l->host, l->service, 0);
    pthread_mutex_lock(&l->lock);
    l->found = found;
    l->is_done = true;
    pthread_cond_signal(&l->found_out);
    lookupLeave(l);
    return NULL;
}

/* With the thread that finds out, which takes no signals. If there can be none, it is done. */
static lookup *lookupNew(const char *host, const char *service) {
    lookup *l = memCalloc(1, sizeof *l);
    l->owners = 2;
    memcpy(l->host, host, strlen(host) + 1);
    memcpy(l->service, service, strlen(service) + 1);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&l->found_out, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&l->lock, NULL);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    bool is_asked = pthread_create(&thread, NULL, findOut, l) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (is_asked) {
        pthread_detach(thread);
    } else {
        l->owners = 1;
        l->is_done = true;
    }
    return l;
}

/* A free place among the late ones, or NULL. Those that were answered meanwhile go. */
static lookup **placeForLate(peerSockets *p) {
    lookup **place = NULL;
    for (int i = 0; i < LATE_LOOKUPS; i++) {
        lookup *l = p->late[i];
        if (l) {
            pthread_mutex_lock(&l->lock);
            if (l->is_done) {
                lookupLeave(l);
                p->late[i] = NULL;
            } else {
                pthread_mutex_unlock(&l->lock);
            }
        }
        if (!p->late[i]) place = &p->late[i];
    }
    return place;
}

static struct timespec timespecIn(int64_t ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* The addresses of a name; ERR_NOT_FOUND, or ERR_AGAIN where the resolver is late. */
static int resolveName(peerSockets *p, const char *host, const char *service, int64_t timeout_ms,
                       struct addrinfo **found) {
    lookup **late = placeForLate(p);
    if (!late) return ERR_AGAIN;
    struct timespec until = timespecIn(timeout_ms);
    lookup *l = lookupNew(host, service);
    pthread_mutex_lock(&l->lock);
    while (!l->is_done && pthread_cond_timedwait(&l->found_out, &l->lock, &until) != ETIMEDOUT)
        continue;
    if (!l->is_done) {
        *late = l;
        pthread_mutex_unlock(&l->lock);
        return ERR_AGAIN;
    }
    *found = l->found;
    l->found = NULL;
    lookupLeave(l);
    return *found ? 0 : ERR_NOT_FOUND;
}

/* ---- the transport ---- */

/* ERR_NOT_FOUND where it could not even begin. */
static int connectAddress(const struct addrinfo *to, uint64_t deadline_ns) {
    int fd = socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to->ai_protocol);
    if (fd < 0) return ERR_NOT_FOUND;
    int err = 0, yes = 1;
    if (connect(fd, to->ai_addr, to->ai_addrlen) < 0) {
        err = errno == EINPROGRESS ? waitUntil(fd, POLLOUT, deadline_ns) : ERR_NOT_FOUND;
        int failure = 0;
        socklen_t size = sizeof failure;
        if (err == 0 && (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0 || failure))
            err = ERR_IO;
    }
    if (err < 0) {
        close(fd);
        return err;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static int socketConnect(void *ctx, const char *host, int port, int64_t timeout_ms) {
    uint64_t deadline_ns = deadlineIn(timeout_ms);
    char service[8];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo *found = resolve(host, service, AI_NUMERICHOST);
    if (!found) {
        int err = resolveName(ctx, host, service, timeout_ms, &found);
        if (err < 0) return err;
    }
    int fd = ERR_NOT_FOUND;
    for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        int next = connectAddress(at, deadline_ns);
        if (next != ERR_NOT_FOUND) fd = next;
    }
    freeaddrinfo(found);
    return fd;
}

static bool mustWait(void) {
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

static int64_t socketSend(void *ctx, int fd, const struct iovec *parts, int count,
                          int64_t timeout_ms) {
    (void)ctx;
    uint64_t deadline_ns = deadlineIn(timeout_ms);
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)count};
    for (;;) {
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent >= 0) return sent;
        if (errno == EINTR) continue;
        if (!mustWait()) return ERR_IO;
        int err = waitUntil(fd, POLLOUT, deadline_ns);
        if (err < 0) return err;
    }
}

static int64_t socketReceive(void *ctx, int fd, void *to, size_t room, int64_t timeout_ms) {
    (void)ctx;
    uint64_t deadline_ns = deadlineIn(timeout_ms);
    for (;;) {
        ssize_t came = recv(fd, to, room, 0);
        if (came > 0) return came;
        if (came == 0) return ERR_IO;
        if (errno == EINTR) continue;
        if (!mustWait()) return ERR_IO;
        int err = waitUntil(fd, POLLIN, deadline_ns);
        if (err < 0) return err;
    }
}

/* A forked child may hold the socket, too: the peer hears of the end at once all the same. */
static void socketClose(void *ctx, int fd) {
    (void)ctx;
    shutdown(fd, SHUT_RDWR);
    close(fd);
}

/* ---- making one ---- */

peerSockets *peerSocketsNew(void) {
    peerSockets *p = memCalloc(1, sizeof *p);
    p->transport = (peerTransport){.connect = socketConnect,
                                   .send = socketSend,
                                   .receive = socketReceive,
                                   .close = socketClose,
                                   .ctx = p};
    return p;
}

void peerSocketsFree(peerSockets *p) {
    for (int i = 0; i < LATE_LOOKUPS; i++) {
        if (!p->late[i]) continue;
        pthread_mutex_lock(&p->late[i]->lock);
        lookupLeave(p->late[i]);
    }
    memFree(p);
}

const peerTransport *peerSocketsTransport(const peerSockets *p) {
    return &p->transport;
}
