#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/struct/quicklist.h"
#include "tests/support/suite.h"

static const quicklistLimits usual = {.node_bytes = 8192, .node_count = UINT32_MAX};

static bytes numbered(char *room, uint64_t n) {
    return bytesOf(room, (size_t)snprintf(room, 32, "element:%llu", (unsigned long long)n));
}

static quicklist *filled(uint64_t n, const quicklistLimits *limits) {
    char room[32];
    quicklist *q = quicklistNew();
    for (uint64_t i = 0; i < n; i++) quicklistPush(q, QUICKLIST_TAIL, numbered(room, i), limits);
    return q;
}

static void expectAt(const quicklist *q, size_t index, bytes wanted) {
    quicklistIterator it;
    listpackValue value;
    char scratch[NUM_INT_MAX];
    quicklistIteratorInit(&it, q, index, false);
    ck_assert(quicklistIteratorNext(&it, &value));
    ck_assert(bytesEqual(listpackValueText(value, scratch), wanted));
    quicklistIteratorEnd(&it);
}

START_TEST(nodesAreFilledFromBothEnds) {
    char room[32];
    for (quicklistEnd end = QUICKLIST_HEAD; end <= QUICKLIST_TAIL; end++) {
        quicklist *q = quicklistNew();
        size_t bytes_in = 0;
        for (uint64_t i = 0; i < 100000; i++) {
            bytes text = numbered(room, i);
            bytes_in += text.size;
            quicklistPush(q, end, text, &usual);
        }
        quicklistCheck(q);
        /* Two bytes an element are the listpack's, the rest is ours. */
        ck_assert_uint_lt(quicklistMemory(q), (bytes_in + 200000) * 101 / 100 + 16384);
        expectAt(q, end == QUICKLIST_HEAD ? 0 : 99999, numbered(room, 99999));
        quicklistFree(q);
    }
}
END_TEST

START_TEST(drainedNodesGiveTheirMemoryBack) {
    size_t before = memUsed();
    quicklist *q = filled(100000, &usual);
    while (quicklistCount(q) > 10) {
        quicklistDrop(q, QUICKLIST_HEAD, &usual);
        if (quicklistCount(q) % 5000 == 0) quicklistCheck(q);
    }
    ck_assert_uint_lt(quicklistMemory(q), 2000);
    quicklistFree(q);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(bigElementsHaveNodesOfTheirOwn) {
    static char big[10000];
    memset(big, 'b', sizeof big);
    quicklist *q = filled(10, &usual);
    quicklistPush(q, QUICKLIST_TAIL, bytesOf(big, sizeof big), &usual);
    quicklistPush(q, QUICKLIST_TAIL, BYTES("last"), &usual);
    ck_assert_uint_eq(quicklistNodes(q), 3);
    quicklistSet(q, 5, bytesOf(big, sizeof big), &usual);
    ck_assert_uint_eq(quicklistCount(q), 12);
    expectAt(q, 5, bytesOf(big, sizeof big));
    quicklistCheck(q);
    quicklistSet(q, 5, BYTES("small"), &usual);
    expectAt(q, 5, BYTES("small"));
    quicklistCheck(q);
    quicklistFree(q);
}
END_TEST

START_TEST(elementsOverThePlainLimitToo) {
    quicklistLimits limits = usual;
    limits.plain_bytes = 5;
    quicklist *q = quicklistNew();
    quicklistPush(q, QUICKLIST_TAIL, BYTES("1"), &limits);
    quicklistPush(q, QUICKLIST_TAIL, BYTES("12345"), &limits);
    quicklistPush(q, QUICKLIST_TAIL, BYTES("12"), &limits);
    ck_assert_uint_eq(quicklistNodes(q), 3);
    size_t index;
    ck_assert(quicklistFind(q, BYTES("12345"), &index));
    ck_assert_uint_eq(index, 1);
    ck_assert_uint_eq(quicklistRemove(q, QUICKLIST_TAIL, BYTES("12345"), 9, &limits), 1);
    quicklistCheck(q);
    quicklistFree(q);
}
END_TEST

START_TEST(onlyTheMiddleIsCompressed) {
    quicklistLimits limits = usual;
    quicklist *plain = filled(20000, &limits);
    limits.depth = 1;
    quicklist *q = filled(20000, &limits);
    quicklistCheck(q);
    ck_assert_uint_eq(quicklistNodes(q), quicklistNodes(plain));
    ck_assert_uint_lt(quicklistMemory(q), quicklistMemory(plain) / 2);
    char room[32];
    for (uint64_t i = 0; i < 20000; i += 777) expectAt(q, i, numbered(room, i));
    quicklistSet(q, 10000, BYTES("changed"), &limits);
    expectAt(q, 10000, BYTES("changed"));
    ck_assert_uint_lt(quicklistMemory(q), quicklistMemory(plain) / 2);
    while (quicklistCount(q) > 1) quicklistDrop(q, QUICKLIST_HEAD, &limits);
    quicklistCheck(q);
    expectAt(q, 0, numbered(room, 19999));
    quicklistFree(q);
    quicklistFree(plain);
}
END_TEST

START_TEST(smallNodesAreMerged) {
    quicklist *q = filled(10000, &usual);
    size_t nodes = quicklistNodes(q);
    /* From each ten, nine go. */
    for (size_t at = 0; at + 9 < quicklistCount(q); at++) quicklistRemoveRange(q, at, 9, &usual);
    quicklistCheck(q);
    ck_assert_uint_eq(quicklistCount(q), 1000);
    ck_assert_uint_lt(quicklistNodes(q), nodes / 2);
    ck_assert_uint_lt(quicklistMemory(q), 1000 * 22);
    quicklistFree(q);
}
END_TEST

START_TEST(removalMergesWhatItLeaves) {
    quicklistLimits limits = usual;
    limits.node_count = 4;
    char room[32];
    for (quicklistEnd from = QUICKLIST_HEAD; from <= QUICKLIST_TAIL; from++) {
        quicklist *q = quicklistNew();
        for (uint64_t i = 0; i < 1000; i++) {
            bytes text = i % 4 ? BYTES("x") : numbered(room, i);
            quicklistPush(q, QUICKLIST_TAIL, text, &limits);
        }
        ck_assert_uint_eq(quicklistRemove(q, from, BYTES("x"), 700, &limits), 700);
        quicklistCheck(q);
        ck_assert_uint_eq(quicklistCount(q), 300);
        ck_assert_uint_lt(quicklistNodes(q), 90);
        expectAt(q, from == QUICKLIST_HEAD ? 1 : 299, numbered(room, from ? 996 : 4));
        ck_assert_uint_eq(quicklistRemove(q, from, BYTES("x"), SIZE_MAX, &limits), 50);
        quicklistCheck(q);
        quicklistFree(q);
    }
}
END_TEST

START_TEST(aRangeOverManyNodesGoes) {
    char room[32];
    quicklist *q = filled(10000, &usual);
    quicklistRemoveRange(q, 100, 9800, &usual);
    quicklistCheck(q);
    ck_assert_uint_eq(quicklistCount(q), 200);
    expectAt(q, 99, numbered(room, 99));
    expectAt(q, 100, numbered(room, 9900));
    quicklistRemoveRange(q, 0, SIZE_MAX, &usual);
    quicklistCheck(q);
    ck_assert_uint_eq(quicklistCount(q), 0);
    quicklistFree(q);
}
END_TEST

START_TEST(theOnlyNodeIsShownAsAListpack) {
    quicklist *q = quicklistNew();
    ck_assert_ptr_null(quicklistOnlyListpack(q));
    quicklistPush(q, QUICKLIST_HEAD, BYTES("b"), &usual);
    quicklistPush(q, QUICKLIST_HEAD, BYTES("7"), &usual);
    const listpack *lp = quicklistOnlyListpack(q);
    ck_assert_ptr_nonnull(lp);
    ck_assert_uint_eq(listpackCount(lp), 2);
    int64_t number;
    ck_assert(listpackInt(lp, listpackFirst(lp), &number));
    quicklist *other = quicklistNew();
    quicklistAppendListpack(other, lp, &usual);
    quicklistAppendListpack(other, lp, &usual);
    ck_assert_uint_eq(quicklistNodes(other), 2);
    ck_assert_uint_eq(quicklistCount(other), 4);
    ck_assert_ptr_null(quicklistOnlyListpack(other));
    quicklistCheck(other);
    quicklistFree(other);
    quicklistFree(q);
}
END_TEST

START_TEST(moveGoesOnWhereItStopped) {
    quicklistLimits limits = usual;
    limits.node_count = 1;
    quicklist *q = filled(1000, &limits);
    uint64_t cursor = 0, calls = 0;
    slabPassBegin(SLAB_BLOB);
    do {
        quicklistMove(q, &cursor);
        /* What goes meanwhile is not where it goes on. */
        quicklistRemoveRange(q, quicklistCount(q) / 2, 20, &limits);
        calls++;
    } while (cursor);
    slabPassEnd(SLAB_BLOB);
    ck_assert_uint_gt(calls, 5);
    quicklistCheck(q);
    quicklistFree(q);
}
END_TEST

TESTS("struct/quicklist", nodesAreFilledFromBothEnds, drainedNodesGiveTheirMemoryBack,
      bigElementsHaveNodesOfTheirOwn, elementsOverThePlainLimitToo, onlyTheMiddleIsCompressed,
      smallNodesAreMerged, removalMergesWhatItLeaves, aRangeOverManyNodesGoes,
      theOnlyNodeIsShownAsAListpack, moveGoesOnWhereItStopped)
