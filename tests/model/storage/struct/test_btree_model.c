/* Random operations on a B+tree against a sorted array, under order numbers of every ill shape. */
#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/base/slab.h"
#include "storage/struct/btree.h"
#include "tests/support/suite.h"

typedef struct thing {
    uint64_t order, id;
} thing;

static int compareThing(const void *item, const void *probe) {
    const thing *a = item, *b = probe;
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static uint64_t orderOfThing(const void *item) {
    return ((const thing *)item)->order;
}

static const btreeType numbered = {compareThing, orderOfThing, orderOfThing};
static const btreeType compared = {.compare = compareThing};

typedef uint64_t (*orderShape)(rng *r, uint64_t n);

static uint64_t anyOrder(rng *r, uint64_t n) {
    (void)n;
    return rngNext(r);
}
static uint64_t rising(rng *r, uint64_t n) {
    (void)r;
    return n * 1000;
}
static uint64_t falling(rng *r, uint64_t n) {
    (void)r;
    return UINT64_MAX - n * 1000;
}
static uint64_t equal(rng *r, uint64_t n) {
    (void)r;
    return n ? 77 : 77;
}
static uint64_t few(rng *r, uint64_t n) {
    (void)n;
    return rngBelow(r, 5) * (UINT64_MAX / 4);
}
static uint64_t crowded(rng *r, uint64_t n) {
    (void)n;
    return rngBelow(r, 10) ? rngBelow(r, 1000) : rngNext(r);
}
static uint64_t skewed(rng *r, uint64_t n) {
    (void)n;
    return rngNext(r) >> rngBelow(r, 64);
}
static uint64_t edges(rng *r, uint64_t n) {
    (void)n;
    return rngBelow(r, 2) ? rngBelow(r, 3) : UINT64_MAX - rngBelow(r, 3);
}

typedef struct model {
    btree *t;
    thing **things; /* sorted */
    size_t count, room;
    uint64_t next_id;
    orderShape shape;
    rng r;
} model;

static void modelInit(model *m, const btreeType *type, orderShape shape, uint64_t seed) {
    *m = (model){.t = btreeNew(type), .shape = shape};
    rngSeed(&m->r, seed);
}

/* How many come before the probe. */
static size_t modelRank(const model *m, const thing *probe) {
    size_t low = 0, high = m->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compareThing(m->things[middle], probe) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void modelInsert(model *m, size_t rank, thing *x) {
    if (m->count == m->room) {
        m->room = m->room * 2 + 16;
        m->things = memRealloc(m->things, m->room * sizeof *m->things);
    }
    memmove(&m->things[rank + 1], &m->things[rank], (m->count - rank) * sizeof *m->things);
    m->things[rank] = x;
    m->count++;
}

static void modelForget(model *m, size_t rank, size_t count) {
    m->count -= count;
    memmove(&m->things[rank], &m->things[rank + count], (m->count - rank) * sizeof *m->things);
}

static thing *thingNew(model *m) {
    thing *x = memAlloc(sizeof *x);
    x->id = rngBelow(&m->r, 2) ? m->next_id : UINT64_MAX - m->next_id;
    x->order = m->shape(&m->r, m->next_id++);
    return x;
}

static void modelAdd(model *m) {
    thing *x = thingNew(m);
    btreeAdd(m->t, x, x);
    modelInsert(m, modelRank(m, x), x);
}

static void modelAppend(model *m) {
    thing *x = thingNew(m);
    if (m->count) {
        const thing *last = m->things[m->count - 1];
        if (x->order <= last->order) x->order = last->order + (last->order < UINT64_MAX);
        if (compareThing(last, x) >= 0) {
            memFree(x);
            return;
        }
    }
    btreeAppend(m->t, x);
    modelInsert(m, m->count, x);
}

static void modelRemove(model *m) {
    size_t rank = rngBelow(&m->r, m->count);
    thing *x = m->things[rank];
    void *removed = rngBelow(&m->r, 2) ? btreeRemove(m->t, x) : btreeRemoveAt(m->t, rank);
    ck_assert_ptr_eq(removed, x);
    ck_assert_ptr_null(btreeFind(m->t, x));
    ck_assert_ptr_null(btreeRemove(m->t, x));
    modelForget(m, rank, 1);
    memFree(x);
}

typedef struct expected {
    thing **things;
    size_t at;
} expected;

static void freeInOrder(void *ctx, void *item) {
    expected *e = ctx;
    ck_assert_ptr_eq(item, e->things[e->at++]);
    memset(item, 0xDB, sizeof(thing));
    memFree(item);
}

static void modelRemoveRange(model *m) {
    size_t rank = rngBelow(&m->r, m->count + 1);
    size_t most = rngBelow(&m->r, 10) ? 50 : m->count;
    size_t count = rngBelow(&m->r, most + 1);
    if (count > m->count - rank) count = m->count - rank;
    expected e = {m->things, rank};
    btreeRemoveRange(m->t, rank, count, freeInOrder, &e);
    ck_assert_uint_eq(e.at, rank + count);
    modelForget(m, rank, count);
}

static void modelRepoint(model *m) {
    size_t rank = rngBelow(&m->r, m->count);
    thing *from = m->things[rank], *to = memAlloc(sizeof *to);
    *to = *from;
    memset(from, 0xDB, sizeof *from);
    btreeRepoint(m->t, to, from, to);
    memFree(from);
    m->things[rank] = to;
}

static void modelSeek(model *m) {
    thing probe = {m->shape(&m->r, rngBelow(&m->r, m->next_id + 1)), rngNext(&m->r)};
    if (m->count && rngBelow(&m->r, 2)) {
        probe = *m->things[rngBelow(&m->r, m->count)];
        probe.id += rngBelow(&m->r, 3) - 1;
    }
    size_t rank, before = modelRank(m, &probe);
    btreeAt at = btreeSeek(m->t, &probe, &rank);
    ck_assert_uint_eq(rank, before);
    ck_assert(before == m->count ? !at.leaf : btreeItem(at) == m->things[before]);
    bool there = before < m->count && compareThing(m->things[before], &probe) == 0;
    ck_assert(btreeFind(m->t, &probe) == (there ? m->things[before] : NULL));
    at = btreeSeekBack(m->t, &probe);
    size_t upto = before + there;
    ck_assert(upto == 0 ? !at.leaf : btreeItem(at) == m->things[upto - 1]);
    rank = rngBelow(&m->r, m->count + 2);
    at = btreeAtRank(m->t, rank);
    ck_assert(rank >= m->count ? !at.leaf : btreeItem(at) == m->things[rank]);
}

typedef struct walker {
    model *m;
    size_t at;
} walker;

static void *moveThing(void *ctx, void *item) {
    walker *w = ctx;
    ck_assert_ptr_eq(item, w->m->things[w->at]);
    if (rngBelow(&w->m->r, 3) == 0) {
        thing *copy = memAlloc(sizeof *copy);
        memcpy(copy, item, sizeof *copy);
        memset(item, 0xDB, sizeof(thing));
        memFree(item);
        w->m->things[w->at] = copy;
    }
    return w->m->things[w->at++];
}

static void modelWalk(model *m) {
    slabPassBegin(SLAB_TREE_NODE);
    walker w = {m, 0};
    uint64_t cursor = 0;
    do {
        cursor = btreeWalk(m->t, cursor, moveThing, &w);
        ck_assert_uint_eq(cursor ? cursor : m->count, w.at);
    } while (cursor);
    slabPassEnd(SLAB_TREE_NODE);
}

static void modelCompare(model *m) {
    btreeCheck(m->t);
    ck_assert_uint_eq(btreeCount(m->t), m->count);
    btreeAt at = btreeFirst(m->t);
    for (size_t i = 0; i < m->count; i++, at = btreeNext(at))
        ck_assert_ptr_eq(btreeItem(at), m->things[i]);
    ck_assert_ptr_null(at.leaf);
    at = btreeLast(m->t);
    for (size_t i = m->count; i-- > 0; at = btreePrev(at))
        ck_assert_ptr_eq(btreeItem(at), m->things[i]);
    ck_assert_ptr_null(at.leaf);
}

static void freeThing(void *ctx, void *item) {
    ++*(size_t *)ctx;
    memFree(item);
}

static void modelClear(model *m, bool in_steps) {
    if (in_steps) {
        size_t freed = 0;
        while (btreeDropStep(m->t, 3, freeThing, &freed)) {
        }
        ck_assert_uint_eq(freed, m->count);
    } else {
        for (size_t i = 0; i < m->count; i++) memFree(m->things[i]);
    }
    btreeFree(m->t);
    memFree(m->things);
}

static void modelStep(model *m, unsigned growth) {
    uint64_t dice = rngBelow(&m->r, 100);
    if (dice < growth || m->count == 0)
        modelAdd(m);
    else if (dice < 92)
        modelRemove(m);
    else if (dice < 94)
        modelAppend(m);
    else if (dice < 98)
        modelRepoint(m);
    else
        modelSeek(m);
}

static void runShape(const btreeType *type, orderShape shape, uint64_t seed) {
    model m;
    modelInit(&m, type, shape, seed);
    uint64_t rounds = suiteRounds(12);
    for (uint64_t round = 0; round < rounds; round++) {
        unsigned growth = (unsigned)(30 + rngBelow(&m.r, 60));
        uint64_t steps = rngBelow(&m.r, 4) ? 100 : 6000;
        for (uint64_t i = 0; i < steps; i++) modelStep(&m, growth);
        if (rngBelow(&m.r, 2)) modelRemoveRange(&m);
        if (rngBelow(&m.r, 2)) modelWalk(&m);
        for (unsigned i = 0; i < 20; i++) modelSeek(&m);
        modelCompare(&m);
    }
    while (m.count && rngBelow(&m.r, 2)) {
        for (unsigned i = 0; i < 3000 && m.count; i++) modelRemove(&m);
        modelCompare(&m);
    }
    modelClear(&m, rngBelow(&m.r, 2));
}

static const struct {
    const btreeType *type;
    orderShape shape;
} shapes[] = {
    {&numbered, anyOrder}, {&numbered, rising},  {&numbered, falling}, {&numbered, equal},
    {&numbered, few},      {&numbered, crowded}, {&numbered, skewed},  {&numbered, edges},
    {&compared, anyOrder}, {&compared, rising},  {&compared, few},     {&compared, equal},
};

START_TEST(behavesLikeASortedArray) {
    uint64_t seed = suiteSeed();
    runShape(shapes[_i].type, shapes[_i].shape, seed + (uint64_t)_i);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("btree model");
    TCase *cases = tcase_create("btree model");
    tcase_set_timeout(cases, 240);
    tcase_add_loop_test(cases, behavesLikeASortedArray, 0, sizeof shapes / sizeof shapes[0]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
