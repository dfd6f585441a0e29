/* suite.h - one Check suite an executable: TESTS(name, a, b, c) writes main(). */
#ifndef EBB_TESTS_SUPPORT_SUITE_H
#define EBB_TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The seed of a random test: EBB_SEED of the environment, else a new one. Printed, to be repeated.
 */
static inline uint64_t suiteSeed(void) {
    const char *given = getenv("EBB_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("seed: EBB_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return seed;
}

/* How much longer than in CI a model or fuzz-like test shall run: EBB_ROUNDS, 1 by default. */
static inline uint64_t suiteRounds(uint64_t in_ci) {
    const char *given = getenv("EBB_ROUNDS");
    return in_ci * (given ? strtoull(given, NULL, 10) : 1);
}

/* The main() of a file of tests, each of which runs between 'begin' and 'end' (NULL: nothing). */
#define TESTS_BETWEEN(title, begin, end, ...)                                                      \
    int main(void) {                                                                               \
        const TTest *list[] = {__VA_ARGS__};                                                       \
        Suite *suite = suite_create(title);                                                        \
        TCase *cases = tcase_create(title);                                                        \
        tcase_set_timeout(cases, 240);                                                             \
        tcase_add_checked_fixture(cases, begin, end);                                              \
        for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) tcase_add_test(cases, list[i]);  \
        suite_add_tcase(suite, cases);                                                             \
        SRunner *runner = srunner_create(suite);                                                   \
        srunner_run_all(runner, CK_ENV);                                                           \
        int failed = srunner_ntests_failed(runner);                                                \
        srunner_free(runner);                                                                      \
        return failed ? 1 : 0;                                                                     \
    }

#define TESTS(title, ...) TESTS_BETWEEN(title, NULL, NULL, __VA_ARGS__)

#endif
