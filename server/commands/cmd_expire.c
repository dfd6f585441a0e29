/* Commands on the deadlines of keys. */
#include "server/commands/commands.h"
#include "server/commands/expire_options.h"
#include "server/commands/key_overwrite.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/num.h"

/* ---- setting ---- */

enum { WHEN_NONE = 1 << 0, WHEN_ANY = 1 << 1, WHEN_LATER = 1 << 2, WHEN_EARLIER = 1 << 3 };

/* Reads NX, XX, GT and LT. False after replying what is wrong. */
static bool parseConditions(client *c, unsigned *when) {
    *when = 0;
    for (int i = 3; i < c->argc; i++) {
        if (argIs(c, i, "NX")) {
            *when |= WHEN_NONE;
        } else if (argIs(c, i, "XX")) {
            *when |= WHEN_ANY;
        } else if (argIs(c, i, "GT")) {
            *when |= WHEN_LATER;
        } else if (argIs(c, i, "LT")) {
            *when |= WHEN_EARLIER;
        } else {
            bytes word = c->argv[i];
            enum { SHOWN_MAX = 900 };
            int shown = (int)(word.size < SHOWN_MAX ? word.size : SHOWN_MAX);
            replyErrorFormat(c, "ERR Unsupported option %.*s", shown, word.data);
            return false;
        }
    }
    if ((*when & WHEN_NONE) && (*when & ~(unsigned)WHEN_NONE)) {
        replyError(c, "ERR NX and XX, GT or LT options at the same time are not compatible");
        return false;
    }
    if ((*when & WHEN_LATER) && (*when & WHEN_EARLIER)) {
        replyError(c, "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

/* Argument 2 as a deadline: 'unit_ms' times it, from 'base_ms' on. A time in the past is none of an
 * error, one that cannot be told in milliseconds is. False after replying. */
static bool parseDeadline(client *c, int64_t unit_ms, int64_t base_ms, int64_t *deadline_ms) {
    int64_t value;
    if (!argInt(c, 2, &value, NULL)) return false;
    if (__builtin_mul_overflow(value, unit_ms, &value) ||
        __builtin_add_overflow(value, base_ms, &value)) {
        replyErrorFormat(c, "ERR invalid expire time in '%s' command", c->cmd->full_name);
        return false;
    }
    /* The last millisecond of time is the mark of no deadline at all. */
    *deadline_ms = value == DEADLINE_NONE ? DEADLINE_NONE - 1 : value;
    return true;
}

/* True if a key due at 'now_ms' (DEADLINE_NONE: never, which is later than any time) may become due
 * at 'new_ms'. */
static bool conditionsHold(unsigned when, int64_t now_ms, int64_t new_ms) {
    if ((when & WHEN_NONE) && now_ms != DEADLINE_NONE) return false;
    if ((when & WHEN_ANY) && now_ms == DEADLINE_NONE) return false;
    if ((when & WHEN_LATER) && new_ms <= now_ms) return false;
    return !(when & WHEN_EARLIER) || new_ms < now_ms;
}

/* What is due already goes at once: as a deletion, which is also what followers get. */
static void deleteDue(client *c, keyRef key, entry *e) {
    dbDeleteEntry(c->db, key, e, DB_DELETED);
    if (!somebodyFollows(c)) return;
    bytes how = c->server->config.lazyfree_lazy_expire ? BYTES("UNLINK") : BYTES("DEL");
    propagateAs(c, 2, (bytes[]){how, key.name});
}

static void setDeadline(client *c, keyRef key, entry *e, int64_t deadline_ms) {
    dbSetDeadline(c->db, key, e, deadline_ms);
    keyChanged(c, key, NOTIFY_GENERIC, "expire");
    if (!somebodyFollows(c)) return;
    char digits[NUM_INT_MAX];
    bytes time = bytesOf(digits, numFormatInt(digits, deadline_ms));
    propagateAs(c, 3, (bytes[]){BYTES("PEXPIREAT"), key.name, time});
}

static void expireKey(client *c, int64_t unit_ms, int64_t base_ms) {
    unsigned when;
    int64_t deadline_ms;
    if (!parseConditions(c, &when) || !parseDeadline(c, unit_ms, base_ms, &deadline_ms)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    bool does = e && conditionsHold(when, entryDeadline(e), deadline_ms);
    if (does && expireIsPast(c, deadline_ms))
        deleteDue(c, key, e);
    else if (does)
        setDeadline(c, key, e, deadline_ms);
    replyInteger(c, does);
}

/* EXPIRE key seconds [NX | XX | GT | LT]
 * Replies 1, or 0 where the key is not there or the condition does not hold. */
static void expireCommand(client *c) {
    expireKey(c, 1000, c->server->now_ms);
}

/* PEXPIRE key milliseconds [NX | XX | GT | LT] */
static void pexpireCommand(client *c) {
    expireKey(c, 1, c->server->now_ms);
}

/* EXPIREAT key unix-time-seconds [NX | XX | GT | LT] */
static void expireatCommand(client *c) {
    expireKey(c, 1000, 0);
}

/* PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] */
static void pexpireatCommand(client *c) {
    expireKey(c, 1, 0);
}

/* PERSIST key
 * Replies 1, or 0 where the key is not there or has no deadline. */
static void persistCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    bool does = e && entryHasDeadline(e);
    if (does) {
        dbSetDeadline(c->db, key, e, DEADLINE_NONE);
        keyChanged(c, key, NOTIFY_GENERIC, "persist");
    }
    replyInteger(c, does);
}

/* ---- asking ---- */

enum { TTL_NO_KEY = -2, TTL_NO_DEADLINE = -1 };

static void replyDeadline(client *c, int64_t unit_ms, int64_t base_ms) {
    const entry *e = keyPeek(c, argKey(c, 1));
    if (!e) {
        replyInteger(c, TTL_NO_KEY);
        return;
    }
    if (!entryHasDeadline(e)) {
        replyInteger(c, TTL_NO_DEADLINE);
        return;
    }
    int64_t value = entryDeadline(e) - base_ms;
    if (value < 0) value = 0;
    /* To the nearest second; written so that the end of time does not overflow. */
    replyInteger(c, value / unit_ms + (value % unit_ms * 2 >= unit_ms && unit_ms > 1));
}

/* TTL key
 * Replies with the seconds left, rounded; -1 without a deadline, -2 without a key. */
static void ttlCommand(client *c) {
    replyDeadline(c, 1000, c->server->now_ms);
}

/* PTTL key */
static void pttlCommand(client *c) {
    replyDeadline(c, 1, c->server->now_ms);
}

/* EXPIRETIME key
 * Replies with the deadline in seconds since 1970; -1 and -2 as TTL. */
static void expiretimeCommand(client *c) {
    replyDeadline(c, 1000, 0);
}

/* PEXPIRETIME key */
static void pexpiretimeCommand(client *c) {
    replyDeadline(c, 1, 0);
}

#define FIRST_KEY(how)                                                                             \
    {                                                                                              \
        { .first = 1, .last = 0, .step = 1, .use = (how) }                                         \
    }
#define SETTING                                                                                    \
    .arity = -3, .flags = CMD_WRITE | CMD_FAST, .acl = ACL_KEYSPACE,                               \
    .keys = FIRST_KEY(KEY_RW | KEY_UPDATE)
#define ASKING                                                                                     \
    .arity = 2, .flags = CMD_READONLY | CMD_FAST, .acl = ACL_KEYSPACE,                             \
    .keys = FIRST_KEY(KEY_RO | KEY_ACCESS)

const commandSpec expireCommands[] = {
    {.name = "expire", .run = expireCommand, SETTING},
    {.name = "pexpire", .run = pexpireCommand, SETTING},
    {.name = "expireat", .run = expireatCommand, SETTING},
    {.name = "pexpireat", .run = pexpireatCommand, SETTING},
    {.name = "persist",
     .arity = 2,
     .run = persistCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_KEYSPACE,
     .keys = FIRST_KEY(KEY_RW | KEY_UPDATE)},
    {.name = "ttl", .run = ttlCommand, ASKING, .tips = "nondeterministic_output"},
    {.name = "pttl", .run = pttlCommand, ASKING, .tips = "nondeterministic_output"},
    {.name = "expiretime", .run = expiretimeCommand, ASKING},
    {.name = "pexpiretime", .run = pexpiretimeCommand, ASKING},
    {0},
};
