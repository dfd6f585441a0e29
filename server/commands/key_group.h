/* key_group.h - commands on many keys: hashes and prefetches them in groups, so that the cache
 * misses of a group overlap instead of following one another. */
#ifndef EBB_SERVER_COMMANDS_KEY_GROUP_H
#define EBB_SERVER_COMMANDS_KEY_GROUP_H

#include "server/core/key_open.h"
#include "storage/db/db.h"

enum { KEY_GROUP = 16 };

/* The keys at arguments first, first + step, ... below 'end', at most a group; their number. */
static inline int keyGroupFetch(const client *c, int first, int step, int end,
                                keyRef keys[KEY_GROUP]) {
    int count = 0;
    for (int i = first; i < end && count < KEY_GROUP; i += step, count++) {
        keys[count] = argKey(c, i);
        dbPrefetchBucket(c->db, keys[count].hash);
    }
    for (int i = 0; i < count; i++) dbPrefetchEntry(c->db, keys[i].hash);
    return count;
}

#endif
