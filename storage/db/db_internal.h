/* db_internal.h - the inside of a db, for db*.c alone. */
#ifndef EBB_STORAGE_DB_DB_INTERNAL_H
#define EBB_STORAGE_DB_DB_INTERNAL_H

#include "expire/index/expiry_dict.h"
#include "storage/db/db.h"
#include "storage/db/db_sizes.h"
#include "storage/struct/dict.h"

/* A collection that somebody may be changing, and the bin it is counted in. */
typedef struct dbSizeOpen {
    entry *e;
    uint8_t bin;
} dbSizeOpen;

enum { DB_SIZES_OPEN = 8 };

/* See db_sizes.h. */
typedef struct dbSizeCounts {
    unsigned open_count;
    dbSizeOpen open[DB_SIZES_OPEN];
    uint64_t counts[TYPE_COUNT][DB_SIZE_BINS];
} dbSizeCounts;

struct db {
    dict *keys;
    expiryDict *expires; /* exactly the entries of 'keys' that have a deadline */
    deadlines *fields;   /* and those that have fields with one, see db_fields.h */
    const int64_t *now_ms;
    const dbHooks *hooks;
    discardQueue *discard;
    dbSizeCounts *sizes; /* NULL before the first key */
    uint64_t changes;
    int id;
    bool may_expire;
};

extern const dictType dbKeysType;
extern const deadlinesType dbFieldsType;

/* Past its deadline, for an entry that has one. */
static inline bool isPast(const db *d, const entry *e) {
    return *d->now_ms > entryDeadline(e);
}

static inline keyRef keyOfEntry(const entry *e, uint64_t hash) {
    return (keyRef){entryKey(e), hash};
}

/* Tells the hooks, takes 'e' out of both dicts and frees it. The name of 'key' may lie inside e. */
void dbRemoveEntry(db *d, keyRef key, entry *e, dbReason why);

/* 'e', which carries a deadline, into the expiry dictionary; tells the hook where it is the next.
 */
void dbNoteDeadline(db *d, entry *e, uint64_t hash);

/* The entry at 'from' now lives at 'to', its deadline unchanged. */
void dbRepoint(db *d, uint64_t hash, const entry *from, entry *to);

/* Takes 'e' out of the index of hashes, where it is in it; or lets the index follow a move. */
void dbUnfileFields(db *d, entry *e, uint64_t hash);
void dbRepointFields(db *d, uint64_t hash, const entry *from, entry *to);

/* ---- counting keys by size: db_sizes.c ---- */

/* 'e' is a key from now on, or no longer. */
void dbSizesPut(db *d, entry *e);
void dbSizesTake(db *d, const entry *e);
void dbSizesClear(db *d);
void dbSizesCheck(const db *d);

/* 'e' is about to be changed, maybe. */
void dbSizesOpenSlow(db *d, entry *e);
static inline void dbSizesOpen(db *d, entry *e) {
    if (entryType(e) != TYPE_STRING) dbSizesOpenSlow(d, e);
}

/* The entry at 'from' now lives at 'to'. */
void dbSizesMovedSlow(db *d, const entry *from, entry *to);
static inline void dbSizesMoved(db *d, const entry *from, entry *to) {
    if (d->sizes->open_count) dbSizesMovedSlow(d, from, to);
}

/* The string 'e' has another value than the one that was of bin 'before'. */
static inline void dbSizesChanged(db *d, unsigned before, const entry *e) {
    unsigned bin = dbSizeBinOf(e);
    if (bin == before) return;
    d->sizes->counts[TYPE_STRING][before]--;
    d->sizes->counts[TYPE_STRING][bin]++;
}

#endif
