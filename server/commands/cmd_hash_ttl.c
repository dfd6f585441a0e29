/* Commands on the deadlines of fields. */
#include "server/commands/commands.h"
#include "server/commands/expire_options.h"
#include "server/commands/hash_fields.h"
#include "server/commands/hash_open.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

#define BAD_COUNT "ERR Parameter `numFields` should be greater than 0"

/* ---- setting ---- */

typedef enum condition { ALWAYS, IF_NONE, IF_ANY, IF_LATER, IF_EARLIER } condition;

typedef enum outcome {
    NO_FIELD = -2,
    NO_DEADLINE = -1,
    NOT_MET = 0,
    DONE = 1,
    DELETED = 2
} outcome;

static condition parseCondition(const client *c, int index) {
    static const char *const words[] = {
        [IF_NONE] = "NX", [IF_ANY] = "XX", [IF_LATER] = "GT", [IF_EARLIER] = "LT"};
    for (int i = IF_NONE; i <= IF_EARLIER; i++)
        if (argIs(c, index, words[i])) return (condition)i;
    return ALWAYS;
}

/* True if a field due at 'now_ms' (DEADLINE_NONE: never, which is later than any time) may become
 * due at 'new_ms'. */
static bool conditionHolds(condition when, int64_t now_ms, int64_t new_ms) {
    switch (when) {
    case IF_NONE: return now_ms == DEADLINE_NONE;
    case IF_ANY: return now_ms != DEADLINE_NONE;
    case IF_LATER: return new_ms > now_ms;
    case IF_EARLIER: return new_ms < now_ms;
    default: return true;
    }
}

typedef struct expireRequest {
    int64_t deadline_ms;
    condition when;
    fieldList fields;
} expireRequest;

/* One field; what is due already goes at once. */
static outcome expireField(client *c, entry *e, bytes field, const expireRequest *r) {
    hashPair pair;
    if (!hashFind(e, field, &pair)) return NO_FIELD;
    if (!conditionHolds(r->when, pair.deadline_ms, r->deadline_ms)) return NOT_MET;
    if (expireIsPast(c, r->deadline_ms)) {
        hashDelete(e, field);
        return DELETED;
    }
    hashSetDeadline(e, field, r->deadline_ms);
    return DONE;
}

/* Followers get a deadline that does not depend on when it comes; of each field that went, its
 * deletion. */
static void beginRecord(client *c, fieldRecord *record, bytes key, const expireRequest *r,
                        char *digits) {
    fieldRecordBegin(c, record, BYTES("HPEXPIREAT"), key, r->fields.count + 4);
    fieldRecordAdd(record, bytesOf(digits, numFormatInt(digits, r->deadline_ms)));
    if (r->when != ALWAYS) fieldRecordAdd(record, c->argv[3]);
    fieldRecordFields(record);
}

static void expireFields(client *c, keyRef key, entry *e, const expireRequest *r) {
    char digits[NUM_INT_MAX];
    fieldRecord record;
    beginRecord(c, &record, key.name, r, digits);
    bool deleted = expireIsPast(c, r->deadline_ms);
    int changed = 0;
    for (int i = 0; i < r->fields.count; i++) {
        bytes field = c->argv[r->fields.first + i];
        outcome o = expireField(c, e, field, r);
        if (o == DONE) fieldRecordAdd(&record, field);
        if (o == DELETED && somebodyFollows(c))
            propagateAs(c, 3, (bytes[]){BYTES("HDEL"), key.name, field});
        if (o > NOT_MET) keySubkey(c, field);
        changed += o > NOT_MET;
        replyInteger(c, o);
    }
    if (changed) {
        keyChanged(c, key, NOTIFY_HASH, deleted ? "hdel" : "hexpire");
        c->server->dirty += (uint64_t)changed - 1;
        hashChanged(c, key, e);
    }
    fieldRecordEnd(c, &record, deleted ? 0 : changed);
}

static void expire(client *c, int64_t unit_ms, int64_t base_ms) {
    expireRequest r;
    if (!fieldDeadline(c, 2, unit_ms, base_ms, &r.deadline_ms)) return;
    r.when = parseCondition(c, 3);
    if (!fieldListParse(c, r.when == ALWAYS ? 3 : 4, BAD_COUNT, &r.fields)) return;
    keyRef key = argKey(c, 1);
    entry *e;
    if (!hashOpenWrite(c, key, r.fields.first, r.fields.count, 1, &e)) return;
    replyArray(c, (size_t)r.fields.count);
    if (e)
        expireFields(c, key, e, &r);
    else
        for (int i = 0; i < r.fields.count; i++) replyInteger(c, NO_FIELD);
}

/* HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
 * Replies with a number for each field: -2 where there is none, 0 where the condition does not
 * hold, 1, or 2 where the time has passed already and the field is gone. */
static void hexpireCommand(client *c) {
    expire(c, 1000, c->server->now_ms);
}

/* HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...] */
static void hpexpireCommand(client *c) {
    expire(c, 1, c->server->now_ms);
}

/* HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...] */
static void hexpireatCommand(client *c) {
    expire(c, 1000, 0);
}

/* HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...] */
static void hpexpireatCommand(client *c) {
    expire(c, 1, 0);
}

/* HPERSIST key FIELDS numfields field [field ...]
 * Replies with a number for each field: -2 where there is none, -1 where it has no deadline, or 1.
 */
static void hpersistCommand(client *c) {
    fieldList fields;
    if (!fieldListParse(c, 2, BAD_COUNT, &fields)) return;
    keyRef key = argKey(c, 1);
    entry *e;
    if (!hashOpenWrite(c, key, fields.first, fields.count, 1, &e)) return;
    replyArray(c, (size_t)fields.count);
    int changed = 0;
    for (int i = 0; i < fields.count; i++) {
        bytes field = c->argv[fields.first + i];
        hashPair pair;
        outcome o = e && hashFind(e, field, &pair) ? NO_DEADLINE : NO_FIELD;
        if (o == NO_DEADLINE && pair.deadline_ms != DEADLINE_NONE) {
            hashSetDeadline(e, field, DEADLINE_NONE);
            keySubkey(c, field);
            changed++;
            o = DONE;
        }
        replyInteger(c, o);
    }
    if (!changed) return;
    keyChanged(c, key, NOTIFY_HASH, "hpersist");
    c->server->dirty += (uint64_t)changed - 1;
    hashChanged(c, key, e);
}

/* ---- asking ---- */

static void replyDeadlines(client *c, int64_t unit_ms, int64_t base_ms) {
    fieldList fields;
    const entry *e;
    if (!fieldListParse(c, 2, BAD_COUNT, &fields) || !hashOpenRead(c, &e)) return;
    replyArray(c, (size_t)fields.count);
    for (int i = 0; i < fields.count; i++) {
        hashPair pair;
        if (!e || !hashFind(e, c->argv[fields.first + i], &pair) || !hashIsLive(c, &pair)) {
            replyInteger(c, NO_FIELD);
        } else if (pair.deadline_ms == DEADLINE_NONE) {
            replyInteger(c, NO_DEADLINE);
        } else {
            /* A second that has begun counts in full. */
            replyInteger(c, (pair.deadline_ms - base_ms + unit_ms - 1) / unit_ms);
        }
    }
}

/* HTTL key FIELDS numfields field [field ...]
 * Replies with the seconds each field has left, rounded up; -1 without a deadline, -2 without a
 * field. */
static void httlCommand(client *c) {
    replyDeadlines(c, 1000, c->server->now_ms);
}

/* HPTTL key FIELDS numfields field [field ...] */
static void hpttlCommand(client *c) {
    replyDeadlines(c, 1, c->server->now_ms);
}

/* HEXPIRETIME key FIELDS numfields field [field ...] */
static void hexpiretimeCommand(client *c) {
    replyDeadlines(c, 1000, 0);
}

/* HPEXPIRETIME key FIELDS numfields field [field ...] */
static void hpexpiretimeCommand(client *c) {
    replyDeadlines(c, 1, 0);
}

#define FIRST_KEY(how)                                                                             \
    {                                                                                              \
        { .first = 1, .last = 0, .step = 1, .use = (how) }                                         \
    }
#define SETTING                                                                                    \
    .arity = -6, .flags = CMD_WRITE | CMD_FAST, .acl = ACL_HASH,                                   \
    .keys = FIRST_KEY(KEY_RW | KEY_UPDATE)
#define ASKING                                                                                     \
    .arity = -5, .flags = CMD_READONLY | CMD_FAST, .acl = ACL_HASH,                                \
    .keys = FIRST_KEY(KEY_RO | KEY_ACCESS)

const commandSpec hashTtlCommands[] = {
    {.name = "hexpire", .run = hexpireCommand, SETTING},
    {.name = "hpexpire", .run = hpexpireCommand, SETTING},
    {.name = "hexpireat", .run = hexpireatCommand, SETTING},
    {.name = "hpexpireat", .run = hpexpireatCommand, SETTING},
    {.name = "hpersist",
     .arity = -5,
     .run = hpersistCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_HASH,
     .keys = FIRST_KEY(KEY_RW | KEY_UPDATE)},
    {.name = "httl", .run = httlCommand, ASKING, .tips = "nondeterministic_output"},
    {.name = "hpttl", .run = hpttlCommand, ASKING, .tips = "nondeterministic_output"},
    {.name = "hexpiretime", .run = hexpiretimeCommand, ASKING},
    {.name = "hpexpiretime", .run = hpexpiretimeCommand, ASKING},
    {0},
};
