/* notify.h - keyspace notifications: recorded changes as pub/sub messages.
 *
 * An effect like the others: it hears of a change after the handler and publishes
 * __keyspace@<db>__:<key> and __keyevent@<db>__:<event>, as notify-keyspace-events asks; and, of
 * fields of hashes, the four forms that name these, too:
 *
 *     S  __subkeyspace@<db>__:<key>                 <event>|<size>:<field>[,...]
 *     T  __subkeyevent@<db>__:<event>               <size>:<key>|<size>:<field>[,...]
 *     I  __subkeyspaceitem@<db>__:<key>\n<field>    <event>   (not of keys with a newline)
 *     V  __subkeyspaceevent@<db>__:<event>|<key>    <size>:<field>[,...] */
#ifndef EBB_SERVER_SESSION_NOTIFY_H
#define EBB_SERVER_SESSION_NOTIFY_H

#include "server/core/server.h"

/* Subscribes to changes; the mask comes from the config, now and whenever it changes. */
void notifyAttach(server *s);
/* Takes config.notify_keyspace_events over: live only with a form
 * (K, E, S, T, I, V) and a class. */
void notifyRefresh(server *s);

#endif
