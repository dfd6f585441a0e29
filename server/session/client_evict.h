/* client_evict.h - maxmemory-clients: when all clients together take too much, the biggest go.
 *
 * What a client takes (as CLIENT LIST says: tot-mem, and what its unfinished request has announced)
 * is read again after its input was run and after its output was written; the sum is kept, and
 * clients stand in buckets by powers of two.
 * Above the limit the biggest of the topmost bucket is closed, and the next, until the sum fits:
 * after the flush of each loop iteration, so that a reply that the socket takes at once counts for
 * nothing. Who said NO-EVICT counts, but stays; replicas and the primary do neither. Costs one test
 * of a pointer while there is no limit. */
#ifndef EBB_SERVER_SESSION_CLIENT_EVICT_H
#define EBB_SERVER_SESSION_CLIENT_EVICT_H

#include "server/core/server.h"

void clientEvictAttach(server *s);
void clientEvictDetach(server *s);

/* maxmemory-clients or maxmemory was set: counts anew, and closes who is too much by now. */
void clientEvictLimitChanged(server *s);

/* The limit in bytes; 0: none. */
size_t clientEvictLimit(const server *s);
/* What all clients take, while there is a limit. */
size_t clientEvictTotal(const server *s);

#endif
