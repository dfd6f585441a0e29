/* XREAD and XREADGROUP. */
#include "server/commands/commands.h"
#include "server/commands/stream_args.h"
#include "server/commands/stream_groups.h"
#include "server/commands/stream_record.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/session/block.h"
#include "storage/base/mem.h"
#include "storage/types/t_stream_group.h"

/* What one key is asked for. */
typedef enum readFrom {
    READ_AFTER, /* what comes after 'id'; of a group, what the consumer has pending after it */
    READ_NEW,   /* ">": what the group has not delivered yet */
    READ_LAST   /* "+": the last entry */
} readFrom;

typedef struct readKey {
    readFrom from;
    streamId id;
} readKey;

typedef struct readArgs {
    bool in_group, no_ack, blocks;
    bytes group, consumer;
    int64_t count, max_count, max_size; /* 0: no limit */
    int64_t claim_idle_ms;              /* -1: no CLAIM */
    int64_t block_ms;
    int first_key;
    int keys;
    readKey *key;
    /* ---- while it is served ---- */
    size_t served;  /* keys replied */
    replyHole hole; /* of them, open from the first on */
    int64_t entries, size;
} readArgs;

enum { KEYS_ON_STACK = 16 };

/* ---- options ---- */

typedef enum wordResult { WORD_TAKEN, WORD_STREAMS, WORD_BAD } wordResult;

static bool groupOnly(client *c, const readArgs *a, const char *option) {
    if (a->in_group) return true;
    replyErrorFormat(c,
                     "ERR The %s option is only supported by XREADGROUP. You called XREAD "
                     "instead.",
                     option);
    return false;
}

static bool argClaim(client *c, int index, readArgs *a) {
    if (!groupOnly(c, a, "CLAIM")) return false;
    if (!argInt(c, index, &a->claim_idle_ms, "ERR min-idle-time is not an integer")) return false;
    if (a->claim_idle_ms >= 0) return true;
    replyError(c, "ERR min-idle-time must be a positive integer");
    return false;
}

static wordResult readWord(client *c, int *index, readArgs *a) {
    int i = *index;
    bool more = i + 1 < c->argc;
    *index = i + 1;
    bool good = true;
    if (more && argIs(c, i, "block")) {
        good = a->blocks = blockParseTimeout(c, i + 1, BLOCK_MILLISECONDS, &a->block_ms);
    } else if (more && argIs(c, i, "count")) {
        good = argInt(c, i + 1, &a->count, NULL);
        if (a->count < 0) a->count = 0;
    } else if (more && argIs(c, i, "maxcount")) {
        good = argIntIn(c, i + 1, 1, INT64_MAX, &a->max_count,
                        "ERR MAXCOUNT must be a positive integer");
    } else if (more && argIs(c, i, "maxsize")) {
        good = argIntIn(c, i + 1, 1, INT64_MAX, &a->max_size,
                        "ERR MAXSIZE must be a positive integer");
    } else if (more && argIs(c, i, "claim")) {
        good = argClaim(c, i + 1, a);
    } else if (more && argIs(c, i, "streams")) {
        return WORD_STREAMS;
    } else if (i + 2 < c->argc && argIs(c, i, "group")) {
        good = groupOnly(c, a, "GROUP");
        a->group = c->argv[i + 1];
        a->consumer = c->argv[i + 2];
        *index = i + 2;
    } else if (argIs(c, i, "noack")) {
        good = a->no_ack = groupOnly(c, a, "NOACK");
        *index = i;
    } else {
        replySyntaxError(c);
        return WORD_BAD;
    }
    return good ? WORD_TAKEN : WORD_BAD;
}

static bool parseRead(client *c, readArgs *a) {
    int i = 1;
    wordResult word = WORD_TAKEN;
    for (; i < c->argc && (word = readWord(c, &i, a)) == WORD_TAKEN; i++) {
    }
    if (word == WORD_BAD) return false;
    if (word != WORD_STREAMS) {
        replySyntaxError(c);
        return false;
    }
    int left = c->argc - i;
    if (left % 2) {
        replyErrorFormat(c,
                         "ERR Unbalanced '%s' list of streams: for each stream key an ID%s must "
                         "be specified.",
                         c->cmd->spec->name, a->in_group ? " or '>'" : ", '+', or '$'");
        return false;
    }
    if (a->in_group && !a->group.data) {
        replyError(c, "ERR Missing GROUP option for XREADGROUP");
        return false;
    }
    if (a->max_count && a->count > a->max_count) {
        replyError(c, "ERR MAXCOUNT must be greater than or equal to COUNT");
        return false;
    }
    a->first_key = i;
    a->keys = left / 2;
    return true;
}

static bool parseId(client *c, const readArgs *a, int index, const entry *e, readKey *out) {
    bytes text = c->argv[index];
    const char *error = NULL;
    *out = (readKey){.from = READ_AFTER};
    if (bytesEqual(text, BYTES("$"))) {
        if (a->in_group)
            error = "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read "
                    "the history of this consumer by specifying a proper ID, or use the > ID to "
                    "get new messages. The $ ID would just return an empty result set.";
        else if (e)
            out->id = streamLastId(streamOf(e));
    } else if (bytesEqual(text, BYTES(">"))) {
        out->from = READ_NEW;
        if (!a->in_group)
            error = "ERR The > ID can be specified only when calling XREADGROUP using the GROUP "
                    "<group> <consumer> option.";
    } else if (bytesEqual(text, BYTES("+")) && !a->in_group) {
        out->from = READ_LAST;
    } else {
        if (!argStreamId(c, index, 0, true, &out->id)) return false;
        /* Nothing can be pending after it: it has always stood for ">". */
        if (a->in_group && streamIdEqual(out->id, STREAM_ID_MAX)) out->from = READ_NEW;
    }
    if (error) replyError(c, error);
    return !error;
}

/* Checks every key and ID before any is served: an error must not come in the middle of a reply. */
static bool openKeys(client *c, readArgs *a) {
    for (int i = 0; i < a->keys; i++) {
        int index = a->first_key + i;
        keyRef key = argKey(c, index);
        const entry *e = a->in_group ? streamKeyOpen(c, key) : keyRead(c, key);
        if (!keyIsType(c, e, TYPE_STREAM)) return false;
        if (a->in_group && (!e || !streamGroupFind(streamOf(e), a->group))) {
            bytes name = c->argv[index];
            replyErrorFormat(c,
                             "NOGROUP No such key '%.*s' or consumer group '%.*s' in XREADGROUP "
                             "with GROUP option",
                             (int)name.size, name.data, (int)a->group.size, a->group.data);
            return false;
        }
        if (!parseId(c, a, index + a->keys, e, &a->key[i])) return false;
    }
    return true;
}

/* ---- budgets ---- */

/* The bytes of an entry's reply, so far as its values go. */
static int64_t replySize(streamIterator it) {
    int64_t size = 2 * STREAM_ID_TEXT;
    for (size_t i = it.fields; i > 0; i--) {
        listpackValue pair[2];
        streamIteratorField(&it, &pair[0], &pair[1]);
        for (unsigned k = 0; k < 2; k++)
            size += (int64_t)(pair[k].text.data ? pair[k].text.size : NUM_INT_MAX / 2) + 5;
    }
    return size;
}

/* True if one more entry may be replied, of a key of which 'of_key' were. */
static bool hasRoom(const readArgs *a, int64_t of_key) {
    return (!a->count || of_key < a->count) && (!a->max_count || a->entries < a->max_count);
}

/* Counts an entry; false, and it is to be left out, if the reply would be too big. The first one
 * always goes. */
static bool takesSize(readArgs *a, const streamIterator *it) {
    if (a->max_size) {
        int64_t size = replySize(*it);
        if (a->entries && a->size + size > a->max_size) return false;
        a->size += size;
    }
    a->entries++;
    return true;
}

/* ---- replies ---- */

/* A key's name, before its entries. The reply is a map (RESP2: pairs) of the keys that have any. */
static void replyKey(client *c, readArgs *a, int i) {
    if (a->served++ == 0) a->hole = replyOpen(c);
    if (c->resp == 2) replyArray(c, 2);
    replyBulk(c, c->argv[a->first_key + i]);
}

/* ---- XREAD ---- */

static void serveEntries(client *c, readArgs *a, int i, const stream *s) {
    streamId from = a->key[i].id;
    if (a->key[i].from == READ_LAST)
        from = streamLastEntryId(s);
    else if (!streamIdUp(&from))
        return;
    streamIterator it;
    streamIteratorInit(&it, s, from, STREAM_ID_MAX, false);
    int64_t count = 0;
    replyHole hole = {0};
    while (hasRoom(a, count) && streamIteratorNext(&it) && takesSize(a, &it)) {
        if (count++ == 0) {
            replyKey(c, a, i);
            hole = replyOpen(c);
        }
        replyStreamEntry(c, &it);
    }
    if (count) replyClose(c, hole, RESP_ARRAY, (size_t)count);
}

/* ---- XREADGROUP ---- */

typedef struct groupRead {
    stream *s;
    streamGroup *group;
    streamConsumer *consumer;
    int64_t now_ms;
    int key;
    bytes name;
    int64_t count; /* entries replied of this key */
    bool dropped;  /* what was pending of an entry that is gone */
    bool named;    /* followers were told of something that the consumer has */
    replyHole hole;
} groupRead;

/* Gives a pending entry to the consumer, now. */
static void assign(client *c, groupRead *r, streamPending *p, int64_t deliveries) {
    streamPendingAssign(r->group, p, r->consumer, r->now_ms, deliveries);
    streamTellClaimed(c, r->name, r->group, p);
    r->named = true;
}

static int64_t onceMore(int64_t deliveries) {
    return deliveries == INT64_MAX ? INT64_MAX : deliveries + 1;
}

static void openEntries(client *c, readArgs *a, groupRead *r) {
    if (r->count++) return;
    replyKey(c, a, r->key);
    r->hole = replyOpen(c);
}

/* An entry, with CLAIM two numbers more: since when it was idle and how often it was delivered. */
static void replyDelivered(client *c, const readArgs *a, streamIterator *it, int64_t idle_ms,
                           int64_t deliveries) {
    bool claims = a->claim_idle_ms >= 0;
    replyArray(c, claims ? 4 : 2);
    replyStreamId(c, it->id);
    replyStreamFields(c, it);
    if (!claims) return;
    replyInteger(c, idle_ms);
    replyInteger(c, deliveries);
}

/* What the consumer has pending, entries that are gone with nothing in place of their fields. */
static void serveHistory(client *c, readArgs *a, groupRead *r) {
    streamId from = a->key[r->key].id;
    bool any = streamIdUp(&from);
    replyKey(c, a, r->key);
    replyHole hole = replyOpen(c);
    btreeAt at = any ? streamPendingSeek(r->group, r->consumer, from) : (btreeAt){0};
    for (; at.leaf && hasRoom(a, r->count); at = btreeNext(at)) {
        streamPending *p = streamPendingAt(at);
        streamIterator it;
        streamIteratorInit(&it, r->s, p->id, p->id, false);
        if (streamIteratorNext(&it)) {
            if (!takesSize(a, &it)) break;
            replyStreamEntry(c, &it);
            assign(c, r, p, onceMore(p->deliveries));
        } else {
            a->entries++;
            replyArray(c, 2);
            replyStreamId(c, p->id);
            replyNullArray(c);
        }
        r->count++;
    }
    replyClose(c, hole, RESP_ARRAY, (size_t)r->count);
}

static bool isIdle(const streamPending *p, int64_t now_ms, int64_t idle_ms) {
    return !streamPendingOwner(p) || now_ms - p->delivered_ms >= idle_ms;
}

/* The IDs that CLAIM may take, the oldest first; memFree() them. Claiming one makes it the
 * youngest: they are listed before the first is claimed. */
static streamId *claimable(const readArgs *a, groupRead *r, size_t *count) {
    streamId *ids = NULL;
    size_t room = 0;
    *count = 0;
    for (btreeAt at = streamPendingByAge(r->group); at.leaf; at = btreeNext(at)) {
        const streamPending *p = streamPendingAt(at);
        if (!isIdle(p, r->now_ms, a->claim_idle_ms)) break;
        if (!hasRoom(a, (int64_t)*count)) break;
        if (*count == room) {
            room = room ? 2 * room : 64;
            ids = memRealloc(ids, room * sizeof *ids);
        }
        ids[(*count)++] = p->id;
    }
    return ids;
}

static void serveClaims(client *c, readArgs *a, groupRead *r) {
    size_t count;
    streamId *ids = claimable(a, r, &count);
    for (size_t i = 0; i < count && hasRoom(a, r->count); i++) {
        streamIterator it;
        streamIteratorInit(&it, r->s, ids[i], ids[i], false);
        if (!streamIteratorNext(&it)) {
            r->dropped = streamPendingRemove(r->s, r->group, ids[i]);
            streamTellAcked(c, r->name, r->group, ids[i]);
            continue;
        }
        if (!takesSize(a, &it)) break;
        streamPending *p = streamPendingFind(r->group, ids[i]);
        int64_t idle_ms = streamPendingOwner(p) ? r->now_ms - p->delivered_ms : -1;
        openEntries(c, a, r);
        replyDelivered(c, a, &it, idle_ms, p->deliveries);
        assign(c, r, p, onceMore(p->deliveries));
    }
    memFree(ids);
}

static void deliver(client *c, const readArgs *a, groupRead *r, streamId id) {
    streamGroupDeliver(r->s, r->group, id);
    if (a->no_ack) return;
    /* XGROUP SETID may have taken the group back to what somebody has pending. */
    streamPending *p = streamPendingFind(r->group, id);
    if (!p) p = streamPendingAdd(r->s, r->group, r->consumer, id, r->now_ms, 1);
    assign(c, r, p, 1);
}

static void serveNew(client *c, readArgs *a, groupRead *r) {
    if (a->claim_idle_ms >= 0) serveClaims(c, a, r);
    streamId from = r->group->last_id;
    streamIterator it;
    if (!streamIdUp(&from)) from = STREAM_ID_MAX;
    streamIteratorInit(&it, r->s, from, STREAM_ID_MAX, false);
    bool delivered = false;
    while (hasRoom(a, r->count) && streamIteratorNext(&it) && takesSize(a, &it)) {
        openEntries(c, a, r);
        replyDelivered(c, a, &it, 0, 0);
        deliver(c, a, r, it.id);
        delivered = true;
    }
    if (delivered) streamTellReads(c, r->name, r->group);
    if (r->count) replyClose(c, r->hole, RESP_ARRAY, (size_t)r->count);
}

static void serveGroup(client *c, readArgs *a, int i, keyRef key, stream *s) {
    groupRead r = {.s = s,
                   .group = streamGroupFind(s, a->group),
                   .now_ms = c->server->now_ms,
                   .key = i,
                   .name = key.name};
    r.consumer = streamConsumerFind(r.group, a->consumer);
    bool is_new = !r.consumer;
    if (is_new) {
        r.consumer = streamConsumerCreate(s, r.group, a->consumer, r.now_ms);
        keyChanged(c, key, NOTIFY_STREAM, "xgroup-createconsumer");
    }
    r.consumer->seen_ms = r.now_ms;
    if (a->key[i].from == READ_NEW) {
        serveNew(c, a, &r);
        if (r.count) r.consumer->active_ms = r.now_ms;
        if (r.count || r.dropped) keyChanged(c, key, NOTIFY_STREAM, NULL);
    } else {
        serveHistory(c, a, &r);
    }
    if (is_new && !r.named) streamTellConsumer(c, r.name, r.group, r.consumer);
}

/* Replies with what there is; false, and nothing replied, if there is nothing. */
static bool serveRead(client *c, readArgs *a) {
    for (int i = 0; i < a->keys; i++) {
        keyRef key = argKey(c, a->first_key + i);
        const entry *e = dbLookup(c->db, key);
        if (!e) continue;
        if (a->in_group)
            serveGroup(c, a, i, key, streamOf(e));
        else
            serveEntries(c, a, i, streamOf(e));
    }
    if (!a->served) return false;
    replyClose(c, a->hole, c->resp == 2 ? RESP_ARRAY : RESP_MAP, a->served);
    return true;
}

/* In how many milliseconds the first of what is pending becomes old enough for CLAIM; 0 where
 * nothing is pending. */
static int64_t nextClaimMs(client *c, const readArgs *a) {
    int64_t next_ms = 0;
    for (int i = 0; a->claim_idle_ms >= 0 && i < a->keys; i++) {
        const entry *e = dbLookup(c->db, argKey(c, a->first_key + i));
        streamGroup *group = e ? streamGroupFind(streamOf(e), a->group) : NULL;
        btreeAt oldest = group ? streamPendingByAge(group) : (btreeAt){0};
        if (!oldest.leaf) continue;
        int64_t left_ms = streamPendingAt(oldest)->delivered_ms - c->server->now_ms;
        if (__builtin_add_overflow(left_ms, a->claim_idle_ms, &left_ms)) continue;
        if (left_ms < 1) left_ms = 1;
        if (!next_ms || left_ms < next_ms) next_ms = left_ms;
    }
    return next_ms;
}

/* Waits for what there is not yet. What runs again then has IDs where "$" and "+" stand: they mean
 * what is the last entry now. */
static void waitForEntries(client *c, const readArgs *a) {
    bytes *argv = memAlloc((size_t)c->argc * sizeof *argv);
    char(*ids)[STREAM_ID_TEXT] = memAlloc((size_t)a->keys * sizeof *ids);
    memcpy(argv, c->argv, (size_t)c->argc * sizeof *argv);
    for (int i = 0; i < a->keys; i++) {
        if (a->key[i].from == READ_NEW) continue;
        streamId id = a->key[i].id;
        const entry *e = dbLookup(c->db, argKey(c, a->first_key + i));
        if (a->key[i].from == READ_LAST) id = e ? streamLastId(streamOf(e)) : STREAM_ID_ZERO;
        argv[a->first_key + a->keys + i] = bytesOf(ids[i], streamIdFormat(ids[i], id));
    }
    blockClient(c, &(blockOn){.first_key = a->first_key,
                              .key_count = a->keys,
                              .type = TYPE_STREAM,
                              .even_if_gone = a->in_group,
                              .timeout_ms = a->block_ms,
                              .again_ms = nextClaimMs(c, a),
                              .timedOut = replyNullArray,
                              .argc = c->argc,
                              .argv = argv});
    memFree(ids);
    memFree(argv);
}

static void readCommand(client *c, bool in_group) {
    readArgs a = {.in_group = in_group, .claim_idle_ms = -1};
    if (!parseRead(c, &a)) return;
    readKey few[KEYS_ON_STACK];
    bool many = a.keys > KEYS_ON_STACK;
    a.key = many ? memAlloc((size_t)a.keys * sizeof *a.key) : few;
    if (openKeys(c, &a) && !serveRead(c, &a)) {
        if (a.blocks)
            waitForEntries(c, &a);
        else
            replyNullArray(c);
    }
    if (many) memFree(a.key);
}

/* XREAD [COUNT count] [MAXCOUNT count] [MAXSIZE bytes] [BLOCK ms] STREAMS key [key ...] id [id ...]
 */
static void xreadCommand(client *c) {
    readCommand(c, false);
}

/* XREADGROUP GROUP group consumer [COUNT count] [MAXCOUNT count] [MAXSIZE bytes] [BLOCK ms]
 *   [CLAIM min-idle-time] [NOACK] STREAMS key [key ...] id [id ...] */
static void xreadgroupCommand(client *c) {
    readCommand(c, true);
}

static int wordsBehind(bytes option) {
    static const char *const with_value[] = {"block", "count", "maxcount", "maxsize", "claim"};
    if (bytesEqualWord(option, "group")) return 2;
    for (unsigned i = 0; i < sizeof with_value / sizeof *with_value; i++)
        if (bytesEqualWord(option, with_value[i])) return 1;
    return 0;
}

/* The keys behind the word STREAMS that is none of another option's values. */
static int readKeys(const bytes *argv, int argc, keyPosition *out, int max) {
    int i = 1;
    while (i < argc && !bytesEqualWord(argv[i], "streams")) i += 1 + wordsBehind(argv[i]);
    int words = argc - i - 1;
    if (words <= 0 || words % 2) return -1;
    int keys = words / 2 < max ? words / 2 : max;
    for (int k = 0; k < keys; k++)
        out[k] = (keyPosition){.index = i + 1 + k, .use = KEY_RO | KEY_ACCESS};
    return keys;
}

const commandSpec streamReadCommands[] = {
    {.name = "xread",
     .arity = -4,
     .run = xreadCommand,
     .flags = CMD_READONLY | CMD_BLOCKING,
     .acl = ACL_STREAM,
     .keys = {{.keyword = "STREAMS",
               .start_from = 1,
               .last = -1,
               .step = 1,
               .limit = 2,
               .use = KEY_RO | KEY_ACCESS | KEY_INCOMPLETE}},
     .getKeys = readKeys},
    {.name = "xreadgroup",
     .arity = -7,
     .run = xreadgroupCommand,
     .flags = CMD_WRITE | CMD_BLOCKING,
     .acl = ACL_STREAM,
     .keys = {{.keyword = "STREAMS",
               .start_from = 4,
               .last = -1,
               .step = 1,
               .limit = 2,
               .use = KEY_RO | KEY_ACCESS | KEY_INCOMPLETE}},
     .getKeys = readKeys},
    {0},
};
