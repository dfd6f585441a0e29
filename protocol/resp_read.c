/* resp_read.c - see resp_read.h. Reads with a stack of its own, so nesting costs no C stack. */
#include "protocol/resp_read.h"

#include <math.h>

#include "storage/base/err.h"
#include "storage/base/num.h"

#define TYPES "+-:$*_#,(!=%~>|"

typedef struct reader {
    const char *at, *end;
    int depth;
    /* Elements still to come of each open aggregate; the reply itself is the one of depth 0. */
    uint64_t pending[RESP_READ_MAX_DEPTH + 1];
} reader;

/* Of the functions below: 1 done, 0 not whole yet, ERR_CORRUPT. */
enum { MORE = 0, DONE = 1 };

/* Takes a line and its CR LF. */
static int takeLine(reader *r, bytes *line) {
    size_t available = (size_t)(r->end - r->at);
    size_t window = available <= RESP_READ_MAX_LINE ? available : RESP_READ_MAX_LINE + 1;
    const char *cr = memchr(r->at, '\r', window);
    if (!cr) return available > RESP_READ_MAX_LINE ? ERR_CORRUPT : MORE;
    if (cr + 1 == r->end) return MORE;
    if (cr[1] != '\n') return ERR_CORRUPT;
    *line = bytesOf(r->at, (size_t)(cr - r->at));
    r->at = cr + 2;
    return DONE;
}

/* Takes 'size' bytes and the CR LF behind them. */
static int takeBulk(reader *r, size_t size, bytes *out) {
    size_t available = (size_t)(r->end - r->at);
    if (available > size && r->at[size] != '\r') return ERR_CORRUPT;
    if (available > size + 1 && r->at[size + 1] != '\n') return ERR_CORRUPT;
    if (available < size + 2) return MORE;
    *out = bytesOf(r->at, size);
    r->at += size + 2;
    return DONE;
}

static bool readInteger(bytes text, int64_t *out) {
    if (text.size > 1 && text.data[0] == '+' && text.data[1] != '-')
        text = bytesOf(text.data + 1, text.size - 1);
    return numParseInt(text, out);
}

static bool readDouble(bytes text, double *out) {
    if (bytesEqualWord(text, "nan") || bytesEqualWord(text, "-nan")) {
        *out = NAN;
        return true;
    }
    return numParseDouble(text, out);
}

static bool isBigNumber(bytes text) {
    size_t sign = text.size && (text.data[0] == '-' || text.data[0] == '+');
    for (size_t i = sign; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9') return false;
    return text.size > sign;
}

/* Reads what stands behind the header of a bulk string, bulk error or verbatim text. */
static int readBulk(reader *r, respItem *item) {
    if (item->integer == -1 && item->type == REPLY_BULK) {
        *item = (respItem){.type = REPLY_NULL, .depth = item->depth};
        return DONE;
    }
    if (item->integer < 0 || item->integer > RESP_READ_MAX_BULK) return ERR_CORRUPT;
    int result = takeBulk(r, (size_t)item->integer, &item->text);
    if (result != DONE || item->type != REPLY_VERBATIM) return result;
    if (item->text.size < 4 || item->text.data[3] != ':') return ERR_CORRUPT;
    memcpy(item->format, item->text.data, 3);
    item->text = bytesOf(item->text.data + 4, item->text.size - 4);
    return DONE;
}

/* Opens an aggregate of item->integer elements or pairs. */
static int openAggregate(reader *r, respItem *item) {
    if (item->integer == -1 && item->type == REPLY_ARRAY) {
        *item = (respItem){.type = REPLY_NULL, .depth = item->depth};
        return DONE;
    }
    if (item->integer < 0 || item->integer > RESP_READ_MAX_COUNT) return ERR_CORRUPT;
    if (item->integer == 0) return DONE;
    if (r->depth == RESP_READ_MAX_DEPTH) return ERR_CORRUPT;
    bool pairs = item->type == REPLY_MAP || item->type == REPLY_ATTRIBUTE;
    r->pending[++r->depth] = (uint64_t)item->integer * (pairs ? 2 : 1);
    return DONE;
}

/* Reads what follows the type byte of *item. */
static int readItem(reader *r, respItem *item) {
    bytes line;
    int result = takeLine(r, &line);
    if (result != DONE) return result;
    bool good = true;
    switch (item->type) {
    case REPLY_SIMPLE:
    case REPLY_ERROR: item->text = line; return DONE;
    case REPLY_BIG_NUMBER: item->text = line; return isBigNumber(line) ? DONE : ERR_CORRUPT;
    case REPLY_INTEGER: return readInteger(line, &item->integer) ? DONE : ERR_CORRUPT;
    case REPLY_DOUBLE: return readDouble(line, &item->number) ? DONE : ERR_CORRUPT;
    case REPLY_NULL: return line.size == 0 ? DONE : ERR_CORRUPT;
    case REPLY_BOOL:
        good = line.size == 1 && (line.data[0] == 't' || line.data[0] == 'f');
        if (good) item->integer = line.data[0] == 't';
        return good ? DONE : ERR_CORRUPT;
    case REPLY_BULK:
    case REPLY_BULK_ERROR:
    case REPLY_VERBATIM: return numParseInt(line, &item->integer) ? readBulk(r, item) : ERR_CORRUPT;
    case REPLY_ARRAY:
    case REPLY_MAP:
    case REPLY_SET:
    case REPLY_PUSH:
    case REPLY_ATTRIBUTE:
        return numParseInt(line, &item->integer) ? openAggregate(r, item) : ERR_CORRUPT;
    }
    return ERR_CORRUPT;
}

int64_t respRead(bytes in, void (*visit)(void *ctx, const respItem *item), void *ctx) {
    if (in.size == 0) return 0;
    reader r = {.at = in.data, .end = in.data + in.size};
    r.pending[0] = 1;
    while (r.depth >= 0) {
        if (r.pending[r.depth] == 0) {
            r.depth--;
            continue;
        }
        if (r.at == r.end) return 0;
        /* Told at once: what is no reply may never have a line's end. */
        if (!memchr(TYPES, *r.at, sizeof TYPES - 1)) return ERR_CORRUPT;
        respItem item = {.type = (respType)(unsigned char)*r.at++, .depth = r.depth};
        /* An attribute stands before an element and is none itself. */
        if (item.type != REPLY_ATTRIBUTE) r.pending[r.depth]--;
        int result = readItem(&r, &item);
        if (result != DONE) return result;
        if (visit) visit(ctx, &item);
    }
    return r.at - in.data;
}
