/* SAVE, BGSAVE, save points and loading, in a folder of the test's own, over files that fail. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/jobs/child.h"
#include "server/jobs/load_job.h"
#include "server/jobs/save_job.h"
#include "server/jobs/shutdown.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;
static char folder[64];

static void begin(void) {
    snprintf(folder, sizeof folder, "/tmp/ebb-test-save-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    f = fakeNew();
    f->server->config.enable_debug_command = CONFIG_YES;
}

static void end(void) {
    fakeFree(f);
    unlink("dump.rdb");
    rmdir("dump.rdb");
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* no temporary file is left */
}

/* Lets the child end. Real time passes: it is a process. */
static void waitForChild(void) {
    siginfo_t info;
    if (childActive(f->server))
        ck_assert_int_eq(waitid(P_PID, (id_t)childPid(f->server), &info, WEXITED | WNOWAIT), 0);
    childPoll(f->server);
    ck_assert_int_eq(childActive(f->server), CHILD_NONE);
}

static void passMs(int64_t ms) {
    fakeAdvanceMs(f, ms);
    serverReadClock(f->server);
    cronRun(f->server);
}

static bool infoHas(const char *line) {
    return strstr(fakeCall(f, "INFO persistence"), line) != NULL;
}

/* ---- files that fail ---- */

typedef struct failing {
    fileOps ops;
    int calls, fail_at;
} failing;

static failing faults;

static bool fails(void) {
    if (++faults.calls != faults.fail_at) return false;
    errno = ENOSPC;
    return true;
}

static int failOpen(void *ctx, const char *path, int flags, mode_t mode) {
    (void)ctx;
    return fails() ? -1 : fileOpen(fileOpsSystem(), path, flags, mode);
}

static ssize_t failWrite(void *ctx, int fd, const void *data, size_t size) {
    (void)ctx;
    return fails() ? -1 : fileWrite(fileOpsSystem(), fd, data, size);
}

static int failSync(void *ctx, int fd) {
    (void)ctx;
    return fails() ? -1 : fileSync(fileOpsSystem(), fd);
}

static int failRename(void *ctx, const char *from, const char *to) {
    (void)ctx;
    return fails() ? -1 : fileRename(fileOpsSystem(), from, to);
}

static void failAt(int call) {
    faults = (failing){.ops = *fileOpsSystem(), .fail_at = call};
    faults.ops.open = failOpen;
    faults.ops.write = failWrite;
    faults.ops.fsync = failSync;
    faults.ops.rename = failRename;
    f->server->files = &faults.ops;
}

/* ---- */

START_TEST(whatIsSavedIsThereAfterAReload) {
    fakeCall(f, "SET a 1");
    fakeCall(f, "SET gone soon PX 100");
    fakeCall(f, "RPUSH l x y");
    fakeCall(f, "SELECT 3");
    fakeCall(f, "HSET h f v");
    fakeCall(f, "HPEXPIRE h 5000 FIELDS 1 f");
    fakeCall(f, "SELECT 0");
    CALL(f, "SAVE", "+OK|");
    ck_assert(infoHas("rdb_changes_since_last_save:0\r\n"));
    fakeCall(f, "SET a 2");
    fakeCall(f, "DEL l");
    ck_assert(infoHas("rdb_changes_since_last_save:2\r\n"));
    fakeAdvanceMs(f, 200);
    CALL(f, "DEBUG RELOAD NOSAVE", "+OK|");
    CALL(f, "GET a", "$1|1|");
    CALL(f, "LRANGE l 0 -1", "*2|$1|x|$1|y|");
    CALL(f, "GET gone", "$-1|");
    CALL(f, "DBSIZE", ":2|");
    CALL(f, "SELECT 3", "+OK|");
    CALL(f, "HGET h f", "$1|v|");
    ck_assert(infoHas("rdb_last_load_keys_loaded:3\r\n"));
    ck_assert(infoHas("rdb_last_load_keys_expired:1\r\n"));
    CALL(f, "LASTSAVE", ":1700000000|");
    for (int i = 0; i < f->server->db_count; i++) dbCheck(f->server->dbs[i]);
}
END_TEST

START_TEST(reloadMergesOnlyWhereItIsTold) {
    fakeCall(f, "SET a 1");
    CALL(f, "DEBUG RELOAD", "+OK|");
    fakeCall(f, "SET a 2");
    fakeCall(f, "SET b 2");
    CALL(f, "DEBUG RELOAD NOSAVE NOFLUSH",
         "-ERR Error trying to load the RDB dump, check server logs.|");
    CALL(f, "DEBUG RELOAD NOSAVE NOFLUSH MERGE", "+OK|");
    CALL(f, "MGET a b", "*2|$1|1|$1|2|");
}
END_TEST

static void loadLibrary(const char *name, int value) {
    char line[160];
    snprintf(line, sizeof line,
             "FUNCTION LOAD REPLACE \"#!lua name=%s\\nredis.register_function('%s', function() "
             "return %d end)\"",
             name, name, value);
    ck_assert_int_eq(fakeCall(f, line)[0], '$');
}

START_TEST(librariesGoAndComeWithTheirFile) {
    loadLibrary("kept", 1);
    CALL(f, "DEBUG RELOAD", "+OK|");
    loadLibrary("kept", 2);
    loadLibrary("later", 3);
    CALL(f, "DEBUG RELOAD NOSAVE NOFLUSH",
         "-ERR Error trying to load the RDB dump, check server logs.|");
    CALL(f, "FCALL kept 0", ":2|");
    CALL(f, "DEBUG RELOAD NOSAVE NOFLUSH MERGE", "+OK|");
    CALL(f, "FCALL kept 0", ":1|");
    CALL(f, "FCALL later 0", ":3|");
    CALL(f, "DEBUG RELOAD NOSAVE", "+OK|");
    CALL(f, "FCALL later 0", "-ERR Function not found|");
}
END_TEST

START_TEST(aLoadTellsNobodyOfChanges) {
    fakeCall(f, "SET a 1");
    CALL(f, "SAVE", "+OK|");
    uint64_t dirty = f->server->dirty;
    fakeRecordEvents(f, NOTIFY_NEW | NOTIFY_ALL);
    CALL(f, "DEBUG RELOAD NOSAVE", "+OK|");
    ck_assert_str_eq(fakeEvents(f), "");
    ck_assert_uint_eq(f->server->dirty, dirty);
}
END_TEST

START_TEST(aChildSavesWhatWasThereWhenItBegan) {
    fakeCall(f, "SET a 1");
    CALL(f, "BGSAVE", "+Background saving started|");
    fakeCall(f, "SET a 2");
    CALL(f, "SAVE", "-ERR Background save already in progress|");
    CALL(f, "BGSAVE", "-ERR Background save already in progress|");
    ck_assert(infoHas("rdb_bgsave_in_progress:1\r\n"));
    waitForChild();
    ck_assert(infoHas("rdb_bgsave_in_progress:0\r\n"));
    ck_assert(infoHas("rdb_last_bgsave_status:ok\r\n"));
    ck_assert(infoHas("rdb_changes_since_last_save:1\r\n"));
    CALL(f, "DEBUG RELOAD NOSAVE", "+OK|");
    CALL(f, "GET a", "$1|1|");
    CALL(f, "BGSAVE x", "-ERR syntax error|");
}
END_TEST

START_TEST(insideOfATransactionASaveIsPutOff) {
    fakeCall(f, "MULTI");
    fakeCall(f, "SET a 1");
    fakeCall(f, "BGSAVE");
    CALL(f, "EXEC", "*2|+OK|+Background saving scheduled|");
    ck_assert_int_eq(childActive(f->server), CHILD_NONE);
    passMs(200);
    ck_assert_int_eq(childActive(f->server), CHILD_RDB);
    waitForChild();
    CALL(f, "DEBUG RELOAD NOSAVE", "+OK|");
    CALL(f, "GET a", "$1|1|");
}
END_TEST

START_TEST(savePointsSaveByThemselves) {
    CALL(f, "CONFIG SET save \"10 3\"", "+OK|");
    fakeCall(f, "SET a 1");
    fakeCall(f, "SET b 1");
    passMs(20000);
    ck_assert_int_eq(childActive(f->server), CHILD_NONE);
    fakeCall(f, "SET c 1");
    passMs(2000);
    ck_assert_int_eq(childActive(f->server), CHILD_RDB);
    waitForChild();
    ck_assert(infoHas("rdb_changes_since_last_save:0\r\n"));
    ck_assert_int_eq(access("dump.rdb", F_OK), 0);
    passMs(20000);
    ck_assert_int_eq(childActive(f->server), CHILD_NONE);
}
END_TEST

#define MISCONF "-MISCONF Redis is configured to save RDB snapshots"

START_TEST(aFailedSaveStopsWritesUntilOneSucceeds) {
    CALL(f, "CONFIG SET save \"3600 100000\"", "+OK|");
    fakeCall(f, "SET a 1");
    ck_assert_int_eq(mkdir("dump.rdb", 0755), 0);
    CALL(f, "SAVE", "-ERR|");
    CALL(f, "SET a 2", "+OK|"); /* who was told so knows */
    CALL(f, "BGSAVE", "+Background saving started|");
    waitForChild();
    ck_assert(infoHas("rdb_last_bgsave_status:err\r\n"));
    CALL(f, "GET a", "$1|2|");
    ck_assert_int_eq(strncmp(fakeCall(f, "SET a 3"), MISCONF, strlen(MISCONF)), 0);
    ck_assert_int_eq(strncmp(fakeCall(f, "PING"), MISCONF, strlen(MISCONF)), 0);
    fakeCall(f, "MULTI");
    CALL(f, "GET a", "+QUEUED|");
    ck_assert_int_eq(strncmp(fakeCall(f, "SET a 4"), MISCONF, strlen(MISCONF)), 0);
    ck_assert_int_eq(strncmp(fakeCall(f, "EXEC"), "-EXECABORT", 10), 0);
    ck_assert_int_eq(strncmp(fakeCall(f, "EVAL \"return redis.call('set', 'a', 1)\" 0"), MISCONF,
                             strlen(MISCONF)),
                     0);
    CALL(f, "EVAL \"return redis.call('ping')\" 0", "+PONG|");
    CALL(f, "EVAL \"#!lua flags=no-writes\\nreturn redis.call('get', 'a')\" 0", "$1|2|");
    ck_assert_int_eq(strncmp(fakeCall(f, "EVAL \"#!lua\\nreturn 1\" 0"), MISCONF, strlen(MISCONF)),
                     0);
    CALL(f, "CONFIG SET stop-writes-on-bgsave-error no", "+OK|");
    CALL(f, "SET a 5", "+OK|");
    CALL(f, "CONFIG SET stop-writes-on-bgsave-error yes", "+OK|");
    ck_assert_int_eq(fakeCall(f, "SET a 6")[0], '-');
    ck_assert_int_eq(rmdir("dump.rdb"), 0);
    CALL(f, "BGSAVE", "+Background saving started|");
    waitForChild();
    CALL(f, "SET a 7", "+OK|");
}
END_TEST

START_TEST(aChildThatIsKilledLeavesNothingBehind) {
    CALL(f, "CONFIG SET save \"3600 100000\" rdb-key-save-delay 10000000", "+OK|");
    fakeCall(f, "SET a 1");
    fakeCall(f, "SET b 1");
    CALL(f, "BGSAVE", "+Background saving started|");
    char temp[64];
    snprintf(temp, sizeof temp, "temp-%d.rdb", (int)childPid(f->server));
    for (int i = 0; access(temp, F_OK) < 0; i++) {
        ck_assert_int_lt(i, 10000);
        poll(NULL, 0, 1);
    }
    kill(childPid(f->server), SIGKILL);
    waitForChild();
    ck_assert_int_lt(access(temp, F_OK), 0);
    ck_assert(infoHas("rdb_last_bgsave_status:err\r\n"));
    ck_assert_int_eq(fakeCall(f, "SET a 3")[0], '-');
}
END_TEST

START_TEST(flushallEndsASaveAndLeavesAnEmptyFile) {
    CALL(f, "CONFIG SET rdb-key-save-delay 10000000", "+OK|");
    fakeCall(f, "SET a 1");
    CALL(f, "BGSAVE", "+Background saving started|");
    CALL(f, "FLUSHALL", "+OK|");
    ck_assert_int_eq(childActive(f->server), CHILD_NONE);
    ck_assert(infoHas("rdb_last_bgsave_status:ok\r\n"));
    ck_assert_int_lt(access("dump.rdb", F_OK), 0);
    CALL(f, "CONFIG SET rdb-key-save-delay 0 save \"3600 1\"", "+OK|");
    fakeCall(f, "SET a 1");
    CALL(f, "SAVE", "+OK|");
    CALL(f, "FLUSHALL", "+OK|");
    CALL(f, "DEBUG RELOAD NOSAVE", "+OK|");
    CALL(f, "DBSIZE", ":0|");
}
END_TEST

START_TEST(anEndSavesWhereThereAreSavePoints) {
    CALL(f, "CONFIG SET save \"3600 100000\"", "+OK|");
    fakeCall(f, "SET a 1");
    ck_assert_int_eq(mkdir("dump.rdb", 0755), 0);
    client *other = fakeClient(f);
    size_t size;
    fakeSend(f, other, BYTES("SHUTDOWN\r\n"), &size);
    shutdownStep(f->server);
    ck_assert(!f->server->ended);
    ck_assert_str_eq(fakeTake(f, other, &size), "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
    ck_assert_int_eq(rmdir("dump.rdb"), 0);
    shutdownSignal(f->server, SIGTERM);
    shutdownStep(f->server);
    ck_assert(f->server->ended);
    ck_assert_int_eq(access("dump.rdb", F_OK), 0);
}
END_TEST

START_TEST(wordsOfADirectiveSayHowASignalEnds) {
    CALL(f, "CONFIG SET save \"3600 100000\" shutdown-on-sigterm \"nosave now\"", "+OK|");
    fakeCall(f, "SET a 1");
    shutdownSignal(f->server, SIGTERM);
    shutdownStep(f->server);
    ck_assert(f->server->ended);
    ck_assert_int_lt(access("dump.rdb", F_OK), 0);
}
END_TEST

START_TEST(anEndThatIsForcedEndsWithoutAFile) {
    fakeCall(f, "SET a 1");
    ck_assert_int_eq(mkdir("dump.rdb", 0755), 0);
    client *other = fakeClient(f);
    fakeSend(f, other, BYTES("SHUTDOWN SAVE FORCE\r\n"), NULL);
    shutdownStep(f->server);
    ck_assert(f->server->ended);
}
END_TEST

START_TEST(noFailedCallLosesTheOldFile) {
    fakeCall(f, "SET a old");
    CALL(f, "SAVE", "+OK|");
    fakeCall(f, "SET a new");
    failAt(0);
    CALL(f, "SAVE", "+OK|");
    int calls = faults.calls;
    ck_assert_int_ge(calls, 6); /* open, write, fsync, rename; the folder: open, fsync */
    for (int in_child = 0; in_child < 2; in_child++) {
        for (int at = 1; at <= calls; at++) {
            f->server->files = fileOpsSystem();
            fakeCall(f, "SET a old");
            CALL(f, "SAVE", "+OK|");
            fakeCall(f, "SET a new");
            failAt(at);
            CALL(f, in_child ? "BGSAVE" : "SAVE",
                 in_child ? "+Background saving started|" : "-ERR|");
            waitForChild();
            f->server->files = fileOpsSystem();
            if (in_child) ck_assert(infoHas("rdb_last_bgsave_status:err\r\n"));
            CALL(f, "DEBUG RELOAD NOSAVE", "+OK|");
            CALL(f, "GET a", at > calls - 2 ? "$3|new|" : "$3|old|");
        }
    }
}
END_TEST

START_TEST(aServerStartsWithWhatTheLastOneSaved) {
    fakeCall(f, "SET a 1");
    CALL(f, "SAVE", "+OK|");
    fakeFree(f);
    f = fakeNew();
    ck_assert_int_eq(loadAtStart(f->server), 0);
    CALL(f, "GET a", "$1|1|");
    ck_assert_int_eq(truncate("dump.rdb", 30), 0);
    ck_assert_int_eq(loadAtStart(f->server), ERR_CORRUPT);
    unlink("dump.rdb");
    ck_assert_int_eq(loadAtStart(f->server), 0);
    ck_assert_int_eq(mkdir("dump.rdb", 0755), 0);
    ck_assert_int_eq(loadAtStart(f->server), ERR_IO);
}
END_TEST

/* Stands in for the loop: clients are answered from inside of the loading. */
static client *asker;
static int asked;

static void answerInside(server *s) {
    (void)s;
    size_t size;
    asked++;
    ck_assert_str_eq(fakeSend(f, asker, BYTES("GET a\r\n"), &size),
                     "-LOADING Redis is loading the dataset in memory\r\n");
    ck_assert_str_eq(fakeSend(f, asker, BYTES("DBSIZE\r\n"), &size),
                     "-LOADING Redis is loading the dataset in memory\r\n");
    const char *info = fakeSend(f, asker, BYTES("INFO persistence\r\n"), &size);
    ck_assert_ptr_nonnull(strstr(info, "\r\nloading:1\r\n"));
    ck_assert_ptr_nonnull(strstr(info, "\r\nloading_total_bytes:"));
    ck_assert_str_eq(fakeSend(f, asker, BYTES("CONFIG SET maxclients 9 dir /\r\n"), &size),
                     "-LOADING Redis is loading the dataset in memory\r\n");
    ck_assert_str_eq(fakeSend(f, asker, BYTES("CONFIG SET maxclients 9\r\n"), &size), "+OK\r\n");
    if (asked == 3) shutdownSignal(f->server, SIGTERM);
}

START_TEST(clientsAreAnsweredWhileALoadingRuns) {
    CALL(f, "DEBUG POPULATE 10000 key 100", "+OK|");
    CALL(f, "SAVE", "+OK|");
    for (int i = 0; i < f->server->db_count; i++) dbFlush(f->server->dbs[i], true);
    asker = fakeClient(f);
    f->server->clock = clockSystem();
    f->server->pollNet = answerInside;
    fakeCall(f, "CONFIG SET key-load-delay 500");
    ck_assert_int_eq(loadAtStart(f->server), ERR_AGAIN); /* the third asks for the end */
    ck_assert_int_eq(asked, 3);
    ck_assert(infoHas("loading:0\r\n"));
}
END_TEST

TESTS_BETWEEN("jobs/save", begin, end, whatIsSavedIsThereAfterAReload,
              reloadMergesOnlyWhereItIsTold, librariesGoAndComeWithTheirFile,
              aLoadTellsNobodyOfChanges, aChildSavesWhatWasThereWhenItBegan,
              insideOfATransactionASaveIsPutOff, savePointsSaveByThemselves,
              aFailedSaveStopsWritesUntilOneSucceeds, aChildThatIsKilledLeavesNothingBehind,
              flushallEndsASaveAndLeavesAnEmptyFile, anEndSavesWhereThereAreSavePoints,
              wordsOfADirectiveSayHowASignalEnds, anEndThatIsForcedEndsWithoutAFile,
              noFailedCallLosesTheOldFile, aServerStartsWithWhatTheLastOneSaved,
              clientsAreAnsweredWhileALoadingRuns)
