/* command.h - the command table: one declarative row registers a command, there is no second place.
 *
 * A row (commandSpec) is constant data beside its handler; a command is what the running server
 * keeps for it: the row, its sub-commands and its counters. The table finds a command by name in
 * either case with one small hash; sub-commands are found inside their container. Documentation and
 * argument trees are data apart (server/commands/docs). */
#ifndef EBB_SERVER_CORE_COMMAND_H
#define EBB_SERVER_CORE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/base/histogram.h"

typedef struct client client;
typedef struct command command;
typedef struct commandDoc commandDoc; /* server/commands/docs */

/* Command flags, by the names that COMMAND INFO replies (commandFlagName). */
enum {
    CMD_WRITE = 1 << 0,
    CMD_READONLY = 1 << 1,
    CMD_DENYOOM = 1 << 2,
    CMD_ADMIN = 1 << 3,
    CMD_PUBSUB = 1 << 4,
    CMD_NOSCRIPT = 1 << 5,
    CMD_BLOCKING = 1 << 6,
    CMD_LOADING = 1 << 7,
    CMD_STALE = 1 << 8,
    CMD_SKIP_MONITOR = 1 << 9,
    CMD_SKIP_SLOWLOG = 1 << 10,
    CMD_ASKING = 1 << 11,
    CMD_FAST = 1 << 12,
    CMD_NO_AUTH = 1 << 13,
    CMD_MAY_REPLICATE = 1 << 14, /* no name: not told */
    CMD_NO_MANDATORY_KEYS = 1 << 15,
    CMD_NO_ASYNC_LOADING = 1 << 16,
    CMD_NO_MULTI = 1 << 17,
    CMD_ALLOW_BUSY = 1 << 18,
    CMD_MOVABLEKEYS = 1 << 19, /* keys only the handler's words can tell, or any non-index spec */
    CMD_SCRIPT_RUNNER = 1 << 20,
    CMD_KEYS_ARE_CHANNELS = 1 << 21, /* not_key specs: sharded pub/sub */
    CMD_NOT_QUEUED = 1 << 22,        /* runs at once inside of MULTI; not told */
    CMD_RUNS_QUEUE = 1 << 23,        /* EXEC; not told */
    CMD_ENDS_QUEUE = 1 << 24         /* what leaves a transaction, EXEC too; not told */
};

/* ACL categories, as bits; those that follow from flags (@write, @read, @admin, @dangerous, @fast,
 * @slow, @pubsub, @blocking) are added by the table and not written in rows. */
enum {
    ACL_KEYSPACE = 1 << 0,
    ACL_READ = 1 << 1,
    ACL_WRITE = 1 << 2,
    ACL_SET = 1 << 3,
    ACL_SORTEDSET = 1 << 4,
    ACL_LIST = 1 << 5,
    ACL_HASH = 1 << 6,
    ACL_STRING = 1 << 7,
    ACL_BITMAP = 1 << 8,
    ACL_HYPERLOGLOG = 1 << 9,
    ACL_GEO = 1 << 10,
    ACL_STREAM = 1 << 11,
    ACL_PUBSUB = 1 << 12,
    ACL_ADMIN = 1 << 13,
    ACL_FAST = 1 << 14,
    ACL_SLOW = 1 << 15,
    ACL_BLOCKING = 1 << 16,
    ACL_DANGEROUS = 1 << 17,
    ACL_CONNECTION = 1 << 18,
    ACL_TRANSACTION = 1 << 19,
    ACL_SCRIPTING = 1 << 20,
    ACL_ARRAY = 1 << 21
};

/* What a command does with a key, by the names that COMMAND INFO replies. */
enum {
    KEY_RO = 1 << 0, /* exactly one of RO, RW, OW, RM */
    KEY_RW = 1 << 1,
    KEY_OW = 1 << 2,
    KEY_RM = 1 << 3,
    KEY_ACCESS = 1 << 4, /* any of these */
    KEY_UPDATE = 1 << 5,
    KEY_INSERT = 1 << 6,
    KEY_DELETE = 1 << 7,
    KEY_NOT_KEY = 1 << 8,
    KEY_INCOMPLETE = 1 << 9,
    KEY_VARIABLE = 1 << 10
};

/* Where keys stand among the arguments. 'use' 0 ends the list. The search begins at argument
 * 'first', or after the word 'keyword' (searched from 'start_from'; negative: from the end
 * backwards). From there either a range: up to 'last' (relative to the first key; negative: from
 * the end; 'limit' 2 means half of the rest...) every 'step'; or a count: 'keynum' true, the count
 * stands at the begin + 'keynum_at', the first key at begin + 'keynum_first', every 'step'.
 * 'unknown' marks keys that only getKeys can find. */
typedef struct keySpec {
    int use;
    int first;
    const char *keyword;
    int start_from;
    int last, step, limit;
    bool keynum;
    int keynum_at, keynum_first;
    bool unknown;
    const char *notes;
} keySpec;

enum { COMMAND_KEY_SPECS = 4 };

/* A key found among arguments: its position and what the command does with it (KEY_*). */
typedef struct keyPosition {
    int index;
    int use;
} keyPosition;

typedef struct commandSpec {
    const char *name; /* lower case; of a sub-command, the word after the container's */
    int arity;        /* arguments, the name included; -n means at least n */
    void (*run)(client *c);
    uint32_t flags;
    uint32_t acl;
    keySpec keys[COMMAND_KEY_SPECS];
    /* Finds keys that key specs cannot tell. Fills at most 'max', returns the count, or -1 for
     * arguments that are no call of this command. NULL where the specs suffice. */
    int (*getKeys)(const bytes *argv, int argc, keyPosition *out, int max);
    const struct commandSpec *subcommands; /* ends with a row without name */
    const char *tips;                      /* comma-separated, as COMMAND INFO replies them */
    /* The argument that is looked up in the collection under the first key: what to prefetch there
     * before the handler runs; 0 for none. */
    int member;
} commandSpec;

/* Of a running server. */
struct command {
    const commandSpec *spec;
    command *parent;
    command *subcommands;
    int subcommand_count;
    char *full_name; /* "config|get" */
    int id;          /* small and dense, sub-commands too */
    uint32_t flags;  /* the row's, and those that follow */
    uint32_t acl;
    int16_t first_key; /* argument of the first key where that is fixed, else 0: what to prefetch */
    int16_t arity;
    int16_t member; /* the row's */
    void (*run)(client *c);
    uint64_t calls, usec_ns, rejected, failed; /* usec_ns: time in nanoseconds */
    histogram *latency;                        /* of times in nanoseconds; NULL: none yet */
    const commandDoc *doc;                     /* what COMMAND DOCS tells, NULL if nothing */
    const char *group;                         /* "string", as its documentation is filed */
};

typedef struct commandTable commandTable;

commandTable *commandTableNew(void);
void commandTableFree(commandTable *t);
/* Adds the rows up to the one without name. A name that is there already is a programmer's error.
 */
void commandTableAdd(commandTable *t, const commandSpec *rows);

/* The command (the container, where there are sub-commands) of a name in either case, or NULL. */
command *commandFind(const commandTable *t, bytes name);
/* The sub-command of a container, or NULL. */
command *commandFindSub(const command *container, bytes name);
/* By full name, "get" or "config|get". */
command *commandFindFull(const commandTable *t, bytes name);

/* rename-command: 'from' is found as 'to' from now on, or not at all where 'to' is empty. False
 * with the reason if there is no such command or 'to' is taken. */
bool commandRename(commandTable *t, bytes from, bytes to, const char **reason);

/* All top-level commands in the order in which they were added. */
int commandCount(const commandTable *t);
command *commandAt(const commandTable *t, int index);
/* Calls visit for each command and sub-command. */
void commandEach(const commandTable *t, void (*visit)(void *ctx, command *cmd), void *ctx);

bool commandArityFits(const command *cmd, int argc);

/* Whether any argument can be a key (channels of sharded pub/sub are none). */
bool commandHasKeys(const command *cmd);

/* First and last argument and step of the keys in the old form, which knows one range only: that of
 * the first key spec, and of those that continue it. 0 0 0 where it begins with no fixed range. */
typedef struct keyRange {
    int first, last, step;
} keyRange;
keyRange commandKeyRange(const command *cmd);

/* The positions of all keys; at most 'max'. The count, or -1 where the arguments are no valid call.
 * key_spec.c. */
int commandKeys(const command *cmd, const bytes *argv, int argc, keyPosition *out, int max);

/* The names of flag and category bits in order, NULL at the end: {"write", CMD_WRITE}... */
typedef struct bitName {
    const char *name;
    uint32_t bit;
} bitName;
extern const bitName commandFlagNames[];
extern const bitName aclCategoryNames[];
extern const bitName keyUseNames[];

#endif
