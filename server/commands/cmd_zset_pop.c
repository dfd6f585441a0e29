/* Commands that take out the first or last members of sorted sets, waiting for some or not. */
#include "server/commands/commands.h"
#include "server/commands/key_overwrite.h"
#include "server/commands/zset_results.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/session/block.h"

/* Replies with the first (last) 'count' members as they are asked for, takes them out and tells. */
static void popMembers(client *c, keyRef key, entry *e, bool last, size_t count, zsetForm form) {
    size_t all = zsetCount(e);
    if (count > all) count = all;
    zsetSpan span = {last ? all - count : 0, count};
    replyZsetSpan(c, e, span, last, form);
    const char *event = last ? "zpopmax" : "zpopmin";
    if (count < all) {
        zsetRemoveSpan(e, span);
        zsetShrunk(c, key, e, count, event);
        return;
    }
    keyChanged(c, key, NOTIFY_ZSET, event);
    c->server->dirty += count - 1;
    dbDeleteEntry(c->db, key, e, DB_DELETED);
}

/* ---- ZPOPMIN, ZPOPMAX ---- */

static void popCommand(client *c, bool last) {
    int64_t count = 1;
    if (c->argc > 3) {
        replySyntaxError(c);
        return;
    }
    if (c->argc == 3 &&
        !argIntIn(c, 2, 0, INT64_MAX, &count, "ERR value is out of range, must be positive"))
        return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ZSET)) return;
    if (!e || !count)
        replyArray(c, 0);
    else
        popMembers(c, key, e, last, (size_t)count, c->argc == 3 ? ZSET_SCORED : ZSET_FLAT);
}

/* ZPOPMIN key [count]
 * Replies with the members of the lowest scores, and takes them out. */
static void zpopminCommand(client *c) {
    popCommand(c, false);
}

/* ZPOPMAX key [count] */
static void zpopmaxCommand(client *c) {
    popCommand(c, true);
}

/* ---- of the first key that has some ---- */

typedef struct popRequest {
    int first_key, key_count;
    bool last;
    size_t count;
    bool as_pairs; /* the reply is the key and a row of pairs, else key, member, score */
} popRequest;

/* What followers get of one that may have waited: the pop itself. */
static void tellFollowers(client *c, keyRef key, bool last, size_t count) {
    if (!somebodyFollows(c)) return;
    char digits[NUM_INT_MAX];
    bytes words[] = {last ? BYTES("ZPOPMAX") : BYTES("ZPOPMIN"), key.name,
                     bytesOf(digits, numFormatUint(digits, count))};
    propagateAs(c, 3, words);
}

/* Serves from the first key that has members; true too after replying an error. */
static bool popServe(client *c, const popRequest *r) {
    for (int i = r->first_key; i < r->first_key + r->key_count; i++) {
        keyRef key = argKey(c, i);
        entry *e = keyWrite(c, key);
        if (!keyIsType(c, e, TYPE_ZSET)) return true;
        if (!e) continue;
        size_t all = zsetCount(e), count = r->count < all ? r->count : all;
        replyArray(c, r->as_pairs ? 2 : 3);
        replyBulk(c, key.name);
        if (r->as_pairs) {
            popMembers(c, key, e, r->last, count, ZSET_PAIRS);
        } else {
            zsetIterator it;
            zsetMember m;
            zsetSpan span = {r->last ? all - 1 : 0, 1};
            zsetIteratorInit(&it, e, span, false);
            zsetIteratorNext(&it, &m);
            replyBulk(c, m.name);
            replyDouble(c, m.score);
            zsetRemoveSpan(e, span);
            zsetShrunk(c, key, e, 1, r->last ? "zpopmax" : "zpopmin");
        }
        tellFollowers(c, key, r->last, count);
        return true;
    }
    return false;
}

/* "numkeys key [key ...] <MIN | MAX> [COUNT count]" from argument 'at' on; false after replying
 * what is wrong. */
static bool parseMany(client *c, int at, popRequest *r) {
    int64_t keys, count = 1;
    if (!argIntIn(c, at, 1, INT64_MAX, &keys, "ERR numkeys should be greater than 0")) return false;
    if (keys > c->argc - at - 2) {
        replySyntaxError(c);
        return false;
    }
    int where = at + 1 + (int)keys;
    r->first_key = at + 1;
    r->key_count = (int)keys;
    r->last = argIs(c, where, "MAX");
    bool counted = where + 3 == c->argc && argIs(c, where + 1, "COUNT");
    if ((!r->last && !argIs(c, where, "MIN")) || (where + 1 < c->argc && !counted)) {
        replySyntaxError(c);
        return false;
    }
    if (counted &&
        !argIntIn(c, where + 2, 1, INT64_MAX, &count, "ERR count should be greater than 0"))
        return false;
    r->count = (size_t)count;
    r->as_pairs = true;
    return true;
}

/* ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count] */
static void zmpopCommand(client *c) {
    popRequest r;
    if (parseMany(c, 1, &r) && !popServe(c, &r)) replyNullArray(c);
}

static void waitFor(client *c, const popRequest *r, int64_t timeout_ms) {
    blockClient(c, &(blockOn){.first_key = r->first_key,
                              .key_count = r->key_count,
                              .type = TYPE_ZSET,
                              .timeout_ms = timeout_ms,
                              .timedOut = replyNullArray});
}

static void popOrWait(client *c, bool last) {
    popRequest r = {.first_key = 1, .key_count = c->argc - 2, .last = last, .count = 1};
    int64_t timeout_ms;
    if (!blockParseTimeout(c, c->argc - 1, BLOCK_SECONDS, &timeout_ms)) return;
    if (!popServe(c, &r)) waitFor(c, &r, timeout_ms);
}

/* BZPOPMIN key [key ...] timeout
 * Replies with key, member and score of the first key that has members, or null when time is up. */
static void bzpopminCommand(client *c) {
    popOrWait(c, false);
}

/* BZPOPMAX key [key ...] timeout */
static void bzpopmaxCommand(client *c) {
    popOrWait(c, true);
}

/* BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count] */
static void bzmpopCommand(client *c) {
    popRequest r;
    int64_t timeout_ms;
    if (!parseMany(c, 2, &r) || !blockParseTimeout(c, 1, BLOCK_SECONDS, &timeout_ms)) return;
    if (!popServe(c, &r)) waitFor(c, &r, timeout_ms);
}

const commandSpec zsetPopCommands[] = {
    {.name = "zpopmin",
     .arity = -2,
     .run = zpopminCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "zpopmax",
     .arity = -2,
     .run = zpopmaxCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "zmpop",
     .arity = -4,
     .run = zmpopCommand,
     .flags = CMD_WRITE | CMD_MOVABLEKEYS,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "bzpopmin",
     .arity = -3,
     .run = bzpopminCommand,
     .flags = CMD_WRITE | CMD_BLOCKING | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = -2, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "bzpopmax",
     .arity = -3,
     .run = bzpopmaxCommand,
     .flags = CMD_WRITE | CMD_BLOCKING | CMD_FAST,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 1, .last = -2, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "bzmpop",
     .arity = -5,
     .run = bzmpopCommand,
     .flags = CMD_WRITE | CMD_BLOCKING | CMD_MOVABLEKEYS,
     .acl = ACL_SORTEDSET,
     .keys = {{.first = 2,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {0},
};
