/* server.h - what hangs together in one running server. Several live in one test process.
 *
 * A room a floor: higher floors keep their state behind the opaque pointers at the end, which
 * server/wiring.c fills. Handlers reach it as c->server. */
#ifndef EBB_SERVER_CORE_SERVER_H
#define EBB_SERVER_CORE_SERVER_H

#include "protocol/reply_buf.h"
#include "server/core/batch.h"
#include "server/core/client.h"
#include "server/core/command.h"
#include "server/core/config.h"
#include "server/core/dispatch.h"
#include "server/core/effects.h"
#include "server/core/cron.h"
#include "server/core/persist_stats.h"
#include "server/core/propagate.h"
#include "server/core/host.h"
#include "server/core/reply_hold.h"
#include "server/core/stats.h"
#include "storage/base/chain.h"
#include "storage/base/clock.h"
#include "storage/base/file_ops.h"
#include "storage/base/rng.h"
#include "storage/db/db.h"
#include "storage/types/access.h"

/* The version of Redis whose commands are all here; what INFO and HELLO tell clients. */
#define EBB_REDIS_VERSION "7.0.0"

typedef struct pubsub pubsub;
typedef struct clientPause clientPause;
typedef struct watchIndex watchIndex;
typedef struct multiPool multiPool;
typedef struct slowlog slowlog;
typedef struct latencyLog latencyLog;
typedef struct monitors monitors;
typedef struct hotkeys hotkeys;
typedef struct clientWatch clientWatch;
typedef struct tracking tracking;
typedef struct clientEvict clientEvict;
typedef struct peerLinks peerLinks;
typedef struct aofJob aofJob;
typedef struct saveJob saveJob;
typedef struct shutdownJob shutdownJob;
typedef struct scripts scripts;

/* What scripts and functions hold, for INFO and MEMORY STATS. */
typedef struct scriptUsage {
    size_t eval_vm, function_vm;         /* bytes of the Lua states */
    size_t script_bytes, function_bytes; /* of texts and tables beside them */
    size_t scripts, functions, libraries;
} scriptUsage;

struct server {
    const clockSource *clock;
    const fileOps *files;   /* for what must not be lost; tests bring their own */
    int64_t now_ms, now_us; /* wall time, frozen for a command */
    int64_t judged_ms;      /* the time that deadlines are judged by: see serverHoldDeadlines() */
    uint64_t now_ns;        /* monotonic, at the end of the last command */
    uint32_t access_clock;  /* of now: what an access writes into an entry */
    gateTable gates;
    callObserver observer;
    effectTable effects;
    db **dbs;
    int db_count;
    propagation *propagation;
    uint64_t dirty; /* changes since the start, for INFO and save points */
    stats stats;
    persistStats persist;
    replyPool pool;
    config config;
    commandTable *commands;
    batch *batch;
    chain clients;  /* all, oldest first */
    chain to_flush; /* clients with output */
    replyHolds holds;
    chain to_free;          /* marked CLIENT_CLOSE_NOW */
    size_t client_count;    /* those with a connection */
    size_t over_soft_limit; /* clients whose soft_limit_since_ms runs */
    uint64_t next_client_id;
    dict *clients_by_id;
    client *current;     /* whose command runs; a script's own client inside of a script */
    client *caller;      /* who sent it: the outermost one */
    uint64_t error_mark; /* stats.error_replies when what runs had failed last, or began */
    bool runs_again;     /* a request that has waited: who looks on has seen it */
    int call_depth;      /* handlers that run: more than one inside EXEC and scripts */
    /* What a command left to be done when the outermost one has ended; mostly NULL. */
    void (*afterCommand)(server *s);
    dbHooks db_hooks; /* what every db tells; see effects.h */
    discardQueue *discard;
    cronTable cron;
    rng rng;
    char run_id[41];
    int64_t started_ms;
    uint64_t started_ns;
    int64_t lru_offset_ms;   /* tests shift the access clock */
    int64_t reply_peak_ms;   /* for so long a peak of client output is told; DEBUG REPLYBUFFER */
    bool active_expire;      /* DEBUG SET-ACTIVE-EXPIRE */
    bool deadlines_held;     /* see serverHoldDeadlines() */
    bool skip_checksums;     /* DEBUG SET-SKIP-CHECKSUM-VALIDATION */
    int64_t paused_until_ms; /* CLIENT PAUSE; 0: not */
    bool pause_writes_only;
    bool shutdown_asked;          /* see server/jobs/shutdown.h */
    volatile int shutdown_signal; /* that asked for it: set by its handler */
    bool ended;                   /* the loop ends */
    hostState host;
    const char *executable, *config_path;
    int tcp_port; /* bound, 0 if none */
    /* ---- rooms of higher floors, filled by wiring ---- */
    pubsub *pubsub;
    struct notify *notify;
    struct fieldsets *fieldsets;
    struct blocking *blocking;
    struct history *history;
    struct infoTable *info;
    struct errorStats *errors;
    struct reclaim *reclaim;
    struct activeExpire *expire;
    struct background *background;
    struct memoryGuard *memory;
    peerLinks *peers; /* see peer_link.h */
    struct children *children;
    aofJob *aof;
    saveJob *save_job;
    shutdownJob *shutdown_job;
    /* Called now and then while the server saves or loads and does nothing else: whoever supervises
     * it hears that it lives. NULL: nobody does. */
    void (*saveGoesOn)(server *s);
    uint64_t told_goes_on_ns; /* when it last was */
    /* Libraries of functions, of server/script; NULL without it. 'eachLibrary' gives the code of
     * each; 'loadLibrary' takes one, where 'replace' says so in the place of one of its name, and
     * says what is wrong with it or NULL; 'dropLibraries' removes all. */
    void (*eachLibrary)(server *s, void (*visit)(void *to, bytes code), void *to);
    const char *(*loadLibrary)(server *s, bytes code, bool replace);
    void (*dropLibraries)(server *s);
    struct watchdog *watchdog;
    struct net *net;
    /* Answers clients, no cron task run: inside of a long load or script. NULL: there are no
     * sockets.
     */
    void (*pollNet)(server *s);
    /* Makes the loop turn; from any thread. NULL with the other. */
    void (*wakeNet)(server *s);
    struct purgeThread *purge_thread;
    /* Gives the heap's free pages back beside the loop. NULL: nobody is there to do it. */
    void (*purgeHeap)(server *s);
    clientPause *pause;
    tracking *tracking;
    clientEvict *client_evict;
    /* A client had input or output, and may take more or less memory now; NULL: nobody counts. */
    void (*clientTouched)(client *c);
    /* Its query buffer has grown, and nothing of it has run yet. NULL with the other. */
    void (*clientGrew)(client *c);
    /* Told of each request of a client with CLIENT_TRACKING, when it has run, and of each command
     * inside of its transactions and scripts: 'ran' has the arguments. cmd NULL: it was refused. */
    void (*trackedRequest)(client *tracker, const client *ran, const command *cmd);
    scripts *scripts;
    /* The flags (CMD_*) of EVAL and its kin, whose row has 'flags': those that the script declares
     * take their place. */
    uint32_t (*scriptFlags)(const client *c, uint32_t flags);
    scriptUsage (*scriptUsage)(const server *s); /* NULL with no scripts attached */
    bool scripts_may_all;                        /* DEBUG SET-DISABLE-DENY-SCRIPTS */
    watchIndex *watch;
    multiPool *multi;
    slowlog *slowlog;
    latencyLog *latency;
    monitors *monitors;
    hotkeys *hotkeys;
    clientWatch *client_watch;
    chain flush_hooks;    /* flushHook: told around the writing of output in each loop iteration */
    chain client_closed;  /* clientClosedHook: told before a client is freed */
    chain client_details; /* clientDetailsHook: what floors above know of a client */
};

typedef struct clientClosedHook {
    chainNode node;
    void (*closed)(void *ctx, client *c);
    void *ctx;
} clientClosedHook;

enum { SERVER_REPLY_PEAK_MS = 5000 };

typedef struct flushHook {
    chainNode node;
    void (*beforeFlush)(void *ctx, server *s); /* either may be NULL */
    void (*afterFlush)(void *ctx, server *s);
    void *ctx;
} flushHook;

/* A server with config->databases dbs and the gates of the core; commands and rooms come with
 * wiring. Takes a copy of 'cfg'. */
server *serverNew(const config *cfg, const clockSource *clock);
/* Frees everything, clients first. */
void serverFree(server *s);

/* Reads the clocks into now_*: once per command and loop iteration. */
void serverReadClock(server *s);
/* While held, nothing is past its deadline: whoever feeds the server (a log that is replayed, a
 * primary) says itself what has gone, and keys it still changes must be there. */
void serverHoldDeadlines(server *s, bool held);
/* The access bits of an entry that is used now: LRU seconds or, under an LFU policy, minutes and
 * count (see access.h). */
uint32_t serverAccessOf(server *s, uint32_t old_access);
/* Those of a new entry. */
uint32_t serverAccessNew(const server *s);

/* The time that access bits are made of and judged by. */
static inline int64_t serverAccessMs(const server *s) {
    return s->now_ms + s->lru_offset_ms;
}

static inline accessLfuRules serverLfuRules(const server *s) {
    return (accessLfuRules){s->config.lfu_log_factor, s->config.lfu_decay_time};
}

/* Something that is no command took a time worth a look, if it is long: "expire-cycle" ... */
static inline void serverNoteEvent(server *s, const char *name, uint64_t ns) {
    if (__builtin_expect(ns >= s->observer.event_ns, 0)) s->observer.event(s, name, ns);
}

static inline void serverAfterCommand(server *s) {
    if (__builtin_expect(s->afterCommand != NULL, 0) && s->call_depth == 0) s->afterCommand(s);
}

/* What gathers output over a loop iteration writes it. */
void serverBeforeFlush(server *s);
void serverAfterFlush(server *s);

/* Frees the clients that were marked; after a batch. Those with input in one that is still to run
 * wait for its end. */
void serverFreeMarked(server *s);

#endif
