/* t_geo.h - places on the globe as numbers: geohashes, distances, and what to search for a shape.
 *
 * A geohash of 52 bits is a cell: longitude and latitude are each cut in halves 26 times, the bits
 * interleaved, latitude's lowest (G. M. Morton, 1966). Read as a score it orders places so that a
 * cell of any step is one range of scores. Latitudes end at 85.05112878 degrees, as on the square
 * map of EPSG:3857. The earth is a sphere of radius 6372797.560856 m.
 *
 * Pure functions: knows neither sorted sets nor commands. */
#ifndef EBB_STORAGE_TYPES_T_GEO_H
#define EBB_STORAGE_TYPES_T_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEO_LON_MAX 180.0
#define GEO_LAT_MAX 85.05112878

/* Degrees. */
typedef struct geoPoint {
    double lon, lat;
} geoPoint;

bool geoIsValid(geoPoint p);

/* The cell of a valid point, under 2^52; and the middle of a cell. */
uint64_t geoHash(geoPoint p);
geoPoint geoOfHash(uint64_t hash);

/* The eleven characters that others print of a point (latitudes up to 90 degrees), and a closing
 * zero. */
enum { GEO_TEXT_SIZE = 12 };
void geoText(geoPoint p, char out[GEO_TEXT_SIZE]);

/* Meters, by the haversine formula. */
double geoDistance(geoPoint a, geoPoint b);

/* A circle, or a box whose sides run along the meridians and parallels; meters. */
typedef struct geoShape {
    geoPoint center;
    bool is_box;
    double radius;        /* of a circle */
    double width, height; /* of a box */
} geoShape;

/* True if 'p' lies in the shape; '*distance' from its center then. */
bool geoWithin(const geoShape *s, geoPoint p, double *distance);

/* Scores from 'min' up to and without 'max'. */
typedef struct geoRange {
    uint64_t min, max;
} geoRange;

/* Ranges of scores that hold all of the shape, the cell of its center first: that cell and those of
 * its neighbours that are needed. Their number. */
enum { GEO_RANGES_MAX = 9 };
size_t geoCover(const geoShape *s, geoRange out[GEO_RANGES_MAX]);

#endif
