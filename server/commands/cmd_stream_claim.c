/* XCLAIM, XAUTOCLAIM and XNACK: pending entries that change hands. */
#include "server/commands/commands.h"
#include "server/commands/stream_args.h"
#include "server/commands/stream_groups.h"
#include "server/commands/stream_record.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/types/t_stream_group.h"

typedef struct claim {
    stream *s;
    streamGroup *group;
    streamConsumer *consumer;
    keyRef key;
    int64_t now_ms, min_idle_ms;
    int64_t delivered_ms; /* that what is claimed gets */
    int64_t retry_count;  /* -1: counted up */
    bool force, just_id;
    bool is_new, named; /* the consumer; followers were told of something that it has */
    uint64_t changes;
} claim;

/* What the key of argument 1 holds, of whatever type, or NULL. */
static entry *openKey(client *c, claim *k) {
    k->key = argKey(c, 1);
    k->now_ms = c->server->now_ms;
    k->delivered_ms = k->now_ms;
    k->retry_count = -1;
    return streamKeyOpen(c, k->key);
}

/* The stream and the group of argument 2, where they are; false with the error replied. */
static bool findGroupIn(client *c, claim *k, entry *e) {
    if (!keyIsType(c, e, TYPE_STREAM)) return false;
    k->s = e ? streamOf(e) : NULL;
    k->group = e ? streamGroupFind(k->s, c->argv[2]) : NULL;
    return true;
}

static bool findGroup(client *c, claim *k) {
    return findGroupIn(c, k, openKey(c, k));
}

static bool openGroup(client *c, claim *k) {
    return findGroup(c, k) && (k->group || replyNoGroup(c, 1, 2));
}

/* The consumer of argument 3, who is made whether there is anything to claim or not. */
static void openConsumer(client *c, claim *k) {
    k->consumer = streamConsumerFind(k->group, c->argv[3]);
    k->is_new = !k->consumer;
    if (k->is_new) {
        k->consumer = streamConsumerCreate(k->s, k->group, c->argv[3], k->now_ms);
        keyChanged(c, k->key, NOTIFY_STREAM, "xgroup-createconsumer");
    }
    k->consumer->seen_ms = k->now_ms;
}

static bool argMinIdle(client *c, int index, const char *error, claim *k) {
    if (!argInt(c, index, &k->min_idle_ms, error)) return false;
    if (k->min_idle_ms < 0) k->min_idle_ms = 0;
    return true;
}

/* Without a minimum every entry is, even one delivered ahead of this server's clock. */
static bool isIdle(const claim *k, const streamPending *p) {
    return !streamPendingOwner(p) || !k->min_idle_ms ||
           k->now_ms - p->delivered_ms >= k->min_idle_ms;
}

/* Gives p to the consumer. */
static void take(client *c, claim *k, streamPending *p) {
    int64_t deliveries = p->deliveries;
    if (k->retry_count >= 0)
        deliveries = k->retry_count;
    else if (!k->just_id && deliveries != INT64_MAX)
        deliveries++;
    streamPendingAssign(k->group, p, k->consumer, k->delivered_ms, deliveries);
    k->consumer->active_ms = k->now_ms;
    k->changes++;
    k->named = true;
    streamTellClaimed(c, k->key.name, k->group, p);
}

/* Removes what is pending of an entry that is gone. */
static void drop(client *c, claim *k, streamId id) {
    streamPendingRemove(k->s, k->group, id);
    k->changes++;
    streamTellAcked(c, k->key.name, k->group, id);
}

static bool findEntry(const claim *k, streamIterator *it, streamId id) {
    streamIteratorInit(it, k->s, id, id, false);
    return streamIteratorNext(it);
}

static void replyClaimed(client *c, const claim *k, streamIterator *it) {
    if (k->just_id)
        replyStreamId(c, it->id);
    else
        replyStreamEntry(c, it);
}

static void tellChanges(client *c, const claim *k) {
    if (k->is_new && !k->named) streamTellConsumer(c, k->key.name, k->group, k->consumer);
    if (!k->changes) return;
    keyChanged(c, k->key, NOTIFY_STREAM, NULL);
    c->server->dirty += k->changes - 1;
}

/* ---- XCLAIM ---- */

static bool claimOption(client *c, int *index, claim *k, streamId *last_id) {
    int i = *index;
    bool more = i + 1 < c->argc;
    *index = i + 1;
    if (more && argIs(c, i, "idle")) {
        int64_t idle_ms;
        if (!argInt(c, i + 1, &idle_ms, "ERR Invalid IDLE option argument for XCLAIM"))
            return false;
        /* An absurd one would overflow; it is no time in the past, whatever it is. */
        k->delivered_ms = idle_ms > k->now_ms ? -1 : k->now_ms - (idle_ms < 0 ? 0 : idle_ms);
        return true;
    }
    if (more && argIs(c, i, "time"))
        return argInt(c, i + 1, &k->delivered_ms, "ERR Invalid TIME option argument for XCLAIM");
    if (more && argIs(c, i, "retrycount"))
        return argInt(c, i + 1, &k->retry_count,
                      "ERR Invalid RETRYCOUNT option argument for XCLAIM");
    if (more && argIs(c, i, "lastid")) return argStreamId(c, i + 1, 0, true, last_id);
    *index = i;
    if (argIs(c, i, "force"))
        k->force = true;
    else if (argIs(c, i, "justid"))
        k->just_id = true;
    else {
        replyErrorFormat(c, "ERR Unrecognized XCLAIM option '%.*s'", (int)c->argv[i].size,
                         c->argv[i].data);
        return false;
    }
    return true;
}

static bool claimOne(client *c, claim *k, streamId id) {
    streamIterator it;
    streamPending *p = streamPendingFind(k->group, id);
    if (!findEntry(k, &it, id)) {
        if (p) drop(c, k, id);
        return false;
    }
    if (!p && k->force)
        p = streamPendingAdd(k->s, k->group, k->consumer, id, k->delivered_ms, 1);
    else if (!p || !isIdle(k, p))
        return false;
    take(c, k, p);
    replyClaimed(c, k, &it);
    return true;
}

/* XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-ms]
 *   [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id] */
static void xclaimCommand(client *c) {
    claim k = {.force = false};
    if (!openGroup(c, &k)) return;
    if (!argMinIdle(c, 4, "ERR Invalid min-idle-time argument for XCLAIM", &k)) return;
    int end = 5;
    streamId id, last_id = STREAM_ID_ZERO;
    while (end < c->argc && streamIdParse(c->argv[end], 0, true, &id, NULL)) end++;
    for (int i = end; i < c->argc; i++)
        if (!claimOption(c, &i, &k, &last_id)) return;
    /* A delivery lies in the past, by the clock of the server where it happened. */
    bool ahead = k.delivered_ms > k.now_ms && !c->server->deadlines_held;
    if (k.delivered_ms < 0 || ahead) k.delivered_ms = k.now_ms;
    openConsumer(c, &k);
    bool read_on = streamIdCompare(last_id, k.group->last_id) > 0;
    if (read_on) k.group->last_id = last_id;
    replyHole hole = replyOpen(c);
    size_t claimed = 0;
    for (int i = 5; i < end; i++) {
        streamIdParse(c->argv[i], 0, true, &id, NULL);
        claimed += claimOne(c, &k, id);
    }
    replyClose(c, hole, RESP_ARRAY, claimed);
    if (read_on && !k.named) {
        streamTellReads(c, k.key.name, k.group);
        k.changes++;
    }
    tellChanges(c, &k);
}

/* ---- XAUTOCLAIM ---- */

enum { ATTEMPTS_A_CLAIM = 10, CLAIM_DEFAULT = 100 };
#define CLAIM_MAX (INT64_MAX / (int64_t)sizeof(streamId))

typedef struct idList {
    streamId *ids;
    size_t count, room;
} idList;

typedef struct autoClaim {
    int64_t count;
    streamId from;
    idList claimed, deleted; /* deleted: found pending without an entry */
} autoClaim;

static void noteId(idList *l, streamId id) {
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 16;
        l->ids = memRealloc(l->ids, l->room * sizeof *l->ids);
    }
    l->ids[l->count++] = id;
}

static bool parseAutoClaim(client *c, claim *k, autoClaim *a) {
    a->count = CLAIM_DEFAULT;
    if (!argMinIdle(c, 4, "ERR Invalid min-idle-time argument for XAUTOCLAIM", k)) return false;
    if (!argStreamIntervalStart(c, 5, &a->from)) return false;
    for (int i = 6; i < c->argc; i++) {
        if (i + 1 < c->argc && argIs(c, i, "count")) {
            if (!argIntIn(c, ++i, 1, CLAIM_MAX, &a->count, "ERR COUNT must be > 0")) return false;
        } else if (argIs(c, i, "justid")) {
            k->just_id = true;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    return true;
}

/* Claims what may be; where to go on, 0-0 at the end. */
static streamId claimFrom(client *c, claim *k, autoClaim *a) {
    /* A product that overflows stands for more attempts than there can be entries. */
    int64_t attempts =
        a->count > INT64_MAX / ATTEMPTS_A_CLAIM ? INT64_MAX : a->count * ATTEMPTS_A_CLAIM;
    btreeAt at = streamPendingSeek(k->group, NULL, a->from);
    for (; at.leaf && attempts && a->count; attempts--) {
        streamPending *p = streamPendingAt(at);
        streamIterator it;
        if (!findEntry(k, &it, p->id)) {
            noteId(&a->deleted, p->id);
            drop(c, k, p->id);
            a->count--;
            at = streamPendingSeek(k->group, NULL, a->deleted.ids[a->deleted.count - 1]);
            continue;
        }
        at = btreeNext(at);
        if (!isIdle(k, p)) continue;
        take(c, k, p);
        noteId(&a->claimed, p->id);
        a->count--;
    }
    return at.leaf ? streamPendingAt(at)->id : STREAM_ID_ZERO;
}

/* XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]
 * Replies with where to go on, what was claimed, and the IDs whose entries are gone. */
static void xautoclaimCommand(client *c) {
    claim k = {.force = false};
    autoClaim a = {.count = 0};
    entry *e = openKey(c, &k);
    if (!parseAutoClaim(c, &k, &a) || !findGroupIn(c, &k, e)) return;
    if (!k.group) {
        replyNoGroup(c, 1, 2);
        return;
    }
    openConsumer(c, &k);
    streamId go_on = claimFrom(c, &k, &a);
    replyArray(c, 3);
    replyStreamId(c, go_on);
    replyArray(c, a.claimed.count);
    for (size_t i = 0; i < a.claimed.count; i++) {
        streamIterator it = {.id = a.claimed.ids[i]};
        if (!k.just_id) findEntry(&k, &it, it.id);
        replyClaimed(c, &k, &it);
    }
    replyArray(c, a.deleted.count);
    for (size_t i = 0; i < a.deleted.count; i++) replyStreamId(c, a.deleted.ids[i]);
    memFree(a.claimed.ids);
    memFree(a.deleted.ids);
    tellChanges(c, &k);
}

/* ---- XNACK ---- */

typedef enum nackMode { NACK_SILENT, NACK_FAIL, NACK_FATAL } nackMode;

typedef struct nackArgs {
    nackMode mode;
    int first, count;
    int64_t retry_count; /* -1: by the mode */
    bool force;
} nackArgs;

static bool parseNack(client *c, nackArgs *a) {
    *a = (nackArgs){.retry_count = -1};
    if (argIs(c, 3, "silent"))
        a->mode = NACK_SILENT;
    else if (argIs(c, 3, "fail"))
        a->mode = NACK_FAIL;
    else if (argIs(c, 3, "fatal"))
        a->mode = NACK_FATAL;
    else {
        replyError(c, "ERR mode must be SILENT, FAIL, or FATAL");
        return false;
    }
    for (int i = 4; i < c->argc; i++) {
        bool more = i + 1 < c->argc;
        if (more && a->count == 0 && argIs(c, i, "ids")) {
            if (!argStreamIds(c, i + 1, &a->first, &a->count)) return false;
            i = a->first + a->count - 1;
        } else if (more && argIs(c, i, "retrycount")) {
            if (!argIntIn(c, ++i, 0, INT64_MAX, &a->retry_count,
                          "ERR Invalid RETRYCOUNT option argument for XNACK"))
                return false;
        } else if (argIs(c, i, "force")) {
            a->force = true;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    if (a->count == 0) replySyntaxError(c);
    return a->count != 0;
}

/* How often an entry was delivered that is given back after 'before' times. */
static int64_t deliveriesAfter(const nackArgs *a, int64_t before) {
    if (a->retry_count >= 0) return a->retry_count;
    if (a->mode == NACK_FATAL) return INT64_MAX;
    return a->mode == NACK_SILENT && before > 0 ? before - 1 : before;
}

static bool giveBack(claim *k, const nackArgs *a, streamId id) {
    streamPending *p = streamPendingFind(k->group, id);
    if (p) {
        streamPendingGiveBack(k->group, p, deliveriesAfter(a, p->deliveries));
        return true;
    }
    if (!a->force || !streamHas(k->s, id)) return false;
    streamPendingAdd(k->s, k->group, NULL, id, 0, deliveriesAfter(a, 0));
    return true;
}

/* XNACK key group <SILENT | FAIL | FATAL> IDS numids id [id ...] [RETRYCOUNT count] [FORCE]
 * Replies with the number of entries given back. */
static void xnackCommand(client *c) {
    claim k = {.force = false};
    nackArgs a;
    if (!parseNack(c, &a) || !openGroup(c, &k)) return;
    if (!argStreamIdsAreValid(c, a.first, a.first + a.count)) return;
    for (int i = a.first; i < a.first + a.count; i++) {
        streamId id;
        streamIdParse(c->argv[i], 0, true, &id, NULL);
        k.changes += giveBack(&k, &a, id);
    }
    replyInteger(c, (int64_t)k.changes);
    tellChanges(c, &k);
}

const commandSpec streamClaimCommands[] = {
    {.name = "xclaim",
     .arity = -6,
     .run = xclaimCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STREAM,
     .tips = "nondeterministic_output",
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE}}},
    {.name = "xautoclaim",
     .arity = -6,
     .run = xautoclaimCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STREAM,
     .tips = "nondeterministic_output",
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_DELETE}}},
    {.name = "xnack",
     .arity = -7,
     .run = xnackCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE}}},
    {0},
};
