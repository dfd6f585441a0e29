#include "server/commands/geo_args.h"

#include <stdio.h>

#include "server/core/args.h"
#include "server/core/reply.h"
#include "storage/base/num.h"

bool argGeoPoint(client *c, int index, geoPoint *out) {
    if (!argDouble(c, index, &out->lon, NULL) || !argDouble(c, index + 1, &out->lat, NULL))
        return false;
    if (geoIsValid(*out)) return true;
    replyErrorFormat(c, "ERR invalid longitude,latitude pair %f,%f", out->lon, out->lat);
    return false;
}

bool argGeoUnit(client *c, int index, double *meters) {
    static const struct {
        const char *name;
        double meters;
    } units[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!argIs(c, index, units[i].name)) continue;
        *meters = units[i].meters;
        return true;
    }
    replyError(c, "ERR unsupported unit provided. please use M, KM, FT, MI");
    return false;
}

uint64_t geoHashOfScore(double score) {
    /* As the processors do that most servers run on. */
    if (score >= 0x1p64) return 0;
    if (score < -0x1p63) return UINT64_C(1) << 63;
    return score < 0 ? (uint64_t)(int64_t)score : (uint64_t)score;
}

void replyGeoPoint(client *c, geoPoint p) {
    char text[NUM_DOUBLE_MAX];
    replyArray(c, 2);
    replyDoubleText(c, bytesOf(text, numFormatLongDouble(text, (long double)p.lon)));
    replyDoubleText(c, bytesOf(text, numFormatLongDouble(text, (long double)p.lat)));
}

void replyGeoDistance(client *c, double distance) {
    /* The earth is small: no distance on it needs more. */
    char text[64];
    int size = snprintf(text, sizeof text, "%.4f", distance);
    replyBulk(c, bytesOf(text, (size_t)size));
}
