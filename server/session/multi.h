/* multi.h - MULTI: commands that wait for their EXEC, and run as one.
 *
 * A gate of the client takes its requests while it is open, copies their arguments once into the
 * blocks of a transaction and answers QUEUED. What waits counts into the client's memory and
 * against client-query-buffer-limit. The commands run with the time standing still and with what
 * they change held together (effectsBegin); their errors are replies like others.
 *
 * Knows nothing of replies of EXEC and DISCARD themselves. */
#ifndef EBB_SERVER_SESSION_MULTI_H
#define EBB_SERVER_SESSION_MULTI_H

#include "server/core/server.h"

/* Sets s->multi, the gate and the hooks of clients. After watchAttach(). */
void multiAttach(server *s);
void multiDetach(server *s);

/* From now on the client's commands wait. */
void multiBegin(client *c);
/* Forgets them, what was watched and what spoiled the transaction; nothing without one. */
void multiDiscard(client *c);
/* Runs them, replying an array, and ends the transaction. */
void multiExecute(client *c);

#endif
