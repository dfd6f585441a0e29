#include "server/core/client_limits.h"

#include "server/core/server.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

void clientStopSoftClock(client *c) {
    if (!c->soft_limit_since_ms) return;
    c->soft_limit_since_ms = 0;
    c->server->over_soft_limit--;
}

static bool softLimitPassed(client *c, const outputLimit *limit, size_t size) {
    if (!limit->soft_bytes || size < limit->soft_bytes) {
        clientStopSoftClock(c);
        return false;
    }
    int64_t now = c->server->now_ms;
    if (!c->soft_limit_since_ms) {
        c->soft_limit_since_ms = now;
        c->server->over_soft_limit++;
        return false;
    }
    return now - c->soft_limit_since_ms > limit->soft_seconds * 1000;
}

/* Where the class has no limit a share of the machine is one: a reader that was forgotten ends
 * before the server does. */
enum { MACHINE_SHARE = 4 };

static bool hardLimitPassed(const outputLimit *limit, size_t size) {
    if (limit->hard_bytes) return size >= limit->hard_bytes;
    return !limit->soft_bytes && size >= memMachineBytes() / MACHINE_SHARE;
}

/* Told as normal, but what a MONITOR does not read grows as with a subscriber. */
static const outputLimit *limitOf(const client *c) {
    int class = c->flags & CLIENT_MONITOR ? 2 : clientLimitClass(c);
    return &c->server->config.output_limits[class];
}

bool clientHasHardLimit(const client *c) {
    return c->conn && limitOf(c)->hard_bytes;
}

bool clientCutOff(client *c) {
    if (c->flags & CLIENT_CLOSE_NOW) return true;
    if (!c->conn || !clientOverOutputLimit(c)) return false;
    clientCloseSoon(c);
    return true;
}

bool clientOverOutputLimit(client *c) {
    server *s = c->server;
    const outputLimit *limit = limitOf(c);
    size_t size = replyBufMemory(&c->out);
    if (size > s->stats.reply_chunk_max) s->stats.reply_chunk_max = size;
    /* One chunk everybody may have: without it a low limit would forbid any reply, "+OK" too. */
    if (size <= REPLY_CHUNK) size = 0;
    if (!hardLimitPassed(limit, size) && !softLimitPassed(c, limit, size)) return false;
    char text[512];
    clientDescribe(c, text, sizeof text);
    logLine(LOG_WARN, "Client %s closed for overcoming of output buffer limits.", text);
    s->stats.output_limit_disconnections++;
    return true;
}
