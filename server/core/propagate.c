#include "server/core/propagate.h"

#include "server/core/server.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

typedef struct record {
    int db;
    uint32_t kinds;
    size_t size;
} record;

/* Records one behind the other. Kept small between commands. */
typedef struct recordList {
    record *items;
    size_t count, capacity;
    char *text;
    size_t text_size, text_capacity;
} recordList;

struct propagation {
    chain sinks;
    recordList ready;  /* of what has run, in order */
    recordList own;    /* in the place of the request that runs */
    uint32_t followed; /* kinds of the sinks */
    uint32_t limit;
    uint32_t anyway;
    bool nothing;
    propagationSink *direct; /* the only sink, if it can take a record without a copy */
};

enum { KEEP_RECORDS = 1024, KEEP_TEXT = 64 * 1024, HEADER_ROOM = NUM_INT_MAX + 3 };

bool somebodyFollows(const client *c) {
    return c->server->effects.live & (1u << EFFECT_PROPAGATE);
}

/* ---- lists of records ---- */

static char *moreText(recordList *l, size_t size) {
    if (l->text_capacity - l->text_size < size) {
        l->text_capacity = (l->text_capacity + size) * 2;
        l->text = memRealloc(l->text, l->text_capacity);
    }
    return l->text + l->text_size;
}

static record *moreRecord(recordList *l) {
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? l->capacity * 2 : 16;
        l->items = memRealloc(l->items, l->capacity * sizeof *l->items);
    }
    return &l->items[l->count++];
}

static inline char *putHeader(char *at, char sign, size_t number) {
    *at++ = sign;
    if (number < 10)
        *at++ = (char)('0' + number);
    else
        at += numFormatInt(at, (int64_t)number);
    memcpy(at, "\r\n", 2);
    return at + 2;
}

static size_t roomFor(int argc, const bytes *argv) {
    size_t room = HEADER_ROOM;
    for (int i = 0; i < argc; i++) room += argv[i].size + HEADER_ROOM + 2;
    return room;
}

/* The size of the record. */
static size_t encode(char *start, int argc, const bytes *argv) {
    char *at = putHeader(start, '*', (size_t)argc);
    for (int i = 0; i < argc; i++) {
        at = putHeader(at, '$', argv[i].size);
        if (argv[i].size) memcpy(at, argv[i].data, argv[i].size);
        at += argv[i].size;
        memcpy(at, "\r\n", 2);
        at += 2;
    }
    return (size_t)(at - start);
}

static void addRecord(recordList *l, int db_id, uint32_t kinds, int argc, const bytes *argv) {
    size_t size = encode(moreText(l, roomFor(argc, argv)), argc, argv);
    l->text_size += size;
    *moreRecord(l) = (record){.db = db_id, .kinds = kinds, .size = size};
}

static void freeList(recordList *l) {
    memFree(l->items);
    memFree(l->text);
    *l = (recordList){0};
}

static void emptyList(recordList *l) {
    l->count = l->text_size = 0;
    if (l->capacity > KEEP_RECORDS || l->text_capacity > KEEP_TEXT) freeList(l);
}

static void moveRecords(recordList *to, recordList *from) {
    memcpy(moreText(to, from->text_size), from->text, from->text_size);
    to->text_size += from->text_size;
    for (size_t i = 0; i < from->count; i++) *moreRecord(to) = from->items[i];
    emptyList(from);
}

/* ---- to the sinks ---- */

static void tell(server *s, uint32_t kinds, int db_id, bytes text) {
    CHAIN_EACH(&s->propagation->sinks, node) {
        propagationSink *sink = CHAIN_ITEM(node, propagationSink, node);
        if (sink->kind & kinds) sink->take(sink->ctx, s, db_id, text);
    }
}

/* Those of a kind that 'kinds' has are to apply whole what lies between the two. */
static void tellUnit(server *s, uint32_t kinds, bool begins) {
    if (!kinds) return;
    bytes text = begins ? BYTES("*1\r\n$5\r\nMULTI\r\n") : BYTES("*1\r\n$4\r\nEXEC\r\n");
    tell(s, kinds, PROPAGATE_ANY_DB, text);
}

/* The kinds that get more than one of the records. */
static uint32_t kindsOfSeveral(const recordList *l) {
    uint32_t once = 0, several = 0;
    for (size_t i = 0; i < l->count; i++) {
        several |= once & l->items[i].kinds;
        once |= l->items[i].kinds;
    }
    return several;
}

static void tellAll(server *s, bool together) {
    recordList *l = &s->propagation->ready;
    if (!l->count) return;
    uint32_t whole = together && l->count > 1 ? kindsOfSeveral(l) : 0;
    tellUnit(s, whole, true);
    const char *text = l->text;
    for (size_t i = 0; i < l->count; i++) {
        tell(s, l->items[i].kinds, l->items[i].db, bytesOf(text, l->items[i].size));
        text += l->items[i].size;
    }
    tellUnit(s, whole, false);
    emptyList(l);
}

void propagateEach(server *s) {
    tellAll(s, false);
}

/* ---- what is told ---- */

void propagateAs(client *c, int argc, const bytes *argv) {
    propagation *p = c->server->propagation;
    if (!somebodyFollows(c)) return;
    uint32_t kinds = p->limit & p->followed;
    p->nothing = true; /* The request itself. */
    if (kinds) addRecord(&p->own, dbId(c->db), kinds, argc, argv);
}

void propagateNothing(client *c) {
    if (somebodyFollows(c)) c->server->propagation->nothing = true;
}

void propagateAnyway(client *c, uint32_t kinds) {
    /* What is replayed must leave nothing behind for the request that asked for it. */
    if (somebodyFollows(c)) c->server->propagation->anyway |= kinds;
}

uint32_t propagateLimit(server *s, uint32_t kinds) {
    uint32_t before = s->propagation->limit;
    s->propagation->limit = kinds;
    return before;
}

void propagateFieldExpired(server *s, int db_id, bytes key, bytes field) {
    propagation *p = s->propagation;
    if (!p->followed) return;
    addRecord(&p->ready, db_id, p->followed, 3, (bytes[]){BYTES("HDEL"), key, field});
}

/* A key that went by itself. */
static void onChange(void *ctx, server *s, client *by, const change *what) {
    propagation *p = ctx;
    (void)by;
    bool expired = what->class == NOTIFY_EXPIRED;
    if (!expired && what->class != NOTIFY_EVICTED) return;
    bool lazily = expired ? s->config.lazyfree_lazy_expire : s->config.lazyfree_lazy_eviction;
    bytes verb = lazily ? BYTES("UNLINK") : BYTES("DEL");
    addRecord(&p->ready, what->db, p->followed, 2, (bytes[]){verb, what->key});
}

/* One request, one sink, nothing that stands before it: no copy. */
static bool tellDirectly(client *c, const command *cmd, bool changed) {
    server *s = c->server;
    propagation *p = s->propagation;
    propagationSink *sink = p->direct;
    bool plain = changed && cmd->flags & CMD_WRITE && !p->nothing && !p->own.count &&
                 !p->ready.count && p->limit == FOLLOWS_ALL;
    if (!sink || !plain || effectsInUnit(s)) return false;
    char *at = sink->reserve(sink->ctx, s, dbId(c->db), roomFor(c->argc, c->argv));
    if (!at) return false;
    sink->commit(sink->ctx, s, encode(at, c->argc, c->argv));
    p->anyway = 0;
    return true;
}

/* SCAN, RANDOMKEY and their like: what has expired where they looked has nothing to do with each
 * other. */
static bool looksAtAnyKey(const command *cmd) {
    return cmd->flags & CMD_READONLY && !cmd->spec->keys[0].use;
}

void propagateRequest(client *c, const command *cmd, bool changed) {
    server *s = c->server;
    propagation *p = s->propagation;
    if (tellDirectly(c, cmd, changed)) return;
    if (p->own.count)
        moveRecords(&p->ready, &p->own);
    else if (!p->nothing) {
        uint32_t kinds = changed && cmd->flags & CMD_WRITE ? FOLLOWS_ALL : p->anyway;
        kinds &= p->limit & p->followed;
        if (kinds) addRecord(&p->ready, dbId(c->db), kinds, c->argc, c->argv);
    }
    p->nothing = false;
    p->anyway = 0;
    if (effectsInUnit(s)) return;
    p->limit = FOLLOWS_ALL;
    tellAll(s, !looksAtAnyKey(cmd));
}

/* ---- set-up ---- */

static void settle(server *s) {
    propagation *p = s->propagation;
    p->followed = 0;
    CHAIN_EACH(&p->sinks, node) p->followed |= CHAIN_ITEM(node, propagationSink, node)->kind;
    p->direct = NULL;
    if (p->sinks.count == 1) {
        propagationSink *only = CHAIN_ITEM(chainFirst(&p->sinks), propagationSink, node);
        if (only->reserve) p->direct = only;
    }
    effectSetLive(s, EFFECT_PROPAGATE, p->followed != 0);
}

void propagateAddSink(server *s, propagationSink *sink) {
    chainAppend(&s->propagation->sinks, &sink->node);
    settle(s);
}

void propagateRemoveSink(server *s, propagationSink *sink) {
    chainRemove(&s->propagation->sinks, &sink->node);
    settle(s);
}

void propagateAttach(server *s) {
    propagation *p = memCalloc(1, sizeof *p);
    chainInit(&p->sinks);
    p->limit = FOLLOWS_ALL;
    s->propagation = p;
    effectSubscribe(s, EFFECT_PROPAGATE, onChange, NULL, p);
}

void propagateDetach(server *s) {
    propagation *p = s->propagation;
    ensure(chainIsEmpty(&p->sinks));
    freeList(&p->ready);
    freeList(&p->own);
    memFree(p);
    s->propagation = NULL;
}
