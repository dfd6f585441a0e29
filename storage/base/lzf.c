#include "storage/base/lzf.h"

#include <lzf.h>

size_t lzfCompress(bytes text, void *out, size_t room) {
    if (text.size > LZF_MAX || text.size == 0) return 0;
    unsigned limit = room > LZF_MAX ? (unsigned)LZF_MAX : (unsigned)room;
    return lzf_compress(text.data, (unsigned)text.size, out, limit);
}

bool lzfDecompress(bytes packed, void *out, size_t size) {
    if (packed.size > LZF_MAX || size > LZF_MAX) return false;
    if (packed.size == 0) return size == 0;
    return lzf_decompress(packed.data, (unsigned)packed.size, out, (unsigned)size) == size;
}
