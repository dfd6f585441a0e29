/* notify.h - keyspace notifications: recorded changes as pub/sub messages.
 *
 * An effect like the others: it hears of a change after the handler and publishes
 * __keyspace@<db>__:<key> and __keyevent@<db>__:<event>, as notify-keyspace-events asks. */
#ifndef EBB_SERVER_SESSION_NOTIFY_H
#define EBB_SERVER_SESSION_NOTIFY_H

#include "server/core/server.h"

/* Subscribes to changes; the mask comes from the config, now and whenever it changes. */
void notifyAttach(server *s);
/* Takes config.notify_keyspace_events over: live only with a K or E and a class. */
void notifyRefresh(server *s);

#endif
