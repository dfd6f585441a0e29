/* t_hll_internal.h - what the t_hll files share. Registers without the header, of each encoding. */
#ifndef EBB_STORAGE_TYPES_T_HLL_INTERNAL_H
#define EBB_STORAGE_TYPES_T_HLL_INTERNAL_H

#include "storage/types/t_hll.h"

enum { HLL_INDEX_BITS = 14, HLL_VALUE_MAX = 64 - HLL_INDEX_BITS + 1, HLL_SPARSE_VALUE_MAX = 32 };

/* ---- dense: 'packed' is HLL_DENSE_SIZE - HLL_HEADER bytes ---- */

uint8_t hllPackedGet(const uint8_t *packed, unsigned index);
void hllPackedSet(uint8_t *packed, unsigned index, uint8_t value);
/* raw[i] = max(raw[i], register i). */
void hllUnpackMax(uint8_t raw[HLL_REGISTERS], const uint8_t *packed);
void hllPack(uint8_t *packed, const uint8_t raw[HLL_REGISTERS]);

/* ---- sparse ---- */

typedef enum hllRunKind { HLL_ZERO, HLL_XZERO, HLL_VAL } hllRunKind;

typedef struct hllRun {
    hllRunKind kind;
    uint8_t value;
    unsigned length;
} hllRun;

/* Reads the run at *at and moves *at behind it. False at the end and where half a run is left:
 * then *at < end. */
bool hllNextRun(const uint8_t **at, const uint8_t *end, hllRun *run);
/* As hllRaise() on a sparse one with a value it can hold; HLL_MUST_PROMOTE, with nothing changed,
 * where the string would grow past the limit. */
enum { HLL_MUST_PROMOTE = 2 };
int hllSparseRaise(hllBuffer *b, hllRegister r, size_t sparse_max_bytes) MUST_USE;

/* ---- counting ---- */

/* How many registers have each value, for HLL_REGISTERS registers. */
uint64_t hllEstimate(const unsigned histogram[64]);

#endif
