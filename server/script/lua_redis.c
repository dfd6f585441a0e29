/* lua_redis.c - redis.* but for the calls: what scripts are told and what they may set. */
#include "server/core/propagate.h"
#include "server/core/server.h"
#include "server/script/lua_convert.h"
#include "server/script/lua_env.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "storage/base/sha1.h"

enum {
    REPL_NONE = 0,
    REPL_AOF = FOLLOWS_LOG,
    REPL_REPLICA = FOLLOWS_REPLICA,
    REPL_ALL = FOLLOWS_ALL
};

/* An error with no place in the script before it; where it was comes behind. */
static int raiseError(lua_State *L, const char *text) {
    luaPushError(L, bytesOfText(text));
    lua_pushnil(L);
    lua_setfield(L, -2, "ignore_error_stats_update"); /* Nothing has counted it. */
    return lua_error(L);
}

/* redis.log(level, text...) */
static int logText(lua_State *L) {
    static const int levels[] = {LOG_DEBUG_, LOG_VERBOSE, LOG_NOTICE, LOG_WARN};
    int argc = lua_gettop(L);
    if (argc < 2) return raiseError(L, "ERR redis.log() requires two arguments or more.");
    if (!lua_isnumber(L, 1))
        return raiseError(L, "ERR First argument must be a number (log level).");
    double level = lua_tonumber(L, 1);
    if (!(level >= 0 && level <= 3)) return raiseError(L, "ERR Invalid debug level.");
    if (!logEnabled(levels[(int)level])) return 0;
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (int i = 2; i <= argc; i++) {
        size_t size;
        const char *part = lua_tolstring(L, i, &size);
        if (!part) continue;
        if (i > 2) luaL_addchar(&text, ' ');
        luaL_addlstring(&text, part, size);
    }
    luaL_pushresult(&text);
    logLine(levels[(int)level], "%s", lua_tostring(L, -1));
    return 0;
}

/* redis.sha1hex(text) */
static int sha1hex(lua_State *L) {
    if (lua_gettop(L) != 1) return raiseError(L, "ERR wrong number of arguments");
    size_t size;
    const char *data = lua_tolstring(L, 1, &size);
    char digits[SHA1_HEX + 1];
    sha1Hex(bytesOf(data ? data : "", data ? size : 0), digits);
    lua_pushstring(L, digits);
    return 1;
}

static bool hasOneText(lua_State *L) {
    if (lua_gettop(L) == 1 && lua_type(L, 1) == LUA_TSTRING) return true;
    luaPushError(L, BYTES("ERR wrong number or type of arguments"));
    lua_pushnil(L);
    lua_setfield(L, -2, "ignore_error_stats_update");
    return false;
}

/* redis.error_reply(text): a text with no code gets the usual one. */
static int errorReply(lua_State *L) {
    if (!hasOneText(L)) return 1;
    size_t size;
    const char *text = lua_tolstring(L, 1, &size);
    if (size && text[0] == '-') text++;
    lua_createtable(L, 0, 1);
    if (strchr(text, ' '))
        lua_pushstring(L, text);
    else if (text[0])
        lua_pushfstring(L, "ERR %s", text);
    else
        lua_pushliteral(L, "ERR");
    lua_setfield(L, -2, "err");
    return 1;
}

/* redis.status_reply(text) */
static int statusReply(lua_State *L) {
    if (!hasOneText(L)) return 1;
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "ok");
    return 1;
}

/* redis.setresp(2 or 3) */
static int setResp(lua_State *L) {
    if (lua_gettop(L) != 1) return raiseError(L, "ERR redis.setresp() requires one argument.");
    int version = (int)lua_tointeger(L, 1);
    if (version != 2 && version != 3) return raiseError(L, "ERR RESP version must be 2 or 3.");
    luaEnvOf(L)->scripts->inner->resp = version;
    return 0;
}

/* redis.set_repl(flags): who is told of what the script changes from now on. */
static int setRepl(lua_State *L) {
    if (lua_gettop(L) != 1) return raiseError(L, "ERR redis.set_repl() requires two arguments.");
    int flags = (int)lua_tonumber(L, 1);
    if (flags & ~REPL_ALL)
        return raiseError(L,
                          "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or "
                          "REPL_NONE.");
    scripts *sc = luaEnvOf(L)->scripts;
    sc->run->limits_followers = true;
    propagateLimit(sc->server, (uint32_t)flags);
    return 0;
}

/* redis.replicate_commands(): there is no other way any more. */
static int replicateCommands(lua_State *L) {
    lua_pushboolean(L, true);
    return 1;
}

/* redis.breakpoint(): there is no debugger to stop in. */
static int breakpoint(lua_State *L) {
    lua_pushboolean(L, false);
    return 1;
}

static int debugNothing(lua_State *L) {
    (void)L;
    return 0;
}

/* redis.acl_check_cmd(command, argument...): whether the user of the script may run it. */
static int aclCheckCommand(lua_State *L) {
    const server *s = luaEnvOf(L)->scripts->server;
    int argc = lua_gettop(L);
    if (!argc)
        return raiseError(L, "ERR Please specify at least one argument for this redis lib call");
    bytes words[2] = {{0}};
    for (int i = 0; i < argc; i++) {
        if (lua_type(L, i + 1) != LUA_TSTRING && lua_type(L, i + 1) != LUA_TNUMBER)
            return raiseError(L, "ERR Lua redis lib command arguments must be strings or integers");
        size_t size;
        const char *data = lua_tolstring(L, i + 1, &size);
        if (i < 2) words[i] = bytesOf(data, size);
    }
    const command *cmd = commandFind(s->commands, words[0]);
    if (cmd && cmd->subcommand_count && argc > 1) cmd = commandFindSub(cmd, words[1]);
    if (!cmd) return raiseError(L, "ERR Invalid command passed to redis.acl_check_cmd()");
    lua_pushboolean(L, true);
    return 1;
}

/* ---- the tables ---- */

static const luaL_Reg everywhere[] = {{"log", logText}, {NULL, NULL}};

static const luaL_Reg in_scripts[] = {{"call", luaCallRaising},
                                      {"pcall", luaCallCatching},
                                      {"sha1hex", sha1hex},
                                      {"error_reply", errorReply},
                                      {"status_reply", statusReply},
                                      {"setresp", setResp},
                                      {"set_repl", setRepl},
                                      {"replicate_commands", replicateCommands},
                                      {"breakpoint", breakpoint},
                                      {"debug", debugNothing},
                                      {"acl_check_cmd", aclCheckCommand},
                                      {NULL, NULL}};

static void addFunctions(lua_State *L, const luaL_Reg *functions) {
    for (; functions->name; functions++) {
        lua_pushcfunction(L, functions->func);
        lua_setfield(L, -2, functions->name);
    }
}

static void addNumber(lua_State *L, const char *name, int value) {
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/* 7.0.1 as 0x070001. */
static int versionNumber(void) {
    int parts[3] = {0}, i = 0;
    for (const char *p = EBB_REDIS_VERSION; *p && i < 3; p++) {
        if (*p == '.')
            i++;
        else
            parts[i] = parts[i] * 10 + (*p - '0');
    }
    return parts[0] << 16 | parts[1] << 8 | parts[2];
}

static void pushCommon(lua_State *L) {
    lua_newtable(L);
    addFunctions(L, everywhere);
    addNumber(L, "LOG_DEBUG", 0);
    addNumber(L, "LOG_VERBOSE", 1);
    addNumber(L, "LOG_NOTICE", 2);
    addNumber(L, "LOG_WARNING", 3);
    addNumber(L, "REDIS_VERSION_NUM", versionNumber());
    lua_pushliteral(L, EBB_REDIS_VERSION);
    lua_setfield(L, -2, "REDIS_VERSION");
}

void luaRedisPushApi(lua_State *L) {
    pushCommon(L);
    addFunctions(L, in_scripts);
    addNumber(L, "REPL_NONE", REPL_NONE);
    addNumber(L, "REPL_AOF", REPL_AOF);
    addNumber(L, "REPL_SLAVE", REPL_REPLICA);
    addNumber(L, "REPL_REPLICA", REPL_REPLICA);
    addNumber(L, "REPL_ALL", REPL_ALL);
}

void luaRedisPushLoadApi(lua_State *L) {
    pushCommon(L);
    lua_pushcfunction(L, luaRegisterFunction);
    lua_setfield(L, -2, "register_function");
}
