#include "storage/db/db_fields.h"

#include "storage/base/ensure.h"
#include "storage/db/db_internal.h"

/* ---- the index ---- */

static int64_t filedOf(const void *item) {
    return hashFiled(item);
}

static uint64_t hashOfEntry(const void *item) {
    return entryHash(item);
}

const deadlinesType dbFieldsType = {.deadlineOf = filedOf, .hashOf = hashOfEntry};

static bool isFiled(const entry *e) {
    return hashMayHaveDeadlines(e) && hashFiled(e) != DEADLINE_NONE;
}

void dbFileFields(db *d, keyRef key, entry *e) {
    int64_t was_ms = hashFiled(e), next_ms = hashNextDeadline(e);
    if (was_ms == next_ms) return;
    if (was_ms != DEADLINE_NONE) ensure(deadlinesRemove(d->fields, e, was_ms, key.hash));
    hashSetFiled(e, next_ms);
    if (next_ms == DEADLINE_NONE) return;
    bool sooner = d->hooks->dueSooner && next_ms < deadlinesNext(d->fields);
    deadlinesAdd(d->fields, e, next_ms, key.hash);
    if (sooner) d->hooks->dueSooner(d->hooks->ctx, d, next_ms);
}

void dbUnfileFields(db *d, entry *e, uint64_t hash) {
    if (!isFiled(e)) return;
    ensure(deadlinesRemove(d->fields, e, hashFiled(e), hash));
    hashSetFiled(e, DEADLINE_NONE);
}

void dbRepointFields(db *d, uint64_t hash, const entry *from, entry *to) {
    if (isFiled(to)) deadlinesRepoint(d->fields, from, to, hashFiled(to), hash);
}

size_t dbFieldHashes(const db *d) {
    return deadlinesCount(d->fields);
}

int64_t dbNextFieldDeadline(const db *d) {
    return deadlinesNext(d->fields);
}

bool dbIsFieldPast(const db *d, int64_t deadline_ms) {
    return *d->now_ms > deadline_ms;
}

/* ---- expiry ---- */

typedef struct removal {
    db *d;
    keyRef key;
} removal;

static void tellField(void *ctx, const hashPair *pair) {
    const removal *r = ctx;
    const dbHooks *hooks = r->d->hooks;
    if (hooks->fieldExpired) hooks->fieldExpired(hooks->ctx, r->d, r->key, pair->field);
}

/* 'count' fields of 'e' have gone. The entry, or NULL if it went with the last of them. */
static entry *afterRemoval(db *d, keyRef key, entry *e, size_t count) {
    if (count > 0) {
        d->changes++;
        if (d->hooks->fieldsExpired) d->hooks->fieldsExpired(d->hooks->ctx, d, key, count);
    }
    if (hashCount(e) > 0) {
        dbFieldsChanged(d, key, e);
        return e;
    }
    dbRemoveEntry(d, key, e, DB_DELETED);
    return NULL;
}

/* The last millisecond whose deadlines have passed. */
static int64_t lastPast(const db *d) {
    return *d->now_ms - 1;
}

size_t dbExpireFields(db *d, size_t max) {
    size_t done = 0;
    while (d->may_expire && done < max) {
        entry *e = deadlinesFirstDue(d->fields, lastPast(d));
        if (!e) break;
        dbSizesOpen(d, e);
        removal r = {d, keyOfEntry(e, entryHash(e))};
        size_t count = hashRemoveDue(e, lastPast(d), max - done, tellField, &r);
        afterRemoval(d, r.key, e, count);
        done += count;
    }
    return done;
}

entry *dbExpireFieldsOf(db *d, keyRef key, entry *e, size_t max) {
    if (!d->may_expire || !hashMayHaveDeadlines(e)) return e;
    dbSizesOpen(d, e);
    removal r = {d, key};
    size_t count = hashRemoveDue(e, lastPast(d), max, tellField, &r);
    return count ? afterRemoval(d, key, e, count) : e;
}

entry *dbExpireNamed(db *d, keyRef key, entry *e, const bytes *names, size_t count, size_t stride) {
    if (!d->may_expire || !hashMayHaveDeadlines(e)) return e;
    if (!dbIsFieldPast(d, hashNextDeadline(e))) return e;
    dbSizesOpen(d, e);
    removal r = {d, key};
    size_t gone = 0;
    for (size_t i = 0; i < count; i++) {
        hashPair pair;
        if (!hashFind(e, names[i * stride], &pair)) continue;
        if (!dbIsFieldPast(d, pair.deadline_ms)) continue;
        tellField(&r, &pair);
        hashDelete(e, names[i * stride]);
        gone++;
    }
    return gone ? afterRemoval(d, key, e, gone) : e;
}
