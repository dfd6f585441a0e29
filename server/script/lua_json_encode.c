#include <math.h>
#include <stdio.h>

#include "server/script/lua_json.h"
#include "server/script/text_buffer.h"

enum {
    NUMBER_ROOM = 32,
    ESCAPED_MAX = 6,   /* bytes that one byte becomes at most */
    PIECE = 64 * 1024, /* of a string at a time */
    STACK_A_LEVEL = 8
};

typedef struct writer {
    lua_State *L;
    const jsonSettings *settings;
    textBuffer out;
} writer;

static void writeValue(writer *w, int depth);

static int refuse(const writer *w, int index, const char *why) {
    return luaL_error(w->L, "Cannot serialise %s: %s", luaL_typename(w->L, index), why);
}

/* ---- strings ---- */

/* The letter behind the backslash for 'byte', 'u' for the long form, 0 for none. */
static char escapeOf(unsigned char byte) {
    switch (byte) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case '\b': return 'b';
    case '\t': return 't';
    case '\n': return 'n';
    case '\f': return 'f';
    case '\r': return 'r';
    default: return byte < ' ' || byte == 127 ? 'u' : 0;
    }
}

static char *putEscaped(char *out, unsigned char byte) {
    static const char hex[] = "0123456789abcdef";
    char letter = escapeOf(byte);
    if (!letter) {
        *out++ = (char)byte;
        return out;
    }
    *out++ = '\\';
    *out++ = letter;
    if (letter != 'u') return out;
    memcpy(out, (char[4]){'0', '0', hex[byte >> 4], hex[byte & 15]}, 4);
    return out + 4;
}

static void writeString(writer *w, int index) {
    size_t size;
    const char *text = lua_tolstring(w->L, index, &size);
    textBufferPut(&w->out, '"');
    while (size) {
        size_t piece = size < PIECE ? size : PIECE;
        char *start = textBufferReserve(&w->out, piece * ESCAPED_MAX), *out = start;
        for (size_t i = 0; i < piece; i++) out = putEscaped(out, (unsigned char)text[i]);
        w->out.size += (size_t)(out - start);
        text += piece;
        size -= piece;
    }
    textBufferPut(&w->out, '"');
}

/* ---- numbers ---- */

static void writeNumber(writer *w, int index) {
    double value = lua_tonumber(w->L, index);
    bool odd = isnan(value) || isinf(value);
    if (odd && w->settings->encode_invalid == JSON_REFUSE)
        refuse(w, index, "must not be NaN or Inf");
    if (odd && w->settings->encode_invalid == JSON_AS_NULL) {
        textBufferAppend(&w->out, "null", 4);
        return;
    }
    char *out = textBufferReserve(&w->out, NUMBER_ROOM);
    w->out.size += (size_t)snprintf(out, NUMBER_ROOM, "%.*g", w->settings->precision, value);
}

/* ---- tables ---- */

/* The length of the table at the top as an array, -1 if it is an object: a key is no positive
 * integer, or the array would be mostly holes. An empty table is an object. */
static int arrayLength(writer *w) {
    lua_State *L = w->L;
    double max = 0;
    int items = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        double key = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
        if (!(key >= 1) || floor(key) != key || key > INT32_MAX) {
            lua_pop(L, 2);
            return -1;
        }
        if (key > max) max = key;
        items++;
    }
    const jsonSettings *s = w->settings;
    if (s->sparse_ratio > 0 && max > (double)items * s->sparse_ratio && max > s->sparse_safe) {
        if (!s->sparse_as_object) refuse(w, -1, "excessively sparse array");
        return -1;
    }
    return max > 0 ? (int)max : -1;
}

static void writeArray(writer *w, int length, int depth) {
    textBufferPut(&w->out, '[');
    for (int i = 1; i <= length; i++) {
        if (i > 1) textBufferPut(&w->out, ',');
        lua_rawgeti(w->L, -1, i);
        writeValue(w, depth);
        lua_pop(w->L, 1);
    }
    textBufferPut(&w->out, ']');
}

/* The key below the top. Numbers become strings; looking at them as such would confuse lua_next. */
static void writeKey(writer *w) {
    switch (lua_type(w->L, -2)) {
    case LUA_TSTRING: writeString(w, -2); return;
    case LUA_TNUMBER:
        textBufferPut(&w->out, '"');
        writeNumber(w, -2);
        textBufferPut(&w->out, '"');
        return;
    default: refuse(w, -2, "table key must be a number or string");
    }
}

static void writeObject(writer *w, int depth) {
    bool first = true;
    textBufferPut(&w->out, '{');
    for (lua_pushnil(w->L); lua_next(w->L, -2); lua_pop(w->L, 1)) {
        if (!first) textBufferPut(&w->out, ',');
        first = false;
        writeKey(w);
        textBufferPut(&w->out, ':');
        writeValue(w, depth);
    }
    textBufferPut(&w->out, '}');
}

static void writeTable(writer *w, int depth) {
    if (depth > w->settings->encode_depth || !lua_checkstack(w->L, STACK_A_LEVEL))
        luaL_error(w->L, "Cannot serialise, excessive nesting (%d)", depth);
    int length = arrayLength(w);
    if (length > 0)
        writeArray(w, length, depth);
    else
        writeObject(w, depth);
}

/* The value on top, which stays. */
static void writeValue(writer *w, int depth) {
    switch (lua_type(w->L, -1)) {
    case LUA_TSTRING: writeString(w, -1); return;
    case LUA_TNUMBER: writeNumber(w, -1); return;
    case LUA_TBOOLEAN:
        if (lua_toboolean(w->L, -1))
            textBufferAppend(&w->out, "true", 4);
        else
            textBufferAppend(&w->out, "false", 5);
        return;
    case LUA_TTABLE: writeTable(w, depth + 1); return;
    case LUA_TNIL: textBufferAppend(&w->out, "null", 4); return;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(w->L, -1)) {
            textBufferAppend(&w->out, "null", 4);
            return;
        }
        refuse(w, -1, "type not supported");
        return;
    default: refuse(w, -1, "type not supported");
    }
}

int luaJsonEncode(lua_State *L) {
    luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
    writer w = {.L = L, .settings = lua_touserdata(L, lua_upvalueindex(1))};
    textBufferInit(&w.out, L);
    lua_pushvalue(L, 1);
    writeValue(&w, 0);
    textBufferPush(&w.out);
    return 1;
}
