/* The log under failing calls on files: whatever fails and when, what was acknowledged under
 * appendfsync always is there after a restart, and the server heals by itself. */
#include <errno.h>
#include <stdio.h>

#include "storage/base/mem.h"
#include "tests/support/aof_rig.h"
#include "tests/support/suite.h"

enum { STEPS = 24, REWRITE_AT = 8, REWRITE_APART_AT = 16 };

static aofRig rig;

typedef struct history {
    bool acked[STEPS]; /* SET key:<step> was replied to with +OK */
    int refused, closed;
} history;

static void setKey(history *h, int step) {
    char line[64];
    snprintf(line, sizeof line, "SET key:%d value:%d", step, step);
    const char *reply = rigCall(&rig, line);
    h->acked[step] = !strcmp(reply, "+OK\r\n");
    h->closed += !*reply;
    if (*reply == '-') {
        ck_assert_msg(!strncmp(reply, "-MISCONF Errors writing to the AOF file: ", 41), "%s",
                      reply);
        h->refused++;
    }
}

/* Writes, a rewrite in RDB form, writes, one as commands, writes. */
static void live(history *h) {
    for (int step = 0; step < STEPS; step++) {
        if (step == REWRITE_AT || step == REWRITE_APART_AT) {
            rigCall(&rig, step == REWRITE_AT ? "CONFIG SET aof-use-rdb-preamble yes"
                                             : "CONFIG SET aof-use-rdb-preamble no");
            rigCall(&rig, "BGREWRITEAOF");
        }
        setKey(h, step);
        if (step % 4 == 3) rigAwaitChild(&rig);
    }
}

static void expectAcked(const history *h, const char *what) {
    char line[64], wanted[64];
    for (int step = 0; step < STEPS; step++) {
        if (!h->acked[step]) continue;
        snprintf(line, sizeof line, "GET key:%d", step);
        snprintf(wanted, sizeof wanted, "value:%d\r\n", step);
        const char *got = strchr(rigCall(&rig, line), '\n');
        ck_assert_msg(got && !strcmp(got + 1, wanted), "%s: key:%d is lost", what, step);
    }
}

/* When the disk is well again the server is too, before long. */
static void expectHealed(const char *what) {
    faultySet(&rig.files, FAULT_NONE, FILE_OPEN, 0, 0);
    for (int i = 0; i < 40; i++) {
        rigPass(&rig, 500);
        rigAwaitChild(&rig);
        const char *reply = rigCall(&rig, "SET healed yes");
        if (!strcmp(reply, "+OK\r\n")) return;
    }
    ck_abort_msg("%s: writes are still refused", what);
}

static void oneFault(fileFault fault, fileCall call, int at, int error) {
    char what[64];
    history h = {0};
    snprintf(what, sizeof what, "fault %d of call %d at %d", fault, call, at);
    rigInit(&rig, "appendfsync always");
    rig.files.drops = true;
    faultySet(&rig.files, fault, call, at, error);
    if (rigStart(&rig)) {
        live(&h);
        rigKill(&rig);
        faultySet(&rig.files, FAULT_NONE, FILE_OPEN, 0, 0);
        ck_assert_msg(rigStart(&rig), "%s: does not load", what);
        expectAcked(&h, what);
    }
    rigClear(&rig);
}

/* A kind of call fails once, at each place; each place is a life of its own. */
static void everyPlace(fileFault fault, fileCall call, int error, int places) {
    for (int at = 1; at <= places; at++) oneFault(fault, call, at, error);
}

START_TEST(aFailedOpenLosesNothing) {
    everyPlace(FAULT_ONCE, FILE_OPEN, ENOSPC, 16);
    everyPlace(FAULT_FROM, FILE_OPEN, EMFILE, 16);
}
END_TEST

START_TEST(aFailedWriteLosesNothing) {
    everyPlace(FAULT_ONCE, FILE_WRITE, ENOSPC, 34);
    everyPlace(FAULT_FROM, FILE_WRITE, ENOSPC, 34);
}
END_TEST

START_TEST(aShortWriteLosesNothing) {
    everyPlace(FAULT_SHORT, FILE_WRITE, ENOSPC, 34);
}
END_TEST

START_TEST(aFailedSyncLosesNothing) {
    everyPlace(FAULT_ONCE, FILE_SYNC, EIO, 44);
    everyPlace(FAULT_FROM, FILE_SYNC, EIO, 44);
}
END_TEST

START_TEST(aFailedRenameLosesNothing) {
    everyPlace(FAULT_ONCE, FILE_RENAME, EIO, 10);
    everyPlace(FAULT_FROM, FILE_RENAME, EIO, 10);
}
END_TEST

START_TEST(aFailedCloseOrUnlinkLosesNothing) {
    everyPlace(FAULT_ONCE, FILE_CLOSE, EIO, 16);
    everyPlace(FAULT_FROM, FILE_UNLINK, EIO, 4);
    everyPlace(FAULT_ONCE, FILE_TRUNCATE, EIO, 2);
}
END_TEST

/* Under always: who waits for what failed is closed, further writes are refused, reads go on. */
START_TEST(aFullDiskRefusesAndHeals) {
    history h = {0};
    rigInit(&rig, "appendfsync always");
    ck_assert(rigStart(&rig));
    setKey(&h, 0);
    faultySet(&rig.files, FAULT_FROM, FILE_WRITE, 1, ENOSPC);
    setKey(&h, 1);
    ck_assert_int_eq(h.closed, 1);
    ck_assert_str_eq(rigCall(&rig, "SET key:2 x"),
                     "-MISCONF Errors writing to the AOF file: No space left on device\r\n");
    ck_assert_str_eq(rigCall(&rig, "GET key:0"), "$7\r\nvalue:0\r\n");
    ck_assert_ptr_nonnull(strstr(rigCall(&rig, "INFO persistence"), "aof_last_write_status:err"));
    expectHealed("a full disk");
    ck_assert_ptr_nonnull(strstr(rigCall(&rig, "INFO persistence"), "aof_last_write_status:ok"));
    rigKill(&rig);
    ck_assert(rigStart(&rig));
    expectAcked(&h, "a full disk");
    ck_assert_str_eq(rigCall(&rig, "GET healed"), "$3\r\nyes\r\n");
    rigClear(&rig);
}
END_TEST

/* A sync that failed once is never believed again: the log is made anew before writes go on. */
START_TEST(aFailedSyncIsFinal) {
    static const char *const policies[] = {"appendfsync always", "appendfsync everysec"};
    for (int i = 0; i < 2; i++) {
        rigInit(&rig, policies[i]);
        rig.files.drops = true;
        ck_assert(rigStart(&rig));
        ck_assert_str_eq(rigCall(&rig, "SET before 1"), "+OK\r\n");
        rigPass(&rig, 3000);
        faultySet(&rig.files, FAULT_ONCE, FILE_SYNC, 1, EIO);
        const char *reply = rigCall(&rig, "SET lost 1");
        ck_assert_str_eq(reply, i == 0 ? "" : "+OK\r\n");
        for (int k = 0; k < 3000 && !rig.f->server->persist.aof_last_write_failed; k++)
            rigTurn(&rig, rig.f->client);
        ck_assert(rig.f->server->persist.aof_last_write_failed);
        ck_assert_ptr_nonnull(
            strstr(rigCall(&rig, "INFO persistence"), "aof_last_fsync_status:err"));
        expectHealed(policies[i]);
        ck_assert_ptr_nonnull(strstr(rigCall(&rig, "INFO persistence"), "aof_rewrites:1"));
        rigKill(&rig);
        ck_assert(rigStart(&rig));
        ck_assert_str_eq(rigCall(&rig, "GET before"), "$1\r\n1\r\n");
        ck_assert_str_eq(rigCall(&rig, "GET lost"), "$1\r\n1\r\n"); /* From memory. */
        ck_assert_str_eq(rigCall(&rig, "GET healed"), "$3\r\nyes\r\n");
        rigClear(&rig);
    }
}
END_TEST

/* Each kind of failure, for as long as it takes, and then not any more. */
START_TEST(theServerHealsByItself) {
    const fileCall calls[] = {FILE_OPEN, FILE_WRITE, FILE_SYNC, FILE_RENAME};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        history h = {0};
        rigInit(&rig, "appendfsync always");
        rig.files.drops = true;
        ck_assert(rigStart(&rig));
        faultySet(&rig.files, FAULT_FROM, calls[i], 3, EIO);
        live(&h);
        rigPass(&rig, 3000);
        expectHealed("a call that failed for long");
        setKey(&h, STEPS - 1);
        ck_assert(h.acked[STEPS - 1]);
        rigKill(&rig);
        ck_assert(rigStart(&rig));
        expectAcked(&h, "a call that failed for long");
        rigClear(&rig);
    }
}
END_TEST

TESTS("aof faults", aFailedOpenLosesNothing, aFailedWriteLosesNothing, aShortWriteLosesNothing,
      aFailedSyncLosesNothing, aFailedRenameLosesNothing, aFailedCloseOrUnlinkLosesNothing,
      aFullDiskRefusesAndHeals, aFailedSyncIsFinal, theServerHealsByItself)
