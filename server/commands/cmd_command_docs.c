/* COMMAND DOCS: summaries, history and trees of arguments, from server/commands/docs. */
#include "server/commands/cmd_command.h"
#include "server/commands/docs/docs.h"
#include "server/core/reply.h"
#include "server/core/server.h"

static void replyPair(client *c, const char *name, const char *text) {
    if (!text) return;
    replyBulkText(c, name);
    replyBulkText(c, text);
}

static bool isGroup(const argumentDoc *a) {
    return a->type == ARGUMENT_ONEOF || a->type == ARGUMENT_BLOCK;
}

static bool hasKeySpec(const argumentDoc *a) {
    return a->type == ARGUMENT_KEY || a->type == ARGUMENT_KEY_PATTERN;
}

static size_t argumentFlagCount(const argumentDoc *a) {
    return (size_t)a->optional + a->multiple + a->multiple_token;
}

static void replyArgumentFlags(client *c, const argumentDoc *a) {
    replyBulkText(c, "flags");
    replySet(c, argumentFlagCount(a));
    if (a->optional) replySimple(c, "optional");
    if (a->multiple) replySimple(c, "multiple");
    if (a->multiple_token) replySimple(c, "multiple_token");
}

static void replyArguments(client *c, const argumentDoc *list);

static void replyArgument(client *c, const argumentDoc *a) {
    /* What a hint shows; a oneof or block shows its arguments instead. */
    const char *display = a->display ? a->display : isGroup(a) ? NULL : a->name;
    bool flags = argumentFlagCount(a) != 0;
    replyMap(c, 2u + (display != NULL) + hasKeySpec(a) + (a->token != NULL) + (a->summary != NULL) +
                    (a->since != NULL) + (a->deprecated_since != NULL) + flags +
                    (a->arguments != NULL));
    replyPair(c, "name", a->name);
    replyPair(c, "type", argumentTypeName(a->type));
    replyPair(c, "display_text", display);
    if (hasKeySpec(a)) {
        replyBulkText(c, "key_spec_index");
        replyInteger(c, a->key_spec);
    }
    replyPair(c, "token", a->token);
    replyPair(c, "summary", a->summary);
    replyPair(c, "since", a->since);
    replyPair(c, "deprecated_since", a->deprecated_since);
    if (flags) replyArgumentFlags(c, a);
    if (!a->arguments) return;
    replyBulkText(c, "arguments");
    replyArguments(c, a->arguments);
}

static void replyArguments(client *c, const argumentDoc *list) {
    size_t count = 0;
    while (list[count].name) count++;
    replyArray(c, count);
    for (size_t i = 0; i < count; i++) replyArgument(c, &list[i]);
}

static void replyHistory(client *c, const docChange *history) {
    size_t count = 0;
    while (history[count].version) count++;
    replyBulkText(c, "history");
    replySet(c, count);
    for (size_t i = 0; i < count; i++) {
        replyArray(c, 2);
        replyBulkText(c, history[i].version);
        replyBulkText(c, history[i].text);
    }
}

static void replyDocFlags(client *c, const commandDoc *doc) {
    replyBulkText(c, "doc_flags");
    replySet(c, (size_t)doc->syscmd + (doc->deprecated_since != NULL));
    if (doc->deprecated_since) replySimple(c, "deprecated");
    if (doc->syscmd) replySimple(c, "syscmd");
}

/* Name and documentation of a command that has one, its sub-commands inside. */
static void replyDoc(client *c, const command *cmd) {
    const commandDoc *doc = cmd->doc;
    bool flags = doc->syscmd || doc->deprecated_since;
    replyBulkText(c, cmd->full_name);
    replyMap(c, 1u + (doc->summary != NULL) + (doc->since != NULL) + (doc->complexity != NULL) +
                    flags + (doc->deprecated_since != NULL) + (doc->replaced_by != NULL) +
                    (doc->history != NULL) + (doc->arguments != NULL) +
                    (cmd->subcommand_count > 0));
    replyPair(c, "summary", doc->summary);
    replyPair(c, "since", doc->since);
    replyPair(c, "group", cmd->group);
    replyPair(c, "complexity", doc->complexity);
    if (flags) replyDocFlags(c, doc);
    replyPair(c, "deprecated_since", doc->deprecated_since);
    replyPair(c, "replaced_by", doc->replaced_by);
    if (doc->history) replyHistory(c, doc->history);
    if (doc->arguments) {
        replyBulkText(c, "arguments");
        replyArguments(c, doc->arguments);
    }
    if (!cmd->subcommand_count) return;
    replyBulkText(c, "subcommands");
    size_t count = 0;
    for (int i = 0; i < cmd->subcommand_count; i++) count += cmd->subcommands[i].doc != NULL;
    replyMap(c, count);
    for (int i = 0; i < cmd->subcommand_count; i++)
        if (cmd->subcommands[i].doc) replyDoc(c, &cmd->subcommands[i]);
}

void commandDocsCommand(client *c) {
    const commandTable *t = c->server->commands;
    replyHole hole = replyOpen(c);
    size_t count = 0;
    int named = c->argc - 2;
    for (int i = 0; i < (named ? named : commandCount(t)); i++) {
        const command *cmd = named ? commandFindFull(t, c->argv[2 + i]) : commandAt(t, i);
        if (!cmd || !cmd->doc) continue;
        replyDoc(c, cmd);
        count++;
    }
    replyClose(c, hole, RESP_MAP, count);
}
