/* Commands on whole databases. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/jobs/save_job.h"
#include "server/session/block.h"

/* DBSIZE
 * Replies with the number of keys of this db. */
static void dbsizeCommand(client *c) {
    replyInteger(c, (int64_t)dbCount(c->db));
}

/* ---- FLUSHDB and FLUSHALL ---- */

/* Both forms free in slices; SYNC replies when all is freed. */
static bool parseFlushMode(client *c, bool *sync) {
    *sync = !c->server->config.lazyfree_lazy_user_flush;
    if (c->argc == 1) return true;
    *sync = argIs(c, 1, "SYNC");
    if (c->argc == 2 && (*sync || argIs(c, 1, "ASYNC"))) return true;
    replySyntaxError(c);
    return false;
}

/* Where nobody can wait (in a transaction, in a script) SYNC frees a few keys on the spot. */
static void flush(client *c, db *d, bool sync) {
    enum { FEW_KEYS = 1000 };
    bool now = sync && effectsInUnit(c->server) && dbCount(d) <= FEW_KEYS;
    c->server->dirty += dbFlush(d, now);
}

static bool allIsFreed(client *c) {
    return discardPending(c->server->discard) == 0;
}

static void replyWhenFreed(client *c, bool sync) {
    /* Others who delete without end do not keep it waiting without end. */
    enum { STEPS_AT_ONCE = 8, ITEMS_A_STEP = 256, LOOK_MS = 1, LONGEST_MS = 10000 };
    discardQueue *q = c->server->discard;
    for (int i = 0; sync && i < STEPS_AT_ONCE; i++)
        if (!discardStep(q, ITEMS_A_STEP)) break;
    if (!sync || allIsFreed(c))
        replyOk(c);
    else
        blockClient(c, &(blockOn){.timeout_ms = LONGEST_MS,
                                  .again_ms = LOOK_MS,
                                  .isOver = allIsFreed,
                                  .timedOut = replyOk});
}

/* FLUSHDB [ASYNC | SYNC] */
static void flushdbCommand(client *c) {
    bool sync;
    if (!parseFlushMode(c, &sync)) return;
    flush(c, c->db, sync);
    keysFlushed(c, dbId(c->db));
    propagateAnyway(c, FOLLOWS_ALL); /* Of nothing, too. */
    replyWhenFreed(c, sync);
}

/* FLUSHALL [ASYNC | SYNC] */
static void flushallCommand(client *c) {
    bool sync;
    if (!parseFlushMode(c, &sync)) return;
    server *s = c->server;
    for (int i = 0; i < s->db_count; i++) flush(c, s->dbs[i], sync);
    keysFlushed(c, -1);
    propagateAnyway(c, FOLLOWS_ALL);
    saveFlushed(s);
    replyWhenFreed(c, sync);
}

/* SWAPDB index1 index2
 * Clients stay in the db of their number and see the keys of the other one. */
static void swapdbCommand(client *c) {
    server *s = c->server;
    /* That both are numbers is asked before either is looked at. */
    int64_t number;
    int first, second;
    if (!argIntIn(c, 1, INT32_MIN, INT32_MAX, &number, "ERR invalid first DB index")) return;
    if (!argIntIn(c, 2, INT32_MIN, INT32_MAX, &number, "ERR invalid second DB index")) return;
    if (!argDb(c, 1, &first, NULL, NULL) || !argDb(c, 2, &second, NULL, NULL)) return;
    s->dirty++;
    if (first != second) {
        dbSwap(s->dbs[first], s->dbs[second]);
        keysFlushed(c, first);
        keysFlushed(c, second);
    }
    replyOk(c);
}

const commandSpec dbCommands[] = {
    {.name = "dbsize",
     .arity = 1,
     .run = dbsizeCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_KEYSPACE,
     .tips = "request_policy:all_shards,response_policy:agg_sum"},
    {.name = "flushdb",
     .arity = -1,
     .run = flushdbCommand,
     .flags = CMD_WRITE,
     .acl = ACL_KEYSPACE | ACL_DANGEROUS,
     .tips = "request_policy:all_shards,response_policy:all_succeeded"},
    {.name = "flushall",
     .arity = -1,
     .run = flushallCommand,
     .flags = CMD_WRITE,
     .acl = ACL_KEYSPACE | ACL_DANGEROUS,
     .tips = "request_policy:all_shards,response_policy:all_succeeded"},
    {.name = "swapdb",
     .arity = 3,
     .run = swapdbCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_KEYSPACE | ACL_DANGEROUS},
    {0},
};
