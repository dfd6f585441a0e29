/* crash.h - the last words of a dying process: a report in the log, then the signal's default
 * action, so that a core is written where cores are wanted.
 *
 * Covers SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, and failed ensure()s. Everything in a report
 * is made with async-signal-safe calls, on a stack of its own; a second fault while reporting ends
 * the process at once. SIGALRM, from outside or from watchdog.h, logs a stack trace and the
 * server goes on.
 *
 * One server a process: a test process that holds several has none of this. What is reported of
 * clients obeys hide-user-data-from-log; crash-log-enabled no silences it all. */
#ifndef EBB_SERVER_OBSERVE_CRASH_H
#define EBB_SERVER_OBSERVE_CRASH_H

#include "server/core/server.h"

/* Installs handlers and ensure()'s hook for 's', which stays until crashRemove(). */
void crashInstall(server *s);
void crashRemove(void);

#endif
