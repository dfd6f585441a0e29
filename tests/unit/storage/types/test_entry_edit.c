#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/struct/deadlines.h"
#include "storage/types/blob.h"
#include "storage/types/entry.h"
#include "tests/support/suite.h"

enum { ROOM = 70000 };

static char expected[ROOM];

/* Edits to 'size' and compares with the same done to 'expected', which has '*old' bytes. */
static entry *editAndCheck(entry *e, size_t *old, size_t size) {
    char *data;
    int64_t deadline_ms = entryDeadline(e);
    e = entryEditString(e, size, &data);
    ck_assert_ptr_nonnull(e);
    if (size > *old) memset(expected + *old, 0, size - *old);
    ck_assert_mem_eq(data, expected, size);
    ck_assert_ptr_eq(data, entryString(e, NULL).data);
    ck_assert_uint_eq(entryStringSize(e), size);
    ck_assert_int_eq(entryDeadline(e), deadline_ms);
    ck_assert(bytesEqual(entryKey(e), BYTES("the key")));
    ck_assert_str_eq(entryEncodingName(e), "raw");
    for (size_t i = *old; i < size; i++) data[i] = expected[i] = (char)(i * 7 + 1);
    *old = size;
    return e;
}

START_TEST(anySizeFollowsAnyOther) {
    static const size_t sizes[] = {0,    1,    5,    43,   44,   45,    100,   127,   128,   129,
                                   1000, 1023, 1024, 1025, 1500, 16383, 16384, 16385, 20000, ROOM};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    size_t before = memUsed();
    for (size_t from = 0; from < COUNT; from++) {
        for (size_t to = 0; to < COUNT; to++) {
            entry *e = entryNewString(BYTES("the key"), BYTES(""), true);
            if (to % 2) e = entrySetDeadline(e, 5);
            size_t size = 0;
            e = editAndCheck(e, &size, sizes[from]);
            e = editAndCheck(e, &size, sizes[to]);
            e = editAndCheck(e, &size, sizes[from]);
            entryFree(e);
        }
    }
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(anIntBecomesItsDigits) {
    static const size_t sizes[] = {0, 3, 5, 6, 30, 20000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        entry *e = entryNewString(BYTES("the key"), BYTES("-1234"), true);
        memcpy(expected, "-1234", 5);
        size_t size = 5;
        e = editAndCheck(e, &size, sizes[i]);
        entryFree(e);
    }
}
END_TEST

START_TEST(editedIsRawUntilItIsSetAgain) {
    char *data;
    entry *e = entryNewString(BYTES("k"), BYTES("abc"), true);
    e = entryEditString(e, 3, &data);
    ck_assert_str_eq(entryEncodingName(e), "raw");
    e = entryMove(e);
    ck_assert_str_eq(entryEncodingName(e), "raw");
    e = entrySetString(e, BYTES("abd"));
    ck_assert_str_eq(entryEncodingName(e), "embstr");
    entryFree(e);
}
END_TEST

START_TEST(appendingSmallPiecesMovesSeldom) {
    entry *e = entryNewString(BYTES("k"), BYTES(""), true);
    size_t moves = 0;
    const char *last = NULL;
    char *data;
    for (size_t size = 7; size <= 1 << 20; size += 7) {
        e = entryEditString(e, size, &data);
        memcpy(data + size - 7, "piece!!", 7);
        if (size >= BLOB_MIN && data != last) moves++;
        last = data;
    }
    ck_assert_uint_le(moves, 12);
    bytes all = entryString(e, NULL);
    for (size_t i = 0; i + 7 <= all.size; i += 7) ck_assert_mem_eq(all.data + i, "piece!!", 7);
    entryFree(e);
}
END_TEST

START_TEST(aSharedBlobIsCopiedFirst) {
    static char big[20000];
    char *data;
    entry *e = entryNewString(BYTES("k"), bytesOf(big, sizeof big), true);
    blob *reader = blobHold(entryPointer(e));
    e = entryEditString(e, sizeof big, &data);
    data[0] = 'X';
    ck_assert_int_eq(reader->data[0], 0);
    blobRelease(reader);
    entryFree(e);
}
END_TEST

START_TEST(withoutMemoryNothingChanges) {
    char *data = NULL;
    entry *e = entryNewString(BYTES("k"), BYTES("12"), true);
    memFailAfter(1);
    ck_assert_ptr_null(entryEditString(e, 1 << 20, &data));
    ck_assert_str_eq(entryEncodingName(e), "int");
    ck_assert_ptr_null(entryEditString(e, PTRDIFF_MAX, &data));
    e = entryEditString(e, 1 << 20, &data);
    ck_assert_ptr_null(entryEditString(e, PTRDIFF_MAX, &data));
    ck_assert_uint_eq(entryStringSize(e), 1 << 20);
    ck_assert_mem_eq(entryString(e, NULL).data, "12\0", 3);
    entryFree(e);
}
END_TEST

START_TEST(shrinkingMuchGivesMemoryBack) {
    char *data;
    entry *e = entryNewString(BYTES("k"), BYTES(""), true);
    e = entryEditString(e, 4 << 20, &data);
    size_t before = memUsed();
    e = entryEditString(e, 100, &data);
    ck_assert_uint_lt(memUsed(), before - (4 << 20) + 10000);
    ck_assert_int_eq(entryEncoding(e), ENCODING_INLINE);
    entryFree(e);
}
END_TEST

TESTS("entry_edit", anySizeFollowsAnyOther, anIntBecomesItsDigits, editedIsRawUntilItIsSetAgain,
      appendingSmallPiecesMovesSeldom, aSharedBlobIsCopiedFirst, withoutMemoryNothingChanges,
      shrinkingMuchGivesMemoryBack)
