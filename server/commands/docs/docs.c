#include "server/commands/docs/docs.h"

#include "server/commands/docs/docs_internal.h"

const docFamily docFamilies[] = {
    {"string", docsString},
    {"bitmap", docsBitmap},
    {"hyperloglog", docsHyperloglog},
    {"list", docsList},
    {"hash", docsHash},
    {"set", docsSet},
    {"stream", docsStream},
    {"geo", docsGeo},
    {"array", docsArray},
    {"sorted-set", docsSortedSet},
    {"generic", docsGeneric},
    {"connection", docsConnection},
    {"pubsub", docsPubsub},
    {"transactions", docsTransactions},
    {"scripting", docsScripting},
    {"server", docsServer},
    {"cluster", docsCluster},
    {0},
};

const char *argumentTypeName(argumentType type) {
    static const char *const names[] = {
        [ARGUMENT_STRING] = "string",       [ARGUMENT_INTEGER] = "integer",
        [ARGUMENT_DOUBLE] = "double",       [ARGUMENT_KEY] = "key",
        [ARGUMENT_PATTERN] = "pattern",     [ARGUMENT_KEY_PATTERN] = "pattern",
        [ARGUMENT_UNIX_TIME] = "unix-time", [ARGUMENT_TOKEN] = "pure-token",
        [ARGUMENT_ONEOF] = "oneof",         [ARGUMENT_BLOCK] = "block"};
    return names[type];
}

void docsAttach(commandTable *t) {
    for (const docFamily *family = docFamilies; family->group; family++) {
        for (const commandDoc *row = family->rows; row->name; row++) {
            command *cmd = commandFindFull(t, bytesOfText(row->name));
            if (!cmd) continue;
            cmd->doc = row;
            cmd->group = family->group;
        }
    }
}
