/* Functions: FUNCTION, FCALL, FCALL_RO. */
#include <stdio.h>

#include "server/commands/commands.h"
#include "server/commands/script_rows.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/script/function.h"
#include "storage/base/glob.h"
#include "storage/base/mem.h"

/* FCALL function numkeys [key ...] [arg ...]
 * Replies with what the function returns. */
static void fcallCommand(client *c) {
    functionCall(c, false);
}

/* FCALL_RO: the same of a function that writes nothing. */
static void fcallRoCommand(client *c) {
    functionCall(c, true);
}

/* ---- FUNCTION ---- */

static void replyOwnedError(client *c, char *error) {
    replyError(c, error);
    memFree(error);
}

/* FUNCTION LOAD [REPLACE] code
 * Replies with the name of the library. */
static void loadCommand(client *c) {
    bool replace = false;
    for (int i = 2; i < c->argc - 1; i++) {
        if (!argIs(c, i, "replace")) {
            replyErrorFormat(c, "ERR Unknown option given: %.*s", (int)c->argv[i].size,
                             c->argv[i].data);
            return;
        }
        replace = true;
    }
    char *error;
    const char *name = functionsLoad(c->server, c->argv[c->argc - 1], replace, &error);
    if (!name) {
        replyOwnedError(c, error);
        return;
    }
    c->server->dirty++;
    replyBulkText(c, name);
}

/* FUNCTION DELETE library */
static void deleteCommand(client *c) {
    if (!functionsDelete(c->server, c->argv[2])) {
        replyError(c, "ERR Library not found");
        return;
    }
    c->server->dirty++;
    replyOk(c);
}

static void replyWrongUse(client *c) {
    replyErrorFormat(c,
                     "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try FUNCTION "
                     "HELP.",
                     (int)c->argv[1].size, c->argv[1].data);
}

/* FUNCTION FLUSH [ASYNC | SYNC] */
static void flushCommand(client *c) {
    if (c->argc > 3) {
        replyWrongUse(c);
        return;
    }
    bool sync = !c->server->config.lazyfree_lazy_user_flush;
    if (c->argc == 3) sync = argIs(c, 2, "sync");
    if (c->argc == 3 && !sync && !argIs(c, 2, "async")) {
        replyError(c, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
        return;
    }
    functionsFlush(c->server, sync);
    c->server->dirty++;
    replyOk(c);
}

/* FUNCTION KILL
 * Ends the function that runs, if it has written nothing. */
static void killCommand(client *c) {
    scriptKill(c, true);
}

/* FUNCTION DUMP
 * Replies with all libraries as a payload for FUNCTION RESTORE. */
static void dumpCommand(client *c) {
    size_t size;
    char *payload = functionsDump(c->server, &size);
    if (!payload) {
        replyError(c, "ERR not enough memory for the payload");
        return;
    }
    replyBulk(c, bytesOf(payload, size));
    memFree(payload);
}

/* FUNCTION RESTORE payload [FLUSH | APPEND | REPLACE] */
static void restoreCommand(client *c) {
    functionPolicy policy = FUNCTION_APPEND;
    if (c->argc > 4) {
        replyWrongUse(c);
        return;
    }
    if (c->argc == 4) {
        if (argIs(c, 3, "flush")) {
            policy = FUNCTION_FLUSH;
        } else if (argIs(c, 3, "replace")) {
            policy = FUNCTION_REPLACE;
        } else if (!argIs(c, 3, "append")) {
            replyError(c, "ERR Wrong restore policy given, value should be either FLUSH, APPEND or "
                          "REPLACE.");
            return;
        }
    }
    char *error;
    if (!functionsRestore(c->server, c->argv[2], policy, &error)) {
        replyOwnedError(c, error);
        return;
    }
    c->server->dirty++;
    replyOk(c);
}

/* ---- LIST ---- */

typedef struct listing {
    client *c;
    bytes pattern; /* data NULL: all */
    bool with_code;
    size_t count;
} listing;

static bool isListed(const listing *l, const libraryInfo *library) {
    return !l->pattern.data || globMatch(l->pattern, bytesOfText(library->name), true);
}

static void countListed(void *ctx, const libraryInfo *library) {
    listing *l = ctx;
    l->count += isListed(l, library);
}

static void replyFlags(client *c, uint32_t flags) {
    size_t count = 0;
    for (const scriptFlagName *f = scriptFlagNames; f->name; f++) count += (flags & f->flag) != 0;
    replySet(c, count);
    for (const scriptFlagName *f = scriptFlagNames; f->name; f++)
        if (flags & f->flag) replySimple(c, f->name);
}

static void replyFunction(client *c, const functionInfo *f) {
    replyMap(c, 3);
    replyBulkText(c, "name");
    replyBulkText(c, f->name);
    replyBulkText(c, "description");
    if (f->description)
        replyBulkText(c, f->description);
    else
        replyNull(c);
    replyBulkText(c, "flags");
    replyFlags(c, f->flags);
}

static void replyListed(void *ctx, const libraryInfo *library) {
    listing *l = ctx;
    client *c = l->c;
    if (!isListed(l, library)) return;
    replyMap(c, l->with_code ? 4 : 3);
    replyBulkText(c, "library_name");
    replyBulkText(c, library->name);
    replyBulkText(c, "engine");
    replyBulkText(c, "LUA");
    replyBulkText(c, "functions");
    replyArray(c, library->function_count);
    for (size_t i = 0; i < library->function_count; i++) {
        functionInfo f = functionAt(c->server, library, i);
        replyFunction(c, &f);
    }
    if (!l->with_code) return;
    replyBulkText(c, "library_code");
    replyBulk(c, library->code);
}

/* FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE] */
static void listCommand(client *c) {
    listing l = {.c = c};
    for (int i = 2; i < c->argc; i++) {
        if (!l.with_code && argIs(c, i, "withcode")) {
            l.with_code = true;
        } else if (!l.pattern.data && argIs(c, i, "libraryname")) {
            if (++i == c->argc) {
                replyError(c, "ERR library name argument was not given");
                return;
            }
            l.pattern = c->argv[i];
        } else {
            replyErrorFormat(c, "ERR Unknown argument %.*s", (int)c->argv[i].size, c->argv[i].data);
            return;
        }
    }
    functionsEachLibrary(c->server, countListed, &l);
    replyArray(c, l.count);
    functionsEachLibrary(c->server, replyListed, &l);
}

/* ---- STATS ---- */

/* FUNCTION STATS
 * The function that runs, and what engines there are. */
static void statsCommand(client *c) {
    scriptRunning running;
    scriptUsage usage = c->server->scriptUsage(c->server);
    replyMap(c, 2);
    replyBulkText(c, "running_script");
    if (scriptRunningFunction(c->server, &running)) {
        replyMap(c, 3);
        replyBulkText(c, "name");
        replyBulk(c, running.name);
        replyBulkText(c, "command");
        replyArray(c, (size_t)running.argc);
        for (int i = 0; i < running.argc; i++) replyBulk(c, running.argv[i]);
        replyBulkText(c, "duration_ms");
        replyInteger(c, running.duration_ms);
    } else {
        replyNull(c);
    }
    replyBulkText(c, "engines");
    replyMap(c, 1);
    replyBulkText(c, "LUA");
    replyMap(c, 2);
    replyBulkText(c, "libraries_count");
    replyInteger(c, (int64_t)usage.libraries);
    replyBulkText(c, "functions_count");
    replyInteger(c, (int64_t)usage.functions);
}

/* FUNCTION HELP */
static void helpCommand(client *c) {
    static const char *const lines[] = {
        "LOAD [REPLACE] <code>",
        "    Adds a library of functions.",
        "DELETE <library>",
        "    Removes a library with its functions.",
        "LIST [LIBRARYNAME <pattern>] [WITHCODE]",
        "    Tells of the libraries and their functions.",
        "STATS",
        "    Tells which function runs, since when, and how many there are.",
        "KILL",
        "    Ends the function that runs, if it has written nothing so far.",
        "FLUSH [ASYNC|SYNC]",
        "    Removes all libraries.",
        "DUMP",
        "    Replies with all libraries as a payload for RESTORE.",
        "RESTORE <payload> [FLUSH|APPEND|REPLACE]",
        "    Adds the libraries of a payload. FLUSH removes all others, REPLACE those of the same",
        "    names; APPEND, which is usual, is refused if there are any.",
        NULL};
    replyHelp(c, lines);
}

#define EVERY_SHARD "request_policy:all_shards,response_policy:all_succeeded"
#define CHANGES     .flags = CMD_WRITE | CMD_NOSCRIPT, .acl = ACL_SCRIPTING, .tips = EVERY_SHARD
#define GROWS                                                                                      \
    .flags = CMD_WRITE | CMD_DENYOOM | CMD_NOSCRIPT, .acl = ACL_SCRIPTING, .tips = EVERY_SHARD

static const commandSpec functionSubcommands[] = {
    {.name = "delete", .arity = 3, .run = deleteCommand, CHANGES},
    {.name = "dump", .arity = 2, .run = dumpCommand, .flags = CMD_NOSCRIPT, .acl = ACL_SCRIPTING},
    {.name = "flush", .arity = -2, .run = flushCommand, CHANGES},
    {.name = "help",
     .arity = 2,
     .run = helpCommand,
     .flags = CMD_LOADING | CMD_STALE,
     .acl = ACL_SCRIPTING},
    {.name = "kill",
     .arity = 2,
     .run = killCommand,
     .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY,
     .acl = ACL_SCRIPTING,
     .tips = "request_policy:all_shards,response_policy:one_succeeded"},
    {.name = "list",
     .arity = -2,
     .run = listCommand,
     .flags = CMD_NOSCRIPT,
     .acl = ACL_SCRIPTING,
     .tips = "nondeterministic_output_order"},
    {.name = "load", .arity = -3, .run = loadCommand, GROWS},
    {.name = "restore", .arity = -3, .run = restoreCommand, GROWS},
    {.name = "stats",
     .arity = 2,
     .run = statsCommand,
     .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY,
     .acl = ACL_SCRIPTING,
     .tips = "nondeterministic_output,request_policy:all_shards,response_policy:special"},
    {0},
};

const commandSpec functionCommands[] = {
    {.name = "fcall", .run = fcallCommand, RUNS_SCRIPT, RUNS_WRITING},
    {.name = "fcall_ro", .run = fcallRoCommand, RUNS_SCRIPT, RUNS_READING},
    {.name = "function", .arity = -2, .subcommands = functionSubcommands},
    {0},
};
