#include "storage/types/entry.h"

#include "storage/base/ensure.h"
#include "storage/base/slab.h"
#include "storage/struct/deadlines.h"
#include "storage/types/entry_internal.h"
#include "storage/types/values.h"

/* ---- reading ---- */

int64_t entryDeadline(const entry *e) {
    if (!entryHasDeadline(e)) return DEADLINE_NONE;
    return (int64_t)wordRead((const uint8_t *)e + HEADER_BYTES);
}

bytes entryKey(const entry *e) {
    size_t size;
    const uint8_t *key = varintRead((const uint8_t *)e + keyOffset(entryHasDeadline(e)), &size);
    return bytesOf(key, size);
}

uint64_t entryHash(const entry *e) {
    return hashBytes(entryKey(e));
}

size_t entrySize(const entry *e) {
    const uint8_t *value = valueOf(e);
    return (size_t)(value - (const uint8_t *)e) + valueBytes(entryEncoding(e), value);
}

size_t entryMemory(const entry *e) {
    size_t own = slabGoodSize(entrySize(e));
    void *pointer = entryIsPointer(e) ? entryPointer(e) : NULL;
    if (!pointer) return own;
    if (entryEncoding(e) == ENCODING_BLOB) return own + blobMemory(pointer);
    return own + valueOpsOf(entryType(e), entryEncoding(e))->memory(pointer);
}

const char *entryTypeName(valueType type) {
    static const char *const names[] = {"string", "list", "set", "zset", "hash", "stream", "array"};
    ensure(type < TYPE_COUNT);
    return names[type];
}

const char *entryEncodingName(const entry *e) {
    static const char *const names[] = {[ENCODING_INLINE] = "embstr",
                                        [ENCODING_INT] = "int",
                                        [ENCODING_BLOB] = "raw",
                                        [ENCODING_LISTPACK] = "listpack",
                                        [ENCODING_LISTPACK_EX] = "listpackex",
                                        [ENCODING_INTSET] = "intset",
                                        [ENCODING_DICT] = "hashtable",
                                        [ENCODING_QUICKLIST] = "quicklist",
                                        [ENCODING_SKIPLIST] = "skiplist",
                                        [ENCODING_STREAM] = "stream",
                                        [ENCODING_ARRAY] = "sliced-array"};
    encoding enc = entryEncoding(e);
    if (enc == ENCODING_INLINE) {
        bool edited = ((const uint8_t *)e)[1] & ENTRY_RAW;
        if (edited || entryStringSize(e) > EMBSTR_MAX) return "raw";
    }
    ensure(enc < ENCODING_COUNT);
    return names[enc];
}

uint32_t entryAccess(const entry *e) {
    const uint8_t *at = (const uint8_t *)e + 2;
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

void entrySetAccess(entry *e, uint32_t access) {
    uint8_t *at = (uint8_t *)e + 2;
    at[0] = (uint8_t)access;
    at[1] = (uint8_t)(access >> 8);
    at[2] = (uint8_t)(access >> 16);
}

/* ---- making and unmaking ---- */

/* Asks for the whole class, because a value may grow inside it later. */
static void *itemAlloc(size_t size) {
    return slabAlloc(SLAB_ENTRY, slabGoodSize(size));
}

entry *entryBuild(bytes key, valueType type, encoding enc, int64_t deadline_ms, size_t value_size) {
    bool has_deadline = deadline_ms != DEADLINE_NONE;
    size_t fixed = keyOffset(has_deadline) + varintSize(key.size);
    ensure(key.size <= PTRDIFF_MAX - fixed - value_size);
    uint8_t *item = itemAlloc(fixed + key.size + value_size);
    entry *e = (entry *)item;
    kindWrite(e, type, enc);
    item[1] = has_deadline ? ENTRY_HAS_DEADLINE : 0;
    entrySetAccess(e, 0);
    if (has_deadline) wordWrite(item + HEADER_BYTES, (uint64_t)deadline_ms);
    uint8_t *name = varintWrite(item + keyOffset(has_deadline), key.size);
    if (key.size) memcpy(name, key.data, key.size);
    return e;
}

entry *entryNewCollection(bytes key, valueType type, encoding enc, void *collection) {
    ensure(type != TYPE_STRING);
    ensure(enc > ENCODING_BLOB);
    entry *e = entryBuild(key, type, enc, DEADLINE_NONE, WORD_BYTES);
    wordWrite(valueOf(e), (uintptr_t)collection);
    return e;
}

/* What stands for the value of e in an entry of its own: a pointer to a copy. */
static void *copyPointed(const entry *e) {
    void *pointer = entryPointer(e);
    if (!pointer) return NULL;
    if (entryEncoding(e) == ENCODING_BLOB) return blobHold(pointer);
    return valueOpsOf(entryType(e), entryEncoding(e))->copy(pointer);
}

/* The header, but for the deadline, and the value's bytes of e under another key. */
static entry *underKey(const entry *e, bytes key, int64_t deadline_ms) {
    const uint8_t *value = valueOf(e);
    size_t value_size = valueBytes(entryEncoding(e), value);
    entry *other = entryBuild(key, entryType(e), entryEncoding(e), deadline_ms, value_size);
    memcpy(valueOf(other), value, value_size);
    entrySetAccess(other, entryAccess(e));
    rawWrite(other, ((const uint8_t *)e)[1] & ENTRY_RAW);
    return other;
}

entry *entryCopy(const entry *e, bytes key) {
    entry *copy = underKey(e, key, DEADLINE_NONE);
    if (entryIsPointer(e)) entrySetPointer(copy, entryEncoding(e), copyPointed(e));
    return copy;
}

entry *entryRename(entry *e, bytes key) {
    entry *renamed = underKey(e, key, entryDeadline(e));
    slabFree(SLAB_ENTRY, e, entrySize(e));
    return renamed;
}

void entryReleaseValue(entry *e) {
    if (!entryIsPointer(e)) return;
    void *pointer = entryPointer(e);
    if (!pointer) return;
    if (entryEncoding(e) == ENCODING_BLOB)
        blobRelease(pointer);
    else
        valueOpsOf(entryType(e), entryEncoding(e))->free(pointer);
}

void entryFree(entry *e) {
    entryReleaseValue(e);
    slabFree(SLAB_ENTRY, e, entrySize(e));
}

/* ---- changing ---- */

entry *entryReshape(entry *e, size_t size, const uint8_t *value, size_t kept, size_t value_size,
                    int64_t deadline_ms) {
    uint8_t *item = (uint8_t *)e;
    bool had_deadline = entryHasDeadline(e);
    bool has_deadline = deadline_ms != DEADLINE_NONE;
    size_t from = keyOffset(had_deadline), to = keyOffset(has_deadline);
    size_t named = (size_t)(value - item) - from; /* the key with its size */
    size_t new_size = to + named + value_size;
    if (new_size == size || slabGoodSize(new_size) == slabGoodSize(size)) {
        if (to != from) memmove(item + to, item + from, named + kept);
    } else {
        uint8_t *moved = itemAlloc(new_size);
        memcpy(moved, item, HEADER_BYTES);
        memcpy(moved + to, item + from, named + kept);
        slabFree(SLAB_ENTRY, item, size);
        item = moved;
    }
    if (has_deadline) wordWrite(item + HEADER_BYTES, (uint64_t)deadline_ms);
    item[1] = (uint8_t)((item[1] & ~ENTRY_HAS_DEADLINE) | (has_deadline ? ENTRY_HAS_DEADLINE : 0));
    return (entry *)item;
}

entry *entrySetDeadline(entry *e, int64_t deadline_ms) {
    if (entryHasDeadline(e) && deadline_ms != DEADLINE_NONE) {
        wordWrite((uint8_t *)e + HEADER_BYTES, (uint64_t)deadline_ms);
        return e;
    }
    const uint8_t *value = valueOf(e);
    size_t value_size = valueBytes(entryEncoding(e), value);
    size_t size = (size_t)(value - (const uint8_t *)e) + value_size;
    return entryReshape(e, size, value, value_size, value_size, deadline_ms);
}

entry *entryMove(entry *e) {
    size_t size = entrySize(e);
    entry *moved = itemAlloc(size);
    memcpy(moved, e, size);
    slabFree(SLAB_ENTRY, e, size);
    return moved;
}

/* ---- pointers ---- */

void *entryPointer(const entry *e) {
    ensure(entryIsPointer(e));
    return (void *)(uintptr_t)wordRead(valueOf(e));
}

void entrySetPointer(entry *e, encoding enc, void *pointer) {
    ensure(entryIsPointer(e));
    ensure(enc >= ENCODING_BLOB);
    kindWrite(e, entryType(e), enc);
    wordWrite(valueOf(e), (uintptr_t)pointer);
}
