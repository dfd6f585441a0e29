/* Backups: which files there are when, what comes back from them, and what becomes of those that
 * fail. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/base/mem.h"
#include "tests/support/aof_rig.h"
#include "tests/support/suite.h"

#define FOLDER "backupdir"

static aofRig rig;

static void begin(void) {
    rigInit(&rig, "appendonly no");
    ck_assert(rigStart(&rig));
}

static void end(void) {
    rigClear(&rig);
}

static void restartWith(const char *directives, bool starts) {
    if (rig.f) rigStop(&rig);
    memFree(rig.directives);
    rig.directives = memText(directives);
    ck_assert_int_eq(rigStart(&rig), starts);
}

static void withALog(void) {
    rigClear(&rig);
    rigInit(&rig, "appendfsync always");
    ck_assert(rigStart(&rig));
}

static void expectState(const char *state) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\r\nstate\r\n$%zu\r\n%s\r\n", strlen(state), state);
    const char *reply = rigCall(&rig, "BACKUP STATUS");
    ck_assert_msg(strstr(reply, wanted), "wanted %s: %s", state, reply);
    bool runs = strcmp(state, "idle") && strcmp(state, "sealed") && strcmp(state, "failed");
    snprintf(wanted, sizeof wanted, "\r\nbackup_in_progress:%d\r\n", runs);
    ck_assert_ptr_nonnull(strstr(rigCall(&rig, "INFO persistence"), wanted));
}

/* The names in the folder, each with a blank behind it. */
static void expectFiles(const char *wanted) {
    char text[256] = "";
    FILE *in = popen("ls " FOLDER " | tr '\\n' ' '", "r");
    ck_assert_ptr_nonnull(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    pclose(in);
    ck_assert_str_eq(text, wanted);
}

/* The names that LIST replies, which are paths in the folder of the test. */
static void expectList(size_t count, const char *const *names) {
    char wanted[1024], here[256];
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    int size = snprintf(wanted, sizeof wanted, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        size +=
            snprintf(wanted + size, sizeof wanted - (size_t)size, "$%zu\r\n%s/" FOLDER "/%s\r\n",
                     strlen(here) + strlen(names[i]) + sizeof FOLDER + 1, here, names[i]);
    RIG(&rig, "BACKUP LIST", wanted);
}

static void start(void) {
    RIG(&rig, "BACKUP START", "+OK\r\n");
    expectState("snapshotting");
    rigAwaitChild(&rig);
    expectState("incrementing");
}

/* A server of its own that loads what was copied. */
static void expectRestored(const char *digest) {
    ck_assert_int_eq(rename(FOLDER, "restore"), 0);
    restartWith("appendonly no\npreload-file aof:restore/appendonly.aof.manifest", true);
    ck_assert_str_eq(rigDigest(&rig), digest);
}

START_TEST(withoutALogThereIsOneMeanwhile) {
    char digest[64];
    RIG(&rig, "SET a 1", "+OK\r\n");
    expectState("idle");
    start();
    expectList(1, (const char *[]){"appendonly.aof.1.base.rdb"});
    RIG(&rig, "SET b 2", "+OK\r\n");
    ck_assert_ptr_nonnull(strstr(rigCall(&rig, "INFO persistence"), "\r\naof_enabled:0\r\n"));
    ck_assert_int_eq(rigCall(&rig, "WAITAOF 1 0 0")[0], '-');
    ck_assert_int_eq(rigCall(&rig, "BGREWRITEAOF")[0], '-');
    ck_assert_int_eq(rigCall(&rig, "CONFIG SET appendonly yes")[0], '-');
    snprintf(digest, sizeof digest, "%s", rigDigest(&rig));
    RIG(&rig, "BACKUP SEAL", "+OK\r\n");
    expectState("sealed");
    RIG(&rig, "SET c 3", "+OK\r\n");
    expectList(3, (const char *[]){"appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof",
                                   "appendonly.aof.manifest"});
    ck_assert_int_ne(access("appendonlydir", F_OK), 0);
    expectRestored(digest);
    RIG(&rig, "MGET a b c", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n");
}
END_TEST

START_TEST(aLogIsSharedAndGoesOn) {
    char sealed[64], latest[64];
    withALog();
    RIG(&rig, "SET a 1", "+OK\r\n");
    start();
    RIG(&rig, "SET b 2", "+OK\r\n");
    /* What the log needs no more stays in the backup. */
    RIG(&rig, "BGREWRITEAOF", "+Background append only file rewriting started\r\n");
    rigAwaitChild(&rig);
    RIG(&rig, "SET c 3", "+OK\r\n");
    snprintf(sealed, sizeof sealed, "%s", rigDigest(&rig));
    RIG(&rig, "BACKUP SEAL", "+OK\r\n");
    expectList(4, (const char *[]){"appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof",
                                   "appendonly.aof.3.incr.aof", "appendonly.aof.manifest"});
    RIG(&rig, "SET d 4", "+OK\r\n");
    snprintf(latest, sizeof latest, "%s", rigDigest(&rig));
    restartWith("", true);
    ck_assert_str_eq(rigDigest(&rig), latest);
    expectRestored(sealed);
    /* Without the directive the log is what it was. */
    restartWith("", true);
    ck_assert_str_eq(rigDigest(&rig), latest);
}
END_TEST

START_TEST(sealedWhileTheLogIsRewritten) {
    char digest[64];
    withALog();
    start();
    RIG(&rig, "SET a 1", "+OK\r\n");
    RIG(&rig, "CONFIG SET rdb-key-save-delay 50000", "+OK\r\n");
    RIG(&rig, "BGREWRITEAOF", "+Background append only file rewriting started\r\n");
    RIG(&rig, "SET b 2", "+OK\r\n");
    snprintf(digest, sizeof digest, "%s", rigDigest(&rig));
    RIG(&rig, "BACKUP SEAL", "+OK\r\n");
    RIG(&rig, "SET c 3", "+OK\r\n");
    rigAwaitChild(&rig);
    rigKill(&rig);
    ck_assert(rigStart(&rig));
    RIG(&rig, "MGET a b c", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
    expectRestored(digest);
}
END_TEST

START_TEST(anotherChildIsWaitedFor) {
    for (int with_log = 0; with_log < 2; with_log++) {
        if (with_log) withALog();
        RIG(&rig, "SET a 1", "+OK\r\n");
        RIG(&rig, "CONFIG SET rdb-key-save-delay 50000", "+OK\r\n");
        RIG(&rig, "BGSAVE", "+Background saving started\r\n");
        RIG(&rig, "BACKUP START", "+OK\r\n");
        expectState("pending");
        RIG(&rig, "CONFIG SET rdb-key-save-delay 0", "+OK\r\n");
        rigAwaitChild(&rig);
        rigPass(&rig, 100);
        rigAwaitChild(&rig);
        expectState("incrementing");
        RIG(&rig, "BACKUP SEAL", "+OK\r\n");
    }
}
END_TEST

START_TEST(eachStepHasItsStates) {
    withALog();
    ck_assert_int_eq(rigCall(&rig, "BACKUP SEAL")[0], '-');
    ck_assert_int_eq(rigCall(&rig, "BACKUP ABORT")[0], '-');
    ck_assert_int_eq(rigCall(&rig, "BACKUP CLEANUP")[0], '-');
    start();
    RIG(&rig, "BACKUP START", "-ERR A backup is already in progress\r\n");
    ck_assert_int_eq(rigCall(&rig, "BACKUP CLEANUP")[0], '-');
    RIG(&rig, "MULTI", "+OK\r\n");
    RIG(&rig, "BACKUP SEAL", "+QUEUED\r\n");
    RIG(&rig, "EXEC", "*1\r\n-ERR BACKUP SEAL can't be part of a transaction\r\n");
    RIG(&rig, "BACKUP SEAL", "+OK\r\n");
    ck_assert_int_eq(rigCall(&rig, "BACKUP ABORT")[0], '-');
    ck_assert_int_eq(rigCall(&rig, "BACKUP START")[0], '-');
    RIG(&rig, "BACKUP CLEANUP", "+OK\r\n");
    expectState("idle");
    expectFiles("");
    RIG(&rig, "BACKUP LIST", "*0\r\n");
    ck_assert_int_eq(rigCall(&rig, "BACKUP")[0], '-');
}
END_TEST

START_TEST(abortedItLeavesNothing) {
    for (int with_log = 0; with_log < 2; with_log++) {
        if (with_log) withALog();
        RIG(&rig, "BACKUP START", "+OK\r\n");
        RIG(&rig, "BACKUP ABORT", "+OK\r\n");
        rigAwaitChild(&rig);
        expectState("failed");
        ck_assert_ptr_nonnull(strstr(rigCall(&rig, "BACKUP STATUS"), "aborted"));
        expectFiles("");
        start();
        RIG(&rig, "SET a 1", "+OK\r\n");
        RIG(&rig, "BACKUP ABORT", "+OK\r\n");
        expectFiles("");
        RIG(&rig, "BACKUP CLEANUP", "+OK\r\n");
        expectState("idle");
    }
    restartWith("", true);
    RIG(&rig, "GET a", "$1\r\n1\r\n");
}
END_TEST

START_TEST(theFolderMustBeEmpty) {
    ck_assert_int_eq(mkdir(FOLDER, 0755), 0);
    FILE *out = fopen(FOLDER "/other", "w");
    ck_assert_ptr_nonnull(out);
    fclose(out);
    RIG(&rig, "BACKUP START", "-ERR The backup directory is not empty\r\n");
    expectState("idle");
    expectFiles("other ");
}
END_TEST

START_TEST(aFullDiskIsTheBackupsTrouble) {
    start();
    faultySet(&rig.files, FAULT_FROM, FILE_WRITE, 1, ENOSPC);
    RIG(&rig, "SET a 1", "+OK\r\n");
    rigPass(&rig, 100);
    RIG(&rig, "SET b 2", "+OK\r\n");
    faultySet(&rig.files, FAULT_NONE, FILE_WRITE, 0, 0);
    expectState("failed");
    expectFiles("");
    start();
    RIG(&rig, "BACKUP SEAL", "+OK\r\n");
}
END_TEST

START_TEST(filesThatCannotBeHadFailIt) {
    withALog();
    faultySet(&rig.files, FAULT_ONCE, FILE_LINK, 1, EMLINK);
    RIG(&rig, "BACKUP START", "+OK\r\n");
    rigAwaitChild(&rig);
    rigPass(&rig, 100);
    expectState("failed");
    start();
    faultySet(&rig.files, FAULT_ONCE, FILE_LINK, 1, EMLINK);
    ck_assert_int_eq(rigCall(&rig, "BACKUP SEAL")[0], '-');
    expectState("failed");
    start();
    faultySet(&rig.files, FAULT_ONCE, FILE_RENAME, 2, EIO); /* of its manifest, behind the log's */
    ck_assert_int_eq(rigCall(&rig, "BACKUP SEAL")[0], '-');
    expectState("failed");
    expectFiles("");
    start();
    RIG(&rig, "CONFIG SET appendonly no", "+OK\r\n");
    expectState("failed");
    RIG(&rig, "SET a 1", "+OK\r\n");
}
END_TEST

START_TEST(aSealedOneMayGoByItself) {
    start();
    RIG(&rig, "BACKUP SEAL", "+OK\r\n");
    rigPass(&rig, 5000);
    expectState("sealed");
    RIG(&rig, "CONFIG SET backup-sealed-ttl 10", "+OK\r\n");
    rigPass(&rig, 4000);
    expectState("sealed");
    rigPass(&rig, 2500);
    expectState("idle");
    expectFiles("");
}
END_TEST

START_TEST(theServerEndsInTheMiddle) {
    start();
    restartWith("appendonly no", true);
    expectFiles("");
    withALog();
    start();
    restartWith("", true);
    expectFiles("");
    start();
}
END_TEST

START_TEST(preloadedItBecomesTheLog) {
    char digest[64];
    RIG(&rig, "SET a 1", "+OK\r\n");
    start();
    RIG(&rig, "SET b 2", "+OK\r\n");
    RIG(&rig, "BACKUP SEAL", "+OK\r\n");
    snprintf(digest, sizeof digest, "%s", rigDigest(&rig));
    restartWith("", true); /* a log of other data */
    RIG(&rig, "SET other 1", "+OK\r\n");
    restartWith("preload-file aof:" FOLDER "/appendonly.aof.manifest", true);
    ck_assert_str_eq(rigDigest(&rig), digest);
    RIG(&rig, "SET c 3", "+OK\r\n");
    snprintf(digest, sizeof digest, "%s", rigDigest(&rig));
    restartWith("", true);
    ck_assert_str_eq(rigDigest(&rig), digest);
}
END_TEST

START_TEST(whatCannotBePreloadedStopsTheStart) {
    RIG(&rig, "SET a 1", "+OK\r\n");
    RIG(&rig, "SAVE", "+OK\r\n");
    start();
    RIG(&rig, "SET b 2", "+OK\r\n");
    RIG(&rig, "BACKUP SEAL", "+OK\r\n");
    restartWith("appendonly no\npreload-file rdb:dump.rdb\ndbfilename none.rdb", true);
    RIG(&rig, "MGET a b", "*2\r\n$1\r\n1\r\n$-1\r\n");
    restartWith("appendonly no\npreload-file rdb:nosuch.rdb", false);
    restartWith("appendonly no\npreload-file aof:nosuch.manifest", false);
    /* A copy that lacks its end is not taken for a shorter one. */
    const char *incr = FOLDER "/appendonly.aof.1.incr.aof";
    struct stat st;
    ck_assert_int_eq(stat(incr, &st), 0);
    ck_assert_int_eq(truncate(incr, st.st_size - 3), 0);
    restartWith("appendonly no\npreload-file aof:" FOLDER "/appendonly.aof.manifest", false);
    ck_assert_int_eq(unlink(incr), 0);
    restartWith("appendonly no\npreload-file aof:" FOLDER "/appendonly.aof.manifest", false);
    restartWith("appendonly no", true);
}
END_TEST

TESTS_BETWEEN("aof_backup", begin, end, withoutALogThereIsOneMeanwhile, aLogIsSharedAndGoesOn,
              sealedWhileTheLogIsRewritten, anotherChildIsWaitedFor, eachStepHasItsStates,
              abortedItLeavesNothing, theFolderMustBeEmpty, aFullDiskIsTheBackupsTrouble,
              filesThatCannotBeHadFailIt, aSealedOneMayGoByItself, theServerEndsInTheMiddle,
              preloadedItBecomesTheLog, whatCannotBePreloadedStopsTheStart)
