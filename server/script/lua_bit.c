/* lua_bit.c - bit: 32-bit operations, as the BitOp library documents them. LuaJIT brings its own;
 * only its tohex is not to be trusted with any number of digits. */
#include "server/script/lua_env.h"

/* A number's low 32 bits, rounded to the nearest integer first. */
static uint32_t argument(lua_State *L, int index) {
    union {
        double number;
        uint64_t bits;
    } u = {luaL_checknumber(L, index) + 6755399441055744.0}; /* 2^52 + 2^51: rounds */
    return (uint32_t)u.bits;
}

static int reply(lua_State *L, uint32_t bits) {
    lua_pushnumber(L, (double)(int32_t)bits);
    return 1;
}

/* tohex(x [, digits]): eight digits, or as many as asked for; upper case where negative. */
static int toHex(lua_State *L) {
    uint32_t bits = argument(L, 1);
    double wanted = luaL_optnumber(L, 2, 8);
    const char *digits = wanted < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
    if (wanted < 0) wanted = -wanted;
    int count = wanted >= 0 && wanted < 8 ? (int)wanted : 8;
    char text[8];
    for (int i = count - 1; i >= 0; i--, bits >>= 4) text[i] = digits[bits & 15];
    lua_pushlstring(L, text, (size_t)count);
    return 1;
}

#ifdef EBB_LUAJIT

void luaPushBit(lua_State *L) {
    lua_pushcfunction(L, luaopen_bit);
    lua_pushliteral(L, LUA_BITLIBNAME);
    lua_call(L, 1, 1);
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        lua_getglobal(L, LUA_BITLIBNAME);
    }
    lua_pushcfunction(L, toHex);
    lua_setfield(L, -2, "tohex");
    (void)reply;
}

#else

static int toBit(lua_State *L) {
    return reply(L, argument(L, 1));
}

static int bnot(lua_State *L) {
    return reply(L, ~argument(L, 1));
}

static int band(lua_State *L) {
    uint32_t bits = argument(L, 1);
    for (int i = lua_gettop(L); i > 1; i--) bits &= argument(L, i);
    return reply(L, bits);
}

static int bor(lua_State *L) {
    uint32_t bits = argument(L, 1);
    for (int i = lua_gettop(L); i > 1; i--) bits |= argument(L, i);
    return reply(L, bits);
}

static int bxor(lua_State *L) {
    uint32_t bits = argument(L, 1);
    for (int i = lua_gettop(L); i > 1; i--) bits ^= argument(L, i);
    return reply(L, bits);
}

/* Only the low five bits of a shift count. */
static int lshift(lua_State *L) {
    return reply(L, argument(L, 1) << (argument(L, 2) & 31));
}

static int rshift(lua_State *L) {
    return reply(L, argument(L, 1) >> (argument(L, 2) & 31));
}

static int arshift(lua_State *L) {
    return reply(L, (uint32_t)((int32_t)argument(L, 1) >> (argument(L, 2) & 31)));
}

static int rol(lua_State *L) {
    uint32_t bits = argument(L, 1), by = argument(L, 2) & 31;
    return reply(L, bits << by | bits >> ((32 - by) & 31));
}

static int ror(lua_State *L) {
    uint32_t bits = argument(L, 1), by = argument(L, 2) & 31;
    return reply(L, bits >> by | bits << ((32 - by) & 31));
}

static int bswap(lua_State *L) {
    return reply(L, __builtin_bswap32(argument(L, 1)));
}

void luaPushBit(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"tobit", toBit},   {"bnot", bnot},     {"band", band},       {"bor", bor}, {"bxor", bxor},
        {"lshift", lshift}, {"rshift", rshift}, {"arshift", arshift}, {"rol", rol}, {"ror", ror},
        {"bswap", bswap},   {"tohex", toHex},   {NULL, NULL}};
    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
}

#endif
