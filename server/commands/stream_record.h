/* stream_record.h - what followers are told of consumer groups: not what a client asked for, which
 * depends on the time and on who waits, but what came of it, one record a change.
 *
 * Each call adds a record in the place of the request (propagateAs); nothing while nobody follows.
 */
#ifndef EBB_SERVER_COMMANDS_STREAM_RECORD_H
#define EBB_SERVER_COMMANDS_STREAM_RECORD_H

#include "server/core/client.h"
#include "storage/types/t_stream_group.h"

/* Owner, time of delivery and count of a pending entry as they are now, and the group's last ID:
 * XCLAIM ... FORCE JUSTID LASTID. Makes the consumer where there is none. 'p' has an owner. */
void streamTellClaimed(client *c, bytes key, const streamGroup *g, const streamPending *p);
/* The entry is no longer pending: XACK. */
void streamTellAcked(client *c, bytes key, const streamGroup *g, streamId id);
/* Up to where the group has read, and how much: XGROUP SETID ... ENTRIESREAD. */
void streamTellReads(client *c, bytes key, const streamGroup *g);
/* A group that is new: XGROUP CREATE ... ENTRIESREAD; with 'make_stream' its stream may be, too. */
void streamTellCreated(client *c, bytes key, const streamGroup *g, bool make_stream);
/* A consumer that is new: XGROUP CREATECONSUMER. */
void streamTellConsumer(client *c, bytes key, const streamGroup *g, const streamConsumer *consumer);

#endif
