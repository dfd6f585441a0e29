/* t_set_internal.h - the items of big sets, for t_set*.c alone.
 *
 *     0
 *     [varint size] [bytes]      of SLAB_SET_MEMBER */
#ifndef EBB_STORAGE_TYPES_T_SET_INTERNAL_H
#define EBB_STORAGE_TYPES_T_SET_INTERNAL_H

#include "storage/base/num.h"
#include "storage/base/slab.h"
#include "storage/base/varint.h"
#include "storage/types/t_set.h"

extern const dictType setDictType;

static inline bytes setItemText(const void *item) {
    size_t size;
    const uint8_t *text = varintRead(item, &size);
    return bytesOf(text, size);
}

static inline size_t setItemSize(const void *item) {
    bytes text = setItemText(item);
    return varintSize(text.size) + text.size;
}

void *setItemNew(bytes text);
static inline void setItemFree(void *item) {
    slabFree(SLAB_SET_MEMBER, item, setItemSize(item));
}

/* 'e', of a small form, becomes a dict. */
void setToDict(entry *e);

#endif
