/* Scripts: EVAL, EVALSHA, EVAL_RO, EVALSHA_RO, SCRIPT. */
#include "server/commands/commands.h"
#include "server/commands/script_rows.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/script/eval.h"

/* EVAL script numkeys [key ...] [arg ...]
 * Replies with what the script returns. */
static void evalCommand(client *c) {
    evalRun(c, false);
}

/* EVAL_RO: the same of a script that writes nothing. */
static void evalRoCommand(client *c) {
    evalRun(c, true);
}

/* EVALSHA sha1 numkeys [key ...] [arg ...]
 * As EVAL, of a script that is known by its digest. */
static void evalshaCommand(client *c) {
    evalRunKnown(c, false);
}

/* EVALSHA_RO: the same of a script that writes nothing. */
static void evalshaRoCommand(client *c) {
    evalRunKnown(c, true);
}

/* ---- SCRIPT ---- */

/* SCRIPT DEBUG YES | SYNC | NO
 * Ebb has no debugger for scripts: only NO is granted. */
static void scriptDebugCommand(client *c) {
    if (argIs(c, 2, "no"))
        replyOk(c);
    else if (argIs(c, 2, "yes") || argIs(c, 2, "sync"))
        replyError(c, "ERR This server has no debugger for scripts.");
    else
        replyError(c, "ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

/* SCRIPT EXISTS sha1 [sha1 ...]
 * Replies 1 for each that is known, else 0. */
static void scriptExistsCommand(client *c) {
    replyArray(c, (size_t)c->argc - 2);
    for (int i = 2; i < c->argc; i++) replyInteger(c, evalKnows(c->server, c->argv[i]));
}

/* SCRIPT FLUSH [ASYNC | SYNC]
 * Forgets all scripts. */
static void scriptFlushCommand(client *c) {
    bool sync = !c->server->config.lazyfree_lazy_user_flush;
    if (c->argc == 3) sync = argIs(c, 2, "sync");
    if (c->argc > 3 || (c->argc == 3 && !sync && !argIs(c, 2, "async"))) {
        replyError(c, "ERR SCRIPT FLUSH only support SYNC|ASYNC option");
        return;
    }
    evalFlush(c->server, sync);
    replyOk(c);
}

/* SCRIPT KILL
 * Ends the script that runs, if it has written nothing. */
static void scriptKillCommand(client *c) {
    scriptKill(c, false);
}

/* SCRIPT LOAD script
 * Keeps it without running it; replies with its digest. */
static void scriptLoadCommand(client *c) {
    evalLoad(c, c->argv[2]);
}

/* SCRIPT HELP */
static void scriptHelpCommand(client *c) {
    static const char *const lines[] = {
        "DEBUG (YES|SYNC|NO)",
        "    There is no debugger: only NO is accepted.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Tells which of the scripts are known.",
        "FLUSH [ASYNC|SYNC]",
        "    Forgets all scripts. Clients that use EVALSHA have to send them again.",
        "KILL",
        "    Ends the script that runs, if it has written nothing so far.",
        "LOAD <script>",
        "    Keeps a script without running it.",
        NULL};
    replyHelp(c, lines);
}

static const commandSpec scriptSubcommands[] = {
    {.name = "debug",
     .arity = 3,
     .run = scriptDebugCommand,
     .flags = CMD_NOSCRIPT,
     .acl = ACL_SCRIPTING},
    {.name = "exists",
     .arity = -3,
     .run = scriptExistsCommand,
     .flags = CMD_NOSCRIPT,
     .acl = ACL_SCRIPTING,
     .tips = "request_policy:all_shards,response_policy:agg_logical_and"},
    {.name = "flush",
     .arity = -2,
     .run = scriptFlushCommand,
     .flags = CMD_NOSCRIPT,
     .acl = ACL_SCRIPTING,
     .tips = "request_policy:all_nodes,response_policy:all_succeeded"},
    {.name = "help",
     .arity = 2,
     .run = scriptHelpCommand,
     .flags = CMD_LOADING | CMD_STALE,
     .acl = ACL_SCRIPTING},
    {.name = "kill",
     .arity = 2,
     .run = scriptKillCommand,
     .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY,
     .acl = ACL_SCRIPTING,
     .tips = "request_policy:all_shards,response_policy:one_succeeded"},
    {.name = "load",
     .arity = 3,
     .run = scriptLoadCommand,
     .flags = CMD_NOSCRIPT | CMD_STALE,
     .acl = ACL_SCRIPTING,
     .tips = "request_policy:all_nodes,response_policy:all_succeeded"},
    {0},
};

const commandSpec scriptCommands[] = {
    {.name = "eval", .run = evalCommand, RUNS_SCRIPT, RUNS_WRITING},
    {.name = "eval_ro", .run = evalRoCommand, RUNS_SCRIPT, RUNS_READING},
    {.name = "evalsha", .run = evalshaCommand, RUNS_SCRIPT, RUNS_WRITING},
    {.name = "evalsha_ro", .run = evalshaRoCommand, RUNS_SCRIPT, RUNS_READING},
    {.name = "script", .arity = -2, .subcommands = scriptSubcommands},
    {0},
};
