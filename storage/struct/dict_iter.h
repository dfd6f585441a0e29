/* dict_iter.h - going over the items of a dict that does not change meanwhile, each once. For walks
 * that live on between changes see dictScan().
 *
 * Segments come in an order that scatters them: who fills another dict from this one, which hashes
 * alike, fills it everywhere at once and not from one end, where segments would have to grow big
 * before the directory may be deep enough for them. */
#ifndef EBB_STORAGE_STRUCT_DICT_ITER_H
#define EBB_STORAGE_STRUCT_DICT_ITER_H

#include "storage/struct/dict.h"

typedef struct dictIterator {
    const dict *d;
    const uint64_t *slot, *end; /* of the segment at hand */
    uint64_t word, words_left;  /* of the directory: the next one, and how many are to come */
    unsigned depth;
} dictIterator;

dictIterator dictIteratorOf(const dict *d);
/* NULL at the end. */
void *dictIteratorNext(dictIterator *it);

#endif
