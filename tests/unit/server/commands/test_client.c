#include "server/core/client_limits.h"
#include "server/session/pause.h"
#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

/* What the loop does between two polls. */
static void turn(void) {
    cronRun(f->server);
    while (batchHasWork(f->server)) batchRun(f->server);
    serverFreeMarked(f->server);
}

static void passMs(int64_t ms) {
    fakeAdvanceMs(f, ms);
    turn();
}

/* True if the reply (a list, a line) has the text in it. */
static bool says(const char *line, const char *part) {
    return strstr(fakeCall(f, line), part) != NULL;
}

static void expectAs(client *c, const char *line, const char *reply) {
    ck_assert_str_eq(fakeCallAs(f, c, line), reply);
}

/* ---- names ---- */

START_TEST(aClientHasANameOnceItIsGiven) {
    f = fakeNew();
    CALL(f, "CLIENT ID", ":1|");
    CALL(f, "CLIENT GETNAME", "$-1|");
    CALL(f, "CLIENT SETNAME me", "+OK|");
    CALL(f, "CLIENT GETNAME", "$2|me|");
    CALL(f, "CLIENT SETNAME 'a b'",
         "-ERR Client names cannot contain spaces, newlines or special characters.|");
    CALL(f, "CLIENT GETNAME", "$2|me|");
    CALL(f, "CLIENT SETNAME ''", "+OK|");
    CALL(f, "CLIENT GETNAME", "$-1|");
    fakeFree(f);
}
END_TEST

START_TEST(aLibrarySaysWhatItIs) {
    f = fakeNew();
    CALL(f, "CLIENT SETINFO LIB-NAME lib(x_v1)", "+OK|");
    CALL(f, "CLIENT SETINFO lib-ver 1.2.3", "+OK|");
    CALL(f, "CLIENT SETINFO lib-name 'a b'",
         "-ERR lib-name cannot contain spaces, newlines or special characters.|");
    CALL(f, "CLIENT SETINFO lib-ver \"1\\n\"",
         "-ERR lib-ver cannot contain spaces, newlines or special characters.|");
    CALL(f, "CLIENT SETINFO badger x", "-ERR Unrecognized option 'badger'|");
    CALL(f, "CLIENT SETINFO lib-name",
         "-ERR wrong number of arguments for 'client|setinfo' command|");
    ck_assert(says("CLIENT INFO", " lib-name=lib(x_v1) lib-ver=1.2.3 "));
    CALL(f, "CLIENT SETINFO lib-name ''", "+OK|");
    ck_assert(says("CLIENT INFO", " lib-name= lib-ver=1.2.3 "));
    fakeFree(f);
}
END_TEST

/* ---- lists ---- */

START_TEST(infoHasEveryFieldInOrder) {
    f = fakeNew();
    fakeAdvanceMs(f, 5500);
    f->client->peer = memText("1.2.3.4:5");
    char wanted[1024];
    snprintf(wanted, sizeof wanted,
             "id=1 addr=1.2.3.4:5 laddr= fd=-1 name= age=5 idle=0 flags=N db=0 sub=0 "
             "psub=0 ssub=0 multi=-1 watch=0 qbuf=26 qbuf-free=16358 argv-mem=0 "
             "multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 tot-mem=%zu events=r cmd=client|info "
             "user=default redir=-1 resp=2 lib-name= lib-ver= "
             "io-thread=0 tot-net-in=26 tot-net-out=0 tot-cmds=0 read-events=1 "
             "parse-batch-cmd-sum=0 parse-batch-cnt=0\n\r\n",
             clientMemory(f->client));
    ck_assert_str_eq(strchr(fakeCall(f, "CLIENT INFO"), '\n') + 1, wanted);
    fakeFree(f);
}
END_TEST

START_TEST(infoIsVerbatimTextInResp3) {
    f = fakeNew();
    fakeCall(f, "HELLO 3");
    const char *info = fakeCall(f, "CLIENT INFO");
    ck_assert_int_eq(info[0], '=');
    ck_assert_int_eq(strncmp(strchr(info, '\n') + 1, "txt:id=1 ", 9), 0);
    fakeFree(f);
}
END_TEST

START_TEST(infoCountsSubscriptions) {
    f = fakeNew();
    fakeCall(f, "HELLO 3");
    fakeCall(f, "SUBSCRIBE a b");
    fakeCall(f, "PSUBSCRIBE c*");
    fakeCall(f, "SSUBSCRIBE d e f");
    ck_assert(says("CLIENT INFO", " flags=P db=0 sub=2 psub=1 ssub=3 "));
    fakeFree(f);
}
END_TEST

START_TEST(listChoosesByTypeAndId) {
    f = fakeNew();
    client *other = fakeClient(f);
    clientNew(f->server, NULL); /* an internal one */
    ck_assert(says("CLIENT LIST", "id=2 "));
    ck_assert(!says("CLIENT LIST", "id=3 "));
    ck_assert(!says("CLIENT LIST TYPE pubsub", "id="));
    fakeCallAs(f, other, "SUBSCRIBE ch");
    ck_assert(says("CLIENT LIST TYPE pubsub", "id=2 "));
    ck_assert(!says("CLIENT LIST TYPE normal", "id=2 "));
    const char *both = fakeCall(f, "CLIENT LIST ID 2 99 1");
    ck_assert(strstr(both, "id=2 ") < strstr(both, "\nid=1 "));
    CALL(f, "CLIENT LIST TYPE master", "$0||");
    CALL(f, "CLIENT LIST TYPE replica", "$0||");
    CALL(f, "CLIENT LIST ID 99", "$0||");
    CALL(f, "CLIENT LIST ID 1 a", "-ERR Invalid client ID|");
    CALL(f, "CLIENT LIST TYPE foo", "-ERR Unknown client type 'foo'|");
    CALL(f, "CLIENT LIST TYPE normal ID 1", "-ERR syntax error|");
    CALL(f, "CLIENT LIST ID", "-ERR syntax error|");
    CALL(f, "CLIENT LIST foo", "-ERR syntax error|");
    fakeFree(f);
}
END_TEST

START_TEST(aLongNameIsShownWhole) {
    f = fakeNew();
    char line[8192];
    memset(line, 'x', sizeof line);
    memcpy(line, "CLIENT SETNAME ", 15);
    line[6000] = '\0';
    CALL(f, line, "+OK|");
    ck_assert(says("CLIENT LIST", line + 15));
    ck_assert(says("CLIENT LIST", "parse-batch-cnt="));
    fakeFree(f);
}
END_TEST

/* ---- killing ---- */

START_TEST(killRefusesWhatItDoesNotKnow) {
    f = fakeNew();
    CALL(f, "CLIENT KILL", "-ERR wrong number of arguments for 'client|kill' command|");
    CALL(f, "CLIENT KILL 1.2.3.4:5", "-ERR No such client|");
    CALL(f, "CLIENT KILL ID a", "-ERR client-id should be greater than 0|");
    CALL(f, "CLIENT KILL ID 0", "-ERR client-id should be greater than 0|");
    CALL(f, "CLIENT KILL ID 10 wrong", "-ERR syntax error|");
    CALL(f, "CLIENT KILL TYPE x", "-ERR Unknown client type 'x'|");
    CALL(f, "CLIENT KILL USER x", "-ERR No such user 'x'|");
    CALL(f, "CLIENT KILL SKIPME x", "-ERR syntax error|");
    CALL(f, "CLIENT KILL FOO x", "-ERR syntax error|");
    CALL(f, "CLIENT KILL MAXAGE x", "-ERR maxage is not an integer or out of range|");
    CALL(f, "CLIENT KILL MAXAGE 0", "-ERR maxage should be greater than 0|");
    CALL(f, "CLIENT KILL ID 99", ":0|");
    fakeFree(f);
}
END_TEST

START_TEST(killCombinesItsFilters) {
    f = fakeNew();
    client *old = fakeClient(f), *subscriber = fakeClient(f);
    old->peer = memText("1.1.1.1:1");
    subscriber->peer = memText("2.2.2.2:2");
    subscriber->local = memText("3.3.3.3:3");
    fakeCallAs(f, subscriber, "SUBSCRIBE ch");
    fakeAdvanceMs(f, 3000);
    fakeClient(f);
    CALL(f, "CLIENT KILL TYPE pubsub ADDR 1.1.1.1:1", ":0|");
    CALL(f, "CLIENT KILL ID 3 LADDR 3.3.3.3:4", ":0|");
    CALL(f, "CLIENT KILL ID 3 LADDR 3.3.3.3:3 TYPE pubsub USER default", ":1|");
    CALL(f, "CLIENT KILL MAXAGE 3", ":1|");
    CALL(f, "CLIENT KILL MAXAGE 3", ":0|");
    ck_assert(old->flags & CLIENT_CLOSE_NOW);
    ck_assert(subscriber->flags & CLIENT_CLOSE_NOW);
    turn();
    ck_assert_uint_eq(f->server->client_count, 2);
    ck_assert(says("CLIENT LIST", "id=4 "));
    fakeFree(f);
}
END_TEST

START_TEST(killTheOldWayByAddress) {
    f = fakeNew();
    client *other = fakeClient(f);
    other->peer = memText("/tmp/ebb.sock:0");
    CALL(f, "CLIENT KILL /tmp/ebb.sock:1", "-ERR No such client|");
    CALL(f, "CLIENT KILL /tmp/ebb.sock:0", "+OK|");
    turn();
    ck_assert_uint_eq(f->server->client_count, 1);
    fakeFree(f);
}
END_TEST

START_TEST(whoKillsItselfGetsTheAnswer) {
    f = fakeNew();
    client *c = fakeClient(f);
    expectAs(c, "CLIENT KILL ID 2", ":0\r\n"); /* SKIPME is yes unless told. */
    ck_assert_str_eq(fakeSend(f, c, BYTES("CLIENT KILL ID 2 SKIPME no\r\nSET a x\r\n"), NULL),
                     ":1\r\n");
    ck_assert(c->flags & CLIENT_CLOSE_AFTER_REPLY);
    CALL(f, "GET a", "$-1|");
    fakeFree(f);
}
END_TEST

/* Puts bytes where the client's come, and does not run them yet. */
static void receive(client *c, const char *text) {
    size_t room;
    char *to = batchRoom(f->server, c, &room);
    memcpy(to, text, strlen(text));
    batchReceived(f->server, c, strlen(text));
}

START_TEST(aKillStopsWhatIsParsedAlready) {
    f = fakeNew();
    client *victim = fakeClient(f);
    receive(f->client, "CLIENT KILL ID 2\r\nCLIENT LIST ID 2\r\nPING\r\n");
    receive(victim, "SET a x\r\nSET b x\r\n");
    turn();
    ck_assert_str_eq(fakeTake(f, f->client, NULL), ":1\r\n$0\r\n\r\n+PONG\r\n");
    CALL(f, "DEL a b", ":0|");
    fakeFree(f);
}
END_TEST

/* ---- REPLY ---- */

START_TEST(replyOffSilencesUntilOn) {
    f = fakeNew();
    CALL(f, "CLIENT REPLY OFF", "");
    CALL(f, "PING", "");
    CALL(f, "NOSUCH", "");
    CALL(f, "CLIENT REPLY SKIP", "");
    CALL(f, "CLIENT REPLY ON", "+OK|");
    CALL(f, "PING", "+PONG|");
    CALL(f, "CLIENT REPLY nosuch", "-ERR syntax error|");
    fakeFree(f);
}
END_TEST

START_TEST(replySkipSilencesTheNextOnly) {
    static const char *const silent[] = {"PING", "NOSUCH", "GET", "CLIENT REPLY nosuch"};
    f = fakeNew();
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        CALL(f, "CLIENT REPLY SKIP", "");
        CALL(f, silent[i], "");
        CALL(f, "PING", "+PONG|");
    }
    CALL(f, "CLIENT REPLY SKIP", "");
    CALL(f, "CLIENT REPLY SKIP", "");
    CALL(f, "PING", "");
    CALL(f, "PING", "+PONG|");
    CALL(f, "CLIENT REPLY SKIP", "");
    CALL(f, "CLIENT REPLY ON", "+OK|");
    CALL(f, "PING", "+PONG|");
    fakeFree(f);
}
END_TEST

START_TEST(messagesComeThoughRepliesAreOff) {
    f = fakeNew();
    client *listener = fakeClient(f);
    fakeCallAs(f, listener, "SUBSCRIBE ch");
    fakeCallAs(f, listener, "CLIENT REPLY OFF");
    fakeCallAs(f, listener, "HELLO 3");
    CALL(f, "PUBLISH ch hi", ":1|");
    ck_assert_ptr_nonnull(strstr(fakeTake(f, listener, NULL), "hi"));
    fakeFree(f);
}
END_TEST

/* ---- PAUSE ---- */

START_TEST(pauseRefusesWhatItDoesNotKnow) {
    f = fakeNew();
    CALL(f, "CLIENT PAUSE abc", "-ERR timeout is not an integer or out of range|");
    CALL(f, "CLIENT PAUSE -1", "-ERR timeout is negative|");
    CALL(f, "CLIENT PAUSE 9223372036854775807", "-ERR timeout is out of range|");
    CALL(f, "CLIENT PAUSE 100 FOO", "-ERR CLIENT PAUSE mode must be WRITE or ALL|");
    CALL(f, "CLIENT PAUSE 100 ALL foo",
         "-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.|");
    CALL(f, "CLIENT PAUSE 0", "+OK|");
    CALL(f, "PING", "+PONG|");
    fakeFree(f);
}
END_TEST

START_TEST(pauseHoldsEverybodyUntilItsEnd) {
    f = fakeNew();
    client *other = fakeClient(f);
    CALL(f, "CLIENT PAUSE 100", "+OK|");
    expectAs(other, "PING", "");
    expectAs(other, "NOSUCH", ""); /* Behind a held one all wait. */
    CALL(f, "CLIENT UNPAUSE", "");
    ck_assert_uint_eq(pauseHeld(f->server), 2);
    passMs(99);
    ck_assert_str_eq(fakeTake(f, other, NULL), "");
    passMs(2);
    ck_assert_str_eq(fakeTake(f, other, NULL),
                     "+PONG\r\n-ERR unknown command 'NOSUCH', with args beginning with: \r\n");
    ck_assert_str_eq(fakeTake(f, f->client, NULL), "+OK\r\n");
    ck_assert_uint_eq(pauseHeld(f->server), 0);
    ck_assert_uint_eq(f->server->gates.live & 1u << GATE_PAUSE, 0);
    fakeFree(f);
}
END_TEST

START_TEST(pauseOfWritesLetsReadersThrough) {
    f = fakeNew();
    client *writer = fakeClient(f), *publisher = fakeClient(f);
    CALL(f, "CLIENT PAUSE 60000 write", "+OK|");
    expectAs(writer, "SET a x", "");
    expectAs(publisher, "PUBLISH ch hi", "");
    CALL(f, "GET a", "$-1|");
    expectAs(fakeClient(f), "PFCOUNT h", ""); /* It may refresh what it keeps in the value. */
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "INFO clients"), "\r\nblocked_clients:3\r\n"));
    CALL(f, "SET a", "-ERR wrong number of arguments for 'set' command|");
    ck_assert(says("CLIENT LIST ID 2", " flags=b "));
    ck_assert(says("CLIENT LIST ID 2", " events= cmd=set "));
    CALL(f, "CLIENT UNPAUSE", "+OK|");
    ck_assert_str_eq(fakeTake(f, writer, NULL), "+OK\r\n");
    ck_assert_str_eq(fakeTake(f, publisher, NULL), ":0\r\n");
    CALL(f, "GET a", "$1|x|");
    fakeFree(f);
}
END_TEST

START_TEST(theLaterEndAndTheStricterModeCount) {
    f = fakeNew();
    client *other = fakeClient(f);
    CALL(f, "CLIENT PAUSE 1000 WRITE", "+OK|");
    CALL(f, "CLIENT PAUSE 10 WRITE", "+OK|");
    passMs(900);
    expectAs(other, "SET a x", "");
    CALL(f, "CLIENT PAUSE 10 ALL", "+OK|");
    CALL(f, "GET a", "");
    passMs(50);
    ck_assert_str_eq(fakeTake(f, f->client, NULL), "");
    passMs(51);
    ck_assert_str_eq(fakeTake(f, other, NULL), "+OK\r\n");
    ck_assert_str_eq(fakeTake(f, f->client, NULL), "$-1\r\n"); /* The older client first. */
    CALL(f, "CLIENT PAUSE 10 WRITE", "+OK|");                  /* A new one begins anew. */
    CALL(f, "GET a", "$1|x|");
    fakeFree(f);
}
END_TEST

START_TEST(nothingExpiresDuringAPause) {
    f = fakeNew();
    CALL(f, "SET a x PX 10", "+OK|");
    CALL(f, "CLIENT PAUSE 1000 WRITE", "+OK|");
    passMs(100);
    CALL(f, "GET a", "$-1|");
    ck_assert_uint_eq(dbCount(f->server->dbs[0]), 1);
    ck_assert_uint_eq(f->server->stats.expired_keys, 0);
    CALL(f, "CLIENT UNPAUSE", "+OK|");
    CALL(f, "DEL a", ":0|");
    ck_assert_uint_eq(f->server->stats.expired_keys, 1);
    fakeFree(f);
}
END_TEST

START_TEST(aPipelineIsHeldFromTheFirstWriteOn) {
    f = fakeNew();
    client *other = fakeClient(f);
    CALL(f, "CLIENT PAUSE 1000 WRITE", "+OK|");
    receive(other, "PING\r\nSET a 1\r\nSET a 2\r\nGET a\r\n");
    turn();
    ck_assert_str_eq(fakeTake(f, other, NULL), "+PONG\r\n");
    CALL(f, "CLIENT UNPAUSE", "+OK|");
    ck_assert_str_eq(fakeTake(f, other, NULL), "+OK\r\n+OK\r\n$1\r\n2\r\n");
    fakeFree(f);
}
END_TEST

START_TEST(pausedAndResumedInOneBatchLosesNothing) {
    f = fakeNew();
    client *other = fakeClient(f);
    char pings[8192] = "";
    receive(f->client, "CLIENT PAUSE 1000 WRITE\r\n");
    /* Long enough for several groups: the rest is parsed when the client may go on again. */
    for (int i = 0; i < 200; i++) strncat(pings, "INCR a\r\n", sizeof pings - strlen(pings) - 1);
    receive(other, pings);
    client *third = fakeClient(f);
    receive(third, "CLIENT UNPAUSE\r\n");
    turn();
    CALL(f, "GET a", "+OK|$3|200|");
    fakeFree(f);
}
END_TEST

START_TEST(aHeldClientMayBeKilled) {
    f = fakeNew();
    client *other = fakeClient(f);
    CALL(f, "CLIENT PAUSE 1000 WRITE", "+OK|");
    expectAs(other, "SET a x", "");
    CALL(f, "CLIENT KILL ID 2", ":1|");
    turn();
    ck_assert_uint_eq(pauseHeld(f->server), 0);
    CALL(f, "CLIENT UNPAUSE", "+OK|");
    CALL(f, "GET a", "$-1|");
    fakeFree(f);
}
END_TEST

/* ---- time ---- */

START_TEST(idleClientsAreClosedAfterTheTimeout) {
    f = fakeNew();
    client *subscriber = fakeClient(f), *sender = fakeClient(f);
    for (int i = 0; i < 100; i++) fakeClient(f);
    fakeCallAs(f, subscriber, "SUBSCRIBE ch");
    CALL(f, "CONFIG SET timeout 10", "+OK|");
    for (int i = 0; i < 200; i++) {
        passMs(100);
        /* Half a request a second: slow, not idle. */
        if (i % 10 == 0) fakeSend(f, sender, BYTES("x"), NULL);
        if (i % 50 == 0) CALL(f, "PING", "+PONG|");
        if (i == 90) ck_assert_uint_eq(f->server->client_count, 103);
    }
    ck_assert_uint_eq(f->server->client_count, 3);
    fakeFree(f);
}
END_TEST

START_TEST(withoutTimeoutIdleClientsStay) {
    f = fakeNew();
    fakeClient(f);
    passMs(1000 * 1000);
    passMs(1000 * 1000);
    ck_assert_uint_eq(f->server->client_count, 2);
    fakeFree(f);
}
END_TEST

START_TEST(outputOverTheSoftLimitForTooLongClosesTheClient) {
    f = fakeNew();
    client *slow = fakeClient(f), *reader = fakeClient(f);
    fakeCallAs(f, slow, "SUBSCRIBE ch");
    fakeCallAs(f, reader, "SUBSCRIBE ch");
    CALL(f, "CONFIG SET client-output-buffer-limit 'pubsub 0 64kb 2'", "+OK|");
    bytes message = {memCalloc(1, 100000), 100000};
    bytes publish[] = {BYTES("PUBLISH"), BYTES("ch"), message};
    fakeCallArgs(f, f->client, 3, publish, NULL);
    ck_assert(!clientOverOutputLimit(slow));
    ck_assert(!clientOverOutputLimit(reader));
    ck_assert_uint_eq(f->server->over_soft_limit, 2);
    fakeTake(f, reader, NULL);
    ck_assert(!clientOverOutputLimit(reader));
    ck_assert_uint_eq(f->server->over_soft_limit, 1);
    for (int i = 0; i < 15; i++) passMs(100);
    ck_assert_uint_eq(f->server->client_count, 3);
    for (int i = 0; i < 15; i++) passMs(100);
    ck_assert_uint_eq(f->server->client_count, 2);
    ck_assert_uint_eq(f->server->over_soft_limit, 0);
    ck_assert_uint_eq(f->server->stats.output_limit_disconnections, 1);
    memFree((void *)(uintptr_t)message.data);
    fakeFree(f);
}
END_TEST

/* ---- the rest ---- */

START_TEST(modesAreSwitchedOnAndOff) {
    f = fakeNew();
    CALL(f, "CLIENT NO-EVICT ON", "+OK|");
    CALL(f, "CLIENT NO-TOUCH on", "+OK|");
    ck_assert(says("CLIENT INFO", " flags=eT "));
    CALL(f, "CLIENT NO-EVICT off", "+OK|");
    CALL(f, "CLIENT NO-TOUCH OFF", "+OK|");
    ck_assert(says("CLIENT INFO", " flags=N "));
    CALL(f, "CLIENT NO-EVICT x", "-ERR syntax error|");
    CALL(f, "CLIENT NO-TOUCH x", "-ERR syntax error|");
    fakeFree(f);
}
END_TEST

START_TEST(whatModernLibrariesAskForGetsExactlyOneError) {
    f = fakeNew();
    static const char *const unsupported[] = {
        "CLIENT TRACKING ON REDIRECT 5 BCAST PREFIX a PREFIX b NOLOOP",
        "CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type internal-ip", "CLIENT CAPA redirect"};
    for (size_t i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++) {
        const char *reply = fakeCall(f, unsupported[i]);
        ck_assert_int_eq(strncmp(reply, "-ERR ", 5), 0);
        ck_assert_ptr_eq(strchr(reply, '\n') + 1, reply + strlen(reply));
    }
    CALL(f, "PING", "+PONG|");
    fakeFree(f);
}
END_TEST

START_TEST(trackingIsOff) {
    f = fakeNew();
    CALL(f, "CLIENT TRACKING OFF", "+OK|");
    CALL(f, "CLIENT TRACKING OFF OPTIN", "+OK|");
    CALL(f, "CLIENT TRACKING foo", "-ERR syntax error|");
    CALL(f, "CLIENT TRACKING ON foo", "-ERR syntax error|");
    CALL(f, "CLIENT TRACKING ON REDIRECT", "-ERR syntax error|");
    CALL(f, "CLIENT GETREDIR", ":-1|");
    CALL(f, "CLIENT CACHING yes",
         "-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
         "OPTOUT mode enabled|");
    CALL(f, "CLIENT TRACKINGINFO", "*6|$5|flags|*1|$3|off|$8|redirect|:-1|$8|prefixes|*0|");
    fakeCall(f, "HELLO 3");
    CALL(f, "CLIENT TRACKINGINFO", "%3|$5|flags|~1|$3|off|$8|redirect|:-1|$8|prefixes|*0|");
    fakeFree(f);
}
END_TEST

START_TEST(unblockFindsNobody) {
    f = fakeNew();
    CALL(f, "CLIENT UNBLOCK 1", ":0|");
    CALL(f, "CLIENT UNBLOCK 99 ERROR", ":0|");
    CALL(f, "CLIENT UNBLOCK a", "-ERR value is not an integer or out of range|");
    CALL(f, "CLIENT UNBLOCK 1 FOO", "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR|");
    CALL(f, "CLIENT UNBLOCK 1 TIMEOUT x",
         "-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.|");
    fakeFree(f);
}
END_TEST

START_TEST(thePeakOfRepliesIsToldForSomeSeconds) {
    f = fakeNew();
    clientNoteReply(f->client, 5000);
    clientNoteReply(f->client, 100);
    ck_assert(says("CLIENT INFO", " rbs=8192 rbp=5000 "));
    fakeAdvanceMs(f, 6000);
    ck_assert(says("CLIENT INFO", " rbs=1024 rbp=0 "));
    f->server->config.enable_debug_command = CONFIG_YES;
    CALL(f, "DEBUG REPLYBUFFER PEAK-RESET-TIME never", "+OK|");
    clientNoteReply(f->client, 50000);
    fakeAdvanceMs(f, 600000);
    ck_assert(says("CLIENT INFO", " rbs=16384 rbp=50000 "));
    fakeFree(f);
}
END_TEST

START_TEST(aMonitorHasTheLimitsOfASubscriber) {
    f = fakeNew();
    client *c = fakeClient(f);
    c->flags |= CLIENT_MONITOR;
    ck_assert_int_eq(clientClass(c), 0);
    ck_assert_int_eq(clientLimitClass(c), 2);
    c->flags &= ~(uint32_t)CLIENT_MONITOR;
    ck_assert_int_eq(clientLimitClass(c), 0);
    fakeFree(f);
}
END_TEST

START_TEST(aSubcommandMustBeKnown) {
    f = fakeNew();
    CALL(f, "CLIENT", "-ERR wrong number of arguments for 'client' command|");
    CALL(f, "CLIENT NOPE", "-ERR unknown subcommand 'NOPE'. Try CLIENT HELP.|");
    CALL(f, "CLIENT ID x", "-ERR wrong number of arguments for 'client|id' command|");
    ck_assert(says("CLIENT HELP", "+CLIENT <subcommand> "));
    ck_assert(says("CLIENT HELP", "\r\n+HELP\r\n"));
    fakeFree(f);
}
END_TEST

TESTS("commands/client", aClientHasANameOnceItIsGiven, aLibrarySaysWhatItIs,
      infoHasEveryFieldInOrder, infoIsVerbatimTextInResp3, infoCountsSubscriptions,
      listChoosesByTypeAndId, aLongNameIsShownWhole, killRefusesWhatItDoesNotKnow,
      killCombinesItsFilters, killTheOldWayByAddress, whoKillsItselfGetsTheAnswer,
      aKillStopsWhatIsParsedAlready, replyOffSilencesUntilOn, replySkipSilencesTheNextOnly,
      messagesComeThoughRepliesAreOff, pauseRefusesWhatItDoesNotKnow,
      pauseHoldsEverybodyUntilItsEnd, pauseOfWritesLetsReadersThrough,
      theLaterEndAndTheStricterModeCount, nothingExpiresDuringAPause,
      aPipelineIsHeldFromTheFirstWriteOn, pausedAndResumedInOneBatchLosesNothing,
      aHeldClientMayBeKilled, idleClientsAreClosedAfterTheTimeout, withoutTimeoutIdleClientsStay,
      outputOverTheSoftLimitForTooLongClosesTheClient, modesAreSwitchedOnAndOff,
      whatModernLibrariesAskForGetsExactlyOneError, trackingIsOff, unblockFindsNobody,
      thePeakOfRepliesIsToldForSomeSeconds, aMonitorHasTheLimitsOfASubscriber,
      aSubcommandMustBeKnown)
