#include "server/core/host.h"

#include <sched.h>

#include "tests/support/suite.h"

static int countOf(const char *list) {
    cpu_set_t set;
    return hostParseCpus(bytesOfText(list), &set) ? CPU_COUNT(&set) : -1;
}

START_TEST(readsListsOfProcessors) {
    cpu_set_t set;
    ck_assert(hostParseCpus(bytesOfText("1,4-6,8-14:3"), &set));
    ck_assert_int_eq(CPU_COUNT(&set), 7);
    static const int wanted[] = {1, 4, 5, 6, 8, 11, 14};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        ck_assert(CPU_ISSET(wanted[i], &set));
    ck_assert_int_eq(countOf("0"), 1);
    ck_assert_int_eq(countOf("3-3"), 1);
    ck_assert_int_eq(countOf("0,0,0-1"), 2);
}
END_TEST

START_TEST(refusesWhatIsNoListOfProcessors) {
    static const char *const wrong[] = {"",    ",",   "1,",   "1,,2", "a",          "1-",
                                        "2-1", "-1",  "1:2",  "1-4:", "1-4:0",      "1 ",
                                        " 1",  "1;2", "5000", "0x1",  "99999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(countOf(wrong[i]) < 0, "'%s' was taken", wrong[i]);
}
END_TEST

TESTS("host", readsListsOfProcessors, refusesWhatIsNoListOfProcessors)
