#include "server/wiring.h"

#include "server/commands/commands.h"
#include "server/observe/info.h"
#include "server/session/notify.h"
#include "server/session/pubsub.h"

server *wiringNewServer(const config *cfg, const clockSource *clock) {
    server *s = serverNew(cfg, clock);
    commandsAddAll(s->commands);
    pubsubAttach(s);
    notifyAttach(s);
    infoAttach(s);
    return s;
}

void wiringFreeServer(server *s) {
    infoDetach(s);
    pubsubDetach(s);
    serverFree(s);
}
