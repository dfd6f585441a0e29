/* List commands that wait for elements: they try as their other forms do, and while nobody can be
 * kept waiting, what they reply in vain is what they reply when time is over. */
#include "server/commands/commands.h"
#include "server/commands/list_commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* Seconds, decimals allowed; 0: for ever. */
static bool argTimeout(client *c, int index, int64_t *out_ms) {
    double seconds;
    if (!argDouble(c, index, &seconds, "ERR timeout is not a float or out of range")) return false;
    double ms = seconds * 1000;
    if (ms < 0) {
        replyError(c, "ERR timeout is negative");
        return false;
    }
    if (ms >= (double)(INT64_MAX - c->server->now_ms)) {
        replyError(c, "ERR timeout is out of range");
        return false;
    }
    /* A part of a millisecond is not for ever. */
    *out_ms = (int64_t)ms + (ms > (double)(int64_t)ms);
    return true;
}

static void waitOrGiveUp(client *c, listServed served) {
    if (served == LIST_NOT_SERVED) replyNullArray(c);
}

static void blockingPop(client *c, listEnd end) {
    int64_t timeout_ms;
    if (!argTimeout(c, c->argc - 1, &timeout_ms)) return;
    waitOrGiveUp(c, listServePop(c, 1, c->argc - 2, end, 0));
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
    if (!argPopMany(c, 2, &p) || !argTimeout(c, 1, &timeout_ms)) return;
    waitOrGiveUp(c, listServePop(c, p.first, p.keys, p.end, p.count));
}

/* BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout */
static void blmoveCommand(client *c) {
    listMove m;
    int64_t timeout_ms;
    if (!argMoveEnds(c, &m) || !argTimeout(c, 5, &timeout_ms)) return;
    waitOrGiveUp(c, listServeMove(c, &m));
}

/* BRPOPLPUSH source destination timeout */
static void brpoplpushCommand(client *c) {
    listMove m = {.from = QUICKLIST_TAIL, .to = QUICKLIST_HEAD, .count = 1, .is_one = true};
    int64_t timeout_ms;
    if (!argTimeout(c, 3, &timeout_ms)) return;
    waitOrGiveUp(c, listServeMove(c, &m));
}

/* BLMOVEM source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout [<COUNT count |
 *   EXACTLY exactly> <OBO | BULK>] */
static void blmovemCommand(client *c) {
    listMove m;
    int64_t timeout_ms;
    if (!argMoveEnds(c, &m) || !argTimeout(c, 5, &timeout_ms) || !argMoveMany(c, 6, &m)) return;
    waitOrGiveUp(c, listServeMove(c, &m));
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
