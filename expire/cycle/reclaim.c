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
    RETURN_PAGES_MAX = 16,
    /* Table and discard steps that make a purge worthwhile. */
    PURGE_STEPS = 32,
};
/* What a page costs to return is the kernel's affair: 3 us on iron, 200 us were seen on a virtual
 * machine. So as many at once as take about so long, by the dearest ones of late. */
#define RETURN_NS ((uint64_t)50000)

/* What a reclaim knows of one kind of slabs. A pass walks everything once for all kinds that are
 * worth it. */
typedef struct kindPass {
    bool active;
    size_t pages_before; /* bytes, when the pass began */
    uint64_t next_ns, pause_ns;
} kindPass;

struct reclaim {
    reclaimHost host;
    reclaimStats stats;
    bool frozen;
    /* ---- the pass under way ---- */
    bool in_pass;
    int db; /* where it is */
    dbDefrag at;
    kindPass kinds[SLAB_PASSES];
    uint64_t page_ns; /* what a page costs to return */
    /* ---- the heap ---- */
    size_t heap_steps; /* since the last purge */
    uint64_t purge_ns; /* when it is due, 0: not */
};

reclaim *reclaimNew(const reclaimHost *host) {
    reclaim *r = memAlloc(sizeof *r);
    *r = (reclaim){.host = *host, .page_ns = RETURN_NS};
    for (int kind = 0; kind < SLAB_PASSES; kind++) r->kinds[kind].pause_ns = PASS_PAUSE_NS;
    return r;
}

static void breakOff(reclaim *r) {
    if (!r->in_pass) return;
    for (unsigned kind = 0; kind < SLAB_PASSES; kind++) {
        if (r->kinds[kind].active) slabPassEnd(kind);
        r->kinds[kind].active = false;
    }
    dbDefragClear(&r->at);
    r->in_pass = false;
    r->stats.pass_began_ns = 0;
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
    if (discardIsEmpty(r->host.discard)) return false;
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
static bool mayBegin(const reclaim *r, slabKind kind, uint64_t now_ns) {
    return now_ns >= r->kinds[kind].next_ns && !slabPassActive(kind) && slabPassWorthwhile(kind);
}

static void beginKind(reclaim *r, slabKind kind) {
    slabPassBegin(kind);
    r->kinds[kind].active = true;
    r->kinds[kind].pages_before = slabStatsOf(kind).page_bytes;
    r->in_pass = true;
    r->db = 0;
    if (!r->stats.pass_began_ns) r->stats.pass_began_ns = nowNs(r);
}

static bool beginPass(reclaim *r, uint64_t now_ns) {
    for (unsigned kind = 0; kind < SLAB_PASSES; kind++)
        if (mayBegin(r, kind, now_ns)) beginKind(r, kind);
    return r->in_pass;
}

/* What the pass could not reach (items waiting in discard) must not bring on pass after pass. */
static void planNext(kindPass *k, slabKind kind, uint64_t now_ns) {
    size_t pages_after = slabStatsOf(kind).page_bytes;
    bool useful = pages_after + k->pages_before / 64 < k->pages_before;
    k->pause_ns = useful ? PASS_PAUSE_NS : k->pause_ns * 2;
    if (k->pause_ns > PASS_PAUSE_MAX_NS) k->pause_ns = PASS_PAUSE_MAX_NS;
    k->next_ns = now_ns + k->pause_ns;
}

static void endPass(reclaim *r, uint64_t now_ns) {
    bool was_active[SLAB_PASSES];
    for (unsigned kind = 0; kind < SLAB_PASSES; kind++) was_active[kind] = r->kinds[kind].active;
    breakOff(r);
    r->stats.passes++;
    for (unsigned kind = 0; kind < SLAB_PASSES; kind++)
        if (was_active[kind]) planNext(&r->kinds[kind], kind, now_ns);
}

static bool moveStep(reclaim *r, uint64_t now_ns) {
    if (!r->in_pass && (r->frozen || !beginPass(r, now_ns))) return false;
    r->stats.state = RECLAIM_MOVING;
    size_t moved_before = slabStatsTotal().moved;
    /* What lies in the heap is big. */
    int steps = slabPassActive(SLAB_HEAP) ? 1 : WALK_STEPS;
    for (int i = 0; i < steps && r->db < r->host.db_count; i++)
        if (!dbDefragStep(r->host.dbs[r->db], &r->at)) r->db++;
    r->stats.moved += slabStatsTotal().moved - moved_before;
    if (r->db == r->host.db_count) endPass(r, now_ns);
    return true;
}

static size_t returnPages(reclaim *r) {
    uint64_t start_ns = nowNs(r), most = RETURN_NS / (r->page_ns + 1) + 1;
    size_t pages = slabReturn(most < RETURN_PAGES_MAX ? most : RETURN_PAGES_MAX);
    uint64_t each_ns = pages ? (nowNs(r) - start_ns) / pages : 0;
    r->page_ns -= r->page_ns / 16;
    if (each_ns > r->page_ns) r->page_ns = each_ns;
    return pages;
}

static bool returnStep(reclaim *r) {
    size_t pages = returnPages(r);
    r->stats.pages_returned += pages;
    bool trimmed = pages == 0 && r->host.trim && r->host.trim(r->host.ctx);
    if (pages == 0 && !trimmed) return false;
    r->stats.state = RECLAIM_RETURNING;
    return true;
}

/* 'now': it is asked for, and whoever asks waits for it. */
static void purge(reclaim *r, bool now) {
    if (now || !r->host.purge)
        memPurge();
    else
        r->host.purge(r->host.ctx);
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
    if (r->purge_ns && now_ns >= r->purge_ns) purge(r, false);
    uint64_t sleep_ns = r->purge_ns ? r->purge_ns - now_ns : RECLAIM_ASLEEP;
    for (unsigned kind = 0; kind < SLAB_PASSES && !r->frozen; kind++) {
        uint64_t next_ns = r->kinds[kind].next_ns;
        if (now_ns < next_ns && next_ns - now_ns < sleep_ns && slabPassWorthwhile(kind))
            sleep_ns = next_ns - now_ns;
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
        uint64_t began_ns = now_ns;
        now_ns = nowNs(r);
        if (r->stats.state == RECLAIM_MOVING) r->stats.moving_ns += now_ns - began_ns;
    } while (now_ns - start_ns < budget_ns);
    r->stats.slices += worked;
    r->stats.ns += now_ns - start_ns;
    return sleep_ns;
}

void reclaimNow(reclaim *r, uint64_t limit_ns) {
    uint64_t start_ns = nowNs(r), now_ns = start_ns;
    breakOff(r); /* A new pass sees what became sparse behind the old one. */
    for (int kind = 0; kind < SLAB_PASSES; kind++) r->kinds[kind].next_ns = 0;
    while (now_ns - start_ns < limit_ns && step(r, now_ns)) now_ns = nowNs(r);
    purge(r, true);
    r->stats.state = RECLAIM_IDLE;
    r->stats.ns += now_ns - start_ns;
}

static bool lightenStep(reclaim *r) {
    return freeStep(r) || shrinkStep(r) || (r->host.trim && r->host.trim(r->host.ctx));
}

bool reclaimUntil(reclaim *r, size_t used_bytes, uint64_t limit_ns) {
    uint64_t start_ns = nowNs(r);
    while (memUsed() > used_bytes)
        if (nowNs(r) - start_ns >= limit_ns || !lightenStep(r)) return false;
    return true;
}

void reclaimSetFrozen(reclaim *r, bool frozen) {
    r->frozen = frozen;
    if (frozen) breakOff(r);
}

void reclaimShake(reclaim *r) {
    if (r->frozen) return;
    while (shrinkStep(r)) continue;
    breakOff(r);
    for (unsigned kind = 0; kind < SLAB_PASSES; kind++)
        if (!slabPassActive(kind)) beginKind(r, kind);
    while (r->in_pass) moveStep(r, 0);
    for (int kind = 0; kind < SLAB_PASSES; kind++) r->kinds[kind].next_ns = 0;
    r->heap_steps = 0;
    r->stats.state = RECLAIM_IDLE;
}

/* ---- figures ---- */

reclaimStats reclaimStatsOf(const reclaim *r) {
    reclaimStats stats = r->stats;
    stats.keys = r->at.moved;
    return stats;
}

const char *reclaimStateText(reclaimState state) {
    static const char *const texts[] = {"idle", "freeing", "shrinking tables", "moving items",
                                        "returning pages"};
    return texts[state];
}
