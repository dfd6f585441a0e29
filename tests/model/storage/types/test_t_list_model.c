/* Random changes of a list against a plain array of texts: with small limits, so that nodes are
 * made, split, merged and compressed all the time, with items moved, in both encodings. */
#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/base/slab.h"
#include "storage/types/t_list.h"
#include "tests/support/suite.h"

enum { MOST = 400, TEXT_MAX = 12000 };

typedef struct text {
    char *data;
    size_t size;
} text;

static rng random_source;
static text model[MOST + 1];
static size_t count;
static char scratch[TEXT_MAX];
static entry *subject;
static typeLimits limits;

static uint64_t below(uint64_t n) {
    return rngBelow(&random_source, n);
}

static bytes randomText(void) {
    uint64_t kind = below(12);
    if (kind < 3) return bytesOf(scratch, numFormatInt(scratch, (int64_t)below(4) - 1));
    if (kind == 3)
        return bytesOf(scratch,
                       numFormatInt(scratch, (int64_t)rngNext(&random_source) >> below(64)));
    size_t size = kind < 9    ? below(12)
                  : kind < 11 ? below(400)
                  : below(4)  ? below(2000)
                              : below(TEXT_MAX);
    /* Some can be compressed, some cannot. */
    uint64_t letters = below(2) ? 2 : 200;
    for (size_t i = 0; i < size; i++) scratch[i] = (char)('a' + below(letters));
    return bytesOf(scratch, size);
}

/* One that is there, at times. */
static bytes likelyText(void) {
    if (count == 0 || below(3) == 0) return randomText();
    const text *t = &model[below(count)];
    memcpy(scratch, t->data, t->size);
    return bytesOf(scratch, t->size);
}

static void modelInsert(size_t at, bytes value) {
    memmove(model + at + 1, model + at, (count - at) * sizeof *model);
    model[at] = (text){memAlloc(value.size + 1), value.size};
    memcpy(model[at].data, value.data, value.size);
    count++;
}

static void modelDelete(size_t at, size_t n) {
    for (size_t i = at; i < at + n; i++) memFree(model[i].data);
    memmove(model + at, model + at + n, (count - at - n) * sizeof *model);
    count -= n;
}

static bool same(listpackValue value, size_t at) {
    char digits[NUM_INT_MAX];
    return bytesEqual(listpackValueText(value, digits), bytesOf(model[at].data, model[at].size));
}

static bool equals(size_t at, bytes value) {
    return bytesEqual(bytesOf(model[at].data, model[at].size), value);
}

/* ---- each does the same to both ---- */

static void pushOne(void) {
    listEnd end = below(2) ? QUICKLIST_HEAD : QUICKLIST_TAIL;
    bytes value = randomText();
    if (count == MOST) return;
    listPush(subject, end, value, &limits);
    modelInsert(end == QUICKLIST_HEAD ? 0 : count, value);
}

static void dropOne(void) {
    if (count == 0) return;
    listEnd end = below(2) ? QUICKLIST_HEAD : QUICKLIST_TAIL;
    size_t at = end == QUICKLIST_HEAD ? 0 : count - 1;
    ck_assert(same(listPeek(subject, end), at));
    listDrop(subject, end, &limits);
    modelDelete(at, 1);
}

static void setOne(void) {
    bytes value = randomText();
    int64_t index = (int64_t)below(2 * count + 3) - (int64_t)count - 1;
    bool there = index < (int64_t)count && index >= -(int64_t)count;
    ck_assert_int_eq(listSet(subject, index, value, &limits), there);
    if (!there) return;
    size_t at = (size_t)(index < 0 ? index + (int64_t)count : index);
    modelDelete(at, 1);
    modelInsert(at, value);
}

static void insertOne(void) {
    static char pivot_data[TEXT_MAX];
    bytes pivot = likelyText();
    memcpy(pivot_data, pivot.data, pivot.size);
    pivot.data = pivot_data;
    bytes value = randomText();
    bool after = below(2);
    if (count == MOST) return;
    size_t at = 0;
    while (at < count && !equals(at, pivot)) at++;
    ck_assert_int_eq(listInsert(subject, pivot, after, value, &limits), at < count);
    if (at < count) modelInsert(at + after, value);
}

static void removeEqual(void) {
    bytes value = likelyText();
    int64_t n = (int64_t)below(7) - 3;
    size_t most = n == 0 ? SIZE_MAX : (size_t)(n < 0 ? -n : n), removed = 0;
    for (size_t i = 0; i < count && removed < most;) {
        size_t at = n < 0 ? count - 1 - i : i;
        if (equals(at, value)) {
            modelDelete(at, 1);
            removed++;
        } else {
            i++;
        }
    }
    ck_assert_uint_eq(listRemove(subject, value, n, &limits), removed);
}

static void removeRange(void) {
    size_t start = below(count + 2), n = below(4) ? below(6) : below(count + 2);
    listRemoveRange(subject, start, n, &limits);
    if (start < count) modelDelete(start, n < count - start ? n : count - start);
}

/* ---- looking ---- */

static void walk(int64_t start, bool backward) {
    listIterator it;
    listpackValue value;
    size_t at = (size_t)(start < 0 ? start + (int64_t)count : start);
    listIteratorInit(&it, subject, start, backward);
    size_t left = backward ? at + 1 : count - at;
    if (below(3) == 0) left = below(left + 1);
    bool to_the_end = left == (backward ? at + 1 : count - at);
    for (; left > 0; left--, at += backward ? SIZE_MAX : 1) {
        ck_assert(listIteratorNext(&it, &value));
        ck_assert(same(value, at));
    }
    if (to_the_end) ck_assert(!listIteratorNext(&it, &value));
    listIteratorEnd(&it);
}

static void check(void) {
    ck_assert_uint_eq(listCount(subject), count);
    const valueOps *ops = valueOpsOf(TYPE_LIST, entryEncoding(subject));
    const void *value = entryPointer(subject);
    if (entryEncoding(subject) == ENCODING_QUICKLIST)
        quicklistCheck(value);
    else
        ck_assert(listpackValidate(listpackBytes(value), NULL, NULL));
    ck_assert_uint_ge(ops->memory(value), count);
    walk(0, false);
    walk(-1, true);
    if (count == 0) return;
    walk((int64_t)below(2 * count) - (int64_t)count, below(2));
    listIterator it;
    listpackValue none;
    listIteratorInit(&it, subject, below(2) ? (int64_t)count : -(int64_t)count - 1, false);
    ck_assert(!listIteratorNext(&it, &none));
}

static void moveAll(void) {
    const valueOps *ops = valueOpsOf(TYPE_LIST, entryEncoding(subject));
    bool passes = !slabPassActive(SLAB_BLOB);
    if (passes) slabPassBegin(SLAB_BLOB);
    uint64_t cursor = 0;
    do entrySetPointer(subject, entryEncoding(subject), ops->move(entryPointer(subject), &cursor));
    while (cursor);
    if (passes) slabPassEnd(SLAB_BLOB);
}

/* A copy is equal, another encoding of the same too, and both go without harm to the list. */
static void copyAll(void) {
    entry *copy = entryCopy(subject, BYTES("copy"));
    uint64_t digest = valueOpsOf(TYPE_LIST, entryEncoding(subject))->digest(entryPointer(subject));
    ck_assert_uint_eq(valueOpsOf(TYPE_LIST, entryEncoding(copy))->digest(entryPointer(copy)),
                      digest);
    entry *other = listNew(BYTES("other"));
    typeLimits wide = TYPE_LIMITS_DEFAULT;
    wide.list_listpack_size = below(2) ? -5 : 3;
    for (size_t i = 0; i < count; i++)
        listPush(other, QUICKLIST_TAIL, bytesOf(model[i].data, model[i].size), &wide);
    ck_assert_uint_eq(valueOpsOf(TYPE_LIST, entryEncoding(other))->digest(entryPointer(other)),
                      digest);
    entryFree(other);
    if (entryEncoding(copy) == ENCODING_QUICKLIST) {
        while (!listQuicklistOps.freeStep(entryPointer(copy), 1 + below(3))) continue;
        entrySetPointer(copy, ENCODING_QUICKLIST, NULL);
    }
    entryFree(copy);
}

static void step(void) {
    static void (*const steps[])(void) = {pushOne,   pushOne,     pushOne,    pushOne, dropOne,
                                          dropOne,   setOne,      insertOne,  setOne,  insertOne,
                                          insertOne, removeEqual, removeRange};
    steps[below(sizeof steps / sizeof *steps)]();
}

START_TEST(listsMatchAnArray) {
    rngSeed(&random_source, suiteSeed());
    static const int64_t sizes[] = {-1, -1, -2, -5, -9, 0, 1, 2, 3, 5, 16, 1000};
    for (uint64_t round = suiteRounds(80); round; round--) {
        limits = TYPE_LIMITS_DEFAULT;
        subject = listNew(BYTES("key"));
        for (uint64_t n = 50 + below(400); n; n--) {
            if (below(100) == 0 || n == 1) {
                limits.list_listpack_size = sizes[below(sizeof sizes / sizeof *sizes)];
                limits.list_compress_depth = (int64_t)below(4);
                limits.list_plain_bytes = below(2) ? 0 : (int64_t)(1 + below(300));
            }
            step();
            if (below(8) == 0) moveAll();
            if (below(5) == 0) check();
            if (below(100) == 0) copyAll();
        }
        check();
        modelDelete(0, count);
        entryFree(subject);
    }
}
END_TEST

TESTS("types/list model", listsMatchAnArray)
