/* WAIT and WAITAOF: until earlier writes are known to others, or to the disk. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/jobs/aof_job.h"
#include "server/session/block.h"

/* There are no replicas so far: nobody ever acknowledges. */
static void replyNobody(client *c) {
    replyInteger(c, 0);
}

/* WAIT numreplicas timeout
 * Replies how many replicas have what this client wrote, once there are enough or time is up. */
static void waitCommand(client *c) {
    int64_t replicas;
    blockOn on = {.timedOut = replyNobody};
    if (!argInt(c, 1, &replicas, NULL)) return;
    if (!blockParseTimeout(c, 2, BLOCK_MILLISECONDS, &on.timeout_ms)) return;
    if (replicas <= 0)
        replyNobody(c);
    else
        blockClient(c, &on);
}

static const char no_log[] =
    "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";

static bool isSynced(const client *c) {
    return aofIsOn(c->server) && aofSynced(c->server) >= c->log_position;
}

static void replySynced(client *c) {
    replyArray(c, 2);
    replyInteger(c, isSynced(c));
    replyInteger(c, 0);
}

/* Time is up, the log is synced, or there is none any more. */
static void endWaitaof(client *c) {
    bool wanted = c->log_wanted != 0;
    c->log_wanted = 0;
    if (wanted && !aofIsOn(c->server))
        replyError(c, no_log);
    else
        replySynced(c);
}

/* WAITAOF numlocal numreplicas timeout
 * Replies whether the log, and how many replicas' logs, are on disk up to this client's last write.
 */
static void waitaofCommand(client *c) {
    int64_t local, replicas;
    blockOn on = {.timedOut = endWaitaof};
    if (!argIntIn(c, 1, 0, 1, &local, NULL)) return;
    if (!argIntIn(c, 2, 0, INT64_MAX, &replicas, "ERR value is out of range, must be positive"))
        return;
    if (!blockParseTimeout(c, 3, BLOCK_MILLISECONDS, &on.timeout_ms)) return;
    if (local && !aofIsOn(c->server)) {
        replyError(c, no_log);
        return;
    }
    if ((!local || isSynced(c)) && replicas == 0) {
        replySynced(c);
        return;
    }
    if (local && replicas == 0) {
        c->log_wanted = c->log_position;
        aofAwait(c);
    }
    blockClient(c, &on);
}

const commandSpec waitCommands[] = {
    {.name = "wait",
     .arity = 3,
     .run = waitCommand,
     .flags = CMD_BLOCKING,
     .acl = ACL_CONNECTION,
     .tips = "request_policy:all_shards,response_policy:agg_min"},
    {.name = "waitaof",
     .arity = 4,
     .run = waitaofCommand,
     .flags = CMD_BLOCKING,
     .acl = ACL_CONNECTION,
     .tips = "request_policy:all_shards,response_policy:agg_min"},
    {0},
};
