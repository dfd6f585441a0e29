/* Commands on strings. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* GET key
 * Replies with the value, or null. */
static void getCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STRING)) return;
    if (e)
        replyString(c, e);
    else
        replyNull(c);
}

/* SET key value */
static void setCommand(client *c) {
    keyRef key = argKey(c, 1);
    dbSetString(c->db, key, c->argv[2], false);
    keyChanged(c, key, NOTIFY_STRING, "set");
    replyOk(c);
}

const commandSpec stringCommands[] = {
    {.name = "get",
     .arity = 2,
     .run = getCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "set",
     .arity = -3,
     .run = setCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_STRING,
     .keys = {{.first = 1,
               .last = 0,
               .step = 1,
               .use = KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE}}},
    {0},
};
