#include "server/core/config.h"

#include <stdio.h>
#include <unistd.h>

#include "server/core/config_internal.h"
#include "storage/base/ensure.h"
#include "storage/base/glob.h"
#include "storage/base/mem.h"

enum { REASON_ROOM = 512, SHOWN_NAME = 128 };

const configRow *configFindRow(bytes name) {
    for (int i = 0; i < configRowCount; i++) {
        const configRow *row = &configRows[i];
        if (bytesEqualWord(name, row->name)) return row;
        if (row->alias && bytesEqualWord(name, row->alias)) return row;
    }
    return NULL;
}

/* A value of several words given as one text is split at its spaces. */
static bool setFromText(config *c, const configRow *row, bytes value, configError e) {
    if (!(row->flags & CONFIG_MANY)) return configParseRow(c, row, &value, 1, e);
    bytes words[CONFIG_LINE_WORDS];
    char *copy = bytesToText(value);
    int count = 0;
    bool fits = true;
    for (char *at = copy; fits && *(at += strspn(at, " "));) {
        size_t size = strcspn(at, " ");
        fits = count < CONFIG_LINE_WORDS;
        if (fits) words[count++] = bytesOf(at, size);
        at += size;
    }
    fits =
        fits ? configParseRow(c, row, words, count, e) : configFail(e, "wrong number of arguments");
    memFree(copy);
    return fits;
}

bool configSetRow(config *c, const configRow *row, const bytes *words, int count, configError e) {
    if (row->flags & CONFIG_MANY)
        return count == 1 && words[0].size ? setFromText(c, row, words[0], e)
                                           : configParseRow(c, row, words, count, e);
    if (count != 1) return configFail(e, "wrong number of arguments");
    return configParseRow(c, row, words, 1, e);
}

void configRowText(const config *c, const configRow *row, configText *out) {
    configFormatRow(c, row, out);
    configTextAddBytes(out, bytesOf("", 0)); /* an empty value is a text, too */
}

void configInit(config *c) {
    *c = (config){.rest = memCalloc(1, sizeof *c->rest)};
    char reason[REASON_ROOM], here[4096];
    for (int i = 0; i < configRowCount; i++) {
        const configRow *row = &configRows[i];
        if (row->kind == &configDir) continue;
        bool fits =
            setFromText(c, row, bytesOfText(row->initial), (configError){reason, sizeof reason});
        ensure(fits);
    }
    c->dir = memText(getcwd(here, sizeof here) ? here : "");
}

void configClear(config *c) {
    for (int i = 0; i < c->bind_count; i++) memFree(c->binds[i]);
    for (int i = 0; i < configRowCount; i++) configDropValue(c, &configRows[i]);
    for (int i = 0; i < c->rest->extra_count; i++) {
        memFree(c->rest->extras[i].name);
        memFree(c->rest->extras[i].first);
        memFree(c->rest->extras[i].second);
    }
    memFree(c->rest->extras);
    memFree(c->rest->replica_host);
    memFree(c->rest->path);
    memFree(c->dir);
    memFree(c->rest);
    *c = (config){0};
}

void configOnChange(config *c, const char *name, configChanged changed, void *ctx) {
    const configRow *row = configFindRow(bytesOfText(name));
    ensure(row);
    ensure(c->rest->hook_count < CONFIG_HOOKS_MAX);
    c->rest->hooks[c->rest->hook_count++] = (configHook){row, changed, ctx};
}

const char *configPath(const config *c) {
    return c->rest->path ? c->rest->path : "";
}

bool configIsSecret(bytes name) {
    const configRow *row = configFindRow(name);
    return row && row->flags & CONFIG_SECRET;
}

int64_t configInt(const config *c, const char *name) {
    const configRow *row = configFindRow(bytesOfText(name));
    ensure(row);
    ensure(row->type != CONFIG_TEXT && row->type != CONFIG_BYTES && row->type != CONFIG_SPECIAL);
    return configNumber(c, row);
}

const char *configStr(const config *c, const char *name) {
    const configRow *row = configFindRow(bytesOfText(name));
    ensure(row);
    ensure(row->type == CONFIG_TEXT);
    return configString(c, row);
}

bytes configBytes(const config *c, const char *name) {
    const configRow *row = configFindRow(bytesOfText(name));
    ensure(row);
    ensure(row->type == CONFIG_BYTES);
    return configSized(c, row);
}

void configEachExtra(const config *c, const char *name,
                     void (*visit)(void *ctx, const char *first, const char *second), void *ctx) {
    for (int i = 0; i < c->rest->extra_count; i++) {
        const configExtra *extra = &c->rest->extras[i];
        if (!strcmp(extra->name, name)) visit(ctx, extra->first, extra->second);
    }
}

void configEachInert(const config *c, void (*visit)(void *ctx, const char *name), void *ctx) {
    for (int i = 0; i < configRowCount; i++) {
        if (!(configRows[i].flags & CONFIG_INERT)) continue;
        configText now = {0};
        configRowText(c, &configRows[i], &now);
        /* 'save ""' asks for nothing, and gets it. */
        bool is_set = now.size && strcmp(now.data, configRows[i].initial) != 0;
        configTextClear(&now);
        if (is_set) visit(ctx, configRows[i].name);
    }
    static const char *const extras[] = {"loadmodule", "user"};
    for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++)
        for (int j = 0; j < c->rest->extra_count; j++)
            if (!strcmp(c->rest->extras[j].name, extras[i])) {
                visit(ctx, extras[i]);
                break;
            }
}

void configEachName(void (*visit)(void *ctx, const char *name, const char *alias), void *ctx) {
    for (int i = 0; i < configRowCount; i++) visit(ctx, configRows[i].name, configRows[i].alias);
}

/* ---- CONFIG GET ---- */

typedef struct getting {
    const config *c;
    void (*visit)(void *ctx, bytes name, bytes value);
    void *ctx;
    bool told[CONFIG_ROWS_MAX][2]; /* by name, by alias */
} getting;

static void tell(getting *g, int row, int which, bytes name) {
    if (g->told[row][which]) return;
    g->told[row][which] = true;
    configText value = {0};
    configRowText(g->c, &configRows[row], &value);
    g->visit(g->ctx, name, bytesOf(value.data, value.size));
    configTextClear(&value);
}

static bool isPattern(bytes text) {
    for (size_t i = 0; i < text.size; i++)
        if (strchr("*?[", text.data[i]) && text.data[i]) return true;
    return false;
}

static void tellMatching(getting *g, bytes pattern) {
    bool whole = !isPattern(pattern);
    for (int i = 0; i < configRowCount; i++) {
        const char *names[2] = {configRows[i].name, configRows[i].alias};
        for (int j = 0; j < 2 && names[j]; j++) {
            bytes name = bytesOfText(names[j]);
            if (whole && bytesEqualWord(pattern, names[j]))
                tell(g, i, j, pattern);
            else if (!whole && !(configRows[i].flags & CONFIG_HIDDEN) &&
                     globMatch(pattern, name, true))
                tell(g, i, j, name);
        }
    }
}

void configGet(const config *c, const bytes *patterns, int count,
               void (*visit)(void *ctx, bytes name, bytes value), void *ctx) {
    getting g = {.c = c, .visit = visit, .ctx = ctx};
    for (int i = 0; i < count; i++) tellMatching(&g, patterns[i]);
}

/* ---- CONFIG SET ---- */

/* One parameter of a CONFIG SET; the old value is kept as text until all of them stand. */
typedef struct setting {
    const configRow *row;
    configText before;
    bool changed;
} setting;

typedef struct settings {
    config *c;
    const bytes *names;
    setting *list;
    int count;
    char reason[REASON_ROOM];
    int failed; /* which one the reason is about */
} settings;

static bool refuse(settings *s, int which, const char *reason) {
    s->failed = which;
    if (reason) snprintf(s->reason, sizeof s->reason, "%s", reason);
    return false;
}

bool configFixedWhileLoading(bytes name) {
    const configRow *row = configFindRow(name);
    return row && row->flags & CONFIG_NOT_LOADING;
}

static bool checkSetting(settings *s, int which, bool may_set_protected) {
    const configRow *row = s->list[which].row;
    if (row->flags & CONFIG_IMMUTABLE) return refuse(s, which, "can't set immutable config");
    if ((row->flags & CONFIG_PROTECTED) && !may_set_protected)
        return refuse(s, which, "can't set protected config");
    for (int i = 0; i < which; i++)
        if (s->list[i].row == row) return refuse(s, which, "duplicate parameter");
    return true;
}

/* The text that sets a row to what it is. */
static void addSource(const config *c, const configRow *row, configText *out) {
    if (row->kind && row->kind->source)
        row->kind->source(c, out);
    else
        configRowText(c, row, out);
}

static bytes textBytes(const configText *t) {
    return bytesOf(t->data, t->size);
}

static void restore(settings *s) {
    char reason[REASON_ROOM];
    for (int i = 0; i < s->count; i++)
        if (s->list[i].before.data)
            setFromText(s->c, s->list[i].row, textBytes(&s->list[i].before),
                        (configError){reason, sizeof reason});
}

static bool setAll(settings *s, const bytes *values) {
    for (int i = 0; i < s->count; i++) {
        setting *one = &s->list[i];
        addSource(s->c, one->row, &one->before);
        configError e = {s->reason, sizeof s->reason};
        if (!setFromText(s->c, one->row, values[i], e)) return refuse(s, i, NULL);
        configText now = {0};
        addSource(s->c, one->row, &now);
        one->changed = !bytesEqual(textBytes(&now), textBytes(&one->before));
        configTextClear(&now);
    }
    return true;
}

/* The parameter that makes this hook run now, or -1. */
static int causeOf(const settings *s, const configHook *hook) {
    const struct configRest *r = s->c->rest;
    for (int i = 0; i < s->count; i++) {
        if (!s->list[i].changed) continue;
        for (int j = 0; j < r->hook_count; j++)
            if (r->hooks[j].row == s->list[i].row && r->hooks[j].changed == hook->changed &&
                r->hooks[j].ctx == hook->ctx)
                return i;
    }
    return -1;
}

static bool isFirstOfItsKind(const struct configRest *r, int which) {
    for (int i = 0; i < which; i++)
        if (r->hooks[i].changed == r->hooks[which].changed &&
            r->hooks[i].ctx == r->hooks[which].ctx)
            return false;
    return true;
}

/* Runs the hooks of what changed, the first 'limit' ones of the table. */
static int runHooks(settings *s, int limit, bool *all) {
    struct configRest *r = s->c->rest;
    for (int i = 0; i < limit; i++) {
        const configHook *hook = &r->hooks[i];
        int cause = causeOf(s, hook);
        if (cause < 0 || !isFirstOfItsKind(r, i)) continue;
        if (hook->changed(hook->ctx, s->c, s->reason, sizeof s->reason)) continue;
        *all = refuse(s, cause, NULL);
        return i + 1;
    }
    return limit;
}

static bool applyAll(settings *s) {
    bool all = true, ignored = true;
    char reason[REASON_ROOM];
    int done = runHooks(s, s->c->rest->hook_count, &all);
    if (all) return true;
    /* The floors that heard of the new values must hear of the old ones, the refusing one too. */
    int failed = s->failed;
    memcpy(reason, s->reason, sizeof reason);
    restore(s);
    while (done > 0 && runHooks(s, done, &ignored) < done) done--;
    memcpy(s->reason, reason, sizeof reason);
    s->failed = failed;
    return false;
}

static int shownSize(bytes name) {
    return (int)(name.size < SHOWN_NAME ? name.size : SHOWN_NAME);
}

static int replyRefused(const settings *s, bytes name, char *error, size_t error_room) {
    snprintf(error, error_room, "CONFIG SET failed (possibly related to argument '%.*s') - %s",
             shownSize(name), name.data, s->reason);
    return ERR_SYNTAX;
}

/* The parameter's own spelling of the name or alias that was sent. */
static bytes ownSpelling(const configRow *row, bytes sent) {
    return bytesOfText(bytesEqualWord(sent, row->name) ? row->name : row->alias);
}

/* What is wrong with a name is told of the name as it was sent; what is wrong with a value, in the
 * parameter's own spelling: that is what clients know. */
static int runSettings(settings *s, const bytes *values, bool may_set_protected, char *error,
                       size_t error_room) {
    for (int i = 0; i < s->count; i++) {
        bytes name = s->names[i];
        s->list[i].row = configFindRow(name);
        if (!s->list[i].row) {
            snprintf(error, error_room,
                     "Unknown option or number of arguments for CONFIG SET - '%.*s'",
                     shownSize(name), name.data);
            return ERR_NOT_FOUND;
        }
        if (!checkSetting(s, i, may_set_protected))
            return replyRefused(s, s->names[s->failed], error, error_room);
    }
    if (setAll(s, values)) {
        if (applyAll(s)) return ERR_OK;
    } else {
        restore(s);
    }
    bytes shown = ownSpelling(s->list[s->failed].row, s->names[s->failed]);
    return replyRefused(s, shown, error, error_room);
}

int configSet(config *c, const bytes *names, const bytes *values, int count, bool may_set_protected,
              char *error, size_t error_room) {
    settings s = {.c = c, .names = names, .count = count};
    s.list = memCalloc((size_t)count, sizeof *s.list);
    int err = runSettings(&s, values, may_set_protected, error, error_room);
    for (int i = 0; i < count; i++) configTextClear(&s.list[i].before);
    memFree(s.list);
    return err;
}
