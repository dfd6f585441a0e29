#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void setup(void) {
    f = fakeNew();
}
static void done(void) {
    fakeFree(f);
}

#define BAD_INDEX "-ERR invalid array index|"
#define WRONGTYPE "-WRONGTYPE Operation against a key holding the wrong kind of value|"

START_TEST(arsetFillsConsecutivePlaces) {
    setup();
    CALL(f, "ARSET a 0 hello", ":1|");
    CALL(f, "ARSET a 0 world", ":0|");
    CALL(f, "ARSET a 0 x y z", ":2|");
    CALL(f, "ARGET a 1", "$1|y|");
    CALL(f, "ARGET a 3", "$-1|");
    CALL(f, "ARGET none 3", "$-1|");
    CALL(f, "ARLEN a", ":3|");
    CALL(f, "ARCOUNT a", ":3|");
    CALL(f, "ARLEN none", ":0|");
    CALL(f, "ARCOUNT none", ":0|");
    CALL(f, "TYPE a", "+array|");
    CALL(f, "OBJECT ENCODING a", "$12|sliced-array|");
    done();
}
END_TEST

START_TEST(indexesAreChecked) {
    setup();
    CALL(f, "ARSET a -1 x", BAD_INDEX);
    CALL(f, "ARSET a 01 x", BAD_INDEX);
    CALL(f, "ARSET a 18446744073709551615 x", BAD_INDEX);
    CALL(f, "ARSET a 18446744073709551614 x y", "-ERR array index overflow|");
    CALL(f, "ARMSET a 0 x z y", BAD_INDEX);
    CALL(f, "ARGET none x", BAD_INDEX);
    CALL(f, "ARMGET none 0 x", BAD_INDEX);
    CALL(f, "ARDEL none 0 x", BAD_INDEX);
    CALL(f, "ARDELRANGE none 0 x", BAD_INDEX);
    CALL(f, "ARSCAN none 0 +", BAD_INDEX);
    CALL(f, "ARSEEK none x", BAD_INDEX);
    CALL(f, "EXISTS a none", ":0|");
    CALL(f, "ARMSET a 0 x 1", "-ERR wrong number of arguments for 'armset' command|");
    CALL(f, "ARDELRANGE a 0 1 2", "-ERR wrong number of arguments for 'ardelrange' command|");
    done();
}
END_TEST

START_TEST(otherTypesAreRefused) {
    setup();
    CALL(f, "SET s x", "+OK|");
    static const char *const calls[] = {"ARSET s 0 x",  "ARMSET s 0 x",     "ARGET s 0",
                                        "ARMGET s 0",   "ARGETRANGE s 0 1", "ARDEL s 0",
                                        "ARLEN s",      "ARCOUNT s",        "ARDELRANGE s 0 1",
                                        "ARINFO s",     "ARNEXT s",         "ARINSERT s x",
                                        "ARSEEK s 1",   "ARRING s 3 x",     "ARLASTITEMS s 1",
                                        "ARSCAN s 0 1", "AROP s 0 1 SUM",   "ARGREP s - + MATCH x"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) CALL(f, calls[i], WRONGTYPE);
    CALL(f, "ARSET a 0 x", ":1|");
    CALL(f, "GET a", WRONGTYPE);
    done();
}
END_TEST

START_TEST(indexesBeyondSignedIntegersAreBigNumbers) {
    setup();
    CALL(f, "ARSET a 9223372036854775806 x", ":1|");
    CALL(f, "ARLEN a", ":9223372036854775807|");
    CALL(f, "ARSET a 9223372036854775807 y z", ":2|");
    CALL(f, "ARLEN a", "$19|9223372036854775809|");
    CALL(f, "ARGETRANGE a 9223372036854775809 9223372036854775806", "*4|$-1|$1|z|$1|y|$1|x|");
    fakeCall(f, "HELLO 3");
    CALL(f, "ARLEN a", "(9223372036854775809|");
    CALL(f, "ARSCAN a 9223372036854775808 9223372036854775999", "*1|*2|(9223372036854775808|$1|z|");
    done();
}
END_TEST

START_TEST(manyPlacesAtOnce) {
    setup();
    CALL(f, "ARMSET a 0 alpha 5 beta 100 gamma", ":3|");
    CALL(f, "ARMSET a 5 BETA 6 delta", ":1|");
    CALL(f, "ARMGET a 0 5 100 3 0", "*5|$5|alpha|$4|BETA|$5|gamma|$-1|$5|alpha|");
    CALL(f, "ARMGET none 0 1", "*2|$-1|$-1|");
    CALL(f, "ARGETRANGE a 4 7", "*4|$-1|$4|BETA|$5|delta|$-1|");
    CALL(f, "ARGETRANGE a 7 4", "*4|$-1|$5|delta|$4|BETA|$-1|");
    CALL(f, "ARGETRANGE none 1 2", "*2|$-1|$-1|");
    CALL(f, "ARGETRANGE a 0 1000000", "-ERR range exceeds maximum of 1000000 items|");
    CALL(f, "ARGETRANGE none 1000000 0", "-ERR range exceeds maximum of 1000000 items|");
    done();
}
END_TEST

START_TEST(theLastElementTakesTheKeyAlong) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "ARSET a 0 x y z", ":3|");
    CALL(f, "ARDEL a 1 1 7", ":1|");
    CALL(f, "ARDEL a 7", ":0|");
    ck_assert_str_eq(fakeEvents(f), "arset:a ardel:a");
    CALL(f, "ARDEL a 0 2", ":2|");
    ck_assert_str_eq(fakeEvents(f), "ardel:a del:a");
    CALL(f, "EXISTS a", ":0|");
    CALL(f, "ARSET a 0 x y z", ":3|");
    CALL(f, "ARDELRANGE a 1 0 1 2", ":3|");
    ck_assert_str_eq(fakeEvents(f), "arset:a ardelrange:a del:a");
    CALL(f, "ARSET a 5 x y z", ":3|");
    CALL(f, "ARDELRANGE a 100 0", ":3|");
    CALL(f, "EXISTS a", ":0|");
    ck_assert_str_eq(fakeEvents(f), "arset:a ardelrange:a del:a");
    CALL(f, "ARDELRANGE a 0 10", ":0|");
    CALL(f, "ARSET a 0 a b c d e f", ":6|");
    CALL(f, "ARDELRANGE a 1 2 4 4", ":3|");
    CALL(f, "ARSCAN a 0 10", "*3|*2|:0|$1|a|*2|:3|$1|d|*2|:5|$1|f|");
    CALL(f, "ARDELRANGE a 0 3 5 4", ":3|");
    CALL(f, "EXISTS a", ":0|");
    done();
}
END_TEST

START_TEST(theCursorInsertsAndCanBeMoved) {
    setup();
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "ARNEXT a", ":0|");
    CALL(f, "ARSEEK a 5", ":0|");
    CALL(f, "ARINSERT a x y", ":1|");
    CALL(f, "ARNEXT a", ":2|");
    CALL(f, "ARSEEK a 10", ":1|");
    CALL(f, "ARINSERT a z", ":10|");
    CALL(f, "ARNEXT a", ":11|");
    ck_assert_str_eq(fakeEvents(f), "arinsert:a arseek:a arinsert:a");
    CALL(f, "ARSEEK a 18446744073709551614", ":1|");
    CALL(f, "ARINSERT a 1 2", "-ERR insert index overflow|");
    CALL(f, "ARINSERT a 1", "$20|18446744073709551614|");
    CALL(f, "ARNEXT a", "$-1|");
    CALL(f, "ARINSERT a 1", "-ERR insert index overflow|");
    CALL(f, "ARSEEK a 18446744073709551615", ":1|");
    CALL(f, "ARNEXT a", "$-1|");
    CALL(f, "ARSEEK a 18446744073709551616", BAD_INDEX);
    done();
}
END_TEST

START_TEST(ringsWrapAroundAndChangeTheirSize) {
    setup();
    CALL(f, "ARRING r 3 v0", ":0|");
    CALL(f, "ARRING r 3 v1 v2", ":2|");
    CALL(f, "ARNEXT r", ":3|");
    CALL(f, "ARRING r 3 v3", ":0|");
    CALL(f, "ARNEXT r", ":1|");
    CALL(f, "ARLASTITEMS r 3", "*3|$2|v1|$2|v2|$2|v3|");
    CALL(f, "ARLASTITEMS r 2 REV", "*2|$2|v3|$2|v2|");
    CALL(f, "ARLASTITEMS r 100", "*3|$2|v1|$2|v2|$2|v3|");
    CALL(f, "ARRING r 5 v4", ":3|");
    CALL(f, "ARLASTITEMS r 9", "*4|$2|v1|$2|v2|$2|v3|$2|v4|");
    CALL(f, "ARRING r 2 v5", ":0|");
    CALL(f, "ARLASTITEMS r 9", "*2|$2|v4|$2|v5|");
    CALL(f, "ARLEN r", ":2|");
    CALL(f, "ARRING r 0 x", "-ERR invalid ring size|");
    CALL(f, "ARRING r -1 x", "-ERR invalid ring size|");
    CALL(f, "ARRING r x x", "-ERR invalid ring size|");
    done();
}
END_TEST

START_TEST(aRingThatShrinksStopsAtTheYoungestHole) {
    setup();
    CALL(f, "ARRING r 5 v0 v1 v2 v3 v4", ":4|");
    CALL(f, "ARDEL r 3", ":1|");
    CALL(f, "ARRING r 3 new", ":1|");
    CALL(f, "ARCOUNT r", ":2|");
    CALL(f, "ARGETRANGE r 0 2", "*3|$2|v4|$3|new|$-1|");
    CALL(f, "ARINSERT s a b c", ":2|");
    CALL(f, "ARSEEK s 10", ":1|");
    CALL(f, "ARRING s 5 x", ":0|");
    CALL(f, "ARGETRANGE s 0 2", "*3|$1|x|$1|b|$1|c|");
    CALL(f, "ARSET t 0 a b c d", ":4|");
    CALL(f, "ARRING t 2 x", ":0|");
    CALL(f, "ARGETRANGE t 0 3", "*4|$1|x|$1|b|$-1|$-1|");
    done();
}
END_TEST

START_TEST(lastItemsAreThoseBeforeTheCursor) {
    setup();
    CALL(f, "ARLASTITEMS a 3", "*0|");
    CALL(f, "ARINSERT a w x y", ":2|");
    CALL(f, "ARLASTITEMS a 2", "*2|$1|x|$1|y|");
    CALL(f, "ARSEEK a 0", ":1|");
    CALL(f, "ARLASTITEMS a 2", "*2|$1|x|$1|y|");
    CALL(f, "ARLASTITEMS a 2 REV", "*2|$1|y|$1|x|");
    CALL(f, "ARSEEK a 1", ":1|");
    CALL(f, "ARLASTITEMS a 2", "*2|$1|y|$1|w|");
    CALL(f, "ARSEEK a 9", ":1|");
    CALL(f, "ARLASTITEMS a 1", "*1|$-1|");
    CALL(f, "ARLASTITEMS a -1", "-ERR value is out of range, must be positive|");
    CALL(f, "ARLASTITEMS a x", "-ERR value is out of range, must be positive|");
    CALL(f, "ARLASTITEMS a 1 nosuch", "-ERR syntax error|");
    CALL(f, "ARLASTITEMS a 0", "*0|");
    done();
}
END_TEST

START_TEST(arscanLeavesOutWhatIsEmpty) {
    setup();
    CALL(f, "ARMSET a 0 a 5 b 9 c", ":3|");
    CALL(f, "ARSCAN a 0 10", "*3|*2|:0|$1|a|*2|:5|$1|b|*2|:9|$1|c|");
    CALL(f, "ARSCAN a 9 1", "*2|*2|:9|$1|c|*2|:5|$1|b|");
    CALL(f, "ARSCAN a 0 10 LIMIT 1", "*1|*2|:0|$1|a|");
    CALL(f, "ARSCAN a 0 10 LIMIT 0", "-ERR LIMIT must be a positive integer|");
    CALL(f, "ARSCAN a 0 10 LIMIT", "-ERR syntax error|");
    CALL(f, "ARSCAN a 0 10 COUNT 1", "-ERR syntax error|");
    CALL(f, "ARSCAN none 0 10", "*0|");
    CALL(f, "ARSCAN a 1 4", "*0|");
    done();
}
END_TEST

START_TEST(argrepTestsTexts) {
    setup();
    CALL(f, "ARMSET l 0 'boot: ok' 1 'warn: disk' 2 'ERROR: cpu' 3 'info: ready' 4 'error: net'",
         ":5|");
    CALL(f, "ARGREP l - + MATCH error NOCASE", "*2|:2|:4|");
    CALL(f, "ARGREP l - + MATCH error", "*1|:4|");
    CALL(f, "ARGREP l - + MATCH error NOCASE LIMIT 1 WITHVALUES", "*1|*2|:2|$10|ERROR: cpu|");
    CALL(f, "ARGREP l + - MATCH error NOCASE", "*2|:4|:2|");
    CALL(f, "ARGREP l 0 4 GLOB warn:* OR GLOB error:*", "*2|:1|:4|");
    CALL(f, "ARGREP l 0 4 GLOB *o* AND GLOB *t AND nocase", "*1|:4|");
    CALL(f, "ARGREP l 0 4 RE '^[A-Za-z]+: (cpu|net)$'", "*2|:2|:4|");
    CALL(f, "ARGREP l 0 4 RE ^error: NOCASE", "*2|:2|:4|");
    CALL(f, "ARGREP l 0 4 EXACT 'info: ready'", "*1|:3|");
    CALL(f, "ARGREP l 0 4 EXACT 'INFO: ready'", "*0|");
    CALL(f, "ARGREP l 0 4 EXACT 'INFO: ready' NOCASE", "*1|:3|");
    CALL(f, "ARGREP l 0 4 MATCH ''", "*5|:0|:1|:2|:3|:4|");
    CALL(f, "ARGREP l 3 3 RE .", "*1|:3|");
    CALL(f, "ARGREP none - + RE .", "*0|");
    CALL(f, "ARGREP l - + RE (", "-ERR invalid regular expression: parentheses are not closed|");
    CALL(f, "ARGREP l - + RE ''", "-ERR regular expression is empty|");
    CALL(f, "ARGREP l - + RE (a)\\1",
         "-ERR invalid regular expression: backreferences are not supported|");
    CALL(f, "ARGREP l - + AND OR", "-ERR syntax error|");
    CALL(f, "ARGREP l - + MATCH x LIMIT", "-ERR syntax error|");
    CALL(f, "ARGREP l - + MATCH x LIMIT 0", "-ERR LIMIT must be a positive integer|");
    CALL(f, "ARGREP l a + MATCH x", BAD_INDEX);
    done();
}
END_TEST

START_TEST(argrepHasLimits) {
    setup();
    char line[8192], part[2050];
    memset(part, 'a', sizeof part);
    CALL(f, "ARSET l 0 x", ":1|");
    snprintf(line, sizeof line, "ARGREP l - + RE %.*s", 2048, part);
    CALL(f, line, "*0|");
    snprintf(line, sizeof line, "ARGREP l - + RE %.*s", 2049, part);
    CALL(f, line, "-ERR regular expression is too long, maximum is 2048 bytes|");
    int size = snprintf(line, sizeof line, "ARGREP l - +");
    for (int i = 0; i < 250; i++)
        size += snprintf(line + size, sizeof line - (size_t)size, " EXACT x");
    CALL(f, line, "*1|:0|");
    snprintf(line + size, sizeof line - (size_t)size, " EXACT x");
    CALL(f, line, "-ERR too many predicates, maximum is 250|");
    done();
}
END_TEST

START_TEST(aropFoldsNumbers) {
    setup();
    CALL(f, "ARMSET a 0 10 1 20 2 30 3 text 5 -7.5", ":5|");
    CALL(f, "AROP a 0 2 SUM", "$2|60|");
    CALL(f, "AROP a 9 0 SUM", "$4|52.5|");
    CALL(f, "AROP a 0 9 MIN", "$4|-7.5|");
    CALL(f, "AROP a 0 9 MAX", "$2|30|");
    CALL(f, "AROP a 0 9 USED", ":5|");
    CALL(f, "AROP a 0 9 MATCH text", ":1|");
    CALL(f, "AROP a 3 4 SUM", "$-1|");
    CALL(f, "AROP a 3 4 AND", "$-1|");
    CALL(f, "AROP none 0 9 MAX", "$-1|");
    CALL(f, "AROP none 0 9 USED", ":0|");
    CALL(f, "AROP none 0 9 MATCH x", ":0|");
    CALL(f, "ARMSET b 0 255 1 15 2 240 3 7.9", ":4|");
    CALL(f, "AROP b 0 2 AND", ":0|");
    CALL(f, "AROP b 0 2 OR", ":255|");
    CALL(f, "AROP b 0 2 XOR", ":0|");
    CALL(f, "AROP b 1 3 and", ":0|");
    CALL(f, "AROP b 3 3 OR", ":7|");
    CALL(f, "ARMSET c 0 -1 1 -5", ":2|");
    CALL(f, "AROP c 0 1 AND", ":-5|");
    CALL(f, "ARMSET d 0 9223372036854775806 1 1 2 inf 3 1e300", ":4|");
    CALL(f, "AROP d 0 1 SUM", "$19|9223372036854775807|");
    CALL(f, "AROP d 2 2 SUM", "$-1|");
    CALL(f, "AROP d 3 3 OR", ":9223372036854775807|");
    CALL(f, "AROP d 3 3 SUM", "$6|1e+300|");
    CALL(f, "AROP a 0 9 NOSUCH", "-ERR syntax error|");
    CALL(f, "AROP a 0 9 MATCH", "-ERR syntax error|");
    CALL(f, "AROP a 0 9 SUM x", "-ERR syntax error|");
    done();
}
END_TEST

START_TEST(arinfoTellsCountsAndSlices) {
    setup();
    CALL(f, "ARMSET a 0 a 1 b 100 c", ":3|");
    CALL(f, "ARINSERT a d", ":0|");
    CALL(f, "ARINFO a",
         "*14|$5|count|:3|$3|len|:101|$17|next-insert-index|:1|$6|slices|:1|$14|directory-size|:1|"
         "$17|super-dir-entries|:0|$10|slice-size|:4096|");
    CALL(f, "ARSET a 4096 e", ":1|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "ARINFO a"), "slices\r\n:2\r\n"));
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "ARINFO a full"), "sparse-slices\r\n:2\r\n"));
    CALL(f, "ARINFO a nosuch", "-ERR syntax error|");
    CALL(f, "ARINFO none", "-ERR no such key|");
    done();
}
END_TEST

START_TEST(genericCommandsKnowArrays) {
    setup();
    CALL(f, "ARSET a 0 x y z", ":3|");
    CALL(f, "COPY a b", ":1|");
    CALL(f, "RENAME b c", "+OK|");
    CALL(f, "ARGETRANGE c 0 2", "*3|$1|x|$1|y|$1|z|");
    CALL(f, "DEL b", ":0|");
    CALL(f, "SET s x", "+OK|");
    ck_assert_ptr_nonnull(
        strstr(fakeCall(f, "SCAN 0 TYPE array COUNT 100"), "*2\r\n$1\r\n0\r\n*2\r\n"));
    CALL(f, "SCAN 0 TYPE list COUNT 100", "*2|$1|0|*0|");
    ck_assert_int_eq(fakeCall(f, "MEMORY USAGE a")[0], ':');
    f->server->config.enable_debug_command = CONFIG_YES;
    char digest[64];
    snprintf(digest, sizeof digest, "%s", fakeCall(f, "DEBUG DIGEST-VALUE a"));
    ck_assert_str_eq(fakeCall(f, "DEBUG DIGEST-VALUE c"), digest);
    CALL(f, "ARSET c 1 Y", ":0|");
    ck_assert_str_ne(fakeCall(f, "DEBUG DIGEST-VALUE c"), digest);
    ck_assert_int_eq(fakeCall(f, "DEBUG OBJECT a")[0], '+');
    CALL(f, "EXPIRE a 100", ":1|");
    CALL(f, "ARGET a 2", "$1|z|");
    CALL(f, "DEL a c", ":2|");
    done();
}
END_TEST

TESTS("arrays", arsetFillsConsecutivePlaces, indexesAreChecked, otherTypesAreRefused,
      indexesBeyondSignedIntegersAreBigNumbers, manyPlacesAtOnce, theLastElementTakesTheKeyAlong,
      theCursorInsertsAndCanBeMoved, ringsWrapAroundAndChangeTheirSize,
      aRingThatShrinksStopsAtTheYoungestHole, lastItemsAreThoseBeforeTheCursor,
      arscanLeavesOutWhatIsEmpty, argrepTestsTexts, argrepHasLimits, aropFoldsNumbers,
      arinfoTellsCountsAndSlices, genericCommandsKnowArrays)
