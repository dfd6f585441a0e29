/* intset.h - a small ordered set of integers: byte for byte the public format.
 *
 *     0              4            8
 *     [width: u32]   [count: u32] [value] [value] ...   little-endian, ascending, 'width' bytes
 * each
 *
 * width is 2, 4 or 8: the smallest that fits the widest value ever added. One allocation (SLAB_BLOB
 * up to SLAB_MAX); calls that change it return its address from now on. */
#ifndef EBB_STORAGE_STRUCT_INTSET_H
#define EBB_STORAGE_STRUCT_INTSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/base/rng.h"

typedef struct intset intset;

intset *intsetNew(void);
void intsetFree(intset *s);
/* A copy of bytes that intsetValidate() found good. */
intset *intsetFromBytes(bytes b);
bytes intsetBytes(const intset *s);
/* True if the bytes are a whole intset: sizes that agree, values ascending. */
bool intsetValidate(bytes b);
/* What its allocation takes. */
size_t intsetMemory(const intset *s);

size_t intsetCount(const intset *s);
int64_t intsetAt(const intset *s, size_t index);
bool intsetHas(const intset *s, int64_t value);
intset *intsetAdd(intset *s, int64_t value, bool *added);
intset *intsetRemove(intset *s, int64_t value, bool *removed);
/* Moved if it lies in a victim page; its address from now on. */
intset *intsetMove(intset *s);

#endif
