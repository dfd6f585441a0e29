#include "storage/persist/rdb_ziplist.h"

enum { ZIPLIST_HEADER = 10, ZIPLIST_END = 0xFF, BIG_SIZE = 254, COUNT_UNKNOWN = 65535 };

static uint32_t load32(const char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* ---- ziplists ---- */

ziplistReader ziplistReaderOf(bytes input) {
    ziplistReader z = {.input = input, .at = ZIPLIST_HEADER};
    z.bad = input.size <= ZIPLIST_HEADER || load32(input.data) != input.size ||
            (uint8_t)input.data[input.size - 1] != ZIPLIST_END;
    return z;
}

static bool isBad(ziplistReader *z) {
    z->bad = true;
    return false;
}

/* Takes 'size' bytes; the end mark stays. NULL if there are not as many. */
static const uint8_t *take(ziplistReader *z, size_t size) {
    if (size > z->input.size - 1 - z->at) return NULL;
    const uint8_t *taken = (const uint8_t *)z->input.data + z->at;
    z->at += size;
    return taken;
}

static bool takeText(ziplistReader *z, size_t size, listpackValue *out) {
    const uint8_t *text = take(z, size);
    if (!text) return isBad(z);
    out->text = bytesOf(text, size);
    return true;
}

static bool takeInt(ziplistReader *z, size_t size, listpackValue *out) {
    const uint8_t *raw = take(z, size);
    if (!raw) return isBad(z);
    uint64_t bits = 0;
    memcpy(&bits, raw, size);
    unsigned unused = 64 - 8 * (unsigned)size;
    out->text = bytesOf(NULL, 0);
    out->number = (int64_t)(bits << unused) >> unused;
    return true;
}

static bool takeValue(ziplistReader *z, listpackValue *out) {
    const uint8_t *head = take(z, 1), *more;
    if (!head) return isBad(z);
    switch (*head >> 6) {
    case 0: return takeText(z, *head & 63, out);
    case 1:
        more = take(z, 1);
        return more ? takeText(z, (size_t)(*head & 63) << 8 | *more, out) : isBad(z);
    case 2:
        more = take(z, 4);
        return more ? takeText(z, __builtin_bswap32(load32((const char *)more)), out) : isBad(z);
    default: break;
    }
    switch (*head) {
    case 0xC0: return takeInt(z, 2, out);
    case 0xD0: return takeInt(z, 4, out);
    case 0xE0: return takeInt(z, 8, out);
    case 0xF0: return takeInt(z, 3, out);
    case 0xFE: return takeInt(z, 1, out);
    default: break;
    }
    if (*head < 0xF1 || *head > 0xFD) return isBad(z);
    *out = (listpackValue){.number = (*head & 15) - 1};
    return true;
}

/* What the header says, once all has been read. */
static bool atEnd(ziplistReader *z) {
    uint16_t count;
    memcpy(&count, z->input.data + 8, sizeof count);
    size_t last = z->count ? z->last : ZIPLIST_HEADER;
    if (load32(z->input.data + 4) != last || (count != COUNT_UNKNOWN && count != z->count))
        z->bad = true;
    return false;
}

bool ziplistNext(ziplistReader *z, listpackValue *out) {
    if (z->bad) return false;
    if (z->at == z->input.size - 1) return atEnd(z);
    size_t start = z->at;
    const uint8_t *head = take(z, 1);
    size_t before = *head;
    if (before >= BIG_SIZE) {
        const uint8_t *more = before == BIG_SIZE ? take(z, 4) : NULL;
        if (!more) return isBad(z);
        before = load32((const char *)more);
    }
    if (before != z->before || !takeValue(z, out)) return isBad(z);
    z->before = z->at - start;
    z->last = start;
    z->count++;
    return true;
}

/* ---- zipmaps ---- */

zipmapReader zipmapReaderOf(bytes input) {
    return (zipmapReader){.input = input,
                          .at = 1,
                          .bad =
                              input.size < 2 || (uint8_t)input.data[input.size - 1] != ZIPLIST_END};
}

/* A size, 'gap' bytes and so many bytes of text. */
static bool takeSized(zipmapReader *z, bool has_gap, bytes *out) {
    size_t end = z->input.size - 1, gap = 0;
    if (z->at >= end) return false;
    size_t size = (uint8_t)z->input.data[z->at++];
    if (size >= BIG_SIZE) {
        if (size > BIG_SIZE || end - z->at < 4) return false;
        size = load32(z->input.data + z->at);
        z->at += 4;
    }
    if (has_gap) {
        if (z->at >= end) return false;
        gap = (uint8_t)z->input.data[z->at++];
    }
    if (size + gap > end - z->at) return false;
    *out = bytesOf(z->input.data + z->at, size);
    z->at += size + gap;
    return true;
}

bool zipmapNext(zipmapReader *z, bytes *field, bytes *value) {
    if (z->bad || z->at == z->input.size - 1) return false;
    z->bad = !takeSized(z, false, field) || !takeSized(z, true, value);
    return !z->bad;
}
