/* t_bits.h - a string as an array of bits: what SETBIT, BITCOUNT, BITPOS, BITOP and BITFIELD do.
 *
 * Works on plain bytes: bit 0 is the most significant bit of byte 0. Knows nothing of keys, of
 * growing a string or of replies; whoever writes has made the bytes long enough before. Reading
 * past the end sees zeros. Bit numbers are 64 bits wide: a string may be longer than 512 MB. */
#ifndef EBB_STORAGE_TYPES_T_BITS_H
#define EBB_STORAGE_TYPES_T_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/base/err.h"

/* ---- single bits ---- */

/* The bit at 'at'; false past the end. */
static inline bool bitsGet(bytes s, uint64_t at) {
    return at / 8 < s.size && ((uint8_t)s.data[at / 8] >> (7 - at % 8) & 1);
}

/* Sets the bit at 'at', which lies inside 'data', and returns what it was. */
static inline bool bitsSet(char *data, uint64_t at, bool on) {
    uint8_t *byte = (uint8_t *)data + at / 8;
    uint8_t mask = (uint8_t)(0x80 >> at % 8);
    bool was = *byte & mask;
    *byte = (uint8_t)((*byte & ~mask) | (on ? mask : 0));
    return was;
}

/* ---- runs of bits: 'first' and 'last' are inclusive, first <= last < 8 * s.size ---- */

/* How many bits are set in all of 's'. */
uint64_t bitsCount(bytes s);
/* How many bits are set from 'first' to 'last'. */
uint64_t bitsCountRange(bytes s, uint64_t first, uint64_t last);
/* Where the first bit equal to 'bit' stands from 'first' to 'last', or -1. */
int64_t bitsFind(bytes s, bool bit, uint64_t first, uint64_t last);

/* ---- combining strings ---- */

typedef enum bitsOp {
    BITS_AND,
    BITS_OR,
    BITS_XOR,
    BITS_NOT,   /* of the first source; the others are not looked at */
    BITS_DIFF,  /* in the first source and in none of the others */
    BITS_DIFF1, /* in one or more of the others and not in the first */
    BITS_ANDOR, /* in the first and in one or more of the others */
    BITS_ONE    /* in exactly one source */
} bitsOp;

/* "and", "or", ... in either case. False leaves *out alone. */
bool bitsParseOp(bytes word, bitsOp *out);
/* The size of the longest source: what BITOP's result has. */
size_t bitsCombinedSize(const bytes *sources, size_t count);
/* Writes 'size' bytes of sources[0] op sources[1] ... to 'out', which overlaps no source. Shorter
 * sources count as padded with zeros. 'count' is at least 1. */
void bitsCombine(bitsOp op, char *out, size_t size, const bytes *sources, size_t count);

/* ---- bit fields ---- */

/* An integer of 1 to 64 bits, two's complement; an unsigned one has 63 at most. Its most
 * significant bit stands first. */
typedef struct bitsType {
    bool is_signed;
    uint8_t width;
} bitsType;

typedef enum bitsOverflow {
    BITS_WRAP, /* modulo 2^width */
    BITS_SAT,  /* stops at the least or the greatest value */
    BITS_FAIL  /* does nothing */
} bitsOverflow;

/* "u8", "i64". ERR_SYNTAX leaves *out alone. */
int bitsParseType(bytes text, bitsType *out) MUST_USE;
/* "wrap", "sat", "fail" in either case. False leaves *out alone. */
bool bitsParseOverflow(bytes word, bitsOverflow *out);
/* A bit number, below 8 * size_max_bytes. With 'field' also "#3": the third field after the first
 * of that width; NULL refuses that form. ERR_SYNTAX or ERR_RANGE leave *out alone. */
int bitsParseOffset(bytes text, const bitsType *field, uint64_t size_max_bytes,
                    uint64_t *out) MUST_USE;

/* How many bytes a string needs to hold the field at 'offset'. */
static inline uint64_t bitsFieldEnd(uint64_t offset, bitsType type) {
    return (offset + type.width - 1) / 8 + 1;
}
/* The field that starts at bit 'offset'. */
int64_t bitsGetField(bytes s, uint64_t offset, bitsType type);
/* Writes the low bits of 'value' there; 'data' holds bitsFieldEnd() bytes or more. */
void bitsSetField(char *data, uint64_t offset, bitsType type, int64_t value);
/* What old + increment becomes in a field of 'type'. For SET 'old' is the new value and the
 * increment 0; a negative one in an unsigned field is then read as a huge positive one, as clients
 * know it. False where it does not fit and 'how' is BITS_FAIL: *out is left alone. */
bool bitsAddToField(bitsType type, int64_t old, int64_t increment, bitsOverflow how, int64_t *out);

#endif
