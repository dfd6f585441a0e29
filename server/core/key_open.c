#include "server/core/key_open.h"

#include "server/core/reply.h"
#include "server/core/server.h"

keyRef argKey(const client *c, int index) {
    if (__builtin_expect(index == c->key_index, 1)) return (keyRef){c->argv[index], c->key_hash};
    return keyRefOf(c->argv[index]);
}

static void noteAccess(client *c, entry *e) {
    if (__builtin_expect(c->flags & CLIENT_NO_TOUCH, 0)) return;
    uint32_t old = entryAccess(e);
    uint32_t now = serverAccessOf(c->server, old);
    if (now != old) entrySetAccess(e, now);
}

const entry *keyRead(client *c, keyRef key) {
    const entry *e = dbLookup(c->db, key);
    if (!e) {
        c->server->stats.misses++;
        keyEvent(c, key, NOTIFY_KEY_MISS, "keymiss");
        return NULL;
    }
    c->server->stats.hits++;
    noteAccess(c, (entry *)(uintptr_t)e);
    return e;
}

const entry *keyPeek(client *c, keyRef key) {
    return dbLookup(c->db, key);
}

entry *keyWrite(client *c, keyRef key) {
    entry *e = dbOpen(c->db, key);
    if (e) noteAccess(c, e);
    return e;
}

bool keyIsType(client *c, const entry *e, valueType type) {
    if (!e || entryType(e) == type) return true;
    replyWrongType(c);
    return false;
}
