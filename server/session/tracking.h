/* tracking.h - CLIENT TRACKING: clients that keep copies of keys are told when those change.
 *
 * In the default mode the keys that a client's read-only commands name are remembered in one table,
 * key by key, with the ids of the clients; a change takes the key out and tells them. Ids of
 * clients that are gone are dropped when a key's list grows, and by sweeps in the background; a
 * table over tracking-table-max-keys gives up keys at random, which tells their clients. In
 * broadcast mode (BCAST) nothing is remembered: who asked for a prefix is told of every change
 * under it, once per loop iteration. Names count, not databases.
 *
 * Messages are pushes in RESP3; a client of RESP2 gets them only as the one that another redirects
 * to, in the form of pub/sub. A client that is executing gets its own behind its reply. While
 * nobody tracks, neither reads nor changes cost anything. */
#ifndef EBB_SERVER_SESSION_TRACKING_H
#define EBB_SERVER_SESSION_TRACKING_H

#include "server/core/server.h"

typedef struct trackingMode {
    uint64_t redirect; /* the client that gets the messages; 0: the one that tracks */
    bool broadcast;
    bool opt_in, opt_out; /* keys are remembered only after CACHING YES, or not after CACHING NO */
    bool no_loop;         /* not told of its own changes */
} trackingMode;

typedef enum trackingCaching { CACHING_UNSAID, CACHING_YES, CACHING_NO } trackingCaching;

/* What is known of a client that tracks. */
typedef struct trackingState {
    trackingMode mode;
    trackingCaching caching; /* of the next request, or of the transaction */
    bool redirect_broken;    /* nobody was there to be told */
    size_t prefix_count;
} trackingState;

/* Sets s->tracking and the hooks. */
void trackingAttach(server *s);
void trackingDetach(server *s);

/* Begins, or changes the mode; prefixes are added to those of before, broadcast without any means
 * all keys. */
void trackingStart(client *c, const trackingMode *mode, const bytes *prefixes, size_t count);
void trackingStop(client *c);
void trackingSetCaching(client *c, trackingCaching caching);

/* NULL if it does not track. */
const trackingState *trackingOf(const client *c);
/* The prefixes of a client in order. */
bytes trackingPrefix(const client *c, size_t index);

/* Two prefixes of which one begins with the other. */
typedef struct prefixClash {
    bytes prefix, other;
    bool with_existing; /* 'other' is one that the client has */
} prefixClash;
/* True if 'prefixes' overlap with one another or with those that the client has. */
bool trackingPrefixesClash(const client *c, const bytes *prefixes, size_t count,
                           prefixClash *clash);

typedef struct trackingStats {
    size_t clients;
    size_t keys, items; /* in the table, and ids in it */
    size_t prefixes;
} trackingStats;
trackingStats trackingStatsOf(const server *s);

/* tracking-table-max-keys was set. */
void trackingLimitChanged(server *s);

#endif
