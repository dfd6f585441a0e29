#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/db/db.h"
#include "tests/support/db_record.h"
#include "tests/support/fake_value.h"
#include "tests/support/suite.h"

static dbRecord r;
static size_t used_before;
static char big[3 << 20];

static void setUp(void) {
    used_before = memUsed();
    dbRecordInit(&r, 3);
}

static void tearDown(void) {
    dbCheck(r.d);
    dbRecordClear(&r);
    ck_assert_uint_eq(fake_live, 0);
    ck_assert_uint_eq(memUsed(), used_before);
}

static keyRef key(const char *name) {
    return keyRefOf(bytesOfText(name));
}

static void set(const char *name, const char *value) {
    dbSetString(r.d, key(name), bytesOfText(value), false);
}

static void addSet(const char *name, size_t parts) {
    dbAddCollection(r.d, key(name), TYPE_SET, ENCODING_DICT, fakeNew(parts));
}

#define ckString(name, value)                                                                      \
    do {                                                                                           \
        const entry *found_ = dbLookup(r.d, key(name));                                            \
        char scratch_[32];                                                                         \
        ck_assert_ptr_nonnull(found_);                                                             \
        ck_assert(bytesEqual(entryString(found_, scratch_), bytesOfText(value)));                  \
    } while (0)

START_TEST(setAddsThenOverwritesInSilence) {
    ck_assert_int_eq(dbId(r.d), 3);
    ck_assert_ptr_null(dbLookup(r.d, key("a")));
    set("a", "one");
    ck_assert_str_eq(dbRecordTake(&r), " +a");
    set("a", "a much longer value that is of another class than the first");
    set("a", "17");
    ckString("a", "17");
    ck_assert_str_eq(dbRecordTake(&r), "");
    dbSetInt(r.d, key("a"), -5, false);
    dbSetInt(r.d, key("b"), 6, false);
    ckString("a", "-5");
    ckString("b", "6");
    ck_assert_str_eq(dbRecordTake(&r), " +b");
    ck_assert_uint_eq(dbCount(r.d), 2);
    ck_assert_uint_gt(dbTableBytes(r.d), 0);
}
END_TEST

START_TEST(setOverCollectionOrBlobTellsOverwritten) {
    addSet("a", 5);
    addSet("b", 500);
    dbSetString(r.d, key("c"), bytesOf(big, 20000), false);
    dbSetString(r.d, key("d"), bytesOf(big, sizeof big), false);
    dbRecordTake(&r);
    set("a", "x");
    ck_assert_str_eq(dbRecordTake(&r), " -a:overwritten");
    ck_assert_uint_eq(discardPending(r.discard), 0);
    dbSetInt(r.d, key("b"), 1, false);
    ck_assert_str_eq(dbRecordTake(&r), " -b:overwritten");
    ck_assert_uint_eq(discardPending(r.discard), 1);
    dbSetString(r.d, key("c"), bytesOf(big, 20001), false);
    ck_assert_str_eq(dbRecordTake(&r), " -c:overwritten");
    dbSetString(r.d, key("d"), bytesOf(big, 20000), false);
    ck_assert_str_eq(dbRecordTake(&r), " -d:overwritten");
    ck_assert_uint_eq(discardPending(r.discard), 2);
    ck_assert_uint_eq(entryStringSize(dbLookup(r.d, key("d"))), 20000);
    ckString("a", "x");
    ckString("b", "1");
}
END_TEST

START_TEST(setDropsTheDeadlineUnlessToldToKeepIt) {
    dbSetStringUntil(r.d, key("a"), BYTES("v"), 5000);
    ck_assert_str_eq(dbRecordTake(&r), " !5000 +a");
    dbSetString(r.d, key("a"), BYTES("a longer value than before"), true);
    ck_assert_int_eq(entryDeadline(dbLookup(r.d, key("a"))), 5000);
    dbSetStringUntil(r.d, key("a"), BYTES("w"), 6000);
    ck_assert_int_eq(dbNextDeadline(r.d), 6000);
    dbSetInt(r.d, key("a"), 5, true);
    ck_assert_uint_eq(dbExpiresCount(r.d), 1);
    dbSetInt(r.d, key("a"), 6, false);
    ck_assert_uint_eq(dbExpiresCount(r.d), 0);
    ck_assert_int_eq(dbNextDeadline(r.d), DEADLINE_NONE);
    ckString("a", "6");
}
END_TEST

START_TEST(keyLivesAtItsDeadlineAndNotAfter) {
    dbSetStringUntil(r.d, key("a"), BYTES("v"), 5000);
    dbRecordTake(&r);
    r.now_ms = 5000;
    ckString("a", "v");
    ck_assert_uint_eq(dbExpireDue(r.d, 10), 0);
    ck_assert_uint_eq(dbDueEstimate(r.d), 0);
    r.now_ms = 5001;
    ck_assert_ptr_null(dbLookup(r.d, key("a")));
    ck_assert_ptr_nonnull(dbPeek(r.d, key("a")));
    ck_assert_uint_eq(dbCount(r.d), 1);
    ck_assert_uint_eq(dbDueEstimate(r.d), 1);
    ck_assert_str_eq(dbRecordTake(&r), "");
    ck_assert_ptr_null(dbOpen(r.d, key("a")));
    ck_assert_str_eq(dbRecordTake(&r), " -a:expired");
    ck_assert_uint_eq(dbCount(r.d), 0);
}
END_TEST

START_TEST(setOverExpiredKeyIsANewKey) {
    dbSetStringUntil(r.d, key("a"), BYTES("v"), 5000);
    dbRecordTake(&r);
    r.now_ms = 6000;
    entry *e = dbSetString(r.d, key("a"), BYTES("w"), true);
    ck_assert(!entryHasDeadline(e));
    ck_assert_str_eq(dbRecordTake(&r), " -a:expired +a");
    /* The name given may be the very bytes of the entry that goes. */
    dbSetStringUntil(r.d, key("a"), BYTES("v"), 7000);
    r.now_ms = 8000;
    dbRecordTake(&r);
    const entry *old = dbPeek(r.d, key("a"));
    dbSetString(r.d, (keyRef){entryKey(old), entryHash(old)}, BYTES("x"), false);
    ck_assert_str_eq(dbRecordTake(&r), " -a:expired +a");
    ckString("a", "x");
}
END_TEST

START_TEST(whereKeysMayNotExpireTheyAreOnlyHidden) {
    dbSetStringUntil(r.d, key("a"), BYTES("v"), 5000);
    dbSetStringUntil(r.d, key("b"), BYTES("v"), 5000);
    dbSetStringUntil(r.d, key("c"), BYTES("v"), 5000);
    dbRecordTake(&r);
    r.now_ms = 6000;
    dbSetMayExpire(r.d, false);
    ck_assert_ptr_null(dbOpen(r.d, key("a")));
    ck_assert_uint_eq(dbExpireDue(r.d, 10), 0);
    ck_assert_uint_eq(dbCount(r.d), 3);
    ck_assert_str_eq(dbRecordTake(&r), "");
    ck_assert(dbDelete(r.d, key("a"), DB_DELETED));
    ck_assert_str_eq(dbRecordTake(&r), " -a:deleted");
    addSet("b", 1);
    ck_assert_str_eq(dbRecordTake(&r), " -b:overwritten +b");
    dbSetString(r.d, key("c"), BYTES("w"), true);
    ck_assert_int_eq(entryDeadline(dbPeek(r.d, key("c"))), 5000);
    ck_assert_str_eq(dbRecordTake(&r), "");
    dbSetMayExpire(r.d, true);
    ck_assert_uint_eq(dbExpireDue(r.d, 10), 1);
}
END_TEST

START_TEST(deleteTellsWhy) {
    set("a", "1");
    set("b", "1");
    dbSetStringUntil(r.d, key("c"), BYTES("v"), 5000);
    addSet("d", 1000);
    dbRecordTake(&r);
    ck_assert(dbDelete(r.d, key("a"), DB_DELETED));
    ck_assert(!dbDelete(r.d, key("a"), DB_DELETED));
    ck_assert_str_eq(dbRecordTake(&r), " -a:deleted");
    const entry *b = dbPeek(r.d, key("b"));
    ck_assert(dbDelete(r.d, (keyRef){entryKey(b), entryHash(b)}, DB_EVICTED));
    ck_assert_str_eq(dbRecordTake(&r), " -b:evicted");
    r.now_ms = 5001;
    ck_assert(!dbDelete(r.d, key("c"), DB_DELETED));
    ck_assert_str_eq(dbRecordTake(&r), " -c:expired");
    ck_assert_uint_eq(dbExpiresCount(r.d), 0);
    dbDeleteEntry(r.d, key("d"), dbOpen(r.d, key("d")), DB_DELETED);
    ck_assert_str_eq(dbRecordTake(&r), " -d:deleted");
    ck_assert_uint_eq(discardPending(r.discard), 1);
}
END_TEST

START_TEST(detachedEntryIsAddedUnderAnotherName) {
    dbSetStringUntil(r.d, key("a"), BYTES("v"), 5000);
    dbRecordTake(&r);
    entry *e = dbDetach(r.d, key("a"), dbOpen(r.d, key("a")));
    ck_assert_str_eq(dbRecordTake(&r), " -a:moved");
    ck_assert_uint_eq(dbCount(r.d) + dbExpiresCount(r.d), 0);
    dbAdd(r.d, key("b"), entryRename(e, BYTES("b")));
    ck_assert_str_eq(dbRecordTake(&r), " !5000 +b");
    ckString("b", "v");
    ck_assert_int_eq(dbNextDeadline(r.d), 5000);
}
END_TEST

START_TEST(replaceTellsOfTheOldOneOnly) {
    addSet("a", 1000);
    dbSetDeadline(r.d, key("a"), dbOpen(r.d, key("a")), 5000);
    dbRecordTake(&r);
    entry *e = entryNewString(BYTES("a"), BYTES("v"), false);
    ck_assert_ptr_eq(dbReplace(r.d, key("a"), e), e);
    ck_assert_str_eq(dbRecordTake(&r), " -a:overwritten");
    ck_assert_uint_eq(dbExpiresCount(r.d), 0);
    ckString("a", "v");
    dbReplace(r.d, key("b"), entryNewString(BYTES("b"), BYTES("w"), false));
    ck_assert_str_eq(dbRecordTake(&r), " +b");
    dbReplace(r.d, key("b"), entryNewStringUntil(BYTES("b"), BYTES("x"), false, 6000));
    ck_assert_str_eq(dbRecordTake(&r), " -b:overwritten !6000");
    ck_assert_int_eq(dbNextDeadline(r.d), 6000);
    ck_assert_uint_eq(dbCount(r.d), 2);
}
END_TEST

START_TEST(deadlineComesChangesAndGoes) {
    set("a", "some value");
    set("b", "some value");
    dbRecordTake(&r);
    dbSetDeadline(r.d, key("a"), dbOpen(r.d, key("a")), 5000);
    ck_assert_str_eq(dbRecordTake(&r), " !5000");
    dbSetDeadline(r.d, key("b"), dbOpen(r.d, key("b")), 6000);
    ck_assert_str_eq(dbRecordTake(&r), "");
    dbSetDeadline(r.d, key("b"), dbOpen(r.d, key("b")), 4000);
    ck_assert_str_eq(dbRecordTake(&r), " !4000");
    ck_assert_int_eq(dbAverageTtl(r.d), (4000 + 3000) / 2);
    dbSetDeadline(r.d, key("b"), dbOpen(r.d, key("b")), DEADLINE_NONE);
    ck_assert_uint_eq(dbExpiresCount(r.d), 1);
    ckString("b", "some value");
    ck_assert_int_eq(dbNextDeadline(r.d), 5000);
}
END_TEST

START_TEST(updatesKeepTheDeadline) {
    dbSetStringUntil(r.d, key("a"), BYTES("1"), 5000);
    dbRecordTake(&r);
    dbUpdateInt(r.d, key("a"), dbOpen(r.d, key("a")), 2);
    ckString("a", "2");
    dbUpdateString(r.d, key("a"), dbOpen(r.d, key("a")), BYTES("some string that is longer"));
    ckString("a", "some string that is longer");
    char *data;
    entry *e = dbEditString(r.d, key("a"), dbOpen(r.d, key("a")), 30000, &data);
    ck_assert_ptr_eq(e, dbOpen(r.d, key("a")));
    memset(data, 'x', 30000);
    e = dbEditString(r.d, key("a"), e, 3, &data);
    ckString("a", "xxx");
    ck_assert_ptr_null(dbEditString(r.d, key("a"), e, PTRDIFF_MAX, &data));
    ckString("a", "xxx");
    ck_assert_int_eq(dbNextDeadline(r.d), 5000);
    ck_assert_str_eq(dbRecordTake(&r), "");
}
END_TEST

START_TEST(expiresInOrderAndNoMoreThanAsked) {
    char name[16];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "k%d", i);
        dbSetStringUntil(r.d, key(name), BYTES("v"), 2000 + (i * 7) % 200);
        dbRecordTake(&r);
    }
    set("lasting", "v");
    r.now_ms = 2100;
    ck_assert_uint_eq(dbExpireDue(r.d, 70), 70);
    ck_assert_int_eq(dbNextDeadline(r.d), 2070);
    ck_assert_uint_eq(dbExpireDue(r.d, 1000), 30);
    ck_assert_int_eq(dbNextDeadline(r.d), 2100);
    ck_assert_uint_eq(dbCount(r.d), 101);
    ck_assert_uint_eq(r.removed[DB_EXPIRED], 100);
}
END_TEST

START_TEST(flushForgetsAllAtOnceAndFreesLater) {
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "k%d", i);
        dbSetStringUntil(r.d, key(name), BYTES("v"), 2000 + i);
    }
    dbRecordTake(&r);
    ck_assert_uint_eq(dbFlush(r.d, false), 1000);
    ck_assert_uint_eq(dbCount(r.d) + dbExpiresCount(r.d), 0);
    ck_assert_int_eq(dbNextDeadline(r.d), DEADLINE_NONE);
    ck_assert_uint_eq(discardPending(r.discard), 1000);
    set("k1", "new");
    while (discardStep(r.discard, 64)) ckString("k1", "new");
    ck_assert_str_eq(dbRecordTake(&r), " +k1");
    addSet("s", 1000);
    ck_assert_uint_eq(dbFlush(r.d, true), 2);
    ck_assert_uint_eq(fake_live, 0);
    ck_assert_uint_eq(dbFlush(r.d, false), 0);
}
END_TEST

START_TEST(swapExchangesKeysAndStaysWhoItIs) {
    dbRecord other;
    dbRecordInit(&other, 9);
    set("a", "mine");
    dbSetStringUntil(other.d, key("b"), BYTES("other"), 5000);
    dbRecordTake(&r);
    dbRecordTake(&other);
    dbSwap(r.d, other.d);
    ck_assert_str_eq(dbRecordTake(&r), " !5000");
    ck_assert_str_eq(dbRecordTake(&other), "");
    ckString("b", "other");
    ck_assert_ptr_null(dbLookup(r.d, key("a")));
    ck_assert_ptr_nonnull(dbLookup(other.d, key("a")));
    ck_assert_int_eq(dbId(r.d), 3);
    dbSwap(r.d, r.d);
    ckString("b", "other");
    ck_assert(dbDelete(r.d, key("b"), DB_DELETED));
    ck_assert_str_eq(dbRecordTake(&r), " -b:deleted");
    dbRecordClear(&other);
}
END_TEST

START_TEST(randomSkipsKeysPastTheirDeadline) {
    rng random;
    rngSeed(&random, 7);
    ck_assert_ptr_null(dbRandom(r.d, &random));
    dbSetStringUntil(r.d, key("a"), BYTES("v"), 2000);
    r.now_ms = 3000;
    ck_assert_ptr_eq(dbRandom(r.d, &random), dbPeek(r.d, key("a")));
    set("b", "v");
    for (int i = 0; i < 100; i++) ck_assert_ptr_eq(dbRandom(r.d, &random), dbPeek(r.d, key("b")));
}
END_TEST

/* True if the db says that it changed since '*last'. */
static bool changedSince(uint64_t *last) {
    uint64_t now = dbChanges(r.d);
    bool changed = now > *last;
    *last = now;
    return changed;
}

START_TEST(everyChangeIsCounted) {
    uint64_t last = dbChanges(r.d);
    char *data;
    set("a", "1");
    ck_assert(changedSince(&last));
    set("a", "2");
    ck_assert(changedSince(&last));
    dbSetInt(r.d, key("a"), 3, true);
    ck_assert(changedSince(&last));
    dbUpdateInt(r.d, key("a"), dbOpen(r.d, key("a")), 4);
    ck_assert(changedSince(&last));
    dbUpdateString(r.d, key("a"), dbOpen(r.d, key("a")), BYTES("x"));
    ck_assert(changedSince(&last));
    dbEditString(r.d, key("a"), dbOpen(r.d, key("a")), 5, &data);
    ck_assert(changedSince(&last));
    dbSetDeadline(r.d, key("a"), dbOpen(r.d, key("a")), 2000);
    ck_assert(changedSince(&last));
    r.now_ms = 3000;
    dbOpen(r.d, key("a"));
    ck_assert(changedSince(&last));
    addSet("s", 1);
    ck_assert(changedSince(&last));
    dbFlush(r.d, true);
    ck_assert(changedSince(&last));
}
END_TEST

START_TEST(whatOnlyLooksOrFailsCountsAsNoChange) {
    dbSetStringUntil(r.d, key("a"), BYTES("v"), 2000);
    uint64_t last = dbChanges(r.d);
    char *data;
    ck_assert_ptr_null(dbEditString(r.d, key("a"), dbOpen(r.d, key("a")), PTRDIFF_MAX, &data));
    r.now_ms = 3000;
    dbLookup(r.d, key("a"));
    dbDelete(r.d, key("b"), DB_DELETED);
    dbShrinkStep(r.d);
    ck_assert(!changedSince(&last));
}
END_TEST

typedef struct scanned {
    size_t entries;
    bool past;
} scanned;

static void countEntry(void *ctx, const entry *e) {
    scanned *s = ctx;
    s->entries++;
    s->past |= dbIsPastDeadline(r.d, e);
}

START_TEST(scanVisitsAllEvenThosePastTheirDeadline) {
    char name[16];
    dbReserve(r.d, 500);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "k%d", i);
        dbSetStringUntil(r.d, key(name), BYTES("v"), i ? DEADLINE_NONE : 2000);
    }
    dbRecordTake(&r);
    r.now_ms = 3000;
    scanned s = {0};
    uint64_t cursor = 0;
    do cursor = dbScan(r.d, cursor, countEntry, &s);
    while (cursor);
    ck_assert_uint_eq(s.entries, 500);
    ck_assert(s.past);
}
END_TEST

/* A whole pass of moving entries off sparse pages. The number moved. */
static size_t defrag(void) {
    dbDefrag at = {0};
    slabPassBegin(SLAB_ENTRY);
    while (dbDefragStep(r.d, &at)) {
    }
    slabPassEnd(SLAB_ENTRY);
    return at.moved;
}

START_TEST(defragEmptiesSparsePagesAndLosesNothing) {
    enum { KEYS = 20000 };
    char name[16];
    for (int i = 0; i < KEYS; i++) {
        snprintf(name, sizeof name, "k%d", i);
        dbSetStringUntil(r.d, key(name), bytesOfText(name), i % 20 ? DEADLINE_NONE : 2000 + i);
    }
    for (int i = 0; i < KEYS; i++) {
        snprintf(name, sizeof name, "k%d", i);
        if (i % 10) dbDelete(r.d, key(name), DB_DELETED);
    }
    while (dbShrinkStep(r.d)) {
    }
    if (slabPassWorthwhile(SLAB_ENTRY)) {
        slabStats before = slabStatsOf(SLAB_ENTRY);
        ck_assert_uint_gt(defrag(), 0);
        slabStats after = slabStatsOf(SLAB_ENTRY);
        ck_assert_uint_lt(after.page_bytes, before.page_bytes / 4);
    }
    for (int i = 0; i < KEYS; i += 10) {
        snprintf(name, sizeof name, "k%d", i);
        ckString(name, name);
    }
    r.now_ms = 2000 + KEYS;
    ck_assert_uint_eq(dbExpireDue(r.d, KEYS), KEYS / 20);
}
END_TEST

START_TEST(defragWalksBigValuesInSteps) {
    addSet("small", 5);
    addSet("big", 100);
    dbDefrag at = {0};
    fake_moved = 0;
    size_t steps = 1;
    while (dbDefragStep(r.d, &at)) steps++;
    ck_assert_uint_eq(fake_moved, 110);
    ck_assert_uint_ge(steps, 10);
    ck_assert_ptr_null(at.values);
}
END_TEST

START_TEST(defragForgetsAValueThatWentMeanwhile) {
    addSet("big", 100);
    dbDefrag at = {0};
    while (!at.values) ck_assert(dbDefragStep(r.d, &at));
    dbDelete(r.d, key("big"), DB_DELETED);
    while (dbDefragStep(r.d, &at)) {
    }
    addSet("big", 100);
    ck_assert(dbDefragStep(r.d, &at));
    set("big", "now a string");
    while (dbDefragStep(r.d, &at)) {
    }
    addSet("other", 100);
    ck_assert(dbDefragStep(r.d, &at));
    dbDefragClear(&at);
    ck_assert_ptr_null(at.values);
}
END_TEST

static void setMany(size_t count, int64_t deadline_ms) {
    char name[32];
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%zu", i);
        dbSetStringUntil(r.d, key(name), BYTES("v"), deadline_ms);
    }
}

static size_t numberOf(const entry *e) {
    return strtoull(entryKey(e).data, NULL, 10);
}

START_TEST(samplesReachEveryKey) {
    enum { KEYS = 1000, ROUNDS = 20000, WANTED = 5 };
    rng random;
    rngSeed(&random, 1);
    const entry *found[WANTED];
    ck_assert_uint_eq(dbSample(r.d, &random, found, WANTED), 0);
    setMany(3, DEADLINE_NONE);
    ck_assert_uint_eq(dbSample(r.d, &random, found, WANTED), 3);
    setMany(KEYS, DEADLINE_NONE);
    static size_t met[KEYS];
    for (size_t i = 0; i < ROUNDS; i++) {
        ck_assert_uint_eq(dbSample(r.d, &random, found, WANTED), WANTED);
        for (size_t j = 0; j < WANTED; j++) met[numberOf(found[j])]++;
    }
    /* 100 expected; by buckets, so not alike, but nobody is left out. */
    for (size_t i = 0; i < KEYS; i++) ck_assert_uint_gt(met[i], 30);
    for (size_t i = 0; i < KEYS; i++) ck_assert_uint_lt(met[i], 300);
}
END_TEST

START_TEST(mortalKeysAreDrawnAmongThemselves) {
    rng random;
    rngSeed(&random, 1);
    set("lasting", "v");
    ck_assert_ptr_null(dbRandomMortal(r.d, &random));
    ck_assert_ptr_null(dbFirstToExpire(r.d));
    ck_assert_ptr_nonnull(dbRandomAny(r.d, &random));
    setMany(10, 5000);
    dbSetStringUntil(r.d, key("10"), BYTES("v"), 4999);
    r.now_ms = 10000; /* Past its deadline is as good as any. */
    ck_assert_uint_eq(numberOf(dbFirstToExpire(r.d)), 10);
    bool met[11] = {false};
    for (int i = 0; i < 1000; i++) met[numberOf(dbRandomMortal(r.d, &random))] = true;
    for (int i = 0; i < 11; i++) ck_assert(met[i]);
}
END_TEST

START_TEST(tellsWhetherAnAddressIsStillThatKey) {
    set("a", "1");
    const entry *e = dbPeek(r.d, key("a"));
    uint64_t hash = key("a").hash;
    ck_assert_ptr_eq(dbStillHas(r.d, hash, e), e);
    ck_assert_ptr_null(dbStillHas(r.d, key("b").hash, e));
    dbDelete(r.d, key("a"), DB_DELETED);
    ck_assert_ptr_null(dbStillHas(r.d, hash, e));
    set("b", "1"); /* Where a was. */
    ck_assert_ptr_null(dbStillHas(r.d, hash, e));
}
END_TEST

TESTS_BETWEEN("db", setUp, tearDown, setAddsThenOverwritesInSilence,
              setOverCollectionOrBlobTellsOverwritten, setDropsTheDeadlineUnlessToldToKeepIt,
              keyLivesAtItsDeadlineAndNotAfter, setOverExpiredKeyIsANewKey,
              whereKeysMayNotExpireTheyAreOnlyHidden, deleteTellsWhy,
              detachedEntryIsAddedUnderAnotherName, replaceTellsOfTheOldOneOnly,
              deadlineComesChangesAndGoes, updatesKeepTheDeadline, expiresInOrderAndNoMoreThanAsked,
              flushForgetsAllAtOnceAndFreesLater, swapExchangesKeysAndStaysWhoItIs,
              randomSkipsKeysPastTheirDeadline, everyChangeIsCounted,
              whatOnlyLooksOrFailsCountsAsNoChange, scanVisitsAllEvenThosePastTheirDeadline,
              defragEmptiesSparsePagesAndLosesNothing, defragWalksBigValuesInSteps,
              defragForgetsAValueThatWentMeanwhile, samplesReachEveryKey,
              mortalKeysAreDrawnAmongThemselves, tellsWhetherAnAddressIsStillThatKey)
