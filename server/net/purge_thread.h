/* purge_thread.h - gives the heap's free pages back to the kernel beside the loop.
 *
 * Purging is one call that lasts as long as there are pages: tens of milliseconds where much was
 * freed. A thread of its own does it, which ends with it; the loop goes on meanwhile. */
#ifndef EBB_SERVER_NET_PURGE_THREAD_H
#define EBB_SERVER_NET_PURGE_THREAD_H

#include "server/core/server.h"

typedef struct purgeThread purgeThread;

/* Takes the server's purges over: s->purgeHeap, s->purge_thread. */
void purgeThreadNew(server *s);
/* Waits for one under way. */
void purgeThreadFree(purgeThread *p);

#endif
