/* rdb_ziplist.h - the small forms of old: ziplists and zipmaps, read from bytes that may be
 * anything. They are never written.
 *
 *   ziplist   [total: u32] [offset of the last: u32] [count: u16] [element] ... [0xFF]
 *   element   size of the one before (one byte below 254, else 254 and u32), then
 *               00pppppp, 01pppppp + 1 byte, 10...... + 4 bytes (big-endian)    text
 *               0xC0, 0xD0, 0xE0, 0xF0, 0xFE   integer of 2, 4, 8, 3, 1 bytes
 *               1111xxxx                       0 to 12 by xxxx from 0001 on
 *   zipmap    [count] then (size, field, size, free, value, free bytes) ... [0xFF]
 *             a size is one byte below 254, else 254 and u32 */
#ifndef EBB_STORAGE_PERSIST_RDB_ZIPLIST_H
#define EBB_STORAGE_PERSIST_RDB_ZIPLIST_H

#include "storage/struct/listpack.h"

typedef struct ziplistReader {
    bytes input;
    size_t at, last, before; /* 'last' begins the element read last; its size */
    size_t count;            /* elements read */
    bool bad;                /* it is none */
} ziplistReader;

ziplistReader ziplistReaderOf(bytes input);
/* The next element, borrowed from the input. False at the end, or with 'bad' where it is none: only
 * after the end is it known that there is nothing wrong. */
bool ziplistNext(ziplistReader *z, listpackValue *out);

typedef struct zipmapReader {
    bytes input;
    size_t at;
    bool bad;
} zipmapReader;

zipmapReader zipmapReaderOf(bytes input);
bool zipmapNext(zipmapReader *z, bytes *field, bytes *value);

#endif
