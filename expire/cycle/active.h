/* active.h - active expiry: keys, and fields of hashes, go when their time has come, whether
 * anybody asks for them or not.
 *
 * The expiry dictionaries know what is due, in order, so nothing is sampled: a slice visits just
 * the keys past their deadline. Slices are short, taking the dbs in turn by small groups, so that
 * a million keys due at once delay nobody. When the next slice is needed says the next deadline;
 * arming a timer for it is the caller's work.
 *
 * Knows dbs and a clock; nothing of servers, clients, or of who may expire (dbSetMayExpire). */
#ifndef EBB_EXPIRE_CYCLE_ACTIVE_H
#define EBB_EXPIRE_CYCLE_ACTIVE_H

#include "storage/base/clock.h"
#include "storage/db/db.h"

typedef struct activeExpire activeExpire;

/* All of it outlives the activeExpire. 'told' is called after each group of removed keys, so that
 * what the db hooks recorded goes out soon; it may be NULL. */
typedef struct activeExpireHost {
    const clockSource *clock;
    db *const *dbs;
    int db_count;
    void (*told)(void *ctx);
    void *ctx;
} activeExpireHost;

enum { EXPIRE_GROUP = 64 /* keys, and fields, of one db between two looks at the clock */ };

activeExpire *activeExpireNew(const activeExpireHost *host);
void activeExpireFree(activeExpire *x);

typedef struct expireSlice {
    size_t expired; /* keys and fields */
    bool more;      /* the time was up before they were */
} expireSlice;

/* Removes keys and fields past their deadline for 'budget_ns' and at most the time of one group
 * more (some tens of microseconds); one group at the least. */
expireSlice activeExpireSlice(activeExpire *x, uint64_t budget_ns);

/* Of the key or field due next in all dbs, or DEADLINE_NONE. */
int64_t activeExpireNext(const activeExpire *x);

#endif
