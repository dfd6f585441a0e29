/* Random changes of a listpack against a plain array of texts. */
#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/base/slab.h"
#include "storage/struct/listpack.h"
#include "tests/support/suite.h"

enum { MOST = 300, TEXT_MAX = 5000 };

typedef struct text {
    char *data;
    size_t size;
} text;

static rng random_source;
static text model[MOST + 1];
static size_t count;
static char scratch[TEXT_MAX];

static uint64_t below(uint64_t n) {
    return rngBelow(&random_source, n);
}

static bytes randomText(void) {
    switch (below(4)) {
    case 0:
        return bytesOf(scratch,
                       numFormatInt(scratch, (int64_t)(rngNext(&random_source) >> below(64))));
    case 1: return bytesOf(scratch, numFormatInt(scratch, -(int64_t)below(1u << below(31))));
    default: break;
    }
    size_t size = below(20) ? below(70) : below(TEXT_MAX);
    for (size_t i = 0; i < size; i++) scratch[i] = (char)('0' + below(12));
    return bytesOf(scratch, size);
}

static void modelSet(size_t at, bytes value) {
    model[at] = (text){memAlloc(value.size + 1), value.size};
    memcpy(model[at].data, value.data, value.size);
}

static void modelInsert(size_t at, bytes value) {
    memmove(model + at + 1, model + at, (count - at) * sizeof *model);
    modelSet(at, value);
    count++;
}

static void modelDelete(size_t at, size_t n) {
    for (size_t i = at; i < at + n; i++) memFree(model[i].data);
    memmove(model + at, model + at + n, (count - at - n) * sizeof *model);
    count -= n;
}

static void check(const listpack *lp) {
    ck_assert(listpackValidate(listpackBytes(lp), NULL, NULL));
    ck_assert_uint_eq(listpackCount(lp), count);
    char digits[NUM_INT_MAX];
    listpackAt at = listpackFirst(lp);
    for (size_t i = 0; i < count; i++, at = listpackNext(lp, at)) {
        bytes got = listpackText(lp, at, digits);
        ck_assert(bytesEqual(got, bytesOf(model[i].data, model[i].size)));
        if (below(50) == 0) {
            ck_assert_uint_eq(listpackIndex(lp, (int64_t)i), at);
            ck_assert_uint_eq(listpackIndex(lp, (int64_t)i - (int64_t)count), at);
        }
    }
    ck_assert_uint_eq(at, 0);
}

static listpack *add(listpack *lp) {
    bytes value = randomText();
    size_t index = below(count + 1);
    listpackAt at = index < count ? listpackIndex(lp, (int64_t)index) : 0;
    if (index == 0 && below(2)) {
        lp = listpackPrepend(lp, value);
    } else if (index == count && below(2)) {
        lp = listpackAppend(lp, value);
    } else {
        lp = listpackInsert(lp, &at, value);
        ck_assert(listpackEqual(lp, at, value));
    }
    modelInsert(index, value);
    return lp;
}

static listpack *replace(listpack *lp) {
    size_t index = below(count);
    bytes value = randomText();
    lp = listpackReplace(lp, listpackIndex(lp, (int64_t)index), value);
    memFree(model[index].data);
    modelSet(index, value);
    return lp;
}

static listpack *takeOut(listpack *lp) {
    size_t index = below(count), n = below(4) ? 1 : below(20);
    listpackAt at = listpackIndex(lp, (int64_t)index);
    lp = listpackDelete(lp, &at, n);
    if (n > count - index) n = count - index;
    modelDelete(index, n);
    ck_assert_uint_eq(at, index < count ? listpackIndex(lp, (int64_t)index) : 0);
    return lp;
}

static listpack *move(listpack *lp) {
    slabPassBegin(SLAB_BLOB);
    lp = listpackMove(lp);
    slabPassEnd(SLAB_BLOB);
    return lp;
}

START_TEST(behavesLikeAnArray) {
    rngSeed(&random_source, suiteSeed());
    listpack *lp = listpackNew();
    for (uint64_t round = suiteRounds(60000); round > 0; round--) {
        uint64_t what = below(10);
        bool growing = (round / 1000) % 2;
        if (count < MOST && (count == 0 || what < (growing ? 6u : 3u)))
            lp = add(lp);
        else if (what == 9)
            lp = move(lp);
        else if (what > 6)
            lp = replace(lp);
        else
            lp = takeOut(lp);
        if (below(20) == 0) check(lp);
    }
    check(lp);
    modelDelete(0, count);
    listpackFree(lp);
}
END_TEST

TESTS("listpack model", behavesLikeAnArray)
