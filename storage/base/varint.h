/* varint.h - sizes in front of what they are the size of, in one byte where they are small.
 *
 * Little-endian groups of seven bits, the top bit of a byte saying that more follow. */
#ifndef EBB_STORAGE_BASE_VARINT_H
#define EBB_STORAGE_BASE_VARINT_H

#include <stddef.h>
#include <stdint.h>

static inline size_t varintSize(size_t n) {
    return n < 128 ? 1 : (size_t)(70 - __builtin_clzll(n)) / 7;
}

/* Returns the byte behind it. */
static inline uint8_t *varintWrite(uint8_t *out, size_t n) {
    while (n >= 128) {
        *out++ = (uint8_t)(n | 128);
        n >>= 7;
    }
    *out++ = (uint8_t)n;
    return out;
}

/* Returns the byte behind it. */
static inline const uint8_t *varintRead(const uint8_t *in, size_t *n) {
    size_t value = *in & 127;
    for (unsigned shift = 7; *in++ & 128; shift += 7) value |= (size_t)(*in & 127) << shift;
    *n = value;
    return in;
}

#endif
