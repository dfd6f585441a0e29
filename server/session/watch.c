#include "server/session/watch.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/struct/dict.h"

/* A key that somebody watches; there or not. */
typedef struct watchedKey {
    chain watchers;
    uint64_t hash;
    int db;
    bool held; /* its watchers are walked: it stays, even without any */
    size_t size;
    char name[];
} watchedKey;

/* What the watcher takes the key for, unless it is told otherwise. */
typedef enum keyState { KEY_ABSENT, KEY_PRESENT, KEY_STALE } keyState;

/* One client's interest in one key. */
typedef struct watcher {
    chainNode in_key;
    struct watcher *next; /* of the client */
    client *client;
    watchedKey *key;
    keyState state;
} watcher;

struct watchIndex {
    dict **dbs; /* watchedKey by name; NULL until one of the db is watched */
    int db_count;
    size_t clients, watchers;
    clientClosedHook closed;
    clientDetailsHook details;
};

static bytes nameOf(const watchedKey *k) {
    return bytesOf(k->name, k->size);
}

static uint64_t hashOf(const void *item) {
    return ((const watchedKey *)item)->hash;
}

static bool holds(const void *item, bytes name) {
    return bytesEqual(nameOf(item), name);
}

static const dictType watched_keys = {.hashOf = hashOf, .holds = holds};

static keyState stateOf(const db *d, keyRef key) {
    const entry *e = dbPeek(d, key);
    if (!e) return KEY_ABSENT;
    return dbIsPastDeadline(d, e) ? KEY_STALE : KEY_PRESENT;
}

static keyState stateNow(const server *s, const watchedKey *k) {
    return stateOf(s->dbs[k->db], (keyRef){nameOf(k), k->hash});
}

/* ---- watching ---- */

static watchedKey *openKey(watchIndex *index, int db_id, keyRef key) {
    dict **keys = &index->dbs[db_id];
    if (!*keys) *keys = dictNew(&watched_keys);
    watchedKey *k = dictFind(*keys, key);
    if (k) return k;
    k = memAlloc(sizeof *k + key.name.size);
    *k = (watchedKey){.hash = key.hash, .db = db_id, .size = key.name.size};
    if (k->size) memcpy(k->name, key.name.data, k->size);
    chainInit(&k->watchers);
    dictAdd(*keys, key.hash, k);
    return k;
}

static void closeKey(watchIndex *index, watchedKey *k) {
    if (k->held || !chainIsEmpty(&k->watchers)) return;
    bool found = dictRemoveItem(index->dbs[k->db], k->hash, k);
    ensure(found);
    dictTidy(index->dbs[k->db]);
    memFree(k);
}

/* Looks where there is less to look through: at the client's keys or at the key's clients. */
static bool watchesAlready(const client *c, const watchedKey *k) {
    if (c->watch_count <= k->watchers.count) {
        for (const watcher *w = c->watches; w; w = w->next)
            if (w->key == k) return true;
        return false;
    }
    CHAIN_EACH(&k->watchers, node) {
        if (CHAIN_ITEM(node, watcher, in_key)->client == c) return true;
    }
    return false;
}

void watchKey(client *c, keyRef key) {
    server *s = c->server;
    watchIndex *index = s->watch;
    if (c->flags & CLIENT_DIRTY_CAS) return;
    watchedKey *k = openKey(index, dbId(c->db), key);
    if (watchesAlready(c, k)) return;
    watcher *w = memAlloc(sizeof *w);
    *w = (watcher){.next = c->watches, .client = c, .key = k, .state = stateOf(c->db, key)};
    chainAppend(&k->watchers, &w->in_key);
    if (!c->watches) index->clients++;
    c->watches = w;
    c->watch_count++;
    if (!index->watchers++) effectSetLive(s, EFFECT_WATCH, true);
}

void watchForget(client *c) {
    watcher *w = c->watches;
    if (!w) return;
    server *s = c->server;
    watchIndex *index = s->watch;
    c->watches = NULL;
    while (w) {
        watcher *next = w->next;
        chainRemove(&w->key->watchers, &w->in_key);
        closeKey(index, w->key);
        memFree(w);
        w = next;
    }
    index->clients--;
    index->watchers -= c->watch_count;
    c->watch_count = 0;
    if (!index->watchers) effectSetLive(s, EFFECT_WATCH, false);
}

bool watchSawExpiry(const client *c) {
    for (const watcher *w = c->watches; w; w = w->next) {
        const db *d = c->server->dbs[w->key->db];
        if (w->state != KEY_PRESENT || !dbExpiresCount(d)) continue;
        if (stateNow(c->server, w->key) != KEY_PRESENT) return true;
    }
    return false;
}

/* ---- being told ---- */

/* True if the client must learn of what happened to the key, which now is in that state. */
static bool isNews(watcher *w, keyState now) {
    if (w->state == KEY_PRESENT || now == KEY_PRESENT) return true;
    w->state = now;
    return false;
}

static void onChange(void *ctx, server *s, client *by, const change *what) {
    watchIndex *index = ctx;
    (void)by;
    dict *keys = index->dbs[what->db];
    watchedKey *k = keys ? dictFind(keys, (keyRef){what->key, what->hash}) : NULL;
    if (!k) return;
    keyState now = stateNow(s, k);
    k->held = true;
    CHAIN_EACH(&k->watchers, node) {
        watcher *w = CHAIN_ITEM(node, watcher, in_key);
        if (!isNews(w, now)) continue;
        w->client->flags |= CLIENT_DIRTY_CAS;
        watchForget(w->client);
    }
    k->held = false;
    closeKey(index, k);
}

typedef struct flushVisit {
    server *s;
    bool any;
} flushVisit;

/* Only marks: the watches of a client lie anywhere in the dict that is walked. */
static void markWatchers(void *ctx, void *item) {
    flushVisit *v = ctx;
    watchedKey *k = item;
    keyState now = stateNow(v->s, k);
    CHAIN_EACH(&k->watchers, node) {
        watcher *w = CHAIN_ITEM(node, watcher, in_key);
        if (!isNews(w, now)) continue;
        w->client->flags |= CLIENT_DIRTY_CAS;
        v->any = true;
    }
}

static void onFlush(void *ctx, server *s, client *by, int db_id) {
    watchIndex *index = ctx;
    (void)by;
    flushVisit v = {.s = s};
    for (int i = 0; i < index->db_count; i++) {
        if ((db_id >= 0 && i != db_id) || !index->dbs[i]) continue;
        uint64_t cursor = 0;
        do cursor = dictScan(index->dbs[i], cursor, markWatchers, &v);
        while (cursor);
    }
    if (!v.any) return;
    CHAIN_EACH(&s->clients, node) {
        client *c = CHAIN_ITEM(node, client, in_server);
        if (c->flags & CLIENT_DIRTY_CAS) watchForget(c);
    }
}

/* ---- set-up ---- */

static void clientGone(void *ctx, client *c) {
    (void)ctx;
    watchForget(c);
}

static void fillDetails(void *ctx, const client *c, clientDetails *d) {
    (void)ctx;
    d->watched = c->watch_count;
    for (const watcher *w = c->watches; w; w = w->next)
        d->memory += sizeof *w + (sizeof *w->key + w->key->size) / w->key->watchers.count;
}

void watchAttach(server *s) {
    watchIndex *index = memCalloc(1, sizeof *index);
    index->db_count = s->db_count;
    index->dbs = memCalloc((size_t)s->db_count, sizeof *index->dbs);
    index->closed = (clientClosedHook){.closed = clientGone, .ctx = index};
    chainAppend(&s->client_closed, &index->closed.node);
    index->details = (clientDetailsHook){.fill = fillDetails};
    chainAppend(&s->client_details, &index->details.node);
    effectSubscribe(s, EFFECT_WATCH, onChange, onFlush, index);
    s->watch = index;
}

void watchDetach(server *s) {
    watchIndex *index = s->watch;
    CHAIN_EACH(&s->clients, node) watchForget(CHAIN_ITEM(node, client, in_server));
    chainRemove(&s->client_closed, &index->closed.node);
    chainRemove(&s->client_details, &index->details.node);
    for (int i = 0; i < index->db_count; i++) dictFree(index->dbs[i]);
    memFree(index->dbs);
    memFree(index);
    s->watch = NULL;
}

size_t watchClients(const server *s) {
    return s->watch->clients;
}

size_t watchKeys(const server *s) {
    return s->watch->watchers;
}
