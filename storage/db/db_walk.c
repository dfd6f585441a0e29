#include "storage/base/ensure.h"
#include "storage/db/db_fields.h"
#include "storage/db/db_internal.h"

typedef struct entryVisit {
    void (*visit)(void *ctx, const entry *e);
    void *ctx;
} entryVisit;

static void visitItem(void *ctx, void *item) {
    const entryVisit *v = ctx;
    v->visit(v->ctx, item);
}

uint64_t dbScan(const db *d, uint64_t cursor, void (*visit)(void *ctx, const entry *e), void *ctx) {
    entryVisit v = {visit, ctx};
    return dictScan(d->keys, cursor, visitItem, &v);
}

const entry *dbRandom(const db *d, rng *r) {
    enum { TRIES = 100 };
    const entry *e = dictRandom(d->keys, r);
    for (int i = 1; e && i < TRIES && dbIsPastDeadline(d, e); i++) e = dictRandom(d->keys, r);
    return e;
}

void dbReserve(db *d, size_t keys) {
    dictReserve(d->keys, keys);
}

/* ---- choosing ---- */

typedef struct sampling {
    const entry **out;
    size_t count, max, seen;
    rng *random;
} sampling;

/* Each entry seen is kept alike: the last of a bucket must not stay for ever behind the first. */
static void takeSample(void *ctx, void *item) {
    sampling *s = ctx;
    s->seen++;
    if (s->count < s->max) {
        s->out[s->count++] = item;
        return;
    }
    uint64_t place = rngBelow(s->random, s->seen);
    if (place < s->max) s->out[place] = item;
}

size_t dbSample(const db *d, rng *r, const entry **out, size_t max) {
    enum { CURSOR_BITS = 48 };
    sampling s = {.out = out, .max = max < dbCount(d) ? max : dbCount(d), .random = r};
    uint64_t cursor = rngNext(r) >> (64 - CURSOR_BITS);
    while (s.count < s.max) cursor = dictScan(d->keys, cursor, takeSample, &s);
    return s.count;
}

const entry *dbRandomAny(const db *d, rng *r) {
    return dictRandom(d->keys, r);
}

const entry *dbRandomMortal(const db *d, rng *r) {
    return expiryDictRandom(d->expires, r);
}

const entry *dbFirstToExpire(const db *d) {
    return expiryDictFirst(d->expires);
}

entry *dbStillHas(const db *d, uint64_t hash, const entry *e) {
    if (!dictHasItem(d->keys, hash, e)) return NULL;
    /* Another may have taken its address, and share what the dict knows of hashes. */
    return entryHash(e) == hash ? (entry *)(uintptr_t)e : NULL;
}

dictIterator dbIteratorOf(const db *d) {
    return dictIteratorOf(d->keys);
}

/* ---- all keys at once ---- */

static void freeItem(void *ctx, void *item) {
    (void)ctx;
    entryFree(item);
}

size_t dbFlush(db *d, bool now) {
    size_t count = dictCount(d->keys);
    if (count == 0) return 0;
    d->changes++;
    if (now) {
        while (dictDrain(d->keys, SIZE_MAX, freeItem, NULL)) {
        }
        dictFree(d->keys);
        expiryDictFree(d->expires);
        deadlinesFree(d->fields);
    } else {
        discardKeyspace(d->discard, d->keys, d->expires, d->fields);
    }
    dbSizesClear(d);
    d->keys = dictNew(&dbKeysType);
    d->expires = expiryDictNew();
    d->fields = deadlinesNew(&dbFieldsType);
    return count;
}

/* After a swap all deadlines of a db are others. */
static void tellNext(db *d) {
    int64_t next_ms = dbNextDeadline(d), field_ms = dbNextFieldDeadline(d);
    if (field_ms < next_ms) next_ms = field_ms;
    if (d->hooks->dueSooner && next_ms != DEADLINE_NONE)
        d->hooks->dueSooner(d->hooks->ctx, d, next_ms);
}

void dbSwap(db *a, db *b) {
    if (a == b) return;
    dict *keys = a->keys;
    expiryDict *expires = a->expires;
    deadlines *fields = a->fields;
    dbSizeCounts *sizes = a->sizes;
    a->keys = b->keys;
    a->expires = b->expires;
    a->fields = b->fields;
    a->sizes = b->sizes;
    b->keys = keys;
    b->expires = expires;
    b->fields = fields;
    b->sizes = sizes;
    a->changes++;
    b->changes++;
    tellNext(a);
    tellNext(b);
}

/* ---- checking ---- */

typedef struct checkCount {
    const db *d;
    size_t with_deadline, with_fields;
} checkCount;

static void checkItem(void *ctx, void *item) {
    checkCount *count = ctx;
    const entry *e = item;
    ensure(dictFind(count->d->keys, keyOfEntry(e, entryHash(e))) == e);
    count->with_deadline += entryHasDeadline(e);
    if (!hashMayHaveDeadlines(e)) return;
    ensure(hashFiled(e) == hashNextDeadline(e));
    count->with_fields += hashFiled(e) != DEADLINE_NONE;
}

void dbCheck(const db *d) {
    dictCheck(d->keys);
    checkCount count = {.d = d};
    uint64_t cursor = 0;
    do cursor = dictScan(d->keys, cursor, checkItem, &count);
    while (cursor);
    ensure(count.with_deadline == expiryDictCount(d->expires));
    ensure(count.with_fields == deadlinesCount(d->fields));
    deadlinesCheck(d->fields);
    dbSizesCheck(d);
}
