#include "storage/base/sha1.h"

#include <stdint.h>

enum { BLOCK = 64, LENGTH_BYTES = 8 };

static inline uint32_t rotate(uint32_t x, int bits) {
    return x << bits | x >> (32 - bits);
}

static uint32_t readWord(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Section 6.1.2 of the standard. */
static void addBlock(uint32_t h[5], const uint8_t *block) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++) w[i] = readWord(block + i * 4);
    for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
        uint32_t f, k;
        if (i < 20) {
            f = (b & c) | (~b & d);
            k = 0x5a827999;
        } else if (i < 40) {
            f = b ^ c ^ d;
            k = 0x6ed9eba1;
        } else if (i < 60) {
            f = (b & c) | (b & d) | (c & d);
            k = 0x8f1bbcdc;
        } else {
            f = b ^ c ^ d;
            k = 0xca62c1d6;
        }
        uint32_t next = rotate(a, 5) + f + e + k + w[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

void sha1Hex(bytes data, char out[SHA1_HEX + 1]) {
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    const uint8_t *at = (const uint8_t *)data.data;
    size_t left = data.size;
    for (; left >= BLOCK; at += BLOCK, left -= BLOCK) addBlock(h, at);
    /* The rest, a one bit, zeros, and the length in bits: one block or two. */
    uint8_t last[2 * BLOCK] = {0};
    if (left) memcpy(last, at, left);
    last[left] = 0x80;
    size_t size = left + 1 + LENGTH_BYTES > BLOCK ? 2 * BLOCK : BLOCK;
    uint64_t bits = (uint64_t)data.size * 8;
    for (int i = 0; i < LENGTH_BYTES; i++) last[size - 1 - (size_t)i] = (uint8_t)(bits >> (8 * i));
    for (size_t i = 0; i < size; i += BLOCK) addBlock(h, last + i);
    for (int i = 0; i < SHA1_HEX; i++)
        out[i] = "0123456789abcdef"[h[i / 8] >> (28 - i % 8 * 4) & 15];
    out[SHA1_HEX] = '\0';
}
