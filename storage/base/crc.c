#include "storage/base/crc.h"

#include <string.h>

/* What a byte adds is linear in its bits: eight numbers make the table of 256. Table k is for a
 * byte that k others follow, so that eight bytes are taken in one step. */
#define BIT(i, n, b) ((i) >> (n)&1 ? UINT64_C(b) : 0)
#define ITEM(i, a, b, c, d, e, f, g, h)                                                            \
    BIT(i, 0, a) ^ BIT(i, 1, b) ^ BIT(i, 2, c) ^ BIT(i, 3, d) ^ BIT(i, 4, e) ^ BIT(i, 5, f) ^      \
        BIT(i, 6, g) ^ BIT(i, 7, h)
#define FOUR(i, ...)                                                                               \
    ITEM((i), __VA_ARGS__), ITEM((i) + 1, __VA_ARGS__), ITEM((i) + 2, __VA_ARGS__),                \
        ITEM((i) + 3, __VA_ARGS__)
#define SIXTEEN(i, ...)                                                                            \
    FOUR(i, __VA_ARGS__), FOUR((i) + 4, __VA_ARGS__), FOUR((i) + 8, __VA_ARGS__),                  \
        FOUR((i) + 12, __VA_ARGS__)
#define SIXTY_FOUR(i, ...)                                                                         \
    SIXTEEN(i, __VA_ARGS__), SIXTEEN((i) + 16, __VA_ARGS__), SIXTEEN((i) + 32, __VA_ARGS__),       \
        SIXTEEN((i) + 48, __VA_ARGS__)
#define TABLE(...)                                                                                 \
    {                                                                                              \
        SIXTY_FOUR(0, __VA_ARGS__), SIXTY_FOUR(64, __VA_ARGS__), SIXTY_FOUR(128, __VA_ARGS__),     \
            SIXTY_FOUR(192, __VA_ARGS__)                                                           \
    }

static const uint64_t tables[8][256] = {
    TABLE(0x7ad870c830358979, 0xf5b0e190606b12f2, 0xc038e5739841b68f, 0xab28ecb46814fe75,
          0x7d08ff3b88be6f81, 0xfa11fe77117cdf02, 0xdf7adabd7a6e2d6f, 0x95ac9329ac4bc9b5),
    TABLE(0x89e99ffd73bddf69, 0x388a19a9bfec2db9, 0x711433537fd85b72, 0xe22866a6ffb0b6e4,
          0xef09eb1ea7f6fea3, 0xf54af06e177a6e2d, 0xc1ccc68f76634f31, 0xa8c0ab4db4510d09),
    TABLE(0xf4125129ce4038be, 0xc37d8400c417e217, 0xada22e52d0b85745, 0x701d7af6f9e73de1,
          0xe03af5edf3ce7bc2, 0xeb2ccd88bf0b64ef, 0xfd00bd4226815ab5, 0xd1585cd715952601),
    TABLE(0x8ce168638c796306, 0x329bf69440655567, 0x6537ed2880caaace, 0xca6fda510195559c,
          0xbf8692f15bbd3853, 0x545403b1efede3cd, 0xa8a80763dfdbc79a, 0x7a092894e7201c5f),
    TABLE(0x3504e58b9ba6dd1e, 0x6a09cb17374dba3c, 0xd413962e6e9b7478, 0x837e0a0f85a17b9b,
          0x2da5324c53d5645d, 0x5b4a6498a7aac8ba, 0xb694c9314f559174, 0x4670b431c63cb183),
    TABLE(0xe39d1389931b9354, 0xec6301407ea0b5c3, 0xf39f24d3a5d6f8ed, 0xcc676ff4133a62b1,
          0xb397f9bb7ee35609, 0x4c76d525a5513f79, 0x98edaa4b4aa27ef2, 0x1a8272c5cdd36e8f),
    TABLE(0x62a95de6e302eff2, 0xc552bbcdc605dfe4, 0xa1fc51c8d49c2ca3, 0x68a185c2f1afca2d,
          0xd1430b85e35f945a, 0x89df31589e28bbdf, 0x38e744e264c6e4d5, 0x71ce89c4c98dc9aa),
    TABLE(0x381d0015c96f4444, 0x703a002b92de8888, 0xe074005725bd1110, 0xebb126fd13edb14b,
          0xfc3b6ba97f4cf1fd, 0xd32ff101a60e7091, 0x8d06c450148b7249, 0x3154aef3718177f9)};

static uint64_t byTables(uint64_t crc, bytes data) {
    const uint8_t *at = (const uint8_t *)data.data, *end = at + data.size;
    for (; end - at >= 8; at += 8) {
        uint64_t eight;
        memcpy(&eight, at, sizeof eight);
        crc ^= eight;
        crc = tables[7][crc & 255] ^ tables[6][crc >> 8 & 255] ^ tables[5][crc >> 16 & 255] ^
              tables[4][crc >> 24 & 255] ^ tables[3][crc >> 32 & 255] ^ tables[2][crc >> 40 & 255] ^
              tables[1][crc >> 48 & 255] ^ tables[0][crc >> 56];
    }
    for (; at < end; at++) crc = tables[0][(crc ^ *at) & 255] ^ crc >> 8;
    return crc;
}

#if defined(__x86_64__)
#include <wmmintrin.h>

/* By carry-less multiplication: 16 bytes lo|hi that 'd' bits follow are congruent, modulo the
 * polynomial, to lo * x^(d + 63) + hi * x^(d - 1) in their place (a product of two reflected words
 * is one bit off, hence the powers). So four lanes are folded onto the next 64 bytes each, then
 * onto each other; the checksum of the 16 bytes that remain is the one of them all. */
#define CARRYLESS        __attribute__((target("sse2,pclmul")))
#define WORDS(low, high) _mm_set_epi64x((int64_t)UINT64_C(high), (int64_t)UINT64_C(low))
enum { LANES = 4, LANE = 16, STRIDE = LANES * LANE };

static inline CARRYLESS __m128i fold(__m128i lane, __m128i powers, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(lane, powers, 0x00);
    __m128i high = _mm_clmulepi64_si128(lane, powers, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

static inline CARRYLESS __m128i load(const char *at) {
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static CARRYLESS uint64_t byProducts(uint64_t crc, bytes data) {
    const __m128i over_four = WORDS(0xaf86efb16d9ab4fb, 0xf49784a634f014e4); /* x^575, x^511 */
    const __m128i over_one = WORDS(0xd9d7be7d505da32c, 0x381d0015c96f4444);  /* x^191, x^127 */
    const char *at = data.data, *end = at + data.size;
    __m128i lanes[LANES];
    for (int i = 0; i < LANES; i++) lanes[i] = load(at + i * LANE);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi64_si128((int64_t)crc));
    for (at += STRIDE; end - at >= STRIDE; at += STRIDE)
        for (int i = 0; i < LANES; i++) lanes[i] = fold(lanes[i], over_four, load(at + i * LANE));
    for (int i = 1; i < LANES; i++) lanes[i] = fold(lanes[i - 1], over_one, lanes[i]);
    char rest[LANE];
    _mm_storeu_si128((__m128i *)(void *)rest, lanes[LANES - 1]);
    crc = byTables(0, bytesOf(rest, sizeof rest));
    return byTables(crc, bytesOf(at, (size_t)(end - at)));
}

uint64_t crc64(uint64_t crc, bytes data) {
    if (data.size >= 2 * STRIDE && __builtin_cpu_supports("pclmul")) return byProducts(crc, data);
    return byTables(crc, data);
}
#else
uint64_t crc64(uint64_t crc, bytes data) {
    return byTables(crc, data);
}
#endif
