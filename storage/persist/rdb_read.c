#include "storage/persist/rdb_read.h"

#include "storage/base/lzf.h"
#include "storage/base/mem.h"
#include "storage/persist/rdb_format.h"

/* No text is packed better than three bytes for 264. */
enum { LZF_BEST = 88 };

const char rdbEndsEarly[] = "Unexpected EOF reading RDB file";

bool rdbFailAt(rdbReader *r, size_t at, const char *error) {
    if (!r->error) {
        r->error = error;
        r->error_at = at;
    }
    return false;
}

bool rdbFail(rdbReader *r, const char *error) {
    return rdbFailAt(r, r->at, error);
}

bool rdbReadBytes(rdbReader *r, size_t size, bytes *out) {
    if (rdbLeft(r) < size) return rdbFail(r, rdbEndsEarly);
    if (r->there - r->at < size && !r->fill(r, r->at + size)) return false;
    *out = bytesOf(r->input.data + r->at, size);
    r->at += size;
    return true;
}

bool rdbReadByte(rdbReader *r, uint8_t *out) {
    bytes one;
    if (!rdbReadBytes(r, 1, &one)) return false;
    *out = (uint8_t)one.data[0];
    return true;
}

/* What follows a first byte that begins no RDB_ENCODED. */
static bool readLengthFrom(rdbReader *r, uint8_t head, uint64_t *out) {
    bytes rest;
    if (head < RDB_LENGTH_14) {
        *out = head;
        return true;
    }
    if (head < RDB_LENGTH_32) {
        uint8_t low;
        if (!rdbReadByte(r, &low)) return false;
        *out = (uint64_t)(head & 63) << 8 | low;
        return true;
    }
    if (head == RDB_LENGTH_32) {
        uint32_t big_endian;
        if (!rdbReadBytes(r, sizeof big_endian, &rest)) return false;
        memcpy(&big_endian, rest.data, sizeof big_endian);
        *out = __builtin_bswap32(big_endian);
        return true;
    }
    if (head == RDB_LENGTH_64) {
        uint64_t big_endian;
        if (!rdbReadBytes(r, sizeof big_endian, &rest)) return false;
        memcpy(&big_endian, rest.data, sizeof big_endian);
        *out = __builtin_bswap64(big_endian);
        return true;
    }
    return rdbFail(r, "unknown form of a length");
}

bool rdbReadLength(rdbReader *r, uint64_t *out) {
    uint8_t head;
    if (!rdbReadByte(r, &head)) return false;
    return readLengthFrom(r, head, out);
}

bool rdbReadCount(rdbReader *r, size_t each, size_t *out) {
    uint64_t count;
    if (!rdbReadLength(r, &count)) return false;
    if (count > rdbLeft(r) / each) return rdbFail(r, "more elements than bytes");
    *out = count;
    return true;
}

bool rdbReadTime(rdbReader *r, int64_t *ms) {
    bytes eight;
    if (!rdbReadBytes(r, sizeof *ms, &eight)) return false;
    memcpy(ms, eight.data, sizeof *ms);
    return true;
}

bool rdbReadDouble(rdbReader *r, double *out) {
    bytes eight;
    if (!rdbReadBytes(r, sizeof *out, &eight)) return false;
    memcpy(out, eight.data, sizeof *out);
    return true;
}

/* ---- strings ---- */

static bool readInt(rdbReader *r, size_t size, rdbString *out) {
    bytes raw;
    if (!rdbReadBytes(r, size, &raw)) return false;
    uint32_t bits = 0;
    memcpy(&bits, raw.data, size);
    int64_t number = size == 1 ? (int8_t)bits : size == 2 ? (int16_t)bits : (int32_t)bits;
    out->text = bytesOf(out->digits, numFormatInt(out->digits, number));
    return true;
}

static bool readPacked(rdbReader *r, rdbString *out) {
    uint64_t packed_size, size;
    bytes packed;
    if (!rdbReadLength(r, &packed_size) || !rdbReadLength(r, &size)) return false;
    if (packed_size > rdbLeft(r)) return rdbFail(r, "a packed string ends too early");
    if (size > LZF_MAX || size / LZF_BEST > packed_size)
        return rdbFail(r, "a packed string cannot be so long");
    out->owned = memTryAlloc(size ? size : 1);
    if (!out->owned) return rdbFail(r, "not enough memory for a string");
    if (rdbReadBytes(r, packed_size, &packed) && lzfDecompress(packed, out->owned, size)) {
        out->text = bytesOf(out->owned, size);
        return true;
    }
    memFree(out->owned);
    return rdbFail(r, "a packed string cannot be unpacked");
}

bool rdbReadString(rdbReader *r, rdbString *out) {
    uint8_t head;
    uint64_t size;
    out->owned = NULL;
    if (!rdbReadByte(r, &head)) return false;
    switch (head) {
    case RDB_ENCODED | RDB_INT8: return readInt(r, 1, out);
    case RDB_ENCODED | RDB_INT16: return readInt(r, 2, out);
    case RDB_ENCODED | RDB_INT32: return readInt(r, 4, out);
    case RDB_ENCODED | RDB_LZF: return readPacked(r, out);
    default: break;
    }
    if (!readLengthFrom(r, head, &size)) return false;
    return rdbReadBytes(r, size, &out->text);
}

void rdbStringClear(rdbString *s) {
    memFree(s->owned);
}
