#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
}
static void done(void) {
    fakeFree(f);
}

START_TEST(setbitGrowsAndRepliesTheOldBit) {
    setup();
    CALL(f, "SETBIT a 7 1", ":0|");
    CALL(f, "SETBIT a 7 0", ":1|");
    CALL(f, "SETBIT a 17 1", ":0|");
    CALL(f, "BITFIELD a GET u24 0", "*1|:64|");
    CALL(f, "GETBIT a 17", ":1|");
    CALL(f, "GETBIT a 1000", ":0|");
    CALL(f, "GETBIT b 0", ":0|");
    CALL(f, "SET n 1", "+OK|");
    CALL(f, "SETBIT n 6 1", ":0|");
    CALL(f, "GET n", "$1|3|");
    done();
}
END_TEST

START_TEST(setbitThatChangesNothingTellsNothing) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "SETBIT a 0 0", ":0|");
    ck_assert_str_eq(fakeEvents(f), "setbit:a");
    uint64_t dirty = f->server->dirty;
    CALL(f, "SETBIT a 0 0", ":0|");
    CALL(f, "BITFIELD a SET u4 0 0", "*1|:0|");
    ck_assert_str_eq(fakeEvents(f), "");
    ck_assert_uint_eq(f->server->dirty, dirty);
    CALL(f, "SETBIT a 90 0", ":0|");
    CALL(f, "BITFIELD a INCRBY u4 0 0", "*1|:0|");
    ck_assert_str_eq(fakeEvents(f), "setbit:a setbit:a");
    done();
}
END_TEST

START_TEST(offsetsAndBitsAreChecked) {
    setup();
#define BAD_OFFSET "-ERR bit offset is not an integer or out of range|"
    CALL(f, "SETBIT a x 2", BAD_OFFSET);
    CALL(f, "SETBIT a -1 1", BAD_OFFSET);
    CALL(f, "SETBIT a 4294967296 1", BAD_OFFSET);
    CALL(f, "GETBIT a #1", BAD_OFFSET);
    CALL(f, "SETBIT a 0 2", "-ERR bit is not an integer or out of range|");
    CALL(f, "GET a", "$-1|");
    done();
}
END_TEST

START_TEST(bitcountTakesBytesAndBits) {
    setup();
    CALL(f, "SET s foobar", "+OK|");
    CALL(f, "BITCOUNT s", ":26|");
    CALL(f, "BITCOUNT s 0 0", ":4|");
    CALL(f, "BITCOUNT s 1 -2", ":18|");
    CALL(f, "BITCOUNT s 5 30 BIT", ":17|");
    CALL(f, "BITCOUNT s 1 1 byte", ":6|");
    CALL(f, "BITCOUNT s -6 -7", ":0|");
    CALL(f, "BITCOUNT s 100 200", ":0|");
    CALL(f, "BITCOUNT none 0 1000 bit", ":0|");
    CALL(f, "BITCOUNT none 0", "-ERR syntax error|");
    CALL(f, "BITCOUNT none 0 1 hello", "-ERR syntax error|");
    CALL(f, "BITCOUNT none a b", "-ERR value is not an integer or out of range|");
    done();
}
END_TEST

START_TEST(bitposLooksPastTheEndOnlyWithoutOne) {
    setup();
    CALL(f, "SET s \"\\xff\\xff\\xff\"", "+OK|");
    CALL(f, "BITPOS s 0", ":24|");
    CALL(f, "BITPOS s 0 0", ":24|");
    CALL(f, "BITPOS s 0 0 -1", ":-1|");
    CALL(f, "BITPOS s 0 5", ":-1|");
    CALL(f, "BITPOS s 1 9 -1 bit", ":9|");
    CALL(f, "BITPOS none 0", ":0|");
    CALL(f, "BITPOS none 1", ":-1|");
    CALL(f, "BITPOS s 2", "-ERR The bit argument must be 1 or 0.|");
    CALL(f, "BITPOS none 0 1 hello hello2", "-ERR syntax error|");
    CALL(f, "BITPOS none 0 a b", "-ERR value is not an integer or out of range|");
    done();
}
END_TEST

START_TEST(bitopCombinesIntoItsOwnSourceToo) {
    setup();
    CALL(f, "SET a 0", "+OK|");
    CALL(f, "SET b 5U", "+OK|");
    CALL(f, "BITOP OR a a b none", ":2|");
    CALL(f, "GET a", "$2|5U|");
    CALL(f, "BITOP NOT a a", ":2|");
    CALL(f, "BITOP not a a", ":2|");
    CALL(f, "GET a", "$2|5U|");
    CALL(f, "BITOP DIFF d none b", ":2|");
    CALL(f, "BITFIELD d GET u16 0", "*1|:0|");
    CALL(f, "BITOP ONE d b a a", ":2|");
    CALL(f, "BITFIELD d GET u16 0", "*1|:0|");
    CALL(f, "BITOP XOR d a b b b b b b b b b b b b b b b b b b", ":2|");
    CALL(f, "GET d", "$2|5U|");
    done();
}
END_TEST

START_TEST(bitopLeavesAnEditedString) {
    setup();
    CALL(f, "SET a 12", "+OK|");
    CALL(f, "BITOP OR d a", ":2|");
    CALL(f, "OBJECT ENCODING d", "$3|raw|");
    CALL(f, "BITOP NOT d a", ":2|");
    CALL(f, "OBJECT ENCODING d", "$3|raw|");
    CALL(f, "BITOP NOT d d", ":2|");
    CALL(f, "INCR d", ":13|");
    done();
}
END_TEST

START_TEST(bitopOfNothingDeletes) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "SET d x", "+OK|");
    CALL(f, "BITOP AND d none nothing", ":0|");
    CALL(f, "GET d", "$-1|");
    ck_assert_str_eq(fakeEvents(f), "set:d del:d");
    CALL(f, "SET a x", "+OK|");
    CALL(f, "BITOP AND d a", ":1|");
    ck_assert_str_eq(fakeEvents(f), "set:a set:d");
    done();
}
END_TEST

START_TEST(bitopChecksItsForm) {
    setup();
    CALL(f, "BITOP nand d a", "-ERR syntax error|");
    CALL(f, "BITOP NOT d a b", "-ERR BITOP NOT must be called with a single source key.|");
    CALL(f, "BITOP diff d a", "-ERR BITOP DIFF must be called with at least two source keys.|");
    CALL(f, "BITOP ANDOR d a", "-ERR BITOP ANDOR must be called with at least two source keys.|");
    done();
}
END_TEST

START_TEST(bitfieldRunsItsStepsInOrder) {
    setup();
    CALL(f, "BITFIELD k SET u8 #0 255 INCRBY u8 0 100 GET u8 0", "*3|:0|:99|:99|");
    CALL(f, "BITFIELD k SET i8 #0 -100 GET i8 0 GET u4 #1", "*3|:99|:-100|:12|");
    CALL(f, "BITFIELD k OVERFLOW SAT INCRBY u2 102 5 OVERFLOW FAIL INCRBY u2 102 1", "*2|:3|$-1|");
    CALL(f, "BITFIELD k OVERFLOW FAIL SET u2 0 4 OVERFLOW WRAP SET u2 0 7", "*2|$-1|:2|");
    CALL(f, "BITFIELD k", "*0|");
    CALL(f, "BITFIELD none GET u8 9", "*1|:0|");
    CALL(f, "GET none", "$-1|");
    CALL(f, "BITFIELD_RO k GET u2 0 GET u2 102", "*2|:3|:3|");
    done();
}
END_TEST

START_TEST(bitfieldChecksAllStepsBeforeTheFirst) {
    setup();
    CALL(f, "BITFIELD k SET u8 0 1 GET u64 0",
         "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
         "but i64 is.|");
    CALL(f, "BITFIELD k SET u8 0 1 SET u8 0", "-ERR syntax error|");
    CALL(f, "BITFIELD k SET u8 0 1 OVERFLOW", "-ERR syntax error|");
    CALL(f, "BITFIELD k OVERFLOW foo", "-ERR Invalid OVERFLOW type specified|");
    CALL(f, "BITFIELD k SET u8 0 x", "-ERR value is not an integer or out of range|");
    CALL(f, "BITFIELD k GET u8 -1", BAD_OFFSET);
    CALL(f, "BITFIELD_RO k SET u8 0 1", "-ERR BITFIELD_RO only supports the GET subcommand|");
    CALL(f, "GET k", "$-1|");
    done();
}
END_TEST

TESTS("commands/bitmap", setbitGrowsAndRepliesTheOldBit, setbitThatChangesNothingTellsNothing,
      offsetsAndBitsAreChecked, bitcountTakesBytesAndBits, bitposLooksPastTheEndOnlyWithoutOne,
      bitopCombinesIntoItsOwnSourceToo, bitopLeavesAnEditedString, bitopOfNothingDeletes,
      bitopChecksItsForm, bitfieldRunsItsStepsInOrder, bitfieldChecksAllStepsBeforeTheFirst)
