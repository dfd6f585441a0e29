/* Transactions: MULTI, EXEC, DISCARD, WATCH, UNWATCH. */
#include "server/commands/commands.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/session/multi.h"
#include "server/session/watch.h"

/* MULTI */
static void multiCommand(client *c) {
    if (c->flags & CLIENT_MULTI) {
        replyError(c, "ERR MULTI calls can not be nested");
        return;
    }
    multiBegin(c);
    replyOk(c);
}

/* EXEC
 * Replies with what each command replied; null if a watched key was changed since. */
static void execCommand(client *c) {
    if (!(c->flags & CLIENT_MULTI)) {
        replyError(c, "ERR EXEC without MULTI");
    } else if (c->flags & CLIENT_DIRTY_EXEC) {
        multiDiscard(c);
        replyError(c, "EXECABORT Transaction discarded because of previous errors.");
    } else if (c->flags & CLIENT_DIRTY_CAS || watchSawExpiry(c)) {
        multiDiscard(c);
        replyNullArray(c);
    } else {
        multiExecute(c);
    }
}

/* DISCARD */
static void discardCommand(client *c) {
    if (!(c->flags & CLIENT_MULTI)) {
        replyError(c, "ERR DISCARD without MULTI");
        return;
    }
    multiDiscard(c);
    replyOk(c);
}

/* WATCH key [key ...]
 * The next EXEC does nothing if one of the keys is changed before it. */
static void watchCommand(client *c) {
    if (c->flags & CLIENT_MULTI) {
        replyError(c, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    for (int i = 1; i < c->argc; i++) watchKey(c, argKey(c, i));
    replyOk(c);
}

/* UNWATCH
 * Forgets the watched keys, and that one was changed. */
static void unwatchCommand(client *c) {
    watchForget(c);
    c->flags &= ~(uint32_t)CLIENT_DIRTY_CAS;
    replyOk(c);
}

enum { ANYTIME = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_ALLOW_BUSY };

const commandSpec txCommands[] = {
    {.name = "multi",
     .arity = 1,
     .run = multiCommand,
     .flags = ANYTIME | CMD_FAST | CMD_NOT_QUEUED,
     .acl = ACL_TRANSACTION},
    {.name = "exec",
     .arity = 1,
     .run = execCommand,
     .flags = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_SKIP_SLOWLOG | CMD_NOT_QUEUED |
              CMD_RUNS_QUEUE | CMD_ENDS_QUEUE,
     .acl = ACL_TRANSACTION},
    {.name = "discard",
     .arity = 1,
     .run = discardCommand,
     .flags = ANYTIME | CMD_FAST | CMD_NOT_QUEUED | CMD_ENDS_QUEUE,
     .acl = ACL_TRANSACTION},
    {.name = "watch",
     .arity = -2,
     .run = watchCommand,
     .flags = ANYTIME | CMD_FAST | CMD_NOT_QUEUED,
     .acl = ACL_TRANSACTION,
     .keys = {{.use = KEY_RO, .first = 1, .last = -1, .step = 1}}},
    {.name = "unwatch",
     .arity = 1,
     .run = unwatchCommand,
     .flags = ANYTIME | CMD_FAST,
     .acl = ACL_TRANSACTION},
    {0},
};
