/* script_run.c - one run of a script: its arguments, its errors, its end.
 *
 * All of it happens inside of one protected call whose error handler composes what will be replied,
 * so that no value of Lua is touched where an error could not be caught. */
#include <stdio.h>

#include "server/core/args.h"
#include "server/core/memory_guard.h"
#include "server/core/propagate.h"
#include "server/core/reply.h"
#include "server/observe/monitor.h"
#include "server/script/lua_convert.h"
#include "server/script/lua_env.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum {
    LEVELS_OF_C = 4,
    RUNS_A_STEP = 50, /* so many scripts, and the collector goes on */
    INNER_FLAGS = CLIENT_SCRIPT | CLIENT_NO_CONN | CLIENT_AUTHENTICATED,
    ERROR_PART_MAX = 16 * 1024
};

/* ---- what an error says ---- */

/* What tostring() would say, of any value. */
static bytes valueText(lua_State *L, int index, char *room, size_t room_size) {
    size_t size;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
    case LUA_TNUMBER: text = lua_tolstring(L, index, &size); return bytesOf(text, size);
    case LUA_TNIL: return BYTES("nil");
    case LUA_TBOOLEAN: return lua_toboolean(L, index) ? BYTES("true") : BYTES("false");
    default:
        snprintf(room, room_size, "%s: %p", luaL_typename(L, index), lua_topointer(L, index));
        return bytesOfText(room);
    }
}

/* Where the error came up: in the innermost function of the script; true if that is known. It is
 * not if a function of ours was called as the last thing a script did ("return redis.call(...)"),
 * for LuaJIT then has left the script: the last line is the best guess. */
static bool whereRaised(lua_State *L, const scriptRun *run, lua_Debug *where) {
    for (int level = 1; level <= LEVELS_OF_C; level++) {
        if (!lua_getstack(L, level, where)) break;
        lua_getinfo(L, "Sl", where);
        if (strcmp(where->what, "C") != 0 && where->currentline > 0) return true;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->code->ref);
    lua_getinfo(L, ">S", where);
    where->currentline = where->lastlinedefined;
    return false;
}

static bool hasTrueField(lua_State *L, const char *name) {
    lua_pushstring(L, name);
    lua_rawget(L, 1);
    bool is = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is;
}

static char *compose(const scriptRun *run, const char *head, bytes text, const lua_Debug *where) {
    size_t room = ERROR_PART_MAX + 512;
    char *out = memAlloc(room);
    int shown = (int)(text.size < ERROR_PART_MAX ? text.size : ERROR_PART_MAX);
    int size = snprintf(out, room, "%s%.*s", head, shown, text.data);
    if (run->code->kind != SCRIPT_LOADING)
        snprintf(out + size, room - (size_t)size, " script: %.*s, on %s:%d.",
                 (int)run->code->name_size, run->code->name, where->source, where->currentline);
    return out;
}

/* The error handler of each run: keeps the reply in the run. */
static int onError(lua_State *L) {
    scriptRun *run = luaEnvOf(L)->scripts->run;
    lua_Debug where;
    bool known = whereRaised(L, run, &where);
    char room[64], head[128] = "ERR ";
    bytes text;
    run->error_counted = false;
    if (lua_istable(L, 1)) {
        run->error_counted = hasTrueField(L, "ignore_error_stats_update");
        lua_pushliteral(L, "err");
        lua_rawget(L, 1);
        bool told = lua_type(L, -1) == LUA_TSTRING;
        if (told) head[0] = '\0';
        text = told ? valueText(L, -1, room, sizeof room) : BYTES("unknown error");
    } else {
        text = valueText(L, 1, room, sizeof room);
        /* Errors of our functions say where; they could not. */
        if (!known) snprintf(head, sizeof head, "ERR %s:%d: ", where.short_src, where.currentline);
    }
    memFree(run->error);
    run->error = compose(run, head, text, &where);
    lua_settop(L, 1);
    return 1;
}

/* ---- inside of the protected call ---- */

static void pushArguments(lua_State *L, const client *c, int first, int count) {
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushlstring(L, c->argv[first + i].data, c->argv[first + i].size);
        lua_rawseti(L, -2, i + 1);
    }
}

static int runCode(lua_State *L) {
    luaEnv *e = luaEnvOf(L);
    scriptRun *run = e->scripts->run;
    client *c = run->caller;
    int first_arg = run->first_key + run->key_count;
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->code->ref);
    if (run->code->kind == SCRIPT_FUNCTION) {
        pushArguments(L, c, run->first_key, run->key_count);
        pushArguments(L, c, first_arg, c->argc - first_arg);
        lua_call(L, 2, 1);
    } else {
        lua_rawgeti(L, LUA_REGISTRYINDEX, e->globals);
        lua_pushliteral(L, "KEYS");
        pushArguments(L, c, run->first_key, run->key_count);
        lua_rawset(L, -3);
        lua_pushliteral(L, "ARGV");
        pushArguments(L, c, first_arg, c->argc - first_arg);
        lua_rawset(L, -3);
        lua_pop(L, 1);
        lua_call(L, 0, 1);
    }
    run->replying = true;
    run->reply_begin = replyBufMark(&c->out);
    luaReplyTop(L, c, e->scripts->inner->resp);
    run->replying = false;
    return 0;
}

static int loadCode(lua_State *L) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, luaEnvOf(L)->scripts->run->code->ref);
    lua_call(L, 0, 0);
    return 0;
}

/* Calls one of the two under the error handler. True if it came to its end. */
static bool runProtected(luaEnv *e, lua_CFunction what) {
    lua_State *L = e->L;
    ensure(lua_gettop(L) == 0);
    if (!e->handler) {
        lua_pushcfunction(L, onError);
        e->handler = luaL_ref(L, LUA_REGISTRYINDEX);
        lua_pushcfunction(L, runCode);
        e->runner = luaL_ref(L, LUA_REGISTRYINDEX);
        lua_pushcfunction(L, loadCode);
        e->loader = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    e->depth = 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, e->handler);
    lua_rawgeti(L, LUA_REGISTRYINDEX, what == runCode ? e->runner : e->loader);
    int err = lua_pcall(L, 0, 0, 1);
    lua_settop(L, 0);
    scriptRun *run = e->scripts->run;
    if (err == 0) return true;
    /* Without memory, or with an error of its own, the handler was not asked. */
    if (!run->error)
        run->error = memText(err == LUA_ERRMEM ? "ERR not enough memory for the script"
                                               : "ERR error in error handling");
    return false;
}

/* ---- around it ---- */

static client *newInner(server *s) {
    client *c = clientNew(s, NULL);
    c->flags = INNER_FLAGS;
    c->live_gates = 0;
    return c;
}

/* The scripts' own client as the caller's stand-in. */
static void prepareInner(scripts *sc, const client *caller) {
    if (!sc->inner) sc->inner = newInner(sc->server);
    sc->inner->db = caller->db;
    sc->inner->resp = 2;
    if (caller->flags & CLIENT_NO_TOUCH) sc->inner->flags |= CLIENT_NO_TOUCH;
}

static void leaveInner(scripts *sc) {
    client *c = sc->inner;
    replyBufClear(&c->out);
    c->argv = NULL;
    c->argc = 0;
    c->flags &= ~(uint32_t)CLIENT_NO_TOUCH;
    if (c->flags == INNER_FLAGS && !c->live_gates) return;
    /* Only with DEBUG SET-DISABLE-DENY-SCRIPTS it can have become something else. */
    clientFree(c);
    sc->inner = NULL;
}

static void collectSome(scripts *sc, luaEnv *e) {
    if (++sc->runs < RUNS_A_STEP) return;
    sc->runs = 0;
    lua_gc(e->L, LUA_GCSTEP, RUNS_A_STEP);
}

static void replyEnd(client *c, scriptRun *run) {
    if (run->replying) replyBufRewind(&c->out, run->reply_begin);
    if (run->error_counted)
        replyErrorTold(c, run->error);
    else
        replyError(c, run->error);
}

void scriptShow(client *c) {
    if (c->server->observer.monitored) monitorShow(c, c->cmd);
}

void scriptCallCode(scripts *sc, luaEnv *e, const scriptCode *code, client *c, int first_key,
                    int key_count, bool read_only) {
    server *s = sc->server;
    if (read_only && !(code->flags & (SCRIPT_NO_WRITES | SCRIPT_UNDECLARED))) {
        replyError(c, "ERR Can not execute a script with write flag using *_ro command.");
        return;
    }
    ensure(!sc->run);
    scriptRun run = {.code = code,
                     .env = e,
                     .caller = c,
                     .first_key = first_key,
                     .key_count = key_count,
                     .start_ns = s->now_ns,
                     .read_only = read_only || code->flags & SCRIPT_NO_WRITES,
                     .refuses_memory = !(code->flags & SCRIPT_ALLOW_OOM) && memoryRefuses(s)};
    prepareInner(sc, c);
    sc->run = &run;
    effectsBegin(s, c);
    scriptWatchBegin(sc, e);
    bool good = runProtected(e, runCode);
    scriptWatchEnd(sc);
    if (run.limits_followers) propagateLimit(s, FOLLOWS_ALL);
    effectsEnd(s, c);
    sc->run = NULL;
    if (!good) replyEnd(c, &run);
    memFree(run.error);
    leaveInner(sc);
    collectSome(sc, e);
}

bool scriptLoadLibrary(scripts *sc, luaEnv *e, const scriptCode *code, char **error) {
    ensure(!sc->run);
    scriptRun run = {.code = code, .env = e, .start_ns = sc->server->now_ns};
    sc->run = &run;
    luaEnvSetLoading(e, true);
    scriptWatchBegin(sc, e);
    bool good = runProtected(e, loadCode);
    scriptWatchEnd(sc);
    luaEnvSetLoading(e, false);
    sc->run = NULL;
    *error = run.error;
    return good;
}

bool scriptKeyCount(client *c, const char *not_a_number, int *key_count) {
    int64_t count;
    if (!argInt(c, 2, &count, not_a_number)) return false;
    const char *error = count > c->argc - 3
                            ? "ERR Number of keys can't be greater than number of args"
                        : count < 0 ? "ERR Number of keys can't be negative"
                                    : NULL;
    if (error) replyError(c, error);
    *key_count = (int)count;
    return !error;
}
