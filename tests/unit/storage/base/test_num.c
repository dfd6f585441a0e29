#include <math.h>
#include <stdlib.h>

#include "storage/base/num.h"
#include "storage/base/rng.h"
#include "tests/support/suite.h"

static const char *formatted(double value) {
    static char text[64];
    text[numFormatDouble(text, value)] = '\0';
    return text;
}

static const char *formattedLong(long double value) {
    static char text[NUM_DOUBLE_MAX + 1];
    text[numFormatLongDouble(text, value)] = '\0';
    return text;
}

static bool parsesInt(const char *text, int64_t expected) {
    int64_t value = ~expected;
    return numParseInt(bytesOfText(text), &value) && value == expected;
}

START_TEST(intsParseAtTheirEdges) {
    ck_assert(parsesInt("0", 0));
    ck_assert(parsesInt("-1", -1));
    ck_assert(parsesInt("10", 10));
    ck_assert(parsesInt("9223372036854775807", INT64_MAX));
    ck_assert(parsesInt("-9223372036854775808", INT64_MIN));
    uint64_t value = 0;
    ck_assert(numParseUint(BYTES("18446744073709551615"), &value));
    ck_assert_uint_eq(value, UINT64_MAX);
}
END_TEST

START_TEST(intsAreStrict) {
    static const char *refused[] = {"",
                                    "-",
                                    "+1",
                                    "01",
                                    "-0",
                                    "00",
                                    " 1",
                                    "1 ",
                                    "1a",
                                    "a",
                                    "--1",
                                    "0x1",
                                    "1.",
                                    "-01",
                                    "1e3",
                                    "1_0",
                                    "9223372036854775808",
                                    "-9223372036854775809",
                                    "18446744073709551616",
                                    "-18446744073709551615",
                                    "99999999999999999999",
                                    "100000000000000000000",
                                    "1844674407370955161x"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        int64_t value = 77;
        ck_assert_msg(!numParseInt(bytesOfText(refused[i]), &value), "'%s'", refused[i]);
        ck_assert_int_eq(value, 77);
    }
    uint64_t value = 77;
    ck_assert(!numParseUint(BYTES("-1"), &value));
    ck_assert(!numParseUint(BYTES("18446744073709551616"), &value));
    ck_assert(!numParseUint(BYTES("28446744073709551615"), &value));
    ck_assert(!numParseInt(bytesOf(NULL, 0), (int64_t[]){0}));
    ck_assert(!numParseInt(bytesOf("1\0", 2), (int64_t[]){0}));
    ck_assert_uint_eq(value, 77);
}
END_TEST

static void assertIntAsPrintf(int64_t value) {
    char expected[32];
    char text[NUM_INT_MAX];
    size_t size = (size_t)snprintf(expected, sizeof expected, "%lld", (long long)value);
    ck_assert_uint_eq(numFormatInt(text, value), size);
    ck_assert_mem_eq(text, expected, size);
    int64_t back;
    ck_assert(numParseInt(bytesOf(text, size), &back));
    ck_assert_int_eq(back, value);
    size = (size_t)snprintf(expected, sizeof expected, "%llu", (unsigned long long)value);
    ck_assert_uint_eq(numFormatUint(text, (uint64_t)value), size);
    ck_assert_mem_eq(text, expected, size);
}

START_TEST(intsFormatAsPrintf) {
    uint64_t power = 1;
    for (int i = 0; i < 20; i++, power *= 10)
        for (int d = -2; d <= 2; d++) {
            assertIntAsPrintf((int64_t)(power + (uint64_t)d));
            assertIntAsPrintf((int64_t)(0 - power - (uint64_t)d));
        }
    assertIntAsPrintf(INT64_MAX);
    assertIntAsPrintf(INT64_MIN);
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t i = 0; i < suiteRounds(20000); i++)
        assertIntAsPrintf((int64_t)(rngNext(&r) >> rngBelow(&r, 64)));
}
END_TEST

START_TEST(doublesParseAsStrtodDoes) {
    static const struct {
        const char *text;
        double value;
    } accepted[] = {{"1e5", 1e5},
                    {"0x1p3", 8},
                    {"inf", INFINITY},
                    {"+inf", INFINITY},
                    {"-inf", -INFINITY},
                    {"InFiNiTy", INFINITY},
                    {"-infinity", -INFINITY},
                    {".5", 0.5},
                    {"5.", 5},
                    {"+.5e-1", 0.05},
                    {"00012", 12},
                    {"-0", 0},
                    {"4.9e-324", 5e-324},
                    {"1e-310", 1e-310},
                    {"3.14", 3.14},
                    {"123456789012345", 123456789012345},
                    {"1234567890123456", 1234567890123456},
                    {"0.000000000000001", 1e-15},
                    {"179769313486231570e291", 1.7976931348623157e308}};
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        double value = 77;
        long double wide = 77;
        bytes text = bytesOfText(accepted[i].text);
        ck_assert_msg(numParseDouble(text, &value), "'%s'", accepted[i].text);
        ck_assert_msg(value == accepted[i].value, "'%s' is %.17g", accepted[i].text, value);
        ck_assert(numParseLongDouble(text, &wide));
        ck_assert((double)wide == accepted[i].value);
    }
    double zero;
    ck_assert(numParseDouble(BYTES("-0.0"), &zero));
    ck_assert(signbit(zero));
}
END_TEST

START_TEST(doublesRefuseWhatIsNoNumber) {
    static const char *refused[] = {"",       " 1", "1 ",  "\t1", "\n1", "nan",   "NAN",  "-nan",
                                    "nan(1)", "+",  "-",   ".",   "1e",  "0x",    "1,5",  "+-1",
                                    "1f",     "1L", "0b1", "1_0", "1..", "1.2.3", "infx", "one"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        double value = 77;
        long double wide = 77;
        ck_assert_msg(!numParseDouble(bytesOfText(refused[i]), &value), "'%s'", refused[i]);
        ck_assert_msg(!numParseLongDouble(bytesOfText(refused[i]), &wide), "'%s'", refused[i]);
        ck_assert(value == 77 && wide == 77);
    }
    double value = 77;
    long double wide = 77;
    ck_assert(!numParseDouble(bytesOf("1\0", 2), &value));
    ck_assert(!numParseDouble(bytesOf(NULL, 0), &value));
    ck_assert(!numParseDouble(BYTES("1e400"), &value));
    ck_assert(!numParseDouble(BYTES("-1e400"), &value));
    ck_assert(!numParseDouble(BYTES("1e-400"), &value));
    ck_assert(!numParseLongDouble(BYTES("1e5000"), &wide));
    ck_assert(value == 77 && wide == 77);
    ck_assert(numParseLongDouble(BYTES("1e400"), &wide)); /* Within a long double. */
}
END_TEST

START_TEST(longTextsAreRefusedNotOverrun) {
    static char text[NUM_DOUBLE_MAX + 1];
    memset(text, '1', sizeof text);
    text[1] = '.';
    double value = 0;
    ck_assert(numParseDouble(bytesOf(text, NUM_DOUBLE_MAX - 1), &value));
    ck_assert(value == 10.0 / 9);
    ck_assert(!numParseDouble(bytesOf(text, NUM_DOUBLE_MAX), &value));
    ck_assert(!numParseDouble(bytesOf(text, NUM_DOUBLE_MAX + 1), &value));
}
END_TEST

START_TEST(doublesFormatShortest) {
    ck_assert_str_eq(formatted(0), "0");
    ck_assert_str_eq(formatted(-0.0), "-0");
    ck_assert_str_eq(formatted(3), "3");
    ck_assert_str_eq(formatted(-17), "-17");
    ck_assert_str_eq(formatted(0.1), "0.1");
    ck_assert_str_eq(formatted(-0.1), "-0.1");
    ck_assert_str_eq(formatted(3.14), "3.14");
    ck_assert_str_eq(formatted(100.05), "100.05");
    ck_assert_str_eq(formatted(0.1 + 0.2), "0.30000000000000004");
    ck_assert_str_eq(formatted(1.0 / 3), "0.3333333333333333");
    ck_assert_str_eq(formatted(0.0001), "0.0001");
    ck_assert_str_eq(formatted(0.00012345678901234567), "0.00012345678901234567");
    ck_assert_str_eq(formatted(0.00001), "1e-05");
    ck_assert_str_eq(formatted(1.5e-7), "1.5e-07");
    ck_assert_str_eq(formatted(999999999999999.9), "999999999999999.9");
    ck_assert_str_eq(formatted(9007199254740993.0), "9007199254740992");
    ck_assert_str_eq(formatted(1e16), "10000000000000000");
    ck_assert_str_eq(formatted(1e17), "1e+17");
    ck_assert_str_eq(formatted(123456789012345678.0), "1.2345678901234568e+17");
    ck_assert_str_eq(formatted(1e20), "1e+20");
    ck_assert_str_eq(formatted(1e21), "1e+21");
    ck_assert_str_eq(formatted(-1e-300), "-1e-300");
    ck_assert_str_eq(formatted(5e-324), "5e-324");
    ck_assert_str_eq(formatted(1e-310), "1e-310");
    ck_assert_str_eq(formatted(2.2250738585072014e-308), "2.2250738585072014e-308");
    ck_assert_str_eq(formatted(1.7976931348623157e308), "1.7976931348623157e+308");
    ck_assert_str_eq(formatted(INFINITY), "inf");
    ck_assert_str_eq(formatted(-INFINITY), "-inf");
    ck_assert_str_eq(formatted(NAN), "nan");
    ck_assert_str_eq(formatted(-(double)NAN), "nan");
}
END_TEST

/* The least precision of %g whose text reads back, in the notation that %.17g chooses. */
static void assertShortest(double value) {
    const char *text = formatted(value);
    ck_assert_msg(strtod(text, NULL) == value, "%s is not %.17g", text, value);
    double parsed = 0;
    ck_assert(numParseDouble(bytesOfText(text), &parsed));
    ck_assert_msg(parsed == value, "%s parses as %.17g", text, parsed);
    char wide[64];
    snprintf(wide, sizeof wide, "%.17g", value);
    const char *exponent = strchr(wide, 'e');
    ck_assert_msg((strchr(text, 'e') != NULL) == (exponent != NULL), "%s for %s", text, wide);
    if (exponent) ck_assert_str_eq(strchr(text, 'e'), exponent);
    size_t digits = 0;
    for (const char *at = text; *at && *at != 'e'; at++) digits += *at >= '0' && *at <= '9';
    char best[64];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(best, sizeof best, "%.*e", precision - 1, value);
        if (strtod(best, NULL) != value) continue;
        /* Zeros that only hold the place of the point are no digits of the number. */
        size_t places = 0;
        if (!exponent) {
            long shift = strtol(strchr(best, 'e') + 1, NULL, 10);
            if (shift < 0) places = (size_t)-shift;
            if (shift + 1 > precision) places = (size_t)(shift + 1 - precision);
        }
        bool whole = fabs(value) < 1e17 && value == floor(value);
        if (!whole) ck_assert_msg(digits == (size_t)precision + places, "%s for %s", text, best);
        return;
    }
    ck_abort_msg("%s does not read back", wide);
}

START_TEST(randomDoublesReadBackAndAreShortest) {
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t i = 0; i < suiteRounds(3000); i++) {
        uint64_t bits = rngNext(&r);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) assertShortest(value);
        assertShortest((rngUnit(&r) - 0.5) * pow(10, (double)rngBelow(&r, 36) - 12));
        assertShortest((double)rngBelow(&r, 100000000) / pow(10, (double)rngBelow(&r, 12)));
        assertShortest((double)(int64_t)(rngNext(&r) >> rngBelow(&r, 64)));
    }
}
END_TEST

START_TEST(longDoublesFormatPlainly) {
    ck_assert_str_eq(formattedLong(3), "3");
    ck_assert_str_eq(formattedLong(100), "100");
    ck_assert_str_eq(formattedLong(-1), "-1");
    ck_assert_str_eq(formattedLong(0), "0");
    ck_assert_str_eq(formattedLong(-0.0L), "0");
    ck_assert_str_eq(formattedLong(-1e-19L), "0");
    ck_assert_str_eq(formattedLong(0.1L), "0.1");
    ck_assert_str_eq(formattedLong(1e-5L), "0.00001");
    ck_assert_str_eq(formattedLong(10.5L + 0.1L), "10.6");
    ck_assert_str_eq(formattedLong(1e21L), "1000000000000000000000");
    ck_assert_str_eq(formattedLong(1234567.1234567L), "1234567.12345670000001974");
    ck_assert_str_eq(formattedLong((long double)INFINITY), "inf");
    long double widest = 0;
    ck_assert(numParseLongDouble(BYTES("-1e4932"), &widest));
    ck_assert_uint_eq(strlen(formattedLong(widest)), 4934);
}
END_TEST

START_TEST(sizesTakeUnits) {
    static const struct {
        const char *text;
        uint64_t size_bytes;
    } accepted[] = {{"0", 0},
                    {"1", 1},
                    {"01", 1},
                    {"7b", 7},
                    {"1k", 1000},
                    {"1K", 1000},
                    {"1kb", 1024},
                    {"1Kb", 1024},
                    {"2m", 2000000},
                    {"2MB", 2097152},
                    {"1g", 1000000000},
                    {"1gB", 1073741824},
                    {"18446744073709551615", UINT64_MAX}};
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        uint64_t size_bytes = 77;
        ck_assert_msg(numParseSize(bytesOfText(accepted[i].text), &size_bytes), "%s",
                      accepted[i].text);
        ck_assert_uint_eq(size_bytes, accepted[i].size_bytes);
    }
    static const char *refused[] = {"",
                                    "k",
                                    "1t",
                                    "1.5k",
                                    "1 k",
                                    "-1",
                                    "+1",
                                    " 1",
                                    "1kbb",
                                    "1bk",
                                    "18446744073709551616",
                                    "99999999999gb"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        uint64_t size_bytes = 77;
        ck_assert_msg(!numParseSize(bytesOfText(refused[i]), &size_bytes), "%s", refused[i]);
        ck_assert_uint_eq(size_bytes, 77);
    }
}
END_TEST

START_TEST(humanSizesAsInfoPrints) {
    static const struct {
        uint64_t size_bytes;
        const char *text;
    } cases[] = {{0, "0B"},
                 {1023, "1023B"},
                 {1024, "1.00K"},
                 {1536, "1.50K"},
                 {1048575, "1024.00K"},
                 {1048576, "1.00M"},
                 {10737418240, "10.00G"},
                 {1ULL << 40, "1.00T"},
                 {1ULL << 50, "1.00P"},
                 {UINT64_MAX, "16.00E"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        numFormatHuman(text, cases[i].size_bytes);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

TESTS("num", intsParseAtTheirEdges, intsAreStrict, intsFormatAsPrintf, doublesParseAsStrtodDoes,
      doublesRefuseWhatIsNoNumber, longTextsAreRefusedNotOverrun, doublesFormatShortest,
      randomDoublesReadBackAndAreShortest, longDoublesFormatPlainly, sizesTakeUnits,
      humanSizesAsInfoPrints)
