/* Commands on whole databases. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/jobs/save_job.h"

/* DBSIZE
 * Replies with the number of keys of this db. */
static void dbsizeCommand(client *c) {
    replyInteger(c, (int64_t)dbCount(c->db));
}

/* Both forms reply at once and free in slices: SYNC has nothing to add that a client could see. */
static bool parseFlushMode(client *c) {
    if (c->argc == 1) return true;
    if (c->argc == 2 && (argIs(c, 1, "SYNC") || argIs(c, 1, "ASYNC"))) return true;
    replySyntaxError(c);
    return false;
}

/* FLUSHDB [ASYNC | SYNC] */
static void flushdbCommand(client *c) {
    if (!parseFlushMode(c)) return;
    c->server->dirty += dbFlush(c->db, false);
    keysFlushed(c, dbId(c->db));
    replyOk(c);
}

/* FLUSHALL [ASYNC | SYNC] */
static void flushallCommand(client *c) {
    if (!parseFlushMode(c)) return;
    server *s = c->server;
    for (int i = 0; i < s->db_count; i++) s->dirty += dbFlush(s->dbs[i], false);
    keysFlushed(c, -1);
    saveFlushed(s);
    replyOk(c);
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
