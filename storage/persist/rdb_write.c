#include "storage/persist/rdb_write.h"

#include "storage/base/lzf.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/persist/rdb_format.h"

enum { LZF_FROM = 21, LZF_SAVES = 4, INT_TEXT_MAX = 11, FIRST_ROOM = 256 };

static inline void need(rdbSink *s, size_t size) {
    if ((size_t)(s->end - s->at) < size) s->more(s, size);
}

void rdbPutBytes(rdbSink *s, bytes raw) {
    while (raw.size) {
        if (s->at == s->end) s->more(s, raw.size);
        size_t room = (size_t)(s->end - s->at);
        size_t part = raw.size < room ? raw.size : room;
        memcpy(s->at, raw.data, part);
        s->at += part;
        raw = bytesOf(raw.data + part, raw.size - part);
    }
}

void rdbPutByte(rdbSink *s, uint8_t byte) {
    need(s, 1);
    *s->at++ = byte;
}

void rdbPutLength(rdbSink *s, uint64_t length) {
    need(s, 9);
    if (length < 1 << 6) {
        *s->at++ = (uint8_t)(RDB_LENGTH_6 | length);
    } else if (length < 1 << 14) {
        *s->at++ = (uint8_t)(RDB_LENGTH_14 | length >> 8);
        *s->at++ = (uint8_t)length;
    } else if (length <= UINT32_MAX) {
        uint32_t swapped = __builtin_bswap32((uint32_t)length);
        *s->at++ = RDB_LENGTH_32;
        memcpy(s->at, &swapped, sizeof swapped);
        s->at += sizeof swapped;
    } else {
        uint64_t swapped = __builtin_bswap64(length);
        *s->at++ = RDB_LENGTH_64;
        memcpy(s->at, &swapped, sizeof swapped);
        s->at += sizeof swapped;
    }
}

static void putEight(rdbSink *s, const void *eight) {
    need(s, 8);
    memcpy(s->at, eight, 8);
    s->at += 8;
}

void rdbPutTime(rdbSink *s, int64_t ms) {
    putEight(s, &ms);
}

void rdbPutDouble(rdbSink *s, double value) {
    putEight(s, &value);
}

/* ---- strings ---- */

static bool putAsInt(rdbSink *s, bytes text) {
    int64_t number;
    if (text.size > INT_TEXT_MAX || !numParseInt(text, &number)) return false;
    uint8_t kind;
    size_t size;
    if (number >= INT8_MIN && number <= INT8_MAX) {
        kind = RDB_INT8;
        size = 1;
    } else if (number >= INT16_MIN && number <= INT16_MAX) {
        kind = RDB_INT16;
        size = 2;
    } else if (number >= INT32_MIN && number <= INT32_MAX) {
        kind = RDB_INT32;
        size = 4;
    } else {
        return false;
    }
    need(s, 1 + size);
    *s->at++ = (uint8_t)(RDB_ENCODED | kind);
    memcpy(s->at, &number, size);
    s->at += size;
    return true;
}

static bool putPacked(rdbSink *s, bytes text) {
    if (!s->compress || text.size < LZF_FROM || text.size > LZF_MAX) return false;
    size_t room = text.size - LZF_SAVES;
    void *packed = memTryAlloc(room);
    if (!packed) return false;
    size_t size = lzfCompress(text, packed, room);
    if (size) {
        rdbPutByte(s, RDB_ENCODED | RDB_LZF);
        rdbPutLength(s, size);
        rdbPutLength(s, text.size);
        rdbPutBytes(s, bytesOf(packed, size));
    }
    memFree(packed);
    return size != 0;
}

void rdbPutString(rdbSink *s, bytes text) {
    if (putAsInt(s, text) || putPacked(s, text)) return;
    rdbPutLength(s, text.size);
    rdbPutBytes(s, text);
}

/* ---- a sink in memory ---- */

/* What comes after a failure is written into the spill, over and over. */
static void spill(rdbBuffer *b) {
    b->failed = true;
    b->sink.at = b->spill;
    b->sink.end = b->spill + sizeof b->spill;
}

static void grow(rdbSink *s, size_t wanted) {
    rdbBuffer *b = (rdbBuffer *)s;
    if (b->failed) {
        spill(b);
        return;
    }
    size_t used = b->data ? (size_t)(s->at - b->data) : 0;
    size_t room = used + (used / 2 > wanted ? used / 2 : wanted) + FIRST_ROOM;
    uint8_t *data = memTryRealloc(b->data, room);
    if (!data) {
        spill(b);
        return;
    }
    b->data = data;
    s->at = data + used;
    s->end = data + room;
}

void rdbBufferInit(rdbBuffer *b, bool compress) {
    *b = (rdbBuffer){.sink = {.more = grow, .compress = compress}};
}

void rdbBufferClear(rdbBuffer *b) {
    memFree(b->data);
}

bytes rdbBufferBytes(const rdbBuffer *b) {
    if (b->failed || !b->data) return BYTES("");
    return bytesOf(b->data, (size_t)(b->sink.at - b->data));
}
