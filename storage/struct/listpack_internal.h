/* listpack_internal.h - the bytes of a listpack, for listpack*.c and quicklist_node.c, which keeps
 * listpacks in room of its own. See listpack.h. */
#ifndef EBB_STORAGE_STRUCT_LISTPACK_INTERNAL_H
#define EBB_STORAGE_STRUCT_LISTPACK_INTERNAL_H

#include "storage/struct/listpack.h"

enum { COUNT_UNKNOWN = 65535, END_MARK = 0xFF, HEAD_MAX = 9, BACKLEN_MAX = 5 };

/* The first byte of what is no short text and no short integer. */
enum { TEXT_32 = 0xF0, INT_16 = 0xF1, INT_24 = 0xF2, INT_32 = 0xF3, INT_64 = 0xF4 };

static inline uint32_t load32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* Bytes of encoding and data, without the backlen. Of the end mark 1. */
static inline size_t dataSize(const uint8_t *at) {
    uint8_t head = at[0];
    if (head < 0x80) return 1;
    if (head < 0xC0) return 1 + (size_t)(head & 63);
    if (head < 0xE0) return 2;
    if (head < 0xF0) return 2 + ((size_t)(head & 15) << 8 | at[1]);
    switch (head) {
    case TEXT_32: return 5 + (size_t)load32(at + 1);
    case INT_16: return 3;
    case INT_24: return 4;
    case INT_32: return 5;
    case INT_64: return 9;
    default: return 1;
    }
}

/* The bounds are those that readers of the format expect. */
static inline size_t backlenSize(size_t data_size) {
    if (data_size <= 127) return 1;
    if (data_size < 16383) return 2;
    if (data_size < 2097151) return 3;
    return data_size < 268435455 ? 4 : 5;
}

static inline const uint8_t *bytesAt(const listpack *lp, size_t at) {
    return (const uint8_t *)lp + at;
}

/* Where the element after that at 'at', or the end mark, is. */
static inline size_t after(const listpack *lp, size_t at) {
    size_t size = dataSize(bytesAt(lp, at));
    return at + size + backlenSize(size);
}

static inline unsigned storedCount(const listpack *lp) {
    uint16_t count;
    memcpy(&count, bytesAt(lp, 4), sizeof count);
    return count;
}

/* An element about to be written. */
typedef struct listpackElement {
    uint8_t head[HEAD_MAX];
    uint8_t head_size, back_size;
    bytes body;
    size_t data_size; /* head and body */
} listpackElement;

listpackElement listpackElementOf(bytes text);
listpackElement listpackElementOfInt(int64_t number);
void listpackElementWrite(uint8_t *at, const listpackElement *e);

/* All it takes. */
static inline size_t wholeSize(const listpackElement *e) {
    return e->data_size + e->back_size;
}

#endif
