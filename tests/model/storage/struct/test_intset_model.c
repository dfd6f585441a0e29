/* Random operations on an intset against a plain array of flags, over values of every width. */
#include "storage/base/slab.h"
#include "storage/struct/intset.h"
#include "tests/support/suite.h"

enum { VALUES = 700, STEPS = 8000 };

/* Ascending in 'i', all widths among them; the middle ones fit 16 bits. */
static int64_t valueOf(int i) {
    int64_t at = i - VALUES / 2;
    int64_t magnitude = at < 0 ? -at : at;
    int64_t value = magnitude < 200   ? magnitude * 100
                    : magnitude < 300 ? magnitude * 1000000
                                      : magnitude * 100000000000;
    return at < 0 ? -value : value;
}

static void checkAll(const intset *s, const bool *present) {
    size_t index = 0;
    for (int i = 0; i < VALUES; i++) {
        ck_assert_int_eq(intsetHas(s, valueOf(i)), present[i]);
        if (present[i]) ck_assert_int_eq(intsetAt(s, index++), valueOf(i));
    }
    ck_assert_uint_eq(index, intsetCount(s));
    ck_assert(intsetValidate(intsetBytes(s)));
}

/* Values of 'span' around the middle, so that narrow intsets live long too. */
static void run(rng *r, int span, int fill) {
    bool present[VALUES] = {false};
    intset *s = intsetNew();
    for (int step = 0; step < STEPS; step++) {
        int i = VALUES / 2 - span / 2 + (int)rngBelow(r, (uint64_t)span);
        bool done, adds = (int)rngBelow(r, 100) < fill;
        s = adds ? intsetAdd(s, valueOf(i), &done) : intsetRemove(s, valueOf(i), &done);
        ck_assert_int_eq(done, present[i] != adds);
        present[i] = adds;
        if (rngBelow(r, 50) == 0) s = intsetMove(s);
        if (rngBelow(r, 400) == 0) checkAll(s, present);
        if (rngBelow(r, 3000) == 0) {
            intset *copy = intsetFromBytes(intsetBytes(s));
            intsetFree(s);
            s = copy;
        }
    }
    checkAll(s, present);
    intsetFree(s);
}

START_TEST(behavesLikeAnArrayOfFlags) {
    rng r;
    rngSeed(&r, suiteSeed());
    slabPassBegin(SLAB_BLOB);
    for (uint64_t round = 0; round < suiteRounds(2); round++) {
        run(&r, 300, 50);
        run(&r, 560, 70);
        run(&r, VALUES, 90);
        run(&r, VALUES, 20);
    }
    slabPassEnd(SLAB_BLOB);
}
END_TEST

TESTS("intset/model", behavesLikeAnArrayOfFlags)
