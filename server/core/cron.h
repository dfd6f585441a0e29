/* cron.h - work over time: named timers on the server's own clock, run between loop iterations.
 *
 * The loop asks cronNextNs() how long it may sleep and calls cronRun(). Sans-I/O: a test advances
 * its clock and calls cronRun. */
#ifndef EBB_SERVER_CORE_CRON_H
#define EBB_SERVER_CORE_CRON_H

#include <stdbool.h>
#include <stdint.h>

typedef struct server server;

enum { CRON_MAX = 32 };

typedef struct cronTask {
    const char *name;
    void (*run)(void *ctx, server *s);
    void *ctx;
    uint64_t due_ns;    /* monotonic; UINT64_MAX: asleep */
    uint64_t period_ns; /* 0: only when armed */
} cronTask;

typedef struct cronTable {
    cronTask tasks[CRON_MAX];
    int count;
    bool paused; /* DEBUG PAUSE-CRON: nothing is due */
} cronTable;

/* A task that runs every 'period_ms', or, with 0, only when armed. Its handle. */
int cronAdd(server *s, const char *name, uint64_t period_ms, void (*run)(void *ctx, server *s),
            void *ctx);
/* Runs next in 'delay_ns' from now at the latest (sooner if it is due sooner). */
void cronArm(server *s, int task, uint64_t delay_ns);
/* As cronArm, replacing what was set. */
void cronRearm(server *s, int task, uint64_t delay_ns);
void cronSetPeriod(server *s, int task, uint64_t period_ms);

/* Nanoseconds until the next task is due, 0 if one is; UINT64_MAX if none. */
uint64_t cronNextNs(const server *s);
void cronRun(server *s);

#endif
