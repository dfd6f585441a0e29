/* Random operations on hashes against a naive table of fields: contents, deadlines and what is due,
 * through all encodings, with items moved in between. */
#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/types/t_hash_ttl.h"
#include "tests/support/suite.h"

enum { FIELDS = 200, VALUE_MAX = 300 };

typedef struct model {
    bool there;
    size_t size;
    int64_t deadline_ms;
    char value[VALUE_MAX];
} model;

static model models[FIELDS];
static entry *e;
static rng random_state;
static typeLimits limits;
static size_t seen[FIELDS];

/* Check writes each assertion to a pipe: too slow for inner loops. */
#define SURE(x)                                                                                    \
    do {                                                                                           \
        if (!(x)) ck_abort_msg("%s", #x);                                                          \
    } while (0)

static uint64_t below(uint64_t bound) {
    return rngBelow(&random_state, bound);
}

/* Numbers, short texts and some long ones. */
static bytes fieldOf(size_t i, char *out) {
    int size = i % 3 == 0 ? snprintf(out, 300, "%zu", i) : snprintf(out, 300, "f:%zu", i);
    size_t more = i % 50 == 49 ? 80 : 0;
    memset(out + size, 'x', more);
    return bytesOf(out, (size_t)size + more);
}

static size_t indexOf(bytes field) {
    char digits[16] = {0};
    size_t skip = field.data[0] == 'f' ? 2 : 0;
    size_t size = field.size - skip;
    memcpy(digits, field.data + skip, size < 15 ? size : 15);
    return strtoul(digits, NULL, 10);
}

static bytes randomValue(char *out) {
    if (below(3) == 0) return bytesOf(out, numFormatInt(out, (int64_t)rngNext(&random_state)));
    size_t size = below(20) ? below(60) : below(VALUE_MAX);
    for (size_t i = 0; i < size; i++) out[i] = (char)('a' + below(26));
    return bytesOf(out, size);
}

static void checkPair(const hashPair *pair, const model *m) {
    SURE(m->there);
    SURE(bytesEqual(pair->value, bytesOf(m->value, m->size)));
    SURE(pair->deadline_ms == m->deadline_ms);
}

static void see(void *ctx, const hashPair *pair) {
    (void)ctx;
    size_t i = indexOf(pair->field);
    char name[300];
    SURE(i < FIELDS);
    SURE(bytesEqual(pair->field, fieldOf(i, name)));
    checkPair(pair, &models[i]);
    hashPair again;
    hashPairAt(e, pair->at, &again);
    SURE(bytesEqual(again.field, pair->field));
    seen[i]++;
}

static void checkAll(void) {
    size_t count = 0;
    int64_t next_ms = DEADLINE_NONE;
    memset(seen, 0, sizeof seen);
    hashEach(e, see, NULL);
    for (size_t i = 0; i < FIELDS; i++) {
        SURE(seen[i] == models[i].there);
        count += models[i].there;
        if (models[i].there && models[i].deadline_ms < next_ms) next_ms = models[i].deadline_ms;
    }
    SURE(hashCount(e) == count);
    SURE(hashNextDeadline(e) == next_ms);
    SURE(entryMemory(e) > entrySize(e));
    if (entryEncoding(e) != ENCODING_DICT) SURE((int64_t)count <= limits.hash_listpack_entries);
}

static void doSet(size_t i, bytes field) {
    model *m = &models[i];
    char room[VALUE_MAX];
    bytes value = randomValue(room);
    bool keep = below(3) == 0;
    SURE(hashSet(e, field, value, keep, &limits) == !m->there);
    if (!m->there || !keep) m->deadline_ms = DEADLINE_NONE;
    m->there = true;
    m->size = value.size;
    memcpy(m->value, value.data, value.size);
}

static void doDeadline(size_t i, bytes field) {
    model *m = &models[i];
    int64_t deadline_ms = below(4) ? 1000 + (int64_t)below(500) : DEADLINE_NONE;
    SURE(hashSetDeadline(e, field, deadline_ms) == m->there);
    if (m->there) m->deadline_ms = deadline_ms;
}

static void doFind(size_t i, bytes field) {
    hashPair pair;
    bool found = hashFind(e, field, &pair);
    SURE(found == models[i].there);
    if (found) checkPair(&pair, &models[i]);
}

static int64_t last_due_ms;

static void seeDue(void *ctx, const hashPair *pair) {
    int64_t past_ms = *(int64_t *)ctx;
    model *m = &models[indexOf(pair->field)];
    checkPair(pair, m);
    SURE(pair->deadline_ms <= past_ms);
    SURE(pair->deadline_ms >= last_due_ms);
    last_due_ms = pair->deadline_ms;
    m->there = false;
}

static void doExpire(void) {
    int64_t past_ms = 990 + (int64_t)below(below(4) ? 60 : 520);
    size_t max = below(3) ? SIZE_MAX : 1 + below(40), due = 0;
    for (size_t i = 0; i < FIELDS; i++) due += models[i].there && models[i].deadline_ms <= past_ms;
    last_due_ms = 0;
    SURE(hashRemoveDue(e, past_ms, max, seeDue, &past_ms) == (due < max ? due : max));
}

static void doSample(void) {
    int64_t past_ms = 1000 + (int64_t)below(500);
    size_t count = below(below(2) ? 10 : FIELDS + 20), live = 0;
    hashAt out[FIELDS + 20];
    for (size_t i = 0; i < FIELDS; i++) live += models[i].there && models[i].deadline_ms > past_ms;
    size_t found = hashSample(e, count, past_ms, &random_state, out);
    SURE(found == (live < count ? live : count));
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < found; i++) {
        hashPair pair;
        hashPairAt(e, out[i], &pair);
        SURE(pair.deadline_ms > past_ms);
        SURE(seen[indexOf(pair.field)]++ == 0);
    }
}

static void doMove(void) {
    const valueOps *ops = valueOpsOf(TYPE_HASH, entryEncoding(e));
    slabKind kinds[] = {SLAB_HASH_FIELD, SLAB_BLOB};
    for (int i = 0; i < 2; i++) slabPassBegin(kinds[i]);
    uint64_t cursor = 0;
    do entrySetPointer(e, entryEncoding(e), ops->move(entryPointer(e), &cursor));
    while (cursor);
    for (int i = 0; i < 2; i++) slabPassEnd(kinds[i]);
}

static void doCopy(void) {
    const valueOps *ops = valueOpsOf(TYPE_HASH, entryEncoding(e));
    entry *copy = entryCopy(e, BYTES("copy"));
    SURE(ops->digest(entryPointer(copy)) == ops->digest(entryPointer(e)));
    if (hashMayHaveDeadlines(copy)) SURE(hashFiled(copy) == DEADLINE_NONE);
    entryFree(e);
    e = copy;
}

static void startAnew(void) {
    limits.hash_listpack_entries = (int64_t)below(3) * 60;
    limits.hash_listpack_value = below(2) ? 64 : 1000;
    memset(models, 0, sizeof models);
    for (size_t i = 0; i < FIELDS; i++) models[i].deadline_ms = DEADLINE_NONE;
    e = hashNew(BYTES("key"));
}

static void freeInSteps(void) {
    const valueOps *ops = valueOpsOf(TYPE_HASH, entryEncoding(e));
    if (ops->freeStep) {
        while (!ops->freeStep(entryPointer(e), 1 + below(20))) continue;
        entrySetPointer(e, entryEncoding(e), NULL);
    }
    entryFree(e);
}

static void doOne(void) {
    char name[300];
    size_t i = below(FIELDS);
    bytes field = fieldOf(i, name);
    switch (below(16)) {
    case 0:
    case 1:
    case 2:
    case 3: doSet(i, field); break;
    case 4:
    case 5:
    case 6:
        SURE(hashDelete(e, field) == models[i].there);
        models[i].there = false;
        models[i].deadline_ms = DEADLINE_NONE;
        break;
    case 7:
    case 8:
    case 9:
    case 10: doDeadline(i, field); break;
    case 11:
    case 12: doFind(i, field); break;
    case 13:
        if (below(8) == 0) doExpire();
        break;
    case 14: doSample(); break;
    default:
        if (below(2))
            doMove();
        else if (below(10) == 0)
            doCopy();
    }
}

START_TEST(anyHistoryMatchesANaiveTable) {
    rngSeed(&random_state, suiteSeed());
    for (uint64_t round = suiteRounds(60); round; round--) {
        startAnew();
        for (uint64_t i = 0; i < 2000; i++) {
            doOne();
            if (i % 50 == 0) checkAll();
        }
        freeInSteps();
    }
}
END_TEST

static uint64_t digestOf(const entry *of) {
    return valueOpsOf(TYPE_HASH, entryEncoding(of))->digest(entryPointer(of));
}

START_TEST(theDigestIsOfTheContentsAlone) {
    typeLimits small = TYPE_LIMITS_DEFAULT, none = TYPE_LIMITS_DEFAULT;
    none.hash_listpack_entries = 0;
    entry *a = hashNew(BYTES("a")), *b = hashNew(BYTES("b"));
    char name[300];
    for (size_t i = 0; i < 100; i++) {
        hashSet(a, fieldOf(i, name), BYTES("1"), false, &small);
        hashSet(b, fieldOf(99 - i, name), BYTES("1"), false, &none);
    }
    ck_assert_int_eq(entryEncoding(a), ENCODING_DICT); /* a field of over 64 bytes */
    hashDelete(a, fieldOf(49, name));
    hashDelete(b, fieldOf(49, name));
    ck_assert_uint_eq(digestOf(a), digestOf(b));
    entry *packed = hashNew(BYTES("c"));
    for (size_t i = 0; i < 99; i++)
        if (i != 49) hashSet(packed, fieldOf(i, name), BYTES("1"), false, &small);
    hashSet(packed, fieldOf(49, name), BYTES("1"), false, &small);
    hashDelete(packed, fieldOf(49, name));
    hashDelete(a, fieldOf(99, name));
    ck_assert_uint_eq(digestOf(a), digestOf(packed));
    hashSetDeadline(packed, fieldOf(3, name), 5000);
    ck_assert_uint_ne(digestOf(a), digestOf(packed));
    hashSetDeadline(a, fieldOf(3, name), 7000);
    ck_assert_uint_eq(digestOf(a), digestOf(packed));
    hashSet(a, fieldOf(3, name), BYTES("2"), true, &small);
    ck_assert_uint_ne(digestOf(a), digestOf(packed));
    entryFree(a);
    entryFree(b);
    entryFree(packed);
}
END_TEST

/* Each of 40 fields is in a sample of 10 a quarter of the time. */
static void checkFair(const entry *hash, size_t fields, size_t count, size_t rounds) {
    size_t hits[FIELDS] = {0};
    hashAt out[FIELDS];
    hashPair pair;
    for (size_t i = 0; i < rounds; i++) {
        ck_assert_uint_eq(hashSample(hash, count, 0, &random_state, out), count);
        for (size_t j = 0; j < count; j++) {
            hashPairAt(hash, out[j], &pair);
            hits[indexOf(pair.field)]++;
        }
    }
    double wanted = (double)rounds * (double)count / (double)fields, chi = 0;
    for (size_t i = 0; i < fields; i++)
        chi += ((double)hits[i] - wanted) * ((double)hits[i] - wanted) / wanted;
    ck_assert_msg(chi < 2.5 * (double)fields, "chi square %f of %zu fields", chi, fields);
}

START_TEST(samplesAreFair) {
    rngSeed(&random_state, suiteSeed());
    typeLimits none = TYPE_LIMITS_DEFAULT, small = TYPE_LIMITS_DEFAULT;
    none.hash_listpack_entries = 0;
    entry *packed = hashNew(BYTES("a")), *table = hashNew(BYTES("b"));
    char name[300];
    for (size_t i = 0; i < 48; i++) {
        hashSet(packed, fieldOf(i, name), BYTES("1"), false, &small);
        hashSet(table, fieldOf(i, name), BYTES("1"), false, &none);
    }
    ck_assert_int_eq(entryEncoding(packed), ENCODING_LISTPACK);
    checkFair(packed, 48, 10, 2000);
    checkFair(table, 48, 1, 20000);
    checkFair(table, 48, 5, 4000);
    checkFair(table, 48, 20, 1000);
    entryFree(packed);
    entryFree(table);
}
END_TEST

TESTS("t_hash_model", anyHistoryMatchesANaiveTable, theDigestIsOfTheContentsAlone, samplesAreFair)
