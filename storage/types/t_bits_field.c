#include <string.h>

#include "storage/base/ensure.h"
#include "storage/base/num.h"
#include "storage/types/t_bits.h"

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;

/* A field of 64 bits that starts inside a byte touches nine. */
enum { FIELD_BYTES_MAX = 9 };

int bitsParseType(bytes text, bitsType *out) {
    if (text.size < 2) return ERR_SYNTAX;
    bool is_signed = text.data[0] == 'i';
    if (!is_signed && text.data[0] != 'u') return ERR_SYNTAX;
    int64_t width;
    if (!numParseInt(bytesOf(text.data + 1, text.size - 1), &width)) return ERR_SYNTAX;
    if (width < 1 || width > (is_signed ? 64 : 63)) return ERR_SYNTAX;
    *out = (bitsType){is_signed, (uint8_t)width};
    return ERR_OK;
}

bool bitsParseOverflow(bytes word, bitsOverflow *out) {
    static const char *const names[] = {"wrap", "sat", "fail"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!bytesEqualWord(word, names[i])) continue;
        *out = (bitsOverflow)i;
        return true;
    }
    return false;
}

int bitsParseOffset(bytes text, const bitsType *field, uint64_t size_max_bytes, uint64_t *out) {
    bool by_field = field != NULL && text.size > 1 && text.data[0] == '#';
    if (by_field) text = bytesOf(text.data + 1, text.size - 1);
    int64_t offset;
    if (!numParseInt(text, &offset)) return ERR_SYNTAX;
    if (by_field && __builtin_mul_overflow(offset, (int64_t)field->width, &offset))
        return ERR_RANGE;
    if (offset < 0 || (uint64_t)offset / 8 >= size_max_bytes) return ERR_RANGE;
    *out = (uint64_t)offset;
    return ERR_OK;
}

/* Sixteen bytes as one number, the first byte on top. */
static uwide loadWide(const uint8_t from[16]) {
    uwide all = 0;
    for (int i = 0; i < 16; i++) all = all << 8 | from[i];
    return all;
}

static void storeWide(uint8_t to[16], uwide all) {
    for (int i = 15; i >= 0; i--, all >>= 8) to[i] = (uint8_t)all;
}

int64_t bitsGetField(bytes s, uint64_t offset, bitsType type) {
    uint8_t window[16] = {0};
    uint64_t at = offset / 8;
    if (at < s.size) {
        size_t left = s.size - at;
        memcpy(window, s.data + at, left < FIELD_BYTES_MAX ? left : FIELD_BYTES_MAX);
    }
    uint64_t value = (uint64_t)(loadWide(window) << offset % 8 >> (128 - type.width));
    if (type.is_signed && type.width < 64 && value >> (type.width - 1))
        value |= UINT64_MAX << type.width;
    return (int64_t)value;
}

void bitsSetField(char *data, uint64_t offset, bitsType type, int64_t value) {
    uint8_t window[16] = {0};
    size_t at = offset / 8, size = bitsFieldEnd(offset, type) - at;
    ensure(size <= FIELD_BYTES_MAX);
    memcpy(window, data + at, size);
    unsigned shift = 128 - type.width - (unsigned)(offset % 8);
    uwide mask = (((uwide)1 << type.width) - 1) << shift;
    uwide all = (loadWide(window) & ~mask) | ((uwide)(uint64_t)value << shift & mask);
    storeWide(window, all);
    memcpy(data + at, window, size);
}

bool bitsAddToField(bitsType type, int64_t old, int64_t increment, bitsOverflow how, int64_t *out) {
    wide least = type.is_signed ? -((wide)1 << (type.width - 1)) : 0;
    wide greatest = ((wide)1 << (type.is_signed ? type.width - 1 : type.width)) - 1;
    wide sum = (type.is_signed ? (wide)old : (wide)(uint64_t)old) + increment;
    if (sum < least || sum > greatest) {
        if (how == BITS_FAIL) return false;
        if (how == BITS_SAT) {
            sum = sum < least ? least : greatest;
        } else {
            wide range = greatest - least + 1;
            sum = (sum - least) % range;
            sum = (sum < 0 ? sum + range : sum) + least;
        }
    }
    *out = (int64_t)sum;
    return true;
}
