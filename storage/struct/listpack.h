/* listpack.h - a row of short texts and integers in one allocation: byte for byte the public format
 * (github.com/antirez/listpack).
 *
 *     0              4             6
 *     [total: u32]   [count: u16]  [element] [element] ... [0xFF]      little-endian
 *
 *     count 65535: not known, walk
 *     element   encoding and data, then their length once more ("backlen"), written so that it
 *               reads from its end: groups of seven bits, the top bit of all but the leftmost set
 *
 *     0xxxxxxx                          integer 0..127
 *     10xxxxxx  bytes                   text of up to 63 bytes
 *     110xxxxx  x                       integer of 13 bits, signed
 *     1110xxxx  x  bytes                text of up to 4095 bytes
 *     11110000  size: u32  bytes        longer text
 *     11110001 .. 11110100  2, 3, 4, 8  integer of so many bytes, signed
 *
 * A text that reads as an int64 (strictly) is kept as an integer and given back as one.
 *
 * Elements are named by their offset (listpackAt), which is good until the next change; 0 is none.
 * A change returns the listpack's address from now on. Small ones live in slabs (SLAB_BLOB up to
 * SLAB_MAX bytes), larger ones on the heap. No size is stored beyond 'total': the room follows from
 * it (slabGoodSize), so growing within its class copies nothing. A listpack never grows over
 * LISTPACK_MAX: who adds asks listpackFits() where sizes are a client's choice. */
#ifndef EBB_STORAGE_STRUCT_LISTPACK_H
#define EBB_STORAGE_STRUCT_LISTPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/base/num.h"

typedef struct listpack listpack; /* opaque bytes */
typedef uint32_t listpackAt;

enum { LISTPACK_HEADER = 6, LISTPACK_EMPTY = 7, LISTPACK_ELEMENT_OVERHEAD = 10 };
#define LISTPACK_MAX ((size_t)1 << 30)

listpack *listpackNew(void);
void listpackFree(listpack *lp);
listpack *listpackCopy(const listpack *lp);
/* A copy of bytes that listpackValidate() found good. */
listpack *listpackFromBytes(bytes b);

/* All of it, header and end included: what RDB stores. */
bytes listpackBytes(const listpack *lp);
static inline size_t listpackSize(const listpack *lp) {
    uint32_t size;
    __builtin_memcpy(&size, lp, sizeof size);
    return size;
}
/* What its allocation takes. */
size_t listpackMemory(const listpack *lp);
/* O(1) below 65535 elements. */
size_t listpackCount(const listpack *lp);
bool listpackFits(const listpack *lp, size_t more_bytes);

/* ---- walking ---- */
static inline listpackAt listpackFirst(const listpack *lp) {
    return ((const uint8_t *)lp)[LISTPACK_HEADER] == 0xFF ? 0 : LISTPACK_HEADER;
}
listpackAt listpackLast(const listpack *lp);
listpackAt listpackNext(const listpack *lp, listpackAt at);
listpackAt listpackPrev(const listpack *lp, listpackAt at);
/* The element 'index', from the end where that is negative (-1: the last); 0 out of range. Walks
 * from the nearer end. */
listpackAt listpackIndex(const listpack *lp, int64_t index);

/* ---- reading ---- */
/* A text, or (text.data NULL) an integer. Borrowed until the next change. */
typedef struct listpackValue {
    bytes text;
    int64_t number;
} listpackValue;
listpackValue listpackGet(const listpack *lp, listpackAt at);
/* A value as text, as listpackText() gives it. */
static inline bytes listpackValueText(listpackValue value, char *scratch) {
    if (value.text.data) return value.text;
    return bytesOf(scratch, numFormatInt(scratch, value.number));
}
/* As text: an integer is formatted into 'scratch' (NUM_INT_MAX). */
bytes listpackText(const listpack *lp, listpackAt at, char *scratch);
/* True and *out if it is kept as an integer. */
bool listpackInt(const listpack *lp, listpackAt at, int64_t *out);
bool listpackEqual(const listpack *lp, listpackAt at, bytes text);
/* The next element from 'at' on (itself included; 0: none) that equals 'text', looking at one and
 * skipping 'skip' after each: 1 for the fields of a hash. 0 if there is none. */
listpackAt listpackFind(const listpack *lp, listpackAt at, bytes text, unsigned skip);
/* Bytes that 'text' takes as an element. */
size_t listpackElementSize(bytes text);

/* ---- changing: each returns the listpack's address from now on ---- */
listpack *listpackAppend(listpack *lp, bytes text);
listpack *listpackAppendInt(listpack *lp, int64_t number);
listpack *listpackPrepend(listpack *lp, bytes text);
/* Before the element '*at' (0: at the end), which is the new one's offset afterwards. 'text' may
 * lie in the listpack. */
listpack *listpackInsert(listpack *lp, listpackAt *at, bytes text);
listpack *listpackInsertInt(listpack *lp, listpackAt *at, int64_t number);
/* The offset stays. */
listpack *listpackReplace(listpack *lp, listpackAt at, bytes text);
listpack *listpackReplaceInt(listpack *lp, listpackAt at, int64_t number);
/* Takes out 'count' elements from '*at' on (fewer if there are fewer); '*at' is what follows, or 0.
 */
listpack *listpackDelete(listpack *lp, listpackAt *at, size_t count);
/* Moved if it lies in a victim page. */
listpack *listpackMove(listpack *lp);

/* ---- bytes from elsewhere ---- */
/* True if the bytes are a whole listpack: total, every element inside, every backlen right, the end
 * mark, the count. 'visit' (may be NULL) sees each element and may refuse it. Reads nothing beyond
 * 'b'. */
bool listpackValidate(bytes b, bool (*visit)(void *ctx, listpackValue value), void *ctx);

#endif
