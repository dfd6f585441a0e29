/* byte_source.h - bytes in memory for readers of files, which get so many at a time. */
#ifndef EBB_TESTS_SUPPORT_BYTE_SOURCE_H
#define EBB_TESTS_SUPPORT_BYTE_SOURCE_H

#include <stdint.h>
#include <string.h>

typedef struct byteSource {
    const char *data;
    size_t left, step; /* so many bytes a read */
} byteSource;

static inline int64_t byteSourceRead(void *ctx, void *to, size_t room) {
    byteSource *in = ctx;
    size_t size = in->left < in->step ? in->left : in->step;
    if (size > room) size = room;
    memcpy(to, in->data, size);
    in->data += size;
    in->left -= size;
    return (int64_t)size;
}

#endif
