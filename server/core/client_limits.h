/* client_limits.h - client-output-buffer-limit: who has more output waiting than it may. A class
 * without a limit has a quarter of the machine's memory. */
#ifndef EBB_SERVER_CORE_CLIENT_LIMITS_H
#define EBB_SERVER_CORE_CLIENT_LIMITS_H

#include "server/core/client.h"

/* True if 'c' must be closed: over the hard limit, or over the soft one for too long. Counts and
 * logs it. Starts and stops the client's soft-limit clock. */
bool clientOverOutputLimit(client *c);
/* True if a reply without end to 'c' would meet a hard limit that was set for its class. */
bool clientHasHardLimit(const client *c);
/* For a handler in the middle of a long reply, every now and then: closes a client that is over its
 * limit by now. True then: the rest need not be written. */
bool clientCutOff(client *c);
/* The clock stands: the client is under the limit, or going. */
void clientStopSoftClock(client *c);

#endif
