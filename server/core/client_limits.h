/* client_limits.h - client-output-buffer-limit: who has more output waiting than it may. A class
 * without a limit has a quarter of the machine's memory. */
#ifndef EBB_SERVER_CORE_CLIENT_LIMITS_H
#define EBB_SERVER_CORE_CLIENT_LIMITS_H

#include "server/core/client.h"

/* True if 'c' must be closed: over the hard limit, or over the soft one for too long. Counts and
 * logs it. Starts and stops the client's soft-limit clock. */
bool clientOverOutputLimit(client *c);
/* The clock stands: the client is under the limit, or going. */
void clientStopSoftClock(client *c);

#endif
