/* Jobs on another thread: in order, each reported once. */
#include "server/jobs/bg_thread.h"
#include "tests/support/suite.h"

enum { JOBS = 1000 };

typedef struct counted {
    bgJob job;
    int number;
} counted;

static counted jobs[JOBS];
static int ran[JOBS], ran_count; /* written by the thread alone, read when it has ended */
static int done_count, woken;
static bgThread *again_on;
static int again_left;

static void run(bgJob *job) {
    ran[ran_count++] = ((counted *)(void *)job)->number;
}

static void done(bgJob *job) {
    ck_assert_int_eq(((counted *)(void *)job)->number, done_count);
    done_count++;
}

static void wake(void *ctx) {
    __atomic_add_fetch((int *)ctx, 1, __ATOMIC_SEQ_CST);
}

static void doneAgain(bgJob *job) {
    done_count++;
    if (again_left-- > 0) bgSubmit(again_on, job);
}

START_TEST(jobsRunAndEndInOrder) {
    bgThread *b = bgNew("test", wake, &woken);
    ck_assert_ptr_nonnull(b);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (counted){.job = {.run = run, .done = done}, .number = i};
        bgSubmit(b, &jobs[i].job);
        if (i % 7 == 0) bgPoll(b);
    }
    bgDrain(b);
    ck_assert_uint_eq(bgWaiting(b), 0);
    ck_assert_int_eq(done_count, JOBS);
    ck_assert_int_eq(ran_count, JOBS);
    for (int i = 0; i < JOBS; i++) ck_assert_int_eq(ran[i], i);
    bgFree(b);
    ck_assert_int_eq(woken, JOBS);
}
END_TEST

START_TEST(aJobMayBeSubmittedAgainWhenItIsDone) {
    bgThread *b = again_on = bgNew("test", NULL, NULL);
    again_left = 10;
    jobs[0] = (counted){.job = {.run = run, .done = doneAgain}};
    bgSubmit(b, &jobs[0].job);
    bgDrain(b);
    ck_assert_int_eq(done_count, 11);
    bgFree(b);
}
END_TEST

START_TEST(theEndWaitsForAllJobs) {
    bgThread *b = bgNew("test", NULL, NULL);
    for (int i = 0; i < 100; i++) {
        jobs[i] = (counted){.job = {.run = run, .done = done}, .number = i};
        bgSubmit(b, &jobs[i].job);
    }
    bgFree(b);
    ck_assert_int_eq(done_count, 100);
}
END_TEST

TESTS("bg_thread", jobsRunAndEndInOrder, aJobMayBeSubmittedAgainWhenItIsDone, theEndWaitsForAllJobs)
