#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
}
static void done(void) {
    fakeFree(f);
}

#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value|"
#define NOT_INT    "-ERR value is not an integer or out of range|"

START_TEST(pushesGoToTheirEnd) {
    setup();
    CALL(f, "RPUSH l a b", ":2|");
    CALL(f, "LPUSH l c 7", ":4|");
    CALL(f, "LRANGE l 0 -1", "*4|$1|7|$1|c|$1|a|$1|b|");
    CALL(f, "RPUSHX l z", ":5|");
    CALL(f, "LPUSHX none z", ":0|");
    CALL(f, "EXISTS none", ":0|");
    CALL(f, "LLEN l", ":5|");
    CALL(f, "LLEN none", ":0|");
    CALL(f, "TYPE l", "+list|");
    CALL(f, "SET s x", "+OK|");
    CALL(f, "LPUSH s a", WRONG_TYPE);
    CALL(f, "RPUSHX s a", WRONG_TYPE);
    CALL(f, "LLEN s", WRONG_TYPE);
    done();
}
END_TEST

START_TEST(popsTakeOneOrSome) {
    setup();
    CALL(f, "RPUSH l a b c d e", ":5|");
    CALL(f, "LPOP l", "$1|a|");
    CALL(f, "RPOP l 2", "*2|$1|e|$1|d|");
    CALL(f, "LPOP l 0", "*0|");
    CALL(f, "LPOP l 9", "*2|$1|b|$1|c|");
    CALL(f, "EXISTS l", ":0|");
    CALL(f, "LPOP l", "$-1|");
    CALL(f, "RPOP l 1", "*-1|");
    CALL(f, "LPOP l -1", "-ERR value is out of range, must be positive|");
    CALL(f, "LPOP l 1 2", "-ERR wrong number of arguments for 'lpop' command|");
    CALL(f, "SET s x", "+OK|");
    CALL(f, "RPOP s", WRONG_TYPE);
    done();
}
END_TEST

START_TEST(eventsTellWhatHappenedInOrder) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "RPUSH l a b c d", ":4|");
    CALL(f, "LPUSH l x", ":5|");
    CALL(f, "LSET l 0 y", "+OK|");
    CALL(f, "LINSERT l after y z", ":6|");
    CALL(f, "LREM l 0 nothing", ":0|");
    CALL(f, "LREM l 0 z", ":1|");
    CALL(f, "LTRIM l 0 3", "+OK|");
    ck_assert_str_eq(fakeEvents(f), "rpush:l lpush:l lset:l linsert:l lrem:l ltrim:l");
    CALL(f, "LPOP l", "$1|y|");
    CALL(f, "RPOP l 0", "*0|");
    CALL(f, "RPOP l 3", "*3|$1|c|$1|b|$1|a|");
    ck_assert_str_eq(fakeEvents(f), "lpop:l rpop:l del:l");
    CALL(f, "RPUSH l a", ":1|");
    CALL(f, "LREM l 0 a", ":1|");
    CALL(f, "RPUSH l a", ":1|");
    CALL(f, "LTRIM l 1 0", "+OK|");
    ck_assert_str_eq(fakeEvents(f), "rpush:l lrem:l del:l rpush:l ltrim:l del:l");
    CALL(f, "RPUSH l a b", ":2|");
    CALL(f, "RPOPLPUSH l m", "$1|b|");
    CALL(f, "LMOVE l m left right", "$1|a|");
    CALL(f, "LMOVE m m left right", "$1|b|");
    ck_assert_str_eq(fakeEvents(f), "rpush:l lpush:m rpop:l rpush:m lpop:l del:l rpush:m lpop:m");
    CALL(f, "LMPOP 2 l m left count 9", "*2|$1|m|*2|$1|a|$1|b|");
    ck_assert_str_eq(fakeEvents(f), "lpop:m del:m");
    done();
}
END_TEST

START_TEST(changesAreCountedByElements) {
    setup();
    uint64_t dirty = f->server->dirty;
    CALL(f, "RPUSH l a b c d", ":4|");
    ck_assert_uint_eq(f->server->dirty, dirty + 4);
    CALL(f, "LTRIM l 0 -1", "+OK|");
    ck_assert_uint_eq(f->server->dirty, dirty + 4);
    CALL(f, "LPOP l 3", "*3|$1|a|$1|b|$1|c|");
    ck_assert_uint_eq(f->server->dirty, dirty + 7);
    CALL(f, "LMOVE l m left left", "$1|d|");
    ck_assert_uint_eq(f->server->dirty, dirty + 8);
    done();
}
END_TEST

START_TEST(indexesCountFromBothEnds) {
    setup();
    CALL(f, "RPUSH l a b c", ":3|");
    CALL(f, "LINDEX l 0", "$1|a|");
    CALL(f, "LINDEX l -1", "$1|c|");
    CALL(f, "LINDEX l 3", "$-1|");
    CALL(f, "LINDEX l -4", "$-1|");
    CALL(f, "LINDEX none x", "$-1|");
    CALL(f, "LINDEX l x", NOT_INT);
    CALL(f, "LSET l -2 B", "+OK|");
    CALL(f, "LSET l 3 x", "-ERR index out of range|");
    CALL(f, "LSET none x x", "-ERR no such key|");
    CALL(f, "LSET l x x", NOT_INT);
    CALL(f, "LRANGE l 1 100", "*2|$1|B|$1|c|");
    CALL(f, "LRANGE l -100 0", "*1|$1|a|");
    CALL(f, "LRANGE l 2 1", "*0|");
    CALL(f, "LRANGE none 0 -1", "*0|");
    CALL(f, "LRANGE l 0 x", NOT_INT);
    CALL(f, "LRANGE l -9223372036854775808 9223372036854775807", "*3|$1|a|$1|B|$1|c|");
    done();
}
END_TEST

START_TEST(trimKeepsWhatRangeTells) {
    setup();
    CALL(f, "RPUSH l a b c d e", ":5|");
    CALL(f, "LTRIM l 1 -2", "+OK|");
    CALL(f, "LRANGE l 0 -1", "*3|$1|b|$1|c|$1|d|");
    CALL(f, "LTRIM l -100 100", "+OK|");
    CALL(f, "LLEN l", ":3|");
    CALL(f, "LTRIM l 3 5", "+OK|");
    CALL(f, "EXISTS l", ":0|");
    CALL(f, "LTRIM l 0 1", "+OK|");
    CALL(f, "LTRIM l 0 x", NOT_INT);
    done();
}
END_TEST

START_TEST(insertionLooksForItsPivot) {
    setup();
    CALL(f, "RPUSH l a b", ":2|");
    CALL(f, "LINSERT l before b 1", ":3|");
    CALL(f, "LINSERT l AFTER b 2", ":4|");
    CALL(f, "LRANGE l 0 -1", "*4|$1|a|$1|1|$1|b|$1|2|");
    CALL(f, "LINSERT l after x 2", ":-1|");
    CALL(f, "LINSERT none after x 2", ":0|");
    CALL(f, "LINSERT l beside x 2", "-ERR syntax error|");
    done();
}
END_TEST

START_TEST(removalTakesFromEitherSide) {
    setup();
    CALL(f, "RPUSH l a 1 a 1 a", ":5|");
    CALL(f, "LREM l -1 a", ":1|");
    CALL(f, "LRANGE l 0 -1", "*4|$1|a|$1|1|$1|a|$1|1|");
    CALL(f, "LREM l 1 1", ":1|");
    CALL(f, "LREM l 0 a", ":2|");
    CALL(f, "LREM l x a", NOT_INT);
    CALL(f, "LREM none 0 a", ":0|");
    CALL(f, "LRANGE l 0 -1", "*1|$1|1|");
    done();
}
END_TEST

START_TEST(lposFindsByRankAndCount) {
    setup();
    CALL(f, "RPUSH l a b c 1 2 3 c c", ":8|");
    CALL(f, "LPOS l c", ":2|");
    CALL(f, "LPOS l 2", ":4|");
    CALL(f, "LPOS l x", "$-1|");
    CALL(f, "LPOS l c RANK 2", ":6|");
    CALL(f, "LPOS l c RANK -1", ":7|");
    CALL(f, "LPOS l c COUNT 0", "*3|:2|:6|:7|");
    CALL(f, "LPOS l c COUNT 2 RANK -1", "*2|:7|:6|");
    CALL(f, "LPOS l c COUNT 0 RANK 4", "*0|");
    CALL(f, "LPOS l c COUNT 0 MAXLEN 7", "*2|:2|:6|");
    CALL(f, "LPOS l c COUNT 0 MAXLEN 1 RANK -1", "*1|:7|");
    CALL(f, "LPOS none c", "$-1|");
    CALL(f, "LPOS none c COUNT 1", "*0|");
    CALL(f, "LPOS l c RANK 0",
         "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
         "use negative to start from the end of the list|");
    CALL(f, "LPOS l c RANK -9223372036854775808",
         "-ERR value is out of range, value must between -9223372036854775807 and "
         "9223372036854775807|");
    CALL(f, "LPOS l c COUNT -1", "-ERR COUNT can't be negative|");
    CALL(f, "LPOS l c MAXLEN x", "-ERR MAXLEN can't be negative|");
    CALL(f, "LPOS l c MAXLEN", "-ERR syntax error|");
    done();
}
END_TEST

START_TEST(lmoveMovesBetweenAnyEnds) {
    setup();
    CALL(f, "RPUSH l a b c", ":3|");
    CALL(f, "LMOVE l m left right", "$1|a|");
    CALL(f, "LMOVE l m RIGHT LEFT", "$1|c|");
    CALL(f, "LRANGE m 0 -1", "*2|$1|c|$1|a|");
    CALL(f, "RPOPLPUSH m m", "$1|a|");
    CALL(f, "LRANGE m 0 -1", "*2|$1|a|$1|c|");
    CALL(f, "LMOVE l l left left", "$1|b|");
    CALL(f, "LRANGE l 0 -1", "*1|$1|b|");
    CALL(f, "LMOVE none l left left", "$-1|");
    CALL(f, "LMOVE l m up left", "-ERR syntax error|");
    CALL(f, "SET s x", "+OK|");
    CALL(f, "LMOVE s m left left", WRONG_TYPE);
    CALL(f, "LMOVE l s left left", WRONG_TYPE);
    CALL(f, "LMOVE none s left left", "$-1|");
    CALL(f, "LLEN l", ":1|");
    done();
}
END_TEST

START_TEST(lmovemKeepsOrTurnsTheOrder) {
    static const struct {
        const char *how, *moved, *source;
    } moves[] = {
        {"left left count 2 obo", "*2|$1|2|$1|1|", "*2|$1|3|$1|4|"},
        {"left left count 2 bulk", "*2|$1|1|$1|2|", "*2|$1|3|$1|4|"},
        {"left right count 2 obo", "*2|$1|1|$1|2|", "*2|$1|3|$1|4|"},
        {"left right exactly 2 bulk", "*2|$1|1|$1|2|", "*2|$1|3|$1|4|"},
        {"right left count 2 obo", "*2|$1|3|$1|4|", "*2|$1|1|$1|2|"},
        {"right left count 2 bulk", "*2|$1|3|$1|4|", "*2|$1|1|$1|2|"},
        {"right right exactly 2 obo", "*2|$1|4|$1|3|", "*2|$1|1|$1|2|"},
        {"right right count 2 bulk", "*2|$1|3|$1|4|", "*2|$1|1|$1|2|"},
        {"right left", "*1|$1|4|", "*3|$1|1|$1|2|$1|3|"},
        {"left right count 100 obo", "*4|$1|1|$1|2|$1|3|$1|4|", "*0|"},
    };
    setup();
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        char line[128];
        CALL(f, "DEL l m", i ? ":2|" : ":0|");
        CALL(f, "RPUSH l 1 2 3 4", ":4|");
        snprintf(line, sizeof line, "LMOVEM l m %s", moves[i].how);
        CALL(f, line, moves[i].moved);
        CALL(f, "LRANGE m 0 -1", moves[i].moved);
        CALL(f, "LRANGE l 0 -1", moves[i].source);
    }
    done();
}
END_TEST

START_TEST(lmovemWithinOneList) {
    setup();
    CALL(f, "RPUSH l a b c", ":3|");
    CALL(f, "LMOVEM l l LEFT LEFT EXACTLY 2 OBO", "*2|$1|b|$1|a|");
    CALL(f, "LRANGE l 0 -1", "*3|$1|b|$1|a|$1|c|");
    CALL(f, "LMOVEM l l LEFT LEFT EXACTLY 2 BULK", "*2|$1|b|$1|a|");
    CALL(f, "LRANGE l 0 -1", "*3|$1|b|$1|a|$1|c|");
    CALL(f, "LMOVEM l l LEFT RIGHT COUNT 9 BULK", "*3|$1|b|$1|a|$1|c|");
    CALL(f, "LMOVEM l l RIGHT LEFT COUNT 2 BULK", "*2|$1|a|$1|c|");
    CALL(f, "LRANGE l 0 -1", "*3|$1|a|$1|c|$1|b|");
    done();
}
END_TEST

START_TEST(lmovemChecksItsForm) {
    setup();
    CALL(f, "LMOVEM none m left left", "*-1|");
    CALL(f, "LMOVEM none m left left count 3 obo", "*-1|");
    CALL(f, "LMOVEM none m left left exactly 3 obo", "*-1|");
    CALL(f, "RPUSH l a b", ":2|");
    CALL(f, "LMOVEM l m left left exactly 3 obo", "*-1|");
    CALL(f, "LMOVEM l m left left count 3", "-ERR syntax error|");
    CALL(f, "LMOVEM l m left left count 3 both", "-ERR syntax error|");
    CALL(f, "LMOVEM l m left left some 3 obo", "-ERR syntax error|");
    CALL(f, "LMOVEM l m left left count 0 obo", "-ERR count should be greater than 0|");
    CALL(f, "LLEN l", ":2|");
    done();
}
END_TEST

START_TEST(lmpopTakesFromTheFirstThatHasSome) {
    setup();
    CALL(f, "RPUSH m a b c", ":3|");
    CALL(f, "LMPOP 2 l m right count 2", "*2|$1|m|*2|$1|c|$1|b|");
    CALL(f, "LMPOP 2 l m LEFT", "*2|$1|m|*1|$1|a|");
    CALL(f, "LMPOP 2 l m LEFT", "*-1|");
    CALL(f, "LMPOP 0 l left", "-ERR numkeys should be greater than 0|");
    CALL(f, "LMPOP 2 l left", "-ERR syntax error|");
    CALL(f, "LMPOP 1 l left count 0", "-ERR count should be greater than 0|");
    CALL(f, "LMPOP 1 l left count 1 count 1", "-ERR syntax error|");
    CALL(f, "LMPOP 9223372036854775807 l left", "-ERR syntax error|");
    CALL(f, "SET s x", "+OK|");
    CALL(f, "LMPOP 2 s m left", WRONG_TYPE);
    done();
}
END_TEST

START_TEST(blockingFormsServeWhatIsThere) {
    setup();
    CALL(f, "RPUSH l a b c d e f g h", ":8|");
    CALL(f, "BLPOP none l 0", "*2|$1|l|$1|a|");
    CALL(f, "BRPOP l 0.1", "*2|$1|l|$1|h|");
    CALL(f, "BLMPOP 0 1 l left count 2", "*2|$1|l|*2|$1|b|$1|c|");
    CALL(f, "BLMOVE l m left right 0", "$1|d|");
    CALL(f, "BRPOPLPUSH l m 0", "$1|g|");
    CALL(f, "BLMOVEM l m left right 0 exactly 2 bulk", "*2|$1|e|$1|f|");
    CALL(f, "LRANGE m 0 -1", "*4|$1|g|$1|d|$1|e|$1|f|");
    CALL(f, "BLPOP l -1", "-ERR timeout is negative|");
    CALL(f, "BLPOP l x", "-ERR timeout is not a float or out of range|");
    CALL(f, "BLPOP l 0x7FFFFFFFFFFFFF", "-ERR timeout is out of range|");
    CALL(f, "BLMPOP x 0 l left", "-ERR numkeys should be greater than 0|");
    CALL(f, "BLMOVE l m up left x", "-ERR syntax error|");
    done();
}
END_TEST

static const char *callAs(client *c, const char *line) {
    return fakeCallAs(f, c, line);
}

START_TEST(blockingFormsWaitForElements) {
    setup();
    client *popping = fakeClient(f), *moving = fakeClient(f), *many = fakeClient(f);
    ck_assert_str_eq(callAs(popping, "BLPOP none l 0"), "");
    ck_assert_str_eq(callAs(moving, "BLMOVE l m left right 0"), "");
    ck_assert_str_eq(callAs(many, "BLMOVEM l m left right 0 exactly 2 obo"), "");
    CALL(f, "RPUSH l a b c", ":3|");
    ck_assert_str_eq(fakeTake(f, popping, NULL), "*2\r\n$1\r\nl\r\n$1\r\na\r\n");
    ck_assert_str_eq(fakeTake(f, moving, NULL), "$1\r\nb\r\n");
    ck_assert_str_eq(fakeTake(f, many, NULL), "");
    CALL(f, "LPUSH l d", ":2|");
    ck_assert_str_eq(fakeTake(f, many, NULL), "*2\r\n$1\r\nd\r\n$1\r\nc\r\n");
    CALL(f, "LRANGE m 0 -1", "*3|$1|b|$1|d|$1|c|");
    ck_assert_str_eq(callAs(many, "BLMPOP 0 2 none l right count 9"), "");
    CALL(f, "SADD l x", ":1|");
    ck_assert_str_eq(fakeTake(f, many, NULL), "");
    CALL(f, "RENAME m l", "+OK|");
    ck_assert_str_eq(fakeTake(f, many, NULL),
                     "*2\r\n$1\r\nl\r\n*3\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\nb\r\n");
    done();
}
END_TEST

START_TEST(bigListsChangeTheirEncoding) {
    setup();
    CALL(f, "CONFIG SET list-max-listpack-size 3 list-compress-depth 1", "+OK|");
    CALL(f, "RPUSH l a b c", ":3|");
    CALL(f, "OBJECT ENCODING l", "$8|listpack|");
    CALL(f, "RPUSH l d e f g h i j k", ":11|");
    CALL(f, "OBJECT ENCODING l", "$9|quicklist|");
    CALL(f, "COPY l m", ":1|");
    CALL(f, "LPOP l 10", "*10|$1|a|$1|b|$1|c|$1|d|$1|e|$1|f|$1|g|$1|h|$1|i|$1|j|");
    CALL(f, "OBJECT ENCODING l", "$8|listpack|");
    CALL(f, "LINDEX m 5", "$1|f|");
    CALL(f, "DEL l m", ":2|");
    done();
}
END_TEST

TESTS("commands/list", pushesGoToTheirEnd, popsTakeOneOrSome, eventsTellWhatHappenedInOrder,
      changesAreCountedByElements, indexesCountFromBothEnds, trimKeepsWhatRangeTells,
      insertionLooksForItsPivot, removalTakesFromEitherSide, lposFindsByRankAndCount,
      lmoveMovesBetweenAnyEnds, lmovemKeepsOrTurnsTheOrder, lmovemWithinOneList,
      lmovemChecksItsForm, lmpopTakesFromTheFirstThatHasSome, blockingFormsServeWhatIsThere,
      blockingFormsWaitForElements, bigListsChangeTheirEncoding)
