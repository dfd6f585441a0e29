/* draws.h - replies of as many random elements as a client asks for: -9223372036854775807 is a
 * legal count. What is said cannot be taken back, so too many are refused, unless the client has an
 * output limit: then it gets what fits, and is closed. */
#ifndef EBB_SERVER_COMMANDS_DRAWS_H
#define EBB_SERVER_COMMANDS_DRAWS_H

#include "server/core/client_limits.h"

enum {
    DRAWS_REPLY_MAX = 1 << 24, /* elements that one call repeats */
    DRAWS_A_LOOK = 64          /* between two looks at the limit */
};

static inline bool drawsMayRun(const client *c, uint64_t count) {
    return count <= DRAWS_REPLY_MAX || clientHasHardLimit(c);
}

/* True if draw 'i' is none: the client is gone. */
static inline bool drawsEnd(client *c, uint64_t i) {
    return i % DRAWS_A_LOOK == DRAWS_A_LOOK - 1 && clientCutOff(c);
}

#endif
