/* lua_call.c - redis.call and redis.pcall: a command of a script.
 *
 * Arguments are not copied: they stand on the Lua stack while the command runs. The reply comes as
 * bytes into the output of the scripts' own client and is read from there, so that handlers know of
 * one kind of reply only. */
#include <stdio.h>

#include "server/core/error_stats.h"
#include "server/core/memory_guard.h"
#include "server/core/reply.h"
#include "server/script/lua_convert.h"
#include "server/script/lua_env.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

#define ERROR_WRITE "ERR Write commands are not allowed from read-only scripts."

enum { ARGS_FIRST = 32, FLAT_KEEP = 64 * 1024 };

/* ---- arguments ---- */

static void makeRoom(scripts *sc, int argc) {
    if (argc <= sc->argv_room) return;
    int room = sc->argv_room ? sc->argv_room : ARGS_FIRST;
    while (room < argc) room *= 2;
    sc->argv = memRealloc(sc->argv, (size_t)room * sizeof *sc->argv);
    sc->numbers = memRealloc(sc->numbers, (size_t)room * sizeof *sc->numbers);
    sc->argv_room = room;
}

static bytes numberText(double value, char *out) {
    if (value >= -0x1p53 && value <= 0x1p53 && value == (double)(int64_t)value)
        return bytesOf(out, numFormatInt(out, (int64_t)value));
    return bytesOf(out, (size_t)snprintf(out, SCRIPT_NUMBER_ROOM, "%.17g", value));
}

/* The arguments on the stack as those of a command. NULL, or the error text. */
static const char *takeArguments(lua_State *L, scripts *sc, int argc) {
    if (!argc) return "ERR Please specify at least one argument for this redis lib call";
    makeRoom(sc, argc);
    for (int i = 0; i < argc; i++) {
        int type = lua_type(L, i + 1);
        if (type == LUA_TSTRING) {
            size_t size;
            const char *data = lua_tolstring(L, i + 1, &size);
            sc->argv[i] = bytesOf(data, size);
        } else if (type == LUA_TNUMBER) {
            sc->argv[i] = numberText(lua_tonumber(L, i + 1), sc->numbers[i]);
        } else {
            return "ERR Lua redis lib command arguments must be strings or integers";
        }
    }
    return NULL;
}

/* ---- may it run? ---- */

/* The command of the arguments, its sub-command where it has some; NULL with the error. */
static command *resolve(scripts *sc, int argc, const char **error) {
    command *cmd = commandFind(sc->server->commands, sc->argv[0]);
    if (cmd && cmd->subcommand_count && argc > 1) cmd = commandFindSub(cmd, sc->argv[1]);
    if (!cmd) {
        *error = "ERR Unknown Redis command called from script";
        return NULL;
    }
    if (commandArityFits(cmd, argc) && cmd->run) return cmd;
    *error = "ERR Wrong number of args calling Redis command from script";
    cmd->rejected++;
    return NULL;
}

static const char *whyNot(const scriptRun *run, const command *cmd) {
    const server *s = run->caller->server;
    const uint32_t never = CMD_PUBSUB | CMD_NOT_QUEUED | CMD_RUNS_QUEUE;
    bool always = cmd->flags & never || cmd->acl & ACL_SCRIPTING;
    if (cmd->flags & CMD_NOSCRIPT && (always || !s->scripts_may_all))
        return "ERR This Redis command is not allowed from script";
    if (cmd->flags & (CMD_WRITE | CMD_MAY_REPLICATE) && run->read_only) return ERROR_WRITE;
    /* Who has written already goes on: half of what it does would be worse. */
    if (cmd->flags & CMD_DENYOOM && run->refuses_memory && !run->wrote) return MEMORY_OOM_ERROR;
    return NULL;
}

/* ---- the reply ---- */

/* All of it in one piece; NULL where there is no memory for that. */
static const char *wholeReply(scripts *sc, bytes *out) {
    const replyBuf *b = &sc->inner->out;
    struct iovec parts[64];
    size_t size = replyBufSize(b), at = 0;
    int count = replyBufPeek(b, parts, 2, size);
    if (!count) return *out = bytesOf("", 0), "";
    if (count == 1) {
        *out = bytesOf(parts[0].iov_base, parts[0].iov_len);
        return out->data;
    }
    if (size > sc->flat_room) {
        char *room = memTryRealloc(sc->flat, size);
        if (!room) return NULL;
        sc->flat = room;
        sc->flat_room = size;
    }
    while ((count = replyBufPeek(b, parts, 64, size)) > 0) {
        size_t taken = 0;
        for (int i = 0; i < count; i++) {
            memcpy(sc->flat + at, parts[i].iov_base, parts[i].iov_len);
            at += parts[i].iov_len;
            taken += parts[i].iov_len;
        }
        replyBufConsume(&sc->inner->out, taken);
    }
    *out = bytesOf(sc->flat, size);
    return sc->flat;
}

/* An error that no command replied, counted as one. */
static void pushOwnError(lua_State *L, server *s, const char *text) {
    s->stats.error_replies++;
    errorStatsCount(s->errors, bytesOfText(text));
    s->error_mark = s->stats.error_replies; /* Not a failure of the script, if it catches it. */
    luaPushError(L, bytesOfText(text));
}

/* Pushes the reply; false if it is an error. */
static bool pushReply(lua_State *L, scripts *sc) {
    bytes raw;
    if (!wholeReply(sc, &raw)) {
        replyBufClear(&sc->inner->out);
        pushOwnError(L, sc->server, "ERR not enough memory for the reply of a command");
        return false;
    }
    bool good = !raw.size || raw.data[0] != '-';
    if (raw.size)
        luaPushReply(L, raw);
    else
        lua_pushboolean(L, false); /* It has been silenced: CLIENT REPLY. */
    replyBufClear(&sc->inner->out);
    if (sc->flat_room > FLAT_KEEP) {
        memFree(sc->flat);
        sc->flat = NULL;
        sc->flat_room = 0;
    }
    return good;
}

/* ---- the call ---- */

/* Pushes what the command replies; false if it is an error. */
static bool call(lua_State *L) {
    scripts *sc = luaEnvOf(L)->scripts;
    scriptRun *run = sc->run;
    int argc = lua_gettop(L);
    if (!run || run->code->kind == SCRIPT_LOADING) {
        luaPushError(L,
                     BYTES("ERR redis.call/pcall can only be called inside a script invocation"));
        return false;
    }
    const char *error = takeArguments(L, sc, argc);
    command *cmd = error ? NULL : resolve(sc, argc, &error);
    if (cmd && (error = whyNot(run, cmd))) cmd->rejected++;
    if (error) {
        pushOwnError(L, sc->server, error);
        return false;
    }
    client *c = sc->inner;
    replyBufClear(&c->out); /* Lua may have left the last call by an error of its own. */
    c->argv = sc->argv;
    c->argc = argc;
    c->cmd = cmd;
    c->key_index = 0;
    if (dispatchInner(c, cmd) && cmd->flags & CMD_WRITE) run->wrote = true;
    lua_settop(L, 0); /* There may have been as many arguments as the stack takes. */
    return pushReply(L, sc);
}

int luaCallRaising(lua_State *L) {
    return call(L) ? 1 : lua_error(L);
}

int luaCallCatching(lua_State *L) {
    call(L);
    return 1;
}
