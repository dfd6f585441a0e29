#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "storage/base/rng.h"
#include "tests/support/suite.h"

/* The reference generator, from the state {1, 2, 3, 4}. */
START_TEST(isXoshiro256StarStar) {
    rng r = {{1, 2, 3, 4}};
    static const uint64_t expected[] = {11520,
                                        0,
                                        1509978240,
                                        1215971899390074240ULL,
                                        1216172134540287360ULL,
                                        607988272756665600ULL};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_uint_eq(rngNext(&r), expected[i]);
}
END_TEST

START_TEST(seedFillsStateBySplitmix) {
    rng r;
    rngSeed(&r, 1234567);
    ck_assert_uint_eq(r.state[0], 6457827717110365317ULL);
    ck_assert_uint_eq(r.state[1], 3203168211198807973ULL);
    ck_assert_uint_eq(r.state[2], 9817491932198370423ULL);
    ck_assert_uint_eq(r.state[3], 4593380528125082431ULL);
}
END_TEST

START_TEST(sameSeedRepeatsOtherSeedDiffers) {
    rng a;
    rng b;
    rng other;
    rngSeed(&a, 7);
    rngSeed(&b, 7);
    rngSeed(&other, 8);
    int same = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t next = rngNext(&a);
        ck_assert_uint_eq(next, rngNext(&b));
        same += next == rngNext(&other);
    }
    ck_assert_int_eq(same, 0);
}
END_TEST

START_TEST(belowStaysBelowAndIsEven) {
    rng r;
    rngSeed(&r, suiteSeed());
    for (int i = 0; i < 1000; i++) ck_assert_uint_eq(rngBelow(&r, 1), 0);
    enum { BOUND = 7, DRAWS = 700000 };
    int seen[BOUND] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t drawn = rngBelow(&r, BOUND);
        if (drawn >= BOUND) ck_abort_msg("%llu", (unsigned long long)drawn);
        seen[drawn]++;
    }
    for (int i = 0; i < BOUND; i++) ck_assert_int_lt(abs(seen[i] - DRAWS / BOUND), 2500);
}
END_TEST

/* With a bound of 3/4 of the range, taking the remainder would draw the lower third twice as
 * often, and multiplying without rejection every third number. */
START_TEST(belowHasNoModuloBias) {
    rng r;
    rngSeed(&r, suiteSeed());
    uint64_t bound = 3ULL << 62;
    int low = 0;
    int third = 0;
    for (int i = 0; i < 300000; i++) {
        uint64_t drawn = rngBelow(&r, bound);
        if (drawn >= bound) ck_abort_msg("%llu", (unsigned long long)drawn);
        low += drawn < bound / 3;
        third += drawn % 3 == 0;
    }
    ck_assert_int_lt(abs(low - 100000), 2500);
    ck_assert_int_lt(abs(third - 100000), 2500);
}
END_TEST

START_TEST(unitIsInHalfOpenInterval) {
    rng r;
    rngSeed(&r, suiteSeed());
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double drawn = rngUnit(&r);
        if (!(drawn >= 0 && drawn < 1)) ck_abort_msg("%g", drawn);
        sum += drawn;
    }
    ck_assert(fabs(sum / 100000 - 0.5) < 0.01);
}
END_TEST

START_TEST(secretsDiffer) {
    char a[300];
    char b[300];
    rngSecret(a, sizeof a);
    rngSecret(b, sizeof b);
    ck_assert_int_ne(memcmp(a, b, sizeof a), 0);
    a[0] = 'x';
    rngSecret(a, 0);
    ck_assert_int_eq(a[0], 'x');
}
END_TEST

START_TEST(hexIsLowerCaseAndClosed) {
    char text[42];
    bool seen[128] = {false};
    for (int round = 0; round < 100; round++) {
        memset(text, '!', sizeof text);
        rngHex(text, 40);
        ck_assert_uint_eq(strlen(text), 40);
        ck_assert_int_eq(text[41], '!');
        for (int i = 0; i < 40; i++) {
            ck_assert(isdigit((unsigned char)text[i]) || (text[i] >= 'a' && text[i] <= 'f'));
            seen[(unsigned char)text[i]] = true;
        }
    }
    for (const char *digit = "0123456789abcdef"; *digit; digit++)
        ck_assert(seen[(unsigned char)*digit]);
}
END_TEST

TESTS("rng", isXoshiro256StarStar, seedFillsStateBySplitmix, sameSeedRepeatsOtherSeedDiffers,
      belowStaysBelowAndIsEven, belowHasNoModuloBias, unitIsInHalfOpenInterval, secretsDiffer,
      hexIsLowerCaseAndClosed)
