/* WAIT and WAITAOF: until earlier writes are known to others, or to the disk. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/session/block.h"

/* There are no replicas and no log so far: nobody ever acknowledges. */
static void replyNobody(client *c) {
    replyInteger(c, 0);
}

static void replyNothingSynced(client *c) {
    replyArray(c, 2);
    replyInteger(c, 0);
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

/* WAITAOF numlocal numreplicas timeout
 * Replies whether the log, and how many replicas' logs, are on disk up to this client's last write.
 */
static void waitaofCommand(client *c) {
    int64_t local, replicas;
    blockOn on = {.timedOut = replyNothingSynced};
    if (!argIntIn(c, 1, 0, 1, &local, NULL)) return;
    if (!argIntIn(c, 2, 0, INT64_MAX, &replicas, "ERR value is out of range, must be positive"))
        return;
    if (!blockParseTimeout(c, 3, BLOCK_MILLISECONDS, &on.timeout_ms)) return;
    if (local)
        replyError(c, "ERR WAITAOF cannot be used when numlocal is set but appendonly is "
                      "disabled.");
    else if (replicas == 0)
        replyNothingSynced(c);
    else
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
