/* tracking_internal.h - what tracking.c, tracking_keys.c and tracking_prefixes.c share. */
#ifndef EBB_SERVER_SESSION_TRACKING_INTERNAL_H
#define EBB_SERVER_SESSION_TRACKING_INTERNAL_H

#include "server/session/tracking.h"
#include "storage/types/blob.h"

typedef struct broadcastSub broadcastSub; /* of one client to one prefix */

/* Behind client.tracking, from the first TRACKING ON to the end of the client: the table may hold
 * its id long after TRACKING OFF. */
typedef struct clientTracking {
    trackingState state;
    broadcastSub **subs; /* in order of their prefixes */
    size_t subs_capacity;
    size_t prefix_bytes;
} clientTracking;

/* A table that a flush emptied, freed in slices. */
typedef struct droppedTable {
    dict *keys;
    struct droppedTable *next;
} droppedTable;

/* The invalidation table. */
typedef struct trackedKeys {
    dict *by_name;
    size_t items;
    droppedTable *dropped;
    bool sweeping;
    uint64_t sweep_cursor;
    uint64_t sweep_ns, sweep_after_ns; /* what the last one took; when the next may begin */
} trackedKeys;

/* Prefixes that somebody listens to. */
typedef struct trackedPrefixes {
    dict *by_name;
    chain changed; /* those with news, in the order of their first */
    struct prefixLength *lengths;
    size_t length_count, length_capacity;
} trackedPrefixes;

struct tracking {
    server *server;
    size_t clients; /* that track */
    size_t known;   /* that do, or did and are still here */
    size_t gone;    /* since the last sweep began */
    trackedKeys keys;
    trackedPrefixes prefixes;
    int task;
    clientClosedHook closed;
    clientDetailsHook details;
    flushHook flush;
};

/* What a client is told: names as the text of a RESP array; NULL: that all is void. */
void trackingTell(client *tracker, blob *names);
/* The same of one key. */
void trackingTellKey(client *tracker, bytes key);

/* ---- tracking_keys.c ---- */
void trackedKeysInit(trackedKeys *k);
void trackedKeysClear(trackedKeys *k);
void trackedKeysAdd(tracking *t, bytes name, uint64_t id);
/* Takes the key out and tells its clients; 'by' made the change, NULL: nobody in particular. */
void trackedKeysInvalidate(tracking *t, keyRef key, const client *by);
/* Forgets everything, telling nobody. */
void trackedKeysDrop(tracking *t);
/* Ids of clients that are gone shall go. */
void trackedKeysSweep(tracking *t);
/* A slice of background work; in how many nanoseconds the next is due, UINT64_MAX for none. */
uint64_t trackedKeysWork(tracking *t);

/* ---- tracking_prefixes.c ---- */
void trackedPrefixesInit(trackedPrefixes *p);
void trackedPrefixesClear(trackedPrefixes *p);
void trackedPrefixesAdd(client *c, bytes name);
void trackedPrefixesLeave(client *c);
void trackedPrefixesNote(tracking *t, keyRef key, const client *by);
/* Tells what was noted. */
void trackedPrefixesSend(tracking *t);
/* Bytes of a client's subscriptions. */
size_t trackedPrefixesMemory(const clientTracking *state);

#endif
