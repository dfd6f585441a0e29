/* block.h - clients that wait until a key has something for them: BLPOP and its kin.
 *
 * A handler that finds nothing calls blockClient() and replies nothing. The client is held. When
 * one of its keys changes to what it waits for, its request simply runs again, from a copy of its
 * arguments: it is served, replies an error, or blocks again and keeps its place. Who came first is
 * served first, key by key. Waiting costs nothing while no key changes: deadlines are in an index,
 * keys in a table by db that changes are looked up in only while somebody waits.
 *
 * Waiting clients are served after the command (or EXEC) that changed the key, never inside it. */
#ifndef EBB_SERVER_SESSION_BLOCK_H
#define EBB_SERVER_SESSION_BLOCK_H

#include "server/core/client.h"

typedef struct blockOn {
    int first_key, key_count; /* in the arguments that run again; count 0: only time is awaited */
    valueType type;           /* what a key must hold to be worth another run */
    bool even_if_gone;        /* run again too when a key goes or holds something else */
    int64_t timeout_ms;       /* 0: for ever */
    int64_t again_ms;         /* run again in this time if nothing happens until then; 0: do not */
    /* Asked each again_ms instead of another run: true ends the wait as if the time were up. */
    bool (*isOver)(client *c);
    void (*timedOut)(client *c); /* replies what the command says then */
    int argc;                    /* what runs again; 0: the request as it is */
    const bytes *argv;
} blockOn;

/* Holds the client until then. Where it may not wait (in MULTI, in a script) the time is up at
 * once.
 */
void blockClient(client *c, const blockOn *on);

typedef enum blockUnit { BLOCK_SECONDS, BLOCK_MILLISECONDS } blockUnit;
/* The timeout at argument 'index' (seconds may have a fraction); 0 waits for ever. False after
 * replying what is wrong. */
bool blockParseTimeout(client *c, int index, blockUnit unit, int64_t *timeout_ms);

/* Ends the wait as if the time were up, or with an error. False if it does not wait. */
bool blockUnblock(client *c, bool with_error);
/* True if it waits for something that comes whatever others do (isOver): nobody may end that. */
bool blockIsSure(const client *c);

typedef struct blockStats {
    size_t clients, with_timeout, keys, keys_even_if_gone;
} blockStats;
blockStats blockStatsOf(const server *s);

void blockAttach(server *s);
void blockDetach(server *s);

#endif
