#include <stdlib.h>

#include "storage/base/hash.h"
#include "tests/support/suite.h"

/* SipHash-1-3 of the bytes 0, 1, 2 ... of each length, under the key 00 01 ... 0f: what the
 * authors' reference implementation (github.com/veorq/SipHash) gives with cROUNDS 1, dROUNDS 3. */
static const uint64_t reference[64] = {
    0xabac0158050fc4dcULL, 0xc9f49bf37d57ca93ULL, 0x82cb9b024dc7d44dULL, 0x8bf80ab8e7ddf7fbULL,
    0xcf75576088d38328ULL, 0xdef9d52f49533b67ULL, 0xc50d2b50c59f22a7ULL, 0xd3927d989bb11140ULL,
    0x369095118d299a8eULL, 0x25a48eb36c063de4ULL, 0x79de85ee92ff097fULL, 0x70c118c1f94dc352ULL,
    0x78a384b157b4d9a2ULL, 0x306f760c1229ffa7ULL, 0x605aa111c0f95d34ULL, 0xd320d86d2a519956ULL,
    0xcc4fdd1a7d908b66ULL, 0x9cf2689063dbd80cULL, 0x8ffc389cb473e63eULL, 0xf21f9de58d297d1cULL,
    0xc0dc2f46a6cce040ULL, 0xb992abfe2b45f844ULL, 0x7ffe7b9ba320872eULL, 0x525a0e7fdae6c123ULL,
    0xf464aeb267349c8cULL, 0x45cd5928705b0979ULL, 0x3a3e35e3ca9913a5ULL, 0xa91dc74e4ade3b35ULL,
    0xfb0bed02ef6cd00dULL, 0x88d93cb44ab1e1f4ULL, 0x540f11d643c5e663ULL, 0x2370dd1f8c21d1bcULL,
    0x81157b6c16a7b60dULL, 0x4d54b9e57a8ff9bfULL, 0x759f12781f2a753eULL, 0xcea1a3bebf186b91ULL,
    0x2cf508d3ada26206ULL, 0xb6101c2da3c33057ULL, 0xb3f47496ae3a36a1ULL, 0x626b57547b108392ULL,
    0xc1d2363299e41531ULL, 0x667cc1923f1ad944ULL, 0x65704ffec8138825ULL, 0x24f280d1c28949a6ULL,
    0xc2ca1cedfaf8876bULL, 0xc2164bfc9f042196ULL, 0xa16e9c9368b1d623ULL, 0x49fb169c8b5114fdULL,
    0x9f3143f8df074c46ULL, 0xc6fdaf2412cc86b3ULL, 0x7eaf49d10a52098fULL, 0x1cf313559d292f9aULL,
    0xc44a30dda2f41f12ULL, 0x36fae98943a71ed0ULL, 0x318fb34c73f0bce6ULL, 0xa27abf3670a7e980ULL,
    0xb4bcc0db243c6d75ULL, 0x23f8d852fdb71513ULL, 0x8f035f4da67d8a08ULL, 0xd89cd0e5b7e8f148ULL,
    0xf6f4e6bcf7a644eeULL, 0xaec59ad80f1837f2ULL, 0xc3b2f6154b6694e0ULL, 0x9d199062b7bbb3a8ULL};

static void seedAsReference(void) {
    uint8_t seed[16];
    for (uint8_t i = 0; i < 16; i++) seed[i] = i;
    hashSeed(seed);
}

/* Each length lies at the very end of its own heap block, so that ASan sees a byte read too many.
 */
static void assertReference(void) {
    for (size_t size = 0; size < 64; size++) {
        char *data = malloc(size ? size : 1);
        for (size_t i = 0; i < size; i++) data[i] = (char)i;
        ck_assert_uint_eq(hashBytes(bytesOf(data, size)), reference[size]);
        free(data);
    }
}

START_TEST(isSipHash13) {
    seedAsReference();
    assertReference();
}
END_TEST

START_TEST(isFixedWithoutSeed) {
    assertReference();
}
END_TEST

START_TEST(dependsOnSeed) {
    static const uint8_t zeros[16] = {0};
    uint64_t before = hashBytes(BYTES("key:1"));
    hashSeed(zeros);
    ck_assert_uint_ne(hashBytes(BYTES("key:1")), before);
    ck_assert_uint_eq(hashBytes(BYTES("")), 0xd1fba762150c532cULL);
    ck_assert_uint_eq(hashBytes(BYTES("digest-sip_hash")), 0xce31007e34130c0aULL);
    seedAsReference();
    ck_assert_uint_eq(hashBytes(BYTES("key:1")), before);
}
END_TEST

START_TEST(emptyKeyMayHaveNoAddress) {
    ck_assert_uint_eq(hashBytes(bytesOf(NULL, 0)), reference[0]);
}
END_TEST

START_TEST(doesNotDependOnAlignment) {
    char room[80];
    for (size_t shift = 0; shift < 16; shift++) {
        for (size_t i = 0; i < 63; i++) room[shift + i] = (char)i;
        ck_assert_uint_eq(hashBytes(bytesOf(room + shift, 63)), reference[63]);
    }
}
END_TEST

START_TEST(keyRefCarriesNameAndHash) {
    keyRef ref = keyRefOf(BYTES("k"));
    ck_assert(bytesEqual(ref.name, BYTES("k")));
    ck_assert_uint_eq(ref.hash, hashBytes(BYTES("k")));
}
END_TEST

TESTS("hash", isSipHash13, isFixedWithoutSeed, dependsOnSeed, emptyKeyMayHaveNoAddress,
      doesNotDependOnAlignment, keyRefCarriesNameAndHash)
