#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/net/net_internal.h"
#include "server/net/sock_addr.h"
#include "storage/base/err.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

static void freeListener(uv_handle_t *handle) {
    listener *l = handle->data;
    memFree(l->host);
    memFree(l);
}

void listenerClose(listener *l) {
    uv_poll_stop(&l->poll);
    close(l->fd);
    uv_close((uv_handle_t *)&l->poll, freeListener);
}

static void onConnection(uv_poll_t *poll, int status, int events);

void listenersResume(net *n) {
    if (!n->accept_rests) return;
    n->accept_rests = false;
    uv_timer_stop(&n->accept_again);
    for (int i = 0; i < n->listener_count; i++)
        uv_poll_start(&n->listeners[i]->poll, UV_READABLE, onConnection);
}

static void onAcceptAgain(uv_timer_t *timer) {
    listenersResume(timer->data);
}

/* The connection that cannot be taken stays in the kernel's queue, so polling would report it again
 * and again: a busy loop. */
static void restListeners(net *n) {
    enum { REST_MS = 100 };
    if (n->accept_rests) return;
    n->accept_rests = true;
    for (int i = 0; i < n->listener_count; i++) uv_poll_stop(&n->listeners[i]->poll);
    uv_timer_start(&n->accept_again, onAcceptAgain, REST_MS, 0);
}

static void acceptFailed(net *n, int reason) {
    if (!n->accept_failed) {
        if (n->spare_fd >= 0) close(n->spare_fd);
        logLine(LOG_WARN, "Accepting client connection: %s", strerror(reason));
        n->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    n->accept_failed = true;
    restListeners(n);
}

static void onConnection(uv_poll_t *poll, int status, int events) {
    (void)events;
    listener *l = poll->data;
    if (status < 0) return;
    for (int64_t i = 0; i < l->net->server->config.max_new_connections_per_cycle; i++) {
        struct sockaddr_storage addr;
        socklen_t size = sizeof addr;
        int fd = accept4(l->fd, (struct sockaddr *)&addr, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            if (errno != EAGAIN) acceptFailed(l->net, errno);
            return;
        }
        l->net->accept_failed = false;
        char peer[SOCK_ADDR_TEXT];
        sockAddrFormat((struct sockaddr *)&addr, peer, l->net->server->config.unixsocket);
        connAccept(l->net, fd, l->is_unix, peer, sockAddrIsLoopback((struct sockaddr *)&addr));
    }
}

static int startListener(net *n, int fd, bool is_unix, listener **out) {
    listener *l = memCalloc(1, sizeof *l);
    l->net = n;
    l->fd = fd;
    l->is_unix = is_unix;
    l->poll.data = l;
    int err = uv_poll_init(&n->loop, &l->poll, fd);
    if (err < 0) {
        memFree(l);
        close(fd);
        return ERR_IO;
    }
    uv_poll_start(&l->poll, UV_READABLE, onConnection);
    *out = l;
    return 0;
}

/* Connections have the mark of the socket that took them. Only the privileged may set one. */
static void markSocket(int fd, uint32_t mark) {
    if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) < 0)
        logLine(LOG_WARN, "socket-mark-id: %s", strerror(errno));
}

static int openTcp(const struct addrinfo *ai, int backlog, uint32_t mark) {
    int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol);
    if (fd < 0) return -1;
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (ai->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    markSocket(fd, mark);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, backlog) == 0) return fd;
    int err = errno;
    close(fd);
    errno = err;
    return -1;
}

/* One address of 'bind': "*" and "::*" are all of IPv4 and of IPv6. */
static int openBind(const char *host, int64_t port, int backlog, uint32_t mark) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    const char *node = host;
    if (!strcmp(host, "*")) {
        node = NULL;
        hints.ai_family = AF_INET;
    } else if (!strcmp(host, "::*")) {
        node = NULL;
        hints.ai_family = AF_INET6;
    }
    char service[16];
    snprintf(service, sizeof service, "%lld", (long long)port);
    int err = getaddrinfo(node, service, &hints, &found);
    if (err) {
        errno = err == EAI_SYSTEM ? errno : EADDRNOTAVAIL;
        return -1;
    }
    int fd = openTcp(found, backlog, mark);
    err = errno;
    freeaddrinfo(found);
    errno = err;
    return fd;
}

static bool addressIsAbsent(int err) {
    return err == ENOPROTOOPT || err == EPROTONOSUPPORT || err == ESOCKTNOSUPPORT ||
           err == EPFNOSUPPORT || err == EAFNOSUPPORT || err == EADDRNOTAVAIL;
}

static int openUnix(const config *cfg, char *error, size_t error_room) {
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (strlen(cfg->unixsocket) >= sizeof addr.sun_path) {
        snprintf(error, error_room, "Failed opening Unix socket: path too long: %s",
                 cfg->unixsocket);
        return -1;
    }
    memcpy(addr.sun_path, cfg->unixsocket, strlen(cfg->unixsocket) + 1);
    unlink(cfg->unixsocket); /* What an earlier server left would make bind fail. */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0 ||
        (cfg->unixsocketperm && chmod(cfg->unixsocket, (mode_t)cfg->unixsocketperm) < 0) ||
        listen(fd, (int)cfg->tcp_backlog) < 0) {
        snprintf(error, error_room, "Failed opening Unix socket: %s: %s", cfg->unixsocket,
                 strerror(errno));
        if (fd >= 0) close(fd);
        return -1;
    }
    return fd;
}

typedef struct listenerSet {
    listener *list[NET_LISTENERS];
    int count;
} listenerSet;

static bool contains(listener *const *list, int count, const listener *l) {
    for (int i = 0; i < count; i++)
        if (list[i] == l) return true;
    return false;
}

/* The listener that serves this address already, unless the set has it. */
static listener *openAlready(const net *n, const listenerSet *set, const char *host, int64_t port) {
    for (int i = 0; i < n->listener_count; i++) {
        listener *l = n->listeners[i];
        if (!l->is_unix && l->port == port && !strcmp(l->host, host) &&
            !contains(set->list, set->count, l))
            return l;
    }
    return NULL;
}

static int addTcp(net *n, listenerSet *set, const char *host, int64_t port) {
    const config *c = &n->server->config;
    uint32_t mark = (uint32_t)configInt(c, "socket-mark-id");
    int fd = openBind(host, port, (int)c->tcp_backlog, mark);
    if (fd < 0) return -1;
    listener *l;
    if (startListener(n, fd, false, &l) < 0) return -1;
    l->host = memText(host);
    l->port = port;
    set->list[set->count++] = l;
    return 0;
}

static int openTcpSet(net *n, listenerSet *set, char *error, size_t error_room) {
    const config *cfg = &n->server->config;
    if (cfg->port == 0 || cfg->bind_count == 0) return 0;
    for (int i = 0; i < cfg->bind_count; i++) {
        bool optional = cfg->binds[i][0] == '-';
        const char *host = cfg->binds[i] + optional;
        listener *old = openAlready(n, set, host, cfg->port);
        if (old) {
            set->list[set->count++] = old;
            continue;
        }
        if (addTcp(n, set, host, cfg->port) == 0) continue;
        if (optional && addressIsAbsent(errno)) continue;
        snprintf(error, error_room, "Failed listening on %s:%lld (tcp): %s", host,
                 (long long)cfg->port, strerror(errno));
        return ERR_IO;
    }
    if (set->count) return 0;
    snprintf(error, error_room, "Failed listening on port %lld (tcp): no address of it exists",
             (long long)cfg->port);
    return ERR_IO;
}

static int openUnixSet(net *n, listenerSet *set, char *error, size_t error_room) {
    const config *cfg = &n->server->config;
    if (!cfg->unixsocket || !*cfg->unixsocket) return 0;
    for (int i = 0; i < n->listener_count; i++) {
        if (!n->listeners[i]->is_unix) continue;
        set->list[set->count++] = n->listeners[i];
        return 0;
    }
    int fd = openUnix(cfg, error, error_room);
    if (fd < 0 || startListener(n, fd, true, &set->list[set->count]) < 0) return ERR_IO;
    set->count++;
    return 0;
}

/* What the config asks for: what is open already is taken over. On failure what was opened for it
 * is closed again. */
static int openSet(net *n, listenerSet *set, char *error, size_t error_room) {
    set->count = 0;
    int err = openTcpSet(n, set, error, error_room);
    if (err == 0) err = openUnixSet(n, set, error, error_room);
    if (err == 0) return 0;
    for (int i = 0; i < set->count; i++)
        if (!contains(n->listeners, n->listener_count, set->list[i])) listenerClose(set->list[i]);
    return err;
}

/* The set is what the server listens to from now on. */
static void adopt(net *n, const listenerSet *set) {
    for (int i = 0; i < n->listener_count; i++)
        if (!contains(set->list, set->count, n->listeners[i])) listenerClose(n->listeners[i]);
    memcpy(n->listeners, set->list, (size_t)set->count * sizeof set->list[0]);
    n->listener_count = set->count;
    n->server->tcp_port = (int)n->server->config.port;
}

int netListen(net *n, char *error, size_t error_room) {
    listenerSet set;
    int err = openSet(n, &set, error, error_room);
    if (err < 0) return err;
    if (!set.count) {
        snprintf(error, error_room, "Configured to not listen anywhere, exiting.");
        return ERR_NOT_FOUND;
    }
    adopt(n, &set);
    return 0;
}

static bool isWanted(const config *cfg, const listener *l) {
    for (int i = 0; i < cfg->bind_count; i++)
        if (l->port == cfg->port && !strcmp(cfg->binds[i] + (cfg->binds[i][0] == '-'), l->host))
            return true;
    return false;
}

/* Takes those that the config no longer names out of the server. */
static void setAside(net *n, listenerSet *aside) {
    listenerSet kept = {.count = 0};
    aside->count = 0;
    for (int i = 0; i < n->listener_count; i++) {
        listener *l = n->listeners[i];
        listenerSet *to = l->is_unix || isWanted(&n->server->config, l) ? &kept : aside;
        to->list[to->count++] = l;
    }
    memcpy(n->listeners, kept.list, (size_t)kept.count * sizeof kept.list[0]);
    n->listener_count = kept.count;
}

typedef struct address {
    char *host;
    int64_t port;
} address;

/* One of the new addresses may be free only without an old one, "*" and "127.0.0.1". */
static int relistenWithout(net *n, listenerSet *aside, char *error, size_t error_room) {
    address old[NET_LISTENERS];
    int count = aside->count;
    for (int i = 0; i < count; i++) {
        old[i] = (address){memText(aside->list[i]->host), aside->list[i]->port};
        listenerClose(aside->list[i]);
    }
    listenerSet set;
    int err = openSet(n, &set, error, error_room);
    if (err == 0) {
        adopt(n, &set);
    } else {
        listenerSet back = {.count = 0};
        for (int i = 0; i < count; i++)
            if (addTcp(n, &back, old[i].host, old[i].port) < 0)
                logLine(LOG_WARN, "Could not listen again on %s:%lld: %s", old[i].host,
                        (long long)old[i].port, strerror(errno));
        memcpy(n->listeners + n->listener_count, back.list, (size_t)back.count * sizeof *back.list);
        n->listener_count += back.count;
    }
    for (int i = 0; i < count; i++) memFree(old[i].host);
    return err;
}

int netRelisten(net *n, char *error, size_t error_room) {
    listenerSet set, aside;
    int err = openSet(n, &set, error, error_room);
    if (err == 0) {
        adopt(n, &set);
        return 0;
    }
    setAside(n, &aside);
    if (aside.count) err = relistenWithout(n, &aside, error, error_room);
    if (err < 0) logLine(LOG_WARN, "%s", error);
    return err;
}

void netCloseListeners(net *n) {
    for (int i = 0; i < n->listener_count; i++) listenerClose(n->listeners[i]);
    n->listener_count = 0;
}
