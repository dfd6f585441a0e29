#include "server/commands/commands.h"
#include "server/commands/docs/docs.h"

void commandsAddAll(commandTable *t) {
    commandTableAdd(t, stringCommands);
    commandTableAdd(t, stringSetCommands);
    commandTableAdd(t, counterCommands);
    commandTableAdd(t, increxCommands);
    commandTableAdd(t, digestCommands);
    commandTableAdd(t, lcsCommands);
    commandTableAdd(t, keysCommands);
    commandTableAdd(t, expireCommands);
    commandTableAdd(t, scanCommands);
    commandTableAdd(t, objectCommands);
    commandTableAdd(t, sortCommands);
    commandTableAdd(t, waitCommands);
    commandTableAdd(t, dbCommands);
    commandTableAdd(t, connectionCommands);
    commandTableAdd(t, clientCommands);
    commandTableAdd(t, bitmapCommands);
    commandTableAdd(t, hllCommands);
    commandTableAdd(t, streamCommands);
    commandTableAdd(t, streamReadCommands);
    commandTableAdd(t, streamGroupCommands);
    commandTableAdd(t, streamClaimCommands);
    commandTableAdd(t, streamInfoCommands);
    commandTableAdd(t, setCommands);
    commandTableAdd(t, setOpsCommands);
    commandTableAdd(t, setRandomCommands);
    commandTableAdd(t, pubsubCommands);
    commandTableAdd(t, txCommands);
    commandTableAdd(t, slowlogCommands);
    commandTableAdd(t, latencyCommands);
    commandTableAdd(t, monitorCommands);
    commandTableAdd(t, configCommands);
    commandTableAdd(t, serverCommands);
    commandTableAdd(t, memoryCommands);
    commandTableAdd(t, debugCommands);
    commandTableAdd(t, commandCommands);
    docsAttach(t);
}
