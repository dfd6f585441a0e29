/* Commands on the digest of a string: DIGEST, and DELEX, which compares before it removes. */
#include "server/commands/commands.h"
#include "server/commands/key_overwrite.h"
#include "server/commands/key_use.h"
#include "server/commands/value_condition.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* DIGEST key
 * Replies with the digest of the value in hexadecimal digits, or null. */
static void digestCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STRING)) return;
    char digits[DIGEST_SIZE];
    if (e)
        replyBulk(c, digestOfString(e, digits));
    else
        replyNull(c);
}

/* DELEX key [IFEQ value | IFNE value | IFDEQ digest | IFDNE digest]
 * Replies 1 if the key was removed; 0 if it was not there or the condition does not hold. */
static void delexCommand(client *c) {
    valueCondition condition = {0};
    if (c->argc != 2 && c->argc != 4) {
        replyWrongArity(c, c->cmd);
        return;
    }
    if (c->argc == 4 && !valueConditionParse(c, 2, COND_MAY_COMPARE, &condition)) {
        replySyntaxError(c);
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (valueConditionCompares(&condition) && !keyIsType(c, e, TYPE_STRING)) return;
    if (e && !valueConditionCheck(c, &condition)) return;
    if (!e || !valueConditionHolds(&condition, e)) {
        replyInteger(c, 0);
        return;
    }
    dbDeleteEntry(c->db, key, e, DB_DELETED);
    if (somebodyFollows(c)) propagateAs(c, 2, (bytes[]){BYTES("DEL"), key.name});
    replyInteger(c, 1);
}

const commandSpec digestCommands[] = {
    {.name = "digest",
     .arity = 2,
     .run = digestCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "delex",
     .arity = -2,
     .run = delexCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_DELETE | KEY_VARIABLE}},
     .getKeys = delexKeys},
    {0},
};
