/* watchdog.h - watchdog-period: a turn of the event loop that takes longer has its stack in the
 * log.
 *
 * A timer of the process is set anew several times a second by a task of the server; if the task
 * does not come in time, SIGALRM strikes whatever runs, and its handler (crash.h) reports it, once
 * for each such turn. Costs nothing while the period is 0. While data are loaded nothing is
 * reported. */
#ifndef EBB_SERVER_OBSERVE_WATCHDOG_H
#define EBB_SERVER_OBSERVE_WATCHDOG_H

#include "server/core/server.h"

/* After crashInstall(): without its handler the signal would end the process. */
void watchdogStart(server *s);
/* Before crashRemove(). */
void watchdogStop(server *s);

#endif
