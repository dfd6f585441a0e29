#include "tests/support/reply_check.h"

#include <stdarg.h>
#include <stdio.h>

#include "protocol/resp_read.h"
#include "protocol/resp_write.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum { NESTED_MAX = 20, VALUE_MAX = 24000 };

/* What one element should be read back as. */
typedef struct meant {
    respType type;
    int depth;
    int64_t integer;
    uint64_t text;
} meant;

/* A hole that is open: where it is in the naive bytes and in the list of what is meant. */
typedef struct opened {
    replyHole hole;
    respAggregate kind;
    size_t at, item, elements;
} opened;

typedef struct check {
    const uint8_t *at, *end;
    replyPool pool;
    replyBuf buf, side;
    int resp;
    char *naive, *written;
    size_t naive_size, naive_room, written_size, written_room;
    meant *items;
    size_t item_count, item_room;
    opened nested[NESTED_MAX];
    int depth;
    int referenced, released;
    char value[VALUE_MAX];
} check;

static unsigned next(check *c) {
    return c->at < c->end ? *c->at++ : 0;
}

static uint64_t textHash(bytes text) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211u;
    return hash;
}

static void grow(char **text, size_t *room, size_t size) {
    if (size <= *room) return;
    *room = size * 2;
    *text = memRealloc(*text, *room);
}

static void put(check *c, const void *data, size_t size) {
    grow(&c->naive, &c->naive_room, c->naive_size + size);
    memcpy(c->naive + c->naive_size, data, size);
    c->naive_size += size;
}

static __attribute__((format(printf, 2, 3))) void putText(check *c, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put(c, text, (size_t)size);
}

static void putBulk(check *c, bytes value) {
    putText(c, "$%zu\r\n", value.size);
    put(c, value.data, value.size);
    put(c, "\r\n", 2);
}

static meant *mean(check *c, respType type, int64_t integer, bytes text) {
    if (c->item_count == c->item_room) {
        c->item_room = c->item_room * 2 + 64;
        c->items = memRealloc(c->items, c->item_room * sizeof *c->items);
    }
    if (c->depth) c->nested[c->depth - 1].elements++;
    meant *item = &c->items[c->item_count++];
    *item = (meant){type, c->depth, integer, textHash(text)};
    return item;
}

/* A value of 0 to VALUE_MAX bytes, most often a short one. */
static bytes value(check *c) {
    size_t size = next(c);
    if (size >= 252) size = (size - 251) * 5000 + next(c) * 4;
    return bytesOf(c->value, size);
}

static void release(void *ctx) {
    ((check *)ctx)->released++;
}

static void writeNumber(check *c, unsigned kind) {
    uint64_t bits = 0;
    for (unsigned left = next(c) % 9; left; left--) bits = bits << 8 | next(c);
    char digits[32];
    int size = snprintf(digits, sizeof digits, "%lld", (long long)bits);
    bytes text = bytesOf(digits, (size_t)size);
    if (kind == 0) {
        respInteger(&c->buf, (int64_t)bits);
        putText(c, ":%s\r\n", digits);
        mean(c, REPLY_INTEGER, (int64_t)bits, BYTES(""));
    } else if (c->resp == 2) {
        if (kind == 1) respBigNumber(&c->buf, 2, text);
        if (kind == 2) respDoubleText(&c->buf, 2, text);
        putBulk(c, text);
        mean(c, REPLY_BULK, 0, text);
    } else if (kind == 1) {
        respBigNumber(&c->buf, 3, text);
        putText(c, "(%s\r\n", digits);
        mean(c, REPLY_BIG_NUMBER, 0, text);
    } else {
        respDoubleText(&c->buf, 3, text);
        putText(c, ",%s\r\n", digits);
        mean(c, REPLY_DOUBLE, 0, BYTES(""));
    }
}

static void writeWord(check *c, unsigned kind) {
    bool resp2 = c->resp == 2;
    if (kind == 0) {
        respNull(&c->buf, c->resp);
        putText(c, resp2 ? "$-1\r\n" : "_\r\n");
        mean(c, REPLY_NULL, 0, BYTES(""));
    } else if (kind == 1) {
        respNullArray(&c->buf, c->resp);
        putText(c, resp2 ? "*-1\r\n" : "_\r\n");
        mean(c, REPLY_NULL, 0, BYTES(""));
    } else {
        bool yes = next(c) & 1;
        respBool(&c->buf, c->resp, yes);
        putText(c, resp2 ? ":%d\r\n" : "#%c\r\n", resp2 ? yes : yes ? 't' : 'f');
        mean(c, resp2 ? REPLY_INTEGER : REPLY_BOOL, yes, BYTES(""));
    }
}

static void writeTextual(check *c, unsigned kind) {
    bytes text = value(c);
    if (kind == 0) {
        respSimple(&c->buf, text);
        put(c, "+", 1);
        put(c, text.data, text.size);
        put(c, "\r\n", 2);
        mean(c, REPLY_SIMPLE, 0, text);
    } else if (kind == 1) {
        char *broken = bytesToText(text), *clean = bytesToText(text);
        for (size_t i = next(c); i < text.size; i += 1 + next(c)) {
            broken[i] = i & 1 ? '\r' : '\n';
            clean[i] = ' ';
        }
        respError(&c->buf, bytesOf(broken, text.size));
        put(c, "-", 1);
        put(c, clean, text.size);
        put(c, "\r\n", 2);
        mean(c, REPLY_ERROR, 0, bytesOf(clean, text.size));
        memFree(broken);
        memFree(clean);
    } else {
        respVerbatim(&c->buf, c->resp, "txt", text);
        if (c->resp == 2) {
            putBulk(c, text);
        } else {
            putText(c, "=%zu\r\ntxt:", text.size + 4);
            put(c, text.data, text.size);
            put(c, "\r\n", 2);
        }
        mean(c, c->resp == 2 ? REPLY_BULK : REPLY_VERBATIM, 0, text);
    }
}

static void writeReference(check *c) {
    bytes text = value(c);
    respBulkHeader(&c->buf, text.size);
    replyBufReference(&c->buf, text, release, c);
    c->referenced++;
    replyBufAppend(&c->buf, "\r\n", 2);
    putBulk(c, text);
    mean(c, REPLY_BULK, 0, text);
}

static void openHole(check *c) {
    if (c->depth == NESTED_MAX) return;
    static const respType types[] = {REPLY_ARRAY, REPLY_MAP, REPLY_SET, REPLY_PUSH};
    respAggregate kind = (respAggregate)(next(c) % 4);
    mean(c, c->resp == 2 ? REPLY_ARRAY : types[kind], 0, BYTES(""));
    c->nested[c->depth++] =
        (opened){replyBufOpenHole(&c->buf), kind, c->naive_size, c->item_count - 1, 0};
}

static void fillHole(check *c) {
    if (c->depth == 0) return;
    opened *o = &c->nested[c->depth - 1];
    if (o->kind == RESP_MAP && o->elements % 2) writeWord(c, 0);
    size_t count = o->kind == RESP_MAP ? o->elements / 2 : o->elements;
    respFillHole(&c->buf, o->hole, c->resp, o->kind, count);
    char head[32];
    size_t shown = c->resp == 2 ? o->elements : count;
    int size = snprintf(head, sizeof head, "%c%zu\r\n", c->items[o->item].type, shown);
    put(c, head, (size_t)size);
    memmove(c->naive + o->at + size, c->naive + o->at, c->naive_size - (size_t)size - o->at);
    memcpy(c->naive + o->at, head, (size_t)size);
    c->items[o->item].integer = (int64_t)shown;
    c->depth--;
}

static void consume(check *c, size_t size) {
    struct iovec iov[4];
    int count = replyBufPeek(&c->buf, iov, 4, size);
    size_t taken = 0;
    for (int i = 0; i < count; i++) {
        grow(&c->written, &c->written_room, c->written_size + iov[i].iov_len);
        memcpy(c->written + c->written_size, iov[i].iov_base, iov[i].iov_len);
        c->written_size += iov[i].iov_len;
        taken += iov[i].iov_len;
    }
    ensure(taken <= size);
    size_t before = replyBufSize(&c->buf);
    replyBufConsume(&c->buf, taken);
    ensure(replyBufSize(&c->buf) == before - taken);
}

/* Writes what shall be forgotten, and forgets it. */
static void rewindSome(check *c) {
    replyMark mark = replyBufMark(&c->buf);
    size_t size = replyBufSize(&c->buf), memory = replyBufMemory(&c->buf);
    for (unsigned left = next(c) % 4; left; left--) {
        bytes text = value(c);
        if (next(c) & 1) {
            replyBufReference(&c->buf, text, release, c);
            c->referenced++;
        } else {
            respBulk(&c->buf, text);
        }
    }
    replyBufRewind(&c->buf, mark);
    ensure(replyBufSize(&c->buf) == size);
    ensure(replyBufMemory(&c->buf) == memory);
}

/* Writes to another buffer, which may lose its first bytes, and moves that behind this one. */
static void moveSome(check *c) {
    bytes text = value(c);
    size_t lost = next(c);
    for (size_t i = 0; i < lost; i++) replyBufAppend(&c->side, "?", 1);
    respBulk(&c->side, text);
    if (next(c) & 1)
        respFillHole(&c->side, replyBufOpenHole(&c->side), 3, RESP_SET, 0);
    else
        respSet(&c->side, 3, 0);
    replyBufConsume(&c->side, lost);
    replyBufMove(&c->buf, &c->side);
    ensure(replyBufMemory(&c->side) == 0);
    putBulk(c, text);
    putText(c, "~0\r\n");
    mean(c, REPLY_BULK, 0, text);
    mean(c, REPLY_SET, 0, BYTES(""));
}

static void obey(check *c, unsigned order) {
    switch (order % 16) {
    case 0:
    case 1:
    case 2: writeTextual(c, order % 16); return;
    case 3:
    case 4:
    case 5: writeNumber(c, order % 16 - 3); return;
    case 6:
    case 7:
    case 8: writeWord(c, order % 16 - 6); return;
    case 9: writeReference(c); return;
    case 10: openHole(c); return;
    case 11: fillHole(c); return;
    case 12: rewindSome(c); return;
    case 13:
        if (c->depth == 0) consume(c, next(c) * 64);
        return;
    case 14:
        if (c->depth == 0) moveSome(c);
        return;
    default: break;
    }
    bytes text = value(c);
    respBulk(&c->buf, text);
    putBulk(c, text);
    mean(c, REPLY_BULK, 0, text);
}

typedef struct reading {
    const check *check;
    size_t item;
} reading;

static void compare(void *ctx, const respItem *item) {
    reading *r = ctx;
    ensure(r->item < r->check->item_count);
    const meant *m = &r->check->items[r->item++];
    ensure(item->type == m->type);
    ensure(item->depth == m->depth);
    bool counted =
        item->type == REPLY_INTEGER || item->type == REPLY_BOOL || strchr("*%~>", (int)item->type);
    if (counted) ensure(item->integer == m->integer);
    ensure(textHash(item->text) == m->text);
}

static void readBack(const check *c) {
    ensure(c->written_size == c->naive_size);
    ensure(c->written_size == 0 || memcmp(c->written, c->naive, c->written_size) == 0);
    reading r = {c, 0};
    for (size_t at = 0; at < c->written_size;) {
        int64_t size = respRead(bytesOf(c->written + at, c->written_size - at), compare, &r);
        ensure(size > 0);
        at += (size_t)size;
    }
    ensure(r.item == c->item_count);
}

void replyCheckScript(const uint8_t *script, size_t size) {
    check *c = memCalloc(1, sizeof *c);
    c->at = script;
    c->end = script + size;
    for (size_t i = 0; i < VALUE_MAX; i++) c->value[i] = (char)('!' + i % 93);
    replyPoolInit(&c->pool);
    replyBufInit(&c->buf, &c->pool);
    replyBufInit(&c->side, &c->pool);
    c->resp = next(c) & 1 ? 3 : 2;
    while (c->at < c->end) obey(c, next(c));
    while (c->depth) fillHole(c);
    while (replyBufSize(&c->buf)) consume(c, 1 + c->written_size % 5000);
    readBack(c);
    replyBufClear(&c->buf);
    ensure(c->released == c->referenced);
    ensure(replyBufMemory(&c->buf) == 0);
    ensure(c->pool.chunk_bytes == c->pool.free_count * REPLY_CHUNK);
    replyPoolTrim(&c->pool, 0);
    ensure(c->pool.chunk_bytes == 0);
    memFree(c->naive);
    memFree(c->written);
    memFree(c->items);
    memFree(c);
}

static void touch(void *ctx, const respItem *item) {
    *(uint64_t *)ctx += textHash(item->text);
    ensure(item->depth <= RESP_READ_MAX_DEPTH);
}

/* As respRead, of a copy that ends where it ends. */
static int64_t readCopy(const uint8_t *data, size_t size) {
    char *copy = memAlloc(size + (size == 0));
    if (size) memcpy(copy, data, size);
    uint64_t sum = 0;
    int64_t result = respRead(bytesOf(copy, size), touch, &sum);
    ensure(result == respRead(bytesOf(copy, size), NULL, NULL));
    memFree(copy);
    return result;
}

void replyCheckRead(const uint8_t *data, size_t size) {
    while (size) {
        int64_t taken = readCopy(data, size);
        if (taken <= 0) return;
        ensure((size_t)taken <= size);
        size_t step = (size_t)taken / 64 + 1;
        for (size_t cut = 0; cut < (size_t)taken; cut += step) ensure(readCopy(data, cut) == 0);
        ensure(readCopy(data, (size_t)taken) == taken);
        data += taken;
        size -= (size_t)taken;
    }
}
