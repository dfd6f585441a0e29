/* script.h - scripts as the floors above see them: attached to a server, running, busy, killed.
 *
 * Lua is the only language, and only this floor sees its header. Scripts sent with EVAL are in
 * eval.h, libraries of functions in function.h; this is what both have in common. A script runs on
 * the main thread to its end; the commands it calls are run by a client of its own (CLIENT_SCRIPT),
 * one unit of effects around all of them, with the time standing still.
 *
 * A script that takes longer than busy-reply-threshold lets the server answer others with -BUSY,
 * and listen to SCRIPT KILL, FUNCTION KILL and SHUTDOWN NOSAVE: s->pollNet does that. A timer
 * looks after the script that runs; while it runs no longer than some milliseconds, nothing is
 * counted or measured on its way. */
#ifndef EBB_SERVER_SCRIPT_SCRIPT_H
#define EBB_SERVER_SCRIPT_SCRIPT_H

#include "server/core/server.h"

typedef struct scripts scripts;

/* Sets s->scripts, the gate that answers BUSY, and what the server asks of scripts. No memory is
 * taken for Lua before the first script. */
void scriptAttach(server *s);
void scriptDetach(server *s);

/* What a script may do and needs, by its shebang line or the flags of a function. */
enum {
    SCRIPT_NO_WRITES = 1 << 0,
    SCRIPT_ALLOW_OOM = 1 << 1,
    SCRIPT_ALLOW_STALE = 1 << 2,
    SCRIPT_NO_CLUSTER = 1 << 3,
    SCRIPT_ALLOW_CROSS_SLOT = 1 << 4,
    /* It has no shebang line: what it does is judged command by command. */
    SCRIPT_UNDECLARED = 1 << 5
};

typedef struct scriptFlagName {
    const char *name;
    uint32_t flag;
} scriptFlagName;
/* "no-writes" and its kin; ends with a name that is NULL. */
extern const scriptFlagName scriptFlagNames[];
/* 0 if there is no such flag. */
uint32_t scriptFlagOf(bytes name);

/* SCRIPT KILL and FUNCTION KILL. Ends the script that runs, if it is of this kind and has written
 * nothing; replies. */
void scriptKill(client *c, bool is_function);
/* True while others are answered during a script. */
bool scriptIsBusy(const server *s);
/* The error they get: "BUSY ...". */
const char *scriptBusyError(const server *s);

/* The function that runs, for FUNCTION STATS; false if none does. */
typedef struct scriptRunning {
    bytes name;
    const bytes *argv;
    int argc;
    int64_t duration_ms;
} scriptRunning;
bool scriptRunningFunction(const server *s, scriptRunning *out);

#endif
