#include "server/core/client.h"

#include "server/core/batch.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"

client *clientNew(server *s, void *conn) {
    client *c = memCalloc(1, sizeof *c);
    c->server = s;
    c->db = s->dbs[0];
    c->resp = conn ? (int)s->config.client_default_resp : 2;
    c->conn = conn;
    c->fd = -1;
    c->id = ++s->next_client_id;
    c->created_ms = c->last_active_ms = s->now_ms;
    c->hold_running = c->hold_next = HOLD_NOTHING;
    replyBufInit(&c->out, &s->pool);
    replyBufInit(&c->pushed, &s->pool);
    if (!conn) c->flags |= CLIENT_NO_CONN;
    if (s->config.requirepass.size == 0)
        c->flags |= CLIENT_AUTHENTICATED;
    else
        gateSetLiveFor(c, GATE_AUTH, true);
    chainAppend(&s->clients, &c->in_server);
    dictAdd(s->clients_by_id, keyRefOf(bytesOf(&c->id, sizeof c->id)).hash, c);
    if (conn) s->client_count++;
    return c;
}

void clientFree(client *c) {
    server *s = c->server;
    ensure(s->current != c);
    CHAIN_EACH(&s->client_closed, node) {
        clientClosedHook *hook = CHAIN_ITEM(node, clientClosedHook, node);
        hook->closed(hook->ctx, c);
    }
    chainRemove(&s->clients, &c->in_server);
    if (c->flags & CLIENT_QUEUED_FLUSH) chainRemove(&s->to_flush, &c->in_flush);
    if (chainLinked(&c->in_hold)) chainRemove(&s->holds.held, &c->in_hold);
    bool found = dictRemoveItem(s->clients_by_id, keyRefOf(bytesOf(&c->id, sizeof c->id)).hash, c);
    ensure(found);
    if (!(c->flags & CLIENT_NO_CONN)) s->client_count--;
    replyBufClear(&c->out);
    replyBufClear(&c->pushed);
    respParserClear(&c->parser);
    memFree(c->pending);
    memFree(c->name);
    memFree(c->lib_name);
    memFree(c->lib_version);
    memFree(c->user);
    memFree(c->peer);
    memFree(c->local);
    memFree(c);
}

void clientCloseSoon(client *c) {
    if (c->flags & CLIENT_CLOSE_NOW) return;
    server *s = c->server;
    c->flags |= CLIENT_CLOSE_NOW | CLIENT_HELD;
    if (c->flags & CLIENT_QUEUED_FLUSH) chainRemove(&s->to_flush, &c->in_flush);
    c->flags &= ~(uint32_t)CLIENT_QUEUED_FLUSH;
    chainAppend(&s->to_free, &c->in_flush);
}

void clientCloseAfterReply(client *c) {
    c->flags |= CLIENT_CLOSE_AFTER_REPLY | CLIENT_HELD;
    replyQueueFlush(c);
}

void clientHold(client *c, uint32_t why) {
    c->flags |= why | CLIENT_HELD;
    replyQueueFlush(c); /* Also where the connection learns that it shall not read. */
}

void clientResume(client *c, uint32_t why) {
    c->flags &= ~why;
    if (c->flags & (CLIENT_BLOCKED | CLIENT_PAUSED | CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY))
        return;
    c->flags &= ~(uint32_t)CLIENT_HELD;
    replyQueueFlush(c);
    batchWake(c->server, c);
}

client *clientById(server *s, uint64_t id) {
    return dictFind(s->clients_by_id, keyRefOf(bytesOf(&id, sizeof id)));
}

static size_t textMemory(const char *text) {
    return text ? strlen(text) + 1 : 0;
}

size_t clientMemory(const client *c) {
    return sizeof *c + c->pending_capacity + respParserMemory(&c->parser) +
           replyBufMemory(&c->out) + textMemory(c->name) + textMemory(c->lib_name) +
           textMemory(c->lib_version) + textMemory(c->user) + textMemory(c->peer) +
           textMemory(c->local);
}

int clientClass(const client *c) {
    if ((c->flags & CLIENT_REPLICA) && !(c->flags & CLIENT_MONITOR)) return 1;
    return c->flags & CLIENT_PUBSUB ? 2 : 0;
}

int clientLimitClass(const client *c) {
    return c->flags & CLIENT_MONITOR ? 2 : clientClass(c);
}

static bool peakIsOld(const client *c) {
    return c->server->now_ms - c->reply_peak_ms > c->server->reply_peak_ms;
}

void clientNoteReply(client *c, size_t size) {
    if (size < c->reply_peak && !peakIsOld(c)) return;
    c->reply_peak = size;
    c->reply_peak_ms = c->server->now_ms;
}

size_t clientReplyPeak(const client *c) {
    return peakIsOld(c) ? 0 : c->reply_peak;
}
