#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/db/db_fields.h"
#include "tests/support/suite.h"

typedef struct told {
    size_t fields, hashes, deleted, removed;
    int64_t sooner_ms;
    char last_field[16];
} told;

static told got;
static int64_t now_ms;
static discardQueue *queue;
static db *d;
static const typeLimits small = TYPE_LIMITS_DEFAULT;

static void removed(void *ctx, db *of, keyRef key, const entry *e, dbReason why) {
    (void)ctx, (void)of, (void)key, (void)e;
    got.removed++;
    got.deleted += why == DB_DELETED;
}

static void added(void *ctx, db *of, keyRef key, const entry *e) {
    (void)ctx, (void)of, (void)key, (void)e;
}

static void dueSooner(void *ctx, db *of, int64_t deadline_ms) {
    (void)ctx, (void)of;
    got.sooner_ms = deadline_ms;
}

static void fieldExpired(void *ctx, db *of, keyRef key, bytes field) {
    (void)ctx, (void)of;
    ck_assert(dbPeek(of, key) != NULL);
    got.fields++;
    memcpy(got.last_field, field.data, field.size);
    got.last_field[field.size] = 0;
}

static void fieldsExpired(void *ctx, db *of, keyRef key, size_t count) {
    (void)ctx, (void)of, (void)key;
    ck_assert_uint_gt(count, 0);
    got.hashes++;
}

static const dbHooks hooks = {.removed = removed,
                              .added = added,
                              .dueSooner = dueSooner,
                              .fieldExpired = fieldExpired,
                              .fieldsExpired = fieldsExpired};

static void setup(void) {
    got = (told){0};
    now_ms = 1000;
    queue = discardNew();
    d = dbNew(0, &hooks, &now_ms, queue);
}

static void done(void) {
    dbCheck(d);
    dbFree(d);
    discardFree(queue);
}

static keyRef keyOf(const char *name) {
    return keyRefOf(bytesOfText(name));
}

static void setField(const char *name, const char *field, int64_t deadline_ms) {
    keyRef key = keyOf(name);
    entry *e = dbOpen(d, key);
    if (!e) e = dbAdd(d, key, hashNew(key.name));
    hashSet(e, bytesOfText(field), BYTES("value"), false, &small);
    hashSetDeadline(e, bytesOfText(field), deadline_ms);
    dbFieldsChanged(d, key, e);
}

START_TEST(theNextFieldOfAllHashesIsKnown) {
    setup();
    ck_assert_int_eq(dbNextFieldDeadline(d), DEADLINE_NONE);
    setField("a", "x", DEADLINE_NONE);
    ck_assert_uint_eq(dbFieldHashes(d), 0);
    setField("a", "y", 3000);
    ck_assert_int_eq(got.sooner_ms, 3000);
    setField("b", "x", 2000);
    ck_assert_int_eq(got.sooner_ms, 2000);
    setField("b", "y", 5000);
    ck_assert_int_eq(got.sooner_ms, 2000);
    ck_assert_uint_eq(dbFieldHashes(d), 2);
    ck_assert_int_eq(dbNextFieldDeadline(d), 2000);
    setField("b", "x", DEADLINE_NONE);
    ck_assert_int_eq(dbNextFieldDeadline(d), 3000);
    dbDelete(d, keyOf("a"), DB_DELETED);
    ck_assert_int_eq(dbNextFieldDeadline(d), 5000);
    ck_assert_uint_eq(dbFieldHashes(d), 1);
    dbSetString(d, keyOf("b"), BYTES("string"), false);
    ck_assert_uint_eq(dbFieldHashes(d), 0);
    done();
}
END_TEST

START_TEST(whatReplacesAHashIsFiledInItsPlace) {
    setup();
    setField("a", "x", 2000);
    keyRef key = keyOf("a");
    entry *other = hashNew(key.name);
    hashSet(other, BYTES("y"), BYTES("value"), false, &small);
    hashSetDeadline(other, BYTES("y"), 3000);
    dbReplace(d, key, other);
    ck_assert_int_eq(dbNextFieldDeadline(d), 3000);
    dbReplace(d, key, hashNew(key.name));
    ck_assert_int_eq(dbNextFieldDeadline(d), DEADLINE_NONE);
    ck_assert_uint_eq(dbFieldHashes(d), 0);
    done();
}
END_TEST

START_TEST(fieldsGoOneMillisecondAfterTheirDeadline) {
    setup();
    setField("a", "x", 2000);
    setField("a", "y", 2001);
    setField("a", "stays", DEADLINE_NONE);
    now_ms = 2000;
    ck_assert_uint_eq(dbExpireFields(d, 10), 0);
    now_ms = 2001;
    uint64_t changes = dbChanges(d);
    ck_assert_uint_eq(dbExpireFields(d, 10), 1);
    ck_assert_uint_ne(dbChanges(d), changes);
    ck_assert_str_eq(got.last_field, "x");
    ck_assert_int_eq(dbNextFieldDeadline(d), 2001);
    now_ms = 9000;
    ck_assert_uint_eq(dbExpireFields(d, 10), 1);
    ck_assert_uint_eq(got.hashes, 2);
    ck_assert_uint_eq(got.removed, 0);
    ck_assert_uint_eq(dbCount(d), 1);
    ck_assert_uint_eq(dbFieldHashes(d), 0);
    done();
}
END_TEST

START_TEST(aHashGoesWithItsLastField) {
    setup();
    setField("a", "x", 2000);
    setField("a", "y", 2500);
    setField("b", "x", 2500);
    now_ms = 3000;
    ck_assert_uint_eq(dbExpireFields(d, 2), 2);
    ck_assert_uint_eq(got.deleted, 1);
    ck_assert_uint_eq(dbExpireFields(d, 2), 1);
    ck_assert_uint_eq(got.deleted, 2);
    ck_assert_uint_eq(dbCount(d), 0);
    done();
}
END_TEST

START_TEST(aDbThatMayNotExpireOnlyHides) {
    setup();
    setField("a", "x", 2000);
    now_ms = 3000;
    dbSetMayExpire(d, false);
    keyRef key = keyOf("a");
    bytes names[] = {BYTES("x")};
    entry *e = dbOpen(d, key);
    ck_assert_uint_eq(dbExpireFields(d, 10), 0);
    ck_assert_ptr_eq(dbExpireNamed(d, key, e, names, 1, 1), e);
    ck_assert_ptr_eq(dbExpireFieldsOf(d, key, e, 10), e);
    ck_assert_uint_eq(hashCount(e), 1);
    dbSetMayExpire(d, true);
    ck_assert_ptr_null(dbExpireNamed(d, key, e, names, 1, 1));
    ck_assert_uint_eq(got.fields, 1);
    ck_assert_uint_eq(dbCount(d), 0);
    done();
}
END_TEST

START_TEST(onlyNamedFieldsThatArePastGo) {
    setup();
    setField("a", "x", 2000);
    setField("a", "y", 2000);
    setField("a", "z", 5000);
    now_ms = 3000;
    keyRef key = keyOf("a");
    bytes names[] = {BYTES("x"), BYTES("-"), BYTES("none"), BYTES("-"), BYTES("z"), BYTES("-")};
    entry *e = dbExpireNamed(d, key, dbOpen(d, key), names, 3, 2);
    ck_assert_uint_eq(hashCount(e), 2);
    ck_assert_uint_eq(got.hashes, 1);
    ck_assert_int_eq(dbNextFieldDeadline(d), 2000);
    ck_assert_ptr_eq(dbExpireFieldsOf(d, key, e, 10), e);
    ck_assert_uint_eq(hashCount(e), 1);
    ck_assert_int_eq(dbNextFieldDeadline(d), 5000);
    done();
}
END_TEST

/* Moving, renaming, copying, swapping and flushing in any order leave the index whole. */
START_TEST(theIndexFollowsEveryMove) {
    setup();
    db *other = dbNew(1, &hooks, &now_ms, queue);
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t i = suiteRounds(20000); i; i--) {
        char name[16], field[16], to_name[16];
        snprintf(name, sizeof name, "key:%d", (int)rngBelow(&r, 30));
        snprintf(to_name, sizeof to_name, "key:%d", (int)rngBelow(&r, 30));
        snprintf(field, sizeof field, "f%d", (int)rngBelow(&r, rngBelow(&r, 20) ? 5 : 700));
        keyRef key = keyOf(name), to = keyOf(to_name);
        entry *e = dbOpen(d, key);
        switch (rngBelow(&r, 12)) {
        case 0:
        case 1:
        case 2:
        case 3:
            if (e && entryType(e) != TYPE_HASH) dbDelete(d, key, DB_DELETED);
            setField(name, field,
                     rngBelow(&r, 3) ? now_ms + (int64_t)rngBelow(&r, 300) : DEADLINE_NONE);
            break;
        case 4:
            if (e) dbSetDeadline(d, key, e, rngBelow(&r, 2) ? now_ms + 500 : DEADLINE_NONE);
            break;
        case 5:
            if (e && !dbOpen(d, to)) dbAdd(d, to, entryRename(dbDetach(d, key, e), to.name));
            break;
        case 6:
            if (e && !dbOpen(d, to)) dbAdd(d, to, entryCopy(e, to.name));
            break;
        case 7:
            if (e && !dbOpen(other, key)) dbAdd(other, key, dbDetach(d, key, e));
            break;
        case 8:
            if (rngBelow(&r, 5) == 0) dbSetString(d, key, BYTES("text"), rngBelow(&r, 2));
            if (rngBelow(&r, 5) == 0) dbDelete(d, key, DB_DELETED);
            break;
        case 9:
            if (rngBelow(&r, 10) == 0) dbSwap(d, other);
            if (rngBelow(&r, 100) == 0) dbFlush(d, rngBelow(&r, 2));
            break;
        case 10: {
            dbDefrag at = {0};
            slabPassBegin(SLAB_ENTRY);
            while (dbDefragStep(d, &at)) continue;
            slabPassEnd(SLAB_ENTRY);
            break;
        }
        default:
            now_ms += (int64_t)rngBelow(&r, 20);
            dbExpireFields(d, 1 + rngBelow(&r, 20));
            discardStep(queue, 20);
        }
        if (i % 16 == 0) {
            dbCheck(d);
            dbCheck(other);
        }
    }
    dbFree(other);
    done();
}
END_TEST

TESTS("db_fields", theNextFieldOfAllHashesIsKnown, whatReplacesAHashIsFiledInItsPlace,
      fieldsGoOneMillisecondAfterTheirDeadline, aHashGoesWithItsLastField,
      aDbThatMayNotExpireOnlyHides, onlyNamedFieldsThatArePastGo, theIndexFollowsEveryMove)
