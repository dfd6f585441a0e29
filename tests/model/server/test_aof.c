/* A log cut at every byte: what loads is the state that some prefix of the history had, and more of
 * the log never gives less of it. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "tests/support/aof_rig.h"
#include "tests/support/suite.h"

enum { COMMANDS = 25, STATES = 4 * COMMANDS, DIGEST = 48 };

static const char log_path[] = "appendonlydir/appendonly.aof.1.incr.aof";

/* The state behind each unit of the log, by its end. */
typedef struct state {
    off_t end;
    char digest[DIGEST];
} state;

static off_t logSize(void) {
    int fd = open(log_path, O_RDONLY);
    off_t size = lseek(fd, 0, SEEK_END);
    close(fd);
    return size;
}

static void randomCommand(rng *r, char *out, size_t room) {
    static const char *const forms[] = {
        "SET key:%d %d",       "INCRBY count:%d %d",       "RPUSH list:%d %d",
        "SADD set:%d %d",      "HSET hash:%d f %d",        "DEL list:%d key:%d",
        "ZADD zset:%d %d m",   "PEXPIRE list:%d 1000%d",   "APPEND text:%d %d",
        "LPOP list:%d %d",     "XADD stream:%d 1-1%d f v", "SELECT %d",
        "RENAME key:%d key:%d"};
    const char *form = forms[rngBelow(r, sizeof forms / sizeof forms[0])];
    snprintf(out, room, form, (int)rngBelow(r, 3), (int)rngBelow(r, 100));
}

static void note(aofRig *rig, state *states, int *count) {
    off_t end = logSize();
    if (*count && states[*count - 1].end == end) return;
    states[*count].end = end;
    snprintf(states[*count].digest, DIGEST, "%s", rigDigest(rig));
    ++*count;
}

static int makeHistory(aofRig *rig, rng *r, state *states) {
    char line[128];
    int count = 0;
    note(rig, states, &count);
    for (int i = 0; i < COMMANDS; i++) {
        bool unit = rngBelow(r, 5) == 0;
        if (unit) rigCall(rig, "MULTI");
        for (uint64_t k = unit ? 1 + rngBelow(r, 3) : 1; k > 0; k--) {
            randomCommand(r, line, sizeof line);
            rigCall(rig, line);
        }
        if (unit) rigCall(rig, "EXEC");
        note(rig, states, &count);
    }
    return count;
}

static void writeLog(const char *data, off_t size) {
    int fd = open(log_path, O_WRONLY | O_TRUNC);
    ck_assert_int_eq(write(fd, data, (size_t)size), size);
    close(fd);
}

START_TEST(everyPrefixIsAPrefixOfHistory) {
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t round = 0; round < suiteRounds(1); round++) {
        aofRig rig;
        state states[STATES];
        rigInit(&rig, "appendfsync no\naof-load-truncated yes");
        ck_assert(rigStart(&rig));
        int count = makeHistory(&rig, &r, states);
        rigStop(&rig);
        off_t size = logSize();
        char *whole = memAlloc((size_t)size);
        int fd = open(log_path, O_RDONLY);
        ck_assert_int_eq(read(fd, whole, (size_t)size), size);
        close(fd);
        int at = 0;
        for (off_t cut = 0; cut <= size; cut++) {
            writeLog(whole, cut);
            ck_assert_msg(rigStart(&rig), "cut at %lld", (long long)cut);
            while (at + 1 < count && states[at + 1].end <= cut) at++;
            ck_assert_msg(!strcmp(rigDigest(&rig), states[at].digest),
                          "cut at %lld of %lld: not the state behind %lld", (long long)cut,
                          (long long)size, (long long)states[at].end);
            rigStop(&rig);
        }
        memFree(whole);
        rigClear(&rig);
    }
}
END_TEST

TESTS("aof prefixes", everyPrefixIsAPrefixOfHistory)
