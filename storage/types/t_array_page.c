#include "storage/types/t_array_internal.h"

#include "storage/base/ensure.h"
#include "storage/base/varint.h"

enum { SLOT_ITEM = 0, SLOT_TEXT = 1, SLOT_INT = 2, SLOT_TEXT_MAX = 7, SLOT_INT_BITS = 61 };

/* ---- slots ---- */

size_t itemBytes(const void *item) {
    size_t size;
    const uint8_t *data = varintRead(item, &size);
    return (size_t)(data - (const uint8_t *)item) + size;
}

static bool fitsInt(int64_t value) {
    return value >= -(INT64_C(1) << (SLOT_INT_BITS - 1)) && value < INT64_C(1)
                                                                        << (SLOT_INT_BITS - 1);
}

static arraySlot itemMake(array *a, bytes value) {
    uint8_t *item = arrayTake(a, varintSize(value.size) + value.size);
    memcpy(varintWrite(item, value.size), value.data, value.size);
    a->items++;
    return (arraySlot)(uintptr_t)item;
}

arraySlot slotMake(array *a, bytes value) {
    if (value.size <= SLOT_TEXT_MAX) {
        arraySlot slot = SLOT_TEXT | value.size << 3;
        if (value.size) memcpy((char *)&slot + 1, value.data, value.size);
        return slot;
    }
    int64_t number;
    if (value.size < NUM_INT_MAX && numParseInt(value, &number) && fitsInt(number))
        return (arraySlot)number << 3 | SLOT_INT;
    return itemMake(a, value);
}

void slotFree(array *a, arraySlot slot) {
    if (!slotIsItem(slot)) return;
    void *item = (void *)(uintptr_t)slot;
    a->items--;
    arrayGive(a, item, itemBytes(item));
}

void slotReplace(array *a, arraySlot *slot, bytes value) {
    if (slotIsItem(*slot) && value.size > SLOT_TEXT_MAX) {
        uint8_t *item = (uint8_t *)(uintptr_t)*slot;
        size_t was = itemBytes(item), now = varintSize(value.size) + value.size;
        if (now <= was && slabGoodSize(now) == slabGoodSize(was)) {
            memcpy(varintWrite(item, value.size), value.data, value.size);
            return;
        }
    }
    slotFree(a, *slot);
    *slot = slotMake(a, value);
}

bytes slotBytes(const arraySlot *slot, char *scratch) {
    switch (*slot & 7) {
    case SLOT_ITEM: {
        size_t size;
        const uint8_t *data = varintRead((const uint8_t *)(uintptr_t)*slot, &size);
        return bytesOf(data, size);
    }
    case SLOT_TEXT: return bytesOf((const char *)slot + 1, (*slot >> 3) & 7);
    default:
        ensure((*slot & 7) == SLOT_INT);
        return bytesOf(scratch, numFormatInt(scratch, (int64_t)*slot >> 3));
    }
}

/* ---- pages ---- */

unsigned pageRoom(unsigned count) {
    if (count <= 1) return 0;
    if (count <= 8) return (count + 1) & ~1u;
    if (count <= 24) return (count + 3) & ~3u;
    return (count + 7) & ~7u;
}

static unsigned rankOf(const arrayPage *p, unsigned bit) {
    return (unsigned)__builtin_popcountll(p->used & ((UINT64_C(1) << bit) - 1));
}

arraySlot *pageSlot(arrayPage *p, unsigned bit) {
    return &pageSlots(p)[rankOf(p, bit)];
}

void pageInsert(array *a, arrayPage *p, unsigned bit, arraySlot slot) {
    unsigned count = pageCount(p), rank = rankOf(p, bit);
    p->used |= UINT64_C(1) << bit;
    if (count == 0) {
        p->one = slot;
        return;
    }
    unsigned room = pageRoom(count), wanted = pageRoom(count + 1);
    if (room == wanted) {
        memmove(p->many + rank + 1, p->many + rank, (count - rank) * sizeof slot);
        p->many[rank] = slot;
        return;
    }
    arraySlot *from = count == 1 ? &p->one : p->many;
    arraySlot *to = arrayTake(a, wanted * sizeof slot);
    memcpy(to, from, rank * sizeof slot);
    to[rank] = slot;
    memcpy(to + rank + 1, from + rank, (count - rank) * sizeof slot);
    if (room) arrayGive(a, p->many, room * sizeof slot);
    p->many = to;
}

/* Brings the room of a page, of which 'kept' slots stay, down to what they need. */
static void shrinkPage(array *a, arrayPage *p, unsigned room, unsigned kept) {
    unsigned wanted = pageRoom(kept);
    if (room == wanted) return;
    arraySlot *from = p->many;
    if (kept == 1) {
        p->one = from[0];
    } else if (kept) {
        p->many = arrayTake(a, wanted * sizeof *from);
        memcpy(p->many, from, kept * sizeof *from);
    }
    arrayGive(a, from, room * sizeof *from);
}

void pageRemove(array *a, arrayPage *p, uint64_t mask) {
    unsigned count = pageCount(p), kept = 0, rank = 0;
    arraySlot *slots = pageSlots(p);
    for (uint64_t rest = p->used; rest; rest &= rest - 1, rank++) {
        uint64_t bit = rest & -rest;
        if (mask & bit)
            slotFree(a, slots[rank]);
        else
            slots[kept++] = slots[rank];
    }
    p->used &= ~mask;
    a->count -= count - kept;
    if (count > 1) shrinkPage(a, p, pageRoom(count), kept);
}
