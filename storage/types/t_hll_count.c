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

uint64_t hllCountRaw(const uint8_t raw[HLL_REGISTERS]) {
    /* Neighbours often have the same value: in tables of their own their counts do not wait for
     * each other. */
    unsigned tables[8][64] = {{0}};
    for (unsigned i = 0; i < HLL_REGISTERS; i += 8) {
        uint64_t word;
        memcpy(&word, raw + i, sizeof word);
        for (unsigned k = 0; k < 8; k++, word >>= 8) tables[k][word & 63]++;
    }
    unsigned histogram[64];
    for (unsigned value = 0; value < 64; value++) {
        histogram[value] = 0;
        for (unsigned k = 0; k < 8; k++) histogram[value] += tables[k][value];
    }
    return hllEstimate(histogram);
}

static int countSparse(bytes s, uint64_t *count) {
    unsigned histogram[64] = {0}, covered = 0;
    const uint8_t *at = (const uint8_t *)s.data + HLL_HEADER;
    const uint8_t *end = (const uint8_t *)s.data + s.size;
    hllRun run;
    while (hllNextRun(&at, end, &run)) {
        if (run.length > HLL_REGISTERS - covered) return ERR_CORRUPT;
        covered += run.length;
        histogram[run.value] += run.length;
    }
    if (at != end || covered != HLL_REGISTERS) return ERR_CORRUPT;
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
