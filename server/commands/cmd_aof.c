/* BGREWRITEAOF, and what DEBUG does with the append-only log. */
#include <stdlib.h>

#include "server/commands/commands.h"
#include "server/commands/debug_commands.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/jobs/aof_job.h"
#include "storage/base/mem.h"

/* BGREWRITEAOF */
static void bgrewriteaofCommand(client *c) {
    switch (aofRewriteAsk(c->server)) {
    case AOF_REWRITE_STARTED:
        replySimple(c, "Background append only file rewriting started");
        break;
    case AOF_REWRITE_SCHEDULED:
        replySimple(c, "Background append only file rewriting scheduled");
        break;
    case AOF_REWRITE_RUNS:
        replyError(c, "ERR Background append only file rewriting already in progress");
        break;
    case AOF_REWRITE_REFUSED:
        replyError(c, "ERR Can't rewrite the log of a backup: BACKUP SEAL or BACKUP ABORT first");
        break;
    case AOF_REWRITE_FAILED:
        replyError(c, "ERR Can't execute an AOF background rewriting. Please check the server logs "
                      "for more information.");
        break;
    }
}

void debugLoadAof(client *c) {
    int err = aofReload(c->server);
    if (err == ERR_NOT_FOUND)
        replyError(c, "ERR there is no append only file to load");
    else if (err < 0)
        replyError(c, "ERR Error trying to load the AOF, check server logs");
    else
        replyOk(c);
}

void debugAofFlushSleep(client *c) {
    char *text = bytesToText(c->argv[2]);
    aofSetFlushDelay(c->server, strtoll(text, NULL, 10));
    memFree(text);
    replyOk(c);
}

const commandSpec aofCommands[] = {
    {.name = "bgrewriteaof",
     .arity = 1,
     .run = bgrewriteaofCommand,
     .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING},
    {0},
};
