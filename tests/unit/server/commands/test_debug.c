#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void openDebug(void) {
    f = fakeNew();
    f->server->config.enable_debug_command = CONFIG_YES;
}

#define ZEROS "0000000000000000000000000000000000000000"
#define REFUSED                                                                                    \
    "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you " \
    "can run it from a local connection, otherwise you need to set this option in the "            \
    "configuration file, and then restart the server.|"

START_TEST(debugIsRefusedUnlessEnabled) {
    f = fakeNew();
    CALL(f, "DEBUG DIGEST", REFUSED);
    f->server->config.enable_debug_command = CONFIG_LOCAL;
    CALL(f, "DEBUG DIGEST", REFUSED); /* This client has no address. */
    f->client->flags |= CLIENT_UNIX_SOCKET;
    CALL(f, "DEBUG DIGEST", "+" ZEROS "|");
    fakeFree(f);
}
END_TEST

START_TEST(unknownAndMiscountedSubcommandsAreTold) {
    openDebug();
    static const char *const lines[] = {"nosuch", "SLEEP", "OBJECT", "POPULATE", "DIGEST x"};
    for (int i = 0; i < 5; i++) {
        char wanted[160], word[16];
        snprintf(word, sizeof word, "%.*s", (int)strcspn(lines[i], " "), lines[i]);
        snprintf(wanted, sizeof wanted,
                 "-ERR unknown subcommand or wrong number of arguments for '%s'. Try DEBUG HELP."
                 "\r\n",
                 word);
        ck_assert_str_eq(fakeCallFormat(f, "DEBUG %s", lines[i]), wanted);
    }
    ck_assert_int_eq(fakeCall(f, "DEBUG HELP")[0], '*');
    fakeFree(f);
}
END_TEST

static void copyDigest(char *out, size_t room) {
    snprintf(out, room, "%s", fakeCall(f, "DEBUG DIGEST"));
    ck_assert_uint_eq(strlen(out), 43);
}

START_TEST(digestDependsOnDataAlone) {
    char one[64], two[64];
    openDebug();
    CALL(f, "DEBUG DIGEST", "+" ZEROS "|");
    for (int i = 0; i < 500; i++) fakeCallFormat(f, "SET key:%d %d", i, i);
    CALL(f, "SET late x EX 10", "+OK|");
    copyDigest(one, sizeof one);
    fakeFree(f);

    openDebug();
    CALL(f, "SET late y EX 1000", "+OK|");
    for (int i = 499; i >= 0; i--) fakeCallFormat(f, "SET key:%d %d", i, i);
    CALL(f, "SET gone x", "+OK|");
    CALL(f, "DEL gone", ":1|");
    copyDigest(two, sizeof two);
    ck_assert_str_ne(one, two);
    CALL(f, "SET late x KEEPTTL", "+OK|");
    copyDigest(two, sizeof two);
    ck_assert_str_eq(one, two);
    CALL(f, "SET late x", "+OK|");
    copyDigest(two, sizeof two);
    ck_assert_msg(strcmp(one, two) != 0, "a deadline more or less is a difference");
    fakeFree(f);
}
END_TEST

START_TEST(digestTellsKeyFromValueAndDbFromDb) {
    char one[64], two[64];
    openDebug();
    CALL(f, "SET a b", "+OK|");
    copyDigest(one, sizeof one);
    CALL(f, "DEL a", ":1|");
    CALL(f, "SET b a", "+OK|");
    copyDigest(two, sizeof two);
    ck_assert_str_ne(one, two);
    CALL(f, "DEL b", ":1|");
    f->client->db = f->server->dbs[1];
    CALL(f, "SET a b", "+OK|");
    copyDigest(two, sizeof two);
    ck_assert_str_ne(one, two);
    fakeFree(f);
}
END_TEST

START_TEST(digestOfValuesIgnoresKeyAndEncoding) {
    openDebug();
    CALL(f, "DEBUG DIGEST-VALUE a", "*1|+" ZEROS "|");
    CALL(f, "DEBUG DIGEST-VALUE", "*0|");
    CALL(f, "SET a 12", "+OK|");
    CALL(f, "SETRANGE b 0 12", ":2|");
    char reply[128];
    snprintf(reply, sizeof reply, "%s", fakeCall(f, "DEBUG DIGEST-VALUE a b"));
    ck_assert_int_eq(memcmp(reply, "*2\r\n+", 5), 0);
    ck_assert_int_eq(memcmp(reply + 5, reply + 5 + 43, 40), 0);
    fakeFree(f);
}
END_TEST

START_TEST(objectDescribesTheValue) {
    openDebug();
    CALL(f, "DEBUG OBJECT a", "-ERR no such key|");
    CALL(f, "SET a bar", "+OK|");
    fakeAdvanceMs(f, 5000);
    const char *reply = fakeCall(f, "DEBUG OBJECT a");
    ck_assert_int_eq(memcmp(reply, "+Value at:0x", 12), 0);
    const char *rest = strchr(reply, ' ');
    ck_assert_ptr_nonnull(strstr(rest, " refcount:1 encoding:embstr serializedlength:4 lru:"));
    ck_assert_ptr_nonnull(strstr(rest, " lru_seconds_idle:5\r\n"));
    CALL(f, "SET n 100", "+OK|");
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "DEBUG OBJECT n"), "encoding:int serializedlength:2"));
    CALL(f, "DEBUG LISTPACK n", "-ERR Not a listpack encoded object.|");
    CALL(f, "DEBUG HTSTATS-KEY n",
         "-ERR The value stored at the specified key is not represented "
         "using an hash table|");
    fakeFree(f);
}
END_TEST

START_TEST(populateMakesKeysAndKeepsOldOnes) {
    openDebug();
    CALL(f, "SET k:1 mine", "+OK|");
    CALL(f, "DEBUG POPULATE 3 k 10", "+OK|");
    CALL(f, "GET k:1", "$4|mine|");
    const char *reply = fakeCall(f, "GET k:2");
    ck_assert_int_eq(memcmp(reply, "$10\r\nvalue:2\0\0\0\r\n", 17), 0);
    CALL(f, "DEBUG POPULATE 1 short 3", "+OK|");
    CALL(f, "GET short:0", "$3|val|");
    CALL(f, "DEBUG POPULATE 2", "+OK|");
    CALL(f, "GET key:1", "$7|value:1|");
    ck_assert_uint_eq(dbCount(f->server->dbs[0]), 6);
    CALL(f, "DEBUG POPULATE x", "-ERR value is out of range, must be positive|");
    CALL(f, "DEBUG POPULATE 1 k -1", "-ERR value is out of range, must be positive|");
    CALL(f, "DEBUG POPULATE 1 k 99999999999999", "-ERR value is out of range, must be positive|");
    fakeFree(f);
}
END_TEST

START_TEST(htstatsShowsTheTables) {
    openDebug();
    static const char *const empty = "[Dictionary HT]\nHash table 0 stats (main hash table):\n"
                                     "No stats available for empty dictionaries\n"
                                     "[Expires HT]\nHash table 0 stats (main hash table):\n"
                                     "No stats available for empty dictionaries\n";
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "DEBUG HTSTATS 5"), empty));
    CALL(f, "SET a x EX 10", "+OK|");
    const char *reply = fakeCall(f, "DEBUG HTSTATS 0");
    ck_assert_ptr_nonnull(strstr(reply, " number of elements: 1\n"));
    ck_assert_ptr_nonnull(strstr(strstr(reply, "[Expires HT]"), " number of elements: 1\n"));
    CALL(f, "DEBUG HTSTATS 16", "-ERR Out of range database|");
    CALL(f, "DEBUG HTSTATS x", "-ERR value is not an integer or out of range|");
    fakeFree(f);
}
END_TEST

START_TEST(protocolShowsEachType) {
    openDebug();
    CALL(f, "DEBUG PROTOCOL string", "$11|Hello World|");
    CALL(f, "DEBUG PROTOCOL double", "$5|3.141|");
    CALL(f, "DEBUG PROTOCOL map", "*6|:0|:0|:1|:1|:2|:0|");
    CALL(f, "DEBUG PROTOCOL attrib", "$39|Some real reply following the attribute|");
    CALL(f, "DEBUG PROTOCOL push", "-ERR RESP2 is not supported by this command|");
    CALL(f, "DEBUG PROTOCOL true", ":1|");
    CALL(f, "DEBUG PROTOCOL bignum", "$37|1234567999999999999999999999999999999|");
    f->client->resp = 3;
    CALL(f, "DEBUG PROTOCOL double", ",3.141|");
    CALL(f, "DEBUG PROTOCOL null", "_|");
    CALL(f, "DEBUG PROTOCOL set", "~3|:0|:1|:2|");
    CALL(f, "DEBUG PROTOCOL map", "%3|:0|#f|:1|#t|:2|#f|");
    CALL(f, "DEBUG PROTOCOL attrib",
         "|1|$14|key-popularity|*2|$7|key:123|:90|$39|Some real reply following the attribute|");
    CALL(f, "DEBUG PROTOCOL push",
         ">2|$16|server-cpu-usage|:42|$40|Some real reply following the push reply|");
    CALL(f, "DEBUG PROTOCOL verbatim", "=29|txt:This is a verbatim|string|");
    CALL(f, "DEBUG PROTOCOL bignum", "(1234567999999999999999999999999999999|");
    ck_assert_int_eq(fakeCall(f, "DEBUG PROTOCOL nosuch")[0], '-');
    fakeFree(f);
}
END_TEST

START_TEST(settingsSteerTheServer) {
    openDebug();
    CALL(f, "DEBUG SET-ACTIVE-EXPIRE 0", "+OK|");
    ck_assert(!f->server->active_expire);
    CALL(f, "DEBUG SET-ACTIVE-EXPIRE 1", "+OK|");
    ck_assert(f->server->active_expire);
    CALL(f, "DEBUG PAUSE-CRON 1", "+OK|");
    ck_assert_uint_eq(cronNextNs(f->server), UINT64_MAX);
    CALL(f, "DEBUG PAUSE-CRON 0", "+OK|");
    ck_assert_uint_ne(cronNextNs(f->server), UINT64_MAX);
    CALL(f, "DEBUG SLEEP 0", "+OK|");
    CALL(f, "DEBUG ERROR \"NOPE you may not\"", "-NOPE you may not|");
    CALL(f, "DEBUG QUICKLIST-PACKED-THRESHOLD 10b", "+OK|");
    CALL(f, "DEBUG QUICKLIST-PACKED-THRESHOLD 5gb",
         "-ERR argument must be a memory value bigger than 1 and smaller than 4gb|");
    CALL(f, "DEBUG REPLYBUFFER PEAK-RESET-TIME never", "+OK|");
    CALL(f, "DEBUG REPLYBUFFER PEAK-RESET-TIME x", "-ERR value is not an integer or out of range|");
    CALL(f, "DEBUG STRINGMATCH-LEN",
         "-ERR unknown subcommand or wrong number of arguments for 'STRINGMATCH-LEN'. Try DEBUG "
         "HELP.|");
    fakeFree(f);
}
END_TEST

START_TEST(aNewReplicationIdIsShown) {
    openDebug();
    char before[512];
    snprintf(before, sizeof before, "%s", fakeCall(f, "INFO replication"));
    ck_assert_str_eq(before, fakeCall(f, "INFO replication"));
    CALL(f, "DEBUG CHANGE-REPL-ID", "+OK|");
    ck_assert_str_ne(before, fakeCall(f, "INFO replication"));
    fakeFree(f);
}
END_TEST

START_TEST(reloadDoesNotPretend) {
    openDebug();
    ck_assert_int_eq(fakeCall(f, "DEBUG LOADAOF")[0], '-');
    CALL(f, "DEBUG RELOAD x",
         "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.|");
    fakeFree(f);
}
END_TEST

TESTS("commands/debug", debugIsRefusedUnlessEnabled, unknownAndMiscountedSubcommandsAreTold,
      digestDependsOnDataAlone, digestTellsKeyFromValueAndDbFromDb,
      digestOfValuesIgnoresKeyAndEncoding, objectDescribesTheValue,
      populateMakesKeysAndKeepsOldOnes, htstatsShowsTheTables, protocolShowsEachType,
      settingsSteerTheServer, aNewReplicationIdIsShown, reloadDoesNotPretend)
