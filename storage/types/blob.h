/* blob.h - a big string, counted by reference: keyspace entries and output queues share it.
 *
 * Writers copy when there are other holders. Not in slabs, not moved by defrag. Counts are plain
 * integers: all holders live on the main thread. */
#ifndef EBB_STORAGE_TYPES_BLOB_H
#define EBB_STORAGE_TYPES_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/bytes.h"

typedef struct blob {
    uint32_t holders;
    size_t size;
    size_t capacity;
    char data[];
} blob;

blob *blobNew(bytes value);
/* 'size' zero bytes, NULL if the memory cannot be had. */
blob *blobTryNew(size_t size);
blob *blobHold(blob *b);
/* Takes one hold; frees the blob with the last. */
void blobRelease(blob *b);
/* A blob with one holder and 'size' bytes: b itself (moved if it grew) or a copy if others hold it;
 * new bytes are zero. Takes the caller's hold on b. NULL, and b untouched, where memory cannot be
 * had. */
blob *blobTryResize(blob *b, size_t size);
size_t blobMemory(const blob *b);

#endif
