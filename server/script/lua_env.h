/* lua_env.h - a Lua state as scripts may have it: counted memory, no way out, no way to others.
 *
 * Lua is LuaJIT with its compiler switched off, or PUC Lua 5.1 (cmake -DEBB_LUA=puc); both speak
 * Lua 5.1 through the same C interface. Measured on this floor's own loops against PUC Lua: 0.45 to
 * 0.95 of the time, never more, whole scripts of string and table work 0.45. Compiled traces would
 * be faster still, but nothing can end one that has no end: they look at no hook. Both take an
 * allocator, so that INFO tells exactly what a state holds. LuaJIT looks after coroutines with the
 * same hook (PUC Lua has one a thread), and so a script is cheap to watch: see script_watch.c.
 *
 * The sandbox: a script sees what is on a list, nothing else. Every table that is shared with later
 * scripts - globals, libraries, the metatable of strings - is only reached through a *guard*, an
 * empty table whose metatable reads through to the real one and refuses to be written. What would
 * go around that (rawset, setmetatable, table.insert...) is wrapped; so is what could hold a script
 * open for ever or read bytecode (pcall, xpcall, load). */
#ifndef EBB_SERVER_SCRIPT_LUA_ENV_H
#define EBB_SERVER_SCRIPT_LUA_ENV_H

#include "server/script/script_internal.h"

enum { ENV_GUARDS_MAX = 24 };

struct luaEnv {
    lua_State *L;
    scripts *scripts;
    size_t used;        /* bytes that the state holds */
    int globals;        /* references in the registry: the table behind the guard of globals */
    int guard_meta;     /* the metatable of that guard */
    int view;           /* what getmetatable() gives of guards */
    int load_globals;   /* what globals are while a library is loaded; LUA_NOREF for EVAL */
    int runner, loader; /* the functions that scripts run inside of, and their error handler */
    int handler;
    int depth; /* of pcall and its kin */
    /* The guards, by address: tables do not move. */
    struct luaGuard {
        const void *address;
        int behind; /* reference of the real table */
    } guards[ENV_GUARDS_MAX];
    int guard_count;
};

/* 'with_libraries' makes one for functions, which sees less while a library is loaded. */
luaEnv *luaEnvNew(scripts *sc, bool with_libraries);
void luaEnvFree(luaEnv *e);

/* Whose state it is. */
static inline luaEnv *luaEnvOf(lua_State *L) {
    void *env;
    lua_getallocf(L, &env);
    return env;
}

/* Compiles text (never bytecode), as luaL_loadbuffer does. */
int luaEnvCompile(lua_State *L, bytes code, const char *chunk);

/* What globals are from now on: those of a library's load, or all. */
void luaEnvSetLoading(luaEnv *e, bool loading);

/* ---- lua_guard.c ---- */

/* The table on top of the stack is replaced by a guard of it. */
void luaGuardTop(luaEnv *e);
/* True, with what is behind it pushed, if the value at 'index' is a guard. */
bool luaGuardPushBehind(lua_State *L, int index);
/* Each puts the functions that take the place of standard ones into the table at a stack index: the
 * standard globals, and three of their libraries. */
void luaGuardWrapBase(lua_State *L, int base);
void luaGuardWrapTable(lua_State *L, int library);
void luaGuardWrapString(lua_State *L, int library);
void luaGuardWrapCoroutine(lua_State *L, int library);
/* __newindex of guards, and __index where what is not there is an error. */
int luaGuardRefuse(lua_State *L);
int luaGuardMissing(lua_State *L);

/* ---- libraries that scripts expect: each pushes its table ---- */
void luaPushJson(lua_State *L);        /* lua_json.c: cjson */
void luaPushMessagePack(lua_State *L); /* lua_msgpack.c: cmsgpack */
void luaPushStruct(lua_State *L);      /* lua_struct.c: struct */
void luaPushBit(lua_State *L);         /* lua_bit.c: bit */

#endif
