/* Commands on places, but those that search (cmd_geo_search.c). Places are sorted sets whose scores
 * are geohashes. */
#include "server/commands/commands.h"
#include "server/commands/geo_args.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/types/t_zset.h"

/* The words before the first longitude; their number, or -1 after replying. */
static int parseAddOptions(client *c, unsigned *conditions, bool *count_changes) {
    int at = 2;
    for (; at < c->argc; at++) {
        if (argIs(c, at, "NX"))
            *conditions |= ZSET_IF_ABSENT;
        else if (argIs(c, at, "XX"))
            *conditions |= ZSET_IF_PRESENT;
        else if (argIs(c, at, "CH"))
            *count_changes = true;
        else
            break;
    }
    bool both = (*conditions & ZSET_IF_ABSENT) && (*conditions & ZSET_IF_PRESENT);
    if ((c->argc - at) % 3 == 0 && !both) return at;
    replySyntaxError(c);
    return -1;
}

/* GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]
 * Replies with the number of new members (with CH: of new places). */
static void geoaddCommand(client *c) {
    unsigned conditions = 0;
    bool count_changes = false;
    geoPoint p;
    int first = parseAddOptions(c, &conditions, &count_changes);
    if (first < 0) return;
    for (int i = first; i < c->argc; i += 3)
        if (!argGeoPoint(c, i, &p)) return;
    keyRef key = argKey(c, 1);
    const typeLimits *limits = &c->server->config.types;
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    uint64_t added = 0, updated = 0;
    bool nothing = first == c->argc || (!e && conditions & ZSET_IF_PRESENT);
    if (!e && !nothing)
        e = dbAdd(c->db, key,
                  zsetNew(key.name, c->argv[first + 2], (size_t)(c->argc - first) / 3, limits));
    for (int i = first; !nothing && i < c->argc; i += 3) {
        argGeoPoint(c, i, &p);
        double score = (double)geoHash(p);
        zsetAdded result = zsetAddIf(e, c->argv[i + 2], &score, conditions, limits);
        added += result == ZSET_ADDED;
        updated += result == ZSET_UPDATED;
    }
    replyUnsigned(c, count_changes ? added + updated : added);
    if (!added && !updated) return;
    keyChanged(c, key, NOTIFY_ZSET, "zadd");
    c->server->dirty += added + updated - 1;
}

/* False if the member is not there. */
static bool placeOf(const entry *e, bytes member, geoPoint *p) {
    double score;
    if (!e || !zsetScore(e, member, &score)) return false;
    *p = geoOfHash(geoHashOfScore(score));
    return true;
}

static bool readPlaces(client *c, const entry **e) {
    *e = keyRead(c, argKey(c, 1));
    return keyIsType(c, *e, TYPE_ZSET);
}

/* GEOPOS key [member ...] */
static void geoposCommand(client *c) {
    const entry *e;
    if (!readPlaces(c, &e)) return;
    replyArray(c, (size_t)c->argc - 2);
    for (int i = 2; i < c->argc; i++) {
        geoPoint p;
        if (placeOf(e, c->argv[i], &p))
            replyGeoPoint(c, p);
        else
            replyNullArray(c);
    }
}

/* GEOHASH key [member ...] */
static void geohashCommand(client *c) {
    const entry *e;
    if (!readPlaces(c, &e)) return;
    replyArray(c, (size_t)c->argc - 2);
    for (int i = 2; i < c->argc; i++) {
        geoPoint p;
        char text[GEO_TEXT_SIZE];
        if (!placeOf(e, c->argv[i], &p)) {
            replyNull(c);
            continue;
        }
        geoText(p, text);
        replyBulkText(c, text);
    }
}

/* GEODIST key member1 member2 [M | KM | FT | MI] */
static void geodistCommand(client *c) {
    double unit = 1;
    const entry *e;
    geoPoint a, b;
    if (c->argc == 5 && !argGeoUnit(c, 4, &unit)) return;
    if (c->argc > 5) {
        replySyntaxError(c);
        return;
    }
    if (!readPlaces(c, &e)) return;
    if (placeOf(e, c->argv[2], &a) && placeOf(e, c->argv[3], &b))
        replyGeoDistance(c, geoDistance(a, b) / unit);
    else
        replyNull(c);
}

#define GEO_READ(command_name, least, handler)                                                     \
    {                                                                                              \
        .name = command_name, .arity = least, .run = handler, .flags = CMD_READONLY,               \
        .acl = ACL_GEO, .keys = {                                                                  \
            {.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}                         \
        }                                                                                          \
    }

const commandSpec geoCommands[] = {
    {.name = "geoadd",
     .arity = -5,
     .run = geoaddCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_GEO,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE}}},
    GEO_READ("geodist", -4, geodistCommand),
    GEO_READ("geohash", -2, geohashCommand),
    GEO_READ("geopos", -2, geoposCommand),
    {0},
};
