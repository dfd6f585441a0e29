#include "storage/types/t_bits.h"
#include "tests/support/suite.h"

START_TEST(bitZeroIsTheTopOfTheFirstByte) {
    ck_assert(bitsGet(BYTES("\x80"), 0));
    ck_assert(!bitsGet(BYTES("\x80"), 1));
    ck_assert(bitsGet(BYTES("\x00\x01"), 15));
    ck_assert(!bitsGet(BYTES("\xff"), 8));
    ck_assert(!bitsGet(BYTES("\xff"), UINT64_MAX));
}
END_TEST

START_TEST(settingReturnsTheOldBit) {
    char data[2] = {0};
    ck_assert(!bitsSet(data, 9, true));
    ck_assert_mem_eq(data, "\x00\x40", 2);
    ck_assert(bitsSet(data, 9, true));
    ck_assert(bitsSet(data, 9, false));
    ck_assert_mem_eq(data, "\x00\x00", 2);
}
END_TEST

START_TEST(countsAllAndRanges) {
    bytes s = BYTES("foobar");
    ck_assert_uint_eq(bitsCount(s), 26);
    ck_assert_uint_eq(bitsCount(bytesOf(NULL, 0)), 0);
    ck_assert_uint_eq(bitsCountRange(s, 8, 15), 6);
    ck_assert_uint_eq(bitsCountRange(s, 5, 30), 17);
    ck_assert_uint_eq(bitsCountRange(s, 1, 1), 1);
    ck_assert_uint_eq(bitsCountRange(s, 0, 47), 26);
}
END_TEST

START_TEST(findsTheFirstBitOfARange) {
    bytes s = BYTES("\x00\xff\xf0");
    ck_assert_int_eq(bitsFind(s, true, 0, 23), 8);
    ck_assert_int_eq(bitsFind(s, true, 16, 23), 16);
    ck_assert_int_eq(bitsFind(s, false, 8, 23), 20);
    ck_assert_int_eq(bitsFind(s, false, 8, 19), -1);
    ck_assert_int_eq(bitsFind(s, true, 0, 7), -1);
    ck_assert_int_eq(bitsFind(s, true, 9, 9), 9);
}
END_TEST

/* What each operation makes of the columns of 00001111, 00110011, 01010101. */
START_TEST(combinesByTruthTable) {
    bytes sources[] = {BYTES("\x0f"), BYTES("\x33"), BYTES("\x55")};
    static const struct {
        const char *name;
        uint8_t three, two, one;
    } want[] = {{"AND", 0x01, 0x03, 0x0f},   {"or", 0x7f, 0x3f, 0x0f},   {"Xor", 0x69, 0x3c, 0x0f},
                {"not", 0xf0, 0xf0, 0xf0},   {"diff", 0x08, 0x0c, 0x0f}, {"diff1", 0x70, 0x30, 0},
                {"andor", 0x07, 0x03, 0x00}, {"one", 0x68, 0x3c, 0x0f}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        bitsOp op;
        ck_assert(bitsParseOp(bytesOfText(want[i].name), &op));
        char out;
        bitsCombine(op, &out, 1, sources, 3);
        ck_assert_msg((uint8_t)out == want[i].three, "%s of three: %x", want[i].name, (uint8_t)out);
        bitsCombine(op, &out, 1, sources, 2);
        ck_assert_msg((uint8_t)out == want[i].two, "%s of two: %x", want[i].name, (uint8_t)out);
        bitsCombine(op, &out, 1, sources, 1);
        ck_assert_msg((uint8_t)out == want[i].one, "%s of one: %x", want[i].name, (uint8_t)out);
    }
    bitsOp op;
    ck_assert(!bitsParseOp(BYTES("nand"), &op));
}
END_TEST

START_TEST(combinesShorterOnesAsPadded) {
    bytes sources[] = {BYTES("\x01\x02\xff\xff"), BYTES("\x01\x02\xff"), bytesOf(NULL, 0)};
    char out[4];
    ck_assert_uint_eq(bitsCombinedSize(sources, 3), 4);
    bitsCombine(BITS_AND, out, 4, sources, 2);
    ck_assert_mem_eq(out, "\x01\x02\xff\x00", 4);
    bitsCombine(BITS_XOR, out, 4, sources, 3);
    ck_assert_mem_eq(out, "\x00\x00\x00\xff", 4);
    bitsCombine(BITS_AND, out, 4, sources, 3);
    ck_assert_mem_eq(out, "\x00\x00\x00\x00", 4);
    bitsCombine(BITS_NOT, out, 4, sources + 2, 1);
    ck_assert_mem_eq(out, "\xff\xff\xff\xff", 4);
}
END_TEST

START_TEST(parsesFieldTypesStrictly) {
    bitsType type;
    ck_assert_int_eq(bitsParseType(BYTES("i64"), &type), ERR_OK);
    ck_assert(type.is_signed);
    ck_assert_int_eq(type.width, 64);
    ck_assert_int_eq(bitsParseType(BYTES("u63"), &type), ERR_OK);
    ck_assert(!type.is_signed);
    ck_assert_int_eq(type.width, 63);
    static const char *const bad[] = {"",   "u",   "i",   "u64", "i65", "u0",  "i0",
                                      "U8", "u08", "u-1", "u 8", "u8 ", "u+8", "x8"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(bitsParseType(bytesOfText(bad[i]), &type) == ERR_SYNTAX, "%s", bad[i]);
}
END_TEST

START_TEST(parsesOffsetsOfBitsAndFields) {
    bitsType i16 = {true, 16}, u63 = {false, 63};
    uint64_t at, limit = 512 * 1024 * 1024;
    ck_assert_int_eq(bitsParseOffset(BYTES("100"), &i16, limit, &at), ERR_OK);
    ck_assert_uint_eq(at, 100);
    ck_assert_int_eq(bitsParseOffset(BYTES("#3"), &i16, limit, &at), ERR_OK);
    ck_assert_uint_eq(at, 48);
    ck_assert_int_eq(bitsParseOffset(BYTES("4294967295"), &i16, limit, &at), ERR_OK);
    ck_assert_int_eq(bitsParseOffset(BYTES("4294967296"), &i16, limit, &at), ERR_RANGE);
    ck_assert_int_eq(bitsParseOffset(BYTES("-1"), NULL, limit, &at), ERR_RANGE);
    ck_assert_int_eq(bitsParseOffset(BYTES("#-1"), &i16, limit, &at), ERR_RANGE);
    ck_assert_int_eq(bitsParseOffset(BYTES("#292805461487453200"), &u63, limit, &at), ERR_RANGE);
    ck_assert_int_eq(bitsParseOffset(BYTES("#3"), NULL, limit, &at), ERR_SYNTAX);
    ck_assert_int_eq(bitsParseOffset(BYTES("#"), &i16, limit, &at), ERR_SYNTAX);
    ck_assert_int_eq(bitsParseOffset(BYTES("##1"), &i16, limit, &at), ERR_SYNTAX);
    ck_assert_int_eq(bitsParseOffset(BYTES("01"), &i16, limit, &at), ERR_SYNTAX);
}
END_TEST

START_TEST(overflowWrapsSaturatesOrFails) {
    bitsType u2 = {false, 2}, i8 = {true, 8}, i64 = {true, 64}, u8 = {false, 8};
    int64_t out;
    ck_assert(bitsAddToField(u2, 3, 1, BITS_WRAP, &out));
    ck_assert_int_eq(out, 0);
    ck_assert(bitsAddToField(u2, 3, 1, BITS_SAT, &out));
    ck_assert_int_eq(out, 3);
    ck_assert(!bitsAddToField(u2, 3, 1, BITS_FAIL, &out));
    ck_assert(bitsAddToField(u8, 5, -300, BITS_SAT, &out));
    ck_assert_int_eq(out, 0);
    ck_assert(bitsAddToField(u8, -5, 0, BITS_SAT, &out));
    ck_assert_int_eq(out, 255);
    ck_assert(bitsAddToField(i8, 100, 257, BITS_WRAP, &out));
    ck_assert_int_eq(out, 101);
    ck_assert(bitsAddToField(i8, 127, 1, BITS_WRAP, &out));
    ck_assert_int_eq(out, -128);
    ck_assert(bitsAddToField(i8, -128, -1, BITS_SAT, &out));
    ck_assert_int_eq(out, -128);
    ck_assert(bitsAddToField(i64, INT64_MAX, 1, BITS_WRAP, &out));
    ck_assert_int_eq(out, INT64_MIN);
    ck_assert(!bitsAddToField(i64, INT64_MIN, -1, BITS_FAIL, &out));
    bitsOverflow how;
    ck_assert(bitsParseOverflow(BYTES("SAT"), &how));
    ck_assert_int_eq(how, BITS_SAT);
    ck_assert(!bitsParseOverflow(BYTES("saturate"), &how));
}
END_TEST

START_TEST(fieldsPastTheEndReadAsZeros) {
    bitsType u16 = {false, 16}, i8 = {true, 8};
    ck_assert_int_eq(bitsGetField(BYTES("\xff"), 0, u16), 0xff00);
    ck_assert_int_eq(bitsGetField(BYTES("\xff"), 0, i8), -1);
    ck_assert_int_eq(bitsGetField(BYTES("\xff"), 8, i8), 0);
    ck_assert_int_eq(bitsGetField(bytesOf(NULL, 0), 1u << 31, u16), 0);
    ck_assert_uint_eq(bitsFieldEnd(0, i8), 1);
    ck_assert_uint_eq(bitsFieldEnd(1, i8), 2);
    ck_assert_uint_eq(bitsFieldEnd(7, (bitsType){true, 64}), 9);
}
END_TEST

TESTS("t_bits", bitZeroIsTheTopOfTheFirstByte, settingReturnsTheOldBit, countsAllAndRanges,
      findsTheFirstBitOfARange, combinesByTruthTable, combinesShorterOnesAsPadded,
      parsesFieldTypesStrictly, parsesOffsetsOfBitsAndFields, overflowWrapsSaturatesOrFails,
      fieldsPastTheEndReadAsZeros)
