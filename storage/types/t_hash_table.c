/* Big hashes: a dict of items, and an index of those with a deadline. */
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/prefetch.h"
#include "storage/base/slab.h"
#include "storage/types/t_hash_internal.h"

/* ---- items ---- */

enum { DEADLINE_BYTES = 8, HAS_DEADLINE = 1 };

typedef struct itemParts {
    bytes field, value;
    int64_t deadline_ms;
} itemParts;

static itemParts partsOf(const void *item) {
    itemParts p = {.deadline_ms = DEADLINE_NONE};
    size_t head;
    const uint8_t *at = varintRead(item, &head);
    if (head & HAS_DEADLINE) {
        memcpy(&p.deadline_ms, at, DEADLINE_BYTES);
        at += DEADLINE_BYTES;
    }
    p.field = bytesOf(at, head >> 1);
    size_t value_size;
    at = varintRead(at + p.field.size, &value_size);
    p.value = bytesOf(at, value_size);
    return p;
}

static bytes fieldOf(const void *item) {
    size_t head;
    const uint8_t *at = varintRead(item, &head);
    return bytesOf(at + (head & HAS_DEADLINE ? DEADLINE_BYTES : 0), head >> 1);
}

static size_t itemSize(const void *item) {
    bytes value = partsOf(item).value;
    return (size_t)(value.data - (const char *)item) + value.size;
}

static size_t sizeFor(const itemParts *p) {
    return varintSize(p->field.size << 1) + (p->deadline_ms != DEADLINE_NONE ? DEADLINE_BYTES : 0) +
           p->field.size + varintSize(p->value.size) + p->value.size;
}

/* Writes the parts, of which the field may lie anywhere in 'item' and the value not. */
static void itemWrite(void *item, const itemParts *p) {
    bool timed = p->deadline_ms != DEADLINE_NONE;
    size_t head = p->field.size << 1 | (timed ? HAS_DEADLINE : 0);
    uint8_t *field = (uint8_t *)item + varintSize(head) + (timed ? DEADLINE_BYTES : 0);
    if (p->field.size) memmove(field, p->field.data, p->field.size);
    uint8_t *at = varintWrite(item, head);
    if (timed) memcpy(at, &p->deadline_ms, DEADLINE_BYTES);
    at = varintWrite(field + p->field.size, p->value.size);
    if (p->value.size) memcpy(at, p->value.data, p->value.size);
}

/* ---- what dict and index must know of items ---- */

static uint64_t itemHash(const void *item) {
    return hashBytes(fieldOf(item));
}

static bool itemHolds(const void *item, bytes key) {
    return bytesEqual(fieldOf(item), key);
}

static int64_t itemDeadline(const void *item) {
    return partsOf(item).deadline_ms;
}

static const dictType itemDict = {.hashOf = itemHash, .holds = itemHolds};
static const deadlinesType itemDeadlines = {.deadlineOf = itemDeadline, .hashOf = itemHash};

/* ---- keeping dict and index in step ---- */

hashTable *tableNew(size_t fields) {
    hashTable *t = memAlloc(sizeof *t);
    *t = (hashTable){.fields = dictNew(&itemDict), .filed_ms = DEADLINE_NONE};
    dictReserve(t->fields, fields);
    return t;
}

static void indexAdd(hashTable *t, void *item, int64_t deadline_ms, uint64_t hash) {
    if (!t->due) t->due = deadlinesNew(&itemDeadlines);
    deadlinesAdd(t->due, item, deadline_ms, hash);
}

static void indexRemove(hashTable *t, const void *item, int64_t deadline_ms, uint64_t hash) {
    ensure(deadlinesRemove(t->due, item, deadline_ms, hash));
    if (deadlinesCount(t->due) > 0) return;
    deadlinesFree(t->due);
    t->due = NULL;
}

static void *itemNew(hashTable *t, const itemParts *p) {
    size_t size = slabGoodSize(sizeFor(p));
    void *item = slabAlloc(SLAB_HASH_FIELD, size);
    itemWrite(item, p);
    t->item_bytes += size;
    return item;
}

static void itemFree(hashTable *t, void *item) {
    size_t size = slabGoodSize(itemSize(item));
    t->item_bytes -= size;
    slabFree(SLAB_HASH_FIELD, item, size);
}

static void addItem(hashTable *t, uint64_t hash, const itemParts *p) {
    void *item = itemNew(t, p);
    dictAdd(t->fields, hash, item);
    if (p->deadline_ms != DEADLINE_NONE) indexAdd(t, item, p->deadline_ms, hash);
}

/* Takes an item that is in the dict, with 'deadline_ms', out of everything. */
static void dropItem(hashTable *t, void *item, int64_t deadline_ms, uint64_t hash) {
    if (deadline_ms != DEADLINE_NONE) indexRemove(t, item, deadline_ms, hash);
    ensure(dictRemoveItem(t->fields, hash, item));
    itemFree(t, item);
    dictTidy(t->fields);
}

/* The item's value and deadline become those of 'to', whose value does not lie in it. In place
 * where the size is of the same class. */
static void changeItem(hashTable *t, void *item, uint64_t hash, itemParts was, itemParts to) {
    bool same = was.deadline_ms == to.deadline_ms;
    if (!same && was.deadline_ms != DEADLINE_NONE) indexRemove(t, item, was.deadline_ms, hash);
    void *now = item;
    size_t size = (size_t)(was.value.data - (const char *)item) + was.value.size;
    if (slabGoodSize(sizeFor(&to)) == slabGoodSize(size)) {
        itemWrite(item, &to);
    } else {
        now = itemNew(t, &to);
        dictRepoint(t->fields, hash, item, now);
        if (same && to.deadline_ms != DEADLINE_NONE)
            deadlinesRepoint(t->due, item, now, to.deadline_ms, hash);
        itemFree(t, item);
    }
    if (!same && to.deadline_ms != DEADLINE_NONE) indexAdd(t, now, to.deadline_ms, hash);
}

/* ---- reading ---- */

void *tableFind(const hashTable *t, bytes field) {
    return dictFind(t->fields, keyRefOf(field));
}

void tablePair(const void *item, hashPair *out) {
    itemParts p = partsOf(item);
    out->field = p.field;
    out->value = p.value;
    out->deadline_ms = p.deadline_ms;
    out->at = (uintptr_t)item;
}

typedef struct pairVisit {
    hashVisit visit;
    void *ctx;
    hashPair pair;
} pairVisit;

static void visitItem(void *ctx, void *item) {
    pairVisit *v = ctx;
    tablePair(item, &v->pair);
    v->visit(v->ctx, &v->pair);
}

uint64_t tableScan(const hashTable *t, uint64_t cursor, hashVisit visit, void *ctx) {
    pairVisit v;
    v.visit = visit;
    v.ctx = ctx;
    return dictScan(t->fields, cursor, visitItem, &v);
}

/* ---- changing ---- */

void tableAdd(hashTable *t, const hashPair *pair) {
    itemParts p = {pair->field, pair->value, pair->deadline_ms};
    addItem(t, hashBytes(pair->field), &p);
}

bool tableSet(hashTable *t, bytes field, bytes value, bool keep_deadline) {
    keyRef key = keyRefOf(field);
    void *item = dictFind(t->fields, key);
    itemParts to = {field, value, DEADLINE_NONE};
    if (!item) {
        addItem(t, key.hash, &to);
        return true;
    }
    itemParts was = partsOf(item);
    to.field = was.field;
    if (keep_deadline) to.deadline_ms = was.deadline_ms;
    changeItem(t, item, key.hash, was, to);
    return false;
}

bool tableDelete(hashTable *t, bytes field) {
    keyRef key = keyRefOf(field);
    void *item = dictFind(t->fields, key);
    if (!item) return false;
    dropItem(t, item, itemDeadline(item), key.hash);
    return true;
}

bool tableSetDeadline(hashTable *t, bytes field, int64_t deadline_ms) {
    keyRef key = keyRefOf(field);
    void *item = dictFind(t->fields, key);
    if (!item) return false;
    itemParts was = partsOf(item);
    if (was.deadline_ms == deadline_ms) return true;
    if (was.deadline_ms != DEADLINE_NONE && deadline_ms != DEADLINE_NONE) {
        indexRemove(t, item, was.deadline_ms, key.hash);
        memcpy((char *)(uintptr_t)was.field.data - DEADLINE_BYTES, &deadline_ms, DEADLINE_BYTES);
        indexAdd(t, item, deadline_ms, key.hash);
        return true;
    }
    /* The value shifts inside of the item, or goes to another: either way it is written anew. */
    enum { ON_STACK = 256 };
    char few[ON_STACK];
    char *copy = was.value.size <= ON_STACK ? few : memAlloc(was.value.size);
    if (was.value.size) memcpy(copy, was.value.data, was.value.size);
    changeItem(t, item, key.hash, was,
               (itemParts){was.field, bytesOf(copy, was.value.size), deadline_ms});
    if (copy != few) memFree(copy);
    return true;
}

size_t tableRemoveDue(hashTable *t, int64_t past_ms, size_t max, hashVisit visit, void *ctx) {
    enum { BATCH = 32 };
    void *due[BATCH];
    uint64_t hash[BATCH];
    hashPair pair;
    size_t done = 0;
    while (t->due && done < max) {
        size_t want = max - done < BATCH ? max - done : BATCH;
        size_t count = deadlinesPeekDue(t->due, past_ms, due, want);
        /* Each pass over the batch waits for memory that the one before asked for. */
        for (size_t i = 0; i < count; i++) prefetch(due[i]);
        for (size_t i = 0; i < count; i++) {
            hash[i] = itemHash(due[i]);
            dictPrefetchBucket(t->fields, hash[i]);
        }
        for (size_t i = 0; i < count; i++) {
            tablePair(due[i], &pair);
            visit(ctx, &pair);
            dropItem(t, due[i], pair.deadline_ms, hash[i]);
        }
        done += count;
        if (count < want) break;
    }
    return done;
}

/* ---- as a value of an entry ---- */

static void drainItem(void *ctx, void *item) {
    itemFree(ctx, item);
}

static bool freeTableStep(void *value, size_t max) {
    enum { ITEMS_A_NODE = 4 };
    hashTable *t = value;
    size_t taken = dictDrain(t->fields, max, drainItem, t);
    if (dictCount(t->fields) > 0) return false;
    size_t nodes = (max - (taken < max ? taken : max)) / ITEMS_A_NODE + 1;
    if (t->due && deadlinesDropStep(t->due, nodes)) return false;
    deadlinesFree(t->due);
    dictFree(t->fields);
    memFree(t);
    return true;
}

static void freeTable(void *value) {
    while (!freeTableStep(value, SIZE_MAX)) continue;
}

static size_t tableParts(const void *value) {
    return dictCount(((const hashTable *)value)->fields);
}

static size_t tableMemory(const void *value) {
    const hashTable *t = value;
    size_t due = t->due ? deadlinesBytes(t->due) : 0;
    return memGoodSize(sizeof *t) + dictBytes(t->fields) + due + t->item_bytes;
}

static void copyItem(void *ctx, void *item) {
    itemParts p = partsOf(item);
    addItem(ctx, hashBytes(p.field), &p);
}

static void *copyTable(const void *value) {
    const hashTable *t = value;
    hashTable *copy = tableNew(dictCount(t->fields));
    uint64_t cursor = 0;
    do cursor = dictScan(t->fields, cursor, copyItem, copy);
    while (cursor);
    return copy;
}

static void *moveItem(void *ctx, void *item) {
    hashTable *t = ctx;
    size_t size = itemSize(item);
    if (!slabShouldMove(SLAB_HASH_FIELD, item, size)) return item;
    void *to = slabAlloc(SLAB_HASH_FIELD, slabGoodSize(size));
    memcpy(to, item, size);
    int64_t deadline_ms = itemDeadline(to);
    if (deadline_ms != DEADLINE_NONE) deadlinesRepoint(t->due, item, to, deadline_ms, itemHash(to));
    slabFree(SLAB_HASH_FIELD, item, size);
    return to;
}

static void *moveTable(void *value, uint64_t *cursor) {
    enum { STEPS = 4 };
    hashTable *t = value;
    for (int i = 0; i < STEPS; i++) {
        *cursor = dictWalk(t->fields, *cursor, moveItem, t);
        if (*cursor == 0) break;
    }
    return t;
}

static void prefetchField(const void *value, uint64_t hash, int step) {
    const hashTable *t = value;
    if (step == 0)
        dictPrefetchBucket(t->fields, hash);
    else
        dictPrefetchItem(t->fields, hash);
}

static void addDigest(void *ctx, void *item) {
    hashPair pair;
    tablePair(item, &pair);
    *(uint64_t *)ctx += hashPairDigest(&pair);
}

static uint64_t digestTable(const void *value) {
    const hashTable *t = value;
    uint64_t sum = 0, cursor = 0;
    do cursor = dictScan(t->fields, cursor, addDigest, &sum);
    while (cursor);
    return sum;
}

const valueOps hashTableOps = {.free = freeTable,
                               .parts = tableParts,
                               .count = hashCount,
                               .memory = tableMemory,
                               .copy = copyTable,
                               .freeStep = freeTableStep,
                               .move = moveTable,
                               .prefetch = prefetchField,
                               .digest = digestTable};
