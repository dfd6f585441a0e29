#include <string.h>

#include "storage/base/mem.h"
#include "storage/struct/dict_internal.h"
#include "tests/support/suite.h"

/* Items that carry their hash and a number; the number is the key. */
typedef struct thing {
    uint64_t hash;
    uint64_t id;
    uint32_t seen;
    uint32_t tag;
} thing;

static uint64_t hashOfThing(const void *item) {
    return ((const thing *)item)->hash;
}
static bool thingHolds(const void *item, bytes key) {
    return memcmp(&((const thing *)item)->id, key.data, sizeof(uint64_t)) == 0;
}
static const dictType thing_type = {hashOfThing, thingHolds};

static keyRef keyOf(const thing *t) {
    return (keyRef){bytesOf(&t->id, sizeof t->id), t->hash};
}

static thing *thingsNew(size_t count, uint64_t seed) {
    rng r;
    rngSeed(&r, seed);
    thing *things = memCalloc(count, sizeof *things);
    for (size_t i = 0; i < count; i++) {
        things[i].hash = rngNext(&r);
        things[i].id = i;
    }
    return things;
}

static dict *dictOf(thing *things, size_t count) {
    dict *d = dictNew(&thing_type);
    for (size_t i = 0; i < count; i++) dictAdd(d, things[i].hash, &things[i]);
    return d;
}

static void seeThing(void *ctx, void *item) {
    ++*(size_t *)ctx;
    ((thing *)item)->seen++;
}

static size_t shrinkAll(dict *d) {
    size_t steps = 0;
    while (dictShrinkStep(d)) steps++;
    ck_assert(!dictIsSparse(d));
    return steps;
}

START_TEST(isEmptyAndSmallWhenNew) {
    dict *d = dictNew(&thing_type);
    thing t = {.hash = 42, .id = 1};
    rng r;
    rngSeed(&r, 1);
    size_t seen = 0;
    ck_assert_uint_eq(dictCount(d), 0);
    ck_assert_ptr_null(dictFind(d, keyOf(&t)));
    ck_assert_ptr_null(dictRemove(d, keyOf(&t)));
    ck_assert(!dictRemoveItem(d, t.hash, &t));
    ck_assert_ptr_null(dictRandom(d, &r));
    ck_assert_uint_eq(dictScan(d, 0, seeThing, &seen), 0);
    ck_assert_uint_eq(dictDrain(d, 10, seeThing, &seen), 0);
    ck_assert_uint_eq(seen, 0);
    ck_assert(!dictShrinkStep(d));
    ck_assert_uint_lt(dictBytes(d), 256);
    dictCheck(d);
    dictFree(d);
    dictFree(NULL);
}
END_TEST

START_TEST(keepsEightItemsInOneCacheLine) {
    thing *things = thingsNew(8, 3);
    dict *d = dictOf(things, 8);
    ck_assert_uint_eq(dictStatsOf(d).buckets, 1);
    for (size_t i = 0; i < 8; i++) ck_assert_ptr_eq(dictFind(d, keyOf(&things[i])), &things[i]);
    dictCheck(d);
    dictFree(d);
    memFree(things);
}
END_TEST

START_TEST(findsAnItemOfTagZeroBesideFreeSlots) {
    thing t = {.hash = 0, .id = 7};
    thing other = {.hash = 0, .id = 8};
    dict *d = dictOf(&t, 1);
    ck_assert_ptr_eq(dictFind(d, keyOf(&t)), &t);
    ck_assert_ptr_null(dictFind(d, keyOf(&other)));
    dictFree(d);
}
END_TEST

START_TEST(takesAboutTenBytesAnItemGrowingAndShrinking) {
    enum { MOST = 400000 };
    thing *things = thingsNew(MOST, 11);
    dict *d = dictNew(&thing_type);
    for (size_t i = 0; i < MOST; i++) {
        dictAdd(d, things[i].hash, &things[i]);
        if (i + 1 >= 100000 && (i + 1) % 10000 == 0)
            ck_assert((double)dictBytes(d) <= 10.9 * (double)(i + 1));
    }
    /* Hashes are random, so the order of removal is as well. */
    for (size_t left = MOST, step = 0; left > 4000; left -= left / 10, step++) {
        for (size_t i = left - left / 10; i < left; i++)
            ck_assert_ptr_eq(dictRemove(d, keyOf(&things[i])), &things[i]);
        if (step % 4) continue;
        shrinkAll(d);
        ck_assert((double)dictBytes(d) <= 11.6 * (double)dictCount(d) + 1024);
    }
    dictCheck(d);
    dictFree(d);
    memFree(things);
}
END_TEST

START_TEST(shrinksToTheSurvivorsAfterMassDeletion) {
    enum { MOST = 200000 };
    for (size_t keep = 10; keep <= 1000; keep *= 10) {
        thing *things = thingsNew(MOST, keep);
        dict *d = dictOf(things, MOST);
        for (size_t i = MOST / keep; i < MOST; i++) dictRemove(d, keyOf(&things[i]));
        ck_assert(dictIsSparse(d));
        shrinkAll(d);
        ck_assert((double)dictBytes(d) <= 10.9 * (double)dictCount(d) + 256);
        for (size_t i = 0; i < MOST / keep; i++)
            ck_assert_ptr_eq(dictFind(d, keyOf(&things[i])), &things[i]);
        dictCheck(d);
        dictFree(d);
        memFree(things);
    }
}
END_TEST

START_TEST(doublesAndHalvesItsDirectoryInSlices) {
    enum { MOST = 1000000 };
    thing *things = thingsNew(MOST, 5);
    dict *d = dictNew(&thing_type);
    size_t count = 0, from = 0;
    for (; count < MOST && d->boundary == 0; count++)
        dictAdd(d, things[count].hash, &things[count]);
    ck_assert(d->boundary != 0); /* Both arrays are in use: the directory has over 1024 words. */
    dictCheck(d);
    for (size_t i = 0; i < count; i += 100)
        ck_assert_ptr_eq(dictFind(d, keyOf(&things[i])), &things[i]);
    for (from = count; d->boundary; count++) dictAdd(d, things[count].hash, &things[count]);
    ck_assert_uint_le(count - from, 32);
    dictCheck(d);

    while (count > 50000) dictRemove(d, keyOf(&things[--count]));
    size_t in_between = 0;
    while (dictShrinkStep(d)) {
        if (d->boundary == 0) continue;
        in_between++;
        dictCheck(d);
        /* What is added and removed meanwhile lands in either array. */
        for (size_t i = 0; i < 20; i++) {
            dictAdd(d, things[count + i].hash, &things[count + i]);
            ck_assert(d->boundary == 0 || dictFind(d, keyOf(&things[i])) == &things[i]);
        }
        for (size_t i = 0; i < 20; i++)
            ck_assert(dictRemoveItem(d, things[count + i].hash, &things[count + i]));
        dictCheck(d);
    }
    ck_assert_uint_ge(in_between, 1);
    ck_assert_uint_le(dictStatsOf(d).directory_words, 512);
    dictCheck(d);
    dictFree(d);
    memFree(things);
}
END_TEST

START_TEST(repointsWithoutReadingItems) {
    enum { MOST = 5000 };
    thing *things = thingsNew(MOST, 6);
    thing *copies = memAlloc(MOST * sizeof *copies);
    dict *d = dictOf(things, MOST);
    memcpy(copies, things, MOST * sizeof *copies);
    uint64_t *hashes = memAlloc(MOST * sizeof *hashes);
    for (size_t i = 0; i < MOST; i++) hashes[i] = things[i].hash;
    memset(things, 0xDB, MOST * sizeof *things);
    for (size_t i = 0; i < MOST; i++) dictRepoint(d, hashes[i], &things[i], &copies[i]);
    for (size_t i = 0; i < MOST; i++) ck_assert_ptr_eq(dictFind(d, keyOf(&copies[i])), &copies[i]);
    dictCheck(d);
    memset(copies, 0xDB, MOST * sizeof *copies);
    for (size_t i = 0; i < MOST; i++) ck_assert(dictRemoveItem(d, hashes[i], &copies[i]));
    ck_assert_uint_eq(dictCount(d), 0);
    dictFree(d);
    memFree(hashes);
    memFree(copies);
    memFree(things);
}
END_TEST

START_TEST(knowsAnItemByAddressAlone) {
    enum { MOST = 5000 };
    thing *things = thingsNew(MOST, 5);
    dict *d = dictOf(things, MOST);
    uint64_t hash = things[7].hash;
    ck_assert(dictHasItem(d, hash, &things[7]));
    ck_assert(!dictHasItem(d, hash, &things[8]));
    ck_assert(!dictHasItem(d, hash, NULL));
    ck_assert(dictRemoveItem(d, hash, &things[7]));
    memset(&things[7], 0xDB, sizeof things[7]);
    ck_assert(!dictHasItem(d, hash, &things[7]));
    dictFree(d);
    memFree(things);
}
END_TEST

START_TEST(mergesAndRelaysReadNoItem) {
    enum { MOST = 20000 };
    thing *things = thingsNew(MOST, 7);
    uint64_t *hashes = memAlloc(MOST * sizeof *hashes);
    dict *d = dictOf(things, MOST);
    for (size_t i = 0; i < MOST; i++) hashes[i] = things[i].hash;
    thing *kept = memAlloc(MOST * sizeof *kept);
    memcpy(kept, things, MOST * sizeof *kept);
    memset(things, 0xDB, MOST * sizeof *things);
    for (size_t i = 100; i < MOST; i++) ck_assert(dictRemoveItem(d, hashes[i], &things[i]));
    size_t merges = dictStatsOf(d).merges;
    shrinkAll(d);
    ck_assert_uint_gt(dictStatsOf(d).merges, merges + 10);
    ck_assert_uint_eq(dictStatsOf(d).depth, 0);
    memcpy(things, kept, MOST * sizeof *things);
    dictCheck(d);
    dictFree(d);
    memFree(kept);
    memFree(hashes);
    memFree(things);
}
END_TEST

START_TEST(capsTheDirectoryUnderHashesThatShareAPrefix) {
    enum { MOST = 6000 };
    thing *things = thingsNew(MOST, 8);
    for (size_t i = 0; i < MOST; i++) things[i].hash = 0xABCDEF0000000000U | things[i].hash >> 40;
    dict *d = dictOf(things, MOST);
    ck_assert_uint_le(dictStatsOf(d).directory_words, MOST / 64);
    for (size_t i = 0; i < MOST; i++) ck_assert_ptr_eq(dictFind(d, keyOf(&things[i])), &things[i]);
    dictCheck(d);
    dictFree(d);
    memFree(things);
}
END_TEST

/* As it may be where one dict is filled from another, in the order of hashes. */
START_TEST(anItemMayComeToAHalfThatHasNone) {
    enum { MOST = 460 };
    for (size_t count = 1; count < MOST; count++) {
        thing *things = thingsNew(count + 1, count);
        for (size_t i = 0; i < count; i++) things[i].hash >>= 1;
        things[count].hash = (uint64_t)1 << 63;
        dict *d = dictOf(things, count + 1);
        dictCheck(d);
        for (size_t i = 0; i <= count; i++)
            ck_assert_ptr_eq(dictFind(d, keyOf(&things[i])), &things[i]);
        dictFree(d);
        memFree(things);
    }
}
END_TEST

START_TEST(reservesRoomForALoader) {
    enum { MOST = 300000 };
    thing *things = thingsNew(MOST, 9);
    dict *d = dictNew(&thing_type);
    dictReserve(d, MOST);
    size_t before = dictStatsOf(d).relays + dictStatsOf(d).splits;
    for (size_t i = 0; i < MOST; i++) dictAdd(d, things[i].hash, &things[i]);
    dictStats s = dictStatsOf(d);
    ck_assert_uint_le(s.relays + s.splits - before, s.segments / 4);
    ck_assert((double)dictBytes(d) <= 11.9 * MOST);
    dictCheck(d);
    shrinkAll(d);
    ck_assert((double)dictBytes(d) <= 10.9 * MOST);
    dictCheck(d);
    dictReserve(d, MOST * 2);
    dictCheck(d);
    dictFree(d);
    memFree(things);
}
END_TEST

/* ---- Scans ---- */

START_TEST(scansEachItemOnceWhereNothingChanges) {
    for (size_t count = 1; count < 300000; count = count * 5 + 1) {
        thing *things = thingsNew(count, count);
        dict *d = dictOf(things, count);
        size_t calls = 0, visits = 0;
        uint64_t cursor = 0;
        do {
            uint64_t next = dictScan(d, cursor, seeThing, &visits);
            ck_assert(next == 0 || next > cursor);
            ck_assert(next < (uint64_t)1 << 48);
            cursor = next;
            calls++;
        } while (cursor);
        ck_assert_uint_eq(visits, count);
        for (size_t i = 0; i < count; i++) ck_assert_uint_eq(things[i].seen, 1);
        ck_assert_uint_le(calls, count / 4 + 2);
        dictFree(d);
        memFree(things);
    }
}
END_TEST

/* The first 'stay' items stay all along; the others come and go between the steps, so that
 * segments split, merge and are re-laid under the cursor. */
static void scanUnderChange(thing *things, size_t stay, size_t others, bool grow, size_t *repeats) {
    dict *d = dictOf(things, stay + (grow ? 0 : others));
    size_t turn = stay, visits = 0, calls = 0, repeated = 0;
    uint64_t cursor = 0;
    size_t before = dictStatsOf(d).splits + dictStatsOf(d).merges;
    do {
        cursor = dictScan(d, cursor, seeThing, &visits);
        for (size_t k = 0; k < 12 && turn < stay + others; k++, turn++) {
            if (grow) {
                dictAdd(d, things[turn].hash, &things[turn]);
            } else {
                ck_assert_ptr_eq(dictRemove(d, keyOf(&things[turn])), &things[turn]);
            }
        }
        if (!grow) dictShrinkStep(d);
        ck_assert_uint_lt(++calls, stay + others);
    } while (cursor);
    ck_assert_uint_gt(dictStatsOf(d).splits + dictStatsOf(d).merges, before);
    for (size_t i = 0; i < stay; i++) {
        ck_assert_uint_ge(things[i].seen, 1);
        repeated += things[i].seen - 1;
    }
    *repeats += repeated;
    dictCheck(d);
    dictFree(d);
}

START_TEST(scanMissesNothingWhileSegmentsSplitAndMerge) {
    uint64_t seed = suiteSeed();
    for (uint64_t round = 0; round < suiteRounds(10); round++) {
        for (int shape = 0; shape < 4; shape++) {
            size_t stay = shape & 1 ? 1000 : 20000, others = 20000, repeats = 0;
            thing *things = thingsNew(stay + others, seed + round);
            scanUnderChange(things, stay, others, shape & 2, &repeats);
            printf("stay %zu, %s: %zu repeats\n", stay, shape & 2 ? "growing" : "shrinking",
                   repeats);
            ck_assert_uint_le(repeats, stay / 10 + 50);
            memFree(things);
        }
    }
}
END_TEST

START_TEST(scanTakesAnyCursorOfAClient) {
    thing *things = thingsNew(3000, 12);
    dict *d = dictOf(things, 3000);
    rng r;
    rngSeed(&r, 4);
    size_t visits = 0;
    for (int i = 0; i < 10000; i++) {
        uint64_t cursor = rngNext(&r);
        uint64_t next = dictScan(d, cursor, seeThing, &visits);
        ck_assert(next == 0 || next > (cursor & (((uint64_t)1 << 48) - 1)));
    }
    dictFree(d);
    memFree(things);
}
END_TEST

typedef struct mover {
    thing *from, *to;
    size_t moved;
} mover;

static void *moveOddThing(void *ctx, void *item) {
    mover *m = ctx;
    thing *t = item;
    if (t->id % 2 == 0) return t;
    ck_assert(t >= m->from && t < m->from + 5000);
    thing *to = &m->to[t - m->from];
    *to = *t;
    memset(t, 0xDB, sizeof *t);
    m->moved++;
    return to;
}

START_TEST(walkFollowsMovedItems) {
    mover m = {thingsNew(5000, 13), memCalloc(5000, sizeof(thing)), 0};
    dict *d = dictOf(m.from, 5000);
    uint64_t cursor = 0;
    do {
        cursor = dictWalk(d, cursor, moveOddThing, &m);
    } while (cursor);
    ck_assert_uint_eq(m.moved, 2500);
    for (size_t i = 0; i < 5000; i++) {
        thing *t = i % 2 ? &m.to[i] : &m.from[i];
        ck_assert_ptr_eq(dictFind(d, keyOf(t)), t);
    }
    dictCheck(d);
    dictFree(d);
    memFree(m.from);
    memFree(m.to);
}
END_TEST

/* ---- Random items ---- */

static void checkUniform(thing *things, size_t from, size_t count, const dict *d, size_t draws) {
    rng r;
    rngSeed(&r, 2024);
    for (size_t i = 0; i < count; i++) things[from + i].seen = 0;
    for (size_t i = 0; i < draws * count; i++) ((thing *)dictRandom(d, &r))->seen++;
    double chi = 0;
    for (size_t i = 0; i < count; i++) {
        double off = (double)things[from + i].seen - (double)draws;
        chi += off * off / (double)draws;
    }
    /* Chi-square of n - 1 degrees: mean n, deviation sqrt(2n); four deviations allowed. */
    double away = (chi - (double)count) * (chi - (double)count) / (2 * (double)count);
    ck_assert_double_lt(away, 16);
}

START_TEST(drawsUniformly) {
    thing *things = thingsNew(20000, 14);
    dict *d = dictOf(things, 5);
    checkUniform(things, 0, 5, d, 2000);
    dictFree(d);
    d = dictOf(things, 700); /* segments of unequal depth and size */
    checkUniform(things, 0, 700, d, 100);
    dictFree(d);
    d = dictOf(things, 20000);
    checkUniform(things, 0, 20000, d, 20);
    for (size_t i = 3000; i < 20000; i++) dictRemove(d, keyOf(&things[i]));
    checkUniform(things, 0, 3000, d, 50); /* sparse */
    shrinkAll(d);
    checkUniform(things, 0, 3000, d, 50);
    dictFree(d);
    /* Half of them share a prefix, and so a big segment. */
    for (size_t i = 0; i < 2000; i++) things[i].hash = 0x7777000000000000U | things[i].hash >> 32;
    d = dictOf(things, 4000);
    checkUniform(things, 0, 4000, d, 50);
    dictFree(d);
    memFree(things);
}
END_TEST

START_TEST(drawsTheLastItemOfAnEmptiedDict) {
    thing *things = thingsNew(100000, 15);
    dict *d = dictOf(things, 100000);
    for (size_t i = 1; i < 100000; i++) dictRemove(d, keyOf(&things[i]));
    rng r;
    rngSeed(&r, 1);
    for (int i = 0; i < 20; i++) ck_assert_ptr_eq(dictRandom(d, &r), &things[0]);
    dictFree(d);
    memFree(things);
}
END_TEST

/* ---- Draining ---- */

START_TEST(drainsInSlicesAndStaysWhole) {
    enum { MOST = 50000 };
    thing *things = thingsNew(MOST, 16);
    dict *d = dictOf(things, MOST);
    size_t visits = 0, taken;
    while ((taken = dictDrain(d, 1000, seeThing, &visits)) > 0) {
        ck_assert_uint_lt(taken, 1000 + 512);
        ck_assert_uint_eq(dictCount(d), MOST - visits);
        ck_assert_uint_le(dictBytes(d), 11 * dictCount(d) + 10240);
        dictCheck(d);
        for (size_t i = 0; i < MOST; i += 100)
            ck_assert_ptr_eq(dictFind(d, keyOf(&things[i])), things[i].seen ? NULL : &things[i]);
    }
    ck_assert_uint_eq(visits, MOST);
    for (size_t i = 0; i < MOST; i++) ck_assert_uint_eq(things[i].seen, 1);
    ck_assert_uint_lt(dictBytes(d), 256);
    dictFree(d);
    memFree(things);
}
END_TEST

START_TEST(takesNewItemsBetweenDrains) {
    enum { MOST = 20000 };
    thing *things = thingsNew(MOST, 17);
    dict *d = dictOf(things, MOST / 2);
    size_t visits = 0, added = MOST / 2;
    while (dictCount(d)) {
        dictDrain(d, 100, seeThing, &visits);
        for (size_t k = 0; k < 50 && added < MOST; k++, added++)
            dictAdd(d, things[added].hash, &things[added]);
        if (visits % 7 == 0) dictShrinkStep(d);
        if (visits % 3 == 0) dictCheck(d);
    }
    ck_assert_uint_eq(visits, MOST);
    dictFree(d);
    memFree(things);
}
END_TEST

TESTS("dict", isEmptyAndSmallWhenNew, keepsEightItemsInOneCacheLine,
      findsAnItemOfTagZeroBesideFreeSlots, takesAboutTenBytesAnItemGrowingAndShrinking,
      shrinksToTheSurvivorsAfterMassDeletion, doublesAndHalvesItsDirectoryInSlices,
      repointsWithoutReadingItems, knowsAnItemByAddressAlone, mergesAndRelaysReadNoItem,
      capsTheDirectoryUnderHashesThatShareAPrefix, anItemMayComeToAHalfThatHasNone,
      reservesRoomForALoader, scansEachItemOnceWhereNothingChanges,
      scanMissesNothingWhileSegmentsSplitAndMerge, scanTakesAnyCursorOfAClient,
      walkFollowsMovedItems, drawsUniformly, drawsTheLastItemOfAnEmptiedDict,
      drainsInSlicesAndStaysWhole, takesNewItemsBetweenDrains)
