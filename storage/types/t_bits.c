#include "storage/types/t_bits.h"

#include <string.h>

#include "storage/base/ensure.h"

static inline uint64_t load64(const void *from) {
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

/* ---- counting ---- */

static inline uint64_t countWords(const uint8_t *data, size_t size) {
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; size >= 32; size -= 32, data += 32) {
        a += (uint64_t)__builtin_popcountll(load64(data));
        b += (uint64_t)__builtin_popcountll(load64(data + 8));
        c += (uint64_t)__builtin_popcountll(load64(data + 16));
        d += (uint64_t)__builtin_popcountll(load64(data + 24));
    }
    for (; size >= 8; size -= 8, data += 8) a += (uint64_t)__builtin_popcountll(load64(data));
    uint64_t rest = 0;
    memcpy(&rest, data, size);
    return a + b + c + d + (uint64_t)__builtin_popcountll(rest);
}

#if defined(__x86_64__)
/* The instruction is not in the x86-64 baseline; four in flight reach the speed of loading. */
__attribute__((target("popcnt"))) static uint64_t countByInstruction(const uint8_t *data,
                                                                     size_t size) {
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; size >= 32; size -= 32, data += 32) {
        a += (uint64_t)__builtin_popcountll(load64(data));
        b += (uint64_t)__builtin_popcountll(load64(data + 8));
        c += (uint64_t)__builtin_popcountll(load64(data + 16));
        d += (uint64_t)__builtin_popcountll(load64(data + 24));
    }
    return a + b + c + d + countWords(data, size);
}
#endif

uint64_t bitsCount(bytes s) {
    if (s.size == 0) return 0;
    const uint8_t *data = (const uint8_t *)s.data;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("popcnt")) return countByInstruction(data, s.size);
#endif
    return countWords(data, s.size);
}

uint64_t bitsCountRange(bytes s, uint64_t first, uint64_t last) {
    ensure(first <= last);
    ensure(last / 8 < s.size);
    size_t from = first / 8, to = last / 8;
    const uint8_t *data = (const uint8_t *)s.data;
    uint64_t count = bitsCount(bytesOf(s.data + from, to - from + 1));
    uint8_t before = (uint8_t)(data[from] & ~(0xff >> first % 8));
    uint8_t after = (uint8_t)(data[to] & (0x7f >> last % 8));
    return count - (uint64_t)__builtin_popcount(before) - (uint64_t)__builtin_popcount(after);
}

/* ---- finding ---- */

int64_t bitsFind(bytes s, bool bit, uint64_t first, uint64_t last) {
    ensure(first <= last);
    ensure(last / 8 < s.size);
    const uint8_t *data = (const uint8_t *)s.data;
    size_t at = first / 8, end = last / 8 + 1;
    uint64_t dull = bit ? 0 : UINT64_MAX; /* what a word without the bit looks like */
    uint8_t hit = (uint8_t)((data[at] ^ (uint8_t)dull) & (0xff >> first % 8));
    if (hit == 0) {
        at++;
        while (end - at >= 32) {
            uint64_t any = (load64(data + at) ^ dull) | (load64(data + at + 8) ^ dull) |
                           (load64(data + at + 16) ^ dull) | (load64(data + at + 24) ^ dull);
            if (any) break;
            at += 32;
        }
        while (end - at >= 8 && load64(data + at) == dull) at += 8;
        while (at < end && data[at] == (uint8_t)dull) at++;
        if (at == end) return -1;
        hit = (uint8_t)(data[at] ^ (uint8_t)dull);
    }
    uint64_t found = (uint64_t)at * 8 + (uint64_t)(__builtin_clz(hit) - 24);
    return found <= last ? (int64_t)found : -1;
}

/* ---- combining ---- */

/* Sixteen bytes at any address: one register of every machine that has such. */
typedef uint64_t pack __attribute__((vector_size(16), aligned(1), may_alias));

/* One block of the result and of what was seen twice fit into the first-level cache together with
 * the sources' blocks. */
enum { BLOCK = 4096 };

#define DEFINE_STEP(name, expression)                                                              \
    static void name(uint8_t *restrict out, const uint8_t *restrict in, size_t size) {             \
        size_t i = 0;                                                                              \
        for (; i + 64 <= size; i += 64) {                                                          \
            for (size_t k = 0; k < 64; k += 16) {                                                  \
                pack a = *(pack *)(out + i + k), b = *(const pack *)(in + i + k);                  \
                *(pack *)(out + i + k) = expression;                                               \
            }                                                                                      \
        }                                                                                          \
        for (; i < size; i++) {                                                                    \
            uint8_t a = out[i], b = in[i];                                                         \
            out[i] = (uint8_t)(expression);                                                        \
        }                                                                                          \
    }

DEFINE_STEP(stepAnd, a &b)
DEFINE_STEP(stepOr, a | b)
DEFINE_STEP(stepXor, a ^ b)
DEFINE_STEP(stepWithout, a & ~b)
#undef DEFINE_STEP

/* The part of 's' that lies in the block of 'size' bytes from 'from'. */
static bytes slice(bytes s, size_t from, size_t size) {
    if (s.size <= from) return bytesOf(NULL, 0);
    size_t left = s.size - from;
    return bytesOf(s.data + from, left < size ? left : size);
}

static void fillWith(uint8_t *out, size_t size, bytes part) {
    if (part.size) memcpy(out, part.data, part.size);
    memset(out + part.size, 0, size - part.size);
}

static void keepOnly(uint8_t *out, size_t size, bytes part) {
    stepAnd(out, (const uint8_t *)part.data, part.size);
    memset(out + part.size, 0, size - part.size);
}

typedef void step(uint8_t *restrict out, const uint8_t *restrict in, size_t size);

static void applyAll(step *apply, uint8_t *out, size_t from, size_t size, const bytes *sources,
                     size_t count) {
    for (size_t i = 0; i < count; i++) {
        bytes part = slice(sources[i], from, size);
        apply(out, (const uint8_t *)part.data, part.size);
    }
}

static void stepOne(uint8_t *restrict out, uint8_t *restrict twice, const uint8_t *restrict in,
                    size_t size) {
    size_t i = 0;
    for (; i + 16 <= size; i += 16) {
        pack once = *(pack *)(out + i), new = *(const pack *)(in + i);
        *(pack *)(twice + i) |= once & new;
        *(pack *)(out + i) = once | new;
    }
    for (; i < size; i++) {
        twice[i] |= out[i] & in[i];
        out[i] |= in[i];
    }
}

static void combineOne(uint8_t *out, size_t from, size_t size, const bytes *sources, size_t count) {
    uint8_t twice[BLOCK];
    memset(twice, 0, size);
    memset(out, 0, size);
    for (size_t i = 0; i < count; i++) {
        bytes part = slice(sources[i], from, size);
        stepOne(out, twice, (const uint8_t *)part.data, part.size);
    }
    stepWithout(out, twice, size);
}

static void combineBlock(bitsOp op, uint8_t *out, size_t from, size_t size, const bytes *sources,
                         size_t count) {
    bytes head = slice(sources[0], from, size);
    switch (op) {
    case BITS_AND:
        fillWith(out, size, head);
        for (size_t i = 1; i < count; i++) keepOnly(out, size, slice(sources[i], from, size));
        return;
    case BITS_OR:
    case BITS_XOR:
    case BITS_DIFF:
        fillWith(out, size, head);
        applyAll(op == BITS_OR    ? stepOr
                 : op == BITS_XOR ? stepXor
                                  : stepWithout,
                 out, from, size, sources + 1, count - 1);
        return;
    case BITS_NOT:
        memset(out, 0xff, size);
        stepWithout(out, (const uint8_t *)head.data, head.size);
        return;
    case BITS_DIFF1:
    case BITS_ANDOR:
        memset(out, 0, size);
        applyAll(stepOr, out, from, size, sources + 1, count - 1);
        if (op == BITS_ANDOR)
            keepOnly(out, size, head);
        else
            stepWithout(out, (const uint8_t *)head.data, head.size);
        return;
    case BITS_ONE: combineOne(out, from, size, sources, count); return;
    }
    unreachable();
}

void bitsCombine(bitsOp op, char *out, size_t size, const bytes *sources, size_t count) {
    ensure(count >= 1);
    for (size_t from = 0; from < size; from += BLOCK) {
        size_t block = size - from < BLOCK ? size - from : BLOCK;
        combineBlock(op, (uint8_t *)out + from, from, block, sources, count);
    }
}

size_t bitsCombinedSize(const bytes *sources, size_t count) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        if (sources[i].size > size) size = sources[i].size;
    return size;
}

bool bitsParseOp(bytes word, bitsOp *out) {
    static const char *const names[] = {"and", "or", "xor", "not", "diff", "diff1", "andor", "one"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!bytesEqualWord(word, names[i])) continue;
        *out = (bitsOp)i;
        return true;
    }
    return false;
}
