/* lua_convert.h - replies of commands as Lua values, and what a script returns as a reply.
 *
 * RESP2: a status and an error are tables with one field, ok or err; null is false; arrays are
 * tables. RESP3 (after redis.setresp(3)) has maps, sets, doubles, big numbers and verbatim strings
 * besides, tables with one field of that name; null is nil. The same tables go the other way. */
#ifndef EBB_SERVER_SCRIPT_LUA_CONVERT_H
#define EBB_SERVER_SCRIPT_LUA_CONVERT_H

#include "server/script/script_internal.h"

/* Pushes the value of the first reply in 'raw'; an attribute before it is left out. It is a reply
 * of this server's own: what is none is a programmer's error. */
void luaPushReply(lua_State *L, bytes raw);
/* Pushes the table of an error; 'text' without the dash. The field that says that it has been
 * counted goes with it. */
void luaPushError(lua_State *L, bytes text);

/* Replies to 'c' with the value on top of the stack and pops it. 'resp' is the protocol that the
 * script speaks. */
void luaReplyTop(lua_State *L, client *c, int resp);

#endif
