#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/core/client_limits.h"
#include "server/core/reply.h"
#include "server/net/net_internal.h"
#include "server/net/sock_addr.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

enum { WRITE_VECTORS = 64, WRITE_BYTES = 512 * 1024 };

static void freeHandle(uv_handle_t *handle) {
    memFree(handle->data);
}

/* The client may be freed inside the next batch; the handle lives until libuv is done with it. */
static void closeConn(conn *cn) {
    if (cn->fd < 0) return;
    uv_poll_stop(&cn->poll);
    close(cn->fd);
    cn->fd = -1;
    uv_close((uv_handle_t *)&cn->poll, freeHandle);
    listenersResume(cn->net);
}

void connClientClosed(void *ctx, client *c) {
    (void)ctx;
    conn *cn = c->conn;
    if (!cn) return;
    c->conn = NULL;
    cn->client = NULL;
    closeConn(cn);
}

static void onReady(uv_poll_t *poll, int status, int events);

static void setEvents(conn *cn, int events) {
    if (events == cn->events) return;
    cn->events = events;
    uv_poll_start(&cn->poll, events, onReady);
}

void connUpdateEvents(conn *cn) {
    int events = UV_DISCONNECT;
    /* One who is held is listened to until more comes: most send nothing before their reply, and
     * to stop and start costs four system calls. */
    if (!(cn->client->flags & CLIENT_HELD) || cn->events & UV_READABLE) events |= UV_READABLE;
    if (cn->want_write) events |= UV_WRITABLE;
    setEvents(cn, events);
}

/* One read; the bytes that came where it filled its room, else 0. */
static size_t readSome(conn *cn) {
    client *c = cn->client;
    size_t room;
    char *to = batchRoom(c->server, c, &room);
    if (!to) return 0; /* The arena is full (or c is closing): the socket stays ready, next time. */
    ssize_t got = recv(cn->fd, to, room, 0);
    if (got > 0) {
        c->server->stats.reads++;
        batchReceived(c->server, c, (size_t)got);
        return (size_t)got == room ? room : 0;
    }
    if (got == 0) {
        logLine(LOG_VERBOSE, "Client closed connection id=%llu addr=%s", (unsigned long long)c->id,
                c->peer);
        clientCloseSoon(c);
    } else if (errno != EAGAIN && errno != EINTR) {
        logLine(LOG_VERBOSE, "Reading from client id=%llu: %s", (unsigned long long)c->id,
                strerror(errno));
        clientCloseSoon(c);
    }
    return 0;
}

/* The room of a big request grows with what has come: the same turn reads on while there is more.
 */
static void readShare(conn *cn) {
    size_t total = 0, got;
    do total += got = readSome(cn);
    while (got && total < BATCH_READ_BIG && batchWantsMore(cn->client));
}

static void onReady(uv_poll_t *poll, int status, int events) {
    conn *cn = poll->data;
    client *c = cn->client;
    if (!c || c->flags & CLIENT_CLOSE_NOW) return;
    if (status < 0) {
        clientCloseSoon(c);
        return;
    }
    if (events & UV_WRITABLE) {
        cn->want_write = false;
        replyQueueFlush(c);
    }
    /* A client whose input is already in this batch has had its share. */
    if (events & UV_READABLE && !(c->flags & (CLIENT_HELD | CLIENT_QUEUED_INPUT))) {
        readShare(cn);
    } else if (c->flags & CLIENT_HELD) {
        setEvents(cn, cn->events & ~UV_READABLE);
        /* Nobody is there any more to wait for what it is held for? */
        if (events & UV_DISCONNECT && !(c->flags & CLIENT_CLOSE_AFTER_REPLY)) clientCloseSoon(c);
    }
}

/* With the calls for sockets, recv() above too, a command costs 4 to 8 % less than with those for
 * any file. */
static ssize_t sendParts(int fd, struct iovec *parts, size_t count) {
    if (count == 1) return send(fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL);
    return sendmsg(fd, &(struct msghdr){.msg_iov = parts, .msg_iovlen = count}, MSG_NOSIGNAL);
}

void connFlush(conn *cn) {
    client *c = cn->client;
    /* Before writing: one reply over the limit closes even a client that would read it. */
    if (clientOverOutputLimit(c)) {
        clientCloseSoon(c);
        return;
    }
    clientNoteReply(c, replyBufSize(&c->out));
    size_t allowed = replyHoldLimit(c);
    while (!cn->want_write) {
        struct iovec iov[WRITE_VECTORS];
        size_t most = allowed < WRITE_BYTES ? allowed : WRITE_BYTES;
        int count = replyBufPeek(&c->out, iov, WRITE_VECTORS, most);
        if (!count) break;
        ssize_t sent = sendParts(cn->fd, iov, (size_t)count);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) {
                clientCloseSoon(c);
                return;
            }
            cn->want_write = true;
            break;
        }
        c->server->stats.writes++;
        c->server->stats.net_output_bytes += (size_t)sent;
        c->net_output_bytes += (size_t)sent;
        c->last_active_ms = c->server->now_ms; /* Slow readers are not idle. */
        size_t asked = 0;
        for (int i = 0; i < count; i++) asked += iov[i].iov_len;
        replyBufConsume(&c->out, (size_t)sent);
        allowed -= (size_t)sent;
        if ((size_t)sent < asked || asked >= WRITE_BYTES) {
            cn->want_write = allowed && replyBufSize(&c->out) != 0;
            break; /* One big reader does not keep the others waiting. */
        }
        if (count < WRITE_VECTORS) break;
    }
    if (!replyBufSize(&c->out) && c->flags & CLIENT_CLOSE_AFTER_REPLY) {
        clientCloseSoon(c);
        return;
    }
    connUpdateEvents(cn);
}

static void setSocketOptions(const net *n, int fd) {
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    int idle = (int)n->server->config.tcp_keepalive;
    if (idle <= 0) return;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    int interval = idle / 3 ? idle / 3 : 1, count = 3;
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static void refuse(net *n, int fd, const char *text) {
    n->server->stats.rejected_connections++;
    ssize_t sent = write(fd, text, strlen(text)); /* Best effort: it is closed either way. */
    (void)sent;
    close(fd);
}

void connAccept(net *n, int fd, bool is_unix, const char *peer, bool peer_is_loopback) {
    server *s = n->server;
    if (s->client_count >= (size_t)s->config.maxclients) {
        refuse(n, fd, "-ERR max number of clients reached\r\n");
        return;
    }
    bool open_to_all = s->config.requirepass.size == 0;
    if (s->config.protected_mode && open_to_all && !is_unix && !peer_is_loopback) {
        refuse(n, fd,
               "-DENIED Ebb is running in protected mode: it is open to the network and the "
               "default user has no password, so only connections from this machine are taken. "
               "To change that, set a password with requirepass, or bind the addresses to be "
               "served, or, where the network is trusted, set protected-mode to no.\r\n");
        return;
    }
    if (!is_unix) setSocketOptions(n, fd);
    conn *cn = memCalloc(1, sizeof *cn);
    cn->net = n;
    cn->fd = fd;
    cn->poll.data = cn;
    if (uv_poll_init(&n->loop, &cn->poll, fd) < 0) {
        close(fd);
        memFree(cn);
        return;
    }
    client *c = clientNew(s, cn);
    cn->client = c;
    c->fd = fd;
    c->peer = memText(peer);
    char local[SOCK_ADDR_TEXT];
    sockAddrLocal(fd, local, s->config.unixsocket);
    c->local = memText(local);
    if (is_unix) c->flags |= CLIENT_UNIX_SOCKET;
    s->stats.connections++;
    connUpdateEvents(cn);
}
