/* Random operations on a sorted set against a sorted array, with limits so small that it changes
 * its form, and with moves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset_internal.h"
#include "storage/types/t_zset_ops.h"
#include "storage/types/t_zset_range.h"
#include "tests/support/suite.h"

enum { NAME_MAX_BYTES = 24 };

typedef struct row {
    double score;
    char name[NAME_MAX_BYTES];
} row;

typedef struct model {
    entry *e;
    row *rows; /* sorted */
    size_t count, room;
    unsigned names; /* how many there are */
    bool equal_scores;
    typeLimits limits;
    rng r;
} model;

static bytes nameOf(const row *x) {
    return bytesOfText(x->name);
}

static int compareRows(const void *a, const void *b) {
    const row *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    return bytesCompare(nameOf(x), nameOf(y));
}

static double anyScore(model *m) {
    static const double strange[] = {INFINITY, -INFINITY, 0.0, -0.0, 1e300, -1e300, 5e-324, 0.1};
    if (m->equal_scores) return 7;
    switch (rngBelow(&m->r, 4)) {
    case 0: return strange[rngBelow(&m->r, sizeof strange / sizeof strange[0])];
    case 1: return (double)rngBelow(&m->r, 10) - 5;
    case 2: return (double)rngBelow(&m->r, 1000000);
    default: return (rngUnit(&m->r) - 0.5) * 1e6;
    }
}

static void anyName(model *m, char *out) {
    unsigned n = (unsigned)rngBelow(&m->r, m->names);
    snprintf(out, NAME_MAX_BYTES, n % 3 ? "m%u" : n % 2 ? "member:%09u" : "%u", n);
}

static void modelInit(model *m, uint64_t seed) {
    *m = (model){.limits = TYPE_LIMITS_DEFAULT};
    rngSeed(&m->r, seed);
    m->names = rngBelow(&m->r, 2) ? 60 : 5000;
    m->equal_scores = rngBelow(&m->r, 3) == 0;
    m->limits.zset_listpack_entries = (int64_t)rngBelow(&m->r, 40);
    m->limits.zset_listpack_value = rngBelow(&m->r, 3) ? 64 : 10;
    m->e = zsetNew(BYTES("key"), BYTES("m1"), 1, &m->limits);
}

static row *modelFind(model *m, const char *name) {
    for (size_t i = 0; i < m->count; i++)
        if (!strcmp(m->rows[i].name, name)) return &m->rows[i];
    return NULL;
}

static void modelSort(model *m) {
    qsort(m->rows, m->count, sizeof *m->rows, compareRows);
}

static void modelPut(model *m, const row *x) {
    if (m->count == m->room) {
        m->room = m->room * 2 + 16;
        m->rows = memRealloc(m->rows, m->room * sizeof *m->rows);
    }
    m->rows[m->count++] = *x;
    modelSort(m);
}

static void modelAdd(model *m) {
    row x = {.score = anyScore(m)};
    anyName(m, x.name);
    static const unsigned choices[] = {0,
                                       0,
                                       0,
                                       0,
                                       ZSET_IF_ABSENT,
                                       ZSET_IF_PRESENT,
                                       ZSET_IF_GREATER,
                                       ZSET_IF_LESS,
                                       ZSET_INCREASE,
                                       ZSET_INCREASE | ZSET_IF_GREATER,
                                       ZSET_INCREASE | ZSET_IF_PRESENT};
    unsigned how = choices[rngBelow(&m->r, sizeof choices / sizeof choices[0])];
    if (m->equal_scores && how & ZSET_INCREASE) how = 0;
    row *old = modelFind(m, x.name);
    zsetAdded wanted = ZSET_ADDED;
    double score = x.score, given = x.score;
    if (old) {
        if (how & ZSET_INCREASE) score += old->score;
        if (how & ZSET_IF_ABSENT)
            wanted = ZSET_REFUSED;
        else if (isnan(score))
            wanted = ZSET_NAN;
        else if ((how & ZSET_IF_GREATER && score <= old->score) ||
                 (how & ZSET_IF_LESS && score >= old->score))
            wanted = ZSET_REFUSED;
        else
            wanted = score == old->score ? ZSET_SAME : ZSET_UPDATED;
    } else if (how & ZSET_IF_PRESENT) {
        wanted = ZSET_REFUSED;
    }
    ck_assert_int_eq(zsetAddIf(m->e, nameOf(&x), &given, how, &m->limits), wanted);
    if (wanted == ZSET_ADDED) modelPut(m, &x);
    if (wanted == ZSET_UPDATED) {
        old->score = score;
        modelSort(m);
    }
    if (wanted == ZSET_ADDED || wanted == ZSET_UPDATED) ck_assert(given == score);
}

static void modelRemove(model *m) {
    char name[NAME_MAX_BYTES];
    anyName(m, name);
    if (m->count && rngBelow(&m->r, 2))
        memcpy(name, m->rows[rngBelow(&m->r, m->count)].name, sizeof name);
    row *old = modelFind(m, name);
    ck_assert(zsetRemove(m->e, bytesOfText(name)) == (old != NULL));
    if (!old) return;
    m->count--;
    memmove(old, old + 1, (size_t)(m->rows + m->count - old) * sizeof *old);
}

static void modelAsk(model *m) {
    char name[NAME_MAX_BYTES];
    anyName(m, name);
    const row *x = modelFind(m, name);
    double score = 0, ranked = 0;
    size_t rank = 0, back = 0;
    ck_assert(zsetScore(m->e, bytesOfText(name), &score) == (x != NULL));
    ck_assert(zsetRank(m->e, bytesOfText(name), false, &rank, &ranked) == (x != NULL));
    ck_assert(zsetRank(m->e, bytesOfText(name), true, &back, NULL) == (x != NULL));
    if (!x) return;
    ck_assert(score == x->score);
    ck_assert(ranked == x->score);
    ck_assert_uint_eq(rank, (size_t)(x - m->rows));
    ck_assert_uint_eq(back, m->count - 1 - rank);
}

static void expectSpan(model *m, zsetSpan span, bool reverse) {
    zsetIterator it;
    zsetIteratorInit(&it, m->e, span, reverse);
    zsetMember x;
    for (size_t i = 0; i < span.count; i++) {
        const row *y = &m->rows[reverse ? span.start + span.count - 1 - i : span.start + i];
        ck_assert(zsetIteratorNext(&it, &x));
        ck_assert(x.score == y->score);
        ck_assert(bytesEqual(x.name, nameOf(y)));
    }
    ck_assert(!zsetIteratorNext(&it, &x));
}

/* The span between the first row for which 'from' and the first for which 'to' holds. */
static zsetSpan scoreSpan(const model *m, const zsetScoreRange *r) {
    zsetSpan span = {0, 0};
    while (span.start < m->count && (m->rows[span.start].score < r->min ||
                                     (r->without_min && m->rows[span.start].score == r->min)))
        span.start++;
    size_t end = span.start;
    while (end < m->count &&
           (m->rows[end].score < r->max || (!r->without_max && m->rows[end].score == r->max)))
        end++;
    span.count = end - span.start;
    return span;
}

static bool isBehind(const row *x, const zsetLexBound *b, bool upper) {
    if (b->kind == ZSET_LEX_FIRST) return true;
    if (b->kind == ZSET_LEX_LAST) return false;
    int order = bytesCompare(nameOf(x), b->member);
    return order > 0 || (order == 0 && (b->kind == ZSET_LEX_WITH) != upper);
}

static zsetSpan lexSpan(const model *m, const zsetLexRange *r) {
    zsetSpan span = {0, 0};
    while (span.start < m->count && !isBehind(&m->rows[span.start], &r->min, false)) span.start++;
    size_t end = span.start;
    while (end < m->count && !isBehind(&m->rows[end], &r->max, true)) end++;
    span.count = end - span.start;
    return span;
}

static zsetSpan anySpan(model *m) {
    char names[2][NAME_MAX_BYTES];
    anyName(m, names[0]);
    anyName(m, names[1]);
    zsetScoreRange scores = {anyScore(m), anyScore(m), rngBelow(&m->r, 2), rngBelow(&m->r, 2)};
    zsetLexRange lex = {{(int)rngBelow(&m->r, 4), bytesOfText(names[0])},
                        {(int)rngBelow(&m->r, 4), bytesOfText(names[1])}};
    zsetSpan wanted, got;
    if (m->equal_scores && rngBelow(&m->r, 2)) {
        wanted = lexSpan(m, &lex);
        got = zsetSpanOfLex(m->e, &lex);
    } else if (rngBelow(&m->r, 2)) {
        wanted = scoreSpan(m, &scores);
        got = zsetSpanOfScores(m->e, &scores);
    } else {
        size_t start = rngBelow(&m->r, m->count + 1);
        wanted = (zsetSpan){start, rngBelow(&m->r, m->count - start + 1)};
        if (!wanted.count) return wanted;
        int64_t back = rngBelow(&m->r, 2) ? (int64_t)m->count : 0;
        got = zsetSpanOfRanks(m->e, (int64_t)start - back,
                              (int64_t)(start + wanted.count) - 1 - back, false);
    }
    ck_assert_uint_eq(got.count, wanted.count);
    if (wanted.count) ck_assert_uint_eq(got.start, wanted.start);
    return got;
}

static void modelRange(model *m) {
    zsetSpan span = anySpan(m);
    bool reverse = rngBelow(&m->r, 2);
    if (rngBelow(&m->r, 2)) {
        int64_t offset = (int64_t)rngBelow(&m->r, 10) - 1, limit = (int64_t)rngBelow(&m->r, 20) - 1;
        size_t skip = offset < 0 || (size_t)offset > span.count ? span.count : (size_t)offset;
        size_t left = span.count - skip;
        if (limit >= 0 && (size_t)limit < left) left = (size_t)limit;
        zsetSpan cut = zsetSpanLimit(span, offset, limit, reverse);
        ck_assert_uint_eq(cut.count, left);
        if (left)
            ck_assert_uint_eq(cut.start,
                              reverse ? span.start + span.count - skip - left : span.start + skip);
        span = cut;
    }
    expectSpan(m, span, reverse);
    if (rngBelow(&m->r, 20)) return;
    entry *copy = zsetCopySpan(BYTES("copy"), m->e, span, &m->limits);
    ck_assert_uint_eq(zsetCount(copy), span.count);
    entryFree(copy);
    zsetRemoveSpan(m->e, span);
    m->count -= span.count;
    memmove(&m->rows[span.start], &m->rows[span.start + span.count],
            (m->count - span.start) * sizeof *m->rows);
}

static void modelMove(model *m) {
    static const slabKind kinds[] = {SLAB_ZSET_ITEM, SLAB_TREE_NODE, SLAB_BLOB};
    for (int i = 0; i < 3; i++) slabPassBegin(kinds[i]);
    uint64_t cursor = 0;
    const valueOps *ops = valueOpsOf(TYPE_ZSET, entryEncoding(m->e));
    do entrySetPointer(m->e, entryEncoding(m->e), ops->move(entryPointer(m->e), &cursor));
    while (cursor);
    for (int i = 0; i < 3; i++) slabPassEnd(kinds[i]);
}

typedef struct seen {
    model *m;
    bool *marks;
    size_t count;
} seen;

static void seeMember(void *ctx, zsetMember x) {
    seen *s = ctx;
    char name[NAME_MAX_BYTES] = {0};
    memcpy(name, x.name.data, x.name.size);
    const row *y = modelFind(s->m, name);
    ck_assert_ptr_nonnull(y);
    ck_assert(y->score == x.score);
    s->count += !s->marks[y - s->m->rows];
    s->marks[y - s->m->rows] = true;
}

static void modelVisit(model *m) {
    seen s = {.m = m, .marks = memCalloc(m->count + 1, 1)};
    uint64_t cursor = 0;
    do cursor = zsetScan(m->e, cursor, seeMember, &s);
    while (cursor);
    ck_assert_uint_eq(s.count, m->count);
    memset(s.marks, 0, m->count);
    s.count = 0;
    size_t wanted = rngBelow(&m->r, m->count + 1);
    zsetSample(m->e, wanted, &m->r, seeMember, &s);
    ck_assert_uint_eq(s.count, wanted); /* all different */
    char scratch[NUM_INT_MAX];
    if (m->count) seeMember(&s, zsetRandom(m->e, &m->r, scratch));
    memFree(s.marks);
}

static void modelCompare(model *m) {
    ck_assert_uint_eq(zsetCount(m->e), m->count);
    expectSpan(m, zsetWhole(m->e), false);
    expectSpan(m, zsetWhole(m->e), true);
    if (entryEncoding(m->e) == ENCODING_SKIPLIST) {
        const zset *z = entryPointer(m->e);
        btreeCheck(z->order);
        dictCheck(z->members);
        size_t item_bytes = 0;
        for (size_t i = 0; i < m->count; i++)
            item_bytes += slabGoodSize(zsetItemBytes(nameOf(&m->rows[i]).size));
        ck_assert_uint_eq(z->item_bytes, item_bytes);
    } else {
        ck_assert(listpackValidate(listpackBytes(entryPointer(m->e)), NULL, NULL));
        ck_assert_int_le((int64_t)m->count, m->limits.zset_listpack_entries);
    }
    entry *copy = entryCopy(m->e, BYTES("copy"));
    entry *other = m->e;
    m->e = copy;
    expectSpan(m, zsetWhole(copy), false);
    m->e = other;
    const valueOps *ops = valueOpsOf(TYPE_ZSET, entryEncoding(m->e));
    uint64_t digest = ops->digest(entryPointer(m->e));
    if (entryEncoding(copy) == ENCODING_LISTPACK) {
        zsetToTree(copy);
        ck_assert_uint_eq(zsetTreeOps.digest(entryPointer(copy)), digest);
    }
    zsetAdd(copy, BYTES("another"), 1, &m->limits);
    ck_assert_uint_ne(valueOpsOf(TYPE_ZSET, entryEncoding(copy))->digest(entryPointer(copy)),
                      digest);
    entryFree(copy);
}

static void modelClear(model *m) {
    void *value = entryPointer(m->e);
    if (entryEncoding(m->e) == ENCODING_SKIPLIST && rngBelow(&m->r, 2)) {
        entrySetPointer(m->e, ENCODING_SKIPLIST, NULL);
        while (!zsetTreeOps.freeStep(value, 10)) {
        }
    }
    entryFree(m->e);
    memFree(m->rows);
}

static void runModel(uint64_t seed, uint64_t rounds) {
    size_t used = memUsed();
    model m;
    modelInit(&m, seed);
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t growth = 20 + rngBelow(&m.r, 70);
        for (int i = 0; i < 150; i++) {
            uint64_t dice = rngBelow(&m.r, 100);
            if (dice < growth)
                modelAdd(&m);
            else if (dice < 92)
                modelRemove(&m);
            else if (dice < 96)
                modelAsk(&m);
            else
                modelRange(&m);
        }
        if (rngBelow(&m.r, 2)) modelMove(&m);
        modelVisit(&m);
        modelCompare(&m);
    }
    modelClear(&m);
    ck_assert_uint_eq(memUsed(), used);
}

START_TEST(behavesLikeASortedArray) {
    uint64_t seed = suiteSeed();
    for (uint64_t i = 0; i < suiteRounds(30); i++) runModel(seed + i, 12);
}
END_TEST

/* ---- algebra ---- */

static entry *anySource(model *m, rng *r) {
    switch (rngBelow(r, 4)) {
    case 0: return NULL;
    case 1: {
        entry *e = setNew(BYTES("set"), BYTES("m1"), 1, &m->limits);
        for (uint64_t i = rngBelow(r, 100); i--;) {
            char name[NAME_MAX_BYTES];
            anyName(m, name);
            setAdd(e, bytesOfText(name), &m->limits);
        }
        return e;
    }
    default: {
        entry *e = zsetNew(BYTES("zset"), BYTES("m1"), 1, &m->limits);
        for (uint64_t i = rngBelow(r, 2) ? rngBelow(r, 100) : 10; i--;) {
            char name[NAME_MAX_BYTES];
            anyName(m, name);
            zsetAdd(e, bytesOfText(name), (double)rngBelow(r, 16) - 8, &m->limits);
        }
        return e;
    }
    }
}

static bool sourceHas(const entry *e, bytes name, double *score) {
    *score = 1;
    if (!e) return false;
    return entryType(e) == TYPE_SET ? setHas(e, name) : zsetScore(e, name, score);
}

/* How many sources have the member, and what its scores come to. */
static size_t aggregateNaively(const zsetSource *sources, size_t count, zsetAggregate how,
                               bytes name, double *total) {
    size_t has = 0;
    double score;
    for (size_t i = 0; i < count; i++) {
        if (!sourceHas(sources[i].e, name, &score)) continue;
        double one = sources[i].weight * (how == ZSET_COUNT ? 1 : score);
        if (!has++)
            *total = one;
        else if (how == ZSET_MIN)
            *total = one < *total ? one : *total;
        else if (how == ZSET_MAX)
            *total = one > *total ? one : *total;
        else
            *total += one;
    }
    return has;
}

/* Small whole scores and weights: no order of adding counts. */
static void runAlgebra(uint64_t seed) {
    model m;
    modelInit(&m, seed);
    m.names = 120;
    enum { SOURCES_MAX = 5 };
    entry *entries[SOURCES_MAX];
    zsetSource sources[SOURCES_MAX];
    size_t count = 1 + rngBelow(&m.r, SOURCES_MAX);
    for (size_t i = 0; i < count; i++) {
        entries[i] = i && rngBelow(&m.r, 6) == 0 ? NULL : anySource(&m, &m.r);
        sources[i] = (zsetSource){entries[i], (double)rngBelow(&m.r, 5) - 2};
    }
    if (count > 1 && rngBelow(&m.r, 4) == 0) sources[1].e = sources[0].e;
    zsetAggregate how = (zsetAggregate)rngBelow(&m.r, 4);
    zsetSource given[SOURCES_MAX];
#define WORKED_ON (memcpy(given, sources, sizeof given), given)
    entry *all = zsetUnion(BYTES("all"), WORKED_ON, count, how, &m.limits);
    entry *common = zsetIntersection(BYTES("common"), WORKED_ON, count, how, &m.limits);
    entry *rest = zsetDifference(BYTES("rest"), WORKED_ON, count, &m.limits);
    size_t in_all = 0, in_common = 0, in_rest = 0;
    for (unsigned n = 0; n < m.names; n++) {
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, n % 3 ? "m%u" : n % 2 ? "member:%09u" : "%u", n);
        double total = 0, of_first = 0, got;
        size_t has = aggregateNaively(sources, count, how, bytesOfText(name), &total);
        bool first = sourceHas(sources[0].e, bytesOfText(name), &of_first);
        bool others = has > first;
        ck_assert(zsetScore(all, bytesOfText(name), &got) == (has > 0));
        if (has) ck_assert(got == total);
        in_all += has > 0;
        ck_assert(zsetScore(common, bytesOfText(name), &got) == (has == count));
        if (has == count) ck_assert(got == total);
        in_common += has == count;
        ck_assert(zsetScore(rest, bytesOfText(name), &got) == (first && !others));
        if (first && !others) ck_assert(got == of_first);
        in_rest += first && !others;
    }
    ck_assert_uint_eq(zsetCount(all), in_all);
    ck_assert_uint_eq(zsetCount(common), in_common);
    ck_assert_uint_eq(zsetCount(rest), in_rest);
    ck_assert_uint_eq(zsetIntersectionCount(WORKED_ON, count, 0), in_common);
    ck_assert_uint_eq(zsetIntersectionCount(WORKED_ON, count, 3), in_common < 3 ? in_common : 3);
    const entry *results[] = {all, common, rest};
    for (int i = 0; i < 3; i++) {
        zsetIterator it;
        zsetIteratorInit(&it, results[i], zsetWhole(results[i]), false);
        double last = -INFINITY;
        for (zsetMember x; zsetIteratorNext(&it, &x); last = x.score) ck_assert(x.score >= last);
        if (entryEncoding(results[i]) == ENCODING_SKIPLIST) {
            btreeCheck(((const zset *)entryPointer(results[i]))->order);
            dictCheck(((const zset *)entryPointer(results[i]))->members);
        }
        entryFree((entry *)(uintptr_t)results[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (entries[i]) entryFree(entries[i]);
    modelClear(&m);
}

START_TEST(algebraIsThatOfMembersOneByOne) {
    uint64_t seed = suiteSeed();
    for (uint64_t i = 0; i < suiteRounds(200); i++) runAlgebra(seed + i);
}
END_TEST

TESTS("t_zset model", behavesLikeASortedArray, algebraIsThatOfMembersOneByOne)
