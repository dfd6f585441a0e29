#include <math.h>
#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/types/t_hll_internal.h"

char *hllDecode(bytes s, size_t *size) {
    uint8_t raw[HLL_REGISTERS] = {0};
    if (hllMerge(raw, s)) return NULL;
    /* "Z:16384 " and "v:32,4 ": no run takes more. */
    char *text = memAlloc((s.size - HLL_HEADER + 1) * 8);
    char *out = text;
    const uint8_t *at = (const uint8_t *)s.data + HLL_HEADER;
    const uint8_t *end = (const uint8_t *)s.data + s.size;
    hllRun run;
    while (hllNextRun(&at, end, &run)) {
        if (out != text) *out++ = ' ';
        *out++ = "zZv"[run.kind];
        *out++ = ':';
        char digits[NUM_INT_MAX];
        if (run.kind == HLL_VAL) {
            size_t length = numFormatUint(digits, run.value);
            memcpy(out, digits, length);
            out += length;
            *out++ = ',';
        }
        size_t length = numFormatUint(digits, run.length);
        memcpy(out, digits, length);
        out += length;
    }
    *size = (size_t)(out - text);
    return text;
}

/* ---- the self test ---- */

static uint64_t nextRandom(uint64_t *state) { /* SplitMix64 */
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static const char *testRegisters(void) {
    uint8_t want[HLL_REGISTERS] = {0}, packed[HLL_DENSE_SIZE - HLL_HEADER] = {0};
    uint64_t state = 1;
    for (int round = 0; round < 10; round++) {
        for (unsigned i = 0; i < HLL_REGISTERS; i++) {
            unsigned index = nextRandom(&state) % HLL_REGISTERS;
            want[index] = (uint8_t)(nextRandom(&state) & 63);
            hllPackedSet(packed, index, want[index]);
        }
        for (unsigned i = 0; i < HLL_REGISTERS; i++)
            if (hllPackedGet(packed, i) != want[i]) return "a register does not keep its value";
        uint8_t got[HLL_REGISTERS] = {0};
        hllUnpackMax(got, packed);
        if (memcmp(got, want, sizeof got) != 0) return "unpacked registers differ";
    }
    return NULL;
}

/* Both encodings count the same, and no count is off by more than six standard errors. */
static const char *testCounts(hllBuffer *sparse, hllBuffer *dense) {
    hllInit(sparse);
    hllInit(dense);
    if (hllToDense(dense)) return "an empty one cannot become dense";
    uint64_t state = 1, checkpoint = 1, counted;
    for (uint64_t n = 1; n <= 1000 * 1000; n++) {
        uint64_t element = nextRandom(&state);
        hllRegister r = hllRegisterOf(bytesOf(&element, sizeof element));
        int raised = hllRaise(dense, r, 0);
        if (n <= 10000 && hllRaise(sparse, r, 3000) != raised) return "encodings differ on adding";
        if (n != checkpoint) continue;
        if (hllCount(hllBytes(dense), &counted)) return "a dense one cannot be counted";
        double off = fabs((double)counted - (double)n);
        if (off > 1 && off > 6 * 1.04 / 128 * (double)n) return "a count is too far off";
        uint64_t other = counted;
        if (n <= 10000 && hllCount(hllBytes(sparse), &other)) return "a sparse one is corrupt";
        if (other != counted) return "encodings differ on counting";
        checkpoint *= 10;
    }
    return NULL;
}

const char *hllSelfTest(void) {
    const char *wrong = testRegisters();
    if (wrong) return wrong;
    hllBuffer *pair = memAlloc(2 * sizeof(hllBuffer));
    wrong = testCounts(&pair[0], &pair[1]);
    memFree(pair);
    return wrong;
}
