#include "server/observe/top_keys.h"

#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "tests/support/suite.h"

static void add(topKeys *t, const char *name, uint64_t weight) {
    topKeysAdd(t, keyRefOf(bytesOfText(name)), weight);
}

static void isAt(const topKey *list, int at, const char *name, uint64_t weight) {
    ck_assert(bytesEqual(list[at].name, bytesOfText(name)));
    ck_assert_uint_eq(list[at].weight, weight);
}

START_TEST(tellsTheLargestSumsFirst) {
    topKeys *t = topKeysNew(2);
    topKey list[TOP_KEYS_MAX];
    ck_assert_int_eq(topKeysList(t, list), 0);
    add(t, "a", 5);
    add(t, "b", 7);
    add(t, "c", 6);
    ck_assert_int_eq(topKeysList(t, list), 2);
    isAt(list, 0, "b", 7);
    isAt(list, 1, "c", 6);
    add(t, "a", 1);
    ck_assert_int_eq(topKeysList(t, list), 2);
    isAt(list, 1, "c", 6); /* As much is not more. */
    add(t, "a", 3);
    add(t, "b", 1);
    ck_assert_int_eq(topKeysList(t, list), 2);
    isAt(list, 0, "a", 9); /* What it had before it led is not forgotten. */
    isAt(list, 1, "b", 8);
    topKeysFree(t);
}
END_TEST

START_TEST(sumsAreExactWhereAllKeysLead) {
    topKeys *t = topKeysNew(TOP_KEYS_MAX);
    topKey list[TOP_KEYS_MAX];
    char name[32];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < TOP_KEYS_MAX; i++) {
            snprintf(name, sizeof name, "%02d", i);
            add(t, name, 1000000000 - (uint64_t)i);
        }
    }
    ck_assert_int_eq(topKeysList(t, list), TOP_KEYS_MAX);
    for (int i = 0; i < TOP_KEYS_MAX; i++) {
        snprintf(name, sizeof name, "%02d", i);
        isAt(list, i, name, 2 * (1000000000 - (uint64_t)i));
    }
    topKeysFree(t);
}
END_TEST

START_TEST(ofNoWeightOrTooLongANameNobodyLeads) {
    topKeys *t = topKeysNew(2);
    topKey list[TOP_KEYS_MAX];
    size_t empty = topKeysBytes(t);
    char *name = memCalloc(1, TOP_KEYS_NAME_MAX + 1);
    add(t, "a", 0);
    topKeysAdd(t, keyRefOf(bytesOf(name, TOP_KEYS_NAME_MAX + 1)), 10);
    ck_assert_int_eq(topKeysList(t, list), 0);
    topKeysAdd(t, keyRefOf(bytesOf(name, TOP_KEYS_NAME_MAX)), 10);
    ck_assert_int_eq(topKeysList(t, list), 1);
    ck_assert_uint_eq(topKeysBytes(t), empty + TOP_KEYS_NAME_MAX);
    memFree(name);
    topKeysFree(t);
}
END_TEST

START_TEST(memoryDoesNotGrowWithTheKeys) {
    topKeys *t = topKeysNew(10);
    size_t empty = topKeysBytes(t), used = memUsed();
    char name[32];
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "key:%06d", i);
        add(t, name, (uint64_t)i + 1);
    }
    ck_assert_uint_eq(topKeysBytes(t), empty + 10 * strlen("key:000000"));
    ck_assert_uint_lt(memUsed() - used, 1024);
    topKeysFree(t);
}
END_TEST

enum { KEYS = 20000, HOT = 20 };

/* A few keys with a large part of all weight, among many with little: they are found, and their
 * sums are about right. */
START_TEST(findsTheHotAmongMany) {
    static uint64_t sums[KEYS];
    rng r;
    rngSeed(&r, suiteSeed());
    topKeys *t = topKeysNew(HOT);
    char name[32];
    uint64_t rounds = suiteRounds(500000);
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t key = rngBelow(&r, rngBelow(&r, 10) < 4 ? HOT : KEYS);
        uint64_t weight = 1 + rngBelow(&r, 100);
        snprintf(name, sizeof name, "%05d", (int)key);
        add(t, name, weight);
        sums[key] += weight;
    }
    topKey list[TOP_KEYS_MAX];
    ck_assert_int_eq(topKeysList(t, list), HOT);
    for (int i = 0; i < HOT; i++) {
        char text[6] = "";
        memcpy(text, list[i].name.data, 5);
        int key = (int)strtol(text, NULL, 10);
        ck_assert_int_lt(key, HOT);
        ck_assert_uint_ge(list[i].weight, sums[key] - sums[key] / 50);
        ck_assert_uint_le(list[i].weight, sums[key] + sums[key] / 50);
        if (i) ck_assert_uint_le(list[i].weight, list[i - 1].weight);
    }
    topKeysFree(t);
}
END_TEST

/* Where no key is hot, none is made to look so. */
START_TEST(sumsOfColdKeysAreNotMadeUp) {
    rng r;
    rngSeed(&r, suiteSeed());
    topKeys *t = topKeysNew(HOT);
    char name[32];
    for (int i = 0; i < 1000000; i++) {
        uint64_t key = rngBelow(&r, KEYS * 10);
        snprintf(name, sizeof name, "%06d", (int)key);
        add(t, name, 100);
    }
    topKey list[TOP_KEYS_MAX];
    ck_assert_int_eq(topKeysList(t, list), HOT);
    for (int i = 0; i < HOT; i++) ck_assert_uint_le(list[i].weight, 10000);
    topKeysFree(t);
}
END_TEST

TESTS("top_keys", tellsTheLargestSumsFirst, sumsAreExactWhereAllKeysLead,
      ofNoWeightOrTooLongANameNobodyLeads, memoryDoesNotGrowWithTheKeys, findsTheHotAmongMany,
      sumsOfColdKeysAreNotMadeUp)
