/* shutdown.h - the end of a server: asked for by SHUTDOWN or a signal, refused where data would be
 * lost, taken back by SHUTDOWN ABORT.
 *
 * Asking only notes it. The loop calls shutdownStep() after each turn: what the turn's other
 * requests changed is saved too, and nothing runs after the save. */
#ifndef EBB_SERVER_JOBS_SHUTDOWN_H
#define EBB_SERVER_JOBS_SHUTDOWN_H

#include "server/core/server.h"

void shutdownAttach(server *s);
void shutdownDetach(server *s);

/* 'flags' are SHUTDOWN_* of config.h. The client is held, and hears only where it fails; NULL: a
 * signal asked. */
void shutdownAsk(server *s, int flags, client *c);
/* From a signal handler: SIGTERM or SIGINT. Async-signal-safe. */
void shutdownSignal(server *s, int number);
/* False if none is under way. Clients that asked hear of it. */
bool shutdownAbort(server *s);

/* Saves and ends what has to be, and sets s->ended; or says why not, and the server lives on. */
void shutdownStep(server *s);
/* Work for shutdownStep(). */
static inline bool shutdownIsAsked(const server *s) {
    return __builtin_expect(s->shutdown_asked || s->shutdown_signal, 0);
}

#endif
