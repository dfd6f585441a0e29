/* What was saved is there after any kind of end: kill -9 in the middle of a save, SIGTERM, a
 * restart with a file that is not whole. */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "storage/base/rng.h"
#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

enum { KEYS = 300, VALUE = 2000 };

/* Every key gets the same number. */
static void setGeneration(redisContext *c, int generation) {
    static char padding[VALUE];
    memset(padding, 'x', sizeof padding - 1);
    for (int i = 0; i < KEYS; i++)
        redisAppendCommand(c, "SET key:%d %d:%d:%s", i, generation, i * generation, padding);
    for (int i = 0; i < KEYS; i++) freeReplyObject(clientNextReply(c));
}

/* The number that all keys have; 0: there are none. */
static int generationOf(redisContext *c) {
    int generation = -1;
    redisReply *size = clientCommand(c, "DBSIZE");
    ck_assert(size->integer == 0 || size->integer == KEYS);
    if (size->integer == 0) generation = 0;
    for (int i = 0; generation != 0 && i < KEYS; i++) {
        redisReply *value = clientCommand(c, "GET key:%d", i);
        int found = (int)strtol(value->str, NULL, 10);
        if (generation < 0) generation = found;
        ck_assert_int_eq(found, generation);
        freeReplyObject(value);
    }
    freeReplyObject(size);
    return generation;
}

START_TEST(aKillAtAnyPointLeavesAWholeFile) {
    serverProcess *server = serverStart(NULL);
    rng random;
    rngSeed(&random, suiteSeed());
    int saved = 0;
    for (uint64_t round = 1; round <= suiteRounds(25); round++) {
        redisContext *c = clientConnect(server);
        int now = generationOf(c);
        ck_assert_int_ge(now, saved); /* What was acknowledged is there. */
        ck_assert_int_le(now, saved + 1);
        setGeneration(c, now + 1);
        expectStatus(c, "OK", "SAVE");
        saved = now + 1;
        setGeneration(c, saved + 1);
        if (rngBelow(&random, 2))
            expectStatus(c, "Background saving started", "BGSAVE");
        else
            redisAppendCommand(c, "SAVE");
        int done = 0;
        redisBufferWrite(c, &done);
        struct timespec wait = {.tv_nsec = (long)rngBelow(&random, 6000000)};
        ppoll(NULL, 0, &wait, NULL);
        serverKill(server);
        redisFree(c);
        serverRestart(server);
    }
    serverStop(server);
}
END_TEST

START_TEST(sigtermSavesWhereThereAreSavePoints) {
    serverProcess *server = serverStart((const char *const[]){"--save", "3600 100000", NULL});
    redisContext *c = clientConnect(server);
    expectStatus(c, "OK", "SET a 1");
    redisFree(c);
    kill(serverPid(server), SIGTERM);
    ck_assert(serverHasEnded(server, 10000));
    serverRestart(server);
    c = clientConnect(server);
    expectText(c, "1", "GET a");
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(aServerDoesNotStartWithHalfAFile) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    setGeneration(c, 1);
    expectStatus(c, "OK", "SAVE");
    char path[256], tool[512];
    snprintf(path, sizeof path, "%s/dump.rdb", serverFolder(server));
    snprintf(tool, sizeof tool, "%s --check-rdb %s > /dev/null", EBB_BINARY, path);
    ck_assert_int_eq(system(tool), 0);
    ck_assert_int_eq(truncate(path, 1000), 0);
    ck_assert_int_ne(system(tool), 0);
    snprintf(tool, sizeof tool, "%s --port 0 --dir %s > /dev/null", EBB_BINARY,
             serverFolder(server));
    ck_assert_int_ne(system(tool), 0);
    redisFree(c);
    serverStop(server);
}
END_TEST

TESTS("persist", aKillAtAnyPointLeavesAWholeFile, sigtermSavesWhereThereAreSavePoints,
      aServerDoesNotStartWithHalfAFile)
