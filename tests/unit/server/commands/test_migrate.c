/* MIGRATE, to a second fake server or to one that says what a script has. */
#include "storage/base/mem.h"
#include "tests/support/fake_peer.h"
#include "tests/support/follower.h"
#include "tests/support/suite.h"

#define IOERR(doing) "-IOERR error or timeout " doing "|"
#define READING      IOERR("reading to target instance")
#define WRITING      IOERR("writing to target instance")
#define CONNECTING   IOERR("connecting to the client")
#define REFUSED(by)  "-ERR Target instance replied with error: " by "|"

static fakeServer *f, *target;
static fakePeer *p;

static void begin(void) {
    f = fakeNew();
    target = fakeNew();
    p = fakePeerNew(f);
    CALL(f, "MSET a 1 b 2 c 3 d 4", "+OK|");
}

static void end(void) {
    fakeFree(f);
    fakeFree(target);
    fakePeerFree(p);
}

/* ---- to a server ---- */

START_TEST(aKeyMovesAndACopyStays) {
    fakePeerIs(p, target);
    CALL(f, "MIGRATE t 6379 a 3 100", "+OK|");
    ck_assert_str_eq(fakePeerSent(p), "SELECT 3;RESTORE a 0 #13;");
    CALL(f, "EXISTS a", ":0|");
    CALL(target, "EXISTS a", ":0|");
    CALL(f, "MIGRATE t 6379 b 3 100 COPY", "+OK|");
    ck_assert_str_eq(fakePeerSent(p), "RESTORE b 0 #13;");
    CALL(f, "GET b", "$1|2|");
    CALL(f, "MIGRATE t 6379 b 0 100 copy", "+OK|");
    ck_assert_str_eq(fakePeerSent(p), "SELECT 0;RESTORE b 0 #13;");
    CALL(target, "SELECT 3", "+OK|");
    CALL(target, "MGET a b", "*2|$1|1|$1|2|");
    ck_assert_int_eq(p->connects, 1);
}
END_TEST

START_TEST(aKeyThatIsThereStaysWithoutReplace) {
    fakePeerIs(p, target);
    CALL(target, "MSET a old c old", "+OK|");
    CALL(f, "MIGRATE t 6379 a 0 100", REFUSED("BUSYKEY Target key name already exists."));
    CALL(f, "MIGRATE t 6379 \"\" 0 100 KEYS a b c d",
         REFUSED("BUSYKEY Target key name already exists."));
    CALL(f, "KEYS ?", "*2|$1|a|$1|c|");
    CALL(target, "MGET a b c d", "*4|$3|old|$1|2|$3|old|$1|4|");
    fakePeerSent(p);
    CALL(f, "MIGRATE t 6379 a 0 100 REPLACE", "+OK|");
    ck_assert_str_eq(fakePeerSent(p), "RESTORE a 0 #13 REPLACE;");
    CALL(target, "GET a", "$1|1|");
}
END_TEST

START_TEST(theTimeThatIsLeftIsTold) {
    fakePeerIs(p, target);
    CALL(f, "PEXPIRE a 5000", ":1|");
    CALL(f, "PEXPIRE b 1000", ":1|");
    CALL(f, "PEXPIRE d 999", ":1|");
    fakeAdvanceMs(f, 1000);
    fakeRecordEvents(f, NOTIFY_ALL);
    CALL(f, "MIGRATE t 6379 \"\" 0 100 KEYS a b c d", "+OK|");
    ck_assert_str_eq(fakePeerSent(p),
                     "SELECT 0;RESTORE a 4000 #13;RESTORE b 1 #13;RESTORE c 0 #13;");
    ck_assert_str_eq(fakeEvents(f), "expired:d del:a del:b del:c");
    CALL(target, "PTTL a", ":4000|");
    CALL(target, "PTTL c", ":-1|");
}
END_TEST

START_TEST(keysThatAreNotThereAreLeftOut) {
    fakePeerIs(p, target);
    CALL(f, "MIGRATE t 6379 x 0 100", "+NOKEY|");
    CALL(f, "MIGRATE t 6379 \"\" 0 100 KEYS x y", "+NOKEY|");
    CALL(f, "MIGRATE t 6379 \"\" 0 100 KEYS", "+NOKEY|");
    CALL(f, "MIGRATE t nonsense \"\" 0 100", "+NOKEY|");
    ck_assert_int_eq(p->connects, 0);
    CALL(f, "MIGRATE t 6379 \"\" 0 100 KEYS x a y b z", "+OK|");
    ck_assert_str_eq(fakePeerSent(p), "SELECT 0;RESTORE a 0 #13;RESTORE b 0 #13;");
    CALL(target, "DBSIZE", ":2|");
    CALL(f, "DBSIZE", ":2|");
}
END_TEST

START_TEST(bigAndManyValuesArriveWhole) {
    enum { MANY = 2000 };
    fakePeerIs(p, target);
    p->most = 5000;
    CALL(f, "CONFIG SET rdbcompression no", "+OK|");
    CALL(f, "SETRANGE big 300000 end", ":300003|");
    static char keys[MANY * 8] = "";
    size_t at = 0;
    for (int i = 0; i < MANY; i++) {
        fakeCallFormat(f, "RPUSH k%d %d 0123456789012345678901234567890123456789", i, i);
        if (i < 900) at += (size_t)snprintf(keys + at, sizeof keys - at, " k%d", i);
    }
    char *call = NULL;
    ck_assert_int_ge(asprintf(&call, "MIGRATE t 6379 \"\" 0 100 REPLACE KEYS%s big", keys), 0);
    CALL(f, call, "+OK|");
    free(call);
    CALL(target, "DBSIZE", ":901|");
    CALL(target, "GETRANGE big 300000 -1", "$3|end|");
    CALL(target, "STRLEN big", ":300003|");
    CALL(target, "LINDEX k899 0", "$3|899|");
    ck_assert_str_eq(fakeCallFormat(f, "DBSIZE"), ":1104\r\n");
}
END_TEST

START_TEST(wherePayloadsFindNoMemoryKeysStay) {
    fakePeerIs(p, target);
    bool was_short = false;
    for (uint64_t n = 1; n < 12; n++) {
        CALL(f, "SET a 1", "+OK|");
        CALL(f, "SETRANGE big 300000 end", ":300003|");
        CALL(target, "FLUSHALL", "+OK|");
        memFailAfter(n);
        const char *reply = fakeCall(f, "MIGRATE t 6379 \"\" 0 100 KEYS a big");
        memFailAfter(0);
        bool all_went = !strcmp(reply, "+OK\r\n");
        if (!strcmp(reply, "-ERR not enough memory for the payload\r\n")) was_short = true;
        ck_assert(all_went || *reply == '-');
        CALL(f, "STRLEN big", all_went ? ":0|" : ":300003|");
        CALL(target, "STRLEN big", all_went ? ":300003|" : ":0|");
    }
    ck_assert(was_short);
}
END_TEST

START_TEST(followersHearOfWhatIsGone) {
    fakePeerIs(p, target);
    follower *w = followerNew(f, FOLLOWS_REPLICA, 0);
    CALL(f, "MSET a 1 b 2 c 3 d 4", "+OK|");
    CALL(target, "SET b old", "+OK|");
    followerTold(w);
    CALL(f, "MIGRATE t 6379 \"\" 0 100 KEYS a x b c a",
         REFUSED("BUSYKEY Target key name already exists."));
    ck_assert_str_eq(followerTold(w), "0:DEL a c;");
    CALL(f, "MIGRATE t 6379 b 0 100", REFUSED("BUSYKEY Target key name already exists."));
    CALL(f, "MIGRATE t 6379 d 0 100 COPY", "+OK|");
    CALL(f, "MIGRATE t 6379 x 0 100", "+NOKEY|");
    ck_assert_str_eq(followerTold(w), "");
    CALL(f, "PEXPIRE d 10", ":1|");
    followerTold(w);
    fakeAdvanceMs(f, 11);
    CALL(f, "MIGRATE t 6379 d 0 100", "+NOKEY|");
    ck_assert_str_eq(followerTold(w), "0:DEL d;");
    CALL(f,
         "EVAL \"return redis.call('MIGRATE', 't', '6379', KEYS[1], '1', '100', 'REPLACE')\" 1 b",
         "+OK|");
    ck_assert_str_eq(followerTold(w), "0:DEL b;");
    followerCheck(w);
    followerFree(w);
}
END_TEST

START_TEST(itRunsInsideOfATransaction) {
    fakePeerIs(p, target);
    client *other = fakeClient(f);
    fakeCallAs(f, other, "WATCH a");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "MIGRATE t 6379 a 0 100", "+QUEUED|");
    CALL(f, "SET a new", "+QUEUED|");
    CALL(f, "EXEC", "*2|+OK|+OK|");
    CALL(target, "GET a", "$1|1|");
    fakeCallAs(f, other, "MULTI");
    fakeCallAs(f, other, "SET a other");
    ck_assert_str_eq(fakeCallAs(f, other, "EXEC"), "*-1\r\n");
}
END_TEST

START_TEST(passwordsAreSentFirst) {
    CALL(target, "CONFIG SET requirepass secret", "+OK|");
    fakePeerIs(p, target);
    CALL(f, "MIGRATE t 6379 a 0 100", REFUSED("NOAUTH Authentication required."));
    CALL(f, "MIGRATE t 6379 a 0 100 AUTH wrong",
         REFUSED("WRONGPASS invalid username-password pair or user is disabled."));
    fakePeerSent(p);
    CALL(f, "MIGRATE t 6379 a 0 100 AUTH secret", "+OK|");
    ck_assert_str_eq(fakePeerSent(p), "AUTH secret;SELECT 0;RESTORE a 0 #13;");
    CALL(f, "MIGRATE t 6379 b 0 100 AUTH2 default secret", "+OK|");
    ck_assert_str_eq(fakePeerSent(p), "AUTH default secret;RESTORE b 0 #13;");
    CALL(target, "DBSIZE", ":2|");
}
END_TEST

START_TEST(passwordsAreNotLogged) {
    static const char *const options[] = {"AUTH secret", "COPY AUTH2 user secret",
                                          "AUTH2 user secret KEYS x"};
    CALL(f, "CONFIG SET slowlog-log-slower-than 0", "+OK|");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        fakeCallFormat(f, "MIGRATE t 6379 \"\" 0 100 %s", options[i]);
        const char *log = fakeCall(f, "SLOWLOG GET 1");
        ck_assert_ptr_nonnull(strstr(log, "(redacted)"));
        ck_assert_ptr_null(strstr(log, "secret"));
        ck_assert_ptr_null(strstr(log, "user"));
    }
}
END_TEST

/* A RESTORE that went out with a SELECT that is refused would land in another db. */
START_TEST(nothingIsSentToAnotherDb) {
    fakePeerIs(p, target);
    CALL(target, "SET a old", "+OK|");
    CALL(f, "MIGRATE t 6379 a 99 100 REPLACE", REFUSED("ERR DB index is out of range"));
    ck_assert_str_eq(fakePeerSent(p), "SELECT 99;");
    CALL(target, "GET a", "$3|old|");
    CALL(f, "MIGRATE t 6379 a 99 100 AUTH x",
         "-ERR Target instance replied with error: ERR AUTH "
         "<password> called without any password configured "
         "for the default user. Are you sure your "
         "configuration is correct?|");
    ck_assert_str_eq(fakePeerSent(p), "AUTH x;SELECT 99;");
    CALL(f, "MIGRATE t 6379 a 0 100 REPLACE", "+OK|");
    CALL(target, "GET a", "$1|1|");
}
END_TEST

/* ---- to one that misbehaves ---- */

#define KEYS "MIGRATE t 6379 \"\" 0 100 KEYS a b c"

START_TEST(onlyWhatWasAcknowledgedIsGone) {
    static const struct {
        const char *script, *reply, *left;
    } cases[] = {
        {"", READING, "*4|$1|a|$1|b|$1|c|$1|d|"},
        {"!", READING, "*4|$1|a|$1|b|$1|c|$1|d|"},
        {"+OK|!", READING, "*4|$1|a|$1|b|$1|c|$1|d|"},
        {"+OK|/+OK|", READING, "*3|$1|b|$1|c|$1|d|"},
        {"+OK|/+OK|+O!", READING, "*3|$1|b|$1|c|$1|d|"},
        {"+OK|/+OK|+OK|!", READING, "*2|$1|c|$1|d|"},
        {"+OK|/+OK|-ERR full|+OK|", REFUSED("ERR full"), "*2|$1|b|$1|d|"},
        {"+OK|/-ERR full|+OK|!", REFUSED("ERR full"), "*3|$1|a|$1|c|$1|d|"},
        {"+OK|/-ERR one|-ERR two|-|", REFUSED("ERR one"), "*4|$1|a|$1|b|$1|c|$1|d|"},
        {"+OK|/+OK|:1|+OK|", READING, "*3|$1|b|$1|c|$1|d|"},
        {"+OK|/+QUEUED|+QUEUED|+QUEUED|", READING, "*4|$1|a|$1|b|$1|c|$1|d|"},
        {"HTTP/1.1 400 Bad Request||", READING, "*4|$1|a|$1|b|$1|c|$1|d|"},
        {"-ERR no|", REFUSED("ERR no"), "*4|$1|a|$1|b|$1|c|$1|d|"},
        {"-|", REFUSED(""), "*4|$1|a|$1|b|$1|c|$1|d|"},
        {"+OK|/+OK|+OK|+OK|", "+OK|", "*1|$1|d|"},
        {"+OK|/+OK|+OK|+OK|+OK|", "+OK|", "*1|$1|d|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CALL(f, "MSET a 1 b 2 c 3 d 4", "+OK|");
        p->scripts[0] = cases[i].script;
        p->connects = 0;
        CALL(f, KEYS, cases[i].reply);
        CALL(f, "SORT s BY nosort", "*0|");
        CALL(f, "EVAL \"local k = redis.call('KEYS', '*') table.sort(k) return k\" 0",
             cases[i].left);
        ck_assert_int_eq(p->connects, 1);
        fakeAdvanceMs(f, 10000);
        cronRun(f->server);
        ck_assert_int_eq(p->open, 0);
    }
}
END_TEST

START_TEST(aKeptLinkThatBreaksIsMadeAnew) {
    fakePeerSays(p, "+OK|/+OK|/!");
    fakePeerSays(p, "+OK|/+OK|/+OK|!");
    fakePeerSays(p, "+OK|/-BUSYKEY there|");
    CALL(f, "MIGRATE t 6379 a 0 100", "+OK|");
    ck_assert_uint_eq(peerLinksKept(f->server), 1);
    CALL(f, "MIGRATE t 6379 b 0 100", "+OK|");
    ck_assert_int_eq(p->connects, 2);
    /* Something was acknowledged on it: it is not tried again. */
    CALL(f, "MIGRATE t 6379 \"\" 0 100 KEYS c d", READING);
    CALL(f, "EXISTS c d", ":1|");
    ck_assert_int_eq(p->connects, 2);
    CALL(f, "MIGRATE t 6379 d 0 100", REFUSED("BUSYKEY there"));
    ck_assert_int_eq(p->connects, 3);
}
END_TEST

START_TEST(aTargetThatTakesNothingTimesOut) {
    p->room = 0;
    CALL(f, "MIGRATE t 6379 a 0 100", WRITING);
    p->room = 40;
    fakePeerSays(p, "+OK|");
    CALL(f, "MIGRATE t 6379 a 0 100", WRITING);
    p->room = SIZE_MAX;
    fakePeerSays(p, "+OK|/+OK|");
    p->delay_ms = 101;
    CALL(f, "MIGRATE t 6379 a 0 100", READING);
    p->delay_ms = 999;
    fakePeerSays(p, "+OK|/+OK|");
    fakePeerSays(p, "+OK|/+OK|");
    CALL(f, "MIGRATE t 6379 a 0 0", "+OK|");
    CALL(f, "MIGRATE u 6379 b 0 -1", "+OK|");
    CALL(f, "DBSIZE", ":2|");
    ck_assert_int_eq(p->connects, 5);
}
END_TEST

START_TEST(noWayLeadsThere) {
    p->error = ERR_NOT_FOUND;
    CALL(f, "MIGRATE t 6379 a 0 100", CONNECTING);
    CALL(f, "MIGRATE t x a 0 100", CONNECTING);
    p->error = ERR_AGAIN;
    CALL(f, "MIGRATE t 6379 a 0 100", WRITING);
    p->error = ERR_IO;
    CALL(f, "MIGRATE t 6379 a 0 100", WRITING);
    CALL(f, "EXISTS a", ":1|");
}
END_TEST

START_TEST(argumentsAreLookedAtFirst) {
    CALL(f, "MIGRATE t 6379 x 0", "-ERR wrong number of arguments for 'migrate' command|");
    CALL(f, "MIGRATE t 6379 x 0 no", "-ERR value is not an integer or out of range|");
    CALL(f, "MIGRATE t 6379 x no 1", "-ERR value is not an integer or out of range|");
    CALL(f, "MIGRATE t 6379 x no no BAD", "-ERR syntax error|");
    CALL(f, "MIGRATE t 6379 x 0 1 COPY AUTH", "-ERR syntax error|");
    CALL(f, "MIGRATE t 6379 x 0 1 AUTH2 user", "-ERR syntax error|");
    CALL(f, "MIGRATE t 6379 x 0 no KEYS",
         "-ERR When using MIGRATE KEYS option, the key argument "
         "must be set to the empty string|");
}
END_TEST

START_TEST(keysAreFoundAmongArguments) {
    CALL(f, "COMMAND GETKEYS MIGRATE t 1 a 0 1", "*1|$1|a|");
    CALL(f, "COMMAND GETKEYS MIGRATE t 1 \"\" 0 1", "*1|$0||");
    CALL(f, "COMMAND GETKEYS MIGRATE t 1 \"\" 0 1 COPY KEYS a b", "*2|$1|a|$1|b|");
    CALL(f, "COMMAND GETKEYS MIGRATE t 1 a 0 1 KEYS a b",
         "-ERR Invalid arguments specified for command|");
    CALL(f, "COMMAND GETKEYS MIGRATE t 1 \"\" 0 1 AUTH KEYS KEYS a b", "*2|$1|a|$1|b|");
    CALL(f, "COMMAND GETKEYS MIGRATE t 1 \"\" 0 1 AUTH2 KEYS KEYS KEYS KEYS", "*1|$4|KEYS|");
    CALL(f, "COMMAND GETKEYS MIGRATE t 1 \"\" 0 1 AUTH2 KEYS KEYS a", "*1|$0||");
    CALL(f, "COMMAND GETKEYS MIGRATE t 1 \"\" 0 1 KEYS", "*1|$0||");
    CALL(f, "COMMAND GETKEYSANDFLAGS MIGRATE t 1 a 0 1", "*1|*2|$1|a|*3|+RW|+access|+delete|");
}
END_TEST

TESTS_BETWEEN("migrate", begin, end, aKeyMovesAndACopyStays, aKeyThatIsThereStaysWithoutReplace,
              theTimeThatIsLeftIsTold, keysThatAreNotThereAreLeftOut, bigAndManyValuesArriveWhole,
              wherePayloadsFindNoMemoryKeysStay, followersHearOfWhatIsGone,
              itRunsInsideOfATransaction, passwordsAreSentFirst, passwordsAreNotLogged,
              nothingIsSentToAnotherDb, onlyWhatWasAcknowledgedIsGone,
              aKeptLinkThatBreaksIsMadeAnew, aTargetThatTakesNothingTimesOut, noWayLeadsThere,
              argumentsAreLookedAtFirst, keysAreFoundAmongArguments)
