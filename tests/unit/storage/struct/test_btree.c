#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/struct/btree_internal.h"
#include "tests/support/suite.h"

/* Items that are numbers; probes are numbers too. */
static unsigned compared;

static int compareNumber(const void *item, const void *probe) {
    uint64_t a = *(const uint64_t *)item, b = *(const uint64_t *)probe;
    compared++;
    return a < b ? -1 : a > b;
}

static uint64_t orderOfNumber(const void *item) {
    return *(const uint64_t *)item;
}

static const btreeType numbers = {compareNumber, orderOfNumber, orderOfNumber};

static btree *treeOf(uint64_t *items, size_t count) {
    btree *t = btreeNew(&numbers);
    for (size_t i = 0; i < count; i++) btreeAdd(t, &items[i], &items[i]);
    return t;
}

static uint64_t *randomItems(size_t count, uint64_t seed) {
    rng r;
    rngSeed(&r, seed);
    uint64_t *items = memAlloc(count * sizeof *items);
    for (size_t i = 0; i < count; i++) items[i] = rngNext(&r);
    return items;
}

static double bytesEach(const btree *t) {
    return (double)btreeBytes(t) / (double)btreeCount(t);
}

START_TEST(isEmptyAndSmallWhenNew) {
    btree *t = btreeNew(&numbers);
    uint64_t five = 5;
    size_t rank = 9;
    ck_assert_uint_eq(btreeCount(t), 0);
    ck_assert_ptr_null(btreeFind(t, &five));
    ck_assert_ptr_null(btreeRemove(t, &five));
    ck_assert_ptr_null(btreeFirst(t).leaf);
    ck_assert_ptr_null(btreeLast(t).leaf);
    ck_assert_ptr_null(btreeAtRank(t, 0).leaf);
    ck_assert_ptr_null(btreeSeek(t, &five, &rank).leaf);
    ck_assert_uint_eq(rank, 0);
    ck_assert_ptr_null(btreeSeekBack(t, &five).leaf);
    ck_assert_uint_eq(btreeWalk(t, 0, NULL, NULL), 0);
    ck_assert_uint_lt(btreeBytes(t), 160);
    btreeCheck(t);
    ck_assert(!btreeDropStep(t, 10, NULL, NULL));
    btreeFree(t);
    btreeFree(NULL);
}
END_TEST

START_TEST(growsAndShrinksItsOnlyLeaf) {
    uint64_t items[BTREE_LEAF_MAX];
    btree *t = btreeNew(&numbers);
    for (unsigned i = 0; i < BTREE_LEAF_MAX; i++) {
        items[i] = i;
        btreeAdd(t, &items[i], &items[i]);
        ck_assert_uint_eq(t->height, 0);
        ck_assert_uint_le(btreeLeafBytes(t->first->room), i < 3 ? 64 : 2 * btreeLeafBytes(i + 1));
    }
    for (unsigned i = 0; i < BTREE_LEAF_MAX; i++) btreeRemove(t, &items[i]);
    ck_assert_uint_eq(btreeLeafBytes(t->first->room), BTREE_LEAF_MIN_BYTES);
    btreeCheck(t);
    btreeFree(t);
}
END_TEST

START_TEST(fillsNodesWhollyFromAscendingItems) {
    enum { MOST = 200000 };
    uint64_t *items = memAlloc(MOST * sizeof *items);
    for (size_t i = 0; i < MOST; i++) items[i] = i * 7;
    btree *added = treeOf(items, MOST);
    ck_assert(bytesEach(added) < 8.7);
    btreeCheck(added);
    btree *appended = btreeNew(&numbers);
    for (size_t i = 0; i < MOST; i++) btreeAppend(appended, &items[i]);
    ck_assert(bytesEach(appended) < 8.7);
    btreeCheck(appended);
    btree *descending = btreeNew(&numbers);
    for (size_t i = MOST; i-- > 0;) btreeAdd(descending, &items[i], &items[i]);
    ck_assert(bytesEach(descending) < 8.9);
    btreeCheck(descending);
    btreeFree(added);
    btreeFree(appended);
    btreeFree(descending);
    memFree(items);
}
END_TEST

START_TEST(fillsNodesWellFromRandomItems) {
    enum { MOST = 300000 };
    uint64_t *items = randomItems(MOST, 8);
    btree *t = treeOf(items, MOST);
    ck_assert(bytesEach(t) < 10.7);
    btreeFree(t);
    memFree(items);
}
END_TEST

START_TEST(keepsAtMostTwiceTheNodesItNeedsAfterRemovals) {
    enum { MOST = 200000 };
    for (size_t keep = 10; keep <= 1000; keep *= 10) {
        uint64_t *items = randomItems(MOST, keep);
        btree *t = treeOf(items, MOST);
        for (size_t i = MOST / keep; i < MOST; i++)
            ck_assert_ptr_eq(btreeRemove(t, &items[i]), &items[i]);
        ck_assert(bytesEach(t) < 18);
        btreeCheck(t);
        btreeFree(t);
        memFree(items);
    }
}
END_TEST

START_TEST(comparesHardlyMoreThanTheItemItFinds) {
    enum { MOST = 100000 };
    uint64_t *items = randomItems(MOST, 4);
    btree *t = treeOf(items, MOST);
    compared = 0;
    for (size_t i = 0; i < MOST; i++) ck_assert_ptr_eq(btreeFind(t, &items[i]), &items[i]);
    ck_assert_uint_lt(compared, MOST + MOST / 20);
    /* What came ascending keeps tags that tell items apart. */
    btreeFree(t);
    for (size_t i = 0; i < MOST; i++) items[i] = i * i;
    t = treeOf(items, MOST);
    compared = 0;
    for (size_t i = 0; i < MOST; i++) ck_assert_ptr_eq(btreeFind(t, &items[i]), &items[i]);
    ck_assert_uint_lt(compared, MOST + MOST / 4);
    btreeFree(t);
    memFree(items);
}
END_TEST

START_TEST(repointsWithoutReadingTheOldItem) {
    uint64_t items[300], copies[300];
    btree *t = btreeNew(&numbers);
    for (unsigned i = 0; i < 300; i++) {
        items[i] = copies[i] = i / 100; /* a hundred of each number, told apart by address alone */
        if (i % 100 == 0) btreeAdd(t, &items[i], &items[i]);
    }
    for (unsigned i = 0; i < 300; i += 100) {
        items[i] = 0xDBDBDBDBDBDBDBDB;
        btreeRepoint(t, &copies[i], &items[i], &copies[i]);
        ck_assert_ptr_eq(btreeFind(t, &copies[i]), &copies[i]);
    }
    btreeCheck(t);
    btreeFree(t);
}
END_TEST

START_TEST(removesARangeOfAnySize) {
    enum { MOST = 5000 };
    uint64_t items[MOST];
    for (size_t i = 0; i < MOST; i++) items[i] = i;
    btree *t = treeOf(items, MOST);
    btreeRemoveRange(t, 10, 0, NULL, NULL);
    btreeRemoveRange(t, 100, 4800, NULL, NULL);
    btreeCheck(t);
    ck_assert_uint_eq(btreeCount(t), 200);
    ck_assert_ptr_eq(btreeItem(btreeAtRank(t, 99)), &items[99]);
    ck_assert_ptr_eq(btreeItem(btreeAtRank(t, 100)), &items[4900]);
    btreeRemoveRange(t, 0, 200, NULL, NULL);
    ck_assert_uint_eq(btreeCount(t), 0);
    btreeCheck(t);
    btreeFree(t);
}
END_TEST

START_TEST(dropsInSteps) {
    enum { MOST = 50000 };
    uint64_t *items = randomItems(MOST, 3);
    btree *t = treeOf(items, MOST);
    size_t nodes = t->bytes / BTREE_NODE_BYTES, steps = 0;
    while (btreeDropStep(t, 10, NULL, NULL)) steps++;
    ck_assert_uint_ge(steps, nodes / 10);
    ck_assert_uint_le(steps, nodes / 8);
    ck_assert_uint_eq(t->bytes, 0);
    btreeFree(t);
    memFree(items);
}
END_TEST

TESTS("btree", isEmptyAndSmallWhenNew, growsAndShrinksItsOnlyLeaf,
      fillsNodesWhollyFromAscendingItems, fillsNodesWellFromRandomItems,
      keepsAtMostTwiceTheNodesItNeedsAfterRemovals, comparesHardlyMoreThanTheItemItFinds,
      repointsWithoutReadingTheOldItem, removesARangeOfAnySize, dropsInSteps)
