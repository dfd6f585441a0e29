#include "server/core/reply_hold.h"

#include "server/core/reply.h"
#include "server/core/server.h"

static bool holdsNothing(const client *c) {
    return c->hold_running == HOLD_NOTHING && c->hold_next == HOLD_NOTHING;
}

/* Off the chain if nothing waits any more; what may be written now is. */
static void settle(client *c) {
    if (holdsNothing(c)) chainRemove(&c->server->holds.held, &c->in_hold);
    replyQueueFlush(c);
}

void replyHoldMark(client *c) {
    replyHolds *h = &c->server->holds;
    uint64_t end = c->net_output_bytes + replyBufSize(&c->out);
    uint64_t start = c->hold_seen;
    c->hold_seen = end;
    if (end <= start || h->newest == HOLD_FREE) return;
    if (h->newest == HOLD_NEXT && c->hold_next == HOLD_NOTHING) {
        c->hold_next = start;
        h->next_count++;
    } else if (h->newest == HOLD_RUNNING && c->hold_running == HOLD_NOTHING) {
        c->hold_running = start;
    }
    if (!chainLinked(&c->in_hold)) chainAppend(&h->held, &c->in_hold);
}

size_t replyHoldLimit(const client *c) {
    uint64_t first = c->hold_running < c->hold_next ? c->hold_running : c->hold_next;
    if (first == HOLD_NOTHING) return SIZE_MAX;
    return first > c->net_output_bytes ? first - c->net_output_bytes : 0;
}

void replyHoldRelease(server *s) {
    CHAIN_EACH(&s->holds.held, node) {
        client *c = CHAIN_ITEM(node, client, in_hold);
        if (c->hold_running == HOLD_NOTHING) continue;
        c->hold_running = HOLD_NOTHING;
        settle(c);
    }
}

void replyHoldNext(server *s) {
    s->holds.next_count = 0;
    CHAIN_EACH(&s->holds.held, node) {
        client *c = CHAIN_ITEM(node, client, in_hold);
        if (c->hold_running == HOLD_NOTHING) c->hold_running = c->hold_next;
        c->hold_next = HOLD_NOTHING;
    }
}

size_t replyHoldDrop(server *s) {
    size_t count = s->holds.held.count;
    s->holds.next_count = 0;
    CHAIN_EACH(&s->holds.held, node) clientCloseSoon(CHAIN_ITEM(node, client, in_hold));
    return count;
}

void replyHoldActivate(server *s, bool active) {
    s->holds.active = active;
    s->holds.newest = HOLD_FREE;
    if (active) return;
    replyHoldNext(s);
    replyHoldRelease(s);
}
