#include "storage/base/bytes.h"
#include "storage/base/mem.h"
#include "tests/support/suite.h"

START_TEST(comparesLikeMemcmpShorterFirst) {
    ck_assert_int_eq(bytesCompare(BYTES("abc"), BYTES("abc")), 0);
    ck_assert_int_lt(bytesCompare(BYTES("ab"), BYTES("abc")), 0);
    ck_assert_int_gt(bytesCompare(BYTES("b"), BYTES("abc")), 0);
    ck_assert_int_gt(bytesCompare(BYTES("\xff"), BYTES("a")), 0);
    ck_assert_int_lt(bytesCompare(bytesOf(NULL, 0), BYTES("a")), 0);
}
END_TEST

START_TEST(equalsWordInEitherCaseAndWholeOnly) {
    ck_assert(bytesEqualWord(BYTES("KeepTTL"), "keepttl"));
    ck_assert(!bytesEqualWord(BYTES("keept"), "keepttl"));
    ck_assert(!bytesEqualWord(BYTES("keepttls"), "keepttl"));
}
END_TEST

START_TEST(copiesToTextWithClosingZero) {
    char *text = bytesToText(bytesOf("hello world", 5));
    ck_assert_str_eq(text, "hello");
    memFree(text);
}
END_TEST

TESTS("bytes", comparesLikeMemcmpShorterFirst, equalsWordInEitherCaseAndWholeOnly,
      copiesToTextWithClosingZero)
