/* entry_internal.h - the bytes of an entry, for entry*.c alone. See entry.h for the layout. */
#ifndef EBB_STORAGE_TYPES_ENTRY_INTERNAL_H
#define EBB_STORAGE_TYPES_ENTRY_INTERNAL_H

#include "storage/base/varint.h"
#include "storage/types/blob.h"
#include "storage/types/entry.h"

enum { HEADER_BYTES = 5, DEADLINE_BYTES = 8, WORD_BYTES = 8 };

static inline size_t keyOffset(bool has_deadline) {
    return HEADER_BYTES + (has_deadline ? DEADLINE_BYTES : 0);
}

static inline uint8_t *valueOf(const entry *e) {
    size_t size;
    const uint8_t *key = varintRead((const uint8_t *)e + keyOffset(entryHasDeadline(e)), &size);
    return (uint8_t *)key + size;
}

/* Bytes of the value inside the entry. */
static inline size_t valueBytes(encoding enc, const uint8_t *value) {
    if (enc != ENCODING_INLINE) return WORD_BYTES;
    size_t size;
    const uint8_t *data = varintRead(value, &size);
    return (size_t)(data - value) + size;
}

static inline size_t inlineBytes(size_t size) {
    return varintSize(size) + size;
}

static inline uint64_t wordRead(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline void wordWrite(uint8_t *at, uint64_t word) {
    memcpy(at, &word, sizeof word);
}

static inline void kindWrite(entry *e, valueType type, encoding enc) {
    *(uint8_t *)e = (uint8_t)(type | enc << 4);
}

static inline void rawWrite(entry *e, bool raw) {
    uint8_t *flags = (uint8_t *)e + 1;
    *flags = (uint8_t)((*flags & ~ENTRY_RAW) | (raw ? ENTRY_RAW : 0));
}

/* A new item: key and deadline written, 'value_size' bytes left open at valueOf(). */
entry *entryBuild(bytes key, valueType type, encoding enc, int64_t deadline_ms, size_t value_size);

/* Gives e, which has 'size' bytes and whose value starts at 'value', room for 'value_size' bytes of
 * value and the deadline given, carrying over key, access and the first 'kept' bytes of the value.
 * In place where the slab class stays. Encoding and flags but for the deadline are left alone. */
entry *entryReshape(entry *e, size_t size, const uint8_t *value, size_t kept, size_t value_size,
                    int64_t deadline_ms);

/* Frees what the value points to, if it does. */
void entryReleaseValue(entry *e);

#endif
