/* What the kernel knows of the process: its OOM score and its processors. */
#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

static int scoreOf(serverProcess *server) {
    char path[64];
    int score = 0;
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)serverPid(server));
    FILE *in = fopen(path, "re");
    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(fscanf(in, "%d", &score), 1);
    fclose(in);
    return score;
}

START_TEST(scoreFollowsTheDirectives) {
    static const char *const options[] = {"--oom-score-adj", "relative", "--oom-score-adj-values",
                                          "3 5 7", NULL};
    serverProcess *plain = serverStart(NULL), *server = serverStart(options);
    int base = scoreOf(plain);
    ck_assert_int_eq(scoreOf(server), base + 3);
    redisContext *c = clientConnect(server);
    expectStatus(c, "OK", "CONFIG SET oom-score-adj-values %s", "9 10 11");
    ck_assert_int_eq(scoreOf(server), base + 9);
    expectStatus(c, "OK", "CONFIG SET oom-score-adj absolute oom-score-adj-values %s", "900 0 0");
    ck_assert_int_eq(scoreOf(server), 900);
    expectStatus(c, "OK", "CONFIG SET oom-score-adj relative oom-score-adj-values %s", "2000 0 0");
    ck_assert_int_eq(scoreOf(server), 1000);
    expectStatus(c, "OK", "CONFIG SET oom-score-adj no");
    ck_assert_int_eq(scoreOf(server), base);
    expectStatus(c, "OK", "CONFIG SET oom-score-adj-values %s", "1 2 3");
    ck_assert_int_eq(scoreOf(server), base);
    redisFree(c);
    serverStop(server);
    serverStop(plain);
}
END_TEST

/* The processors of this process; the last of them as a list. */
static int lastProcessor(cpu_set_t *mine, char *list, size_t room) {
    ck_assert_int_eq(sched_getaffinity(0, sizeof *mine, mine), 0);
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, mine)) last--;
    snprintf(list, room, "%d", last);
    return last;
}

/* The thread (or the first one of a process) runs on that one alone. */
static void expectProcessor(int tid, int processor) {
    cpu_set_t its;
    ck_assert_int_eq(sched_getaffinity(tid, sizeof its, &its), 0);
    ck_assert_int_eq(CPU_COUNT(&its), 1);
    ck_assert(CPU_ISSET(processor, &its));
}

START_TEST(runsOnTheProcessorsOfItsList) {
    cpu_set_t mine;
    char list[16];
    int last = lastProcessor(&mine, list, sizeof list);
    const char *options[] = {"--server-cpulist", list, "--bio_cpulist", list, NULL};
    serverProcess *server = serverStart(options);
    expectProcessor(serverPid(server), last);
    serverStop(server);
}
END_TEST

/* The thread of this name, 0 if there is none. */
static int threadNamed(const serverProcess *server, const char *name) {
    char path[300], found[32];
    int tid = 0;
    snprintf(path, sizeof path, "/proc/%d/task", serverPid(server));
    DIR *tasks = opendir(path);
    ck_assert_ptr_nonnull(tasks);
    for (struct dirent *task; !tid && (task = readdir(tasks));) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/comm", serverPid(server), task->d_name);
        FILE *comm = fopen(path, "r");
        if (!comm) continue;
        if (fscanf(comm, "%31s", found) == 1 && !strcmp(found, name))
            tid = (int)strtol(task->d_name, NULL, 10);
        fclose(comm);
    }
    closedir(tasks);
    return tid;
}

START_TEST(helpersRunOnTheProcessorsOfTheirs) {
    cpu_set_t mine, its;
    char list[16];
    int last = lastProcessor(&mine, list, sizeof list);
    const char *options[] = {"--bio_cpulist", list, NULL};
    serverProcess *server = serverStart(options);
    int tid = threadNamed(server, "ebb-aof-fsync");
    ck_assert_int_ne(tid, 0);
    expectProcessor(tid, last);
    ck_assert_int_eq(sched_getaffinity(serverPid(server), sizeof its, &its), 0);
    ck_assert(CPU_EQUAL(&its, &mine));
    serverStop(server);
}
END_TEST

START_TEST(startsWithAListOfProcessorsThatIsNone) {
    static const char *const options[] = {"--server-cpulist", "nowhere", "--bio_cpulist", "1-",
                                          NULL};
    serverStop(serverStart(options));
}
END_TEST

TESTS("host", scoreFollowsTheDirectives, runsOnTheProcessorsOfItsList,
      helpersRunOnTheProcessorsOfTheirs, startsWithAListOfProcessorsThatIsNone)
