#include "server/core/key_open.h"

#include "server/core/reply.h"
#include "server/core/server.h"

keyRef argKey(const client *c, int index) {
    if (__builtin_expect(index == c->key_index, 1)) return (keyRef){c->argv[index], c->key_hash};
    return keyRefOf(c->argv[index]);
}

static inline void note(server *s, entry *e) {
    uint32_t old = entryAccess(e);
    uint32_t now = serverAccessOf(s, old);
    if (now != old) entrySetAccess(e, now);
}

void keyTouch(server *s, entry *e) {
    if (!(s->config.maxmemory_policy & POLICY_LRM)) note(s, e);
}

void keyNoteAccess(client *c, entry *e) {
    if (__builtin_expect(c->flags & CLIENT_NO_TOUCH, 0)) return;
    note(c->server, e);
}

/* The entry of 'key', counted as a hit or a miss. A key past its deadline goes where it may. */
static entry *find(client *c, keyRef key) {
    entry *e = (entry *)(uintptr_t)dbPeek(c->db, key);
    if (__builtin_expect(e && dbIsPastDeadline(c->db, e), 0)) e = dbOpen(c->db, key);
    if (e) {
        c->server->stats.hits++;
        return e;
    }
    c->server->stats.misses++;
    return NULL;
}

const entry *keyRead(client *c, keyRef key) {
    entry *e = find(c, key);
    if (e && !(c->flags & CLIENT_NO_TOUCH))
        keyTouch(c->server, e);
    else if (!e)
        keyEvent(c, key, NOTIFY_KEY_MISS, "keymiss");
    return e;
}

const entry *keyPeek(client *c, keyRef key) {
    const entry *e = find(c, key);
    if (!e) keyEvent(c, key, NOTIFY_KEY_MISS, "keymiss");
    return e;
}

const entry *keyInspect(client *c, keyRef key) {
    return find(c, key);
}

entry *keyWrite(client *c, keyRef key) {
    entry *e = dbOpen(c->db, key);
    if (e) keyNoteAccess(c, e);
    return e;
}

bool keyIsType(client *c, const entry *e, valueType type) {
    if (!e || entryType(e) == type) return true;
    replyWrongType(c);
    return false;
}
