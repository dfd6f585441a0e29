#include "server/wiring.h"

#include "server/commands/commands.h"
#include "server/core/background.h"

server *wiringNewServer(const config *cfg, const clockSource *clock) {
    server *s = serverNew(cfg, clock);
    commandsAddAll(s->commands);
    backgroundStart(s);
    return s;
}

void wiringFreeServer(server *s) {
    backgroundStop(s);
    serverFree(s);
}
