#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/db/db_internal.h"
#include "storage/types/values.h"

/* A collection that is being walked over several steps, remembered by name: between two steps
 * anything may happen to it. */
typedef struct dbDefragValue {
    struct dbDefragValue *next;
    uint64_t cursor;
    keyRef key; /* its bytes follow the struct */
} dbDefragValue;

typedef struct defragStep {
    db *d;
    dbDefrag *at;
} defragStep;

/* One step over the collection of 'e'; where to go on, 0 when round. */
static uint64_t moveValue(entry *e, uint64_t cursor) {
    void *value = entryPointer(e);
    if (!value) return 0;
    const valueOps *ops = valueOpsOf(entryType(e), entryEncoding(e));
    if (!ops->move) return 0;
    void *to = ops->move(value, &cursor);
    if (to != value) entrySetPointer(e, entryEncoding(e), to);
    return cursor;
}

static bool holdsCollection(const entry *e) {
    return entryIsPointer(e) && entryEncoding(e) != ENCODING_BLOB;
}

static void rememberValue(dbDefrag *at, const entry *e, uint64_t cursor) {
    bytes key = entryKey(e);
    dbDefragValue *v = memAlloc(sizeof *v + key.size);
    char *name = (char *)(v + 1);
    memcpy(name, key.data, key.size);
    *v = (dbDefragValue){at->values, cursor, {bytesOf(name, key.size), entryHash(e)}};
    at->values = v;
}

static void forgetValue(dbDefrag *at) {
    dbDefragValue *v = at->values;
    at->values = v->next;
    memFree(v);
}

static void *moveItem(void *ctx, void *item) {
    const defragStep *step = ctx;
    entry *e = item;
    if (slabShouldMove(SLAB_ENTRY, e, entrySize(e))) {
        e = entryMove(item);
        dbSizesMoved(step->d, item, e);
        if (entryHasDeadline(e)) expiryDictRepoint(step->d->expires, item, e, entryHash(e));
        if (entryType(e) == TYPE_HASH) dbRepointFields(step->d, entryHash(e), item, e);
        step->at->moved++;
    }
    if (holdsCollection(e)) {
        uint64_t cursor = moveValue(e, 0);
        if (cursor) rememberValue(step->at, e, cursor);
    }
    return e;
}

static void continueValue(db *d, dbDefrag *at) {
    dbDefragValue *v = at->values;
    entry *e = dictFind(d->keys, v->key);
    v->cursor = e && holdsCollection(e) ? moveValue(e, v->cursor) : 0;
    if (v->cursor == 0) forgetValue(at);
}

bool dbDefragStep(db *d, dbDefrag *at) {
    if (at->values) {
        continueValue(d, at);
    } else if (at->cursor || !at->under_way) {
        at->under_way = true;
        defragStep step = {d, at};
        at->cursor = dictWalk(d->keys, at->cursor, moveItem, &step);
    }
    if (at->values || at->cursor) return true;
    at->under_way = false;
    return false;
}

void dbDefragClear(dbDefrag *at) {
    while (at->values) forgetValue(at);
    *at = (dbDefrag){.moved = at->moved};
}
