/* eval.h - EVAL and EVALSHA: scripts that clients send, kept by their digest.
 *
 * A script stays compiled under the SHA-1 of its text. Those that came with EVAL are bounded: with
 * more than EVAL_CACHE_MAX of them the least recently used one goes. Those of SCRIPT LOAD stay
 * until SCRIPT FLUSH. */
#ifndef EBB_SERVER_SCRIPT_EVAL_H
#define EBB_SERVER_SCRIPT_EVAL_H

#include "server/script/script.h"

enum { EVAL_CACHE_MAX = 500 };

/* EVAL script numkeys ..., the script at argument 1. Runs it and replies. */
void evalRun(client *c, bool read_only);
/* EVALSHA digest numkeys ... */
void evalRunKnown(client *c, bool read_only);

/* SCRIPT LOAD: replies with the digest. */
void evalLoad(client *c, bytes text);
bool evalKnows(const server *s, bytes digest);
/* SCRIPT FLUSH: forgets all scripts, and the Lua state with them, which many scripts leave to be
 * freed in slices unless 'at_once'. */
void evalFlush(server *s, bool at_once);

#endif
