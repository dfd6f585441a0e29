#include "server/core/command.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum {
    TABLE_SLOTS = 2048,
    COMMANDS_MAX = 512,
    RENAMED_MAX = 128,
    NAME_WORDS = 3,
    NAME_MAX_SIZE = NAME_WORDS * 8
};

/* A name folded to lower case by or-ing 0x20 into each byte, zero padding included: two names of
 * letters are equal exactly if their folded words and sizes are. */
typedef struct foldedName {
    uint64_t words[NAME_WORDS];
    size_t size;
} foldedName;

typedef struct tableSlot {
    foldedName name;
    command *cmd;
    bool letters_only; /* else the folded form may lie, and the text decides */
} tableSlot;

/* A name given by rename-command, of any length: looked for where the slots know nothing. */
typedef struct renamed {
    char *name;
    command *cmd;
} renamed;

struct commandTable {
    tableSlot slots[TABLE_SLOTS];
    renamed renamed[RENAMED_MAX];
    int renamed_count;
    command *list[COMMANDS_MAX];
    int count;
    int next_id;
};

const bitName commandFlagNames[] = {{"write", CMD_WRITE},
                                    {"readonly", CMD_READONLY},
                                    {"denyoom", CMD_DENYOOM},
                                    {"admin", CMD_ADMIN},
                                    {"pubsub", CMD_PUBSUB},
                                    {"noscript", CMD_NOSCRIPT},
                                    {"blocking", CMD_BLOCKING},
                                    {"loading", CMD_LOADING},
                                    {"stale", CMD_STALE},
                                    {"skip_monitor", CMD_SKIP_MONITOR},
                                    {"skip_slowlog", CMD_SKIP_SLOWLOG},
                                    {"asking", CMD_ASKING},
                                    {"fast", CMD_FAST},
                                    {"no_auth", CMD_NO_AUTH},
                                    {"no_mandatory_keys", CMD_NO_MANDATORY_KEYS},
                                    {"no_async_loading", CMD_NO_ASYNC_LOADING},
                                    {"no_multi", CMD_NO_MULTI},
                                    {"movablekeys", CMD_MOVABLEKEYS},
                                    {"allow_busy", CMD_ALLOW_BUSY},
                                    {"script_runner", CMD_SCRIPT_RUNNER},
                                    {NULL, 0}};

const bitName aclCategoryNames[] = {{"keyspace", ACL_KEYSPACE},
                                    {"read", ACL_READ},
                                    {"write", ACL_WRITE},
                                    {"set", ACL_SET},
                                    {"sortedset", ACL_SORTEDSET},
                                    {"list", ACL_LIST},
                                    {"hash", ACL_HASH},
                                    {"string", ACL_STRING},
                                    {"bitmap", ACL_BITMAP},
                                    {"hyperloglog", ACL_HYPERLOGLOG},
                                    {"geo", ACL_GEO},
                                    {"stream", ACL_STREAM},
                                    {"pubsub", ACL_PUBSUB},
                                    {"admin", ACL_ADMIN},
                                    {"fast", ACL_FAST},
                                    {"slow", ACL_SLOW},
                                    {"blocking", ACL_BLOCKING},
                                    {"dangerous", ACL_DANGEROUS},
                                    {"connection", ACL_CONNECTION},
                                    {"transaction", ACL_TRANSACTION},
                                    {"scripting", ACL_SCRIPTING},
                                    {"array", ACL_ARRAY},
                                    {NULL, 0}};

const bitName keyUseNames[] = {{"RO", KEY_RO},
                               {"RW", KEY_RW},
                               {"OW", KEY_OW},
                               {"RM", KEY_RM},
                               {"access", KEY_ACCESS},
                               {"update", KEY_UPDATE},
                               {"insert", KEY_INSERT},
                               {"delete", KEY_DELETE},
                               {"not_key", KEY_NOT_KEY},
                               {"incomplete", KEY_INCOMPLETE},
                               {"variable_flags", KEY_VARIABLE},
                               {NULL, 0}};

static inline bool foldName(bytes name, foldedName *out) {
    if (name.size > NAME_MAX_SIZE) return false;
    *out = (foldedName){.size = name.size};
    memcpy(out->words, name.data, name.size);
    for (int i = 0; i < NAME_WORDS; i++) out->words[i] |= 0x2020202020202020ull;
    return true;
}

static inline size_t foldedHash(const foldedName *n) {
    uint64_t h = (n->words[0] ^ (uint64_t)n->size) * 0x9E3779B97F4A7C15ull;
    h = (h ^ (h >> 29) ^ n->words[1] ^ (n->words[2] << 7)) * 0xBF58476D1CE4E5B9ull;
    return (size_t)(h >> 40) & (TABLE_SLOTS - 1);
}

static inline bool foldedEqual(const foldedName *a, const foldedName *b) {
    return a->size == b->size && a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
           a->words[2] == b->words[2];
}

static uint32_t impliedCategories(uint32_t flags, uint32_t acl) {
    if (flags & CMD_WRITE) acl |= ACL_WRITE;
    /* Scripts and keyless commands with the readonly flag read nothing that @read protects. */
    if ((flags & CMD_READONLY) && !(acl & ACL_SCRIPTING)) acl |= ACL_READ;
    if (flags & CMD_ADMIN) acl |= ACL_ADMIN | ACL_DANGEROUS;
    if (flags & CMD_PUBSUB) acl |= ACL_PUBSUB;
    if (flags & CMD_BLOCKING) acl |= ACL_BLOCKING;
    return acl | (flags & CMD_FAST ? ACL_FAST : ACL_SLOW);
}

static uint32_t impliedFlags(const commandSpec *spec) {
    uint32_t flags = spec->flags;
    /* A function that only tells how a key is used leaves the keys where the specs say. */
    if (spec->getKeys && !(spec->keys[0].use & KEY_VARIABLE)) flags |= CMD_MOVABLEKEYS;
    for (int i = 0; i < COMMAND_KEY_SPECS && spec->keys[i].use; i++) {
        const keySpec *k = &spec->keys[i];
        if (k->keynum || k->keyword || k->unknown || (k->use & KEY_INCOMPLETE))
            flags |= CMD_MOVABLEKEYS;
    }
    return flags;
}

/* Fills in everything that follows from a row. 'parent' NULL for a top-level command. */
static void initCommand(commandTable *t, command *cmd, const commandSpec *spec, command *parent) {
    char name[96];
    int size = parent ? snprintf(name, sizeof name, "%s|%s", parent->spec->name, spec->name)
                      : snprintf(name, sizeof name, "%s", spec->name);
    ensure(size > 0 && (size_t)size < sizeof name);
    *cmd = (command){.spec = spec,
                     .parent = parent,
                     .full_name = memText(name),
                     .id = t->next_id++,
                     .flags = impliedFlags(spec),
                     .arity = (int16_t)spec->arity,
                     .member = (int16_t)spec->member,
                     .run = spec->run};
    cmd->acl = impliedCategories(cmd->flags, spec->acl);
    const keySpec *first = &spec->keys[0];
    if (first->use && !first->keynum && !first->keyword && !first->unknown &&
        !(first->use & KEY_NOT_KEY))
        cmd->first_key = (int16_t)first->first;
    if (!spec->subcommands) return;
    while (spec->subcommands[cmd->subcommand_count].name) cmd->subcommand_count++;
    cmd->subcommands = memCalloc((size_t)cmd->subcommand_count, sizeof *cmd->subcommands);
    for (int i = 0; i < cmd->subcommand_count; i++)
        initCommand(t, &cmd->subcommands[i], &spec->subcommands[i], cmd);
}

commandTable *commandTableNew(void) {
    return memCalloc(1, sizeof(commandTable));
}

static void clearCommand(command *cmd) {
    for (int i = 0; i < cmd->subcommand_count; i++) clearCommand(&cmd->subcommands[i]);
    memFree(cmd->subcommands);
    memFree(cmd->full_name);
    memFree(cmd->latency);
}

void commandTableFree(commandTable *t) {
    for (int i = 0; i < t->count; i++) {
        clearCommand(t->list[i]);
        memFree(t->list[i]);
    }
    for (int i = 0; i < t->renamed_count; i++) memFree(t->renamed[i].name);
    memFree(t);
}

static void addRow(commandTable *t, const commandSpec *row) {
    ensure(t->count < COMMANDS_MAX);
    ensure(!commandFind(t, bytesOfText(row->name)));
    command *cmd = memAlloc(sizeof *cmd);
    initCommand(t, cmd, row, NULL);
    t->list[t->count++] = cmd;
    foldedName folded;
    ensure(foldName(bytesOfText(row->name), &folded));
    size_t at = foldedHash(&folded);
    while (t->slots[at].cmd) at = (at + 1) & (TABLE_SLOTS - 1);
    bool letters = true;
    for (const char *p = row->name; *p; p++) letters &= isalpha((unsigned char)*p) != 0;
    t->slots[at] = (tableSlot){.name = folded, .cmd = cmd, .letters_only = letters};
}

void commandTableAdd(commandTable *t, const commandSpec *rows) {
    for (; rows->name; rows++) addRow(t, rows);
}

static command *findRenamed(const commandTable *t, bytes name) {
    for (int i = 0; i < t->renamed_count; i++)
        if (bytesEqualWord(name, t->renamed[i].name)) return t->renamed[i].cmd;
    return NULL;
}

command *commandFind(const commandTable *t, bytes name) {
    foldedName folded;
    if (!foldName(name, &folded)) return findRenamed(t, name);
    for (size_t at = foldedHash(&folded);; at = (at + 1) & (TABLE_SLOTS - 1)) {
        const tableSlot *slot = &t->slots[at];
        if (!slot->cmd) return findRenamed(t, name);
        if (!foldedEqual(&slot->name, &folded)) continue;
        if (slot->letters_only || bytesEqualWord(name, slot->cmd->spec->name)) return slot->cmd;
    }
}

/* Takes the name away that finds 'cmd'. The slot stays taken, by a size that no name has. */
static void forgetName(commandTable *t, const command *cmd) {
    for (size_t i = 0; i < TABLE_SLOTS; i++)
        if (t->slots[i].cmd == cmd) t->slots[i].name.size = SIZE_MAX;
    for (int i = 0; i < t->renamed_count; i++) {
        if (t->renamed[i].cmd != cmd) continue;
        memFree(t->renamed[i].name);
        t->renamed[i] = t->renamed[--t->renamed_count];
        return;
    }
}

bool commandRename(commandTable *t, bytes from, bytes to, const char **reason) {
    command *cmd = commandFind(t, from);
    *reason = !cmd                                  ? "No such command in rename-command"
              : to.size && commandFind(t, to)       ? "Target command name already exists"
              : t->renamed_count == RENAMED_MAX - 1 ? "Too many renamed commands"
                                                    : NULL;
    if (*reason) return false;
    forgetName(t, cmd);
    if (to.size) t->renamed[t->renamed_count++] = (renamed){bytesToText(to), cmd};
    return true;
}

command *commandFindSub(const command *container, bytes name) {
    for (int i = 0; i < container->subcommand_count; i++)
        if (bytesEqualWord(name, container->subcommands[i].spec->name))
            return &container->subcommands[i];
    return NULL;
}

command *commandFindFull(const commandTable *t, bytes name) {
    const char *bar = memchr(name.data, '|', name.size);
    if (!bar) return commandFind(t, name);
    size_t head = (size_t)(bar - name.data);
    command *container = commandFind(t, bytesOf(name.data, head));
    if (!container) return NULL;
    return commandFindSub(container, bytesOf(bar + 1, name.size - head - 1));
}

int commandCount(const commandTable *t) {
    return t->count;
}

command *commandAt(const commandTable *t, int index) {
    ensure(index >= 0 && index < t->count);
    return t->list[index];
}

void commandEach(const commandTable *t, void (*visit)(void *ctx, command *cmd), void *ctx) {
    for (int i = 0; i < t->count; i++) {
        visit(ctx, t->list[i]);
        for (int j = 0; j < t->list[i]->subcommand_count; j++)
            visit(ctx, &t->list[i]->subcommands[j]);
    }
}

bool commandArityFits(const command *cmd, int argc) {
    return cmd->arity >= 0 ? argc == cmd->arity : argc >= -cmd->arity;
}
