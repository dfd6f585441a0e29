/* resp_write.h - replies as bytes, RESP2 and RESP3, into a reply_buf.
 *
 * 'resp' is the client's protocol, 2 or 3. Each RESP3 type has its RESP2 form here and nowhere
 * else: maps and sets as arrays, doubles, big numbers and verbatim text as bulk strings, booleans
 * as 1 and 0, null as $-1 (respNullArray: *-1), push as array. */
#ifndef EBB_PROTOCOL_RESP_WRITE_H
#define EBB_PROTOCOL_RESP_WRITE_H

#include <stdint.h>

#include "protocol/reply_buf.h"

void respSimple(replyBuf *b, bytes text); /* +text */
/* -text. CR and LF inside become spaces, so that no value can forge a reply. */
void respError(replyBuf *b, bytes text);
void respInteger(replyBuf *b, int64_t value); /* :value */
void respBulk(replyBuf *b, bytes value);      /* $size value */
/* "$size\r\n" alone: the caller appends or references the value and then "\r\n". */
void respBulkHeader(replyBuf *b, size_t size);
void respNull(replyBuf *b, int resp);             /* $-1 or _ */
void respNullArray(replyBuf *b, int resp);        /* *-1 or _ */
void respBool(replyBuf *b, int resp, bool value); /* :1 or #t */
void respDouble(replyBuf *b, int resp, double value);
/* As respDouble, from text that was formatted already. */
void respDoubleText(replyBuf *b, int resp, bytes text);
void respBigNumber(replyBuf *b, int resp, bytes digits);
/* 'format' is three letters: txt or mkd. */
void respVerbatim(replyBuf *b, int resp, const char *format, bytes text);
void respArray(replyBuf *b, size_t count);          /* *count */
void respMap(replyBuf *b, int resp, size_t pairs);  /* %pairs or *2*pairs */
void respSet(replyBuf *b, int resp, size_t count);  /* ~count or *count */
void respPush(replyBuf *b, int resp, size_t count); /* >count or *count */
void respAttribute(replyBuf *b, size_t pairs);      /* |pairs, RESP3 only */

/* Aggregates whose length is known at the end. */
typedef enum respAggregate { RESP_ARRAY, RESP_MAP, RESP_SET, RESP_PUSH } respAggregate;
void respFillHole(replyBuf *b, replyHole hole, int resp, respAggregate kind, size_t count);

#endif
