/* t_stream_group.h - consumer groups of a stream: who reads it, and what was read but not yet
 * acknowledged.
 *
 * A group knows the last ID it delivered and a count of what it has read (STREAM_READ_UNKNOWN where
 * that cannot be told). A pending entry is one item in two B+trees by ID, the group's and its
 * consumer's; an unowned one (given back by XNACK) is in the group's alone. A third tree, by age,
 * is made for a group whose oldest pending entries are asked for: those given back first, in that
 * order, then by the time of their delivery. Groups and consumers stand in the order of their
 * names.
 *
 * The stream owns its groups, they their consumers and pending entries. Pointers are good until the
 * group or consumer is removed; pending entries until the next change of the stream (the background
 * moves them). */
#ifndef EBB_STORAGE_TYPES_T_STREAM_GROUP_H
#define EBB_STORAGE_TYPES_T_STREAM_GROUP_H

#include "storage/types/t_stream.h"

#define STREAM_READ_UNKNOWN ((int64_t)-1)
#define STREAM_NEVER        ((int64_t)-1)

typedef struct streamConsumer {
    int64_t seen_ms;   /* last tried to do something */
    int64_t active_ms; /* last got something; STREAM_NEVER */
    btree *pending;    /* NULL: nothing yet */
    size_t name_size;
    char name[];
} streamConsumer;

typedef struct streamPending {
    streamId id;
    int64_t delivered_ms; /* 0 of one that was given back */
    int64_t deliveries;
    /* The owner; of one given back, its number in the order of
     * giving back, times two plus one. */
    uintptr_t owner;
} streamPending;

typedef struct streamGroup {
    streamId last_id;
    int64_t entries_read;
    btree *pending;          /* never NULL */
    btree *consumers;        /* never NULL */
    btree *by_age;           /* NULL until asked for */
    uint64_t given_back;     /* pending entries without an owner */
    uint64_t next_give_back; /* the number of the next one */
    size_t name_size;
    char name[];
} streamGroup;

static inline bytes streamGroupName(const streamGroup *g) {
    return bytesOf(g->name, g->name_size);
}
static inline bytes streamConsumerName(const streamConsumer *c) {
    return bytesOf(c->name, c->name_size);
}
/* NULL of a pending entry that was given back. */
static inline streamConsumer *streamPendingOwner(const streamPending *p) {
    return p->owner & 1 ? NULL : (streamConsumer *)p->owner;
}
static inline size_t streamConsumerPending(const streamConsumer *c) {
    return c->pending ? btreeCount(c->pending) : 0;
}

/* ---- groups ---- */

size_t streamGroupCount(const stream *s);
/* In the order of names. */
streamGroup *streamGroupAt(const stream *s, size_t rank);
streamGroup *streamGroupFind(const stream *s, bytes name);
/* NULL if there is one of that name. */
streamGroup *streamGroupCreate(stream *s, bytes name, streamId last_id, int64_t entries_read);
/* Takes the group out and gives it back as the only thing in a stream of its own, which the caller
 * frees in slices: it may hold millions. NULL if there is none. */
stream *streamGroupDetach(stream *s, bytes name);

/* What is left to deliver; false where that cannot be told. */
bool streamGroupLag(const stream *s, const streamGroup *g, int64_t *out);
/* The count of reads a group stands at that has delivered up to 'id'; STREAM_READ_UNKNOWN. */
int64_t streamEstimateReads(const stream *s, streamId id);
/* Notes that the group delivers 'id', which is after its last one: last_id and entries_read. */
void streamGroupDeliver(const stream *s, streamGroup *g, streamId id);

/* ---- consumers ---- */

size_t streamConsumerCount(const streamGroup *g);
streamConsumer *streamConsumerAt(const streamGroup *g, size_t rank);
streamConsumer *streamConsumerFind(const streamGroup *g, bytes name);
/* One that is not there yet. */
streamConsumer *streamConsumerCreate(stream *s, streamGroup *g, bytes name, int64_t now_ms);
/* Removes it with what it has pending; the number of those, or -1 if there is none. */
int64_t streamConsumerRemove(stream *s, streamGroup *g, bytes name);

/* ---- pending entries ---- */

streamPending *streamPendingFind(const streamGroup *g, streamId id);
/* One that is not there yet; 'to' NULL: without an owner. */
streamPending *streamPendingAdd(stream *s, streamGroup *g, streamConsumer *to, streamId id,
                                int64_t delivered_ms, int64_t deliveries);
/* Another owner (or the same), time and count. */
void streamPendingAssign(streamGroup *g, streamPending *p, streamConsumer *to, int64_t delivered_ms,
                         int64_t deliveries);
/* Gives it back: no owner, time 0, behind those given back before. */
void streamPendingGiveBack(streamGroup *g, streamPending *p, int64_t deliveries);
/* Removes it. False if it is not there. */
bool streamPendingRemove(stream *s, streamGroup *g, streamId id);
/* By age from the oldest on: those given back first, in that order, then by time of delivery, by ID
 * where that is the same. The first call for a group makes the tree for it. */
btreeAt streamPendingByAge(streamGroup *g);

/* Pending entries from 'from' on, of a group or (not NULL) a consumer. */
btreeAt streamPendingSeek(const streamGroup *g, const streamConsumer *c, streamId from);
static inline streamPending *streamPendingAt(btreeAt at) {
    return btreeItem(at);
}

/* ---- references: what deleting an entry has to do with pending ones ---- */

/* True if each group has delivered 'id' and none has it pending. */
bool streamIsAcked(const stream *s, streamId id);
/* Removes 'id' from what is pending in each group; how many there were. */
size_t streamDropRefs(stream *s, streamId id);

#endif
