/* MONITOR */
#include "server/commands/commands.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/observe/monitor.h"

/* MONITOR
 * Replies OK, and from then on a line for each command that runs. A second one says nothing. */
static void monitorCommand(client *c) {
    if (c->server->call_depth > 1)
        replyError(c, "ERR MONITOR isn't allowed for DENY BLOCKING client");
    else if (monitorBegin(c))
        replyOk(c);
}

const commandSpec monitorCommands[] = {
    {.name = "monitor",
     .arity = 1,
     .run = monitorCommand,
     .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE},
    {0},
};
