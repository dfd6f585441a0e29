#include "storage/base/ensure.h"
#include "storage/base/num.h"
#include "storage/base/slab.h"
#include "storage/struct/deadlines.h"
#include "storage/types/entry.h"
#include "storage/types/entry_internal.h"

/* The longest text of an int64: "-9223372036854775808". */
enum { INT_TEXT_MAX = 20 };

static bool readsAsInt(bytes value, int64_t *out) {
    if (value.size == 0 || value.size > INT_TEXT_MAX) return false;
    /* Most strings are no numbers, and their first byte says so. */
    uint8_t first = (uint8_t)value.data[0];
    if ((uint8_t)(first - '0') > 9 && first != '-') return false;
    return numParseInt(value, out);
}

static void inlineWrite(entry *e, bytes value) {
    uint8_t *data = varintWrite(valueOf(e), value.size);
    if (value.size) memcpy(data, value.data, value.size);
}

/* ---- making ---- */

entry *entryNewIntUntil(bytes key, int64_t value, int64_t deadline_ms) {
    entry *e = entryBuild(key, TYPE_STRING, ENCODING_INT, deadline_ms, WORD_BYTES);
    wordWrite(valueOf(e), (uint64_t)value);
    return e;
}

entry *entryNewStringUntil(bytes key, bytes value, bool may_be_int, int64_t deadline_ms) {
    int64_t number;
    if (may_be_int && readsAsInt(value, &number)) return entryNewIntUntil(key, number, deadline_ms);
    if (value.size >= BLOB_MIN) {
        entry *e = entryBuild(key, TYPE_STRING, ENCODING_BLOB, deadline_ms, WORD_BYTES);
        wordWrite(valueOf(e), (uintptr_t)blobNew(value));
        return e;
    }
    entry *e = entryBuild(key, TYPE_STRING, ENCODING_INLINE, deadline_ms, inlineBytes(value.size));
    inlineWrite(e, value);
    return e;
}

entry *entryNewString(bytes key, bytes value, bool may_be_int) {
    return entryNewStringUntil(key, value, may_be_int, DEADLINE_NONE);
}

/* ---- setting ---- */

/* e with its old value gone and room for one of 'enc' in 'value_size' bytes. */
static entry *makeRoom(entry *e, encoding enc, size_t value_size, int64_t deadline_ms) {
    uint8_t *value = valueOf(e);
    size_t size = (size_t)(value - (uint8_t *)e) + valueBytes(entryEncoding(e), value);
    entryReleaseValue(e);
    e = entryReshape(e, size, value, 0, value_size, deadline_ms);
    kindWrite(e, TYPE_STRING, enc);
    rawWrite(e, false);
    return e;
}

entry *entrySetIntUntil(entry *e, int64_t value, int64_t deadline_ms) {
    if (entryEncoding(e) == ENCODING_INT && entryDeadline(e) == deadline_ms) {
        wordWrite(valueOf(e), (uint64_t)value);
        return e;
    }
    e = makeRoom(e, ENCODING_INT, WORD_BYTES, deadline_ms);
    wordWrite(valueOf(e), (uint64_t)value);
    return e;
}

/* True if e's blob could take 'size' bytes without new memory and without wasting much. */
static bool blobSuits(const entry *e, size_t size) {
    if (entryEncoding(e) != ENCODING_BLOB) return false;
    const blob *b = entryPointer(e);
    return b && b->holders == 1 && size <= b->capacity && size >= b->capacity / 2;
}

static entry *setBlob(entry *e, bytes value, int64_t deadline_ms) {
    if (blobSuits(e, value.size)) {
        blob *b = entryPointer(e);
        memcpy(b->data, value.data, value.size);
        b->size = value.size;
        return entrySetDeadline(e, deadline_ms);
    }
    blob *b = blobNew(value);
    e = makeRoom(e, ENCODING_BLOB, WORD_BYTES, deadline_ms);
    wordWrite(valueOf(e), (uintptr_t)b);
    return e;
}

/* The commonest change of all: another value of the same size. False where it is not that. */
static inline bool setSameSize(entry *e, bytes value, int64_t deadline_ms) {
    if (entryEncoding(e) != ENCODING_INLINE || entryDeadline(e) != deadline_ms) return false;
    size_t old;
    uint8_t *data = (uint8_t *)varintRead(valueOf(e), &old);
    if (old != value.size) return false;
    if (old) memcpy(data, value.data, old);
    rawWrite(e, false);
    return true;
}

static entry *setText(entry *e, bytes value, int64_t deadline_ms) {
    if (setSameSize(e, value, deadline_ms)) return e;
    if (value.size >= BLOB_MIN) return setBlob(e, value, deadline_ms);
    e = makeRoom(e, ENCODING_INLINE, inlineBytes(value.size), deadline_ms);
    inlineWrite(e, value);
    return e;
}

entry *entrySetStringUntil(entry *e, bytes value, int64_t deadline_ms) {
    int64_t number;
    if (readsAsInt(value, &number)) return entrySetIntUntil(e, number, deadline_ms);
    return setText(e, value, deadline_ms);
}

entry *entrySetText(entry *e, bytes value) {
    return setText(e, value, entryDeadline(e));
}

entry *entrySetString(entry *e, bytes value) {
    return entrySetStringUntil(e, value, entryDeadline(e));
}

entry *entrySetInt(entry *e, int64_t value) {
    return entrySetIntUntil(e, value, entryDeadline(e));
}

/* ---- reading ---- */

bytes entryString(const entry *e, char *scratch) {
    ensure(entryType(e) == TYPE_STRING);
    const uint8_t *value = valueOf(e);
    switch (entryEncoding(e)) {
    case ENCODING_INLINE: {
        size_t size;
        const uint8_t *data = varintRead(value, &size);
        return bytesOf(data, size);
    }
    case ENCODING_INT: return bytesOf(scratch, numFormatInt(scratch, (int64_t)wordRead(value)));
    case ENCODING_BLOB: {
        const blob *b = (const blob *)(uintptr_t)wordRead(value);
        return bytesOf(b->data, b->size);
    }
    default: unreachable();
    }
}

size_t entryStringSize(const entry *e) {
    char scratch[NUM_INT_MAX];
    return entryString(e, scratch).size;
}

bool entryStringInt(const entry *e, int64_t *out) {
    ensure(entryType(e) == TYPE_STRING);
    if (entryEncoding(e) == ENCODING_INT) {
        *out = (int64_t)wordRead(valueOf(e));
        return true;
    }
    return readsAsInt(entryString(e, NULL), out);
}

/* ---- editing ---- */

/* An INT becomes its digits. */
static entry *intToInline(entry *e) {
    char digits[NUM_INT_MAX];
    bytes text = entryString(e, digits);
    e = makeRoom(e, ENCODING_INLINE, inlineBytes(text.size), entryDeadline(e));
    inlineWrite(e, text);
    return e;
}

static entry *resizeInline(entry *e, size_t size) {
    uint8_t *value = valueOf(e);
    size_t old;
    const uint8_t *data = varintRead(value, &old);
    size_t old_bytes = inlineBytes(old), new_bytes = inlineBytes(size);
    size_t total = (size_t)(value - (uint8_t *)e) + old_bytes;
    if (size <= old) {
        /* The bytes go to their new place first: there may be no room for the old one. */
        memmove(value + varintSize(size), data, size);
        e = entryReshape(e, total, value, new_bytes, new_bytes, entryDeadline(e));
        varintWrite(valueOf(e), size);
        return e;
    }
    e = entryReshape(e, total, value, old_bytes, new_bytes, entryDeadline(e));
    value = valueOf(e);
    uint8_t *to = value + varintSize(size);
    memmove(to, value + varintSize(old), old);
    memset(to + old, 0, size - old);
    varintWrite(value, size);
    return e;
}

static entry *toBlob(entry *e, size_t size) {
    blob *b = blobTryNew(size);
    if (!b) return NULL;
    char digits[NUM_INT_MAX];
    bytes old = entryString(e, digits);
    memcpy(b->data, old.data, old.size);
    e = makeRoom(e, ENCODING_BLOB, WORD_BYTES, entryDeadline(e));
    wordWrite(valueOf(e), (uintptr_t)b);
    return e;
}

static entry *blobToInline(entry *e, size_t size) {
    blob *b = blobHold(entryPointer(e));
    e = makeRoom(e, ENCODING_INLINE, inlineBytes(size), entryDeadline(e));
    inlineWrite(e, bytesOf(b->data, size));
    blobRelease(b);
    return e;
}

static entry *resizeBlob(entry *e, size_t size) {
    blob *b = blobTryResize(entryPointer(e), size);
    if (!b) return NULL;
    wordWrite(valueOf(e), (uintptr_t)b);
    return e;
}

entry *entryEditString(entry *e, size_t size, char **data) {
    ensure(entryType(e) == TYPE_STRING);
    bool big = size >= BLOB_MIN;
    if (entryEncoding(e) == ENCODING_BLOB) {
        e = big ? resizeBlob(e, size) : blobToInline(e, size);
    } else if (big) {
        e = toBlob(e, size);
    } else {
        if (entryEncoding(e) == ENCODING_INT) e = intToInline(e);
        e = resizeInline(e, size);
    }
    if (!e) return NULL;
    rawWrite(e, true);
    *data = (char *)entryString(e, NULL).data;
    return e;
}
