/* histogram.h - how many of many numbers were how big: 2^5 steps a power of two, so that a value
 * read back is at most 3 % above the one added.
 *
 * Numbers up to HISTOGRAM_MAX count as they are, greater ones as that. Adding is a few instructions
 * and touches one counter. Knows no unit. */
#ifndef EBB_STORAGE_BASE_HISTOGRAM_H
#define EBB_STORAGE_BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEP_BITS = 5, HISTOGRAM_BITS = 30 };
enum { HISTOGRAM_BUCKETS = (HISTOGRAM_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS };
#define HISTOGRAM_MAX (((uint64_t)1 << HISTOGRAM_BITS) - 1)

/* All zero is empty. */
typedef struct histogram {
    uint64_t total;
    uint64_t buckets[HISTOGRAM_BUCKETS];
} histogram;

/* Numbers below 2^5 have a bucket each; above, the first 5 bits behind the highest one choose. */
static inline unsigned histogramBucket(uint64_t value) {
    if (value > HISTOGRAM_MAX) value = HISTOGRAM_MAX;
    unsigned top = 63 - (unsigned)__builtin_clzll(value | 1 << HISTOGRAM_STEP_BITS);
    unsigned shift = top - HISTOGRAM_STEP_BITS;
    return (shift << HISTOGRAM_STEP_BITS) + (unsigned)(value >> shift);
}

static inline void histogramAdd(histogram *h, uint64_t value) {
    h->total++;
    h->buckets[histogramBucket(value)]++;
}

/* The greatest number of a bucket. */
uint64_t histogramBucketEnd(unsigned bucket);
/* The number that 'percent' of all are not above, to the greatest of its bucket; 0 of an empty one.
 */
uint64_t histogramPercentile(const histogram *h, double percent);
/* How many are below 2^bits. */
uint64_t histogramBelow(const histogram *h, unsigned bits);

#endif
