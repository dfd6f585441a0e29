/* bench_dict - what a dict costs: bytes an item while growing and after deletions, the longest
 * single addition, nanoseconds an operation. Usage: bench_dict [items, 1000000 by default] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/clock.h"
#include "storage/base/hash.h"
#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/struct/dict.h"

enum { KEY_SIZE = 16, BATCH = 16, RUNS = 5 };

/* As a keyspace entry: a few bytes of header, the key, a value; 56 bytes. */
typedef struct record {
    uint32_t header;
    char key[KEY_SIZE];
    char value[36];
} record;

static bytes keyBytes(const record *e) {
    return bytesOf(e->key, KEY_SIZE);
}
static uint64_t hashOfRecord(const void *item) {
    return hashBytes(keyBytes(item));
}
static bool recordHolds(const void *item, bytes key) {
    return bytesEqual(keyBytes(item), key);
}
static const dictType record_type = {hashOfRecord, recordHolds};

static const clockSource *clocks;

static uint64_t now(void) {
    return clocks->monotonic_ns(clocks->ctx);
}

static void nameRecord(record *e, uint64_t id) {
    char text[KEY_SIZE + 16];
    snprintf(text, sizeof text, "key:%012llu", (unsigned long long)id);
    memcpy(e->key, text, KEY_SIZE);
}

static record *records;
static uint32_t *order;
static keyRef batch_keys[BATCH];

static void shuffle(rng *r, size_t count) {
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        size_t j = rngBelow(r, i);
        uint32_t swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}

static void printRow(const dict *d, const char *what) {
    dictStats s = dictStatsOf(d);
    printf("%-26s %9zu items %6.2f B/item  fill %4.1f %%  %7zu segments  depth %2u  way %u\n", what,
           s.items, s.items ? (double)dictBytes(d) / (double)s.items : 0,
           s.buckets ? 100.0 * (double)s.items / (double)(s.buckets * 8) : 0, s.segments, s.depth,
           s.longest_way);
}

/* Grows the dict RUNS times in the same way. Each addition counts with its fastest run, so that
 * what else the machine does stays out of the worst case. */
static void growAll(size_t count) {
    uint32_t *fastest = memAlloc(count * sizeof *fastest);
    memset(fastest, 0xFF, count * sizeof *fastest);
    for (int run = 0; run < RUNS; run++) {
        dict *d = dictNew(&record_type);
        for (size_t i = 0; i < count; i++) {
            uint64_t hash = hashOfRecord(&records[i]);
            uint64_t start = now();
            dictAdd(d, hash, &records[i]);
            uint64_t took = now() - start;
            if (took < fastest[i]) fastest[i] = (uint32_t)took;
            size_t n = i + 1;
            if (run == 0 && (n == 1000 || n == 10000 || (n >= 100000 && n % (count / 10) == 0)))
                printRow(d, "grow");
        }
        dictFree(d);
    }
    uint64_t worst = 0, over = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        total += fastest[i];
        if (fastest[i] > worst) worst = fastest[i];
        over += fastest[i] > 50000;
    }
    printf("add: %.1f ns on average with the clock, worst %.1f us, %llu over 50 us\n",
           (double)total / (double)count, (double)worst / 1000, (unsigned long long)over);
    memFree(fastest);
}

/* Looks up 'count' keys in random order, in batches as the server does. Each batch counts with its
 * fastest of RUNS passes. */
static void findAll(const dict *d, size_t count, bool hit, bool prefetch) {
    record asked[BATCH];
    size_t found = 0;
    uint32_t *fastest = memAlloc(count / BATCH * sizeof *fastest);
    memset(fastest, 0xFF, count / BATCH * sizeof *fastest);
    for (int run = 0; run < RUNS; run++) {
        for (size_t i = 0; i + BATCH <= count; i += BATCH) {
            for (size_t k = 0; k < BATCH; k++) {
                nameRecord(&asked[k], order[i + k] + (hit ? 0 : 1000000000));
                batch_keys[k] = keyRefOf(keyBytes(&asked[k]));
            }
            uint64_t start = now();
            if (prefetch) {
                for (size_t k = 0; k < BATCH; k++) dictPrefetchBucket(d, batch_keys[k].hash);
                for (size_t k = 0; k < BATCH; k++) dictPrefetchItem(d, batch_keys[k].hash);
            }
            for (size_t k = 0; k < BATCH; k++) found += dictFind(d, batch_keys[k]) != NULL;
            uint64_t took = now() - start;
            if (took < fastest[i / BATCH]) fastest[i / BATCH] = (uint32_t)took;
        }
    }
    uint64_t spent = 0;
    for (size_t i = 0; i < count / BATCH; i++) spent += fastest[i];
    memFree(fastest);
    printf("find %s%s: %.1f ns\n", hit ? "hit" : "miss", prefetch ? ", prefetched" : "",
           (double)spent / (double)count);
    if (found != (hit ? count / BATCH * BATCH * RUNS : 0)) exit(1);
}

static void removeSome(dict *d, size_t from, size_t to) {
    uint64_t spent = 0;
    for (size_t i = from; i + BATCH <= to; i += BATCH) {
        for (size_t k = 0; k < BATCH; k++)
            batch_keys[k] = keyRefOf(keyBytes(&records[order[i + k]]));
        uint64_t start = now();
        for (size_t k = 0; k < BATCH; k++)
            if (!dictRemove(d, batch_keys[k])) exit(1);
        spent += now() - start;
    }
    printf("remove: %.1f ns\n", (double)spent / (double)(to - from));
}

static void shrinkAll(dict *d) {
    uint64_t worst = 0, total = 0, steps = 0;
    for (bool more = true; more; steps++) {
        uint64_t start = now();
        more = dictShrinkStep(d);
        uint64_t took = now() - start;
        total += took;
        if (took > worst) worst = took;
    }
    printf("shrink: %llu steps, %.2f us on average, worst %.1f us\n", (unsigned long long)steps,
           (double)total / (double)steps / 1000, (double)worst / 1000);
}

int main(int argc, char **argv) {
    clocks = clockSystem();
    size_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    count -= count % 1600;
    records = memAlloc(count * sizeof *records);
    order = memAlloc(count * sizeof *order);
    memset(order, 0, count * sizeof *order);
    for (size_t i = 0; i < count; i++) {
        memset(&records[i], 'v', sizeof records[i]);
        nameRecord(&records[i], i);
    }
    rng r;
    rngSeed(&r, 1);
    shuffle(&r, count);
    growAll(count);
    dict *d = dictNew(&record_type);
    for (size_t i = 0; i < count; i++) dictAdd(d, hashOfRecord(&records[i]), &records[i]);
    for (int prefetch = 0; prefetch < 2; prefetch++) {
        findAll(d, count, true, prefetch);
        findAll(d, count, false, prefetch);
    }
    removeSome(d, 0, count / 10 * 9);
    printRow(d, "90 % removed at random");
    shrinkAll(d);
    printRow(d, "90 % removed, shrunk");
    removeSome(d, count / 10 * 9, count / 100 * 99);
    shrinkAll(d);
    printRow(d, "99 % removed, shrunk");
    dictFree(d);
    memFree(order);
    memFree(records);
    return 0;
}
