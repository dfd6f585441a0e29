#include "storage/base/prefetch.h"
#include "storage/db/db_internal.h"

void dbSetMayExpire(db *d, bool may) {
    d->may_expire = may;
}

void dbNoteDeadline(db *d, entry *e, uint64_t hash) {
    int64_t deadline_ms = entryDeadline(e);
    bool sooner = d->hooks->dueSooner && deadline_ms < expiryDictNext(d->expires);
    expiryDictAdd(d->expires, e, hash);
    if (sooner) d->hooks->dueSooner(d->hooks->ctx, d, deadline_ms);
}

entry *dbSetDeadline(db *d, keyRef key, entry *e, int64_t deadline_ms) {
    if (entryHasDeadline(e)) expiryDictRemove(d->expires, e, key.hash);
    entry *now = entrySetDeadline(e, deadline_ms);
    if (now != e) {
        dbSizesMoved(d, e, now);
        dictRepoint(d->keys, key.hash, e, now);
        dbRepointFields(d, key.hash, e, now);
    }
    if (entryHasDeadline(now)) dbNoteDeadline(d, now, key.hash);
    d->changes++;
    return now;
}

int64_t dbNextDeadline(const db *d) {
    return expiryDictNext(d->expires);
}

/* The last millisecond whose deadlines have passed. */
static int64_t lastPast(const db *d) {
    return *d->now_ms - 1;
}

size_t dbExpireDue(db *d, size_t max) {
    enum { BATCH = 32 };
    entry *due[BATCH];
    uint64_t hash[BATCH];
    size_t done = 0;
    while (d->may_expire && done < max) {
        size_t want = max - done < BATCH ? max - done : BATCH;
        size_t count = expiryDictPeekDue(d->expires, lastPast(d), due, want);
        /* Each pass over the batch waits for memory that the one before asked for. */
        for (size_t i = 0; i < count; i++) prefetch(due[i]);
        for (size_t i = 0; i < count; i++) {
            hash[i] = entryHash(due[i]);
            dictPrefetchBucket(d->keys, hash[i]);
        }
        for (size_t i = 0; i < count; i++)
            dbRemoveEntry(d, keyOfEntry(due[i], hash[i]), due[i], DB_EXPIRED);
        done += count;
        if (count < want) break;
    }
    return done;
}

size_t dbDueEstimate(const db *d) {
    return expiryDictDueEstimate(d->expires, lastPast(d));
}

int64_t dbAverageTtl(const db *d) {
    return expiryDictAverageTtl(d->expires, *d->now_ms);
}
