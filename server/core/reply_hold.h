/* reply_hold.h - replies that wait until what they tell of is safe.
 *
 * Under appendfsync always nobody may see a change, in the reply to a write or to a read, before
 * the log that has it is on the disk. One fsync serves all clients of some loop iterations, and the
 * loop goes on meanwhile. So the output of a client is in up to three parts:
 *
 *     ... may be written | waits for the sync that runs | waits for the one after it
 *                        ^ hold_running                 ^ hold_next
 *
 * The places are positions in all that the client was ever sent. Who syncs says before each flush
 * to which part belongs what came since the last one, and afterwards that a sync has ended. Knows
 * nothing of logs and disks. Costs nothing while nobody holds. */
#ifndef EBB_SERVER_CORE_REPLY_HOLD_H
#define EBB_SERVER_CORE_REPLY_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/chain.h"

typedef struct client client;
typedef struct server server;

#define HOLD_NOTHING UINT64_MAX

typedef enum holdPart { HOLD_FREE, HOLD_RUNNING, HOLD_NEXT } holdPart;

typedef struct replyHolds {
    bool active;       /* somebody says to which part new output belongs */
    holdPart newest;   /* that part; set before each flush */
    chain held;        /* clients with output that waits */
    size_t next_count; /* of those, with output that waits for the next sync */
} replyHolds;

/* From now on (or no longer) output may have to wait; what waits is let go when it ends. */
void replyHoldActivate(server *s, bool active);

/* Before the output of 'c' is written, while active: what came since the last time belongs to the
 * newest part. */
void replyHoldMark(client *c);
/* How many bytes of its output may be written. */
size_t replyHoldLimit(const client *c);

/* The sync that ran has ended well: its part may be written. */
void replyHoldRelease(server *s);
/* The next sync begins to run. */
void replyHoldNext(server *s);
/* What waits is not to be told: its clients are closed. How many. */
size_t replyHoldDrop(server *s);

#endif
