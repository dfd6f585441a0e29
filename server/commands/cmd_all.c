#include "server/commands/commands.h"

void commandsAddAll(commandTable *t) {
    commandTableAdd(t, stringCommands);
    commandTableAdd(t, keysCommands);
    commandTableAdd(t, connectionCommands);
    commandTableAdd(t, pubsubCommands);
    commandTableAdd(t, configCommands);
}
