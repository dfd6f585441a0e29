#include "storage/types/t_stream.h"

#include "storage/types/t_stream_group.h"
#include "storage/types/t_stream_idmp.h"
#include "tests/support/suite.h"

static const typeLimits limits = TYPE_LIMITS_DEFAULT;

static streamAddResult add(stream *s, uint64_t ms, uint64_t seq, const char *field,
                           const char *value) {
    bytes pairs[] = {bytesOfText(field), bytesOfText(value)};
    return streamAdd(s, (streamId){ms, seq}, pairs, 1, &limits);
}

static stream *of(uint64_t entries) {
    stream *s = streamNew();
    for (uint64_t i = 1; i <= entries; i++) ck_assert_int_eq(add(s, i, 0, "f", "v"), STREAM_ADDED);
    return s;
}

static bytes nodeBytes(const stream *s) {
    streamId id;
    return listpackBytes(streamNodeAt(streamFirstNode(s), &id));
}

START_TEST(aNodeIsOfThePublicForm) {
    stream *s = of(1);
    static const char one[] = "\x1D\x00\x00\x00\x0A\x00\x01\x01\x00\x01\x01\x01\x81\x66\x02\x00"
                              "\x01\x02\x01\x00\x01\x00\x01\x81\x76\x02\x04\x01\xFF";
    ck_assert(bytesEqual(nodeBytes(s), bytesOf(one, sizeof one - 1)));
    /* Another field: it is written out, and the entry says so. The second ID is 3-7. */
    add(s, 3, 7, "g", "12");
    static const char two[] = "\x2C\x00\x00\x00\x11\x00\x02\x01\x00\x01\x01\x01\x81\x66\x02\x00"
                              "\x01\x02\x01\x00\x01\x00\x01\x81\x76\x02\x04\x01"
                              "\x00\x01\x02\x01\x07\x01\x01\x01\x81\x67\x02\x0C\x01\x06\x01\xFF";
    ck_assert_uint_eq(nodeBytes(s).size, sizeof two - 1);
    ck_assert_mem_eq(nodeBytes(s).data, two, sizeof two - 1);
    streamDelete(s, (streamId){3, 7});
    ck_assert(bytesEqual(nodeBytes(s), bytesOf(one, sizeof one - 1)));
    streamOps.free(s);
}
END_TEST

START_TEST(idsOnlyGrow) {
    stream *s = of(3);
    ck_assert_int_eq(add(s, 3, 0, "f", "v"), STREAM_ID_SMALL);
    ck_assert_int_eq(add(s, 2, 9, "f", "v"), STREAM_ID_SMALL);
    streamId id;
    ck_assert(streamNextId(s, 2, &id));
    ck_assert(streamIdEqual(id, (streamId){3, 1}));
    ck_assert(streamNextId(s, 9, &id));
    ck_assert(streamIdEqual(id, (streamId){9, 0}));
    ck_assert_int_eq(add(s, UINT64_MAX, UINT64_MAX, "f", "v"), STREAM_ADDED);
    ck_assert_int_eq(add(s, UINT64_MAX, UINT64_MAX, "f", "v"), STREAM_ID_SPENT);
    ck_assert(!streamNextId(s, 9, &id));
    streamOps.free(s);
}
END_TEST

START_TEST(nodesFillUpToTheirLimits) {
    stream *s = of(250);
    ck_assert_uint_eq(streamNodeCount(s), 3);
    char big[3000];
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = 0;
    for (uint64_t i = 0; i < 4; i++) add(s, 1000 + i, 0, "f", big);
    ck_assert_uint_eq(streamNodeCount(s), 6);
    streamCheck(s);
    streamOps.free(s);
}
END_TEST

START_TEST(anApproximateTrimTakesWholeNodesUpToItsLimit) {
    stream *s = of(1000);
    streamTrimRule rule = {.approximate = true, .max_length = 50};
    rule.limit = 250;
    ck_assert_uint_eq(streamTrim(s, &rule), 200);
    rule.limit = 0;
    ck_assert_uint_eq(streamTrim(s, &rule), 700);
    ck_assert_uint_eq(streamTrim(s, &rule), 0);
    rule.approximate = false;
    ck_assert_uint_eq(streamTrim(s, &rule), 50);
    ck_assert(streamIdEqual(streamFirstId(s), (streamId){951, 0}));
    ck_assert(streamIdIsZero(streamMaxDeletedId(s)));
    streamCheck(s);
    streamOps.free(s);
}
END_TEST

START_TEST(deletedEntriesOfALoadedNodeAreCutOut) {
    /* Two entries, the first one marked as deleted: flags 3, counts 1 and 1. */
    static const char raw[] = "\x28\x00\x00\x00\x0F\x00\x01\x01\x01\x01\x01\x01\x81\x66\x02\x00"
                              "\x01\x03\x01\x00\x01\x00\x01\x81\x76\x02\x04\x01"
                              "\x02\x01\x05\x01\x00\x01\x81\x77\x02\x04\x01\xFF";
    bytes b = bytesOf(raw, sizeof raw - 1);
    ck_assert(streamNodeValidate(b));
    stream *s = streamNew();
    ck_assert(streamAppendNode(s, (streamId){10, 0}, listpackFromBytes(b)));
    ck_assert_uint_eq(streamLength(s), 1);
    ck_assert(streamIdEqual(streamFirstId(s), (streamId){15, 0}));
    ck_assert_uint_eq(nodeBytes(s).size, 29);
    /* What lies before or in it is refused. */
    ck_assert(!streamAppendNode(s, (streamId){15, 0}, listpackFromBytes(b)));
    streamSetLastId(s, (streamId){15, 0});
    streamCheck(s);
    streamOps.free(s);
}
END_TEST

START_TEST(aNodeWithFalseCountsIsRefused) {
    stream *s = of(3);
    bytes good = nodeBytes(s);
    ck_assert(streamNodeValidate(good));
    char bad[128];
    for (size_t at = 6; at < good.size - 1; at++) {
        if (at == 12 || at == 13) continue; /* a field's text may be any */
        memcpy(bad, good.data, good.size);
        bad[at] ^= 1;
        bool is_value = bad[at] == ('v' ^ 1), is_number = false;
        /* Flags 2 and 3 differ in a count, times may be any. */
        for (size_t from = 17; from < good.size - 1; from += 11)
            is_number |= at == from + 2 || at == from + 4;
        if (!is_value && !is_number)
            ck_assert_msg(!streamNodeValidate(bytesOf(bad, good.size)), "byte %zu", at);
    }
    streamOps.free(s);
}
END_TEST

START_TEST(anEntryTooBigForANodeIsRefused) {
    stream *s = streamNew();
    bytes pairs[] = {bytesOf("f", 1), bytesOf("v", LISTPACK_MAX - 100)};
    ck_assert_int_eq(streamAdd(s, (streamId){1, 0}, pairs, 1, &limits), STREAM_TOO_BIG);
    ck_assert_uint_eq(streamLength(s), 0);
    streamCheck(s);
    streamOps.free(s);
}
END_TEST

START_TEST(lagIsToldWhereItCanBe) {
    stream *s = of(5);
    streamGroup *g = streamGroupCreate(s, BYTES("g"), STREAM_ID_ZERO, STREAM_READ_UNKNOWN);
    int64_t lag;
    ck_assert(streamGroupLag(s, g, &lag));
    ck_assert_int_eq(lag, 5);
    streamGroupDeliver(s, g, (streamId){1, 0});
    ck_assert_int_eq(g->entries_read, 1);
    streamDelete(s, (streamId){3, 0});
    ck_assert(!streamGroupLag(s, g, &lag));
    streamDelete(s, (streamId){2, 0});
    streamDelete(s, (streamId){1, 0});
    ck_assert(streamGroupLag(s, g, &lag));
    ck_assert_int_eq(lag, 2);
    streamGroupDeliver(s, g, (streamId){5, 0});
    ck_assert_int_eq(g->entries_read, 5);
    streamOps.free(s);
}
END_TEST

START_TEST(aGroupAloneIsFreedInSlices) {
    stream *s = of(3000);
    streamGroup *g = streamGroupCreate(s, BYTES("g"), STREAM_ID_ZERO, 0);
    streamConsumer *c = streamConsumerCreate(s, g, BYTES("c"), 0);
    for (uint64_t i = 1; i <= 3000; i++) streamPendingAdd(s, g, c, (streamId){i, 0}, 5, 1);
    ck_assert_uint_gt(streamOps.parts(s), 3000);
    stream *alone = streamGroupDetach(s, BYTES("g"));
    ck_assert_ptr_null(streamGroupDetach(s, BYTES("g")));
    ck_assert_uint_lt(streamOps.parts(s), 100);
    streamCheck(s);
    streamCheck(alone);
    int steps = 0;
    while (!streamOps.freeStep(alone, 64)) steps++;
    ck_assert_int_gt(steps, 10);
    streamOps.free(s);
}
END_TEST

/* ---- idempotent producers ---- */

static const streamIdmpLimits idmp = {.duration_s = 10, .maxsize = 3};

static bool knows(const stream *s, const char *producer, const char *message, int64_t now_ms) {
    streamId id;
    return streamIdmpFind(s, bytesOfText(producer), bytesOfText(message), idmp, now_ms, &id);
}

static void note(stream *s, const char *producer, const char *message, int64_t now_ms) {
    streamIdmpAdd(s, bytesOfText(producer), bytesOfText(message), (streamId){(uint64_t)now_ms, 1},
                  idmp, now_ms);
}

START_TEST(messagesAreRememberedForATimeAndUpToANumber) {
    stream *s = streamNew();
    note(s, "p", "a", 1000);
    note(s, "p", "b", 2000);
    note(s, "q", "a", 2000);
    ck_assert(knows(s, "p", "a", 11000));
    ck_assert(!knows(s, "p", "a", 11001));
    ck_assert(knows(s, "p", "b", 11001));
    note(s, "p", "c", 3000);
    note(s, "p", "d", 3000);
    ck_assert(!knows(s, "p", "a", 3000));
    ck_assert(knows(s, "p", "b", 3000));
    ck_assert(knows(s, "q", "a", 3000));
    streamIdmpStats stats;
    streamIdmpStatsOf(s, idmp, 3000, &stats);
    ck_assert_uint_eq(stats.producers, 2);
    ck_assert_uint_eq(stats.messages, 4);
    streamIdmpStatsOf(s, idmp, 12500, &stats);
    ck_assert_uint_eq(stats.producers, 1);
    ck_assert_uint_eq(stats.messages, 2);
    streamOps.free(s);
}
END_TEST

START_TEST(silentProducersAreForgotten) {
    stream *s = streamNew();
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        note(s, name, "a", 1000);
    }
    size_t before = streamOps.parts(s);
    for (int i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%d", i);
        note(s, "alive", name, 100000 + i);
    }
    ck_assert_uint_lt(streamOps.parts(s), before / 2);
    streamOps.free(s);
}
END_TEST

START_TEST(otherLimitsForgetEverything) {
    stream *s = streamNew();
    note(s, "p", "a", 1000);
    streamIdmpSetLimits(s, (streamIdmpLimits){.maxsize = 3}, idmp);
    ck_assert(knows(s, "p", "a", 1000));
    streamIdmpSetLimits(s, (streamIdmpLimits){.maxsize = 4}, idmp);
    ck_assert(!knows(s, "p", "a", 1000));
    ck_assert_int_eq(streamIdmpLimitsOf(s, idmp).duration_s, 10);
    ck_assert_int_eq(streamIdmpLimitsOf(s, idmp).maxsize, 4);
    streamOps.free(s);
}
END_TEST

START_TEST(aMessageIsNamedByItsContent) {
    bytes ab[] = {BYTES("a"), BYTES("1"), BYTES("b"), BYTES("2")};
    bytes ba[] = {BYTES("b"), BYTES("2"), BYTES("a"), BYTES("1")};
    bytes other[] = {BYTES("a"), BYTES("2"), BYTES("b"), BYTES("1")};
    bytes moved[] = {BYTES("a1"), BYTES(""), BYTES("b"), BYTES("2")};
    char names[4][STREAM_IDMP_NAME];
    streamIdmpName(ab, 2, names[0]);
    streamIdmpName(ba, 2, names[1]);
    streamIdmpName(other, 2, names[2]);
    streamIdmpName(moved, 2, names[3]);
    ck_assert_mem_eq(names[0], names[1], STREAM_IDMP_NAME);
    ck_assert_mem_ne(names[0], names[2], STREAM_IDMP_NAME);
    ck_assert_mem_ne(names[0], names[3], STREAM_IDMP_NAME);
}
END_TEST

TESTS("t_stream", aNodeIsOfThePublicForm, idsOnlyGrow, nodesFillUpToTheirLimits,
      anApproximateTrimTakesWholeNodesUpToItsLimit, deletedEntriesOfALoadedNodeAreCutOut,
      aNodeWithFalseCountsIsRefused, anEntryTooBigForANodeIsRefused, lagIsToldWhereItCanBe,
      aGroupAloneIsFreedInSlices, messagesAreRememberedForATimeAndUpToANumber,
      silentProducersAreForgotten, otherLimitsForgetEverything, aMessageIsNamedByItsContent)
