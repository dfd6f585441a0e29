/* XINFO: what a stream, its groups and their consumers know of themselves. */
#include "server/commands/commands.h"
#include "server/commands/stream_args.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/types/t_stream_group.h"

enum { FULL_COUNT = 10 };

/* The stream of argument 2, or NULL with the error replied. */
static const stream *infoKey(client *c) {
    const entry *e = keyRead(c, argKey(c, 2));
    if (!keyIsType(c, e, TYPE_STREAM)) return NULL;
    if (e) return streamOf(e);
    replyError(c, "ERR no such key");
    return NULL;
}

static void replyNamedInteger(client *c, const char *name, int64_t value) {
    replyBulkText(c, name);
    replyInteger(c, value);
}

static void replyNamedId(client *c, const char *name, streamId id) {
    replyBulkText(c, name);
    replyStreamId(c, id);
}

/* ---- XINFO STREAM ---- */

enum { STATE_FIELDS = 7, IDMP_FIELDS = 6 };

/* The first STATE_FIELDS fields. */
static void replyState(client *c, const stream *s) {
    replyNamedInteger(c, "length", (int64_t)streamLength(s));
    replyNamedInteger(c, "radix-tree-keys", (int64_t)streamNodeCount(s));
    /* There is no radix tree; of one the root would be a node more. */
    replyNamedInteger(c, "radix-tree-nodes", (int64_t)streamNodeCount(s) + 1);
    replyNamedId(c, "last-generated-id", streamLastId(s));
    replyNamedId(c, "max-deleted-entry-id", streamMaxDeletedId(s));
    replyNamedInteger(c, "entries-added", (int64_t)streamEntriesAdded(s));
    replyNamedId(c, "recorded-first-entry-id", streamFirstId(s));
}

static void replyIdmp(client *c, const streamIdmpStats *idmp) {
    replyNamedInteger(c, "idmp-duration", idmp->limits.duration_s);
    replyNamedInteger(c, "idmp-maxsize", idmp->limits.maxsize);
    replyNamedInteger(c, "pids-tracked", (int64_t)idmp->producers);
    replyNamedInteger(c, "iids-tracked", (int64_t)idmp->messages);
    replyNamedInteger(c, "iids-added", (int64_t)idmp->added);
    replyNamedInteger(c, "iids-duplicates", (int64_t)idmp->duplicates);
}

static void replyEnd(client *c, const char *name, const stream *s, bool backwards) {
    replyBulkText(c, name);
    streamIterator it;
    streamIteratorInit(&it, s, STREAM_ID_ZERO, STREAM_ID_MAX, backwards);
    if (streamIteratorNext(&it))
        replyStreamEntry(c, &it);
    else
        replyNull(c);
}

/* ---- FULL ---- */

static bool isMore(size_t done, int64_t count) {
    return count == 0 || done < (size_t)count;
}

static void fullEntries(client *c, const stream *s, int64_t count) {
    replyBulkText(c, "entries");
    streamIterator it;
    streamIteratorInit(&it, s, STREAM_ID_ZERO, STREAM_ID_MAX, false);
    replyHole hole = replyOpen(c);
    size_t done = 0;
    for (; isMore(done, count) && streamIteratorNext(&it); done++) replyStreamEntry(c, &it);
    replyClose(c, hole, RESP_ARRAY, done);
}

/* Pending entries of a group, or of one consumer and without its name. */
static void fullPending(client *c, const streamGroup *g, const streamConsumer *of, int64_t count) {
    replyBulkText(c, "pending");
    replyHole hole = replyOpen(c);
    size_t done = 0;
    for (btreeAt at = streamPendingSeek(g, of, STREAM_ID_ZERO); at.leaf && isMore(done, count);
         at = btreeNext(at), done++) {
        const streamPending *p = streamPendingAt(at);
        const streamConsumer *owner = streamPendingOwner(p);
        replyArray(c, of ? 3 : 4);
        replyStreamId(c, p->id);
        if (!of) replyBulk(c, owner ? streamConsumerName(owner) : BYTES(""));
        replyInteger(c, p->delivered_ms);
        replyInteger(c, p->deliveries);
    }
    replyClose(c, hole, RESP_ARRAY, done);
}

static void fullConsumers(client *c, const streamGroup *g, int64_t count) {
    replyBulkText(c, "consumers");
    replyArray(c, streamConsumerCount(g));
    for (btreeAt at = btreeFirst(g->consumers); at.leaf; at = btreeNext(at)) {
        const streamConsumer *consumer = btreeItem(at);
        replyMap(c, 5);
        replyBulkText(c, "name");
        replyBulk(c, streamConsumerName(consumer));
        replyNamedInteger(c, "seen-time", consumer->seen_ms);
        replyNamedInteger(c, "active-time", consumer->active_ms);
        replyNamedInteger(c, "pel-count", (int64_t)streamConsumerPending(consumer));
        fullPending(c, g, consumer, count);
    }
}

static void replyProgress(client *c, const stream *s, const streamGroup *g) {
    replyNamedId(c, "last-delivered-id", g->last_id);
    replyBulkText(c, "entries-read");
    if (g->entries_read == STREAM_READ_UNKNOWN)
        replyNull(c);
    else
        replyInteger(c, g->entries_read);
    int64_t lag;
    replyBulkText(c, "lag");
    if (streamGroupLag(s, g, &lag))
        replyInteger(c, lag);
    else
        replyNull(c);
}

static void fullGroups(client *c, const stream *s, int64_t count) {
    replyBulkText(c, "groups");
    replyArray(c, streamGroupCount(s));
    for (size_t i = 0; i < streamGroupCount(s); i++) {
        const streamGroup *g = streamGroupAt(s, i);
        replyMap(c, 8);
        replyBulkText(c, "name");
        replyBulk(c, streamGroupName(g));
        replyProgress(c, s, g);
        replyNamedInteger(c, "pel-count", (int64_t)btreeCount(g->pending));
        fullPending(c, g, NULL, count);
        fullConsumers(c, g, count);
        replyNamedInteger(c, "nacked-count", (int64_t)g->given_back);
    }
}

/* What follows XINFO STREAM key: nothing, or FULL with a count. */
static bool parseFull(client *c, bool *full, int64_t *count) {
    *full = c->argc > 3;
    *count = FULL_COUNT;
    bool fits = c->argc <= 4 || (c->argc == 6 && argIs(c, 4, "count"));
    if (!fits || (*full && !argIs(c, 3, "full"))) {
        replySubcommandError(c);
        return false;
    }
    if (c->argc == 6 && !argInt(c, 5, count, NULL)) return false;
    if (*count < 0) *count = FULL_COUNT;
    return true;
}

/* XINFO STREAM key [FULL [COUNT count]] */
static void xinfoStreamCommand(client *c) {
    const stream *s = infoKey(c);
    bool full;
    int64_t count;
    if (!s || !parseFull(c, &full, &count)) return;
    streamIdmpStats idmp;
    streamIdmpStatsOf(s, streamIdmpDefaults(c), c->server->now_ms, &idmp);
    replyMap(c, STATE_FIELDS + IDMP_FIELDS + (full ? 2u : 3u));
    replyState(c, s);
    replyIdmp(c, &idmp);
    if (full) {
        fullEntries(c, s, count);
        fullGroups(c, s, count);
        return;
    }
    replyNamedInteger(c, "groups", (int64_t)streamGroupCount(s));
    replyEnd(c, "first-entry", s, false);
    replyEnd(c, "last-entry", s, true);
}

/* ---- XINFO GROUPS, XINFO CONSUMERS ---- */

/* XINFO GROUPS key */
static void xinfoGroupsCommand(client *c) {
    const stream *s = infoKey(c);
    if (!s) return;
    replyArray(c, streamGroupCount(s));
    for (size_t i = 0; i < streamGroupCount(s); i++) {
        const streamGroup *g = streamGroupAt(s, i);
        replyMap(c, 6);
        replyBulkText(c, "name");
        replyBulk(c, streamGroupName(g));
        replyNamedInteger(c, "consumers", (int64_t)streamConsumerCount(g));
        replyNamedInteger(c, "pending", (int64_t)btreeCount(g->pending));
        replyProgress(c, s, g);
    }
}

static int64_t since(const client *c, int64_t ms) {
    int64_t passed_ms = c->server->now_ms - ms;
    return passed_ms < 0 ? 0 : passed_ms;
}

/* XINFO CONSUMERS key group */
static void xinfoConsumersCommand(client *c) {
    const stream *s = infoKey(c);
    if (!s) return;
    const streamGroup *g = streamGroupFind(s, c->argv[3]);
    if (!g) {
        bytes key = c->argv[2], group = c->argv[3];
        replyErrorFormat(c, "NOGROUP No such consumer group '%.*s' for key name '%.*s'",
                         (int)group.size, group.data, (int)key.size, key.data);
        return;
    }
    replyArray(c, streamConsumerCount(g));
    for (btreeAt at = btreeFirst(g->consumers); at.leaf; at = btreeNext(at)) {
        const streamConsumer *consumer = btreeItem(at);
        replyMap(c, 4);
        replyBulkText(c, "name");
        replyBulk(c, streamConsumerName(consumer));
        replyNamedInteger(c, "pending", (int64_t)streamConsumerPending(consumer));
        replyNamedInteger(c, "idle", since(c, consumer->seen_ms));
        bool never = consumer->active_ms == STREAM_NEVER;
        replyNamedInteger(c, "inactive", never ? -1 : since(c, consumer->active_ms));
    }
}

static void xinfoHelpCommand(client *c) {
    static const char *const lines[] = {
        "CONSUMERS <key> <groupname>",
        "    Tell of each consumer of the group.",
        "GROUPS <key>",
        "    Tell of each consumer group of the stream.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Tell of the stream itself; with FULL, of all that is in it.",
        NULL,
    };
    replyHelp(c, lines);
}

static const commandSpec xinfoSubcommands[] = {
    {.name = "stream",
     .arity = -3,
     .run = xinfoStreamCommand,
     .flags = CMD_READONLY,
     .acl = ACL_STREAM,
     .keys = {{.first = 2, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "groups",
     .arity = 3,
     .run = xinfoGroupsCommand,
     .flags = CMD_READONLY,
     .acl = ACL_STREAM,
     .keys = {{.first = 2, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "consumers",
     .arity = 4,
     .run = xinfoConsumersCommand,
     .flags = CMD_READONLY,
     .acl = ACL_STREAM,
     .tips = "nondeterministic_output",
     .keys = {{.first = 2, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "help",
     .arity = 2,
     .run = xinfoHelpCommand,
     .flags = CMD_LOADING | CMD_STALE,
     .acl = ACL_STREAM},
    {0},
};

const commandSpec streamInfoCommands[] = {
    {.name = "xinfo", .arity = -2, .subcommands = xinfoSubcommands},
    {0},
};
