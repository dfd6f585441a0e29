#include "server/commands/commands.h"

void commandsAddAll(commandTable *t) {
    commandTableAdd(t, stringCommands);
    commandTableAdd(t, keysCommands);
    commandTableAdd(t, connectionCommands);
    commandTableAdd(t, bitmapCommands);
    commandTableAdd(t, hllCommands);
    commandTableAdd(t, pubsubCommands);
}
