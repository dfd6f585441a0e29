/* slowlog.h - the last calls that took longer than slowlog-log-slower-than.
 *
 * Keeps copies: of so many arguments as slowlog-max-argc tells, of at most SLOWLOG_ARG_BYTES each,
 * secrets left out. Bounded by slowlog-max-len. Both are looked at when one is added. */
#ifndef EBB_SERVER_OBSERVE_SLOWLOG_H
#define EBB_SERVER_OBSERVE_SLOWLOG_H

#include "server/core/server.h"

enum { SLOWLOG_ARG_BYTES = 128 };

typedef struct slowlogEntry {
    chainNode node;
    int64_t id; /* never reset */
    int64_t time_s, duration_us;
    int argc; /* of what is kept: where some are left out, the last one says how many */
    bytes *argv;
    char *peer, *name; /* of the client; "" for none */
} slowlogEntry;

typedef struct slowlogLimits {
    int64_t entries, args;
} slowlogLimits;

slowlog *slowlogNew(void);
void slowlogFree(slowlog *log);

/* What the client's command in c->argv took; keeps no more than the limits allow, and does not
 * count where no entries are allowed. */
void slowlogAdd(slowlog *log, const client *c, const command *cmd, uint64_t ns,
                slowlogLimits limits);

size_t slowlogCount(const slowlog *log);
/* The newest, and the next older one; NULL if there is none. */
const slowlogEntry *slowlogNewest(const slowlog *log);
const slowlogEntry *slowlogOlder(const slowlog *log, const slowlogEntry *e);
void slowlogReset(slowlog *log);

#endif
