/* entry.h - a key, its deadline and its value in one allocation.
 *
 *     0        1       2      5               13
 *     [type:4  [flags] [access] [deadline:8]? [varint key size] key | value
 *      enc:4]           24 bit    if ENTRY_HAS_DEADLINE
 *
 *     value of ENCODING_INLINE   varint size, bytes      (embstr, or raw once ENTRY_RAW is set)
 *              ENCODING_INT      8 bytes                 (int)
 *              ENCODING_BLOB     8 bytes pointer to a blob (strings of BLOB_MIN and more: raw)
 *              others            8 bytes pointer to the collection
 *
 * All fields are unaligned; read them through these calls. 16-byte key + 32-byte value = 55 B, an
 * item of 56 in the slab. Knows nothing of dicts: whoever grows an entry re-points (storage/db). */
#ifndef EBB_STORAGE_TYPES_ENTRY_H
#define EBB_STORAGE_TYPES_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/base/hash.h"

typedef struct entry entry; /* opaque bytes */

typedef enum valueType {
    TYPE_STRING,
    TYPE_LIST,
    TYPE_SET,
    TYPE_ZSET,
    TYPE_HASH,
    TYPE_STREAM,
    TYPE_ARRAY,
    TYPE_COUNT
} valueType;

typedef enum encoding {
    ENCODING_INLINE,
    ENCODING_INT,
    ENCODING_BLOB,
    ENCODING_LISTPACK,
    ENCODING_LISTPACK_EX,
    ENCODING_INTSET,
    ENCODING_DICT,
    ENCODING_QUICKLIST,
    ENCODING_SKIPLIST,
    ENCODING_STREAM,
    ENCODING_ARRAY,
    ENCODING_COUNT
} encoding;

enum {
    ENTRY_HAS_DEADLINE = 1 << 0,
    ENTRY_RAW = 1 << 1, /* an inline string that was edited: OBJECT ENCODING says raw */
};

enum { EMBSTR_MAX = 44, BLOB_MIN = 16 * 1024 };

static inline valueType entryType(const entry *e) {
    return (valueType)(*(const uint8_t *)e & 15);
}
static inline encoding entryEncoding(const entry *e) {
    return (encoding)(*(const uint8_t *)e >> 4);
}
static inline bool entryHasDeadline(const entry *e) {
    return ((const uint8_t *)e)[1] & ENTRY_HAS_DEADLINE;
}

/* Milliseconds since 1970, or DEADLINE_NONE. */
int64_t entryDeadline(const entry *e);
bytes entryKey(const entry *e);
uint64_t entryHash(const entry *e);
/* Bytes the entry's own allocation needs, its value included where it is inline. */
size_t entrySize(const entry *e);
/* All the memory it stands for: allocation classes, blob or collection included. */
size_t entryMemory(const entry *e);

/* "string", "list", ... as TYPE replies. */
const char *entryTypeName(valueType type);
/* "embstr", "int", "raw", "listpack", ... as OBJECT ENCODING replies. */
const char *entryEncodingName(const entry *e);

/* Access clock: 24 bits, of LRU seconds or LFU (16 bit minutes, 8 bit counter). */
uint32_t entryAccess(const entry *e);
void entrySetAccess(entry *e, uint32_t access);

/* ---- making and unmaking: entries outside of any dict ---- */

/* A string entry; chooses INT for a canonical int64 where 'may_be_int', a blob for BLOB_MIN and
 * more. */
entry *entryNewString(bytes key, bytes value, bool may_be_int);
/* The same, born with a deadline (or DEADLINE_NONE): one allocation where two calls make two. */
entry *entryNewStringUntil(bytes key, bytes value, bool may_be_int, int64_t deadline_ms);
entry *entryNewIntUntil(bytes key, int64_t value, int64_t deadline_ms);
/* An entry holding 'collection', which it takes. NULL stands for one that was detached. */
entry *entryNewCollection(bytes key, valueType type, encoding enc, void *collection);
/* A deep copy under another key, without the deadline. A blob is shared: writers copy it. */
entry *entryCopy(const entry *e, bytes key);
/* Frees the entry, and its value unless that was detached (its pointer is NULL). Takes e. */
void entryFree(entry *e);

/* ---- changing: each returns the entry's address from now on ---- */

/* Makes it the string 'value' (which may not lie inside it), an INT where that is canonical; what
 * it held is freed. Keeps key, deadline; resets ENTRY_RAW. In place, with no allocation, where the
 * new size is of the same slab class (or the blob it has is its own and of about that size). */
entry *entrySetString(entry *e, bytes value);
/* The same, but never an INT: digits stay text, as entryNewString makes them without 'may_be_int'.
 */
entry *entrySetText(entry *e, bytes value);
entry *entrySetInt(entry *e, int64_t value);
/* The same with another deadline (or DEADLINE_NONE): one change of size where two calls make two.
 */
entry *entrySetStringUntil(entry *e, bytes value, int64_t deadline_ms);
entry *entrySetIntUntil(entry *e, int64_t value, int64_t deadline_ms);
/* 'deadline_ms' DEADLINE_NONE takes it away. */
entry *entrySetDeadline(entry *e, int64_t deadline_ms);
/* The same key under another name. */
entry *entryRename(entry *e, bytes key);
/* Copies the entry's item to a better page (slabShouldMove) and frees the old one. */
entry *entryMove(entry *e);

/* ---- strings ---- */

/* The value of a string as bytes: of an INT, formatted into 'scratch' (NUM_INT_MAX). Borrowed. */
bytes entryString(const entry *e, char *scratch);
size_t entryStringSize(const entry *e);
/* True and *out if the string is, or reads as, an int64. */
bool entryStringInt(const entry *e, int64_t *out);

/* Makes the string 'size' bytes long, editable and raw: keeps what fits, zeroes what is new, and
 * *data is its first byte (good until the next change). Grows with room to spare. A shared blob is
 * copied first. 'size' was checked against proto-max-bulk-len by the caller. Returns NULL and
 * changes nothing where the memory cannot be had. */
entry *entryEditString(entry *e, size_t size, char **data);

/* ---- pointers: blobs and collections ---- */
/* True if the value is elsewhere: entryPointer() may be asked. */
static inline bool entryIsPointer(const entry *e) {
    return entryEncoding(e) >= ENCODING_BLOB;
}
void *entryPointer(const entry *e);
/* Of an entry that has a pointer already; what was there is the caller's. NULL detaches it. */
void entrySetPointer(entry *e, encoding enc, void *pointer);

#endif
