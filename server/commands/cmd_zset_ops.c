/* Algebra of sorted sets: union, intersection and difference. */
#include "server/commands/commands.h"
#include "server/commands/zset_results.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/types/t_zset_ops.h"

typedef enum operation { UNITE, INTERSECT, SUBTRACT } operation;

enum { SOURCES_INLINE = 16 };

typedef struct request {
    zsetSource *sources;
    size_t count;
    zsetAggregate how;
    bool scored;
    int64_t limit;
    zsetSource few[SOURCES_INLINE];
} request;

/* What may follow the keys. */
enum { MAY_WEIGH = 1, MAY_SCORE = 2, MAY_LIMIT = 4 };

static void requestClear(request *r) {
    if (r->sources != r->few) memFree(r->sources);
}

static bool parseWeights(client *c, int at, request *r) {
    for (size_t i = 0; i < r->count; i++)
        if (!argDouble(c, at + (int)i, &r->sources[i].weight, "ERR weight value is not a float"))
            return false;
    return true;
}

static bool parseAggregate(client *c, int at, request *r) {
    static const char *const words[] = {"SUM", "MIN", "MAX", "COUNT"};
    for (int i = 0; i < 4; i++) {
        if (!argIs(c, at, words[i])) continue;
        r->how = (zsetAggregate)i;
        return true;
    }
    replySyntaxError(c);
    return false;
}

static bool parseOptions(client *c, int at, unsigned may, request *r) {
    for (int i = at; i < c->argc; i++) {
        int rest = c->argc - i - 1;
        if (may & MAY_WEIGH && (size_t)rest >= r->count && argIs(c, i, "WEIGHTS")) {
            if (!parseWeights(c, i + 1, r)) return false;
            i += (int)r->count;
        } else if (may & MAY_WEIGH && rest && argIs(c, i, "AGGREGATE")) {
            if (!parseAggregate(c, ++i, r)) return false;
        } else if (may & MAY_SCORE && argIs(c, i, "WITHSCORES")) {
            r->scored = true;
        } else if (may & MAY_LIMIT && rest && argIs(c, i, "LIMIT")) {
            if (!argIntIn(c, ++i, 0, INT64_MAX, &r->limit, "ERR LIMIT can't be negative"))
                return false;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    return true;
}

static bool openSources(client *c, int first, request *r) {
    for (size_t i = 0; i < r->count; i++) {
        const entry *e = keyRead(c, argKey(c, first + (int)i));
        if (e && entryType(e) != TYPE_ZSET && entryType(e) != TYPE_SET) {
            replyWrongType(c);
            return false;
        }
        r->sources[i] = (zsetSource){e, 1};
    }
    return true;
}

/* Reads "numkeys key [key ...] [options]" from argument 'at' on; false after replying what is
 * wrong, and then there is nothing to clear. */
static bool parseRequest(client *c, int at, unsigned may, request *r) {
    int64_t count;
    if (!argInt(c, at, &count, NULL)) return false;
    if (count < 1) {
        replyErrorFormat(c, "ERR at least 1 input key is needed for '%s' command",
                         c->cmd->full_name);
        return false;
    }
    if (count > c->argc - at - 1) {
        replySyntaxError(c);
        return false;
    }
    r->count = (size_t)count;
    r->how = ZSET_SUM;
    r->scored = false;
    r->limit = 0;
    r->sources = count > SOURCES_INLINE ? memAlloc(r->count * sizeof *r->sources) : r->few;
    if (openSources(c, at + 1, r) && parseOptions(c, at + 1 + (int)count, may, r)) return true;
    requestClear(r);
    return false;
}

static entry *outcomeOf(operation op, bytes key, request *r, const typeLimits *limits) {
    switch (op) {
    case UNITE: return zsetUnion(key, r->sources, r->count, r->how, limits);
    case INTERSECT: return zsetIntersection(key, r->sources, r->count, r->how, limits);
    default: return zsetDifference(key, r->sources, r->count, limits);
    }
}

/* What is only told and not stored is never packed: a listpack would lose the sign of a zero. */
static void replyOutcome(client *c, operation op) {
    static const typeLimits UNPACKED = {0};
    request r;
    if (!parseRequest(c, 1, op == SUBTRACT ? MAY_SCORE : MAY_SCORE | MAY_WEIGH, &r)) return;
    entry *outcome = outcomeOf(op, BYTES(""), &r, &UNPACKED);
    replyZsetSpan(c, outcome, zsetWhole(outcome), false, r.scored ? ZSET_SCORED : ZSET_NAMES);
    entryFree(outcome);
    requestClear(&r);
}

static void storeOutcome(client *c, operation op, const char *event) {
    request r;
    if (!parseRequest(c, 2, op == SUBTRACT ? 0 : MAY_WEIGH, &r)) return;
    keyRef key = argKey(c, 1);
    entry *outcome = outcomeOf(op, key.name, &r, &c->server->config.types);
    requestClear(&r);
    storeZset(c, key, outcome, event);
}

/* ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]]
 *     [AGGREGATE <SUM | MIN | MAX | COUNT>] [WITHSCORES] */
static void zunionCommand(client *c) {
    replyOutcome(c, UNITE);
}

/* ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]]
 *     [AGGREGATE <SUM | MIN | MAX | COUNT>] [WITHSCORES] */
static void zinterCommand(client *c) {
    replyOutcome(c, INTERSECT);
}

/* ZDIFF numkeys key [key ...] [WITHSCORES] */
static void zdiffCommand(client *c) {
    replyOutcome(c, SUBTRACT);
}

/* ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]]
 *     [AGGREGATE <SUM | MIN | MAX | COUNT>]
 * Replies with the number of members stored; none deletes the destination. */
static void zunionstoreCommand(client *c) {
    storeOutcome(c, UNITE, "zunionstore");
}

/* ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]]
 *     [AGGREGATE <SUM | MIN | MAX | COUNT>] */
static void zinterstoreCommand(client *c) {
    storeOutcome(c, INTERSECT, "zinterstore");
}

/* ZDIFFSTORE destination numkeys key [key ...] */
static void zdiffstoreCommand(client *c) {
    storeOutcome(c, SUBTRACT, "zdiffstore");
}

/* ZINTERCARD numkeys key [key ...] [LIMIT limit] */
static void zintercardCommand(client *c) {
    request r;
    if (!parseRequest(c, 1, MAY_LIMIT, &r)) return;
    replyInteger(c, (int64_t)zsetIntersectionCount(r.sources, r.count, (size_t)r.limit));
    requestClear(&r);
}

const commandSpec zsetOpsCommands[] = {
    {.name = "zunion",
     .arity = -3,
     .run = zunionCommand,
     .flags = CMD_READONLY | CMD_MOVABLEKEYS,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zinter",
     .arity = -3,
     .run = zinterCommand,
     .flags = CMD_READONLY | CMD_MOVABLEKEYS,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zdiff",
     .arity = -3,
     .run = zdiffCommand,
     .flags = CMD_READONLY | CMD_MOVABLEKEYS,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zunionstore",
     .arity = -4,
     .run = zunionstoreCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_MOVABLEKEYS,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE},
              {.first = 2,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zinterstore",
     .arity = -4,
     .run = zinterstoreCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_MOVABLEKEYS,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE},
              {.first = 2,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zdiffstore",
     .arity = -4,
     .run = zdiffstoreCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_MOVABLEKEYS,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE},
              {.first = 2,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zintercard",
     .arity = -3,
     .run = zintercardCommand,
     .flags = CMD_READONLY | CMD_MOVABLEKEYS,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RO | KEY_ACCESS}}},
    {0},
};
