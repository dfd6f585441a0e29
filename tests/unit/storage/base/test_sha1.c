#include "storage/base/sha1.h"

#include "tests/support/suite.h"

static void expectDigest(bytes data, const char *wanted) {
    char digits[SHA1_HEX + 1];
    sha1Hex(data, digits);
    ck_assert_str_eq(digits, wanted);
}

/* The examples of FIPS 180-4 and RFC 3174. */
START_TEST(knownDigests) {
    expectDigest(bytesOf("", 0), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    expectDigest(BYTES("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    expectDigest(BYTES("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                 "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    expectDigest(BYTES("Pizza & Mandolino"), "74822d82031af7493c20eefa13bd07ec4fada82f");
}
END_TEST

/* The length fits behind the text in a block, or needs another. */
START_TEST(everyLengthAroundABlock) {
    char text[130];
    memset(text, 'a', sizeof text);
    expectDigest(bytesOf(text, 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
    expectDigest(bytesOf(text, 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699");
    expectDigest(bytesOf(text, 63), "03f09f5b158a7a8cdad920bddc29b81c18a551f5");
    expectDigest(bytesOf(text, 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
    expectDigest(bytesOf(text, 119), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56");
    expectDigest(bytesOf(text, 120), "f34c1488385346a55709ba056ddd08280dd4c6d6");
}
END_TEST

TESTS("sha1", knownDigests, everyLengthAroundABlock)
