/* Commands on one list; LMOVE and its kin are in cmd_list_move.c, those that block in
 * cmd_list_block.c. */
#include "server/commands/commands.h"
#include "server/commands/key_overwrite.h"
#include "server/commands/list_commands.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* ---- what the list commands share ---- */

bool argListEnd(client *c, int index, listEnd *out) {
    if (argIs(c, index, "left")) {
        *out = QUICKLIST_HEAD;
    } else if (argIs(c, index, "right")) {
        *out = QUICKLIST_TAIL;
    } else {
        replySyntaxError(c);
        return false;
    }
    return true;
}

void replyListValue(client *c, listpackValue value) {
    char scratch[NUM_INT_MAX];
    replyBulk(c, listpackValueText(value, scratch));
}

void replyListRange(client *c, const entry *e, int64_t start, size_t count, bool backward) {
    listIterator it;
    listpackValue value;
    replyArray(c, count);
    listIteratorInit(&it, e, start, backward);
    for (; count > 0 && listIteratorNext(&it, &value); count--) replyListValue(c, value);
    listIteratorEnd(&it);
}

void listChanged(client *c, keyRef key, const char *event, size_t parts) {
    c->server->dirty += parts - 1;
    keyChanged(c, key, NOTIFY_LIST, event);
}

void listDelete(client *c, keyRef key, entry *e) {
    dbDeleteEntry(c->db, key, e, DB_DELETED);
    c->server->dirty--;
}

static void deleteEmpty(client *c, keyRef key, entry *e) {
    if (listCount(e) == 0) listDelete(c, key, e);
}

static const char *popEvent(listEnd end) {
    return end == QUICKLIST_HEAD ? "lpop" : "rpop";
}

void listPopOne(client *c, keyRef key, entry *e, listEnd end) {
    replyListValue(c, listPeek(e, end));
    listDrop(e, end, &c->server->config.types);
    listChanged(c, key, popEvent(end), 1);
    deleteEmpty(c, key, e);
}

void listPopSome(client *c, keyRef key, entry *e, listEnd end, size_t count) {
    size_t length = listCount(e);
    if (count > length) count = length;
    replyListRange(c, e, end == QUICKLIST_HEAD ? 0 : -1, count, end == QUICKLIST_TAIL);
    if (count == 0) return;
    listChanged(c, key, popEvent(end), count);
    /* A list that goes as a whole is freed in slices. */
    if (count == length)
        listDelete(c, key, e);
    else
        listRemoveRange(e, end == QUICKLIST_HEAD ? 0 : length - count, count,
                        &c->server->config.types);
}

void listPropagatePop(client *c, bytes key, listEnd end, size_t count, bool with_count) {
    if (!somebodyFollows(c)) return;
    char digits[NUM_INT_MAX];
    bytes name = end == QUICKLIST_HEAD ? BYTES("LPOP") : BYTES("RPOP");
    bytes argv[] = {name, key, bytesOf(digits, numFormatUint(digits, count))};
    propagateAs(c, with_count ? 3 : 2, argv);
}

/* ---- pushing and popping ---- */

static void push(client *c, listEnd end, bool only_if_there) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_LIST)) return;
    if (!e) {
        if (only_if_there) {
            replyInteger(c, 0);
            return;
        }
        e = dbAddCollection(c->db, key, TYPE_LIST, ENCODING_LISTPACK, listpackNew());
    }
    const typeLimits *limits = &c->server->config.types;
    for (int i = 2; i < c->argc; i++) listPush(e, end, c->argv[i], limits);
    listChanged(c, key, end == QUICKLIST_HEAD ? "lpush" : "rpush", (size_t)c->argc - 2);
    replyInteger(c, (int64_t)listCount(e));
}

/* LPUSH key element [element ...]
 * Replies with the new length. */
static void lpushCommand(client *c) {
    push(c, QUICKLIST_HEAD, false);
}

/* RPUSH key element [element ...] */
static void rpushCommand(client *c) {
    push(c, QUICKLIST_TAIL, false);
}

/* LPUSHX key element [element ...]
 * Makes no new list. */
static void lpushxCommand(client *c) {
    push(c, QUICKLIST_HEAD, true);
}

/* RPUSHX key element [element ...] */
static void rpushxCommand(client *c) {
    push(c, QUICKLIST_TAIL, true);
}

static void pop(client *c, listEnd end) {
    int64_t count = 0;
    bool with_count = c->argc == 3;
    if (c->argc > 3) {
        replyWrongArity(c, c->cmd);
        return;
    }
    if (with_count &&
        !argIntIn(c, 2, 0, INT64_MAX, &count, "ERR value is out of range, must be positive"))
        return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_LIST)) return;
    if (!e) {
        if (with_count)
            replyNullArray(c);
        else
            replyNull(c);
    } else if (with_count) {
        listPopSome(c, key, e, end, (size_t)count);
    } else {
        listPopOne(c, key, e, end);
    }
}

/* LPOP key [count] */
static void lpopCommand(client *c) {
    pop(c, QUICKLIST_HEAD);
}

/* RPOP key [count] */
static void rpopCommand(client *c) {
    pop(c, QUICKLIST_TAIL);
}

/* ---- by index ---- */

/* LLEN key */
static void llenCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (keyIsType(c, e, TYPE_LIST)) replyInteger(c, e ? (int64_t)listCount(e) : 0);
}

/* LINDEX key index */
static void lindexCommand(client *c) {
    int64_t index;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_LIST)) return;
    if (!e) {
        replyNull(c);
        return;
    }
    if (!argInt(c, 2, &index, NULL)) return;
    listIterator it;
    listpackValue value;
    listIteratorInit(&it, e, index, false);
    if (listIteratorNext(&it, &value))
        replyListValue(c, value);
    else
        replyNull(c);
    listIteratorEnd(&it);
}

/* LSET key index element */
static void lsetCommand(client *c) {
    int64_t index;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!e) {
        replyError(c, "ERR no such key");
        return;
    }
    if (!keyIsType(c, e, TYPE_LIST) || !argInt(c, 2, &index, NULL)) return;
    if (!listSet(e, index, c->argv[3], &c->server->config.types)) {
        replyError(c, "ERR index out of range");
        return;
    }
    listChanged(c, key, "lset", 1);
    replyOk(c);
}

/* The elements that 'start' and 'stop' (negative ones from the end) enclose. */
typedef struct span {
    size_t start, count;
} span;

static span spanOf(int64_t start, int64_t stop, size_t length) {
    int64_t total = (int64_t)length;
    if (start < 0) start += total;
    if (stop < 0) stop += total;
    if (start < 0) start = 0;
    if (stop >= total) stop = total - 1;
    if (start > stop) return (span){0, 0};
    return (span){(size_t)start, (size_t)(stop - start) + 1};
}

/* LRANGE key start stop */
static void lrangeCommand(client *c) {
    int64_t start, stop;
    if (!argInt(c, 2, &start, NULL) || !argInt(c, 3, &stop, NULL)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_LIST)) return;
    span s = spanOf(start, stop, e ? listCount(e) : 0);
    if (s.count)
        replyListRange(c, e, (int64_t)s.start, s.count, false);
    else
        replyArray(c, 0);
}

/* LTRIM key start stop
 * Keeps what LRANGE would reply with. */
static void ltrimCommand(client *c) {
    int64_t start, stop;
    if (!argInt(c, 2, &start, NULL) || !argInt(c, 3, &stop, NULL)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_LIST)) return;
    if (e) {
        size_t length = listCount(e);
        span kept = spanOf(start, stop, length);
        listChanged(c, key, "ltrim", length - kept.count);
        if (kept.count == 0) {
            listDelete(c, key, e);
        } else {
            const typeLimits *limits = &c->server->config.types;
            listRemoveRange(e, kept.start + kept.count, length, limits);
            listRemoveRange(e, 0, kept.start, limits);
        }
    }
    replyOk(c);
}

/* ---- by element ---- */

/* LINSERT key <BEFORE | AFTER> pivot element
 * Replies with the new length, or -1 where there is no pivot. */
static void linsertCommand(client *c) {
    bool after = argIs(c, 2, "after");
    if (!after && !argIs(c, 2, "before")) {
        replySyntaxError(c);
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_LIST)) return;
    if (!e) {
        replyInteger(c, 0);
    } else if (listInsert(e, c->argv[3], after, c->argv[4], &c->server->config.types)) {
        listChanged(c, key, "linsert", 1);
        replyInteger(c, (int64_t)listCount(e));
    } else {
        replyInteger(c, -1);
    }
}

/* LREM key count element
 * Replies with the number of elements that went. */
static void lremCommand(client *c) {
    int64_t count;
    if (!argInt(c, 2, &count, NULL)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_LIST)) return;
    size_t removed = e ? listRemove(e, c->argv[3], count, &c->server->config.types) : 0;
    if (removed) {
        listChanged(c, key, "lrem", removed);
        deleteEmpty(c, key, e);
    }
    replyInteger(c, (int64_t)removed);
}

/* ---- LPOS ---- */

typedef struct search {
    int64_t rank;         /* of the first match to tell; negative: from the end */
    int64_t count;        /* how many to tell, 0: all; -1: one, and not in an array */
    int64_t max_compared; /* 0: no limit */
} search;

static bool argSearch(client *c, search *s) {
    *s = (search){.rank = 1, .count = -1};
    for (int i = 3; i < c->argc; i += 2) {
        bool has_value = i + 1 < c->argc;
        if (has_value && argIs(c, i, "rank")) {
            if (!argIntIn(c, i + 1, -INT64_MAX, INT64_MAX, &s->rank, NULL)) return false;
            if (s->rank == 0) {
                replyError(c, "ERR RANK can't be zero: use 1 to start from the first match, 2 from "
                              "the second ... or use negative to start from the end of the list");
                return false;
            }
        } else if (has_value && argIs(c, i, "count")) {
            if (!argIntIn(c, i + 1, 0, INT64_MAX, &s->count, "ERR COUNT can't be negative"))
                return false;
        } else if (has_value && argIs(c, i, "maxlen")) {
            if (!argIntIn(c, i + 1, 0, INT64_MAX, &s->max_compared, "ERR MAXLEN can't be negative"))
                return false;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    return true;
}

/* Calls for each match that is to be told; how many there were. */
static size_t findMatches(const entry *e, const search *s, bytes text,
                          void (*found)(client *c, int64_t index), client *c) {
    bool backward = s->rank < 0;
    int64_t skip = (backward ? -s->rank : s->rank) - 1;
    int64_t wanted = s->count < 0 ? 1 : s->count == 0 ? INT64_MAX : s->count;
    int64_t left = s->max_compared ? s->max_compared : INT64_MAX;
    int64_t index = backward ? (int64_t)listCount(e) - 1 : 0, number = 0, told = 0;
    bool is_number = numParseInt(text, &number);
    listIterator it;
    listpackValue value;
    listIteratorInit(&it, e, index, backward);
    while (left-- > 0 && told < wanted && listIteratorNext(&it, &value)) {
        bool equal =
            value.text.data ? bytesEqual(value.text, text) : is_number && value.number == number;
        if (equal && skip-- <= 0) {
            found(c, index);
            told++;
        }
        index += backward ? -1 : 1;
    }
    listIteratorEnd(&it);
    return (size_t)told;
}

/* LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len] */
static void lposCommand(client *c) {
    search s;
    if (!argSearch(c, &s)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_LIST)) return;
    if (s.count < 0) {
        if (!e || !findMatches(e, &s, c->argv[2], replyInteger, c)) replyNull(c);
        return;
    }
    if (!e) {
        replyArray(c, 0);
        return;
    }
    replyHole hole = replyOpen(c);
    size_t told = findMatches(e, &s, c->argv[2], replyInteger, c);
    replyClose(c, hole, RESP_ARRAY, told);
}

#define ONE_KEY(...) .keys = {{.first = 1, .last = 0, .step = 1, .use = __VA_ARGS__}}

const commandSpec listCommands[] = {
    {.name = "lpush",
     .arity = -3,
     .run = lpushCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_INSERT)},
    {.name = "rpush",
     .arity = -3,
     .run = rpushCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_INSERT)},
    {.name = "lpushx",
     .arity = -3,
     .run = lpushxCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_INSERT)},
    {.name = "rpushx",
     .arity = -3,
     .run = rpushxCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_INSERT)},
    {.name = "lpop",
     .arity = -2,
     .run = lpopCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_ACCESS | KEY_DELETE)},
    {.name = "rpop",
     .arity = -2,
     .run = rpopCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_ACCESS | KEY_DELETE)},
    {.name = "llen",
     .arity = 2,
     .run = llenCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RO)},
    {.name = "lindex",
     .arity = 3,
     .run = lindexCommand,
     .flags = CMD_READONLY,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RO | KEY_ACCESS)},
    {.name = "lset",
     .arity = 4,
     .run = lsetCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_UPDATE)},
    {.name = "lrange",
     .arity = 4,
     .run = lrangeCommand,
     .flags = CMD_READONLY,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RO | KEY_ACCESS)},
    {.name = "ltrim",
     .arity = 4,
     .run = ltrimCommand,
     .flags = CMD_WRITE,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_DELETE)},
    {.name = "linsert",
     .arity = 5,
     .run = linsertCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_INSERT)},
    {.name = "lrem",
     .arity = 4,
     .run = lremCommand,
     .flags = CMD_WRITE,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RW | KEY_DELETE)},
    {.name = "lpos",
     .arity = -3,
     .run = lposCommand,
     .flags = CMD_READONLY,
     .acl = ACL_LIST,
     ONE_KEY(KEY_RO | KEY_ACCESS)},
    {0},
};
