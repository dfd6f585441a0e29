/* Making, walking and reading; what changes a listpack is in listpack_edit.c. */
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/struct/listpack_internal.h"

listpack *listpackNew(void) {
    static const uint8_t empty[LISTPACK_EMPTY] = {LISTPACK_EMPTY, 0, 0, 0, 0, 0, END_MARK};
    return listpackFromBytes(bytesOf(empty, sizeof empty));
}

void listpackFree(listpack *lp) {
    slabFree(SLAB_BLOB, lp, listpackSize(lp));
}

listpack *listpackFromBytes(bytes b) {
    /* Its whole class: who grows it within that finds the room there. */
    listpack *lp = slabAlloc(SLAB_BLOB, slabGoodSize(b.size));
    memcpy(lp, b.data, b.size);
    return lp;
}

bytes listpackBytes(const listpack *lp) {
    return bytesOf(lp, listpackSize(lp));
}

listpack *listpackCopy(const listpack *lp) {
    return listpackFromBytes(listpackBytes(lp));
}

listpack *listpackMove(listpack *lp) {
    if (!slabShouldMove(SLAB_BLOB, lp, listpackSize(lp))) return lp;
    listpack *to = listpackCopy(lp);
    listpackFree(lp);
    return to;
}

size_t listpackMemory(const listpack *lp) {
    return slabGoodSize(listpackSize(lp));
}

bool listpackFits(const listpack *lp, size_t more_bytes) {
    return more_bytes < LISTPACK_MAX && listpackSize(lp) + more_bytes < LISTPACK_MAX;
}

size_t listpackCount(const listpack *lp) {
    unsigned stored = storedCount(lp);
    if (stored != COUNT_UNKNOWN) return stored;
    size_t count = 0;
    for (size_t at = LISTPACK_HEADER; *bytesAt(lp, at) != END_MARK; at = after(lp, at)) count++;
    return count;
}

/* ---- walking ---- */

/* The element whose last byte is before 'at', or 0. */
static listpackAt before(const listpack *lp, size_t at) {
    if (at == LISTPACK_HEADER) return 0;
    const uint8_t *last = bytesAt(lp, at - 1);
    size_t size = 0;
    unsigned shift = 0;
    do {
        size |= (size_t)(*last & 127) << shift;
        shift += 7;
    } while (*last-- & 128);
    return (listpackAt)(at - size - backlenSize(size));
}

listpackAt listpackLast(const listpack *lp) {
    return before(lp, listpackSize(lp) - 1);
}

listpackAt listpackNext(const listpack *lp, listpackAt at) {
    size_t next = after(lp, at);
    return *bytesAt(lp, next) == END_MARK ? 0 : (listpackAt)next;
}

listpackAt listpackPrev(const listpack *lp, listpackAt at) {
    return before(lp, at);
}

static listpackAt fromFront(const listpack *lp, uint64_t steps) {
    listpackAt at = listpackFirst(lp);
    while (at && steps--) at = listpackNext(lp, at);
    return at;
}

static listpackAt fromBack(const listpack *lp, uint64_t steps) {
    listpackAt at = listpackLast(lp);
    while (at && steps--) at = listpackPrev(lp, at);
    return at;
}

listpackAt listpackIndex(const listpack *lp, int64_t index) {
    unsigned count = storedCount(lp);
    uint64_t steps = index < 0 ? (uint64_t)(-(index + 1)) : (uint64_t)index;
    if (count == COUNT_UNKNOWN) return index < 0 ? fromBack(lp, steps) : fromFront(lp, steps);
    if (steps >= count) return 0;
    bool from_back = index < 0;
    if (steps > count / 2) {
        steps = count - 1 - steps;
        from_back = !from_back;
    }
    return from_back ? fromBack(lp, steps) : fromFront(lp, steps);
}

/* ---- reading ---- */

static int64_t signedOf(const uint8_t *at, unsigned size) {
    uint64_t value = 0;
    memcpy(&value, at, size);
    unsigned shift = 64 - size * 8;
    return (int64_t)(value << shift) >> shift;
}

static listpackValue valueAt(const uint8_t *at) {
    uint8_t head = at[0];
    if (head < 0x80) return (listpackValue){.number = head};
    if (head < 0xC0) return (listpackValue){.text = bytesOf(at + 1, head & 63)};
    if (head < 0xE0) {
        unsigned value = (head & 31u) << 8 | at[1];
        return (listpackValue){.number = (int64_t)value - (value >= 4096 ? 8192 : 0)};
    }
    if (head < 0xF0)
        return (listpackValue){.text = bytesOf(at + 2, (size_t)(head & 15) << 8 | at[1])};
    switch (head) {
    case TEXT_32: return (listpackValue){.text = bytesOf(at + 5, load32(at + 1))};
    case INT_16: return (listpackValue){.number = signedOf(at + 1, 2)};
    case INT_24: return (listpackValue){.number = signedOf(at + 1, 3)};
    case INT_32: return (listpackValue){.number = signedOf(at + 1, 4)};
    case INT_64: return (listpackValue){.number = signedOf(at + 1, 8)};
    default: ensurePanic("listpack: no element starts with byte %d", head);
    }
}

listpackValue listpackGet(const listpack *lp, listpackAt at) {
    return valueAt(bytesAt(lp, at));
}

bytes listpackText(const listpack *lp, listpackAt at, char *scratch) {
    listpackValue value = valueAt(bytesAt(lp, at));
    if (value.text.data) return value.text;
    return bytesOf(scratch, numFormatInt(scratch, value.number));
}

bool listpackInt(const listpack *lp, listpackAt at, int64_t *out) {
    listpackValue value = valueAt(bytesAt(lp, at));
    if (value.text.data) return false;
    *out = value.number;
    return true;
}

bool listpackEqual(const listpack *lp, listpackAt at, bytes text) {
    char scratch[NUM_INT_MAX];
    return bytesEqual(listpackText(lp, at, scratch), text);
}

listpackAt listpackFind(const listpack *lp, listpackAt at, bytes text, unsigned skip) {
    int64_t number = 0;
    bool is_number = numParseInt(text, &number);
    while (at) {
        listpackValue value = valueAt(bytesAt(lp, at));
        if (value.text.data ? bytesEqual(value.text, text) : is_number && value.number == number)
            return at;
        for (unsigned i = 0; at && i <= skip; i++) at = listpackNext(lp, at);
    }
    return 0;
}

/* ---- bytes from elsewhere ---- */

/* The bytes of the element at 'at' of which 'left' are there, backlen included; 0 if it is none or
 * not whole. */
static size_t wholeElement(const uint8_t *at, size_t left) {
    uint8_t head = at[0];
    if (head > INT_64) return 0;
    size_t head_size = head < 0xE0 ? 1 : head < 0xF0 ? 2 : head == TEXT_32 ? 5 : 1;
    if (left < head_size) return 0;
    size_t size = dataSize(at), back = backlenSize(size);
    if (size > left || back > left - size) return 0;
    size_t told = 0;
    for (size_t i = 0; i < back; i++) {
        uint8_t byte = at[size + i];
        if ((byte & 128) != (i ? 128 : 0)) return 0;
        told = told << 7 | (byte & 127);
    }
    return told == size ? size + back : 0;
}

bool listpackValidate(bytes b, bool (*visit)(void *ctx, listpackValue value), void *ctx) {
    const uint8_t *data = (const uint8_t *)b.data;
    if (b.size < LISTPACK_EMPTY || b.size >= LISTPACK_MAX) return false;
    if (load32(data) != b.size || data[b.size - 1] != END_MARK) return false;
    size_t at = LISTPACK_HEADER, count = 0;
    while (at < b.size - 1) {
        size_t size = wholeElement(data + at, b.size - 1 - at);
        if (size == 0) return false;
        if (visit && !visit(ctx, valueAt(data + at))) return false;
        at += size;
        count++;
    }
    unsigned stored = storedCount((const listpack *)data);
    return stored == COUNT_UNKNOWN || stored == count;
}
