/* Commands that count: strings that read as numbers. */
#include "server/commands/commands.h"
#include "server/commands/key_overwrite.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

/* Adds to the integer under the key (0 where there is none) and replies with the sum. */
static void add(client *c, int64_t increment) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STRING)) return;
    int64_t value = 0;
    if (e && !entryStringInt(e, &value)) {
        replyNotInteger(c);
        return;
    }
    if (__builtin_add_overflow(value, increment, &value)) {
        replyError(c, "ERR increment or decrement would overflow");
        return;
    }
    if (e)
        dbUpdateInt(c->db, key, e, value);
    else
        dbSetInt(c->db, key, value, false);
    keyChanged(c, key, NOTIFY_STRING, "incrby");
    replyInteger(c, value);
}

/* INCR key
 * Replies with the new value. */
static void incrCommand(client *c) {
    add(c, 1);
}

/* DECR key
 * Replies with the new value. */
static void decrCommand(client *c) {
    add(c, -1);
}

/* INCRBY key increment
 * Replies with the new value. */
static void incrbyCommand(client *c) {
    int64_t increment;
    if (argInt(c, 2, &increment, NULL)) add(c, increment);
}

/* DECRBY key decrement
 * Replies with the new value. */
static void decrbyCommand(client *c) {
    int64_t decrement;
    if (!argInt(c, 2, &decrement, NULL)) return;
    if (decrement == INT64_MIN) {
        replyError(c, "ERR decrement would overflow");
        return;
    }
    add(c, -decrement);
}

/* INCRBYFLOAT key increment
 * Replies with the new value as text. Followers get the sum, not the sum to be worked out: floating
 * point may differ there. */
static void incrbyfloatCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STRING)) return;
    char digits[NUM_INT_MAX];
    long double value = 0, increment;
    if (e && !numParseLongDouble(entryString(e, digits), &value)) {
        replyError(c, "ERR value is not a valid float");
        return;
    }
    if (!argLongDouble(c, 2, &increment, NULL)) return;
    value += increment;
    if (!__builtin_isfinite(value)) {
        replyError(c, "ERR increment would produce NaN or Infinity");
        return;
    }
    char room[NUM_DOUBLE_MAX];
    bytes text = bytesOf(room, numFormatLongDouble(room, value));
    /* Even a whole number is text: that is what clients see in OBJECT ENCODING. */
    if (e)
        dbUpdateText(c->db, key, e, text);
    else
        dbAdd(c->db, key, entryNewString(key.name, text, false));
    keyChanged(c, key, NOTIFY_STRING, "incrbyfloat");
    if (somebodyFollows(c))
        propagateAs(c, 4, (bytes[]){BYTES("SET"), key.name, text, BYTES("KEEPTTL")});
    replyBulk(c, text);
}

const commandSpec counterCommands[] = {
    {.name = "incr",
     .arity = 2,
     .run = incrCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_UPDATE}}},
    {.name = "decr",
     .arity = 2,
     .run = decrCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_UPDATE}}},
    {.name = "incrby",
     .arity = 3,
     .run = incrbyCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_UPDATE}}},
    {.name = "decrby",
     .arity = 3,
     .run = decrbyCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_UPDATE}}},
    {.name = "incrbyfloat",
     .arity = 3,
     .run = incrbyfloatCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_UPDATE}}},
    {0},
};
