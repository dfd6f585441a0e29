#include "server/script/function.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "server/core/reply.h"
#include "server/script/function_internal.h"
#include "server/script/lua_env.h"
#include "server/script/shebang.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/persist/rdb_dump.h"
#include "storage/persist/rdb_format.h"
#include "storage/persist/rdb_read.h"
#include "storage/persist/rdb_write.h"

enum { OPCODE_FUNCTION = 245, FOOTER = 10 };

/* ---- tables ---- */

static uint64_t libraryHash(const void *item) {
    return hashBytes(bytesOfText(((const library *)item)->name));
}

static bool libraryHolds(const void *item, bytes key) {
    return bytesEqual(bytesOfText(((const library *)item)->name), key);
}

static uint64_t functionHash(const void *item) {
    return hashBytes(bytesOfText(((const function *)item)->lower));
}

static bool functionHolds(const void *item, bytes key) {
    return bytesEqual(bytesOfText(((const function *)item)->lower), key);
}

static const dictType library_type = {.hashOf = libraryHash, .holds = libraryHolds};
static const dictType function_type = {.hashOf = functionHash, .holds = functionHolds};

libraries *librariesNew(void) {
    libraries *l = memCalloc(1, sizeof *l);
    chainInit(&l->all);
    l->by_name = dictNew(&library_type);
    l->functions = dictNew(&function_type);
    return l;
}

static void freeFunction(function *f) {
    memFree(f->name);
    memFree(f->lower);
    memFree(f->description);
    memFree(f);
}

/* L NULL: the Lua state is gone with all it held. */
static void freeLibrary(library *l, lua_State *L) {
    for (size_t i = 0; i < l->count; i++) {
        if (L) luaL_unref(L, LUA_REGISTRYINDEX, l->functions[i]->code.ref);
        freeFunction(l->functions[i]);
    }
    memFree(l->functions);
    memFree(l->name);
    memFree(l->code);
    memFree(l);
}

bool librariesDrain(libraries *l, size_t items) {
    for (chainNode *node; items && (node = chainTakeFirst(&l->all));) {
        library *first = CHAIN_ITEM(node, library, node);
        items = items > first->count ? items - first->count : 0;
        freeLibrary(first, NULL);
    }
    return l->all.count > 0;
}

void librariesFree(libraries *l) {
    librariesDrain(l, SIZE_MAX);
    dictFree(l->by_name);
    dictFree(l->functions);
    memFree(l);
}

size_t librariesCount(const libraries *l) {
    return dictCount(l->by_name);
}

size_t librariesFunctionCount(const libraries *l) {
    return dictCount(l->functions);
}

size_t librariesBytes(const libraries *l) {
    return l->bytes + dictBytes(l->by_name) + dictBytes(l->functions);
}

static library *findLibrary(const libraries *l, bytes name) {
    return dictFind(l->by_name, keyRefOf(name));
}

/* A copy of 'name' in lower case: functions are found in either. */
static char *lowerCopy(bytes name) {
    char *copy = bytesToText(name);
    for (char *p = copy; *p; p++) *p = (char)tolower((unsigned char)*p);
    return copy;
}

static function *findFunction(const libraries *l, bytes name) {
    char small[64];
    char *lower = name.size < sizeof small ? small : memAlloc(name.size + 1);
    for (size_t i = 0; i < name.size; i++) lower[i] = (char)tolower((unsigned char)name.data[i]);
    function *f = dictFind(l->functions, keyRefOf(bytesOf(lower, name.size)));
    if (lower != small) memFree(lower);
    return f;
}

uint32_t functionFlagsOf(const server *s, bytes name) {
    const function *f = findFunction(s->scripts->libraries, name);
    return f ? f->code.flags : SCRIPT_UNDECLARED;
}

/* Puts a whole library into the tables. */
static void addToTables(libraries *all, library *l) {
    chainAppend(&all->all, &l->node);
    dictAdd(all->by_name, libraryHash(l), l);
    for (size_t i = 0; i < l->count; i++)
        dictAdd(all->functions, functionHash(l->functions[i]), l->functions[i]);
    all->bytes += l->bytes;
}

static void takeFromTables(libraries *all, library *l) {
    chainRemove(&all->all, &l->node);
    dictRemoveItem(all->by_name, libraryHash(l), l);
    for (size_t i = 0; i < l->count; i++)
        dictRemoveItem(all->functions, functionHash(l->functions[i]), l->functions[i]);
    dictTidy(all->by_name);
    dictTidy(all->functions);
    all->bytes -= l->bytes;
}

/* ---- loading ---- */

static char *errorText(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *errorText(const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return memText(text);
}

bool libraryAddFunction(library *l, bytes name, bytes description, uint32_t flags, int ref) {
    char *lower = lowerCopy(name);
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->functions[i]->lower, lower) != 0) continue;
        memFree(lower);
        return false;
    }
    if (l->count == l->room) {
        l->room = l->room ? l->room * 2 : 4;
        l->functions = memRealloc(l->functions, l->room * sizeof *l->functions);
    }
    function *f = memAlloc(sizeof *f);
    *f = (function){.of = l, .name = bytesToText(name), .lower = lower};
    if (description.data) f->description = bytesToText(description);
    f->code = (scriptCode){.kind = SCRIPT_FUNCTION,
                           .name = f->name,
                           .name_size = name.size,
                           .ref = ref,
                           .flags = flags};
    l->functions[l->count++] = f;
    l->bytes += sizeof *f + 2 * (name.size + 1) + description.size;
    return true;
}

/* Compiles and runs the text; a library that is in no table, or NULL with the error. 'must_be_new':
 * there may be none of its name. */
static library *build(server *s, bytes code, bool must_be_new, char **error) {
    scripts *sc = s->scripts;
    char *name;
    bytes body;
    if ((*error = shebangOfLibrary(code, &name, &body))) return NULL;
    if (must_be_new && findLibrary(sc->libraries, bytesOfText(name))) {
        *error = errorText("ERR Library '%s' already exists", name);
        memFree(name);
        return NULL;
    }
    luaEnv *e = scriptFunctionEnv(sc);
    if (luaEnvCompile(e->L, body, "@user_function") != 0) {
        *error = errorText("ERR Error compiling function: %s", lua_tostring(e->L, -1));
        lua_pop(e->L, 1);
        memFree(name);
        return NULL;
    }
    library *l = memCalloc(1, sizeof *l);
    l->name = name;
    l->code = bytesToText(code);
    l->code_size = code.size;
    l->bytes = sizeof *l + strlen(name) + 1 + code.size + 1;
    scriptCode run = {.kind = SCRIPT_LOADING,
                      .name = l->name,
                      .name_size = strlen(l->name),
                      .ref = luaL_ref(e->L, LUA_REGISTRYINDEX)};
    char *raised;
    sc->libraries->loading = l;
    bool good = scriptLoadLibrary(sc, e, &run, &raised);
    sc->libraries->loading = NULL;
    luaL_unref(e->L, LUA_REGISTRYINDEX, run.ref);
    if (!good)
        *error = errorText("ERR Error registering functions: %s", raised);
    else if (!l->count)
        *error = memText("ERR No functions registered");
    memFree(raised);
    if (!*error) return l;
    freeLibrary(l, e->L);
    return NULL;
}

/* A function of 'l' that another library has too, 'but' (may be NULL) not counting. */
static const function *collision(const libraries *all, const library *l, const library *but) {
    for (size_t i = 0; i < l->count; i++) {
        const function *other =
            dictFind(all->functions, keyRefOf(bytesOfText(l->functions[i]->lower)));
        if (other && other->of != but) return other;
    }
    return NULL;
}

/* Puts 'l' in the place of one of its name, if there is one; NULL, or the error and 'l' is freed.
 */
static char *insert(server *s, library *l) {
    libraries *all = s->scripts->libraries;
    library *old = findLibrary(all, bytesOfText(l->name));
    const function *twice = collision(all, l, old);
    lua_State *L = s->scripts->function_env->L;
    if (twice) {
        char *error = errorText("ERR Function %s already exists", twice->name);
        freeLibrary(l, L);
        return error;
    }
    if (old) {
        takeFromTables(all, old);
        freeLibrary(old, L);
    }
    addToTables(all, l);
    return NULL;
}

static void collect(server *s) {
    lua_gc(s->scripts->function_env->L, LUA_GCSTEP, 100);
}

const char *functionsLoad(server *s, bytes code, bool replace, char **error) {
    library *l = build(s, code, !replace, error);
    if (l && (*error = insert(s, l))) l = NULL;
    if (s->scripts->function_env) collect(s);
    return l ? l->name : NULL;
}

bool functionsDelete(server *s, bytes name) {
    library *l = findLibrary(s->scripts->libraries, name);
    if (!l) return false;
    takeFromTables(s->scripts->libraries, l);
    freeLibrary(l, s->scripts->function_env->L);
    collect(s);
    return true;
}

void functionsFlush(server *s, bool at_once) {
    scripts *sc = s->scripts;
    scriptRetire(sc, sc->function_env, NULL, sc->libraries, at_once);
    sc->function_env = NULL;
    sc->libraries = librariesNew();
}

/* ---- looking ---- */

void functionsEach(const server *s, void (*visit)(void *ctx, bytes code), void *ctx) {
    CHAIN_EACH(&s->scripts->libraries->all, node) {
        const library *l = CHAIN_ITEM(node, library, node);
        visit(ctx, bytesOf(l->code, l->code_size));
    }
}

void functionsEachLibrary(const server *s, void (*visit)(void *ctx, const libraryInfo *library),
                          void *ctx) {
    CHAIN_EACH(&s->scripts->libraries->all, node) {
        const library *l = CHAIN_ITEM(node, library, node);
        libraryInfo info = {l->name, bytesOf(l->code, l->code_size), l->count};
        visit(ctx, &info);
    }
}

functionInfo functionAt(const server *s, const libraryInfo *info, size_t index) {
    const library *l = findLibrary(s->scripts->libraries, bytesOfText(info->name));
    ensure(l);
    ensure(index < l->count);
    const function *f = l->functions[index];
    return (functionInfo){f->name, f->description, f->code.flags};
}

/* ---- FCALL ---- */

void functionCall(client *c, bool read_only) {
    scripts *sc = c->server->scripts;
    function *f = findFunction(sc->libraries, c->argv[1]);
    int key_count;
    scriptShow(c);
    if (!f) {
        replyError(c, "ERR Function not found");
        return;
    }
    if (!scriptKeyCount(c, "ERR Bad number of keys provided", &key_count)) return;
    scriptCallCode(sc, sc->function_env, &f->code, c, 3, key_count, read_only);
}

/* ---- payloads ---- */

static void dumpOne(void *ctx, bytes code) {
    rdbSink *sink = ctx;
    rdbPutByte(sink, OPCODE_FUNCTION);
    rdbPutString(sink, code);
}

char *functionsDump(const server *s, size_t *size) {
    rdbBuffer b;
    rdbBufferInit(&b, s->config.rdb_compression);
    functionsEach(s, dumpOne, &b.sink);
    rdbDumpSeal(&b, RDB_VERSION_7_0);
    bytes payload = rdbBufferBytes(&b);
    char *copy = b.failed ? NULL : memTryAlloc(payload.size);
    if (copy) memcpy(copy, payload.data, payload.size);
    *size = payload.size;
    rdbBufferClear(&b);
    return copy;
}

/* The libraries of a payload, built and in no table yet. */
typedef struct builtSet {
    library **items;
    size_t count;
} builtSet;

static void freeSet(server *s, builtSet *set) {
    for (size_t i = 0; i < set->count; i++) freeLibrary(set->items[i], s->scripts->function_env->L);
    memFree(set->items);
}

static char *buildAll(server *s, bytes payload, builtSet *set) {
    rdbReader r = rdbReaderOf(bytesOf(payload.data, payload.size - FOOTER));
    char *error = NULL;
    while (rdbLeft(&r) && !error) {
        uint8_t opcode;
        rdbString code;
        if (!rdbReadByte(&r, &opcode) || opcode != OPCODE_FUNCTION)
            return memText("ERR given type is not a function");
        if (!rdbReadString(&r, &code)) return memText("ERR Failed loading library data");
        library *l = build(s, code.text, false, &error);
        rdbStringClear(&code);
        if (!l) break;
        set->items = memRealloc(set->items, (set->count + 1) * sizeof(library *));
        set->items[set->count++] = l;
    }
    return error;
}

/* What stands against the set among those that are there and would stay, and in itself. */
static char *checkSet(const server *s, const builtSet *set, functionPolicy policy) {
    libraries *all = s->scripts->libraries;
    libraries *seen = librariesNew();
    char *error = NULL;
    for (size_t i = 0; i < set->count && !error; i++) {
        library *l = set->items[i];
        bytes name = bytesOfText(l->name);
        const library *old = policy == FUNCTION_FLUSH ? NULL : findLibrary(all, name);
        const function *twice = policy == FUNCTION_FLUSH ? NULL : collision(all, l, old);
        if (!twice) twice = collision(seen, l, NULL);
        if ((old && policy == FUNCTION_APPEND) || findLibrary(seen, name))
            error = errorText("ERR Library %s already exists", l->name);
        else if (twice)
            error = errorText("ERR Function %s already exists", twice->name);
        else
            addToTables(seen, l);
    }
    /* Only the tables of 'seen' go: what they held belongs to the set. */
    for (size_t i = 0; i < set->count; i++)
        if (chainLinked(&set->items[i]->node)) takeFromTables(seen, set->items[i]);
    librariesFree(seen);
    return error;
}

bool functionsRestore(server *s, bytes payload, functionPolicy policy, char **error) {
    builtSet set = {0};
    if (!rdbDumpIsTrue(payload, s->skip_checksums)) {
        *error = memText("ERR DUMP payload version or checksum are wrong");
        return false;
    }
    *error = buildAll(s, payload, &set);
    if (!*error) *error = checkSet(s, &set, policy);
    if (*error) {
        freeSet(s, &set);
        return false;
    }
    libraries *all = s->scripts->libraries;
    if (policy == FUNCTION_FLUSH)
        while (!chainIsEmpty(&all->all)) {
            library *l = CHAIN_ITEM(chainFirst(&all->all), library, node);
            takeFromTables(all, l);
            freeLibrary(l, s->scripts->function_env->L);
        }
    for (size_t i = 0; i < set.count; i++) {
        char *none = insert(s, set.items[i]);
        ensure(!none);
    }
    memFree(set.items);
    return true;
}
