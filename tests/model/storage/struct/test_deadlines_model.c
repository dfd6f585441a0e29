#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/struct/deadlines.h"
#include "tests/support/suite.h"

/* Random operations against a plain array. Items are allocations of their own and are freed as soon
 * as they leave, and before they are re-pointed: whoever reads one then, reads freed memory. */

/* As ck_assert, which writes to a pipe each time, for loops over many items. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) ck_abort_msg("%s", #condition);                                          \
    } while (0)

enum { POOL = 20000, PEEKED = 300 };

typedef struct item {
    int64_t deadline_ms;
    uint64_t hash;
} item;

typedef enum deadlineShape {
    SHAPE_DAY,
    SHAPE_EQUAL,
    SHAPE_SECONDS,
    SHAPE_ASCENDING,
    SHAPE_DESCENDING,
    SHAPE_EVERYWHERE,
    SHAPE_OUTLIERS,
    SHAPE_FEW_HASHES,
    SHAPE_ONE_KEY,
    SHAPES
} deadlineShape;

typedef struct model {
    deadlines *index;
    item *live[POOL];
    size_t count;
    rng random;
    deadlineShape shape;
    int64_t clock_ms;
} model;

static int64_t deadlineOf(const void *p) {
    return ((const item *)p)->deadline_ms;
}

static uint64_t hashOf(const void *p) {
    return ((const item *)p)->hash;
}

static const deadlinesType itemType = {deadlineOf, hashOf};

static int64_t anyInt64(rng *r) {
    uint64_t bits = rngNext(r) >> rngBelow(r, 64);
    if (rngBelow(r, 50) == 0) bits = (uint64_t)INT64_MIN;
    if (rngBelow(r, 50) == 0) bits = (uint64_t)INT64_MAX - 1;
    int64_t value = (int64_t)(rngBelow(r, 2) ? bits : ~bits);
    return value == DEADLINE_NONE ? 0 : value;
}

static item *newItem(model *m) {
    item *i = memAlloc(sizeof *i);
    i->hash = rngNext(&m->random);
    m->clock_ms += (int64_t)rngBelow(&m->random, 3);
    switch (m->shape) {
    case SHAPE_EQUAL: i->deadline_ms = -5; break;
    case SHAPE_SECONDS: i->deadline_ms = 1000 * (int64_t)rngBelow(&m->random, 20); break;
    case SHAPE_ASCENDING: i->deadline_ms = m->clock_ms; break;
    case SHAPE_DESCENDING: i->deadline_ms = -m->clock_ms; break;
    case SHAPE_EVERYWHERE: i->deadline_ms = anyInt64(&m->random); break;
    case SHAPE_OUTLIERS:
        i->deadline_ms = rngBelow(&m->random, 100) == 0 ? anyInt64(&m->random)
                                                        : (int64_t)rngBelow(&m->random, 50);
        break;
    case SHAPE_FEW_HASHES:
        i->deadline_ms = (int64_t)rngBelow(&m->random, 3);
        i->hash &= 7;
        break;
    case SHAPE_ONE_KEY:
        i->deadline_ms = 7 + (rngBelow(&m->random, 500) == 0);
        i->hash = 1;
        break;
    default: i->deadline_ms = (int64_t)rngBelow(&m->random, 86400000);
    }
    return i;
}

static void add(model *m) {
    if (m->count == POOL) return;
    item *i = newItem(m);
    deadlinesAdd(m->index, i, i->deadline_ms, i->hash);
    m->live[m->count++] = i;
}

static void removeAt(model *m, size_t at) {
    item gone = *m->live[at], *address = m->live[at];
    m->live[at] = m->live[--m->count];
    memFree(address);
    MUST(deadlinesRemove(m->index, address, gone.deadline_ms, gone.hash));
}

static void moveAt(model *m, size_t at) {
    item *to = memAlloc(sizeof *to), *from = m->live[at];
    *to = *from;
    memFree(from);
    deadlinesRepoint(m->index, from, to, to->deadline_ms, to->hash);
    m->live[at] = to;
}

static int compareMs(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* What is due comes in order, and the number, the first and the next are right. */
static void compareDue(model *m, int64_t now_ms) {
    static int64_t due[POOL];
    size_t count = 0;
    int64_t next_ms = DEADLINE_NONE;
    for (size_t i = 0; i < m->count; i++) {
        int64_t deadline_ms = m->live[i]->deadline_ms;
        if (deadline_ms < next_ms) next_ms = deadline_ms;
        if (deadline_ms <= now_ms) due[count++] = deadline_ms;
    }
    qsort(due, count, sizeof *due, compareMs);
    ck_assert_int_eq(deadlinesNext(m->index), next_ms);
    void *items[PEEKED];
    size_t max = 1 + rngBelow(&m->random, PEEKED);
    size_t peeked = deadlinesPeekDue(m->index, now_ms, items, max);
    ck_assert_uint_eq(peeked, count < max ? count : max);
    for (size_t i = 0; i < peeked; i++) MUST(deadlineOf(items[i]) == due[i]);
    const item *first = deadlinesFirstDue(m->index, now_ms);
    ck_assert_int_eq(first != NULL, count > 0);
    if (first) ck_assert_int_eq(first->deadline_ms, due[0]);
    size_t estimate = deadlinesDueEstimate(m->index, now_ms);
    if (count <= 300) {
        ck_assert_uint_eq(estimate, count);
    } else {
        ck_assert_uint_ge(estimate, 300);
        ck_assert_uint_le(estimate, m->count);
    }
}

/* As the active cycle does: takes batches of what is due, in order. */
static void expireDue(model *m, int64_t now_ms) {
    void *items[64];
    size_t peeked = deadlinesPeekDue(m->index, now_ms, items, 64);
    for (size_t n = 0; n < peeked; n++) {
        size_t at = 0;
        while (m->live[at] != items[n]) at++;
        removeAt(m, at);
    }
}

static int64_t someTime(model *m) {
    if (m->count == 0) return 0;
    int64_t near_ms = m->live[rngBelow(&m->random, m->count)]->deadline_ms;
    return near_ms > INT64_MIN ? near_ms - (int64_t)rngBelow(&m->random, 2) : near_ms;
}

/* 'growth' of 10 operations add, the others remove, move or look. */
static void operate(model *m, size_t operations, unsigned growth) {
    for (size_t n = 0; n < operations; n++) {
        if (rngBelow(&m->random, 10) < growth || m->count == 0) {
            add(m);
        } else if (rngBelow(&m->random, 4) == 0) {
            moveAt(m, rngBelow(&m->random, m->count));
        } else {
            removeAt(m, rngBelow(&m->random, m->count));
        }
        if (n % 1024 == 0) compareDue(m, someTime(m));
        if (n % 512 == 0 && growth < 5) expireDue(m, someTime(m));
        if (n % 4096 == 0) deadlinesCheck(m->index);
    }
    deadlinesCheck(m->index);
    ck_assert_uint_eq(deadlinesCount(m->index), m->count);
}

static void run(deadlineShape shape, uint64_t seed) {
    static model m;
    m = (model){.index = deadlinesNew(&itemType), .shape = shape};
    rngSeed(&m.random, seed + shape);
    size_t empty_bytes = deadlinesBytes(m.index);
    operate(&m, 30000, 9);
    operate(&m, 15000, 5);
    operate(&m, 15000, 2);
    operate(&m, 5000, 8);
    while (m.count > 0) removeAt(&m, rngBelow(&m.random, m.count));
    deadlinesCheck(m.index);
    ck_assert_uint_eq(deadlinesBytes(m.index), empty_bytes);
    ck_assert_int_eq(deadlinesNext(m.index), DEADLINE_NONE);
    operate(&m, 2000, 9);
    while (m.count > 0) memFree(m.live[--m.count]);
    deadlinesFree(m.index);
}

START_TEST(agreesWithPlainArrayUnderRandomOperations) {
    uint64_t seed = suiteSeed();
    for (uint64_t round = 0; round < suiteRounds(1); round++)
        run((deadlineShape)_i, seed + 100 * round);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("deadlinesModel");
    TCase *cases = tcase_create("deadlinesModel");
    tcase_set_timeout(cases, 240);
    tcase_add_loop_test(cases, agreesWithPlainArrayUnderRandomOperations, 0, SHAPES);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
