/* Random adding, deleting, trimming, delivering and claiming against plain arrays, with small
 * nodes, with moves between any two steps, and with copies freed in slices. */
#include "storage/base/rng.h"
#include "storage/base/slab.h"
#include "storage/types/t_stream_group.h"
#include "tests/support/suite.h"

enum { ENTRIES = 4096, FIELDS = 3, GROUPS = 3, CONSUMERS = 4, PENDING = 4096, TEXT = 24 };

typedef struct modelEntry {
    streamId id;
    size_t fields;
    char text[2 * FIELDS][TEXT];
} modelEntry;

typedef struct modelPending {
    streamId id;
    int owner; /* -1: given back */
    int64_t at_ms, deliveries;
    uint64_t order; /* of giving back */
} modelPending;

typedef struct modelGroup {
    bool there;
    streamId last_id;
    bool consumers[CONSUMERS];
    modelPending pending[PENDING];
    size_t count;
} modelGroup;

static modelEntry entries[ENTRIES];
static size_t count;
static modelGroup groups[GROUPS];
static stream *s;
static rng r;
static streamId last_id, max_deleted;
static uint64_t added, next_order;
static int64_t now_ms;

static uint64_t below(uint64_t n) {
    return rngBelow(&r, n);
}

static bytes groupName(size_t i) {
    static const char *const names[GROUPS] = {"a", "beta", ""};
    return bytesOfText(names[i]);
}

static bytes consumerName(size_t i) {
    static const char *const names[CONSUMERS] = {"x", "consumer", "1", ""};
    return bytesOfText(names[i]);
}

/* ---- entries ---- */

static size_t firstFrom(streamId id) {
    size_t i = 0;
    while (i < count && streamIdCompare(entries[i].id, id) < 0) i++;
    return i;
}

static void dropEntries(size_t at, size_t n) {
    memmove(entries + at, entries + at + n, (count - at - n) * sizeof *entries);
    count -= n;
}

static streamId someId(void) {
    if (count && below(4)) {
        streamId id = entries[below(count)].id;
        if (!below(4)) streamIdUp(&id);
        if (!below(4)) streamIdDown(&id);
        return id;
    }
    return below(2) ? STREAM_ID_MAX : (streamId){below(last_id.ms + 3), below(4)};
}

static void addOne(const typeLimits *limits) {
    modelEntry e = {.fields = 1 + below(FIELDS)};
    bytes pairs[2 * FIELDS];
    for (size_t i = 0; i < 2 * e.fields; i++) {
        if (i % 2 == 0)
            snprintf(e.text[i], TEXT, "field%d", (int)(below(4) ? i : below(3)));
        else if (below(2))
            snprintf(e.text[i], TEXT, "%lld", (long long)(int64_t)(rngNext(&r) >> below(64)));
        else
            snprintf(e.text[i], TEXT, "%.*s", (int)below(20), "some text of any size");
        pairs[i] = bytesOfText(e.text[i]);
    }
    e.id = last_id;
    if (below(2))
        e.id.seq += 1 + below(3);
    else
        e.id = (streamId){e.id.ms + 1 + below(300), below(3)};
    ck_assert_int_eq(streamAdd(s, last_id, pairs, e.fields, limits), STREAM_ID_SMALL);
    ck_assert_int_eq(streamAdd(s, e.id, pairs, e.fields, limits), STREAM_ADDED);
    last_id = e.id;
    added++;
    if (count == ENTRIES) {
        ck_assert(streamDelete(s, entries[0].id));
        if (streamIdCompare(entries[0].id, max_deleted) > 0) max_deleted = entries[0].id;
        dropEntries(0, 1);
    }
    entries[count++] = e;
}

static void deleteOne(void) {
    streamId id = someId();
    size_t at = firstFrom(id);
    bool there = at < count && streamIdEqual(entries[at].id, id);
    ck_assert_int_eq(streamHas(s, id), there);
    ck_assert_int_eq(streamDelete(s, id), there);
    if (!there) return;
    if (streamIdCompare(id, max_deleted) > 0) max_deleted = id;
    dropEntries(at, 1);
}

static bool isAcked(streamId id) {
    for (size_t i = 0; i < GROUPS; i++) {
        const modelGroup *g = &groups[i];
        if (!g->there) continue;
        if (streamIdCompare(id, g->last_id) > 0) return false;
        for (size_t k = 0; k < g->count; k++)
            if (streamIdEqual(g->pending[k].id, id)) return false;
    }
    return true;
}

static void dropPending(modelGroup *g, size_t at) {
    memmove(g->pending + at, g->pending + at + 1, (g->count - at - 1) * sizeof *g->pending);
    g->count--;
}

static void dropRefs(streamId id) {
    for (size_t i = 0; i < GROUPS; i++)
        for (size_t k = 0; k < groups[i].count; k++)
            if (streamIdEqual(groups[i].pending[k].id, id)) dropPending(&groups[i], k);
}

static void trim(void) {
    streamTrimRule rule = {
        .by_id = below(2), .approximate = !below(3), .refs = (streamRefs)below(3)};
    rule.min_id = someId();
    if (streamIdEqual(rule.min_id, STREAM_ID_MAX) && below(8)) rule.min_id = STREAM_ID_ZERO;
    rule.max_length = below(8) ? count - count * below(8) / 64 : below(count + 2);
    size_t before = count, wanted = 0;
    for (size_t i = 0; i < count;) {
        bool wants =
            rule.by_id ? streamIdCompare(entries[i].id, rule.min_id) < 0 : count > rule.max_length;
        if (!wants) break;
        wanted++;
        if (rule.approximate) {
            i++;
            if (!rule.by_id && before - wanted <= rule.max_length) break;
            continue;
        }
        if (rule.refs == STREAM_ACKED_ONLY && !isAcked(entries[i].id)) {
            i++;
            continue;
        }
        if (rule.refs == STREAM_DELETE_REFS) dropRefs(entries[i].id);
        dropEntries(i, 1);
    }
    uint64_t gone = streamTrim(s, &rule);
    if (!rule.approximate) {
        ck_assert_uint_eq(gone, before - count);
        return;
    }
    /* Which nodes go is the stream's business: only from the front, and no more than wanted. */
    ck_assert_uint_le(gone, wanted);
    for (size_t i = 0; i < count;) {
        if (streamHas(s, entries[i].id)) {
            if (rule.refs != STREAM_ACKED_ONLY) break;
            i++;
            continue;
        }
        if (rule.refs == STREAM_ACKED_ONLY) ck_assert(isAcked(entries[i].id));
        if (rule.refs == STREAM_DELETE_REFS) dropRefs(entries[i].id);
        dropEntries(i, 1);
    }
    ck_assert_uint_eq(before - count, gone);
}

static void checkEntry(streamIterator *it, const modelEntry *e) {
    ck_assert(streamIdEqual(it->id, e->id));
    ck_assert_uint_eq(it->fields, e->fields);
    /* A reader may leave fields. */
    size_t take = below(8) ? e->fields : below(e->fields + 1);
    for (size_t i = 0; i < take; i++) {
        listpackValue pair[2];
        streamIteratorField(it, &pair[0], &pair[1]);
        for (size_t k = 0; k < 2; k++) {
            char scratch[NUM_INT_MAX];
            bytes text = pair[k].text;
            if (!text.data) text = bytesOf(scratch, numFormatInt(scratch, pair[k].number));
            ck_assert(bytesEqual(text, bytesOfText(e->text[2 * i + k])));
        }
    }
}

static void readRange(const stream *of, streamId from, streamId to, bool backwards) {
    size_t first = firstFrom(from), end = first;
    while (end < count && streamIdCompare(entries[end].id, to) <= 0) end++;
    streamIterator it;
    streamIteratorInit(&it, of, from, to, backwards);
    for (size_t i = first; i < end; i++) {
        ck_assert(streamIteratorNext(&it));
        checkEntry(&it, &entries[backwards ? end - 1 - (i - first) : i]);
    }
    ck_assert(!streamIteratorNext(&it));
    ck_assert(!streamIteratorNext(&it));
}

/* ---- groups ---- */

static modelPending *findPending(modelGroup *g, streamId id) {
    for (size_t i = 0; i < g->count; i++)
        if (streamIdEqual(g->pending[i].id, id)) return &g->pending[i];
    return NULL;
}

static void insertPending(modelGroup *g, modelPending p) {
    size_t at = 0;
    while (at < g->count && streamIdCompare(g->pending[at].id, p.id) < 0) at++;
    memmove(g->pending + at + 1, g->pending + at, (g->count - at) * sizeof p);
    g->pending[at] = p;
    g->count++;
}

static streamConsumer *openConsumer(streamGroup *g, modelGroup *m, size_t i) {
    streamConsumer *c = streamConsumerFind(g, consumerName(i));
    ck_assert_int_eq(c != NULL, m->consumers[i]);
    m->consumers[i] = true;
    return c ? c : streamConsumerCreate(s, g, consumerName(i), now_ms);
}

static void deliver(streamGroup *g, modelGroup *m, int to) {
    streamConsumer *c = openConsumer(g, m, (size_t)to);
    streamId from = m->last_id;
    if (!streamIdUp(&from)) return;
    streamIterator it;
    streamIteratorInit(&it, s, from, STREAM_ID_MAX, false);
    for (uint64_t left = below(20); left && m->count < PENDING && streamIteratorNext(&it); left--) {
        streamGroupDeliver(s, g, it.id);
        m->last_id = it.id;
        modelPending *known = findPending(m, it.id);
        ck_assert_int_eq(streamPendingFind(g, it.id) != NULL, known != NULL);
        if (known) {
            streamPendingAssign(g, streamPendingFind(g, it.id), c, now_ms, 1);
            *known = (modelPending){it.id, to, now_ms, 1, 0};
        } else {
            streamPendingAdd(s, g, c, it.id, now_ms, 1);
            insertPending(m, (modelPending){it.id, to, now_ms, 1, 0});
        }
    }
}

static void handOver(streamGroup *g, modelGroup *m) {
    if (!m->count) return;
    modelPending *known = &m->pending[below(m->count)];
    streamPending *p = streamPendingFind(g, known->id);
    ck_assert_ptr_nonnull(p);
    if (below(3)) {
        int to = (int)below(CONSUMERS);
        int64_t at_ms = now_ms - (int64_t)below(100);
        streamPendingAssign(g, p, openConsumer(g, m, (size_t)to), at_ms, p->deliveries + 1);
        *known = (modelPending){known->id, to, at_ms, known->deliveries + 1, 0};
    } else {
        streamPendingGiveBack(g, p, p->deliveries);
        *known = (modelPending){known->id, -1, 0, known->deliveries, next_order++};
    }
}

static void ack(streamGroup *g, modelGroup *m) {
    streamId id = m->count && below(8) ? m->pending[below(m->count)].id : someId();
    modelPending *known = findPending(m, id);
    ck_assert_int_eq(streamPendingRemove(s, g, id), known != NULL);
    if (known) dropPending(m, (size_t)(known - m->pending));
}

static void removeConsumer(streamGroup *g, modelGroup *m) {
    int who = (int)below(CONSUMERS);
    int64_t had = 0;
    for (size_t i = 0; i < m->count;) {
        if (m->pending[i].owner != who) {
            i++;
            continue;
        }
        dropPending(m, i);
        had++;
    }
    if (!m->consumers[who]) had = -1;
    m->consumers[who] = false;
    ck_assert_int_eq(streamConsumerRemove(s, g, consumerName((size_t)who)), had);
}

static bool isOlder(const modelPending *a, const modelPending *b) {
    if ((a->owner < 0) != (b->owner < 0)) return a->owner < 0;
    if (a->owner < 0) return a->order < b->order;
    if (a->at_ms != b->at_ms) return a->at_ms < b->at_ms;
    return streamIdCompare(a->id, b->id) < 0;
}

static void checkAges(streamGroup *g, const modelGroup *m) {
    const modelPending *before = NULL;
    for (btreeAt at = streamPendingByAge(g); at.leaf; at = btreeNext(at)) {
        const modelPending *next = NULL;
        for (size_t i = 0; i < m->count; i++)
            if ((!before || isOlder(before, &m->pending[i])) &&
                (!next || isOlder(&m->pending[i], next)))
                next = &m->pending[i];
        ck_assert_ptr_nonnull(next);
        ck_assert(streamIdEqual(streamPendingAt(at)->id, next->id));
        before = next;
    }
}

static void checkGroup(const stream *of, size_t which) {
    const modelGroup *m = &groups[which];
    const streamGroup *g = streamGroupFind(of, groupName(which));
    ck_assert_int_eq(g != NULL, m->there);
    if (!g) return;
    ck_assert(streamIdEqual(g->last_id, m->last_id));
    ck_assert_uint_eq(btreeCount(g->pending), m->count);
    btreeAt at = btreeFirst(g->pending);
    for (size_t i = 0; i < m->count; i++, at = btreeNext(at)) {
        const streamPending *p = streamPendingAt(at);
        const streamConsumer *owner = streamPendingOwner(p);
        ck_assert(streamIdEqual(p->id, m->pending[i].id));
        ck_assert_int_eq(p->delivered_ms, m->pending[i].at_ms);
        ck_assert_int_eq(p->deliveries, m->pending[i].deliveries);
        if (m->pending[i].owner < 0)
            ck_assert_ptr_null(owner);
        else
            ck_assert_ptr_eq(owner,
                             streamConsumerFind(g, consumerName((size_t)m->pending[i].owner)));
    }
}

static void useGroup(void) {
    size_t which = below(GROUPS);
    modelGroup *m = &groups[which];
    streamGroup *g = streamGroupFind(s, groupName(which));
    if (!g) {
        ck_assert(!m->there);
        m->last_id = below(2) ? STREAM_ID_ZERO : last_id;
        m->there = true;
        ck_assert(streamGroupCreate(s, groupName(which), m->last_id, STREAM_READ_UNKNOWN));
        ck_assert_ptr_null(streamGroupCreate(s, groupName(which), last_id, 0));
        return;
    }
    switch (below(16)) {
    case 0: removeConsumer(g, m); break;
    case 1:
        if (below(8)) break;
        streamOps.free(streamGroupDetach(s, groupName(which)));
        memset(m, 0, sizeof *m);
        break;
    case 2: g->last_id = m->last_id = someId(); break;
    case 3:
        if (m->count < 60) checkAges(g, m);
        break;
    case 4:
    case 5:
    case 6: ack(g, m); break;
    case 7:
    case 8:
    case 9: handOver(g, m); break;
    default: deliver(g, m, (int)below(CONSUMERS)); break;
    }
}

/* ---- the value as a whole ---- */

static void moveAll(void) {
    slabPassBegin(SLAB_TREE_NODE);
    slabPassBegin(SLAB_BLOB);
    uint64_t cursor = 0;
    size_t steps = 0;
    do {
        s = streamOps.move(s, &cursor);
        ck_assert_uint_lt(++steps, 1000000);
    } while (cursor);
    slabPassEnd(SLAB_TREE_NODE);
    slabPassEnd(SLAB_BLOB);
}

static void checkAll(const stream *of) {
    streamCheck(of);
    ck_assert_uint_eq(streamLength(of), count);
    ck_assert_uint_eq(streamEntriesAdded(of), added);
    ck_assert(streamIdEqual(streamLastId(of), last_id));
    ck_assert(streamIdEqual(streamMaxDeletedId(of), max_deleted));
    ck_assert(streamIdEqual(streamFirstId(of), count ? entries[0].id : STREAM_ID_ZERO));
    streamId last = count ? entries[count - 1].id : STREAM_ID_ZERO;
    ck_assert(streamIdEqual(streamLastEntryId(of), last));
    readRange(of, STREAM_ID_ZERO, STREAM_ID_MAX, false);
    readRange(of, STREAM_ID_ZERO, STREAM_ID_MAX, true);
    for (size_t i = 0; i < GROUPS; i++) checkGroup(of, i);
}

static void copyAndFree(void) {
    stream *copy = streamOps.copy(s);
    checkAll(copy);
    ck_assert_uint_eq(streamOps.digest(copy), streamOps.digest(s));
    ck_assert_uint_eq(streamOps.parts(copy), streamOps.parts(s));
    size_t steps = 0;
    while (!streamOps.freeStep(copy, 1 + below(100))) ck_assert_uint_lt(++steps, 1000000);
}

static void reset(void) {
    memset(groups, 0, sizeof groups);
    count = 0;
    last_id = max_deleted = STREAM_ID_ZERO;
    added = next_order = 0;
    now_ms = 1000000;
    s = streamNew();
}

START_TEST(randomUseAgreesWithArrays) {
    rngSeed(&r, suiteSeed());
    for (uint64_t round = suiteRounds(5); round; round--) {
        reset();
        typeLimits limits = TYPE_LIMITS_DEFAULT;
        limits.stream_node_entries = below(4) ? (int64_t)(1 + below(12)) : 0;
        limits.stream_node_bytes = below(4) ? (int64_t)(40 + below(400)) : 4096;
        uint64_t adds = 1 + below(6);
        for (int step = 0; step < 2500; step++) {
            now_ms += (int64_t)below(3);
            uint64_t what = below(10 + adds);
            if (what >= 10)
                addOne(&limits);
            else if (what < 2)
                deleteOne();
            else if (what == 2 && !below(8))
                trim();
            else if (what == 3)
                readRange(s, someId(), someId(), below(2));
            else
                useGroup();
            if (!below(64)) moveAll();
            if (!below(64)) checkAll(s);
            if (!below(500)) copyAndFree();
        }
        checkAll(s);
        streamOps.free(s);
    }
    ck_assert_uint_eq(slabStatsOf(SLAB_TREE_NODE).items, 0);
}
END_TEST

TESTS("t_stream model", randomUseAgreesWithArrays)
