#include "storage/types/t_geo.h"

#include <math.h>
#include <string.h>

#include "storage/base/rng.h"
#include "tests/support/suite.h"

static const geoPoint palermo = {13.361389, 38.115556}, catania = {15.087269, 37.502669};

START_TEST(hashesAreThoseClientsKnow) {
    ck_assert_uint_eq(geoHash(palermo), 3479099956230698);
    ck_assert_uint_eq(geoHash(catania), 3479447370796909);
    ck_assert_uint_eq(geoHash((geoPoint){-74.0131604, 40.7126674}), 1791873972053020);
    geoPoint p = geoOfHash(3479099956230698);
    ck_assert_double_eq_tol(p.lon, 13.361389338970184, 1e-15);
    ck_assert_double_eq_tol(p.lat, 38.1155563954963, 1e-13);
}
END_TEST

START_TEST(aPointIsInTheMiddleOfItsCell) {
    rng r;
    rngSeed(&r, suiteSeed());
    for (int i = 0; i < 10000; i++) {
        geoPoint p = {rngUnit(&r) * 360 - 180, (rngUnit(&r) * 2 - 1) * GEO_LAT_MAX};
        geoPoint q = geoOfHash(geoHash(p));
        if (fabs(p.lon - q.lon) > 180.0 / (1 << 26) + 1e-12) ck_abort_msg("%f %f", p.lon, q.lon);
        if (fabs(p.lat - q.lat) > GEO_LAT_MAX / (1 << 26) + 1e-12)
            ck_abort_msg("%f %f", p.lat, q.lat);
        if (geoHash(q) != geoHash(p)) ck_abort_msg("%f %f", p.lon, p.lat);
    }
}
END_TEST

START_TEST(textsAreStandardGeohashes) {
    char text[GEO_TEXT_SIZE];
    geoText(geoOfHash(geoHash(palermo)), text);
    ck_assert_str_eq(text, "sqc8b49rny0");
    geoText(geoOfHash(geoHash(catania)), text);
    ck_assert_str_eq(text, "sqdtr74hyu0");
}
END_TEST

START_TEST(distancesAreGreatCircles) {
    ck_assert_double_eq_tol(geoDistance(geoOfHash(geoHash(palermo)), geoOfHash(geoHash(catania))),
                            166274.1516, 0.0001);
    ck_assert_double_eq_tol(geoDistance((geoPoint){10, -20}, (geoPoint){10, 30}),
                            6372797.560856 * 50 * M_PI / 180, 1e-6);
    ck_assert_double_eq(geoDistance(palermo, palermo), 0);
}
END_TEST

START_TEST(validityEndsAtTheMapsBorders) {
    ck_assert(geoIsValid((geoPoint){180, 85.05112878}));
    ck_assert(geoIsValid((geoPoint){-180, -85.05112878}));
    ck_assert(!geoIsValid((geoPoint){180.001, 0}));
    ck_assert(!geoIsValid((geoPoint){0, 85.06}));
    ck_assert(!geoIsValid((geoPoint){NAN, 0}));
}
END_TEST

START_TEST(boxesHaveSidesAlongTheGrid) {
    geoShape box = {.center = {15, 37}, .is_box = true, .width = 400000, .height = 200000};
    double distance;
    ck_assert(geoWithin(&box, catania, &distance));
    ck_assert_double_eq_tol(distance, 56441.3, 10);
    ck_assert(!geoWithin(&box, palermo, &distance)); /* 124 km north */
    box.height = 400000;
    ck_assert(geoWithin(&box, palermo, &distance));
    box.width = 200000;
    ck_assert(!geoWithin(&box, palermo, &distance));
}
END_TEST

static geoPoint anyPoint(rng *r, double lat_max) {
    return (geoPoint){rngUnit(r) * 360 - 180, (rngUnit(r) * 2 - 1) * lat_max};
}

/* Points in the shape whose hash lies in none of the ranges would not be found. */
START_TEST(coverHoldsAllOfTheShape) {
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t round = suiteRounds(3000); round; round--) {
        double size = pow(10, 1 + rngUnit(&r) * 5.8);
        geoShape s = {.center = geoOfHash(geoHash(anyPoint(&r, 70))),
                      .is_box = rngBelow(&r, 2),
                      .radius = size,
                      .width = size * (0.2 + rngUnit(&r)),
                      .height = size * (0.2 + rngUnit(&r))};
        geoRange ranges[GEO_RANGES_MAX];
        size_t count = geoCover(&s, ranges);
        for (size_t i = 0; i < count; i++)
            for (size_t n = 0; n < i; n++) ck_assert_uint_ne(ranges[i].min, ranges[n].min);
        for (int i = 0; i < 50; i++) {
            /* Degrees around the center, up to about the shape's size. */
            double spread = size / 60000;
            geoPoint p = {s.center.lon + (rngUnit(&r) * 2 - 1) * spread,
                          s.center.lat + (rngUnit(&r) * 2 - 1) * spread};
            double distance;
            if (fabs(p.lat) > 70 || fabs(p.lon) > 180 || !geoWithin(&s, p, &distance)) continue;
            uint64_t hash = geoHash(p);
            bool found = false;
            for (size_t n = 0; n < count; n++)
                found |= hash >= ranges[n].min && hash < ranges[n].max;
            if (!found)
                ck_abort_msg("%f,%f is not covered by %zu ranges around %f,%f of %f", p.lon, p.lat,
                             count, s.center.lon, s.center.lat, size);
        }
    }
}
END_TEST

START_TEST(theRangeOfTheCenterComesFirst) {
    geoShape s = {.center = palermo, .radius = 1000};
    geoRange ranges[GEO_RANGES_MAX];
    size_t count = geoCover(&s, ranges);
    ck_assert_uint_ge(count, 1);
    ck_assert(geoHash(palermo) >= ranges[0].min && geoHash(palermo) < ranges[0].max);
    s.radius = 1e9;
    ck_assert_uint_eq(geoCover(&s, ranges), 4);
}
END_TEST

TESTS("t_geo", hashesAreThoseClientsKnow, aPointIsInTheMiddleOfItsCell, textsAreStandardGeohashes,
      distancesAreGreatCircles, validityEndsAtTheMapsBorders, boxesHaveSidesAlongTheGrid,
      coverHoldsAllOfTheShape, theRangeOfTheCenterComesFirst)
