/* db.h - one logical database: keys, their values and their deadlines.
 *
 * The main dict (key -> entry) and the expiry dictionary beside it. Knows nothing of clients,
 * replies or replication. What others must learn about a change leaves through dbHooks, given once
 * to dbNew(): they record facts while the key is still readable and never call back into the db.
 *
 * The db owns each entry it holds. A pointer from dbLookup() or dbOpen() is borrowed: it is good
 * until the next write to the same db. Whatever may relocate an entry returns the new address and
 * has already re-pointed dict and expiry dictionary. Keys passed in may lie inside an entry that
 * the call frees: the db is done with them before. */
#ifndef EBB_STORAGE_DB_DB_H
#define EBB_STORAGE_DB_DB_H

#include "storage/base/hash.h"
#include "storage/base/rng.h"
#include "storage/db/discard.h"
#include "storage/struct/deadlines.h"
#include "storage/struct/dict_iter.h"
#include "storage/types/entry.h"

typedef struct db db; /* defined in db_internal.h */

typedef enum dbReason {
    DB_DELETED,     /* DEL and its kin */
    DB_EXPIRED,     /* its deadline passed */
    DB_EVICTED,     /* memory was short */
    DB_OVERWRITTEN, /* another value took its name */
    DB_MOVED        /* it lives on under another name or in another db */
} dbReason;

typedef struct dbHooks {
    void *ctx;
    /* 'e', or with DB_OVERWRITTEN only its value, is about to leave; it is still readable. Not
     * called by dbFlush, nor where a string takes the place of one that is no blob. No 'added'
     * follows DB_OVERWRITTEN. */
    void (*removed)(void *ctx, db *d, keyRef key, const entry *e, dbReason why);
    /* A key that was not there has come. */
    void (*added)(void *ctx, db *d, keyRef key, const entry *e);
    /* The next deadline of this db, of a key or a field, may have become earlier than it was. May
     * be NULL. */
    void (*dueSooner)(void *ctx, db *d, int64_t deadline_ms);
    /* A field of a hash is about to expire; then, how many of the hash have. If they were its last,
     * 'removed' follows with DB_DELETED. May be NULL. */
    void (*fieldExpired)(void *ctx, db *d, keyRef key, bytes field);
    void (*fieldsExpired)(void *ctx, db *d, keyRef key, size_t count);
} dbHooks;

/* 'now_ms' is read at each call: the server freezes it for a command. 'id' is what SELECT names.
 * 'hooks', 'now_ms' and 'discard' outlive the db. */
db *dbNew(int id, const dbHooks *hooks, const int64_t *now_ms, discardQueue *discard);
void dbFree(db *d);

int dbId(const db *d);
size_t dbCount(const db *d);         /* keys, those past their deadline but still there included */
size_t dbExpiresCount(const db *d);  /* keys with a deadline */
size_t dbTableBytes(const db *d);    /* main dict, expiry dictionary, index of hashes */
size_t dbExpiresBytes(const db *d);  /* the expiry dictionary alone */
dictStats dbTableStats(const db *d); /* of the main dict; walks it: for DEBUG HTSTATS */

/* Where keys past their deadline may not be removed (a replica, CLIENT PAUSE): false only hides
 * them. What comes under the name of a hidden key (dbAdd, dbSet...) overwrites it then, and
 * dbDelete removes it as told and not as expired: the primary knows. */
void dbSetMayExpire(db *d, bool may);

/* Grows with each call that changed something: test builds check that a change was reported. Not by
 * housekeeping (dbReserve, dbShrinkStep, dbDefragStep). What a caller writes into an entry by
 * itself is not seen here. */
uint64_t dbChanges(const db *d);

/* ---- finding ---- */

/* A view of the entry of 'key', or NULL if absent or past its deadline. Changes nothing. */
const entry *dbLookup(const db *d, keyRef key);
/* The entry of 'key' for changing; NULL if absent. Removes a key past its deadline where the server
 * may. The only door to a change. */
entry *dbOpen(db *d, keyRef key);
/* Even past its deadline: for DEBUG and those who must see it. */
const entry *dbPeek(const db *d, keyRef key);
/* True one millisecond after its deadline, not at it. */
bool dbIsPastDeadline(const db *d, const entry *e);

/* Hints, see dict.h. */
void dbPrefetchBucket(const db *d, uint64_t hash);
void dbPrefetchEntry(const db *d, uint64_t hash);

/* ---- changing ---- */

/* Stores 'value' as a string under a copy of 'key', replacing what was there (DB_OVERWRITTEN where
 * that was of another type or a blob) and keeping its deadline only if 'keep_deadline'. One lookup;
 * no allocation where the new value is of the old one's size class. Returns the entry. */
entry *dbSetString(db *d, keyRef key, bytes value, bool keep_deadline);
/* As dbSetString with an integer. */
entry *dbSetInt(db *d, keyRef key, int64_t value, bool keep_deadline);
/* As dbSetString, due at 'deadline_ms' (DEADLINE_NONE: never): SET with EX in one change of size.
 */
entry *dbSetStringUntil(db *d, keyRef key, bytes value, int64_t deadline_ms);
/* 'e' is what dbOpen gave for 'key'. They keep the deadline. */
entry *dbUpdateInt(db *d, keyRef key, entry *e, int64_t value);
entry *dbUpdateString(db *d, keyRef key, entry *e, bytes value);
entry *dbUpdateText(db *d, keyRef key, entry *e, bytes value); /* never as an integer */
/* As entryEditString on an entry of this db; NULL, and nothing changed, where memory cannot be had.
 */
entry *dbEditString(db *d, keyRef key, entry *e, size_t size, char **data);
/* Adds a collection under a key that is not there. Takes 'collection'. */
entry *dbAddCollection(db *d, keyRef key, valueType type, encoding enc, void *collection);
/* Adds a whole entry (of dbDetach, entryCopy or a loader) whose key is not there. Takes e. */
entry *dbAdd(db *d, keyRef key, entry *e);
/* Adds a whole entry in the place of what is there, if there is something (DB_OVERWRITTEN, unless
 * it was past its deadline), its deadline not kept. Takes e. */
entry *dbReplace(db *d, keyRef key, entry *e);

/* 'deadline_ms' DEADLINE_NONE makes it last. The entry's address from now on. */
entry *dbSetDeadline(db *d, keyRef key, entry *e, int64_t deadline_ms);

/* Removes 'key' and reclaims its value; 'why' reaches the hooks. False if it was not there, or was
 * past its deadline (then it is removed as DB_EXPIRED). */
bool dbDelete(db *d, keyRef key, dbReason why);
/* The same for an entry in hand. */
void dbDeleteEntry(db *d, keyRef key, entry *e, dbReason why);
/* Takes the entry out whole, for RENAME and MOVE (DB_MOVED): its deadline with it. */
entry *dbDetach(db *d, keyRef key, entry *e);

/* Every key at once, in O(1): what was there goes to discard in slices, or, with 'now', is freed
 * before the call returns. The number of keys. No hook is called. */
size_t dbFlush(db *d, bool now);
/* Exchanges keys and deadlines of two dbs (SWAPDB): ids and hooks stay. */
void dbSwap(db *a, db *b);

/* ---- deadlines ---- */
/* Of the key due next, or DEADLINE_NONE; the key goes once the time is greater. */
int64_t dbNextDeadline(const db *d);
/* Up to 'max' keys past their deadline removed as DB_EXPIRED, first things first; the number. */
size_t dbExpireDue(db *d, size_t max);
size_t dbDueEstimate(const db *d);
int64_t dbAverageTtl(const db *d);

/* ---- walking ---- */
/* See dictScan(): 'visit' gets each entry, those past their deadline too. */
uint64_t dbScan(const db *d, uint64_t cursor, void (*visit)(void *ctx, const entry *e), void *ctx);
/* A key drawn uniformly among those not past their deadline (after 100 misses, whatever it met
 * last); NULL of an empty db. */
const entry *dbRandom(const db *d, rng *r);
void dbReserve(db *d, size_t keys);
/* Over each key once, those past their deadline too, in no order, while nothing changes: for
 * dictIteratorNext(), which gives entries. */
dictIterator dbIteratorOf(const db *d);

/* ---- choosing, for eviction: those past their deadline count as any ---- */
/* About 'max' entries, those that lie next to a random point of hash space: independent of age and
 * use, as the hash is, at the cost of one cache line and theirs. The number; some may be there
 * twice in a small db. */
size_t dbSample(const db *d, rng *r, const entry **out, size_t max);
/* One key among all, or among those with a deadline, each as likely as any; NULL if there is none.
 */
const entry *dbRandomAny(const db *d, rng *r);
const entry *dbRandomMortal(const db *d, rng *r);
/* The one with the nearest deadline; NULL if none has one. */
const entry *dbFirstToExpire(const db *d);
/* The entry at this address if it is still there under this hash, else NULL: what 'e' was may be
 * gone. */
entry *dbStillHas(const db *d, uint64_t hash, const entry *e);

/* ---- housekeeping, for expire/cycle ---- */
bool dbIsSparse(const db *d);
/* One step: a sparse segment re-laid or merged. False if there was nothing to do. */
bool dbShrinkStep(db *d);
/* Where a walk over everything in a db stands; zeroed: at the start. */
typedef struct dbDefrag {
    uint64_t cursor; /* of the main dict */
    bool under_way;
    struct dbDefragValue *values; /* collections met on the way that take more than one step */
    size_t moved;                 /* entries; what is in collections the slabs count */
} dbDefrag;
/* One step: some entries and the collections they hold, or a part of one big collection; what lies
 * in victim pages of the passes that are active is moved. False when round (and 'at' is cleared).
 */
bool dbDefragStep(db *d, dbDefrag *at);
/* Gives up half way. */
void dbDefragClear(dbDefrag *at);

void dbCheck(const db *d);

#endif
