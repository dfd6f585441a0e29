/* docs_internal.h - the words that documentation is written in; for the data files beside it.
 *
 *     {.name = "set",
 *      .since = "1.0.0",
 *      .complexity = "O(1)",
 *      .summary = "Stores a string under a key.",
 *      .history = HISTORY({"6.2.0", "GET is new."}),
 *      .arguments = ARGUMENTS(KEY("key"), STRING("value"),
 *                             ONEOF("condition", OPTIONAL, OF(TOKEN("nx", "NX"), TOKEN("xx",
 * "XX"))), INTEGER("seconds", .token = "EX", .since = "2.6.12", OPTIONAL))},
 *
 * An argument is its name, then any fields of argumentDoc. A summary is one line in words of our
 * own that says what the command is good for. */
#ifndef EBB_SERVER_COMMANDS_DOCS_DOCS_INTERNAL_H
#define EBB_SERVER_COMMANDS_DOCS_DOCS_INTERNAL_H

#include "server/commands/docs/docs.h"

#define ARGUMENTS(...) ((const argumentDoc[]){__VA_ARGS__, {0}})
#define OF(...)        .arguments = ARGUMENTS(__VA_ARGS__)
#define HISTORY(...)   ((const docChange[]){__VA_ARGS__, {0}})

#define ARGUMENT(type_name, ...)                                                                   \
    { .type = ARGUMENT_##type_name, .name = __VA_ARGS__ }
#define STRING(...)      ARGUMENT(STRING, __VA_ARGS__)
#define INTEGER(...)     ARGUMENT(INTEGER, __VA_ARGS__)
#define DOUBLE(...)      ARGUMENT(DOUBLE, __VA_ARGS__)
#define KEY(...)         ARGUMENT(KEY, __VA_ARGS__)
#define PATTERN(...)     ARGUMENT(PATTERN, __VA_ARGS__)
#define KEY_PATTERN(...) ARGUMENT(KEY_PATTERN, __VA_ARGS__)
#define UNIX_TIME(...)   ARGUMENT(UNIX_TIME, __VA_ARGS__)
#define ONEOF(...)       ARGUMENT(ONEOF, __VA_ARGS__)
#define BLOCK(...)       ARGUMENT(BLOCK, __VA_ARGS__)
#define TOKEN(word_name, ...)                                                                      \
    { .type = ARGUMENT_TOKEN, .name = word_name, .token = __VA_ARGS__ }

#define OPTIONAL       .optional = true
#define MULTIPLE       .multiple = true
#define MULTIPLE_TOKEN .multiple_token = true

extern const commandDoc docsString[];
extern const commandDoc docsBitmap[];
extern const commandDoc docsHyperloglog[];
extern const commandDoc docsStream[];
extern const commandDoc docsGeo[];
extern const commandDoc docsArray[];
extern const commandDoc docsList[];
extern const commandDoc docsHash[];
extern const commandDoc docsSet[];
extern const commandDoc docsSortedSet[];
/* Of RESTORE under both of its names. */
#define RESTORE_ARGUMENTS                                                                          \
    ARGUMENTS(KEY("key"), INTEGER("ttl"), STRING("serialized-value"),                              \
              TOKEN("replace", "REPLACE", .since = "3.0.0", OPTIONAL),                             \
              TOKEN("absttl", "ABSTTL", .since = "5.0.0", OPTIONAL),                               \
              INTEGER("seconds", .token = "IDLETIME", .since = "5.0.0", OPTIONAL),                 \
              INTEGER("frequency", .token = "FREQ", .since = "5.0.0", OPTIONAL))

extern const commandDoc docsGeneric[];
extern const commandDoc docsConnection[];
extern const commandDoc docsPubsub[];
extern const commandDoc docsTransactions[];
extern const commandDoc docsScripting[];
extern const commandDoc docsServer[];
extern const commandDoc docsCluster[];

#endif
