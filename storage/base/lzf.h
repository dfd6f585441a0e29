/* lzf.h - LZF compression, as liblzf does it: fast, and what RDB files and big lists are packed
 * with. */
#ifndef EBB_STORAGE_BASE_LZF_H
#define EBB_STORAGE_BASE_LZF_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/base/bytes.h"

/* Texts over this are not taken. */
#define LZF_MAX ((size_t)1 << 30)

/* Compresses 'text' into 'out'; the compressed size, or 0 where 'room' bytes are not enough. */
size_t lzfCompress(bytes text, void *out, size_t room);

/* True if 'packed' unpacks to exactly 'size' bytes; then they are in 'out'. Writes nothing beyond
 * them whatever the input is. */
bool lzfDecompress(bytes packed, void *out, size_t size);

#endif
