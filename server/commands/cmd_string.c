/* Commands that read strings and edit a part of them. */
#include "server/commands/commands.h"
#include "server/commands/expire_options.h"
#include "server/commands/key_group.h"
#include "server/commands/key_overwrite.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/num.h"

/* Replies with the value of 'e', or null. False after WRONGTYPE. */
static bool replyValue(client *c, const entry *e) {
    if (!keyIsType(c, e, TYPE_STRING)) return false;
    if (e)
        replyString(c, e);
    else
        replyNull(c);
    return true;
}

/* GET key
 * Replies with the value, or null. */
static void getCommand(client *c) {
    replyValue(c, keyRead(c, argKey(c, 1)));
}

/* GETDEL key
 * Replies with the value, or null, and removes the key. */
static void getdelCommand(client *c) {
    keyRef key = argKey(c, 1);
    const entry *e = keyRead(c, key);
    if (!replyValue(c, e) || !e) return;
    dbDelete(c->db, key, DB_DELETED);
    if (somebodyFollows(c)) propagateAs(c, 2, (bytes[]){BYTES("DEL"), key.name});
}

/* The value of 'key' was read: now its deadline changes as the option says. */
static void changeDeadline(client *c, keyRef key, const expireOption *o, int64_t deadline_ms) {
    entry *e = dbOpen(c->db, key);
    if (o->kind == EXPIRE_PERSIST) {
        if (!entryHasDeadline(e)) return;
        dbSetDeadline(c->db, key, e, DEADLINE_NONE);
        keyChanged(c, key, NOTIFY_GENERIC, "persist");
        if (somebodyFollows(c)) propagateAs(c, 2, (bytes[]){BYTES("PERSIST"), key.name});
    } else if (expireIsPast(c, deadline_ms)) {
        dbDeleteEntry(c->db, key, e, DB_DELETED);
        if (somebodyFollows(c)) propagateAs(c, 2, (bytes[]){BYTES("DEL"), key.name});
    } else {
        dbSetDeadline(c->db, key, e, deadline_ms);
        keyChanged(c, key, NOTIFY_GENERIC, "expire");
        if (!somebodyFollows(c)) return;
        char digits[NUM_INT_MAX];
        bytes time = bytesOf(digits, numFormatInt(digits, deadline_ms));
        propagateAs(c, 3, (bytes[]){BYTES("PEXPIREAT"), key.name, time});
    }
}

/* GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds |
 *   PERSIST]
 * Replies with the value, or null, and changes the deadline. */
static void getexCommand(client *c) {
    expireOption option = {0};
    for (int i = 2; i < c->argc;) {
        int taken = expireOptionParse(c, i, EXPIRE_MAY_PERSIST, &option);
        if (!taken) {
            replySyntaxError(c);
            return;
        }
        i += taken;
    }
    keyRef key = argKey(c, 1);
    const entry *e = keyRead(c, key);
    if (!e) {
        replyNull(c);
        return;
    }
    int64_t deadline_ms;
    if (!keyIsType(c, e, TYPE_STRING) || !expireOptionResolve(c, &option, &deadline_ms)) return;
    replyString(c, e);
    if (option.kind != EXPIRE_UNSAID) changeDeadline(c, key, &option, deadline_ms);
}

/* MGET key [key ...]
 * Replies with the values; null for keys that are absent or no strings. */
static void mgetCommand(client *c) {
    keyRef keys[KEY_GROUP];
    replyArray(c, (size_t)c->argc - 1);
    for (int at = 1; at < c->argc;) {
        int count = keyGroupFetch(c, at, 1, c->argc, keys);
        for (int i = 0; i < count; i++) {
            const entry *e = keyRead(c, keys[i]);
            if (e && entryType(e) == TYPE_STRING)
                replyString(c, e);
            else
                replyNull(c);
        }
        at += count;
    }
}

/* STRLEN key
 * Replies with the length of the value, 0 of an absent key. */
static void strlenCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STRING)) return;
    replyInteger(c, e ? (int64_t)entryStringSize(e) : 0);
}

/* The part from 'start' to 'end', both included and counted from the end where negative. */
static bytes partOf(bytes value, int64_t start, int64_t end) {
    int64_t size = (int64_t)value.size;
    bytes none = bytesOf("", 0);
    if (start < 0 && end < 0 && start > end) return none;
    if (start < 0) start = start < -size ? 0 : start + size;
    if (end < 0) end = end < -size ? -1 : end + size; /* Before the first byte: nothing. */
    if (end >= size) end = size - 1;
    if (start > end) return none;
    return bytesOf(value.data + start, (size_t)(end - start + 1));
}

/* GETRANGE key start end, SUBSTR key start end
 * Replies with a part of the value, empty where the range is. */
static void getrangeCommand(client *c) {
    int64_t start, end;
    if (!argInt(c, 2, &start, NULL) || !argInt(c, 3, &end, NULL)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STRING)) return;
    char scratch[NUM_INT_MAX];
    replyBulk(c, partOf(e ? entryString(e, scratch) : bytesOf("", 0), start, end));
}

/* True if a string of 'size' and 'added' bytes may be stored; else replies the error. */
static bool mayBecome(client *c, uint64_t size, uint64_t added) {
    uint64_t total;
    uint64_t limit = (uint64_t)c->server->config.proto_max_bulk_len;
    if (!__builtin_add_overflow(size, added, &total) && total <= limit) return true;
    replyError(c, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    return false;
}

/* Writes 'value' at 'offset' of the string 'e', which grows to 'size' bytes. False after an error.
 */
static bool writePart(client *c, keyRef key, entry *e, size_t size, size_t offset, bytes value) {
    char *data;
    if (!dbEditString(c->db, key, e, size, &data)) {
        replyError(c, "ERR not enough memory for a string of this size");
        return false;
    }
    if (value.size) memcpy(data + offset, value.data, value.size);
    return true;
}

/* APPEND key value
 * Replies with the new length. Creates the string if there is none. */
static void appendCommand(client *c) {
    keyRef key = argKey(c, 1);
    bytes value = c->argv[2];
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STRING)) return;
    size_t size = e ? entryStringSize(e) : 0;
    if (e) {
        if (!mayBecome(c, size, value.size)) return;
        if (!writePart(c, key, e, size + value.size, size, value)) return;
    } else {
        dbSetString(c->db, key, value, false);
    }
    keyChanged(c, key, NOTIFY_STRING, "append");
    replyInteger(c, (int64_t)(size + value.size));
}

/* SETRANGE key offset value
 * Overwrites a part of the string, filling up with zero bytes. Replies with the new length. */
static void setrangeCommand(client *c) {
    int64_t offset;
    if (!argInt(c, 2, &offset, NULL)) return;
    if (offset < 0) {
        replyError(c, "ERR offset is out of range");
        return;
    }
    keyRef key = argKey(c, 1);
    bytes value = c->argv[3];
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STRING)) return;
    size_t old = e ? entryStringSize(e) : 0;
    if (!value.size) {
        replyInteger(c, (int64_t)old);
        return;
    }
    if (!mayBecome(c, (uint64_t)offset, value.size)) return;
    size_t end = (size_t)offset + value.size;
    size_t size = end > old ? end : old;
    if (!e) e = dbSetString(c->db, key, bytesOf("", 0), false);
    if (!writePart(c, key, e, size, (size_t)offset, value)) {
        if (!old) dbDelete(c->db, key, DB_DELETED);
        return;
    }
    keyChanged(c, key, NOTIFY_STRING, "setrange");
    replyInteger(c, (int64_t)size);
}

const commandSpec stringCommands[] = {
    {.name = "get",
     .arity = 2,
     .run = getCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "getdel",
     .arity = 2,
     .run = getdelCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "getex",
     .arity = -2,
     .run = getexCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1,
               .last = 0,
               .step = 1,
               .use = KEY_RW | KEY_ACCESS | KEY_UPDATE,
               .notes = "Writes because the deadline may change"}}},
    {.name = "mget",
     .arity = -2,
     .run = mgetCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = -1, .step = 1, .use = KEY_RO | KEY_ACCESS}},
     .tips = "request_policy:multi_shard"},
    {.name = "strlen",
     .arity = 2,
     .run = strlenCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO}}},
    {.name = "getrange",
     .arity = 4,
     .run = getrangeCommand,
     .flags = CMD_READONLY,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "substr",
     .arity = 4,
     .run = getrangeCommand,
     .flags = CMD_READONLY,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "append",
     .arity = 3,
     .run = appendCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_INSERT}}},
    {.name = "setrange",
     .arity = 4,
     .run = setrangeCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE}}},
    {0},
};
