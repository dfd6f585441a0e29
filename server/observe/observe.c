#include "server/observe/observe.h"

#include "server/observe/hotkeys.h"
#include "server/observe/latency.h"
#include "server/observe/monitor.h"
#include "server/observe/slowlog.h"

/* A threshold in nanoseconds; UINT64_MAX for never. */
static uint64_t threshold(int64_t value, int64_t min, uint64_t unit_ns) {
    if (value < min || (uint64_t)value > UINT64_MAX / unit_ns) return UINT64_MAX;
    return (uint64_t)value * unit_ns;
}

static uint64_t slowlogNs(const server *s) {
    return threshold(configInt(&s->config, "slowlog-log-slower-than"), 0, 1000);
}

void observeRefresh(server *s) {
    callObserver *o = &s->observer;
    uint64_t slowlog_ns = slowlogNs(s);
    o->event_ns = threshold(configInt(&s->config, "latency-monitor-threshold"), 1, 1000000);
    o->slow_ns = slowlog_ns < o->event_ns ? slowlog_ns : o->event_ns;
    o->tracked = configInt(&s->config, "latency-tracking");
}

static void onEvent(server *s, const char *name, uint64_t ns) {
    latencyAdd(s->latency, name, s->now_ms / 1000, ns / 1000000);
}

static void onSlow(client *c, command *cmd, uint64_t ns) {
    server *s = c->server;
    serverNoteEvent(s, cmd->flags & CMD_FAST ? "fast-command" : "command", ns);
    if (cmd->flags & CMD_SKIP_SLOWLOG || ns < slowlogNs(s)) return;
    slowlogLimits limits = {.entries = configInt(&s->config, "slowlog-max-len"),
                            .args = configInt(&s->config, "slowlog-max-argc")};
    slowlogAdd(s->slowlog, c, cmd, ns, limits);
}

void observeAttach(server *s) {
    s->slowlog = slowlogNew();
    s->latency = latencyNew();
    s->observer.slow = onSlow;
    s->observer.event = onEvent;
    monitorAttach(s);
    hotkeysAttach(s);
    observeRefresh(s);
}

void observeDetach(server *s) {
    hotkeysDetach(s);
    monitorDetach(s);
    s->observer = (callObserver){.slow_ns = UINT64_MAX, .event_ns = UINT64_MAX};
    slowlogFree(s->slowlog);
    latencyFree(s->latency);
    s->slowlog = NULL;
    s->latency = NULL;
}
