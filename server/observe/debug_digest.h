/* debug_digest.h - digests of the data for DEBUG DIGEST and DIGEST-VALUE: the same data gives the
 * same digest on every server, in whatever order and encoding it is kept.
 *
 * Not for security: 64 bits of strength, spread over the 160 that clients know. */
#ifndef EBB_SERVER_OBSERVE_DEBUG_DIGEST_H
#define EBB_SERVER_OBSERVE_DEBUG_DIGEST_H

#include "server/core/server.h"

enum { DEBUG_DIGEST_SIZE = 41 };

/* Of all dbs, as 40 hex digits and a closing zero; zeros where there is no key. Slow: reads every
 * byte. */
void debugDigest(const server *s, char *out);
/* Of one value and whether it has a deadline; zeros for NULL. */
void debugDigestValue(const entry *e, char *out);

#endif
