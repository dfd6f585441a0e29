#include <math.h>
#include <stdio.h>

#include "storage/base/mem.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset_internal.h"
#include "storage/types/t_zset_ops.h"
#include "storage/types/t_zset_range.h"
#include "tests/support/suite.h"

static typeLimits limits = TYPE_LIMITS_DEFAULT;

static entry *zsetOf(int count) {
    entry *e = zsetNew(BYTES("key"), BYTES("m"), 1, &limits);
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "m%d", i);
        zsetAdd(e, bytesOfText(name), i, &limits);
    }
    return e;
}

START_TEST(growsOutOfItsListpackAtTheLimits) {
    entry *e = zsetOf(128);
    ck_assert_int_eq(entryEncoding(e), ENCODING_LISTPACK);
    ck_assert_int_eq(zsetAdd(e, BYTES("m5"), 1000, &limits), ZSET_UPDATED);
    ck_assert_int_eq(entryEncoding(e), ENCODING_LISTPACK);
    ck_assert_int_eq(zsetAdd(e, BYTES("one more"), 1000, &limits), ZSET_ADDED);
    ck_assert_int_eq(entryEncoding(e), ENCODING_SKIPLIST);
    ck_assert_uint_eq(zsetCount(e), 129);
    entryFree(e);
    char longest[65];
    memset(longest, 'x', sizeof longest);
    e = zsetOf(1);
    zsetAdd(e, bytesOf(longest, 64), 1, &limits);
    ck_assert_int_eq(entryEncoding(e), ENCODING_LISTPACK);
    zsetAdd(e, bytesOf(longest, 65), 1, &limits);
    ck_assert_int_eq(entryEncoding(e), ENCODING_SKIPLIST);
    entryFree(e);
}
END_TEST

START_TEST(startsInTheFormItsMembersNeed) {
    entry *e = zsetNew(BYTES("key"), BYTES("m"), 129, &limits);
    ck_assert_int_eq(entryEncoding(e), ENCODING_SKIPLIST);
    entryFree(e);
    typeLimits none = limits;
    none.zset_listpack_entries = 0;
    e = zsetNew(BYTES("key"), BYTES("m"), 1, &none);
    ck_assert_int_eq(entryEncoding(e), ENCODING_SKIPLIST);
    entryFree(e);
}
END_TEST

START_TEST(smallFormIsThePublicOne) {
    entry *e = zsetNew(BYTES("key"), BYTES("m"), 1, &limits);
    zsetAdd(e, BYTES("b"), 1.5, &limits);
    zsetAdd(e, BYTES("12"), -3, &limits);
    /* total, count; 12, -3; "b", "1.5"; the end */
    bytes wanted = BYTES("\x14\0\0\0\4\0"
                         "\x0C\1\xDF\xFD\2"
                         "\x81"
                         "b\2\x83"
                         "1.5\4\xFF");
    bytes b = listpackBytes(entryPointer(e));
    ck_assert(bytesEqual(b, wanted));
    entryFree(e);
}
END_TEST

START_TEST(twoZerosAreOneScore) {
    for (int big = 0; big < 2; big++) {
        entry *e = zsetOf(big ? 200 : 3);
        double score;
        ck_assert_int_eq(zsetAdd(e, BYTES("m0"), -0.0, &limits), ZSET_SAME);
        ck_assert_int_eq(zsetAdd(e, BYTES("a"), -0.0, &limits), ZSET_ADDED);
        ck_assert(zsetScore(e, BYTES("a"), &score));
        ck_assert(score == 0);
        /* A listpack keeps it as an integer. */
        ck_assert_int_eq(signbit(score) != 0, big);
        zsetScoreRange zero = {.min = 0, .max = 0};
        ck_assert_uint_eq(zsetSpanOfScores(e, &zero).count, 2);
        ck_assert_int_eq(zsetAdd(e, BYTES("a"), NAN, &limits), ZSET_NAN);
        entryFree(e);
    }
}
END_TEST

START_TEST(readsBoundsOfScores) {
    zsetScoreRange r;
    ck_assert(zsetParseScoreRange(BYTES("(1.5"), BYTES("+inf"), &r));
    ck_assert(r.min == 1.5);
    ck_assert(r.without_min);
    ck_assert(!r.without_max);
    ck_assert(isinf(r.max));
    ck_assert(zsetParseScoreRange(BYTES(" 1"), BYTES("1e400"), &r));
    ck_assert(zsetParseScoreRange(BYTES(""), BYTES("("), &r));
    ck_assert(r.max == 0);
    ck_assert(r.without_max);
    ck_assert(!zsetParseScoreRange(BYTES("nan"), BYTES("1"), &r));
    ck_assert(!zsetParseScoreRange(BYTES("1"), BYTES("[2"), &r));
    ck_assert(!zsetParseScoreRange(BYTES("1 "), BYTES("2"), &r));
}
END_TEST

START_TEST(readsBoundsOfNames) {
    zsetLexRange r;
    ck_assert(zsetParseLexRange(BYTES("-"), BYTES("(abc"), &r));
    ck_assert_int_eq(r.min.kind, ZSET_LEX_FIRST);
    ck_assert_int_eq(r.max.kind, ZSET_LEX_WITHOUT);
    ck_assert(bytesEqual(r.max.member, BYTES("abc")));
    ck_assert(zsetParseLexRange(BYTES("["), BYTES("+"), &r));
    ck_assert_uint_eq(r.min.member.size, 0);
    ck_assert(!zsetParseLexRange(BYTES("a"), BYTES("+"), &r));
    ck_assert(!zsetParseLexRange(BYTES(""), BYTES("+"), &r));
    ck_assert(!zsetParseLexRange(BYTES("-x"), BYTES("+"), &r));
}
END_TEST

START_TEST(cutsASpanFromEitherEnd) {
    zsetSpan span = {10, 5};
    ck_assert_uint_eq(zsetSpanLimit(span, 1, 2, false).start, 11);
    ck_assert_uint_eq(zsetSpanLimit(span, 1, 2, true).start, 12);
    ck_assert_uint_eq(zsetSpanLimit(span, 1, 2, true).count, 2);
    ck_assert_uint_eq(zsetSpanLimit(span, 4, -1, false).count, 1);
    ck_assert_uint_eq(zsetSpanLimit(span, 5, -1, false).count, 0);
    ck_assert_uint_eq(zsetSpanLimit(span, -1, -1, false).count, 0);
    ck_assert_uint_eq(zsetSpanLimit(span, 0, 0, false).count, 0);
}
END_TEST

START_TEST(memoryIsWhatTheAllocatorsHandOut) {
    size_t used = memUsed();
    entry *e = zsetOf(100000);
    const zset *z = entryPointer(e);
    size_t told = zsetTreeOps.memory(z), taken = memUsed() - used;
    ck_assert_uint_ge(told, taken * 97 / 100);
    ck_assert_uint_le(told, taken * 103 / 100);
    ck_assert_uint_lt(told / 100000, 48);
    entryFree(e);
    ck_assert_uint_eq(memUsed(), used);
}
END_TEST

START_TEST(shrinksAfterMostWasRemoved) {
    entry *e = zsetOf(50000);
    size_t before = zsetTreeOps.memory(entryPointer(e));
    zsetRemoveSpan(e, (zsetSpan){100, 49000});
    for (int i = 49100; i < 49900; i++) {
        char name[32];
        snprintf(name, sizeof name, "m%d", i);
        ck_assert(zsetRemove(e, bytesOfText(name)));
    }
    ck_assert_uint_eq(zsetCount(e), 200);
    ck_assert_uint_lt(zsetTreeOps.memory(entryPointer(e)), before / 100);
    entryFree(e);
}
END_TEST

START_TEST(isFreedInSteps) {
    size_t used = memUsed();
    entry *e = zsetOf(10000);
    void *value = entryPointer(e);
    entrySetPointer(e, ENCODING_SKIPLIST, NULL);
    ck_assert_uint_eq(zsetTreeOps.parts(value), 10000);
    size_t steps = 1;
    while (!zsetTreeOps.freeStep(value, 100)) steps++;
    ck_assert_uint_ge(steps, 50);
    ck_assert_uint_le(steps, 300);
    entryFree(e);
    ck_assert_uint_eq(memUsed(), used);
}
END_TEST

START_TEST(sumsStartWithTheSmallestSource) {
    /* 1e17 + 1 + 1 loses both ones where they are added one by one. */
    entry *large = zsetOf(5), *small = zsetOf(1), *middle = zsetOf(2);
    zsetAdd(large, BYTES("m0"), 1e17, &limits);
    zsetAdd(small, BYTES("m0"), 8, &limits);
    zsetAdd(middle, BYTES("m0"), 8, &limits);
    zsetSource sources[] = {{large, 1}, {small, 1}, {middle, 1}};
    entry *sum = zsetUnion(BYTES("sum"), sources, 3, ZSET_SUM, &limits);
    double score;
    ck_assert(zsetScore(sum, BYTES("m0"), &score));
    ck_assert(score == 1e17 + 16);
    entryFree(sum);
    entryFree(large);
    entryFree(small);
    entryFree(middle);
}
END_TEST

TESTS("t_zset", growsOutOfItsListpackAtTheLimits, startsInTheFormItsMembersNeed,
      smallFormIsThePublicOne, twoZerosAreOneScore, readsBoundsOfScores, readsBoundsOfNames,
      cutsASpanFromEitherEnd, memoryIsWhatTheAllocatorsHandOut, shrinksAfterMostWasRemoved,
      isFreedInSteps, sumsStartWithTheSmallestSource)
