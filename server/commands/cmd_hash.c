/* Commands on hashes: fields by name, and all of them. */
#include "server/commands/commands.h"
#include "server/commands/hash_open.h"
#include "server/commands/key_overwrite.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/db/db_fields.h"

/* ---- setting ---- */

/* Sets the pairs from argument 2 on; the number of new fields, or -1 after replying. */
static int64_t setPairs(client *c) {
    if (c->argc % 2) {
        replyWrongArity(c, c->cmd);
        return -1;
    }
    keyRef key = argKey(c, 1);
    const typeLimits *limits = &c->server->config.types;
    int pairs = (c->argc - 2) / 2;
    entry *e;
    if (!hashOpenWrite(c, key, 2, pairs, 2, &e)) return -1;
    if (!e) e = dbAdd(c->db, key, hashNew(key.name));
    int64_t created = 0;
    for (int i = 2; i < c->argc; i += 2)
        created += hashSet(e, c->argv[i], c->argv[i + 1], false, limits);
    dbFieldsChanged(c->db, key, e);
    keySubkeys(c, c->argv + 2, (size_t)pairs, 2);
    keyChanged(c, key, NOTIFY_HASH, "hset");
    c->server->dirty += (uint64_t)pairs - 1;
    return created;
}

/* HSET key field value [field value ...]
 * Replies with the number of fields that are new. */
static void hsetCommand(client *c) {
    int64_t created = setPairs(c);
    if (created >= 0) replyInteger(c, created);
}

/* HMSET key field value [field value ...] */
static void hmsetCommand(client *c) {
    if (setPairs(c) >= 0) replyOk(c);
}

/* HSETNX key field value
 * Replies 1, or 0 where the field is there. */
static void hsetnxCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e;
    hashPair pair;
    if (!hashOpenWrite(c, key, 2, 1, 1, &e)) return;
    if (e && hashFind(e, c->argv[2], &pair)) {
        replyInteger(c, 0);
        return;
    }
    if (!e) e = dbAdd(c->db, key, hashNew(key.name));
    hashSet(e, c->argv[2], c->argv[3], false, &c->server->config.types);
    dbFieldsChanged(c->db, key, e);
    keySubkey(c, c->argv[2]);
    keyChanged(c, key, NOTIFY_HASH, "hset");
    replyInteger(c, 1);
}

/* ---- counting ---- */

/* Stores what a counter came to, keeping the field's deadline, which followers must keep, too. */
static void storeNumber(client *c, keyRef key, entry *e, bytes text, const char *event) {
    if (!e) e = dbAdd(c->db, key, hashNew(key.name));
    hashSet(e, c->argv[2], text, true, &c->server->config.types);
    dbFieldsChanged(c->db, key, e);
    keySubkey(c, c->argv[2]);
    keyChanged(c, key, NOTIFY_HASH, event);
}

/* HINCRBY key field increment
 * Replies with the sum. */
static void hincrbyCommand(client *c) {
    int64_t increment, value = 0;
    if (!argInt(c, 3, &increment, NULL)) return;
    keyRef key = argKey(c, 1);
    entry *e;
    hashPair pair;
    if (!hashOpenWrite(c, key, 2, 1, 1, &e)) return;
    if (e && hashFind(e, c->argv[2], &pair) && !numParseInt(pair.value, &value)) {
        replyError(c, "ERR hash value is not an integer");
        return;
    }
    if (__builtin_add_overflow(value, increment, &value)) {
        replyError(c, "ERR increment or decrement would overflow");
        return;
    }
    char digits[NUM_INT_MAX];
    storeNumber(c, key, e, bytesOf(digits, numFormatInt(digits, value)), "hincrby");
    replyInteger(c, value);
}

/* Followers get the sum, not the sum to be worked out: floating point may differ there. */
static void propagateSum(client *c, bytes key, bytes text, bool has_deadline) {
    if (!somebodyFollows(c)) return;
    if (has_deadline)
        propagateAs(c, 7,
                    (bytes[]){BYTES("HSETEX"), key, BYTES("KEEPTTL"), BYTES("FIELDS"), BYTES("1"),
                              c->argv[2], text});
    else
        propagateAs(c, 4, (bytes[]){BYTES("HSET"), key, c->argv[2], text});
}

/* HINCRBYFLOAT key field increment
 * Replies with the sum as text. */
static void hincrbyfloatCommand(client *c) {
    long double increment, value = 0;
    if (!argLongDouble(c, 3, &increment, NULL)) return;
    if (!__builtin_isfinite(increment)) {
        replyError(c, "ERR value is NaN or Infinity");
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e;
    hashPair pair;
    bool found, has_deadline;
    if (!hashOpenWrite(c, key, 2, 1, 1, &e)) return;
    found = e && hashFind(e, c->argv[2], &pair);
    has_deadline = found && pair.deadline_ms != DEADLINE_NONE;
    if (found && !numParseLongDouble(pair.value, &value)) {
        replyError(c, "ERR hash value is not a float");
        return;
    }
    value += increment;
    if (!__builtin_isfinite(value)) {
        replyError(c, "ERR increment would produce NaN or Infinity");
        return;
    }
    char room[NUM_DOUBLE_MAX];
    bytes text = bytesOf(room, numFormatLongDouble(room, value));
    storeNumber(c, key, e, text, "hincrbyfloat");
    propagateSum(c, key.name, text, has_deadline);
    replyBulk(c, text);
}

/* ---- removing ---- */

/* HDEL key field [field ...]
 * Replies with the number of fields that were there, past their deadline or not. */
static void hdelCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_HASH)) return;
    int64_t deleted = 0;
    for (int i = 2; e && i < c->argc && hashCount(e) > 0; i++) {
        if (!hashDelete(e, c->argv[i])) continue;
        keySubkey(c, c->argv[i]);
        deleted++;
    }
    if (deleted) {
        keyChanged(c, key, NOTIFY_HASH, "hdel");
        c->server->dirty += (uint64_t)deleted - 1;
        hashChanged(c, key, e);
    }
    replyInteger(c, deleted);
}

/* ---- reading ---- */

/* HGET key field */
static void hgetCommand(client *c) {
    const entry *e;
    hashPair pair;
    if (!hashOpenRead(c, &e)) return;
    if (e && hashReadField(c, e, 2, &pair))
        replyBulk(c, pair.value);
    else
        replyNull(c);
}

/* HMGET key field [field ...]
 * Replies with a value or null for each field. */
static void hmgetCommand(client *c) {
    const entry *e;
    if (!hashOpenRead(c, &e)) return;
    bool some_past = false;
    replyArray(c, (size_t)c->argc - 2);
    for (int i = 2; i < c->argc; i++) {
        hashPair pair;
        bool found = e && hashFind(e, c->argv[i], &pair);
        bool live = found && hashIsLive(c, &pair);
        some_past |= found && !live;
        if (live)
            replyBulk(c, pair.value);
        else
            replyNull(c);
    }
    if (some_past)
        dbExpireNamed(c->db, argKey(c, 1), (entry *)(uintptr_t)e, c->argv + 2, (size_t)c->argc - 2,
                      1);
}

/* HEXISTS key field */
static void hexistsCommand(client *c) {
    const entry *e;
    hashPair pair;
    if (!hashOpenRead(c, &e)) return;
    replyInteger(c, e && hashReadField(c, e, 2, &pair));
}

/* HSTRLEN key field
 * Replies with the size of the value, 0 where there is none. */
static void hstrlenCommand(client *c) {
    const entry *e;
    hashPair pair;
    if (!hashOpenRead(c, &e)) return;
    replyInteger(c, e && hashReadField(c, e, 2, &pair) ? (int64_t)pair.value.size : 0);
}

/* HLEN key
 * Replies with the number of fields, those past their deadline but still there included. */
static void hlenCommand(client *c) {
    const entry *e;
    if (!hashOpenRead(c, &e)) return;
    replyInteger(c, e ? (int64_t)hashCount(e) : 0);
}

/* ---- all fields ---- */

typedef enum parts { FIELDS, VALUES, PAIRS } parts;

typedef struct partsReply {
    client *c;
    parts what;
    size_t count;
} partsReply;

static void replyParts(void *ctx, const hashPair *pair) {
    partsReply *r = ctx;
    if (!hashIsLive(r->c, pair)) return;
    if (r->what != VALUES) replyBulk(r->c, pair->field);
    if (r->what != FIELDS) replyBulk(r->c, pair->value);
    r->count++;
}

static void replyHash(client *c, parts what) {
    const entry *e;
    if (!hashOpenRead(c, &e)) return;
    size_t count = e ? hashCount(e) : 0;
    partsReply r = {.c = c, .what = what};
    if (e && dbIsFieldPast(c->db, hashNextDeadline(e))) {
        replyHole hole = replyOpen(c);
        hashEach(e, replyParts, &r);
        replyClose(c, hole, what == PAIRS ? RESP_MAP : RESP_ARRAY, r.count);
        return;
    }
    if (what == PAIRS)
        replyMap(c, count);
    else
        replyArray(c, count);
    if (e) hashEach(e, replyParts, &r);
}

/* HKEYS key */
static void hkeysCommand(client *c) {
    replyHash(c, FIELDS);
}

/* HVALS key */
static void hvalsCommand(client *c) {
    replyHash(c, VALUES);
}

/* HGETALL key */
static void hgetallCommand(client *c) {
    replyHash(c, PAIRS);
}

#define ONE_KEY(how) .acl = ACL_HASH, .keys = {{.first = 1, .last = 0, .step = 1, .use = (how)}}
#define WRITING      CMD_WRITE | CMD_DENYOOM | CMD_FAST
#define READING      CMD_READONLY | CMD_FAST

const commandSpec hashCommands[] = {
    {.name = "hset",
     .arity = -4,
     .run = hsetCommand,
     .flags = WRITING,
     .member = 2,
     ONE_KEY(KEY_RW | KEY_UPDATE)},
    {.name = "hsetnx",
     .arity = 4,
     .run = hsetnxCommand,
     .flags = WRITING,
     .member = 2,
     ONE_KEY(KEY_RW | KEY_INSERT)},
    {.name = "hmset",
     .arity = -4,
     .run = hmsetCommand,
     .flags = WRITING,
     .member = 2,
     ONE_KEY(KEY_RW | KEY_UPDATE)},
    {.name = "hincrby",
     .arity = 4,
     .run = hincrbyCommand,
     .flags = WRITING,
     .member = 2,
     ONE_KEY(KEY_RW | KEY_ACCESS | KEY_UPDATE)},
    {.name = "hincrbyfloat",
     .arity = 4,
     .run = hincrbyfloatCommand,
     .flags = WRITING,
     .member = 2,
     ONE_KEY(KEY_RW | KEY_ACCESS | KEY_UPDATE)},
    {.name = "hdel",
     .arity = -3,
     .run = hdelCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .member = 2,
     ONE_KEY(KEY_RW | KEY_DELETE)},
    {.name = "hget",
     .arity = 3,
     .run = hgetCommand,
     .flags = READING,
     .member = 2,
     ONE_KEY(KEY_RO | KEY_ACCESS)},
    {.name = "hmget",
     .arity = -3,
     .run = hmgetCommand,
     .flags = READING,
     .member = 2,
     ONE_KEY(KEY_RO | KEY_ACCESS)},
    {.name = "hexists",
     .arity = 3,
     .run = hexistsCommand,
     .flags = READING,
     .member = 2,
     ONE_KEY(KEY_RO)},
    {.name = "hstrlen",
     .arity = 3,
     .run = hstrlenCommand,
     .flags = READING,
     .member = 2,
     ONE_KEY(KEY_RO)},
    {.name = "hlen", .arity = 2, .run = hlenCommand, .flags = READING, ONE_KEY(KEY_RO)},
    {.name = "hkeys",
     .arity = 2,
     .run = hkeysCommand,
     .flags = CMD_READONLY,
     ONE_KEY(KEY_RO | KEY_ACCESS),
     .tips = "nondeterministic_output_order"},
    {.name = "hvals",
     .arity = 2,
     .run = hvalsCommand,
     .flags = CMD_READONLY,
     ONE_KEY(KEY_RO | KEY_ACCESS),
     .tips = "nondeterministic_output_order"},
    {.name = "hgetall",
     .arity = 2,
     .run = hgetallCommand,
     .flags = CMD_READONLY,
     ONE_KEY(KEY_RO | KEY_ACCESS),
     .tips = "nondeterministic_output_order"},
    {0},
};
