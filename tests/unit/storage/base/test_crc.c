#include "storage/base/crc.h"

#include "tests/support/suite.h"

START_TEST(checksumIsThePublicOne) {
    ck_assert_uint_eq(crc64(0, BYTES("")), 0);
    ck_assert_uint_eq(crc64(0, BYTES("123456789")), 0xe9c6d914c4b8d9ca);
    static const char payload[] = "\x00\x05hello\x0a\x00";
    ck_assert_uint_eq(crc64(0, bytesOf(payload, sizeof payload - 1)), 0x0a20346576df7263);
}
END_TEST

START_TEST(partsAddUpToTheWhole) {
    char text[100];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * 37);
    uint64_t whole = crc64(0, bytesOf(text, sizeof text));
    for (size_t cut = 0; cut <= sizeof text; cut++) {
        uint64_t first = crc64(0, bytesOf(text, cut));
        ck_assert_uint_eq(crc64(first, bytesOf(text + cut, sizeof text - cut)), whole);
    }
}
END_TEST

/* Bit by bit, as the public description has it. */
static uint64_t bitByBit(const char *data, size_t size) {
    uint64_t crc = 0;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint8_t)data[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? UINT64_C(0x95ac9329ac4bc9b5) : 0);
    }
    return crc;
}

START_TEST(longTextsAreSummedAlike) {
    char text[700];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * i * 31 + i);
    for (size_t size = 0; size <= sizeof text - 3; size++) {
        uint64_t wanted = bitByBit(text + 3, size);
        ck_assert_uint_eq(crc64(0, bytesOf(text + 3, size)), wanted);
        uint64_t half = crc64(0, bytesOf(text + 3, size / 3));
        ck_assert_uint_eq(crc64(half, bytesOf(text + 3 + size / 3, size - size / 3)), wanted);
    }
}
END_TEST

TESTS("crc", checksumIsThePublicOne, partsAddUpToTheWhole, longTextsAreSummedAlike)
