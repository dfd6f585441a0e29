/* HOTKEYS: the keys that take the most time and traffic. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/observe/hotkeys.h"

enum { COUNT_DEFAULT = 10 };

static const char *const metricNames[HOTKEYS_METRICS] = {
    [HOTKEYS_CPU] = "CPU", [HOTKEYS_NET] = "NET"};

/* One word of METRICS. Names that are not known may come from newer clients: they pass. */
static bool parseMetric(client *c, int index, hotkeysOptions *o) {
    for (int i = 0; i < HOTKEYS_METRICS; i++) {
        if (!argIs(c, index, metricNames[i])) continue;
        if (o->wanted[i]) {
            replyErrorFormat(c, "ERR METRICS %s defined more than once", metricNames[i]);
            return false;
        }
        o->wanted[i] = true;
    }
    return true;
}

/* METRICS count name [name ...], from argument 2 on; 'next' is the argument behind it. */
static bool parseMetrics(client *c, hotkeysOptions *o, int *next) {
    int64_t count;
    if (c->argc < 4 || !argIs(c, 2, "METRICS")) {
        replyError(c, "ERR METRICS parameter is required");
        return false;
    }
    if (!argIntIn(c, 3, 1, INT32_MAX, &count, "ERR METRICS count must be positive")) return false;
    if (count > c->argc - 4) {
        replyError(c, "ERR METRICS count does not match number of metric types provided");
        return false;
    }
    *next = 4 + (int)count;
    for (int i = 4; i < *next; i++)
        if (!parseMetric(c, i, o)) return false;
    if (o->wanted[HOTKEYS_CPU] || o->wanted[HOTKEYS_NET]) return true;
    replyError(c, "ERR METRICS no valid metrics passed: CPU and NET are known");
    return false;
}

/* A word with its number behind it. */
static bool parseOption(client *c, int index, hotkeysOptions *o) {
    int64_t value;
    if (argIs(c, index, "SLOTS")) {
        replyError(c, "ERR SLOTS parameter cannot be used in non-cluster mode");
        return false;
    }
    if (index + 1 == c->argc) {
        replySyntaxError(c);
        return false;
    }
    if (argIs(c, index, "COUNT")) {
        if (!argIntIn(c, index + 1, 1, TOP_KEYS_MAX, &value, "ERR COUNT must be between 1 and 64"))
            return false;
        o->count = (int)value;
        return true;
    }
    if (argIs(c, index, "DURATION"))
        return argIntIn(c, index + 1, 0, HOTKEYS_DURATION_MAX, &o->duration_s,
                        "ERR DURATION is out of range, must be a number of seconds");
    if (argIs(c, index, "SAMPLE"))
        return argIntIn(c, index + 1, 1, INT64_MAX, &o->sample_ratio,
                        "ERR SAMPLE ratio must be positive");
    replySyntaxError(c);
    return false;
}

/* HOTKEYS START METRICS count [CPU] [NET] [COUNT k] [DURATION seconds] [SAMPLE ratio]
 *               [SLOTS count slot [slot ...]]
 * DURATION 0 is as if it was not given. */
static void startCommand(client *c) {
    hotkeysOptions o = {.count = COUNT_DEFAULT, .sample_ratio = 1};
    int next;
    if (hotkeysActive(c->server)) {
        replyError(c, "ERR hotkey tracking session already in progress");
        return;
    }
    if (!parseMetrics(c, &o, &next)) return;
    for (; next < c->argc; next += 2)
        if (!parseOption(c, next, &o)) return;
    hotkeysStart(c->server, &o);
    replyOk(c);
}

/* HOTKEYS STOP
 * Replies with null if no session is active. */
static void stopCommand(client *c) {
    if (!hotkeysActive(c->server)) {
        replyNull(c);
        return;
    }
    hotkeysStop(c->server);
    replyOk(c);
}

/* HOTKEYS RESET */
static void resetCommand(client *c) {
    if (hotkeysActive(c->server)) {
        replyError(c, "ERR hotkey tracking session in progress, stop tracking first");
        return;
    }
    hotkeysReset(c->server);
    replyOk(c);
}

static void replyField(client *c, const char *name, uint64_t value) {
    replyBulkText(c, name);
    replyInteger(c, (int64_t)value);
}

/* Keys and amounts in turn. */
static void replyKeys(client *c, const char *name, hotkeysMetric metric, uint64_t unit) {
    topKey keys[TOP_KEYS_MAX];
    int count = hotkeysList(c->server, metric, keys);
    replyBulkText(c, name);
    replyArray(c, (size_t)count * 2);
    for (int i = 0; i < count; i++) {
        replyBulk(c, keys[i].name);
        replyInteger(c, (int64_t)(keys[i].weight / unit));
    }
}

/* Without cluster mode there is one range, of all slots. */
static void replySlots(client *c) {
    replyBulkText(c, "selected-slots");
    replyArray(c, 1);
    replyArray(c, 2);
    replyInteger(c, 0);
    replyInteger(c, 16383);
}

/* HOTKEYS GET
 * Replies with an array of one map, so that a client may join those of several nodes; null if there
 * is no session. */
static void getCommand(client *c) {
    hotkeysReport r;
    if (!hotkeysReportOf(c->server, &r)) {
        replyNull(c);
        return;
    }
    bool cpu = r.options.wanted[HOTKEYS_CPU], net = r.options.wanted[HOTKEYS_NET];
    replyArray(c, 1);
    replyMap(c, 7 + (cpu ? 3 : 0) + (net ? 2 : 0));
    replyField(c, "tracking-active", r.active);
    replyField(c, "sample-ratio", (uint64_t)r.options.sample_ratio);
    replySlots(c);
    replyField(c, "all-commands-all-slots-us", r.calls_us);
    replyField(c, "net-bytes-all-commands-all-slots", r.calls_bytes);
    replyField(c, "collection-start-time-unix-ms", (uint64_t)r.started_ms);
    replyField(c, "collection-duration-ms", (uint64_t)r.duration_ms);
    if (cpu) {
        replyField(c, "total-cpu-time-user-ms", (uint64_t)r.cpu_user_ms);
        replyField(c, "total-cpu-time-sys-ms", (uint64_t)r.cpu_system_ms);
    }
    if (net) replyField(c, "total-net-bytes", r.net_bytes);
    if (cpu) replyKeys(c, "by-cpu-time-us", HOTKEYS_CPU, 1000);
    if (net) replyKeys(c, "by-net-bytes", HOTKEYS_NET, 1);
}

static void helpCommand(client *c) {
    static const char *const lines[] = {
        "GET",
        "    What the session that runs, or ran last, has found: its figures, and the keys that "
        "took",
        "    most, each with its microseconds or bytes.",
        "RESET",
        "    Forgets a session that has stopped.",
        "START METRICS <count> [CPU] [NET] [COUNT <k>] [DURATION <seconds>] [SAMPLE <ratio>]",
        "      [SLOTS <count> <slot> [<slot> ...]]",
        "    Measures calls from now on. Options are:",
        "    * METRICS: what is measured, time (CPU), bytes of requests and replies (NET), or "
        "both.",
        "    * COUNT: how many keys GET tells, 1 to 64 (default: 10).",
        "    * DURATION: after so many seconds the session stops by itself.",
        "    * SAMPLE: a key of a call counts with a probability of 1/ratio (default: 1).",
        "    * SLOTS: keys of these slots alone; in cluster mode.",
        "STOP",
        "    Ends the session. What it has found stays.",
        NULL};
    replyHelp(c, lines);
}

enum { ADMIN = CMD_ADMIN | CMD_NOSCRIPT };

static const commandSpec hotkeysSubcommands[] = {
    {.name = "get",
     .arity = 2,
     .run = getCommand,
     .flags = ADMIN,
     .tips = "nondeterministic_output,request_policy:special,response_policy:special"},
    {.name = "help", .arity = 2, .run = helpCommand, .flags = CMD_LOADING | CMD_STALE},
    {.name = "reset",
     .arity = 2,
     .run = resetCommand,
     .flags = ADMIN,
     .tips = "request_policy:special"},
    {.name = "start",
     .arity = -2,
     .run = startCommand,
     .flags = ADMIN,
     .tips = "request_policy:special"},
    {.name = "stop",
     .arity = 2,
     .run = stopCommand,
     .flags = ADMIN,
     .tips = "request_policy:special"},
    {0},
};

const commandSpec hotkeysCommands[] = {
    {.name = "hotkeys", .arity = -2, .subcommands = hotkeysSubcommands},
    {0},
};
