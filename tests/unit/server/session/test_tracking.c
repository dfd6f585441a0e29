#include "server/session/tracking.h"

#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;
static client *reader, *writer;

/* What the client was sent since, its line endings written "|". */
static void hears(client *c, const char *wanted) {
    const char *said = fakeTake(f, c, NULL);
    char shown[8192];
    size_t size = 0;
    for (; *said; said++)
        if (*said != '\r') shown[size++] = *said == '\n' ? '|' : *said;
    shown[size] = '\0';
    ck_assert_str_eq(shown, wanted);
}

static void call(client *c, const char *line, const char *wanted) {
    const char *said = fakeCallAs(f, c, line);
    char shown[8192];
    size_t size = 0;
    for (; *said; said++)
        if (*said != '\r') shown[size++] = *said == '\n' ? '|' : *said;
    shown[size] = '\0';
    ck_assert_msg(!strcmp(shown, wanted), "%s said %s, not %s", line, shown, wanted);
}

static void write(const char *line) {
    fakeCallAs(f, writer, line);
}

/* A reader of RESP3 and a writer. */
static void begin(const char *mode) {
    f = fakeNew();
    reader = fakeClient(f);
    writer = f->client;
    fakeCallAs(f, reader, "HELLO 3");
    if (mode) call(reader, mode, "+OK|");
}

static void end(void) {
    fakeFree(f);
}

static void sendTo(client *c, const char *raw) {
    fakeSend(f, c, bytesOfText(raw), NULL);
}

#define INVALID(key) ">2|$10|invalidate|*1|" key
#define ALL_INVALID  ">2|$10|invalidate|_|"

static bool lists(client *c, const char *part) {
    char line[64];
    snprintf(line, sizeof line, "CLIENT LIST ID %llu", (unsigned long long)c->id);
    return strstr(fakeCall(f, line), part) != NULL;
}

static bool informs(const char *part) {
    return strstr(fakeCall(f, "INFO everything"), part) != NULL;
}

/* ---- what is remembered ---- */

START_TEST(aKeyThatWasReadIsInvalidatedOnce) {
    begin("CLIENT TRACKING ON");
    call(reader, "GET k", "_|");
    write("SET k 1");
    hears(reader, INVALID("$1|k|"));
    write("SET k 2");
    hears(reader, "");
    end();
}
END_TEST

START_TEST(keysOfTheSameCommandAreToldOneByOne) {
    begin("CLIENT TRACKING ON");
    fakeCallAs(f, reader, "MGET a b c");
    write("MSET b 1 a 2 d 4");
    hears(reader, INVALID("$1|b|") INVALID("$1|a|"));
    end();
}
END_TEST

START_TEST(namesCountNotDatabases) {
    begin("CLIENT TRACKING ON");
    call(reader, "GET k", "_|");
    write("SELECT 3");
    write("SET k 1");
    hears(reader, INVALID("$1|k|"));
    end();
}
END_TEST

START_TEST(onlyReadingRemembers) {
    begin("CLIENT TRACKING ON");
    call(reader, "SET k 1", "+OK|");
    call(reader, "GETEX k", "$1|1|");
    call(reader, "GET k extra", "-ERR wrong number of arguments for 'get' command|");
    write("SET k 2");
    hears(reader, "");
    call(reader, "EXISTS k nosuch", ":1|");
    write("SET nosuch 2");
    hears(reader, INVALID("$6|nosuch|"));
    end();
}
END_TEST

START_TEST(whatChangesNothingInvalidatesNothing) {
    begin("CLIENT TRACKING ON");
    write("SET k 1");
    call(reader, "MGET k gone", "*2|$1|1|_|");
    write("SETNX k 2");
    write("DEL gone");
    hears(reader, "");
    write("EXPIRE k 100");
    hears(reader, INVALID("$1|k|"));
    end();
}
END_TEST

START_TEST(ownChangesAreToldBehindTheReply) {
    begin("CLIENT TRACKING ON");
    call(reader, "GET k", "_|");
    call(reader, "INCR k", ":1|" INVALID("$1|k|"));
    end();
}
END_TEST

START_TEST(ownChangesInExecAreToldBehindItsReply) {
    begin("CLIENT TRACKING ON");
    call(reader, "MGET a b", "*2|_|_|");
    call(reader, "MULTI", "+OK|");
    call(reader, "INCR a", "+QUEUED|");
    call(reader, "GET c", "+QUEUED|");
    call(reader, "INCR b", "+QUEUED|");
    call(reader, "EXEC", "*3|:1|_|:1|" INVALID("$1|a|") INVALID("$1|b|"));
    write("SET c 1");
    hears(reader, INVALID("$1|c|"));
    end();
}
END_TEST

START_TEST(aDeadKeyFoundByAReadIsToldAndRemembered) {
    begin("CLIENT TRACKING ON");
    write("SET k 1 PX 10");
    call(reader, "GET k", "$1|1|");
    fakeAdvanceMs(f, 20);
    call(reader, "MGET a k", "*2|_|_|" INVALID("$1|k|"));
    write("SET k 2");
    hears(reader, INVALID("$1|k|"));
    end();
}
END_TEST

START_TEST(aKeyThatExpiresByItselfIsTold) {
    begin("CLIENT TRACKING ON NOLOOP");
    call(reader, "SET k 1 PX 10", "+OK|");
    call(reader, "GET k", "$1|1|");
    fakeAdvanceMs(f, 20);
    cronRun(f->server);
    hears(reader, INVALID("$1|k|"));
    end();
}
END_TEST

START_TEST(flushesVoidEverything) {
    begin("CLIENT TRACKING ON");
    call(reader, "GET k", "_|");
    write("FLUSHALL");
    hears(reader, ALL_INVALID);
    ck_assert(informs("tracking_total_keys:0\r\ntracking_total_items:0\r\n"));
    write("SET k 1");
    hears(reader, "");
    write("SELECT 5");
    write("FLUSHDB");
    hears(reader, ALL_INVALID);
    call(reader, "FLUSHALL", "+OK|" ALL_INVALID);
    end();
}
END_TEST

START_TEST(aBigTableIsFreedInSlicesBehindAFlush) {
    begin("CLIENT TRACKING ON");
    for (int i = 0; i < 1000; i++) {
        char line[32];
        snprintf(line, sizeof line, "GET key:%d", i);
        call(reader, line, "_|");
    }
    ck_assert(informs("tracking_total_keys:1000\r\ntracking_total_items:1000\r\n"));
    write("FLUSHALL");
    write("FLUSHALL");
    ck_assert(informs("tracking_total_keys:0\r\ntracking_total_items:0\r\n"));
    hears(reader, ALL_INVALID ALL_INVALID);
    call(reader, "GET key:1", "_|");
    while (cronNextNs(f->server) < 2000000) {
        fakeAdvanceMs(f, 2);
        cronRun(f->server);
    }
    write("SET key:1 x");
    hears(reader, INVALID("$5|key:1|"));
    end();
}
END_TEST

/* ---- modes ---- */

START_TEST(noloopHidesOwnChangesOnly) {
    begin("CLIENT TRACKING ON NOLOOP");
    call(reader, "MGET a b", "*2|_|_|");
    call(reader, "SET a 1", "+OK|");
    write("SET a 2"); /* The own change took it out of the table. */
    hears(reader, "");
    write("SET b 2");
    hears(reader, INVALID("$1|b|"));
    end();
}
END_TEST

START_TEST(optinTracksTheNextCommandOnly) {
    begin("CLIENT TRACKING ON OPTIN");
    call(reader, "GET a", "_|");
    call(reader, "CLIENT CACHING YES", "+OK|");
    fakeCallAs(f, reader, "CLIENT TRACKINGINFO"); /* CLIENT does not end it. */
    call(reader, "GET b", "_|");
    call(reader, "GET c", "_|");
    write("MSET a 1 b 1 c 1");
    hears(reader, INVALID("$1|b|"));
    call(reader, "CLIENT CACHING YES", "+OK|");
    call(reader, "GET", "-ERR wrong number of arguments for 'get' command|");
    call(reader, "GET a", "$1|1|");
    write("SET a 2");
    hears(reader, "");
    end();
}
END_TEST

START_TEST(cachingBeforeMultiCountsForAllOfIt) {
    begin("CLIENT TRACKING ON OPTIN");
    call(reader, "CLIENT CACHING YES", "+OK|");
    call(reader, "MULTI", "+OK|");
    call(reader, "GET a", "+QUEUED|");
    call(reader, "GET b", "+QUEUED|");
    call(reader, "EXEC", "*2|_|_|");
    call(reader, "GET c", "_|");
    write("MSET a 1 b 1 c 1");
    hears(reader, INVALID("$1|a|") INVALID("$1|b|"));
    end();
}
END_TEST

START_TEST(optoutLeavesOutTheNextCommandOnly) {
    begin("CLIENT TRACKING ON OPTOUT");
    call(reader, "CLIENT CACHING NO", "+OK|");
    call(reader, "GET a", "_|");
    call(reader, "GET b", "_|");
    write("MSET a 1 b 1");
    hears(reader, INVALID("$1|b|"));
    end();
}
END_TEST

START_TEST(broadcastTellsOfKeysNobodyRead) {
    begin("CLIENT TRACKING ON BCAST");
    write("MSET a 1 b 1 a 2");
    hears(reader, ">2|$10|invalidate|*2|$1|a|$1|b|");
    write("FLUSHDB");
    hears(reader, ALL_INVALID);
    ck_assert(lists(reader, " flags=tB "));
    end();
}
END_TEST

START_TEST(prefixesAreToldApart) {
    begin("CLIENT TRACKING ON BCAST PREFIX a: PREFIX bb:");
    write("MSET a:1 1 b:2 1 bb:3 1 bb:4 1 a 1 bb 1");
    hears(reader, INVALID("$3|a:1|") ">2|$10|invalidate|*2|$4|bb:3|$4|bb:4|");
    call(reader, "CLIENT TRACKING ON BCAST PREFIX b:", "+OK|");
    write("SET b:2 1");
    hears(reader, INVALID("$3|b:2|"));
    call(reader, "CLIENT TRACKINGINFO",
         "%3|$5|flags|~2|$2|on|$5|bcast|$8|redirect|:0|$8|prefixes|*3|$2|a:|$2|b:|$3|bb:|");
    ck_assert(informs("tracking_total_prefixes:3\r\n"));
    call(reader, "CLIENT TRACKING OFF", "+OK|");
    ck_assert(informs("tracking_total_prefixes:0\r\n"));
    write("SET b:2 1");
    hears(reader, "");
    end();
}
END_TEST

START_TEST(changesOfABatchAreBroadcastTogether) {
    begin("CLIENT TRACKING ON BCAST PREFIX k");
    sendTo(writer, "SET k1 1\r\nSET k2 1\r\nSET x 1\r\nINCR k1\r\n");
    hears(reader, ">2|$10|invalidate|*2|$2|k1|$2|k2|");
    end();
}
END_TEST

START_TEST(manyKeysAreBroadcastOnceEach) {
    begin("CLIENT TRACKING ON BCAST");
    char raw[4096];
    size_t size = 0;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 30; i++)
            size += (size_t)snprintf(raw + size, sizeof raw - size, "SET key:%02d 1\r\n", i);
    sendTo(writer, raw);
    const char *said = fakeTake(f, reader, NULL);
    ck_assert_int_eq(strncmp(said, ">2\r\n$10\r\ninvalidate\r\n*30\r\n", 25), 0);
    ck_assert_ptr_nonnull(strstr(said, "key:29"));
    end();
}
END_TEST

START_TEST(manyNamesGoOutByReference) {
    begin("CLIENT TRACKING ON BCAST");
    static char line[40000];
    snprintf(line, sizeof line, "SET %035000d 1", 0);
    write(line);
    size_t size;
    const char *said = fakeTake(f, reader, &size);
    ck_assert_uint_eq(size, 35000 + strlen(">2|$10|invalidate|*1|$35000||") + 6);
    ck_assert_str_eq(said + size - 3, "0\r\n");
    end();
}
END_TEST

START_TEST(noloopInBroadcastHidesWhatTheClientAloneChanged) {
    begin("CLIENT TRACKING ON BCAST NOLOOP");
    call(reader, "SET a 1", "+OK|");
    hears(reader, "");
    write("SET a 2");
    hears(reader, INVALID("$1|a|"));
    /* Both in one batch: the other's change must not be lost. */
    static const char raw[] = "SET b 1\r\nSET c 1\r\n";
    size_t room;
    memcpy(batchRoom(f->server, writer, &room), raw, sizeof raw - 1);
    batchReceived(f->server, writer, sizeof raw - 1);
    call(reader, "MSET b 2 e 2",
         "+OK|"
         ">2|$10|invalidate|*2|$1|b|$1|c|");
    end();
}
END_TEST

START_TEST(aKeyThatExpiresIsBroadcastToWhoWroteIt) {
    begin("CLIENT TRACKING ON BCAST NOLOOP");
    call(reader, "SET k 1 PX 10", "+OK|");
    fakeAdvanceMs(f, 20);
    call(reader, "GET k", "_|" INVALID("$1|k|"));
    end();
}
END_TEST

START_TEST(afterASwitchToBroadcastOldKeysAreNotTold) {
    begin("CLIENT TRACKING ON");
    call(reader, "GET k", "_|");
    call(reader, "CLIENT TRACKING OFF", "+OK|");
    call(reader, "CLIENT TRACKING ON BCAST PREFIX x", "+OK|");
    write("SET k 1");
    hears(reader, "");
    end();
}
END_TEST

START_TEST(offEndsIt) {
    begin("CLIENT TRACKING ON");
    call(reader, "GET k", "_|");
    call(reader, "CLIENT TRACKING OFF", "+OK|");
    write("SET k 1");
    ck_assert_uint_eq(f->server->effects.live & (1u << EFFECT_TRACKING), 0);
    write("FLUSHALL");
    hears(reader, "");
    call(reader, "CLIENT GETREDIR", ":-1|");
    call(reader, "CLIENT TRACKING ON", "+OK|");
    write("SET k 2"); /* What it read before was voided while it was off. */
    hears(reader, "");
    end();
}
END_TEST

START_TEST(resetEndsIt) {
    begin("CLIENT TRACKING ON BCAST PREFIX a");
    call(reader, "RESET", "+RESET|");
    ck_assert_uint_eq(trackingStatsOf(f->server).clients, 0);
    ck_assert_uint_eq(trackingStatsOf(f->server).prefixes, 0);
    ck_assert(lists(reader, " flags=N "));
    end();
}
END_TEST

/* ---- who gets it ---- */

START_TEST(resp2WithoutRedirectGetsNothing) {
    begin(NULL);
    client *old = fakeClient(f);
    call(old, "CLIENT TRACKING ON", "+OK|");
    call(old, "GET k", "$-1|");
    write("SET k 1");
    write("FLUSHALL");
    hears(old, "");
    end();
}
END_TEST

static void redirectTo(client *to) {
    char line[64];
    snprintf(line, sizeof line, "CLIENT TRACKING ON REDIRECT %llu", (unsigned long long)to->id);
    call(reader, line, "+OK|");
}

START_TEST(aSubscriberOfResp2GetsMessages) {
    begin(NULL);
    client *old = fakeClient(f);
    redirectTo(old);
    call(reader, "GET k", "_|");
    write("SET k 1");
    hears(old, ""); /* It has not subscribed. */
    fakeCallAs(f, old, "SUBSCRIBE __redis__:invalidate");
    call(reader, "GET k", "$1|1|");
    write("SET k 1");
    hears(reader, "");
    hears(old, "*3|$7|message|$20|__redis__:invalidate|*1|$1|k|");
    write("FLUSHALL");
    hears(old, "*3|$7|message|$20|__redis__:invalidate|$-1|");
    end();
}
END_TEST

START_TEST(aClientOfResp3GetsPushesForAnother) {
    begin(NULL);
    client *other = fakeClient(f);
    fakeCallAs(f, other, "HELLO 3");
    redirectTo(other);
    call(reader, "CLIENT GETREDIR", ":3|");
    ck_assert(lists(reader, " redir=3 "));
    call(reader, "GET k", "_|");
    call(other, "INCR k", ":1|" INVALID("$1|k|"));
    end();
}
END_TEST

START_TEST(aBrokenRedirectIsTold) {
    begin(NULL);
    client *other = fakeClient(f);
    redirectTo(other);
    call(reader, "GET k", "_|");
    clientCloseSoon(other);
    serverFreeMarked(f->server);
    hears(reader, "");
    write("SET k 1");
    hears(reader, ">2|$21|tracking-redir-broken|:3|");
    ck_assert(lists(reader, " flags=tR "));
    call(reader, "CLIENT TRACKINGINFO",
         "%3|$5|flags|~2|$2|on|$15|broken_redirect|$8|redirect|:3|$8|prefixes|*0|");
    call(reader, "CLIENT TRACKING ON", "+OK|");
    call(reader, "CLIENT TRACKINGINFO", "%3|$5|flags|~1|$2|on|$8|redirect|:0|$8|prefixes|*0|");
    end();
}
END_TEST

START_TEST(messagesComeThoughRepliesAreOff) {
    begin("CLIENT TRACKING ON");
    call(reader, "GET k", "_|");
    call(reader, "CLIENT REPLY OFF", "");
    call(reader, "SET k 1", INVALID("$1|k|"));
    end();
}
END_TEST

/* ---- the table ---- */

START_TEST(eachClientOfAKeyIsTold) {
    begin("CLIENT TRACKING ON");
    client *others[20];
    for (int i = 0; i < 20; i++) {
        others[i] = fakeClient(f);
        fakeCallAs(f, others[i], "HELLO 3");
        call(others[i], "CLIENT TRACKING ON", "+OK|");
    }
    for (int i = 19; i >= 0; i--) call(others[i], "GET k", "_|");
    call(reader, "GET k", "_|");
    call(reader, "GET k", "_|");
    ck_assert(informs("tracking_clients:21\r\n"));
    ck_assert(informs("tracking_total_keys:1\r\ntracking_total_items:21\r\n"));
    write("SET k 1");
    for (int i = 0; i < 20; i++) hears(others[i], INVALID("$1|k|"));
    hears(reader, INVALID("$1|k|"));
    ck_assert(informs("tracking_total_keys:0\r\ntracking_total_items:0\r\n"));
    end();
}
END_TEST

START_TEST(aFullTableGivesUpAKeyForANewOne) {
    begin("CLIENT TRACKING ON");
    write("CONFIG SET tracking-table-max-keys 2");
    call(reader, "MGET a b", "*2|_|_|");
    hears(reader, "");
    const char *said = fakeCallAs(f, reader, "GET c");
    ck_assert_int_eq(strncmp(said, "_\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n", 28), 0);
    ck_assert_uint_eq(trackingStatsOf(f->server).keys, 2);
    end();
}
END_TEST

START_TEST(aLoweredLimitTellsOfWhatIsGivenUp) {
    begin("CLIENT TRACKING ON");
    for (int i = 0; i < 250; i++) {
        char line[32];
        snprintf(line, sizeof line, "GET key:%03d", i);
        call(reader, line, "_|");
    }
    write("CONFIG SET tracking-table-max-keys 1");
    for (int i = 0; i < 100 && trackingStatsOf(f->server).keys > 1; i++) {
        fakeAdvanceMs(f, 2);
        cronRun(f->server);
    }
    size_t size;
    fakeTake(f, reader, &size);
    ck_assert_uint_eq(size, 249 * strlen(">2\r\n$10\r\ninvalidate\r\n*1\r\n$7\r\nkey:000\r\n"));
    ck_assert_uint_eq(trackingStatsOf(f->server).keys, 1);
    write("CONFIG SET tracking-table-max-keys 0");
    call(reader, "MGET a b c", "*3|_|_|_|");
    ck_assert_uint_ge(trackingStatsOf(f->server).keys, 3);
    end();
}
END_TEST

START_TEST(clientsThatAreGoneLeaveTheTable) {
    begin("CLIENT TRACKING ON");
    call(reader, "GET kept", "_|");
    for (int i = 0; i < 100; i++) {
        client *guest = fakeClient(f);
        fakeCallAs(f, guest, "CLIENT TRACKING ON");
        fakeCallAs(f, guest, "MGET kept guest");
        clientFree(guest);
        /* Lists do not grow with clients that come and go. */
        ck_assert_uint_le(trackingStatsOf(f->server).items, 12);
    }
    for (int i = 0; i < 30 && trackingStatsOf(f->server).items > 1; i++) {
        fakeAdvanceMs(f, 500);
        cronRun(f->server);
    }
    ck_assert(informs("tracking_total_keys:1\r\ntracking_total_items:1\r\n"));
    write("SET kept 1");
    hears(reader, INVALID("$4|kept|"));
    end();
}
END_TEST

START_TEST(theTableGoesWithItsLastClient) {
    begin("CLIENT TRACKING ON");
    call(reader, "MGET a b", "*2|_|_|");
    clientFree(reader);
    ck_assert(informs("tracking_clients:0\r\n"));
    ck_assert(informs("tracking_total_keys:0\r\ntracking_total_items:0\r\n"));
    end();
}
END_TEST

/* ---- the command ---- */

START_TEST(wrongOptionsAreRefused) {
    begin(NULL);
    call(reader, "CLIENT TRACKING x", "-ERR syntax error|");
    call(reader, "CLIENT TRACKING ON x", "-ERR syntax error|");
    call(reader, "CLIENT TRACKING ON REDIRECT", "-ERR syntax error|");
    call(reader, "CLIENT TRACKING ON BCAST PREFIX", "-ERR syntax error|");
    call(reader, "CLIENT TRACKING ON REDIRECT a", "-ERR value is not an integer or out of range|");
    call(reader, "CLIENT TRACKING x REDIRECT 99",
         "-ERR The client ID you want redirect to does not exist|");
    call(reader, "CLIENT TRACKING ON REDIRECT 0",
         "-ERR The client ID you want redirect to does not exist|");
    call(reader, "CLIENT TRACKING ON REDIRECT 1 REDIRECT 2",
         "-ERR A client can only redirect to a single other client|");
    call(reader, "CLIENT TRACKING ON PREFIX a OPTIN OPTOUT",
         "-ERR PREFIX option requires BCAST mode to be enabled|");
    call(reader, "CLIENT TRACKING ON BCAST OPTOUT",
         "-ERR OPTIN and OPTOUT are not compatible with BCAST|");
    call(reader, "CLIENT TRACKING ON OPTIN OPTOUT",
         "-ERR You can't specify both OPTIN mode and OPTOUT mode|");
    call(reader, "CLIENT TRACKING OFF BCAST OPTIN", "+OK|");
    ck_assert_uint_eq(trackingStatsOf(f->server).clients, 0);
    end();
}
END_TEST

START_TEST(modesDoNotChangeWhileOn) {
    begin("CLIENT TRACKING ON OPTIN");
    call(reader, "CLIENT TRACKING ON OPTOUT",
         "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
         "then re-enabling it with a different mode.|");
    call(reader, "CLIENT TRACKING ON BCAST",
         "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
         "then re-enabling it with a different mode.|");
    call(reader, "CLIENT TRACKING OFF", "+OK|");
    call(reader, "CLIENT TRACKING ON BCAST", "+OK|");
    call(reader, "CLIENT TRACKING ON",
         "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
         "then re-enabling it with a different mode.|");
    end();
}
END_TEST

#define CLASH(a, what, b)                                                                          \
    "-ERR Prefix '" a "' overlaps with " what " prefix '" b                                        \
    "'. Prefixes for a single client must not overlap.|"

START_TEST(prefixesMayNotOverlap) {
    begin(NULL);
    call(reader, "CLIENT TRACKING ON BCAST PREFIX FOOBAR PREFIX x PREFIX FOO",
         CLASH("FOOBAR", "another provided", "FOO"));
    call(reader, "CLIENT TRACKING ON BCAST PREFIX FOO PREFIX FOOBAR",
         CLASH("FOO", "another provided", "FOOBAR"));
    call(reader, "CLIENT TRACKING ON BCAST PREFIX a PREFIX a", CLASH("a", "another provided", "a"));
    call(reader, "CLIENT TRACKING ON BCAST PREFIX FOO PREFIX BAR PREFIX FU", "+OK|");
    call(reader, "CLIENT TRACKING ON BCAST PREFIX F", CLASH("F", "an existing", "FOO"));
    call(reader, "CLIENT TRACKING ON BCAST PREFIX BARB", CLASH("BARB", "an existing", "BAR"));
    call(reader, "CLIENT TRACKING ON BCAST PREFIX A PREFIX FUN", CLASH("FUN", "an existing", "FU"));
    call(reader, "CLIENT TRACKING ON BCAST PREFIX G PREFIX A", "+OK|");
    call(reader, "CLIENT TRACKING ON BCAST", "+OK|");
    call(reader, "CLIENT TRACKING ON BCAST PREFIX z", CLASH("z", "an existing", ""));
    end();
}
END_TEST

START_TEST(cachingNeedsItsMode) {
    begin("CLIENT TRACKING ON");
    call(reader, "CLIENT CACHING YES",
         "-ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.|");
    call(reader, "CLIENT CACHING NO",
         "-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.|");
    call(reader, "CLIENT CACHING x", "-ERR syntax error|");
    call(reader, "CLIENT TRACKING ON OPTIN NOLOOP", "+OK|");
    call(reader, "CLIENT CACHING YES", "+OK|");
    call(reader, "CLIENT TRACKINGINFO",
         "%3|$5|flags|~4|$2|on|$5|optin|$11|caching-yes|$6|noloop|$8|redirect|:0|$8|prefixes|*0|");
    end();
}
END_TEST

START_TEST(stateIsCountedAsTheClients) {
    begin(NULL);
    clientDetailsHook *hook = NULL;
    size_t before = 0, after = 0;
    for (int i = 0; i < 2; i++) {
        clientDetails d = {0};
        CHAIN_EACH(&f->server->client_details, node) {
            hook = CHAIN_ITEM(node, clientDetailsHook, node);
            hook->fill(hook->ctx, reader, &d);
        }
        *(i ? &after : &before) = d.memory;
        if (i) break;
        for (int p = 0; p < 100; p++) {
            char line[128];
            snprintf(line, sizeof line, "CLIENT TRACKING ON BCAST PREFIX a%09d", p);
            call(reader, line, "+OK|");
        }
    }
    ck_assert_uint_ge(after - before, 100 * 64);
    end();
}
END_TEST

TESTS("session/tracking", aKeyThatWasReadIsInvalidatedOnce, keysOfTheSameCommandAreToldOneByOne,
      namesCountNotDatabases, onlyReadingRemembers, whatChangesNothingInvalidatesNothing,
      ownChangesAreToldBehindTheReply, ownChangesInExecAreToldBehindItsReply,
      aDeadKeyFoundByAReadIsToldAndRemembered, aKeyThatExpiresByItselfIsTold, flushesVoidEverything,
      aBigTableIsFreedInSlicesBehindAFlush, noloopHidesOwnChangesOnly,
      optinTracksTheNextCommandOnly, cachingBeforeMultiCountsForAllOfIt,
      optoutLeavesOutTheNextCommandOnly, broadcastTellsOfKeysNobodyRead, prefixesAreToldApart,
      changesOfABatchAreBroadcastTogether, manyKeysAreBroadcastOnceEach, manyNamesGoOutByReference,
      noloopInBroadcastHidesWhatTheClientAloneChanged, aKeyThatExpiresIsBroadcastToWhoWroteIt,
      afterASwitchToBroadcastOldKeysAreNotTold, offEndsIt, resetEndsIt,
      resp2WithoutRedirectGetsNothing, aSubscriberOfResp2GetsMessages,
      aClientOfResp3GetsPushesForAnother, aBrokenRedirectIsTold, messagesComeThoughRepliesAreOff,
      eachClientOfAKeyIsTold, aFullTableGivesUpAKeyForANewOne, aLoweredLimitTellsOfWhatIsGivenUp,
      clientsThatAreGoneLeaveTheTable, theTableGoesWithItsLastClient, wrongOptionsAreRefused,
      modesDoNotChangeWhileOn, prefixesMayNotOverlap, cachingNeedsItsMode,
      stateIsCountedAsTheClients)
