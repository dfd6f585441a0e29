#include <string.h>

#include "expire/index/expiry_dict.h"
#include "tests/support/suite.h"

enum { KEYS = 3000 };

static entry *newKey(size_t n, int64_t deadline_ms) {
    char name[32] = "key:";
    memcpy(name + 4, &n, sizeof n);
    entry *e = entryNewString(bytesOf(name, 4 + sizeof n), BYTES("value"), false);
    return entrySetDeadline(e, deadline_ms);
}

START_TEST(emptyOneHasNothingDue) {
    expiryDict *x = expiryDictNew();
    entry *due[2];
    ck_assert_uint_eq(expiryDictCount(x), 0);
    ck_assert_int_eq(expiryDictNext(x), DEADLINE_NONE);
    ck_assert_uint_eq(expiryDictPeekDue(x, INT64_MAX, due, 2), 0);
    ck_assert_int_eq(expiryDictAverageTtl(x, 0), 0);
    expiryDictFree(x);
    expiryDictFree(NULL);
}
END_TEST

START_TEST(givesEntriesInOrderOfTheirDeadlines) {
    expiryDict *x = expiryDictNew();
    for (size_t n = 0; n < KEYS; n++) {
        entry *e = newKey(n, 1000 + (int64_t)(n * 7919 % KEYS));
        expiryDictAdd(x, e, entryHash(e));
    }
    ck_assert_uint_eq(expiryDictCount(x), KEYS);
    ck_assert_uint_le(expiryDictBytes(x), 12 * KEYS);
    ck_assert_uint_eq(expiryDictDueEstimate(x, 1099), 100);
    int64_t wanted_ms = 1000;
    entry *due[64];
    size_t count;
    while ((count = expiryDictPeekDue(x, 999 + KEYS, due, 64)) > 0) {
        ck_assert_int_eq(expiryDictNext(x), wanted_ms);
        for (size_t i = 0; i < count; i++) {
            ck_assert_int_eq(entryDeadline(due[i]), wanted_ms++);
            expiryDictRemove(x, due[i], entryHash(due[i]));
            entryFree(due[i]);
        }
    }
    ck_assert_uint_eq(expiryDictCount(x), 0);
    expiryDictFree(x);
}
END_TEST

START_TEST(followsEntryWhoseOldBytesAreGone) {
    expiryDict *x = expiryDictNew();
    entry *from = newKey(1, 50), *to = newKey(1, 50), *due[2];
    uint64_t hash = entryHash(from);
    expiryDictAdd(x, from, hash);
    entryFree(from);
    expiryDictRepoint(x, from, to, hash);
    ck_assert_uint_eq(expiryDictPeekDue(x, 50, due, 2), 1);
    ck_assert_ptr_eq(due[0], to);
    ck_assert_uint_eq(expiryDictPeekDue(x, 49, due, 2), 0);
    ck_assert_int_eq(expiryDictAverageTtl(x, 20), 30);
    expiryDictRemove(x, to, hash);
    entryFree(to);
    expiryDictFree(x);
}
END_TEST

START_TEST(dropsInSlicesAndLeavesEntriesAlone) {
    static entry *entries[KEYS];
    expiryDict *x = expiryDictNew();
    for (size_t n = 0; n < KEYS; n++) {
        entries[n] = newKey(n, (int64_t)n);
        expiryDictAdd(x, entries[n], entryHash(entries[n]));
    }
    size_t steps = 1;
    while (expiryDictDropStep(x, 2)) steps++;
    ck_assert_uint_gt(steps, 10);
    expiryDictFree(x);
    for (size_t n = 0; n < KEYS; n++) {
        ck_assert_int_eq(entryDeadline(entries[n]), (int64_t)n);
        entryFree(entries[n]);
    }
}
END_TEST

TESTS("expiryDict", emptyOneHasNothingDue, givesEntriesInOrderOfTheirDeadlines,
      followsEntryWhoseOldBytesAreGone, dropsInSlicesAndLeavesEntriesAlone)
