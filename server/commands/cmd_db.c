/* Commands on whole databases. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/background.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/jobs/save_job.h"

/* DBSIZE
 * Replies with the number of keys of this db. */
static void dbsizeCommand(client *c) {
    replyInteger(c, (int64_t)dbCount(c->db));
}

static bool parseFlushMode(client *c, bool *async) {
    *async = c->argc == 1 ? c->server->config.lazyfree_lazy_user_flush : argIs(c, 1, "ASYNC");
    if (c->argc == 1) return true;
    if (c->argc == 2 && (*async || argIs(c, 1, "SYNC"))) return true;
    replySyntaxError(c);
    return false;
}

/* Both forms free in slices, that nobody else waits. SYNC takes the first one before it replies:
 * the memory of a small db is there with the reply. */
static void endFlush(client *c, int db_id, bool async) {
    keysFlushed(c, db_id);
    if (!async) backgroundReclaimUntil(c->server, 0);
    replyOk(c);
}

/* FLUSHDB [ASYNC | SYNC] */
static void flushdbCommand(client *c) {
    bool async;
    if (!parseFlushMode(c, &async)) return;
    c->server->dirty += dbFlush(c->db, false);
    endFlush(c, dbId(c->db), async);
}

/* FLUSHALL [ASYNC | SYNC] */
static void flushallCommand(client *c) {
    bool async;
    if (!parseFlushMode(c, &async)) return;
    server *s = c->server;
    for (int i = 0; i < s->db_count; i++) s->dirty += dbFlush(s->dbs[i], false);
    saveFlushed(s);
    endFlush(c, -1, async);
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
