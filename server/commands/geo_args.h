/* geo_args.h - places and units among arguments, and how places are replied. */
#ifndef EBB_SERVER_COMMANDS_GEO_ARGS_H
#define EBB_SERVER_COMMANDS_GEO_ARGS_H

#include "server/core/client.h"
#include "storage/types/t_geo.h"

/* Longitude and latitude, arguments 'index' and the one behind it. False after replying. */
bool argGeoPoint(client *c, int index, geoPoint *out);
/* "m", "km", "ft", "mi" in meters. False after replying. */
bool argGeoUnit(client *c, int index, double *meters);

/* What a score of a sorted set says: whatever it is, it is some place. */
uint64_t geoHashOfScore(double score);

void replyGeoPoint(client *c, geoPoint p);
/* With four decimals, as a bulk string. */
void replyGeoDistance(client *c, double distance);

#endif
