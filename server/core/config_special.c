/* config_special.c - directives whose values are more than a number, a text or a word. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "server/core/config_internal.h"
#include "server/core/effects.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

static void addWord(configText *out, const char *word) {
    configTextAdd(out, "%s%s", out->size ? " " : "", word);
}

/* ---- bind ---- */

/* Names and addresses hold nothing that a rewritten file would have to quote. */
static bool isAddress(bytes word) {
    for (size_t i = 0; i < word.size; i++)
        if (!isalnum((unsigned char)word.data[i]) && !memchr(".:-*%_", word.data[i], 6))
            return false;
    return word.size > 0;
}

static bool setBind(config *c, const configRow *row, const bytes *words, int count, configError e) {
    (void)row;
    if (count == 1 && words[0].size == 0) count = 0;
    if (count > CONFIG_BINDS) return configFail(e, "Too many bind addresses specified.");
    for (int i = 0; i < count; i++)
        if (!isAddress(words[i])) return configFail(e, "Invalid bind address");
    char *fresh[CONFIG_BINDS] = {NULL};
    for (int i = 0; i < count; i++) fresh[i] = bytesToText(words[i]);
    for (int i = 0; i < c->bind_count; i++) memFree(c->binds[i]);
    memcpy(c->binds, fresh, sizeof fresh);
    c->bind_count = count;
    return true;
}

static void bindText(const config *c, configText *out) {
    for (int i = 0; i < c->bind_count; i++) addWord(out, c->binds[i]);
}

const configKind configBind = {.set = setBind, .text = bindText};

/* ---- save ---- */

static bool setSave(config *c, const configRow *row, const bytes *words, int count, configError e) {
    (void)row;
    if (count == 1 && words[0].size == 0) count = 0;
    savePoint points[CONFIG_SAVE_POINTS];
    int fresh = 0;
    if (c->rest->save_seen && count) {
        fresh = c->save_count;
        memcpy(points, c->saves, sizeof points);
    }
    if (count % 2) return configFail(e, "Invalid save parameters");
    for (int i = 0; i < count; i += 2) {
        savePoint p;
        if (!numParseInt(words[i], &p.seconds) || !numParseInt(words[i + 1], &p.changes) ||
            p.seconds < 1 || p.changes < 0)
            return configFail(e, "Invalid save parameters");
        if (fresh == CONFIG_SAVE_POINTS) return configFail(e, "Too many save parameters");
        points[fresh++] = p;
    }
    memcpy(c->saves, points, (size_t)fresh * sizeof points[0]);
    c->save_count = fresh;
    return true;
}

static void saveText(const config *c, configText *out) {
    for (int i = 0; i < c->save_count; i++)
        configTextAdd(out, "%s%lld %lld", i ? " " : "", (long long)c->saves[i].seconds,
                      (long long)c->saves[i].changes);
}

static void saveLines(const config *c, void (*emit)(void *ctx, const char *line, bool must),
                      void *ctx) {
    char line[96];
    configText now = {0};
    saveText(c, &now);
    bool must = strcmp(now.size ? now.data : "", configFindRow(BYTES("save"))->initial) != 0;
    configTextClear(&now);
    if (!c->save_count) emit(ctx, "save \"\"", must);
    for (int i = 0; i < c->save_count; i++) {
        snprintf(line, sizeof line, "save %lld %lld", (long long)c->saves[i].seconds,
                 (long long)c->saves[i].changes);
        emit(ctx, line, must);
    }
}

const configKind configSave = {.set = setSave, .text = saveText, .lines = saveLines};

/* ---- client-output-buffer-limit ---- */

static const char *const limit_classes[CONFIG_LIMIT_CLASSES] = {"normal", "slave", "pubsub"};

static int limitClass(bytes name) {
    for (int i = 0; i < CONFIG_LIMIT_CLASSES; i++)
        if (bytesEqualWord(name, limit_classes[i])) return i;
    return bytesEqualWord(name, "replica") ? 1 : -1;
}

static bool setLimits(config *c, const configRow *row, const bytes *words, int count,
                      configError e) {
    (void)row;
    if (count % 4) return configFail(e, "Wrong number of arguments in buffer limit configuration.");
    outputLimit fresh[CONFIG_LIMIT_CLASSES];
    memcpy(fresh, c->output_limits, sizeof fresh);
    for (int i = 0; i < count; i += 4) {
        int class = limitClass(words[i]);
        if (class < 0)
            return configFail(e, "Invalid client class specified in buffer limit configuration.");
        outputLimit *limit = &fresh[class];
        if (!numParseSize(words[i + 1], &limit->hard_bytes) ||
            !numParseSize(words[i + 2], &limit->soft_bytes) ||
            !numParseInt(words[i + 3], &limit->soft_seconds) || limit->soft_seconds < 0)
            return configFail(e, "Error in hard, soft or soft_seconds setting in buffer limit "
                                 "configuration.");
    }
    memcpy(c->output_limits, fresh, sizeof fresh);
    return true;
}

static void limitsText(const config *c, configText *out) {
    for (int i = 0; i < CONFIG_LIMIT_CLASSES; i++) {
        const outputLimit *l = &c->output_limits[i];
        configTextAdd(out, "%s%s %llu %llu %lld", i ? " " : "", limit_classes[i],
                      (unsigned long long)l->hard_bytes, (unsigned long long)l->soft_bytes,
                      (long long)l->soft_seconds);
    }
}

static void limitsLines(const config *c, void (*emit)(void *ctx, const char *line, bool must),
                        void *ctx) {
    config initial;
    configInit(&initial);
    for (int i = 0; i < CONFIG_LIMIT_CLASSES; i++) {
        const outputLimit *l = &c->output_limits[i], *was = &initial.output_limits[i];
        configText line = {0};
        configTextAdd(&line, "client-output-buffer-limit %s ",
                      i == 1 ? "replica" : limit_classes[i]);
        configTextAddMemory(&line, l->hard_bytes);
        configTextAdd(&line, " ");
        configTextAddMemory(&line, l->soft_bytes);
        configTextAdd(&line, " %lld", (long long)l->soft_seconds);
        emit(ctx, line.data,
             l->hard_bytes != was->hard_bytes || l->soft_bytes != was->soft_bytes ||
                 l->soft_seconds != was->soft_seconds);
        configTextClear(&line);
    }
    configClear(&initial);
}

const configKind configOutputLimits = {.set = setLimits, .text = limitsText, .lines = limitsLines};

/* ---- notify-keyspace-events ---- */

/* In the order in which they are printed: classes, then where to, then what 'A' leaves out. */
static const struct {
    char letter;
    uint32_t flag;
} notify_letters[] = {{'g', NOTIFY_GENERIC},
                      {'$', NOTIFY_STRING},
                      {'l', NOTIFY_LIST},
                      {'s', NOTIFY_SET},
                      {'h', NOTIFY_HASH},
                      {'z', NOTIFY_ZSET},
                      {'x', NOTIFY_EXPIRED},
                      {'e', NOTIFY_EVICTED},
                      {'t', NOTIFY_STREAM},
                      {'d', NOTIFY_MODULE},
                      {'a', NOTIFY_ARRAY},
                      {'n', NOTIFY_NEW},
                      {'K', NOTIFY_KEYSPACE},
                      {'E', NOTIFY_KEYEVENT},
                      {'m', NOTIFY_KEY_MISS},
                      {'o', NOTIFY_OVERWRITTEN},
                      {'c', NOTIFY_TYPE_CHANGED},
                      {'S', NOTIFY_SUBKEYSPACE},
                      {'T', NOTIFY_SUBKEYEVENT},
                      {'I', NOTIFY_SUBKEYSPACEITEM},
                      {'V', NOTIFY_SUBKEYSPACEEVENT}};

enum { NOTIFY_LETTERS = sizeof notify_letters / sizeof notify_letters[0] };

bool configParseNotify(bytes letters, uint32_t *flags) {
    uint32_t found = 0;
    for (size_t i = 0; i < letters.size; i++) {
        uint32_t flag = letters.data[i] == 'A' ? NOTIFY_ALL : 0;
        for (int j = 0; j < NOTIFY_LETTERS; j++)
            if (notify_letters[j].letter == letters.data[i]) flag = notify_letters[j].flag;
        if (!flag) return false;
        found |= flag;
    }
    *flags = found;
    return true;
}

static bool setNotify(config *c, const configRow *row, const bytes *words, int count,
                      configError e) {
    (void)row;
    (void)count;
    if (configParseNotify(words[0], &c->notify_keyspace_events)) return true;
    return configFail(e, "Invalid event class character. Use 'Ag$lshzxeKEtmdnoca'.");
}

static void notifyText(const config *c, configText *out) {
    uint32_t flags = c->notify_keyspace_events;
    bool all = (flags & NOTIFY_ALL) == NOTIFY_ALL;
    if (all) configTextAddBytes(out, BYTES("A"));
    for (int i = 0; i < NOTIFY_LETTERS; i++) {
        if (!(flags & notify_letters[i].flag)) continue;
        if (all && (notify_letters[i].flag & NOTIFY_ALL)) continue;
        configTextAddBytes(out, bytesOf(&notify_letters[i].letter, 1));
    }
}

const configKind configNotify = {.set = setNotify, .text = notifyText};

/* ---- oom-score-adj-values ---- */

static bool setOomScores(config *c, const configRow *row, const bytes *words, int count,
                         configError e) {
    (void)row;
    enum { ROLES = 3, LOWEST = -2000, HIGHEST = 2000 };
    if (count != ROLES) return configFail(e, "wrong number of arguments");
    int64_t scores[ROLES];
    for (int i = 0; i < ROLES; i++)
        if (!numParseInt(words[i], &scores[i]) || scores[i] < LOWEST || scores[i] > HIGHEST)
            return configFail(
                e, "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    memcpy(c->rest->oom_scores, scores, sizeof scores);
    return true;
}

static void oomScoresText(const config *c, configText *out) {
    const int64_t *s = c->rest->oom_scores;
    configTextAdd(out, "%lld %lld %lld", (long long)s[0], (long long)s[1], (long long)s[2]);
}

int64_t configOomScore(const config *c, int role) {
    return c->rest->oom_scores[role];
}

const configKind configOomScores = {.set = setOomScores, .text = oomScoresText};

/* ---- latency-tracking-info-percentiles ---- */

static bool setPercentiles(config *c, const configRow *row, const bytes *words, int count,
                           configError e) {
    (void)row;
    if (count == 1 && words[0].size == 0) count = 0;
    double fresh[CONFIG_PERCENTILES];
    if (count > CONFIG_PERCENTILES)
        return configFail(e, "Too many latency-tracking-info-percentiles parameters");
    for (int i = 0; i < count; i++) {
        if (!numParseDouble(words[i], &fresh[i]))
            return configFail(e, "Invalid latency-tracking-info-percentiles parameters");
        if (fresh[i] < 0.0 || fresh[i] > 100.0)
            return configFail(e, "latency-tracking-info-percentiles parameters should sit between "
                                 "[0.0,100.0]");
    }
    memcpy(c->rest->percentiles, fresh, (size_t)count * sizeof fresh[0]);
    c->rest->percentile_count = count;
    return true;
}

static void percentilesText(const config *c, configText *out) {
    for (int i = 0; i < c->rest->percentile_count; i++)
        configTextAdd(out, "%s%.10g", i ? " " : "", c->rest->percentiles[i]);
}

int configShownPercentiles(const config *c, const double **out) {
    *out = c->rest->percentiles;
    return c->rest->percentile_count;
}

const configKind configPercentiles = {.set = setPercentiles, .text = percentilesText};

/* ---- dir ---- */

/* The process has one working directory; relative file names are meant from it. */
static bool setDir(config *c, const configRow *row, const bytes *words, int count, configError e) {
    (void)row;
    (void)count;
    char *path = bytesToText(words[0]), here[4096];
    int failed = chdir(path) < 0 ? errno : 0;
    if (!failed && getcwd(here, sizeof here)) {
        memFree(c->dir);
        c->dir = memText(here);
    }
    memFree(path);
    return !failed || configFail(e, "%s", strerror(failed));
}

static void dirText(const config *c, configText *out) {
    configTextAddBytes(out, bytesOfText(c->dir ? c->dir : ""));
}

const configKind configDir = {.set = setDir, .text = dirText};

/* ---- replicaof ---- */

static bool setReplicaof(config *c, const configRow *row, const bytes *words, int count,
                         configError e) {
    (void)row;
    struct configRest *r = c->rest;
    bool none = count == 0 || (count == 1 && words[0].size == 0) ||
                (count == 2 && bytesEqualWord(words[0], "no") && bytesEqualWord(words[1], "one"));
    int64_t port = 0;
    if (!none && count != 2) return configFail(e, "wrong number of arguments");
    if (!none && (!numParseInt(words[1], &port) || port < 0 || port > 65535))
        return configFail(e, "Invalid master port");
    memFree(r->replica_host);
    r->replica_host = none ? NULL : bytesToText(words[0]);
    r->replica_port = port;
    return true;
}

static void replicaofText(const config *c, configText *out) {
    const struct configRest *r = c->rest;
    if (!r->replica_host) return;
    configTextAddBytes(out, bytesOfText(r->replica_host));
    configTextAdd(out, " %lld", (long long)r->replica_port);
}

const configKind configReplicaof = {.set = setReplicaof, .text = replicaofText};

/* ---- last looks ---- */

bool configAcceptFileName(const configRow *row, bytes text, int64_t *number, configError e) {
    (void)number;
    if (!text.size || !memchr(text.data, '/', text.size)) return true;
    return configFail(e, "%s can't be a path, just a filename", row->name);
}

bool configAcceptSomeFileName(const configRow *row, bytes text, int64_t *number, configError e) {
    if (!text.size) return configFail(e, "%s can't be empty", row->name);
    return configAcceptFileName(row, text, number, e);
}

bool configAcceptPreloadFile(const configRow *row, bytes text, int64_t *number, configError e) {
    static const char forms[][5] = {"aof:", "rdb:"};
    (void)number;
    if (!text.size) return true;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (text.size > 4 && !memcmp(text.data, forms[i], 4)) return true;
    return configFail(e, "%s must be aof:<manifest> or rdb:<file>", row->name);
}

bool configAcceptHostname(const configRow *row, bytes text, int64_t *number, configError e) {
    (void)row;
    (void)number;
    enum { HOSTNAME_MAX = 255 };
    if (text.size > HOSTNAME_MAX)
        return configFail(e, "Hostnames must be less than %d characters", HOSTNAME_MAX + 1);
    for (size_t i = 0; i < text.size; i++)
        if (!isalnum((unsigned char)text.data[i]) && text.data[i] != '-' && text.data[i] != '.')
            return configFail(
                e, "Hostnames may only contain alphanumeric characters, hyphens or dots");
    return true;
}

/* Braces must hold a name that the title knows. */
bool configAcceptTitle(const configRow *row, bytes text, int64_t *number, configError e) {
    (void)row;
    (void)number;
    static const char *const names[] = {"title",    "listen-addr", "server-mode", "port",
                                        "tls-port", "unixsocket",  "config-file", NULL};
    bool fits = text.size > 0;
    for (size_t i = 0; fits && i < text.size; i++) {
        if (text.data[i] != '{') continue;
        const char *start = text.data + i + 1;
        const char *end = memchr(start, '}', text.size - i - 1);
        bytes name = bytesOf(start, end ? (size_t)(end - start) : 0);
        const char *const *known = names;
        while (*known && !bytesEqualWord(name, *known)) known++;
        fits = end && *known;
        if (fits) i += name.size + 1;
    }
    return fits || configFail(e, "template format is invalid or contains unknown variables");
}

bool configAcceptLogFile(const configRow *row, bytes text, int64_t *number, configError e) {
    (void)row;
    (void)number;
    if (!text.size) return true;
    char *path = bytesToText(text);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    int failed = fd < 0 ? errno : 0;
    if (fd >= 0) close(fd);
    memFree(path);
    return !failed || configFail(e, "Can't open the log file: %s", strerror(failed));
}

bool configAcceptHz(const configRow *row, bytes text, int64_t *number, configError e) {
    (void)row;
    (void)text;
    (void)e;
    enum { SLOWEST = 1, FASTEST = 500 };
    if (*number < SLOWEST) *number = SLOWEST;
    if (*number > FASTEST) *number = FASTEST;
    return true;
}

bool configAcceptBacklog(const configRow *row, bytes text, int64_t *number, configError e) {
    (void)row;
    (void)text;
    (void)e;
    enum { SMALLEST_BYTES = 16 * 1024 };
    if (*number < SMALLEST_BYTES) *number = SMALLEST_BYTES;
    return true;
}

bool configAcceptShutdown(const configRow *row, bytes text, int64_t *number, configError e) {
    (void)row;
    (void)text;
    if ((*number & SHUTDOWN_SAVE) && (*number & SHUTDOWN_NOSAVE))
        return configFail(e, "shutdown options SAVE and NOSAVE can't be used simultaneously");
    return true;
}
