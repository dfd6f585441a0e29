/* slowlog.h - the last calls that took longer than slowlog-log-slower-than.
 *
 * Keeps copies: of at most SLOWLOG_ARGS arguments, of at most SLOWLOG_ARG_BYTES each, secrets left
 * out. Bounded by slowlog-max-len, looked at when one is added. */
#ifndef EBB_SERVER_OBSERVE_SLOWLOG_H
#define EBB_SERVER_OBSERVE_SLOWLOG_H

#include "server/core/server.h"

enum { SLOWLOG_ARGS = 32, SLOWLOG_ARG_BYTES = 128 };

typedef struct slowlogEntry {
    chainNode node;
    int64_t id; /* never reset */
    int64_t time_s, duration_us;
    int argc; /* of what is kept: where some are left out, the last one says how many */
    bytes *argv;
    char *peer, *name; /* of the client; "" for none */
} slowlogEntry;

slowlog *slowlogNew(void);
void slowlogFree(slowlog *log);

/* What the client's command in c->argv took; keeps 'max_len' entries at most, and does
 * not count where that is 0. */
void slowlogAdd(slowlog *log, const client *c, const command *cmd, uint64_t ns, int64_t max_len);

size_t slowlogCount(const slowlog *log);
/* The newest, and the next older one; NULL if there is none. */
const slowlogEntry *slowlogNewest(const slowlog *log);
const slowlogEntry *slowlogOlder(const slowlog *log, const slowlogEntry *e);
void slowlogReset(slowlog *log);

#endif
