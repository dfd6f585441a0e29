/* batch.h - all requests of one loop iteration, from all clients, in arrival order per client.
 *
 * Bytes arrive in a read arena (or, where a client has a part of a request already, in its own
 * pending buffer). Requests are parsed in groups of up to BATCH_GROUP across clients: the command
 * row is found and the bucket of the first key prefetched while parsing (stage 1), then the entries
 * (stage 2), then, for commands that look a member up in a collection, where it may lie (stage 3),
 * then all are executed. What a client may not run yet (held, over its share) or has not
 * sent whole is copied to its pending buffer and parsed again later. Arguments are borrowed from
 * arena or pending buffer and die with the batch.
 *
 * Sans-I/O: the caller asks where to put bytes and says how many came. */
#ifndef EBB_SERVER_CORE_BATCH_H
#define EBB_SERVER_CORE_BATCH_H

#include "server/core/client.h"

enum {
    BATCH_GROUP = 48,
    BATCH_ARENA = 4 * 1024 * 1024,
    BATCH_READ = 16 * 1024,       /* of one client in one iteration */
    BATCH_READ_MANY = 128 * 1024, /* of one whose requests are big, so that these are not many */
    BATCH_READ_BIG = 1024 * 1024  /* of one whose big request is under way */
};

typedef struct batch batch;

batch *batchNew(void);
void batchFree(batch *b);

/* Where the next bytes of 'c' go and how many may come; NULL where the arena is full: run the batch
 * first and read later. */
char *batchRoom(server *s, client *c, size_t *room);
/* 'size' bytes came there. */
void batchReceived(server *s, client *c, size_t size);
/* True if a big request is under way and more of it may be read at once. */
bool batchWantsMore(const client *c);
/* Feeds a client whose pending input may run now (after clientResume). */
void batchWake(server *s, client *c);
/* True if something waits to be run. */
bool batchHasWork(const server *s);

/* Runs everything that came; afterwards the arena is empty. */
void batchRun(server *s);
/* Now and then: gives back what of the arena a burst used and nobody has used since. */
void batchTrim(server *s);

/* In the middle of 'b', whose command is going to take long: all clients but 'keep' leave it, and
 * what they have sent and nobody has run goes to the server's batch of now, which is another one.
 */
void batchYield(batch *b, const client *keep);

/* One request outside of a batch, its arguments borrowed: for scripts, MULTI and tests. */
void batchCall(client *c, int argc, const bytes *argv);

#endif
