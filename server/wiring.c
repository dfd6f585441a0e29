#include "server/wiring.h"

#include "server/commands/commands.h"
#include "server/config_wiring.h"
#include "server/core/background.h"
#include "server/core/memory_guard.h"
#include "server/core/peer_link.h"
#include "server/jobs/aof_job.h"
#include "server/jobs/child.h"
#include "server/jobs/load_job.h"
#include "server/jobs/save_job.h"
#include "server/jobs/shutdown.h"
#include "server/observe/history.h"
#include "server/observe/info.h"
#include "server/observe/observe.h"
#include "server/script/script.h"
#include "server/script/function.h"
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
#include "storage/base/log.h"
#include "storage/base/mem.h"

/* What a file of data holds of libraries, and gives back. */
static void eachLibrary(server *s, void (*visit)(void *to, bytes code), void *to) {
    functionsEach(s, visit, to);
}

static const char *loadLibrary(server *s, bytes code, bool replace) {
    char *error;
    if (functionsLoad(s, code, replace, &error)) return NULL;
    logLine(LOG_WARN, "Loading a library of functions: %s", error);
    memFree(error);
    return "a library of functions that cannot be loaded";
}

static void dropLibraries(server *s) {
    scriptRunning running; /* Its library must stay. */
    if (!scriptRunningFunction(s, &running)) functionsFlush(s, false);
}

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
    scriptAttach(s);
    clientWatchAttach(s);
    backgroundStart(s);
    memoryGuardAttach(s);
    peerLinksAttach(s);
    observeAttach(s);
    infoAttach(s);
    childAttach(s);
    saveAttach(s);
    loadAttach(s);
    aofAttach(s);
    shutdownAttach(s);
    s->eachLibrary = eachLibrary;
    s->loadLibrary = loadLibrary;
    s->dropLibraries = dropLibraries;
    configWire(s);
    return s;
}

void wiringFreeServer(server *s) {
    aofDetach(s);
    shutdownDetach(s);
    saveDetach(s);
    childDetach(s);
    historyFree(s);
    infoDetach(s);
    observeDetach(s);
    clientWatchDetach(s);
    scriptDetach(s);
    blockDetach(s);
    pauseDetach(s);
    multiDetach(s);
    watchDetach(s);
    fieldsetsDetach(s);
    trackingDetach(s);
    clientEvictDetach(s);
    pubsubDetach(s);
    peerLinksDetach(s);
    memoryGuardDetach(s);
    backgroundStop(s);
    serverFree(s);
}
