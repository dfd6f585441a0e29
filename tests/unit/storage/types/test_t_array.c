#include "storage/types/t_array.h"

#include "storage/base/slab.h"
#include "tests/support/suite.h"

static entry *e;

static void setup(void) {
    e = entryNewCollection(BYTES("k"), TYPE_ARRAY, ENCODING_ARRAY, arrayNew());
}

static void done(void) {
    arrayCheck(e);
    entryFree(e);
}

static bool set(uint64_t index, const char *text) {
    return arraySet(e, index, bytesOfText(text));
}

static void expect(uint64_t index, const char *text) {
    char scratch[NUM_INT_MAX];
    bytes value = arrayGet(e, index, scratch);
    if (!text) {
        ck_assert_ptr_null(value.data);
        return;
    }
    ck_assert_ptr_nonnull(value.data);
    ck_assert(bytesEqual(value, bytesOfText(text)));
}

static size_t bytesHeld(void) {
    return arrayOps.memory(entryPointer(e));
}

START_TEST(valuesComeBackInEveryForm) {
    setup();
    static const char *const texts[] = {"",
                                        "a",
                                        "1234567",
                                        "12345678",
                                        "-1234567890",
                                        "1152921504606846975",
                                        "1152921504606846976",
                                        "-1152921504606846976",
                                        "-1152921504606846977",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "0012345678",
                                        "+12345678",
                                        "a text of more than seven bytes"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) ck_assert(set(i * 7, texts[i]));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) expect(i * 7, texts[i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) ck_assert(!set(i * 7, texts[i]));
    expect(1, NULL);
    done();
}
END_TEST

START_TEST(lengthIsTheHighestIndexAndOne) {
    setup();
    ck_assert_uint_eq(arrayLength(e), 0);
    set(5, "x");
    ck_assert_uint_eq(arrayLength(e), 6);
    set(ARRAY_INDEX_MAX, "x");
    ck_assert_uint_eq(arrayLength(e), UINT64_MAX);
    ck_assert_uint_eq(arrayCount(e), 2);
    ck_assert(arrayDelete(e, ARRAY_INDEX_MAX));
    ck_assert(!arrayDelete(e, ARRAY_INDEX_MAX));
    ck_assert_uint_eq(arrayLength(e), 6);
    done();
}
END_TEST

START_TEST(denseAndSparseArraysAreSmall) {
    setup();
    for (uint64_t i = 0; i < 100000; i++) set(i, "short");
    ck_assert_uint_le(bytesHeld(), 100000 * 9);
    entryFree(e);
    setup();
    for (uint64_t i = 0; i < 100000; i++) set(i << 44, "short");
    ck_assert_uint_le(bytesHeld(), 100000 * 28);
    entryFree(e);
    setup();
    set(ARRAY_INDEX_MAX, "x");
    ck_assert_uint_le(bytesHeld(), 256);
    done();
}
END_TEST

START_TEST(memoryFallsAsElementsGo) {
    setup();
    size_t empty = bytesHeld();
    for (uint64_t i = 0; i < 20000; i++) set(i * 3, "a value that needs an item");
    size_t full = bytesHeld();
    for (uint64_t i = 0; i < 20000; i++)
        if (i % 10) ck_assert(arrayDelete(e, i * 3));
    arrayCheck(e);
    ck_assert_uint_le(bytesHeld(), full / 6);
    for (uint64_t i = 0; i < 20000; i += 10) ck_assert(arrayDelete(e, i * 3));
    ck_assert_uint_eq(arrayCount(e), 0);
    ck_assert_uint_le(bytesHeld(), empty + 64);
    done();
}
END_TEST

START_TEST(rangesAreDeletedWholeOrInPart) {
    setup();
    for (uint64_t i = 0; i < 50000; i++) set(i, "a value that needs an item");
    set(ARRAY_INDEX_MAX, "end");
    ck_assert_uint_eq(arrayDeleteRange(e, 100, 49899), 49800);
    arrayCheck(e);
    ck_assert_uint_eq(arrayDeleteRange(e, 100, 49899), 0);
    expect(99, "a value that needs an item");
    expect(100, NULL);
    expect(49899, NULL);
    expect(49900, "a value that needs an item");
    ck_assert_uint_eq(arrayDeleteRange(e, 0, ARRAY_INDEX_MAX), 201);
    ck_assert_uint_eq(arrayCount(e), 0);
    ck_assert_uint_eq(arrayDeleteRange(e, 0, ARRAY_INDEX_MAX), 0);
    done();
}
END_TEST

static void expectWalk(uint64_t from, uint64_t to, const uint64_t *wanted, size_t count) {
    arrayIterator it;
    uint64_t index;
    bytes value;
    arrayIterate(&it, e, from, to);
    for (size_t i = 0; i < count; i++) {
        ck_assert(arrayNext(&it, &index, &value));
        ck_assert_uint_eq(index, wanted[i]);
    }
    ck_assert(!arrayNext(&it, &index, &value));
    ck_assert(!arrayNext(&it, &index, &value));
}

START_TEST(walksGoBothWaysAndKeepToTheirRange) {
    setup();
    expectWalk(0, ARRAY_INDEX_MAX, NULL, 0);
    expectWalk(ARRAY_INDEX_MAX, 0, NULL, 0);
    set(3, "a");
    set(63, "b");
    set(64, "c");
    set(1000000, "d");
    set(ARRAY_INDEX_MAX, "e");
    expectWalk(0, UINT64_MAX, (uint64_t[]){3, 63, 64, 1000000, ARRAY_INDEX_MAX}, 5);
    expectWalk(UINT64_MAX, 0, (uint64_t[]){ARRAY_INDEX_MAX, 1000000, 64, 63, 3}, 5);
    expectWalk(4, 64, (uint64_t[]){63, 64}, 2);
    expectWalk(64, 4, (uint64_t[]){64, 63}, 2);
    expectWalk(65, 999999, NULL, 0);
    expectWalk(999999, 65, NULL, 0);
    expectWalk(3, 3, (uint64_t[]){3}, 1);
    expectWalk(2, 2, NULL, 0);
    done();
}
END_TEST

START_TEST(ringsKeepTheNewestInOrder) {
    setup();
    char text[16], scratch[NUM_INT_MAX];
    for (int i = 0; i < 15; i++) {
        snprintf(text, sizeof text, "v%d", i);
        arrayFitRing(e, 10);
        ck_assert_uint_eq(arrayPushRing(e, 10, bytesOfText(text)), (uint64_t)i % 10);
    }
    ck_assert_uint_eq(arrayCount(e), 10);
    arrayFitRing(e, 12);
    for (int i = 0; i < 10; i++) {
        snprintf(text, sizeof text, "v%d", i + 5);
        expect((uint64_t)i, text);
    }
    ck_assert_uint_eq(arrayCursor(e), 10);
    arrayFitRing(e, 4);
    expect(0, "v11");
    expect(3, "v14");
    ck_assert_uint_eq(arrayLength(e), 4);
    ck_assert(bytesEqual(arrayInserted(e, 0, scratch), BYTES("v14")));
    ck_assert(bytesEqual(arrayInserted(e, 3, scratch), BYTES("v11")));
    done();
}
END_TEST

START_TEST(copiesAreEqualAndApart) {
    setup();
    for (uint64_t i = 0; i < 1000; i++) set(i * i, i % 3 ? "short" : "a value that needs an item");
    arraySeek(e, 17);
    entry *copy = entryCopy(e, BYTES("other"));
    arrayCheck(copy);
    uint64_t digest = arrayOps.digest(entryPointer(e));
    ck_assert_uint_eq(arrayOps.digest(entryPointer(copy)), digest);
    arraySet(copy, 4, BYTES("changed"));
    ck_assert_uint_ne(arrayOps.digest(entryPointer(copy)), digest);
    ck_assert_uint_eq(arrayOps.digest(entryPointer(e)), digest);
    entryFree(copy);
    copy = entryCopy(e, BYTES("third"));
    arraySeek(copy, 18);
    ck_assert_uint_ne(arrayOps.digest(entryPointer(copy)), digest);
    entryFree(copy);
    done();
}
END_TEST

START_TEST(bigArraysAreFreedInSteps) {
    setup();
    for (uint64_t i = 0; i < 10000; i++) set(i, "a value that needs an item");
    ck_assert_uint_gt(arrayOps.parts(entryPointer(e)), 10000);
    void *value = entryPointer(e);
    entrySetPointer(e, ENCODING_ARRAY, NULL);
    size_t steps = 1;
    while (!arrayOps.freeStep(value, 100)) steps++;
    ck_assert_uint_ge(steps, 50);
    ck_assert_uint_eq(slabStatsOf(SLAB_BLOB).items, 0);
    entryFree(e);
}
END_TEST

START_TEST(shapeTellsDenseFromSparse) {
    setup();
    for (uint64_t i = 0; i < 2048; i++) set(i, "x");
    set(5000, "x");
    set(5001, "x");
    set(5002, "x");
    set(6000, "x");
    arrayShape s = arrayShapeOf(e, true);
    ck_assert_uint_eq(s.slices, 2);
    ck_assert_uint_eq(s.dense, 1);
    ck_assert_uint_eq(s.dense_slots, 2048);
    ck_assert_uint_eq(s.dense_count, 2048);
    ck_assert_uint_eq(s.sparse, 1);
    ck_assert_uint_eq(s.sparse_slots, 5);
    arrayDelete(e, 6000);
    ck_assert_uint_eq(arrayShapeOf(e, false).slices, 2);
    arrayDeleteRange(e, 1000, 5002);
    ck_assert_uint_eq(arrayShapeOf(e, false).slices, 1);
    done();
}
END_TEST

TESTS("t_array", valuesComeBackInEveryForm, lengthIsTheHighestIndexAndOne,
      denseAndSparseArraysAreSmall, memoryFallsAsElementsGo, rangesAreDeletedWholeOrInPart,
      walksGoBothWaysAndKeepToTheirRange, ringsKeepTheNewestInOrder, copiesAreEqualAndApart,
      bigArraysAreFreedInSteps, shapeTellsDenseFromSparse)
