/* host.h - what the operating system is told of this process: whom to end first when memory runs
 * out (oom-score-adj), and on which processors which part of it runs (*-cpulist).
 *
 * Scores and affinities belong to the process or its thread, not to one of several servers in it: a
 * server touches them only where its configuration asks for it. */
#ifndef EBB_SERVER_CORE_HOST_H
#define EBB_SERVER_CORE_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/base/bytes.h"

typedef struct server server;

/* What the process is just now: each has its value in oom-score-adj-values. */
typedef enum hostRole { HOST_PRIMARY, HOST_REPLICA, HOST_CHILD } hostRole;

/* Kept in the server. */
typedef struct hostState {
    hostRole role;
    bool is_scored;   /* the score is ours */
    int score_before; /* what it was before that */
    bool bio_refused; /* bio-cpulist could not be had: it is logged once */
} hostState;

/* Watches the directives, and applies them as they stand; what cannot be had is logged. Once, by
 * the thread that serves. */
void hostAttach(server *s);

/* The process is something else from now on; the score follows. */
void hostSetRole(server *s, hostRole role);

/* Calls 'start', whose threads run on the processors of bio-cpulist, if that names some. */
void hostAsHelper(server *s, void (*start)(void *ctx), void *ctx);

/* In a forked child: its score, and the processors of the directive 'cpulist' ("bgsave-cpulist",
 * "aof-rewrite-cpulist"). */
void hostEnterChild(server *s, const char *cpulist);

/* True if 'list' is one of processors: "0,2-5,8-14:2" (first, last, step). Sets them in 'set', the
 * cpu_set_t of sched.h. */
bool hostParseCpus(bytes list, void *set);

#endif
