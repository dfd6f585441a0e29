#include "storage/persist/aof_load.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "storage/base/mem.h"
#include "storage/base/num.h"

enum {
    READ_ROOM = 256 * 1024, /* the least that is asked for at once */
    KEEP_ROOM = 1024 * 1024,
    ARG_MIN = sizeof "$0\r\n\r\n" - 1, /* bytes of the smallest argument */
    NUMBER_ROOM = 24,                  /* sign, digits, line end */
    NOTE_MAX = 64 * 1024
};

void aofReaderInit(aofReader *r, int64_t (*read)(void *ctx, void *to, size_t room), void *ctx,
                   uint64_t at, uint64_t size) {
    *r = (aofReader){.read = read, .ctx = ctx, .left = size, .at = at, .next = at, .line = 1};
}

void aofReaderClear(aofReader *r) {
    memFree(r->data);
    memFree(r->argv);
    memFree(r->spans);
    r->data = NULL;
    r->argv = NULL;
    r->spans = NULL;
}

/* ---- bytes ---- */

/* Bytes from the start of the item on: what is there, and what can be. */
static size_t there(const aofReader *r) {
    return r->end - r->start;
}
static uint64_t possible(const aofReader *r) {
    return there(r) + r->left;
}

static void makeRoom(aofReader *r, size_t size) {
    if (r->start) memmove(r->data, r->data + r->start, there(r));
    r->end -= r->start;
    r->start = 0;
    size_t room = size + READ_ROOM;
    bool too_large = r->capacity > KEEP_ROOM && room <= KEEP_ROOM / 2;
    if (room <= r->capacity && !too_large) return;
    if (room > r->capacity && room < r->capacity * 2) room = r->capacity * 2;
    if (room > possible(r)) room = (size_t)possible(r);
    r->data = memRealloc(r->data, room);
    r->capacity = room;
}

/* Reads until 'size' bytes of the item are there. 1, 0 if there are not so many, -1 with errno. */
static int want(aofReader *r, uint64_t size) {
    if (size <= there(r)) return 1;
    if (size > possible(r)) return 0;
    if (r->capacity - r->start < size) makeRoom(r, size);
    while (there(r) < size) {
        size_t room = r->capacity - r->end;
        int64_t got = r->read(r->ctx, r->data + r->end, room < r->left ? room : r->left);
        if (got < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        if (got == 0) r->left = 0; /* It is shorter than it was. */
        if (got == 0) return 0;
        r->end += (size_t)got;
        r->left -= (uint64_t)got;
    }
    return 1;
}

static aofItem __attribute__((format(printf, 4, 5)))
fail(aofReader *r, aofItem item, size_t at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(r->error, sizeof r->error, format, args);
    va_end(args);
    r->error_at = r->at + at;
    return item;
}

/* ---- records ---- */

/* "*12\r\n" at 'at' of the item: the number, and where what follows begins. */
static aofItem readNumber(aofReader *r, size_t at, char prefix, int64_t *number, size_t *behind) {
    uint64_t room = possible(r) - at;
    if (want(r, at + (room < NUMBER_ROOM ? room : NUMBER_ROOM)) < 0) return AOF_UNREADABLE;
    const char *text = r->data + r->start + at;
    size_t size = there(r) - at;
    if (size == 0) return fail(r, AOF_CUT, at, "Unexpected end of file");
    if (text[0] != prefix)
        return fail(r, AOF_BROKEN, at, "Expected prefix '%c', got: '%c'", prefix, text[0]);
    size_t end = 1;
    if (end < size && text[end] == '-') end++;
    while (end < size && end < NUMBER_ROOM - 2 && text[end] >= '0' && text[end] <= '9') end++;
    size_t left = size - end;
    bool is_cut = left == 0 || (left == 1 && text[end] == '\r');
    if (is_cut || text[end] != '\r' || text[end + 1] != '\n') {
        unsigned first = left > 0 ? (unsigned char)text[end] : 0;
        unsigned second = left > 1 ? (unsigned char)text[end + 1] : 0;
        return fail(r, is_cut ? AOF_CUT : AOF_BROKEN, at, "Expected \\r\\n, got: %02x%02x", first,
                    second);
    }
    if (!numParseInt(bytesOf(text + 1, end - 1), number))
        return fail(r, AOF_BROKEN, at, "Expected \\r\\n, got: %02x%02x",
                    (unsigned char)text[end > 1 ? 1 : end], (unsigned char)text[end]);
    *behind = at + end + 2;
    r->line++;
    return AOF_RECORD;
}

/* "$3\r\nSET\r\n" at '*at' of the item. */
static aofItem readArgument(aofReader *r, size_t *at, aofSpan *out) {
    int64_t size;
    size_t start;
    aofItem item = readNumber(r, *at, '$', &size, &start);
    if (item != AOF_RECORD) return item;
    if (size < 0)
        return fail(r, AOF_BROKEN, *at,
                    "Expected to read string of %lld bytes, which is not in the suitable range",
                    (long long)size);
    uint64_t whole = (uint64_t)size + 2;
    int got = want(r, start + whole);
    if (got < 0) return AOF_UNREADABLE;
    if (got == 0)
        return fail(r, AOF_CUT, start, "Expected to read %llu bytes, got %llu bytes",
                    (unsigned long long)whole, (unsigned long long)(possible(r) - start));
    const char *end = r->data + r->start + start + size;
    if (end[0] != '\r' || end[1] != '\n')
        return fail(r, AOF_BROKEN, start, "Expected \\r\\n, got: %02x%02x", (unsigned char)end[0],
                    (unsigned char)end[1]);
    *out = (aofSpan){start, (size_t)size};
    r->error_at = r->at + start;
    *at = start + whole;
    r->line++;
    return AOF_RECORD;
}

static void makeSpanRoom(aofReader *r, size_t count) {
    if (count < r->span_capacity) return;
    r->span_capacity = count < 8 ? 16 : count * 2;
    r->spans = memRealloc(r->spans, r->span_capacity * sizeof *r->spans);
    r->argv = memRealloc(r->argv, r->span_capacity * sizeof *r->argv);
}

static aofItem finish(aofReader *r, size_t size, aofItem item) {
    r->raw = bytesOf(r->data + r->start, size);
    r->start += size;
    r->next = r->at + size;
    return item;
}

static aofItem readRecord(aofReader *r) {
    int64_t count;
    size_t at;
    aofItem item = readNumber(r, 0, '*', &count, &at);
    if (item != AOF_RECORD) return item;
    if (count < 0 || count > INT_MAX)
        return fail(r, AOF_BROKEN, 0, "Expected a number of arguments, got: %lld",
                    (long long)count);
    if ((uint64_t)count > (possible(r) - at) / ARG_MIN + 1 && possible(r) - at > 0) {
        /* The first argument tells more than that there are not enough. */
        aofSpan first;
        item = readArgument(r, &at, &first);
        if (item != AOF_RECORD) return item;
        return fail(r, AOF_CUT, at, "Expected %lld arguments", (long long)count);
    }
    for (int64_t i = 0; i < count; i++) {
        makeSpanRoom(r, (size_t)i);
        item = readArgument(r, &at, &r->spans[i]);
        if (item != AOF_RECORD) return item;
    }
    r->argc = (int)count;
    for (int64_t i = 0; i < count; i++)
        r->argv[i] = bytesOf(r->data + r->start + r->spans[i].offset, r->spans[i].size);
    return finish(r, at, AOF_RECORD);
}

/* A line that begins with '#'. */
static aofItem readNote(aofReader *r) {
    size_t seen = 0;
    for (;;) {
        const char *text = r->data + r->start;
        const char *newline = memchr(text + seen, '\n', there(r) - seen);
        if (newline) {
            r->line++;
            return finish(r, (size_t)(newline - text) + 1, AOF_NOTE);
        }
        seen = there(r);
        if (seen > NOTE_MAX) return fail(r, AOF_BROKEN, 0, "Expected the end of a line of notes");
        int got = want(r, seen + 1);
        if (got < 0) return AOF_UNREADABLE;
        if (got == 0) return fail(r, AOF_CUT, 0, "Unexpected end of file in a line of notes");
    }
}

aofItem aofRead(aofReader *r) {
    r->at = r->next;
    int got = want(r, 1);
    if (got < 0) return AOF_UNREADABLE;
    if (got == 0) return AOF_END;
    char first = r->data[r->start];
    if (first == '*') return readRecord(r);
    if (first == '#') return readNote(r);
    r->is_foreign = true;
    return fail(r, AOF_BROKEN, 0, "Expected '*' or '#', got: 0x%02x", (unsigned char)first);
}

bool aofNoteTime(bytes note, int64_t *seconds) {
    const bytes prefix = BYTES("#TS:");
    while (note.size && (note.data[note.size - 1] == '\n' || note.data[note.size - 1] == '\r'))
        note.size--;
    if (note.size < prefix.size || memcmp(note.data, prefix.data, prefix.size) != 0) return false;
    return numParseInt(bytesOf(note.data + prefix.size, note.size - prefix.size), seconds);
}
