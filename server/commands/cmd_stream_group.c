/* XGROUP, XACK, XACKDEL and XPENDING: consumer groups and what they have pending. */
#include "server/commands/commands.h"
#include "server/commands/stream_args.h"
#include "server/commands/stream_groups.h"
#include "server/commands/stream_record.h"
#include "server/core/args.h"
#include "server/core/background.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/types/t_stream_group.h"

/* ---- finding ---- */

entry *streamKeyOpen(client *c, keyRef key) {
    entry *e = keyWrite(c, key);
    if (!e) keyRead(c, key);
    return e;
}

bool replyNoGroup(client *c, int key_index, int group_index) {
    bytes key = c->argv[key_index], group = c->argv[group_index];
    replyErrorFormat(c, "NOGROUP No such key '%.*s' or consumer group '%.*s'", (int)key.size,
                     key.data, (int)group.size, group.data);
    return false;
}

/* The stream of argument 2, or NULL with the error replied. */
static stream *groupKey(client *c) {
    entry *e = keyWrite(c, argKey(c, 2));
    if (!keyIsType(c, e, TYPE_STREAM)) return NULL;
    if (e) return streamOf(e);
    replyError(c, "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you "
                  "may want to use the MKSTREAM option to create an empty stream automatically.");
    return NULL;
}

/* The group of argument 3, or NULL with the error replied. */
static streamGroup *groupOf(client *c, const stream *s) {
    streamGroup *g = streamGroupFind(s, c->argv[3]);
    if (g) return g;
    bytes key = c->argv[2], group = c->argv[3];
    replyErrorFormat(c, "NOGROUP No such consumer group '%.*s' for key name '%.*s'",
                     (int)group.size, group.data, (int)key.size, key.data);
    return NULL;
}

/* ---- XGROUP ---- */

typedef struct groupOptions {
    bool make_stream;
    int64_t entries_read;
} groupOptions;

static bool parseGroupOptions(client *c, bool may_make, groupOptions *o) {
    *o = (groupOptions){.entries_read = STREAM_READ_UNKNOWN};
    for (int i = 5; i < c->argc; i++) {
        if (may_make && argIs(c, i, "mkstream")) {
            o->make_stream = true;
        } else if (i + 1 < c->argc && argIs(c, i, "entriesread")) {
            if (!argInt(c, ++i, &o->entries_read, NULL)) return false;
            if (o->entries_read < 0 && o->entries_read != STREAM_READ_UNKNOWN) {
                replyError(c, "ERR value for ENTRIESREAD must be positive or -1");
                return false;
            }
        } else {
            replySubcommandError(c);
            return false;
        }
    }
    return true;
}

/* Argument 4: an ID, or "$", the last one of the stream. */
static bool argGroupId(client *c, const stream *s, bool strict, streamId *out) {
    if (!bytesEqual(c->argv[4], BYTES("$"))) return argStreamId(c, 4, 0, strict, out);
    *out = s ? streamLastId(s) : STREAM_ID_ZERO;
    return true;
}

/* A group cannot have read more than there ever was; what a log or a primary says is so already. */
static int64_t capRead(const client *c, const stream *s, int64_t entries_read) {
    int64_t added = (int64_t)streamEntriesAdded(s);
    return entries_read > added && !c->server->deadlines_held ? added : entries_read;
}

/* XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD n] */
static void xgroupCreateCommand(client *c) {
    groupOptions o;
    if (!parseGroupOptions(c, true, &o)) return;
    keyRef key = argKey(c, 2);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    if (!e && !o.make_stream) {
        groupKey(c);
        return;
    }
    streamId id;
    if (!argGroupId(c, e ? streamOf(e) : NULL, true, &id)) return;
    if (!e) e = dbAddCollection(c->db, key, TYPE_STREAM, ENCODING_STREAM, streamNew());
    stream *s = streamOf(e);
    streamGroup *g = streamGroupCreate(s, c->argv[3], id, capRead(c, s, o.entries_read));
    if (!g) {
        replyError(c, "BUSYGROUP Consumer Group name already exists");
        return;
    }
    if (g->entries_read != o.entries_read) streamTellCreated(c, key.name, g, o.make_stream);
    replyOk(c);
    keyChanged(c, key, NOTIFY_STREAM, "xgroup-create");
}

/* XGROUP SETID key group <id | $> [ENTRIESREAD n] */
static void xgroupSetidCommand(client *c) {
    groupOptions o;
    if (!parseGroupOptions(c, false, &o)) return;
    stream *s = groupKey(c);
    streamGroup *g = s ? groupOf(c, s) : NULL;
    streamId id;
    if (!g || !argGroupId(c, s, false, &id)) return;
    g->last_id = id;
    g->entries_read = capRead(c, s, o.entries_read);
    if (g->entries_read != o.entries_read) streamTellReads(c, c->argv[2], g);
    replyOk(c);
    keyChanged(c, argKey(c, 2), NOTIFY_STREAM, "xgroup-setid");
}

/* XGROUP DESTROY key group
 * What it has pending is freed in slices, as a stream of nothing else. */
static void xgroupDestroyCommand(client *c) {
    stream *s = groupKey(c);
    if (!s) return;
    stream *alone = streamGroupDetach(s, c->argv[3]);
    replyInteger(c, alone != NULL);
    if (!alone) return;
    discardEntry(c->server->discard,
                 entryNewCollection(c->argv[3], TYPE_STREAM, ENCODING_STREAM, alone));
    backgroundWakeReclaim(c->server);
    keyChanged(c, argKey(c, 2), NOTIFY_STREAM, "xgroup-destroy");
}

/* XGROUP CREATECONSUMER key group consumer */
static void xgroupCreateconsumerCommand(client *c) {
    stream *s = groupKey(c);
    streamGroup *g = s ? groupOf(c, s) : NULL;
    if (!g) return;
    bool is_new = !streamConsumerFind(g, c->argv[4]);
    if (is_new) {
        streamConsumerCreate(s, g, c->argv[4], c->server->now_ms);
        keyChanged(c, argKey(c, 2), NOTIFY_STREAM, "xgroup-createconsumer");
    }
    replyInteger(c, is_new);
}

/* XGROUP DELCONSUMER key group consumer
 * Replies with the number of entries it had pending: nobody has them any more. */
static void xgroupDelconsumerCommand(client *c) {
    stream *s = groupKey(c);
    streamGroup *g = s ? groupOf(c, s) : NULL;
    if (!g) return;
    int64_t pending = streamConsumerRemove(s, g, c->argv[4]);
    if (pending >= 0) keyChanged(c, argKey(c, 2), NOTIFY_STREAM, "xgroup-delconsumer");
    replyInteger(c, pending < 0 ? 0 : pending);
}

static void xgroupHelpCommand(client *c) {
    static const char *const lines[] = {
        "CREATE <key> <groupname> <id|$> [option]",
        "    Make a consumer group that reads what comes after the ID. Options:",
        "    * MKSTREAM",
        "      Make an empty stream first where there is none.",
        "    * ENTRIESREAD entries_read",
        "      The group's count of entries read (for internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Make a consumer in the group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove a consumer, and what it has pending, from the group.",
        "DESTROY <key> <groupname>",
        "    Remove the group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the ID after which the group goes on, and its count of entries read.",
        NULL,
    };
    replyHelp(c, lines);
}

/* ---- XACK, XACKDEL ---- */

/* XACK key group id [id ...]
 * Replies with the number of entries that were pending. */
static void xackCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e = streamKeyOpen(c, key);
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    stream *s = e ? streamOf(e) : NULL;
    streamGroup *g = s ? streamGroupFind(s, c->argv[2]) : NULL;
    if (!g) {
        replyInteger(c, 0);
        return;
    }
    if (!argStreamIdsAreValid(c, 3, c->argc)) return;
    uint64_t acked = 0;
    for (int i = 3; i < c->argc; i++) {
        streamId id;
        streamIdParse(c->argv[i], 0, true, &id, NULL);
        acked += streamPendingRemove(s, g, id);
    }
    if (acked) {
        keyChanged(c, key, NOTIFY_STREAM, NULL);
        c->server->dirty += acked - 1;
    }
    replyInteger(c, (int64_t)acked);
}

/* XACKDEL key group [KEEPREF | DELREF | ACKED] IDS numids id [id ...]
 * Replies of each ID: -1 it was not pending, 1 acknowledged and deleted, 2 acknowledged, but
 * another group still needs the entry. */
static void xackdelCommand(client *c) {
    streamIdsArgs a;
    if (!argStreamIdsWithRefs(c, 3, &a)) return;
    keyRef key = argKey(c, 1);
    entry *e = streamKeyOpen(c, key);
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    if (!argStreamIdsAreValid(c, a.first, a.first + a.count)) return;
    stream *s = e ? streamOf(e) : NULL;
    streamGroup *g = s ? streamGroupFind(s, c->argv[2]) : NULL;
    uint64_t acked = 0, deleted = 0;
    replyArray(c, (size_t)a.count);
    for (int i = a.first; i < a.first + a.count; i++) {
        streamId id;
        streamIdParse(c->argv[i], 0, true, &id, NULL);
        if (!g || !streamPendingRemove(s, g, id)) {
            replyInteger(c, -1);
            continue;
        }
        acked++;
        /* An entry that was gone before is as good as deleted now. */
        streamDeleteResult result = streamDeleteWith(s, id, a.refs);
        deleted += result == STREAM_DELETED;
        replyInteger(c, result == STREAM_STILL_REFERENCED ? 2 : 1);
    }
    if (!acked) return;
    keyChanged(c, key, NOTIFY_STREAM, deleted ? "xdel" : NULL);
    c->server->dirty += acked - 1;
}

/* ---- XPENDING ---- */

static void pendingSummary(client *c, const streamGroup *g) {
    size_t count = btreeCount(g->pending);
    replyArray(c, 4);
    replyInteger(c, (int64_t)count);
    if (!count) {
        replyNull(c);
        replyNull(c);
        replyNullArray(c);
        return;
    }
    replyStreamId(c, streamPendingAt(btreeFirst(g->pending))->id);
    replyStreamId(c, streamPendingAt(btreeLast(g->pending))->id);
    replyHole hole = replyOpen(c);
    size_t consumers = 0;
    for (btreeAt at = btreeFirst(g->consumers); at.leaf; at = btreeNext(at)) {
        const streamConsumer *consumer = btreeItem(at);
        if (!streamConsumerPending(consumer)) continue;
        replyArray(c, 2);
        replyBulk(c, streamConsumerName(consumer));
        replyBulkInteger(c, (int64_t)streamConsumerPending(consumer));
        consumers++;
    }
    replyClose(c, hole, RESP_ARRAY, consumers);
}

typedef struct pendingArgs {
    bool summary;
    int64_t idle_ms, count;
    streamId from, to;
    int consumer; /* its argument, 0: of all */
} pendingArgs;

static bool parsePending(client *c, pendingArgs *a) {
    *a = (pendingArgs){.summary = c->argc == 3};
    if (a->summary) return true;
    int start = argIs(c, 3, "idle") ? 5 : 3;
    if (c->argc < 6 || c->argc > 9) {
        replySyntaxError(c);
        return false;
    }
    if (start == 5) {
        if (!argInt(c, 4, &a->idle_ms, NULL)) return false;
        if (c->argc < 8) {
            replySyntaxError(c);
            return false;
        }
    }
    if (!argInt(c, start + 2, &a->count, NULL)) return false;
    if (!argStreamInterval(c, start, start + 1, &a->from, &a->to)) return false;
    /* What stands behind the consumer has always been overlooked. */
    if (c->argc > start + 3) a->consumer = start + 3;
    return true;
}

static void replyPending(client *c, const streamPending *p) {
    const streamConsumer *owner = streamPendingOwner(p);
    replyArray(c, 4);
    replyStreamId(c, p->id);
    replyBulk(c, owner ? streamConsumerName(owner) : BYTES(""));
    int64_t idle_ms = c->server->now_ms - p->delivered_ms;
    replyInteger(c, !owner ? -1 : idle_ms < 0 ? 0 : idle_ms);
    replyInteger(c, p->deliveries);
}

static void pendingRange(client *c, const streamGroup *g, const pendingArgs *a) {
    const streamConsumer *consumer = NULL;
    if (a->consumer && !(consumer = streamConsumerFind(g, c->argv[a->consumer]))) {
        replyArray(c, 0);
        return;
    }
    replyHole hole = replyOpen(c);
    int64_t found = 0, now_ms = c->server->now_ms;
    for (btreeAt at = streamPendingSeek(g, consumer, a->from); at.leaf && found < a->count;
         at = btreeNext(at)) {
        const streamPending *p = streamPendingAt(at);
        if (streamIdCompare(p->id, a->to) > 0) break;
        bool is_idle = !streamPendingOwner(p) || now_ms - p->delivered_ms >= a->idle_ms;
        if (a->idle_ms > 0 && !is_idle) continue;
        replyPending(c, p);
        found++;
    }
    replyClose(c, hole, RESP_ARRAY, (size_t)found);
}

/* XPENDING key group [[IDLE ms] start end count [consumer]] */
static void xpendingCommand(client *c) {
    pendingArgs a;
    if (!parsePending(c, &a)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    const streamGroup *g = e ? streamGroupFind(streamOf(e), c->argv[2]) : NULL;
    if (!g)
        replyNoGroup(c, 1, 2);
    else if (a.summary)
        pendingSummary(c, g);
    else
        pendingRange(c, g, &a);
}

#define GROUP_KEY(what) .keys = {{.first = 2, .last = 0, .step = 1, .use = KEY_RW | (what)}}

static const commandSpec xgroupSubcommands[] = {
    {.name = "create",
     .arity = -5,
     .run = xgroupCreateCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_STREAM,
     GROUP_KEY(KEY_INSERT)},
    {.name = "setid",
     .arity = -5,
     .run = xgroupSetidCommand,
     .flags = CMD_WRITE,
     .acl = ACL_STREAM,
     GROUP_KEY(KEY_UPDATE)},
    {.name = "destroy",
     .arity = 4,
     .run = xgroupDestroyCommand,
     .flags = CMD_WRITE,
     .acl = ACL_STREAM,
     GROUP_KEY(KEY_DELETE)},
    {.name = "createconsumer",
     .arity = 5,
     .run = xgroupCreateconsumerCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_STREAM,
     GROUP_KEY(KEY_INSERT)},
    {.name = "delconsumer",
     .arity = 5,
     .run = xgroupDelconsumerCommand,
     .flags = CMD_WRITE,
     .acl = ACL_STREAM,
     GROUP_KEY(KEY_DELETE)},
    {.name = "help",
     .arity = 2,
     .run = xgroupHelpCommand,
     .flags = CMD_LOADING | CMD_STALE,
     .acl = ACL_STREAM},
    {0},
};

const commandSpec streamGroupCommands[] = {
    {.name = "xgroup", .arity = -2, .subcommands = xgroupSubcommands},
    {.name = "xack",
     .arity = -4,
     .run = xackCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE}}},
    {.name = "xackdel",
     .arity = -6,
     .run = xackdelCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE | KEY_DELETE}}},
    {.name = "xpending",
     .arity = -3,
     .run = xpendingCommand,
     .flags = CMD_READONLY,
     .acl = ACL_STREAM,
     .tips = "nondeterministic_output",
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {0},
};
