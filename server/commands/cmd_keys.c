/* Commands on keys of any type. */
#include "server/commands/commands.h"
#include "server/commands/key_group.h"
#include "server/commands/key_overwrite.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* ---- is it there, what is it ---- */

/* DEL key [key ...], UNLINK key [key ...]
 * Replies with the number of keys that were there. The db tells WATCH, tracking, notifications and
 * propagation through its hooks (DB_DELETED fires "del"), and frees in slices what is big. */
static void delCommand(client *c) {
    int64_t deleted = 0;
    keyRef keys[KEY_GROUP];
    for (int at = 1; at < c->argc;) {
        int count = keyGroupFetch(c, at, 1, c->argc, keys);
        for (int i = 0; i < count; i++) deleted += dbDelete(c->db, keys[i], DB_DELETED);
        at += count;
    }
    replyInteger(c, deleted);
}

/* EXISTS key [key ...]
 * Replies with the number of arguments that name a key, repeated ones counted each time. */
static void existsCommand(client *c) {
    int64_t there = 0;
    keyRef keys[KEY_GROUP];
    for (int at = 1; at < c->argc;) {
        int count = keyGroupFetch(c, at, 1, c->argc, keys);
        for (int i = 0; i < count; i++) there += keyPeek(c, keys[i]) != NULL;
        at += count;
    }
    replyInteger(c, there);
}

/* TOUCH key [key ...]
 * As EXISTS, and notes an access to each. */
static void touchCommand(client *c) {
    int64_t there = 0;
    keyRef keys[KEY_GROUP];
    for (int at = 1; at < c->argc;) {
        int count = keyGroupFetch(c, at, 1, c->argc, keys);
        for (int i = 0; i < count; i++) {
            const entry *e = keyPeek(c, keys[i]);
            if (!e) continue;
            keyTouch(c->server, (entry *)(uintptr_t)e);
            there++;
        }
        at += count;
    }
    replyInteger(c, there);
}

/* TYPE key
 * Replies with the name of its type, or none. */
static void typeCommand(client *c) {
    const entry *e = keyPeek(c, argKey(c, 1));
    replySimple(c, e ? entryTypeName(entryType(e)) : "none");
}

/* A key drawn from those that are not past their deadline; where there are but few of them among
 * many that are, those go first, a bounded number of them. NULL if that found none. */
static const entry *randomLiveKey(client *c) {
    enum { ROUNDS = 16, REMOVED_A_ROUND = 256 };
    for (int round = 0; round < ROUNDS; round++) {
        const entry *e = dbRandom(c->db, &c->server->rng);
        if (!e || !dbIsPastDeadline(c->db, e)) return e;
        /* Where nothing may be removed, a name that is as good as gone is the best there is. */
        if (!dbExpireDue(c->db, REMOVED_A_ROUND)) return e;
    }
    return NULL;
}

/* RANDOMKEY
 * Replies with a key, or null. */
static void randomkeyCommand(client *c) {
    const entry *e = randomLiveKey(c);
    if (e)
        replyBulk(c, entryKey(e));
    else
        replyNull(c);
}

/* ---- the same value under another name ---- */

/* Removes what 'key' holds in 'to' to make room for a value of type 'now'; a key past its deadline
 * expires. */
static void giveWay(client *c, db *to, keyRef key, valueType now) {
    const entry *old = dbOpen(to, key);
    if (!old) return;
    keyTellOverwriteIn(c, to, key, old, now);
    dbDelete(to, key, DB_OVERWRITTEN);
}

/* False after replying, where there is nothing to rename or (with 'only_new') no room. */
static bool renameKey(client *c, bool only_new) {
    keyRef from = argKey(c, 1), to = argKey(c, 2);
    entry *e = keyWrite(c, from);
    if (!e) {
        replyError(c, "ERR no such key");
        return false;
    }
    bool same = bytesEqual(from.name, to.name);
    if (only_new && (same || dbOpen(c->db, to))) {
        replyInteger(c, 0);
        return false;
    }
    if (same) return true;
    giveWay(c, c->db, to, entryType(e));
    e = dbDetach(c->db, from, dbOpen(c->db, from));
    dbAdd(c->db, to, entryRename(e, to.name));
    keyChanged(c, from, NOTIFY_GENERIC, "rename_from");
    keyChanged(c, to, NOTIFY_GENERIC, "rename_to");
    return true;
}

/* RENAME key newkey */
static void renameCommand(client *c) {
    if (renameKey(c, false)) replyOk(c);
}

/* RENAMENX key newkey
 * Replies 1, or 0 where newkey is there. */
static void renamenxCommand(client *c) {
    if (renameKey(c, true)) replyInteger(c, 1);
}

/* MOVE key db
 * Replies 1, or 0 where the key is not here or there is one of its name. */
static void moveCommand(client *c) {
    int id;
    if (!argDb(c, 2, &id, NULL, NULL)) return;
    db *to = c->server->dbs[id];
    if (to == c->db) {
        replyError(c, "ERR source and destination objects are the same");
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!e || dbOpen(to, key)) {
        replyInteger(c, 0);
        return;
    }
    dbAdd(to, key, dbDetach(c->db, key, e));
    keyChanged(c, key, NOTIFY_GENERIC, "move_from");
    keyChangedIn(c, id, key, NOTIFY_GENERIC, "move_to");
    replyInteger(c, 1);
}

typedef struct copyOptions {
    db *to;
    bool replace;
} copyOptions;

/* False after replying what is wrong. */
static bool parseCopyOptions(client *c, copyOptions *o) {
    *o = (copyOptions){.to = c->db};
    for (int i = 3; i < c->argc; i++) {
        if (argIs(c, i, "REPLACE")) {
            o->replace = true;
        } else if (argIs(c, i, "DB") && i + 1 < c->argc) {
            int id;
            if (!argDb(c, ++i, &id, NULL, NULL)) return false;
            o->to = c->server->dbs[id];
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    return true;
}

/* COPY source destination [DB destination-db] [REPLACE]
 * Replies 1, or 0 where the source is not there or the destination is. The deadline is copied, too.
 */
static void copyCommand(client *c) {
    copyOptions o;
    if (!parseCopyOptions(c, &o)) return;
    keyRef from = argKey(c, 1), to = argKey(c, 2);
    if (o.to == c->db && bytesEqual(from.name, to.name)) {
        replyError(c, "ERR source and destination objects are the same");
        return;
    }
    const entry *e = keyRead(c, from);
    if (!e || (dbOpen(o.to, to) && !o.replace)) {
        replyInteger(c, 0);
        return;
    }
    entry *copy = entrySetDeadline(entryCopy(e, to.name), entryDeadline(e));
    giveWay(c, o.to, to, entryType(copy));
    dbAdd(o.to, to, copy);
    keyChangedIn(c, dbId(o.to), to, NOTIFY_GENERIC, "copy_to");
    replyInteger(c, 1);
}

#define KEY_AT(index, how)                                                                         \
    { .first = (index), .last = 0, .step = 1, .use = (how) }
#define ALL_KEYS(how)                                                                              \
    { .first = 1, .last = -1, .step = 1, .use = (how) }

const commandSpec keysCommands[] = {
    {.name = "del",
     .arity = -2,
     .run = delCommand,
     .flags = CMD_WRITE,
     .acl = ACL_KEYSPACE,
     .keys = {ALL_KEYS(KEY_RM | KEY_DELETE)},
     .tips = "request_policy:multi_shard,response_policy:agg_sum"},
    {.name = "unlink",
     .arity = -2,
     .run = delCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_KEYSPACE,
     .keys = {ALL_KEYS(KEY_RM | KEY_DELETE)},
     .tips = "request_policy:multi_shard,response_policy:agg_sum"},
    {.name = "exists",
     .arity = -2,
     .run = existsCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_KEYSPACE,
     .keys = {ALL_KEYS(KEY_RO)},
     .tips = "request_policy:multi_shard,response_policy:agg_sum"},
    {.name = "touch",
     .arity = -2,
     .run = touchCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_KEYSPACE,
     .keys = {ALL_KEYS(KEY_RO)},
     .tips = "request_policy:multi_shard,response_policy:agg_sum"},
    {.name = "type",
     .arity = 2,
     .run = typeCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_KEYSPACE,
     .keys = {KEY_AT(1, KEY_RO)}},
    {.name = "randomkey",
     .arity = 1,
     .run = randomkeyCommand,
     .flags = CMD_READONLY,
     .acl = ACL_KEYSPACE,
     .tips = "request_policy:all_shards,response_policy:special,nondeterministic_output"},
    {.name = "rename",
     .arity = 3,
     .run = renameCommand,
     .flags = CMD_WRITE,
     .acl = ACL_KEYSPACE,
     .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_OW | KEY_UPDATE)}},
    {.name = "renamenx",
     .arity = 3,
     .run = renamenxCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_KEYSPACE,
     .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_OW | KEY_INSERT)}},
    {.name = "move",
     .arity = 3,
     .run = moveCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_KEYSPACE,
     .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)}},
    {.name = "copy",
     .arity = -3,
     .run = copyCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_KEYSPACE,
     .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS), KEY_AT(2, KEY_OW | KEY_UPDATE)}},
    {0},
};
