/* client_watch.h - what time does to clients: 'timeout', and output that stays over the soft limit.
 *
 * A cron task looks at a tenth of the clients each tenth of a second, and only while there is
 * something to look for; else it wakes once a second to find nothing. */
#ifndef EBB_SERVER_SESSION_CLIENT_WATCH_H
#define EBB_SERVER_SESSION_CLIENT_WATCH_H

#include "server/core/server.h"

/* Sets s->client_watch and the task. */
void clientWatchAttach(server *s);
void clientWatchDetach(server *s);

#endif
