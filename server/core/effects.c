#include "server/core/effects.h"

#include "server/core/background.h"
#include "server/core/server.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

/* Facts of the command that runs, their keys copied one behind the other: an entry may be gone
 * when subscribers are told. Emptied after each command; kept small between. */
typedef struct changeQueue {
    change *items; /* key.data is an offset into text until they are handed out */
    size_t count, capacity;
    char *text;
    size_t text_size, text_capacity;
    char *subkeys; /* of the next change */
    size_t subkeys_size, subkeys_capacity;
} changeQueue;

enum { QUEUE_KEEP_ITEMS = 1024, QUEUE_KEEP_TEXT = 64 * 1024, SMALL_TEXT = 256 };

effectTable effectsInit(void) {
    return (effectTable){.queue = memCalloc(1, sizeof(changeQueue))};
}

static void freeQueue(changeQueue *q) {
    memFree(q->items);
    memFree(q->text);
    memFree(q->subkeys);
    *q = (changeQueue){0};
}

void effectsClear(effectTable *t) {
    freeQueue(t->queue);
    memFree(t->queue);
    t->queue = NULL;
}

void effectSubscribe(server *s, effectKind kind,
                     void (*onChange)(void *ctx, server *s, client *by, const change *what),
                     void (*onFlush)(void *ctx, server *s, client *by, int db), void *ctx) {
    ensure(!s->effects.onChange[kind]);
    s->effects.onChange[kind] = onChange;
    s->effects.onFlush[kind] = onFlush;
    s->effects.ctx[kind] = ctx;
}

void effectSubscribeUnits(server *s, effectKind kind,
                          void (*onUnit)(void *ctx, server *s, client *by, bool begins)) {
    ensure(!s->effects.onUnit[kind]);
    s->effects.onUnit[kind] = onUnit;
}

void effectSetLive(server *s, effectKind kind, bool live) {
    uint32_t bit = 1u << kind;
    s->effects.live = live ? s->effects.live | bit : s->effects.live & ~bit;
}

/* True if anybody listens to a fact of this class. */
static inline bool anybodyListens(const server *s, uint32_t class, bool modifies) {
    uint32_t live = s->effects.live;
    if (__builtin_expect(live == 0, 1)) return false;
    const uint32_t choosy = 1u << EFFECT_NOTIFY | 1u << EFFECT_PROPAGATE;
    if (modifies && (live & ~choosy)) return true;
    if (live & (1u << EFFECT_PROPAGATE) && class & (NOTIFY_EXPIRED | NOTIFY_EVICTED)) return true;
    return (live & (1u << EFFECT_NOTIFY)) && (s->effects.notify_mask & class);
}

static void record(server *s, int db_id, keyRef key, uint32_t class, const char *event,
                   bool modifies) {
    changeQueue *q = s->effects.queue;
    if (q->count == q->capacity) {
        q->capacity = q->capacity ? q->capacity * 2 : 64;
        q->items = memRealloc(q->items, q->capacity * sizeof *q->items);
    }
    size_t size = key.name.size + q->subkeys_size;
    if (q->text_capacity - q->text_size < size) {
        q->text_capacity = (q->text_capacity + size) * 2;
        q->text = memRealloc(q->text, q->text_capacity);
    }
    if (key.name.size) memcpy(q->text + q->text_size, key.name.data, key.name.size);
    if (q->subkeys_size)
        memcpy(q->text + q->text_size + key.name.size, q->subkeys, q->subkeys_size);
    q->items[q->count++] = (change){.db = db_id,
                                    .class = class,
                                    .event = event,
                                    .key = {(const char *)q->text_size, key.name.size},
                                    .hash = key.hash,
                                    .subkeys = {NULL, q->subkeys_size},
                                    .modifies = modifies};
    q->text_size += size;
    q->subkeys_size = 0;
}

/* ---- subkeys ---- */

static void addSubkey(changeQueue *q, bytes subkey) {
    size_t needed = q->subkeys_size + subkey.size + NUM_INT_MAX + 2;
    if (needed > q->subkeys_capacity) {
        q->subkeys_capacity = needed * 2;
        q->subkeys = memRealloc(q->subkeys, q->subkeys_capacity);
    }
    if (q->subkeys_size) q->subkeys[q->subkeys_size++] = ',';
    q->subkeys_size += numFormatInt(q->subkeys + q->subkeys_size, (int64_t)subkey.size);
    q->subkeys[q->subkeys_size++] = ':';
    if (subkey.size) memcpy(q->subkeys + q->subkeys_size, subkey.data, subkey.size);
    q->subkeys_size += subkey.size;
}

/* Hashes alone have subkeys so far. */
static bool subkeysWanted(const server *s) {
    return s->effects.notify_mask & NOTIFY_SUBKEYS && anybodyListens(s, NOTIFY_HASH, false);
}

void keySubkeys(client *c, const bytes *subkeys, size_t count, size_t stride) {
    if (__builtin_expect(!subkeysWanted(c->server), 1)) return;
    for (size_t i = 0; i < count; i++) addSubkey(c->server->effects.queue, subkeys[i * stride]);
}

/* ---- what handlers tell ---- */

void keyChangedIn(client *c, int db_id, keyRef key, uint32_t class, const char *event) {
    server *s = c->server;
    s->dirty++;
    if (anybodyListens(s, class, true)) record(s, db_id, key, class, event, true);
}

void keyChanged(client *c, keyRef key, uint32_t class, const char *event) {
    server *s = c->server;
    s->dirty++;
    if (anybodyListens(s, class, true)) record(s, dbId(c->db), key, class, event, true);
}

void keyEventIn(client *c, int db_id, keyRef key, uint32_t class, const char *event) {
    server *s = c->server;
    if (anybodyListens(s, class, false)) record(s, db_id, key, class, event, false);
}

void keyEvent(client *c, keyRef key, uint32_t class, const char *event) {
    keyEventIn(c, dbId(c->db), key, class, event);
}

void keysFlushed(client *c, int db_id) {
    server *s = c->server;
    backgroundWakeReclaim(s);
    for (int kind = 0; kind < EFFECT_KINDS; kind++)
        if (s->effects.live & (1u << kind) && s->effects.onFlush[kind])
            s->effects.onFlush[kind](s->effects.ctx[kind], s, c, db_id);
}

bool effectsPending(const server *s) {
    return s->effects.queue->count != 0;
}

void effectsForget(server *s) {
    s->effects.queue->count = 0;
    s->effects.queue->text_size = 0;
}

static void tellSubscribers(server *s, client *by, const change *what) {
    uint32_t live = s->effects.live;
    for (int kind = 0; kind < EFFECT_KINDS; kind++) {
        if (!(live & (1u << kind)) || !s->effects.onChange[kind]) continue;
        if (kind == EFFECT_NOTIFY ? !what->event : !what->modifies) continue;
        s->effects.onChange[kind](s->effects.ctx[kind], s, by, what);
    }
}

void effectsRun(server *s, client *by) {
    changeQueue *q = s->effects.queue;
    if (!q->count) {
        if (!by) propagateEach(s); /* Fields that expired are no facts of the queue. */
        return;
    }
    /* Subscribers may bring new facts (a woken client pops a list): those are handed out in turn.
     */
    for (size_t i = 0; i < q->count; i++) {
        char small[SMALL_TEXT];
        change what = q->items[i];
        size_t size = what.key.size + what.subkeys.size;
        char *copy = size <= sizeof small ? small : memAlloc(size);
        if (size) memcpy(copy, q->text + (size_t)(uintptr_t)what.key.data, size);
        what.key.data = copy;
        what.subkeys.data = copy + what.key.size;
        tellSubscribers(s, by, &what);
        if (copy != small) memFree(copy);
    }
    q->count = 0;
    q->text_size = 0;
    if (q->capacity > QUEUE_KEEP_ITEMS || q->text_capacity + q->subkeys_capacity > QUEUE_KEEP_TEXT)
        freeQueue(q);
    if (!by) propagateEach(s);
}

/* ---- units ---- */

static void tellUnit(server *s, client *by, uint32_t kinds, bool begins) {
    effectTable *t = &s->effects;
    for (int kind = 0; kind < EFFECT_KINDS; kind++)
        if (kinds & (1u << kind) && t->onUnit[kind]) t->onUnit[kind](t->ctx[kind], s, by, begins);
}

void effectsBegin(server *s, client *by) {
    effectTable *t = &s->effects;
    if (t->unit_depth++) return;
    t->unit_told = t->live;
    if (t->unit_told) tellUnit(s, by, t->unit_told, true);
}

void effectsEnd(server *s, client *by) {
    effectTable *t = &s->effects;
    ensure(t->unit_depth > 0);
    if (--t->unit_depth == 0 && t->unit_told) tellUnit(s, by, t->unit_told, false);
}

bool effectsInUnit(const server *s) {
    return s->effects.unit_depth != 0;
}

/* ---- the hooks of the dbs ---- */

static void entryRemoved(void *ctx, db *d, keyRef key, const entry *e, dbReason why) {
    server *s = ctx;
    backgroundRemoved(s, entryIsPointer(e));
    if (why == DB_DELETED) {
        s->dirty++;
        if (anybodyListens(s, NOTIFY_GENERIC, true))
            record(s, dbId(d), key, NOTIFY_GENERIC, "del", true);
    } else if (why == DB_EXPIRED) {
        s->stats.expired_keys++;
        if (anybodyListens(s, NOTIFY_EXPIRED, true))
            record(s, dbId(d), key, NOTIFY_EXPIRED, "expired", true);
    } else if (why == DB_EVICTED) {
        s->stats.evicted_keys++;
        if (anybodyListens(s, NOTIFY_EVICTED, true))
            record(s, dbId(d), key, NOTIFY_EVICTED, "evicted", true);
    }
}

static void entryAdded(void *ctx, db *d, keyRef key, const entry *e) {
    server *s = ctx;
    /* What was renamed, moved or copied brings its own. */
    if (!entryAccess(e)) entrySetAccess((entry *)(uintptr_t)e, serverAccessNew(s));
    if (anybodyListens(s, NOTIFY_NEW, false)) record(s, dbId(d), key, NOTIFY_NEW, "new", false);
}

static void dueSooner(void *ctx, db *d, int64_t deadline_ms) {
    (void)d;
    backgroundDueSooner(ctx, deadline_ms);
}

static void fieldExpired(void *ctx, db *d, keyRef key, bytes field) {
    server *s = ctx;
    propagateFieldExpired(s, dbId(d), key.name, field);
    if (subkeysWanted(s)) addSubkey(s->effects.queue, field);
}

static void fieldsExpired(void *ctx, db *d, keyRef key, size_t count) {
    server *s = ctx;
    s->stats.expired_subkeys += count;
    backgroundRemoved(s, count > 1);
    if (anybodyListens(s, NOTIFY_HASH, true))
        record(s, dbId(d), key, NOTIFY_HASH, "hexpired", true);
}

dbHooks effectsDbHooks(server *s) {
    return (dbHooks){.ctx = s,
                     .removed = entryRemoved,
                     .added = entryAdded,
                     .dueSooner = dueSooner,
                     .fieldExpired = fieldExpired,
                     .fieldsExpired = fieldsExpired};
}
