/* Random operations on an array and on a sorted list of its elements, moved all the time. */
#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/base/slab.h"
#include "storage/types/t_array.h"
#include "tests/support/suite.h"

enum { ELEMENTS_MAX = 4000, VALUE_MAX = 1200 };

/* Check writes each assertion to a pipe: too slow for inner loops. */
#define SAME(a, b)                                                                                 \
    do {                                                                                           \
        if ((uint64_t)(a) != (uint64_t)(b)) ck_assert_uint_eq((uint64_t)(a), (uint64_t)(b));       \
    } while (0)

typedef struct element {
    uint64_t index;
    char *data;
    size_t size;
} element;

static element model[ELEMENTS_MAX];
static size_t count;
static entry *e;
static rng r;

/* The first element not below 'index'. */
static size_t lowerBound(uint64_t index) {
    size_t at = 0;
    while (at < count && model[at].index < index) at++;
    return at;
}

static void modelErase(size_t from, size_t to) {
    for (size_t i = from; i < to; i++) memFree(model[i].data);
    memmove(model + from, model + to, (count - to) * sizeof *model);
    count -= to - from;
}

static bool modelSet(uint64_t index, bytes value) {
    size_t at = lowerBound(index);
    bool is_new = at == count || model[at].index != index;
    if (is_new) {
        memmove(model + at + 1, model + at, (count - at) * sizeof *model);
        model[at] = (element){.index = index};
        count++;
    }
    memFree(model[at].data);
    model[at].data = memAlloc(value.size + 1);
    memcpy(model[at].data, value.data, value.size);
    model[at].size = value.size;
    return is_new;
}

/* Close together, in steps, anywhere, and at both ends. */
static uint64_t anyIndex(void) {
    uint64_t bases[] = {0, 1 << 20, UINT64_C(1) << 40, ARRAY_INDEX_MAX - 500};
    switch (rngBelow(&r, 8)) {
    case 0: return rngNext(&r) >> rngBelow(&r, 64) & ~UINT64_C(1);
    case 1: return rngBelow(&r, 300) << 20;
    case 2: return count ? model[rngBelow(&r, count)].index : 0;
    default: return bases[rngBelow(&r, 4)] + rngBelow(&r, 500);
    }
}

static bytes anyValue(char *out) {
    uint64_t style = rngBelow(&r, 10);
    if (style < 2) return bytesOf(out, numFormatInt(out, (int64_t)rngNext(&r) >> rngBelow(&r, 64)));
    size_t size = rngBelow(&r, style < 6 ? 9 : style < 9 ? 60 : VALUE_MAX);
    for (size_t i = 0; i < size; i++) out[i] = (char)rngNext(&r);
    return bytesOf(out, size);
}

static void moveAll(void) {
    slabPassBegin(SLAB_BLOB);
    uint64_t cursor = 0;
    do {
        void *to = arrayOps.move(entryPointer(e), &cursor);
        entrySetPointer(e, ENCODING_ARRAY, to);
    } while (cursor);
    slabPassEnd(SLAB_BLOB);
}

static void compareWalk(uint64_t from, uint64_t to) {
    uint64_t low = from < to ? from : to, high = from < to ? to : from, index;
    size_t first = lowerBound(low), end = high == UINT64_MAX ? count : lowerBound(high + 1);
    arrayIterator it;
    bytes value;
    arrayIterate(&it, e, from, to);
    for (size_t i = first; i < end; i++) {
        const element *want = &model[from <= to ? i : end - 1 - (i - first)];
        SAME(arrayNext(&it, &index, &value), true);
        SAME(index, want->index);
        SAME(bytesEqual(value, bytesOf(want->data, want->size)), true);
    }
    SAME(arrayNext(&it, &index, &value), false);
}

static void compareAll(void) {
    arrayCheck(e);
    SAME(arrayCount(e), count);
    SAME(arrayLength(e), count ? model[count - 1].index + 1 : 0);
    compareWalk(0, UINT64_MAX);
    compareWalk(UINT64_MAX, 0);
    entry *copy = entryCopy(e, BYTES("copy"));
    arrayCheck(copy);
    SAME(arrayOps.digest(entryPointer(copy)), arrayOps.digest(entryPointer(e)));
    if (rngBelow(&r, 2)) {
        entry *was = e;
        e = copy;
        copy = was;
    }
    entryFree(copy);
}

static void removeRange(void) {
    uint64_t low = anyIndex(), high = anyIndex();
    if (low > high || rngBelow(&r, 2)) high = low + rngBelow(&r, 200);
    if (high < low) high = low;
    size_t from = lowerBound(low), to = high == UINT64_MAX ? count : lowerBound(high + 1);
    /* Seldom much at once, so that arrays get big. */
    if (to - from > 300 && rngBelow(&r, 20)) return;
    SAME(arrayDeleteRange(e, low, high), to - from);
    modelErase(from, to);
}

static void oneOperation(char *buffer, unsigned deletes) {
    uint64_t index = anyIndex();
    if (rngBelow(&r, 100) < deletes) {
        size_t at = lowerBound(index);
        bool there = at < count && model[at].index == index;
        SAME(arrayDelete(e, index), there);
        if (there) modelErase(at, at + 1);
    } else if (count < ELEMENTS_MAX) {
        bytes value = anyValue(buffer);
        bool added = arraySet(e, index, value);
        SAME(added, modelSet(index, value));
    }
    size_t at = lowerBound(index);
    char scratch[NUM_INT_MAX];
    bytes got = arrayGet(e, index, scratch);
    bool there = at < count && model[at].index == index;
    SAME(got.data != NULL, there);
    if (there) SAME(bytesEqual(got, bytesOf(model[at].data, model[at].size)), true);
}

START_TEST(arrayMatchesSortedList) {
    rngSeed(&r, suiteSeed());
    char *buffer = memAlloc(VALUE_MAX);
    for (uint64_t life = suiteRounds(12); life; life--) {
        e = entryNewCollection(BYTES("k"), TYPE_ARRAY, ENCODING_ARRAY, arrayNew());
        for (int phase = 0; phase < 6; phase++) {
            unsigned deletes = phase % 2 ? 75 : 20;
            for (int i = 0; i < 1500; i++) {
                oneOperation(buffer, deletes);
                if (rngBelow(&r, 100) == 0) removeRange();
                if (rngBelow(&r, 50) == 0) compareWalk(anyIndex(), anyIndex());
                if (rngBelow(&r, 200) == 0) moveAll();
            }
            compareAll();
        }
        entryFree(e);
        modelErase(0, count);
        SAME(slabStatsOf(SLAB_BLOB).items, 0);
    }
    memFree(buffer);
}
END_TEST

/* Against the last insertions in a plain list, through rings of changing sizes. */
START_TEST(ringMatchesItsLastInsertions) {
    enum { INSERTIONS = 3000 };
    rngSeed(&r, suiteSeed());
    for (uint64_t life = suiteRounds(20); life; life--) {
        e = entryNewCollection(BYTES("k"), TYPE_ARRAY, ENCODING_ARRAY, arrayNew());
        uint64_t size = 1 + rngBelow(&r, 200), kept = 0;
        for (uint64_t i = 0; i < INSERTIONS; i++) {
            if (rngBelow(&r, 300) == 0) size = 1 + rngBelow(&r, 200);
            char text[NUM_INT_MAX];
            arrayFitRing(e, size);
            arrayPushRing(e, size, bytesOf(text, numFormatInt(text, (int64_t)(i * 1000003))));
            kept = kept < size ? kept + 1 : size;
            SAME(arrayCount(e), kept);
            uint64_t back = rngBelow(&r, kept);
            char scratch[NUM_INT_MAX];
            bytes got = arrayInserted(e, back, scratch);
            size_t want = numFormatInt(text, (int64_t)((i - back) * 1000003));
            SAME(bytesEqual(got, bytesOf(text, want)), true);
        }
        arrayCheck(e);
        entryFree(e);
    }
}
END_TEST

TESTS("t_array model", arrayMatchesSortedList, ringMatchesItsLastInsertions)
