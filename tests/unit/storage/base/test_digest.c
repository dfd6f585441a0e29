#include "storage/base/digest.h"
#include "tests/support/suite.h"

/* Known values of XXH3_64bits with no seed. */
START_TEST(isXxh3WithoutSeed) {
    ck_assert_uint_eq(digestXxh3(BYTES("")), 0x2d06800538d394c2ULL);
    ck_assert_uint_eq(digestXxh3(bytesOf(NULL, 0)), 0x2d06800538d394c2ULL);
    ck_assert_uint_eq(digestXxh3(BYTES("a")), 0xe6c632b61e964e1fULL);
    ck_assert_uint_eq(digestXxh3(BYTES("abc")), 0x78af5f94892f3950ULL);
}
END_TEST

TESTS("digest", isXxh3WithoutSeed)
