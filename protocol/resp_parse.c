/* resp_parse.c - see resp_parse.h.
 *
 * Two ways through a multibulk request. The fast one reads a request that is whole straight into
 * the caller's argv and gives up at anything unusual. The careful one then reads it again from
 * where it was left, and knows limits, errors and how to wait. */
#include "protocol/resp_parse.h"

#include <limits.h>

#include "storage/base/mem.h"
#include "storage/base/num.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)

/* From so many arguments on it is cheaper to save them than to read them again. */
enum { SAVE_MIN = 32 };

/* What a count must not reach before its last digit, so that it cannot overflow; no limit lets
 * more of it pass. */
static const size_t COUNT_MAX = (size_t)1 << 56;

/* Reads the decimal digits between *at and a CR, which is followed by one more byte, and moves *at
 * behind that. False, and *at anywhere, if it is not exactly that; leading zeros are refused. */
static inline bool readCount(const char **at, const char *end, size_t *out) {
    const char *s = *at;
    if (end - s < 3) return false;
    size_t value = (unsigned char)s[0] - (size_t)'0';
    if (value > 9) return false;
    if (s[1] == '\r') {
        *out = value;
        *at = s + 3;
        return true;
    }
    if (value == 0) return false;
    for (s++;; s++) {
        size_t digit = (unsigned char)*s - (size_t)'0';
        if (digit > 9) break;
        if (value > COUNT_MAX || end - s < 3) return false;
        value = value * 10 + digit;
    }
    if (*s != '\r') return false;
    *out = value;
    *at = s + 2;
    return true;
}

/* The fast way: the request's end, or NULL if it must be read with care. */
static inline const char *readWhole(const char *at, const char *end, size_t max_bulk,
                                    const respArgs *args, size_t *argc) {
    size_t total;
    at++;
    if (!readCount(&at, end, &total)) return NULL;
    if (total > (size_t)(args->end - args->next)) return NULL;
    bytes *out = args->next;
    for (bytes *stop = out + total; out < stop; out++) {
        if (at == end || *at != '$') return NULL;
        at++;
        size_t size;
        if (!readCount(&at, end, &size)) return NULL;
        if (size > max_bulk || (size_t)(end - at) < size + 2) return NULL;
        *out = bytesOf(at, size);
        at += size + 2;
    }
    *argc = total;
    return at;
}

static void forget(respParser *p) {
    memFree(p->saved);
    p->saved = NULL;
    p->saved_capacity = 0;
    p->resume_at = p->args_found = 0;
}

static respResult broken(respParser *p, const char **error, const char *text) {
    forget(p);
    p->wanted = p->args_total = 0;
    *error = text;
    return RESP_BROKEN;
}

static respResult finish(respParser *p) {
    forget(p);
    p->wanted = p->args_total = 0;
    return RESP_REQUEST;
}

/* Whether the line at 'line' has its CR and the byte behind it: RESP_REQUEST with its size before
 * the CR, RESP_MORE, or RESP_BROKEN if it is too long. */
static respResult findLine(const char *line, size_t available, size_t *size) {
    size_t window = available <= RESP_MAX_INLINE ? available : RESP_MAX_INLINE + 1;
    const char *cr = memchr(line, '\r', window);
    if (!cr) return available > RESP_MAX_INLINE ? RESP_BROKEN : RESP_MORE;
    *size = (size_t)(cr - line);
    return *size + 2 <= available ? RESP_REQUEST : RESP_MORE;
}

/* Reads "*count": RESP_REQUEST with *count and the line's size, or why not. A count below one is
 * given as zero. */
static respResult readCountLine(respParser *p, const char *in, size_t available,
                                const respLimits *limits, size_t *count, size_t *line_size,
                                const char **error) {
    size_t size;
    respResult found = findLine(in, available, &size);
    if (found == RESP_BROKEN) return broken(p, error, "too big mbulk count string");
    if (found == RESP_MORE) return RESP_MORE;
    int64_t value;
    if (!numParseInt(bytesOf(in + 1, size - 1), &value) || value > RESP_MAX_ARGS)
        return broken(p, error, "invalid multibulk length");
    if (limits->stranger && value > RESP_STRANGER_MAX_ARGS)
        return broken(p, error, "unauthenticated multibulk length");
    *count = value > 0 ? (size_t)value : 0;
    *line_size = size + 2;
    return RESP_REQUEST;
}

/* Says what is wrong with a bulk's header, if it is not only incomplete. */
static respResult judgeHeader(respParser *p, const char *in, size_t available, const char **error) {
    size_t size;
    respResult found = findLine(in, available, &size);
    if (found == RESP_MORE) return RESP_MORE;
    if (found == RESP_BROKEN) return broken(p, error, "too big bulk count string");
    if (in[0] == '$') return broken(p, error, "invalid bulk length");
    static const char text[] = "expected '$', got ' '";
    _Static_assert(sizeof text <= sizeof p->error, "the text fits");
    memcpy(p->error, text, sizeof text);
    /* A line break would end the reply, a zero the text. */
    if (in[0] != '\r' && in[0] != '\n' && in[0] != '\0') p->error[sizeof text - 3] = in[0];
    return broken(p, error, p->error);
}

/* Makes room for one more saved argument. False where that cannot be had; the first ones are
 * copied from 'few' when it is no longer enough. */
static bool growSaved(respParser *p, const respSpan *few) {
    size_t capacity = p->saved_capacity ? p->saved_capacity * 2 : (size_t)SAVE_MIN * 4;
    if (capacity > p->args_total) capacity = p->args_total;
    respSpan *grown = memTryRealloc(p->saved, capacity * sizeof *grown);
    if (!grown) return false;
    if (!p->saved) memcpy(grown, few, SAVE_MIN * sizeof *few);
    p->saved = grown;
    p->saved_capacity = capacity;
    return true;
}

/* Reads arguments from p->resume_at until all are found, into 'few' and from SAVE_MIN on into
 * p->saved. */
static respResult readSpans(respParser *p, const char *in, size_t available,
                            const respLimits *limits, respSpan *few, const char **error) {
    const char *end = in + available;
    while (p->args_found < p->args_total) {
        const char *header = in + p->resume_at;
        const char *at = header + 1;
        size_t size;
        if (header == end) return RESP_MORE;
        if (*header != '$' || !readCount(&at, end, &size))
            return judgeHeader(p, header, (size_t)(end - header), error);
        if (size > limits->max_bulk) return broken(p, error, "invalid bulk length");
        if (limits->stranger && size > RESP_STRANGER_MAX_BULK)
            return broken(p, error, "unauthenticated bulk length");
        if ((size_t)(end - at) < size + 2) {
            p->understood = (size_t)(at - in);
            p->wanted = p->understood + size + 2;
            return RESP_MORE;
        }
        if (p->args_found >= SAVE_MIN && p->args_found >= p->saved_capacity && !growSaved(p, few))
            return broken(p, error, "out of memory");
        respSpan *span = (p->saved ? p->saved : few) + p->args_found++;
        *span = (respSpan){(size_t)(at - in), size};
        p->resume_at = (size_t)(at - in) + size + 2;
    }
    return RESP_REQUEST;
}

static respResult readMultibulk(respParser *p, char *in, size_t available, size_t *pos,
                                const respLimits *limits, respArgs *args, int *argc, bytes **argv,
                                const char **error) {
    if (!p->resume_at) {
        size_t line_size;
        respResult result =
            readCountLine(p, in, available, limits, &p->args_total, &line_size, error);
        if (result != RESP_REQUEST) return result;
        p->args_found = 0;
        p->resume_at = line_size;
    }
    respSpan few[SAVE_MIN];
    respResult result = readSpans(p, in, available, limits, few, error);
    if (result == RESP_BROKEN) return result;
    size_t room = (size_t)(args->end - args->next);
    if (result == RESP_REQUEST && p->args_total > room) result = RESP_NO_ROOM;
    if (result != RESP_REQUEST) {
        if (!p->saved) forget(p);
        return result;
    }
    const respSpan *spans = p->saved ? p->saved : few;
    for (size_t i = 0; i < p->args_total; i++)
        args->next[i] = bytesOf(in + spans[i].offset, spans[i].size);
    *argc = (int)p->args_total;
    *argv = args->next;
    args->next += p->args_total;
    *pos += p->resume_at;
    return finish(p);
}

static respResult readInline(respParser *p, char *in, size_t available, size_t *pos, respArgs *args,
                             int *argc, bytes **argv, const char **error) {
    size_t window = available <= RESP_MAX_INLINE ? available : RESP_MAX_INLINE + 1;
    const char *newline = memchr(in, '\n', window);
    if (!newline) {
        if (available <= RESP_MAX_INLINE) return RESP_MORE;
        return broken(p, error, "too big inline request");
    }
    size_t size = (size_t)(newline - in);
    size_t next = size + 1;
    if (size && in[size - 1] == '\r') size--;
    int count = respSplitLine(in, size, NULL, INT_MAX);
    if (count < 0) return broken(p, error, "unbalanced quotes in request");
    if (count > args->end - args->next) {
        p->args_total = (size_t)count;
        return RESP_NO_ROOM;
    }
    *argc = respSplitLine(in, size, args->next, count);
    *argv = args->next;
    args->next += count;
    *pos += next;
    return finish(p);
}

static __attribute__((noinline)) respResult readWithCare(respParser *p, char *in, size_t available,
                                                         size_t *pos, const respLimits *limits,
                                                         respArgs *args, int *argc, bytes **argv,
                                                         const char **error) {
    if (available == 0 || available < p->wanted) return RESP_MORE;
    p->wanted = 0;
    if (*in == '*') return readMultibulk(p, in, available, pos, limits, args, argc, argv, error);
    return readInline(p, in, available, pos, args, argc, argv, error);
}

respResult respParse(respParser *p, char *in, size_t in_size, size_t *pos, const respLimits *limits,
                     respArgs *args, int *argc, bytes **argv, const char **error) {
    char *request = in + *pos;
    size_t available = in_size - *pos;
    bool usual = available >= p->wanted && !p->resume_at && !limits->stranger;
    if (LIKELY(usual && available && *request == '*')) {
        size_t total;
        const char *next = readWhole(request, request + available, limits->max_bulk, args, &total);
        if (LIKELY(next != NULL)) {
            *argc = (int)total;
            *argv = args->next;
            args->next += total;
            *pos = (size_t)(next - in);
            p->wanted = 0;
            return RESP_REQUEST;
        }
    }
    return readWithCare(p, request, available, pos, limits, args, argc, argv, error);
}

void respParserClear(respParser *p) {
    memFree(p->saved);
    *p = (respParser){0};
}

size_t respParserMemory(const respParser *p) {
    return p->saved ? memUsable(p->saved) : 0;
}
