#include "storage/base/mem.h"
#include "storage/db/discard.h"
#include "storage/types/blob.h"
#include "tests/support/fake_value.h"
#include "tests/support/suite.h"

static char big[3 << 20];

static uint64_t hashOfItem(const void *item) {
    return entryHash(item);
}

static bool itemHolds(const void *item, bytes key) {
    return bytesEqual(entryKey(item), key);
}

static const dictType keysType = {hashOfItem, itemHolds};

static int64_t deadlineOfItem(const void *item) {
    return entryDeadline(item);
}

static const deadlinesType fieldsType = {deadlineOfItem, hashOfItem};

static entry *newSet(size_t parts) {
    return entryNewCollection(BYTES("set"), TYPE_SET, ENCODING_DICT, fakeNew(parts));
}

START_TEST(smallThingsAreFreedAtOnce) {
    size_t before = memUsed();
    discardQueue *q = discardNew();
    discardEntry(q, entryNewString(BYTES("k"), BYTES("v"), true));
    discardEntry(q, entryNewString(BYTES("k"), bytesOf(big, 100000), true));
    discardEntry(q, newSet(64));
    ck_assert_uint_eq(fake_live, 0);
    ck_assert_uint_eq(discardPending(q), 0);
    ck_assert_uint_eq(discardPendingBytes(q), 0);
    ck_assert(!discardStep(q, 10));
    ck_assert_uint_eq(discardFreed(q), 0);
    discardFree(q);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(bigThingsWaitAndGoInSlices) {
    discardQueue *q = discardNew();
    size_t before = memUsed();
    discardEntry(q, entryNewString(BYTES("k"), bytesOf(big, sizeof big), true));
    discardEntry(q, newSet(1000));
    ck_assert_uint_eq(discardPending(q), 2);
    ck_assert_uint_ge(discardPendingBytes(q), sizeof big + 1000 * 100);
    ck_assert(discardStep(q, 1));
    ck_assert_uint_eq(discardPending(q), 1);
    ck_assert_uint_lt(discardPendingBytes(q), 200000);
    size_t steps = 1;
    while (discardStep(q, 100)) steps++;
    ck_assert_uint_ge(steps, 10);
    ck_assert_uint_eq(fake_live, 0);
    ck_assert_uint_eq(discardPending(q), 0);
    ck_assert_uint_eq(discardPendingBytes(q), 0);
    ck_assert_uint_eq(discardFreed(q), 2);
    discardResetStats(q);
    ck_assert_uint_eq(discardFreed(q), 0);
    ck_assert_uint_eq(memUsed(), before);
    discardFree(q);
}
END_TEST

START_TEST(aBlobThatOthersHoldIsOnlyLetGo) {
    discardQueue *q = discardNew();
    entry *e = entryNewString(BYTES("k"), bytesOf(big, sizeof big), true);
    blob *reader = blobHold(entryPointer(e));
    discardEntry(q, e);
    ck_assert_uint_eq(discardPending(q), 0);
    ck_assert_uint_eq(reader->holders, 1);
    blobRelease(reader);
    discardFree(q);
}
END_TEST

START_TEST(valueGoesAndTheEntryStays) {
    discardQueue *q = discardNew();
    entry *e = newSet(1000);
    discardValue(q, e);
    discardValue(q, e);
    ck_assert_uint_eq(discardPending(q), 1);
    ck_assert_ptr_null(entryPointer(e));
    e = entrySetString(e, BYTES("x"));
    entryFree(e);
    discardFree(q);
    ck_assert_uint_eq(fake_live, 0);
}
END_TEST

START_TEST(keyspaceGoesInSlicesWithItsTables) {
    enum { KEYS = 5000, SLICE = 100 };
    size_t before = memUsed();
    discardQueue *q = discardNew();
    dict *keys = dictNew(&keysType);
    expiryDict *expires = expiryDictNew();
    size_t entries_bytes = 0;
    for (int i = 0; i < KEYS; i++) {
        char name[32];
        bytes key = bytesOf(name, (size_t)snprintf(name, sizeof name, "key:%d", i));
        entry *e = i % 10 ? entryNewStringUntil(key, bytesOf(big, 40), true, 1000 + i)
                          : entryNewCollection(key, TYPE_HASH, ENCODING_DICT, fakeNew(100));
        entries_bytes += entryMemory(e);
        dictAdd(keys, entryHash(e), e);
        if (entryHasDeadline(e)) expiryDictAdd(expires, e, entryHash(e));
    }
    discardKeyspace(q, keys, expires, deadlinesNew(&fieldsType));
    ck_assert_uint_eq(discardPending(q), KEYS);
    ck_assert_uint_gt(discardPendingBytes(q), entries_bytes / 4);
    ck_assert_uint_lt(discardPendingBytes(q), entries_bytes * 4 + 1000000);
    size_t steps = 1;
    for (; discardStep(q, SLICE); steps++) ck_assert_uint_lt(steps, 1000000);
    ck_assert_uint_ge(steps, KEYS / SLICE / 2);
    ck_assert_uint_eq(fake_live, 0);
    ck_assert_uint_eq(discardPending(q), 0);
    ck_assert_uint_eq(discardPendingBytes(q), 0);
    ck_assert_uint_eq(discardFreed(q), KEYS + KEYS / 10);
    discardKeyspace(q, dictNew(&keysType), expiryDictNew(), deadlinesNew(&fieldsType));
    discardFree(q);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

TESTS("discard", smallThingsAreFreedAtOnce, bigThingsWaitAndGoInSlices,
      aBlobThatOthersHoldIsOnlyLetGo, valueGoesAndTheEntryStays, keyspaceGoesInSlicesWithItsTables)
