/* limits.h - the bounds of the protocol that are not configurable, and those of strangers. */
#ifndef EBB_PROTOCOL_LIMITS_H
#define EBB_PROTOCOL_LIMITS_H

enum {
    RESP_MAX_INLINE = 64 * 1024, /* an inline request, or the count line of any other */
    RESP_MAX_ARGS = 2147483647,  /* multibulk count of a client that may do anything */
    RESP_STRANGER_MAX_ARGS = 10, /* before AUTH */
    RESP_STRANGER_MAX_BULK = 16384
};

#endif
