/* function_register.c - redis.register_function, what a library calls while it is loaded:
 *
 *     redis.register_function(name, callback)
 *     redis.register_function{function_name=, callback=, description=, flags={...}} */
#include "server/script/function_internal.h"
#include "server/script/lua_env.h"
#include "server/script/shebang.h"

/* What was given; stack indices, 0: not. */
typedef struct registration {
    bytes name, description;
    int callback;
    uint32_t flags;
} registration;

/* Without a place before it: what is wrong is not in Lua. */
static int raiseError(lua_State *L, const char *text) {
    lua_pushstring(L, text);
    return lua_error(L);
}

static bytes textAt(lua_State *L, int index) {
    size_t size;
    const char *data = lua_tolstring(L, index, &size);
    return bytesOf(data, size);
}

/* The list at 'index'. */
static uint32_t readFlags(lua_State *L, int index) {
    uint32_t flags = 0;
    for (int i = 1;; i++) {
        lua_rawgeti(L, index, i);
        if (lua_isnil(L, -1)) break;
        uint32_t flag = lua_type(L, -1) == LUA_TSTRING ? scriptFlagOf(textAt(L, -1)) : 0;
        if (!flag) raiseError(L, "unknown flag given");
        flags |= flag;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return flags;
}

/* A field whose key is at -2 and value at -1; what it points to stays in the table. */
static void readField(lua_State *L, registration *r) {
    if (lua_type(L, -2) != LUA_TSTRING)
        raiseError(L, "unknown argument given to redis.register_function");
    bytes key = textAt(L, -2);
    if (bytesEqual(key, BYTES("function_name"))) {
        if (lua_type(L, -1) != LUA_TSTRING)
            raiseError(L,
                       "function_name argument given to redis.register_function must be a string");
        r->name = textAt(L, -1);
    } else if (bytesEqual(key, BYTES("description"))) {
        if (lua_type(L, -1) != LUA_TSTRING)
            raiseError(L, "description argument given to redis.register_function must be a string");
        r->description = textAt(L, -1);
    } else if (bytesEqual(key, BYTES("callback"))) {
        if (!lua_isfunction(L, -1))
            raiseError(L, "callback argument given to redis.register_function must be a function");
        lua_pushvalue(L, -1);
        lua_replace(L, 2);
        r->callback = 2;
    } else if (bytesEqual(key, BYTES("flags"))) {
        if (!lua_istable(L, -1))
            raiseError(L, "flags argument to redis.register_function must be a table representing "
                          "function flags");
        r->flags = readFlags(L, lua_gettop(L));
    } else {
        raiseError(L, "unknown argument given to redis.register_function");
    }
}

static void readNamed(lua_State *L, registration *r) {
    if (!lua_istable(L, 1))
        raiseError(
            L, "calling redis.register_function with a single argument is only applicable to Lua "
               "table (representing named arguments).");
    lua_settop(L, 1);
    lua_pushnil(L); /* Where the callback goes. */
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        readField(L, r);
        lua_pop(L, 1);
    }
    if (!r->name.data) raiseError(L, "redis.register_function must get a function name argument");
    if (!r->callback) raiseError(L, "redis.register_function must get a callback argument");
}

static void readPositional(lua_State *L, registration *r) {
    if (lua_type(L, 1) != LUA_TSTRING)
        raiseError(L, "first argument to redis.register_function must be a string");
    if (!lua_isfunction(L, 2))
        raiseError(L, "second argument to redis.register_function must be a function");
    r->name = textAt(L, 1);
    r->callback = 2;
}

int luaRegisterFunction(lua_State *L) {
    library *loading = luaEnvOf(L)->scripts->libraries->loading;
    if (!loading)
        return raiseError(L, "redis.register_function can only be called on FUNCTION LOAD command");
    int argc = lua_gettop(L);
    if (argc < 1 || argc > 2)
        return raiseError(L, "wrong number of arguments to redis.register_function");
    registration r = {.flags = 0};
    if (argc == 1)
        readNamed(L, &r);
    else
        readPositional(L, &r);
    if (!shebangNameIsGood(r.name)) return raiseError(L, SHEBANG_BAD_NAME);
    lua_pushvalue(L, r.callback);
    int ref = luaL_ref(L, LUA_REGISTRYINDEX);
    if (libraryAddFunction(loading, r.name, r.description, r.flags, ref)) return 0;
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    return raiseError(L, "Function already exists in the library");
}
