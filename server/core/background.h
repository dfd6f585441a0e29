/* background.h - when active expiry and reclaim (expire/cycle) run in a server: their cron tasks.
 *
 * Both sleep while there is nothing to do. Expiry is armed for the next deadline, by the hook that
 * tells of a sooner one; reclaim by removals. Neither relies on being told everything: while keys
 * have deadlines the wall clock is looked at twice a second, for it may have been set, and reclaim
 * looks about once a second for what nobody told it (values replaced by smaller ones, a resumed
 * server).
 *
 * A server without it (tests of lower floors) neither expires by itself nor reclaims. */
#ifndef EBB_SERVER_CORE_BACKGROUND_H
#define EBB_SERVER_CORE_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/core/server.h"

struct background {
    int expire_task, reclaim_task;
    uint64_t command_ns;   /* stats.loop_command_ns when expiry last ran */
    bool frozen;           /* a child lives */
    uint32_t removals;     /* since reclaim was last woken */
    uint64_t commands;     /* stats.commands when reclaim last ran */
    uint64_t last_busy_ns; /* when reclaim last saw that commands had run */
    uint64_t trimmed_ns;   /* when the read arena was last looked at */
};

/* Fills s->expire, s->reclaim, s->background. */
void backgroundStart(server *s);
/* Before serverFree(); nothing if it was not started. */
void backgroundStop(server *s);

/* Expiry looks again: after CLIENT UNPAUSE, DEBUG SET-ACTIVE-EXPIRE 1, a replica's promotion. */
void backgroundWakeExpire(server *s);
/* A key is due at 'deadline_ms', sooner than any other of its db. */
void backgroundDueSooner(server *s, int64_t deadline_ms);

/* There is something to reclaim. */
void backgroundWakeReclaim(server *s);
/* A key is removed; 'big' if it holds more than its entry. */
static inline void backgroundRemoved(server *s, bool big) {
    enum { REMOVALS = 64 };
    struct background *b = s->background;
    if (b && (++b->removals >= REMOVALS || big)) backgroundWakeReclaim(s);
}

/* The most of the time that reclaim takes while others are served: a tenth, or what
 * active-defrag-cycle-max says where activedefrag is on. */
int64_t backgroundSharePercent(const server *s);

/* MEMORY PURGE: all at once, bounded by seconds. */
void backgroundReclaimNow(server *s);
/* A write is about to be refused: see reclaimUntil(); for a millisecond at the most. */
bool backgroundReclaimUntil(server *s, size_t used_bytes);
/* A forked child lives, or no longer: see reclaimSetFrozen(). */
void backgroundFreeze(server *s, bool frozen);

#ifdef EBB_SHAKE
/* After each command: see reclaimShake(). */
void backgroundShake(server *s);
#endif

#endif
