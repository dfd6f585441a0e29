/* Commands on the entries of a stream: adding, ranges, deleting and trimming. Reading with XREAD is
 * in cmd_stream_read.c, consumer groups are in cmd_stream_group.c and cmd_stream_claim.c. */
#include "server/commands/commands.h"
#include "server/commands/key_overwrite.h"
#include "server/commands/stream_args.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/types/t_stream_group.h"

static stream *streamOrNull(const entry *e) {
    return e ? streamOf(e) : NULL;
}

/* ---- XADD ---- */

typedef struct addArgs {
    bool must_exist; /* NOMKSTREAM */
    streamTrimArgs trim;
    bool idempotent, by_content; /* IDMP or IDMPAUTO; the latter */
    bytes producer, message;
    char made_name[STREAM_IDMP_NAME];
    bool auto_id, auto_seq;
    streamId id;
    const bytes *pairs;
    size_t count;
} addArgs;

static streamWord idmpWord(client *c, int *index, addArgs *a) {
    bool by_content = argIs(c, *index, "idmpauto");
    int words = by_content ? 1 : 2;
    if (!by_content && !argIs(c, *index, "idmp")) return STREAM_WORD_OTHER;
    if (*index + words >= c->argc) return STREAM_WORD_OTHER;
    const char *error = NULL;
    if (a->idempotent)
        error = "ERR IDMP/IDMPAUTO specified multiple times";
    else if (c->argv[*index + 1].size == 0)
        error = by_content ? "ERR IDMPAUTO requires a non-empty producer ID"
                           : "ERR IDMP requires a non-empty producer ID";
    else if (!by_content && c->argv[*index + 2].size == 0)
        error = "ERR IDMP requires a non-empty idempotent ID";
    if (error) {
        replyError(c, error);
        return STREAM_WORD_BAD;
    }
    a->idempotent = true;
    a->by_content = by_content;
    a->producer = c->argv[*index + 1];
    if (!by_content) a->message = c->argv[*index + 2];
    *index += words;
    return STREAM_WORD_TAKEN;
}

static bool addId(client *c, int index, addArgs *a) {
    a->auto_id = bytesEqual(c->argv[index], BYTES("*"));
    if (a->auto_id) return true;
    if (streamIdParse(c->argv[index], 0, true, &a->id, &a->auto_seq)) return true;
    replyError(c, "ERR Invalid stream ID specified as stream command argument");
    return false;
}

static bool parseAdd(client *c, addArgs *a) {
    int i = 2;
    for (; i < c->argc; i++) {
        /* What starts with a digit or a star is no word: the ID of nearly every call. */
        bytes word = c->argv[i];
        if (word.size && word.data[0] <= '9') break;
        if (argIs(c, i, "nomkstream")) {
            a->must_exist = true;
            continue;
        }
        streamWord taken = argStreamTrim(c, &i, &a->trim);
        if (taken == STREAM_WORD_OTHER) taken = idmpWord(c, &i, a);
        if (taken == STREAM_WORD_BAD) return false;
        if (taken == STREAM_WORD_OTHER) break;
    }
    if (i < c->argc && !addId(c, i, a)) return false;
    if (!argStreamTrimEnd(c, &a->trim)) return false;
    int left = c->argc - i - 1;
    if (left < 2 || left % 2) {
        replyWrongArity(c, c->cmd);
        return false;
    }
    if (a->idempotent && !a->auto_id) {
        replyError(c, "ERR IDMP/IDMPAUTO can be used only with auto-generated IDs");
        return false;
    }
    if (!a->auto_id && !a->auto_seq && streamIdIsZero(a->id)) {
        replyError(c, "ERR The ID specified in XADD must be greater than 0-0");
        return false;
    }
    a->pairs = c->argv + i + 1;
    a->count = (size_t)left / 2;
    return true;
}

/* The ID the entry is to have; false, with the error replied, where the stream can have no more. */
static bool chooseId(client *c, const stream *s, addArgs *a) {
    streamId last = s ? streamLastId(s) : STREAM_ID_ZERO;
    if (streamIdEqual(last, STREAM_ID_MAX)) {
        replyError(c, "ERR The stream has exhausted the last possible ID, unable to add more "
                      "items");
        return false;
    }
    if (a->auto_id) {
        a->id = (streamId){(uint64_t)c->server->now_ms, 0};
        if (s) streamNextId(s, a->id.ms, &a->id);
        return true;
    }
    if (!a->auto_seq) return true;
    /* Of an empty stream 0-0 is the last one too: 0-* is 0-1. */
    if (a->id.ms == last.ms && last.seq != UINT64_MAX) a->id.seq = last.seq + 1;
    return true;
}

/* The words of a trim that removed something, as followers get it: whatever the rule was, what went
 * are the first entries that it may remove, down to a length that is known now. Four at the most.
 */
static int trimRecord(const streamTrimArgs *a, const stream *s, bytes *argv,
                      char limit[NUM_INT_MAX]) {
    static const char *const refs[] = {"KEEPREF", "DELREF", "ACKED"};
    int argc = 0;
    if (a->refs_given) argv[argc++] = bytesOfText(refs[a->rule.refs]);
    argv[argc++] = BYTES("MAXLEN");
    argv[argc++] = BYTES("=");
    argv[argc++] = bytesOf(limit, numFormatUint(limit, streamLength(s)));
    return argc;
}

/* Records without what depends on the time and on nodes: the ID as it came out, an exact trim, and
 * by itself what message the entry was made of. */
static void propagateAdd(client *c, const addArgs *a, const stream *s, bool trimmed) {
    char id[STREAM_ID_TEXT], limit[NUM_INT_MAX];
    bytes *argv = memAlloc(((size_t)a->count * 2 + 8) * sizeof *argv);
    bytes id_text = bytesOf(id, streamIdFormat(id, a->id));
    int argc = 0;
    argv[argc++] = BYTES("XADD");
    argv[argc++] = c->argv[1];
    if (trimmed) argc += trimRecord(&a->trim, s, argv + argc, limit);
    argv[argc++] = id_text;
    memcpy(argv + argc, a->pairs, a->count * 2 * sizeof *argv);
    propagateAs(c, argc + (int)a->count * 2, argv);
    memFree(argv);
    if (a->idempotent && streamHas(s, a->id))
        propagateAs(c, 5,
                    (bytes[]){BYTES("XIDMPRECORD"), c->argv[1], a->producer, a->message, id_text});
}

/* True, with the reply made, if the message was added before. */
static bool isDuplicate(client *c, keyRef key, stream *s, addArgs *a) {
    if (a->by_content) {
        streamIdmpName(a->pairs, a->count, a->made_name);
        a->message = bytesOf(a->made_name, sizeof a->made_name);
    }
    streamId id;
    if (!s ||
        !streamIdmpFind(s, a->producer, a->message, streamIdmpDefaults(c), c->server->now_ms, &id))
        return false;
    streamIdmpCountDuplicate(s);
    keyChanged(c, key, NOTIFY_STREAM, NULL);
    propagateNothing(c); /* It would be a new one where the first is not known any more. */
    replyStreamId(c, id);
    return true;
}

static void addEntry(client *c, keyRef key, stream *s, addArgs *a) {
    stream *to = s ? s : streamNew();
    streamAddResult result = streamAdd(to, a->id, a->pairs, a->count, &c->server->config.types);
    if (result != STREAM_ADDED) {
        if (!s) streamOps.free(to);
        replyError(c, result == STREAM_TOO_BIG
                          ? "ERR Elements are too large to be stored"
                          : "ERR The ID specified in XADD is equal or smaller than the target "
                            "stream top item");
        return;
    }
    if (!s) dbAddCollection(c->db, key, TYPE_STREAM, ENCODING_STREAM, to);
    if (a->idempotent)
        streamIdmpAdd(to, a->producer, a->message, a->id, streamIdmpDefaults(c), c->server->now_ms);
    keyChanged(c, key, NOTIFY_STREAM, "xadd");
    bool trimmed = a->trim.given && streamTrim(to, &a->trim.rule);
    if (trimmed) keyEvent(c, key, NOTIFY_STREAM, "xtrim");
    if (somebodyFollows(c)) propagateAdd(c, a, to, trimmed);
    replyStreamId(c, a->id);
}

/* XADD key [NOMKSTREAM] [KEEPREF | DELREF | ACKED] [IDMPAUTO producer | IDMP producer message]
 *   [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]
 * Replies with the ID of the entry. */
static void xaddCommand(client *c) {
    addArgs a = {.must_exist = false};
    if (!parseAdd(c, &a)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    if (!e && a.must_exist) {
        replyNull(c);
        return;
    }
    stream *s = streamOrNull(e);
    if (a.idempotent && isDuplicate(c, key, s, &a)) return;
    if (chooseId(c, s, &a)) addEntry(c, key, s, &a);
}

/* ---- reading ---- */

/* XLEN key */
static void xlenCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    replyInteger(c, e ? (int64_t)streamLength(streamOf(e)) : 0);
}

static void rangeCommand(client *c, bool backwards) {
    streamId from, to;
    int64_t count = -1;
    if (!argStreamInterval(c, backwards ? 3 : 2, backwards ? 2 : 3, &from, &to)) return;
    for (int i = 4; i < c->argc; i += 2) {
        if (!argIs(c, i, "count") || i + 1 == c->argc) {
            replySyntaxError(c);
            return;
        }
        if (!argInt(c, i + 1, &count, NULL)) return;
        if (count < 0) count = 0;
    }
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    if (!e) {
        replyArray(c, 0);
        return;
    }
    if (count == 0) {
        replyNullArray(c);
        return;
    }
    streamIterator it;
    streamIteratorInit(&it, streamOf(e), from, to, backwards);
    replyHole hole = replyOpen(c);
    size_t found = 0;
    for (; count != 0 && streamIteratorNext(&it); count--, found++) replyStreamEntry(c, &it);
    replyClose(c, hole, RESP_ARRAY, found);
}

/* XRANGE key start end [COUNT count] */
static void xrangeCommand(client *c) {
    rangeCommand(c, false);
}

/* XREVRANGE key end start [COUNT count] */
static void xrevrangeCommand(client *c) {
    rangeCommand(c, true);
}

/* ---- deleting ---- */

/* XDEL key id [id ...]
 * Replies with the number of entries that were there. */
static void xdelCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    if (!e) {
        replyInteger(c, 0);
        return;
    }
    if (!argStreamIdsAreValid(c, 2, c->argc)) return;
    uint64_t deleted = 0;
    for (int i = 2; i < c->argc; i++) {
        streamId id;
        streamIdParse(c->argv[i], 0, true, &id, NULL);
        deleted += streamDelete(streamOf(e), id);
    }
    if (deleted) {
        keyChanged(c, key, NOTIFY_STREAM, "xdel");
        c->server->dirty += deleted - 1;
    }
    replyInteger(c, (int64_t)deleted);
}

/* XDELEX key [KEEPREF | DELREF | ACKED] IDS numids id [id ...]
 * Replies of each ID: 1 deleted, -1 not there, 2 not deleted as a group still needs it. */
static void xdelexCommand(client *c) {
    streamIdsArgs a;
    if (!argStreamIdsWithRefs(c, 2, &a)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    if (!argStreamIdsAreValid(c, a.first, a.first + a.count)) return;
    uint64_t deleted = 0;
    bool dropped = false;
    replyArray(c, (size_t)a.count);
    for (int i = a.first; i < a.first + a.count; i++) {
        streamId id;
        streamIdParse(c->argv[i], 0, true, &id, NULL);
        if (e && a.refs == STREAM_DELETE_REFS) dropped |= streamDropRefs(streamOf(e), id) > 0;
        streamDeleteResult result = e ? streamDeleteWith(streamOf(e), id, a.refs) : STREAM_NO_ENTRY;
        deleted += result == STREAM_DELETED;
        replyInteger(c, result == STREAM_DELETED ? 1 : result == STREAM_NO_ENTRY ? -1 : 2);
    }
    if (!deleted && !dropped) return;
    keyChanged(c, key, NOTIFY_STREAM, deleted ? "xdel" : NULL);
    if (deleted) c->server->dirty += deleted - 1;
}

/* XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count] [KEEPREF | DELREF | ACKED]
 * Replies with the number of entries removed. */
static void xtrimCommand(client *c) {
    streamTrimArgs a = {.given = false};
    for (int i = 2; i < c->argc; i++) {
        streamWord taken = argStreamTrim(c, &i, &a);
        if (taken == STREAM_WORD_OTHER) replySyntaxError(c);
        if (taken != STREAM_WORD_TAKEN) return;
    }
    if (!argStreamTrimEnd(c, &a)) return;
    if (!a.given) {
        replyError(c, "ERR syntax error, XTRIM must be called with a trimming strategy");
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STREAM)) return;
    stream *s = streamOrNull(e);
    uint64_t gone = s ? streamTrim(s, &a.rule) : 0;
    if (gone) {
        keyChanged(c, key, NOTIFY_STREAM, "xtrim");
        if (a.rule.approximate && somebodyFollows(c)) {
            char limit[NUM_INT_MAX];
            bytes argv[6] = {BYTES("XTRIM"), key.name};
            propagateAs(c, 2 + trimRecord(&a, s, argv + 2, limit), argv);
        }
    }
    replyInteger(c, (int64_t)gone);
}

/* ---- what a stream knows of itself ---- */

static entry *existing(client *c, keyRef key) {
    entry *e = keyWrite(c, key);
    if (!e) {
        replyError(c, "ERR no such key");
        return NULL;
    }
    return keyIsType(c, e, TYPE_STREAM) ? e : NULL;
}

/* XSETID key last-id [ENTRIESADDED n] [MAXDELETEDID id] */
static void xsetidCommand(client *c) {
    streamId id, deleted = STREAM_ID_ZERO;
    int64_t added = -1;
    bool deleted_given = false;
    if (!argStreamId(c, 2, 0, true, &id)) return;
    for (int i = 3; i < c->argc; i++) {
        bool more = i + 1 < c->argc;
        if (more && argIs(c, i, "entriesadded")) {
            if (!argInt(c, ++i, &added, NULL)) return;
            if (added < 0) {
                replyError(c, "ERR entries_added must be positive");
                return;
            }
        } else if (more && argIs(c, i, "maxdeletedid")) {
            if (!argStreamId(c, ++i, 0, true, &deleted)) return;
            deleted_given = true;
            if (streamIdCompare(id, deleted) < 0) {
                replyError(c, "ERR The ID specified in XSETID is smaller than the provided "
                              "max_deleted_entry_id");
                return;
            }
        } else {
            replySyntaxError(c);
            return;
        }
    }
    keyRef key = argKey(c, 1);
    entry *e = existing(c, key);
    if (!e) return;
    stream *s = streamOf(e);
    const char *error = NULL;
    if (streamLength(s) && streamIdCompare(id, streamLastEntryId(s)) < 0)
        error = "ERR The ID specified in XSETID is smaller than the target stream top item";
    else if (streamIdCompare(id, streamMaxDeletedId(s)) < 0)
        error = "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id";
    else if (streamLength(s) && added >= 0 && streamLength(s) > (uint64_t)added)
        error = "ERR The entries_added specified in XSETID is smaller than the target stream "
                "length";
    if (error) {
        replyError(c, error);
        return;
    }
    streamSetLastId(s, id);
    streamSetCounters(s, added >= 0 ? (uint64_t)added : streamEntriesAdded(s),
                      deleted_given && !streamIdIsZero(deleted) ? deleted : streamMaxDeletedId(s));
    replyOk(c);
    keyChanged(c, key, NOTIFY_STREAM, "xsetid");
}

enum { IDMP_DURATION_MAX = 86400, IDMP_MAXSIZE_MAX = 10000 };

/* XCFGSET key [IDMP-DURATION seconds] [IDMP-MAXSIZE count] */
static void xcfgsetCommand(client *c) {
    streamIdmpLimits own = {0, 0};
    for (int i = 2; i < c->argc; i += 2) {
        bool is_duration = argIs(c, i, "idmp-duration");
        if (i + 1 == c->argc || (!is_duration && !argIs(c, i, "idmp-maxsize"))) {
            replySyntaxError(c);
            return;
        }
        if (is_duration ? !argIntIn(c, i + 1, 1, IDMP_DURATION_MAX, &own.duration_s,
                                    "ERR IDMP-DURATION must be between 1 and 86400 seconds")
                        : !argIntIn(c, i + 1, 1, IDMP_MAXSIZE_MAX, &own.maxsize,
                                    "ERR IDMP-MAXSIZE must be between 1 and 10000 entries"))
            return;
    }
    if (c->argc == 2) {
        replyError(c, "ERR At least one parameter must be specified");
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e = existing(c, key);
    if (!e) return;
    streamIdmpSetLimits(streamOf(e), own, streamIdmpDefaults(c));
    keyChanged(c, key, NOTIFY_STREAM, NULL);
    replyOk(c);
}

/* XIDMPRECORD key producer message id
 * That the entry was made of this message; for replay. */
static void xidmprecordCommand(client *c) {
    streamId id, known;
    if (c->argv[2].size == 0 || c->argv[3].size == 0) {
        replyError(c, "ERR XIDMPRECORD requires a non-empty producer ID and idempotent ID");
        return;
    }
    if (!argStreamId(c, 4, 0, true, &id)) return;
    keyRef key = argKey(c, 1);
    entry *e = existing(c, key);
    if (!e) return;
    stream *s = streamOf(e);
    if (!streamHas(s, id)) {
        replyError(c, "ERR The stream has no entry of that ID");
        return;
    }
    streamIdmpLimits defaults = streamIdmpDefaults(c);
    /* Where the entry was made it was at least so late, which may be ahead of this clock. */
    int64_t now_ms = c->server->now_ms, made_ms = (int64_t)(id.ms <= INT64_MAX ? id.ms : INT64_MAX);
    if (made_ms > now_ms) now_ms = made_ms;
    if (streamIdmpFind(s, c->argv[2], c->argv[3], defaults, now_ms, &known)) {
        if (streamIdEqual(id, known))
            replyOk(c);
        else
            replyError(c, "ERR The idempotent ID already stands for another entry");
        return;
    }
    streamIdmpAdd(s, c->argv[2], c->argv[3], id, defaults, now_ms);
    keyChanged(c, key, NOTIFY_STREAM, NULL);
    replyOk(c);
}

const commandSpec streamCommands[] = {
    {.name = "xadd",
     .arity = -5,
     .run = xaddCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STREAM,
     .tips = "nondeterministic_output",
     .keys = {{.first = 1,
               .last = 0,
               .step = 1,
               .use = KEY_RW | KEY_UPDATE,
               .notes = "An update, not an insertion alone: it may trim"}}},
    {.name = "xlen",
     .arity = 2,
     .run = xlenCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO}}},
    {.name = "xrange",
     .arity = -4,
     .run = xrangeCommand,
     .flags = CMD_READONLY,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "xrevrange",
     .arity = -4,
     .run = xrevrangeCommand,
     .flags = CMD_READONLY,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "xdel",
     .arity = -3,
     .run = xdelCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_DELETE}}},
    {.name = "xdelex",
     .arity = -5,
     .run = xdelexCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_DELETE}}},
    {.name = "xtrim",
     .arity = -4,
     .run = xtrimCommand,
     .flags = CMD_WRITE,
     .acl = ACL_STREAM,
     .tips = "nondeterministic_output",
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_DELETE}}},
    {.name = "xsetid",
     .arity = -3,
     .run = xsetidCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE}}},
    {.name = "xcfgset",
     .arity = -2,
     .run = xcfgsetCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE}}},
    {.name = "xidmprecord",
     .arity = 5,
     .run = xidmprecordCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STREAM,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_UPDATE}}},
    {0},
};
