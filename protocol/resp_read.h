/* resp_read.h - replies out of bytes, every RESP2 and RESP3 type: for links to other servers,
 * scripts and tests. Sans-I/O; nesting and sizes bounded. */
#ifndef EBB_PROTOCOL_RESP_READ_H
#define EBB_PROTOCOL_RESP_READ_H

#include <stdint.h>

#include "storage/base/bytes.h"

typedef enum respType {
    REPLY_SIMPLE = '+',
    REPLY_ERROR = '-',
    REPLY_INTEGER = ':',
    REPLY_BULK = '$',
    REPLY_ARRAY = '*',
    REPLY_NULL = '_',
    REPLY_BOOL = '#',
    REPLY_DOUBLE = ',',
    REPLY_BIG_NUMBER = '(',
    REPLY_BULK_ERROR = '!',
    REPLY_VERBATIM = '=',
    REPLY_MAP = '%',
    REPLY_SET = '~',
    REPLY_PUSH = '>',
    REPLY_ATTRIBUTE = '|'
} respType;

/* One element, in the order in which it stands in the bytes: an aggregate is followed by its
 * elements (2 * count of a map or an attribute). An attribute stands before the element it is
 * about, at the same depth, and is not counted as one. RESP2's null bulk and null array are
 * REPLY_NULL.
 */
typedef struct respItem {
    respType type;
    int64_t integer; /* of an integer or bool; the count of an aggregate */
    double number;   /* of a double */
    bytes text;      /* of text types; borrowed from the input */
    char format[4];  /* of verbatim text: "txt", "mkd" */
    int depth;       /* 0 for the reply itself */
} respItem;

/* Calls visit for each element of the reply at 'in'. Returns the bytes it takes, 0 if it is not
 * whole yet (visit may have been called: call with visit NULL to ask first), or ERR_CORRUPT.
 * Nesting, lines, counts and sizes over these bounds are corrupt. */
enum { RESP_READ_MAX_DEPTH = 128, RESP_READ_MAX_LINE = 1024 * 1024 };
#define RESP_READ_MAX_COUNT INT64_C(0xffffffff)
#define RESP_READ_MAX_BULK  (INT64_C(1) << 40)
int64_t respRead(bytes in, void (*visit)(void *ctx, const respItem *item), void *ctx);

#endif
