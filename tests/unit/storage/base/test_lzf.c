#include "storage/base/lzf.h"
#include "tests/support/suite.h"

START_TEST(packsAndUnpacks) {
    char text[1000], packed[1000], back[1000];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 7);
    size_t size = lzfCompress(bytesOf(text, sizeof text), packed, sizeof packed);
    ck_assert_uint_gt(size, 0);
    ck_assert_uint_lt(size, 100);
    ck_assert(lzfDecompress(bytesOf(packed, size), back, sizeof back));
    ck_assert_mem_eq(text, back, sizeof text);
}
END_TEST

START_TEST(isTheFormatThatRdbFilesUse) {
    char back[11];
    static const char packed[] = "\x00"
                                 "a"
                                 "\xe0\x01\x00";
    ck_assert(lzfDecompress(bytesOf(packed, sizeof packed - 1), back, 11));
    ck_assert_mem_eq(back, "aaaaaaaaaaa", 11);
}
END_TEST

START_TEST(tellsWhenTheRoomDoesNotDo) {
    char text[64], packed[64];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * 37);
    ck_assert_uint_eq(lzfCompress(bytesOf(text, sizeof text), packed, 40), 0);
    ck_assert_uint_eq(lzfCompress(bytesOf(text, 0), packed, 40), 0);
}
END_TEST

START_TEST(refusesBytesThatUnpackToSomethingElse) {
    char back[16];
    static const char packed[] = "\x00"
                                 "a"
                                 "\xe0\x01\x00";
    bytes whole = bytesOf(packed, sizeof packed - 1);
    ck_assert(!lzfDecompress(whole, back, 10));
    ck_assert(!lzfDecompress(whole, back, 12));
    ck_assert(!lzfDecompress(bytesOf(packed, sizeof packed - 2), back, 11));
    ck_assert(!lzfDecompress(bytesOf("\x20\x05", 2), back, 3));
    ck_assert(!lzfDecompress(bytesOf("", 0), back, 1));
    ck_assert(lzfDecompress(bytesOf("", 0), back, 0));
}
END_TEST

TESTS("base/lzf", packsAndUnpacks, isTheFormatThatRdbFilesUse, tellsWhenTheRoomDoesNotDo,
      refusesBytesThatUnpackToSomethingElse)
