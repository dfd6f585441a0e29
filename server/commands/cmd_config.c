/* CONFIG: the directives of redis.conf at run time. */
#include "server/commands/commands.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/jobs/load_job.h"
#include "server/observe/info.h"
#include "storage/base/err.h"
#include "storage/base/mem.h"

enum { CONFIG_ERROR_ROOM = 1024 };

typedef struct replying {
    client *c;
    size_t count;
} replying;

static void replyDirective(void *ctx, bytes name, bytes value) {
    replying *r = ctx;
    replyBulk(r->c, name);
    replyBulk(r->c, value);
    r->count++;
}

/* CONFIG GET parameter [parameter ...] */
static void configGetCommand(client *c) {
    replying r = {.c = c};
    replyHole hole = replyOpen(c);
    configGet(&c->server->config, c->argv + 2, c->argc - 2, replyDirective, &r);
    replyClose(c, hole, RESP_MAP, r.count);
}

static bool isLocal(const client *c) {
    if (c->flags & CLIENT_UNIX_SOCKET) return true;
    return c->peer && (!strncmp(c->peer, "127.", 4) || !strncmp(c->peer, "[::1]:", 6));
}

/* Replies what went wrong, as long as texts of a client may make it. */
static void replyConfigError(client *c, const char *text) {
    replyErrorFormat(c, "ERR %s", text);
}

/* CONFIG SET parameter value [parameter value ...] */
static void configSetCommand(client *c) {
    server *s = c->server;
    if (c->argc % 2) {
        replySyntaxError(c);
        return;
    }
    int count = (c->argc - 2) / 2;
    for (int i = 0; i < count && s->persist.loading; i++)
        if (configFixedWhileLoading(c->argv[2 + 2 * i])) {
            loadReplyBusy(c);
            return;
        }
    bytes *names = memAlloc(2 * (size_t)count * sizeof *names), *values = names + count;
    for (int i = 0; i < count; i++) {
        names[i] = c->argv[2 + 2 * i];
        values[i] = c->argv[3 + 2 * i];
    }
    int allowed = s->config.enable_protected_configs;
    bool may = allowed == CONFIG_YES || (allowed == CONFIG_LOCAL && isLocal(c));
    char error[CONFIG_ERROR_ROOM];
    if (configSet(&s->config, names, values, count, may, error, sizeof error) < 0)
        replyConfigError(c, error);
    else
        replyOk(c);
    memFree(names);
}

/* CONFIG REWRITE */
static void configRewriteCommand(client *c) {
    char error[CONFIG_ERROR_ROOM];
    if (configRewrite(&c->server->config, false, error, sizeof error) < 0)
        replyConfigError(c, error);
    else
        replyOk(c);
}

/* CONFIG RESETSTAT
 * What INFO counts starts again from zero; what it measures (memory, clients) stays. */
static void configResetstatCommand(client *c) {
    infoResetStats(c->server);
    replyOk(c);
}

/* CONFIG HELP */
static void configHelpCommand(client *c) {
    static const char *const lines[] = {"GET <pattern>",
                                        "    Return parameters matching the glob-like <pattern> "
                                        "and their values.",
                                        "SET <directive> <value>",
                                        "    Set the configuration <directive> to <value>.",
                                        "RESETSTAT",
                                        "    Reset statistics reported by the INFO command.",
                                        "REWRITE",
                                        "    Rewrite the configuration file.",
                                        NULL};
    replyHelp(c, lines);
}

enum { CONFIG_FLAGS = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE };

static const commandSpec config_subcommands[] = {
    {.name = "get", .arity = -3, .run = configGetCommand, .flags = CONFIG_FLAGS},
    {.name = "set",
     .arity = -4,
     .run = configSetCommand,
     .flags = CONFIG_FLAGS,
     .tips = "request_policy:all_nodes,response_policy:all_succeeded"},
    {.name = "resetstat",
     .arity = 2,
     .run = configResetstatCommand,
     .flags = CONFIG_FLAGS,
     .tips = "request_policy:all_nodes,response_policy:all_succeeded"},
    {.name = "rewrite",
     .arity = 2,
     .run = configRewriteCommand,
     .flags = CONFIG_FLAGS,
     .tips = "request_policy:all_nodes,response_policy:all_succeeded"},
    {.name = "help", .arity = 2, .run = configHelpCommand, .flags = CMD_LOADING | CMD_STALE},
    {0},
};

const commandSpec configCommands[] = {
    {.name = "config", .arity = -2, .subcommands = config_subcommands},
    {0},
};
