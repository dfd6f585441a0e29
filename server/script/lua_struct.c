/* lua_struct.c - struct: C structures as strings, in the format language of Roberto Ierusalimschy's
 * struct library:
 *
 *     > < big, little endian   ! [n] align to at most n (8)     x a byte of padding
 *     b B char  h H short  l L long  T size_t  i I [n] n bytes (4)     the capitals are unsigned
 *     f float  d double  s text with a closing zero  c [n] n bytes; c0 all, or as many as the
 * number before says      a space is nothing
 *
 * Sizes come from scripts: each is bounded before it is used. */
#include <ctype.h>

#include "server/script/lua_env.h"
#include "server/script/text_buffer.h"

enum { INTEGER_MAX = 32, ALIGN_DEFAULT = 8, NATIVE_INT = 4 };
#define SIZE_LIMIT ((size_t)INT32_MAX)

static const char too_short[] = "data string too short";

typedef struct format {
    lua_State *L;
    const char *at;
    bool big_endian;
    size_t align;
} format;

/* An option with its size and the padding before it at 'position'. */
typedef struct option {
    char letter;
    size_t size, padding;
} option;

static size_t readNumber(format *f, size_t usual) {
    if (!isdigit((unsigned char)*f->at)) return usual;
    size_t value = 0;
    while (isdigit((unsigned char)*f->at)) {
        value = value * 10 + (size_t)(*f->at++ - '0');
        if (value > SIZE_LIMIT) luaL_error(f->L, "integral size overflow");
    }
    return value;
}

static size_t integerSize(format *f) {
    size_t size = readNumber(f, NATIVE_INT);
    if (size > INTEGER_MAX)
        luaL_error(f->L, "integral size %d is larger than limit of %d", (int)size, INTEGER_MAX);
    return size;
}

static size_t optionSize(format *f, char letter) {
    switch (letter) {
    case 'B':
    case 'b':
    case 'x': return 1;
    case 'H':
    case 'h': return sizeof(short);
    case 'L':
    case 'l': return sizeof(long);
    case 'T': return sizeof(size_t);
    case 'f': return sizeof(float);
    case 'd': return sizeof(double);
    case 'c': return readNumber(f, 1);
    case 'i':
    case 'I': return integerSize(f);
    default: return 0; /* Of no size: s, and what steers. */
    }
}

static void steer(format *f, char letter) {
    switch (letter) {
    case ' ': return;
    case '>': f->big_endian = true; return;
    case '<': f->big_endian = false; return;
    case '!':
        f->align = readNumber(f, ALIGN_DEFAULT);
        if (!f->align || f->align & (f->align - 1))
            luaL_error(f->L, "alignment %d is not a power of 2", (int)f->align);
        return;
    default:
        lua_pushfstring(f->L, "invalid format option '%c'", letter);
        luaL_argerror(f->L, 1, lua_tostring(f->L, -1));
    }
}

/* The next option that stands for bytes; false at the end. */
static bool nextOption(format *f, size_t position, option *o) {
    for (;;) {
        char letter = *f->at;
        if (!letter) return false;
        f->at++;
        size_t size = optionSize(f, letter);
        if (!size && letter != 's' && letter != 'c' && letter != 'i' && letter != 'I') {
            steer(f, letter);
            continue;
        }
        size_t unit = size < f->align ? size : f->align;
        bool aligned = letter != 'c' && unit > 1;
        *o = (option){.letter = letter,
                      .size = size,
                      .padding = aligned ? (unit - (position & (unit - 1))) & (unit - 1) : 0};
        return true;
    }
}

/* ---- pack ---- */

static void putInteger(textBuffer *b, const format *f, size_t size, double number) {
    uint64_t value = number < 0        ? (uint64_t)(number >= -0x1p63 ? (int64_t)number : INT64_MIN)
                     : number < 0x1p64 ? (uint64_t)number
                                       : 0;
    char *out = textBufferReserve(b, size);
    for (size_t i = 0; i < size; i++, value >>= 8)
        out[f->big_endian ? size - 1 - i : i] = (char)(value & 0xff);
    b->size += size;
}

static void putFloat(textBuffer *b, const format *f, size_t size, double number) {
    float single = (float)number;
    char raw[sizeof number];
    if (size == sizeof single)
        memcpy(raw, &single, size);
    else
        memcpy(raw, &number, size);
    for (size_t i = 0; i < size; i++) textBufferPut(b, raw[f->big_endian ? size - 1 - i : i]);
}

static void putText(textBuffer *b, lua_State *L, int index, const option *o) {
    size_t size;
    const char *text = luaL_checklstring(L, index, &size);
    size_t wanted = o->size ? o->size : size;
    luaL_argcheck(L, size >= wanted, index + 1, "string too short");
    textBufferAppend(b, text, wanted);
    if (o->letter == 's') textBufferPut(b, '\0');
}

static int pack(lua_State *L) {
    format f = {.L = L, .at = luaL_checkstring(L, 1), .align = 1};
    int index = 2;
    textBuffer out;
    option o;
    lua_pushnil(L); /* What is missing is no number and no string. */
    textBufferInit(&out, L);
    while (nextOption(&f, out.size, &o)) {
        for (size_t i = 0; i < o.padding; i++) textBufferPut(&out, '\0');
        if (o.letter == 'x')
            textBufferPut(&out, '\0');
        else if (o.letter == 's' || o.letter == 'c')
            putText(&out, L, index++, &o);
        else if (o.letter == 'f' || o.letter == 'd')
            putFloat(&out, &f, o.size, luaL_checknumber(L, index++));
        else
            putInteger(&out, &f, o.size, luaL_checknumber(L, index++));
        if (out.size > SIZE_LIMIT) return luaL_error(L, "format result too large");
    }
    textBufferPush(&out);
    return 1;
}

/* ---- unpack ---- */

static double takeInteger(const format *f, const char *from, size_t size, bool is_signed) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (uint8_t)from[f->big_endian ? i : size - 1 - i];
    if (!is_signed) return (double)value;
    unsigned unused = size && size < 8 ? (unsigned)(64 - 8 * size) : 0;
    return (double)((int64_t)(value << unused) >> unused);
}

static double takeFloat(const format *f, const char *from, size_t size) {
    char raw[sizeof(double)];
    for (size_t i = 0; i < size; i++) raw[i] = from[f->big_endian ? size - 1 - i : i];
    float single;
    double number;
    memcpy(&single, raw, sizeof single);
    if (size == sizeof single) return (double)single;
    memcpy(&number, raw, sizeof number);
    return number;
}

/* The length of text of option 'o' at 'from', 'left' bytes before the end; what is behind it in
 * '*skipped'. */
static size_t textSize(lua_State *L, const option *o, const char *from, size_t left, int results,
                       size_t *skipped) {
    *skipped = 0;
    if (o->letter == 's') {
        const char *end = memchr(from, '\0', left);
        if (!end) luaL_error(L, "unfinished string in data");
        *skipped = 1;
        return (size_t)(end - from);
    }
    if (o->size) return o->size;
    if (!results || !lua_isnumber(L, -1)) luaL_error(L, "format 'c0' needs a previous size");
    double size = lua_tonumber(L, -1);
    lua_pop(L, 1);
    if (!(size >= 0 && size <= (double)left)) luaL_argerror(L, 2, too_short);
    return (size_t)size;
}

static int unpack(lua_State *L) {
    size_t size;
    format f = {.L = L, .at = luaL_checkstring(L, 1), .align = 1};
    const char *data = luaL_checklstring(L, 2, &size);
    double start = luaL_optnumber(L, 3, 1);
    luaL_argcheck(L, start >= 1, 3, "offset must be 1 or greater");
    size_t at = start - 1 < (double)size ? (size_t)start - 1 : size;
    int results = 0;
    option o;
    lua_settop(L, 2);
    while (nextOption(&f, at, &o)) {
        if (o.padding > size - at || o.size > size - at - o.padding)
            return luaL_argerror(L, 2, too_short);
        at += o.padding;
        luaL_checkstack(L, 2, "too many results");
        size_t taken = o.size, skipped = 0;
        if (o.letter == 'x') {
            at += 1;
            continue;
        }
        if (o.letter == 's' || o.letter == 'c') {
            taken = textSize(L, &o, data + at, size - at, results, &skipped);
            if (o.letter == 'c' && !o.size) results--;
            lua_pushlstring(L, data + at, taken);
        } else if (o.letter == 'f' || o.letter == 'd') {
            lua_pushnumber(L, takeFloat(&f, data + at, o.size));
        } else {
            lua_pushnumber(L, takeInteger(&f, data + at, o.size, islower((unsigned char)o.letter)));
        }
        at += taken + skipped;
        results++;
    }
    lua_pushinteger(L, (int)at + 1);
    return results + 1;
}

static int size(lua_State *L) {
    format f = {.L = L, .at = luaL_checkstring(L, 1), .align = 1};
    size_t total = 0;
    option o;
    while (nextOption(&f, total, &o)) {
        if (o.letter == 's') return luaL_argerror(L, 1, "option 's' has no fixed size");
        if (o.letter == 'c' && !o.size) return luaL_argerror(L, 1, "option 'c0' has no fixed size");
        total += o.padding + o.size;
        if (total > SIZE_LIMIT) return luaL_argerror(L, 1, "format result too large");
    }
    lua_pushinteger(L, (int)total);
    return 1;
}

void luaPushStruct(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"pack", pack}, {"unpack", unpack}, {"size", size}, {NULL, NULL}};
    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
}
