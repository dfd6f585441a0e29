#include "server/core/peer_link.h"

#include "server/core/server.h"
#include "storage/base/mem.h"

#define KEPT_NS    UINT64_C(10000000000)
#define TIMEOUT_MS INT64_C(2000000000) /* the longest: weeks */

struct peerLinks {
    const peerTransport *transport; /* NULL: there is none */
    chain kept;                     /* who rests longest first */
    int task;
};

struct peerLink {
    server *server;
    chainNode node;    /* while kept */
    uint64_t rests_ns; /* since when */
    const peerTransport *transport;
    int handle;
    int port;
    int64_t timeout_ms, db;
    bool was_kept;
    replyBuf out;
    size_t in_taken, in_size;
    char in[PEER_LINE];
    char host[PEER_HOST];
};

static uint64_t nowNs(const server *s) {
    return s->clock->monotonic_ns(s->clock->ctx);
}

/* ---- those that are kept ---- */

static void closeKept(peerLinks *p, peerLink *l) {
    chainRemove(&p->kept, &l->node);
    peerLinkClose(l);
}

static void closeRested(void *ctx, server *s) {
    peerLinks *p = ctx;
    CHAIN_EACH(&p->kept, node) {
        peerLink *l = CHAIN_ITEM(node, peerLink, node);
        if (l->rests_ns + KEPT_NS > s->now_ns) {
            cronArm(s, p->task, l->rests_ns + KEPT_NS - s->now_ns);
            return;
        }
        closeKept(p, l);
    }
}

void peerLinksAttach(server *s) {
    s->peers = memCalloc(1, sizeof *s->peers);
    chainInit(&s->peers->kept);
    s->peers->task = cronAdd(s, "peer-links", 0, closeRested, s->peers);
}

static void closeAll(peerLinks *p) {
    CHAIN_EACH(&p->kept, node) {
        closeKept(p, CHAIN_ITEM(node, peerLink, node));
    }
}

void peerLinksDetach(server *s) {
    closeAll(s->peers);
    memFree(s->peers);
    s->peers = NULL;
}

void peerLinksCarryBy(server *s, const peerTransport *transport) {
    closeAll(s->peers);
    s->peers->transport = transport;
}

size_t peerLinksKept(const server *s) {
    return s->peers->kept.count;
}

/* Nothing may be waiting there: that would be taken for the reply to what is asked next. */
static bool isQuiet(peerLink *l) {
    char byte;
    return l->transport->receive(l->transport->ctx, l->handle, &byte, 1, 0) == ERR_AGAIN;
}

/* Takes the kept link to 'host', if there is one that can be used. */
static peerLink *takeKept(peerLinks *p, bytes host, int port) {
    CHAIN_EACH(&p->kept, node) {
        peerLink *l = CHAIN_ITEM(node, peerLink, node);
        if (l->port != port || !bytesEqual(bytesOfText(l->host), host)) continue;
        if (!isQuiet(l)) {
            closeKept(p, l);
            return NULL;
        }
        chainRemove(&p->kept, &l->node);
        l->was_kept = true;
        return l;
    }
    return NULL;
}

/* ---- one link ---- */

static int connectTo(peerLinks *p, bytes host, int64_t port, int64_t timeout_ms,
                     char name[PEER_HOST]) {
    if (!p->transport || host.size >= PEER_HOST || memchr(host.data, 0, host.size) || port < 1 ||
        port > UINT16_MAX)
        return ERR_NOT_FOUND;
    memcpy(name, host.data, host.size);
    name[host.size] = '\0';
    return p->transport->connect(p->transport->ctx, name, (int)port, timeout_ms);
}

int peerLinkOpen(server *s, bytes host, int64_t port, int64_t timeout_ms, peerLink **out) {
    peerLinks *p = s->peers;
    if (timeout_ms > TIMEOUT_MS) timeout_ms = TIMEOUT_MS;
    bool may_be_kept = port >= 1 && port <= UINT16_MAX;
    peerLink *l = may_be_kept ? takeKept(p, host, (int)port) : NULL;
    if (!l) {
        char name[PEER_HOST];
        int handle = connectTo(p, host, port, timeout_ms, name);
        if (handle < 0) return handle;
        l = memCalloc(1, sizeof *l);
        l->server = s;
        l->transport = p->transport;
        l->handle = handle;
        l->port = (int)port;
        l->db = -1;
        memcpy(l->host, name, host.size);
        replyBufInit(&l->out, &s->pool);
    }
    l->timeout_ms = timeout_ms;
    *out = l;
    return 0;
}

void peerLinkClose(peerLink *l) {
    l->transport->close(l->transport->ctx, l->handle);
    replyBufClear(&l->out);
    memFree(l);
}

void peerLinkKeep(peerLink *l) {
    peerLinks *p = l->server->peers;
    if (replyBufSize(&l->out) || l->in_taken < l->in_size) {
        peerLinkClose(l);
        return;
    }
    if (p->kept.count == PEER_KEPT) closeKept(p, CHAIN_ITEM(chainFirst(&p->kept), peerLink, node));
    l->rests_ns = l->server->now_ns;
    chainAppend(&p->kept, &l->node);
    cronArm(l->server, p->task, KEPT_NS);
}

bool peerLinkWasKept(const peerLink *l) {
    return l->was_kept;
}

int64_t peerLinkDb(const peerLink *l) {
    return l->db;
}

void peerLinkSetDb(peerLink *l, int64_t number) {
    l->db = number;
}

/* ---- what is said ---- */

static uint64_t deadlineOf(const peerLink *l) {
    return nowNs(l->server) + (uint64_t)l->timeout_ms * 1000000;
}

/* Milliseconds until then, begun ones too. */
static int64_t leftMs(const peerLink *l, uint64_t deadline_ns) {
    uint64_t now = nowNs(l->server);
    return now >= deadline_ns ? 0 : (int64_t)((deadline_ns - now + 999999) / 1000000);
}

replyBuf *peerLinkOut(peerLink *l) {
    return &l->out;
}

static int sendPart(peerLink *l) {
    enum { PIECES = 16 };
    struct iovec pieces[PIECES];
    size_t left = replyBufSize(&l->out);
    if (left > PEER_PART) left = PEER_PART;
    uint64_t deadline_ns = deadlineOf(l);
    while (left) {
        int count = replyBufPeek(&l->out, pieces, PIECES, left);
        int64_t sent =
            l->transport->send(l->transport->ctx, l->handle, pieces, count, leftMs(l, deadline_ns));
        if (sent < 0) return (int)sent;
        replyBufConsume(&l->out, (size_t)sent);
        left -= (size_t)sent;
    }
    return 0;
}

int peerLinkFlush(peerLink *l) {
    while (replyBufSize(&l->out)) {
        int err = sendPart(l);
        if (err < 0) return err;
    }
    return 0;
}

int peerLinkFlushParts(peerLink *l) {
    while (replyBufSize(&l->out) >= PEER_PART) {
        int err = sendPart(l);
        if (err < 0) return err;
    }
    return 0;
}

static void takeReply(void *ctx, const respItem *item) {
    if (item->depth == 0) *(respItem *)ctx = *item;
}

/* Makes room behind what was not taken yet, and receives. */
static int receiveMore(peerLink *l, uint64_t deadline_ns) {
    l->in_size -= l->in_taken;
    memmove(l->in, l->in + l->in_taken, l->in_size);
    l->in_taken = 0;
    if (l->in_size == sizeof l->in) return ERR_CORRUPT;
    int64_t came = l->transport->receive(l->transport->ctx, l->handle, l->in + l->in_size,
                                         sizeof l->in - l->in_size, leftMs(l, deadline_ns));
    if (came < 0) return (int)came;
    l->in_size += (size_t)came;
    return 0;
}

int peerLinkReply(peerLink *l, respItem *reply) {
    uint64_t deadline_ns = deadlineOf(l);
    for (;;) {
        bytes waiting = bytesOf(l->in + l->in_taken, l->in_size - l->in_taken);
        if (waiting.size && waiting.data[0] != REPLY_SIMPLE && waiting.data[0] != REPLY_ERROR)
            return ERR_CORRUPT;
        int64_t size = respRead(waiting, NULL, NULL);
        if (size < 0) return (int)size;
        if (size > 0) {
            respRead(waiting, takeReply, reply);
            l->in_taken += (size_t)size;
            return 0;
        }
        int err = receiveMore(l, deadline_ns);
        if (err < 0) return err;
    }
}
