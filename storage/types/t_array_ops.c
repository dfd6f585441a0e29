/* What an entry must know of an array: freeing, copying, moving, its digest and its shape. */
#include "storage/base/digest.h"
#include "storage/base/ensure.h"
#include "storage/types/t_array_internal.h"

/* Slots and pages that one call of move() looks at. */
enum { MOVE_PARTS = 64 };

static size_t partsOf(const void *value) {
    const array *a = value;
    return a->pages + a->items + 1;
}

static size_t memoryOf(const void *value) {
    return ((const array *)value)->bytes;
}

/* Frees from the end on, where nothing has to close up. */
static bool freeSome(array *a, size_t max) {
    size_t done = 0;
    while (a->leaves && done < max) {
        arrayLeaf *l = a->table[a->leaves - 1].leaf;
        while (l->count && done < max) {
            arrayPage *p = &l->pages[--l->count];
            done += pageCount(p) + 1;
            pageRemove(a, p, p->used);
            a->pages--;
        }
        if (l->count) break;
        arrayGive(a, l, leafBytes(l->room));
        a->leaves--;
    }
    if (a->leaves) return false;
    if (a->room) arrayGive(a, a->table, a->room * sizeof *a->table);
    ensure(a->count == 0);
    ensure(a->items == 0);
    ensure(a->bytes == slabGoodSize(sizeof *a));
    slabFree(SLAB_BLOB, a, sizeof *a);
    return true;
}

static bool freeStep(void *value, size_t max) {
    return freeSome(value, max);
}

static void freeAll(void *value) {
    freeSome(value, SIZE_MAX);
}

/* ---- copying ---- */

static void copySlots(array *a, arrayPage *to, const arrayPage *from) {
    unsigned count = pageCount(from);
    const arraySlot *old = count == 1 ? &from->one : from->many;
    if (count > 1) to->many = arrayTake(a, pageRoom(count) * sizeof(arraySlot));
    arraySlot *slots = pageSlots(to);
    for (unsigned i = 0; i < count; i++) {
        slots[i] = old[i];
        if (!slotIsItem(old[i])) continue;
        const void *item = (const void *)(uintptr_t)old[i];
        size_t size = itemBytes(item);
        void *copy = arrayTake(a, size);
        memcpy(copy, item, size);
        slots[i] = (arraySlot)(uintptr_t)copy;
    }
}

static void *copyOf(const void *value) {
    const array *from = value;
    array *to = arrayNew();
    uint64_t own = to->bytes;
    *to = *from;
    to->bytes = own;
    to->room = from->leaves;
    if (from->leaves) to->table = arrayTake(to, from->leaves * sizeof *to->table);
    for (uint32_t i = 0; i < from->leaves; i++) {
        const arrayLeaf *old = from->table[i].leaf;
        arrayLeaf *leaf = arrayTake(to, leafBytes(old->count));
        memcpy(leaf, old, leafBytes(old->count));
        leaf->room = old->count;
        for (uint32_t n = 0; n < leaf->count; n++) copySlots(to, &leaf->pages[n], &old->pages[n]);
        to->table[i] = (arrayBranch){from->table[i].first, leaf};
    }
    if (!to->leaves) to->table = NULL;
    return to;
}

/* ---- moving ---- */

static void *moved(void *part, size_t size) {
    if (!slabShouldMove(SLAB_BLOB, part, size)) return part;
    void *to = slabAlloc(SLAB_BLOB, size);
    memcpy(to, part, size);
    slabFree(SLAB_BLOB, part, size);
    return to;
}

static void movePage(arrayPage *p) {
    unsigned count = pageCount(p);
    if (count > 1) p->many = moved(p->many, pageRoom(count) * sizeof *p->many);
    arraySlot *slots = pageSlots(p);
    for (unsigned i = 0; i < count; i++) {
        if (!slotIsItem(slots[i])) continue;
        void *item = (void *)(uintptr_t)slots[i];
        slots[i] = (arraySlot)(uintptr_t)moved(item, itemBytes(item));
    }
}

/* The cursor is the leaf's place in the table, and the page's in the leaf in the low 8 bits. */
static void *moveStep(void *value, uint64_t *cursor) {
    array *a = value;
    if (*cursor == 0) {
        a = moved(a, sizeof *a);
        if (a->room) a->table = moved(a->table, a->room * sizeof *a->table);
    }
    size_t leaf = *cursor >> 8, at = *cursor & 255, parts = 0;
    for (; leaf < a->leaves; leaf++, at = 0) {
        arrayBranch *b = &a->table[leaf];
        if (at == 0) b->leaf = moved(b->leaf, leafBytes(b->leaf->room));
        for (; at < b->leaf->count; at++) {
            if (parts >= MOVE_PARTS) {
                /* The start of the first leaf is where a walk begins: nothing ends there. */
                *cursor = leaf << 8 | at;
                return a;
            }
            movePage(&b->leaf->pages[at]);
            parts += pageCount(&b->leaf->pages[at]) + 1;
        }
    }
    *cursor = 0;
    return a;
}

/* ---- what it holds ---- */

static uint64_t mix(uint64_t index, uint64_t digest) {
    uint64_t pair[2] = {index, digest};
    return digestXxh3(bytesOf(pair, sizeof pair));
}

static uint64_t digestOf(const void *value) {
    const array *a = value;
    uint64_t sum = mix(UINT64_MAX, a->cursor);
    char scratch[NUM_INT_MAX];
    for (uint32_t i = 0; i < a->leaves; i++) {
        arrayLeaf *leaf = a->table[i].leaf;
        for (uint32_t n = 0; n < leaf->count; n++) {
            arrayPage *p = &leaf->pages[n];
            const arraySlot *slot = pageSlots(p);
            for (uint64_t rest = p->used; rest; rest &= rest - 1, slot++) {
                uint64_t index = (p->number << PAGE_BITS) + (unsigned)__builtin_ctzll(rest);
                sum += mix(index, digestXxh3(slotBytes(slot, scratch)));
            }
        }
    }
    return sum;
}

const valueOps arrayOps = {.free = freeAll,
                           .parts = partsOf,
                           .memory = memoryOf,
                           .copy = copyOf,
                           .freeStep = freeStep,
                           .move = moveStep,
                           .digest = digestOf};

typedef struct sliceSums {
    uint64_t number, count, room;
} sliceSums;

static void addSlice(arrayShape *s, const sliceSums *slice) {
    if (slice->count >= ARRAY_SLICE_SLOTS / 2) {
        s->dense++;
        s->dense_count += slice->count;
        s->dense_slots += slice->room;
    } else if (slice->count) {
        s->sparse++;
        s->sparse_slots += slice->room;
    }
}

arrayShape arrayShapeOf(const entry *e, bool full) {
    const array *a = entryPointer(e);
    arrayShape s = {.slices = a->slices, .leaves = a->leaves, .table_room = a->room};
    sliceSums slice = {0};
    for (uint32_t i = 0; full && i < a->leaves; i++) {
        const arrayLeaf *leaf = a->table[i].leaf;
        for (uint32_t n = 0; n < leaf->count; n++) {
            const arrayPage *p = &leaf->pages[n];
            if (pageSlice(p) != slice.number) {
                addSlice(&s, &slice);
                slice = (sliceSums){.number = pageSlice(p)};
            }
            unsigned room = pageRoom(pageCount(p));
            slice.count += pageCount(p);
            slice.room += room ? room : 1;
        }
    }
    addSlice(&s, &slice);
    return s;
}

/* ---- checking ---- */

typedef struct checkSums {
    uint64_t count, pages, slices, items, bytes;
} checkSums;

static void checkPage(const arrayPage *p, checkSums *sums) {
    unsigned count = pageCount(p);
    ensure(count > 0);
    sums->count += count;
    sums->pages++;
    if (count > 1) sums->bytes += slabGoodSize(pageRoom(count) * sizeof(arraySlot));
    const arraySlot *slots = count == 1 ? &p->one : p->many;
    for (unsigned i = 0; i < count; i++) {
        ensure((slots[i] & 7) <= 2);
        if (!slotIsItem(slots[i])) continue;
        sums->items++;
        sums->bytes += slabGoodSize(itemBytes((const void *)(uintptr_t)slots[i]));
    }
}

void arrayCheck(const entry *e) {
    const array *a = entryPointer(e);
    checkSums sums = {.bytes = slabGoodSize(sizeof *a)};
    ensure(a->leaves <= a->room);
    if (a->room) sums.bytes += slabGoodSize(a->room * sizeof *a->table);
    uint64_t next = 0;
    for (uint32_t i = 0; i < a->leaves; i++) {
        const arrayLeaf *leaf = a->table[i].leaf;
        ensure(leaf->count > 0);
        ensure(leaf->count <= leaf->room);
        ensure(leaf->room <= LEAF_MAX);
        ensure(a->table[i].first == leaf->pages[0].number);
        sums.bytes += slabGoodSize(leafBytes(leaf->room));
        for (uint32_t n = 0; n < leaf->count; n++) {
            ensure(leaf->pages[n].number >= next);
            sums.slices += next == 0 || pageSlice(&leaf->pages[n]) != (next - 1) >> SLICE_BITS;
            next = leaf->pages[n].number + 1;
            checkPage(&leaf->pages[n], &sums);
        }
    }
    ensure(sums.count == a->count);
    ensure(sums.pages == a->pages);
    ensure(sums.slices == a->slices);
    ensure(sums.items == a->items);
    ensure(sums.bytes == a->bytes);
}
