/* script_internal.h - what the parts of this floor share: the room of a server's scripts, its two
 * Lua states and the run of a script. */
#ifndef EBB_SERVER_SCRIPT_SCRIPT_INTERNAL_H
#define EBB_SERVER_SCRIPT_SCRIPT_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <time.h>

#include "server/script/script.h"

typedef struct luaEnv luaEnv;       /* lua_env.h */
typedef struct evalCache evalCache; /* eval.c */
typedef struct libraries libraries; /* function.c */

enum { SCRIPT_NUMBER_ROOM = 32 }; /* of a number as an argument */

typedef enum scriptKind { SCRIPT_EVAL, SCRIPT_FUNCTION, SCRIPT_LOADING } scriptKind;

/* What is about to run: a compiled script or a function. */
typedef struct scriptCode {
    scriptKind kind;
    const char *name; /* what errors and FUNCTION STATS call it */
    size_t name_size;
    int ref; /* of the Lua function, in the registry of its state */
    uint32_t flags;
} scriptCode;

typedef struct scriptRun {
    const scriptCode *code;
    luaEnv *env;
    client *caller;
    int first_key, key_count; /* in the caller's arguments; those behind them are ARGV */
    uint64_t start_ns;
    bool read_only;      /* EVAL_RO and its kin, or a script that says so */
    bool refuses_memory; /* what may take more memory is refused, as it was at the begin */
    bool wrote;
    bool limits_followers; /* redis.set_repl() was called */
    bool busy;             /* others are answered meanwhile */
    bool killed;           /* on its way out, whatever it catches */
    /* Where a reply began, if one is being written: an error takes it back. */
    bool replying;
    replyMark reply_begin;
    /* The error that ended it, as it is replied; on the heap, NULL: none. */
    char *error;
    bool error_counted; /* errorstats has heard of it already */
} scriptRun;

struct scripts {
    server *server;
    client *inner; /* whose commands the scripts' calls are; NULL until the first script */
    luaEnv *eval_env, *function_env;
    evalCache *cache;
    libraries *libraries;
    scriptRun *run; /* NULL: none runs */
    /* Arguments of the command being called, and numbers among them as text. */
    bytes *argv;
    char (*numbers)[SCRIPT_NUMBER_ROOM];
    int argv_room;
    /* A reply that came in several chunks, as one. */
    char *flat;
    size_t flat_room;
    batch *nested_batch; /* of those who are answered meanwhile */
    uint32_t runs;       /* since the collector was last moved on */
    chain retired;       /* flushed, to be freed: script_retire.c */
    int retire_task;
    /* The timer that looks after a running script; see script_watch.c. */
    timer_t timer;
    bool timer_made;
    volatile sig_atomic_t timer_runs, timer_idle, setting_hook;
    lua_State *volatile watched; /* the state a script runs in, NULL: none */
};

/* ---- script_run.c ---- */

/* The Lua state for EVAL or for functions, made when it is first needed. */
luaEnv *scriptEvalEnv(scripts *sc);
luaEnv *scriptFunctionEnv(scripts *sc);
/* Shows the command to those who MONITOR: ahead of what a script calls, and also where no script
 * comes to run. */
void scriptShow(client *c);
/* Runs it for 'c', whose keys begin at 'first_key', and replies. */
void scriptCallCode(scripts *sc, luaEnv *e, const scriptCode *code, client *c, int first_key,
                    int key_count, bool read_only);
/* Runs a library's own code: it registers functions. False with the error on the heap. */
bool scriptLoadLibrary(scripts *sc, luaEnv *e, const scriptCode *code, char **error);
/* numkeys at argument 2: false after replying what is wrong. 'not_a_number' is what is said where
 * it is none. */
bool scriptKeyCount(client *c, const char *not_a_number, int *key_count);

/* ---- script_retire.c ---- */

void scriptRetireStart(scripts *sc);
void scriptRetireEnd(scripts *sc);
/* Frees a state (NULL: none was made) with the scripts or the libraries it ran: a few at once, more
 * in slices. Takes them. */
void scriptRetire(scripts *sc, luaEnv *env, evalCache *cache, libraries *old, bool at_once);

/* ---- script_watch.c ---- */

/* From now until scriptWatchEnd() 'e' is looked after. */
void scriptWatchBegin(scripts *sc, luaEnv *e);
void scriptWatchEnd(scripts *sc);
void scriptWatchStop(scripts *sc);

/* ---- lua_call.c: redis.call and redis.pcall ---- */
int luaCallRaising(lua_State *L);
int luaCallCatching(lua_State *L);

/* ---- lua_redis.c: the rest of redis.* ---- */

/* Pushes the table of what scripts and functions may use. */
void luaRedisPushApi(lua_State *L);
/* Pushes what is there while a library is loaded. */
void luaRedisPushLoadApi(lua_State *L);

/* ---- function_register.c ---- */
int luaRegisterFunction(lua_State *L);

#endif
