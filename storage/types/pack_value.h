/* pack_value.h - what values.h asks of a collection that is one listpack and nothing else: the
 * small forms of lists, hashes, sets and sorted sets share it, and bring their digest. */
#ifndef EBB_STORAGE_TYPES_PACK_VALUE_H
#define EBB_STORAGE_TYPES_PACK_VALUE_H

#include "storage/types/values.h"

void packValueFree(void *value);
size_t packValueMemory(const void *value);
void *packValueCopy(const void *value);
void *packValueMove(void *value, uint64_t *cursor);
/* Of any value that is freed in a single step. */
size_t valueIsOnePart(const void *value);

#define PACK_VALUE_OPS                                                                             \
    .free = packValueFree, .parts = valueIsOnePart, .memory = packValueMemory,                     \
    .copy = packValueCopy, .move = packValueMove

#endif
