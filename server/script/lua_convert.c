#include "server/script/lua_convert.h"

#include <math.h>

#include "server/core/reply.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

/* ---- from replies ---- */

enum {
    STACK_A_LEVEL = 6,
    NESTING_MAX = 2000 /* of what a script returns: each level is a call of C */
};

typedef struct reader {
    lua_State *L;
    const char *at, *end;
} reader;

static bytes takeLine(reader *r) {
    const char *cr = memchr(r->at, '\r', (size_t)(r->end - r->at));
    ensure(cr);
    bytes line = bytesOf(r->at, (size_t)(cr - r->at));
    r->at = cr + 2;
    return line;
}

static int64_t takeInteger(reader *r) {
    int64_t value = 0;
    bool negative = *r->at == '-';
    const char *p = r->at + negative;
    for (; *p != '\r'; p++) value = (int64_t)((uint64_t)value * 10 + (uint64_t)(*p - '0'));
    r->at = p + 2;
    return negative ? (int64_t)(0 - (uint64_t)value) : value;
}

static bytes takeBulk(reader *r, int64_t size) {
    bytes text = bytesOf(r->at, (size_t)size);
    r->at += size + 2;
    ensure(r->at <= r->end);
    return text;
}

static void pushText(reader *r, bytes text) {
    lua_pushlstring(r->L, text.data, text.size);
}

/* A table with the field 'name' that holds the value on top. */
static void wrapTop(reader *r, const char *name) {
    lua_createtable(r->L, 0, 1);
    lua_insert(r->L, -2);
    lua_setfield(r->L, -2, name);
}

static void pushValue(reader *r);

static void pushArray(reader *r, int64_t count) {
    if (count < 0) {
        lua_pushboolean(r->L, false);
        return;
    }
    lua_createtable(r->L, count < INT32_MAX ? (int)count : 0, 0);
    for (int64_t i = 1; i <= count; i++) {
        pushValue(r);
        lua_rawseti(r->L, -2, (int)i);
    }
}

static void pushMap(reader *r, int64_t pairs) {
    lua_createtable(r->L, 0, pairs < INT32_MAX ? (int)pairs : 0);
    for (int64_t i = 0; i < pairs; i++) {
        pushValue(r);
        pushValue(r);
        lua_rawset(r->L, -3);
    }
    wrapTop(r, "map");
}

static void pushSet(reader *r, int64_t count) {
    lua_createtable(r->L, 0, count < INT32_MAX ? (int)count : 0);
    for (int64_t i = 0; i < count; i++) {
        pushValue(r);
        lua_pushboolean(r->L, true);
        lua_rawset(r->L, -3);
    }
    wrapTop(r, "set");
}

static void pushDouble(reader *r, bytes text) {
    double value;
    if (!numParseDouble(text, &value)) value = NAN;
    lua_pushnumber(r->L, value);
    wrapTop(r, "double");
}

static void pushVerbatim(reader *r, bytes text) {
    lua_createtable(r->L, 0, 2);
    pushText(r, bytesOf(text.data + 4, text.size - 4));
    lua_setfield(r->L, -2, "string");
    pushText(r, bytesOf(text.data, 3));
    lua_setfield(r->L, -2, "format");
    wrapTop(r, "verbatim_string");
}

static void skipAttribute(reader *r) {
    int64_t pairs = takeInteger(r);
    for (int64_t i = 0; i < 2 * pairs; i++) {
        pushValue(r);
        lua_pop(r->L, 1);
    }
}

/* The types that RESP3 brought. */
static void pushNewValue(reader *r, char type) {
    switch (type) {
    case '_':
        takeLine(r);
        lua_pushnil(r->L);
        return;
    case '#': lua_pushboolean(r->L, takeLine(r).data[0] == 't'); return;
    case ',': pushDouble(r, takeLine(r)); return;
    case '(':
        pushText(r, takeLine(r));
        wrapTop(r, "big_number");
        return;
    case '=': pushVerbatim(r, takeBulk(r, takeInteger(r))); return;
    case '%': pushMap(r, takeInteger(r)); return;
    case '~': pushSet(r, takeInteger(r)); return;
    case '|':
        skipAttribute(r);
        pushValue(r);
        return;
    default: ensurePanic("a reply of type %d", type);
    }
}

static void pushValue(reader *r) {
    ensure(r->at < r->end);
    luaL_checkstack(r->L, STACK_A_LEVEL, "a reply is nested too deep");
    char type = *r->at++;
    int64_t size;
    switch (type) {
    case '$':
        size = takeInteger(r);
        if (size < 0)
            lua_pushboolean(r->L, false);
        else
            pushText(r, takeBulk(r, size));
        return;
    case ':': lua_pushnumber(r->L, (double)takeInteger(r)); return;
    case '+':
        pushText(r, takeLine(r));
        wrapTop(r, "ok");
        return;
    case '-': luaPushError(r->L, takeLine(r)); return;
    case '*':
    case '>': pushArray(r, takeInteger(r)); return;
    default: pushNewValue(r, type);
    }
}

void luaPushReply(lua_State *L, bytes raw) {
    reader r = {.L = L, .at = raw.data, .end = raw.data + raw.size};
    pushValue(&r);
}

void luaPushError(lua_State *L, bytes text) {
    lua_createtable(L, 0, 2);
    lua_pushlstring(L, text.data, text.size);
    lua_setfield(L, -2, "err");
    lua_pushboolean(L, true);
    lua_setfield(L, -2, "ignore_error_stats_update");
}

/* ---- to replies ---- */

/* Pushes field 'name' of the table on top; false, and nothing pushed, if it is not of this type. No
 * metamethod is asked: it could run anything while a reply is half written. */
static bool pushField(lua_State *L, const char *name, int type) {
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    if (lua_type(L, -1) == type) return true;
    lua_pop(L, 1);
    return false;
}

static bytes textAt(lua_State *L, int index) {
    size_t size;
    const char *data = lua_tolstring(L, index, &size);
    return bytesOf(data, size);
}

/* As a C cast does where that is defined, and where it is not, as it comes out on x86. */
static int64_t truncated(double value) {
    return value >= -0x1p63 && value < 0x1p63 ? (int64_t)value : INT64_MIN;
}

/* The error of a table; one that came from a command is counted already. */
static void replyErrorTable(lua_State *L, client *c) {
    bytes text = textAt(L, -1);
    lua_pushvalue(L, -2);
    bool counted = pushField(L, "ignore_error_stats_update", LUA_TBOOLEAN);
    if (counted) lua_pop(L, 1);
    lua_pop(L, 1);
    if (counted)
        replyErrorTold(c, text.data);
    else
        replyError(c, text.data);
}

/* Line breaks would end such a reply, and so they become spaces. */
static void replyLine(client *c, bytes text, void (*reply)(client *c, bytes line)) {
    char small[256];
    char *copy = text.size <= sizeof small ? small : memTryAlloc(text.size);
    if (!copy) {
        replyError(c, "ERR not enough memory for the reply");
        return;
    }
    for (size_t i = 0; i < text.size; i++)
        copy[i] = text.data[i] == '\r' || text.data[i] == '\n' ? ' ' : text.data[i];
    reply(c, bytesOf(copy, text.size));
    if (copy != small) memFree(copy);
}

static void replyVerbatimTable(lua_State *L, client *c) {
    char format[4] = "txt";
    bool has_format = pushField(L, "format", LUA_TSTRING);
    if (has_format) {
        bytes text = textAt(L, -1);
        for (size_t i = 0; i < 3; i++) format[i] = i < text.size ? text.data[i] : ' ';
        lua_pop(L, 1);
    }
    if (!has_format || !pushField(L, "string", LUA_TSTRING)) {
        replyArray(c, 0);
        return;
    }
    replyVerbatim(c, format, textAt(L, -1));
    lua_pop(L, 1);
}

/* Of the table on top: each key, and with 'values' what it leads to. */
static void replyPairs(lua_State *L, client *c, int resp, bool values) {
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) count++;
    if (values)
        replyMap(c, count);
    else
        replySet(c, count);
    for (lua_pushnil(L); lua_next(L, -2);) {
        lua_pushvalue(L, -2);
        luaReplyTop(L, c, resp);
        if (values)
            luaReplyTop(L, c, resp);
        else
            lua_pop(L, 1);
    }
}

/* Up to the first nil. */
static void replySequence(lua_State *L, client *c, int resp) {
    int count = 0;
    for (;; count++) {
        lua_rawgeti(L, -1, count + 1);
        bool end = lua_isnil(L, -1);
        lua_pop(L, 1);
        if (end) break;
    }
    replyArray(c, (size_t)count);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        luaReplyTop(L, c, resp);
    }
}

/* The table on top stays. */
static void replyTable(lua_State *L, client *c, int resp) {
    if (pushField(L, "err", LUA_TSTRING)) {
        replyErrorTable(L, c);
    } else if (pushField(L, "ok", LUA_TSTRING)) {
        replyLine(c, bytesOfText(lua_tostring(L, -1)), replySimpleBytes);
    } else if (pushField(L, "double", LUA_TNUMBER)) {
        replyDouble(c, lua_tonumber(L, -1));
    } else if (pushField(L, "map", LUA_TTABLE)) {
        replyPairs(L, c, resp, true);
    } else if (pushField(L, "set", LUA_TTABLE)) {
        replyPairs(L, c, resp, false);
    } else if (pushField(L, "big_number", LUA_TSTRING)) {
        replyLine(c, textAt(L, -1), replyBigNumber);
    } else if (pushField(L, "verbatim_string", LUA_TTABLE)) {
        replyVerbatimTable(L, c);
    } else {
        replySequence(L, c, resp);
        return;
    }
    lua_pop(L, 1);
}

void luaReplyTop(lua_State *L, client *c, int resp) {
    switch (lua_type(L, -1)) {
    case LUA_TSTRING: replyBulk(c, textAt(L, -1)); break;
    case LUA_TNUMBER: replyInteger(c, truncated(lua_tonumber(L, -1))); break;
    case LUA_TBOOLEAN:
        if (resp == 3)
            replyBool(c, lua_toboolean(L, -1));
        else if (lua_toboolean(L, -1))
            replyInteger(c, 1);
        else
            replyNull(c);
        break;
    case LUA_TTABLE:
        if (lua_gettop(L) < NESTING_MAX && lua_checkstack(L, STACK_A_LEVEL))
            replyTable(L, c, resp);
        else
            replyError(c, "ERR reached lua stack limit");
        break;
    default: replyNull(c);
    }
    lua_pop(L, 1);
}
