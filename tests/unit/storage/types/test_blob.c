#include "storage/base/mem.h"
#include "storage/types/blob.h"
#include "tests/support/suite.h"

static bool allZero(const char *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (data[i]) return false;
    return true;
}

START_TEST(holdsItsBytesUntilTheLastRelease) {
    size_t before = memUsed();
    blob *b = blobNew(BYTES("some bytes"));
    ck_assert_ptr_eq(blobHold(b), b);
    blobRelease(b);
    ck_assert_uint_eq(b->holders, 1);
    ck_assert_mem_eq(b->data, "some bytes", 10);
    ck_assert_uint_ge(blobMemory(b), sizeof *b + 10);
    blobRelease(b);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(newBytesAreZeroAndOldOnesStay) {
    blob *b = blobTryNew(100);
    ck_assert(allZero(b->data, 100));
    memset(b->data, 'x', 100);
    b = blobTryResize(b, 50);
    b = blobTryResize(b, 50000);
    ck_assert_uint_eq(b->size, 50000);
    ck_assert_uint_eq(b->data[49], 'x');
    ck_assert(allZero(b->data + 50, 50000 - 50));
    blobRelease(b);
}
END_TEST

START_TEST(resizeCopiesWhatOthersHold) {
    blob *shared = blobHold(blobNew(BYTES("abcdef")));
    blob *own = blobTryResize(shared, 8);
    ck_assert_ptr_ne(own, shared);
    own->data[0] = 'X';
    ck_assert_uint_eq(shared->holders, 1);
    ck_assert_mem_eq(shared->data, "abcdef", 6);
    ck_assert_mem_eq(own->data, "Xbcdef\0\0", 8);
    blobRelease(shared);
    blobRelease(own);
}
END_TEST

START_TEST(growingLeavesRoomButAMegabyteAtMost) {
    blob *b = blobTryNew(100000);
    b = blobTryResize(b, 120000);
    ck_assert_uint_ge(b->capacity, 240000);
    b = blobTryResize(b, 8 << 20);
    size_t exact = memGoodSize(sizeof *b + (9 << 20)) - sizeof *b;
    ck_assert_uint_eq(b->capacity, exact);
    blobRelease(b);
}
END_TEST

START_TEST(shrinkingMuchGivesMemoryBack) {
    blob *b = blobTryNew(1 << 20);
    size_t before = memUsed();
    b = blobTryResize(b, 20000);
    ck_assert_uint_lt(memUsed(), before - 900000);
    blobRelease(b);
}
END_TEST

START_TEST(whatCannotBeHadLeavesItUntouched) {
    blob *b = blobNew(BYTES("abc"));
    ck_assert_ptr_null(blobTryNew(SIZE_MAX));
    ck_assert_ptr_null(blobTryResize(b, SIZE_MAX));
    ck_assert_ptr_null(blobTryResize(b, PTRDIFF_MAX));
    memFailAfter(1);
    ck_assert_ptr_null(blobTryNew(10));
    blobHold(b);
    memFailAfter(1);
    ck_assert_ptr_null(blobTryResize(b, 10));
    ck_assert_uint_eq(b->holders, 2);
    blobRelease(b);
    /* One that cannot have spare room makes do without. */
    memFailAfter(1);
    b = blobTryResize(b, 1000);
    ck_assert_uint_lt(b->capacity, 1500);
    ck_assert_mem_eq(b->data, "abc", 3);
    blobRelease(b);
}
END_TEST

TESTS("blob", holdsItsBytesUntilTheLastRelease, newBytesAreZeroAndOldOnesStay,
      resizeCopiesWhatOthersHold, growingLeavesRoomButAMegabyteAtMost, shrinkingMuchGivesMemoryBack,
      whatCannotBeHadLeavesItUntouched)
