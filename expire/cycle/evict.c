#include "expire/cycle/evict.h"

#include "storage/base/mem.h"

enum { DISCARD_ITEMS = 64 };

/* A key that may go. 'rank' orders them: the lowest goes first. It does not depend on the time it
 * was taken at, so candidates of different samplings compare. */
typedef struct candidate {
    uint64_t rank;
    uint64_t hash;
    const entry *e; /* may be gone */
    int db;         /* index into host.dbs */
} candidate;

struct evict {
    evictHost host;
    candidate pool[EVICT_POOL]; /* by rank, the lowest last */
    int count;
};

evict *evictNew(const evictHost *host) {
    evict *x = memAlloc(sizeof *x);
    *x = (evict){.host = *host};
    return x;
}

void evictFree(evict *x) {
    memFree(x);
}

void evictForget(evict *x) {
    x->count = 0;
}

/* ---- ranks ---- */

/* In seconds since 1970, so that bits that wrapped do not matter. */
static uint64_t lastUse(uint32_t access, const evictRules *rules) {
    enum { SHIFT = 32 }; /* what wrapped before 1970 stays above 0 */
    int64_t now_s = rules->access_ms / 1000;
    return ((uint64_t)1 << SHIFT) + (uint64_t)now_s - accessLruIdle(access, rules->access_ms);
}

static uint64_t rankOf(const entry *e, const evictRules *rules) {
    uint32_t access = entryAccess(e);
    if (rules->by == EVICT_BY_USE) return lastUse(access, rules);
    /* Of equal counts neither goes first: the one that was not used for longer had more before. */
    return accessLfuCount(access, rules->access_ms, rules->lfu);
}

/* ---- the pool ---- */

static bool isInPool(const evict *x, const candidate *c) {
    for (int i = 0; i < x->count; i++)
        if (x->pool[i].e == c->e && x->pool[i].hash == c->hash) return true;
    return false;
}

/* Keeps 'c' if it is better than the worst, which then makes way for it. */
static void offer(evict *x, const candidate *c) {
    bool full = x->count == EVICT_POOL;
    if (full && c->rank >= x->pool[0].rank) return;
    if (isInPool(x, c)) return;
    if (full) memmove(&x->pool[0], &x->pool[1], (size_t)--x->count * sizeof x->pool[0]);
    int at = x->count++;
    for (; at > 0 && x->pool[at - 1].rank < c->rank; at--) x->pool[at] = x->pool[at - 1];
    x->pool[at] = *c;
}

static size_t eligible(const evictRules *rules, const db *d) {
    return rules->all_keys ? dbCount(d) : dbExpiresCount(d);
}

/* A db, drawn by its share of the keys that may go; -1 if there are none. */
static int drawDb(evict *x, const evictRules *rules) {
    size_t total = 0;
    for (int i = 0; i < x->host.db_count; i++) total += eligible(rules, x->host.dbs[i]);
    if (total == 0) return -1;
    size_t draw = total == eligible(rules, x->host.dbs[0]) ? 0 : rngBelow(x->host.random, total);
    int at = 0;
    for (; draw >= eligible(rules, x->host.dbs[at]); at++) draw -= eligible(rules, x->host.dbs[at]);
    return at;
}

/* Entries with a deadline lie beside others of about that deadline, which were often set together:
 * each is drawn for itself. */
static size_t sample(evict *x, const evictRules *rules, const db *d, const entry **out) {
    size_t wanted = rules->samples < EVICT_SAMPLES_MAX ? (size_t)rules->samples : EVICT_SAMPLES_MAX;
    if (rules->all_keys) return dbSample(d, x->host.random, out, wanted);
    for (size_t i = 0; i < wanted; i++) {
        out[i] = dbRandomMortal(d, x->host.random);
        __builtin_prefetch(out[i]);
    }
    return wanted;
}

static bool fillPool(evict *x, const evictRules *rules) {
    const entry *found[EVICT_SAMPLES_MAX];
    int at = drawDb(x, rules);
    if (at < 0) return false;
    size_t count = sample(x, rules, x->host.dbs[at], found);
    for (size_t i = 0; i < count; i++) {
        candidate c = {.rank = rankOf(found[i], rules), .e = found[i], .db = at};
        if (x->count == EVICT_POOL && c.rank >= x->pool[0].rank) continue;
        c.hash = entryHash(found[i]);
        offer(x, &c);
    }
    return true;
}

/* The best candidate that is still there and still as little used; NULL: the pool is empty. A swap
 * of dbs, or a deadline taken away, is seen here, too. */
static entry *takeBest(evict *x, const evictRules *rules, int *at) {
    while (x->count) {
        const candidate *c = &x->pool[--x->count];
        entry *e = dbStillHas(x->host.dbs[c->db], c->hash, c->e);
        if (!e || !(rules->all_keys || entryHasDeadline(e))) continue;
        /* The rank of a count may fall with time. */
        if (rankOf(e, rules) > c->rank) continue;
        *at = c->db;
        return e;
    }
    return NULL;
}

/* ---- the choice ---- */

static const entry *byChance(evict *x, const evictRules *rules, int *at) {
    *at = drawDb(x, rules);
    if (*at < 0) return NULL;
    const db *d = x->host.dbs[*at];
    return rules->all_keys ? dbRandomAny(d, x->host.random) : dbRandomMortal(d, x->host.random);
}

static const entry *byDeadline(evict *x, int *at) {
    int64_t next_ms = DEADLINE_NONE;
    *at = -1;
    for (int i = 0; i < x->host.db_count; i++) {
        int64_t ms = dbNextDeadline(x->host.dbs[i]);
        if (ms >= next_ms) continue;
        next_ms = ms;
        *at = i;
    }
    return *at < 0 ? NULL : dbFirstToExpire(x->host.dbs[*at]);
}

/* The next one to go, and in which db it is; NULL if the rules let none go. */
static const entry *choose(evict *x, const evictRules *rules, int *at) {
    switch (rules->by) {
    case EVICT_NOTHING: return NULL;
    case EVICT_BY_CHANCE: return byChance(x, rules, at);
    case EVICT_BY_DEADLINE: return byDeadline(x, at);
    case EVICT_BY_USE:
    case EVICT_BY_FREQUENCY: break;
    }
    const entry *best = NULL;
    while (!best && fillPool(x, rules)) best = takeBest(x, rules, at);
    return best;
}

/* The bytes that went with one key; 0: none may go. */
static size_t evictOne(evict *x, const evictRules *rules) {
    int at = -1;
    entry *e = (entry *)(uintptr_t)choose(x, rules, &at);
    if (!e) return 0;
    size_t size = entryMemory(e);
    keyRef key = {entryKey(e), entryHash(e)};
    dbDelete(x->host.dbs[at], key, DB_EVICTED); /* Or as expired, if it was past its deadline. */
    return size;
}

/* ---- slices ---- */

static uint64_t nowNs(const evict *x) {
    return x->host.clock->monotonic_ns(x->host.clock->ctx);
}

size_t evictUsedBytes(const evict *x) {
    size_t used = memUsed(), waiting = discardPendingBytes(x->host.discard);
    return used > waiting ? used - waiting : 0;
}

/* Up to a group of keys, until they add up to 'surplus' bytes. */
static evictAnswer evictGroup(evict *x, const evictRules *rules, size_t surplus, evictDone *done) {
    evictAnswer answer = done->bytes < surplus ? EVICT_TIME_UP : EVICT_ENOUGH;
    int gone = 0;
    for (; gone < EVICT_GROUP && answer == EVICT_TIME_UP; gone++) {
        size_t size = evictOne(x, rules);
        if (size == 0) {
            answer = EVICT_EXHAUSTED;
            break;
        }
        done->keys++;
        done->bytes += size;
        if (done->bytes >= surplus) answer = EVICT_ENOUGH;
    }
    if (gone && x->host.told) x->host.told(x->host.ctx);
    return answer;
}

evictAnswer evictUntil(evict *x, const evictRules *rules, size_t used_bytes, uint64_t budget_ns,
                       evictDone *done) {
    uint64_t start_ns = nowNs(x);
    size_t used = evictUsedBytes(x), surplus = used > used_bytes ? used - used_bytes : 0;
    evictAnswer answer;
    *done = (evictDone){0};
    while ((answer = evictGroup(x, rules, surplus, done)) == EVICT_TIME_UP)
        if (nowNs(x) - start_ns >= budget_ns) return EVICT_TIME_UP;
    while (memUsed() > used_bytes && !discardIsEmpty(x->host.discard)) {
        if (nowNs(x) - start_ns >= budget_ns) break;
        discardStep(x->host.discard, DISCARD_ITEMS);
    }
    return answer;
}
