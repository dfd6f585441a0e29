#include "server/observe/hotkeys.h"

#include <sys/resource.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

/* Counters of the process at a point of time. */
typedef struct meters {
    uint64_t now_ns;
    int64_t user_us, system_us;
    uint64_t net_bytes;
} meters;

typedef struct session {
    hotkeysOptions options;
    bool active;
    int64_t started_ms;
    meters begin, end; /* 'end' once it has stopped */
    uint64_t calls_ns, calls_bytes;
    topKeys *keys[HOTKEYS_METRICS]; /* NULL where it is not wanted */
    rng rng;
} session;

struct hotkeys {
    int cron; /* armed for the end of a session with a duration */
    session *session;
};

static int64_t usOf(struct timeval t) {
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static meters readMeters(const server *s) {
    struct rusage used = {0};
    getrusage(RUSAGE_SELF, &used);
    return (meters){.now_ns = s->now_ns,
                    .user_us = usOf(used.ru_utime),
                    .system_us = usOf(used.ru_stime),
                    .net_bytes = s->stats.net_input_bytes + s->stats.net_output_bytes};
}

/* ---- what each call brings ---- */

static size_t headerSize(size_t count) {
    size_t size = sizeof "*1\r\n" - 1;
    while (count /= 10) size++;
    return size;
}

static uint64_t requestSize(const client *c) {
    uint64_t size = headerSize((size_t)c->argc);
    for (int i = 0; i < c->argc; i++) size += headerSize(c->argv[i].size) + c->argv[i].size + 2;
    return size;
}

static bool sampled(session *n) {
    uint64_t ratio = (uint64_t)n->options.sample_ratio;
    return ratio == 1 || rngBelow(&n->rng, ratio) == 0;
}

enum { FEW_KEYS = 32 };

static void addToKeys(session *n, const client *c, const command *cmd, const uint64_t *spent) {
    keyPosition few[FEW_KEYS], *keys = few;
    if (c->argc > FEW_KEYS) keys = memAlloc((size_t)c->argc * sizeof *keys);
    int count = commandKeys(cmd, c->argv, c->argc, keys, c->argc > FEW_KEYS ? c->argc : FEW_KEYS);
    for (int i = 0; i < count; i++) {
        if (!sampled(n)) continue;
        keyRef key = keyRefOf(c->argv[keys[i].index]);
        for (int metric = 0; metric < HOTKEYS_METRICS; metric++)
            if (n->keys[metric]) topKeysAdd(n->keys[metric], key, spent[metric] / (uint64_t)count);
    }
    if (keys != few) memFree(keys);
}

static void onCall(client *c, command *cmd, uint64_t ns, size_t reply_bytes) {
    server *s = c->server;
    session *n = s->hotkeys->session;
    if (!n || !n->active) return;
    uint64_t request_bytes = requestSize(c);
    bool inside = s->current != NULL; /* Its time and its reply are in those of the outer one. */
    n->calls_ns += inside ? 0 : ns;
    n->calls_bytes += request_bytes + (inside ? 0 : reply_bytes);
    if (c->flags & CLIENT_SCRIPT || !commandHasKeys(cmd)) return;
    const uint64_t spent[HOTKEYS_METRICS] = {
        [HOTKEYS_CPU] = ns, [HOTKEYS_NET] = request_bytes + reply_bytes};
    addToKeys(n, c, cmd, spent);
}

/* ---- sessions ---- */

bool hotkeysActive(const server *s) {
    return s->hotkeys->session && s->hotkeys->session->active;
}

/* Plain INFO shows the section while there is something to tell. */
static void showInInfo(server *s, bool shown) {
    uint32_t groups = shown ? INFO_DEFAULT | INFO_ALL : 0;
    infoSetSection(s, "hotkeys", "Hotkeys", groups, hotkeysInfo);
}

static void forget(hotkeys *h) {
    if (!h->session) return;
    for (int i = 0; i < HOTKEYS_METRICS; i++) topKeysFree(h->session->keys[i]);
    memFree(h->session);
    h->session = NULL;
}

void hotkeysStart(server *s, const hotkeysOptions *options) {
    ensure(!hotkeysActive(s));
    forget(s->hotkeys);
    session *n = memCalloc(1, sizeof *n);
    n->options = *options;
    n->active = true;
    n->started_ms = s->now_ms;
    n->begin = readMeters(s);
    for (int i = 0; i < HOTKEYS_METRICS; i++)
        if (options->wanted[i]) n->keys[i] = topKeysNew(options->count);
    rngSeed(&n->rng, rngNext(&s->rng));
    s->hotkeys->session = n;
    s->observer.measured = true;
    uint64_t end_ns = (uint64_t)options->duration_s * 1000000000;
    cronRearm(s, s->hotkeys->cron, end_ns ? end_ns : UINT64_MAX);
    showInInfo(s, true);
}

void hotkeysStop(server *s) {
    if (!hotkeysActive(s)) return;
    s->hotkeys->session->active = false;
    s->hotkeys->session->end = readMeters(s);
    s->observer.measured = false;
    cronRearm(s, s->hotkeys->cron, UINT64_MAX);
}

static void timeIsUp(void *ctx, server *s) {
    (void)ctx;
    hotkeysStop(s);
}

void hotkeysReset(server *s) {
    ensure(!hotkeysActive(s));
    forget(s->hotkeys);
    showInInfo(s, false);
}

bool hotkeysReportOf(const server *s, hotkeysReport *out) {
    const session *n = s->hotkeys->session;
    if (!n) return false;
    meters end = n->active ? readMeters(s) : n->end;
    /* CONFIG RESETSTAT may have come between. */
    bool reset = end.net_bytes < n->begin.net_bytes;
    *out = (hotkeysReport){.options = n->options,
                           .active = n->active,
                           .started_ms = n->started_ms,
                           .duration_ms = (int64_t)((end.now_ns - n->begin.now_ns) / 1000000),
                           .calls_us = n->calls_ns / 1000,
                           .calls_bytes = n->calls_bytes,
                           .cpu_user_ms = (end.user_us - n->begin.user_us) / 1000,
                           .cpu_system_ms = (end.system_us - n->begin.system_us) / 1000,
                           .net_bytes = end.net_bytes - (reset ? 0 : n->begin.net_bytes)};
    return true;
}

int hotkeysList(const server *s, hotkeysMetric metric, topKey *out) {
    const session *n = s->hotkeys->session;
    ensure(n);
    ensure(n->keys[metric]);
    return topKeysList(n->keys[metric], out);
}

size_t hotkeysBytes(const server *s) {
    const session *n = s->hotkeys->session;
    if (!n) return 0;
    size_t size = sizeof *n;
    for (int i = 0; i < HOTKEYS_METRICS; i++) size += n->keys[i] ? topKeysBytes(n->keys[i]) : 0;
    return size;
}

void hotkeysInfo(server *s, infoText *t) {
    if (!s->hotkeys->session) return;
    infoLine(t, "hotkeys-tracking-active:%d", hotkeysActive(s));
    infoLine(t, "hotkeys-used-memory:%zu", hotkeysBytes(s));
}

/* ---- set-up ---- */

void hotkeysAttach(server *s) {
    s->hotkeys = memCalloc(1, sizeof *s->hotkeys);
    s->hotkeys->cron = cronAdd(s, "hotkeys", 0, timeIsUp, NULL);
    s->observer.measure = onCall;
}

void hotkeysDetach(server *s) {
    forget(s->hotkeys);
    memFree(s->hotkeys);
    s->hotkeys = NULL;
}
