#include "server/core/dispatch.h"

#include <stdio.h>

#include "server/core/background.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"

void gateSet(server *s, gate which, gateAnswer (*check)(client *c)) {
    ensure(!s->gates.check[which]);
    s->gates.check[which] = check;
}

void gateSetLive(server *s, gate which, bool live) {
    ensure(!live || s->gates.check[which]);
    s->gates.live = live ? s->gates.live | 1u << which : s->gates.live & ~(1u << which);
}

void gateSetLiveFor(client *c, gate which, bool live) {
    ensure(!live || c->server->gates.check[which]);
    c->live_gates = live ? c->live_gates | 1u << which : c->live_gates & ~(1u << which);
}

enum { UNKNOWN_TEXT = 128 };

/* Quotes the first arguments as the known error text does, up to a bound. */
static void replyUnknown(client *c) {
    char args[UNKNOWN_TEXT + 64] = "";
    size_t size = 0;
    for (int i = 1; i < c->argc && size < UNKNOWN_TEXT; i++) {
        size_t left = UNKNOWN_TEXT - size;
        int shown = (int)(c->argv[i].size < left ? c->argv[i].size : left);
        size +=
            (size_t)snprintf(args + size, sizeof args - size, "'%.*s' ", shown, c->argv[i].data);
    }
    int shown = (int)(c->argv[0].size < UNKNOWN_TEXT ? c->argv[0].size : UNKNOWN_TEXT);
    replyErrorFormat(c, "ERR unknown command '%.*s', with args beginning with: %s", shown,
                     c->argv[0].data, args);
}

static void replyUnknownSub(client *c, const command *container) {
    char name[64];
    size_t i = 0;
    for (; container->spec->name[i] && i + 1 < sizeof name; i++)
        name[i] = (char)(container->spec->name[i] & ~0x20);
    name[i] = '\0';
    int shown = (int)(c->argv[1].size < UNKNOWN_TEXT ? c->argv[1].size : UNKNOWN_TEXT);
    replyErrorFormat(c, "ERR unknown subcommand '%.*s'. Try %s HELP.", shown, c->argv[1].data,
                     name);
}

command *dispatchResolve(client *c, command *cmd) {
    if (!cmd) {
        replyUnknown(c);
        return NULL;
    }
    if (cmd->subcommand_count && c->argc > 1) {
        command *sub = commandFindSub(cmd, c->argv[1]);
        if (!sub) {
            cmd->rejected++;
            replyUnknownSub(c, cmd);
            return NULL;
        }
        cmd = sub;
    }
    if (commandArityFits(cmd, c->argc) && cmd->run) return cmd;
    cmd->rejected++;
    replyWrongArity(c, cmd);
    return NULL;
}

static gateAnswer askGates(client *c, uint32_t live) {
    const gateTable *t = &c->server->gates;
    while (live) {
        int which = __builtin_ctz(live);
        live &= live - 1;
        gateAnswer answer = t->check[which](c);
        if (answer != GATE_PASS) return answer;
    }
    return GATE_PASS;
}

static inline void countCall(server *s, command *cmd) {
    cmd->calls++;
    cmd->failed += s->stats.error_replies > s->error_mark; /* CONFIG RESETSTAT lowers them */
    s->error_mark = s->stats.error_replies; /* What failed inside of EXEC is not EXEC's failure. */
    s->stats.commands++;
}

/* After the call: its counters, and whoever looks on. */
static inline void count(client *c, command *cmd, uint64_t ns) {
    server *s = c->server;
    countCall(s, cmd);
    cmd->usec_ns += ns;
    if (s->observer.tracked) {
        if (__builtin_expect(!cmd->latency, 0)) cmd->latency = memCalloc(1, sizeof *cmd->latency);
        histogramAdd(cmd->latency, ns);
    }
    if (__builtin_expect(ns >= s->observer.slow_ns, 0)) s->observer.slow(c, cmd, ns);
}

static inline void show(client *c, command *cmd) {
    callObserver *o = &c->server->observer;
    if (__builtin_expect(o->monitored, 0) && !c->server->runs_again) o->called(c, cmd);
}

void dispatchCount(client *c, command *cmd) {
    countCall(c->server, cmd);
    c->commands++;
}

#define NOT_MEASURED SIZE_MAX

/* Where the reply of the call that begins will stand in the output, if somebody measures it. */
static inline size_t replyStart(const client *c) {
    return __builtin_expect(c->server->observer.measured, 0) ? replyBufSize(&c->out) : NOT_MEASURED;
}

static inline void measure(client *c, command *cmd, uint64_t ns, size_t reply_start) {
    if (__builtin_expect(reply_start == NOT_MEASURED, 1)) return;
    size_t end = replyBufSize(&c->out);
    /* What was there before may have been sent meanwhile. */
    size_t reply_bytes = end > reply_start ? end - reply_start : 0;
    c->server->observer.measure(c, cmd, ns, reply_bytes);
}

static inline void noteTracked(client *c, const client *ran, const command *cmd) {
    if (__builtin_expect(c->flags & CLIENT_TRACKING, 0)) c->server->trackedRequest(c, ran, cmd);
}

/* The handler, and what its changes entail. */
static inline void run(client *c, command *cmd) {
    server *s = c->server;
    uint64_t dirty = s->dirty;
    cmd->run(c);
    if (effectsPending(s)) effectsRun(s, c);
    if (__builtin_expect(somebodyFollows(c), 0)) propagateRequest(c, cmd, s->dirty != dirty);
}

void dispatchCall(client *c, command *cmd) {
    server *s = c->server;
    client *outer = s->current;
    uint64_t start = s->now_ns;
    size_t reply_start = replyStart(c);
    s->error_mark = s->stats.error_replies;
    s->current = c;
    s->call_depth++;
    run(c, cmd);
    s->call_depth--;
    s->current = outer;
#ifdef EBB_SHAKE
    backgroundShake(s);
#endif
    s->now_ns = s->clock->monotonic_ns(s->clock->ctx);
    show(c, cmd);
    count(c, cmd, s->now_ns - start);
    measure(c, cmd, s->now_ns - start, reply_start);
    noteTracked(s->caller, c, cmd);
}

bool dispatchInner(client *c, command *cmd) {
    const uint32_t inside = 1u << GATE_AUTH | 1u << GATE_CLUSTER | 1u << GATE_DISK |
                            1u << GATE_REPLICA | 1u << GATE_LOADING;
    uint32_t live = (c->server->gates.live | c->live_gates) & inside;
    if (c->server->caller->flags & CLIENT_NO_CONN) live = 0; /* Of a log that is replayed. */
    if (__builtin_expect(live != 0, 0) && askGates(c, live) != GATE_PASS) {
        cmd->rejected++;
        c->server->error_mark = c->server->stats.error_replies;
        return false;
    }
    dispatchCall(c, cmd);
    return true;
}

static void call(client *c, command *cmd) {
    server *s = c->server;
    uint64_t start = s->now_ns;
    size_t reply_start = replyStart(c);
    s->error_mark = s->stats.error_replies;
    s->current = s->caller = c;
    s->call_depth++;
    run(c, cmd);
    s->call_depth--;
    s->current = s->caller = NULL;
    if (__builtin_expect(replyBufSize(&c->pushed) != 0, 0)) replyBufMove(&c->out, &c->pushed);
#ifdef EBB_SHAKE
    backgroundShake(s);
#endif
    serverReadClock(s);
    uint64_t spent_ns = s->now_ns - start;
    show(c, cmd);
    /* Who waits for a key is counted when it has been served. */
    if (__builtin_expect(c->flags & CLIENT_BLOCKED && c->blocked, 0)) {
        cmd->usec_ns += spent_ns;
        return;
    }
    count(c, cmd, spent_ns);
    measure(c, cmd, spent_ns, reply_start);
    c->commands++;
    c->last_active_ms = s->now_ms;
    serverAfterCommand(s);
}

replayAnswer dispatchReplay(client *c, int argc, const bytes *argv) {
    server *s = c->server;
    command *cmd = argc ? commandFind(s->commands, argv[0]) : NULL;
    if (cmd && cmd->subcommand_count && argc > 1) cmd = commandFindSub(cmd, argv[1]);
    if (!cmd) return REPLAY_UNKNOWN;
    if (!commandArityFits(cmd, argc) || !cmd->run) return REPLAY_WRONG_ARITY;
    client *current = s->current, *caller = s->caller;
    c->argv = argv;
    c->argc = argc;
    c->cmd = cmd;
    c->key_index = 0;
    s->current = s->caller = c;
    s->call_depth++;
    run(c, cmd);
    s->call_depth--;
    s->current = current;
    s->caller = caller;
#ifdef EBB_SHAKE
    backgroundShake(s);
#endif
    serverAfterCommand(s);
    return REPLAY_DONE;
}

void dispatchAgain(client *c) {
    server *s = c->server;
    s->runs_again = true;
    call(c, c->cmd);
    s->runs_again = false;
    noteTracked(c, c, c->cmd);
}

uint32_t dispatchFlags(const client *c) {
    uint32_t flags = c->cmd->flags;
    if (flags & CMD_SCRIPT_RUNNER) flags = c->server->scriptFlags(c, flags);
    return flags & CMD_RUNS_QUEUE ? flags | c->queued_flags : flags;
}

/* A request that got no further, its error said. Ends a transaction, now or at its EXEC. */
static void noteRefused(client *c) {
    noteTracked(c, c, NULL);
    c->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
    if (c->flags & CLIENT_ASKS_EXEC) {
        c->server->gates.execRefused(c);
        if (c->cmd) show(c, c->cmd); /* It ends what was shown of the transaction. */
    } else if (c->flags & CLIENT_MULTI)
        c->flags |= CLIENT_DIRTY_EXEC;
    c->flags &= ~(uint32_t)CLIENT_ASKS_EXEC;
}

/* What comes of the reply modes SKIP and of the one before it. */
static void endSkip(client *c) {
    if (!(c->flags & (CLIENT_REPLY_SKIP_NEXT | CLIENT_REPLY_SKIP))) return;
    bool next = c->flags & CLIENT_REPLY_SKIP_NEXT;
    c->flags &= ~(uint32_t)(CLIENT_REPLY_SKIP_NEXT | CLIENT_REPLY_SKIP);
    if (next) c->flags |= CLIENT_REPLY_SKIP;
}

static void noteTaken(client *c) {
    c->commands++;
    c->last_active_ms = c->server->now_ms;
    endSkip(c);
}

bool dispatchRequest(client *c) {
    server *s = c->server;
    command *cmd = c->cmd;
    if (__builtin_expect(!cmd || cmd->subcommand_count || !commandArityFits(cmd, c->argc), 0)) {
        if (cmd && cmd->flags & CMD_RUNS_QUEUE) c->flags |= CLIENT_ASKS_EXEC;
        cmd = dispatchResolve(c, cmd);
        if (!cmd) {
            noteRefused(c);
            return true;
        }
        c->cmd = cmd;
    }
    uint32_t live = s->gates.live | c->live_gates;
    if (__builtin_expect(live != 0, 0)) {
        if (cmd->flags & CMD_RUNS_QUEUE) c->flags |= CLIENT_ASKS_EXEC;
        gateAnswer answer = askGates(c, live);
        if (answer == GATE_TAKEN) {
            noteTaken(c);
            return true;
        }
        if (answer == GATE_REFUSED) {
            cmd->rejected++;
            noteRefused(c);
            return true;
        }
        c->flags &= ~(uint32_t)CLIENT_ASKS_EXEC;
        if (answer == GATE_HOLD) return false;
    }
    if (__builtin_expect(s->current != NULL, 0))
        dispatchCall(c, cmd);
    else
        call(c, cmd);
    const uint32_t followed = CLIENT_REPLY_SKIP | CLIENT_REPLY_SKIP_NEXT | CLIENT_TRACKING;
    if (__builtin_expect(c->flags & followed, 0)) {
        endSkip(c);
        if (!s->current) noteTracked(c, c, cmd);
    }
    return true;
}
