/* aof_rig.h - fake servers with an append-only log in a temporary folder, whose files may fail.
 *
 * The rig's process works in that folder. Time is moved by hand; the threads and children of the
 * server are real, and waited for. */
#ifndef EBB_TESTS_SUPPORT_AOF_RIG_H
#define EBB_TESTS_SUPPORT_AOF_RIG_H

#include "server/jobs/aof_job.h"
#include "tests/support/fake_server.h"
#include "tests/support/faulty_files.h"

typedef struct aofRig {
    char folder[64];
    char *directives; /* besides appendonly yes */
    faultyFiles files;
    fakeServer *f; /* NULL: none runs */
} aofRig;

/* A new folder; nothing runs. */
void rigInit(aofRig *rig, const char *directives);
/* Stops what runs, and removes the folder. */
void rigClear(aofRig *rig);

/* Starts a server on what is in the folder. False if it does not start. */
bool rigStart(aofRig *rig);
/* Ends it well. */
void rigStop(aofRig *rig);
/* Ends it as kill -9 does: what has not reached the kernel is lost. */
void rigKill(aofRig *rig);

/* Sends a command and waits for the reply: until it has come, or the client was closed ("").
 * The clock stands still. */
const char *rigCall(aofRig *rig, const char *line);
/* Turns the loop some time on, by this server's clock. */
void rigPass(aofRig *rig, int64_t ms);
/* One turn of the loop a millisecond later, in which no client but 'c' is sent anything: what that
 * one is sent. */
const char *rigTurn(aofRig *rig, client *c);
/* Waits until no child lives. */
void rigAwaitChild(aofRig *rig);
/* DEBUG DIGEST. */
const char *rigDigest(aofRig *rig);

#define RIG(rig, line, wanted) ck_assert_str_eq(rigCall(rig, line), wanted)

#endif
