/* HGETEX, HSETEX and HGETDEL: values together with deadlines or removal. */
#include "server/commands/commands.h"
#include "server/commands/expire_options.h"
#include "server/commands/hash_fields.h"
#include "server/commands/hash_open.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/db/db_fields.h"

/* ---- options: in any order, FIELDS among them ---- */

typedef enum fieldCondition { COND_ALWAYS, COND_FNX, COND_FXX } fieldCondition;

typedef struct exOptions {
    expireOption expire;
    int64_t deadline_ms; /* of a timed option */
    fieldCondition when;
    fieldList fields; /* names, or (of HSETEX) names and values by turns */
} exOptions;

/* What tells the two commands apart: a field takes 'width' arguments, and the words. */
typedef struct exForm {
    int width;
    uint32_t may; /* EXPIRE_MAY_* */
    bool conditions;
    const char *one_time_only;
} exForm;

/* "FIELDS" at 'index'; the number of arguments it took, or 0 after replying. */
static int parseFields(client *c, int index, const exForm *form, exOptions *o) {
    if (o->fields.count) {
        replyError(c, "ERR FIELDS keyword specified multiple times");
        return 0;
    }
    int64_t count;
    if (index + 1 >= c->argc) {
        replyWrongArity(c, c->cmd);
        return 0;
    }
    if (!argIntIn(c, index + 1, 1, INT32_MAX, &count, "ERR invalid number of fields")) return 0;
    if (count * form->width > c->argc - index - 2) {
        replyError(c, "ERR The `numfields` parameter must match the number of arguments");
        return 0;
    }
    o->fields = (fieldList){index + 2, (int)count};
    return 2 + (int)count * form->width;
}

/* An expiry word at 'index'; the number of arguments, 0 if it is none, -1 after replying. */
static int parseTime(client *c, int index, const exForm *form, exOptions *o) {
    expireOption given = {0};
    int taken = expireOptionParse(c, index, form->may, &given);
    if (taken && o->expire.kind != EXPIRE_UNSAID) {
        replyError(c, form->one_time_only);
        return -1;
    }
    if (taken) o->expire = given;
    return taken;
}

/* A condition at 'index'; as parseTime(). */
static int parseWhen(client *c, int index, const exForm *form, exOptions *o) {
    bool fnx = argIs(c, index, "FNX"), fxx = argIs(c, index, "FXX");
    if (!form->conditions || (!fnx && !fxx)) return 0;
    if (o->when != COND_ALWAYS) {
        replyError(c, "ERR Only one of FXX or FNX arguments can be specified");
        return -1;
    }
    o->when = fnx ? COND_FNX : COND_FXX;
    return 1;
}

static bool resolveTime(client *c, exOptions *o) {
    if (!expireOptionTimed(&o->expire)) return true;
    expireKind kind = o->expire.kind;
    int64_t unit_ms = kind == EXPIRE_EX || kind == EXPIRE_EXAT ? 1000 : 1;
    int64_t base_ms = kind == EXPIRE_EX || kind == EXPIRE_PX ? c->server->now_ms : 0;
    return fieldDeadline(c, o->expire.argument, unit_ms, base_ms, &o->deadline_ms);
}

static bool parseOptions(client *c, const exForm *form, exOptions *o) {
    *o = (exOptions){0};
    for (int i = 2; i < c->argc;) {
        int taken;
        if (argIs(c, i, "FIELDS")) {
            taken = parseFields(c, i, form, o);
            if (!taken) return false;
        } else {
            taken = parseTime(c, i, form, o);
            if (taken == 0) taken = parseWhen(c, i, form, o);
            if (taken < 0) return false;
        }
        if (!taken) {
            int shown = (int)(c->argv[i].size < 128 ? c->argv[i].size : 128);
            replyErrorFormat(c, "ERR unknown argument: %.*s", shown, c->argv[i].data);
            return false;
        }
        i += taken;
    }
    if (!o->fields.count) {
        replyError(c, "ERR missing FIELDS argument");
        return false;
    }
    return resolveTime(c, o);
}

/* ---- HGETEX ---- */

static void replyValues(client *c, const entry *e, const fieldList *fields) {
    replyArray(c, (size_t)fields->count);
    for (int i = 0; i < fields->count; i++) {
        hashPair pair;
        if (e && hashFind(e, c->argv[fields->first + i], &pair) && hashIsLive(c, &pair))
            replyBulk(c, pair.value);
        else
            replyNull(c);
    }
}

/* What an option of time comes to, once it is known what has passed. */
typedef struct timeChange {
    bool deletes;
    int64_t deadline_ms; /* else: DEADLINE_NONE takes it away */
    const char *event;
} timeChange;

static timeChange timeChangeOf(const client *c, const exOptions *o) {
    if (!expireOptionTimed(&o->expire)) return (timeChange){false, DEADLINE_NONE, "hpersist"};
    if (expireIsPast(c, o->deadline_ms)) return (timeChange){true, 0, "hdel"};
    return (timeChange){false, o->deadline_ms, "hexpire"};
}

static bool changeTime(entry *e, bytes field, const timeChange *to) {
    if (to->deletes) return hashDelete(e, field);
    hashPair pair;
    if (!hashFind(e, field, &pair)) return false;
    if (to->deadline_ms == DEADLINE_NONE && pair.deadline_ms == DEADLINE_NONE) return false;
    hashSetDeadline(e, field, to->deadline_ms);
    return true;
}

static void beginRecord(client *c, fieldRecord *record, bytes key, const timeChange *to, int fields,
                        char *digits) {
    if (to->deletes) {
        fieldRecordBegin(c, record, BYTES("HDEL"), key, fields);
        return;
    }
    bool lasts = to->deadline_ms == DEADLINE_NONE;
    fieldRecordBegin(c, record, lasts ? BYTES("HPERSIST") : BYTES("HPEXPIREAT"), key, fields + 3);
    if (!lasts) fieldRecordAdd(record, bytesOf(digits, numFormatInt(digits, to->deadline_ms)));
    fieldRecordFields(record);
}

static void changeTimes(client *c, keyRef key, entry *e, const exOptions *o) {
    timeChange to = timeChangeOf(c, o);
    char digits[NUM_INT_MAX];
    fieldRecord record;
    beginRecord(c, &record, key.name, &to, o->fields.count, digits);
    int changed = 0;
    for (int i = 0; i < o->fields.count; i++) {
        bytes field = c->argv[o->fields.first + i];
        if (!changeTime(e, field, &to)) continue;
        keySubkey(c, field);
        fieldRecordAdd(&record, field);
        changed++;
    }
    if (changed) {
        keyChanged(c, key, NOTIFY_HASH, to.event);
        c->server->dirty += (uint64_t)changed - 1;
        hashChanged(c, key, e);
    }
    fieldRecordEnd(c, &record, changed);
}

/* HGETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds |
 *   PERSIST] FIELDS numfields field [field ...]
 * Replies with a value or null for each field. */
static void hgetexCommand(client *c) {
    static const exForm form = {
        1, EXPIRE_MAY_PERSIST, false,
        "ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified"};
    exOptions o;
    if (!parseOptions(c, &form, &o)) return;
    keyRef key = argKey(c, 1);
    entry *e;
    if (!hashOpenWrite(c, key, o.fields.first, o.fields.count, 1, &e)) return;
    replyValues(c, e, &o.fields);
    if (e && o.expire.kind != EXPIRE_UNSAID) changeTimes(c, key, e, &o);
}

/* ---- HSETEX ---- */

static bool conditionHolds(const client *c, const entry *e, const exOptions *o) {
    if (o->when == COND_ALWAYS) return true;
    for (int i = 0; i < o->fields.count; i++) {
        hashPair pair;
        bool there = e && hashFind(e, c->argv[o->fields.first + 2 * i], &pair);
        if (there != (o->when == COND_FXX)) return false;
    }
    return true;
}

/* Followers get a deadline that does not depend on when it comes. */
static void propagateSetting(client *c, bytes key, const exOptions *o, const timeChange *to) {
    int pairs = 2 * o->fields.count;
    char digits[NUM_INT_MAX];
    fieldRecord record;
    if (to->deletes) {
        fieldRecordBegin(c, &record, BYTES("HDEL"), key, o->fields.count);
        for (int i = 0; i < pairs; i += 2) fieldRecordAdd(&record, c->argv[o->fields.first + i]);
    } else {
        fieldRecordBegin(c, &record, BYTES("HSETEX"), key, pairs + 4);
        fieldRecordAdd(&record, BYTES("PXAT"));
        fieldRecordAdd(&record, bytesOf(digits, numFormatInt(digits, to->deadline_ms)));
        fieldRecordFields(&record);
        for (int i = 0; i < pairs; i++) fieldRecordAdd(&record, c->argv[o->fields.first + i]);
    }
    fieldRecordEnd(c, &record, o->fields.count);
}

static void setFields(client *c, keyRef key, entry *e, const exOptions *o) {
    const typeLimits *limits = &c->server->config.types;
    bool keep = o->expire.kind == EXPIRE_KEEPTTL, timed = expireOptionTimed(&o->expire);
    timeChange to = timeChangeOf(c, o);
    const bytes *pair = c->argv + o->fields.first;
    for (int i = 0; i < o->fields.count; i++, pair += 2) {
        hashSet(e, pair[0], pair[1], keep, limits);
        if (timed && !to.deletes) hashSetDeadline(e, pair[0], to.deadline_ms);
    }
    size_t count = (size_t)o->fields.count;
    keySubkeys(c, c->argv + o->fields.first, count, 2);
    keyChanged(c, key, NOTIFY_HASH, "hset");
    c->server->dirty += count - 1;
    if (timed) {
        keySubkeys(c, c->argv + o->fields.first, count, 2);
        keyEvent(c, key, NOTIFY_HASH, to.event);
        propagateSetting(c, key.name, o, &to);
    }
    for (int i = 0; to.deletes && i < o->fields.count; i++)
        hashDelete(e, c->argv[o->fields.first + 2 * i]);
    hashChanged(c, key, e);
}

/* HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds |
 *   PXAT unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]
 * Replies 1, or 0 where the condition does not hold. */
static void hsetexCommand(client *c) {
    static const exForm form = {
        2, EXPIRE_MAY_KEEPTTL, true,
        "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"};
    exOptions o;
    if (!parseOptions(c, &form, &o)) return;
    keyRef key = argKey(c, 1);
    entry *e;
    if (!hashOpenWrite(c, key, o.fields.first, o.fields.count, 2, &e)) return;
    if (!conditionHolds(c, e, &o)) {
        replyInteger(c, 0);
        return;
    }
    if (!e) e = dbAdd(c->db, key, hashNew(key.name));
    setFields(c, key, e, &o);
    replyInteger(c, 1);
}

/* ---- HGETDEL ---- */

/* HGETDEL key FIELDS numfields field [field ...]
 * Replies with a value or null for each field. */
static void hgetdelCommand(client *c) {
    fieldList fields;
    if (!fieldListParse(c, 2, "ERR Number of fields must be a positive integer", &fields)) return;
    keyRef key = argKey(c, 1);
    entry *e;
    if (!hashOpenWrite(c, key, fields.first, fields.count, 1, &e)) return;
    replyValues(c, e, &fields);
    if (!e) return;
    fieldRecord record;
    fieldRecordBegin(c, &record, BYTES("HDEL"), key.name, fields.count);
    int deleted = 0;
    for (int i = 0; i < fields.count && hashCount(e) > 0; i++) {
        bytes field = c->argv[fields.first + i];
        if (!hashDelete(e, field)) continue;
        keySubkey(c, field);
        fieldRecordAdd(&record, field);
        deleted++;
    }
    if (deleted) {
        keyChanged(c, key, NOTIFY_HASH, "hdel");
        c->server->dirty += (uint64_t)deleted - 1;
        hashChanged(c, key, e);
    }
    fieldRecordEnd(c, &record, deleted);
}

#define FIRST_KEY(how)                                                                             \
    {                                                                                              \
        { .first = 1, .last = 0, .step = 1, .use = (how) }                                         \
    }

const commandSpec hashExCommands[] = {
    {.name = "hgetex",
     .arity = -5,
     .run = hgetexCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_HASH,
     .keys = FIRST_KEY(KEY_RW | KEY_ACCESS | KEY_UPDATE)},
    {.name = "hsetex",
     .arity = -6,
     .run = hsetexCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_HASH,
     .keys = FIRST_KEY(KEY_RW | KEY_UPDATE)},
    {.name = "hgetdel",
     .arity = -5,
     .run = hgetdelCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_HASH,
     .keys = FIRST_KEY(KEY_RW | KEY_ACCESS | KEY_DELETE)},
    {0},
};
