/* Commands on single members of sorted sets. */
#include "server/commands/commands.h"
#include "server/commands/draws.h"
#include "server/commands/scan_options.h"
#include "server/commands/zset_results.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"

/* ---- ZADD and ZINCRBY ---- */

enum { SCORES_INLINE = 16 };

typedef struct addRequest {
    unsigned conditions;
    bool count_changes; /* CH */
    int first;          /* argument of the first score */
    size_t count;       /* pairs */
} addRequest;

/* False after replying what is wrong. */
static bool parseAdd(client *c, addRequest *r) {
    static const struct {
        const char *word;
        unsigned condition;
    } words[] = {{"NX", ZSET_IF_ABSENT},
                 {"XX", ZSET_IF_PRESENT},
                 {"GT", ZSET_IF_GREATER},
                 {"LT", ZSET_IF_LESS},
                 {"INCR", ZSET_INCREASE}};
    enum { WORDS = sizeof words / sizeof words[0] };
    *r = (addRequest){.first = 2};
    for (; r->first < c->argc; r->first++) {
        int i = 0;
        while (i < WORDS && !argIs(c, r->first, words[i].word)) i++;
        if (i < WORDS)
            r->conditions |= words[i].condition;
        else if (argIs(c, r->first, "CH"))
            r->count_changes = true;
        else
            break;
    }
    int rest = c->argc - r->first;
    r->count = (size_t)rest / 2;
    const char *error = NULL;
    bool absent = r->conditions & ZSET_IF_ABSENT, greater = r->conditions & ZSET_IF_GREATER;
    bool less = r->conditions & ZSET_IF_LESS;
    if (rest % 2 || !rest)
        error = "ERR syntax error";
    else if (absent && r->conditions & ZSET_IF_PRESENT)
        error = "ERR XX and NX options at the same time are not compatible";
    else if ((greater && absent) || (less && absent) || (greater && less))
        error = "ERR GT, LT, and/or NX options at the same time are not compatible";
    else if (r->conditions & ZSET_INCREASE && r->count > 1)
        error = "ERR INCR option supports a single increment-element pair";
    if (error) replyError(c, error);
    return !error;
}

/* Adds all pairs, replies and tells. '*scores' are those of the pairs. */
static void addPairs(client *c, const addRequest *r, double *scores) {
    const typeLimits *limits = &c->server->config.types;
    bool increase = r->conditions & ZSET_INCREASE;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    if (!e && r->conditions & ZSET_IF_PRESENT) {
        if (increase)
            replyNull(c);
        else
            replyInteger(c, 0);
        return;
    }
    if (!e) e = dbAdd(c->db, key, zsetNew(key.name, c->argv[r->first + 1], r->count, limits));
    size_t added = 0, updated = 0;
    zsetAdded last = ZSET_REFUSED;
    for (size_t i = 0; i < r->count; i++) {
        bytes member = c->argv[r->first + 1 + 2 * (int)i];
        last = zsetAddIf(e, member, &scores[i], r->conditions, limits);
        added += last == ZSET_ADDED;
        updated += last == ZSET_UPDATED;
    }
    if (last == ZSET_NAN)
        replyError(c, "ERR resulting score is not a number (NaN)");
    else if (!increase)
        replyInteger(c, (int64_t)(r->count_changes ? added + updated : added));
    else if (last == ZSET_REFUSED)
        replyNull(c);
    else
        replyDouble(c, scores[0]);
    if (!added && !updated) return;
    keyChanged(c, key, NOTIFY_ZSET, increase ? "zincr" : "zadd");
    c->server->dirty += added + updated - 1;
}

/* ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]
 * Replies with the number of new members (with CH: of new scores); with INCR the score, or null
 * where a condition refused it. */
static void zaddCommand(client *c) {
    addRequest r;
    if (!parseAdd(c, &r)) return;
    double few[SCORES_INLINE];
    double *scores = r.count > SCORES_INLINE ? memAlloc(r.count * sizeof *scores) : few;
    bool good = true;
    for (size_t i = 0; good && i < r.count; i++)
        good = argDouble(c, r.first + 2 * (int)i, &scores[i], NULL);
    if (good) addPairs(c, &r, scores);
    if (scores != few) memFree(scores);
}

/* ZINCRBY key increment member
 * Replies with the new score. */
static void zincrbyCommand(client *c) {
    double score;
    if (!argDouble(c, 2, &score, NULL)) return;
    addPairs(c, &(addRequest){.conditions = ZSET_INCREASE, .first = 2, .count = 1}, &score);
}

/* ---- the others ---- */

/* ZREM key member [member ...]
 * Replies with the number of members that were there. */
static void zremCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    size_t removed = 0;
    for (int i = 2; e && i < c->argc && zsetCount(e); i++) removed += zsetRemove(e, c->argv[i]);
    replyInteger(c, (int64_t)removed);
    if (e) zsetShrunk(c, key, e, removed, "zrem");
}

/* ZCARD key */
static void zcardCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    replyInteger(c, e ? (int64_t)zsetCount(e) : 0);
}

static void replyScoreOf(client *c, const entry *e, bytes member) {
    double score;
    if (e && zsetScore(e, member, &score))
        replyDouble(c, score);
    else
        replyNull(c);
}

/* ZSCORE key member */
static void zscoreCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (keyIsType(c, e, TYPE_ZSET)) replyScoreOf(c, e, c->argv[2]);
}

/* ZMSCORE key member [member ...] */
static void zmscoreCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    replyArray(c, (size_t)c->argc - 2);
    for (int i = 2; i < c->argc; i++) replyScoreOf(c, e, c->argv[i]);
}

static void replyRank(client *c, bool reverse) {
    bool with_score = c->argc == 4;
    if (c->argc > 4 || (with_score && !argIs(c, 3, "WITHSCORE"))) {
        replySyntaxError(c);
        return;
    }
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    size_t rank;
    double score;
    if (!e || !zsetRank(e, c->argv[2], reverse, &rank, &score)) {
        if (with_score)
            replyNullArray(c);
        else
            replyNull(c);
        return;
    }
    if (with_score) replyArray(c, 2);
    replyInteger(c, (int64_t)rank);
    if (with_score) replyDouble(c, score);
}

/* ZRANK key member [WITHSCORE] */
static void zrankCommand(client *c) {
    replyRank(c, false);
}

/* ZREVRANK key member [WITHSCORE] */
static void zrevrankCommand(client *c) {
    replyRank(c, true);
}

/* ---- ZRANDMEMBER ---- */

typedef struct rowReply {
    client *c;
    zsetForm form;
} rowReply;

static void visitReply(void *ctx, zsetMember m) {
    const rowReply *r = ctx;
    replyZsetMember(r->c, m, r->form);
}

enum {
    DRAWN_BYTES_MAX = 1024 * 1024 * 1024 /* what the draws of one call may be together */
};

/* 'count' draws of which each is of any member. What is said cannot be taken back, so what is too
 * much must be known before: by the mean size of what a set's allocations hold. */
static void replyDraws(client *c, const entry *e, uint64_t count, zsetForm form) {
    size_t mean = entryMemory(e) / zsetCount(e);
    bool too_big = mean > DRAWN_BYTES_MAX / count && !clientHasHardLimit(c);
    if (too_big || !drawsMayRun(c, count)) {
        replyError(c, "ERR value is out of range");
        return;
    }
    replyZsetHead(c, count, form);
    char scratch[NUM_INT_MAX];
    for (uint64_t i = 0; i < count && !drawsEnd(c, i); i++)
        replyZsetMember(c, zsetRandom(e, &c->server->rng, scratch), form);
}

/* ZRANDMEMBER key [count [WITHSCORES]]
 * Replies with a member drawn at random, or with up to 'count' different ones; with a negative
 * count with so many draws. */
static void zrandmemberCommand(client *c) {
    int64_t count = 0;
    bool scored = c->argc > 3;
    if (c->argc > 2 && !argIntIn(c, 2, -INT64_MAX, INT64_MAX, &count, NULL)) return;
    if (c->argc > 4 || (scored && !argIs(c, 3, "WITHSCORES"))) {
        replySyntaxError(c);
        return;
    }
    if (scored && (count < -INT64_MAX / 2 || count > INT64_MAX / 2)) {
        replyError(c, "ERR value is out of range");
        return;
    }
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    rowReply row = {c, scored ? ZSET_SCORED : ZSET_NAMES};
    char scratch[NUM_INT_MAX];
    if (c->argc == 2) {
        if (e)
            replyBulk(c, zsetRandom(e, &c->server->rng, scratch).name);
        else
            replyNull(c);
    } else if (!e || !count) {
        replyArray(c, 0);
    } else if (count < 0) {
        replyDraws(c, e, (uint64_t)-count, row.form);
    } else {
        size_t all = zsetCount(e), wanted = (uint64_t)count < all ? (size_t)count : all;
        replyZsetHead(c, wanted, row.form);
        zsetSample(e, wanted, &c->server->rng, visitReply, &row);
    }
}

/* ---- ZSCAN ---- */

enum {
    FOUND_INLINE = 128,
    STEPS_A_MEMBER = 10 /* home buckets looked at for each member asked for, before giving up */
};

typedef struct scanRequest {
    client *c;
    scanOptions options;
    /* What was found: the cursor, which goes out first, is known at the end only. */
    zsetMember *found;
    size_t count, capacity;
    size_t seen;
    zsetMember found_inline[FOUND_INLINE];
} scanRequest;

static void replyFound(client *c, zsetMember m) {
    char text[NUM_INT_MAX + 40];
    replyBulk(c, m.name);
    replyBulk(c, bytesOf(text, numFormatDouble(text, m.score)));
}

static void visitFound(void *ctx, zsetMember m) {
    scanRequest *r = ctx;
    if (!scanMatches(&r->options, m.name)) return;
    replyFound(r->c, m);
    r->count++;
}

static void noteFound(void *ctx, zsetMember m) {
    scanRequest *r = ctx;
    r->seen++;
    if (!scanMatches(&r->options, m.name)) return;
    if (r->count == r->capacity) {
        size_t size = r->count * sizeof *r->found;
        zsetMember *grown = memAlloc(size * 2);
        memcpy(grown, r->found, size);
        if (r->found != r->found_inline) memFree(r->found);
        r->found = grown;
        r->capacity *= 2;
    }
    r->found[r->count++] = m;
}

/* All of a small form in one go: the cursor is known. */
static void scanPack(const entry *e, scanRequest *r) {
    replyArray(r->c, 2);
    replyBulk(r->c, BYTES("0"));
    replyHole hole = replyOpen(r->c);
    zsetScan(e, 0, visitFound, r);
    replyClose(r->c, hole, RESP_ARRAY, 2 * r->count);
}

static void scanTree(const entry *e, scanRequest *r) {
    r->found = r->found_inline;
    r->capacity = FOUND_INLINE;
    uint64_t steps;
    if (__builtin_mul_overflow(r->options.effort, STEPS_A_MEMBER, &steps)) steps = UINT64_MAX;
    uint64_t cursor = r->options.cursor;
    do cursor = zsetScan(e, cursor, noteFound, r);
    while (cursor && --steps && r->seen < r->options.effort);
    replyScan(r->c, cursor, 2 * r->count);
    for (size_t i = 0; i < r->count; i++) replyFound(r->c, r->found[i]);
    if (r->found != r->found_inline) memFree(r->found);
}

/* ZSCAN key cursor [MATCH pattern] [COUNT count]
 * Replies with the next cursor, 0 at the end, and members and scores found from this one on. */
static void zscanCommand(client *c) {
    scanRequest r;
    uint64_t cursor;
    if (!scanCursorParse(c, 2, &cursor)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    if (!e) {
        replyScan(c, 0, 0);
        return;
    }
    if (!scanOptionsParse(c, 2, 0, &r.options)) return;
    r.c = c;
    r.count = r.seen = 0;
    if (entryEncoding(e) == ENCODING_LISTPACK)
        scanPack(e, &r);
    else
        scanTree(e, &r);
}

const commandSpec zsetCommands[] = {
    {.name = "zadd",
     .arity = -4,
     .run = zaddCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .member = 3,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE}}},
    {.name = "zincrby",
     .arity = 4,
     .run = zincrbyCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .member = 3,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_UPDATE}}},
    {.name = "zrem",
     .arity = -3,
     .run = zremCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .member = 2,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_DELETE}}},
    {.name = "zcard",
     .arity = 2,
     .run = zcardCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO}}},
    {.name = "zscore",
     .arity = 3,
     .run = zscoreCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .member = 2,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zmscore",
     .arity = -3,
     .run = zmscoreCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zrank",
     .arity = -3,
     .run = zrankCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .member = 2,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zrevrank",
     .arity = -3,
     .run = zrevrankCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .member = 2,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "zrandmember",
     .arity = -2,
     .run = zrandmemberCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}},
     .tips = "nondeterministic_output"},
    {.name = "zscan",
     .arity = -3,
     .run = zscanCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}},
     .tips = "nondeterministic_output"},
    {0},
};
