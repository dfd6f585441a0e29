/* HIMPORT: many hashes of equal fields, whose names are told but once. */
#include "server/commands/commands.h"
#include "server/commands/key_overwrite.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/session/fieldsets.h"
#include "storage/base/mem.h"
#include "storage/types/t_hash.h"

/* HIMPORT PREPARE fieldset-name field [field ...] */
static void prepareCommand(client *c) {
    switch (fieldsetPut(c, c->argv[2], c->argv + 3, (size_t)c->argc - 3)) {
    case FIELDSET_TAKEN: replyOk(c); break;
    case FIELDSET_TWICE: replyError(c, "ERR duplicate field name in fieldset"); break;
    case FIELDSET_TOO_MANY: replyError(c, "ERR too many fieldsets"); break;
    }
}

/* Followers know no fieldsets, and HSET leaves what the key held before. */
static void propagateHash(client *c, bytes key, const fieldset *set, bool replaced) {
    if (!somebodyFollows(c)) return;
    if (replaced) propagateAs(c, 2, (bytes[]){BYTES("DEL"), key});
    size_t count = 2 + 2 * set->count;
    bytes *argv = memAlloc(count * sizeof *argv);
    argv[0] = BYTES("HSET");
    argv[1] = key;
    for (size_t i = 0; i < set->count; i++) {
        argv[2 + 2 * i] = set->fields[i];
        argv[3 + 2 * i] = c->argv[4 + i];
    }
    propagateAs(c, (int)count, argv);
    memFree(argv);
}

/* HIMPORT SET key fieldset-name value [value ...]
 * A hash that the key held before gives way; nothing else does. */
static void setCommand(client *c) {
    const fieldset *set = fieldsetFind(c, c->argv[3]);
    if (!set) {
        replyError(c, "ERR no such fieldset");
        return;
    }
    if (set->count != (size_t)c->argc - 4) {
        replyError(c, "ERR value count does not match fieldset field count");
        return;
    }
    keyRef key = argKey(c, 2);
    if (!keyIsType(c, keyWrite(c, key), TYPE_HASH)) return;
    const typeLimits *limits = &c->server->config.types;
    entry *e = hashNew(key.name);
    for (size_t i = 0; i < set->count; i++) hashAppend(e, set->fields[i], c->argv[4 + i], limits);
    keyTellOverwrite(c, key, TYPE_HASH);
    bool replaced = dbDelete(c->db, key, DB_OVERWRITTEN);
    dbAdd(c->db, key, e);
    keySubkeys(c, set->fields, set->count, 1);
    keyChanged(c, key, NOTIFY_HASH, "hset");
    propagateHash(c, key.name, set, replaced);
    replyOk(c);
}

/* HIMPORT DISCARD fieldset-name
 * Replies 1, or 0 where there is none. */
static void discardCommand(client *c) {
    replyInteger(c, fieldsetDrop(c, c->argv[2]));
}

/* HIMPORT DISCARDALL
 * Replies with the number of fieldsets there were. */
static void discardallCommand(client *c) {
    replyInteger(c, (int64_t)fieldsetDropAll(c));
}

static const commandSpec himportSubcommands[] = {
    {.name = "prepare",
     .arity = -4,
     .run = prepareCommand,
     .flags = CMD_DENYOOM,
     .acl = ACL_HASH,
     .tips = "request_policy:all_shards"},
    {.name = "set",
     .arity = -5,
     .run = setCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_HASH,
     .keys = {{.first = 2, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE}}},
    {.name = "discard",
     .arity = 3,
     .run = discardCommand,
     .acl = ACL_HASH,
     .tips = "request_policy:all_shards"},
    {.name = "discardall",
     .arity = 2,
     .run = discardallCommand,
     .acl = ACL_HASH,
     .tips = "request_policy:all_shards"},
    {0},
};

const commandSpec himportCommands[] = {
    {.name = "himport", .arity = -2, .acl = ACL_HASH, .subcommands = himportSubcommands},
    {0},
};
