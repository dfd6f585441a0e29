/* The rows of the command table against what is known of each command (command_facts.txt), and
 * against their documentation. */
#include <stdarg.h>
#include <stdio.h>

#include "server/commands/docs/docs.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

enum { LINE_SIZE = 1024, FACTS_MAX = 1024 };

typedef struct lineText {
    char text[LINE_SIZE];
    size_t size;
} lineText;

__attribute__((format(printf, 2, 3))) static void say(lineText *l, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int size = vsnprintf(l->text + l->size, sizeof l->text - l->size, format, args);
    va_end(args);
    ck_assert_int_ge(size, 0);
    l->size += (size_t)size;
    ck_assert_uint_lt(l->size, sizeof l->text);
}

static void sayBits(lineText *l, const bitName *names, uint32_t bits) {
    const char *space = "";
    for (const bitName *n = names; n->name; n++) {
        if (!(bits & n->bit)) continue;
        say(l, "%s%s", space, n->name);
        space = " ";
    }
}

static void sayKeySpec(lineText *l, const keySpec *k) {
    sayBits(l, keyUseNames, (uint32_t)k->use);
    if (k->unknown) {
        say(l, " : unknown : unknown");
        return;
    }
    if (k->keyword)
        say(l, " : keyword %s %d", k->keyword, k->start_from);
    else
        say(l, " : index %d", k->first);
    if (k->keynum)
        say(l, " : keynum %d %d %d", k->keynum_at, k->keynum_first, k->step);
    else
        say(l, " : range %d %d %d", k->last, k->step, k->limit);
}

/* The row as a line of command_facts.txt. */
static lineText lineOf(const command *cmd) {
    lineText l = {.size = 0};
    keyRange range = commandKeyRange(cmd);
    say(&l, "%s; %d; ", cmd->full_name, cmd->arity);
    sayBits(&l, commandFlagNames, cmd->flags);
    say(&l, "; ");
    sayBits(&l, aclCategoryNames, cmd->acl);
    say(&l, "; %d %d %d; %s;", range.first, range.last, range.step,
        cmd->spec->tips ? cmd->spec->tips : "");
    for (int i = 0; i < COMMAND_KEY_SPECS && cmd->spec->keys[i].use; i++) {
        say(&l, "%s", i ? " / " : " ");
        sayKeySpec(&l, &cmd->spec->keys[i]);
    }
    return l;
}

typedef struct factList {
    char *lines[FACTS_MAX];
    size_t count;
    int wrong;
} factList;

static void loadFacts(factList *facts) {
    FILE *in = fopen(EBB_SOURCE "/tests/support/command_facts.txt", "r");
    ck_assert_ptr_nonnull(in);
    char line[LINE_SIZE];
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#') continue;
        ck_assert_uint_lt(facts->count, FACTS_MAX);
        facts->lines[facts->count++] = strdup(line);
    }
    fclose(in);
}

static const char *factOf(const factList *facts, const char *name) {
    size_t size = strlen(name);
    for (size_t i = 0; i < facts->count; i++)
        if (!strncmp(facts->lines[i], name, size) && facts->lines[i][size] == ';')
            return facts->lines[i];
    return NULL;
}

static void checkRow(void *ctx, command *cmd) {
    factList *facts = ctx;
    const char *wanted = factOf(facts, cmd->full_name);
    lineText found = lineOf(cmd);
    if (wanted && !strcmp(wanted, found.text)) return;
    facts->wrong++;
    fprintf(stderr, "row    %s\nwanted %s\n", found.text, wanted ? wanted : "(no such command)");
}

START_TEST(everyRowSaysWhatIsKnownOfItsCommand) {
    fakeServer *f = fakeNew();
    factList facts = {.count = 0};
    loadFacts(&facts);
    commandEach(f->server->commands, checkRow, &facts);
    ck_assert_int_eq(facts.wrong, 0);
    for (size_t i = 0; i < facts.count; i++) free(facts.lines[i]);
    fakeFree(f);
}
END_TEST

static void checkHandler(void *ctx, command *cmd) {
    int *wrong = ctx;
    bool variable = cmd->spec->keys[0].use & KEY_VARIABLE;
    if ((cmd->run || cmd->subcommand_count) && (!variable || cmd->spec->getKeys)) return;
    (*wrong)++;
    fprintf(stderr, "%s: no handler, or variable use of keys and no getKeys\n", cmd->full_name);
}

START_TEST(everyRowHasAHandlerAndTellsItsKeys) {
    fakeServer *f = fakeNew();
    int wrong = 0;
    commandEach(f->server->commands, checkHandler, &wrong);
    ck_assert_int_eq(wrong, 0);
    fakeFree(f);
}
END_TEST

static void checkHasDoc(void *ctx, command *cmd) {
    int *missing = ctx;
    if (cmd->doc) return;
    (*missing)++;
    fprintf(stderr, "no documentation of %s\n", cmd->full_name);
}

START_TEST(everyCommandHasItsDocumentation) {
    fakeServer *f = fakeNew();
    int missing = 0;
    commandEach(f->server->commands, checkHasDoc, &missing);
    ck_assert_int_eq(missing, 0);
    fakeFree(f);
}
END_TEST

START_TEST(everyDocumentationHasItsCommandOnce) {
    fakeServer *f = fakeNew();
    int missing = 0;
    for (const docFamily *family = docFamilies; family->group; family++) {
        for (const commandDoc *row = family->rows; row->name; row++) {
            const command *cmd = commandFindFull(f->server->commands, bytesOfText(row->name));
            if (cmd && cmd->doc == row && !strcmp(cmd->group, family->group)) continue;
            missing++;
            fprintf(stderr, "no command for the documentation of %s (%s)\n", row->name,
                    family->group);
        }
    }
    ck_assert_int_eq(missing, 0);
    fakeFree(f);
}
END_TEST

static void checkArguments(const char *name, const argumentDoc *list) {
    ck_assert_msg(list[0].name != NULL, "%s: an empty list of arguments", name);
    for (; list->name; list++) {
        bool group = list->type == ARGUMENT_ONEOF || list->type == ARGUMENT_BLOCK;
        ck_assert_msg(group == (list->arguments != NULL), "%s: %s", name, list->name);
        ck_assert_msg(list->type != ARGUMENT_TOKEN || list->token, "%s: %s", name, list->name);
        ck_assert_msg(!list->multiple_token || (list->token && list->multiple), "%s: %s", name,
                      list->name);
        if (group) checkArguments(name, list->arguments);
    }
}

/* Every key argument names a key spec of its command. */
static void checkKeySpecs(const command *cmd, const argumentDoc *list) {
    for (; list->name; list++) {
        if (list->type == ARGUMENT_KEY || list->type == ARGUMENT_KEY_PATTERN) {
            ck_assert_msg(list->key_spec < COMMAND_KEY_SPECS, "%s: %s", cmd->full_name, list->name);
            ck_assert_msg(cmd->spec->keys[list->key_spec].use != 0, "%s: %s", cmd->full_name,
                          list->name);
        }
        if (list->arguments) checkKeySpecs(cmd, list->arguments);
    }
}

START_TEST(documentationIsWellFormed) {
    fakeServer *f = fakeNew();
    for (const docFamily *family = docFamilies; family->group; family++) {
        for (const commandDoc *row = family->rows; row->name; row++) {
            ck_assert_msg(row->summary && row->since && row->complexity, "%s", row->name);
            ck_assert_msg(strlen(row->summary) <= 100 && !strchr(row->summary, '\n'), "%s",
                          row->name);
            ck_assert_msg(!row->deprecated_since == !row->replaced_by, "%s", row->name);
            if (!row->arguments) continue;
            checkArguments(row->name, row->arguments);
            const command *cmd = commandFindFull(f->server->commands, bytesOfText(row->name));
            if (cmd) checkKeySpecs(cmd, row->arguments);
        }
    }
    fakeFree(f);
}
END_TEST

TESTS("command_rows", everyRowSaysWhatIsKnownOfItsCommand, everyRowHasAHandlerAndTellsItsKeys,
      everyCommandHasItsDocumentation, everyDocumentationHasItsCommandOnce,
      documentationIsWellFormed)
