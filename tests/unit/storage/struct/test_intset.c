#include "storage/base/slab.h"
#include "storage/struct/intset.h"
#include "tests/support/suite.h"

static intset *add(intset *s, int64_t value) {
    bool added;
    s = intsetAdd(s, value, &added);
    ck_assert(added);
    return s;
}

START_TEST(keepsValuesInOrderOnce) {
    intset *s = intsetNew();
    bool added;
    s = add(add(add(s, 5), 4), 6);
    s = intsetAdd(s, 4, &added);
    ck_assert(!added);
    ck_assert_uint_eq(intsetCount(s), 3);
    for (int64_t i = 0; i < 3; i++) ck_assert_int_eq(intsetAt(s, (size_t)i), 4 + i);
    ck_assert(intsetHas(s, 5));
    ck_assert(!intsetHas(s, 7));
    ck_assert(!intsetHas(s, 1 << 20));
    intsetFree(s);
}
END_TEST

START_TEST(bytesAreThePublicFormat) {
    static const char narrow[] = "\2\0\0\0\3\0\0\0\xfe\xff\1\0\0\1";
    intset *s = add(add(add(intsetNew(), 1), 256), -2);
    ck_assert(bytesEqual(intsetBytes(s), bytesOf(narrow, sizeof narrow - 1)));
    s = add(s, -40000);
    static const char wider[] = "\4\0\0\0\4\0\0\0\xc0\x63\xff\xff\xfe\xff\xff\xff\1\0\0\0\0\1\0\0";
    ck_assert(bytesEqual(intsetBytes(s), bytesOf(wider, sizeof wider - 1)));
    intset *copy = intsetFromBytes(intsetBytes(s));
    ck_assert(bytesEqual(intsetBytes(copy), intsetBytes(s)));
    intsetFree(copy);
    intsetFree(s);
}
END_TEST

START_TEST(widensForValuesAboveAndBelow) {
    static const int64_t above[] = {32767, 32768, INT32_MAX, INT32_MAX + 1LL, INT64_MAX};
    static const uint32_t widths[] = {2, 4, 4, 8, 8};
    for (int sign = 0; sign < 2; sign++) {
        intset *s = intsetNew();
        for (size_t i = 0; i < 5; i++) {
            s = add(s, sign ? ~above[i] : above[i]);
            ck_assert_uint_eq(intsetBytes(s).size, 8 + widths[i] * (i + 1));
        }
        for (size_t i = 0; i < 5; i++)
            ck_assert_int_eq(intsetAt(s, i), sign ? ~above[4 - i] : above[i]);
        intsetFree(s);
    }
}
END_TEST

START_TEST(removesAndStaysWide) {
    intset *s = add(add(add(intsetNew(), 1), 100000), 7);
    bool removed;
    s = intsetRemove(s, 8, &removed);
    ck_assert(!removed);
    s = intsetRemove(s, INT64_MIN, &removed);
    ck_assert(!removed);
    s = intsetRemove(s, 100000, &removed);
    ck_assert(removed);
    ck_assert(!intsetHas(s, 100000));
    ck_assert_uint_eq(intsetBytes(s).size, 8 + 4 * 2);
    s = intsetRemove(s, 1, &removed);
    s = intsetRemove(s, 7, &removed);
    ck_assert(removed);
    ck_assert_uint_eq(intsetCount(s), 0);
    ck_assert(!intsetHas(s, 7));
    intsetFree(s);
}
END_TEST

START_TEST(validateRefusesWhatIsNoIntset) {
    static const struct {
        const char *data;
        size_t size;
        bool good;
    } cases[] = {
        {"\2\0\0\0\0\0\0\0", 8, true},
        {"\2\0\0\0\2\0\0\0\xff\xff\1\0", 12, true},
        {"\2\0\0\0\2\0\0\0\1\0\xff\xff", 12, false}, /* descending */
        {"\2\0\0\0\2\0\0\0\1\0\1\0", 12, false},     /* twice */
        {"\2\0\0\0\2\0\0\0\1\0\2\0\3", 13, false},
        {"\2\0\0\0\2\0\0\0\1\0\2", 11, false},
        {"\3\0\0\0\1\0\0\0\1\0\0", 11, false},
        {"\2\0\0\0\0\0\0", 7, false},
        {"", 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(intsetValidate(bytesOf(cases[i].data, cases[i].size)) == cases[i].good,
                      "case %zu", i);
}
END_TEST

START_TEST(returnsAllItsMemory) {
    size_t before = slabStatsTotal().item_bytes;
    intset *s = intsetNew();
    for (int64_t i = 0; i < 3000; i++) s = add(s, i * 1000003);
    ck_assert_uint_ge(intsetMemory(s), 8 + 8 * 3000);
    bool removed;
    for (int64_t i = 2999; i >= 5; i--) s = intsetRemove(s, i * 1000003, &removed);
    ck_assert_uint_eq(intsetMemory(s), slabGoodSize(8 + 8 * 5));
    intsetFree(s);
    ck_assert_uint_eq(slabStatsTotal().item_bytes, before);
}
END_TEST

TESTS("intset", keepsValuesInOrderOnce, bytesAreThePublicFormat, widensForValuesAboveAndBelow,
      removesAndStaysWide, validateRefusesWhatIsNoIntset, returnsAllItsMemory)
