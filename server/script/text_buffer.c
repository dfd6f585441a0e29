#include "server/script/text_buffer.h"

enum { FIRST_ROOM = 256 };
#define ROOM_MAX ((size_t)1 << 40)

void textBufferInit(textBuffer *b, lua_State *L) {
    luaL_checkstack(L, 4, "too deep");
    *b = (textBuffer){.L = L, .data = lua_newuserdata(L, FIRST_ROOM), .room = FIRST_ROOM};
    b->slot = lua_gettop(L);
}

char *textBufferMore(textBuffer *b, size_t size) {
    if (size > ROOM_MAX) luaL_error(b->L, "not enough memory");
    size_t room = b->room * 2;
    while (room - b->size < size) room *= 2;
    char *data = lua_newuserdata(b->L, room);
    memcpy(data, b->data, b->size);
    lua_replace(b->L, b->slot);
    b->data = data;
    b->room = room;
    return data + b->size;
}

void textBufferPush(const textBuffer *b) {
    lua_pushlstring(b->L, b->data, b->size);
}
