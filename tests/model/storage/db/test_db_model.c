/* Random operations on a db against a naive map, under a manual clock, with shrinking, moving and
 * discarding in between; contents, deadlines and what the hooks told are compared. */
#include "storage/base/rng.h"
#include "storage/base/slab.h"
#include "storage/types/blob.h"
#include "tests/support/db_record.h"
#include "tests/support/fake_value.h"
#include "tests/support/suite.h"

enum { NAMES = 300, VALUE_MAX = 40000 };

typedef struct model {
    bool there;      /* in the db, if maybe past its deadline */
    bool collection; /* else a string */
    char *data;
    size_t size;
    int64_t deadline_ms;
} model;

static dbRecord record;
static model models[NAMES];
static char values[VALUE_MAX + 256];
static size_t want_added, want_removed[DB_MOVED + 1];
static rng random_state;
static dbDefrag defrag_at;

static uint64_t below(uint64_t bound) {
    return rngBelow(&random_state, bound);
}

/* Names of several sizes, so that entries of all classes have keys of all sizes. */
static bytes nameOf(size_t i, char *out) {
    int size = snprintf(out, 300, "key:%zu:", i);
    size_t extra = i % 7 == 0 ? 140 : i % 5;
    memset(out + size, 'k', extra);
    return bytesOf(out, (size_t)size + extra);
}

static bool isPast(const model *m) {
    return record.now_ms > m->deadline_ms;
}

static void forget(model *m, dbReason why) {
    memFree(m->data);
    *m = (model){.deadline_ms = DEADLINE_NONE};
    want_removed[why]++;
}

static void assign(model *m, bytes value) {
    char *copy = memAlloc(value.size + 1);
    if (value.size) memcpy(copy, value.data, value.size);
    memFree(m->data);
    m->data = copy;
    m->size = value.size;
    m->collection = false;
    m->there = true;
}

static bytes randomValue(char *number) {
    switch (below(6)) {
    case 0: return bytesOf(number, (size_t)snprintf(number, 32, "%lld", (long long)below(1 << 20)));
    case 1: return bytesOf(values + below(256), below(VALUE_MAX));
    case 2: return bytesOf(values + below(256), below(2000));
    default: return bytesOf(values + below(256), below(100));
    }
}

static int64_t randomDeadline(void) {
    return below(4) ? record.now_ms + (int64_t)below(3000) : DEADLINE_NONE;
}

static void checkOne(size_t i) {
    char name[300], scratch[32];
    keyRef key = keyRefOf(nameOf(i, name));
    const model *m = &models[i];
    const entry *e = dbPeek(record.d, key);
    ck_assert_int_eq(e != NULL, m->there);
    ck_assert_int_eq(dbLookup(record.d, key) != NULL, m->there && !isPast(m));
    if (!e) return;
    ck_assert_int_eq(entryDeadline(e), m->deadline_ms);
    ck_assert_int_eq(entryType(e) != TYPE_STRING, m->collection);
    if (!m->collection) ck_assert(bytesEqual(entryString(e, scratch), bytesOf(m->data, m->size)));
}

static size_t seen[NAMES];

static void countSeen(void *ctx, const entry *e) {
    (void)ctx;
    bytes name = entryKey(e);
    char digits[16] = {0};
    memcpy(digits, name.data + 4, name.size - 4 < 15 ? name.size - 4 : 15);
    seen[strtoul(digits, NULL, 10)]++;
}

static void checkAll(void) {
    size_t count = 0, expires = 0;
    int64_t next_ms = DEADLINE_NONE;
    memset(seen, 0, sizeof seen);
    uint64_t cursor = 0;
    do cursor = dbScan(record.d, cursor, countSeen, NULL);
    while (cursor);
    for (size_t i = 0; i < NAMES; i++) {
        const model *m = &models[i];
        checkOne(i);
        ck_assert_int_eq(seen[i] > 0, m->there);
        count += m->there;
        if (!m->there) continue;
        expires += m->deadline_ms != DEADLINE_NONE;
        if (m->deadline_ms < next_ms) next_ms = m->deadline_ms;
    }
    ck_assert_uint_eq(dbCount(record.d), count);
    ck_assert_uint_eq(dbExpiresCount(record.d), expires);
    ck_assert_int_eq(dbNextDeadline(record.d), next_ms);
    dbCheck(record.d);
}

/* What a call that opens a key does to one past its deadline. */
static void expireIfPast(model *m) {
    if (m->there && isPast(m)) forget(m, DB_EXPIRED);
}

static void doSet(keyRef key, model *m) {
    char number[32];
    bytes value = randomValue(number);
    bool keep = below(3) == 0;
    int64_t deadline_ms = below(2) ? randomDeadline() : DEADLINE_NONE;
    expireIfPast(m);
    if (!m->there)
        want_added++;
    else if (m->collection || m->size >= BLOB_MIN)
        want_removed[DB_OVERWRITTEN]++;
    if (keep)
        dbSetString(record.d, key, value, true);
    else if (deadline_ms == DEADLINE_NONE)
        dbSetString(record.d, key, value, false);
    else
        dbSetStringUntil(record.d, key, value, deadline_ms);
    if (!keep || !m->there) m->deadline_ms = keep ? DEADLINE_NONE : deadline_ms;
    assign(m, value);
}

static void doSetInt(keyRef key, model *m) {
    char digits[32];
    int64_t number = (int64_t)below(1000) - 500;
    expireIfPast(m);
    if (!m->there)
        want_added++;
    else if (m->collection || m->size >= BLOB_MIN)
        want_removed[DB_OVERWRITTEN]++;
    bool keep = m->there && below(2);
    dbSetInt(record.d, key, number, keep);
    if (!keep) m->deadline_ms = DEADLINE_NONE;
    assign(m, bytesOf(digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)number)));
}

static void doEdit(keyRef key, model *m) {
    expireIfPast(m);
    entry *e = dbOpen(record.d, key);
    ck_assert_int_eq(e != NULL, m->there);
    if (!e || m->collection) return;
    size_t size = below(3) ? m->size + below(40) : below(VALUE_MAX);
    if (size > VALUE_MAX) size = VALUE_MAX;
    char *data;
    e = dbEditString(record.d, key, e, size, &data);
    ck_assert_ptr_nonnull(e);
    char *copy = memCalloc(size + 1, 1);
    memcpy(copy, m->data, size < m->size ? size : m->size);
    assign(m, bytesOf(copy, size));
    memFree(copy);
    ck_assert_mem_eq(data, m->data, size);
    if (size) data[size / 2] = m->data[size / 2] = 'E';
}

static void doUpdate(keyRef key, model *m) {
    char text[32];
    expireIfPast(m);
    entry *e = dbOpen(record.d, key);
    if (!e || m->collection) return;
    if (below(2)) {
        dbUpdateInt(record.d, key, e, 12345);
        assign(m, BYTES("12345"));
        return;
    }
    bytes value = randomValue(text);
    dbUpdateString(record.d, key, e, value);
    assign(m, value);
}

static void doDeadline(keyRef key, model *m) {
    expireIfPast(m);
    entry *e = dbOpen(record.d, key);
    if (!e) return;
    m->deadline_ms = randomDeadline();
    e = dbSetDeadline(record.d, key, e, m->deadline_ms);
    ck_assert_ptr_eq(e, dbOpen(record.d, key));
}

static void doDelete(keyRef key, model *m) {
    bool live = m->there && !isPast(m);
    ck_assert_int_eq(dbDelete(record.d, key, DB_DELETED), live);
    if (m->there) forget(m, live ? DB_DELETED : DB_EXPIRED);
}

static void doCollection(keyRef key, model *m) {
    expireIfPast(m);
    if (dbOpen(record.d, key)) return;
    dbAddCollection(record.d, key, TYPE_SET, ENCODING_DICT, fakeNew(below(200)));
    want_added++;
    m->there = m->collection = true;
}

/* RENAME: out under one name, in under another. */
static void doRename(keyRef key, model *m) {
    char name[300];
    size_t other = below(NAMES);
    model *to = &models[other];
    keyRef to_key = keyRefOf(nameOf(other, name));
    expireIfPast(m);
    entry *e = dbOpen(record.d, key);
    if (!e || to == m) return;
    e = dbDetach(record.d, key, e);
    want_removed[DB_MOVED]++;
    bool live = to->there && !isPast(to);
    dbDelete(record.d, to_key, DB_OVERWRITTEN);
    if (to->there) forget(to, live ? DB_OVERWRITTEN : DB_EXPIRED);
    dbAdd(record.d, to_key, entryRename(e, to_key.name));
    want_added++;
    *to = *m;
    *m = (model){.deadline_ms = DEADLINE_NONE};
}

static void doExpire(void) {
    size_t max = below(40), due = 0;
    for (size_t i = 0; i < NAMES; i++) due += models[i].there && isPast(&models[i]);
    size_t done = dbExpireDue(record.d, max);
    ck_assert_uint_eq(done, due < max ? due : max);
    int64_t last_gone = INT64_MIN, first_left = INT64_MAX;
    for (size_t i = 0; i < NAMES; i++) {
        char name[300];
        model *m = &models[i];
        if (!m->there || !isPast(m)) continue;
        int64_t deadline_ms = m->deadline_ms;
        if (dbPeek(record.d, keyRefOf(nameOf(i, name)))) {
            if (deadline_ms < first_left) first_left = deadline_ms;
            continue;
        }
        if (deadline_ms > last_gone) last_gone = deadline_ms;
        forget(m, DB_EXPIRED);
    }
    ck_assert_int_le(last_gone, first_left);
}

static void doFlush(void) {
    size_t count = 0;
    for (size_t i = 0; i < NAMES; i++) {
        count += models[i].there;
        memFree(models[i].data);
        models[i] = (model){.deadline_ms = DEADLINE_NONE};
    }
    ck_assert_uint_eq(dbFlush(record.d, below(2)), count);
    dbDefragClear(&defrag_at);
}

/* A pass over the whole db in steps, with other operations between them. */
static void doDefrag(void) {
    if (!slabPassActive(SLAB_ENTRY)) slabPassBegin(SLAB_ENTRY);
    if (!dbDefragStep(record.d, &defrag_at)) slabPassEnd(SLAB_ENTRY);
#ifdef EBB_SHAKE
    dbDefrag other = {0};
    dbDefragStep(record.d, &other);
    dbDefragClear(&other);
#endif
}

static void checkRandom(void) {
    size_t live = 0;
    for (size_t i = 0; i < NAMES; i++) live += models[i].there && !isPast(&models[i]);
    const entry *e = dbRandom(record.d, &random_state);
    ck_assert_int_eq(e != NULL, dbCount(record.d) > 0);
    /* A hundred draws miss half of the keys with a chance of 2^-100. */
    if (live * 2 > dbCount(record.d)) ck_assert(!dbIsPastDeadline(record.d, e));
}

static void step(void) {
    char name[300];
    size_t i = below(NAMES);
    model *m = &models[i];
    keyRef key = keyRefOf(nameOf(i, name));
    int64_t next_ms = dbNextDeadline(record.d);
    record.sooner_ms = DEADLINE_NONE;
    switch (below(24)) {
    case 0 ... 5: doSet(key, m); break;
    case 6: doSetInt(key, m); break;
    case 7 ... 8: doEdit(key, m); break;
    case 9: doUpdate(key, m); break;
    case 10 ... 11: doDeadline(key, m); break;
    case 12 ... 14: doDelete(key, m); break;
    case 15: doCollection(key, m); break;
    case 16: doRename(key, m); break;
    case 17: doExpire(); break;
    case 18: record.now_ms += (int64_t)below(200); break;
    case 19: dbShrinkStep(record.d); break;
    case 20: doDefrag(); break;
    case 21: discardStep(record.discard, below(30)); break;
    case 22: checkRandom(); break;
    default:
        if (below(100) == 0) doFlush();
    }
    if (dbNextDeadline(record.d) < next_ms)
        ck_assert_int_eq(record.sooner_ms, dbNextDeadline(record.d));
    checkOne(i);
    ck_assert_uint_eq(record.added, want_added);
    for (int why = 0; why <= DB_MOVED; why++)
        ck_assert_uint_eq(record.removed[why], want_removed[why]);
    record.text[0] = '\0';
}

START_TEST(dbIsANaiveMapWithDeadlines) {
    size_t before = memUsed();
    rngSeed(&random_state, suiteSeed());
    for (size_t i = 0; i < sizeof values; i++) values[i] = (char)below(256);
    for (size_t i = 0; i < NAMES; i++) models[i].deadline_ms = DEADLINE_NONE;
    dbRecordInit(&record, 0);
    uint64_t rounds = suiteRounds(60000);
    for (uint64_t round = 0; round < rounds; round++) {
        step();
        if (round % 500 == 0) checkAll();
    }
    checkAll();
    if (slabPassActive(SLAB_ENTRY)) slabPassEnd(SLAB_ENTRY);
    dbDefragClear(&defrag_at);
    dbRecordClear(&record);
    for (size_t i = 0; i < NAMES; i++) memFree(models[i].data);
    ck_assert_uint_eq(fake_live, 0);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

TESTS("db_model", dbIsANaiveMapWithDeadlines)
