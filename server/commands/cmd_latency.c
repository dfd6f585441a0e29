/* LATENCY: what took long, and how long commands take. */
#include <stdio.h>

#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/observe/latency.h"

/* LATENCY HISTORY event
 * Replies with pairs of time and milliseconds, oldest first. */
static void historyCommand(client *c) {
    const latencyEvent *e = latencyFind(c->server->latency, c->argv[2]);
    int count = e ? e->count : 0;
    replyArray(c, (size_t)count);
    for (int i = 0; i < count; i++) {
        const latencySample *sample = latencySampleAt(e, i);
        replyArray(c, 2);
        replyInteger(c, sample->time_s);
        replyInteger(c, sample->ms);
    }
}

/* LATENCY LATEST
 * Replies with name, time and milliseconds of the latest sample, and the worst, of each event. */
static void latestCommand(client *c) {
    const latencyLog *log = c->server->latency;
    replyArray(c, (size_t)latencyEventCount(log));
    for (int i = 0; i < latencyEventCount(log); i++) {
        const latencyEvent *e = latencyEventAt(log, i);
        const latencySample *latest = latencySampleAt(e, e->count - 1);
        replyArray(c, 4);
        replyBulkText(c, e->name);
        replyInteger(c, latest->time_s);
        replyInteger(c, latest->ms);
        replyInteger(c, e->max_ms);
    }
}

/* LATENCY GRAPH event */
static void graphCommand(client *c) {
    enum { SHOWN = 900 }; /* an error text has its limit */
    bytes name = c->argv[2];
    const latencyEvent *e = latencyFind(c->server->latency, name);
    if (!e) {
        replyErrorFormat(c, "ERR No samples available for event '%.*s'",
                         (int)(name.size < SHOWN ? name.size : SHOWN), name.data);
        return;
    }
    infoText text = {0};
    latencyGraph(e, c->server->now_ms / 1000, &text);
    replyVerbatim(c, "txt", bytesOf(text.data, text.size));
    infoTextClear(&text);
}

/* LATENCY DOCTOR */
static void doctorCommand(client *c) {
    infoText text = {0};
    latencyDoctor(c->server, &text);
    replyVerbatim(c, "txt", bytesOf(text.data, text.size));
    infoTextClear(&text);
}

/* LATENCY RESET [event ...]
 * Replies with the number of events that are forgotten. */
static void resetCommand(client *c) {
    latencyLog *log = c->server->latency;
    int64_t count = c->argc == 2 ? latencyResetAll(log) : 0;
    for (int i = 2; i < c->argc; i++) count += latencyReset(log, c->argv[i]);
    replyInteger(c, count);
}

/* ---- HISTOGRAM ---- */

enum { FIRST_BITS = 10 }; /* a bucket up to about a microsecond, each of the next twice as long */

/* The end of a bucket in microseconds, by which clients know it: a power of two of nanoseconds with
 * a small rest (1, 2, 4, 8, 16, 33, 66, 132 ...). */
static int64_t bucketName(unsigned bits) {
    if (bits == HISTOGRAM_BITS) return (int64_t)((uint64_t)1 << bits) / 1000;
    return (int64_t)((((uint64_t)1 << bits) + ((uint64_t)1 << (bits - 7)) - 1) / 1000);
}

static void replyHistogram(client *c, const command *cmd) {
    const histogram *h = cmd->latency;
    replyBulkText(c, cmd->full_name);
    replyMap(c, 2);
    replyBulkText(c, "calls");
    replyInteger(c, (int64_t)h->total);
    replyBulkText(c, "histogram_usec");
    replyHole hole = replyOpen(c);
    size_t pairs = 0;
    uint64_t before = 0;
    for (unsigned bits = FIRST_BITS; bits <= HISTOGRAM_BITS && before < h->total; bits++) {
        uint64_t below = histogramBelow(h, bits);
        if (below == before) continue;
        replyInteger(c, bucketName(bits));
        replyInteger(c, (int64_t)below);
        before = below;
        pairs++;
    }
    replyClose(c, hole, RESP_MAP, pairs);
}

typedef struct histogramReply {
    client *c;
    size_t count;
} histogramReply;

static void addHistogram(void *ctx, command *cmd) {
    histogramReply *r = ctx;
    if (!cmd->latency) return;
    replyHistogram(r->c, cmd);
    r->count++;
}

/* LATENCY HISTOGRAM [command ...]
 * Replies with how many calls took up to how many microseconds; of a container, for each of its
 * sub-commands. Unknown names and commands that never ran give nothing. */
static void histogramCommand(client *c) {
    commandTable *commands = c->server->commands;
    histogramReply r = {.c = c};
    replyHole hole = replyOpen(c);
    if (c->argc == 2) commandEach(commands, addHistogram, &r);
    for (int i = 2; i < c->argc; i++) {
        command *cmd = commandFindFull(commands, c->argv[i]);
        if (!cmd) continue;
        addHistogram(&r, cmd);
        for (int j = 0; j < cmd->subcommand_count; j++) addHistogram(&r, &cmd->subcommands[j]);
    }
    replyClose(c, hole, RESP_MAP, r.count);
}

static void helpCommand(client *c) {
    static const char *const lines[] = {
        "DOCTOR",
        "    What took long, and what may help.",
        "GRAPH <event>",
        "    The samples of an event, drawn with letters.",
        "HISTORY <event>",
        "    The samples of an event: time and milliseconds.",
        "LATEST",
        "    The latest sample of each event, and its worst.",
        "RESET [<event> ...]",
        "    Forgets the samples of these events (default: of all).",
        "HISTOGRAM [<command> ...]",
        "    How many calls of these commands (default: of all) took up to how long.",
        NULL};
    replyHelp(c, lines);
}

enum { LOOK = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE };
#define SPECIAL_TIPS "nondeterministic_output,request_policy:all_nodes,response_policy:special"

static const commandSpec latencySubcommands[] = {
    {.name = "doctor", .arity = 2, .run = doctorCommand, .flags = LOOK, .tips = SPECIAL_TIPS},
    {.name = "graph", .arity = 3, .run = graphCommand, .flags = LOOK, .tips = SPECIAL_TIPS},
    {.name = "histogram",
     .arity = -2,
     .run = histogramCommand,
     .flags = LOOK,
     .tips = SPECIAL_TIPS},
    {.name = "history", .arity = 3, .run = historyCommand, .flags = LOOK, .tips = SPECIAL_TIPS},
    {.name = "latest", .arity = 2, .run = latestCommand, .flags = LOOK, .tips = SPECIAL_TIPS},
    {.name = "reset",
     .arity = -2,
     .run = resetCommand,
     .flags = LOOK,
     .tips = "request_policy:all_nodes,response_policy:agg_sum"},
    {.name = "help", .arity = 2, .run = helpCommand, .flags = CMD_LOADING | CMD_STALE},
    {0},
};

const commandSpec latencyCommands[] = {
    {.name = "latency", .arity = -2, .subcommands = latencySubcommands},
    {0},
};
