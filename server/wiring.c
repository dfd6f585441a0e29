#include "server/wiring.h"

#include "server/commands/commands.h"
#include "server/config_wiring.h"
#include "server/session/notify.h"
#include "server/session/pubsub.h"
#include "server/core/background.h"

server *wiringNewServer(const config *cfg, const clockSource *clock) {
    server *s = serverNew(cfg, clock);
    commandsAddAll(s->commands);
    pubsubAttach(s);
    notifyAttach(s);
    backgroundStart(s);
    configWire(s);
    return s;
}

void wiringFreeServer(server *s) {
    pubsubDetach(s);
    backgroundStop(s);
    serverFree(s);
}
