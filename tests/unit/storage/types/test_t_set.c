#include "storage/base/num.h"
#include "storage/base/slab.h"
#include "storage/types/t_set.h"
#include "tests/support/suite.h"

static const typeLimits limits = {
    .set_intset_entries = 8, .set_listpack_entries = 6, .set_listpack_value = 10};

static entry *newSet(const char *first) {
    entry *e = setNew(BYTES("key"), bytesOfText(first), 1, &limits);
    ck_assert(setAdd(e, bytesOfText(first), &limits));
    return e;
}

static bool add(entry *e, const char *member) {
    return setAdd(e, bytesOfText(member), &limits);
}

static bool addNumber(entry *e, int64_t number) {
    char digits[NUM_INT_MAX];
    return setAdd(e, bytesOf(digits, numFormatInt(digits, number)), &limits);
}

#define IS(e, name) ck_assert_str_eq(entryEncodingName(e), name)

START_TEST(integersStayAnIntsetUpToItsLimit) {
    entry *e = newSet("1");
    for (int i = 2; i <= 8; i++) ck_assert(addNumber(e, i));
    ck_assert(!addNumber(e, 8));
    IS(e, "intset");
    ck_assert(addNumber(e, -9));
    IS(e, "hashtable");
    ck_assert_uint_eq(setCount(e), 9);
    ck_assert(setHas(e, BYTES("-9")));
    ck_assert(setHas(e, BYTES("1")));
    ck_assert(!setHas(e, BYTES("01")));
    entryFree(e);
}
END_TEST

START_TEST(textTurnsAnIntsetIntoAListpackThatFits) {
    entry *e = newSet("1");
    for (int i = 2; i <= 5; i++) addNumber(e, i);
    ck_assert(add(e, "x"));
    IS(e, "listpack");
    ck_assert(setHas(e, BYTES("5")));
    ck_assert(!add(e, "3"));
    ck_assert(add(e, "y"));
    IS(e, "hashtable");
    ck_assert_uint_eq(setCount(e), 7);
    entryFree(e);
}
END_TEST

START_TEST(aLargeIntsetOrLongTextBecomesADict) {
    entry *e = newSet("1");
    for (int i = 2; i <= 6; i++) addNumber(e, i);
    ck_assert(add(e, "x"));
    IS(e, "hashtable");
    entryFree(e);

    e = newSet("1");
    ck_assert(add(e, "12345678901x"));
    IS(e, "hashtable");
    entryFree(e);

    e = newSet("1");
    ck_assert(addNumber(e, -1234567890)); /* Eleven bytes: longer than a listpack takes. */
    IS(e, "intset");
    ck_assert(add(e, "x"));
    IS(e, "hashtable");
    ck_assert(setHas(e, BYTES("-1234567890")));
    entryFree(e);

    e = newSet("x");
    ck_assert(add(e, "1234567890"));
    IS(e, "listpack");
    ck_assert(add(e, "12345678901"));
    IS(e, "hashtable");
    entryFree(e);
}
END_TEST

START_TEST(aHintDecidesTheFirstForm) {
    static const struct {
        const char *first;
        size_t hint;
        const char *encoding;
    } cases[] = {{"1", 8, "intset"},    {"1", 9, "hashtable"},
                 {"x", 6, "listpack"},  {"x", 7, "hashtable"},
                 {"01", 6, "listpack"}, {"9223372036854775808", 1, "listpack"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        entry *e = setNew(BYTES("k"), bytesOfText(cases[i].first), cases[i].hint, &limits);
        IS(e, cases[i].encoding);
        ck_assert_uint_eq(setCount(e), 0);
        entryFree(e);
    }
    entry *e = newSet("x");
    setExpect(e, 6, &limits);
    IS(e, "listpack");
    setExpect(e, 7, &limits);
    IS(e, "hashtable");
    ck_assert(setHas(e, BYTES("x")));
    entryFree(e);
}
END_TEST

START_TEST(removesInEachForm) {
    static const char *const filler[] = {"2", "b", "a long filler"};
    for (int form = 0; form < 3; form++) {
        entry *e = newSet("7");
        add(e, filler[form]);
        ck_assert(!setRemove(e, BYTES("8")));
        ck_assert(!setRemove(e, BYTES("x")));
        ck_assert(setRemove(e, BYTES("7")));
        ck_assert(!setHas(e, BYTES("7")));
        ck_assert(setRemove(e, bytesOfText(filler[form])));
        ck_assert_uint_eq(setCount(e), 0);
        setIterator it = setIteratorOf(e);
        setMember m;
        ck_assert(!setIteratorNext(&it, &m));
        entryFree(e);
    }
}
END_TEST

enum { MANY = 1000 };

static void manyNames(bytes *names, char (*room)[16]) {
    for (int i = 0; i < MANY; i++)
        names[i] = bytesOf(room[i], (size_t)snprintf(room[i], 16, "m%d", i));
}

START_TEST(manyAtOnceAreAsOneByOne) {
    bytes names[MANY];
    char room[MANY][16];
    bool found[MANY];
    manyNames(names, room);
    entry *e = newSet("m3");
    ck_assert_uint_eq(setAddAll(e, names, MANY, &limits), MANY - 1);
    ck_assert_uint_eq(setAddAll(e, names, MANY, &limits), 0);
    ck_assert_uint_eq(setCount(e), MANY);
    ck_assert_uint_eq(setRemoveAll(e, names, 100), 100);
    setHasEach(e, names, MANY, found);
    for (int i = 0; i < MANY; i++) ck_assert_int_eq(found[i], i >= 100);
    entry *other = newSet("other");
    ck_assert_uint_eq(setAddSet(other, e, &limits), MANY - 100);
    ck_assert_uint_eq(setRemoveAll(other, names, MANY), MANY - 100);
    ck_assert_uint_eq(setCount(other), 1);
    entryFree(other);
    entryFree(e);
}
END_TEST

static void countVisit(void *ctx, setMember m) {
    char scratch[NUM_INT_MAX];
    bytes text = setMemberText(m, scratch);
    int i = 0;
    for (size_t at = 1; at < text.size; at++) i = i * 10 + text.data[at] - '0';
    ((unsigned *)ctx)[i]++;
}

START_TEST(iteratorAndScanSeeEachMember) {
    bytes names[MANY];
    char room[MANY][16];
    manyNames(names, room);
    entry *e = newSet("m0");
    setAddAll(e, names, MANY, &limits);
    unsigned seen[MANY] = {0}, scanned[MANY] = {0};
    setIterator it = setIteratorOf(e);
    for (setMember m; setIteratorNext(&it, &m);) countVisit(seen, m);
    uint64_t cursor = 0;
    do cursor = setScan(e, cursor, countVisit, scanned);
    while (cursor);
    for (int i = 0; i < MANY; i++) {
        ck_assert_uint_eq(seen[i], 1);
        ck_assert_uint_eq(scanned[i], 1);
    }
    entryFree(e);
}
END_TEST

/* The same members in each form. */
static entry *formOf(int form) {
    entry *e = newSet("5");
    if (form == 1) add(e, "x");
    if (form == 2) add(e, "a long filler");
    add(e, "-7");
    if (form == 1) setRemove(e, BYTES("x"));
    if (form == 2) setRemove(e, BYTES("a long filler"));
    return e;
}

static const valueOps *opsOf(const entry *e) {
    return valueOpsOf(TYPE_SET, entryEncoding(e));
}

START_TEST(digestsKnowMembersAndNotForms) {
    static const char *const names[] = {"intset", "listpack", "hashtable"};
    uint64_t digest = 0;
    for (int form = 0; form < 3; form++) {
        entry *e = formOf(form);
        IS(e, names[form]);
        uint64_t now = opsOf(e)->digest(entryPointer(e));
        if (form) ck_assert_uint_eq(now, digest);
        digest = now;
        entry *copy = entryCopy(e, BYTES("copy"));
        ck_assert_uint_eq(opsOf(copy)->digest(entryPointer(copy)), digest);
        add(copy, "1");
        ck_assert_uint_ne(opsOf(copy)->digest(entryPointer(copy)), digest);
        ck_assert_uint_eq(setCount(e), 2);
        entryFree(copy);
        entryFree(e);
    }
}
END_TEST

START_TEST(freesABigSetInSteps) {
    size_t before = slabStatsTotal().item_bytes;
    bytes names[MANY];
    char room[MANY][16];
    manyNames(names, room);
    entry *e = newSet("m0");
    setAddAll(e, names, MANY, &limits);
    size_t memory = entryMemory(e);
    ck_assert_uint_ge(memory, MANY * 16);
    ck_assert_uint_le(memory, MANY * 30);
    const valueOps *ops = opsOf(e);
    ck_assert_uint_eq(ops->parts(entryPointer(e)), MANY);
    void *value = entryPointer(e);
    entrySetPointer(e, ENCODING_DICT, NULL);
    int steps = 1;
    while (!ops->freeStep(value, 10)) steps++;
    ck_assert_int_gt(steps, 1);
    entryFree(e);
    ck_assert_uint_eq(slabStatsTotal().item_bytes, before);
}
END_TEST

START_TEST(longAndEmptyMembersAreMembers) {
    entry *e = newSet("");
    char *huge = calloc(1, 200000);
    bytes member = bytesOf(huge, 200000);
    ck_assert(setAdd(e, member, &limits));
    ck_assert(!setAdd(e, member, &limits));
    ck_assert(setHas(e, BYTES("")));
    ck_assert(!setHas(e, bytesOf(huge, 199999)));
    ck_assert(setRemove(e, member));
    ck_assert_uint_eq(setCount(e), 1);
    free(huge);
    entryFree(e);
}
END_TEST

TESTS("t_set", integersStayAnIntsetUpToItsLimit, textTurnsAnIntsetIntoAListpackThatFits,
      aLargeIntsetOrLongTextBecomesADict, aHintDecidesTheFirstForm, removesInEachForm,
      manyAtOnceAreAsOneByOne, iteratorAndScanSeeEachMember, digestsKnowMembersAndNotForms,
      freesABigSetInSteps, longAndEmptyMembersAreMembers)
