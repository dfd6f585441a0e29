/* Commands that store whole strings: SET and its kin, one key or many. */
#include "server/commands/commands.h"
#include "server/commands/expire_options.h"
#include "server/commands/key_group.h"
#include "server/commands/key_overwrite.h"
#include "server/commands/key_use.h"
#include "server/commands/value_condition.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

/* What the key's deadline becomes. */
typedef struct newDeadline {
    bool keep;
    int64_t at_ms;
} newDeadline;

static const newDeadline no_deadline = {false, DEADLINE_NONE};

/* The part that all have in common: stores and tells. */
static inline void store(client *c, keyRef key, bytes value, newDeadline deadline) {
    keyTellOverwrite(c, key, TYPE_STRING);
    size_t keys = dbCount(c->db);
    entry *e = deadline.keep ? dbSetString(c->db, key, value, true)
                             : dbSetStringUntil(c->db, key, value, deadline.at_ms);
    /* A new key starts with an access of its own. */
    if (dbCount(c->db) == keys) keyNoteAccess(c, e);
    keyChanged(c, key, NOTIFY_STRING, "set");
    if (deadline.at_ms != DEADLINE_NONE) keyEvent(c, key, NOTIFY_GENERIC, "expire");
}

/* Whoever repeats this later must come to the same point in time. */
static void propagateSetUntil(client *c, bytes key, bytes value, int64_t deadline_ms) {
    if (!somebodyFollows(c)) return;
    char digits[NUM_INT_MAX];
    bytes time = bytesOf(digits, numFormatInt(digits, deadline_ms));
    propagateAs(c, 5, (bytes[]){BYTES("SET"), key, value, BYTES("PXAT"), time});
}

/* ---- SET ---- */

typedef struct setOptions {
    valueCondition condition;
    expireOption expire;
    bool get;
} setOptions;

/* False after replying what is wrong. */
static bool parseSetOptions(client *c, setOptions *o) {
    *o = (setOptions){0};
    for (int i = 3; i < c->argc;) {
        int taken = expireOptionParse(c, i, EXPIRE_MAY_KEEPTTL, &o->expire);
        if (!taken)
            taken = valueConditionParse(c, i, COND_MAY_EXIST | COND_MAY_COMPARE, &o->condition);
        if (!taken && argIs(c, i, "GET")) {
            o->get = true;
            taken = 1;
        }
        if (!taken) {
            replySyntaxError(c);
            return false;
        }
        i += taken;
    }
    return valueConditionCheck(c, &o->condition);
}

static void setWithOptions(client *c) {
    setOptions o;
    newDeadline deadline;
    if (!parseSetOptions(c, &o)) return;
    if (!expireOptionResolve(c, &o.expire, &deadline.at_ms)) return;
    deadline.keep = o.expire.kind == EXPIRE_KEEPTTL;

    keyRef key = argKey(c, 1);
    const entry *old = NULL;
    if (o.get)
        old = keyRead(c, key);
    else if (o.condition.kind != COND_NONE)
        old = keyWrite(c, key);
    bool needs_string = o.get || valueConditionCompares(&o.condition);
    if (needs_string && !keyIsType(c, old, TYPE_STRING)) return;

    bool holds = valueConditionHolds(&o.condition, old);
    if (o.get && old)
        replyString(c, old);
    else if (o.get || !holds)
        replyNull(c);
    if (!holds) return;
    store(c, key, c->argv[2], deadline);
    if (deadline.at_ms != DEADLINE_NONE) propagateSetUntil(c, key.name, c->argv[2], deadline.at_ms);
    if (!o.get) replyOk(c);
}

/* SET key value [NX | XX | IFEQ value | IFNE value | IFDEQ digest | IFDNE digest] [GET]
 *   [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]
 * Replies OK, or null where the condition does not hold; with GET, the old value or null. */
static void setCommand(client *c) {
    if (__builtin_expect(c->argc > 3, 0)) {
        setWithOptions(c);
        return;
    }
    keyRef key = argKey(c, 1);
    store(c, key, c->argv[2], no_deadline);
    replyOk(c);
}

/* SETNX key value
 * Replies 1 if the key was set, 0 if it was there. */
static void setnxCommand(client *c) {
    keyRef key = argKey(c, 1);
    bool absent = !keyWrite(c, key);
    if (absent) store(c, key, c->argv[2], no_deadline);
    replyInteger(c, absent);
}

static void setUntil(client *c, expireKind kind) {
    newDeadline deadline = no_deadline;
    if (!expireArgument(c, kind, 2, &deadline.at_ms)) return;
    keyRef key = argKey(c, 1);
    store(c, key, c->argv[3], deadline);
    propagateSetUntil(c, key.name, c->argv[3], deadline.at_ms);
    replyOk(c);
}

/* SETEX key seconds value */
static void setexCommand(client *c) {
    setUntil(c, EXPIRE_EX);
}

/* PSETEX key milliseconds value */
static void psetexCommand(client *c) {
    setUntil(c, EXPIRE_PX);
}

/* GETSET key value
 * Replies with the old value, or null. */
static void getsetCommand(client *c) {
    keyRef key = argKey(c, 1);
    const entry *old = keyRead(c, key);
    if (!keyIsType(c, old, TYPE_STRING)) return;
    if (old)
        replyString(c, old);
    else
        replyNull(c);
    store(c, key, c->argv[2], no_deadline);
    if (somebodyFollows(c)) propagateAs(c, 3, (bytes[]){BYTES("SET"), key.name, c->argv[2]});
}

/* ---- many keys ---- */

/* Stores the pairs at arguments first, first + 1, ... below 'end'. */
static inline void storePairs(client *c, int first, int end, newDeadline deadline) {
    keyRef keys[KEY_GROUP];
    for (int at = first; at < end;) {
        int count = keyGroupFetch(c, at, 2, end, keys);
        for (int i = 0; i < count; i++, at += 2) store(c, keys[i], c->argv[at + 1], deadline);
    }
}

/* True if all keys of those pairs are there, or none, as 'there' asks. The first one that is not as
 * asked decides: those after it are not looked at. */
static bool areAll(client *c, bool there, int first, int end) {
    keyRef keys[KEY_GROUP];
    for (int at = first; at < end;) {
        int count = keyGroupFetch(c, at, 2, end, keys);
        for (int i = 0; i < count; i++)
            if ((keyWrite(c, keys[i]) != NULL) != there) return false;
        at += count * 2;
    }
    return true;
}

static bool isPairs(client *c) {
    if (c->argc % 2) return true;
    replyWrongArity(c, c->cmd);
    return false;
}

/* MSET key value [key value ...] */
static void msetCommand(client *c) {
    if (!isPairs(c)) return;
    storePairs(c, 1, c->argc, no_deadline);
    replyOk(c);
}

/* MSETNX key value [key value ...]
 * Replies 1 if all were set, 0 if none because at least one was there. */
static void msetnxCommand(client *c) {
    if (!isPairs(c)) return;
    bool absent = areAll(c, false, 1, c->argc);
    if (absent) storePairs(c, 1, c->argc, no_deadline);
    replyInteger(c, absent);
}

/* The same with PXAT in place of the deadline's words, and without the condition, which held. */
static void propagateMsetex(client *c, int end, int64_t deadline_ms) {
    if (!somebodyFollows(c)) return;
    bytes *argv = memAlloc(((size_t)end + 2) * sizeof *argv);
    char digits[NUM_INT_MAX];
    memcpy(argv, c->argv, (size_t)end * sizeof *argv);
    argv[end] = BYTES("PXAT");
    argv[end + 1] = bytesOf(digits, numFormatInt(digits, deadline_ms));
    propagateAs(c, end + 2, argv);
    memFree(argv);
}

/* MSETEX numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds |
 *   EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]
 * Replies 1 if all were set, 0 if none. */
static void msetexCommand(client *c) {
    int64_t pairs;
    if (!argIntIn(c, 1, 1, INT32_MAX, &pairs, "ERR invalid numkeys value")) return;
    if (pairs > (c->argc - 2) / 2) {
        replyError(c, "ERR wrong number of key-value pairs");
        return;
    }
    int end = 2 + (int)pairs * 2;
    valueCondition condition = {0};
    expireOption expire = {0};
    for (int i = end; i < c->argc;) {
        int taken = expireOptionParse(c, i, EXPIRE_MAY_KEEPTTL, &expire);
        if (!taken) taken = valueConditionParse(c, i, COND_MAY_EXIST, &condition);
        if (!taken) {
            replySyntaxError(c);
            return;
        }
        i += taken;
    }
    newDeadline deadline = {.keep = expire.kind == EXPIRE_KEEPTTL};
    if (!expireOptionResolve(c, &expire, &deadline.at_ms)) return;
    if (condition.kind != COND_NONE && !areAll(c, condition.kind != COND_NX, 2, end)) {
        replyInteger(c, 0);
        return;
    }
    storePairs(c, 2, end, deadline);
    if (deadline.at_ms != DEADLINE_NONE) propagateMsetex(c, end, deadline.at_ms);
    replyInteger(c, 1);
}

const commandSpec stringSetCommands[] = {
    {.name = "set",
     .arity = -3,
     .run = setCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_STRING,
     .keys = {{.first = 1,
               .last = 0,
               .step = 1,
               .use = KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE,
               .notes = "Reads the old value only with GET"}},
     .getKeys = setKeys},
    {.name = "setnx",
     .arity = 3,
     .run = setnxCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_OW | KEY_INSERT}}},
    {.name = "setex",
     .arity = 4,
     .run = setexCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE}}},
    {.name = "psetex",
     .arity = 4,
     .run = psetexCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE}}},
    {.name = "getset",
     .arity = 3,
     .run = getsetCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_UPDATE}}},
    {.name = "mset",
     .arity = -3,
     .run = msetCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = -1, .step = 2, .use = KEY_OW | KEY_UPDATE}},
     .tips = "request_policy:multi_shard,response_policy:all_succeeded"},
    {.name = "msetnx",
     .arity = -3,
     .run = msetnxCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = -1, .step = 2, .use = KEY_OW | KEY_INSERT}}},
    {.name = "msetex",
     .arity = -4,
     .run = msetexCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_MOVABLEKEYS,
     .acl = ACL_STRING,
     .keys = {{.first = 1,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 2,
               .use = KEY_OW | KEY_UPDATE}},
     .tips = "request_policy:multi_shard,response_policy:all_succeeded"},
    {0},
};
