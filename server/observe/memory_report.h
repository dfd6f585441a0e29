/* memory_report.h - where the memory is: one reading of every counter, for INFO memory, MEMORY
 * STATS and MEMORY DOCTOR.
 *
 * Two allocators hold the server's memory: the heap (mem.h) and the slabs (slab.h). "allocator"
 * figures here are of both together. */
#ifndef EBB_SERVER_OBSERVE_MEMORY_REPORT_H
#define EBB_SERVER_OBSERVE_MEMORY_REPORT_H

#include "server/core/server.h"

typedef struct memoryReport {
    size_t used, peak, startup, rss, system;
    size_t file;           /* the part of RSS that is of files: the program and its libraries */
    long long unexplained; /* what is of neither files nor allocators: stacks, the kernel's own */
    size_t clients, replicas;  /* of client buffers and structures */
    size_t tables;             /* main dicts and expiry dictionaries */
    size_t scripts, functions; /* texts, and what Lua holds for them */
    size_t overhead;           /* startup, clients, tables, scripts */
    size_t dataset;            /* used without the overhead */
    size_t keys;
    size_t allocated, active, resident, muzzy; /* heap and slabs */
    bool heap_is_known; /* false where the heap has no figures (libc): resident is too small then */
    size_t slab_items, slab_pages, slab_chunks;
    double peak_percent, dataset_percent;
    double bytes_per_key;
} memoryReport;

/* Reads everything. Walks the clients and asks the kernel once: some tens of microseconds. 'own'
 * bytes that the caller took to tell of it are left out of what is used. */
memoryReport memoryReportOf(server *s, size_t own);

/* The quotient, or 0 where there is nothing to divide by. */
double memoryRatio(size_t a, size_t b);
/* a - b, also below zero. */
long long memoryDelta(size_t a, size_t b);

/* Bytes that a key takes all told: its entry, its value and its share of the tables. */
size_t memoryOfKey(const db *d, const entry *e);

/* What stands out, in words for people; a text for memFree(). */
char *memoryDoctor(server *s);

#endif
