/* bench_grow - single additions to a collection that grows: how many take a millisecond or more.
 * Usage: bench_grow [elements, 10,000,000 by default] [set|zset|hash|list ...]
 *
 * Each collection grows RUNS times in the same way. By the clock on the wall, by the time that the
 * thread ran, and by the least of that over all runs of the same addition: what the program itself
 * does takes its time in every run, what the machine does besides (other programs, a hypervisor,
 * which takes its time from the thread's) hits another addition each time. The kernel's work for
 * the thread, page faults and mapping, counts in all three. 'nothing' only reads the clocks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "storage/base/hash.h"
#include "storage/base/mem.h"
#include "storage/types/t_hash.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset.h"

#define MS 1000000
enum { RUNS = 3 };

static const typeLimits limits = {.hash_listpack_entries = 512,
                                  .hash_listpack_value = 64,
                                  .list_listpack_size = -2,
                                  .set_intset_entries = 512,
                                  .set_listpack_entries = 128,
                                  .set_listpack_value = 64,
                                  .zset_listpack_entries = 128,
                                  .zset_listpack_value = 64};

static uint64_t readClock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bytes nameOf(char *room, size_t size, uint64_t n) {
    return bytesOf(room, (size_t)snprintf(room, size, "member:%012llu", (unsigned long long)n));
}

static void addNothing(entry *e, uint64_t n) {
    (void)e;
    (void)n;
}

static void addToSet(entry *e, uint64_t n) {
    char room[32];
    setAdd(e, nameOf(room, sizeof room, n), &limits);
}

static void addToZset(entry *e, uint64_t n) {
    char room[32];
    zsetAdd(e, nameOf(room, sizeof room, n), (double)(n * 7919 % 1000003), &limits);
}

static void addToHash(entry *e, uint64_t n) {
    char room[32];
    hashSet(e, nameOf(room, sizeof room, n), BYTES("vvvvvvvvvvvvvvvv"), false, &limits);
}

static void addToList(entry *e, uint64_t n) {
    char room[32];
    listPush(e, QUICKLIST_TAIL, nameOf(room, sizeof room, n), &limits);
}

static entry *newNothing(void) {
    return listNew(BYTES("big"));
}
static entry *newSet(void) {
    return setNew(BYTES("big"), BYTES("x"), 1, &limits);
}
static entry *newZset(void) {
    return zsetNew(BYTES("big"), BYTES("x"), 1, &limits);
}
static entry *newHash(void) {
    return hashNew(BYTES("big"));
}

static const struct {
    const char *name;
    entry *(*new)(void);
    void (*add)(entry *e, uint64_t n);
} kinds[] = {{"nothing", newNothing, addNothing},
             {"set", newSet, addToSet},
             {"zset", newZset, addToZset},
             {"hash", newHash, addToHash},
             {"list", newNothing, addToList}};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

typedef struct slow {
    uint64_t count, worst_ns; /* how many took a millisecond, and the longest */
    uint64_t number;          /* of that one */
} slow;

static void note(slow *s, uint64_t number, uint64_t ns) {
    s->count += ns >= MS;
    if (ns <= s->worst_ns) return;
    s->worst_ns = ns;
    s->number = number;
}

/* Grows one collection; least[n]: nanoseconds that addition n ran, the least of the runs so far. */
static void run(int kind, uint64_t count, uint32_t *least, slow *wall, slow *cpu) {
    entry *e = kinds[kind].new();
    uint64_t cpu_before = readClock(CLOCK_THREAD_CPUTIME_ID);
    uint64_t wall_before = readClock(CLOCK_MONOTONIC);
    for (uint64_t n = 0; n < count; n++) {
        kinds[kind].add(e, n);
        uint64_t cpu_after = readClock(CLOCK_THREAD_CPUTIME_ID);
        uint64_t wall_after = readClock(CLOCK_MONOTONIC);
        uint64_t ran = cpu_after - cpu_before;
        note(wall, n, wall_after - wall_before);
        note(cpu, n, ran);
        if (ran < least[n]) least[n] = (uint32_t)ran;
        cpu_before = cpu_after;
        wall_before = wall_after;
    }
    entryFree(e);
}

/* False if an addition took a millisecond in every run. */
static bool grow(int kind, uint64_t count) {
    uint32_t *least = memAlloc(count * sizeof *least);
    memset(least, 0xFF, count * sizeof *least);
    slow wall = {0}, cpu = {0}, always = {0};
    for (int i = 0; i < RUNS; i++) run(kind, count, least, &wall, &cpu);
    for (uint64_t n = 0; n < count; n++) note(&always, n, least[n]);
    const slow *const columns[] = {&wall, &cpu, &always};
    printf("%-8s", kinds[kind].name);
    for (int i = 0; i < 3; i++)
        printf(" %8llu %10.3f", (unsigned long long)columns[i]->count,
               (double)columns[i]->worst_ns / MS);
    printf("  %9llu  %s\n", (unsigned long long)always.number, always.count ? "MISSED" : "ok");
    fflush(stdout);
    memFree(least);
    return always.count == 0;
}

int main(int argc, char **argv) {
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    printf("%-8s %19s %19s %19s\n", "", "wall, all runs", "thread, all runs", "thread, every run");
    printf("%-8s", "");
    for (int i = 0; i < 3; i++) printf(" %8s %10s", ">= 1 ms", "worst ms");
    printf("  %9s\n", "addition");
    int missed = 0;
    for (int kind = 0; kind < KINDS; kind++) {
        bool wanted = argc <= 2;
        for (int i = 2; i < argc; i++) wanted |= !strcmp(argv[i], kinds[kind].name);
        if (wanted) missed += !grow(kind, count);
    }
    printf("%d targets missed\n", missed);
    return missed > 0;
}
