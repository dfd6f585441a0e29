/* INCREX: a counter with bounds and a deadline, in whole numbers or floating point. */
#include <float.h>

#include "server/commands/commands.h"
#include "server/commands/expire_options.h"
#include "server/commands/key_overwrite.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/num.h"

/* Argument indices are 0 where the option was not given. */
typedef struct increxOptions {
    int by_int, by_float, lower, upper;
    bool saturate, only_without_ttl;
    expireOption expire;
    int64_t deadline_ms;
} increxOptions;

/* What to do with a result. */
typedef enum increxFate {
    INCREX_STORE,
    INCREX_SKIP, /* out of bounds: nothing changes */
    INCREX_ERROR /* replied */
} increxFate;

/* An option with a number: its argument goes to '*at'. False if it is not this word, stands there
 * twice or without number. */
static bool takeNumber(const client *c, int index, const char *word, int *at) {
    if (*at || index + 1 >= c->argc || !argIs(c, index, word)) return false;
    *at = index + 1;
    return true;
}

/* The number of arguments taken; 0: a syntax error. */
static int parseOne(const client *c, int i, increxOptions *o) {
    if (!o->by_float && takeNumber(c, i, "BYINT", &o->by_int)) return 2;
    if (!o->by_int && takeNumber(c, i, "BYFLOAT", &o->by_float)) return 2;
    if (takeNumber(c, i, "LBOUND", &o->lower)) return 2;
    if (takeNumber(c, i, "UBOUND", &o->upper)) return 2;
    if (argIs(c, i, "SATURATE")) {
        o->saturate = true;
        return 1;
    }
    if (argIs(c, i, "ENX")) {
        o->only_without_ttl = true;
        return 1;
    }
    return expireOptionParse(c, i, EXPIRE_MAY_PERSIST, &o->expire);
}

static bool parseOptions(client *c, increxOptions *o) {
    *o = (increxOptions){0};
    for (int i = 2; i < c->argc;) {
        int taken = parseOne(c, i, o);
        if (!taken) {
            replySyntaxError(c);
            return false;
        }
        i += taken;
    }
    if (o->only_without_ttl && o->expire.kind == EXPIRE_PERSIST) {
        replySyntaxError(c);
        return false;
    }
    if (o->only_without_ttl && !expireOptionTimed(&o->expire)) {
        replyError(c, "ERR ENX flag requires an expiration");
        return false;
    }
    return expireOptionResolve(c, &o->expire, &o->deadline_ms);
}

static bool boundsFit(client *c, bool fit) {
    if (!fit) replyError(c, "ERR LBOUND can't be greater than UBOUND");
    return fit;
}

/* The deadline after a store. One in the past removes the key. */
static void applyDeadline(client *c, keyRef key, entry *e, const increxOptions *o) {
    if (o->expire.kind == EXPIRE_PERSIST && entryHasDeadline(e)) {
        dbSetDeadline(c->db, key, e, DEADLINE_NONE);
        keyEvent(c, key, NOTIFY_GENERIC, "persist");
    } else if (expireOptionTimed(&o->expire) && !(o->only_without_ttl && entryHasDeadline(e))) {
        if (expireIsPast(c, o->deadline_ms)) {
            dbDeleteEntry(c->db, key, e, DB_DELETED);
        } else {
            dbSetDeadline(c->db, key, e, o->deadline_ms);
            keyEvent(c, key, NOTIFY_GENERIC, "expire");
        }
    }
}

/* Followers get what the key is now, and not a sum to be worked out. */
static void propagateOutcome(client *c, keyRef key) {
    if (!somebodyFollows(c)) return;
    const entry *e = dbLookup(c->db, key);
    if (!e) {
        propagateAs(c, 2, (bytes[]){BYTES("DEL"), key.name});
        return;
    }
    char scratch[NUM_INT_MAX], digits[NUM_INT_MAX];
    bytes value = entryString(e, scratch);
    int64_t deadline_ms = entryDeadline(e);
    bytes time = bytesOf(digits, numFormatInt(digits, deadline_ms));
    bool timed = deadline_ms != DEADLINE_NONE;
    propagateAs(c, timed ? 5 : 3, (bytes[]){BYTES("SET"), key.name, value, BYTES("PXAT"), time});
}

/* ---- whole numbers ---- */

static increxFate addInt(client *c, const increxOptions *o, int64_t old, int64_t *now) {
    int64_t increment = 1, lower = INT64_MIN, upper = INT64_MAX, sum, delta;
    if (o->by_int && !argInt(c, o->by_int, &increment, NULL)) return INCREX_ERROR;
    if (o->lower && !argInt(c, o->lower, &lower, "ERR LBOUND is not an integer or out of range"))
        return INCREX_ERROR;
    if (o->upper && !argInt(c, o->upper, &upper, "ERR UBOUND is not an integer or out of range"))
        return INCREX_ERROR;
    if (!boundsFit(c, lower <= upper)) return INCREX_ERROR;
    bool over, under;
    if (__builtin_add_overflow(old, increment, &sum)) {
        over = increment > 0;
        under = !over;
    } else {
        over = sum > upper;
        under = sum < lower;
    }
    *now = over ? upper : under ? lower : sum;
    if (!over && !under) return INCREX_STORE;
    if (!o->saturate) return INCREX_SKIP;
    if (!__builtin_sub_overflow(*now, old, &delta)) return INCREX_STORE;
    replyError(c, "ERR increment or decrement would overflow");
    return INCREX_ERROR;
}

static void increxInt(client *c, keyRef key, entry *e, const increxOptions *o) {
    int64_t old = 0, now;
    if (e && !entryStringInt(e, &old)) {
        replyNotInteger(c);
        return;
    }
    increxFate fate = addInt(c, o, old, &now);
    if (fate == INCREX_ERROR) return;
    replyArray(c, 2);
    replyInteger(c, fate == INCREX_STORE ? now : old);
    replyInteger(c, fate == INCREX_STORE ? now - old : 0);
    if (fate == INCREX_SKIP) return;
    e = e ? dbUpdateInt(c->db, key, e, now) : dbSetInt(c->db, key, now, false);
    keyChanged(c, key, NOTIFY_STRING, "incrby");
    applyDeadline(c, key, e, o);
    propagateOutcome(c, key);
}

/* ---- floating point ---- */

static increxFate addFloat(client *c, const increxOptions *o, long double old, long double *now) {
    long double increment, lower = -LDBL_MAX, upper = LDBL_MAX;
    if (!argLongDouble(c, o->by_float, &increment, NULL)) return INCREX_ERROR;
    if (o->lower && !argLongDouble(c, o->lower, &lower, "ERR LBOUND is not a valid float"))
        return INCREX_ERROR;
    if (o->upper && !argLongDouble(c, o->upper, &upper, "ERR UBOUND is not a valid float"))
        return INCREX_ERROR;
    if (!boundsFit(c, lower <= upper)) return INCREX_ERROR;
    long double sum = old + increment;
    bool over = sum > upper, under = sum < lower;
    *now = over ? upper : under ? lower : sum;
    bool finite = __builtin_isfinite(increment) && __builtin_isfinite(old);
    if (finite && (over || under) && !o->saturate) return INCREX_SKIP;
    if (finite && __builtin_isfinite(*now) && __builtin_isfinite(*now - old)) return INCREX_STORE;
    replyError(c, "ERR increment would produce NaN or Infinity");
    return INCREX_ERROR;
}

static void replyFloat(client *c, long double value) {
    if (c->resp > 2) {
        replyDouble(c, (double)value);
        return;
    }
    char room[NUM_DOUBLE_MAX];
    replyBulk(c, bytesOf(room, numFormatLongDouble(room, value)));
}

static void increxFloat(client *c, keyRef key, entry *e, const increxOptions *o) {
    char digits[NUM_INT_MAX], room[NUM_DOUBLE_MAX];
    long double old = 0, now;
    if (e && !numParseLongDouble(entryString(e, digits), &old)) {
        replyError(c, "ERR value is not a valid float");
        return;
    }
    increxFate fate = addFloat(c, o, old, &now);
    if (fate == INCREX_ERROR) return;
    replyArray(c, 2);
    replyFloat(c, fate == INCREX_STORE ? now : old);
    replyFloat(c, fate == INCREX_STORE ? now - old : 0);
    if (fate == INCREX_SKIP) return;
    bytes text = bytesOf(room, numFormatLongDouble(room, now));
    e = e ? dbUpdateString(c->db, key, e, text) : dbSetString(c->db, key, text, false);
    keyChanged(c, key, NOTIFY_STRING, "incrbyfloat");
    applyDeadline(c, key, e, o);
    propagateOutcome(c, key);
}

/* INCREX key [BYFLOAT increment | BYINT increment] [LBOUND lowerbound] [UBOUND upperbound]
 *   [SATURATE] [EX seconds | PX milliseconds | EXAT unix-time-seconds |
 *   PXAT unix-time-milliseconds | PERSIST] [ENX]
 * Replies with the new value and what was really added: 0 where the result would be out of bounds,
 * which changes nothing, unless SATURATE stops it at the bound. */
static void increxCommand(client *c) {
    increxOptions o;
    if (!parseOptions(c, &o)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STRING)) return;
    if (o.by_float)
        increxFloat(c, key, e, &o);
    else
        increxInt(c, key, e, &o);
}

const commandSpec increxCommands[] = {
    {.name = "increx",
     .arity = -2,
     .run = increxCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_UPDATE}}},
    {0},
};
