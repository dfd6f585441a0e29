#include "tests/support/aof_rig.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "server/core/reply.h"
#include "server/jobs/child.h"
#include "server/jobs/load_job.h"
#include "storage/base/mem.h"

enum { WAIT_MS = 10000 };

static void runShell(const char *shell) {
    ck_assert_int_eq(system(shell), 0);
}

void rigInit(aofRig *rig, const char *directives) {
    *rig = (aofRig){.folder = "/tmp/ebb-test-XXXXXX", .directives = memText(directives)};
    ck_assert_ptr_nonnull(mkdtemp(rig->folder));
    ck_assert_int_eq(chdir(rig->folder), 0);
    faultyInit(&rig->files);
}

void rigClear(aofRig *rig) {
    if (rig->f) rigStop(rig);
    memFree(rig->directives);
    ck_assert_int_eq(chdir("/"), 0);
    char shell[128];
    snprintf(shell, sizeof shell, "rm -rf %s", rig->folder);
    runShell(shell);
}

bool rigStart(aofRig *rig) {
    char lines[512];
    snprintf(lines, sizeof lines, "appendonly yes\nenable-debug-command yes\n%s\n",
             rig->directives);
    rig->f = fakeNewWith(lines);
    rig->f->server->files = &rig->files.ops;
    if (loadAtStart(rig->f->server) == 0) return true;
    fakeFree(rig->f);
    rig->f = NULL;
    return false;
}

void rigStop(aofRig *rig) {
    fakeFree(rig->f);
    rig->f = NULL;
}

void rigKill(aofRig *rig) {
    char shell[256];
    const char *at = rig->folder;
    /* A file that is deleted on the other thread meanwhile may be missed: it is history. */
    snprintf(shell, sizeof shell, "cp -r %s %s.kept 2>/dev/null || true", at, at);
    runShell(shell);
    rigStop(rig);
    ck_assert_int_eq(chdir("/"), 0);
    snprintf(shell, sizeof shell, "rm -rf %s && mv %s.kept %s", at, at, at);
    runShell(shell);
    ck_assert_int_eq(chdir(rig->folder), 0);
}

static void pause1ms(void) {
    struct timespec wait = {.tv_nsec = 1000000};
    nanosleep(&wait, NULL);
}

/* One turn of the loop without input. */
static void turn(aofRig *rig) {
    server *s = rig->f->server;
    while (batchHasWork(s)) batchRun(s);
    cronRun(s);
    childPoll(s);
}

/* As the loop does, a client that was closed is freed; the rig goes on with another. */
static bool replaceClosed(aofRig *rig) {
    fakeServer *f = rig->f;
    bool closed = f->client->flags & CLIENT_CLOSE_NOW;
    serverFreeMarked(f->server);
    if (closed) f->client = fakeClient(f);
    return closed;
}

const char *rigCall(aofRig *rig, const char *line) {
    const char *reply = fakeCall(rig->f, line);
    for (int i = 0; i < WAIT_MS && !*reply; i++) {
        if (replaceClosed(rig)) return "";
        pause1ms();
        turn(rig);
        reply = fakeTake(rig->f, rig->f->client, NULL);
    }
    ck_assert_msg(*reply, "no reply to %s", line);
    replaceClosed(rig);
    return rig->f->reply;
}

const char *rigTurn(aofRig *rig, client *c) {
    pause1ms();
    fakeAdvanceMs(rig->f, 1);
    turn(rig);
    return fakeTake(rig->f, c, NULL);
}

void rigPass(aofRig *rig, int64_t ms) {
    for (; ms > 0; ms -= 100) {
        fakeAdvanceMs(rig->f, ms < 100 ? ms : 100);
        turn(rig);
        fakeTake(rig->f, rig->f->client, NULL);
        replaceClosed(rig);
        pause1ms();
    }
}

void rigAwaitChild(aofRig *rig) {
    for (int i = 0; i < WAIT_MS && childActive(rig->f->server) != CHILD_NONE; i++) {
        pause1ms();
        turn(rig);
    }
    ck_assert_int_eq(childActive(rig->f->server), CHILD_NONE);
    fakeTake(rig->f, rig->f->client, NULL);
    replaceClosed(rig);
}

const char *rigDigest(aofRig *rig) {
    return rigCall(rig, "DEBUG DIGEST");
}
