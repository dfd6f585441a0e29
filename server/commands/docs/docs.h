/* docs.h - what COMMAND DOCS tells of the commands: summaries, history, trees of arguments.
 *
 * Data only, one file a family (docs_string.c ...), written with the words of docs_internal.h. A
 * row is found by the full name of its command, "get" or "config|get"; docsAttach() ties the rows
 * to the commands of a server's table, in one walk over the rows. */
#ifndef EBB_SERVER_COMMANDS_DOCS_DOCS_H
#define EBB_SERVER_COMMANDS_DOCS_DOCS_H

#include <stdbool.h>

#include "server/core/command.h"

typedef enum argumentType {
    ARGUMENT_STRING,
    ARGUMENT_INTEGER,
    ARGUMENT_DOUBLE,
    ARGUMENT_KEY,
    ARGUMENT_PATTERN,
    ARGUMENT_KEY_PATTERN, /* a pattern that keys are made from: it has a key spec */
    ARGUMENT_UNIX_TIME,
    ARGUMENT_TOKEN, /* a word that stands for itself */
    ARGUMENT_ONEOF, /* one of its arguments */
    ARGUMENT_BLOCK  /* all of its arguments */
} argumentType;

typedef struct argumentDoc {
    const char *name;
    argumentType type;
    int key_spec;        /* of keys and key patterns: which key spec of the row finds it */
    const char *token;   /* the word before it (of a token: itself), NULL if none */
    const char *display; /* how hints show it, NULL for its name */
    const char *summary, *since, *deprecated_since; /* NULL where there is nothing to say */
    bool optional, multiple;
    bool multiple_token;                 /* the token is repeated before each value */
    const struct argumentDoc *arguments; /* of a oneof and a block; ends without a name */
} argumentDoc;

typedef struct docChange {
    const char *version, *text;
} docChange;

struct commandDoc {
    const char *name; /* full: "config|get" */
    const char *since, *complexity, *summary;
    const char *deprecated_since, *replaced_by; /* NULL: not deprecated */
    bool syscmd;                                /* for the server's own use */
    const docChange *history;                   /* ends without a version */
    const argumentDoc *arguments;               /* ends without a name */
};

/* The rows of one group of commands, up to the one without a name. */
typedef struct docFamily {
    const char *group; /* as COMMAND DOCS names it */
    const commandDoc *rows;
} docFamily;

extern const docFamily docFamilies[]; /* ends without a group */

/* "pure-token" ... */
const char *argumentTypeName(argumentType type);

/* Gives each command of 't' its row (command.doc) and its group. A row whose command is not in the
 * table is left out. */
void docsAttach(commandTable *t);

#endif
