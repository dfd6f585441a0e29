#include "storage/base/mem.h"
#include "storage/struct/listpack.h"
#include "tests/support/suite.h"

static listpack *of(const char *const *texts) {
    listpack *lp = listpackNew();
    for (; *texts; texts++) lp = listpackAppend(lp, bytesOfText(*texts));
    return lp;
}

static void assertBytes(const listpack *lp, bytes expected) {
    bytes all = listpackBytes(lp);
    ck_assert_uint_eq(all.size, expected.size);
    ck_assert_mem_eq(all.data, expected.data, expected.size);
    ck_assert(listpackValidate(all, NULL, NULL));
}

START_TEST(emptyIsSevenBytes) {
    listpack *lp = listpackNew();
    assertBytes(lp, BYTES("\x07\0\0\0\0\0\xff"));
    ck_assert_uint_eq(listpackFirst(lp), 0);
    ck_assert_uint_eq(listpackLast(lp), 0);
    ck_assert_uint_eq(listpackIndex(lp, 0), 0);
    listpackFree(lp);
}
END_TEST

/* The bytes are those of DUMP on a server of the public format. */
START_TEST(writesThePublicFormat) {
    listpack *lp = of((const char *const[]){"a", "1", "127", "128", "-1", "4095", "-4096", NULL});
    assertBytes(lp, BYTES("\x1a\0\0\0\x07\0"
                          "\x81"
                          "a\x02"
                          "\x01\x01"
                          "\x7f\x01"
                          "\xc0\x80\x02"
                          "\xdf\xff\x02"
                          "\xcf\xff\x02"
                          "\xd0\x00\x02"
                          "\xff"));
    listpackFree(lp);
    lp = of((const char *const[]){"4096", "-32769", "8388607", "-2147483649", NULL});
    assertBytes(lp, BYTES("\x1f\0\0\0\x04\0"
                          "\xf1\x00\x10\x03"
                          "\xf2\xff\x7f\xff\x04"
                          "\xf2\xff\xff\x7f\x04"
                          "\xf4\xff\xff\xff\x7f\xff\xff\xff\xff\x09"
                          "\xff"));
    listpackFree(lp);
}
END_TEST

START_TEST(keepsTextsOfEverySize) {
    static const size_t sizes[] = {0,    1,     63,    64,    126,   127,     128,    4095,
                                   4096, 16376, 16377, 16378, 16379, 2097145, 2097146};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    char *text = memAlloc(sizes[SIZES - 1]);
    memset(text, 'x', sizes[SIZES - 1]);
    listpack *lp = listpackNew();
    for (size_t i = 0; i < SIZES; i++) lp = listpackAppend(lp, bytesOf(text, sizes[i]));
    ck_assert(listpackValidate(listpackBytes(lp), NULL, NULL));
    listpackAt at = listpackFirst(lp);
    for (size_t i = 0; i < SIZES; i++, at = listpackNext(lp, at))
        ck_assert_uint_eq(listpackGet(lp, at).text.size, sizes[i]);
    ck_assert_uint_eq(at, 0);
    at = listpackLast(lp);
    for (size_t i = SIZES; i-- > 0; at = listpackPrev(lp, at))
        ck_assert_uint_eq(listpackGet(lp, at).text.size, sizes[i]);
    ck_assert_uint_eq(at, 0);
    listpackFree(lp);
    memFree(text);
}
END_TEST

START_TEST(givesIntegersAndTexts) {
    listpack *lp = of((const char *const[]){"12", "012", "", NULL});
    char scratch[NUM_INT_MAX];
    int64_t number = 0;
    listpackAt at = listpackFirst(lp);
    ck_assert(listpackInt(lp, at, &number));
    ck_assert_int_eq(number, 12);
    ck_assert(bytesEqual(listpackText(lp, at, scratch), BYTES("12")));
    at = listpackNext(lp, at);
    ck_assert(!listpackInt(lp, at, &number));
    ck_assert(listpackEqual(lp, at, BYTES("012")));
    ck_assert(!listpackEqual(lp, at, BYTES("12")));
    at = listpackNext(lp, at);
    ck_assert_ptr_nonnull(listpackGet(lp, at).text.data);
    listpackFree(lp);
}
END_TEST

START_TEST(findsAtEachStep) {
    listpack *lp = of((const char *const[]){"a", "b", "b", "7", "c", "8", NULL});
    listpackAt first = listpackFirst(lp);
    ck_assert_uint_eq(listpackFind(lp, first, BYTES("b"), 0), listpackIndex(lp, 1));
    ck_assert_uint_eq(listpackFind(lp, first, BYTES("b"), 1), listpackIndex(lp, 2));
    ck_assert_uint_eq(listpackFind(lp, first, BYTES("7"), 0), listpackIndex(lp, 3));
    ck_assert_uint_eq(listpackFind(lp, first, BYTES("7"), 1), 0);
    ck_assert_uint_eq(listpackFind(lp, first, BYTES("07"), 0), 0);
    listpackFree(lp);
}
END_TEST

START_TEST(insertsATextOfItsOwn) {
    listpack *lp = of((const char *const[]){"abc", "def", NULL});
    listpackAt at = listpackFirst(lp);
    bytes own = listpackGet(lp, listpackLast(lp)).text;
    lp = listpackInsert(lp, &at, own);
    ck_assert(listpackEqual(lp, at, BYTES("def")));
    ck_assert(listpackEqual(lp, listpackNext(lp, at), BYTES("abc")));
    ck_assert_uint_eq(listpackCount(lp), 3);
    listpackFree(lp);
}
END_TEST

START_TEST(countsBeyondItsField) {
    listpack *lp = listpackNew();
    enum { MANY = 70000 };
    for (int i = 0; i < MANY; i++) lp = listpackAppendInt(lp, i % 128);
    ck_assert_uint_eq(listpackCount(lp), MANY);
    ck_assert(listpackValidate(listpackBytes(lp), NULL, NULL));
    int64_t number = -1;
    ck_assert(listpackInt(lp, listpackIndex(lp, MANY - 1), &number));
    ck_assert_int_eq(number, (MANY - 1) % 128);
    ck_assert_uint_eq(listpackIndex(lp, MANY), 0);
    ck_assert_uint_eq(listpackIndex(lp, -MANY - 1), 0);
    ck_assert_uint_eq(listpackIndex(lp, -MANY), listpackFirst(lp));
    listpackFree(lp);
}
END_TEST

static bool refuseSeven(void *ctx, listpackValue value) {
    (void)ctx;
    return value.text.data || value.number != 7;
}

START_TEST(validationAsksTheVisitor) {
    listpack *lp = of((const char *const[]){"6", "7", NULL});
    ck_assert(!listpackValidate(listpackBytes(lp), refuseSeven, NULL));
    listpackFree(lp);
}
END_TEST

/* Each byte is broken in turn: whatever is found good must be walkable to its end. */
START_TEST(brokenBytesAreRefusedOrWalkable) {
    listpack *lp = of((const char *const[]){"abc", "1", "-77", "70000", "123456789012", "x", NULL});
    bytes all = listpackBytes(lp);
    size_t refused = 0;
    for (size_t i = 0; i < all.size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            char *copy = memAlloc(all.size);
            memcpy(copy, all.data, all.size);
            copy[i] = (char)(copy[i] ^ 1 << bit);
            bool good = listpackValidate(bytesOf(copy, all.size), NULL, NULL);
            refused += !good;
            if (good) {
                listpack *broken = listpackFromBytes(bytesOf(copy, all.size));
                size_t back = 0;
                for (listpackAt at = listpackLast(broken); at; at = listpackPrev(broken, at))
                    back++;
                ck_assert_uint_eq(back, listpackCount(broken));
                listpackFree(broken);
            }
            memFree(copy);
        }
    }
    ck_assert_uint_gt(refused, all.size);
    for (size_t size = 0; size < all.size; size++) {
        char *copy = memAlloc(size + 1);
        memcpy(copy, all.data, size);
        ck_assert(!listpackValidate(bytesOf(copy, size), NULL, NULL));
        memFree(copy);
    }
    listpackFree(lp);
}
END_TEST

TESTS("listpack", emptyIsSevenBytes, writesThePublicFormat, keepsTextsOfEverySize,
      givesIntegersAndTexts, findsAtEachStep, insertsATextOfItsOwn, countsBeyondItsField,
      validationAsksTheVisitor, brokenBytesAreRefusedOrWalkable)
