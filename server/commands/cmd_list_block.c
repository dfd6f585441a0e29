/* List commands that wait for elements: they try as their other forms do, and when a key they wait
 * for gets some, their request runs again. */
#include "server/commands/commands.h"
#include "server/commands/list_commands.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/session/block.h"

/* What moves has another reply than a timeout where it may not wait at all. */
static void moveTimedOut(client *c) {
    bool could_wait = c->server->call_depth <= 1;
    if (could_wait)
        replyNullArray(c);
    else
        replyNull(c);
}

static void waitForKeys(client *c, int first, int count, int64_t timeout_ms,
                        void (*timedOut)(client *c)) {
    blockClient(c, &(blockOn){.first_key = first,
                              .key_count = count,
                              .type = TYPE_LIST,
                              .timeout_ms = timeout_ms,
                              .timedOut = timedOut});
}

static void blockingPop(client *c, listEnd end) {
    int64_t timeout_ms;
    if (!blockParseTimeout(c, c->argc - 1, BLOCK_SECONDS, &timeout_ms)) return;
    if (listServePop(c, 1, c->argc - 2, end, 0) == LIST_NOT_SERVED)
        waitForKeys(c, 1, c->argc - 2, timeout_ms, replyNullArray);
}

/* BLPOP key [key ...] timeout */
static void blpopCommand(client *c) {
    blockingPop(c, QUICKLIST_HEAD);
}

/* BRPOP key [key ...] timeout */
static void brpopCommand(client *c) {
    blockingPop(c, QUICKLIST_TAIL);
}

/* BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count] */
static void blmpopCommand(client *c) {
    listPopMany p;
    int64_t timeout_ms;
    if (!argPopMany(c, 2, &p) || !blockParseTimeout(c, 1, BLOCK_SECONDS, &timeout_ms)) return;
    if (listServePop(c, p.first, p.keys, p.end, p.count) == LIST_NOT_SERVED)
        waitForKeys(c, p.first, p.keys, timeout_ms, replyNullArray);
}

static void moveOrWait(client *c, const listMove *m, int64_t timeout_ms) {
    if (listServeMove(c, m) == LIST_NOT_SERVED) waitForKeys(c, 1, 1, timeout_ms, moveTimedOut);
}

/* BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout */
static void blmoveCommand(client *c) {
    listMove m;
    int64_t timeout_ms;
    if (argMoveEnds(c, &m) && blockParseTimeout(c, 5, BLOCK_SECONDS, &timeout_ms))
        moveOrWait(c, &m, timeout_ms);
}

/* BRPOPLPUSH source destination timeout */
static void brpoplpushCommand(client *c) {
    listMove m = {.from = QUICKLIST_TAIL, .to = QUICKLIST_HEAD, .count = 1, .is_one = true};
    int64_t timeout_ms;
    if (blockParseTimeout(c, 3, BLOCK_SECONDS, &timeout_ms)) moveOrWait(c, &m, timeout_ms);
}

/* BLMOVEM source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout [<COUNT count |
 *   EXACTLY exactly> <OBO | BULK>] */
static void blmovemCommand(client *c) {
    listMove m;
    int64_t timeout_ms;
    if (!argMoveEnds(c, &m) || !blockParseTimeout(c, 5, BLOCK_SECONDS, &timeout_ms)) return;
    if (argMoveMany(c, 6, &m)) moveOrWait(c, &m, timeout_ms);
}

#define FROM_AND_TO                                                                                \
    .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE},          \
             {.first = 2, .last = 0, .step = 1, .use = KEY_RW | KEY_INSERT}}

const commandSpec listBlockCommands[] = {
    {.name = "blpop",
     .arity = -3,
     .run = blpopCommand,
     .flags = CMD_WRITE | CMD_BLOCKING,
     .acl = ACL_LIST,
     .keys = {{.first = 1, .last = -2, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "brpop",
     .arity = -3,
     .run = brpopCommand,
     .flags = CMD_WRITE | CMD_BLOCKING,
     .acl = ACL_LIST,
     .keys = {{.first = 1, .last = -2, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "blmpop",
     .arity = -5,
     .run = blmpopCommand,
     .flags = CMD_WRITE | CMD_BLOCKING | CMD_MOVABLEKEYS,
     .acl = ACL_LIST,
     .keys = {{.first = 2,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "blmove",
     .arity = 6,
     .run = blmoveCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_BLOCKING,
     .acl = ACL_LIST,
     FROM_AND_TO},
    {.name = "brpoplpush",
     .arity = 4,
     .run = brpoplpushCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_BLOCKING,
     .acl = ACL_LIST,
     FROM_AND_TO},
    {.name = "blmovem",
     .arity = -6,
     .run = blmovemCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_BLOCKING,
     .acl = ACL_LIST,
     FROM_AND_TO},
    {0},
};
