#include "server/core/dispatch.h"

#include <stdio.h>

#include "server/core/background.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/ensure.h"

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

static void call(client *c, command *cmd) {
    server *s = c->server;
    client *outer = s->current;
    uint64_t errors = s->stats.error_replies;
    uint64_t start = s->now_ns;
    s->current = c;
    s->call_depth++;
    cmd->run(c);
    if (effectsPending(s)) effectsRun(s, c);
    s->call_depth--;
    s->current = outer;
    if (__builtin_expect(replyBufSize(&c->pushed) != 0, 0)) replyBufMove(&c->out, &c->pushed);
#ifdef EBB_SHAKE
    backgroundShake(s);
#endif
    serverReadClock(s);
    cmd->usec_ns += s->now_ns - start;
    /* Who waits for a key is counted when it has been served. */
    if (__builtin_expect(c->flags & CLIENT_BLOCKED && c->blocked, 0)) return;
    cmd->calls++;
    cmd->failed += s->stats.error_replies > errors; /* CONFIG RESETSTAT lowers them */
    s->stats.commands++;
    c->commands++;
    c->last_active_ms = s->now_ms;
    serverAfterCommand(s);
}

void dispatchAgain(client *c) {
    call(c, c->cmd);
}

bool dispatchRequest(client *c) {
    server *s = c->server;
    command *cmd = c->cmd;
    if (__builtin_expect(!cmd || cmd->subcommand_count || !commandArityFits(cmd, c->argc), 0)) {
        cmd = dispatchResolve(c, cmd);
        if (!cmd) {
            c->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
            return true;
        }
        c->cmd = cmd;
    }
    uint32_t live = s->gates.live | c->live_gates;
    if (__builtin_expect(live != 0, 0)) {
        gateAnswer answer = askGates(c, live);
        if (answer == GATE_HOLD) return false;
        if (answer == GATE_REFUSED) {
            cmd->rejected++;
            c->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
            return true;
        }
    }
    call(c, cmd);
    if (__builtin_expect(c->flags & (CLIENT_REPLY_SKIP | CLIENT_REPLY_SKIP_NEXT), 0)) {
        bool next = c->flags & CLIENT_REPLY_SKIP_NEXT;
        c->flags &= ~(uint32_t)(CLIENT_REPLY_SKIP_NEXT | CLIENT_REPLY_SKIP);
        if (next) c->flags |= CLIENT_REPLY_SKIP;
    }
    return true;
}
