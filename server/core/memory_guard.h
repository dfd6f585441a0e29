/* memory_guard.h - maxmemory at work: the gate that evicts before a command, and refuses what may
 * take more memory where nothing can go.
 *
 * Each command that comes looks (two loads and a comparison while it fits); above the limit it pays
 * for a bounded slice of eviction (expire/cycle/evict), which all of a turn of the loop share but
 * for a little that each of them does, and the rest is done by a cron task between the turns. A
 * command is refused (OOM) only where nothing is left to evict: under noeviction, or no key that
 * may go. Keys and values that wait to be freed do not count as used; before a refusal all that can
 * be freed in a millisecond is.
 *
 * Not asked inside of transactions and scripts; those are judged as they begin. Nothing is evicted
 * during CLIENT PAUSE. */
#ifndef EBB_SERVER_CORE_MEMORY_GUARD_H
#define EBB_SERVER_CORE_MEMORY_GUARD_H

#include "expire/cycle/memlimit.h"
#include "server/core/server.h"

#define MEMORY_OOM_ERROR "OOM command not allowed when used memory > 'maxmemory'."

struct memoryGuard {
    memlimit limit;
    struct evict *evict;
    int task;
    uint64_t turn, turn_ns; /* the turn of the loop that looked last, and what it has spent */
    uint64_t evicted_ns;    /* when it last evicted; 0: not for a while */
    flushHook flush;
    bool refuses; /* what the last look found: see memoryRefuses() */
    bool ignored; /* see memorySetIgnored() */
};

/* After backgroundStart(). Fills s->memory. */
void memoryGuardAttach(server *s);
/* Before backgroundStop(). */
void memoryGuardDetach(server *s);

/* Evicts for the time of a slice if that is needed. True if what may take more memory has to be
 * refused now. */
bool memoryIsOver(server *s);
/* What memoryIsOver() said last: for commands of a script, which all see what it began with. */
static inline bool memoryRefuses(const server *s) {
    return s->memory && s->memory->refuses;
}

/* 'size_bytes' of a buffer do not count from now on, replacing what was said of it before. */
void memorySetExempt(server *s, memlimitExempt which, size_t size_bytes);
/* A replica leaves eviction to its primary (replica-ignore-maxmemory). */
void memorySetIgnored(server *s, bool ignored);

/* maxmemory or its policy was set: evicts soon what is too much. */
void memoryLimitChanged(server *s);

#endif
