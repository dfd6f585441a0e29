/* reclaim.h - the background task that gives memory back.
 *
 * Works in slices of some hundred microseconds, always on the first of these that needs it:
 *
 *   freeing              what UNLINK, FLUSHALL and big deletes left (storage/db/discard)
 *   shrinking tables     sparse segments of the dbs re-laid or merged
 *   moving items         a pass over the entries empties the sparsest slab pages
 *   returning pages      empty pages to the kernel, spare reply chunks to the heap, and, when all
 *                        is done, the heap's free pages to the kernel
 *
 * so what serves many comes before what it makes easier. Between two slices anything may happen to
 * the dbs. With nothing left to do it sleeps: whoever removes keys wakes it (server/core).
 *
 * Knows dbs, slabs and a clock, nothing of servers and clients. */
#ifndef EBB_EXPIRE_CYCLE_RECLAIM_H
#define EBB_EXPIRE_CYCLE_RECLAIM_H

#include "storage/base/clock.h"
#include "storage/db/db.h"

typedef struct reclaim reclaim;

/* All of it outlives the reclaim. */
typedef struct reclaimHost {
    const clockSource *clock;
    db *const *dbs;
    int db_count;
    discardQueue *discard;
    /* Frees a little of what else lies unused; false when nothing is left. May be NULL. */
    bool (*trim)(void *ctx);
    /* Sees to it that the heap's free pages go back to the kernel, soon. NULL: memPurge() at once.
     */
    void (*purge)(void *ctx);
    void *ctx;
} reclaimHost;

reclaim *reclaimNew(const reclaimHost *host);
/* Breaks off a pass under way. */
void reclaimFree(reclaim *r);

#define RECLAIM_ASLEEP UINT64_MAX

/* Works for about 'budget_ns' (some 50 us more at the worst). Returns in how many nanoseconds it
 * wants to go on: 0 while there is work, RECLAIM_ASLEEP when there is none in sight. */
uint64_t reclaimSlice(reclaim *r, uint64_t budget_ns);

/* Everything at once, with one pass from its start, the heap's free pages included: MEMORY PURGE.
 * Ends after about 'limit_ns' at the latest. */
void reclaimNow(reclaim *r, uint64_t limit_ns);
/* Only what lowers memUsed() (frees what waits in discard, shrinks tables, trims), until there is
 * no more of it or memUsed() is down to 'used_bytes' or the time is up; true if used_bytes was
 * reached. For a write about to be refused. */
bool reclaimUntil(reclaim *r, size_t used_bytes, uint64_t limit_ns);

/* While a forked child shares the pages nothing is moved, merged or re-laid: each page written to
 * would be copied. Freeing and returning goes on. */
void reclaimSetFrozen(reclaim *r, bool frozen);

/* Moves every entry of every db that a pass can move (under EBB_SHAKE all of them) and shrinks all
 * tables: test builds do it after each command. */
void reclaimShake(reclaim *r);

typedef enum reclaimState {
    RECLAIM_IDLE,
    RECLAIM_FREEING,
    RECLAIM_SHRINKING,
    RECLAIM_MOVING,
    RECLAIM_RETURNING
} reclaimState;

typedef struct reclaimStats {
    reclaimState state;
    uint64_t slices, ns;
    uint64_t passes; /* that were walked to their end */
    uint64_t moved;  /* items */
    uint64_t keys;   /* entries among them */
    uint64_t moving_ns;
    uint64_t pass_began_ns; /* the one under way; 0: none is */
    uint64_t pages_returned;
    uint64_t purges;
} reclaimStats;
reclaimStats reclaimStatsOf(const reclaim *r);
/* "idle", "freeing", "shrinking tables", "moving items", "returning pages": for INFO. */
const char *reclaimStateText(reclaimState state);

#endif
