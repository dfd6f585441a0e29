/* rng.h - random numbers for sampling, seeded, so that a test can repeat a run (xoshiro256**).
 * Not for secrets: those come from rngSecret(). */
#ifndef EBB_STORAGE_BASE_RNG_H
#define EBB_STORAGE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct rng {
    uint64_t state[4];
} rng;

void rngSeed(rng *r, uint64_t seed);
uint64_t rngNext(rng *r);
/* Uniform in [0, bound), bound > 0, without modulo bias. */
uint64_t rngBelow(rng *r, uint64_t bound);
/* Uniform in [0, 1). */
double rngUnit(rng *r);

/* Fills 'out' from the kernel's generator. */
void rngSecret(void *out, size_t size);
/* 'size' lower-case hex digits and a closing zero (run ids, DEBUG, ACL GENPASS). */
void rngHex(char *out, size_t size);

#endif
