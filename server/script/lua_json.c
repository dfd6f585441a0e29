#include "server/script/lua_json.h"

static jsonSettings *settingsOf(lua_State *L) {
    return lua_touserdata(L, lua_upvalueindex(1));
}

static void checkCount(lua_State *L, int max) {
    int argc = lua_gettop(L);
    luaL_argcheck(L, argc <= max, argc, "found too many arguments");
    while (lua_gettop(L) < max) lua_pushnil(L);
}

/* Argument 'index', if there is one, as an integer in [min, max]. */
static void setInteger(lua_State *L, int index, int *setting, int min, int max) {
    if (lua_isnil(L, index)) return;
    double value = luaL_checknumber(L, index);
    if (!(value >= min && value <= max)) {
        char text[64];
        lua_pushfstring(L, "expected integer between %d and %d", min, max);
        strncpy(text, lua_tostring(L, -1), sizeof text - 1);
        text[sizeof text - 1] = '\0';
        luaL_argerror(L, index, text);
    }
    *setting = (int)value;
}

static void setBool(lua_State *L, int index, bool *setting) {
    if (lua_isnil(L, index)) return;
    luaL_argcheck(L, lua_isboolean(L, index), index, "invalid option");
    *setting = lua_toboolean(L, index);
}

/* encode_sparse_array([as_object [, ratio [, safe]]]) */
static int sparseArray(lua_State *L) {
    jsonSettings *s = settingsOf(L);
    checkCount(L, 3);
    setBool(L, 1, &s->sparse_as_object);
    setInteger(L, 2, &s->sparse_ratio, 0, INT32_MAX);
    setInteger(L, 3, &s->sparse_safe, 0, INT32_MAX);
    lua_pushboolean(L, s->sparse_as_object);
    lua_pushinteger(L, s->sparse_ratio);
    lua_pushinteger(L, s->sparse_safe);
    return 3;
}

static int integerSetting(lua_State *L, int *setting, int max) {
    checkCount(L, 1);
    setInteger(L, 1, setting, 1, max);
    lua_pushinteger(L, *setting);
    return 1;
}

static int encodeMaxDepth(lua_State *L) {
    return integerSetting(L, &settingsOf(L)->encode_depth, INT32_MAX);
}

static int decodeMaxDepth(lua_State *L) {
    return integerSetting(L, &settingsOf(L)->decode_depth, INT32_MAX);
}

static int numberPrecision(lua_State *L) {
    return integerSetting(L, &settingsOf(L)->precision, JSON_PRECISION);
}

static int keepBuffer(lua_State *L) {
    jsonSettings *s = settingsOf(L);
    checkCount(L, 1);
    setBool(L, 1, &s->keep_buffer);
    lua_pushboolean(L, s->keep_buffer);
    return 1;
}

/* encode_invalid_numbers([false | true | "null"]) */
static int encodeInvalid(lua_State *L) {
    jsonSettings *s = settingsOf(L);
    checkCount(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING) {
        static const char *const options[] = {"off", "on", "null", NULL};
        s->encode_invalid = (jsonInvalid)luaL_checkoption(L, 1, NULL, options);
    } else if (!lua_isnil(L, 1)) {
        bool allow = false;
        setBool(L, 1, &allow);
        s->encode_invalid = allow ? JSON_ALLOW : JSON_REFUSE;
    }
    if (s->encode_invalid == JSON_AS_NULL)
        lua_pushliteral(L, "null");
    else
        lua_pushboolean(L, s->encode_invalid == JSON_ALLOW);
    return 1;
}

static int decodeInvalid(lua_State *L) {
    jsonSettings *s = settingsOf(L);
    checkCount(L, 1);
    setBool(L, 1, &s->decode_invalid);
    lua_pushboolean(L, s->decode_invalid);
    return 1;
}

static int new (lua_State *L) {
    luaPushJson(L);
    return 1;
}

void luaPushJson(lua_State *L) {
    static const luaL_Reg functions[] = {{"encode", luaJsonEncode},
                                         {"decode", luaJsonDecode},
                                         {"encode_sparse_array", sparseArray},
                                         {"encode_max_depth", encodeMaxDepth},
                                         {"decode_max_depth", decodeMaxDepth},
                                         {"encode_number_precision", numberPrecision},
                                         {"encode_keep_buffer", keepBuffer},
                                         {"encode_invalid_numbers", encodeInvalid},
                                         {"decode_invalid_numbers", decodeInvalid},
                                         {"new", new},
                                         {NULL, NULL}};
    lua_newtable(L);
    jsonSettings *s = lua_newuserdata(L, sizeof *s);
    *s = (jsonSettings){.sparse_ratio = JSON_SPARSE_RATIO,
                        .sparse_safe = JSON_SPARSE_SAFE,
                        .encode_depth = JSON_DEPTH,
                        .decode_depth = JSON_DEPTH,
                        .precision = JSON_PRECISION,
                        .keep_buffer = true,
                        .decode_invalid = true};
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushvalue(L, -1);
        lua_pushcclosure(L, f->func, 1);
        lua_setfield(L, -3, f->name);
    }
    lua_pop(L, 1);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    lua_pushliteral(L, "cjson");
    lua_setfield(L, -2, "_NAME");
    lua_pushliteral(L, "2.1.0");
    lua_setfield(L, -2, "_VERSION");
}
