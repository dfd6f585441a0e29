/* Random work on several dbs with expiry and reclaim running in between, slice by slice; at the end
 * everything left must be there, everything due gone, and the memory near its ideal. */
#include "expire/cycle/active.h"
#include "expire/cycle/reclaim.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/base/slab.h"
#include "tests/support/dbs_rig.h"
#include "tests/support/suite.h"

enum { NAMES = 12000 };

/* What is known of a key: how long its value is and when it dies. */
typedef struct model {
    uint16_t size;
    bool there;
    int64_t deadline_ms;
} model;

static dbsRig rig;
static model models[RIG_DBS][NAMES];
static rng random_state;
static activeExpire *expire;
static reclaim *background;

static size_t below(size_t bound) {
    return (size_t)rngBelow(&random_state, bound);
}

static bool lives(const model *m) {
    return m->there && rig.now_ms <= m->deadline_ms;
}

static void set(int id, size_t n) {
    static const char value[400];
    char room[32];
    model *m = &models[id][n];
    int64_t deadline_ms = below(3) ? DEADLINE_NONE : rig.now_ms + (int64_t)below(3000);
    *m = (model){.size = (uint16_t)(16 + below(285)), .there = true, .deadline_ms = deadline_ms};
    dbSetStringUntil(rig.dbs[id], rigKey(n, room, sizeof room), bytesOf(value, m->size),
                     deadline_ms);
}

static void delete (int id, size_t n) {
    char room[32];
    model *m = &models[id][n];
    ensure(dbDelete(rig.dbs[id], rigKey(n, room, sizeof room), DB_DELETED) == lives(m));
    m->there = false;
}

static void flush(int id) {
    dbFlush(rig.dbs[id], false);
    memset(models[id], 0, sizeof models[id]);
}

/* Some random work, mostly of one kind for a while, so that dbs grow and shrink far. */
static void work(size_t count, size_t delete_percent) {
    for (size_t i = 0; i < count; i++) {
        int id = (int)below(RIG_DBS);
        size_t n = below(NAMES);
        if (below(100) < delete_percent)
            delete (id, n);
        else
            set(id, n);
    }
}

static void checkAll(void) {
    char room[32];
    for (int id = 0; id < RIG_DBS; id++) {
        size_t living = 0;
        for (size_t n = 0; n < NAMES; n++) {
            const model *m = &models[id][n];
            const entry *e = dbLookup(rig.dbs[id], rigKey(n, room, sizeof room));
            ck_assert_int_eq(e != NULL, lives(m));
            living += lives(m);
            if (e) ck_assert_uint_eq(entryStringSize(e), m->size);
            if (e) ck_assert_int_eq(entryDeadline(e), m->deadline_ms);
        }
        ck_assert_uint_ge(dbCount(rig.dbs[id]), living);
        dbCheck(rig.dbs[id]);
    }
}

static void expireAll(void) {
    while (activeExpireSlice(expire, 500000).more) continue;
    for (int id = 0; id < RIG_DBS; id++) {
        size_t living = 0;
        for (size_t n = 0; n < NAMES; n++) living += lives(&models[id][n]);
        ck_assert_uint_eq(dbCount(rig.dbs[id]), living);
    }
}

static void settle(void) {
    for (;;) {
        uint64_t sleep_ns = reclaimSlice(background, 500000);
        if (sleep_ns == RECLAIM_ASLEEP) break;
        rig.now_ns += sleep_ns;
    }
    ck_assert_uint_eq(discardPending(rig.discard), 0);
    size_t table_bytes = 0, keys = 0;
    for (int id = 0; id < RIG_DBS; id++) {
        ck_assert(!dbIsSparse(rig.dbs[id]));
        table_bytes += dbTableBytes(rig.dbs[id]);
        keys += dbCount(rig.dbs[id]) + dbExpiresCount(rig.dbs[id]);
    }
    ck_assert_uint_le(table_bytes, keys * 16 + 20000);
    /* A page begun for each of 40 size classes is lost to cutting, not to sparseness. */
    slabStats slabs = slabStatsOf(SLAB_ENTRY);
    ck_assert_uint_le(slabs.page_bytes, slabs.item_bytes * 112 / 100 + 40 * SLAB_PAGE);
    ck_assert_uint_le(slabs.empty_bytes, 17 * SLAB_PAGE);
}

START_TEST(whateverHappensMemoryComesBackAndNothingIsLost) {
    rngSeed(&random_state, suiteSeed());
    rigInit(&rig);
    expire = activeExpireNew(
        &(activeExpireHost){.clock = &rig.clock, .dbs = rig.dbs, .db_count = RIG_DBS});
    background = reclaimNew(&(reclaimHost){
        .clock = &rig.clock, .dbs = rig.dbs, .db_count = RIG_DBS, .discard = rig.discard});
    uint64_t rounds = suiteRounds(8);
    for (uint64_t round = 0; round < rounds; round++) {
        size_t delete_percent = (size_t[]){5, 50, 95}[below(3)];
        for (int i = 0; i < 400; i++) {
            work(100, delete_percent);
            rig.now_ms += (int64_t)below(10);
            if (below(2)) activeExpireSlice(expire, below(50) * 1000);
            reclaimSlice(background, below(100) * 1000);
            if (below(400) == 0) flush((int)below(RIG_DBS));
            if (below(200) == 0) reclaimSetFrozen(background, below(2));
        }
        reclaimSetFrozen(background, false);
        checkAll();
        expireAll();
        settle();
        checkAll();
    }
    reclaimFree(background);
    activeExpireFree(expire);
    rigClear(&rig);
}
END_TEST

TESTS("cycle model", whateverHappensMemoryComesBackAndNothingIsLost)
