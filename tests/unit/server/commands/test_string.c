#include "server/core/key_open.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static keyRef keyNamed(const char *name) {
    return keyRefOf(bytesOfText(name));
}

/* A key that is no string. */
static void addList(const char *name) {
    fakeCallFormat(f, "RPUSH %s x", name);
}

/* The time to live of a key, -1 of one without, -2 of an absent one. */
static int64_t ttlMs(const char *name) {
    const entry *e = dbLookup(f->client->db, keyNamed(name));
    if (!e) return -2;
    return entryHasDeadline(e) ? entryDeadline(e) - f->server->now_ms : -1;
}

static const char *encodingOf(const char *name) {
    return entryEncodingName(dbLookup(f->client->db, keyNamed(name)));
}

enum {
    ALL_EVENTS =
        NOTIFY_ALL | NOTIFY_NEW | NOTIFY_KEY_MISS | NOTIFY_OVERWRITTEN | NOTIFY_TYPE_CHANGED
};

/* The command, and the events that it must tell. */
static void tells(const char *line, const char *events) {
    fakeCall(f, line);
    const char *told = fakeEvents(f);
    if (strcmp(told, events)) ck_abort_msg("%s\n  wanted: %s\n  got:    %s", line, events, told);
}

#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value|"
#define NOT_INT    "-ERR value is not an integer or out of range|"
#define SYNTAX     "-ERR syntax error|"

/* ---- SET and GET ---- */

START_TEST(setStoresAndGetReplies) {
    f = fakeNew();
    CALL(f, "GET a", "$-1|");
    CALL(f, "SET a x", "+OK|");
    CALL(f, "GET a", "$1|x|");
    CALL(f, "SET a \"\"", "+OK|");
    CALL(f, "GET a", "$0||");
    CALL(f, "SET a 12", "+OK|");
    CALL(f, "GET a", "$2|12|");
    ck_assert_str_eq(encodingOf("a"), "int");
    fakeFree(f);
}
END_TEST

START_TEST(setDropsTheDeadlineUnlessToldToKeepIt) {
    f = fakeNew();
    CALL(f, "SET a x EX 10", "+OK|");
    ck_assert_int_eq(ttlMs("a"), 10000);
    CALL(f, "SET a y KEEPTTL", "+OK|");
    ck_assert_int_eq(ttlMs("a"), 10000);
    CALL(f, "SET a z", "+OK|");
    ck_assert_int_eq(ttlMs("a"), -1);
    fakeFree(f);
}
END_TEST

START_TEST(setReadsEveryUnitOfTime) {
    f = fakeNew();
    CALL(f, "SET a x PX 1500", "+OK|");
    ck_assert_int_eq(ttlMs("a"), 1500);
    fakeCallFormat(f, "SET a x EXAT %d", FAKE_START_S + 3);
    ck_assert_int_eq(ttlMs("a"), 3000);
    fakeCallFormat(f, "SET a x pxat %lld", (long long)FAKE_START_MS + 7);
    ck_assert_int_eq(ttlMs("a"), 7);
    CALL(f, "SET a x EX 1 EX 2", "+OK|");
    ck_assert_int_eq(ttlMs("a"), 2000);
    fakeFree(f);
}
END_TEST

START_TEST(theLastMomentOfTimeIsStillADeadline) {
    f = fakeNew();
    CALL(f, "SET a x PXAT 9223372036854775807", "+OK|");
    ck_assert_int_gt(ttlMs("a"), 0);
    fakeFree(f);
}
END_TEST

START_TEST(setRefusesTimesThatAreNone) {
    f = fakeNew();
    const char *invalid = "-ERR invalid expire time in 'set' command|";
    CALL(f, "SET a x EX 0", invalid);
    CALL(f, "SET a x PX -1", invalid);
    CALL(f, "SET a x EX 9223372036854775807", invalid);
    CALL(f, "SET a x EX 9223372036854775", invalid);
    CALL(f, "SET a x PX 9223372036854775807", invalid);
    CALL(f, "SET a x EXAT 9223372036854775", "+OK|");
    CALL(f, "SET a x EXAT 9223372036854776", invalid);
    CALL(f, "SET a x EX abc", NOT_INT);
    CALL(f, "SET a x EX", SYNTAX);
    CALL(f, "SET a x EX 1 PX 1", SYNTAX);
    CALL(f, "SET a x EX 1 KEEPTTL", SYNTAX);
    CALL(f, "SET a x KEEPTTL PXAT 1", SYNTAX);
    CALL(f, "SET a x PERSIST", SYNTAX);
    CALL(f, "SET a x EX 0 nosuch", SYNTAX);
    fakeFree(f);
}
END_TEST

START_TEST(aKeySetInThePastIsNotSeen) {
    f = fakeNew();
    CALL(f, "SET a x PXAT 1", "+OK|");
    CALL(f, "GET a", "$-1|");
    CALL(f, "SET a y PXAT 1", "+OK|");
    CALL(f, "SET a z NX", "+OK|");
    CALL(f, "GET a", "$1|z|");
    ck_assert_int_eq(ttlMs("a"), -1);
    fakeFree(f);
}
END_TEST

START_TEST(aKeyLivesUpToItsDeadline) {
    f = fakeNew();
    CALL(f, "SET a x PX 100", "+OK|");
    fakeAdvanceMs(f, 100);
    CALL(f, "GET a", "$1|x|");
    fakeAdvanceMs(f, 1);
    CALL(f, "GET a", "$-1|");
    CALL(f, "SET a y XX", "$-1|");
    fakeFree(f);
}
END_TEST

START_TEST(setAsksWhetherTheKeyIsThere) {
    f = fakeNew();
    CALL(f, "SET a x XX", "$-1|");
    CALL(f, "SET a x NX", "+OK|");
    CALL(f, "SET a y nx", "$-1|");
    CALL(f, "SET a y XX", "+OK|");
    CALL(f, "GET a", "$1|y|");
    CALL(f, "SET a z NX XX", SYNTAX);
    CALL(f, "SET a z XX XX", "+OK|");
    fakeFree(f);
}
END_TEST

START_TEST(setWithGetRepliesTheOldValue) {
    f = fakeNew();
    CALL(f, "SET a x GET", "$-1|");
    CALL(f, "SET a y GET", "$1|x|");
    CALL(f, "SET a z NX GET", "$1|y|");
    CALL(f, "GET a", "$1|y|");
    CALL(f, "SET b z GET XX", "$-1|");
    CALL(f, "GET b", "$-1|");
    CALL(f, "SET b z GET NX", "$-1|");
    CALL(f, "GET b", "$1|z|");
    fakeFree(f);
}
END_TEST

START_TEST(setWithGetLeavesAnotherTypeAlone) {
    f = fakeNew();
    addList("l");
    CALL(f, "SET l x GET", WRONG_TYPE);
    CALL(f, "SET l x NX GET", WRONG_TYPE);
    CALL(f, "SET l x NX", "$-1|");
    CALL(f, "SET l x EX 0 GET", "-ERR invalid expire time in 'set' command|");
    CALL(f, "GET l", WRONG_TYPE);
    fakeFree(f);
}
END_TEST

START_TEST(setComparesTheOldValue) {
    f = fakeNew();
    CALL(f, "SET a new IFEQ old", "$-1|");
    CALL(f, "GET a", "$-1|");
    CALL(f, "SET a old IFNE x", "+OK|");
    CALL(f, "SET a new IFEQ ol", "$-1|");
    CALL(f, "SET a new IFEQ old EX 5", "+OK|");
    ck_assert_int_eq(ttlMs("a"), 5000);
    CALL(f, "SET a newer IFNE new", "$-1|");
    CALL(f, "SET a newer IFNE new GET", "$3|new|");
    CALL(f, "SET a newer IFEQ new GET", "$3|new|");
    CALL(f, "GET a", "$5|newer|");
    CALL(f, "SET n 10", "+OK|");
    CALL(f, "SET n 11 IFEQ 10", "+OK|");
    CALL(f, "SET n 12 IFEQ 11 NX", SYNTAX);
    CALL(f, "SET n 12 IFEQ", SYNTAX);
    addList("l");
    CALL(f, "SET l x IFEQ y", WRONG_TYPE);
    CALL(f, "SET l x IFNE y", WRONG_TYPE);
    fakeFree(f);
}
END_TEST

START_TEST(setComparesTheDigest) {
    f = fakeNew();
    CALL(f, "SET a \"Hello world\"", "+OK|");
    CALL(f, "SET a x IFDEQ b6acb9d84a38ff75", "$-1|");
    CALL(f, "SET a x IFDNE b6acb9d84a38ff74", "$-1|");
    CALL(f, "SET a x IFDEQ B6ACB9D84A38FF74", "+OK|");
    CALL(f, "SET b x IFDEQ b6acb9d84a38ff74", "$-1|");
    CALL(f, "SET b x IFDNE b6acb9d84a38ff74", "+OK|");
    CALL(f, "SET b x IFDEQ b6acb9d84a38ff7",
         "-ERR digest must be exactly 16 hexadecimal characters|");
    CALL(f, "SET b x IFDNE b6acb9d84a38ff7z",
         "-ERR digest must be exactly 16 hexadecimal characters|");
    fakeFree(f);
}
END_TEST

START_TEST(setReplacesAnyType) {
    f = fakeNew();
    addList("l");
    CALL(f, "SET l x", "+OK|");
    CALL(f, "GET l", "$1|x|");
    fakeFree(f);
}
END_TEST

START_TEST(theOlderFormsOfSet) {
    f = fakeNew();
    CALL(f, "SETNX a x", ":1|");
    CALL(f, "SETNX a y", ":0|");
    CALL(f, "SETEX a 5 z", "+OK|");
    ck_assert_int_eq(ttlMs("a"), 5000);
    CALL(f, "PSETEX a 5 z", "+OK|");
    ck_assert_int_eq(ttlMs("a"), 5);
    CALL(f, "SETEX a 0 z", "-ERR invalid expire time in 'setex' command|");
    CALL(f, "PSETEX a -1 z", "-ERR invalid expire time in 'psetex' command|");
    CALL(f, "SETEX a x z", NOT_INT);
    CALL(f, "GETSET a w", "$1|z|");
    ck_assert_int_eq(ttlMs("a"), -1);
    CALL(f, "GETSET b w", "$-1|");
    addList("l");
    CALL(f, "GETSET l w", WRONG_TYPE);
    CALL(f, "SETNX l w", ":0|");
    fakeFree(f);
}
END_TEST

/* ---- reading and removing, reading and expiring ---- */

START_TEST(getdelRemoves) {
    f = fakeNew();
    CALL(f, "GETDEL a", "$-1|");
    CALL(f, "SET a x", "+OK|");
    CALL(f, "GETDEL a", "$1|x|");
    CALL(f, "GET a", "$-1|");
    addList("l");
    CALL(f, "GETDEL l", WRONG_TYPE);
    fakeFree(f);
}
END_TEST

START_TEST(getexChangesTheDeadline) {
    f = fakeNew();
    CALL(f, "GETEX a EX abc", "$-1|");
    CALL(f, "SET a x", "+OK|");
    CALL(f, "GETEX a", "$1|x|");
    CALL(f, "GETEX a EX 10", "$1|x|");
    ck_assert_int_eq(ttlMs("a"), 10000);
    CALL(f, "GETEX a", "$1|x|");
    ck_assert_int_eq(ttlMs("a"), 10000);
    CALL(f, "GETEX a PERSIST", "$1|x|");
    ck_assert_int_eq(ttlMs("a"), -1);
    CALL(f, "GETEX a EX 0", "-ERR invalid expire time in 'getex' command|");
    CALL(f, "GETEX a KEEPTTL", SYNTAX);
    CALL(f, "GETEX a PERSIST EX 1", SYNTAX);
    CALL(f, "GETEX a PXAT 1", "$1|x|");
    ck_assert_int_eq(ttlMs("a"), -2);
    addList("l");
    CALL(f, "GETEX l EX 10", WRONG_TYPE);
    fakeFree(f);
}
END_TEST

START_TEST(digestPrintsSixteenDigits) {
    f = fakeNew();
    CALL(f, "DIGEST a", "$-1|");
    CALL(f, "SET a \"Hello world\"", "+OK|");
    CALL(f, "DIGEST a", "$16|b6acb9d84a38ff74|");
    CALL(f,
         "SET a v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls"
         "2kwlj7626sd",
         "+OK|");
    CALL(f, "DIGEST a", "$16|00006c38adf31777|");
    addList("l");
    CALL(f, "DIGEST l", WRONG_TYPE);
    fakeFree(f);
}
END_TEST

START_TEST(delexRemovesWhatItKnows) {
    f = fakeNew();
    CALL(f, "DELEX a", ":0|");
    CALL(f, "SET a x", "+OK|");
    CALL(f, "DELEX a IFEQ y", ":0|");
    CALL(f, "DELEX a IFNE x", ":0|");
    CALL(f, "DELEX a IFEQ x", ":1|");
    CALL(f, "DELEX a IFNE x", ":0|");
    CALL(f, "DELEX a IFDEQ digest", ":0|");
    CALL(f, "SET a \"Hello world\"", "+OK|");
    CALL(f, "DELEX a IFDNE b6acb9d84a38ff74", ":0|");
    CALL(f, "DELEX a IFDEQ b6acb9d84a38ff74", ":1|");
    CALL(f, "DELEX a NX", "-ERR wrong number of arguments for 'delex' command|");
    CALL(f, "DELEX a NX x", SYNTAX);
    addList("l");
    CALL(f, "DELEX l IFEQ x", WRONG_TYPE);
    CALL(f, "DELEX l", ":1|");
    fakeFree(f);
}
END_TEST

/* ---- parts ---- */

START_TEST(getrangeCountsFromBothEnds) {
    f = fakeNew();
    CALL(f, "SET a \"Hello World\"", "+OK|");
    CALL(f, "GETRANGE a 0 4", "$5|Hello|");
    CALL(f, "GETRANGE a -5 -1", "$5|World|");
    CALL(f, "GETRANGE a 0 -1", "$11|Hello World|");
    CALL(f, "SUBSTR a -100 2", "$3|Hel|");
    CALL(f, "GETRANGE a 6 100", "$5|World|");
    CALL(f, "GETRANGE a -1 -5", "$0||");
    CALL(f, "GETRANGE a 11 20", "$0||");
    CALL(f, "GETRANGE a 0 -100", "$0||");
    CALL(f, "GETRANGE a -100 -11", "$1|H|");
    CALL(f, "GETRANGE a -9223372036854775808 9223372036854775807", "$11|Hello World|");
    CALL(f, "GETRANGE a x 1", NOT_INT);
    CALL(f, "GETRANGE none 0 1", "$0||");
    CALL(f, "SET n 1234", "+OK|");
    CALL(f, "GETRANGE n 1 2", "$2|23|");
    fakeFree(f);
}
END_TEST

START_TEST(setrangeFillsWithZeros) {
    f = fakeNew();
    CALL(f, "SETRANGE a 3 \"\"", ":0|");
    ck_assert_int_eq(ttlMs("a"), -2);
    CALL(f, "SETRANGE a 2 xy", ":4|");
    ck_assert_int_eq(memcmp(fakeCall(f, "GET a"), "$4\r\n\0\0xy\r\n", 10), 0);
    CALL(f, "SET a 12345", "+OK|");
    CALL(f, "SETRANGE a 1 xx", ":5|");
    CALL(f, "GET a", "$5|1xx45|");
    ck_assert_str_eq(encodingOf("a"), "raw");
    CALL(f, "SETRANGE a 9 \"\"", ":5|");
    CALL(f, "SETRANGE a -1 x", "-ERR offset is out of range|");
    CALL(f, "SETRANGE a x x", NOT_INT);
    addList("l");
    CALL(f, "SETRANGE l 0 \"\"", WRONG_TYPE);
    fakeFree(f);
}
END_TEST

START_TEST(stringsStayBelowTheLimitOfBulks) {
    f = fakeNew();
    const char *too_big = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)|";
    f->server->config.proto_max_bulk_len = 100;
    CALL(f, "SETRANGE a 99 x", ":100|");
    CALL(f, "SETRANGE a 100 x", too_big);
    CALL(f, "SETRANGE a 9223372036854775807 xx", too_big);
    CALL(f, "SETRANGE a 500 \"\"", ":100|");
    CALL(f, "APPEND a x", too_big);
    CALL(f, "APPEND a \"\"", ":100|");
    CALL(f, "STRLEN a", ":100|");
    CALL(f, "SETRANGE b 100 x", too_big);
    ck_assert_int_eq(ttlMs("b"), -2);
    fakeFree(f);
}
END_TEST

START_TEST(appendMakesRawWhatItTouches) {
    f = fakeNew();
    CALL(f, "APPEND a 10", ":2|");
    ck_assert_str_eq(encodingOf("a"), "int");
    CALL(f, "APPEND a 5", ":3|");
    ck_assert_str_eq(encodingOf("a"), "raw");
    CALL(f, "GET a", "$3|105|");
    CALL(f, "INCR a", ":106|");
    CALL(f, "SET b x EX 9", "+OK|");
    CALL(f, "APPEND b y", ":2|");
    ck_assert_int_eq(ttlMs("b"), 9000);
    addList("l");
    CALL(f, "APPEND l x", WRONG_TYPE);
    fakeFree(f);
}
END_TEST

START_TEST(appendGrowsIntoABlobAndPastAReaderOfIt) {
    f = fakeNew();
    char part[4096];
    memset(part, 'x', sizeof part);
    bytes argv[] = {BYTES("APPEND"), BYTES("a"), bytesOf(part, sizeof part)};
    for (int i = 0; i < 20; i++) fakeCallArgs(f, f->client, 3, argv, NULL);
    /* A slow reader still holds the value by reference when it is changed. */
    client *slow = fakeClient(f);
    size_t room;
    char *to = batchRoom(f->server, slow, &room);
    memcpy(to, "GET a\r\n", 7);
    batchReceived(f->server, slow, 7);
    batchRun(f->server);
    CALL(f, "SETRANGE a 0 yyyy", ":81920|");
    CALL(f, "SET a z", "+OK|");
    size_t size;
    const char *reply = fakeTake(f, slow, &size);
    ck_assert_uint_eq(size, 81920 + 10);
    ck_assert_int_eq(memcmp(reply, "$81920\r\nxxxxx", 13), 0);
    fakeFree(f);
}
END_TEST

START_TEST(strlenCountsDigitsOfNumbers) {
    f = fakeNew();
    CALL(f, "STRLEN a", ":0|");
    CALL(f, "SET a -55", "+OK|");
    CALL(f, "STRLEN a", ":3|");
    addList("l");
    CALL(f, "STRLEN l", WRONG_TYPE);
    fakeFree(f);
}
END_TEST

/* ---- many keys ---- */

START_TEST(mgetRepliesNullForWhatIsNoString) {
    f = fakeNew();
    addList("l");
    CALL(f, "MSET a 1 b two", "+OK|");
    CALL(f, "MGET a none l b", "*4|$1|1|$-1|$-1|$3|two|");
    fakeFree(f);
}
END_TEST

START_TEST(msetTakesTheLastOfEqualKeys) {
    f = fakeNew();
    CALL(f, "SET a 1 EX 10", "+OK|");
    CALL(f, "MSET a 2 a 3", "+OK|");
    CALL(f, "GET a", "$1|3|");
    ck_assert_int_eq(ttlMs("a"), -1);
    CALL(f, "MSET a 1 b", "-ERR wrong number of arguments for 'mset' command|");
    CALL(f, "MSET a", "-ERR wrong number of arguments for 'mset' command|");
    fakeFree(f);
}
END_TEST

START_TEST(msetOfManyGroupsSetsAll) {
    f = fakeNew();
    char line[4096] = "MSET", get[4096] = "MGET", wanted[4096];
    size_t at = (size_t)snprintf(wanted, sizeof wanted, "*%d|", 53);
    for (int i = 0; i < 53; i++) {
        snprintf(line + strlen(line), 32, " key:%d v%d", i, i);
        snprintf(get + strlen(get), 32, " key:%d", i);
        at += (size_t)snprintf(wanted + at, sizeof wanted - at, "$%d|v%d|", i < 10 ? 2 : 3, i);
    }
    CALL(f, line, "+OK|");
    CALL(f, get, wanted);
    fakeFree(f);
}
END_TEST

START_TEST(msetnxSetsAllOrNone) {
    f = fakeNew();
    CALL(f, "MSETNX a 1 b 2", ":1|");
    CALL(f, "MSETNX c 1 b 3", ":0|");
    CALL(f, "MGET a b c", "*3|$1|1|$1|2|$-1|");
    CALL(f, "MSETNX d 1 d 2", ":1|");
    CALL(f, "GET d", "$1|2|");
    CALL(f, "MSETNX a 1 b", "-ERR wrong number of arguments for 'msetnx' command|");
    fakeFree(f);
}
END_TEST

START_TEST(msetnxLooksNoFurtherThanTheFirstKeyThere) {
    f = fakeNew();
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "SET dead 1 PX 1", "+OK|");
    fakeAdvanceMs(f, 5);
    fakeRecordEvents(f, NOTIFY_EXPIRED);
    CALL(f, "MSETNX a 1 dead 2", ":0|");
    ck_assert_str_eq(fakeEvents(f), "");
    CALL(f, "MSETNX dead 2 a 1", ":0|");
    ck_assert_str_eq(fakeEvents(f), "expired:dead");
    fakeFree(f);
}
END_TEST

START_TEST(msetnxLooksAtEveryGroupOfKeys) {
    f = fakeNew();
    for (int there = 0; there < 40; there++) {
        char line[2048] = "MSETNX";
        for (int i = 0; i < 40; i++) snprintf(line + strlen(line), 32, " key:%d v", i);
        fakeCallFormat(f, "SET key:%d x", there);
        CALL(f, line, ":0|");
        fakeCallFormat(f, "DEL key:%d", there);
    }
    ck_assert_uint_eq(dbCount(f->client->db), 0);
    fakeFree(f);
}
END_TEST

START_TEST(msetexSharesADeadline) {
    f = fakeNew();
    CALL(f, "MSETEX 2 a 1 b 2 EX 10", ":1|");
    ck_assert_int_eq(ttlMs("a"), 10000);
    ck_assert_int_eq(ttlMs("b"), 10000);
    CALL(f, "MSETEX 2 a 3 c 4 NX", ":0|");
    CALL(f, "MSETEX 2 a 3 c 4 XX", ":0|");
    CALL(f, "MSETEX 2 a 3 b 4 KEEPTTL XX", ":1|");
    CALL(f, "MGET a b c", "*3|$1|3|$1|4|$-1|");
    ck_assert_int_eq(ttlMs("b"), 10000);
    CALL(f, "MSETEX 1 b 4", ":1|");
    ck_assert_int_eq(ttlMs("b"), -1);
    CALL(f, "MSETEX 1 NX 4 NX PX 7", ":1|");
    ck_assert_int_eq(ttlMs("NX"), 7);
    CALL(f, "MSETEX 0 a 1", "-ERR invalid numkeys value|");
    CALL(f, "MSETEX x a 1", "-ERR invalid numkeys value|");
    CALL(f, "MSETEX 2 a 1 b", "-ERR wrong number of key-value pairs|");
    CALL(f, "MSETEX 9223372036854775807 a 1", "-ERR invalid numkeys value|");
    CALL(f, "MSETEX 1 a 1 b 2", SYNTAX);
    CALL(f, "MSETEX 1 a 1 EX 0", "-ERR invalid expire time in 'msetex' command|");
    CALL(f, "MSETEX 1 a 1 NX XX", SYNTAX);
    fakeFree(f);
}
END_TEST

/* ---- events ---- */

START_TEST(storingTellsWhatItDid) {
    f = fakeNew();
    fakeRecordEvents(f, ALL_EVENTS);
    tells("GET k", "keymiss:k");
    tells("SET k v", "new:k set:k");
    tells("SET k v EX 100", "overwritten:k set:k expire:k");
    tells("SET k v NX", "");
    tells("SET k v GET XX", "overwritten:k set:k");
    tells("SET n v XX", "");
    tells("SET n v XX GET", "keymiss:n");
    tells("SET n v GET", "keymiss:n new:n set:n");
    tells("GETSET m v", "keymiss:m new:m set:m");
    tells("SETNX m v", "");
    tells("SETEX m 1 v", "overwritten:m set:m expire:m");
    tells("MSET k 1 o 2", "overwritten:k set:k new:o set:o");
    tells("MSETNX k 1 p 2", "");
    tells("MSETNX q 1 q 2", "new:q set:q overwritten:q set:q");
    tells("MSETEX 2 q 1 r 1 EX 1", "overwritten:q set:q expire:q new:r set:r expire:r");
    tells("SET p v PXAT 1", "new:p set:p expire:p");
    tells("SET p v", "expired:p new:p set:p");
    addList("l");
    fakeCall(f, "PING");
    fakeEvents(f);
    tells("SET l v", "overwritten:l type_changed:l set:l");
    fakeFree(f);
}
END_TEST

START_TEST(editingTellsWhatItDid) {
    f = fakeNew();
    fakeRecordEvents(f, ALL_EVENTS);
    tells("APPEND a x", "new:a append:a");
    tells("APPEND a \"\"", "append:a");
    tells("SETRANGE s 3 \"\"", "");
    tells("SETRANGE s 3 x", "new:s setrange:s");
    tells("SETRANGE s 0 \"\"", "");
    tells("GETRANGE n 0 1", "keymiss:n");
    tells("STRLEN n", "keymiss:n");
    tells("MGET n s m", "keymiss:n keymiss:m");
    tells("LCS n s", "keymiss:n");
    tells("INCR n", "new:n incrby:n");
    tells("INCRBY n 0", "incrby:n");
    tells("INCRBYFLOAT n 1.5", "incrbyfloat:n");
    tells("INCR n", "");
    fakeFree(f);
}
END_TEST

START_TEST(removingAndExpiringTellWhatTheyDid) {
    f = fakeNew();
    fakeRecordEvents(f, NOTIFY_ALL);
    fakeCall(f, "MSET a 1 b 2 c 3");
    fakeEvents(f);
    tells("GETDEL a", "del:a");
    tells("GETDEL a", "");
    tells("GETEX b", "");
    tells("GETEX b EX 10", "expire:b");
    tells("GETEX b PERSIST", "persist:b");
    tells("GETEX b PERSIST", "");
    tells("GETEX b EXAT 1", "del:b");
    tells("DELEX c IFEQ 4", "");
    tells("DELEX c IFEQ 3", "del:c");
    tells("INCREX d EX 10", "incrby:d expire:d");
    tells("INCREX d BYFLOAT 1 PERSIST", "incrbyfloat:d persist:d");
    tells("INCREX d PERSIST", "incrby:d");
    tells("INCREX d UBOUND 2", "");
    tells("INCREX d EXAT 1", "incrby:d del:d");
    fakeFree(f);
}
END_TEST

START_TEST(onlyChangesCount) {
    f = fakeNew();
    uint64_t before = f->server->dirty;
    fakeCall(f, "SET a 1 XX");
    fakeCall(f, "SETRANGE a 0 \"\"");
    fakeCall(f, "GETEX a");
    fakeCall(f, "DELEX a");
    fakeCall(f, "INCREX a UBOUND 0");
    ck_assert_uint_eq(f->server->dirty, before);
    fakeCall(f, "SET a 1 EX 10");
    ck_assert_uint_eq(f->server->dirty, before + 1);
    fakeCall(f, "GETDEL a");
    ck_assert_uint_eq(f->server->dirty, before + 2);
    fakeFree(f);
}
END_TEST

TESTS("commands/string", setStoresAndGetReplies, setDropsTheDeadlineUnlessToldToKeepIt,
      setReadsEveryUnitOfTime, theLastMomentOfTimeIsStillADeadline, setRefusesTimesThatAreNone,
      aKeySetInThePastIsNotSeen, aKeyLivesUpToItsDeadline, setAsksWhetherTheKeyIsThere,
      setWithGetRepliesTheOldValue, setWithGetLeavesAnotherTypeAlone, setComparesTheOldValue,
      setComparesTheDigest, setReplacesAnyType, theOlderFormsOfSet, getdelRemoves,
      getexChangesTheDeadline, digestPrintsSixteenDigits, delexRemovesWhatItKnows,
      getrangeCountsFromBothEnds, setrangeFillsWithZeros, stringsStayBelowTheLimitOfBulks,
      appendMakesRawWhatItTouches, appendGrowsIntoABlobAndPastAReaderOfIt,
      strlenCountsDigitsOfNumbers, mgetRepliesNullForWhatIsNoString, msetTakesTheLastOfEqualKeys,
      msetOfManyGroupsSetsAll, msetnxSetsAllOrNone, msetnxLooksNoFurtherThanTheFirstKeyThere,
      msetnxLooksAtEveryGroupOfKeys, msetexSharesADeadline, storingTellsWhatItDid,
      editingTellsWhatItDid, removingAndExpiringTellWhatTheyDid, onlyChangesCount)
