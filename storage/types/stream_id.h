/* stream_id.h - the ID of a stream's entry: milliseconds and a sequence number, in that order. */
#ifndef EBB_STORAGE_TYPES_STREAM_ID_H
#define EBB_STORAGE_TYPES_STREAM_ID_H

#include <stdbool.h>
#include <stdint.h>

typedef struct streamId {
    uint64_t ms, seq;
} streamId;

#define STREAM_ID_ZERO ((streamId){0, 0})
#define STREAM_ID_MAX  ((streamId){UINT64_MAX, UINT64_MAX})

/* <0, 0 or >0. */
static inline int streamIdCompare(streamId a, streamId b) {
    if (a.ms != b.ms) return a.ms < b.ms ? -1 : 1;
    if (a.seq != b.seq) return a.seq < b.seq ? -1 : 1;
    return 0;
}

static inline bool streamIdEqual(streamId a, streamId b) {
    return a.ms == b.ms && a.seq == b.seq;
}

static inline bool streamIdIsZero(streamId id) {
    return id.ms == 0 && id.seq == 0;
}

/* The next greater ID; false, and *id untouched, where there is none. */
static inline bool streamIdUp(streamId *id) {
    if (id->seq != UINT64_MAX) {
        id->seq++;
        return true;
    }
    if (id->ms == UINT64_MAX) return false;
    *id = (streamId){id->ms + 1, 0};
    return true;
}

/* The next smaller one, as streamIdUp. */
static inline bool streamIdDown(streamId *id) {
    if (id->seq != 0) {
        id->seq--;
        return true;
    }
    if (id->ms == 0) return false;
    *id = (streamId){id->ms - 1, UINT64_MAX};
    return true;
}

#endif
