/* pause.h - CLIENT PAUSE: for a time, clients wait that would write, or all of them.
 *
 * The gate holds a client when it tries to run a command that the pause affects; the request stays
 * in its buffer and runs afterwards. Keys past their deadline are hidden and not removed meanwhile:
 * nothing changes. Commands inside of a transaction or script were let in as a whole. The end comes
 * by a cron task or by pauseEnd(). Replicas are never held. */
#ifndef EBB_SERVER_SESSION_PAUSE_H
#define EBB_SERVER_SESSION_PAUSE_H

#include "server/core/server.h"

/* Sets s->pause, the gate, the task. */
void pauseAttach(server *s);
void pauseDetach(server *s);

/* For 'ms' from now. Where a pause is on already the later end and the stricter mode count. */
void pauseStart(server *s, int64_t ms, bool writes_only);
void pauseEnd(server *s);

bool pauseIsOn(const server *s);
/* Clients that wait for its end. */
size_t pauseHeld(const server *s);

#endif
