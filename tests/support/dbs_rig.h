/* dbs_rig.h - several dbs under one clock that ticks at each look, for tests of what works in
 * slices: a budget is a number of looks. */
#ifndef EBB_TESTS_SUPPORT_DBS_RIG_H
#define EBB_TESTS_SUPPORT_DBS_RIG_H

#include <stdio.h>

#include "storage/base/clock.h"
#include "storage/db/db.h"

enum { RIG_DBS = 4 };

typedef struct dbsRig {
    clockSource clock;
    uint64_t now_ns, tick_ns; /* the time, and how much a look at it takes */
    int64_t now_ms;           /* wall time for deadlines */
    dbHooks hooks;
    discardQueue *discard;
    db *dbs[RIG_DBS];
    size_t expired[RIG_DBS]; /* told by the hooks */
    char order[256];         /* ids of the dbs that keys expired in, a letter a key */
} dbsRig;

static inline uint64_t rigMonotonic(void *ctx) {
    dbsRig *rig = ctx;
    rig->now_ns += rig->tick_ns;
    return rig->now_ns;
}

static inline int64_t rigWall(void *ctx) {
    return ((dbsRig *)ctx)->now_ms * 1000;
}

static inline void rigRemoved(void *ctx, db *d, keyRef key, const entry *e, dbReason why) {
    dbsRig *rig = ctx;
    (void)key;
    (void)e;
    if (why != DB_EXPIRED) return;
    rig->expired[dbId(d)]++;
    size_t used = strlen(rig->order);
    if (used + 1 < sizeof rig->order) rig->order[used] = (char)('0' + dbId(d));
}

static inline void rigAdded(void *ctx, db *d, keyRef key, const entry *e) {
    (void)ctx;
    (void)d;
    (void)key;
    (void)e;
}

/* 'rig' stays where it is. */
static inline void rigInit(dbsRig *rig) {
    *rig = (dbsRig){.now_ms = 1000, .tick_ns = 1000};
    rig->clock = (clockSource){rigWall, rigMonotonic, rig};
    rig->hooks = (dbHooks){.ctx = rig, .removed = rigRemoved, .added = rigAdded};
    rig->discard = discardNew();
    for (int i = 0; i < RIG_DBS; i++)
        rig->dbs[i] = dbNew(i, &rig->hooks, &rig->now_ms, rig->discard);
}

static inline void rigClear(dbsRig *rig) {
    for (int i = 0; i < RIG_DBS; i++) dbFree(rig->dbs[i]);
    discardFree(rig->discard);
}

static inline keyRef rigKey(size_t n, char *room, size_t size) {
    bytes name = bytesOf(room, (size_t)snprintf(room, size, "key:%zu", n));
    return (keyRef){name, hashBytes(name)};
}

/* Keys from..to of a db, with values of 'size' bytes. */
static inline void rigFill(dbsRig *rig, int id, size_t from, size_t to, size_t size,
                           int64_t deadline_ms) {
    static const char value[512];
    char room[32];
    for (size_t n = from; n < to; n++)
        dbSetStringUntil(rig->dbs[id], rigKey(n, room, sizeof room), bytesOf(value, size),
                         deadline_ms);
}

#endif
