#include "server/wiring.h"

#include "server/commands/commands.h"

server *wiringNewServer(const config *cfg, const clockSource *clock) {
    server *s = serverNew(cfg, clock);
    commandsAddAll(s->commands);
    return s;
}

void wiringFreeServer(server *s) {
    serverFree(s);
}
