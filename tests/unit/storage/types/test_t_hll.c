#include "storage/base/mem.h"
#include "storage/types/t_hll.h"
#include "tests/support/suite.h"

#define FNV_START 0xcbf29ce484222325u

static uint64_t fnv1aOn(uint64_t h, bytes s) {
    for (size_t i = 0; i < s.size; i++) h = (h ^ (uint8_t)s.data[i]) * 0x100000001b3u;
    return h;
}

static uint64_t fnv1a(bytes s) {
    return fnv1aOn(FNV_START, s);
}

static void addNumbered(hllBuffer *b, const char *prefix, int count, size_t limit) {
    for (int i = 0; i < count; i++) {
        char element[32];
        int size = snprintf(element, sizeof element, "%s:%d", prefix, i);
        if (hllAdd(b, bytesOf(element, (size_t)size), limit) < 0) ck_abort_msg("cannot add");
    }
    hllMarkStale(b->data);
}

static uint64_t countOf(const hllBuffer *b) {
    uint64_t count;
    ck_assert_int_eq(hllCount(hllBytes(b), &count), ERR_OK);
    return count;
}

/* What redis-server 7.0.15 has under a key after PFADD of element:0 .. element:(n-1) with that
 * hll-sparse-max-bytes, as size and FNV-1a of GET, and what its PFCOUNT says. */
static const struct {
    size_t limit;
    int elements;
    size_t size;
    uint64_t digest;
    uint64_t count;
} recorded[] = {
    {0, 0, 18, 0x524bc36d036c0579u, 0},
    {0, 1, 12304, 0x0a729531e69893cau, 1},
    {0, 10, 12304, 0xf0eed346e53c94ecu, 10},
    {0, 100, 12304, 0x5ea4dbb1181be205u, 99},
    {0, 500, 12304, 0x3c6185f09ab40ec0u, 502},
    {0, 1000, 12304, 0x7016bd23eb155e89u, 997},
    {0, 1500, 12304, 0x6d0259dba21bc2b6u, 1500},
    {0, 2000, 12304, 0xcce1885576faad71u, 2004},
    {0, 5000, 12304, 0x71b59976ab1aa332u, 5005},
    {0, 20000, 12304, 0x50d6b0a96d373a57u, 19986},
    {0, 100000, 12304, 0x8c615f2c02122d45u, 100039},
    {100, 0, 18, 0x524bc36d036c0579u, 0},
    {100, 1, 21, 0x5db2e01c33707b73u, 1},
    {100, 10, 48, 0x77f1dfb6ec0d7ad9u, 10},
    {100, 100, 12304, 0x5ea4dbb1181be205u, 99},
    {100, 500, 12304, 0x3c6185f09ab40ec0u, 502},
    {100, 1000, 12304, 0x7016bd23eb155e89u, 997},
    {100, 1500, 12304, 0x6d0259dba21bc2b6u, 1500},
    {100, 2000, 12304, 0xcce1885576faad71u, 2004},
    {100, 5000, 12304, 0x71b59976ab1aa332u, 5005},
    {100, 20000, 12304, 0x50d6b0a96d373a57u, 19986},
    {100, 100000, 12304, 0x8c615f2c02122d45u, 100039},
    {3000, 0, 18, 0x524bc36d036c0579u, 0},
    {3000, 1, 21, 0x5db2e01c33707b73u, 1},
    {3000, 10, 48, 0x77f1dfb6ec0d7ad9u, 10},
    {3000, 100, 285, 0x67b325af879902d0u, 99},
    {3000, 500, 1050, 0x78db67250c4fc8c0u, 502},
    {3000, 1000, 1897, 0x0f28a9d93d3164c9u, 997},
    {3000, 1500, 2722, 0xf838071971f93338u, 1500},
    {3000, 2000, 12304, 0xcce1885576faad71u, 2004},
    {3000, 5000, 12304, 0x71b59976ab1aa332u, 5005},
    {3000, 20000, 12304, 0x50d6b0a96d373a57u, 19986},
    {3000, 100000, 12304, 0x8c615f2c02122d45u, 100039},
    {20000, 0, 18, 0x524bc36d036c0579u, 0},
    {20000, 1, 21, 0x5db2e01c33707b73u, 1},
    {20000, 10, 48, 0x77f1dfb6ec0d7ad9u, 10},
    {20000, 100, 285, 0x67b325af879902d0u, 99},
    {20000, 500, 1050, 0x78db67250c4fc8c0u, 502},
    {20000, 1000, 1897, 0x0f28a9d93d3164c9u, 997},
    {20000, 1500, 2722, 0xf838071971f93338u, 1500},
    {20000, 2000, 3495, 0x5f1eab95d0da6d73u, 2004},
    {20000, 5000, 7205, 0x748d5ebe21c2f508u, 5005},
    {20000, 20000, 13093, 0x48609f99d04385b4u, 19986},
    {20000, 100000, 13619, 0xefb203624a992d42u, 100039},
};

START_TEST(bytesAndCountsAreThoseOfRedis) {
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        hllBuffer b;
        hllInit(&b);
        addNumbered(&b, "element", recorded[i].elements, recorded[i].limit);
        ck_assert_msg(b.size == recorded[i].size, "size of vector %zu: %zu", i, b.size);
        ck_assert_msg(fnv1a(hllBytes(&b)) == recorded[i].digest, "bytes of vector %zu", i);
        ck_assert_uint_eq(countOf(&b), recorded[i].count);
    }
}
END_TEST

/* The same for registers close to each other, so that runs split and join all the time: redis got
 * elements made for these registers by going backwards through the hash. Sum of sizes and digest
 * of every fifth string on the way. */
START_TEST(joinedRunsAreThoseOfRedis) {
    static const struct {
        unsigned spread;
        size_t size;
        uint64_t digest;
    } want[] = {
        {1, 34840, 0xbed8f87a5f5adf67u},
        {4, 109352, 0xd1dcc2dc22412a73u},
        {16, 109814, 0xfbb96d6d8ef60ed0u},
        {64, 112880, 0x84b78da452259910u},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        hllBuffer b;
        hllInit(&b);
        uint64_t state = want[i].spread, digest = FNV_START;
        size_t size = 0;
        for (int n = 0; n < 1500; n++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            hllRegister r = {(uint16_t)((state >> 33) % 200 * want[i].spread),
                             (uint8_t)(1 + (state >> 60) % 2)};
            if (hllRaise(&b, r, 3000) < 0) ck_abort_msg("cannot raise");
            hllMarkStale(b.data);
            if (n % 5) continue;
            digest = fnv1aOn(digest, hllBytes(&b));
            size += b.size;
        }
        ck_assert_uint_eq(size, want[i].size);
        ck_assert(digest == want[i].digest);
    }
}
END_TEST

START_TEST(smallOnesReadAsDocumented) {
    hllBuffer b;
    hllInit(&b);
    ck_assert_uint_eq(b.size, 18);
    ck_assert_mem_eq(b.data, "HYLL\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18);
    ck_assert_int_eq(hllAdd(&b, BYTES("a"), 3000), 1);
    ck_assert_int_eq(hllAdd(&b, BYTES("b"), 3000), 1);
    ck_assert_int_eq(hllAdd(&b, BYTES("c"), 3000), 1);
    ck_assert_int_eq(hllAdd(&b, BYTES("a"), 3000), 0);
    hllMarkStale(b.data);
    static const char want[] = "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80`\xf3\x80P\xb1\x84K\xfb\x80"
                               "BZ";
    ck_assert_uint_eq(b.size, sizeof want - 1);
    ck_assert_mem_eq(b.data, want, sizeof want - 1);
    size_t size;
    char *text = hllDecode(hllBytes(&b), &size);
    static const char runs[] = "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603";
    ck_assert_uint_eq(size, sizeof runs - 1);
    ck_assert_mem_eq(text, runs, size);
    memFree(text);
}
END_TEST

START_TEST(unionsAreThoseOfRedis) {
    static const struct {
        int elements;
        size_t size;
        uint64_t digest;
        uint64_t count;
    } want[] = {{100, 684, 0x379bc3672e17fc1eu, 301},
                {800, 12304, 0x502a7b158d5e8c8au, 2403},
                {5000, 12304, 0x0f372d445eb1138bu, 14922}};
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        hllBuffer source, merged;
        uint8_t raw[HLL_REGISTERS] = {0};
        bool dense = false;
        for (size_t k = 0; k < 3; k++) {
            hllInit(&source);
            addNumbered(&source, names[k], want[i].elements, 3000);
            dense |= hllEncodingOf(hllBytes(&source)) == HLL_DENSE;
            ck_assert_int_eq(hllMerge(raw, hllBytes(&source)), ERR_OK);
        }
        ck_assert_uint_eq(hllCountRaw(raw), want[i].count);
        hllInit(&merged);
        if (dense) ck_assert_int_eq(hllToDense(&merged), ERR_OK);
        ck_assert_int_eq(hllRaiseAll(&merged, raw, 3000), ERR_OK);
        hllMarkStale(merged.data);
        ck_assert_uint_eq(merged.size, want[i].size);
        ck_assert(fnv1a(hllBytes(&merged)) == want[i].digest);
    }
}
END_TEST

START_TEST(valuesAbove32TurnItDense) {
    hllBuffer b;
    hllInit(&b);
    ck_assert_int_eq(hllRaise(&b, (hllRegister){7, 32}, 3000), 1);
    ck_assert_int_eq(hllEncodingOf(hllBytes(&b)), HLL_SPARSE);
    ck_assert_int_eq(hllRaise(&b, (hllRegister){8, 33}, 3000), 1);
    ck_assert_int_eq(hllEncodingOf(hllBytes(&b)), HLL_DENSE);
    ck_assert_uint_eq(b.size, HLL_DENSE_SIZE);
    ck_assert_uint_eq(hllDenseGet(hllBytes(&b), 7), 32);
    ck_assert_uint_eq(hllDenseGet(hllBytes(&b), 8), 33);
    ck_assert_uint_eq(hllDenseGet(hllBytes(&b), 9), 0);
}
END_TEST

START_TEST(neighboursOfOneValueShareARun) {
    hllBuffer b;
    hllInit(&b);
    for (uint16_t i = 10; i < 15; i++) ck_assert_int_eq(hllRaise(&b, (hllRegister){i, 1}, 3000), 1);
    size_t size;
    char *text = hllDecode(hllBytes(&b), &size);
    ck_assert_uint_eq(size, strlen("z:10 v:1,4 v:1,1 Z:16369"));
    ck_assert_mem_eq(text, "z:10 v:1,4 v:1,1 Z:16369", size);
    memFree(text);
}
END_TEST

START_TEST(cachedCountIsLittleEndianAndGoesStale) {
    hllBuffer b;
    uint64_t count;
    hllInit(&b);
    ck_assert(hllCached(hllBytes(&b), &count));
    ck_assert_uint_eq(count, 0);
    hllSetCached(b.data, 0x0102030405060708u);
    ck_assert_mem_eq(b.data + 8, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    ck_assert(hllCached(hllBytes(&b), &count));
    ck_assert_uint_eq(count, 0x0102030405060708u);
    hllMarkStale(b.data);
    ck_assert_mem_eq(b.data + 8, "\x08\x07\x06\x05\x04\x03\x02\x81", 8);
    ck_assert(!hllCached(hllBytes(&b), &count));
}
END_TEST

START_TEST(refusesWhatIsNoHyperLogLog) {
    ck_assert_int_eq(hllCheck(BYTES("")), ERR_TYPE);
    ck_assert_int_eq(hllCheck(BYTES("HYLL\1\0\0\0\0\0\0\0\0\0\0")), ERR_TYPE);
    ck_assert_int_eq(hllCheck(BYTES("HYLL\1\0\0\0\0\0\0\0\0\0\0\0")), ERR_OK);
    ck_assert_int_eq(hllCheck(BYTES("HYLL\2\0\0\0\0\0\0\0\0\0\0\0")), ERR_TYPE);
    ck_assert_int_eq(hllCheck(BYTES("HYLL\0\0\0\0\0\0\0\0\0\0\0\0")), ERR_TYPE);
    ck_assert_int_eq(hllCheck(BYTES("HYLX\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff")), ERR_TYPE);
}
END_TEST

START_TEST(refusesCorruptRuns) {
    /* Nothing; too short by one; half an XZERO; too long by one; a VAL over the end. */
    static const struct {
        size_t size;
        char runs[4];
    } bad[] = {{0, ""}, {2, "\x7f\xfe"}, {1, "\x7f"}, {3, "\x7f\xff\x00"}, {3, "\x7f\xfe\x81"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hllBuffer b;
        hllInit(&b);
        b.size = HLL_HEADER + bad[i].size;
        memcpy(b.data + HLL_HEADER, bad[i].runs, bad[i].size);
        uint8_t raw[HLL_REGISTERS] = {0};
        uint64_t count;
        size_t size;
        ck_assert_int_eq(hllCheck(hllBytes(&b)), ERR_OK);
        ck_assert_int_eq(hllCount(hllBytes(&b), &count), ERR_CORRUPT);
        ck_assert_int_eq(hllMerge(raw, hllBytes(&b)), ERR_CORRUPT);
        ck_assert_int_eq(hllToDense(&b), ERR_CORRUPT);
        ck_assert_ptr_null(hllDecode(hllBytes(&b), &size));
        if (bad[i].size != 3)
            ck_assert_int_eq(hllRaise(&b, (hllRegister){16383, 1}, 3000), ERR_CORRUPT);
        ck_assert_uint_eq(b.size, HLL_HEADER + bad[i].size);
    }
    char long_one[HLL_SIZE_MAX + 1] = "HYLL\1";
    hllBuffer b;
    ck_assert_int_eq(hllLoad(&b, bytesOf(long_one, sizeof long_one)), ERR_CORRUPT);
}
END_TEST

START_TEST(registersNoElementSetsDoNotBreakCounting) {
    hllBuffer b;
    hllInit(&b);
    ck_assert_int_eq(hllToDense(&b), ERR_OK);
    memset(b.data + HLL_HEADER, 0xff, HLL_DENSE_SIZE - HLL_HEADER);
    ck_assert_uint_eq(countOf(&b), INT64_MAX);
}
END_TEST

START_TEST(selfTestPasses) {
    const char *wrong = hllSelfTest();
    ck_assert_msg(wrong == NULL, "%s", wrong);
}
END_TEST

TESTS("t_hll", bytesAndCountsAreThoseOfRedis, joinedRunsAreThoseOfRedis, smallOnesReadAsDocumented,
      unionsAreThoseOfRedis, valuesAbove32TurnItDense, neighboursOfOneValueShareARun,
      cachedCountIsLittleEndianAndGoesStale, refusesWhatIsNoHyperLogLog, refusesCorruptRuns,
      registersNoElementSetsDoNotBreakCounting, selfTestPasses)
