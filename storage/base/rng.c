#include "storage/base/rng.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "storage/base/ensure.h"

/* xoshiro256** 1.0 and splitmix64, after Blackman and Vigna (public domain, prng.di.unimi.it). */

static inline uint64_t rotate(uint64_t word, int by) {
    return word << by | word >> (64 - by);
}

void rngSeed(rng *r, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15ULL;
        uint64_t z = seed;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
        r->state[i] = z ^ z >> 31;
    }
}

uint64_t rngNext(rng *r) {
    uint64_t *s = r->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

/* Lemire's multiplication: the high half is the number, a low half under 2^64 mod bound is one of
 * the draws that would favour small numbers. */
uint64_t rngBelow(rng *r, uint64_t bound) {
    ensure(bound > 0);
    unsigned __int128 product = (unsigned __int128)rngNext(r) * bound;
    if ((uint64_t)product < bound) {
        uint64_t unfair = (0 - bound) % bound;
        while ((uint64_t)product < unfair) product = (unsigned __int128)rngNext(r) * bound;
    }
    return (uint64_t)(product >> 64);
}

double rngUnit(rng *r) {
    return (double)(rngNext(r) >> 11) * 0x1p-53;
}

void rngSecret(void *out, size_t size) {
    char *at = out;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) ensurePanic("the kernel gives no random bytes: %s", strerror(errno));
        at += got;
        size -= (size_t)got;
    }
}

void rngHex(char *out, size_t size) {
    rngSecret(out, size);
    for (size_t i = 0; i < size; i++) out[i] = "0123456789abcdef"[out[i] & 15];
    out[size] = '\0';
}
