/* GEOSEARCH, GEOSEARCHSTORE and the older GEORADIUS family. */
#include <stdlib.h>

#include "server/commands/commands.h"
#include "server/commands/geo_args.h"
#include "server/commands/zset_results.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/types/t_zset_range.h"

/* Which command it is, and so which words it knows. */
enum {
    GEO_OF_MEMBER = 1 << 0, /* GEORADIUSBYMEMBER */
    GEO_NO_STORE = 1 << 1,  /* the _RO forms */
    GEO_SEARCH = 1 << 2,    /* GEOSEARCH and GEOSEARCHSTORE: center and shape are options */
    GEO_STORES = 1 << 3     /* GEOSEARCHSTORE: what is stored may be the distances */
};

typedef enum geoOrder { GEO_ANY_ORDER, GEO_NEAREST, GEO_FARTHEST } geoOrder;

typedef struct query {
    unsigned form;
    const entry *e; /* NULL: nothing there */
    geoShape shape;
    bool has_member, has_point, has_circle, has_box;
    double unit; /* meters */
    geoOrder order;
    int64_t count; /* 0: all */
    bool any;
    bool with_distance, with_hash, with_point;
    int store; /* argument, 0: not */
    bool store_distance;
} query;

/* ---- arguments ---- */

/* False after replying. */
static bool argRadius(client *c, int index, query *q) {
    if (!argDouble(c, index, &q->shape.radius, "ERR need numeric radius")) return false;
    if (q->shape.radius < 0) {
        replyError(c, "ERR radius cannot be negative");
        return false;
    }
    if (!argGeoUnit(c, index + 1, &q->unit)) return false;
    q->shape.radius *= q->unit;
    return true;
}

static bool argBox(client *c, int index, query *q) {
    geoShape *s = &q->shape;
    if (!argDouble(c, index, &s->width, "ERR need numeric width")) return false;
    if (!argDouble(c, index + 1, &s->height, "ERR need numeric height")) return false;
    if (s->width < 0 || s->height < 0) {
        replyError(c, "ERR height or width cannot be negative");
        return false;
    }
    if (!argGeoUnit(c, index + 2, &q->unit)) return false;
    s->width *= q->unit;
    s->height *= q->unit;
    s->is_box = true;
    return true;
}

/* The place of a member as center; without a set there is nothing to be wrong about. */
static bool argMember(client *c, int index, query *q) {
    double score;
    if (!q->e) return true;
    if (!zsetScore(q->e, c->argv[index], &score)) {
        replyError(c, "ERR could not decode requested zset member");
        return false;
    }
    q->shape.center = geoOfHash(geoHashOfScore(score));
    return true;
}

static bool argCount(client *c, int index, query *q) {
    if (!argInt(c, index, &q->count, NULL)) return false;
    if (q->count > 0) return true;
    replyError(c, "ERR COUNT must be > 0");
    return false;
}

/* An option of one word. */
static bool isFlag(const client *c, int i, query *q) {
    if (argIs(c, i, "WITHDIST"))
        q->with_distance = true;
    else if (argIs(c, i, "WITHHASH"))
        q->with_hash = true;
    else if (argIs(c, i, "WITHCOORD"))
        q->with_point = true;
    else if (argIs(c, i, "ANY"))
        q->any = true;
    else if (argIs(c, i, "ASC"))
        q->order = GEO_NEAREST;
    else if (argIs(c, i, "DESC"))
        q->order = GEO_FARTHEST;
    else if ((q->form & GEO_STORES) && argIs(c, i, "STOREDIST"))
        q->store_distance = true;
    else
        return false;
    return true;
}

typedef enum taken { TAKEN, NOT_MINE, REPLIED } taken;

static taken takenIf(bool good) {
    return good ? TAKEN : REPLIED;
}

/* FROMMEMBER, FROMLONLAT, BYRADIUS, BYBOX at argument '*i', which is moved to its last word. */
static taken takeShape(client *c, int *i, query *q) {
    int at = *i, left = c->argc - at - 1;
    if (left >= 1 && argIs(c, at, "FROMMEMBER") && !q->has_point) {
        q->has_member = true;
        *i += 1;
        return takenIf(argMember(c, at + 1, q));
    }
    if (left >= 2 && argIs(c, at, "FROMLONLAT") && !q->has_member) {
        q->has_point = true;
        *i += 2;
        return takenIf(argGeoPoint(c, at + 1, &q->shape.center));
    }
    if (left >= 2 && argIs(c, at, "BYRADIUS") && !q->has_box) {
        q->has_circle = true;
        *i += 2;
        return takenIf(argRadius(c, at + 1, q));
    }
    if (left >= 3 && argIs(c, at, "BYBOX") && !q->has_circle) {
        q->has_box = true;
        *i += 3;
        return takenIf(argBox(c, at + 1, q));
    }
    return NOT_MINE;
}

/* STORE and STOREDIST with a key, of the older commands. */
static bool takeStore(const client *c, int *i, query *q) {
    if (q->form & (GEO_NO_STORE | GEO_SEARCH) || *i + 1 >= c->argc) return false;
    bool distance = argIs(c, *i, "STOREDIST");
    if (!distance && !argIs(c, *i, "STORE")) return false;
    q->store = ++*i;
    q->store_distance = distance;
    return true;
}

static bool parseOptions(client *c, int first, query *q) {
    for (int i = first; i < c->argc; i++) {
        if (isFlag(c, i, q) || takeStore(c, &i, q)) continue;
        if (argIs(c, i, "COUNT") && i + 1 < c->argc) {
            if (!argCount(c, ++i, q)) return false;
            continue;
        }
        taken shape = q->form & GEO_SEARCH ? takeShape(c, &i, q) : NOT_MINE;
        if (shape == REPLIED) return false;
        if (shape == TAKEN) continue;
        replySyntaxError(c);
        return false;
    }
    return true;
}

/* What must hold for all options together. False after replying what does not. */
static bool checkTogether(client *c, const query *q) {
    bool with = q->with_distance || q->with_hash || q->with_point;
    bool search = q->form & GEO_SEARCH;
    bytes name = c->argv[0];
    if (q->store && with)
        replyErrorFormat(c,
                         "ERR %s is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                         search ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
    else if (search && !q->has_member && !q->has_point)
        replyErrorFormat(c, "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %.*s",
                         (int)name.size, name.data);
    else if (search && !q->has_circle && !q->has_box)
        replyErrorFormat(c, "ERR exactly one of BYRADIUS and BYBOX can be specified for %.*s",
                         (int)name.size, name.data);
    else if (q->any && !q->count)
        replyError(c, "ERR the ANY argument requires COUNT argument");
    else
        return true;
    return false;
}

/* Center and shape where they stand at fixed places; the first option then, or 0 after replying. */
static int parseFixed(client *c, query *q) {
    if (q->form & GEO_SEARCH) return q->form & GEO_STORES ? 3 : 2;
    if (!(q->form & GEO_OF_MEMBER))
        return argGeoPoint(c, 2, &q->shape.center) && argRadius(c, 4, q) ? 6 : 0;
    if (!q->e) return 5;
    return argMember(c, 2, q) && argRadius(c, 3, q) ? 5 : 0;
}

static bool parseQuery(client *c, query *q) {
    int first = parseFixed(c, q);
    if (!first || !parseOptions(c, first, q)) return false;
    if (!checkTogether(c, q)) return false;
    if (q->count && !q->any && q->order == GEO_ANY_ORDER) q->order = GEO_NEAREST;
    return true;
}

/* ---- what was found ---- */

typedef struct found {
    double distance, score;
    size_t name, name_size; /* in 'names': the set's own may move on with its iterator */
} found;

typedef struct findings {
    found *list;
    size_t count, room;
    char *names;
    size_t names_size, names_room;
} findings;

static void addFound(findings *f, zsetMember m, double distance) {
    if (f->count == f->room) {
        f->room = f->room * 2 + 16;
        f->list = memRealloc(f->list, f->room * sizeof *f->list);
    }
    if (f->names_room - f->names_size < m.name.size) {
        f->names_room = (f->names_room + m.name.size) * 2;
        f->names = memRealloc(f->names, f->names_room);
    }
    if (m.name.size) memcpy(f->names + f->names_size, m.name.data, m.name.size);
    f->list[f->count++] = (found){distance, m.score, f->names_size, m.name.size};
    f->names_size += m.name.size;
}

static void clearFindings(findings *f) {
    memFree(f->list);
    memFree(f->names);
}

static bool isEnough(const query *q, const findings *f) {
    return q->any && f->count >= (size_t)q->count;
}

static void searchRange(const query *q, geoRange r, findings *f) {
    zsetScoreRange scores = {(double)r.min, (double)r.max, false, true};
    zsetIterator it;
    zsetIteratorInit(&it, q->e, zsetSpanOfScores(q->e, &scores), false);
    for (zsetMember m; !isEnough(q, f) && zsetIteratorNext(&it, &m);) {
        double distance;
        if (geoWithin(&q->shape, geoOfHash(geoHashOfScore(m.score)), &distance))
            addFound(f, m, distance);
    }
}

static int nearer(const void *a, const void *b) {
    double x = ((const found *)a)->distance, y = ((const found *)b)->distance;
    return x < y ? -1 : x > y;
}

static int farther(const void *a, const void *b) {
    return nearer(b, a);
}

static findings search(const query *q) {
    findings f = {NULL, 0, 0, NULL, 0, 0};
    geoRange ranges[GEO_RANGES_MAX];
    size_t count = geoCover(&q->shape, ranges);
    for (size_t i = 0; i < count && !isEnough(q, &f); i++) searchRange(q, ranges[i], &f);
    if (q->order != GEO_ANY_ORDER && f.count)
        qsort(f.list, f.count, sizeof *f.list, q->order == GEO_NEAREST ? nearer : farther);
    if (q->count && f.count > (size_t)q->count) f.count = (size_t)q->count;
    return f;
}

/* ---- the outcome ---- */

static void replyFindings(client *c, const query *q, const findings *f) {
    size_t parts = (size_t)1 + q->with_distance + q->with_hash + q->with_point;
    replyArray(c, f->count);
    for (size_t i = 0; i < f->count; i++) {
        const found *one = &f->list[i];
        if (parts > 1) replyArray(c, parts);
        replyBulk(c, bytesOf(f->names + one->name, one->name_size));
        if (q->with_distance) replyGeoDistance(c, one->distance / q->unit);
        if (q->with_hash) replyInteger(c, (int64_t)one->score);
        if (q->with_point) replyGeoPoint(c, geoOfHash(geoHashOfScore(one->score)));
    }
}

static void storeFindings(client *c, const query *q, const findings *f) {
    const typeLimits *limits = &c->server->config.types;
    keyRef key = argKey(c, q->store);
    entry *outcome = NULL;
    for (size_t i = 0; i < f->count; i++) {
        const found *one = &f->list[i];
        bytes name = bytesOf(f->names + one->name, one->name_size);
        if (!outcome) outcome = zsetNew(key.name, name, f->count, limits);
        zsetAdd(outcome, name, q->store_distance ? one->distance / q->unit : one->score, limits);
    }
    storeZset(c, key, outcome, q->form & GEO_SEARCH ? "geosearchstore" : "georadiusstore");
}

static void runQuery(client *c, unsigned form) {
    query q = {.form = form, .unit = 1};
    if (form & GEO_STORES) q.store = 1;
    q.e = keyRead(c, argKey(c, form & GEO_STORES ? 2 : 1));
    if (!keyIsType(c, q.e, TYPE_ZSET) || !parseQuery(c, &q)) return;
    findings f = {NULL, 0, 0, NULL, 0, 0};
    if (q.e) f = search(&q);
    if (q.store)
        storeFindings(c, &q, &f);
    else
        replyFindings(c, &q, &f);
    clearFindings(&f);
}

/* GEORADIUS key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH]
 *   [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key] */
static void georadiusCommand(client *c) {
    runQuery(c, 0);
}

/* GEORADIUSBYMEMBER key member radius <M | KM | FT | MI> [options of GEORADIUS] */
static void georadiusbymemberCommand(client *c) {
    runQuery(c, GEO_OF_MEMBER);
}

/* GEORADIUS_RO: GEORADIUS that stores nothing. */
static void georadiusRoCommand(client *c) {
    runQuery(c, GEO_NO_STORE);
}

static void georadiusbymemberRoCommand(client *c) {
    runQuery(c, GEO_OF_MEMBER | GEO_NO_STORE);
}

/* GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude>
 *   <BYRADIUS radius unit | BYBOX width height unit> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD]
 *   [WITHDIST] [WITHHASH] */
static void geosearchCommand(client *c) {
    runQuery(c, GEO_SEARCH | GEO_NO_STORE);
}

/* GEOSEARCHSTORE destination source <center> <shape> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]
 */
static void geosearchstoreCommand(client *c) {
    runQuery(c, GEO_SEARCH | GEO_STORES);
}

/* The set, and the destination that counts: the last one. 'first' is where options begin. */
static int radiusKeys(const bytes *argv, int argc, keyPosition *out, int max, int first) {
    int store = 0, count = 0;
    for (int i = first; i + 1 < argc; i++)
        if (bytesEqualWord(argv[i], "STORE") || bytesEqualWord(argv[i], "STOREDIST")) store = ++i;
    if (count < max) out[count++] = (keyPosition){1, KEY_RO | KEY_ACCESS};
    if (store && count < max) out[count++] = (keyPosition){store, KEY_OW | KEY_UPDATE};
    return count;
}

static int georadiusKeys(const bytes *argv, int argc, keyPosition *out, int max) {
    return radiusKeys(argv, argc, out, max, 6);
}

static int georadiusbymemberKeys(const bytes *argv, int argc, keyPosition *out, int max) {
    return radiusKeys(argv, argc, out, max, 5);
}

#define FIRST_KEY                                                                                  \
    { .first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS }
#define STORE_KEY(word, from)                                                                      \
    {                                                                                              \
        .keyword = word, .start_from = from, .last = 0, .step = 1,                                 \
        .use = KEY_OW | KEY_UPDATE | KEY_INCOMPLETE                                                \
    }

const commandSpec geoSearchCommands[] = {
    {.name = "georadius",
     .arity = -6,
     .run = georadiusCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_GEO,
     .keys = {FIRST_KEY, STORE_KEY("STORE", 6), STORE_KEY("STOREDIST", 6)},
     .getKeys = georadiusKeys},
    {.name = "georadiusbymember",
     .arity = -5,
     .run = georadiusbymemberCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_GEO,
     .keys = {FIRST_KEY, STORE_KEY("STORE", 5), STORE_KEY("STOREDIST", 5)},
     .getKeys = georadiusbymemberKeys},
    {.name = "georadius_ro",
     .arity = -6,
     .run = georadiusRoCommand,
     .flags = CMD_READONLY,
     .acl = ACL_GEO,
     .keys = {FIRST_KEY}},
    {.name = "georadiusbymember_ro",
     .arity = -5,
     .run = georadiusbymemberRoCommand,
     .flags = CMD_READONLY,
     .acl = ACL_GEO,
     .keys = {FIRST_KEY}},
    {.name = "geosearch",
     .arity = -7,
     .run = geosearchCommand,
     .flags = CMD_READONLY,
     .acl = ACL_GEO,
     .keys = {FIRST_KEY}},
    {.name = "geosearchstore",
     .arity = -8,
     .run = geosearchstoreCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_GEO,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE},
              {.first = 2, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {0},
};
