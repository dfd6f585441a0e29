/* The invalidation table: which clients may hold a copy of a key. */
#include "server/session/tracking_internal.h"
#include "storage/base/mem.h"
#include "storage/struct/dict.h"

enum {
    DROP_AT_ONCE = 256,  /* a flush frees so many keys itself */
    SLICE_NS = 300000,   /* of background work */
    PAUSE_NS = 1000000,  /* between two slices */
    SLICE_ITEMS = 128,   /* between two looks at the clock */
    SWEEP_SHARE = 20,    /* a sweep takes at most one in so many of the time */
    SWEEP_EMPTY_MAX = 64 /* keys that one step of a sweep may find to be nobody's */
};
#define SWEEP_DELAY_NS ((uint64_t)1000000000)

/* A key and the ids of its clients in ascending order: most come last, so that adding rarely moves.
 * A single one stands in the item itself. */
typedef struct trackedKey {
    union {
        uint64_t one;
        uint64_t *many;
    };
    uint32_t count, capacity; /* capacity 1: 'one' */
    size_t size;
    char name[];
} trackedKey;

static bytes nameOf(const trackedKey *k) {
    return bytesOf(k->name, k->size);
}

static uint64_t hashOf(const void *item) {
    return hashBytes(nameOf(item));
}

static bool holds(const void *item, bytes key) {
    return bytesEqual(nameOf(item), key);
}

static const dictType keys_by_name = {.hashOf = hashOf, .holds = holds};

static uint64_t *idsOf(trackedKey *k) {
    return k->capacity == 1 ? &k->one : k->many;
}

static void freeKey(void *ctx, void *item) {
    (void)ctx;
    trackedKey *k = item;
    if (k->capacity > 1) memFree(k->many);
    memFree(k);
}

/* ---- adding ---- */

/* Drops the ids of clients that are gone; how many. */
static uint32_t dropGone(server *s, trackedKey *k) {
    uint64_t *ids = idsOf(k);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < k->count; i++)
        if (clientById(s, ids[i])) ids[kept++] = ids[i];
    uint32_t dropped = k->count - kept;
    k->count = kept;
    return dropped;
}

/* Room for one more id: half of it stays free, or ids that are gone make it. */
static void makeRoom(tracking *t, trackedKey *k) {
    t->keys.items -= dropGone(t->server, k);
    if (k->count <= k->capacity / 2 && k->count < k->capacity) return;
    uint32_t capacity = k->capacity == 1 ? 4 : k->capacity * 2;
    uint64_t *ids = memAlloc(capacity * sizeof *ids);
    memcpy(ids, idsOf(k), k->count * sizeof *ids);
    if (k->capacity > 1) memFree(k->many);
    k->many = ids;
    k->capacity = capacity;
}

/* Where 'id' stands or would stand. */
static uint32_t placeOf(trackedKey *k, uint64_t id) {
    const uint64_t *ids = idsOf(k);
    uint32_t low = 0, high = k->count;
    if (high && ids[high - 1] < id) return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void addId(tracking *t, trackedKey *k, uint64_t id) {
    uint32_t at = placeOf(k, id);
    if (at < k->count && idsOf(k)[at] == id) return;
    if (k->count == k->capacity) {
        makeRoom(t, k);
        at = placeOf(k, id);
    }
    uint64_t *ids = idsOf(k);
    memmove(ids + at + 1, ids + at, (k->count - at) * sizeof *ids);
    ids[at] = id;
    k->count++;
    t->keys.items++;
}

static trackedKey *newKey(bytes name) {
    trackedKey *k = memAlloc(sizeof *k + name.size);
    *k = (trackedKey){.capacity = 1, .size = name.size};
    if (name.size) memcpy(k->name, name.data, name.size);
    return k;
}

static void wakeTask(tracking *t) {
    cronArm(t->server, t->task, PAUSE_NS);
}

static bool isOverLimit(const tracking *t) {
    size_t max = (size_t)t->server->config.tracking_table_max_keys;
    return max && dictCount(t->keys.by_name) > max;
}

/* ---- taking out ---- */

/* Takes 'k', which is in the table no more. */
static void tellClients(tracking *t, trackedKey *k, const client *by) {
    const uint64_t *ids = idsOf(k);
    for (uint32_t i = 0; i < k->count; i++) {
        client *c = clientById(t->server, ids[i]);
        if (!c || !(c->flags & CLIENT_TRACKING)) continue;
        const trackingMode *mode = &trackingOf(c)->mode;
        if (mode->broadcast || (mode->no_loop && c == by)) continue;
        trackingTellKey(c, nameOf(k));
    }
    t->keys.items -= k->count;
    freeKey(NULL, k);
}

void trackedKeysInvalidate(tracking *t, keyRef key, const client *by) {
    trackedKey *k = dictRemove(t->keys.by_name, key);
    if (!k) return;
    dictTidy(t->keys.by_name);
    tellClients(t, k, by);
}

static void evictOne(tracking *t) {
    trackedKey *k = dictRandom(t->keys.by_name, &t->server->rng);
    trackedKeysInvalidate(t, keyRefOf(nameOf(k)), NULL);
}

void trackedKeysAdd(tracking *t, bytes name, uint64_t id) {
    keyRef key = keyRefOf(name);
    trackedKey *k = dictFind(t->keys.by_name, key);
    if (!k) {
        k = newKey(name);
        dictAdd(t->keys.by_name, key.hash, k);
    }
    addId(t, k, id);
    if (!isOverLimit(t)) return;
    evictOne(t);
    if (isOverLimit(t)) wakeTask(t); /* The limit was lowered. */
}

void trackedKeysDrop(tracking *t) {
    trackedKeys *k = &t->keys;
    k->items = 0;
    k->sweeping = false;
    if (dictCount(k->by_name) <= DROP_AT_ONCE) {
        while (dictDrain(k->by_name, SIZE_MAX, freeKey, NULL)) continue;
        return;
    }
    droppedTable *dropped = memAlloc(sizeof *dropped);
    *dropped = (droppedTable){.keys = k->by_name, .next = k->dropped};
    k->dropped = dropped;
    k->by_name = dictNew(&keys_by_name);
    wakeTask(t);
}

/* ---- the background ---- */

/* One step of freeing what flushes dropped. */
static void freeDropped(trackedKeys *k) {
    droppedTable *dropped = k->dropped;
    if (dictDrain(dropped->keys, SLICE_ITEMS, freeKey, NULL)) return;
    k->dropped = dropped->next;
    dictFree(dropped->keys);
    memFree(dropped);
}

typedef struct sweepStep {
    tracking *t;
    trackedKey *empty[SWEEP_EMPTY_MAX]; /* nobody's: to be removed after the visit */
    size_t empty_count;
} sweepStep;

static void sweepKey(void *ctx, void *item) {
    sweepStep *step = ctx;
    trackedKey *k = item;
    step->t->keys.items -= dropGone(step->t->server, k);
    if (k->capacity > 4 && k->count < k->capacity / 4) {
        k->capacity = k->count < 4 ? 4 : k->count;
        k->many = memRealloc(k->many, k->capacity * sizeof *k->many);
    }
    if (!k->count && step->empty_count < SWEEP_EMPTY_MAX) step->empty[step->empty_count++] = k;
}

static void sweepSome(tracking *t) {
    trackedKeys *k = &t->keys;
    sweepStep step = {.t = t};
    k->sweep_cursor = dictScan(k->by_name, k->sweep_cursor, sweepKey, &step);
    for (size_t i = 0; i < step.empty_count; i++) {
        dictRemove(k->by_name, keyRefOf(nameOf(step.empty[i])));
        freeKey(NULL, step.empty[i]);
        dictTidy(k->by_name);
    }
    if (!k->sweep_cursor) k->sweeping = false;
}

/* A sweep that is asked for waits a while: the clients of an application tend to go together. */
void trackedKeysSweep(tracking *t) {
    trackedKeys *k = &t->keys;
    if (k->sweeping || !dictCount(k->by_name)) return;
    uint64_t now = t->server->now_ns;
    if (k->sweep_after_ns < now + SWEEP_DELAY_NS) k->sweep_after_ns = now + SWEEP_DELAY_NS;
    k->sweeping = true;
    k->sweep_cursor = 0;
    k->sweep_ns = 0;
    t->gone = 0;
    cronArm(t->server, t->task, k->sweep_after_ns - now);
}

static uint64_t nowNs(const server *s) {
    return s->clock->monotonic_ns(s->clock->ctx);
}

/* A slice's worth of sweeping; when the next sweep may begin follows from what it took. */
static void sweep(tracking *t, uint64_t until_ns) {
    trackedKeys *k = &t->keys;
    uint64_t start = nowNs(t->server), now = start;
    while (k->sweeping && now < until_ns) {
        sweepSome(t);
        now = nowNs(t->server);
    }
    k->sweep_ns += now - start;
    if (!k->sweeping) k->sweep_after_ns = now + k->sweep_ns * SWEEP_SHARE;
}

uint64_t trackedKeysWork(tracking *t) {
    trackedKeys *k = &t->keys;
    uint64_t now = nowNs(t->server), until = now + SLICE_NS;
    while (isOverLimit(t) && now < until) {
        for (int i = 0; i < SLICE_ITEMS && isOverLimit(t); i++) evictOne(t);
        now = nowNs(t->server);
    }
    while (k->dropped && now < until) {
        freeDropped(k);
        now = nowNs(t->server);
    }
    if (k->sweeping && now >= k->sweep_after_ns) sweep(t, until);
    if (isOverLimit(t) || k->dropped) return PAUSE_NS;
    if (!k->sweeping) return UINT64_MAX;
    return now < k->sweep_after_ns ? k->sweep_after_ns - now : PAUSE_NS;
}

void trackedKeysInit(trackedKeys *k) {
    k->by_name = dictNew(&keys_by_name);
}

void trackedKeysClear(trackedKeys *k) {
    while (k->dropped) freeDropped(k);
    while (dictDrain(k->by_name, SIZE_MAX, freeKey, NULL)) continue;
    dictFree(k->by_name);
}
