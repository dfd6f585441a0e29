/* stream_args.h - the words that commands on streams share: IDs, intervals, trimming, references.
 */
#ifndef EBB_SERVER_COMMANDS_STREAM_ARGS_H
#define EBB_SERVER_COMMANDS_STREAM_ARGS_H

#include "server/core/client.h"
#include "storage/types/t_stream.h"
#include "storage/types/t_stream_idmp.h"

enum { STREAM_ID_TEXT = 48 };

/* "ms-seq" into 'out'; the length. */
size_t streamIdFormat(char out[STREAM_ID_TEXT], streamId id);
/* "ms", "ms-seq" and, unless 'strict', "-" and "+". 'seq' is that of an ID without one. With
 * 'auto_seq' (may be NULL) "ms-*" is one too, which sets it. */
bool streamIdParse(bytes text, uint64_t seq, bool strict, streamId *out, bool *auto_seq);

/* The reply of an ID, as a bulk string. */
void replyStreamId(client *c, streamId id);

/* Each replies the error and returns false. */
bool argStreamId(client *c, int index, uint64_t seq, bool strict, streamId *out);
/* Both ends of an interval; one that begins with '(' is not part of it. */
bool argStreamIntervalStart(client *c, int index, streamId *from);
bool argStreamInterval(client *c, int from_index, int to_index, streamId *from, streamId *to);
/* Every argument from 'first' to before 'end' as a strict ID. False on the first that is none. */
bool argStreamIdsAreValid(client *c, int first, int end);

/* KEEPREF, DELREF, ACKED: true if argument 'index' is one of them. */
bool argIsStreamRefs(const client *c, int index, streamRefs *out);
/* What stands behind IDS, at 'index': a number, and that many arguments from '*first' on. */
bool argStreamIds(client *c, int index, int *first, int *count);

/* [KEEPREF | DELREF | ACKED] IDS numids id [id ...], in any order. */
typedef struct streamIdsArgs {
    streamRefs refs;
    int first, count; /* of the IDs, which are not looked at */
} streamIdsArgs;
bool argStreamIdsWithRefs(client *c, int index, streamIdsArgs *out);

typedef struct streamTrimArgs {
    bool given; /* MAXLEN or MINID */
    bool limit_given, refs_given;
    streamTrimRule rule;
} streamTrimArgs;

/* The option at '*index', and moves *index to its last word. STREAM_WORD_OTHER: it is none. */
typedef enum streamWord { STREAM_WORD_TAKEN, STREAM_WORD_OTHER, STREAM_WORD_BAD } streamWord;
streamWord argStreamTrim(client *c, int *index, streamTrimArgs *out);
/* When all options are read: whether they go together, and the limit where none was given. */
bool argStreamTrimEnd(client *c, streamTrimArgs *a);

streamIdmpLimits streamIdmpDefaults(const client *c);

/* ---- replies ---- */
/* [ID, [field, value...]] of the entry it stands at. */
void replyStreamEntry(client *c, streamIterator *it);
/* The field and value part of it alone. */
void replyStreamFields(client *c, streamIterator *it);

#endif
