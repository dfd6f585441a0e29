/* The cursor of an array, and arrays as rings. */
#include "storage/base/ensure.h"
#include "storage/types/t_array_internal.h"

static array *arrayOf(const entry *e) {
    ensure(entryEncoding(e) == ENCODING_ARRAY);
    return entryPointer(e);
}

uint64_t arrayCursor(const entry *e) {
    return arrayOf(e)->cursor;
}

void arraySeek(entry *e, uint64_t index) {
    arrayOf(e)->cursor = index;
}

uint64_t arrayRing(const entry *e) {
    return arrayOf(e)->ring;
}

void arraySetRing(entry *e, uint64_t size) {
    arrayOf(e)->ring = size;
}

/* The place 'back' steps before the cursor's predecessor; 'length' is the array's. */
static uint64_t placeBefore(uint64_t cursor, uint64_t length, uint64_t back) {
    return back < cursor ? cursor - 1 - back : length - 1 - (back - cursor);
}

bytes arrayInserted(const entry *e, uint64_t back, char *scratch) {
    ensure(back < arrayLength(e));
    return arrayGet(e, placeBefore(arrayCursor(e), arrayLength(e), back), scratch);
}

/* Lays the 'keep' youngest elements out from index 0 on, the youngest last. They are gathered in an
 * array of their own: old and new places overlap. */
static void layOut(entry *e, uint64_t keep, bool stop_at_hole) {
    array *a = arrayOf(e);
    uint64_t length = arrayLength(e), found = 0, back = 0;
    char scratch[NUM_INT_MAX];
    while (found < keep && back < length) {
        bytes value = arrayInserted(e, back, scratch);
        if (!value.data && stop_at_hole) break;
        if (value.data) found++;
        back++;
    }
    entry *kept = entryNewCollection(BYTES(""), TYPE_ARRAY, ENCODING_ARRAY, arrayNew());
    for (uint64_t to = 0; back-- > 0;) {
        bytes value = arrayInserted(e, back, scratch);
        if (value.data) arraySet(kept, to++, value);
    }
    array *laid = arrayOf(kept);
    laid->cursor = found;
    /* The entry keeps its array, and with it whatever points there. */
    array swap = *a;
    *a = *laid;
    *laid = swap;
    entryFree(kept);
}

void arrayFitRing(entry *e, uint64_t size) {
    array *a = arrayOf(e);
    uint64_t length = arrayLength(e), old = a->ring;
    if (length > size && a->cursor) {
        layOut(e, size, true);
    } else if (length > size) {
        /* Nothing was inserted yet: no element is younger than another. */
        arrayDeleteRange(e, size, ARRAY_INDEX_MAX);
    } else if (old && old < size && a->cursor && a->cursor < length) {
        layOut(e, length, false);
    }
    a->ring = size;
}

uint64_t arrayPushRing(entry *e, uint64_t size, bytes value) {
    array *a = arrayOf(e);
    uint64_t place = a->cursor % size;
    arraySet(e, place, value);
    a->cursor = place + 1;
    return place;
}
