#include "server/observe/top_keys.h"

#include <stdlib.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum { ROWS = 4, CELLS = 4096 };

struct topKeys {
    int room, count;
    int least; /* the leader with the smallest sum, once there is no room */
    size_t name_bytes;
    uint64_t hashes[TOP_KEYS_MAX];  /* apart from the rest: they are searched */
    uint64_t weights[TOP_KEYS_MAX]; /* as the sketch estimates them */
    uint64_t led[TOP_KEYS_MAX];     /* added since it leads */
    uint64_t total;                 /* of all keys */
    bytes names[TOP_KEYS_MAX];
    uint64_t cells[ROWS][CELLS];
};

topKeys *topKeysNew(int count) {
    ensure(count >= 1);
    ensure(count <= TOP_KEYS_MAX);
    topKeys *t = memCalloc(1, sizeof *t);
    t->room = count;
    return t;
}

static void freeName(topKeys *t, int at) {
    t->name_bytes -= t->names[at].size;
    memFree((void *)(uintptr_t)t->names[at].data);
}

void topKeysFree(topKeys *t) {
    if (!t) return;
    for (int i = 0; i < t->count; i++) freeName(t, i);
    memFree(t);
}

/* Raises only those cells that are below the new estimate: what others added stays out of it. */
static uint64_t raise(topKeys *t, uint64_t hash, uint64_t weight) {
    uint64_t *cells[ROWS], low = UINT64_MAX;
    uint32_t at = (uint32_t)hash, step = (uint32_t)(hash >> 32) | 1;
    for (int row = 0; row < ROWS; row++, at += step) {
        cells[row] = &t->cells[row][(at ^ at >> 16) % CELLS];
        if (*cells[row] < low) low = *cells[row];
    }
    uint64_t sum = low + weight;
    for (int row = 0; row < ROWS; row++)
        if (*cells[row] < sum) *cells[row] = sum;
    return sum;
}

static void findLeast(topKeys *t) {
    t->least = 0;
    for (int i = 1; i < t->count; i++)
        if (t->weights[i] < t->weights[t->least]) t->least = i;
}

static void setName(topKeys *t, int at, bytes name) {
    char *copy = memAlloc(name.size + 1);
    memcpy(copy, name.data, name.size);
    t->names[at] = bytesOf(copy, name.size);
    t->name_bytes += name.size;
}

void topKeysAdd(topKeys *t, keyRef key, uint64_t weight) {
    if (!weight || key.name.size > TOP_KEYS_NAME_MAX) return;
    uint64_t sum = raise(t, key.hash, weight);
    t->total += weight;
    bool full = t->count == t->room;
    if (full && sum <= t->weights[t->least]) return;
    int at = 0;
    while (at < t->count && t->hashes[at] != key.hash) at++;
    if (at == t->count) {
        if (full) {
            at = t->least;
            freeName(t, at);
        } else {
            t->count++;
        }
        t->hashes[at] = key.hash;
        t->led[at] = 0;
        setName(t, at, key.name);
    }
    t->weights[at] = sum;
    t->led[at] += weight;
    findLeast(t);
}

static uint64_t toldWeight(const topKeys *t, int at) {
    uint64_t estimate = t->weights[at], shared = 0;
    if (t->total > estimate) shared = (t->total - estimate) / CELLS;
    uint64_t less = estimate > shared ? estimate - shared : 0;
    return less > t->led[at] ? less : t->led[at];
}

static int largestFirst(const void *left, const void *right) {
    const topKey *a = left, *b = right;
    if (a->weight != b->weight) return a->weight > b->weight ? -1 : 1;
    return bytesCompare(a->name, b->name);
}

int topKeysList(const topKeys *t, topKey *out) {
    for (int i = 0; i < t->count; i++) out[i] = (topKey){t->names[i], toldWeight(t, i)};
    qsort(out, (size_t)t->count, sizeof *out, largestFirst);
    return t->count;
}

size_t topKeysBytes(const topKeys *t) {
    return sizeof *t + t->name_bytes;
}
