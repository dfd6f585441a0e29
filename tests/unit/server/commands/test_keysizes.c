/* INFO keysizes. */
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

/* The lines must be these, each written with '|' behind it. */
static void sizesAre(const char *wanted) {
    char reply[4096];
    size_t out = 0;
    const char *at = strstr(fakeCall(f, "INFO keysizes"), "# Keysizes\r\n");
    ck_assert_ptr_nonnull(at);
    for (at += strlen("# Keysizes\r\n"); *at && out < sizeof reply - 1; at++)
        if (*at != '\r') reply[out++] = *at == '\n' ? '|' : *at;
    reply[out ? out - 1 : 0] = '\0'; /* The end of the bulk string. */
    ck_assert_str_eq(reply, wanted);
}

START_TEST(eachBinHasSizesFromAPowerOfTwoToTheNext) {
    f = fakeNew();
    sizesAre("");
    fakeCall(f, "SET empty ''");
    fakeCall(f, "SET one 1");
    fakeCall(f, "SET two 12");
    fakeCall(f, "SET three -12");
    fakeCall(f, "SET seven 1234567");
    fakeCall(f, "SET eight 12345678");
    sizesAre("db0_distrib_strings_sizes:0=1,1=1,2=2,4=1,8=1|");
    fakeCall(f, "FLUSHALL");
    fakeCall(f, "SETRANGE a 511 x");
    fakeCall(f, "SETRANGE b 1022 x");
    fakeCall(f, "SETRANGE c 1023 x");
    fakeCall(f, "SETRANGE d 1048574 x");
    fakeCall(f, "SETRANGE e 1048575 x");
    sizesAre("db0_distrib_strings_sizes:512=2,1K=1,512K=1,1M=1|");
    fakeFree(f);
}
END_TEST

START_TEST(numbersCountByTheirText) {
    static const char *const numbers[] = {"0",
                                          "9",
                                          "10",
                                          "999",
                                          "1000",
                                          "9999999",
                                          "10000000",
                                          "-1",
                                          "-9",
                                          "-10",
                                          "-99",
                                          "-100",
                                          "-999999",
                                          "-1000000",
                                          "99999999",
                                          "-9999999",
                                          "123456789012345",
                                          "999999999999999",
                                          "1000000000000000",
                                          "-99999999999999",
                                          "-100000000000000",
                                          "9223372036854775807",
                                          "-9223372036854775808"};
    f = fakeNew();
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char wanted[64];
        size_t bin = 1;
        while (2 * bin <= strlen(numbers[i])) bin *= 2;
        fakeCallFormat(f, "SET n %s", numbers[i]);
        CALL(f, "OBJECT ENCODING n", "$3|int|");
        snprintf(wanted, sizeof wanted, "db0_distrib_strings_sizes:%zu=1|", bin);
        sizesAre(wanted);
    }
    fakeFree(f);
}
END_TEST

START_TEST(collectionsAreCountedByTheirItems) {
    f = fakeNew();
    fakeCall(f, "RPUSH l 1 2 3 4 5");
    fakeCall(f, "SADD s1 1 2 3");
    fakeCall(f, "SADD s2 a");
    fakeCall(f, "HSET h a 1 b 2");
    fakeCall(f, "ZADD z 1 a");
    fakeCall(f, "XADD x * a 1");
    sizesAre("db0_distrib_lists_items:4=1|db0_distrib_sets_items:1=1,2=1|"
             "db0_distrib_zsets_items:1=1|db0_distrib_hashes_items:2=1|");
    fakeCall(f, "SADD s2 b c d");
    fakeCall(f, "DEL l");
    sizesAre("db0_distrib_sets_items:2=1,4=1|db0_distrib_zsets_items:1=1|"
             "db0_distrib_hashes_items:2=1|");
    fakeFree(f);
}
END_TEST

START_TEST(memoryOfCollectionsIsToldIfConfigured) {
    f = fakeNew();
    fakeCall(f, "SET a 1");
    fakeCall(f, "SADD s 1");
    fakeCall(f, "CONFIG SET key-memory-histograms yes");
    const char *reply = fakeCall(f, "INFO keysizes");
    ck_assert_ptr_nonnull(
        strstr(reply, "\r\ndb0_distrib_sets_items:1=1\r\ndb0_distrib_sets_sizes:"));
    ck_assert_ptr_null(strstr(reply, "lists_sizes"));
    fakeCall(f, "CONFIG SET key-memory-histograms no");
    sizesAre("db0_distrib_strings_sizes:1=1|db0_distrib_sets_items:1=1|");
    fakeFree(f);
}
END_TEST

START_TEST(eachDbHasItsOwn) {
    f = fakeNew();
    for (int i = 0; i < 1000; i++) fakeCallFormat(f, "SET key:%d 1", i);
    fakeCall(f, "SELECT 3");
    fakeCall(f, "SET a abcd");
    sizesAre("db0_distrib_strings_sizes:1=1000|db3_distrib_strings_sizes:4=1|");
    fakeFree(f);
}
END_TEST

/* Memory is counted by a look at every key: whoever asks for everything did not mean that. */
START_TEST(onlyItsOwnNameAsksForMemory) {
    static const char *const plain[] = {"INFO", "INFO default", "INFO all", "INFO everything"};
    f = fakeNew();
    fakeCall(f, "CONFIG SET key-memory-histograms yes");
    fakeCall(f, "SADD s a");
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        const char *reply = fakeCall(f, plain[i]);
        ck_assert_ptr_nonnull(strstr(reply, "distrib_sets_items:1=1"));
        ck_assert_ptr_null(strstr(reply, "distrib_sets_sizes"));
    }
    ck_assert_ptr_nonnull(strstr(fakeCall(f, "INFO server KEYSIZES"), "distrib_sets_sizes"));
    fakeFree(f);
}
END_TEST

/* Each way to change a value; what else there is must not hide a count that went wrong. */
START_TEST(countsFollowWhateverChanges) {
    f = fakeNew();
    fakeCall(f, "SET a 12345678");
    fakeCall(f, "INCRBY a -12345670");
    sizesAre("db0_distrib_strings_sizes:1=1|");
    fakeCall(f, "DECRBY a 1000");
    fakeCall(f, "APPEND b 12");
    fakeCall(f, "APPEND b 345");
    sizesAre("db0_distrib_strings_sizes:4=2|");
    fakeCall(f, "RPUSH l 1 2 3");
    fakeCall(f, "SADD s 1 2 3 4");
    fakeCall(f, "SMOVE s t 1");
    sizesAre("db0_distrib_strings_sizes:4=2|db0_distrib_lists_items:2=1|"
             "db0_distrib_sets_items:1=1,2=1|");
    fakeCall(f, "SET l text");
    fakeCall(f, "RENAME t s");
    fakeCall(f, "COPY s u");
    fakeCall(f, "EXPIRE u 1000");
    fakeCall(f, "SADD u x y z");
    sizesAre("db0_distrib_strings_sizes:4=3|db0_distrib_sets_items:1=1,4=1|");
    fakeCall(f, "HSET h a 1 b 2");
    fakeCall(f, "HPEXPIRE h 10 FIELDS 1 a");
    fakeAdvanceMs(f, 20);
    fakeCall(f, "HGET h a");
    fakeCall(f, "SWAPDB 0 1");
    fakeCall(f, "DEL s");
    sizesAre("db1_distrib_strings_sizes:4=3|db1_distrib_sets_items:1=1,4=1|"
             "db1_distrib_hashes_items:1=1|");
    fakeCall(f, "SELECT 1");
    fakeCall(f, "MOVE u 5");
    fakeCall(f, "FLUSHDB");
    fakeCall(f, "HSET h a 1");
    sizesAre("db1_distrib_hashes_items:1=1|db5_distrib_sets_items:4=1|");
    for (int i = 0; i < 16; i++) dbCheck(f->server->dbs[i]);
    fakeFree(f);
}
END_TEST

/* However many were changed before: two that one command has in hand are both known. */
START_TEST(twoAtATimeAreCounted) {
    for (int others = 0; others < 20; others++) {
        f = fakeNew();
        fakeCall(f, "SADD to a b c");
        fakeCall(f, "SADD from m");
        for (int i = 0; i < others; i++) fakeCallFormat(f, "SADD other%d x", i);
        fakeCall(f, "SMOVE from to m");
        dbCheck(f->server->dbs[0]);
        fakeFree(f);
    }
}
END_TEST

TESTS("commands/keysizes", numbersCountByTheirText, eachBinHasSizesFromAPowerOfTwoToTheNext,
      collectionsAreCountedByTheirItems, memoryOfCollectionsIsToldIfConfigured, eachDbHasItsOwn,
      onlyItsOwnNameAsksForMemory, countsFollowWhateverChanges, twoAtATimeAreCounted)
