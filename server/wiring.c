#include "server/wiring.h"

#include "server/commands/commands.h"
#include "server/core/background.h"
#include "server/session/notify.h"
#include "server/session/pubsub.h"

server *wiringNewServer(const config *cfg, const clockSource *clock) {
    server *s = serverNew(cfg, clock);
    commandsAddAll(s->commands);
    backgroundStart(s);
    pubsubAttach(s);
    notifyAttach(s);
    return s;
}

void wiringFreeServer(server *s) {
    backgroundStop(s);
    pubsubDetach(s);
    serverFree(s);
}
