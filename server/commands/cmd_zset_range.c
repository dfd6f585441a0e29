/* Commands on ranges of sorted sets: by rank, by score, by member. */
#include "server/commands/commands.h"
#include "server/commands/zset_results.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

typedef enum rangeKind { RANGE_ANY, RANGE_RANK, RANGE_SCORE, RANGE_LEX } rangeKind;

typedef struct range {
    rangeKind kind;
    bool reverse;
    int64_t start, end; /* RANGE_RANK */
    zsetScoreRange scores;
    zsetLexRange names;
} range;

/* The bounds at arguments 'min_at' and 'max_at'; false after replying what is wrong. */
static bool parseBounds(client *c, int min_at, int max_at, range *r) {
    bytes min = c->argv[min_at], max = c->argv[max_at];
    switch (r->kind) {
    case RANGE_SCORE:
        if (zsetParseScoreRange(min, max, &r->scores)) return true;
        replyError(c, "ERR min or max is not a float");
        return false;
    case RANGE_LEX:
        if (zsetParseLexRange(min, max, &r->names)) return true;
        replyError(c, "ERR min or max not valid string range item");
        return false;
    default: return argInt(c, min_at, &r->start, NULL) && argInt(c, max_at, &r->end, NULL);
    }
}

static zsetSpan spanOf(const entry *e, const range *r) {
    switch (r->kind) {
    case RANGE_SCORE: return zsetSpanOfScores(e, &r->scores);
    case RANGE_LEX: return zsetSpanOfLex(e, &r->names);
    default: return zsetSpanOfRanks(e, r->start, r->end, r->reverse);
    }
}

/* ---- ZRANGE and its older names ---- */

typedef struct rangeRequest {
    range range;
    int64_t offset, limit;
    bool scored;
} rangeRequest;

/* The options from argument 'at' on: BYSCORE, BYLEX and REV only where the command does not say
 * itself. */
static bool parseOptions(client *c, int at, bool may_choose, bool may_score, rangeRequest *r) {
    for (int i = at; i < c->argc; i++) {
        if (may_score && argIs(c, i, "WITHSCORES")) {
            r->scored = true;
        } else if (i + 2 < c->argc && argIs(c, i, "LIMIT")) {
            if (!argInt(c, i + 1, &r->offset, NULL) || !argInt(c, i + 2, &r->limit, NULL))
                return false;
            i += 2;
        } else if (may_choose && argIs(c, i, "REV")) {
            r->range.reverse = true;
        } else if (r->range.kind == RANGE_ANY && argIs(c, i, "BYLEX")) {
            r->range.kind = RANGE_LEX;
        } else if (r->range.kind == RANGE_ANY && argIs(c, i, "BYSCORE")) {
            r->range.kind = RANGE_SCORE;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    return true;
}

/* Reads "min max [options]" from argument 'at' on; false after replying what is wrong. */
static bool parseRange(client *c, int at, bool may_choose, bool may_score, rangeRequest *r) {
    r->limit = -1;
    if (!parseOptions(c, at + 2, may_choose, may_score, r)) return false;
    if (r->range.kind == RANGE_ANY) r->range.kind = RANGE_RANK;
    if (r->limit != -1 && r->range.kind == RANGE_RANK) {
        replyError(c, "ERR syntax error, LIMIT is only supported in combination with either "
                      "BYSCORE or BYLEX");
        return false;
    }
    if (r->scored && r->range.kind == RANGE_LEX) {
        replyError(c, "ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        return false;
    }
    bool swapped = r->range.reverse && r->range.kind != RANGE_RANK;
    return parseBounds(c, swapped ? at + 1 : at, swapped ? at : at + 1, &r->range);
}

static zsetSpan requestedSpan(const entry *e, const rangeRequest *r) {
    zsetSpan span = spanOf(e, &r->range);
    if (r->range.kind == RANGE_RANK) return span;
    return zsetSpanLimit(span, r->offset, r->limit, r->range.reverse);
}

static void replyRange(client *c, rangeKind kind, bool reverse, bool may_choose) {
    rangeRequest r = {.range = {.kind = kind, .reverse = reverse}};
    if (!parseRange(c, 2, may_choose, true, &r)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    if (!e)
        replyArray(c, 0);
    else
        replyZsetSpan(c, e, requestedSpan(e, &r), r.range.reverse,
                      r.scored ? ZSET_SCORED : ZSET_NAMES);
}

/* ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES] */
static void zrangeCommand(client *c) {
    replyRange(c, RANGE_ANY, false, true);
}

/* ZREVRANGE key start stop [WITHSCORES] */
static void zrevrangeCommand(client *c) {
    replyRange(c, RANGE_RANK, true, false);
}

/* ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count] */
static void zrangebyscoreCommand(client *c) {
    replyRange(c, RANGE_SCORE, false, false);
}

/* ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count] */
static void zrevrangebyscoreCommand(client *c) {
    replyRange(c, RANGE_SCORE, true, false);
}

/* ZRANGEBYLEX key min max [LIMIT offset count] */
static void zrangebylexCommand(client *c) {
    replyRange(c, RANGE_LEX, false, false);
}

/* ZREVRANGEBYLEX key max min [LIMIT offset count] */
static void zrevrangebylexCommand(client *c) {
    replyRange(c, RANGE_LEX, true, false);
}

/* ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]
 * Replies with the number of members stored; none deletes the destination. */
static void zrangestoreCommand(client *c) {
    rangeRequest r = {.range = {.kind = RANGE_ANY}};
    if (!parseRange(c, 3, true, false, &r)) return;
    const entry *e = keyRead(c, argKey(c, 2));
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    keyRef destination = argKey(c, 1);
    entry *outcome = NULL;
    if (e)
        outcome = zsetCopySpan(destination.name, e, requestedSpan(e, &r), &c->server->config.types);
    storeZset(c, destination, outcome, "zrangestore");
}

/* ---- counting and removing ---- */

static void replyCount(client *c, rangeKind kind) {
    range r = {.kind = kind};
    if (!parseBounds(c, 2, 3, &r)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    replyInteger(c, e ? (int64_t)spanOf(e, &r).count : 0);
}

/* ZCOUNT key min max */
static void zcountCommand(client *c) {
    replyCount(c, RANGE_SCORE);
}

/* ZLEXCOUNT key min max */
static void zlexcountCommand(client *c) {
    replyCount(c, RANGE_LEX);
}

static void removeRange(client *c, rangeKind kind, const char *event) {
    range r = {.kind = kind};
    if (!parseBounds(c, 2, 3, &r)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    zsetSpan span = e ? spanOf(e, &r) : (zsetSpan){0, 0};
    replyInteger(c, (int64_t)span.count);
    if (!span.count) return;
    if (span.count < zsetCount(e)) {
        zsetRemoveSpan(e, span);
        zsetShrunk(c, key, e, span.count, event);
        return;
    }
    /* All of them: the whole is freed in slices. */
    keyChanged(c, key, NOTIFY_ZSET, event);
    c->server->dirty += span.count - 1;
    dbDeleteEntry(c->db, key, e, DB_DELETED);
}

/* ZREMRANGEBYRANK key start stop
 * Replies with the number of members removed. */
static void zremrangebyrankCommand(client *c) {
    removeRange(c, RANGE_RANK, "zremrangebyrank");
}

/* ZREMRANGEBYSCORE key min max */
static void zremrangebyscoreCommand(client *c) {
    removeRange(c, RANGE_SCORE, "zremrangebyscore");
}

/* ZREMRANGEBYLEX key min max */
static void zremrangebylexCommand(client *c) {
    removeRange(c, RANGE_LEX, "zremrangebylex");
}

const commandSpec zsetRangeCommands[] = {
    {.name = "zrange",
     .arity = -4,
     .run = zrangeCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zrevrange",
     .arity = -4,
     .run = zrevrangeCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zrangebyscore",
     .arity = -4,
     .run = zrangebyscoreCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zrevrangebyscore",
     .arity = -4,
     .run = zrevrangebyscoreCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zrangebylex",
     .arity = -4,
     .run = zrangebylexCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zrevrangebylex",
     .arity = -4,
     .run = zrevrangebylexCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zrangestore",
     .arity = -5,
     .run = zrangestoreCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE},
              {.first = 2, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zcount",
     .arity = 4,
     .run = zcountCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zlexcount",
     .arity = 4,
     .run = zlexcountCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zremrangebyrank",
     .arity = 4,
     .run = zremrangebyrankCommand,
     .flags = CMD_WRITE,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_DELETE}}},
    {.name = "zremrangebyscore",
     .arity = 4,
     .run = zremrangebyscoreCommand,
     .flags = CMD_WRITE,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_DELETE}}},
    {.name = "zremrangebylex",
     .arity = 4,
     .run = zremrangebylexCommand,
     .flags = CMD_WRITE,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_DELETE}}},
    {0},
};
