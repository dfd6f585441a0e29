#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

#define HELLO_FIELDS_2(proto, id)                                                                  \
    "*14|$6|server|$5|redis|$7|version|$5|" EBB_REDIS_VERSION "|$5|proto|:" proto "|$2|id|:" id    \
    "|$4|mode|$10|standalone|$4|role|$6|master|$7|modules|*0|"
#define HELLO_FIELDS_3(proto, id)                                                                  \
    "%7|$6|server|$5|redis|$7|version|$5|" EBB_REDIS_VERSION "|$5|proto|:" proto "|$2|id|:" id     \
    "|$4|mode|$10|standalone|$4|role|$6|master|$7|modules|*0|"
#define WRONGPASS "-WRONGPASS invalid username-password pair or user is disabled.|"
#define NOAUTH    "-NOAUTH Authentication required.|"
#define NOAUTH_HELLO                                                                               \
    "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "     \
    "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "        \
    "protocol version at the same time|"

static fakeServer *f;

/* A server with a password, spoken to by one who has not given it. */
static client *startWithPassword(void) {
    f = fakeNew();
    CALL(f, "CONFIG SET requirepass secret", "+OK|");
    return f->client = fakeClient(f);
}

START_TEST(pingAnswersWhatItWasGiven) {
    f = fakeNew();
    CALL(f, "PING", "+PONG|");
    CALL(f, "PING hi", "$2|hi|");
    CALL(f, "PING a b", "-ERR wrong number of arguments for 'ping' command|");
    CALL(f, "ECHO hi", "$2|hi|");
    fakeFree(f);
}
END_TEST

START_TEST(aConnectionSpeaksWhatTheDefaultSays) {
    f = fakeNew();
    CALL(f, "CONFIG SET client-default-resp 3", "+OK|");
    CALL(f, "GET a", "$-1|");
    f->client = fakeClient(f);
    CALL(f, "GET a", "_|");
    CALL(f, "CONFIG SET client-default-resp 4",
         "-ERR CONFIG SET failed (possibly related to argument 'client-default-resp') - argument "
         "must be between 2 and 3 inclusive|");
    fakeFree(f);
}
END_TEST

START_TEST(pingOfASubscriberIsAMessage) {
    f = fakeNew();
    fakeCall(f, "SUBSCRIBE ch");
    CALL(f, "PING", "*2|$4|pong|$0||");
    CALL(f, "PING hi", "*2|$4|pong|$2|hi|");
    fakeCall(f, "RESET");
    fakeCall(f, "HELLO 3");
    fakeCall(f, "SUBSCRIBE ch");
    CALL(f, "PING", "+PONG|");
    fakeFree(f);
}
END_TEST

START_TEST(selectChangesTheDb) {
    f = fakeNew();
    CALL(f, "SET a x", "+OK|");
    CALL(f, "SELECT 15", "+OK|");
    CALL(f, "GET a", "$-1|");
    CALL(f, "SELECT 16", "-ERR DB index is out of range|");
    CALL(f, "SELECT -1", "-ERR DB index is out of range|");
    CALL(f, "SELECT a", "-ERR value is not an integer or out of range|");
    CALL(f, "SELECT 99999999999",
         "-ERR value is out of range, value must between -2147483648 and 2147483647|");
    ck_assert_int_eq(dbId(f->client->db), 15);
    CALL(f, "SELECT 0", "+OK|");
    CALL(f, "GET a", "$1|x|");
    fakeFree(f);
}
END_TEST

START_TEST(helloChoosesTheProtocol) {
    f = fakeNew();
    CALL(f, "HELLO", HELLO_FIELDS_2("2", "1"));
    CALL(f, "HELLO 3", HELLO_FIELDS_3("3", "1"));
    CALL(f, "HELLO", HELLO_FIELDS_3("3", "1"));
    CALL(f, "GET a", "_|");
    CALL(f, "HELLO 2 SETNAME me AUTH default anything", HELLO_FIELDS_2("2", "1"));
    CALL(f, "CLIENT GETNAME", "$2|me|");
    fakeFree(f);
}
END_TEST

START_TEST(helloWithAWrongOptionChangesNothing) {
    f = fakeNew();
    CALL(f, "HELLO 4", "-NOPROTO unsupported protocol version|");
    CALL(f, "HELLO 1", "-NOPROTO unsupported protocol version|");
    CALL(f, "HELLO abc", "-ERR Protocol version is not an integer or out of range|");
    CALL(f, "HELLO 3 FOO", "-ERR Syntax error in HELLO option 'FOO'|");
    CALL(f, "HELLO 3 AUTH default", "-ERR Syntax error in HELLO option 'AUTH'|");
    CALL(f, "HELLO 3 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'|");
    CALL(f, "HELLO 3 SETNAME ok FOO", "-ERR Syntax error in HELLO option 'FOO'|");
    CALL(f, "HELLO 3 SETNAME 'a b'",
         "-ERR Client names cannot contain spaces, newlines or special characters.|");
    CALL(f, "HELLO 3 SETNAME ok AUTH nobody x", WRONGPASS);
    CALL(f, "CLIENT GETNAME", "$-1|");
    fakeFree(f);
}
END_TEST

START_TEST(authNeedsAPasswordToBeSet) {
    f = fakeNew();
    CALL(f, "AUTH x",
         "-ERR AUTH <password> called without any password configured for the default user. Are "
         "you sure your configuration is correct?|");
    CALL(f, "AUTH default x", "+OK|");
    CALL(f, "AUTH nobody x", WRONGPASS);
    CALL(f, "AUTH a b c", "-ERR syntax error|");
    ck_assert_uint_eq(f->server->stats.acl_denied_auth, 1);
    fakeFree(f);
}
END_TEST

START_TEST(strangersRunNothingButTheDoor) {
    startWithPassword();
    CALL(f, "PING", NOAUTH);
    CALL(f, "SET a x", NOAUTH);
    CALL(f, "CLIENT ID", NOAUTH);
    CALL(f, "GET", "-ERR wrong number of arguments for 'get' command|");
    CALL(f, "HELLO", NOAUTH_HELLO);
    CALL(f, "HELLO 3", NOAUTH_HELLO);
    CALL(f, "HELLO 9", "-NOPROTO unsupported protocol version|");
    CALL(f, "RESET", "+RESET|");
    ck_assert_uint_eq(f->server->stats.acl_denied_auth, 0);
    CALL(f, "QUIT", "+OK|");
    fakeFree(f);
}
END_TEST

START_TEST(thePasswordOpensTheDoor) {
    startWithPassword();
    CALL(f, "AUTH bad", WRONGPASS);
    CALL(f, "AUTH secre", WRONGPASS);
    CALL(f, "AUTH secrets", WRONGPASS);
    CALL(f, "AUTH ''", WRONGPASS);
    CALL(f, "AUTH default SECRET", WRONGPASS);
    CALL(f, "AUTH nobody secret", WRONGPASS);
    CALL(f, "PING", NOAUTH);
    CALL(f, "AUTH secret", "+OK|");
    CALL(f, "PING", "+PONG|");
    CALL(f, "AUTH bad", WRONGPASS);
    CALL(f, "PING", "+PONG|");
    CALL(f, "RESET", "+RESET|");
    CALL(f, "PING", NOAUTH);
    CALL(f, "HELLO 3 AUTH default bad", WRONGPASS);
    CALL(f, "HELLO 3 AUTH default secret SETNAME me", HELLO_FIELDS_3("3", "2"));
    CALL(f, "CLIENT GETNAME", "$2|me|");
    ck_assert_uint_eq(f->server->stats.acl_denied_auth, 8);
    fakeFree(f);
}
END_TEST

START_TEST(thePasswordMayHoldAnyByte) {
    f = fakeNew();
    CALL(f, "CONFIG SET requirepass \"a\\x00b\"", "+OK|");
    f->client = fakeClient(f);
    CALL(f, "AUTH a", WRONGPASS);
    CALL(f, "AUTH \"a\\x00c\"", WRONGPASS);
    CALL(f, "HELLO 2 AUTH default a", WRONGPASS);
    CALL(f, "PING", NOAUTH);
    CALL(f, "AUTH \"a\\x00b\"", "+OK|");
    CALL(f, "RESET", "+RESET|");
    CALL(f, "HELLO 3 AUTH default \"a\\x00b\" SETNAME me", HELLO_FIELDS_3("3", "2"));
    size_t size;
    bytes get[] = {BYTES("CONFIG"), BYTES("GET"), BYTES("requirepass")};
    const char *reply = fakeCallArgs(f, f->client, 3, get, &size);
    ck_assert(
        bytesEqual(bytesOf(reply, size), BYTES("%1\r\n$11\r\nrequirepass\r\n$3\r\na\0b\r\n")));
    fakeFree(f);
}
END_TEST

START_TEST(thePasswordMayComeInOnePipelineWithCommands) {
    client *c = startWithPassword();
    const char *reply =
        fakeSend(f, c, BYTES("PING\r\nAUTH bad\r\nPING\r\nAUTH secret\r\nPING\r\nPING\r\n"), NULL);
    ck_assert_str_eq(reply, "-NOAUTH Authentication required.\r\n"
                            "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
                            "-NOAUTH Authentication required.\r\n+OK\r\n+PONG\r\n+PONG\r\n");
    fakeFree(f);
}
END_TEST

START_TEST(aPasswordTakenAwayLetsStrangersIn) {
    f = fakeNew();
    client *admin = f->client;
    CALL(f, "CONFIG SET requirepass secret", "+OK|");
    CALL(f, "PING", "+PONG|"); /* Who was there before stays. */
    f->client = fakeClient(f);
    CALL(f, "PING", NOAUTH);
    fakeCallAs(f, admin, "CONFIG SET requirepass ''");
    CALL(f, "PING", "+PONG|");
    ck_assert_uint_eq(f->client->live_gates, 0);
    fakeFree(f);
}
END_TEST

START_TEST(resetMakesANewConnection) {
    f = fakeNew();
    fakeCall(f, "HELLO 3 SETNAME me");
    fakeCall(f, "CLIENT SETINFO LIB-NAME lib");
    fakeCall(f, "CLIENT NO-EVICT ON");
    fakeCall(f, "CLIENT NO-TOUCH ON");
    fakeCall(f, "SELECT 3");
    fakeCall(f, "SUBSCRIBE ch");
    fakeCall(f, "CLIENT REPLY OFF");
    CALL(f, "RESET", "+RESET|");
    CALL(f, "GET a", "$-1|");
    CALL(f, "CLIENT GETNAME", "$-1|");
    const char *info = fakeCall(f, "CLIENT INFO");
    ck_assert_ptr_nonnull(strstr(info, " flags=N db=0 sub=0 "));
    ck_assert_ptr_nonnull(strstr(info, " lib-name=lib "));
    CALL(f, "RESET x", "-ERR wrong number of arguments for 'reset' command|");
    fakeFree(f);
}
END_TEST

START_TEST(quitAnswersAndRunsNothingMore) {
    f = fakeNew();
    client *c = fakeClient(f);
    ck_assert_str_eq(fakeSend(f, c, BYTES("PING\r\nQUIT\r\nSET a x\r\n"), NULL),
                     "+PONG\r\n+OK\r\n");
    ck_assert(c->flags & CLIENT_CLOSE_AFTER_REPLY);
    CALL(f, "GET a", "$-1|");
    fakeFree(f);
}
END_TEST

START_TEST(clusterCommandsSayThatThereIsNoCluster) {
    f = fakeNew();
    CALL(f, "READONLY", "-ERR This instance has cluster support disabled|");
    CALL(f, "READWRITE", "-ERR This instance has cluster support disabled|");
    CALL(f, "ASKING", "-ERR This instance has cluster support disabled|");
    CALL(f, "ASKING a", "-ERR wrong number of arguments for 'asking' command|");
    fakeFree(f);
}
END_TEST

START_TEST(aStrangersInputHasASmallLimit) {
    client *c = startWithPassword();
    char junk[16 * 1024];
    memset(junk, 'a', sizeof junk);
    int sent = 0;
    while (!(c->flags & CLIENT_CLOSE_NOW) && sent < 100) {
        /* A part of an inline request: no line is that long, but nobody ends it. */
        fakeSend(f, c, bytesOf(junk, sizeof junk), NULL);
        if (c->flags & CLIENT_CLOSE_AFTER_REPLY) break;
        sent++;
    }
    ck_assert_int_lt(sent, 8);
    fakeFree(f);
}
END_TEST

TESTS("commands/connection", pingAnswersWhatItWasGiven, aConnectionSpeaksWhatTheDefaultSays,
      pingOfASubscriberIsAMessage, selectChangesTheDb, helloChoosesTheProtocol,
      helloWithAWrongOptionChangesNothing, authNeedsAPasswordToBeSet, strangersRunNothingButTheDoor,
      thePasswordOpensTheDoor, thePasswordMayHoldAnyByte,
      thePasswordMayComeInOnePipelineWithCommands, aPasswordTakenAwayLetsStrangersIn,
      resetMakesANewConnection, quitAnswersAndRunsNothingMore,
      clusterCommandsSayThatThereIsNoCluster, aStrangersInputHasASmallLimit)
