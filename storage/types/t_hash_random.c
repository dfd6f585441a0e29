/* Fields drawn at random. */
#include "storage/base/mem.h"
#include "storage/types/t_hash_internal.h"

hashAt hashRandom(const entry *e, rng *r) {
    if (entryEncoding(e) == ENCODING_DICT) return (uintptr_t)dictRandom(tableOf(e)->fields, r);
    uint64_t index = rngBelow(r, packCount(e)) * packStride(e);
    return listpackIndex(packOf(e), (int64_t)index);
}

/* ---- a few of many: draw until there are enough different ones ---- */

/* An open table of places, at most half full. */
typedef struct placeSet {
    hashAt *slots;
    size_t mask;
} placeSet;

/* True if 'at', which is not 0, was not there yet. */
static bool placeSetAdd(placeSet *s, hashAt at) {
    size_t i = (size_t)(at * 0x9E3779B97F4A7C15 >> 20) & s->mask;
    for (; s->slots[i]; i = (i + 1) & s->mask)
        if (s->slots[i] == at) return false;
    s->slots[i] = at;
    return true;
}

/* The number found; where nearly all that is drawn is past its deadline, it gives up before
 * 'count'. */
static size_t drawFew(const entry *e, size_t count, int64_t past_ms, rng *r, hashAt *out) {
    placeSet seen = {.mask = 1};
    while (seen.mask + 1 < 2 * count) seen.mask = 2 * seen.mask + 1;
    seen.slots = memCalloc(seen.mask + 1, sizeof *seen.slots);
    size_t found = 0;
    hashPair pair;
    for (size_t tries = 10 * count + 100; tries && found < count; tries--) {
        hashAt at = hashRandom(e, r);
        hashPairAt(e, at, &pair);
        if (pair.deadline_ms > past_ms && placeSetAdd(&seen, at)) out[found++] = at;
    }
    memFree(seen.slots);
    return found;
}

/* ---- many: a walk that keeps a fair sample of what it has seen (a reservoir) ---- */

typedef struct reservoir {
    hashAt *out;
    size_t count, seen;
    int64_t past_ms;
    rng *random;
} reservoir;

static void pour(void *ctx, const hashPair *pair) {
    reservoir *v = ctx;
    if (pair->deadline_ms <= v->past_ms) return;
    size_t place = v->seen < v->count ? v->seen : rngBelow(v->random, v->seen + 1);
    v->seen++;
    if (place < v->count) v->out[place] = pair->at;
}

size_t hashSample(const entry *e, size_t count, int64_t past_ms, rng *r, hashAt *out) {
    enum { FEW = 8 };
    if (count == 0) return 0;
    if (entryEncoding(e) == ENCODING_DICT && count <= hashCount(e) / FEW) {
        size_t found = drawFew(e, count, past_ms, r, out);
        if (found == count) return found;
    }
    reservoir v = {.out = out, .count = count, .past_ms = past_ms, .random = r};
    hashEach(e, pour, &v);
    return v.seen < count ? v.seen : count;
}
