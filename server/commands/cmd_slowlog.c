/* SLOWLOG: the calls that took long. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/observe/slowlog.h"

/* As of the version that INFO tells; 8.10 has a seventh field, how many arguments there were. */
static void replyEntry(client *c, const slowlogEntry *e) {
    replyArray(c, 6);
    replyInteger(c, e->id);
    replyInteger(c, e->time_s);
    replyInteger(c, e->duration_us);
    replyArray(c, (size_t)e->argc);
    for (int i = 0; i < e->argc; i++) replyBulk(c, e->argv[i]);
    replyBulkText(c, e->peer);
    replyBulkText(c, e->name);
}

/* SLOWLOG GET [count]
 * Replies with the newest entries, 10 by default, all of them for -1. */
static void getCommand(client *c) {
    static const char wrong[] = "ERR count should be greater than or equal to -1";
    const slowlog *log = c->server->slowlog;
    int64_t wanted = 10;
    if (c->argc > 3) {
        replySubcommandError(c);
        return;
    }
    if (c->argc == 3 && !argInt(c, 2, &wanted, wrong)) return;
    if (wanted < -1) {
        replyError(c, wrong);
        return;
    }
    size_t count = slowlogCount(log);
    if (wanted >= 0 && (uint64_t)wanted < count) count = (size_t)wanted;
    replyArray(c, count);
    const slowlogEntry *e = slowlogNewest(log);
    for (size_t i = 0; i < count; i++, e = slowlogOlder(log, e)) replyEntry(c, e);
}

/* SLOWLOG LEN */
static void lenCommand(client *c) {
    replyInteger(c, (int64_t)slowlogCount(c->server->slowlog));
}

/* SLOWLOG RESET */
static void resetCommand(client *c) {
    slowlogReset(c->server->slowlog);
    replyOk(c);
}

static void helpCommand(client *c) {
    static const char *const lines[] = {
        "GET [<count>]",
        "    The newest entries (default: 10; -1: all of them), each of:",
        "    id, time, microseconds that it took, arguments, address and name of the client.",
        "LEN",
        "    How many entries there are.",
        "RESET",
        "    Forgets them.",
        NULL};
    replyHelp(c, lines);
}

enum { LOOK = CMD_ADMIN | CMD_LOADING | CMD_STALE };

static const commandSpec slowlogSubcommands[] = {
    {.name = "get",
     .arity = -2,
     .run = getCommand,
     .flags = LOOK,
     .tips = "request_policy:all_nodes,nondeterministic_output"},
    {.name = "len",
     .arity = 2,
     .run = lenCommand,
     .flags = LOOK,
     .tips = "request_policy:all_nodes,response_policy:agg_sum,nondeterministic_output"},
    {.name = "reset",
     .arity = 2,
     .run = resetCommand,
     .flags = LOOK,
     .tips = "request_policy:all_nodes,response_policy:all_succeeded"},
    {.name = "help", .arity = 2, .run = helpCommand, .flags = CMD_LOADING | CMD_STALE},
    {0},
};

const commandSpec slowlogCommands[] = {
    {.name = "slowlog", .arity = -2, .subcommands = slowlogSubcommands},
    {0},
};
