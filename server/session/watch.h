/* watch.h - WATCH: which clients must learn that a key was changed before their EXEC.
 *
 * An index from key to watchers for each db, made when the first key is watched; the effect that
 * feeds it is live only while somebody watches. A client that learnt of a change (CLIENT_DIRTY_CAS)
 * watches no longer. A key that was past its deadline when it was watched counts as absent: that it
 * is removed changes nothing. */
#ifndef EBB_SERVER_SESSION_WATCH_H
#define EBB_SERVER_SESSION_WATCH_H

#include "server/core/server.h"

/* Sets s->watch, the effect and the hooks of clients. */
void watchAttach(server *s);
void watchDetach(server *s);

/* Watches 'key' of the client's db; nothing if it does so already, or is dirty. */
void watchKey(client *c, keyRef key);
/* Ends all of a client's watching. What it has learnt (CLIENT_DIRTY_CAS) stays. */
void watchForget(client *c);
/* True if a key that was there has passed its deadline, removed or not. */
bool watchSawExpiry(const client *c);

/* Clients that watch, and the sum of the keys of each. */
size_t watchClients(const server *s);
size_t watchKeys(const server *s);

#endif
