/* Random operations on several sets against arrays of flags: every encoding, algebra, chance,
 * moves.
 *
 * Members are the integers and texts of a small universe, so that sets overlap. */
#include <string.h>

#include "storage/base/num.h"
#include "storage/base/slab.h"
#include "storage/types/t_set_ops.h"
#include "storage/types/t_set_random.h"
#include "tests/support/suite.h"

enum { UNIVERSE = 120, SETS = 7, STEPS = 2500 };

typedef struct modelSet {
    entry *e;
    bool has[UNIVERSE];
} modelSet;

typedef struct model {
    modelSet sets[SETS];
    bytes names[UNIVERSE];
    char room[UNIVERSE][64];
    typeLimits limits;
    rng r;
} model;

static size_t below(model *m, size_t bound) {
    return (size_t)rngBelow(&m->r, bound);
}

static void nameAll(model *m) {
    for (int i = 0; i < UNIVERSE; i++) {
        char *room = m->room[i];
        int64_t number = (int64_t)i * i * i * (i % 2 ? 7919 : -1);
        int size = i % 3 == 0   ? snprintf(room, 64, "%lld", (long long)number)
                   : i % 9 == 1 ? snprintf(room, 64, "a text that is rather long %d", i)
                                : snprintf(room, 64, "t%d", i);
        m->names[i] = bytesOf(room, (size_t)size);
    }
    m->names[1] = BYTES("");
}

static int indexOf(const model *m, setMember member) {
    char scratch[NUM_INT_MAX];
    bytes text = setMemberText(member, scratch);
    for (int i = 0; i < UNIVERSE; i++)
        if (bytesEqual(m->names[i], text)) return i;
    ck_abort_msg("a member from nowhere: %.*s", (int)text.size, text.data);
}

static size_t countOf(const bool *has) {
    size_t count = 0;
    for (int i = 0; i < UNIVERSE; i++) count += has[i];
    return count;
}

typedef struct seen {
    model *m;
    unsigned times[UNIVERSE];
    size_t count, stop_after;
} seen;

static void see(void *ctx, setMember member) {
    seen *s = ctx;
    s->times[indexOf(s->m, member)]++;
    s->count++;
}

static bool seeWanted(void *ctx, setMember member) {
    seen *s = ctx;
    see(ctx, member);
    return s->count != s->stop_after;
}

static void expectOnce(const seen *s, const bool *wanted) {
    for (int i = 0; i < UNIVERSE; i++)
        ck_assert_msg(s->times[i] == wanted[i], "%.*s: %u times", (int)s->m->names[i].size,
                      s->m->names[i].data, s->times[i]);
}

static void checkSet(model *m, const modelSet *s) {
    ck_assert_uint_eq(setCount(s->e), countOf(s->has));
    seen walked = {.m = m};
    setIterator it = setIteratorOf(s->e);
    for (setMember member; setIteratorNext(&it, &member);) see(&walked, member);
    expectOnce(&walked, s->has);
    bool found[UNIVERSE];
    setHasEach(s->e, m->names, UNIVERSE, found);
    for (int i = 0; i < UNIVERSE; i++) {
        ck_assert_int_eq(found[i], s->has[i]);
        ck_assert_int_eq(setHas(s->e, m->names[i]), s->has[i]);
    }
    if (entryEncoding(s->e) == ENCODING_DICT) dictCheck(entryPointer(s->e));
}

static void renew(model *m, modelSet *s) {
    entryFree(s->e);
    size_t first = below(m, UNIVERSE);
    s->e = setNew(BYTES("set"), m->names[first], below(m, 40), &m->limits);
    memset(s->has, 0, sizeof s->has);
}

/* ---- one set ---- */

static void addOrRemoveOne(model *m, modelSet *s) {
    size_t i = below(m, UNIVERSE);
    if (below(m, 3)) {
        ck_assert_int_eq(setAdd(s->e, m->names[i], &m->limits), !s->has[i]);
        s->has[i] = true;
    } else {
        ck_assert_int_eq(setRemove(s->e, m->names[i]), s->has[i]);
        s->has[i] = false;
    }
}

static void addOrRemoveMany(model *m, modelSet *s) {
    bytes names[40];
    size_t count = 1 + below(m, 40), wanted = 0;
    bool adds = below(m, 2);
    for (size_t k = 0; k < count; k++) {
        size_t i = below(m, UNIVERSE);
        names[k] = m->names[i];
        wanted += s->has[i] != adds;
        s->has[i] = adds;
    }
    if (adds && below(m, 2)) setExpect(s->e, count, &m->limits);
    ck_assert_uint_eq(adds ? setAddAll(s->e, names, count, &m->limits)
                           : setRemoveAll(s->e, names, count),
                      wanted);
}

static void addOther(model *m, modelSet *s) {
    const modelSet *other = &m->sets[below(m, SETS)];
    if (other == s) return;
    size_t wanted = 0;
    for (int i = 0; i < UNIVERSE; i++) wanted += other->has[i] && !s->has[i];
    ck_assert_uint_eq(setAddSet(s->e, other->e, &m->limits), wanted);
    for (int i = 0; i < UNIVERSE; i++) s->has[i] |= other->has[i];
}

static void moveAndCopy(model *m, modelSet *s) {
    const valueOps *ops = valueOpsOf(TYPE_SET, entryEncoding(s->e));
    uint64_t digest = ops->digest(entryPointer(s->e)), cursor = 0;
    do entrySetPointer(s->e, entryEncoding(s->e), ops->move(entryPointer(s->e), &cursor));
    while (cursor && below(m, 20));
    ck_assert_uint_eq(ops->digest(entryPointer(s->e)), digest);
    entry *copy = entryCopy(s->e, BYTES("set"));
    ck_assert_uint_eq(ops->digest(entryPointer(copy)), digest);
    entryFree(s->e);
    s->e = copy;
}

static void chance(model *m, modelSet *s) {
    size_t all = setCount(s->e);
    if (!all) return;
    ck_assert(s->has[indexOf(m, setRandom(s->e, &m->r))]);
    size_t count = 1 + below(m, all);
    seen drawn = {.m = m};
    bool pops = below(m, 4) == 0;
    if (pops)
        setPop(s->e, count, &m->r, see, &drawn);
    else
        setSample(s->e, count, &m->r, see, &drawn);
    ck_assert_uint_eq(drawn.count, count);
    for (int i = 0; i < UNIVERSE; i++) {
        ck_assert_uint_le(drawn.times[i], s->has[i]);
        if (pops && drawn.times[i]) s->has[i] = false;
    }
}

/* ---- several sets ---- */

static void intersect(model *m, const entry **sets, size_t count, const bool *wanted, size_t stop) {
    seen s = {.m = m, .stop_after = stop};
    setIntersect(sets, count, seeWanted, &s);
    if (!stop) expectOnce(&s, wanted);
}

static void unite(model *m, const entry **sets, size_t count, const bool *wanted, size_t stop) {
    seen s = {.m = m, .stop_after = stop};
    uint64_t all = countOf(wanted);
    const entry *copy[9];
    memcpy(copy, sets, count * sizeof *sets);
    ck_assert_uint_eq(setUnionCount(copy, count, stop), stop && stop < all ? stop : all);
    setUnite(sets, count, seeWanted, &s);
    if (!stop) expectOnce(&s, wanted);
    if (stop) ck_assert_uint_eq(s.count, stop < all ? stop : all);
    if (below(m, 10)) return;
    uint64_t about = setUnionEstimate(sets, count);
    ck_assert_uint_le(about > all ? about - all : all - about, 2 + all / 20);
}

static void subtract(model *m, const entry **sets, size_t count, const bool *wanted, size_t stop) {
    seen s = {.m = m, .stop_after = stop};
    setSubtract(sets, count, seeWanted, &s);
    if (!stop) expectOnce(&s, wanted);
    if (stop) ck_assert_uint_eq(s.count, stop < countOf(wanted) ? stop : countOf(wanted));
}

/* Some sets, the same one more than once perhaps, and what their algebra should say. */
static void algebra(model *m) {
    size_t count = 1 + below(m, 9), stop = below(m, 3) ? 0 : 1 + below(m, 10);
    const entry *sets[9], *again[9];
    bool all[UNIVERSE], any[UNIVERSE] = {false}, first_only[UNIVERSE];
    for (size_t k = 0; k < count; k++) {
        const modelSet *s = &m->sets[below(m, SETS)];
        sets[k] = s->e;
        for (int i = 0; i < UNIVERSE; i++) {
            all[i] = (k == 0 || all[i]) && s->has[i];
            any[i] = any[i] || s->has[i];
            first_only[i] = k == 0 ? s->has[i] : first_only[i] && !s->has[i];
        }
    }
    memcpy(again, sets, count * sizeof *sets);
    intersect(m, again, count, all, stop);
    memcpy(again, sets, count * sizeof *sets);
    unite(m, again, count, any, stop);
    subtract(m, sets, count, first_only, stop);
}

static void step(model *m) {
    modelSet *s = &m->sets[below(m, SETS)];
    size_t what = below(m, 100);
    if (what < 40)
        addOrRemoveOne(m, s);
    else if (what < 50)
        addOrRemoveMany(m, s);
    else if (what < 54)
        addOther(m, s);
    else if (what < 62)
        moveAndCopy(m, s);
    else if (what < 72)
        chance(m, s);
    else if (what < 90)
        algebra(m);
    else if (what < 93)
        renew(m, s);
    else
        checkSet(m, s);
}

static void run(uint64_t seed) {
    static model m;
    memset(&m, 0, sizeof m);
    rngSeed(&m.r, seed);
    nameAll(&m);
    m.limits = (typeLimits){.set_intset_entries = (int64_t)below(&m, 30),
                            .set_listpack_entries = (int64_t)below(&m, 40),
                            .set_listpack_value = 10 + (int64_t)below(&m, 30)};
    slabPassBegin(SLAB_BLOB);
    slabPassBegin(SLAB_SET_MEMBER);
    for (int i = 0; i < SETS; i++) m.sets[i].e = setNew(BYTES("set"), m.names[i], 1, &m.limits);
    for (int i = 0; i < STEPS; i++) step(&m);
    for (int i = 0; i < SETS; i++) {
        checkSet(&m, &m.sets[i]);
        entryFree(m.sets[i].e);
    }
    slabPassEnd(SLAB_BLOB);
    slabPassEnd(SLAB_SET_MEMBER);
}

START_TEST(behavesLikeArraysOfFlags) {
    uint64_t seed = suiteSeed();
    size_t before = slabStatsTotal().item_bytes;
    for (uint64_t round = 0; round < suiteRounds(2); round++) run(seed + round);
    ck_assert_uint_eq(slabStatsTotal().item_bytes, before);
}
END_TEST

/* ---- fairness ---- */

enum { BIG = 1200, DRAWS = 100 };

/* Chi-square of how often each of 'count' was drawn, over its degrees of freedom: about 1. */
static double unfairness(const unsigned *times, size_t count, double expected) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double off = times[i] - expected;
        sum += off * off / expected;
    }
    return sum / (double)(count - 1);
}

typedef struct tally {
    unsigned times[BIG];
} tally;

static void count(void *ctx, setMember m) {
    char scratch[NUM_INT_MAX], text[32] = {0};
    bytes name = setMemberText(m, scratch);
    memcpy(text, name.data, name.size);
    ((tally *)ctx)->times[strtol(text + (text[0] == 'm'), NULL, 10)]++;
}

/* Numbers, or texts where 'texts': an intset, a listpack or a dict, as the limits say. */
static void checkFairness(size_t members, bool texts, size_t wanted, const typeLimits *limits,
                          rng *r) {
    tally sampled = {{0}}, popped = {{0}}, drawn = {{0}};
    entry *e = setNew(BYTES("s"), texts ? BYTES("m0") : BYTES("0"), 1, limits);
    char room[32];
    for (size_t i = 0; i < members; i++)
        setAdd(e, bytesOf(room, (size_t)snprintf(room, 32, texts ? "m%zu" : "%zu", i)), limits);
    size_t draws = DRAWS * members / wanted / 8 + 20;
    for (size_t i = 0; i < draws; i++) {
        setSample(e, wanted, r, count, &sampled);
        entry *copy = entryCopy(e, BYTES("s"));
        setPop(copy, wanted, r, count, &popped);
        entryFree(copy);
        for (size_t k = 0; k < wanted; k++) count(&drawn, setRandom(e, r));
    }
    double expected = (double)draws * (double)wanted / (double)members;
    double limit = members > 100 ? 1.6 : 3.5;
    ck_assert_double_lt(unfairness(sampled.times, members, expected), limit);
    ck_assert_double_lt(unfairness(popped.times, members, expected), limit);
    ck_assert_double_lt(unfairness(drawn.times, members, expected), limit);
    entryFree(e);
}

START_TEST(everyMemberIsAsLikelyAsAnyOther) {
    rng r;
    rngSeed(&r, suiteSeed());
    typeLimits limits = TYPE_LIMITS_DEFAULT;
    checkFairness(30, false, 3, &limits, &r);
    checkFairness(30, false, 20, &limits, &r);
    checkFairness(30, true, 1, &limits, &r);
    checkFairness(30, true, 11, &limits, &r);
    checkFairness(300, true, 40, &limits, &r);
    checkFairness(300, true, 250, &limits, &r);
    checkFairness(BIG, true, 200, &limits, &r);
}
END_TEST

TESTS("t_set/model", behavesLikeArraysOfFlags, everyMemberIsAsLikelyAsAnyOther)
