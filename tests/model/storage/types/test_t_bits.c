/* Random strings and ranges against a reference that goes bit by bit. */
#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/types/t_bits.h"
#include "tests/support/suite.h"

/* Above two blocks of bitsCombine(), so that a block's border lies inside. */
enum { SIZE_MAX_BYTES = 9000, SOURCES_MAX = 5 };

/* Check writes each assertion to a pipe: too slow for inner loops. */
#define SAME(a, b)                                                                                 \
    do {                                                                                           \
        if ((a) != (b)) ck_assert_int_eq((int64_t)(a), (int64_t)(b));                              \
    } while (0)

static bool naiveGet(bytes s, uint64_t at) {
    return at / 8 < s.size && ((uint8_t)s.data[at / 8] & (128 >> at % 8)) != 0;
}

/* Mostly short; long runs of equal bits, so that the skipping loops get to run. */
static bytes randomString(rng *r, char *out) {
    size_t size = rngBelow(r, rngBelow(r, 4) ? 100 : SIZE_MAX_BYTES + 1);
    unsigned style = (unsigned)rngBelow(r, 3);
    for (size_t i = 0; i < size; i++)
        out[i] = (char)(style == 0 ? rngNext(r) : style == 1 ? 0 : 255);
    for (unsigned i = 0; size && style && i < rngBelow(r, 4); i++)
        out[rngBelow(r, size)] = (char)rngNext(r);
    return bytesOf(out, size);
}

static void checkRange(bytes s, uint64_t first, uint64_t last) {
    uint64_t count = 0;
    int64_t found[2] = {-1, -1};
    for (uint64_t at = first; at <= last; at++) {
        bool bit = naiveGet(s, at);
        count += bit;
        if (found[bit] < 0) found[bit] = (int64_t)at;
    }
    SAME(bitsCountRange(s, first, last), count);
    SAME(bitsFind(s, false, first, last), found[0]);
    SAME(bitsFind(s, true, first, last), found[1]);
}

START_TEST(rangesMatchBitByBit) {
    rng r;
    rngSeed(&r, suiteSeed());
    char *data = memAlloc(SIZE_MAX_BYTES);
    for (uint64_t round = suiteRounds(2000); round; round--) {
        bytes s = randomString(&r, data);
        if (s.size == 0) continue;
        uint64_t a = rngBelow(&r, s.size * 8), b = rngBelow(&r, s.size * 8);
        checkRange(s, a < b ? a : b, a < b ? b : a);
        checkRange(s, 0, s.size * 8 - 1);
    }
    memFree(data);
}
END_TEST

static bool naiveCombine(bitsOp op, const bytes *sources, size_t count, uint64_t at) {
    bool head = naiveGet(sources[0], at);
    size_t set = 0;
    for (size_t i = 0; i < count; i++) set += naiveGet(sources[i], at);
    bool others = set > head;
    switch (op) {
    case BITS_AND: return set == count;
    case BITS_OR: return set > 0;
    case BITS_XOR: return set % 2;
    case BITS_NOT: return !head;
    case BITS_DIFF: return head && !others;
    case BITS_DIFF1: return others && !head;
    case BITS_ANDOR: return head && others;
    case BITS_ONE: return set == 1;
    }
    return false;
}

START_TEST(combiningMatchesBitByBit) {
    rng r;
    rngSeed(&r, suiteSeed());
    char *data[SOURCES_MAX], *out = memAlloc(SIZE_MAX_BYTES);
    for (int i = 0; i < SOURCES_MAX; i++) data[i] = memAlloc(SIZE_MAX_BYTES);
    for (uint64_t round = suiteRounds(500); round; round--) {
        bytes sources[SOURCES_MAX];
        size_t count = 1 + rngBelow(&r, SOURCES_MAX);
        for (size_t i = 0; i < count; i++) sources[i] = randomString(&r, data[i]);
        size_t size = bitsCombinedSize(sources, count);
        bitsOp op = (bitsOp)rngBelow(&r, BITS_ONE + 1);
        bitsCombine(op, out, size, sources, count);
        for (uint64_t at = 0; at < size * 8; at++)
            if (naiveGet(bytesOf(out, size), at) != naiveCombine(op, sources, count, at))
                ck_abort_msg("op %d of %zu sources differs at bit %llu", op, count,
                             (unsigned long long)at);
    }
    for (int i = 0; i < SOURCES_MAX; i++) memFree(data[i]);
    memFree(out);
}
END_TEST

START_TEST(fieldsMatchBitByBit) {
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t round = suiteRounds(20000); round; round--) {
        /* On the heap and no longer than needed: a sanitizer sees a step beyond. */
        bool is_signed = rngBelow(&r, 2);
        bitsType type = {is_signed, (uint8_t)(1 + rngBelow(&r, is_signed ? 64 : 63))};
        uint64_t offset = rngBelow(&r, 100);
        size_t size = bitsFieldEnd(offset, type);
        char *data = memAlloc(size), *before = memAlloc(size);
        for (size_t i = 0; i < size; i++) before[i] = data[i] = (char)rngNext(&r);
        int64_t value = (int64_t)rngNext(&r);
        bitsSetField(data, offset, type, value);
        uint64_t want = 0;
        for (uint64_t at = 0; at < size * 8; at++) {
            bool bit = naiveGet(bytesOf(data, size), at);
            bool inside = at >= offset && at < offset + type.width;
            if (!inside) {
                SAME(bit, naiveGet(bytesOf(before, size), at));
                continue;
            }
            SAME(bit, (uint64_t)value >> (type.width - 1 - (at - offset)) & 1);
            want = want << 1 | bit;
        }
        if (is_signed && naiveGet(bytesOf(data, size), offset))
            for (unsigned i = type.width; i < 64; i++) want |= (uint64_t)1 << i;
        SAME(bitsGetField(bytesOf(data, size), offset, type), (int64_t)want);
        memFree(data);
        memFree(before);
    }
}
END_TEST

/* Adding one at a time in a small field shows what wrapping and saturating mean. */
START_TEST(overflowMatchesCountingStepByStep) {
    for (unsigned width = 1; width <= 6; width++) {
        for (int is_signed = 0; is_signed < 2; is_signed++) {
            bitsType type = {is_signed, (uint8_t)width};
            int64_t least = is_signed ? -(1 << (width - 1)) : 0;
            int64_t greatest = least + (1 << width) - 1;
            for (int64_t old = least; old <= greatest; old++) {
                for (int64_t increment = -200; increment <= 200; increment++) {
                    int64_t wrapped = old, out = 0, step = increment < 0 ? -1 : 1;
                    for (int64_t i = 0; i != increment; i += step) {
                        wrapped += step;
                        if (wrapped > greatest) wrapped = least;
                        if (wrapped < least) wrapped = greatest;
                    }
                    int64_t sum = old + increment;
                    int64_t clamped = sum < least ? least : sum > greatest ? greatest : sum;
                    SAME(bitsAddToField(type, old, increment, BITS_WRAP, &out), true);
                    SAME(out, wrapped);
                    SAME(bitsAddToField(type, old, increment, BITS_SAT, &out), true);
                    SAME(out, clamped);
                    SAME(bitsAddToField(type, old, increment, BITS_FAIL, &out), sum == clamped);
                }
            }
        }
    }
}
END_TEST

TESTS("t_bits model", rangesMatchBitByBit, combiningMatchesBitByBit, fieldsMatchBitByBit,
      overflowMatchesCountingStepByStep)
