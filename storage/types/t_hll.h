/* t_hll.h - HyperLogLog: counts distinct elements in 12 KB at most, with 0.81 % standard error.
 *
 * The string is the public format, byte for byte, so that GET, DUMP and SET exchange it:
 *
 *     0        4          5         8                          16
 *     "HYLL"   encoding   unused    cached count, 8 bytes LE   registers
 *
 *     The cached count is stale while its top bit is set.
 *     HLL_DENSE   16384 registers of 6 bits, the first in the low bits of the first byte
 *     HLL_SPARSE  runs of registers: 00xxxxxx           ZERO   1..64 registers are 0
 *                                    01xxxxxx yyyyyyyy  XZERO  1..16384 registers are 0
 *                                    1vvvvvxx           VAL    1..4 registers have value 1..32
 *
 * An element's hash (MurmurHash64A) chooses a register; the register keeps the longest run of
 * zeros seen, plus one. Counts follow O. Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), algorithm 6.
 *
 * Works on plain bytes that anyone may have written: whatever they are, a call answers or returns
 * an error. Knows nothing of keys and replies. Allocates only where it says so. */
#ifndef EBB_STORAGE_TYPES_T_HLL_H
#define EBB_STORAGE_TYPES_T_HLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/base/err.h"

enum {
    HLL_REGISTERS = 16384,
    HLL_HEADER = 16,
    HLL_DENSE_SIZE = HLL_HEADER + HLL_REGISTERS * 6 / 8,
    /* The longest sparse string that can be true: an XZERO for each register. */
    HLL_SIZE_MAX = HLL_HEADER + HLL_REGISTERS * 2
};

typedef enum hllEncoding { HLL_DENSE, HLL_SPARSE } hllEncoding;

/* What an element asks for: register 'index' at 'value' (1..51) or above. */
typedef struct hllRegister {
    uint16_t index;
    uint8_t value;
} hllRegister;

/* A HyperLogLog being changed: a copy with all the room it can ever need. Meant for the stack. */
typedef struct hllBuffer {
    size_t size;
    char data[HLL_SIZE_MAX];
} hllBuffer;

static inline bytes hllBytes(const hllBuffer *b) {
    return bytesOf(b->data, b->size);
}

uint64_t hllHash(bytes element);
hllRegister hllRegisterOf(bytes element);

/* ---- reading ---- */

/* ERR_TYPE unless 's' has the header and, if dense, the size of a HyperLogLog. A sparse one may
 * still turn out ERR_CORRUPT. All calls below expect a string that passed. */
int hllCheck(bytes s) MUST_USE;
static inline hllEncoding hllEncodingOf(bytes s) {
    return (hllEncoding)s.data[4];
}
/* The cached count, if it is not stale. */
bool hllCached(bytes s, uint64_t *count);
/* Counts without looking at the cache. ERR_CORRUPT leaves *count alone. */
int hllCount(bytes s, uint64_t *count) MUST_USE;
/* One register of a dense one. */
uint8_t hllDenseGet(bytes s, unsigned index);

/* ---- changing in place: data of a string that passed hllCheck() ---- */

void hllSetCached(char *data, uint64_t count);
void hllMarkStale(char *data);
/* Raises a register of a dense one; true if it was lower. Leaves the cached count. */
bool hllDenseRaise(char *data, hllRegister r);

/* ---- changing a copy: none of these touches the cached count ---- */

/* An empty sparse one, its cached count 0 and good. */
void hllInit(hllBuffer *b);
/* Copies 's', which passed hllCheck(). ERR_CORRUPT if it is longer than can be true. */
int hllLoad(hllBuffer *b, bytes s) MUST_USE;
/* Raises a register: 1 if it was lower, 0 if not, or ERR_CORRUPT, with nothing changed. A sparse
 * one turns dense where it would grow past 'sparse_max_bytes' (header included) or the value is
 * above 32. */
int hllRaise(hllBuffer *b, hllRegister r, size_t sparse_max_bytes) MUST_USE;
static inline int hllAdd(hllBuffer *b, bytes element, size_t sparse_max_bytes) {
    return hllRaise(b, hllRegisterOf(element), sparse_max_bytes);
}
/* Turns a sparse one dense; ERR_CORRUPT changes nothing. */
int hllToDense(hllBuffer *b) MUST_USE;

/* ---- unions: one byte a register ---- */

/* raw[i] = max(raw[i], register i of 's'). On ERR_CORRUPT some of 'raw' may have been raised. */
int hllMerge(uint8_t raw[HLL_REGISTERS], bytes s) MUST_USE;
uint64_t hllCountRaw(const uint8_t raw[HLL_REGISTERS]);
/* Raises every register of 'b' to 'raw', in order, as hllRaise() would. The values are below 64. */
int hllRaiseAll(hllBuffer *b, const uint8_t raw[HLL_REGISTERS], size_t sparse_max_bytes) MUST_USE;

/* ---- for PFDEBUG and PFSELFTEST ---- */

/* The runs of a sparse one as text, "Z:8436 v:1,1 z:64": XZERO, VAL (value, length), ZERO. The
 * caller frees it with memFree; NULL if corrupt. */
char *hllDecode(bytes s, size_t *size);
/* Checks registers, both encodings and the error of the counts against what is known. NULL if all
 * is well, else what was not. Takes a second or less. */
const char *hllSelfTest(void);

#endif
