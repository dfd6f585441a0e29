/* memlimit.h - how much memory may be used, what does not count, and for how long it was too much.
 *
 * Arithmetic over numbers that others bring; knows the counters of mem.h and nothing of dbs,
 * servers and clients. */
#ifndef EBB_EXPIRE_CYCLE_MEMLIMIT_H
#define EBB_EXPIRE_CYCLE_MEMLIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Buffers that grow by what eviction itself has to report: counted, they would bring on the next
 * eviction. Who keeps one says how big it is. */
typedef enum memlimitExempt {
    MEMLIMIT_AOF,      /* what waits to be written to the append-only file */
    MEMLIMIT_REPLICAS, /* what waits to be sent to replicas, beyond the backlog */
    MEMLIMIT_NEWS,     /* what clients are told of evicted keys, until it was offered to them */
    MEMLIMIT_EXEMPTS
} memlimitExempt;

typedef struct memlimit {
    size_t limit; /* bytes; 0: none */
    size_t exempt[MEMLIMIT_EXEMPTS];
    bool over;        /* as last noted */
    int64_t since_ms; /* since when, if so */
    int64_t over_ms;  /* all times that are over, together */
} memlimit;

size_t memlimitExempted(const memlimit *m);
/* What memUsed() may say: SIZE_MAX without a limit. */
size_t memlimitTarget(const memlimit *m);

/* The limit is exceeded at 'now_ms', or it is not. */
void memlimitNote(memlimit *m, bool over, int64_t now_ms);
/* For how long it is now, 0 if it is not; for how long it ever was, that included. */
int64_t memlimitOverMs(const memlimit *m, int64_t now_ms);
int64_t memlimitTotalOverMs(const memlimit *m, int64_t now_ms);

/* Counts anew from now on: CONFIG RESETSTAT. */
void memlimitResetTimes(memlimit *m, int64_t now_ms);

/* maxmemory-eviction-tenacity (0 to 100) as the nanoseconds that one command may wait for eviction:
 * 30 us for each up to 10, doubling with every five above, no end at 100. At least one key goes. */
uint64_t memlimitBudgetNs(int64_t tenacity);

/* A share of 'available_bytes' in percent, without overflow. */
size_t memlimitShare(size_t available_bytes, unsigned percent);

#endif
