#include "server/net/metrics_port.h"

#include <stdio.h>
#include <string.h>

#include "server/net/net_internal.h"
#include "server/observe/history.h"
#include "server/observe/metrics_http.h"
#include "storage/base/err.h"
#include "storage/base/mem.h"

enum { VISITS_MAX = 16, BACKLOG = 16, VISIT_MS = 10000 };

/* One request and its response. */
typedef struct visit {
    uv_tcp_t socket;
    uv_timer_t timer;
    uv_write_t write;
    struct metricsPort *port;
    infoText response;
    size_t size;
    int open_handles;
    char request[METRICS_REQUEST_MAX];
} visit;

typedef struct metricsPort {
    uv_tcp_t listener;
    net *net;
    char *address;
    int64_t number;
    visit *visits[VISITS_MAX];
} metricsPort;

/* ---- the end of a visit ---- */

static void forget(uv_handle_t *handle) {
    visit *v = handle->data;
    if (--v->open_handles > 0) return;
    infoTextClear(&v->response);
    memFree(v);
}

static void leave(visit *v) {
    if (uv_is_closing((uv_handle_t *)&v->socket)) return;
    if (v->port)
        for (int i = 0; i < VISITS_MAX; i++)
            if (v->port->visits[i] == v) v->port->visits[i] = NULL;
    v->port = NULL;
    uv_close((uv_handle_t *)&v->socket, forget);
    uv_close((uv_handle_t *)&v->timer, forget);
}

static void onLate(uv_timer_t *timer) {
    leave(timer->data);
}

/* ---- request and response ---- */

static void onWritten(uv_write_t *write, int status) {
    (void)status;
    leave(write->data);
}

static void answer(visit *v) {
    uv_read_stop((uv_stream_t *)&v->socket);
    metricsAnswer(v->port->net->server, bytesOf(v->request, v->size), &v->response);
    uv_buf_t part = uv_buf_init(v->response.data, (unsigned)v->response.size);
    v->write.data = v;
    if (uv_write(&v->write, (uv_stream_t *)&v->socket, &part, 1, onWritten) < 0) leave(v);
}

static void giveRoom(uv_handle_t *handle, size_t wanted, uv_buf_t *room) {
    (void)wanted;
    visit *v = handle->data;
    *room = uv_buf_init(v->request + v->size, (unsigned)(sizeof v->request - v->size));
}

static void onRead(uv_stream_t *stream, ssize_t size, const uv_buf_t *room) {
    (void)room;
    visit *v = stream->data;
    if (size < 0) {
        leave(v);
        return;
    }
    v->size += (size_t)size;
    if (metricsRequestIsWhole(bytesOf(v->request, v->size))) answer(v);
}

static void onVisit(uv_stream_t *stream, int status) {
    metricsPort *p = stream->data;
    if (status < 0) return;
    visit *v = memCalloc(1, sizeof *v);
    v->open_handles = 2;
    uv_tcp_init(stream->loop, &v->socket);
    uv_timer_init(stream->loop, &v->timer);
    v->socket.data = v->timer.data = v;
    int place = 0;
    while (place < VISITS_MAX && p->visits[place]) place++;
    if (uv_accept(stream, (uv_stream_t *)&v->socket) < 0 || place == VISITS_MAX) {
        leave(v);
        return;
    }
    v->port = p;
    p->visits[place] = v;
    uv_timer_start(&v->timer, onLate, VISIT_MS, 0);
    if (uv_read_start((uv_stream_t *)&v->socket, giveRoom, onRead) < 0) leave(v);
}

/* ---- opening and closing ---- */

static void freePort(uv_handle_t *handle) {
    metricsPort *p = handle->data;
    memFree(p->address);
    memFree(p);
}

static int openAt(metricsPort *p, const char *address, int port) {
    struct sockaddr_storage addr;
    int err = uv_ip4_addr(address, port, (struct sockaddr_in *)&addr);
    if (err < 0) err = uv_ip6_addr(address, port, (struct sockaddr_in6 *)&addr);
    if (err == 0) err = uv_tcp_bind(&p->listener, (struct sockaddr *)&addr, 0);
    if (err == 0) err = uv_listen((uv_stream_t *)&p->listener, BACKLOG, onVisit);
    return err;
}

static void closePort(metricsPort *p) {
    for (int i = 0; i < VISITS_MAX; i++)
        if (p->visits[i]) leave(p->visits[i]);
    uv_close((uv_handle_t *)&p->listener, freePort);
}

int metricsPortOpen(net *n, char *error, size_t error_room) {
    const config *cfg = &n->server->config;
    if (cfg->metrics_port == 0) {
        metricsPortClose(n);
        return 0;
    }
    metricsPort *old = n->metrics;
    if (old && old->number == cfg->metrics_port && !strcmp(old->address, cfg->metrics_bind))
        return 0;
    metricsPort *p = memCalloc(1, sizeof *p);
    p->net = n;
    p->address = memText(cfg->metrics_bind);
    p->number = cfg->metrics_port;
    uv_tcp_init(&n->loop, &p->listener);
    p->listener.data = p;
    int err = openAt(p, cfg->metrics_bind, (int)cfg->metrics_port);
    if (err < 0) {
        snprintf(error, error_room, "Could not serve metrics at %s:%lld: %s", cfg->metrics_bind,
                 (long long)cfg->metrics_port, uv_strerror(err));
        closePort(p);
        return ERR_IO;
    }
    if (old) closePort(old);
    n->metrics = p;
    historyStart(n->server);
    return 0;
}

void metricsPortClose(net *n) {
    if (!n->metrics) return;
    closePort(n->metrics);
    n->metrics = NULL;
}
