#include "server/wiring.h"

#include "server/commands/commands.h"
#include "server/config_wiring.h"
#include "server/core/background.h"
#include "server/core/memory_guard.h"
#include "server/jobs/child.h"
#include "server/jobs/load_job.h"
#include "server/jobs/save_job.h"
#include "server/jobs/shutdown.h"
#include "server/observe/history.h"
#include "server/observe/info.h"
#include "server/observe/observe.h"
#include "server/session/auth.h"
#include "server/session/block.h"
#include "server/session/client_evict.h"
#include "server/session/client_watch.h"
#include "server/session/multi.h"
#include "server/session/fieldsets.h"
#include "server/session/notify.h"
#include "server/session/pause.h"
#include "server/session/pubsub.h"
#include "server/session/tracking.h"
#include "server/session/watch.h"

server *wiringNewServer(const config *cfg, const clockSource *clock) {
    server *s = serverNew(cfg, clock);
    commandsAddAll(s->commands);
    authAttach(s);
    pubsubAttach(s);
    notifyAttach(s);
    clientEvictAttach(s);
    fieldsetsAttach(s);
    trackingAttach(s);
    watchAttach(s);
    multiAttach(s);
    pauseAttach(s);
    blockAttach(s);
    clientWatchAttach(s);
    backgroundStart(s);
    memoryGuardAttach(s);
    observeAttach(s);
    infoAttach(s);
    childAttach(s);
    saveAttach(s);
    loadAttach(s);
    shutdownAttach(s);
    configWire(s);
    return s;
}

void wiringFreeServer(server *s) {
    shutdownDetach(s);
    saveDetach(s);
    childDetach(s);
    historyFree(s);
    infoDetach(s);
    observeDetach(s);
    clientWatchDetach(s);
    blockDetach(s);
    pauseDetach(s);
    multiDetach(s);
    watchDetach(s);
    fieldsetsDetach(s);
    trackingDetach(s);
    clientEvictDetach(s);
    pubsubDetach(s);
    memoryGuardDetach(s);
    backgroundStop(s);
    serverFree(s);
}
