#include "storage/struct/intset.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/slab.h"

struct intset {
    uint32_t width, count;
    uint8_t values[];
};

static size_t sizeOf(size_t width, size_t count) {
    return sizeof(intset) + width * count;
}

/* ---- allocation ---- */

static intset *allocate(size_t width, size_t count) {
    return slabAlloc(SLAB_BLOB, slabGoodSize(sizeOf(width, count)));
}

/* Another size; the bytes up to the smaller one stay. */
static intset *resize(intset *s, size_t old_size, size_t new_size) {
    size_t had = slabGoodSize(old_size), needed = slabGoodSize(new_size);
    if (had == needed) return s;
    if (had > SLAB_MAX && needed > SLAB_MAX) return memRealloc(s, needed);
    intset *moved = slabAlloc(SLAB_BLOB, needed);
    memcpy(moved, s, old_size < new_size ? old_size : new_size);
    slabFree(SLAB_BLOB, s, had);
    return moved;
}

intset *intsetNew(void) {
    intset *s = allocate(sizeof(int16_t), 0);
    s->width = sizeof(int16_t);
    s->count = 0;
    return s;
}

void intsetFree(intset *s) {
    slabFree(SLAB_BLOB, s, slabGoodSize(sizeOf(s->width, s->count)));
}

static intset *duplicate(const intset *s) {
    intset *copy = allocate(s->width, s->count);
    memcpy(copy, s, sizeOf(s->width, s->count));
    return copy;
}

intset *intsetMove(intset *s) {
    if (!slabShouldMove(SLAB_BLOB, s, sizeOf(s->width, s->count))) return s;
    intset *moved = duplicate(s);
    intsetFree(s);
    return moved;
}

size_t intsetMemory(const intset *s) {
    return slabGoodSize(sizeOf(s->width, s->count));
}

/* ---- values ---- */

static inline int64_t valueAt(const uint8_t *values, size_t width, size_t index) {
    const uint8_t *at = values + index * width;
    if (width == sizeof(int16_t)) {
        int16_t value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    if (width == sizeof(int32_t)) {
        int32_t value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    int64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline void putAt(uint8_t *values, size_t width, size_t index, int64_t value) {
    /* Little-endian: the low bytes come first, whatever the width. */
    memcpy(values + index * width, &value, width);
}

static size_t widthOf(int64_t value) {
    if (value == (int16_t)value) return sizeof(int16_t);
    if (value == (int32_t)value) return sizeof(int32_t);
    return sizeof(int64_t);
}

/* The index of the first value that is not below 'value'; halves without a branch to mispredict. */
static inline size_t lowerBoundIn(const uint8_t *values, size_t width, size_t count,
                                  int64_t value) {
    size_t first = 0;
    while (count > 1) {
        size_t half = count / 2;
        first += valueAt(values, width, first + half - 1) < value ? half : 0;
        count -= half;
    }
    return first + (count && valueAt(values, width, first) < value);
}

static size_t lowerBound(const intset *s, int64_t value) {
    switch (s->width) {
    case sizeof(int16_t): return lowerBoundIn(s->values, sizeof(int16_t), s->count, value);
    case sizeof(int32_t): return lowerBoundIn(s->values, sizeof(int32_t), s->count, value);
    default: return lowerBoundIn(s->values, sizeof(int64_t), s->count, value);
    }
}

static bool holdsAt(const intset *s, size_t index, int64_t value) {
    return index < s->count && valueAt(s->values, s->width, index) == value;
}

size_t intsetCount(const intset *s) {
    return s->count;
}

int64_t intsetAt(const intset *s, size_t index) {
    ensure(index < s->count);
    return valueAt(s->values, s->width, index);
}

bool intsetHas(const intset *s, int64_t value) {
    if (widthOf(value) > s->width) return false;
    return holdsAt(s, lowerBound(s, value), value);
}

/* ---- changing ---- */

/* A value too wide for the others lies outside of all of them: below or above. */
static intset *addWider(intset *s, size_t width, int64_t value) {
    intset *wider = allocate(width, (size_t)s->count + 1);
    wider->width = (uint32_t)width;
    wider->count = s->count + 1;
    bool below = value < 0;
    for (size_t i = 0; i < s->count; i++)
        putAt(wider->values, width, i + below, valueAt(s->values, s->width, i));
    putAt(wider->values, width, below ? 0 : s->count, value);
    intsetFree(s);
    return wider;
}

intset *intsetAdd(intset *s, int64_t value, bool *added) {
    size_t width = widthOf(value);
    *added = true;
    if (width > s->width) return addWider(s, width, value);
    size_t index = lowerBound(s, value);
    if (holdsAt(s, index, value)) {
        *added = false;
        return s;
    }
    ensure(s->count < UINT32_MAX);
    width = s->width;
    s = resize(s, sizeOf(width, s->count), sizeOf(width, (size_t)s->count + 1));
    uint8_t *at = s->values + index * width;
    memmove(at + width, at, (s->count - index) * width);
    putAt(s->values, width, index, value);
    s->count++;
    return s;
}

intset *intsetRemove(intset *s, int64_t value, bool *removed) {
    size_t index = widthOf(value) > s->width ? s->count : lowerBound(s, value);
    *removed = holdsAt(s, index, value);
    if (!*removed) return s;
    size_t width = s->width;
    uint8_t *at = s->values + index * width;
    s->count--;
    memmove(at, at + width, (s->count - index) * width);
    return resize(s, sizeOf(width, (size_t)s->count + 1), sizeOf(width, s->count));
}

/* ---- bytes ---- */

bytes intsetBytes(const intset *s) {
    return bytesOf(s, sizeOf(s->width, s->count));
}

bool intsetValidate(bytes b) {
    uint32_t width, count;
    if (b.size < sizeof(intset)) return false;
    memcpy(&width, b.data, sizeof width);
    memcpy(&count, b.data + sizeof width, sizeof count);
    if (width != sizeof(int16_t) && width != sizeof(int32_t) && width != sizeof(int64_t))
        return false;
    if (b.size != sizeOf(width, count)) return false;
    const uint8_t *values = (const uint8_t *)b.data + sizeof(intset);
    for (size_t i = 1; i < count; i++)
        if (valueAt(values, width, i - 1) >= valueAt(values, width, i)) return false;
    return true;
}

intset *intsetFromBytes(bytes b) {
    ensure(b.size >= sizeof(intset));
    intset *s = slabAlloc(SLAB_BLOB, slabGoodSize(b.size));
    memcpy(s, b.data, b.size);
    return s;
}
