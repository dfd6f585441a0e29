/* Commands on keys of any type. */
#include "server/commands/commands.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* DEL key [key ...]
 * Replies with the number of keys that were there. The db tells WATCH, tracking, notifications and
 * propagation through its hooks (DB_DELETED fires "del"). */
static void delCommand(client *c) {
    int64_t deleted = 0;
    for (int i = 1; i < c->argc; i++) deleted += dbDelete(c->db, argKey(c, i), DB_DELETED);
    replyInteger(c, deleted);
}

const commandSpec keysCommands[] = {
    {.name = "del",
     .arity = -2,
     .run = delCommand,
     .flags = CMD_WRITE,
     .acl = ACL_KEYSPACE,
     .keys = {{.first = 1, .last = -1, .step = 1, .use = KEY_RM | KEY_DELETE}},
     .tips = "request_policy:multi_shard,response_policy:agg_sum"},
    {0},
};
