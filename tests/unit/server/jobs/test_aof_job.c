/* The log of a server: what is in it, when it is synced, what comes back. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/core/reply_hold.h"
#include "storage/base/log.h"
#include "tests/support/aof_rig.h"
#include "tests/support/suite.h"

static aofRig rig;

static void begin(void) {
    rigInit(&rig, "appendfsync always");
    ck_assert(rigStart(&rig));
}

static void end(void) {
    rigClear(&rig);
}

static void expectManifest(const char *wanted) {
    char text[1024];
    FILE *in = fopen("appendonlydir/appendonly.aof.manifest", "r");
    ck_assert_ptr_nonnull(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    ck_assert_str_eq(text, wanted);
}

/* Everything there is, of every type. */
static void fill(void) {
    static const char *const lines[] = {"SET string value",
                                        "SET number 12345",
                                        "SETEX mortal 1000 x",
                                        "RPUSH list a b 3 \"with space\"",
                                        "SADD set a b c",
                                        "SADD ints 1 2 3",
                                        "ZADD zset 1 a 2.5 b -inf c",
                                        "HSET hash f v g 2",
                                        "HSET timed f v g w",
                                        "HPEXPIRE timed 100000 FIELDS 1 f",
                                        "XADD stream 1-1 f v",
                                        "XADD stream 2-1 f v g w",
                                        "XDEL stream 1-1",
                                        "XADD stream 3-1 f v",
                                        "XGROUP CREATE stream group 0",
                                        "XREADGROUP GROUP group consumer COUNT 1 STREAMS stream >",
                                        "XGROUP CREATECONSUMER stream group idle",
                                        "XGROUP CREATE empty g $ MKSTREAM",
                                        "XADD acked 1-1 a b",
                                        "XADD acked 2-1 a b",
                                        "XGROUP CREATE acked g 0",
                                        "XREADGROUP GROUP g c STREAMS acked >",
                                        "XDEL acked 1-1",
                                        "XADD nacked 1-1 a b",
                                        "XGROUP CREATE nacked g 0",
                                        "XREADGROUP GROUP g c STREAMS nacked >",
                                        "XNACK nacked g FAIL IDS 1 1-1",
                                        "ARMSET array 1 a 5000 b",
                                        "ARRING ring 3 a b c d",
                                        "PFADD hll a b c",
                                        "SETBIT bits 100 1",
                                        "SELECT 3",
                                        "SET other db",
                                        "SELECT 0"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *reply = rigCall(&rig, lines[i]);
        ck_assert_msg(*reply && *reply != '-', "%s: %s", lines[i], reply);
    }
    char line[4096];
    for (int i = 0; i < 300; i++) {
        snprintf(line, sizeof line, "RPUSH biglist element:%d", i);
        rigCall(&rig, line);
        snprintf(line, sizeof line, "HSET bighash field:%d value:%d", i, i);
        rigCall(&rig, line);
        snprintf(line, sizeof line, "ZADD bigzset %d.25 member:%d", i, i);
        rigCall(&rig, line);
        snprintf(line, sizeof line, "SADD bigset member:%d", i);
        rigCall(&rig, line);
    }
}

static void expectSameAfter(const char *how) {
    char digest[64];
    snprintf(digest, sizeof digest, "%s", rigDigest(&rig));
    ck_assert_str_ne(digest, "+0000000000000000000000000000000000000000\r\n");
    if (!strcmp(how, "reload")) RIG(&rig, "DEBUG LOADAOF", "+OK\r\n");
    if (!strcmp(how, "restart")) rigStop(&rig);
    if (!strcmp(how, "kill")) rigKill(&rig);
    if (!rig.f) ck_assert(rigStart(&rig));
    ck_assert_str_eq(rigDigest(&rig), digest);
}

START_TEST(everythingComesBack) {
    fill();
    expectSameAfter("reload");
    expectSameAfter("restart");
    expectSameAfter("kill");
}
END_TEST

START_TEST(aReplayedFlushDoesNotPutTheReloadIntoTheLog) {
    RIG(&rig, "SET a 1", "+OK\r\n");
    RIG(&rig, "FLUSHALL", "+OK\r\n");
    RIG(&rig, "DEBUG LOADAOF", "+OK\r\n");
    RIG(&rig, "SET b 2", "+OK\r\n");
    expectSameAfter("reload");
    expectSameAfter("restart");
}
END_TEST

static void rewrite(void) {
    RIG(&rig, "BGREWRITEAOF", "+Background append only file rewriting started\r\n");
    rigAwaitChild(&rig);
}

START_TEST(aRewriteAsRdbKeepsEverything) {
    fill();
    rewrite();
    expectManifest("file appendonly.aof.2.base.rdb seq 2 type b\n"
                   "file appendonly.aof.2.incr.aof seq 2 type i\n");
    RIG(&rig, "INCR number", ":12346\r\n");
    expectSameAfter("reload");
    expectSameAfter("kill");
}
END_TEST

START_TEST(aRewriteAsCommandsKeepsEverything) {
    RIG(&rig, "CONFIG SET aof-use-rdb-preamble no aof-timestamp-enabled yes", "+OK\r\n");
    fill();
    rewrite();
    expectManifest("file appendonly.aof.2.base.aof seq 2 type b\n"
                   "file appendonly.aof.2.incr.aof seq 2 type i\n");
    RIG(&rig, "INCR number", ":12346\r\n");
    expectSameAfter("reload");
    expectSameAfter("kill");
    RIG(&rig, "XPENDING stream group",
        "*4\r\n:1\r\n$3\r\n2-1\r\n$3\r\n2-1\r\n*1\r\n*2\r\n"
        "$8\r\nconsumer\r\n$1\r\n1\r\n");
    RIG(&rig, "ARRING ring 3 e", ":1\r\n");
}
END_TEST

START_TEST(replaysWithoutExpiry) {
    RIG(&rig, "RPUSH list a", ":1\r\n");
    RIG(&rig, "PEXPIREAT list 1700000000500", ":1\r\n");
    RIG(&rig, "RPUSH list b", ":2\r\n");
    rigPass(&rig, 1000);
    RIG(&rig, "EXISTS list", ":0\r\n");
    RIG(&rig, "SET lasting x", "+OK\r\n");
    RIG(&rig, "HSET hash f v", ":1\r\n");
    expectSameAfter("reload");
}
END_TEST

/* Under always nothing is told before it is synced: not to the writer, not to a reader. */
START_TEST(repliesWaitForTheSync) {
    fakeServer *f = rig.f;
    client *reader = fakeClient(f);
    rig.files.sync_us = 100000;
    ck_assert_str_eq(fakeCall(f, "SET a 1"), "");
    ck_assert_str_eq(fakeCallAs(f, reader, "GET a"), "");
    ck_assert_str_eq(rigCall(&rig, "PING"), "+OK\r\n+PONG\r\n");
    rigPass(&rig, 100);
    rig.files.sync_us = 0;
    ck_assert_str_eq(fakeTake(f, reader, NULL), "$1\r\n1\r\n");
    ck_assert_str_eq(fakeCallAs(f, reader, "GET a"), "$1\r\n1\r\n");
}
END_TEST

/* What comes while a sync runs waits for the next one, and one sync serves all of it. */
START_TEST(aSyncServesAGroup) {
    fakeServer *f = rig.f;
    client *others[20];
    rigCall(&rig, "SET first 1");
    faultySet(&rig.files, FAULT_NONE, FILE_OPEN, 0, 0);
    rig.files.sync_us = 50000;
    ck_assert_str_eq(fakeCall(f, "SET a 1"), "");
    for (int i = 0; i < 20; i++) {
        others[i] = fakeClient(f);
        ck_assert_str_eq(fakeCallAs(f, others[i], "INCR n"), "");
    }
    rigPass(&rig, 2000);
    for (int i = 0; i < 20; i++) {
        char wanted[16];
        snprintf(wanted, sizeof wanted, ":%d\r\n", i + 1);
        const char *reply = fakeTake(f, others[i], NULL);
        for (int waited = 0; !*reply && waited < 50; waited++) {
            rigPass(&rig, 1000);
            reply = fakeTake(f, others[i], NULL);
        }
        ck_assert_str_eq(reply, wanted);
    }
    ck_assert_int_le(faultySeen(&rig.files, FILE_SYNC), 3);
}
END_TEST

START_TEST(everysecSyncsOnceASecond) {
    RIG(&rig, "CONFIG SET appendfsync everysec", "+OK\r\n");
    rigPass(&rig, 3000);
    faultySet(&rig.files, FAULT_NONE, FILE_OPEN, 0, 0);
    for (int i = 0; i < 30; i++) {
        RIG(&rig, "SET a 1", "+OK\r\n");
        rigPass(&rig, 100);
    }
    rigPass(&rig, 3000);
    ck_assert_int_ge(faultySeen(&rig.files, FILE_SYNC), 3);
    ck_assert_int_le(faultySeen(&rig.files, FILE_SYNC), 5);
}
END_TEST

START_TEST(waitaofWaitsForTheDisk) {
    RIG(&rig, "CONFIG SET appendfsync no", "+OK\r\n");
    RIG(&rig, "WAITAOF 1 0 0", "*2\r\n:1\r\n:0\r\n");
    RIG(&rig, "SET a 1", "+OK\r\n");
    ck_assert_str_eq(fakeCall(rig.f, "WAITAOF 1 0 50"), "");
    fakeAdvanceMs(rig.f, 100);
    cronRun(rig.f->server);
    ck_assert_str_eq(fakeTake(rig.f, rig.f->client, NULL), "*2\r\n:0\r\n:0\r\n");
    client *other = fakeClient(rig.f);
    ck_assert_str_eq(fakeCall(rig.f, "WAITAOF 1 0 0"), "");
    ck_assert_str_eq(fakeCallAs(rig.f, other, "CONFIG SET appendfsync everysec"), "+OK\r\n");
    const char *reply = "";
    for (int i = 0; !*reply && i < 5000; i++) reply = rigTurn(&rig, rig.f->client);
    ck_assert_str_eq(reply, "*2\r\n:1\r\n:0\r\n");
}
END_TEST

START_TEST(waitaofEndsWithTheLog) {
    RIG(&rig, "CONFIG SET appendfsync no", "+OK\r\n");
    RIG(&rig, "SET a 1", "+OK\r\n");
    client *other = fakeClient(rig.f);
    ck_assert_str_eq(fakeCall(rig.f, "WAITAOF 1 0 0"), "");
    rig.files.sync_us = 0;
    ck_assert_str_eq(fakeCallAs(rig.f, other, "CONFIG SET appendonly no"), "+OK\r\n");
    ck_assert_ptr_nonnull(strstr(fakeTake(rig.f, rig.f->client, NULL), "WAITAOF cannot be used"));
}
END_TEST

START_TEST(switchedOnItWritesABase) {
    RIG(&rig, "SET a 1", "+OK\r\n");
    RIG(&rig, "CONFIG SET appendonly no", "+OK\r\n");
    RIG(&rig, "SET b 2", "+OK\r\n");
    RIG(&rig, "CONFIG SET appendonly yes", "+OK\r\n");
    RIG(&rig, "SET c 3", "+OK\r\n");
    rigAwaitChild(&rig);
    RIG(&rig, "SET d 4", "+OK\r\n");
    expectManifest("file appendonly.aof.2.base.rdb seq 2 type b\n"
                   "file appendonly.aof.2.incr.aof seq 2 type i\n");
    expectSameAfter("kill");
    RIG(&rig, "DBSIZE", ":4\r\n");
}
END_TEST

START_TEST(anOldFileIsAdopted) {
    rigStop(&rig);
    ck_assert_int_eq(system("rm -r appendonlydir; "
                            "printf '*3\\r\\n$3\\r\\nSET\\r\\n$1\\r\\na\\r\\n$1\\r\\nb\\r\\n' "
                            "> appendonly.aof"),
                     0);
    ck_assert(rigStart(&rig));
    RIG(&rig, "GET a", "$1\r\nb\r\n");
    expectManifest("file appendonly.aof seq 1 type b\n"
                   "file appendonly.aof.1.incr.aof seq 1 type i\n");
    ck_assert_int_ne(access("appendonly.aof", F_OK), 0);
    expectSameAfter("restart");
}
END_TEST

static void append(const char *text) {
    FILE *out = fopen("appendonlydir/appendonly.aof.1.incr.aof", "a");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

START_TEST(aTransactionWithoutEndIsRolledBack) {
    RIG(&rig, "SET a 1", "+OK\r\n");
    rigStop(&rig);
    append("*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n");
    ck_assert(rigStart(&rig));
    RIG(&rig, "INCR a", ":2\r\n");
    rigStop(&rig);
    ck_assert(rigStart(&rig)); /* It was cut off before something was appended. */
    RIG(&rig, "GET a", "$1\r\n2\r\n");
}
END_TEST

START_TEST(transactionsAreReplayedWhole) {
    RIG(&rig, "MULTI", "+OK\r\n");
    RIG(&rig, "SET a 1", "+QUEUED\r\n");
    RIG(&rig, "INCR a", "+QUEUED\r\n");
    RIG(&rig, "EXEC", "*2\r\n+OK\r\n:2\r\n");
    expectSameAfter("kill");
    RIG(&rig, "GET a", "$1\r\n2\r\n");
}
END_TEST

START_TEST(badTailsAreJudgedByTheDirectives) {
    static const struct {
        const char *directives, *tail;
        bool starts;
    } cases[] = {
        {"aof-load-truncated yes", "*3\r\n$3\r\nSE", true},
        {"aof-load-truncated no", "*3\r\n$3\r\nSE", false},
        {"aof-load-truncated yes", "!!!", false},
        {"aof-load-corrupt-tail-max-size 3", "!!!", true},
        {"aof-load-corrupt-tail-max-size 2", "!!!", false},
        {"aof-load-corrupt-tail-max-size 100", "*1\r\n$5\r\nnosuch\r\n", true},
        {"aof-load-truncated yes", "*2\r\n$3\r\nbla\r\n$1\r\na\r\n", false},
        {"aof-load-truncated yes", "*1\r\n$3\r\nSET\r\n", false},
        {"aof-load-truncated yes", "*1\r\n$4\r\nEXEC\r\n", false},
        {"aof-load-truncated yes", "*0\r\n", false},
    };
    rigClear(&rig);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rigInit(&rig, cases[i].directives);
        ck_assert(rigStart(&rig));
        RIG(&rig, "SET a 1", "+OK\r\n");
        rigStop(&rig);
        append(cases[i].tail);
        ck_assert_msg(rigStart(&rig) == cases[i].starts, "%s", cases[i].tail);
        if (rig.f) RIG(&rig, "GET a", "$1\r\n1\r\n");
        rigClear(&rig);
    }
    rigInit(&rig, "");
}
END_TEST

START_TEST(aBadRecordIsNamedWithItsPlace) {
    RIG(&rig, "SET a 1", "+OK\r\n");
    rigStop(&rig);
    append("*1\r\n$5\r\nMULTI\r\n*1\r\n$3\r\nbla\r\n*1\r\n$4\r\nEXEC\r\n");
    logConfigure(&(logSettings){.level = LOG_WARN, .file = "log", .role = 'M'});
    ck_assert(!rigStart(&rig));
    char text[4096] = {0};
    FILE *in = fopen("log", "r");
    ck_assert_ptr_nonnull(in);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, in), 0);
    fclose(in);
    ck_assert_ptr_nonnull(strstr(text, "Unknown command 'bla' reading the append only file "
                                       "appendonly.aof.1.incr.aof (at offset 50)"));
}
END_TEST

TESTS_BETWEEN("aof_job", begin, end, everythingComesBack,
              aReplayedFlushDoesNotPutTheReloadIntoTheLog, aRewriteAsRdbKeepsEverything,
              aRewriteAsCommandsKeepsEverything, replaysWithoutExpiry, repliesWaitForTheSync,
              aSyncServesAGroup, everysecSyncsOnceASecond, waitaofWaitsForTheDisk,
              waitaofEndsWithTheLog, switchedOnItWritesABase, anOldFileIsAdopted,
              aTransactionWithoutEndIsRolledBack, transactionsAreReplayedWhole,
              badTailsAreJudgedByTheDirectives, aBadRecordIsNamedWithItsPlace)
