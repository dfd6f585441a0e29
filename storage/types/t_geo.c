#include "storage/types/t_geo.h"

#include <math.h>

enum { STEPS = 26 };

#define EARTH_RADIUS 6372797.560856
/* Half the length of the equator on the square map. */
#define MAP_RADIUS 20037726.37

static double radians(double degrees) {
    return degrees * (M_PI / 180.0);
}

static double degrees(double radians_given) {
    return radians_given / (M_PI / 180.0);
}

bool geoIsValid(geoPoint p) {
    return p.lon >= -GEO_LON_MAX && p.lon <= GEO_LON_MAX && p.lat >= -GEO_LAT_MAX &&
           p.lat <= GEO_LAT_MAX;
}

/* ---- cells ---- */

/* A square of a grid of 2^step columns and rows. */
typedef struct cell {
    uint32_t column, row;
    int step;
} cell;

/* 0 to 2^step, the upper border included, where it is nobody's. */
static uint32_t gridPlace(double value, double limit, int step) {
    return (uint32_t)((value + limit) / (2 * limit) * (double)(1u << step));
}

/* Leaves a zero between any two bits. */
static uint64_t spread(uint32_t bits) {
    uint64_t x = bits;
    x = (x | x << 16) & 0x0000ffff0000ffff;
    x = (x | x << 8) & 0x00ff00ff00ff00ff;
    x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
    x = (x | x << 2) & 0x3333333333333333;
    return (x | x << 1) & 0x5555555555555555;
}

static uint32_t gather(uint64_t x) {
    x &= 0x5555555555555555;
    x = (x | x >> 1) & 0x3333333333333333;
    x = (x | x >> 2) & 0x0f0f0f0f0f0f0f0f;
    x = (x | x >> 4) & 0x00ff00ff00ff00ff;
    x = (x | x >> 8) & 0x0000ffff0000ffff;
    return (uint32_t)(x | x >> 16);
}

static uint64_t interleave(uint32_t column, uint32_t row) {
    return spread(row) | spread(column) << 1;
}

static cell cellOf(geoPoint p, int step) {
    return (cell){gridPlace(p.lon, GEO_LON_MAX, step), gridPlace(p.lat, GEO_LAT_MAX, step), step};
}

/* The lower border of a column or row. */
static double border(uint32_t place, double limit, int step) {
    return -limit + ((double)place / (double)(1u << step)) * (2 * limit);
}

uint64_t geoHash(geoPoint p) {
    cell c = cellOf(p, STEPS);
    return interleave(c.column, c.row);
}

static double middle(uint32_t place, double limit) {
    double value = (border(place, limit, STEPS) + border(place + 1, limit, STEPS)) / 2;
    if (value > limit) return limit;
    return value < -limit ? -limit : value;
}

geoPoint geoOfHash(uint64_t hash) {
    return (geoPoint){middle(gather(hash >> 1), GEO_LON_MAX), middle(gather(hash), GEO_LAT_MAX)};
}

void geoText(geoPoint p, char out[GEO_TEXT_SIZE]) {
    static const char alphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    uint64_t hash = interleave(gridPlace(p.lon, 180, STEPS), gridPlace(p.lat, 90, STEPS));
    for (int i = 0; i < GEO_TEXT_SIZE - 1; i++) {
        /* Eleven characters stand for 55 bits, of which there are 52: the last says nothing. */
        int shift = 2 * STEPS - 5 * (i + 1);
        out[i] = alphabet[shift >= 0 ? (hash >> shift) & 31 : 0];
    }
    out[GEO_TEXT_SIZE - 1] = '\0';
}

/* ---- distances ---- */

static double latitudeDistance(double a, double b) {
    return EARTH_RADIUS * fabs(radians(b) - radians(a));
}

double geoDistance(geoPoint a, geoPoint b) {
    double v = sin((radians(b.lon) - radians(a.lon)) / 2);
    if (v == 0.0) return latitudeDistance(a.lat, b.lat);
    double lat_a = radians(a.lat), lat_b = radians(b.lat), u = sin((lat_b - lat_a) / 2);
    return 2.0 * EARTH_RADIUS * asin(sqrt(u * u + cos(lat_a) * cos(lat_b) * v * v));
}

bool geoWithin(const geoShape *s, geoPoint p, double *distance) {
    if (s->is_box) {
        if (latitudeDistance(p.lat, s->center.lat) > s->height / 2) return false;
        geoPoint same_parallel = {s->center.lon, p.lat};
        if (geoDistance(p, same_parallel) > s->width / 2) return false;
    }
    *distance = geoDistance(s->center, p);
    return s->is_box || *distance <= s->radius;
}

/* ---- what to search ---- */

/* Degrees that the shape reaches to. */
typedef struct bounds {
    double west, south, east, north;
} bounds;

static bounds boundsOf(const geoShape *s) {
    double up = s->is_box ? s->height / 2 : s->radius;
    double aside = s->is_box ? s->width / 2 : s->radius;
    double lat_reach = degrees(up / EARTH_RADIUS);
    /* Meridians are closest together on the side of the nearer pole. */
    double narrowest = s->center.lat < 0 ? s->center.lat - lat_reach : s->center.lat + lat_reach;
    /* What reaches a pole reaches all meridians. */
    double lon_reach = fabs(narrowest) < 90
                           ? degrees(aside / EARTH_RADIUS / cos(radians(narrowest)))
                           : 2 * GEO_LON_MAX;
    return (bounds){s->center.lon - lon_reach, s->center.lat - lat_reach, s->center.lon + lon_reach,
                    s->center.lat + lat_reach};
}

static double reach(const geoShape *s) {
    if (!s->is_box) return s->radius;
    return sqrt(s->width / 2 * (s->width / 2) + s->height / 2 * (s->height / 2));
}

/* The finest step whose cell and neighbours are sure to hold a circle of this radius, were it not
 * for a center near its cell's border. */
static int stepFor(double radius, double lat) {
    int step = 1;
    if (radius == 0) return STEPS;
    for (; radius < MAP_RADIUS; radius *= 2) step++;
    step -= 2;
    /* Near the poles cells are narrow. */
    if (fabs(lat) > 66) step--;
    if (fabs(lat) > 80) step--;
    return step < 1 ? 1 : step > STEPS ? STEPS : step;
}

/* Around the globe. The upper borders of the map, which are columns and rows of their own, are left
 * only by a step aside. */
static cell neighbour(cell c, int east, int north) {
    uint32_t mask = (1u << c.step) - 1;
    if (east) c.column = (c.column + (uint32_t)east) & mask;
    if (north) c.row = (c.row + (uint32_t)north) & mask;
    return c;
}

/* True if the neighbours' far borders are all farther than the radius. */
static bool reachesFarEnough(cell c, geoPoint center, double radius) {
    cell north = neighbour(c, 0, 1), south = neighbour(c, 0, -1);
    cell east = neighbour(c, 1, 0), west = neighbour(c, -1, 0);
    double top = border(north.row + 1, GEO_LAT_MAX, c.step);
    double bottom = border(south.row, GEO_LAT_MAX, c.step);
    double right = border(east.column + 1, GEO_LON_MAX, c.step);
    double left = border(west.column, GEO_LON_MAX, c.step);
    return geoDistance(center, (geoPoint){center.lon, top}) >= radius &&
           geoDistance(center, (geoPoint){center.lon, bottom}) >= radius &&
           geoDistance(center, (geoPoint){right, center.lat}) >= radius &&
           geoDistance(center, (geoPoint){left, center.lat}) >= radius;
}

/* True if the cell and its neighbours hold all of the bounds, up to the map's borders. */
static bool holdsBounds(cell c, const bounds *b) {
    double left = border(c.column, GEO_LON_MAX, c.step), wide = 2 * GEO_LON_MAX / (1u << c.step);
    double low = border(c.row, GEO_LAT_MAX, c.step), high = 2 * GEO_LAT_MAX / (1u << c.step);
    return b->west >= left - wide && b->east <= left + 2 * wide &&
           fmax(b->south, -GEO_LAT_MAX) >= low - high &&
           fmin(b->north, GEO_LAT_MAX) <= low + 2 * high;
}

static geoRange rangeOf(cell c) {
    int shift = 2 * (STEPS - c.step);
    uint64_t bits = interleave(c.column, c.row);
    return (geoRange){bits << shift, (bits + 1) << shift};
}

static size_t addRange(geoRange *out, size_t count, geoRange r) {
    /* With few cells around the globe, neighbours on both sides are the same one. */
    for (size_t i = 0; i < count; i++)
        if (out[i].min == r.min) return count;
    out[count] = r;
    return count + 1;
}

size_t geoCover(const geoShape *s, geoRange out[GEO_RANGES_MAX]) {
    static const struct {
        int east, north;
    } ways[] = {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    double radius = reach(s);
    int step = stepFor(radius, s->center.lat);
    cell c = cellOf(s->center, step);
    if (step > 1 && !reachesFarEnough(c, s->center, radius)) c = cellOf(s->center, step - 1);
    bounds b = boundsOf(s);
    /* Far from the equator a shape may be wider than its reach lets expect. */
    while (c.step > 1 && !holdsBounds(c, &b)) c = cellOf(s->center, c.step - 1);
    /* Of big cells there are so few that leaving some out is not worth being wrong. */
    bool all = c.step < 2;
    bool no_south = !all && border(c.row, GEO_LAT_MAX, c.step) < b.south;
    bool no_north = !all && border(c.row + 1, GEO_LAT_MAX, c.step) > b.north;
    bool no_west = !all && border(c.column, GEO_LON_MAX, c.step) < b.west;
    bool no_east = !all && border(c.column + 1, GEO_LON_MAX, c.step) > b.east;
    size_t count = 0;
    for (size_t i = 0; i < GEO_RANGES_MAX; i++) {
        if ((no_south && ways[i].north < 0) || (no_north && ways[i].north > 0)) continue;
        if ((no_west && ways[i].east < 0) || (no_east && ways[i].east > 0)) continue;
        count = addRange(out, count, rangeOf(neighbour(c, ways[i].east, ways[i].north)));
    }
    return count;
}
