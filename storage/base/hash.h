/* hash.h - the keyed hash of keys: SipHash-1-3 (Aumasson & Bernstein), 64 bits.
 *
 * Keyed with a seed of this process, so that no client can choose keys that collide. Dicts read
 * the hash from its top bits. */
#ifndef EBB_STORAGE_BASE_HASH_H
#define EBB_STORAGE_BASE_HASH_H

#include <stdint.h>

#include "storage/base/bytes.h"

/* Sets the seed of this process; once, before the first hash. Without it the seed is fixed,
 * which tests like. */
void hashSeed(const uint8_t seed[16]);

uint64_t hashBytes(bytes key);

/* A key and its hash, computed once on the way of a request and used ever after. */
typedef struct keyRef {
    bytes name;
    uint64_t hash;
} keyRef;

static inline keyRef keyRefOf(bytes name) {
    return (keyRef){name, hashBytes(name)};
}

#endif
