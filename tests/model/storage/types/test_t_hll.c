/* Random raises against plain arrays of registers, and bytes that lie. */
#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/types/t_hll.h"
#include "tests/support/suite.h"

/* Few distinct registers close to each other make runs join and split; far ones make long zeros. */
static hllRegister randomRegister(rng *r, unsigned style) {
    uint64_t index = style == 0   ? rngBelow(r, HLL_REGISTERS)
                     : style == 1 ? rngBelow(r, 70)
                     : style == 2 ? rngBelow(r, 20) * 800 + rngBelow(r, 6)
                                  : HLL_REGISTERS - 1 - rngBelow(r, 70);
    uint64_t value = rngBelow(r, 50) ? 1 + rngBelow(r, 3) : 1 + rngBelow(r, 32);
    if (rngBelow(r, 5000) == 0) value = 33 + rngBelow(r, 19);
    return (hllRegister){(uint16_t)index, (uint8_t)value};
}

static void checkEqual(const hllBuffer *b, const uint8_t want[HLL_REGISTERS]) {
    ck_assert_int_eq(hllCheck(hllBytes(b)), ERR_OK);
    uint8_t got[HLL_REGISTERS] = {0};
    ck_assert_int_eq(hllMerge(got, hllBytes(b)), ERR_OK);
    ck_assert_mem_eq(got, want, sizeof got);
    uint64_t count;
    ck_assert_int_eq(hllCount(hllBytes(b), &count), ERR_OK);
    ck_assert_uint_eq(count, hllCountRaw(want));
    if (hllEncodingOf(hllBytes(b)) == HLL_SPARSE) return;
    for (unsigned i = 0; i < HLL_REGISTERS; i++)
        if (hllDenseGet(hllBytes(b), i) != want[i]) ck_abort_msg("register %u", i);
}

START_TEST(registersMatchAPlainArray) {
    rng r;
    rngSeed(&r, suiteSeed());
    static const size_t limits[] = {0, 60, 500, 3000, 3000, 20000, SIZE_MAX};
    for (uint64_t round = suiteRounds(60); round; round--) {
        uint8_t want[HLL_REGISTERS] = {0};
        hllBuffer b;
        hllInit(&b);
        unsigned style = (unsigned)rngBelow(&r, 4), switching = (unsigned)rngBelow(&r, 2);
        size_t limit = limits[rngBelow(&r, sizeof limits / sizeof limits[0])];
        for (uint64_t n = rngBelow(&r, 4000); n; n--) {
            if (switching) style = (unsigned)rngBelow(&r, 4);
            hllRegister reg = randomRegister(&r, style);
            bool sparse = hllEncodingOf(hllBytes(&b)) == HLL_SPARSE;
            size_t size = b.size;
            int raised = hllRaise(&b, reg, limit);
            if (raised != (want[reg.index] < reg.value)) ck_abort_msg("raised: %d", raised);
            if (want[reg.index] < reg.value) want[reg.index] = reg.value;
            if (hllEncodingOf(hllBytes(&b)) == HLL_SPARSE)
                ck_assert_msg(sparse && (b.size <= limit || b.size <= size), "grew past the limit");
            if (rngBelow(&r, 500) == 0) checkEqual(&b, want);
        }
        checkEqual(&b, want);
        ck_assert_int_eq(hllToDense(&b), ERR_OK);
        checkEqual(&b, want);
    }
}
END_TEST

START_TEST(mergingMatchesTheGreaterOfEach) {
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t round = suiteRounds(30); round; round--) {
        uint8_t want[HLL_REGISTERS] = {0}, raw[HLL_REGISTERS] = {0};
        hllBuffer pair[2], one_by_one;
        for (int k = 0; k < 2; k++) {
            hllInit(&pair[k]);
            for (uint64_t n = rngBelow(&r, 2000); n; n--) {
                hllRegister reg = randomRegister(&r, (unsigned)rngBelow(&r, 4));
                ck_assert_int_ge(hllRaise(&pair[k], reg, 3000), 0);
                if (want[reg.index] < reg.value) want[reg.index] = reg.value;
            }
            ck_assert_int_eq(hllMerge(raw, hllBytes(&pair[k])), ERR_OK);
        }
        one_by_one = pair[0];
        ck_assert_int_eq(hllRaiseAll(&pair[0], raw, 3000), ERR_OK);
        checkEqual(&pair[0], want);
        for (unsigned i = 0; i < HLL_REGISTERS; i++)
            if (raw[i])
                ck_assert_int_ge(hllRaise(&one_by_one, (hllRegister){(uint16_t)i, raw[i]}, 3000),
                                 0);
        ck_assert_uint_eq(one_by_one.size, pair[0].size);
        ck_assert_mem_eq(one_by_one.data, pair[0].data, pair[0].size);
    }
}
END_TEST

/* Every call, on a heap copy of just that size: whatever they answer, a sanitizer is content. */
static void poke(rng *r, bytes s) {
    if (hllCheck(s)) return;
    uint64_t count;
    bool cached = hllCached(s, &count);
    (void)cached;
    uint8_t raw[HLL_REGISTERS] = {0};
    int counted = hllCount(s, &count), merged = hllMerge(raw, s);
    ck_assert_int_eq(counted, merged);
    size_t size;
    char *text = hllEncodingOf(s) == HLL_SPARSE ? hllDecode(s, &size) : NULL;
    if (text) memFree(text);
    hllBuffer b;
    if (hllLoad(&b, s)) return;
    for (int i = 0; i < 50; i++) {
        int raised = hllRaise(&b, randomRegister(r, (unsigned)rngBelow(r, 4)), rngBelow(r, 5000));
        if (merged == ERR_OK) ck_assert_int_ge(raised, 0);
        if (raised == ERR_CORRUPT) break;
    }
    int all = hllRaiseAll(&b, raw, 3000);
    if (merged == ERR_OK) ck_assert_int_eq(all, ERR_OK);
    if (hllToDense(&b) == ERR_OK) ck_assert_uint_eq(b.size, HLL_DENSE_SIZE);
}

START_TEST(hostileBytesAreAnsweredOrRefused) {
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t round = suiteRounds(800); round; round--) {
        hllBuffer b;
        hllInit(&b);
        for (uint64_t n = rngBelow(&r, 300); n; n--) {
            int raised = hllRaise(&b, randomRegister(&r, (unsigned)rngBelow(&r, 4)), 3000);
            ck_assert_int_ge(raised, 0);
        }
        if (rngBelow(&r, 10) == 0) ck_assert_int_eq(hllToDense(&b), ERR_OK);
        if (rngBelow(&r, 4) == 0) { /* runs that are all random */
            b.data[4] = HLL_SPARSE;
            b.size = HLL_HEADER + rngBelow(&r, rngBelow(&r, 2) ? 30 : HLL_SIZE_MAX - HLL_HEADER);
            for (size_t i = HLL_HEADER; i < b.size; i++) b.data[i] = (char)rngNext(&r);
        }
        for (uint64_t n = rngBelow(&r, 6); n; n--) {
            size_t at = rngBelow(&r, 3) ? rngBelow(&r, b.size) : b.size - 1;
            b.data[at] = (char)rngNext(&r);
        }
        if (rngBelow(&r, 4) == 0) b.size = rngBelow(&r, b.size + 1);
        char *copy = memAlloc(b.size + 1);
        memcpy(copy, b.data, b.size);
        char *exact = memRealloc(copy, b.size ? b.size : 1);
        poke(&r, bytesOf(exact, b.size));
        memFree(exact);
    }
}
END_TEST

TESTS("t_hll model", registersMatchAPlainArray, mergingMatchesTheGreaterOfEach,
      hostileBytesAreAnsweredOrRefused)
