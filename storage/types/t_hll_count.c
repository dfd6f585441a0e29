#include <math.h>
#include <string.h>

#include "storage/types/t_hll_internal.h"

/* Ertl's sigma: x + the sum over k >= 1 of x^(2^k) 2^(k-1), for 0 <= x <= 1. */
static double sigma(double x) {
    if (x == 1.0) return INFINITY;
    double weight = 1, sum = x, before;
    do {
        x *= x;
        before = sum;
        sum += x * weight;
        weight += weight;
    } while (sum != before);
    return sum;
}

/* Ertl's tau: (1 - x - the sum over k >= 1 of (1 - x^(2^-k))^2 2^-k) / 3, for 0 <= x <= 1. */
static double tau(double x) {
    if (x == 0.0 || x == 1.0) return 0;
    double weight = 1, sum = 1 - x, before;
    do {
        x = sqrt(x);
        before = sum;
        weight *= 0.5;
        sum -= (1 - x) * (1 - x) * weight;
    } while (sum != before);
    return sum / 3;
}

uint64_t hllEstimate(const unsigned histogram[64]) {
    const double registers = HLL_REGISTERS;
    const double alpha = 0.721347520444481703680; /* 1 / (2 ln 2) */
    double z = registers * tau((registers - histogram[HLL_VALUE_MAX]) / registers);
    for (int value = HLL_VALUE_MAX - 1; value >= 1; value--) {
        z += histogram[value];
        z *= 0.5;
    }
    z += registers * sigma(histogram[0] / registers);
    double estimate = alpha * registers * registers / z;
    /* Only registers that no element can have set (foreign bytes) get near this. */
    return estimate < 0x1p63 ? (uint64_t)llround(estimate) : INT64_MAX;
}

/* Neighbours often have the same value: in tables of their own their counts do not wait for each
 * other. */
typedef struct tally {
    uint32_t tables[4][256];
} tally;

static inline void tallyWord(tally *t, uint64_t word) {
    t->tables[0][word & 255]++;
    t->tables[1][word >> 8 & 255]++;
    t->tables[2][word >> 16 & 255]++;
    t->tables[3][word >> 24 & 255]++;
    t->tables[0][word >> 32 & 255]++;
    t->tables[1][word >> 40 & 255]++;
    t->tables[2][word >> 48 & 255]++;
    t->tables[3][word >> 56]++;
}

static inline uint32_t tallyOf(const tally *t, unsigned byte) {
    return t->tables[0][byte] + t->tables[1][byte] + t->tables[2][byte] + t->tables[3][byte];
}

uint64_t hllCountRaw(const uint8_t raw[HLL_REGISTERS]) {
    tally seen;
    memset(&seen, 0, sizeof seen);
    for (unsigned i = 0; i < HLL_REGISTERS; i += 8) {
        uint64_t word;
        memcpy(&word, raw + i, sizeof word);
        tallyWord(&seen, word & 0x3f3f3f3f3f3f3f3fu);
    }
    unsigned histogram[64];
    for (unsigned value = 0; value < 64; value++) histogram[value] = tallyOf(&seen, value);
    return hllEstimate(histogram);
}

/* Counts how often each one-byte run occurs; what it means is worked out once, at the end. */
static int countSparse(bytes s, uint64_t *count) {
    if (s.size > HLL_SIZE_MAX) return ERR_CORRUPT;
    tally seen;
    memset(&seen, 0, sizeof seen);
    unsigned histogram[64] = {0};
    const uint8_t *at = (const uint8_t *)s.data + HLL_HEADER;
    const uint8_t *end = (const uint8_t *)s.data + s.size;
    while (at < end) {
        uint64_t word = 0;
        if (end - at >= 8) memcpy(&word, at, sizeof word);
        if (end - at >= 8 && !(word & 0x4040404040404040u & ~(word >> 1))) {
            tallyWord(&seen, word);
            at += 8;
        } else if ((*at & 0xc0) != 0x40) {
            seen.tables[0][*at++]++;
        } else {
            if (end - at < 2) return ERR_CORRUPT;
            histogram[0] += ((at[0] & 63u) << 8 | at[1]) + 1;
            at += 2;
        }
    }
    for (unsigned op = 0; op < 64; op++) histogram[0] += tallyOf(&seen, op) * (op + 1);
    unsigned covered = histogram[0];
    for (unsigned op = 128; op < 256; op++) {
        unsigned registers = tallyOf(&seen, op) * ((op & 3) + 1);
        histogram[(op >> 2 & 31) + 1] += registers;
        covered += registers;
    }
    if (covered != HLL_REGISTERS) return ERR_CORRUPT;
    *count = hllEstimate(histogram);
    return ERR_OK;
}

int hllCount(bytes s, uint64_t *count) {
    if (hllEncodingOf(s) == HLL_SPARSE) return countSparse(s, count);
    uint8_t raw[HLL_REGISTERS] = {0};
    hllUnpackMax(raw, (const uint8_t *)s.data + HLL_HEADER);
    *count = hllCountRaw(raw);
    return ERR_OK;
}
