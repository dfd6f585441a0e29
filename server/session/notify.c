#include "server/session/notify.h"

#include <stdio.h>

#include "server/session/pubsub.h"
#include "storage/base/mem.h"

static void publishTo(server *s, const char *prefix, int db_id, bytes what, bytes message) {
    char room[256];
    size_t needed = what.size + 64;
    char *name = needed <= sizeof room ? room : memAlloc(needed);
    size_t size = (size_t)snprintf(name, 64, "__%s@%d__:", prefix, db_id);
    if (what.size) memcpy(name + size, what.data, what.size);
    pubsubPublish(s, PUBSUB_CHANNEL, bytesOf(name, size + what.size), message);
    if (name != room) memFree(name);
}

static void publishChange(void *ctx, server *s, client *by, const change *what) {
    (void)ctx;
    (void)by;
    uint32_t mask = s->effects.notify_mask;
    if (!(mask & what->class) || !pubsubClients(s)) return;
    bytes event = bytesOfText(what->event);
    if (mask & NOTIFY_KEYSPACE) publishTo(s, "keyspace", what->db, what->key, event);
    if (mask & NOTIFY_KEYEVENT) publishTo(s, "keyevent", what->db, event, what->key);
}

void notifyRefresh(server *s) {
    uint32_t mask = s->config.notify_keyspace_events;
    s->effects.notify_mask = mask;
    const uint32_t forms = NOTIFY_KEYSPACE | NOTIFY_KEYEVENT;
    effectSetLive(s, EFFECT_NOTIFY, (mask & forms) && (mask & ~forms));
}

void notifyAttach(server *s) {
    effectSubscribe(s, EFFECT_NOTIFY, publishChange, NULL, NULL);
    notifyRefresh(s);
}
