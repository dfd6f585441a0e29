#include "expire/cycle/evict.h"
#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/types/t_set.h"
#include "tests/support/dbs_rig.h"
#include "tests/support/suite.h"

enum { GONE_MAX = 4096 };

static dbsRig rig;
static rng random_state;
static evict *x;
static size_t told_times;
static struct {
    size_t key;
    int db;
    dbReason why;
} gone[GONE_MAX];
static size_t gone_count;

#define NOW_MS ((int64_t)1700000000000)

static void removed(void *ctx, db *d, keyRef key, const entry *e, dbReason why) {
    (void)ctx;
    (void)e;
    ck_assert_uint_lt(gone_count, GONE_MAX);
    gone[gone_count].key = strtoull(key.name.data + 4, NULL, 10);
    gone[gone_count].db = dbId(d);
    gone[gone_count++].why = why;
}

static void told(void *ctx) {
    (void)ctx;
    told_times++;
}

static void begin(void) {
    rigInit(&rig);
    rig.hooks.removed = removed;
    rig.now_ms = NOW_MS;
    rngSeed(&random_state, 7);
    gone_count = told_times = 0;
    x = evictNew(&(evictHost){.clock = &rig.clock,
                              .dbs = rig.dbs,
                              .db_count = RIG_DBS,
                              .discard = rig.discard,
                              .random = &random_state,
                              .told = told});
}

static void end(void) {
    rig.hooks.removed = rigRemoved;
    evictFree(x);
    rigClear(&rig);
}

static evictRules rules(evictBy by, bool all_keys) {
    return (evictRules){
        .by = by, .all_keys = all_keys, .samples = 10, .lfu = {10, 1}, .access_ms = NOW_MS};
}

/* Evicts until at least 'count' keys have gone. */
static evictAnswer evictKeys(const evictRules *r, size_t count) {
    evictAnswer answer = EVICT_ENOUGH;
    for (size_t keys = 0; keys < count && answer != EVICT_EXHAUSTED;) {
        evictDone done;
        answer = evictUntil(x, r, memUsed() - 1, UINT64_MAX, &done);
        keys += done.keys;
    }
    return answer;
}

static const entry *find(int id, size_t n) {
    char room[32];
    return dbPeek(rig.dbs[id], rigKey(n, room, sizeof room));
}

static void setAccess(int id, size_t n, uint32_t access) {
    entrySetAccess((entry *)(uintptr_t)find(id, n), access);
}

/* Keys 0..count of db 0; the higher the number, the later it was used. */
static void fillByAge(size_t count, int64_t deadline_ms) {
    rigFill(&rig, 0, 0, count, 40, deadline_ms);
    for (size_t n = 0; n < count; n++)
        setAccess(0, n, accessLruBefore(NOW_MS, (int64_t)(count - n)));
}

START_TEST(nothingGoesWhileItFits) {
    evictRules r = rules(EVICT_BY_USE, true);
    fillByAge(100, DEADLINE_NONE);
    evictDone done;
    ck_assert_int_eq(evictUntil(x, &r, memUsed(), 0, &done), EVICT_ENOUGH);
    ck_assert_uint_eq(done.keys, 0);
    ck_assert_uint_eq(told_times, 0);
}
END_TEST

START_TEST(noMoreGoThanHaveTo) {
    evictRules r = rules(EVICT_BY_USE, true);
    fillByAge(100, DEADLINE_NONE);
    evictDone done;
    size_t target = memUsed() - 10 * slabGoodSize(entrySize(find(0, 50)));
    ck_assert_int_eq(evictUntil(x, &r, target, UINT64_MAX, &done), EVICT_ENOUGH);
    ck_assert_uint_le(done.keys, 11); /* the entries of small numbers are smaller */
    ck_assert_uint_ge(done.keys, 8);
    ck_assert_uint_le(memUsed(), target);
    ck_assert_uint_eq(dbCount(rig.dbs[0]), 100 - done.keys);
    ck_assert_uint_ge(told_times, 1);
}
END_TEST

START_TEST(longestUnusedGoFirst) {
    evictRules r = rules(EVICT_BY_USE, true);
    r.samples = EVICT_SAMPLES_MAX;
    fillByAge(1000, DEADLINE_NONE);
    evictKeys(&r, 100);
    size_t sum = 0;
    for (size_t i = 0; i < gone_count; i++) {
        ck_assert_uint_lt(gone[i].key, 400);
        ck_assert_int_eq(gone[i].why, DB_EVICTED);
        sum += gone[i].key;
    }
    ck_assert_uint_lt(sum / gone_count, 75); /* 50 in exact order, 500 by chance */
}
END_TEST

START_TEST(candidateThatIsUsedMeanwhileStays) {
    evictRules r = rules(EVICT_BY_USE, true);
    r.samples = EVICT_SAMPLES_MAX;
    fillByAge(40, DEADLINE_NONE);
    evictKeys(&r, 1);
    ck_assert_uint_eq(gone[0].key, 0);
    setAccess(0, 1, accessLru(NOW_MS)); /* in the pool by now, as the next one to go */
    evictKeys(&r, 38);
    ck_assert_uint_eq(gone[1].key, 2);
    ck_assert_ptr_nonnull(find(0, 1));
}
END_TEST

START_TEST(candidateThatIsGoneIsForgotten) {
    evictRules r = rules(EVICT_BY_USE, true);
    r.samples = EVICT_SAMPLES_MAX;
    fillByAge(40, DEADLINE_NONE);
    evictKeys(&r, 1);
    char room[32];
    ck_assert(dbDelete(rig.dbs[0], rigKey(1, room, sizeof room), DB_DELETED));
    rigFill(&rig, 0, 1000, 1001, 40, DEADLINE_NONE); /* at its address, likely */
    setAccess(0, 1000, accessLru(NOW_MS));
    evictKeys(&r, 1);
    ck_assert_uint_eq(gone[2].key, 2);
}
END_TEST

START_TEST(leastFrequentGoFirst) {
    evictRules r = rules(EVICT_BY_FREQUENCY, true);
    r.samples = EVICT_SAMPLES_MAX;
    rigFill(&rig, 0, 0, 30, 40, DEADLINE_NONE);
    for (size_t n = 0; n < 30; n++) setAccess(0, n, accessLfuWith(NOW_MS, (uint8_t)(60 - n)));
    evictKeys(&r, 10);
    for (size_t i = 0; i < 10; i++) ck_assert_uint_eq(gone[i].key, 29 - i);
}
END_TEST

START_TEST(onlyKeysWithADeadlineGo) {
    static const evictBy all[] = {EVICT_BY_USE, EVICT_BY_FREQUENCY, EVICT_BY_CHANCE,
                                  EVICT_BY_DEADLINE};
    rigFill(&rig, 0, 0, 200, 40, DEADLINE_NONE);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        evictRules r = rules(all[i], false);
        gone_count = 0;
        rigFill(&rig, 0, 200, 300, 40, NOW_MS + 100000);
        rigFill(&rig, 2, 300, 320, 40, NOW_MS + 100000);
        ck_assert_int_eq(evictKeys(&r, 10000), EVICT_EXHAUSTED);
        ck_assert_uint_eq(gone_count, 120);
        ck_assert_uint_eq(dbCount(rig.dbs[0]), 200);
        ck_assert_uint_eq(dbCount(rig.dbs[2]), 0);
    }
}
END_TEST

START_TEST(deadlineTakenAwaySavesACandidate) {
    evictRules r = rules(EVICT_BY_USE, false);
    r.samples = EVICT_SAMPLES_MAX;
    fillByAge(20, NOW_MS + 100000);
    evictKeys(&r, 1);
    size_t next = gone[0].key + 1;
    char room[32];
    keyRef key = rigKey(next, room, sizeof room);
    dbSetDeadline(rig.dbs[0], key, dbOpen(rig.dbs[0], key), DEADLINE_NONE);
    evictKeys(&r, 10000);
    ck_assert_uint_eq(gone_count, 19);
    ck_assert_ptr_nonnull(find(0, next));
}
END_TEST

START_TEST(nearestDeadlineOfAllDbsGoesFirst) {
    evictRules r = rules(EVICT_BY_DEADLINE, false);
    for (size_t n = 0; n < 200; n++)
        rigFill(&rig, (int)(n % RIG_DBS), n, n + 1, 40, NOW_MS + 1000 + (int64_t)(n * 7 % 200));
    evictKeys(&r, 200);
    ck_assert_uint_eq(gone_count, 200);
    for (size_t i = 0; i < 200; i++) ck_assert_uint_eq(gone[i].key * 7 % 200, i);
}
END_TEST

START_TEST(chanceDrawsByShareOfKeys) {
    evictRules r = rules(EVICT_BY_CHANCE, true);
    rigFill(&rig, 0, 0, 3000, 40, DEADLINE_NONE);
    rigFill(&rig, 3, 3000, 4000, 40, DEADLINE_NONE);
    evictKeys(&r, 1000);
    size_t of_last = 0, early = 0;
    for (size_t i = 0; i < gone_count; i++) {
        of_last += gone[i].db == 3;
        early += gone[i].key < 1500;
    }
    ck_assert_uint_gt(of_last, 190); /* 250 expected, 14 the deviation */
    ck_assert_uint_lt(of_last, 310);
    ck_assert_uint_gt(early, 310); /* 375 expected */
    ck_assert_uint_lt(early, 440);
}
END_TEST

START_TEST(keyPastItsDeadlineGoesAsExpired) {
    evictRules r = rules(EVICT_BY_CHANCE, true);
    rigFill(&rig, 0, 0, 1, 40, NOW_MS - 1000);
    evictKeys(&r, 1);
    ck_assert_int_eq(gone[0].why, DB_EXPIRED);
}
END_TEST

START_TEST(nothingToEvictIsSaid) {
    evictRules r = rules(EVICT_BY_USE, true);
    ck_assert_int_eq(evictKeys(&r, 1), EVICT_EXHAUSTED);
    fillByAge(10, DEADLINE_NONE);
    r.by = EVICT_NOTHING;
    ck_assert_int_eq(evictKeys(&r, 1), EVICT_EXHAUSTED);
    ck_assert_uint_eq(gone_count, 0);
}
END_TEST

START_TEST(sliceEndsWithItsTimeAfterAGroup) {
    evictRules r = rules(EVICT_BY_CHANCE, true);
    rigFill(&rig, 0, 0, 1000, 40, DEADLINE_NONE);
    evictDone done;
    ck_assert_int_eq(evictUntil(x, &r, 0, 0, &done), EVICT_TIME_UP);
    ck_assert_uint_eq(done.keys, EVICT_GROUP);
    rig.tick_ns = 100000;
    ck_assert_int_eq(evictUntil(x, &r, 0, 300000, &done), EVICT_TIME_UP);
    ck_assert_uint_eq(done.keys, 3 * EVICT_GROUP);
    ck_assert_uint_eq(told_times, 4);
}
END_TEST

/* A set of 'members' under key 'n'. */
static void addSet(int id, size_t n, size_t members) {
    char room[32];
    keyRef key = rigKey(n, room, sizeof room);
    static const typeLimits limits = {.set_listpack_entries = 1, .set_listpack_value = 64};
    entry *e = dbAdd(rig.dbs[id], key, setNew(key.name, BYTES("member"), members, &limits));
    for (size_t i = 0; i < members; i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "member:%zu", i);
        setAdd(e, bytesOf(text, (size_t)size), &limits);
    }
}

START_TEST(bigValueIsEvictedOnceAndFreed) {
    evictRules r = rules(EVICT_BY_CHANCE, true);
    rigFill(&rig, 0, 0, 5, 40, DEADLINE_NONE);
    size_t before = memUsed();
    addSet(1, 100, 20000);
    evictDone done;
    /* It goes with or after some of the five small ones; none goes for it that need not. */
    ck_assert_int_eq(evictUntil(x, &r, before + 100000, UINT64_MAX, &done), EVICT_ENOUGH);
    ck_assert_uint_eq(dbCount(rig.dbs[1]), 0);
    ck_assert_uint_le(memUsed(), before + 100000);
    size_t left = dbCount(rig.dbs[0]);
    ck_assert_uint_eq(done.keys, 6 - left);
    /* And with no time to free it, it does not take the others with it. */
    addSet(1, 100, 20000);
    while (dbCount(rig.dbs[1])) evictUntil(x, &r, before + 100000, 0, &done);
    ck_assert_uint_gt(memUsed(), before + 100000);
    left = dbCount(rig.dbs[0]);
    ck_assert_int_eq(evictUntil(x, &r, before + 100000, 0, &done), EVICT_ENOUGH);
    ck_assert_uint_eq(dbCount(rig.dbs[0]), left);
}
END_TEST

TESTS_BETWEEN("evict", begin, end, nothingGoesWhileItFits, noMoreGoThanHaveTo, longestUnusedGoFirst,
              candidateThatIsUsedMeanwhileStays, candidateThatIsGoneIsForgotten,
              leastFrequentGoFirst, onlyKeysWithADeadlineGo, deadlineTakenAwaySavesACandidate,
              nearestDeadlineOfAllDbsGoesFirst, chanceDrawsByShareOfKeys,
              keyPastItsDeadlineGoesAsExpired, nothingToEvictIsSaid,
              sliceEndsWithItsTimeAfterAGroup, bigValueIsEvictedOnceAndFreed)
