#include "storage/types/t_hll.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
    f->server->config.hll_sparse_max_bytes = 3000;
}
static void done(void) {
    fakeFree(f);
}

START_TEST(pfaddTellsWhetherARegisterChanged) {
    setup();
    CALL(f, "PFADD h", ":1|");
    CALL(f, "PFADD h", ":0|");
    CALL(f, "PFADD h a b c", ":1|");
    CALL(f, "PFADD h a b c", ":0|");
    CALL(f, "PFCOUNT h", ":3|");
    CALL(f, "PFDEBUG TODENSE h", ":1|");
    CALL(f, "PFDEBUG TODENSE h", ":0|");
    CALL(f, "PFADD h a b c", ":0|");
    CALL(f, "PFADD h a d", ":1|");
    CALL(f, "PFCOUNT h", ":4|");
    CALL(f, "PFDEBUG ENCODING h", "+dense|");
    done();
}
END_TEST

START_TEST(eventsComeWithChangesOnly) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "PFADD h a", ":1|");
    CALL(f, "PFADD h a", ":0|");
    ck_assert_str_eq(fakeEvents(f), "pfadd:h");
    uint64_t dirty = f->server->dirty;
    CALL(f, "PFCOUNT h", ":1|");
    ck_assert_uint_eq(f->server->dirty, dirty + 1);
    CALL(f, "PFCOUNT h", ":1|");
    ck_assert_uint_eq(f->server->dirty, dirty + 1);
    ck_assert_str_eq(fakeEvents(f), "");
    CALL(f, "PFMERGE m h", "+OK|");
    ck_assert_str_eq(fakeEvents(f), "pfadd:m");
    done();
}
END_TEST

START_TEST(countGoesStaleOnChangesOnly) {
    setup();
    CALL(f, "PFADD h a b c", ":1|");
    CALL(f, "GETBIT h 120", ":1|");
    CALL(f, "PFCOUNT h", ":3|");
    CALL(f, "GETBIT h 120", ":0|");
    CALL(f, "PFADD h a", ":0|");
    CALL(f, "GETBIT h 120", ":0|");
    CALL(f, "PFADD h 1", ":1|");
    CALL(f, "GETBIT h 120", ":1|");
    done();
}
END_TEST

START_TEST(mergeTakesTheDestinationAsASource) {
    setup();
    CALL(f, "PFADD a 1 2 3", ":1|");
    CALL(f, "PFADD b 3 4", ":1|");
    CALL(f, "PFCOUNT a b none", ":4|");
    CALL(f, "PFMERGE a b none", "+OK|");
    CALL(f, "PFCOUNT a", ":4|");
    CALL(f, "PFDEBUG ENCODING a", "+sparse|");
    CALL(f, "PFDEBUG TODENSE b", ":1|");
    CALL(f, "PFMERGE a b", "+OK|");
    CALL(f, "PFDEBUG ENCODING a", "+dense|");
    CALL(f, "PFCOUNT a", ":4|");
    CALL(f, "PFMERGE new", "+OK|");
    CALL(f, "PFCOUNT new", ":0|");
    done();
}
END_TEST

START_TEST(turnsDenseAboveTheConfiguredSize) {
    setup();
    CALL(f, "PFADD h a b c d e f g h i j k", ":1|");
    CALL(f, "PFDEBUG ENCODING h", "+sparse|");
    f->server->config.hll_sparse_max_bytes = 30;
    CALL(f, "PFADD h new_element", ":1|");
    CALL(f, "PFDEBUG ENCODING h", "+dense|");
    done();
}
END_TEST

START_TEST(otherStringsAreRefused) {
    setup();
#define NO_HLL "-WRONGTYPE Key is not a valid HyperLogLog string value.|"
    CALL(f, "SET s bar", "+OK|");
    CALL(f, "SET n 12345", "+OK|");
    CALL(f, "PFADD s a", NO_HLL);
    CALL(f, "PFCOUNT n", NO_HLL);
    CALL(f, "PFCOUNT none s", NO_HLL);
    CALL(f, "PFMERGE m s", NO_HLL);
    CALL(f, "GET m", "$-1|");
    CALL(f, "PFDEBUG ENCODING s", NO_HLL);
    done();
}
END_TEST

START_TEST(corruptOnesAreRefusedAndLeftAlone) {
    setup();
#define CORRUPT "-INVALIDOBJ Corrupted HLL object detected|"
    const char *data = "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80\x7f\xfe";
    bytes set[] = {BYTES("SET"), BYTES("h"), bytesOf(data, 18)};
    ck_assert_str_eq(fakeCallArgs(f, f->client, 3, set, NULL), "+OK\r\n");
    CALL(f, "PFCOUNT h", CORRUPT);
    CALL(f, "PFCOUNT h none", CORRUPT);
    CALL(f, "PFMERGE m h", CORRUPT);
    CALL(f, "PFDEBUG TODENSE h", CORRUPT);
    CALL(f, "PFDEBUG GETREG h", CORRUPT);
    CALL(f, "PFDEBUG DECODE h", CORRUPT);
    CALL(f, "GET m", "$-1|");
    done();
}
END_TEST

START_TEST(debugShowsRunsAndRegisters) {
    setup();
    CALL(f, "PFADD h a b c", ":1|");
    CALL(f, "PFDEBUG DECODE h", "$44|Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603|");
    ck_assert_int_eq(strncmp(fakeCall(f, "PFDEBUG getreg h"), "*16384\r\n:0\r\n", 12), 0);
    CALL(f, "PFDEBUG DECODE h", "-ERR HLL encoding is not sparse|");
    CALL(f, "PFDEBUG ENCODING none", "-ERR The specified key does not exist|");
    CALL(f, "PFDEBUG foo h", "-ERR Unknown PFDEBUG subcommand 'foo'|");
    CALL(f, "PFSELFTEST", "+OK|");
    done();
}
END_TEST

TESTS("commands/hll", pfaddTellsWhetherARegisterChanged, eventsComeWithChangesOnly,
      countGoesStaleOnChangesOnly, mergeTakesTheDestinationAsASource,
      turnsDenseAboveTheConfiguredSize, otherStringsAreRefused, corruptOnesAreRefusedAndLeftAlone,
      debugShowsRunsAndRegisters)
