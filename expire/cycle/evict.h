/* evict.h - eviction: which keys go when memory is short.
 *
 * By use (LRU), frequency (LFU) or last change (LRM) the best of a few samples goes, as in the
 * caches people know: a pool keeps the best candidates of all samplings so far, so the choice is
 * nearly that of a full order. What is in the pool is looked at again before it goes: a key that
 * was used meanwhile stays. Random draws each key alike; the nearest deadline is exact, from the
 * expiry dictionary.
 *
 * Only keys are removed here (dbDelete, DB_EVICTED); what they hold may wait in discard. So "used"
 * is what memUsed() says without what waits, and one slice does both: evict until that fits, then
 * free what waits. A big value is evicted once, not again and again until it is freed.
 *
 * Knows dbs and a clock, no limits, servers or clients. LRM needs access bits that only writes set:
 * whoever notes accesses minds the policy (server/core). */
#ifndef EBB_EXPIRE_CYCLE_EVICT_H
#define EBB_EXPIRE_CYCLE_EVICT_H

#include "storage/base/clock.h"
#include "storage/db/db.h"
#include "storage/types/access.h"

typedef struct evict evict;

/* All of it outlives the evict. 'told' is called after each group of removed keys, so that what the
 * db hooks recorded goes out soon; it may be NULL. */
typedef struct evictHost {
    const clockSource *clock;
    db *const *dbs;
    int db_count;
    discardQueue *discard;
    rng *random;
    void (*told)(void *ctx);
    void *ctx;
} evictHost;

typedef enum evictBy {
    EVICT_NOTHING,
    EVICT_BY_USE, /* also by last change: what the access bits stand for */
    EVICT_BY_FREQUENCY,
    EVICT_BY_CHANCE,
    EVICT_BY_DEADLINE
} evictBy;

typedef struct evictRules {
    evictBy by;
    bool all_keys; /* else only those with a deadline */
    int samples;   /* keys looked at for each one that goes; EVICT_SAMPLES_MAX at the most */
    accessLfuRules lfu;
    int64_t access_ms; /* the time that access bits are judged by */
} evictRules;

enum { EVICT_SAMPLES_MAX = 64, EVICT_POOL = 16, EVICT_GROUP = 16 /* keys between two looks */ };

evict *evictNew(const evictHost *host);
void evictFree(evict *x);

/* Forgets the candidates: the access bits mean something else from now on. */
void evictForget(evict *x);

typedef enum evictAnswer {
    EVICT_ENOUGH,   /* it fits, what waits in discard not counted */
    EVICT_TIME_UP,  /* there is more to evict */
    EVICT_EXHAUSTED /* nothing is left that the rules let go */
} evictAnswer;

/* memUsed() without what waits in discard. */
size_t evictUsedBytes(const evict *x);

typedef struct evictDone {
    size_t keys, bytes; /* that went, and what they took */
} evictDone;

/* Removes keys that take together what is too much at its beginning: what others keep because of
 * a key that went (news of it that wait in buffers) does not bring on the next key. Then frees of
 * what waits until memUsed() is 'used_bytes' at the most. Ends, with one group of keys gone if so
 * many had to, after about 'budget_ns'. */
evictAnswer evictUntil(evict *x, const evictRules *rules, size_t used_bytes, uint64_t budget_ns,
                       evictDone *done);

#endif
