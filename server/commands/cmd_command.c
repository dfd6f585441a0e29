/* COMMAND: what the server tells of its commands. Everything comes from the rows of the command
 * table; COMMAND DOCS is in cmd_command_docs.c. */
#include "server/commands/cmd_command.h"

#include <stdio.h>

#include "server/commands/commands.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/glob.h"
#include "storage/base/mem.h"

/* The names of the bits that are set, as a set of status replies; 'mark' stands before each. */
static void replyBits(client *c, const bitName *names, uint32_t bits, const char *mark) {
    size_t count = 0;
    for (const bitName *n = names; n->name; n++) count += (bits & n->bit) != 0;
    replySet(c, count);
    for (const bitName *n = names; n->name; n++) {
        if (!(bits & n->bit)) continue;
        char text[40];
        snprintf(text, sizeof text, "%s%s", mark, n->name);
        replySimple(c, text);
    }
}

static void replyTips(client *c, const char *tips) {
    size_t count = 0;
    for (const char *p = tips; p && *p; p += strcspn(p, ","), p += *p == ',') count++;
    replySet(c, count);
    for (const char *p = tips; p && *p;) {
        size_t size = strcspn(p, ",");
        replyBulk(c, bytesOf(p, size));
        p += size + (p[size] == ',');
    }
}

static void replyField(client *c, const char *name, int value) {
    replyBulkText(c, name);
    replyInteger(c, value);
}

/* A step of a key spec: {type, spec} with as many fields to follow. */
static void replyStepHead(client *c, const char *step, const char *type, size_t fields) {
    replyBulkText(c, step);
    replyMap(c, 2);
    replyBulkText(c, "type");
    replyBulkText(c, type);
    replyBulkText(c, "spec");
    replyMap(c, fields);
}

static void replyBeginSearch(client *c, const keySpec *k) {
    if (k->unknown) {
        replyStepHead(c, "begin_search", "unknown", 0);
    } else if (k->keyword) {
        replyStepHead(c, "begin_search", "keyword", 2);
        replyBulkText(c, "keyword");
        replyBulkText(c, k->keyword);
        replyField(c, "startfrom", k->start_from);
    } else {
        replyStepHead(c, "begin_search", "index", 1);
        replyField(c, "index", k->first);
    }
}

static void replyFindKeys(client *c, const keySpec *k) {
    if (k->unknown) {
        replyStepHead(c, "find_keys", "unknown", 0);
    } else if (k->keynum) {
        replyStepHead(c, "find_keys", "keynum", 3);
        replyField(c, "keynumidx", k->keynum_at);
        replyField(c, "firstkey", k->keynum_first);
        replyField(c, "keystep", k->step);
    } else {
        replyStepHead(c, "find_keys", "range", 3);
        replyField(c, "lastkey", k->last);
        replyField(c, "keystep", k->step);
        replyField(c, "limit", k->limit);
    }
}

static void replyKeySpecs(client *c, const commandSpec *spec) {
    size_t count = 0;
    while (count < COMMAND_KEY_SPECS && spec->keys[count].use) count++;
    replySet(c, count);
    for (size_t i = 0; i < count; i++) {
        const keySpec *k = &spec->keys[i];
        replyMap(c, k->notes ? 4 : 3);
        if (k->notes) {
            replyBulkText(c, "notes");
            replyBulkText(c, k->notes);
        }
        replyBulkText(c, "flags");
        replyBits(c, keyUseNames, (uint32_t)k->use, "");
        replyBeginSearch(c, k);
        replyFindKeys(c, k);
    }
}

static void replyInfo(client *c, const command *cmd) {
    keyRange range = commandKeyRange(cmd);
    replyArray(c, 10);
    replyBulkText(c, cmd->full_name);
    replyInteger(c, cmd->arity);
    replyBits(c, commandFlagNames, cmd->flags, "");
    replyInteger(c, range.first);
    replyInteger(c, range.last);
    replyInteger(c, range.step);
    replyBits(c, aclCategoryNames, cmd->acl, "@");
    replyTips(c, cmd->spec->tips);
    replyKeySpecs(c, cmd->spec);
    if (!cmd->subcommand_count) {
        replySet(c, 0);
        return;
    }
    replyArray(c, (size_t)cmd->subcommand_count);
    for (int i = 0; i < cmd->subcommand_count; i++) replyInfo(c, &cmd->subcommands[i]);
}

/* COMMAND */
static void commandCommand(client *c) {
    const commandTable *t = c->server->commands;
    replyArray(c, (size_t)commandCount(t));
    for (int i = 0; i < commandCount(t); i++) replyInfo(c, commandAt(t, i));
}

/* COMMAND INFO [command-name ...] */
static void infoCommand(client *c) {
    if (c->argc == 2) {
        commandCommand(c);
        return;
    }
    replyArray(c, (size_t)(c->argc - 2));
    for (int i = 2; i < c->argc; i++) {
        const command *cmd = commandFindFull(c->server->commands, c->argv[i]);
        if (cmd)
            replyInfo(c, cmd);
        else
            replyNull(c);
    }
}

/* COMMAND COUNT */
static void countCommand(client *c) {
    replyInteger(c, commandCount(c->server->commands));
}

typedef struct nameFilter {
    client *c;
    uint32_t category; /* 0: any */
    const bytes *pattern;
    size_t count;
} nameFilter;

static void replyIfListed(void *ctx, command *cmd) {
    nameFilter *f = ctx;
    bytes name = bytesOfText(cmd->full_name);
    if (f->category && !(cmd->acl & f->category)) return;
    if (f->pattern && !globMatch(*f->pattern, name, true)) return;
    replyBulk(f->c, name);
    f->count++;
}

static uint32_t categoryOf(bytes name) {
    for (const bitName *n = aclCategoryNames; n->name; n++)
        if (bytesEqualWord(name, n->name)) return n->bit;
    return 0;
}

/* COMMAND LIST [FILTERBY MODULE module-name | ACLCAT category | PATTERN pattern] */
static void listCommand(client *c) {
    nameFilter f = {.c = c};
    bool none = false;
    if (c->argc != 2 && (c->argc != 5 || !bytesEqualWord(c->argv[2], "filterby"))) {
        replySyntaxError(c);
        return;
    }
    if (c->argc == 5) {
        if (bytesEqualWord(c->argv[3], "module")) {
            none = true; /* No command comes from a module. */
        } else if (bytesEqualWord(c->argv[3], "aclcat")) {
            f.category = categoryOf(c->argv[4]);
            none = f.category == 0;
        } else if (bytesEqualWord(c->argv[3], "pattern")) {
            f.pattern = &c->argv[4];
        } else {
            replySyntaxError(c);
            return;
        }
    }
    replyHole hole = replyOpen(c);
    if (!none) commandEach(c->server->commands, replyIfListed, &f);
    replyClose(c, hole, RESP_ARRAY, f.count);
}

/* The keys of the command in the arguments from 2 on; NULL after an error reply. Whoever gets them
 * frees them. */
static keyPosition *keysOfArguments(client *c, int *count) {
    const bytes *argv = c->argv + 2;
    int argc = c->argc - 2;
    const command *cmd = commandFind(c->server->commands, argv[0]);
    if (cmd && cmd->subcommand_count && argc > 1) cmd = commandFindSub(cmd, argv[1]);
    const char *error = NULL;
    keyPosition *keys = NULL;
    if (!cmd) {
        error = "ERR Invalid command specified";
    } else if (!commandHasKeys(cmd)) {
        error = "ERR The command has no key arguments";
    } else if (!commandArityFits(cmd, argc)) {
        error = "ERR Invalid number of arguments specified for command";
    } else {
        keys = memAlloc((size_t)argc * sizeof *keys);
        *count = commandKeys(cmd, argv, argc, keys, argc);
        if (*count > 0) return keys;
        *count = 0;
        if (cmd->flags & CMD_NO_MANDATORY_KEYS) return keys;
        error = "ERR Invalid arguments specified for command";
    }
    memFree(keys);
    replyError(c, error);
    return NULL;
}

/* COMMAND GETKEYS command [arg ...] */
static void getKeysCommand(client *c) {
    int count;
    keyPosition *keys = keysOfArguments(c, &count);
    if (!keys) return;
    replyArray(c, (size_t)count);
    for (int i = 0; i < count; i++) replyBulk(c, c->argv[2 + keys[i].index]);
    memFree(keys);
}

/* COMMAND GETKEYSANDFLAGS command [arg ...] */
static void getKeysAndFlagsCommand(client *c) {
    int count;
    keyPosition *keys = keysOfArguments(c, &count);
    if (!keys) return;
    replyArray(c, (size_t)count);
    for (int i = 0; i < count; i++) {
        replyArray(c, 2);
        replyBulk(c, c->argv[2 + keys[i].index]);
        replyBits(c, keyUseNames, (uint32_t)keys[i].use, "");
    }
    memFree(keys);
}

/* COMMAND HELP */
static void helpCommand(client *c) {
    static const char *const lines[] = {
        "(no subcommand)",
        "    Facts about every command: arity, flags, keys.",
        "COUNT",
        "    How many commands there are.",
        "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <glob>)]",
        "    The names of all commands, or of those that a filter picks.",
        "INFO [<command-name> ...]",
        "    Facts about the named commands, or about all.",
        "DOCS [<command-name> ...]",
        "    Descriptions and arguments of the named commands, or of all.",
        "GETKEYS <full-command>",
        "    Which of its arguments are keys.",
        "GETKEYSANDFLAGS <full-command>",
        "    Which of its arguments are keys, and what is done with each.",
        NULL};
    replyHelp(c, lines);
}

enum { ALWAYS = CMD_LOADING | CMD_STALE };

static const commandSpec commandSubcommands[] = {
    {.name = "count", .arity = 2, .run = countCommand, .flags = ALWAYS, .acl = ACL_CONNECTION},
    {.name = "docs",
     .arity = -2,
     .run = commandDocsCommand,
     .flags = ALWAYS,
     .acl = ACL_CONNECTION,
     .tips = "nondeterministic_output_order"},
    {.name = "getkeys", .arity = -3, .run = getKeysCommand, .flags = ALWAYS, .acl = ACL_CONNECTION},
    {.name = "getkeysandflags",
     .arity = -3,
     .run = getKeysAndFlagsCommand,
     .flags = ALWAYS,
     .acl = ACL_CONNECTION},
    {.name = "help", .arity = 2, .run = helpCommand, .flags = ALWAYS, .acl = ACL_CONNECTION},
    {.name = "info",
     .arity = -2,
     .run = infoCommand,
     .flags = ALWAYS,
     .acl = ACL_CONNECTION,
     .tips = "nondeterministic_output_order"},
    {.name = "list",
     .arity = -2,
     .run = listCommand,
     .flags = ALWAYS,
     .acl = ACL_CONNECTION,
     .tips = "nondeterministic_output_order"},
    {0},
};

const commandSpec commandCommands[] = {
    {.name = "command",
     .arity = -1,
     .run = commandCommand,
     .flags = ALWAYS,
     .acl = ACL_CONNECTION,
     .subcommands = commandSubcommands,
     .tips = "nondeterministic_output_order"},
    {0},
};
