#include "expire/cycle/reclaim.h"

#include "storage/base/mem.h"
#include "storage/base/slab.h"

#define MS ((uint64_t)1000000)

/* A pass looks at every entry, so while clients delete at full speed one follows the other only
 * after a pause; one that brought next to nothing doubles it. */
#define PASS_PAUSE_NS     (500 * MS)
#define PASS_PAUSE_MAX_NS (60000 * MS)
/* The heap gives its free pages back by decay, within a second; what is left then is purged. */
#define PURGE_DELAY_NS (1500 * MS)

enum {
    /* Between two looks at the clock, some ten microseconds each. */
    DISCARD_ITEMS = 64,
    WALK_STEPS = 4,
    RETURN_PAGES = 4,
    /* Table and discard steps that make a purge worthwhile. */
    PURGE_STEPS = 32,
};

struct reclaim {
    reclaimHost host;
    reclaimStats stats;
    bool frozen;
    /* ---- the pass under way ---- */
    bool in_pass;
    int db; /* where it is */
    uint64_t cursor;
    size_t pages_before; /* bytes */
    uint64_t next_pass_ns, pass_pause_ns;
    /* ---- the heap ---- */
    size_t heap_steps; /* since the last purge */
    uint64_t purge_ns; /* when it is due, 0: not */
};

reclaim *reclaimNew(const reclaimHost *host) {
    reclaim *r = memAlloc(sizeof *r);
    *r = (reclaim){.host = *host, .pass_pause_ns = PASS_PAUSE_NS};
    return r;
}

static void breakOff(reclaim *r) {
    if (!r->in_pass) return;
    slabPassEnd(SLAB_ENTRY);
    r->in_pass = false;
}

void reclaimFree(reclaim *r) {
    breakOff(r);
    memFree(r);
}

static uint64_t nowNs(const reclaim *r) {
    return r->host.clock->monotonic_ns(r->host.clock->ctx);
}

/* ---- the kinds of work: each does a little, false if there was nothing to do ---- */

static bool freeStep(reclaim *r) {
    if (discardPending(r->host.discard) == 0) return false;
    r->stats.state = RECLAIM_FREEING;
    r->heap_steps++;
    discardStep(r->host.discard, DISCARD_ITEMS);
    return true;
}

static bool shrinkStep(reclaim *r) {
    if (r->frozen) return false;
    for (int i = 0; i < r->host.db_count; i++) {
        if (!dbIsSparse(r->host.dbs[i])) continue;
        r->stats.state = RECLAIM_SHRINKING;
        r->heap_steps++;
        dbShrinkStep(r->host.dbs[i]);
        return true;
    }
    return false;
}

/* Slabs are the process's: another server of it may be in a pass of its own. */
static bool mayBeginPass(const reclaim *r, uint64_t now_ns) {
    return now_ns >= r->next_pass_ns && !slabPassActive(SLAB_ENTRY) &&
           slabPassWorthwhile(SLAB_ENTRY);
}

static void beginPass(reclaim *r) {
    slabPassBegin(SLAB_ENTRY);
    r->in_pass = true;
    r->db = 0;
    r->cursor = 0;
    r->pages_before = slabStatsOf(SLAB_ENTRY).page_bytes;
}

/* What the pass could not reach (entries waiting in discard) must not bring on pass after pass. */
static void endPass(reclaim *r, uint64_t now_ns) {
    breakOff(r);
    r->stats.passes++;
    size_t pages_after = slabStatsOf(SLAB_ENTRY).page_bytes;
    bool useful = pages_after + r->pages_before / 64 < r->pages_before;
    r->pass_pause_ns = useful ? PASS_PAUSE_NS : r->pass_pause_ns * 2;
    if (r->pass_pause_ns > PASS_PAUSE_MAX_NS) r->pass_pause_ns = PASS_PAUSE_MAX_NS;
    r->next_pass_ns = now_ns + r->pass_pause_ns;
}

static bool moveStep(reclaim *r, uint64_t now_ns) {
    if (!r->in_pass) {
        if (r->frozen || !mayBeginPass(r, now_ns)) return false;
        beginPass(r);
    }
    r->stats.state = RECLAIM_MOVING;
    size_t moved = 0;
    for (int i = 0; i < WALK_STEPS && r->db < r->host.db_count; i++) {
        if (dbCount(r->host.dbs[r->db]) > 0)
            r->cursor = dbDefragStep(r->host.dbs[r->db], r->cursor, &moved);
        else
            r->cursor = 0;
        if (r->cursor == 0) r->db++;
    }
    r->stats.moved += moved;
    if (r->db == r->host.db_count) endPass(r, now_ns);
    return true;
}

static bool returnStep(reclaim *r) {
    size_t pages = slabReturn(RETURN_PAGES);
    r->stats.pages_returned += pages;
    bool trimmed = pages == 0 && r->host.trim && r->host.trim(r->host.ctx);
    if (pages == 0 && !trimmed) return false;
    r->stats.state = RECLAIM_RETURNING;
    return true;
}

static void purge(reclaim *r) {
    memPurge();
    r->heap_steps = 0;
    r->purge_ns = 0;
    r->stats.purges++;
}

static bool step(reclaim *r, uint64_t now_ns) {
    return freeStep(r) || shrinkStep(r) || moveStep(r, now_ns) || returnStep(r);
}

/* ---- slices ---- */

/* Nothing to do now: how long to sleep. */
static uint64_t sleepNs(reclaim *r, uint64_t now_ns) {
    r->stats.state = RECLAIM_IDLE;
    if (r->heap_steps >= PURGE_STEPS && r->purge_ns == 0) r->purge_ns = now_ns + PURGE_DELAY_NS;
    if (r->purge_ns && now_ns >= r->purge_ns) purge(r);
    uint64_t sleep_ns = r->purge_ns ? r->purge_ns - now_ns : RECLAIM_ASLEEP;
    if (!r->frozen && now_ns < r->next_pass_ns && slabPassWorthwhile(SLAB_ENTRY)) {
        uint64_t pause_ns = r->next_pass_ns - now_ns;
        if (pause_ns < sleep_ns) sleep_ns = pause_ns;
    }
    return sleep_ns;
}

uint64_t reclaimSlice(reclaim *r, uint64_t budget_ns) {
    uint64_t start_ns = nowNs(r), now_ns = start_ns, sleep_ns = 0;
    bool worked = false;
    do {
        if (!step(r, now_ns)) {
            sleep_ns = sleepNs(r, now_ns);
            break;
        }
        worked = true;
        r->purge_ns = 0; /* Once more after this work is done. */
        now_ns = nowNs(r);
    } while (now_ns - start_ns < budget_ns);
    r->stats.slices += worked;
    r->stats.ns += now_ns - start_ns;
    return sleep_ns;
}

void reclaimNow(reclaim *r, uint64_t limit_ns) {
    uint64_t start_ns = nowNs(r), now_ns = start_ns;
    breakOff(r); /* A new pass sees what became sparse behind the old one. */
    r->next_pass_ns = 0;
    while (now_ns - start_ns < limit_ns && step(r, now_ns)) now_ns = nowNs(r);
    purge(r);
    r->stats.state = RECLAIM_IDLE;
    r->stats.ns += now_ns - start_ns;
}

bool reclaimUntil(reclaim *r, size_t used_bytes, uint64_t limit_ns) {
    uint64_t start_ns = nowNs(r);
    while (memUsed() > used_bytes)
        if (nowNs(r) - start_ns >= limit_ns || !freeStep(r)) return false;
    return true;
}

void reclaimSetFrozen(reclaim *r, bool frozen) {
    r->frozen = frozen;
    if (frozen) breakOff(r);
}

void reclaimShake(reclaim *r) {
    if (r->frozen) return;
    while (shrinkStep(r)) continue;
    if (!r->in_pass) {
        if (slabPassActive(SLAB_ENTRY)) return;
        beginPass(r);
    }
    r->db = 0;
    r->cursor = 0;
    while (r->in_pass) moveStep(r, 0);
    r->next_pass_ns = 0;
    r->heap_steps = 0;
    r->stats.state = RECLAIM_IDLE;
}

/* ---- figures ---- */

reclaimStats reclaimStatsOf(const reclaim *r) {
    return r->stats;
}

const char *reclaimStateText(reclaimState state) {
    static const char *const texts[] = {"idle", "freeing", "shrinking tables", "moving items",
                                        "returning pages"};
    return texts[state];
}
