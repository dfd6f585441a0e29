/* Commands on the connection itself. */
#include "server/commands/commands.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* PING [message] */
static void pingCommand(client *c) {
    if (c->argc > 2) {
        replyWrongArity(c, c->cmd);
        return;
    }
    if (c->argc == 1)
        replySimple(c, "PONG");
    else
        replyBulk(c, c->argv[1]);
}

const commandSpec connectionCommands[] = {
    {.name = "ping",
     .arity = -1,
     .run = pingCommand,
     .flags = CMD_FAST,
     .acl = ACL_CONNECTION,
     .tips = "request_policy:all_shards,response_policy:all_succeeded"},
    {0},
};
