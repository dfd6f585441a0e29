#include "server/config_wiring.h"

#include <errno.h>
#include <stdio.h>

#include "server/core/memory_guard.h"
#include "server/observe/observe.h"
#include "server/session/client_evict.h"
#include "server/session/notify.h"
#include "server/session/tracking.h"
#include "storage/base/err.h"
#include "storage/base/log.h"

int configApplyLog(const config *c) {
    logSettings settings = {.level = (logLevel)c->loglevel,
                            .format = (logFormat)c->log_format,
                            .file = c->logfile,
                            .use_syslog = c->syslog_enabled,
                            .syslog_ident = c->syslog_ident,
                            .syslog_facility = c->syslog_facility,
                            .role = 'M'};
    return logConfigure(&settings);
}

static bool onLog(void *ctx, config *c, char *error, size_t error_room) {
    (void)ctx;
    if (configApplyLog(c) == ERR_OK) return true;
    snprintf(error, error_room, "Can't open the log file: %s", strerror(errno));
    return false;
}

static bool onNotify(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    (void)error;
    (void)error_room;
    notifyRefresh(ctx);
    return true;
}

static bool onObserve(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    (void)error;
    (void)error_room;
    observeRefresh(ctx);
    return true;
}

static bool onTrackingLimit(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    (void)error;
    (void)error_room;
    trackingLimitChanged(ctx);
    return true;
}

static bool onClientLimit(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    (void)error;
    (void)error_room;
    clientEvictLimitChanged(ctx);
    return true;
}

static bool onMemoryLimit(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    (void)error;
    (void)error_room;
    memoryLimitChanged(ctx);
    return true;
}

void configWire(server *s) {
    configOnChange(&s->config, "slowlog-log-slower-than", onObserve, s);
    configOnChange(&s->config, "latency-monitor-threshold", onObserve, s);
    configOnChange(&s->config, "latency-tracking", onObserve, s);
    configOnChange(&s->config, "loglevel", onLog, s);
    configOnChange(&s->config, "log-format", onLog, s);
    configOnChange(&s->config, "notify-keyspace-events", onNotify, s);
    configOnChange(&s->config, "tracking-table-max-keys", onTrackingLimit, s);
    configOnChange(&s->config, "maxmemory-clients", onClientLimit, s);
    configOnChange(&s->config, "maxmemory", onClientLimit, s);
    configOnChange(&s->config, "maxmemory", onMemoryLimit, s);
    configOnChange(&s->config, "maxmemory-policy", onMemoryLimit, s);
}

typedef struct renaming {
    server *s;
    char *error;
    size_t error_room;
    bool failed;
} renaming;

static void renameOne(void *ctx, const char *from, const char *to) {
    renaming *r = ctx;
    const char *reason;
    if (r->failed) return;
    r->failed = !commandRename(r->s->commands, bytesOfText(from), bytesOfText(to), &reason);
    if (r->failed)
        snprintf(r->error, r->error_room,
                 "\n*** FATAL CONFIG FILE ERROR (Ebb %s) ***\n>>> 'rename-command %s \"%s\"'\n%s\n",
                 EBB_VERSION, from, to, reason);
}

bool configRenameCommands(server *s, char *error, size_t error_room) {
    renaming r = {.s = s, .error = error, .error_room = error_room};
    configEachExtra(&s->config, "rename-command", renameOne, &r);
    return !r.failed;
}
