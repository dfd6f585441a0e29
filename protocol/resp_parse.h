/* resp_parse.h - requests out of bytes: multibulk and inline, resumable, no copies, no I/O.
 *
 * The caller owns the input and keeps it contiguous from the start of the request that is not yet
 * complete. Arguments are borrowed slices into it (inline requests are unquoted in place, which is
 * why the input is writable). A request is handed out only when it is whole. */
#ifndef EBB_PROTOCOL_RESP_PARSE_H
#define EBB_PROTOCOL_RESP_PARSE_H

#include "protocol/limits.h"
#include "storage/base/bytes.h"

/* Where an argument lies, from the request's first byte. */
typedef struct respSpan {
    size_t offset, size;
} respSpan;

/* State of the request that is being received; all offsets are from that request's first byte.
 * Zeroed is ready. An idle parser owns no memory; it saves the arguments found so far only when a
 * request of many arguments arrives in pieces, so that these are not read twice. */
typedef struct respParser {
    size_t wanted;     /* bytes the whole request needs at least, as far as is known: how much
                          room the caller should make. 0 when unknown */
    size_t understood; /* while 'wanted' is known: bytes in front of the argument that arrives */
    size_t resume_at;  /* where to go on, 0 for the start: too little was found to be kept */
    size_t args_total; /* announced; of a request that is whole with RESP_NO_ROOM */
    size_t args_found;
    respSpan *saved; /* args_found of them, NULL if fewer than are worth it */
    size_t saved_capacity;
    char error[24]; /* text of an error that quotes the input */
} respParser;

typedef struct respLimits {
    size_t max_bulk; /* proto-max-bulk-len */
    bool stranger;   /* not authenticated: the small limits */
} respLimits;

/* Where argv goes: the caller's room, used from the front: 'next' moves behind the argv of each
 * request that is handed out. What lies behind it may be written to. */
typedef struct respArgs {
    bytes *next;
    bytes *end;
} respArgs;

typedef enum respResult {
    RESP_REQUEST, /* argc, argv are set, *pos is behind it; argc may be 0 (empty line, *0): skip it
                   */
    RESP_MORE,    /* not whole yet; *pos is at its first byte */
    RESP_NO_ROOM, /* the request is whole, but argv needs parser->args_total slots, more than args
                     has; call again with that. Never before it is whole, so that nobody has to
                     believe an announced count */
    RESP_BROKEN   /* *error is the text after "-ERR Protocol error: "; close after replying. It is
                     good until the parser is used again */
} respResult;

/* Parses the request at in[*pos]. Lines end as lax as clients know it: the byte after a CR and the
 * two bytes after a bulk are skipped, whatever they are. */
respResult respParse(respParser *p, char *in, size_t in_size, size_t *pos, const respLimits *limits,
                     respArgs *args, int *argc, bytes **argv, const char **error);

/* Forgets a partial request and frees what was saved. */
void respParserClear(respParser *p);
/* Bytes the parser holds on the heap. */
size_t respParserMemory(const respParser *p);

/* Splits a line into words as redis.conf and inline requests are quoted ("\x41\n", 'it\'s'), in
 * place. The number of words, or -1 for unbalanced quotes, or -2 if over 'max'. Without 'words'
 * they are only counted, and the line is left alone. resp_inline.c. */
int respSplitLine(char *line, size_t size, bytes *words, int max);

#endif
