#include "storage/persist/rdb_dump.h"

#include "storage/base/crc.h"
#include "storage/base/mem.h"
#include "storage/types/t_array.h"
#include "storage/types/t_hash_ttl.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_stream_group.h"
#include "storage/types/t_stream_idmp.h"
#include "storage/types/t_zset_range.h"
#include "tests/support/suite.h"

static const typeLimits limits = TYPE_LIMITS_DEFAULT;
static const bytes key = {"key", 3};

#define RAW(literal) bytesOf(literal, sizeof(literal) - 1)

static uint64_t digestOf(const entry *e) {
    if (entryIsPointer(e) && entryEncoding(e) != ENCODING_BLOB)
        return valueOpsOf(entryType(e), entryEncoding(e))->digest(entryPointer(e));
    char scratch[NUM_INT_MAX];
    return hashBytes(entryString(e, scratch));
}

static entry *load(uint8_t type, bytes value) {
    rdbReader r = rdbReaderOf(value);
    entry *e = rdbLoadValue(&r, type, key, &limits);
    if (!e) ck_abort_msg("%s at %zu", r.error, r.error_at);
    ck_assert_uint_eq(rdbLeft(&r), 0);
    ck_assert(bytesEqual(entryKey(e), key));
    return e;
}

static void refuses(uint8_t type, bytes value, const char *error, size_t at) {
    rdbReader r = rdbReaderOf(value);
    ck_assert_ptr_null(rdbLoadValue(&r, type, key, &limits));
    ck_assert_str_eq(r.error, error);
    ck_assert_uint_eq(r.error_at, at);
}

/* The value comes back equal, in the same encoding; without a part of its bytes it does not. Takes
 * e. */
static void survives(entry *e, rdbType type) {
    for (int compress = 0; compress < 2; compress++) {
        rdbBuffer b;
        rdbBufferInit(&b, compress);
        ck_assert_int_eq(rdbDump(&b, e), RDB_DUMPED);
        bytes payload = rdbBufferBytes(&b);
        ck_assert_uint_eq((uint8_t)payload.data[0], type);
        ck_assert(rdbDumpIsTrue(payload, false));
        rdbReader r;
        entry *back = rdbDumpLoad(payload, key, &limits, &r);
        if (!back) ck_abort_msg("%s at %zu", r.error, r.error_at);
        ck_assert_int_eq(entryType(back), entryType(e));
        ck_assert_int_eq(entryEncoding(back), entryEncoding(e));
        ck_assert_uint_eq(digestOf(back), digestOf(e));
        entryFree(back);
        bytes value = bytesOf(payload.data + 1, payload.size - 11);
        for (size_t cut = 0; cut < value.size; cut += 1 + value.size / 50) {
            r = rdbReaderOf(bytesOf(value.data, cut));
            ck_assert_ptr_null(rdbLoadValue(&r, (uint8_t)type, key, &limits));
            ck_assert_ptr_nonnull(r.error);
        }
        rdbBufferClear(&b);
    }
    entryFree(e);
}

static void isDumpedAs(entry *e, bytes wanted) {
    rdbBuffer b;
    rdbBufferInit(&b, true);
    ck_assert_int_eq(rdbDump(&b, e), RDB_DUMPED);
    bytes got = rdbBufferBytes(&b);
    ck_assert_uint_eq(got.size, wanted.size);
    ck_assert_mem_eq(got.data, wanted.data, got.size);
    rdbBufferClear(&b);
    entryFree(e);
}

static bytes numbered(char *room, size_t size, int number) {
    return bytesOf(room, (size_t)snprintf(room, size, "element %d", number));
}

/* ---- bytes as redis-server 7.0.15 has them ---- */

START_TEST(payloadsAreThoseOfOthers) {
    isDumpedAs(entryNewString(key, BYTES("hello"), true),
               RAW("\x00\x05hello\x0a\x00\x63\x72\xdf\x76\x65\x34\x20\x0a"));
    isDumpedAs(entryNewString(key, BYTES("123"), true),
               RAW("\x00\xc0\x7b\x0a\x00\x48\xe2\x53\xe1\x00\x7a\x67\xb9"));
    isDumpedAs(entryNewString(key, BYTES("-70000"), true),
               RAW("\x00\xc2\x90\xee\xfe\xff\x0a\x00\x28\x75\xde\x7b\x13\xeb\x28\x00"));
    char many[100];
    memset(many, 'a', sizeof many);
    isDumpedAs(entryNewString(key, bytesOf(many, sizeof many), true),
               RAW("\x00\xc3\x09\x40\x64\x01\x61\x61\xe0\x57\x00\x01\x61\x61\x0a\x00\xe8\xa3\xb5"
                   "\x07\xb0\x6d\xf2\x71"));
    entry *list = listNew(key);
    listPush(list, QUICKLIST_TAIL, BYTES("a"), &limits);
    listPush(list, QUICKLIST_TAIL, BYTES("1"), &limits);
    isDumpedAs(list, RAW("\x12\x01\x02\x0c\x0c\x00\x00\x00\x02\x00\x81\x61\x02\x01\x01\xff\x0a\x00"
                         "\x94\x96\x2b\x23\xac\x17\xaa\x85"));
    entry *set = setNew(key, BYTES("x"), 1, &limits);
    setAdd(set, BYTES("x"), &limits);
    isDumpedAs(set, RAW("\x02\x01\x01\x78\x0a\x00\xff\xe8\x80\xba\x76\x0c\x2f\x09"));
    entry *zset = zsetNew(key, BYTES("a"), 1, &limits);
    zsetAdd(zset, BYTES("a"), 1.5, &limits);
    zsetAdd(zset, BYTES("b"), 2, &limits);
    isDumpedAs(zset, RAW("\x11\x14\x14\x00\x00\x00\x04\x00\x81\x61\x02\x83\x31\x2e\x35\x04\x81\x62"
                         "\x02\x02\x01\xff\x0a\x00\xfa\x02\xb4\x25\xaf\x18\x87\x63"));
}
END_TEST

START_TEST(streamsAreThoseOfOthers) {
    stream *s = streamNew();
    entry *e = entryNewCollection(key, TYPE_STREAM, ENCODING_STREAM, s);
    streamAdd(s, (streamId){1, 1}, (bytes[]){BYTES("f"), BYTES("v")}, 1, &limits);
    streamGroupCreate(s, BYTES("g"), STREAM_ID_ZERO, STREAM_READ_UNKNOWN);
    isDumpedAs(e, RAW("\x13\x01\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"
                      "\x1d\x1d\x00\x00\x00\x0a\x00\x01\x01\x00\x01\x01\x01\x81\x66\x02\x00\x01\x02"
                      "\x01\x00\x01\x00\x01\x81\x76\x02\x04\x01\xff\x01\x01\x01\x01\x01\x00\x00\x01"
                      "\x01\x01\x67\x00\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x0a\x00\xff"
                      "\x9a\xd3\x4b\x48\xb2\x68\xce"));
}
END_TEST

/* ---- round trips ---- */

START_TEST(stringsSurvive) {
    static const char *const texts[] = {"",
                                        "0",
                                        "-1",
                                        "127",
                                        "128",
                                        "-129",
                                        "32768",
                                        "-2147483648",
                                        "2147483648",
                                        "007",
                                        "9999999999999999",
                                        "some text of more than twenty bytes"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        survives(entryNewString(key, bytesOfText(texts[i]), true), RDB_STRING);
    char *big = memCalloc(1, 100000);
    survives(entryNewString(key, bytesOf(big, 100000), true), RDB_STRING);
    memFree(big);
}
END_TEST

START_TEST(listsSurvive) {
    char room[32], big[10000];
    for (size_t i = 0; i < sizeof big; i++) big[i] = (char)(i * i >> 3);
    for (int count = 1; count < 5000; count *= 7) {
        entry *e = listNew(key);
        for (int i = 0; i < count; i++)
            listPush(e, QUICKLIST_TAIL, numbered(room, sizeof room, i), &limits);
        bool small = entryEncoding(e) == ENCODING_LISTPACK;
        if (!small) listPush(e, QUICKLIST_HEAD, bytesOf(big, sizeof big), &limits);
        survives(e, RDB_LIST_QUICKLIST_2);
    }
    /* Nodes that are compressed are written as they read. */
    typeLimits deep = limits;
    deep.list_compress_depth = 1;
    entry *e = listNew(key);
    for (int i = 0; i < 5000; i++)
        listPush(e, QUICKLIST_TAIL, numbered(room, sizeof room, i), &deep);
    survives(e, RDB_LIST_QUICKLIST_2);
}
END_TEST

static entry *setOf(int count, bool ints) {
    entry *e = NULL;
    char room[32];
    for (int i = 0; i < count; i++) {
        bytes text = ints ? bytesOf(room, numFormatInt(room, i * 1000)) : numbered(room, 32, i);
        if (!e) e = setNew(key, text, 1, &limits);
        setAdd(e, text, &limits);
    }
    return e;
}

START_TEST(setsSurvive) {
    survives(setOf(1, true), RDB_SET_INTSET);
    survives(setOf(512, true), RDB_SET_INTSET);
    survives(setOf(513, true), RDB_SET);
    survives(setOf(128, false), RDB_SET);
    survives(setOf(3000, false), RDB_SET);
}
END_TEST

static entry *zsetOf(int count) {
    char room[32];
    entry *e = zsetNew(key, BYTES("a"), 1, &limits);
    for (int i = 0; i < count; i++)
        zsetAdd(e, numbered(room, sizeof room, i), i * 0.1 - 5, &limits);
    zsetAdd(e, BYTES("last"), __builtin_inf(), &limits);
    zsetAdd(e, BYTES("77"), -__builtin_inf(), &limits);
    return e;
}

START_TEST(sortedSetsSurvive) {
    survives(zsetOf(0), RDB_ZSET_LISTPACK);
    survives(zsetOf(100), RDB_ZSET_LISTPACK);
    survives(zsetOf(3000), RDB_ZSET_2);
}
END_TEST

static entry *hashOf(int count) {
    char room[32], value[32];
    entry *e = hashNew(key);
    for (int i = 0; i < count; i++)
        hashSet(e, numbered(room, sizeof room, i), bytesOf(value, numFormatInt(value, i)), false,
                &limits);
    return e;
}

static int64_t deadlineOf(entry *e, bytes field) {
    hashPair pair;
    ck_assert(hashFind(e, field, &pair));
    return pair.deadline_ms;
}

START_TEST(hashesSurvive) {
    survives(hashOf(1), RDB_HASH_LISTPACK);
    survives(hashOf(512), RDB_HASH_LISTPACK);
    survives(hashOf(513), RDB_HASH);
    for (int count = 10; count < 2000; count *= 100) {
        entry *e = hashOf(count);
        bool small = entryEncoding(e) == ENCODING_LISTPACK;
        hashSetDeadline(e, BYTES("element 3"), 5000);
        hashSetDeadline(e, BYTES("element 4"), 1);
        hashSetDeadline(e, BYTES("element 5"), HASH_DEADLINE_MAX);
        rdbType type = small ? RDB_HASH_PACK : RDB_HASH_TTL;
        rdbBuffer b;
        rdbBufferInit(&b, true);
        rdbSaveValue(&b.sink, e, type);
        entry *back = load((uint8_t)type, rdbBufferBytes(&b));
        ck_assert_int_eq(deadlineOf(back, BYTES("element 3")), 5000);
        ck_assert_int_eq(deadlineOf(back, BYTES("element 4")), 1);
        ck_assert_int_eq(deadlineOf(back, BYTES("element 5")), HASH_DEADLINE_MAX);
        ck_assert_int_eq(deadlineOf(back, BYTES("element 6")), DEADLINE_NONE);
        entryFree(back);
        rdbBufferClear(&b);
        survives(entryCopy(e, key), type);
        /* Without its deadlines older servers read it. */
        for (int i = 3; i < 6; i++) {
            char room[32];
            hashSetDeadline(e, numbered(room, sizeof room, i), DEADLINE_NONE);
        }
        ck_assert_int_eq(rdbTypeOf(e), RDB_HASH);
        entryFree(e);
    }
}
END_TEST

static entry *streamWithGroups(bool seen_later) {
    stream *s = streamNew();
    entry *e = entryNewCollection(key, TYPE_STREAM, ENCODING_STREAM, s);
    for (uint64_t i = 1; i <= 500; i++)
        streamAdd(s, (streamId){i, i * 7}, (bytes[]){BYTES("f"), BYTES("v")}, 1, &limits);
    streamDelete(s, (streamId){3, 21});
    streamSetCounters(s, 500, (streamId){3, 21});
    streamGroup *g = streamGroupCreate(s, BYTES("g"), (streamId){400, 0}, 399);
    streamGroupCreate(s, BYTES("idle"), STREAM_ID_ZERO, STREAM_READ_UNKNOWN);
    streamConsumer *a = streamConsumerCreate(s, g, BYTES("alice"), 5000);
    a->active_ms = seen_later ? 4000 : 5000;
    streamConsumer *b = streamConsumerCreate(s, g, BYTES("bob"), 6000);
    b->active_ms = 6000;
    for (uint64_t i = 1; i < 300; i++)
        streamPendingAdd(s, g, i % 3 ? a : b, (streamId){i, i * 7}, 1000 + (int64_t)i, 2);
    return e;
}

START_TEST(streamsSurvive) {
    survives(streamWithGroups(false), RDB_STREAM_2);
    survives(streamWithGroups(true), RDB_STREAM_3);
    survives(entryNewCollection(key, TYPE_STREAM, ENCODING_STREAM, streamNew()), RDB_STREAM_2);
    rdbBuffer b;
    rdbBufferInit(&b, true);
    entry *e = streamWithGroups(true);
    rdbSaveValue(&b.sink, e, RDB_STREAM_3);
    entryFree(e);
    e = load(RDB_STREAM_3, rdbBufferBytes(&b));
    rdbBufferClear(&b);
    stream *s = streamOf(e);
    streamCheck(s);
    ck_assert_uint_eq(streamLength(s), 499);
    ck_assert(streamIdEqual(streamMaxDeletedId(s), (streamId){3, 21}));
    streamGroup *g = streamGroupFind(s, BYTES("g"));
    ck_assert_int_eq(g->entries_read, 399);
    streamConsumer *a = streamConsumerFind(g, BYTES("alice"));
    ck_assert_int_eq(a->active_ms, 4000);
    ck_assert_uint_eq(streamConsumerPending(a), 200);
    streamPending *p = streamPendingFind(g, (streamId){3, 21});
    ck_assert_ptr_eq(streamPendingOwner(p), streamConsumerFind(g, BYTES("bob")));
    ck_assert_int_eq(p->delivered_ms, 1003);
    ck_assert_int_eq(p->deliveries, 2);
    entryFree(e);
}
END_TEST

START_TEST(whatWasGivenBackStaysWithoutOwner) {
    stream *s = streamNew();
    entry *e = entryNewCollection(key, TYPE_STREAM, ENCODING_STREAM, s);
    streamGroup *g = streamGroupCreate(s, BYTES("g"), STREAM_ID_ZERO, 0);
    streamPendingAdd(s, g, NULL, (streamId){1, 1}, 0, 3);
    survives(e, RDB_STREAM_2);
}
END_TEST

/* ---- what has no public form ---- */

static entry *someArray(void) {
    entry *e = entryNewCollection(key, TYPE_ARRAY, ENCODING_ARRAY, arrayNew());
    const uint64_t places[] = {0, 1, 70, 1u << 20, ARRAY_INDEX_MAX};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char room[32];
        arraySet(e, places[i], numbered(room, sizeof room, (int)i));
    }
    return e;
}

START_TEST(arraysHaveAFormOfOurOwn) {
    entry *e = someArray();
    arraySeek(e, 71);
    arraySetRing(e, 100);
    rdbBuffer b;
    rdbBufferInit(&b, true);
    ck_assert_int_eq(rdbDump(&b, e), RDB_DUMPED);
    rdbReader r;
    entry *back = rdbDumpLoad(rdbBufferBytes(&b), key, &limits, &r);
    ck_assert_ptr_nonnull(back);
    ck_assert_uint_eq(arrayCursor(back), 71);
    ck_assert_uint_eq(arrayRing(back), 100);
    arrayCheck(back);
    entryFree(back);
    rdbBufferClear(&b);
    survives(e, RDB_EBB_ARRAY);
}
END_TEST

START_TEST(anArrayEndsWhereIndexesDo) {
    refuses(RDB_EBB_ARRAY, RAW("\0\0\0"), rdbIsEmpty, 3);
    refuses(RDB_EBB_ARRAY, RAW("\1\0\0\x81\xff\xff\xff\xff\xff\xff\xff\xff\1a"),
            "an index is too big", 12);
    refuses(RDB_EBB_ARRAY, RAW("\2\0\0\x81\xff\xff\xff\xff\xff\xff\xff\xfe\1a\0\1b"),
            "an index is too big", 14);
}
END_TEST

START_TEST(producersOfAStreamAreKept) {
    const streamIdmpLimits defaults = {100, 100};
    entry *e = streamWithGroups(true);
    stream *st = streamOf(e);
    streamIdmpSetLimits(st, (streamIdmpLimits){7, 0}, defaults);
    streamIdmpAdd(st, BYTES("p"), BYTES("one"), (streamId){1000, 1}, defaults, 1000);
    streamIdmpAdd(st, BYTES("p"), BYTES("two"), (streamId){1001, 0}, defaults, 1000);
    streamIdmpAdd(st, BYTES("q"), BYTES("one"), (streamId){1002, 0}, defaults, 1000);
    streamIdmpCountDuplicate(st);
    rdbBuffer b;
    rdbBufferInit(&b, true);
    ck_assert_int_eq(rdbDump(&b, e), RDB_DUMPED);
    rdbReader r;
    entry *back = rdbDumpLoad(rdbBufferBytes(&b), key, &limits, &r);
    ck_assert_ptr_nonnull(back);
    streamIdmpStats stats;
    streamIdmpStatsOf(streamOf(back), defaults, 1000, &stats);
    ck_assert_int_eq(stats.limits.duration_s, 7);
    ck_assert_int_eq(stats.limits.maxsize, 100);
    ck_assert_uint_eq(stats.added, 3);
    ck_assert_uint_eq(stats.duplicates, 1);
    ck_assert_uint_eq(stats.producers, 2);
    streamId id;
    ck_assert(streamIdmpFind(streamOf(back), BYTES("p"), BYTES("two"), defaults, 1000, &id));
    ck_assert_uint_eq(id.ms, 1001);
    entryFree(back);
    rdbBufferClear(&b);
    survives(e, RDB_EBB_STREAM);
}
END_TEST

/* ---- forms of old ---- */

#define ZIPLIST                                                                                    \
    "\x19\x00\x00\x00\x16\x00\x00\x00\x06\x00\x00\xF1\x02\xF2\x02\xF3\x02\x02\x5F\x31\x04\xF4\x02" \
    "\xF5\xFF"

START_TEST(zippedFormsAreRead) {
    entry *e = load(RDB_LIST_ZIPLIST, RAW("\x19" ZIPLIST));
    ck_assert_uint_eq(listCount(e), 6);
    entryFree(e);
    e = load(RDB_LIST_QUICKLIST, RAW("\x02\x19" ZIPLIST "\x19" ZIPLIST));
    ck_assert_uint_eq(listCount(e), 12);
    entryFree(e);
    e = load(RDB_HASH_ZIPLIST, RAW("\x19" ZIPLIST));
    ck_assert_uint_eq(hashCount(e), 3);
    hashPair pair;
    ck_assert(hashFind(e, BYTES("2"), &pair));
    ck_assert(bytesEqual(pair.value, BYTES("_1")));
    entryFree(e);
    e = load(RDB_HASH_ZIPMAP, RAW("\x0E\x02\x01"
                                  "a\x02\x01"
                                  "bc.\x01"
                                  "d\x01\x00"
                                  "e\xFF"));
    ck_assert_uint_eq(hashCount(e), 2);
    ck_assert(hashFind(e, BYTES("a"), &pair));
    ck_assert(bytesEqual(pair.value, BYTES("bc")));
    entryFree(e);
}
END_TEST

START_TEST(oldSortedSetsAreRead) {
    entry *e = load(RDB_ZSET, RAW("\x04\x01"
                                  "a\x03"
                                  "1.5\x01"
                                  "b\xFE\x01"
                                  "c\xFF\x01"
                                  "d\x01"
                                  "2"));
    double score;
    ck_assert(zsetScore(e, BYTES("a"), &score));
    ck_assert_double_eq(score, 1.5);
    ck_assert(zsetScore(e, BYTES("c"), &score));
    ck_assert_double_eq(score, -__builtin_inf());
    entryFree(e);
    refuses(RDB_ZSET,
            RAW("\x01\x01"
                "a\xFD"),
            "a score is not a number", 4);
}
END_TEST

START_TEST(listpackedSetsAreRead) {
    entry *e = load(RDB_SET_LISTPACK, RAW("\x0c\x0c\x00\x00\x00\x02\x00\x81\x61\x02\x01\x01\xff"));
    ck_assert_int_eq(entryEncoding(e), ENCODING_LISTPACK);
    ck_assert(setHas(e, BYTES("a")));
    ck_assert(setHas(e, BYTES("1")));
    entryFree(e);
}
END_TEST

START_TEST(smallFormsAboveTheLimitsGrow) {
    typeLimits tight = limits;
    tight.hash_listpack_entries = tight.zset_listpack_entries = tight.set_intset_entries = 2;
    entry *small[] = {hashOf(3), zsetOf(1), setOf(3, true)};
    for (size_t i = 0; i < 3; i++) {
        rdbBuffer b;
        rdbBufferInit(&b, true);
        rdbDump(&b, small[i]);
        rdbReader r;
        entry *e = rdbDumpLoad(rdbBufferBytes(&b), key, &tight, &r);
        ck_assert_ptr_nonnull(e);
        ck_assert_int_ne(entryEncoding(e), entryEncoding(small[i]));
        ck_assert_uint_eq(digestOf(e), digestOf(small[i]));
        entryFree(e);
        entryFree(small[i]);
        rdbBufferClear(&b);
    }
}
END_TEST

/* ---- what cannot be true ---- */

START_TEST(errorsSayWhatAndWhere) {
    refuses(99, RAW(""), "unknown type of a value", 0);
    refuses(RDB_STRING,
            RAW("\x05"
                "abc"),
            rdbEndsEarly, 1);
    refuses(RDB_STRING, RAW("\xC4"), "unknown form of a length", 1);
    refuses(RDB_STRING, RAW("\xC3\x01\x80\x40\x00\x00\x00?"), "a packed string cannot be so long",
            7);
    refuses(RDB_LIST,
            RAW("\x81\xff\xff\xff\xff\xff\xff\xff\xff"
                "a"),
            "more elements than bytes", 9);
    refuses(RDB_SET,
            RAW("\x02\x01"
                "a\x01"
                "a"),
            "an element is there twice", 5);
    refuses(RDB_SET, RAW("\x00"), rdbIsEmpty, 1);
    refuses(RDB_HASH_LISTPACK, RAW("\x07\x07\x00\x00\x00\x00\x00\xff"), rdbIsEmpty, 8);
    refuses(RDB_HASH_LISTPACK, RAW("\x08\x08\x00\x00\x00\x00\x00\x00\xff"),
            "a small form is not whole", 9);
    refuses(RDB_HASH_LISTPACK, RAW("\x0c\x0c\x00\x00\x00\x02\x00\x81\x61\x02\x01\xff\xff"),
            "a small form is not whole", 13);
    /* A number kept as text is the number. */
    refuses(RDB_SET_LISTPACK, RAW("\x0c\x0c\x00\x00\x00\x02\x00\x81\x31\x02\x01\x01\xff"),
            "a member is there twice", 13);
    refuses(RDB_SET_INTSET, RAW("\x08\x02\x00\x00\x00\x02\x00\x00\x00"), "an intset is not whole",
            9);
    refuses(RDB_LIST_QUICKLIST_2,
            RAW("\x01\x03\x01"
                "a"),
            "unknown kind of a list's node", 2);
    refuses(RDB_LIST_QUICKLIST_2, RAW("\x01\x01\x00"), "a list's node is empty", 3);
    refuses(RDB_HASH_TTL_OLD,
            RAW("\x01\x81\x00\x01\x00\x00\x00\x00\x00\x00\x01"
                "a\x01"
                "b"),
            "a deadline is too far off", 10);
}
END_TEST

/* An empty stream with a group that has one entry pending; its consumers follow. */
#define ZEROS             "\x00\x00\x00\x00\x00\x00\x00"
#define ID                "\x00" ZEROS ZEROS "\x01"
#define ONE_PENDING(time) "\x00\x00" ZEROS "\x01\x01g\x00\x00\x00\x01" ID time ZEROS "\x01"
#define CONSUMER(name)    "\x01" name "\x05" ZEROS "\x01" ID

START_TEST(pendingEntriesHaveOneOwner) {
    entry *e = load(RDB_STREAM_2, RAW(ONE_PENDING("\x05") "\x01" CONSUMER("a")));
    streamCheck(streamOf(e));
    entryFree(e);
    refuses(RDB_STREAM_2, RAW(ONE_PENDING("\x05") "\x02" CONSUMER("a") CONSUMER("b")),
            "what a consumer has pending is not its group's alone", 96);
    refuses(RDB_STREAM_2, RAW(ONE_PENDING("\x05") "\x02" CONSUMER("a") CONSUMER("a")),
            "Duplicate stream consumer detected", 71);
    refuses(RDB_STREAM_2, RAW(ONE_PENDING("\x05") "\x00"), "a pending entry has no consumer", 42);
    e = load(RDB_STREAM_2, RAW(ONE_PENDING("\x00") "\x00"));
    ck_assert_uint_eq(streamGroupAt(streamOf(e), 0)->given_back, 1);
    entryFree(e);
}
END_TEST

START_TEST(streamsCountTheirEntries) {
    refuses(RDB_STREAM_2, RAW("\x00\x01" ZEROS "\x00"), "a stream has not as many entries", 9);
}
END_TEST

START_TEST(footersAreChecked) {
    static const char good[] = "\x00\x05hello\x0a\x00\x63\x72\xdf\x76\x65\x34\x20\x0a";
    char payload[sizeof good - 1];
    memcpy(payload, good, sizeof payload);
    ck_assert(rdbDumpIsTrue(bytesOf(payload, sizeof payload), false));
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] ^= 1;
        ck_assert(!rdbDumpIsTrue(bytesOf(payload, sizeof payload), false));
        payload[i] ^= 1;
        ck_assert(!rdbDumpIsTrue(bytesOf(payload, i), false));
    }
    payload[2] ^= 1;
    ck_assert(rdbDumpIsTrue(bytesOf(payload, sizeof payload), true));
    /* Of a version that nobody knows yet. */
    payload[sizeof payload - 9] = 1;
    ck_assert(!rdbDumpIsTrue(bytesOf(payload, sizeof payload), true));
}
END_TEST

START_TEST(memoryThatCannotBeHadIsToldAtTheEnd) {
    char big[5000] = {0};
    for (int nth = 1; nth < 3; nth++) {
        entry *e = entryNewString(key, bytesOf(big, sizeof big), true);
        rdbBuffer b;
        rdbBufferInit(&b, false);
        memFailAfter((uint64_t)nth);
        ck_assert_int_eq(rdbDump(&b, e), RDB_NO_MEMORY);
        memFailAfter(0);
        rdbBufferClear(&b);
        entryFree(e);
    }
}
END_TEST

TESTS("rdb_value", payloadsAreThoseOfOthers, streamsAreThoseOfOthers, stringsSurvive, listsSurvive,
      setsSurvive, sortedSetsSurvive, hashesSurvive, streamsSurvive,
      whatWasGivenBackStaysWithoutOwner, arraysHaveAFormOfOurOwn, anArrayEndsWhereIndexesDo,
      producersOfAStreamAreKept, zippedFormsAreRead, oldSortedSetsAreRead, listpackedSetsAreRead,
      smallFormsAboveTheLimitsGrow, errorsSayWhatAndWhere, pendingEntriesHaveOneOwner,
      streamsCountTheirEntries, footersAreChecked, memoryThatCannotBeHadIsToldAtTheEnd)
