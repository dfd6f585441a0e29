#include "server/wiring.h"

#include "server/commands/commands.h"
#include "server/config_wiring.h"
#include "server/core/background.h"
#include "server/observe/info.h"
#include "server/session/auth.h"
#include "server/session/block.h"
#include "server/session/client_watch.h"
#include "server/session/notify.h"
#include "server/session/pause.h"
#include "server/session/pubsub.h"

server *wiringNewServer(const config *cfg, const clockSource *clock) {
    server *s = serverNew(cfg, clock);
    commandsAddAll(s->commands);
    authAttach(s);
    pubsubAttach(s);
    notifyAttach(s);
    pauseAttach(s);
    blockAttach(s);
    clientWatchAttach(s);
    backgroundStart(s);
    infoAttach(s);
    configWire(s);
    return s;
}

void wiringFreeServer(server *s) {
    infoDetach(s);
    clientWatchDetach(s);
    blockDetach(s);
    pauseDetach(s);
    pubsubDetach(s);
    backgroundStop(s);
    serverFree(s);
}
