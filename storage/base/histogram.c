#include "storage/base/histogram.h"

#include <math.h>

uint64_t histogramBucketEnd(unsigned bucket) {
    unsigned block = bucket >> HISTOGRAM_STEP_BITS;
    if (block < 2) return bucket;
    unsigned shift = block - 1;
    return (((uint64_t)bucket - ((uint64_t)shift << HISTOGRAM_STEP_BITS) + 1) << shift) - 1;
}

uint64_t histogramPercentile(const histogram *h, double percent) {
    if (!h->total) return 0;
    double share = ceil(percent / 100 * (double)h->total);
    uint64_t wanted = share < 1 ? 1 : (uint64_t)share;
    if (wanted > h->total) wanted = h->total;
    uint64_t seen = 0;
    unsigned bucket = 0;
    while ((seen += h->buckets[bucket]) < wanted) bucket++;
    return histogramBucketEnd(bucket);
}

uint64_t histogramBelow(const histogram *h, unsigned bits) {
    unsigned end =
        bits >= HISTOGRAM_BITS ? HISTOGRAM_BUCKETS : histogramBucket((uint64_t)1 << bits);
    uint64_t seen = 0;
    for (unsigned i = 0; i < end; i++) seen += h->buckets[i];
    return seen;
}
