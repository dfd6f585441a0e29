/* What a B+tree of random scores costs: bytes an item, nanoseconds an operation. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/struct/btree.h"

typedef struct thing {
    uint64_t order, id, more[2];
} thing;

static int compareThing(const void *item, const void *probe) {
    const thing *a = item, *b = probe;
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static uint64_t orderOfThing(const void *item) {
    return ((const thing *)item)->order;
}

static const btreeType numbered = {compareThing, orderOfThing, orderOfThing};
static const btreeType compared = {.compare = compareThing};

static double nowNs(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void run(const char *name, const btreeType *type, size_t count) {
    rng r;
    rngSeed(&r, 7);
    thing *things = memAlloc(count * sizeof *things);
    for (size_t i = 0; i < count; i++) things[i].order = rngNext(&r), things[i].id = i;
    btree *t = btreeNew(type);
    double start = nowNs();
    for (size_t i = 0; i < count; i++) btreeAdd(t, &things[i], &things[i]);
    double added = nowNs();
    double bytes = (double)btreeBytes(t) / (double)count;
    enum { TIMES = 1000000 };
    for (size_t i = 0; i < TIMES; i++) {
        thing *x = &things[rngBelow(&r, count)];
        btreeRemove(t, x);
        x->order = rngNext(&r);
        btreeAdd(t, x, x);
    }
    double updated = nowNs();
    size_t sum = 0, rank;
    for (size_t i = 0; i < TIMES; i++) {
        btreeSeek(t, &things[rngBelow(&r, count)], &rank);
        sum += rank;
    }
    double ranked = nowNs();
    printf("%s %zu: %.1f B, then %.1f B an item; add %.0f ns, update %.0f ns, rank %.0f ns (%zu)\n",
           name, count, bytes, (double)btreeBytes(t) / (double)count,
           (added - start) / (double)count, (updated - added) / TIMES, (ranked - updated) / TIMES,
           sum & 1);
    btreeFree(t);
    memFree(things);
}

int main(void) {
    for (size_t count = 10000; count <= 1000000; count *= 10) {
        run("numbered", &numbered, count);
        run("compared", &compared, count);
    }
    return 0;
}
