/* net_internal.h - what loop, listeners and connections share. */
#ifndef EBB_SERVER_NET_NET_INTERNAL_H
#define EBB_SERVER_NET_NET_INTERNAL_H

#include <uv.h>

#include "server/net/net.h"

enum { NET_LISTENERS = CONFIG_BINDS + 1 };

typedef struct listener {
    uv_poll_t poll;
    net *net;
    int fd;
    bool is_unix;
    char *host; /* as bind says it, without '-'; NULL for the unix socket */
    int64_t port;
} listener;

/* A connection: the poll handle of a socket and its client. Lives until libuv let go of the handle.
 */
typedef struct conn {
    uv_poll_t poll;
    net *net;
    client *client; /* NULL once the client is freed */
    int fd;
    int events;        /* what is polled for */
    bool want_write;   /* the socket was full */
    chainNode stalled; /* waits for room in the batch */
} conn;

struct net {
    uv_loop_t loop;
    uv_timer_t timer;
    uv_async_t wake;
    uint64_t timer_due_ns; /* what the timer is set to, 0: not running */
    server *server;
    listener *listeners[NET_LISTENERS];
    int listener_count;
    uv_timer_t accept_again; /* runs while accepting rests */
    bool accept_rests;       /* no descriptor is left: listeners are not polled */
    bool accept_failed;      /* logged; until one is accepted again */
    int spare_fd;            /* given up for the log file when no other descriptor is left */
    clientClosedHook closed_hook;
    struct metricsPort *metrics; /* NULL: closed */
    struct peerSockets *peers;   /* carries links to other servers */
};

/* listen.c */
void listenerClose(listener *l);
/* Polls the listeners again, where they rest: a descriptor may have become free. */
void listenersResume(net *n);

/* conn.c */
/* Takes the connected socket 'fd'; refuses and closes it where limits say so. */
void connAccept(net *n, int fd, bool is_unix, const char *peer, bool peer_is_loopback);
/* Writes what waits, as much as the socket takes in one call. */
void connFlush(conn *c);
/* Polls for what the state of the client needs now. */
void connUpdateEvents(conn *c);
/* The server frees its client: closes the socket. */
void connClientClosed(void *ctx, client *c);

#endif
