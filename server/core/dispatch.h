/* dispatch.h - from a request to its handler: command lookup, gates, the call, its counters.
 *
 * Gates are the ordered checks before a handler. Those that cannot fire now cost nothing: the
 * server and each client keep a mask of live gates, and only set bits are asked. A gate that
 * refuses has replied; one that holds has called clientHold(), and the request comes again; one
 * that takes the request has replied and runs it later (MULTI). */
#ifndef EBB_SERVER_CORE_DISPATCH_H
#define EBB_SERVER_CORE_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/bytes.h"

typedef struct client client;
typedef struct server server;
typedef struct command command;

typedef enum gateAnswer { GATE_PASS, GATE_REFUSED, GATE_HOLD, GATE_TAKEN } gateAnswer;

/* In the order in which they are asked. */
typedef enum gate {
    GATE_AUTH, /* requirepass, ACL */
    GATE_CLUSTER,
    GATE_MEMORY,  /* maxmemory */
    GATE_DISK,    /* stop-writes-on-bgsave-error */
    GATE_REPLICA, /* read-only, stale, min-replicas */
    GATE_LOADING,
    GATE_SUBSCRIBED, /* RESP2 clients with subscriptions */
    GATE_PAUSE,
    GATE_BUSY,
    GATE_MULTI, /* the last: queues what all others let pass */
    GATE_COUNT
} gate;

typedef struct gateTable {
    uint32_t live; /* bits of gates that may fire for any client */
    gateAnswer (*check[GATE_COUNT])(client *c);
    /* An EXEC was refused before its handler, with its transaction. */
    void (*execRefused)(client *c);
} gateTable;

/* Who looks at what runs; kept by server/observe. While nobody does it costs four tests a call. */
typedef struct callObserver {
    uint64_t slow_ns;  /* a call that took as long is told to 'slow'; UINT64_MAX: none */
    uint64_t event_ns; /* the same of what is no command, told to 'event' */
    bool tracked;      /* each call's time goes into the histogram of its command */
    bool monitored;    /* each call is told to 'called' */
    bool measured;     /* each call that has come to its end is told to 'measure' */
    void (*slow)(client *c, command *cmd, uint64_t ns);
    void (*called)(client *c, command *cmd);
    void (*event)(server *s, const char *name, uint64_t ns);
    void (*measure)(client *c, command *cmd, uint64_t ns, size_t reply_bytes);
} callObserver;

void gateSet(server *s, gate which, gateAnswer (*check)(client *c));
void gateSetLive(server *s, gate which, bool live);
void gateSetLiveFor(client *c, gate which, bool live);

/* Runs the request in c->argc, c->argv; c->cmd is its command (the container), NULL if unknown.
 * False if it was held: nothing happened, it must come again. */
bool dispatchRequest(client *c);

/* Runs a command that was resolved already, past all gates: inside of EXEC. The arguments are in
 * c->argv. Time stands still; counters and effects are as of a request. */
void dispatchCall(client *c, command *cmd);

/* One request of a log that is replayed: its handler and effects, past gates, counters and who
 * looks on. 'c' replies to nobody. */
typedef enum replayAnswer { REPLAY_DONE, REPLAY_UNKNOWN, REPLAY_WRONG_ARITY } replayAnswer;
replayAnswer dispatchReplay(client *c, int argc, const bytes *argv);

/* Runs a command of a script, its arguments in c->argv, as dispatchCall does. Of the gates those
 * are asked that judge each command; what was decided as the script began (memory, pauses, what is
 * queued) is not asked again. False if it was refused, its error replied. */
bool dispatchInner(client *c, command *cmd);

/* Flags (CMD_*) of the request for gates: those of EXEC are also those of what it runs, those of
 * EVAL and its kin are what the script says of itself. */
uint32_t dispatchFlags(const client *c);

/* Runs the handler of c->cmd on c->argc, c->argv once more, no gate asked: for requests that
 * waited.
 */
void dispatchAgain(client *c);

/* Counts a call whose handler has not come to its end: a wait that is over. s->error_mark was set
 * before its reply. */
void dispatchCount(client *c, command *cmd);

/* Resolves sub-commands and checks arity; replies an error and returns NULL if that fails. */
command *dispatchResolve(client *c, command *cmd);

#endif
