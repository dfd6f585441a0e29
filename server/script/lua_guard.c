/* lua_guard.c - tables that scripts read and cannot change, and the standard functions that would
 * get around that or around the end of a script. See lua_env.h. */
#include "server/script/lua_env.h"
#include "storage/base/ensure.h"

enum {
    /* pcall inside of pcall: each is a call of C, whose stack is not Lua's to grow. */
    DEPTH_MAX = 190,
    LOAD_PIECES_MAX = 1024 * 1024
};

static const char refused[] = "Attempt to modify a readonly table";

int luaGuardRefuse(lua_State *L) {
    return luaL_error(L, refused);
}

int luaGuardMissing(lua_State *L) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    return luaL_error(L, "Script attempted to access nonexistent global variable '%s'", name);
}

static int guardIndex(lua_State *L, int index) {
    const luaEnv *e = luaEnvOf(L);
    const void *address = lua_topointer(L, index);
    for (int i = 0; i < e->guard_count; i++)
        if (e->guards[i].address == address) return i;
    return -1;
}

static bool isGuard(lua_State *L, int index) {
    return lua_istable(L, index) && guardIndex(L, index) >= 0;
}

bool luaGuardPushBehind(lua_State *L, int index) {
    int i = lua_istable(L, index) ? guardIndex(L, index) : -1;
    if (i < 0) return false;
    lua_rawgeti(L, LUA_REGISTRYINDEX, luaEnvOf(L)->guards[i].behind);
    return true;
}

void luaGuardTop(luaEnv *e) {
    lua_State *L = e->L;
    ensure(e->guard_count < ENV_GUARDS_MAX);
    struct luaGuard *g = &e->guards[e->guard_count++];
    lua_newtable(L);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, luaGuardRefuse);
    lua_setfield(L, -2, "__newindex");
    /* What getmetatable() gives: a guard that tells nothing, the first of all. */
    if (e->view)
        lua_rawgeti(L, LUA_REGISTRYINDEX, e->view);
    else
        lua_pushvalue(L, -2);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    g->address = lua_topointer(L, -1);
    lua_insert(L, -2);
    g->behind = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* ---- calls of C in C ----
 *
 * Lua bounds its own stack, LuaJIT not always that of C below it: what calls back into a script and
 * keeps a frame of C meanwhile is counted. An error that leaves it leaves the count to whoever
 * catches it. */

static int enter(lua_State *L) {
    luaEnv *e = luaEnvOf(L);
    if (e->depth >= DEPTH_MAX) luaL_error(L, "C stack overflow");
    return e->depth++;
}

static void leave(lua_State *L, int depth) {
    luaEnvOf(L)->depth = depth;
}

static int setn(lua_State *L) {
    return luaL_error(L, "'setn' is obsolete");
}

/* The standard function, an upvalue, with the same arguments and results. */
static int callDeeper(lua_State *L) {
    int depth = enter(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    leave(L, depth);
    return lua_gettop(L);
}

static int gsub(lua_State *L) {
    luaL_checkstring(L, 1);
    luaL_checkstring(L, 2);
    return callDeeper(L);
}

/* What coroutine.wrap() gives: the upvalues are the standard resume and the coroutine. */
static int resumeWrapped(lua_State *L) {
    int depth = enter(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_insert(L, 2);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    leave(L, depth);
    bool good = lua_toboolean(L, 1);
    lua_remove(L, 1);
    return good ? lua_gettop(L) : lua_error(L);
}

/* coroutine.wrap(function); the upvalue is the standard resume. */
static int wrapCoroutine(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, resumeWrapped, 2);
    return 1;
}

/* ---- functions that change a table ---- */

static void checkTable(lua_State *L, int index) {
    luaL_checktype(L, index, LUA_TTABLE);
    if (guardIndex(L, index) < 0) return;
    lua_pushstring(L, refused);
    lua_error(L);
}

static int setRaw(lua_State *L) {
    checkTable(L, 1);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 1;
}

static int setMetatable(lua_State *L) {
    checkTable(L, 1);
    luaL_argcheck(L, lua_isnoneornil(L, 2) || lua_istable(L, 2), 2, "nil or table expected");
    if (luaL_getmetafield(L, 1, "__metatable"))
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

/* table.insert(t, [position,] value) */
static int insert(lua_State *L) {
    checkTable(L, 1);
    int end = (int)lua_objlen(L, 1) + 1, argc = lua_gettop(L);
    if (argc != 2 && argc != 3) return luaL_error(L, "wrong number of arguments to 'insert'");
    int at = end;
    if (argc == 3) {
        at = luaL_checkint(L, 2);
        for (int i = at > end ? at : end; i > at; i--) {
            lua_rawgeti(L, 1, i - 1);
            lua_rawseti(L, 1, i);
        }
    }
    lua_settop(L, argc);
    lua_rawseti(L, 1, at);
    return 0;
}

/* table.remove(t [, position]) */
static int removeAt(lua_State *L) {
    checkTable(L, 1);
    int last = (int)lua_objlen(L, 1), at = luaL_optint(L, 2, last);
    if (at < 1 || at > last) return 0;
    lua_rawgeti(L, 1, at);
    for (; at < last; at++) {
        lua_rawgeti(L, 1, at + 1);
        lua_rawseti(L, 1, at);
    }
    lua_pushnil(L);
    lua_rawseti(L, 1, last);
    return 1;
}

static int sort(lua_State *L) {
    checkTable(L, 1);
    return callDeeper(L);
}

/* ---- functions that read a table ---- */

static int readRaw(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    if (luaGuardPushBehind(L, 1)) lua_replace(L, 1);
    lua_rawget(L, 1);
    return 1;
}

/* Iterates over what is behind a guard without giving it away. */
static int nextBehind(lua_State *L) {
    lua_settop(L, 2);
    if (!luaGuardPushBehind(L, 1)) return luaL_error(L, "a guard was expected");
    lua_replace(L, 1);
    return lua_next(L, 1) ? 2 : 0;
}

static int next(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (luaGuardPushBehind(L, 1)) lua_replace(L, 1);
    if (lua_next(L, 1)) return 2;
    lua_pushnil(L);
    return 1;
}

/* The upvalue is the standard next, which LuaJIT iterates with at once. */
static int pairs(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (isGuard(L, 1))
        lua_pushcfunction(L, nextBehind);
    else
        lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* ---- functions that catch errors ---- */

/* Calls what stands at 'function' with what is above it; true, and all results in their place, if
 * there was no error, else the error alone. */
static bool callCaught(lua_State *L, int function) {
    int depth = enter(L);
    int err = lua_pcall(L, lua_gettop(L) - function, LUA_MULTRET, 0);
    leave(L, depth);
    return err == 0;
}

/* An error of a command is a table; who catches it gets its text. */
static int pcall(lua_State *L) {
    luaL_checkany(L, 1);
    bool good = callCaught(L, 1);
    if (!good && lua_istable(L, 1)) {
        lua_pushliteral(L, "err");
        lua_rawget(L, 1);
        if (lua_isstring(L, 2)) lua_replace(L, 1);
        lua_settop(L, 1);
    }
    lua_pushboolean(L, good);
    lua_insert(L, 1);
    return lua_gettop(L);
}

/* The handler runs when the call is over and not inside of it: there a script that is being killed
 * would not be asked any more whether it goes on. */
static int xpcall(lua_State *L) {
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    lua_insert(L, 1); /* handler, function */
    bool good = callCaught(L, 2);
    if (!good) {
        lua_settop(L, 2);
        lua_call(L, 1, 1);
        lua_pushboolean(L, false);
        lua_insert(L, 1);
        return 2;
    }
    lua_pushboolean(L, true);
    lua_replace(L, 1);
    return lua_gettop(L);
}

/* ---- functions that compile ---- */

/* nil and a message, as the standard ones reply. */
static int loadText(lua_State *L, int text, const char *chunk) {
    size_t size;
    const char *data = lua_tolstring(L, text, &size);
    if (luaEnvCompile(L, bytesOf(data, size), chunk) == 0) return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

static int loadString(lua_State *L) {
    const char *text = luaL_checkstring(L, 1);
    return loadText(L, 1, luaL_optstring(L, 2, text));
}

/* load(function [, chunk]): asks for pieces until there are no more. The upvalue is table.concat,
 * which makes one text of them before any of it is parsed. */
static int loadPieces(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    const char *chunk = luaL_optstring(L, 2, "=(load)");
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_newtable(L);
    for (int i = 1; i <= LOAD_PIECES_MAX; i++) {
        lua_pushvalue(L, 1);
        lua_call(L, 0, 1);
        if (lua_isnil(L, -1)) break;
        if (!lua_isstring(L, -1)) return luaL_error(L, "reader function must return a string");
        if (lua_tostring(L, -1)[0] == '\0' && lua_objlen(L, -1) == 0) break;
        lua_rawseti(L, 4, i);
    }
    lua_settop(L, 4);
    lua_call(L, 1, 1);
    return loadText(L, 3, chunk);
}

/* The collector is the server's: scripts may ask how much there is, and have it collected. */
static int collectGarbage(lua_State *L) {
    const char *what = luaL_optstring(L, 1, "collect");
    if (!strcmp(what, "count")) {
        lua_pushnumber(L, (double)luaEnvOf(L)->used / 1024);
        return 1;
    }
    if (!strcmp(what, "collect")) lua_gc(L, LUA_GCCOLLECT, 0);
    lua_pushinteger(L, 0);
    return 1;
}

/* The field 'name' of the table at 'table' becomes 'f', with itself, or with 'other' of that table,
 * as its upvalue. */
static void wrap(lua_State *L, int table, const char *name, lua_CFunction f, const char *other) {
    lua_getfield(L, table, other ? other : name);
    lua_pushcclosure(L, f, 1);
    lua_setfield(L, table, name);
}

static void replace(lua_State *L, int table, const luaL_Reg *functions) {
    for (; functions->name; functions++) {
        lua_pushcfunction(L, functions->func);
        lua_setfield(L, table, functions->name);
    }
}

#ifndef EBB_LUAJIT

/* PUC Lua 5.1 trusts its scripts in three places more. A string grows to any size, a piece at a
 * time, with no hook asked; ... */
static int repeat(lua_State *L) {
    size_t size;
    luaL_checklstring(L, 1, &size);
    double count = luaL_checknumber(L, 2);
    if (count > 0 && (double)size * count > INT32_MAX)
        return luaL_error(L, "resulting string too large");
    return callDeeper(L);
}

/* ... the number of results overflows; ... */
static int unpack(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    double first = luaL_optnumber(L, 2, 1);
    double last = lua_isnoneornil(L, 3) ? (double)lua_objlen(L, 1) : luaL_checknumber(L, 3);
    if (last - first >= INT32_MAX) return luaL_error(L, "too many results to unpack");
    return callDeeper(L);
}

/* ... and matching calls itself for each item of the pattern, however many. */
static int match(lua_State *L) {
    enum { ITEMS_MAX = 10000 };
    size_t size;
    luaL_checkstring(L, 1);
    luaL_checklstring(L, 2, &size);
    if (size > ITEMS_MAX) return luaL_error(L, "pattern too complex");
    return callDeeper(L);
}

static void wrapTrusting(lua_State *L, int string) {
    static const char *const matching[] = {"find", "match", "gmatch", "gsub"};
    wrap(L, string, "rep", repeat, NULL);
    for (size_t i = 0; i < sizeof matching / sizeof matching[0]; i++)
        wrap(L, string, matching[i], match, NULL);
}

#endif

void luaGuardWrapBase(lua_State *L, int base) {
    static const luaL_Reg functions[] = {{"next", next},
                                         {"rawget", readRaw},
                                         {"rawset", setRaw},
                                         {"setmetatable", setMetatable},
                                         {"pcall", pcall},
                                         {"xpcall", xpcall},
                                         {"loadstring", loadString},
                                         {"collectgarbage", collectGarbage},
                                         {NULL, NULL}};
    wrap(L, base, "pairs", pairs, "next");
#ifndef EBB_LUAJIT
    wrap(L, base, "unpack", unpack, NULL);
#endif
    lua_getfield(L, base, "table");
    lua_getfield(L, -1, "concat");
    lua_pushcclosure(L, loadPieces, 1);
    lua_setfield(L, base, "load");
    lua_pop(L, 1);
    replace(L, base, functions);
}

void luaGuardWrapTable(lua_State *L, int library) {
    static const luaL_Reg functions[] = {
        {"insert", insert}, {"remove", removeAt}, {"setn", setn}, {NULL, NULL}};
    wrap(L, library, "sort", sort, NULL);
    wrap(L, library, "foreach", callDeeper, NULL);
    wrap(L, library, "foreachi", callDeeper, NULL);
    replace(L, library, functions);
}

void luaGuardWrapString(lua_State *L, int library) {
    wrap(L, library, "gsub", gsub, NULL);
#ifndef EBB_LUAJIT
    wrapTrusting(L, library);
#endif
}

void luaGuardWrapCoroutine(lua_State *L, int library) {
    wrap(L, library, "wrap", wrapCoroutine, "resume");
    wrap(L, library, "resume", callDeeper, NULL);
}
