#include "server/script/lua_env.h"

#ifdef EBB_LUAJIT
#include <luajit.h>
#endif

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum {
    /* A script can ask for any size; what the server needs by itself is never refused. */
    TRY_FROM = 64 * 1024,
    BYTECODE = 27 /* the first byte of compiled code */
};

/* What stays of the standard libraries. Of os only the clock: the others reach the machine. */
static const char *const base_names[] = {
    "_VERSION", "assert",     "collectgarbage", "error",    "gcinfo",   "getmetatable", "ipairs",
    "load",     "loadstring", "next",           "pairs",    "pcall",    "rawequal",     "rawget",
    "rawset",   "select",     "setmetatable",   "tonumber", "tostring", "type",         "unpack",
    "xpcall",   NULL};

static void *allocate(void *ctx, void *ptr, size_t before, size_t after) {
    luaEnv *e = ctx;
    if (!after) {
        if (ptr) e->used -= before;
        memFree(ptr);
        return NULL;
    }
    void *moved = after < TRY_FROM ? memRealloc(ptr, after) : memTryRealloc(ptr, after);
    if (moved) e->used += after - (ptr ? before : 0);
    return moved;
}

static int onPanic(lua_State *L) {
    ensurePanic("an error outside of a script: %s", lua_tostring(L, -1));
    return 0;
}

/* ---- the parts ---- */

static void openLibrary(lua_State *L, lua_CFunction open, const char *name) {
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
}

/* The standard libraries into the state's first globals, of which only parts go on. */
static void openStandard(lua_State *L) {
    openLibrary(L, luaopen_base, "");
    openLibrary(L, luaopen_table, LUA_TABLIBNAME);
    openLibrary(L, luaopen_string, LUA_STRLIBNAME);
    openLibrary(L, luaopen_math, LUA_MATHLIBNAME);
    openLibrary(L, luaopen_os, LUA_OSLIBNAME);
#ifdef EBB_LUAJIT
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
#endif
}

/* Names of Lua 5.1's own predecessors, which scripts were written with. */
static void addOldNames(lua_State *L) {
    static const char *const names[][3] = {
        {"string", "gfind", "gmatch"}, {"math", "mod", "fmod"}, {NULL, NULL, NULL}};
    for (int i = 0; names[i][0]; i++) {
        lua_getglobal(L, names[i][0]);
        lua_getfield(L, -1, names[i][2]);
        lua_setfield(L, -2, names[i][1]);
        lua_pop(L, 1);
    }
}

/* Sets field 'name' of the table at 'globals' to a guard of the table on top, which goes. */
static void addGuarded(luaEnv *e, int globals, const char *name) {
    luaGuardTop(e);
    lua_setfield(e->L, globals, name);
}

static void addStandard(luaEnv *e, int globals) {
    static const struct {
        const char *name;
        void (*wrap)(lua_State *L, int library);
    } parts[] = {{"string", luaGuardWrapString},
                 {"table", luaGuardWrapTable},
                 {"coroutine", luaGuardWrapCoroutine},
                 {"math", NULL}};
    lua_State *L = e->L;
    luaGuardWrapBase(L, LUA_GLOBALSINDEX);
    for (int i = 0; base_names[i]; i++) {
        lua_getglobal(L, base_names[i]);
        lua_setfield(L, globals, base_names[i]);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        lua_getglobal(L, parts[i].name);
        if (parts[i].wrap) parts[i].wrap(L, lua_gettop(L));
        addGuarded(e, globals, parts[i].name);
    }
    lua_newtable(L);
    lua_getglobal(L, "os");
    lua_getfield(L, -1, "clock");
    lua_setfield(L, -3, "clock");
    lua_pop(L, 1);
    addGuarded(e, globals, "os");
}

static void addOwn(luaEnv *e, int globals) {
    static const struct {
        const char *name;
        void (*push)(lua_State *L);
    } parts[] = {{"cjson", luaPushJson},
                 {"cmsgpack", luaPushMessagePack},
                 {"struct", luaPushStruct},
                 {"bit", luaPushBit},
                 {"redis", luaRedisPushApi}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        parts[i].push(e->L);
        addGuarded(e, globals, parts[i].name);
    }
    lua_getfield(e->L, globals, "redis");
    lua_setfield(e->L, globals, "server"); /* What Valkey's scripts call it. */
}

/* getmetatable("") tells a guard, so that nobody changes what strings can do for others. */
static void guardStrings(luaEnv *e) {
    lua_State *L = e->L;
    lua_pushliteral(L, "");
    bool has = lua_getmetatable(L, -1);
    ensure(has);
    lua_rawgeti(L, LUA_REGISTRYINDEX, e->view);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

/* A name that is not in the table at 'index' is an error, not nil. */
static void refuseUnknown(lua_State *L, int index) {
    lua_newtable(L);
    lua_pushcfunction(L, luaGuardMissing);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, index);
}

static void addLoadGlobals(luaEnv *e) {
    lua_State *L = e->L;
    lua_newtable(L);
    luaRedisPushLoadApi(L);
    refuseUnknown(L, lua_gettop(L));
    addGuarded(e, lua_gettop(L) - 1, "redis");
    refuseUnknown(L, lua_gettop(L));
    e->load_globals = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void seedRandom(luaEnv *e) {
    lua_State *L = e->L;
    lua_getglobal(L, "math");
    lua_getfield(L, -1, "randomseed");
    lua_pushnumber(L, (double)(rngNext(&e->scripts->server->rng) >> 16));
    lua_call(L, 1, 0);
    lua_pop(L, 1);
}

/* ---- the whole ---- */

luaEnv *luaEnvNew(scripts *sc, bool with_libraries) {
    luaEnv *e = memCalloc(1, sizeof *e);
    e->scripts = sc;
    e->load_globals = LUA_NOREF;
    lua_State *L = e->L = lua_newstate(allocate, e);
    if (!L) ensurePanic("no Lua state");
    lua_atpanic(L, onPanic);
    lua_newtable(L);
    luaGuardTop(e);
    e->view = luaL_ref(L, LUA_REGISTRYINDEX);
    openStandard(L);
    addOldNames(L);
    seedRandom(e);
    lua_newtable(L);
    int globals = lua_gettop(L);
    addStandard(e, globals);
    addOwn(e, globals);
    guardStrings(e);
    refuseUnknown(L, globals);
    if (with_libraries) addLoadGlobals(e);
    lua_pushvalue(L, globals);
    luaGuardTop(e);
    lua_getmetatable(L, -1);
    e->guard_meta = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushvalue(L, -1);
    lua_setfield(L, globals, "_G");
    lua_replace(L, LUA_GLOBALSINDEX); /* Whatever is compiled from now on sees the guard. */
    e->globals = luaL_ref(L, LUA_REGISTRYINDEX);
    ensure(lua_gettop(L) == 0);
    lua_gc(L, LUA_GCCOLLECT, 0);
    return e;
}

void luaEnvFree(luaEnv *e) {
    if (!e) return;
    lua_close(e->L);
    memFree(e);
}

int luaEnvCompile(lua_State *L, bytes code, const char *chunk) {
    if (code.size && code.data[0] == BYTECODE) {
        lua_pushliteral(L, "attempt to load compiled code");
        return LUA_ERRSYNTAX;
    }
    /* A parser holds values that no collector may take meanwhile; not all builds of Lua 5.1 take
     * care of each. */
    lua_gc(L, LUA_GCSTOP, 0);
    int err = luaL_loadbuffer(L, code.data, code.size, chunk);
    lua_gc(L, LUA_GCRESTART, 0);
    return err;
}

void luaEnvSetLoading(luaEnv *e, bool loading) {
    lua_State *L = e->L;
    lua_rawgeti(L, LUA_REGISTRYINDEX, e->guard_meta);
    lua_rawgeti(L, LUA_REGISTRYINDEX, loading ? e->load_globals : e->globals);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
