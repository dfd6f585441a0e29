#include "server/commands/commands.h"

void commandsAddAll(commandTable *t) {
    commandTableAdd(t, stringCommands);
    commandTableAdd(t, keysCommands);
    commandTableAdd(t, connectionCommands);
    commandTableAdd(t, clientCommands);
    commandTableAdd(t, pubsubCommands);
}
