/* top_keys.h - which keys have the largest sums of weights, in memory that does not grow with their
 * number: a count-min sketch with conservative update (Estan and Varghese 2002; Cormode and
 * Muthukrishnan 2005), and beside it the keys that lead.
 *
 * The sketch's estimate of a sum is too large by what keys that share each of its cells have added.
 * It decides who leads; what is told of a leader is that estimate less the average of a cell, or
 * what it added since it leads, which is counted exactly, where that is more. So sums are exact as
 * long as all keys can lead, good for keys that have more than a few thousandths of everything, and
 * not far too large for the others. Only leaders have their names kept. Knows nothing of servers.
 */
#ifndef EBB_SERVER_OBSERVE_TOP_KEYS_H
#define EBB_SERVER_OBSERVE_TOP_KEYS_H

#include <stdint.h>

#include "storage/base/hash.h"

enum {
    TOP_KEYS_MAX = 64,
    TOP_KEYS_NAME_MAX = 16 * 1024, /* a key with a longer name never leads */
};

typedef struct topKeys topKeys;

typedef struct topKey {
    bytes name; /* borrowed until the next topKeysAdd() */
    uint64_t weight;
} topKey;

/* Of 'count' leaders, 1 to TOP_KEYS_MAX. */
topKeys *topKeysNew(int count);
/* NULL is nothing. */
void topKeysFree(topKeys *t);

/* Adds to the key's sum. Where it leads or comes to lead this takes O(leaders). */
void topKeysAdd(topKeys *t, keyRef key, uint64_t weight);
/* The leaders, the largest sum first; fills 'out', of TOP_KEYS_MAX. How many. */
int topKeysList(const topKeys *t, topKey *out);
/* All that it holds. */
size_t topKeysBytes(const topKeys *t);

#endif
