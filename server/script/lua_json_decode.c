#include <math.h>
#include <stdlib.h>

#include "server/script/lua_json.h"
#include "server/script/text_buffer.h"

enum { STACK_A_LEVEL = 6 };

typedef enum token {
    T_OBJ_BEGIN,
    T_OBJ_END,
    T_ARR_BEGIN,
    T_ARR_END,
    T_STRING,
    T_NUMBER,
    T_BOOLEAN,
    T_NULL,
    T_COLON,
    T_COMMA,
    T_END,
    T_ERROR
} token;

static const char *const token_names[] = {"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END",
                                          "T_STRING",    "T_NUMBER",  "T_BOOLEAN",   "T_NULL",
                                          "T_COLON",     "T_COMMA",   "T_END",       "T_ERROR"};

typedef struct reader {
    lua_State *L;
    const jsonSettings *settings;
    const char *data, *at, *end;
    int depth;
    /* The token that nextToken() found. */
    token type;
    size_t start; /* of it in the text */
    double number;
    bool truth;
    const char *error; /* of T_ERROR */
    textBuffer text;   /* of T_STRING */
} reader;

static token failToken(reader *r, const char *at, const char *error) {
    r->start = (size_t)(at - r->data);
    r->error = error;
    return T_ERROR;
}

static int raiseError(reader *r, const char *expected) {
    const char *found = r->type == T_ERROR ? r->error : token_names[r->type];
    return luaL_error(r->L, "Expected %s but found %s at character %d", expected, found,
                      (int)r->start + 1);
}

/* ---- strings ---- */

static int hexDigits(const char *at) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        value = value << 4 | digit;
    }
    return value;
}

static void putUtf8(textBuffer *b, uint32_t code) {
    if (code < 0x80) {
        textBufferPut(b, (char)code);
        return;
    }
    static const uint8_t heads[] = {0, 0xc0, 0xe0, 0xf0};
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    textBufferPut(b, (char)(heads[more] | code >> 6 * more));
    while (more-- > 0) textBufferPut(b, (char)(0x80 | (code >> 6 * more & 0x3f)));
}

/* \uXXXX, or two of them for what is beyond 16 bits; r->at is behind the u. False if malformed. */
static bool readUnicode(reader *r) {
    if (r->end - r->at < 4) return false;
    int code = hexDigits(r->at);
    if (code < 0) return false;
    r->at += 4;
    if ((code & 0xf800) == 0xd800) {
        if (code & 0x400 || r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u') return false;
        int low = hexDigits(r->at + 2);
        if (low < 0 || (low & 0xfc00) != 0xdc00) return false;
        r->at += 6;
        code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
    }
    putUtf8(&r->text, (uint32_t)code);
    return true;
}

/* What stands behind a backslash; NULL or the error. */
static const char *readEscape(reader *r) {
    static const char letters[] = "\"\\/bfnrt", bytes_of[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end) return "invalid escape code";
    char letter = *r->at++;
    if (letter == 'u') return readUnicode(r) ? NULL : "invalid unicode escape code";
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (!found) return "invalid escape code";
    textBufferPut(&r->text, bytes_of[found - letters]);
    return NULL;
}

static token readString(reader *r) {
    r->text.size = 0;
    for (r->at++; r->at < r->end;) {
        const char *from = r->at;
        while (r->at < r->end && *r->at != '"' && *r->at != '\\') r->at++;
        textBufferAppend(&r->text, from, (size_t)(r->at - from));
        if (r->at == r->end) break;
        const char *here = r->at;
        if (*r->at++ == '"') return T_STRING;
        const char *error = readEscape(r);
        if (error) return failToken(r, here, error);
    }
    return failToken(r, r->end, "unexpected end of string");
}

/* ---- numbers and words ---- */

/* What strtod takes and JSON does not: hex, inf, nan, leading zeros. */
static bool isOddNumber(const reader *r) {
    const char *p = r->at;
    if (*p == '+') return true;
    if (*p == '-') p++;
    if (p == r->end) return false;
    if (*p == '0') {
        char next = p + 1 < r->end ? p[1] : '\0';
        return next == 'x' || next == 'X' || (next >= '0' && next <= '9');
    }
    if (*p >= '0' && *p <= '9') return false;
    return true;
}

static token readNumber(reader *r) {
    if (!r->settings->decode_invalid && isOddNumber(r))
        return failToken(r, r->at, "invalid number");
    /* The text ends in a zero, as every string of Lua. */
    char *end;
    r->number = strtod(r->at, &end);
    if (end == r->at) return failToken(r, r->at, "invalid number");
    r->at = end;
    return T_NUMBER;
}

static bool takeWord(reader *r, const char *word) {
    size_t size = strlen(word);
    if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0) return false;
    r->at += size;
    return true;
}

static bool startsOddWord(const reader *r) {
    static const char *const words[] = {"inf", "nan", NULL};
    for (int i = 0; words[i]; i++) {
        size_t size = strlen(words[i]);
        if ((size_t)(r->end - r->at) >= size && bytesEqualWord(bytesOf(r->at, size), words[i]))
            return true;
    }
    return false;
}

static token readWord(reader *r) {
    if (takeWord(r, "true")) {
        r->truth = true;
        return T_BOOLEAN;
    }
    if (takeWord(r, "false")) {
        r->truth = false;
        return T_BOOLEAN;
    }
    if (takeWord(r, "null")) return T_NULL;
    if (r->settings->decode_invalid && startsOddWord(r)) return readNumber(r);
    return failToken(r, r->at, "invalid token");
}

/* ---- tokens ---- */

static token findToken(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
    r->start = (size_t)(r->at - r->data);
    if (r->at == r->end) return T_END;
    switch (*r->at) {
    case '{': r->at++; return T_OBJ_BEGIN;
    case '}': r->at++; return T_OBJ_END;
    case '[': r->at++; return T_ARR_BEGIN;
    case ']': r->at++; return T_ARR_END;
    case ':': r->at++; return T_COLON;
    case ',': r->at++; return T_COMMA;
    case '"': return readString(r);
    case '-':
    case '+': return readNumber(r);
    default: return *r->at >= '0' && *r->at <= '9' ? readNumber(r) : readWord(r);
    }
}

static token nextToken(reader *r) {
    return r->type = findToken(r);
}

/* ---- values ---- */

static void pushValue(reader *r);

static void descend(reader *r) {
    if (++r->depth > r->settings->decode_depth || !lua_checkstack(r->L, STACK_A_LEVEL))
        luaL_error(r->L, "Found too many nested data structures (%d) at character %d", r->depth,
                   (int)(r->at - r->data));
}

static void pushArray(reader *r) {
    descend(r);
    lua_newtable(r->L);
    if (nextToken(r) != T_ARR_END) {
        for (int i = 1;; i++) {
            pushValue(r);
            lua_rawseti(r->L, -2, i);
            if (nextToken(r) == T_ARR_END) break;
            if (r->type != T_COMMA) raiseError(r, "comma or array end");
            nextToken(r);
        }
    }
    r->depth--;
}

static void pushObject(reader *r) {
    descend(r);
    lua_newtable(r->L);
    if (nextToken(r) != T_OBJ_END) {
        for (;;) {
            if (r->type != T_STRING) raiseError(r, "object key string");
            textBufferPush(&r->text);
            if (nextToken(r) != T_COLON) raiseError(r, "colon");
            nextToken(r);
            pushValue(r);
            lua_rawset(r->L, -3);
            if (nextToken(r) == T_OBJ_END) break;
            if (r->type != T_COMMA) raiseError(r, "comma or object end");
            nextToken(r);
        }
    }
    r->depth--;
}

/* Of the token that was found last. */
static void pushValue(reader *r) {
    switch (r->type) {
    case T_STRING: textBufferPush(&r->text); return;
    case T_NUMBER: lua_pushnumber(r->L, r->number); return;
    case T_BOOLEAN: lua_pushboolean(r->L, r->truth); return;
    case T_NULL: lua_pushlightuserdata(r->L, NULL); return;
    case T_OBJ_BEGIN: pushObject(r); return;
    case T_ARR_BEGIN: pushArray(r); return;
    default: raiseError(r, "value");
    }
}

int luaJsonDecode(lua_State *L) {
    luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    if (size >= 2 && (!text[0] || !text[1]))
        return luaL_error(L, "JSON parser does not support UTF-16 or UTF-32");
    reader r = {.L = L,
                .settings = lua_touserdata(L, lua_upvalueindex(1)),
                .data = text,
                .at = text,
                .end = text + size};
    textBufferInit(&r.text, L);
    nextToken(&r);
    pushValue(&r);
    if (nextToken(&r) != T_END) raiseError(&r, "the end");
    return 1;
}
