#include "storage/db/db.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/db/db_fields.h"
#include "storage/db/db_internal.h"

/* ---- what the dict must know of entries ---- */

static uint64_t hashOfItem(const void *item) {
    return entryHash(item);
}

static bool itemHolds(const void *item, bytes key) {
    return bytesEqual(entryKey(item), key);
}

const dictType dbKeysType = {.hashOf = hashOfItem, .holds = itemHolds};

/* ---- making and unmaking ---- */

db *dbNew(int id, const dbHooks *hooks, const int64_t *now_ms, discardQueue *discard) {
    db *d = memAlloc(sizeof *d);
    *d = (db){.keys = dictNew(&dbKeysType),
              .expires = expiryDictNew(),
              .fields = deadlinesNew(&dbFieldsType),
              .now_ms = now_ms,
              .hooks = hooks,
              .discard = discard,
              .id = id,
              .may_expire = true};
    return d;
}

void dbFree(db *d) {
    dbFlush(d, true);
    dictFree(d->keys);
    expiryDictFree(d->expires);
    deadlinesFree(d->fields);
    dbSizesClear(d);
    memFree(d);
}

int dbId(const db *d) {
    return d->id;
}

size_t dbCount(const db *d) {
    return dictCount(d->keys);
}

size_t dbExpiresCount(const db *d) {
    return expiryDictCount(d->expires);
}

size_t dbTableBytes(const db *d) {
    return dictBytes(d->keys) + expiryDictBytes(d->expires) + deadlinesBytes(d->fields);
}

size_t dbExpiresBytes(const db *d) {
    return expiryDictBytes(d->expires);
}

dictStats dbTableStats(const db *d) {
    return dictStatsOf(d->keys);
}

uint64_t dbChanges(const db *d) {
    return d->changes;
}

/* ---- finding ---- */

bool dbIsPastDeadline(const db *d, const entry *e) {
    return entryHasDeadline(e) && isPast(d, e);
}

const entry *dbLookup(const db *d, keyRef key) {
    const entry *e = dictFind(d->keys, key);
    return e && dbIsPastDeadline(d, e) ? NULL : e;
}

entry *dbOpen(db *d, keyRef key) {
    entry *e = dictFind(d->keys, key);
    if (!e) return NULL;
    if (!dbIsPastDeadline(d, e)) {
        dbSizesOpen(d, e);
        return e;
    }
    if (d->may_expire) dbRemoveEntry(d, key, e, DB_EXPIRED);
    return NULL;
}

const entry *dbPeek(const db *d, keyRef key) {
    return dictFind(d->keys, key);
}

void dbPrefetchBucket(const db *d, uint64_t hash) {
    dictPrefetchBucket(d->keys, hash);
}

void dbPrefetchEntry(const db *d, uint64_t hash) {
    dictPrefetchItem(d->keys, hash);
}

/* ---- keeping dict and expiry dictionary in step ---- */

void dbRepoint(db *d, uint64_t hash, const entry *from, entry *to) {
    if (from == to) return;
    dbSizesMoved(d, from, to);
    dictRepoint(d->keys, hash, from, to);
    if (entryHasDeadline(to)) expiryDictRepoint(d->expires, from, to, hash);
    dbRepointFields(d, hash, from, to);
}

/* Takes 'e' out of main dict and indexes. */
static void unlinkEntry(db *d, uint64_t hash, entry *e) {
    dbUnfileFields(d, e, hash);
    if (entryHasDeadline(e)) expiryDictRemove(d->expires, e, hash);
    ensure(dictRemoveItem(d->keys, hash, e));
    dbSizesTake(d, e);
    d->changes++;
}

void dbRemoveEntry(db *d, keyRef key, entry *e, dbReason why) {
    d->hooks->removed(d->hooks->ctx, d, key, e, why);
    unlinkEntry(d, key.hash, e);
    discardEntry(d->discard, e);
}

/* Puts an entry whose key is not there into main dict and indexes. */
static entry *linkEntry(db *d, uint64_t hash, entry *e) {
    dictAdd(d->keys, hash, e);
    dbSizesPut(d, e);
    d->changes++;
    if (entryHasDeadline(e)) dbNoteDeadline(d, e, hash);
    dbFieldsChanged(d, keyOfEntry(e, hash), e);
    d->hooks->added(d->hooks->ctx, d, keyOfEntry(e, hash), e);
    return e;
}

/* ---- setting strings ---- */

/* What SET and its kin store. */
typedef struct newString {
    const bytes *text; /* NULL: it is 'number' */
    int64_t number;
    int64_t deadline_ms;
    bool keep_deadline; /* that of the entry replaced, and not deadline_ms */
} newString;

static entry *makeString(keyRef key, const newString *s) {
    if (s->text) return entryNewStringUntil(key.name, *s->text, true, s->deadline_ms);
    return entryNewIntUntil(key.name, s->number, s->deadline_ms);
}

/* True if 's' is about as big as the blob that 'e' holds, and may take over its memory. */
static bool blobFollowsBlob(const entry *e, const newString *s) {
    if (entryEncoding(e) != ENCODING_BLOB || !s->text || s->text->size < BLOB_MIN) return false;
    return s->text->size >= entryStringSize(e) / 2;
}

/* The value of 'e', a blob or a collection, makes way for 's'. */
static void evictValue(db *d, keyRef key, entry *e, const newString *s) {
    d->hooks->removed(d->hooks->ctx, d, key, e, DB_OVERWRITTEN);
    dbUnfileFields(d, e, key.hash);
    if (!blobFollowsBlob(e, s)) discardValue(d->discard, e);
}

/* 's' takes the place of what 'e' holds: the hot path of SET. */
static entry *replaceString(db *d, keyRef key, entry *e, const newString *s) {
    bool was_string = entryType(e) == TYPE_STRING;
    unsigned bin = was_string ? dbSizeBinOf(e) : 0;
    if (!was_string) dbSizesTake(d, e);
    if (entryIsPointer(e)) evictValue(d, key, e, s);
    int64_t old_ms = entryDeadline(e);
    int64_t new_ms = s->keep_deadline ? old_ms : s->deadline_ms;
    bool same = old_ms == new_ms;
    if (!same && entryHasDeadline(e)) expiryDictRemove(d->expires, e, key.hash);
    entry *now =
        s->text ? entrySetStringUntil(e, *s->text, new_ms) : entrySetIntUntil(e, s->number, new_ms);
    if (was_string)
        dbSizesChanged(d, bin, now);
    else
        dbSizesPut(d, now);
    d->changes++;
    if (same) {
        dbRepoint(d, key.hash, e, now);
        return now;
    }
    if (now != e) dictRepoint(d->keys, key.hash, e, now);
    if (entryHasDeadline(now)) dbNoteDeadline(d, now, key.hash);
    return now;
}

static entry *setString(db *d, keyRef key, const newString *s) {
    entry *e = dictFind(d->keys, key);
    if (e && !(d->may_expire && dbIsPastDeadline(d, e))) return replaceString(d, key, e, s);
    /* Made before the old one goes, whose bytes the key may be. */
    entry *fresh = makeString(key, s);
    if (e) dbRemoveEntry(d, key, e, DB_EXPIRED);
    return linkEntry(d, key.hash, fresh);
}

entry *dbSetString(db *d, keyRef key, bytes value, bool keep_deadline) {
    newString s = {.text = &value, .deadline_ms = DEADLINE_NONE, .keep_deadline = keep_deadline};
    return setString(d, key, &s);
}

entry *dbSetStringUntil(db *d, keyRef key, bytes value, int64_t deadline_ms) {
    newString s = {.text = &value, .deadline_ms = deadline_ms};
    return setString(d, key, &s);
}

entry *dbSetInt(db *d, keyRef key, int64_t value, bool keep_deadline) {
    newString s = {.number = value, .deadline_ms = DEADLINE_NONE, .keep_deadline = keep_deadline};
    return setString(d, key, &s);
}

/* ---- changing in hand ---- */

entry *dbUpdateInt(db *d, keyRef key, entry *e, int64_t value) {
    ensure(entryType(e) == TYPE_STRING);
    unsigned before = dbSizeBinOf(e);
    entry *now = entrySetInt(e, value);
    dbRepoint(d, key.hash, e, now);
    dbSizesChanged(d, before, now);
    d->changes++;
    return now;
}

entry *dbUpdateString(db *d, keyRef key, entry *e, bytes value) {
    ensure(entryType(e) == TYPE_STRING);
    unsigned before = dbSizeBinOf(e);
    entry *now = entrySetString(e, value);
    dbRepoint(d, key.hash, e, now);
    dbSizesChanged(d, before, now);
    d->changes++;
    return now;
}

entry *dbUpdateText(db *d, keyRef key, entry *e, bytes value) {
    ensure(entryType(e) == TYPE_STRING);
    unsigned before = dbSizeBinOf(e);
    entry *now = entrySetText(e, value);
    dbRepoint(d, key.hash, e, now);
    dbSizesChanged(d, before, now);
    d->changes++;
    return now;
}

entry *dbEditString(db *d, keyRef key, entry *e, size_t size, char **data) {
    unsigned before = dbSizeBinOf(e);
    entry *now = entryEditString(e, size, data);
    if (!now) return NULL;
    dbRepoint(d, key.hash, e, now);
    dbSizesChanged(d, before, now);
    d->changes++;
    return now;
}

/* ---- whole entries in and out ---- */

entry *dbAdd(db *d, keyRef key, entry *e) {
    /* To a replica a key that it only hides is not there, but its name is still taken. */
    entry *hidden = d->may_expire ? NULL : dictFind(d->keys, key);
    if (hidden) {
        ensure(dbIsPastDeadline(d, hidden));
        dbRemoveEntry(d, key, hidden, DB_OVERWRITTEN);
    }
    return linkEntry(d, key.hash, e);
}

entry *dbReplace(db *d, keyRef key, entry *e) {
    entry *old = dbOpen(d, key);
    if (!old) return dbAdd(d, key, e);
    d->hooks->removed(d->hooks->ctx, d, key, old, DB_OVERWRITTEN);
    dbUnfileFields(d, old, key.hash);
    if (entryHasDeadline(old)) expiryDictRemove(d->expires, old, key.hash);
    entrySetAccess(e, entryAccess(old));
    dictRepoint(d->keys, key.hash, old, e);
    dbSizesTake(d, old);
    dbSizesPut(d, e);
    d->changes++;
    if (entryHasDeadline(e)) dbNoteDeadline(d, e, key.hash);
    dbFieldsChanged(d, keyOfEntry(e, key.hash), e);
    discardEntry(d->discard, old);
    return e;
}

entry *dbAddCollection(db *d, keyRef key, valueType type, encoding enc, void *collection) {
    return dbAdd(d, key, entryNewCollection(key.name, type, enc, collection));
}

bool dbDelete(db *d, keyRef key, dbReason why) {
    entry *e = dictFind(d->keys, key);
    if (!e) return false;
    bool expired = d->may_expire && dbIsPastDeadline(d, e);
    dbRemoveEntry(d, key, e, expired ? DB_EXPIRED : why);
    return !expired;
}

void dbDeleteEntry(db *d, keyRef key, entry *e, dbReason why) {
    dbRemoveEntry(d, key, e, why);
}

entry *dbDetach(db *d, keyRef key, entry *e) {
    d->hooks->removed(d->hooks->ctx, d, key, e, DB_MOVED);
    unlinkEntry(d, key.hash, e);
    return e;
}
