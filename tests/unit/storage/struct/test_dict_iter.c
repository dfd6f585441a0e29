#include "storage/base/mem.h"
#include "storage/struct/dict_internal.h"
#include "storage/struct/dict_iter.h"
#include "tests/support/suite.h"

typedef struct thing {
    uint64_t hash;
    unsigned seen;
} thing;

static uint64_t hashOfThing(const void *item) {
    return ((const thing *)item)->hash;
}
static bool thingHolds(const void *item, bytes key) {
    (void)item;
    (void)key;
    return false;
}
static const dictType thing_type = {hashOfThing, thingHolds};

static void expectEachOnce(const dict *d, thing *things, size_t count) {
    dictIterator it = dictIteratorOf(d);
    size_t found = 0;
    for (thing *t; (t = dictIteratorNext(&it)); found++) t->seen++;
    ck_assert_ptr_null(dictIteratorNext(&it));
    ck_assert_uint_eq(found, count);
    for (size_t i = 0; i < count; i++) ck_assert_uint_eq(things[i].seen, 1);
    for (size_t i = 0; i < count; i++) things[i].seen = 0;
}

START_TEST(anEmptyDictHasNothing) {
    dict *d = dictNew(&thing_type);
    expectEachOnce(d, NULL, 0);
    dictFree(d);
}
END_TEST

/* At many sizes, growing and shrinking, and wherever a new directory is under way. */
START_TEST(meetsEachItemOnce) {
    enum { COUNT = 300000, UNDER_WAY_MAX = 6 };
    thing *things = memCalloc(COUNT, sizeof *things);
    rng r;
    rngSeed(&r, suiteSeed());
    dict *d = dictNew(&thing_type);
    size_t doubling = 0, halving = 0;
    for (size_t i = 0; i < COUNT; i++) {
        /* In an eighth of hash space, which takes a directory eight times as big. */
        things[i].hash = rngNext(&r) >> 3;
        dictAdd(d, things[i].hash, &things[i]);
        bool under_way = d->boundary && doubling++ < UNDER_WAY_MAX;
        if (under_way || (i & (i - 1)) == 0) expectEachOnce(d, things, i + 1);
    }
    for (size_t i = COUNT; i-- > 0;) {
        ck_assert(dictRemoveItem(d, things[i].hash, &things[i]));
        dictTidy(d);
        bool under_way = d->boundary && halving++ < UNDER_WAY_MAX;
        if (under_way || (i & (i - 1)) == 0) expectEachOnce(d, things, i);
    }
    ck_assert_uint_gt(doubling, 0);
    ck_assert_uint_gt(halving, 0);
    dictFree(d);
    memFree(things);
}
END_TEST

START_TEST(meetsEachOfManyEqualHashesOnce) {
    enum { COUNT = 2000 };
    thing *things = memCalloc(COUNT, sizeof *things);
    dict *d = dictNew(&thing_type);
    for (size_t i = 0; i < COUNT; i++) {
        things[i].hash = i % 3 ? UINT64_MAX : i << 40;
        dictAdd(d, things[i].hash, &things[i]);
    }
    expectEachOnce(d, things, COUNT);
    dictFree(d);
    memFree(things);
}
END_TEST

/* Its order is another than that of hashes: few of the first tenth are among the lowest tenth. */
START_TEST(scattersSegments) {
    enum { COUNT = 100000 };
    thing *things = memCalloc(COUNT, sizeof *things);
    rng r;
    rngSeed(&r, 5);
    dict *d = dictNew(&thing_type);
    for (size_t i = 0; i < COUNT; i++) {
        things[i].hash = rngNext(&r);
        dictAdd(d, things[i].hash, &things[i]);
    }
    dictIterator it = dictIteratorOf(d);
    size_t low = 0;
    for (int i = 0; i < COUNT / 10; i++)
        low += ((const thing *)dictIteratorNext(&it))->hash < UINT64_MAX / 10;
    ck_assert_uint_lt(low, COUNT / 10 / 5);
    dictFree(d);
    memFree(things);
}
END_TEST

TESTS("dict_iter", anEmptyDictHasNothing, meetsEachItemOnce, meetsEachOfManyEqualHashesOnce,
      scattersSegments)
