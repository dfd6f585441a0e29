#include "storage/base/hash.h"

/* The state that a hash starts from: the key xor-ed with SipHash's four constants, done once. */
#define START0    0x736f6d6570736575ULL
#define START1    0x646f72616e646f6dULL
#define START2    0x6c7967656e657261ULL
#define START3    0x7465646279746573ULL
#define TEST_KEY0 0x0706050403020100ULL
#define TEST_KEY1 0x0f0e0d0c0b0a0908ULL

static uint64_t start[4] = {START0 ^ TEST_KEY0, START1 ^ TEST_KEY1, START2 ^ TEST_KEY0,
                            START3 ^ TEST_KEY1};

static inline uint64_t load64(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint64_t byteAt(const char *p, size_t at) {
    return (uint64_t)(uint8_t)p[at] << (8 * at);
}

static inline uint64_t rotate(uint64_t word, int by) {
    return word << by | word >> (64 - by);
}

typedef struct sip {
    uint64_t a, b, c, d;
} sip;

static inline __attribute__((always_inline)) void sipRound(sip *s) {
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = rotate(s->b, 17) ^ s->c;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static inline __attribute__((always_inline)) void sipWord(sip *s, uint64_t word) {
    s->d ^= word;
    sipRound(s);
    s->a ^= word;
}

/* The 0 to 7 bytes after the last whole word, low byte first, with no loop: from the last eight
 * bytes where there are so many, else from overlapping pieces. */
static inline uint64_t tailOf(const char *data, size_t size) {
    size_t left = size & 7;
    if (size >= 8) return load64(data + size - 8) >> 8 >> (8 * (7 - left));
    if (size == 0) return 0;
    if (size < 4) return byteAt(data, 0) | byteAt(data, size >> 1) | byteAt(data, size - 1);
    uint64_t low = byteAt(data, 0) | byteAt(data, 1) | byteAt(data, 2) | byteAt(data, 3);
    uint64_t rest = 0;
    for (size_t i = 4; i < 7; i++)
        if (i < size) rest |= byteAt(data, i);
    return low | rest;
}

void hashSeed(const uint8_t seed[16]) {
    uint64_t key0 = load64((const char *)seed);
    uint64_t key1 = load64((const char *)seed + 8);
    start[0] = START0 ^ key0;
    start[1] = START1 ^ key1;
    start[2] = START2 ^ key0;
    start[3] = START3 ^ key1;
}

uint64_t hashBytes(bytes key) {
    sip s = {start[0], start[1], start[2], start[3]};
    const char *data = key.data;
    size_t left = key.size;
    /* Two words a turn: keys of 16 bytes and more, the common ones, take half the branches. */
    for (; left >= 16; left -= 16, data += 16) {
        sipWord(&s, load64(data));
        sipWord(&s, load64(data + 8));
    }
    if (left >= 8) sipWord(&s, load64(data));
    sipWord(&s, tailOf(key.data, key.size) | (uint64_t)key.size << 56);
    s.c ^= 0xff;
    sipRound(&s);
    sipRound(&s);
    sipRound(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
