/* lua_msgpack.c - cmsgpack: MessagePack (msgpack.org/spec) for scripts, with the functions and
 * error texts that lua-cmsgpack documents. Each value takes its shortest form; a table whose keys
 * are 1 to n is an array; tables deeper than 16 become nil, and so end those that hold themselves.
 */
#include <math.h>

#include "server/script/lua_env.h"
#include "server/script/text_buffer.h"

enum { NESTING_MAX = 16, STACK_A_LEVEL = 6, HEAD_MAX = 9 };

/* ---- packing ---- */

/* A type byte and the 'size' low bytes of 'value', big end first. */
static void putHead(textBuffer *b, int type, uint64_t value, int size) {
    char head[HEAD_MAX];
    head[0] = (char)type;
    for (int i = size; i > 0; i--, value >>= 8) head[i] = (char)(value & 0xff);
    textBufferAppend(b, head, (size_t)size + 1);
}

/* The shortest of: 'small' | count below 'small_limit', then types for 8 bits (0: there is none),
 * 16 and 32. */
static void putCount(textBuffer *b, uint64_t count, int small, uint64_t small_limit, int type8,
                     int type16) {
    if (count < small_limit)
        putHead(b, small | (int)count, 0, 0);
    else if (count <= 0xff && type8)
        putHead(b, type8, count, 1);
    else if (count <= 0xffff)
        putHead(b, type16, count, 2);
    else
        putHead(b, type16 + 1, count, 4);
}

static void putInteger(textBuffer *b, int64_t value) {
    uint64_t bits = (uint64_t)value;
    if (value >= 0) {
        if (value > UINT32_MAX)
            putHead(b, 0xcf, bits, 8);
        else
            putCount(b, bits, 0, 128, 0xcc, 0xcd);
    } else if (value >= -32) {
        putHead(b, (int)(bits & 0xff), 0, 0);
    } else if (value >= INT8_MIN) {
        putHead(b, 0xd0, bits, 1);
    } else if (value >= INT16_MIN) {
        putHead(b, 0xd1, bits, 2);
    } else if (value >= INT32_MIN) {
        putHead(b, 0xd2, bits, 4);
    } else {
        putHead(b, 0xd3, bits, 8);
    }
}

static void putNumber(textBuffer *b, double value) {
    if (value >= -0x1p63 && value < 0x1p63 && floor(value) == value) {
        putInteger(b, (int64_t)value);
        return;
    }
    float single = (float)value;
    if ((double)single == value) {
        uint32_t bits;
        memcpy(&bits, &single, sizeof bits);
        putHead(b, 0xca, bits, 4);
        return;
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    putHead(b, 0xcb, bits, 8);
}

static void putString(textBuffer *b, lua_State *L) {
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    if (size > UINT32_MAX) luaL_error(L, "a string is too long for MessagePack");
    putCount(b, size, 0xa0, 32, 0xd9, 0xda);
    textBufferAppend(b, text, size);
}

/* Of the table on top: its items; 'is_array' if their keys are 1 to that number. */
static uint32_t countItems(lua_State *L, bool *is_array) {
    double max = 0;
    uint32_t count = 0;
    *is_array = true;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1), count++) {
        double key = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
        if (!(key >= 1) || floor(key) != key) *is_array = false;
        if (key > max) max = key;
    }
    if (max != (double)count) *is_array = false;
    return count;
}

static void putValue(textBuffer *b, lua_State *L, int level);

static void putTable(textBuffer *b, lua_State *L, int level) {
    luaL_checkstack(L, STACK_A_LEVEL, "in function table_to_msgpack");
    bool is_array;
    uint32_t count = countItems(L, &is_array);
    if (is_array) {
        putCount(b, count, 0x90, 16, 0, 0xdc);
        for (uint32_t i = 1; i <= count; i++) {
            lua_rawgeti(L, -1, (int)i);
            putValue(b, L, level + 1);
        }
        return;
    }
    putCount(b, count, 0x80, 16, 0, 0xde);
    for (lua_pushnil(L); lua_next(L, -2);) {
        lua_pushvalue(L, -2);
        putValue(b, L, level + 1);
        putValue(b, L, level + 1);
    }
}

/* The value on top, which goes. */
static void putValue(textBuffer *b, lua_State *L, int level) {
    switch (lua_type(L, -1)) {
    case LUA_TSTRING: putString(b, L); break;
    case LUA_TNUMBER: putNumber(b, lua_tonumber(L, -1)); break;
    case LUA_TBOOLEAN: putHead(b, lua_toboolean(L, -1) ? 0xc3 : 0xc2, 0, 0); break;
    case LUA_TTABLE:
        if (level < NESTING_MAX) {
            putTable(b, L, level);
            break;
        } /* fall through */
    default: putHead(b, 0xc0, 0, 0);
    }
    lua_pop(L, 1);
}

/* cmsgpack.pack(value...) */
static int pack(lua_State *L) {
    int argc = lua_gettop(L);
    if (!argc) return luaL_argerror(L, 0, "MessagePack pack needs input.");
    textBuffer out;
    textBufferInit(&out, L);
    for (int i = 1; i <= argc; i++) {
        lua_pushvalue(L, i);
        putValue(&out, L, 0);
    }
    textBufferPush(&out);
    return 1;
}

/* ---- unpacking ---- */

typedef struct reader {
    lua_State *L;
    const uint8_t *at, *end;
} reader;

static const uint8_t *take(reader *r, size_t size) {
    if ((size_t)(r->end - r->at) < size) luaL_error(r->L, "Missing bytes in input.");
    const uint8_t *from = r->at;
    r->at += size;
    return from;
}

static uint64_t takeNumber(reader *r, size_t size) {
    const uint8_t *from = take(r, size);
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | from[i];
    return value;
}

static void pushValue(reader *r);

static void pushString(reader *r, size_t size) {
    const uint8_t *text = take(r, size);
    lua_pushlstring(r->L, (const char *)text, size);
}

static void pushArray(reader *r, uint64_t count) {
    luaL_checkstack(r->L, STACK_A_LEVEL, "in function mp_decode_to_lua_array");
    lua_newtable(r->L); /* As large as what comes, not as what was announced. */
    for (uint64_t i = 1; i <= count; i++) {
        pushValue(r);
        lua_rawseti(r->L, -2, (int)i);
    }
}

static void pushMap(reader *r, uint64_t count) {
    luaL_checkstack(r->L, STACK_A_LEVEL, "in function mp_decode_to_lua_hash");
    lua_newtable(r->L);
    for (uint64_t i = 0; i < count; i++) {
        pushValue(r);
        double key = lua_type(r->L, -1) == LUA_TNUMBER ? lua_tonumber(r->L, -1) : 0;
        pushValue(r);
        if (lua_isnil(r->L, -2) || isnan(key)) luaL_error(r->L, "Bad data format in input.");
        lua_rawset(r->L, -3);
    }
}

static void pushFloat(reader *r, size_t size) {
    uint64_t bits = takeNumber(r, size);
    uint32_t low = (uint32_t)bits;
    float single;
    double value;
    memcpy(&single, &low, sizeof single);
    memcpy(&value, &bits, sizeof value);
    lua_pushnumber(r->L, size == 4 ? (double)single : value);
}

/* A signed number of 'size' bytes. */
static void pushSigned(reader *r, size_t size) {
    unsigned unused = (unsigned)(64 - 8 * size);
    lua_pushnumber(r->L, (double)((int64_t)(takeNumber(r, size) << unused) >> unused));
}

/* The types from 0xc0 to 0xdf; a 'size' of 1, 2, 4, 8 is in the low bits. */
static void pushTyped(reader *r, uint8_t type) {
    switch (type) {
    case 0xc0: lua_pushnil(r->L); return;
    case 0xc2:
    case 0xc3: lua_pushboolean(r->L, type == 0xc3); return;
    case 0xca: pushFloat(r, 4); return;
    case 0xcb: pushFloat(r, 8); return;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf: lua_pushnumber(r->L, (double)takeNumber(r, (size_t)1 << (type - 0xcc))); return;
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: pushSigned(r, (size_t)1 << (type - 0xd0)); return;
    case 0xd9:
    case 0xda:
    case 0xdb: pushString(r, takeNumber(r, (size_t)1 << (type - 0xd9))); return;
    case 0xdc:
    case 0xdd: pushArray(r, takeNumber(r, (size_t)2 << (type - 0xdc))); return;
    case 0xde:
    case 0xdf: pushMap(r, takeNumber(r, (size_t)2 << (type - 0xde))); return;
    default: luaL_error(r->L, "Bad data format in input.");
    }
}

static void pushValue(reader *r) {
    uint8_t type = *take(r, 1);
    if (type < 0x80)
        lua_pushnumber(r->L, type);
    else if (type < 0x90)
        pushMap(r, type & 15);
    else if (type < 0xa0)
        pushArray(r, type & 15);
    else if (type < 0xc0)
        pushString(r, type & 31);
    else if (type < 0xe0)
        pushTyped(r, type);
    else
        lua_pushnumber(r->L, (int8_t)type);
}

/* Up to 'limit' values from 'offset' on, 0: all. With 'tell_offset' where to go on comes first, -1
 * at the end. */
static int unpackFrom(lua_State *L, int limit, int offset, bool tell_offset) {
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    if (offset < 0 || limit < 0)
        return luaL_error(L, "Invalid request to unpack with offset of %d and limit of %d.", offset,
                          (int)size);
    if ((size_t)offset > size)
        return luaL_error(L, "Start offset %d greater than input length %d.", offset, (int)size);
    reader r = {.L = L, .at = (const uint8_t *)text + offset, .end = (const uint8_t *)text + size};
    lua_settop(L, 1);
    int count = 0;
    for (; r.at < r.end && (!limit || count < limit); count++) {
        luaL_checkstack(L, STACK_A_LEVEL,
                        "too many return values at once; use unpack_one or unpack_limit instead.");
        pushValue(&r);
    }
    if (!tell_offset) return count;
    lua_pushinteger(L, r.at < r.end ? (int)(r.at - (const uint8_t *)text) : -1);
    lua_insert(L, 2);
    return count + 1;
}

/* cmsgpack.unpack(text): all values. */
static int unpack(lua_State *L) {
    return unpackFrom(L, 0, 0, false);
}

/* cmsgpack.unpack_one(text [, offset]) */
static int unpackOne(lua_State *L) {
    return unpackFrom(L, 1, luaL_optint(L, 2, 0), true);
}

/* cmsgpack.unpack_limit(text, limit [, offset]) */
static int unpackLimit(lua_State *L) {
    int limit = luaL_checkint(L, 2), offset = luaL_optint(L, 3, 0);
    return unpackFrom(L, limit, offset, limit || offset);
}

void luaPushMessagePack(lua_State *L) {
    static const luaL_Reg functions[] = {{"pack", pack},
                                         {"unpack", unpack},
                                         {"unpack_one", unpackOne},
                                         {"unpack_limit", unpackLimit},
                                         {NULL, NULL}};
    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
    lua_pushliteral(L, "cmsgpack");
    lua_setfield(L, -2, "_NAME");
    lua_pushliteral(L, "lua-cmsgpack 0.4.0");
    lua_setfield(L, -2, "_VERSION");
}
