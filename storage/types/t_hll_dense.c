#include <string.h>

#include "storage/types/t_hll_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { GROUP = 8, GROUP_BYTES = 6 };

uint8_t hllPackedGet(const uint8_t *packed, unsigned index) {
    unsigned at = index * 6 / 8, shift = index * 6 % 8;
    unsigned pair = packed[at];
    /* The last register ends with the last byte: there is no byte after it to read. */
    if (shift > 2) pair |= (unsigned)packed[at + 1] << 8;
    return (uint8_t)(pair >> shift & 63);
}

void hllPackedSet(uint8_t *packed, unsigned index, uint8_t value) {
    unsigned at = index * 6 / 8, shift = index * 6 % 8;
    packed[at] = (uint8_t)((packed[at] & ~(63u << shift)) | (unsigned)value << shift);
    if (shift <= 2) return;
    unsigned high = shift - 2; /* how many bits lie in the next byte */
    packed[at + 1] =
        (uint8_t)((packed[at + 1] & ~((1u << high) - 1)) | (unsigned)value >> (8 - shift));
}

static void unpackMaxFrom(uint8_t *raw, const uint8_t *packed, unsigned first) {
    for (unsigned i = first; i < HLL_REGISTERS; i += GROUP) {
        const uint8_t *from = packed + i / GROUP * GROUP_BYTES;
        uint64_t word = 0;
        for (unsigned k = 0; k < GROUP_BYTES; k++) word |= (uint64_t)from[k] << 8 * k;
        for (unsigned k = 0; k < GROUP; k++, word >>= 6) {
            uint8_t value = (uint8_t)(word & 63);
            if (value > raw[i + k]) raw[i + k] = value;
        }
    }
}

#if defined(__x86_64__)
/* 32 registers a step: each three bytes are spread to four. Reads four bytes past those it uses,
 * so the last step is not its own. Returns the first register not done. */
__attribute__((target("avx2"))) static unsigned unpackMaxWide(uint8_t *raw, const uint8_t *packed) {
    const __m256i spread = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, 0,
                                            1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    unsigned i = 0;
    for (; i + 32 < HLL_REGISTERS; i += 32, packed += 24) {
        __m256i word = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)packed)),
            _mm_loadu_si128((const __m128i *)(packed + 12)), 1);
        word = _mm256_shuffle_epi8(word, spread);
        __m256i low = _mm256_or_si256(
            _mm256_and_si256(word, _mm256_set1_epi32(0x3f)),
            _mm256_and_si256(_mm256_slli_epi32(word, 2), _mm256_set1_epi32(0x3f00)));
        __m256i high = _mm256_or_si256(
            _mm256_and_si256(_mm256_slli_epi32(word, 4), _mm256_set1_epi32(0x3f0000)),
            _mm256_and_si256(_mm256_slli_epi32(word, 6), _mm256_set1_epi32(0x3f000000)));
        __m256i *to = (__m256i *)(raw + i);
        _mm256_storeu_si256(to,
                            _mm256_max_epu8(_mm256_loadu_si256(to), _mm256_or_si256(low, high)));
    }
    return i;
}
#endif

void hllUnpackMax(uint8_t raw[HLL_REGISTERS], const uint8_t *packed) {
    unsigned done = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) done = unpackMaxWide(raw, packed);
#endif
    unpackMaxFrom(raw, packed, done);
}

void hllPack(uint8_t *packed, const uint8_t raw[HLL_REGISTERS]) {
    for (unsigned i = 0; i < HLL_REGISTERS; i += GROUP, packed += GROUP_BYTES) {
        uint64_t word = 0;
        for (unsigned k = 0; k < GROUP; k++) word |= (uint64_t)(raw[i + k] & 63) << 6 * k;
        for (unsigned k = 0; k < GROUP_BYTES; k++) packed[k] = (uint8_t)(word >> 8 * k);
    }
}
