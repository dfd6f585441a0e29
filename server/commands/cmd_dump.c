/* DUMP and RESTORE: a value as a string of bytes that another server takes. */
#include "server/commands/commands.h"
#include "server/commands/key_overwrite.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/log.h"
#include "storage/persist/rdb_dump.h"
#include "storage/types/access.h"

/* DUMP key
 * Replies with the payload, or null. */
static void dumpCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!e) {
        replyNull(c);
        return;
    }
    rdbBuffer b;
    rdbBufferInit(&b, c->server->config.rdb_compression);
    switch (rdbDump(&b, e)) {
    case RDB_DUMPED: replyBulk(c, rdbBufferBytes(&b)); break;
    case RDB_NO_MEMORY: replyError(c, "ERR not enough memory for the payload"); break;
    }
    rdbBufferClear(&b);
}

/* ---- restoring ---- */

typedef struct restoreOptions {
    bool replace, absolute;
    int64_t idle_s, count; /* -1: not given */
    int64_t ttl_ms;        /* 0: lasts */
} restoreOptions;

/* False after replying what is wrong. */
static bool parseRestoreOptions(client *c, restoreOptions *o) {
    *o = (restoreOptions){.idle_s = -1, .count = -1};
    for (int i = 4; i < c->argc; i++) {
        bool more = i + 1 < c->argc;
        if (argIs(c, i, "REPLACE")) {
            o->replace = true;
        } else if (argIs(c, i, "ABSTTL")) {
            o->absolute = true;
        } else if (argIs(c, i, "IDLETIME") && more && o->count < 0) {
            if (!argInt(c, ++i, &o->idle_s, NULL)) return false;
            if (o->idle_s < 0) {
                replyError(c, "ERR Invalid IDLETIME value, must be >= 0");
                return false;
            }
        } else if (argIs(c, i, "FREQ") && more && o->idle_s < 0) {
            if (!argInt(c, ++i, &o->count, NULL)) return false;
            if (o->count < 0 || o->count > ACCESS_LFU_MAX) {
                replyError(c, "ERR Invalid FREQ value, must be >= 0 and <= 255");
                return false;
            }
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    return true;
}

static bool parseTtl(client *c, restoreOptions *o) {
    if (!argInt(c, 2, &o->ttl_ms, NULL)) return false;
    bool good = o->ttl_ms >= 0 && o->ttl_ms < DEADLINE_NONE;
    if (good && o->ttl_ms && !o->absolute)
        good = !__builtin_add_overflow(o->ttl_ms, c->server->now_ms, &o->ttl_ms);
    if (!good) replyError(c, "ERR Invalid TTL value, must be >= 0");
    return good;
}

/* The value of the payload, or NULL after replying. */
static entry *loadPayload(client *c, bytes key) {
    bytes payload = c->argv[3];
    if (!rdbDumpIsTrue(payload, c->server->skip_checksums)) {
        replyError(c, "ERR DUMP payload version or checksum are wrong");
        return NULL;
    }
    rdbReader r;
    entry *e = rdbDumpLoad(payload, key, &c->server->config.types, &r);
    if (!e) {
        logLine(LOG_WARN, "RESTORE: integrity check failed at byte %zu of the payload: %s",
                r.error_at + 1, r.error);
        replyError(c, "ERR Bad data format");
    }
    return e;
}

static uint32_t accessOf(const client *c, const restoreOptions *o) {
    const server *s = c->server;
    bool counts = s->config.maxmemory_policy & POLICY_LFU;
    if (counts && o->count >= 0) return accessLfuWith(serverAccessMs(s), (uint8_t)o->count);
    if (!counts && o->idle_s >= 0) return accessLruBefore(serverAccessMs(s), o->idle_s);
    return serverAccessNew(s);
}

/* A record tells the deadline, not how long it is until then. */
static void propagateRestore(client *c, const restoreOptions *o) {
    char digits[3][NUM_INT_MAX];
    bytes argv[9] = {BYTES("RESTORE"), c->argv[1],
                     bytesOf(digits[0], numFormatInt(digits[0], o->ttl_ms)), c->argv[3],
                     BYTES("ABSTTL")};
    int argc = 5;
    if (o->replace) argv[argc++] = BYTES("REPLACE");
    if (o->idle_s >= 0) {
        argv[argc++] = BYTES("IDLETIME");
        argv[argc++] = bytesOf(digits[1], numFormatInt(digits[1], o->idle_s));
    } else if (o->count >= 0) {
        argv[argc++] = BYTES("FREQ");
        argv[argc++] = bytesOf(digits[2], numFormatInt(digits[2], o->count));
    }
    propagateAs(c, argc, argv);
}

/* RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ count]
 * Replies OK; a value whose time is over already only removes what it would have replaced. */
static void restoreCommand(client *c) {
    restoreOptions o;
    keyRef key = argKey(c, 1);
    if (!parseRestoreOptions(c, &o)) return;
    if (!o.replace && dbOpen(c->db, key)) {
        replyError(c, "BUSYKEY Target key name already exists.");
        return;
    }
    if (!parseTtl(c, &o)) return;
    entry *e = loadPayload(c, key.name);
    if (!e) return;
    if (o.ttl_ms && o.ttl_ms <= c->server->judged_ms) {
        entryFree(e);
        if (o.replace && dbDelete(c->db, key, DB_DELETED)) {
            bool lazily = c->server->config.lazyfree_lazy_server_del;
            propagateAs(c, 2, (bytes[]){lazily ? BYTES("UNLINK") : BYTES("DEL"), key.name});
        }
        replyOk(c);
        return;
    }
    if (o.ttl_ms) e = entrySetDeadline(e, o.ttl_ms);
    keyTellOverwrite(c, key, entryType(e));
    e = dbReplace(c->db, key, e);
    entrySetAccess(e, accessOf(c, &o));
    if (o.ttl_ms && !o.absolute && somebodyFollows(c)) propagateRestore(c, &o);
    keyChanged(c, key, NOTIFY_GENERIC, "restore");
    replyOk(c);
}

#define KEY_FIRST(how)                                                                             \
    { .first = 1, .last = 0, .step = 1, .use = (how) }

const commandSpec dumpCommands[] = {
    {.name = "dump",
     .arity = 2,
     .run = dumpCommand,
     .flags = CMD_READONLY,
     .acl = ACL_KEYSPACE,
     .keys = {KEY_FIRST(KEY_RO | KEY_ACCESS)},
     .tips = "nondeterministic_output"},
    {.name = "restore",
     .arity = -4,
     .run = restoreCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_KEYSPACE | ACL_DANGEROUS,
     .keys = {KEY_FIRST(KEY_OW | KEY_UPDATE)}},
    {.name = "restore-asking",
     .arity = -4,
     .run = restoreCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_ASKING,
     .acl = ACL_KEYSPACE | ACL_DANGEROUS,
     .keys = {KEY_FIRST(KEY_OW | KEY_UPDATE)}},
    {0},
};
