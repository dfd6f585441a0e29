/* lua_json.h - cjson: JSON for scripts, with the settings and error texts of the lua-cjson library,
 * whose manual is the reference. The settings belong to the state and hold for later scripts too.
 */
#ifndef EBB_SERVER_SCRIPT_LUA_JSON_H
#define EBB_SERVER_SCRIPT_LUA_JSON_H

#include "server/script/lua_env.h"

enum { JSON_DEPTH = 1000, JSON_PRECISION = 14, JSON_SPARSE_RATIO = 2, JSON_SPARSE_SAFE = 10 };

/* What encode_invalid_numbers and its kin set. */
typedef enum jsonInvalid { JSON_REFUSE, JSON_ALLOW, JSON_AS_NULL } jsonInvalid;

typedef struct jsonSettings {
    bool sparse_as_object;
    int sparse_ratio, sparse_safe;
    int encode_depth, decode_depth;
    int precision;
    bool keep_buffer; /* told only: buffers are the state's */
    jsonInvalid encode_invalid;
    bool decode_invalid;
} jsonSettings;

/* The functions encode and decode of a settings table; upvalue 1 is the jsonSettings. */
int luaJsonEncode(lua_State *L); /* lua_json_encode.c */
int luaJsonDecode(lua_State *L); /* lua_json_decode.c */

#endif
