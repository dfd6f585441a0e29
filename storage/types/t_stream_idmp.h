/* t_stream_idmp.h - what idempotent producers have added to a stream of late, so that a message
 * that is sent twice is added once.
 *
 * A producer names itself and each of its messages; the stream remembers the ID of the entry that
 * was made of it, up to 'maxsize' messages a producer (the oldest go first) and 'duration_s'
 * seconds from the time in the entry's ID on. A producer of whom nothing is remembered is
 * forgotten. */
#ifndef EBB_STORAGE_TYPES_T_STREAM_IDMP_H
#define EBB_STORAGE_TYPES_T_STREAM_IDMP_H

#include "storage/types/t_stream.h"

typedef struct streamIdmp streamIdmp;

/* Of the server: where a stream has none of its own. */
typedef struct streamIdmpLimits {
    int64_t duration_s, maxsize;
} streamIdmpLimits;

typedef struct streamIdmpStats {
    streamIdmpLimits limits;
    size_t producers, messages; /* remembered now */
    uint64_t added, duplicates; /* ever */
} streamIdmpStats;

/* True and the entry's ID if the message is remembered. */
bool streamIdmpFind(const stream *s, bytes producer, bytes message, streamIdmpLimits defaults,
                    int64_t now_ms, streamId *out);
/* Remembers a message that is not remembered. Forgets what is too old or too much. */
void streamIdmpAdd(stream *s, bytes producer, bytes message, streamId id, streamIdmpLimits defaults,
                   int64_t now_ms);
void streamIdmpCountDuplicate(stream *s);

/* Gives the stream limits of its own (0: the server's); where they are others than before, all is
 * forgotten. */
void streamIdmpSetLimits(stream *s, streamIdmpLimits own, streamIdmpLimits defaults);
streamIdmpLimits streamIdmpLimitsOf(const stream *s, streamIdmpLimits defaults);
void streamIdmpStatsOf(const stream *s, streamIdmpLimits defaults, int64_t now_ms,
                       streamIdmpStats *out);

/* ---- for saving and loading ---- */

typedef struct streamIdmpState {
    streamIdmpLimits own; /* 0: the server's */
    uint64_t added, duplicates;
    size_t producers; /* not for streamIdmpRestore() */
} streamIdmpState;

/* False if the stream never had to do with it. */
bool streamIdmpStateOf(const stream *s, streamIdmpState *out);
/* Each producer, followed by its messages, the oldest first. */
typedef struct streamIdmpVisit {
    void (*producer)(void *ctx, bytes name, size_t messages);
    void (*message)(void *ctx, bytes name, streamId id);
    void *ctx;
} streamIdmpVisit;
void streamIdmpEach(const stream *s, const streamIdmpVisit *visit);
/* To a stream that has none. */
void streamIdmpRestore(stream *s, const streamIdmpState *state);
/* As the producer's youngest message; false if it is there already. */
bool streamIdmpRestoreMessage(stream *s, bytes producer, bytes message, streamId id);

/* A name for a message by its content: the same for the same fields and values in any order. */
enum { STREAM_IDMP_NAME = 16 };
void streamIdmpName(const bytes *pairs, size_t count, char out[STREAM_IDMP_NAME]);

#endif
