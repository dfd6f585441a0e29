#include "storage/types/t_set_ops.h"

#include <stdlib.h>

#include "storage/base/ensure.h"
#include "storage/types/t_hll.h"
#include "storage/types/t_set_internal.h"

enum { GROUP = 16 };

/* ---- a member that is looked for in several sets ---- */

/* What it is in each form is worked out when first asked for. */
typedef struct probe {
    setMember member;
    bytes text;
    int64_t number;
    uint64_t hash;
    bool has_text, has_hash, knows_number, is_number;
    char digits[NUM_INT_MAX];
} probe;

static void probeInit(probe *p, setMember m) {
    p->member = m;
    p->has_text = p->has_hash = p->knows_number = false;
}

static bytes probeText(probe *p) {
    if (!p->has_text) p->text = setMemberText(p->member, p->digits);
    p->has_text = true;
    return p->text;
}

static keyRef probeKey(probe *p) {
    bytes text = probeText(p);
    if (!p->has_hash) p->hash = hashBytes(text);
    p->has_hash = true;
    return (keyRef){text, p->hash};
}

static bool probeNumber(probe *p, int64_t *number) {
    if (!p->knows_number) {
        p->is_number = !p->member.text.data || numParseInt(p->member.text, &p->number);
        if (!p->member.text.data) p->number = p->member.number;
        p->knows_number = true;
    }
    *number = p->number;
    return p->is_number;
}

static bool isIn(const entry *set, probe *p) {
    const void *value = entryPointer(set);
    int64_t number;
    switch (entryEncoding(set)) {
    case ENCODING_INTSET: return probeNumber(p, &number) && intsetHas(value, number);
    case ENCODING_LISTPACK: return listpackFind(value, listpackFirst(value), probeText(p), 0);
    case ENCODING_DICT: return dictFind(value, probeKey(p));
    default: unreachable();
    }
}

/* ---- filtering one set by others ---- */

static void fetch(const dict *d, probe *const *live, size_t count) {
    for (size_t i = 0; i < count; i++) dictPrefetchBucket(d, probeKey(live[i]).hash);
    for (size_t i = 0; i < count; i++) dictPrefetchItem(d, live[i]->hash);
}

/* Keeps of 'live' those that are in 'set', or are not; their number. */
static size_t keep(const entry *set, bool inside, probe **live, size_t count) {
    if (entryEncoding(set) == ENCODING_DICT) fetch(entryPointer(set), live, count);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (isIn(set, live[i]) == inside) live[kept++] = live[i];
    return kept;
}

/* Visits the members of 'base' that are in each of the others or, with 'inside' false, in none.
 * False if the visitor has heard enough. */
static bool filter(const entry *base, const entry *const *others, size_t count, bool inside,
                   setWanted visit, void *ctx) {
    setIterator it = setIteratorOf(base);
    probe probes[GROUP];
    probe *live[GROUP];
    size_t group;
    do {
        setMember m;
        for (group = 0; group < GROUP && setIteratorNext(&it, &m); group++) {
            probeInit(&probes[group], m);
            live[group] = &probes[group];
        }
        size_t left = group;
        for (size_t i = 0; left && i < count; i++) left = keep(others[i], inside, live, left);
        for (size_t i = 0; i < left; i++)
            if (!visit(ctx, live[i]->member)) return false;
    } while (group == GROUP);
    return true;
}

/* ---- order ---- */

static int bySize(const void *a, const void *b) {
    const entry *x = *(const entry *const *)a, *y = *(const entry *const *)b;
    size_t x_count = setCount(x), y_count = setCount(y);
    if (x_count != y_count) return x_count < y_count ? -1 : 1;
    return x == y ? 0 : (uintptr_t)x < (uintptr_t)y ? -1 : 1;
}

static int bySizeDescending(const void *a, const void *b) {
    return bySize(b, a);
}

/* Sorts, and leaves each set once; how many there are. */
static size_t arrange(const entry **sets, size_t count,
                      int (*compare)(const void *a, const void *b)) {
    if (count < 2) return count;
    qsort(sets, count, sizeof *sets, compare);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (sets[i] != sets[kept - 1]) sets[kept++] = sets[i];
    return kept;
}

/* ---- the operations ---- */

void setIntersect(const entry **sets, size_t count, setWanted visit, void *ctx) {
    ensure(count > 0);
    count = arrange(sets, count, bySize);
    filter(sets[0], sets + 1, count - 1, true, visit, ctx);
}

/* A set for what must be remembered: a dict from the start. */
static entry *newMemory(void) {
    return setNew(BYTES(""), BYTES(""), SIZE_MAX, &TYPE_LIMITS_DEFAULT);
}

typedef struct newcomers {
    entry *seen;
    setWanted visit;
    void *ctx;
} newcomers;

static bool visitNewcomer(void *ctx, setMember m) {
    const newcomers *n = ctx;
    char scratch[NUM_INT_MAX];
    if (!setAdd(n->seen, setMemberText(m, scratch), &TYPE_LIMITS_DEFAULT)) return true;
    return n->visit(n->ctx, m);
}

/* Of the sets, arranged: what the largest, which is the first, does not have. */
static void uniteOthers(const entry **sets, size_t count, setWanted visit, void *ctx) {
    bool more = true;
    if (count <= SET_UNION_PLAIN) {
        for (size_t i = 1; more && i < count; i++)
            more = filter(sets[i], sets, i, false, visit, ctx);
        return;
    }
    newcomers n = {newMemory(), visit, ctx};
    for (size_t i = 1; more && i < count; i++)
        more = filter(sets[i], sets, 1, false, visitNewcomer, &n);
    entryFree(n.seen);
}

void setUnite(const entry **sets, size_t count, setWanted visit, void *ctx) {
    count = arrange(sets, count, bySizeDescending);
    if (count && filter(sets[0], NULL, 0, false, visit, ctx)) uniteOthers(sets, count, visit, ctx);
}

typedef struct counting {
    uint64_t count, limit;
} counting;

static bool countOne(void *ctx, setMember m) {
    counting *c = ctx;
    (void)m;
    return ++c->count < c->limit;
}

uint64_t setUnionCount(const entry **sets, size_t count, uint64_t limit) {
    if (!limit) limit = UINT64_MAX;
    count = arrange(sets, count, bySizeDescending);
    counting c = {count ? setCount(sets[0]) : 0, limit};
    if (c.count < limit) uniteOthers(sets, count, countOne, &c);
    return c.count < limit ? c.count : limit;
}

void setSubtract(const entry **sets, size_t count, setWanted visit, void *ctx) {
    ensure(count > 0);
    const entry *base = sets[0];
    const entry **others = sets + 1;
    count = arrange(others, count - 1, bySizeDescending);
    size_t all_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (others[i] == base) return;
        all_count += setCount(others[i]);
    }
    /* Members that stay are looked for in every other set; to unite those takes two steps each. */
    if (count <= 2 || 2 * all_count >= setCount(base) * (count - 1)) {
        filter(base, others, count, false, visit, ctx);
        return;
    }
    entry *all = newMemory();
    for (size_t i = 0; i < count; i++) setAddSet(all, others[i], &TYPE_LIMITS_DEFAULT);
    filter(base, (const entry *[]){all}, 1, false, visit, ctx);
    entryFree(all);
}

uint64_t setUnionEstimate(const entry **sets, size_t count) {
    uint8_t raw[HLL_REGISTERS] = {0};
    count = arrange(sets, count, bySizeDescending);
    for (size_t i = 0; i < count; i++) {
        setIterator it = setIteratorOf(sets[i]);
        char scratch[NUM_INT_MAX];
        for (setMember m; setIteratorNext(&it, &m);) {
            hllRegister r = hllRegisterOf(setMemberText(m, scratch));
            if (r.value > raw[r.index]) raw[r.index] = r.value;
        }
    }
    return hllCountRaw(raw);
}
