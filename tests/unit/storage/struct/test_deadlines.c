#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/struct/deadlines.h"
#include "tests/support/suite.h"

typedef struct item {
    int64_t deadline_ms;
    uint64_t hash;
} item;

/* As ck_assert, which writes to a pipe each time, for loops over many items. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) ck_abort_msg("%s", #condition);                                          \
    } while (0)

static size_t items_read;

static int64_t deadlineOf(const void *p) {
    items_read++;
    return ((const item *)p)->deadline_ms;
}

static uint64_t hashOf(const void *p) {
    items_read++;
    return ((const item *)p)->hash;
}

static const deadlinesType itemType = {deadlineOf, hashOf};

static void addItem(deadlines *d, item *i) {
    deadlinesAdd(d, i, i->deadline_ms, i->hash);
}

static bool removeItem(deadlines *d, const item *i) {
    return deadlinesRemove(d, i, i->deadline_ms, i->hash);
}

START_TEST(emptyIndexHasNothingDue) {
    deadlines *d = deadlinesNew(&itemType);
    void *items[4];
    item stranger = {1, 1};
    ck_assert_int_eq(deadlinesNext(d), DEADLINE_NONE);
    ck_assert_ptr_null(deadlinesFirstDue(d, INT64_MAX));
    ck_assert_uint_eq(deadlinesPeekDue(d, INT64_MAX, items, 4), 0);
    ck_assert_uint_eq(deadlinesDueEstimate(d, INT64_MAX), 0);
    ck_assert_int_eq(deadlinesAverage(d, 0, 10), 0);
    ck_assert(!removeItem(d, &stranger));
    ck_assert(!deadlinesDropStep(d, 1));
    deadlinesCheck(d);
    deadlinesFree(d);
    deadlinesFree(NULL);
}
END_TEST

START_TEST(ordersDeadlinesOverTheWholeRange) {
    item list[] = {{INT64_MAX - 1, 0}, {0, 5}, {-1, 5}, {INT64_MIN, UINT64_MAX}, {1, 0}};
    const int64_t order[] = {INT64_MIN, -1, 0, 1, INT64_MAX - 1};
    deadlines *d = deadlinesNew(&itemType);
    for (size_t i = 0; i < 5; i++) addItem(d, list + i);
    deadlinesCheck(d);
    void *due[5];
    ck_assert_uint_eq(deadlinesPeekDue(d, INT64_MIN, due, 5), 1);
    ck_assert_uint_eq(deadlinesPeekDue(d, INT64_MAX - 2, due, 5), 4);
    ck_assert_uint_eq(deadlinesPeekDue(d, INT64_MAX, due, 5), 5);
    for (size_t i = 0; i < 5; i++) ck_assert_int_eq(((item *)due[i])->deadline_ms, order[i]);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(deadlinesNext(d), order[i]);
        item *first = deadlinesFirstDue(d, order[i]);
        ck_assert_int_eq(first->deadline_ms, order[i]);
        if (order[i] > INT64_MIN) ck_assert_ptr_null(deadlinesFirstDue(d, order[i] - 1));
        ck_assert(removeItem(d, first));
    }
    ck_assert_uint_eq(deadlinesCount(d), 0);
    deadlinesFree(d);
}
END_TEST

START_TEST(removesThisItemAmongTwins) {
    item twins[3] = {{9, 1}, {9, 1}, {9, 1}}, stranger = {9, 1};
    deadlines *d = deadlinesNew(&itemType);
    for (size_t i = 0; i < 3; i++) addItem(d, twins + i);
    ck_assert(!removeItem(d, &stranger));
    ck_assert(removeItem(d, twins + 1));
    ck_assert(!removeItem(d, twins + 1));
    void *due[3];
    ck_assert_uint_eq(deadlinesPeekDue(d, 9, due, 3), 2);
    ck_assert_ptr_ne(due[0], twins + 1);
    ck_assert_ptr_ne(due[1], twins + 1);
    deadlinesFree(d);
}
END_TEST

START_TEST(followsItemThatMoved) {
    item from = {5, 77}, to = {5, 77};
    deadlines *d = deadlinesNew(&itemType);
    addItem(d, &from);
    items_read = 0;
    deadlinesRepoint(d, &from, &to, 5, 77);
    ck_assert_uint_eq(items_read, 0);
    ck_assert_ptr_eq(deadlinesFirstDue(d, 5), &to);
    ck_assert(!removeItem(d, &from));
    ck_assert(removeItem(d, &to));
    deadlinesFree(d);
}
END_TEST

enum { MANY = 60000 };

typedef int64_t (*deadlineAt)(rng *r, size_t i);

static int64_t overDay(rng *r, size_t i) {
    (void)i;
    return (int64_t)rngBelow(r, 86400000);
}
static int64_t allEqual(rng *r, size_t i) {
    (void)r;
    return (int64_t)(i - i + 1700000000000);
}
static int64_t ascending(rng *r, size_t i) {
    (void)r;
    return (int64_t)i;
}
static int64_t descending(rng *r, size_t i) {
    (void)r;
    return -(int64_t)i;
}
static int64_t perSecond(rng *r, size_t i) {
    (void)i;
    return 1000 * (int64_t)rngBelow(r, 600);
}

static const deadlineAt shapes[] = {overDay, allEqual, ascending, descending, perSecond};

static void fill(deadlines *d, item *list, size_t count, deadlineAt deadline, rng *r) {
    for (size_t i = 0; i < count; i++) {
        list[i] = (item){deadline(r, i), rngNext(r)};
        addItem(d, list + i);
    }
}

static void shuffle(item **order, item *list, size_t count, rng *r) {
    for (size_t i = 0; i < count; i++) order[i] = list + i;
    for (size_t i = count; i-- > 1;) {
        size_t other = rngBelow(r, i + 1);
        item *swapped = order[i];
        order[i] = order[other];
        order[other] = swapped;
    }
}

START_TEST(takesTwelveBytesAnItemFullAndNearlyEmptied) {
    rng r;
    rngSeed(&r, 1);
    item *list = memAlloc(MANY * sizeof *list), **order = memAlloc(MANY * sizeof *order);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        deadlines *d = deadlinesNew(&itemType);
        fill(d, list, MANY, shapes[s], &r);
        ck_assert_uint_le(deadlinesBytes(d), 12 * deadlinesCount(d));
        shuffle(order, list, MANY, &r);
        for (size_t i = 0; i < MANY / 10 * 9; i++) MUST(removeItem(d, order[i]));
        ck_assert_uint_le(deadlinesBytes(d), 12 * deadlinesCount(d));
        for (size_t i = MANY / 10 * 9; i < MANY; i++) MUST(removeItem(d, order[i]));
        ck_assert_uint_le(deadlinesBytes(d), 128);
        deadlinesFree(d);
    }
    memFree(list);
    memFree(order);
}
END_TEST

START_TEST(readsFewItemsWhenAddingAndNoneWhenFinding) {
    rng r;
    rngSeed(&r, 2);
    item *list = memAlloc(MANY * sizeof *list);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        deadlines *d = deadlinesNew(&itemType);
        items_read = 0;
        fill(d, list, MANY, shapes[s], &r);
        ck_assert_uint_le(items_read, 3 * MANY);
        items_read = 0;
        for (size_t i = 0; i < MANY; i++) {
            deadlinesRepoint(d, list + i, list + i, list[i].deadline_ms, list[i].hash);
        }
        ck_assert_uint_eq(items_read, 0);
        for (size_t i = 0; i < MANY; i++) MUST(removeItem(d, list + i));
        ck_assert_uint_le(items_read, MANY / 4);
        deadlinesFree(d);
    }
    memFree(list);
}
END_TEST

START_TEST(drainsInOrderByBatches) {
    rng r;
    rngSeed(&r, 3);
    item *list = memAlloc(MANY * sizeof *list);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        deadlines *d = deadlinesNew(&itemType);
        fill(d, list, MANY, shapes[s], &r);
        void *due[64];
        size_t count, drained = 0;
        int64_t last_ms = INT64_MIN;
        while ((count = deadlinesPeekDue(d, INT64_MAX, due, 64)) > 0) {
            for (size_t i = 0; i < count; i++) {
                const item *first = due[i];
                MUST(first->deadline_ms >= last_ms);
                last_ms = first->deadline_ms;
                MUST(removeItem(d, first));
            }
            drained += count;
        }
        ck_assert_uint_eq(drained, MANY);
        deadlinesFree(d);
    }
    memFree(list);
}
END_TEST

START_TEST(estimatesWhatIsDueAndTheAverage) {
    rng r;
    rngSeed(&r, 4);
    item *list = memAlloc(MANY * sizeof *list);
    deadlines *d = deadlinesNew(&itemType);
    fill(d, list, MANY, overDay, &r);
    for (int64_t hour = 1; hour < 24; hour++) {
        size_t due = 0;
        for (size_t i = 0; i < MANY; i++) due += list[i].deadline_ms <= hour * 3600000;
        size_t estimate = deadlinesDueEstimate(d, hour * 3600000);
        ck_assert_uint_ge(estimate + MANY / 20, due);
        ck_assert_uint_le(estimate, due + MANY / 20);
    }
    int64_t average = deadlinesAverage(d, 1000000, 64);
    ck_assert_int_ge(average, 42200000 - 2000000);
    ck_assert_int_le(average, 42200000 + 2000000);
    deadlinesFree(d);
    memFree(list);
}
END_TEST

START_TEST(averagesFewItemsExactly) {
    item list[] = {{100, 1}, {200, 2}, {-30, 3}};
    deadlines *d = deadlinesNew(&itemType);
    for (size_t i = 0; i < 3; i++) addItem(d, list + i);
    ck_assert_int_eq(deadlinesAverage(d, 60, 3), 30);
    ck_assert_int_eq(deadlinesAverage(d, 60, 0), 0);
    deadlinesFree(d);
    item extremes[] = {{INT64_MIN, 1}, {INT64_MIN, 2}};
    d = deadlinesNew(&itemType);
    for (size_t i = 0; i < 2; i++) addItem(d, extremes + i);
    ck_assert_int_eq(deadlinesAverage(d, INT64_MAX, 2), INT64_MIN);
    ck_assert_int_eq(deadlinesAverage(d, INT64_MAX, 1), INT64_MIN);
    deadlinesFree(d);
}
END_TEST

START_TEST(dropsInSlices) {
    rng r;
    rngSeed(&r, 5);
    item *list = memAlloc(MANY * sizeof *list);
    deadlines *d = deadlinesNew(&itemType);
    size_t empty_bytes = deadlinesBytes(d), steps = 1;
    fill(d, list, MANY, overDay, &r);
    memFree(list);
    size_t before = deadlinesBytes(d);
    while (deadlinesDropStep(d, 16)) {
        ck_assert_uint_lt(deadlinesBytes(d), before);
        before = deadlinesBytes(d);
        steps++;
    }
    ck_assert_uint_ge(steps, MANY / 125 / 16);
    ck_assert_uint_eq(deadlinesBytes(d), empty_bytes);
    ck_assert(!deadlinesDropStep(d, 16));
    deadlinesFree(d);
    d = deadlinesNew(&itemType);
    item one = {1, 1};
    addItem(d, &one);
    ck_assert(!deadlinesDropStep(d, 1));
    deadlinesFree(d);
}
END_TEST

/* Leaves and inner nodes of a tree of three levels differ in fill by a factor of two. */
START_TEST(drawsEachItemAlike) {
    enum { COUNT = 30000, DRAWS = 20 * COUNT, PARTS = 50, EXPECTED = DRAWS / PARTS };
    static item list[COUNT];
    rng random;
    rngSeed(&random, 3);
    deadlines *d = deadlinesNew(&itemType);
    ck_assert_ptr_null(deadlinesRandom(d, &random));
    for (size_t i = 0; i < COUNT; i++) {
        list[i] = (item){(int64_t)i * 10, rngNext(&random)};
        /* In order at the start, which leaves full leaves, then at random places. */
        if (i < COUNT / 2) addItem(d, list + i);
    }
    for (size_t i = 0; i < COUNT; i++) {
        size_t at = i * 7919 % COUNT;
        if (at >= COUNT / 2) addItem(d, list + at);
    }
    size_t drawn[PARTS] = {0};
    for (size_t i = 0; i < DRAWS; i++) {
        const item *it = deadlinesRandom(d, &random);
        drawn[(size_t)(it - list) / (COUNT / PARTS)]++;
    }
    for (size_t i = 0; i < PARTS; i++) {
        MUST(drawn[i] > EXPECTED * 94 / 100);
        MUST(drawn[i] < EXPECTED * 106 / 100);
    }
    deadlinesFree(d);
}
END_TEST

TESTS("deadlines", emptyIndexHasNothingDue, ordersDeadlinesOverTheWholeRange,
      removesThisItemAmongTwins, followsItemThatMoved, takesTwelveBytesAnItemFullAndNearlyEmptied,
      readsFewItemsWhenAddingAndNoneWhenFinding, drainsInOrderByBatches,
      estimatesWhatIsDueAndTheAverage, averagesFewItemsExactly, dropsInSlices, drawsEachItemAlike)
