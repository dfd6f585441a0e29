/* resp_write.c - see resp_write.h. */
#include "protocol/resp_write.h"

#include "storage/base/num.h"

/* Room for a type byte, a number and CR LF. */
enum { HEADER_MAX = NUM_INT_MAX + 3 };

/* From this size on a value is not kept in one piece with its header: it may be cut at the end of
 * a chunk. */
enum { TOGETHER_MAX = 1024 };

/* Appends "<type>count\r\n" at 'out', which has room for HEADER_MAX; the end. */
static inline char *putHeader(char *out, char type, uint64_t count) {
    if (count < 10) {
        memcpy(out, (char[4]){type, (char)('0' + count), '\r', '\n'}, 4);
        return out + 4;
    }
    *out++ = type;
    if (count < 100) {
        memcpy(out, (char[4]){(char)('0' + count / 10), (char)('0' + count % 10), '\r', '\n'}, 4);
        return out + 4;
    }
    out += numFormatUint(out, count);
    memcpy(out, "\r\n", 2);
    return out + 2;
}

static inline void writeHeader(replyBuf *b, char type, uint64_t count) {
    char *out = replyBufReserve(b, HEADER_MAX);
    replyBufCommit(b, (size_t)(putHeader(out, type, count) - out));
}

static inline void writeText(replyBuf *b, bytes text) {
    char *out = replyBufReserve(b, text.size);
    memcpy(out, text.data, text.size);
    replyBufCommit(b, text.size);
}

/* <type>text\r\n */
static void writeLine(replyBuf *b, char type, bytes text) {
    if (text.size > TOGETHER_MAX) {
        writeText(b, bytesOf(&type, 1));
        replyBufAppend(b, text.data, text.size);
        writeText(b, BYTES("\r\n"));
        return;
    }
    char *out = replyBufReserve(b, text.size + 3);
    out[0] = type;
    if (text.size) memcpy(out + 1, text.data, text.size);
    memcpy(out + 1 + text.size, "\r\n", 2);
    replyBufCommit(b, text.size + 3);
}

void respSimple(replyBuf *b, bytes text) {
    writeLine(b, '+', text);
}

void respError(replyBuf *b, bytes text) {
    writeText(b, BYTES("-"));
    while (text.size) {
        size_t size = text.size < REPLY_RESERVE_MAX ? text.size : REPLY_RESERVE_MAX;
        char *out = replyBufReserve(b, size);
        for (size_t i = 0; i < size; i++) {
            char c = text.data[i];
            out[i] = c == '\r' || c == '\n' ? ' ' : c;
        }
        replyBufCommit(b, size);
        text = bytesOf(text.data + size, text.size - size);
    }
    writeText(b, BYTES("\r\n"));
}

void respInteger(replyBuf *b, int64_t value) {
    char *start = replyBufReserve(b, HEADER_MAX);
    char *out = start;
    if (value >= 0) {
        out = putHeader(out, ':', (uint64_t)value);
    } else {
        *out++ = ':';
        out += numFormatInt(out, value);
        memcpy(out, "\r\n", 2);
        out += 2;
    }
    replyBufCommit(b, (size_t)(out - start));
}

void respBulk(replyBuf *b, bytes value) {
    if (__builtin_expect(value.size > TOGETHER_MAX, 0)) {
        respBulkHeader(b, value.size);
        replyBufAppend(b, value.data, value.size);
        writeText(b, BYTES("\r\n"));
        return;
    }
    char *start = replyBufReserve(b, value.size + HEADER_MAX + 2);
    char *out = putHeader(start, '$', value.size);
    if (value.size) memcpy(out, value.data, value.size);
    out += value.size;
    memcpy(out, "\r\n", 2);
    replyBufCommit(b, (size_t)(out + 2 - start));
}

void respBulkHeader(replyBuf *b, size_t size) {
    writeHeader(b, '$', size);
}

void respNull(replyBuf *b, int resp) {
    writeText(b, resp == 2 ? BYTES("$-1\r\n") : BYTES("_\r\n"));
}

void respNullArray(replyBuf *b, int resp) {
    writeText(b, resp == 2 ? BYTES("*-1\r\n") : BYTES("_\r\n"));
}

void respBool(replyBuf *b, int resp, bool value) {
    if (resp == 2) {
        writeText(b, value ? BYTES(":1\r\n") : BYTES(":0\r\n"));
    } else {
        writeText(b, value ? BYTES("#t\r\n") : BYTES("#f\r\n"));
    }
}

void respDouble(replyBuf *b, int resp, double value) {
    char text[64];
    respDoubleText(b, resp, bytesOf(text, numFormatDouble(text, value)));
}

void respDoubleText(replyBuf *b, int resp, bytes text) {
    if (resp == 2) {
        respBulk(b, text);
    } else {
        writeLine(b, ',', text);
    }
}

void respBigNumber(replyBuf *b, int resp, bytes digits) {
    if (resp == 2) {
        respBulk(b, digits);
    } else {
        writeLine(b, '(', digits);
    }
}

void respVerbatim(replyBuf *b, int resp, const char *format, bytes text) {
    if (resp == 2) {
        respBulk(b, text);
        return;
    }
    writeHeader(b, '=', text.size + 4);
    writeText(b, bytesOf(format, 3));
    writeText(b, BYTES(":"));
    replyBufAppend(b, text.data, text.size);
    writeText(b, BYTES("\r\n"));
}

void respArray(replyBuf *b, size_t count) {
    writeHeader(b, '*', count);
}

/* The header of an aggregate: its type byte and what is announced. */
static char aggregateType(respAggregate kind, int resp) {
    static const char types[] = {
        [RESP_ARRAY] = '*', [RESP_MAP] = '%', [RESP_SET] = '~', [RESP_PUSH] = '>'};
    return resp == 2 ? '*' : types[kind];
}

static size_t aggregateCount(respAggregate kind, int resp, size_t count) {
    return kind == RESP_MAP && resp == 2 ? count * 2 : count;
}

static void writeAggregate(replyBuf *b, int resp, respAggregate kind, size_t count) {
    writeHeader(b, aggregateType(kind, resp), aggregateCount(kind, resp, count));
}

void respMap(replyBuf *b, int resp, size_t pairs) {
    writeAggregate(b, resp, RESP_MAP, pairs);
}

void respSet(replyBuf *b, int resp, size_t count) {
    writeAggregate(b, resp, RESP_SET, count);
}

void respPush(replyBuf *b, int resp, size_t count) {
    writeAggregate(b, resp, RESP_PUSH, count);
}

void respAttribute(replyBuf *b, size_t pairs) {
    writeHeader(b, '|', pairs);
}

void respFillHole(replyBuf *b, replyHole hole, int resp, respAggregate kind, size_t count) {
    char text[HEADER_MAX];
    char *end = putHeader(text, aggregateType(kind, resp), aggregateCount(kind, resp, count));
    replyBufFillHole(b, hole, bytesOf(text, (size_t)(end - text)));
}
