/* Random operations on a dict against a plain array, under hashes of every ill shape. */
#include <string.h>

#include "storage/base/mem.h"
#include "storage/struct/dict.h"
#include "tests/support/suite.h"

typedef struct thing {
    uint64_t hash;
    uint64_t id;
    size_t at; /* its index in the model */
    uint32_t seen, born;
} thing;

static uint64_t hashOfThing(const void *item) {
    return ((const thing *)item)->hash;
}

static bool thingHolds(const void *item, bytes key) {
    return key.size == 8 && memcmp(&((const thing *)item)->id, key.data, 8) == 0;
}

static const dictType thing_type = {hashOfThing, thingHolds};

typedef uint64_t (*hashShape)(uint64_t id);

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 31) * 0x9E3779B97F4A7C15U;
    x = (x ^ x >> 29) * 0xBF58476D1CE4E5B9U;
    return x ^ x >> 32;
}

static uint64_t evenHash(uint64_t id) {
    return mix(id + 1);
}
static uint64_t equalHash(uint64_t id) {
    return id ? 0x123456789ABCDEF0U : 0x123456789ABCDEF0U;
}
static uint64_t zeroHash(uint64_t id) {
    return id & 0;
}
static uint64_t equalTop(uint64_t id) {
    return 0xFFFFFFFF00000000U | mix(id + 1) >> 32;
}
static uint64_t equalLow(uint64_t id) {
    return mix(id + 1) << 44;
}
static uint64_t countingHash(uint64_t id) {
    return id;
}
static uint64_t skewedHash(uint64_t id) {
    return mix(id + 1) & mix(id + 77) & mix(id + 999);
}
static uint64_t wrapHash(uint64_t id) {
    return mix(id + 1) | 0x00FF000000000000U;
}

typedef struct model {
    dict *d;
    hashShape shape;
    thing **things;
    size_t count, room;
    uint64_t next_id;
    rng r;
} model;

static void modelInit(model *m, hashShape shape, uint64_t seed) {
    *m = (model){.d = dictNew(&thing_type), .shape = shape};
    rngSeed(&m->r, seed);
}

static void freeThing(void *ctx, void *item) {
    (void)ctx;
    memFree(item);
}

static void modelClear(model *m) {
    while (dictDrain(m->d, 100, freeThing, NULL)) {
    }
    ck_assert_uint_eq(dictCount(m->d), 0);
    dictFree(m->d);
    memFree(m->things);
}

static keyRef keyOf(const thing *t) {
    return (keyRef){bytesOf(&t->id, 8), t->hash};
}

static thing *modelAdd(model *m) {
    thing *t = memCalloc(1, sizeof *t);
    t->id = m->next_id++;
    t->hash = m->shape(t->id);
    t->at = m->count;
    if (m->count == m->room) {
        m->room = m->room * 2 + 16;
        m->things = memRealloc(m->things, m->room * sizeof *m->things);
    }
    m->things[m->count++] = t;
    dictAdd(m->d, t->hash, t);
    return t;
}

static void modelForget(model *m, thing *t) {
    thing *last = m->things[--m->count];
    m->things[t->at] = last;
    last->at = t->at;
    memFree(t);
}

static thing *modelAny(model *m) {
    return m->things[rngBelow(&m->r, m->count)];
}

static void modelRemove(model *m) {
    thing *t = modelAny(m);
    if (rngBelow(&m->r, 2)) {
        ck_assert_ptr_eq(dictRemove(m->d, keyOf(t)), t);
    } else {
        ck_assert(dictRemoveItem(m->d, t->hash, t));
        ck_assert(!dictRemoveItem(m->d, t->hash, t));
    }
    ck_assert_ptr_null(dictFind(m->d, keyOf(t)));
    modelForget(m, t);
}

static void modelMove(model *m) {
    thing *t = modelAny(m);
    thing *copy = memAlloc(sizeof *copy);
    *copy = *t;
    dictRepoint(m->d, t->hash, t, copy);
    m->things[t->at] = copy;
    memFree(t);
    ck_assert_ptr_eq(dictFind(m->d, keyOf(copy)), copy);
}

static void modelAbsent(model *m) {
    thing absent = {.id = m->next_id + rngBelow(&m->r, 1000)};
    absent.hash = m->shape(absent.id);
    ck_assert_ptr_null(dictFind(m->d, keyOf(&absent)));
    ck_assert_ptr_null(dictRemove(m->d, keyOf(&absent)));
    ck_assert(!dictRemoveItem(m->d, absent.hash, &absent));
    dictPrefetchBucket(m->d, absent.hash);
    dictPrefetchItem(m->d, absent.hash);
}

/* Every item is there and no other. */
static void modelCompare(model *m) {
    dictCheck(m->d);
    ck_assert_uint_eq(dictCount(m->d), m->count);
    for (size_t i = 0; i < m->count; i++)
        ck_assert_ptr_eq(dictFind(m->d, keyOf(m->things[i])), m->things[i]);
}

static void modelStep(model *m, uint64_t adds_of_100) {
    uint64_t dice = rngBelow(&m->r, 100);
    if (dice < adds_of_100 || m->count == 0) {
        modelAdd(m);
    } else if (dice < 90) {
        modelRemove(m);
    } else if (dice < 93) {
        modelMove(m);
    } else if (dice < 96) {
        modelAbsent(m);
    } else if (dice < 98) {
        thing *t = modelAny(m);
        ck_assert_ptr_eq(dictFind(m->d, keyOf(t)), t);
    } else {
        dictShrinkStep(m->d);
    }
}

/* Grows and shrinks by turns, up to about 'most' items. */
static void runShape(hashShape shape, size_t most, uint64_t steps, uint64_t seed) {
    model m;
    modelInit(&m, shape, seed);
    if (seed & 1) dictReserve(m.d, most / 2);
    uint64_t adds = 70;
    for (uint64_t i = 0; i < steps; i++) {
        if (m.count > most) adds = 10;
        if (m.count < most / 20) adds = 70;
        modelStep(&m, adds);
        if (rngBelow(&m.r, steps / 20 + 1) == 0) modelCompare(&m);
    }
    modelCompare(&m);
    for (size_t guard = 0; dictShrinkStep(m.d); guard++) {
        ck_assert_uint_lt(guard, 100000);
        ck_assert(true);
    }
    ck_assert(!dictIsSparse(m.d));
    modelCompare(&m);
    while (m.count) modelRemove(&m);
    modelCompare(&m);
    while (dictShrinkStep(m.d)) {
    }
    modelCompare(&m);
    ck_assert_uint_eq(dictStatsOf(m.d).segments, 1);
    ck_assert_uint_eq(dictStatsOf(m.d).buckets, 0);
    modelAdd(&m);
    modelCompare(&m);
    modelClear(&m);
}

START_TEST(actsLikeTheModelUnderHashesOfEveryShape) {
    static const struct {
        hashShape shape;
        size_t most;
        uint64_t steps;
    } runs[] = {
        {evenHash, 3, 3000},      {evenHash, 12, 3000},        {evenHash, 100, 10000},
        {evenHash, 600, 20000},   {evenHash, 2000, 60000},     {evenHash, 20000, 200000},
        {equalHash, 3000, 12000}, {zeroHash, 600, 6000},       {equalTop, 3000, 20000},
        {equalLow, 5000, 60000},  {countingHash, 2000, 20000}, {skewedHash, 20000, 150000},
        {wrapHash, 3000, 20000},
    };
    uint64_t seed = suiteSeed();
    for (uint64_t round = 0; round < suiteRounds(1); round++)
        for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
            runShape(runs[i].shape, runs[i].most, runs[i].steps, seed + round);
}
END_TEST

TESTS("dict model", actsLikeTheModelUnderHashesOfEveryShape)
