/* dict_iter.h - going over the items of a dict that does not change meanwhile: each once, in the
 * order of the table. For walks that live on between changes see dictScan(). */
#ifndef EBB_STORAGE_STRUCT_DICT_ITER_H
#define EBB_STORAGE_STRUCT_DICT_ITER_H

#include "storage/struct/dict.h"

typedef struct dictIterator {
    const dict *d;
    const uint64_t *slot, *end; /* of the segment at hand */
    uint64_t next;              /* the lowest hash of the next one */
    bool last;
} dictIterator;

dictIterator dictIteratorOf(const dict *d);
/* NULL at the end. */
void *dictIteratorNext(dictIterator *it);

#endif
