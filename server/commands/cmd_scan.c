/* Commands that go over the keys of a db. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/glob.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

/* ---- KEYS ---- */

typedef struct keyList {
    client *c;
    bytes pattern;
    bool all;
    size_t count;
} keyList;

static void replyKeyThatMatches(void *ctx, const entry *e) {
    keyList *list = ctx;
    bytes key = entryKey(e);
    if (!list->all && !globMatch(list->pattern, key, false)) return;
    if (dbIsPastDeadline(list->c->db, e)) return;
    replyBulk(list->c, key);
    list->count++;
}

/* KEYS pattern
 * Replies with all keys that match. */
static void keysCommand(client *c) {
    keyList list = {.c = c, .pattern = c->argv[1], .all = globIsAll(c->argv[1])};
    replyHole hole = replyOpen(c);
    uint64_t cursor = 0;
    do cursor = dbScan(c->db, cursor, replyKeyThatMatches, &list);
    while (cursor);
    replyClose(c, hole, RESP_ARRAY, list.count);
}

/* ---- SCAN ---- */

enum {
    FOUND_INLINE = 128, /* what the usual COUNT finds */
    PAST_MAX = 64,      /* keys past their deadline that one call removes */
    STEPS_A_KEY = 10    /* home buckets looked at for each key asked for, before giving up */
};

typedef struct scanRequest {
    client *c;
    uint64_t cursor;
    uint64_t effort; /* COUNT */
    bytes pattern;
    bool any_name, any_type;
    valueType type;
    /* What was found: the cursor, which goes out first, is known at the end only. */
    const entry **found;
    size_t count, capacity;
    size_t seen;
    const entry *past[PAST_MAX];
    size_t past_count;
    const entry *found_inline[FOUND_INLINE];
} scanRequest;

/* The forms that clients' libraries have always got away with: a sign (minus counts from the end of
 * 64 bits), leading zeros, nothing at all for 0, anything behind a zero byte. */
static bool parseCursor(bytes text, uint64_t *cursor) {
    text.size = strnlen(text.data, text.size);
    bool minus = text.size && text.data[0] == '-';
    size_t at = minus || (text.size && text.data[0] == '+');
    if (at && text.size == 1) return false;
    uint64_t value = 0;
    for (; at < text.size; at++) {
        unsigned digit = (unsigned)(unsigned char)text.data[at] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *cursor = minus ? 0 - value : value;
    return true;
}

static bool parseType(bytes name, valueType *type) {
    for (int i = 0; i < TYPE_COUNT; i++) {
        if (!bytesEqualWord(name, entryTypeName((valueType)i))) continue;
        *type = (valueType)i;
        return true;
    }
    return false;
}

static bool parseCount(client *c, int index, uint64_t *effort) {
    int64_t count;
    if (!argInt(c, index, &count, NULL)) return false;
    if (count < 1) {
        replySyntaxError(c);
        return false;
    }
    *effort = (uint64_t)count;
    return true;
}

/* False after replying what is wrong. */
static bool parseScan(client *c, scanRequest *r) {
    if (!parseCursor(c->argv[1], &r->cursor)) {
        replyError(c, "ERR invalid cursor");
        return false;
    }
    bytes type = {0};
    for (int i = 2; i < c->argc; i += 2) {
        bool has_value = i + 1 < c->argc;
        if (has_value && argIs(c, i, "COUNT")) {
            if (!parseCount(c, i + 1, &r->effort)) return false;
        } else if (has_value && argIs(c, i, "MATCH")) {
            r->pattern = c->argv[i + 1];
            r->any_name = globIsAll(r->pattern);
        } else if (has_value && argIs(c, i, "TYPE")) {
            type = c->argv[i + 1];
            r->any_type = false;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    if (r->any_type || parseType(type, &r->type)) return true;
    int shown = (int)(type.size < 128 ? type.size : 128);
    replyErrorFormat(c, "ERR unknown type name '%.*s'", shown, type.data);
    return false;
}

static void growFound(scanRequest *r) {
    size_t size = r->count * sizeof *r->found;
    const entry **grown = memAlloc(size * 2);
    memcpy(grown, r->found, size);
    if (r->found != r->found_inline) memFree(r->found);
    r->found = grown;
    r->capacity *= 2;
}

static void noteKey(void *ctx, const entry *e) {
    scanRequest *r = ctx;
    r->seen++;
    if (!r->any_name && !globMatch(r->pattern, entryKey(e), false)) return;
    if (!r->any_type && entryType(e) != r->type) return;
    if (dbIsPastDeadline(r->c->db, e)) {
        if (r->past_count < PAST_MAX) r->past[r->past_count++] = e;
        return;
    }
    if (r->count == r->capacity) growFound(r);
    r->found[r->count++] = e;
}

static void replyScan(client *c, const scanRequest *r) {
    char digits[NUM_INT_MAX];
    replyArray(c, 2);
    replyBulk(c, bytesOf(digits, numFormatUint(digits, r->cursor)));
    replyArray(c, r->count);
    for (size_t i = 0; i < r->count; i++) replyBulk(c, entryKey(r->found[i]));
}

/* SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]
 * Replies with the next cursor, 0 at the end, and keys that were found from this one on. */
static void scanCommand(client *c) {
    scanRequest r;
    r.c = c;
    r.effort = 10;
    r.any_name = r.any_type = true;
    r.found = r.found_inline;
    r.count = r.seen = r.past_count = 0;
    r.capacity = FOUND_INLINE;
    if (!parseScan(c, &r)) return;
    /* A table that was just emptied is nearly all empty buckets. */
    uint64_t steps;
    if (__builtin_mul_overflow(r.effort, STEPS_A_KEY, &steps)) steps = UINT64_MAX;
    do r.cursor = dbScan(c->db, r.cursor, noteKey, &r);
    while (r.cursor && --steps && r.seen < r.effort);
    replyScan(c, &r);
    if (r.found != r.found_inline) memFree(r.found);
    for (size_t i = 0; i < r.past_count; i++)
        dbOpen(c->db, (keyRef){entryKey(r.past[i]), entryHash(r.past[i])});
}

const commandSpec scanCommands[] = {
    {.name = "keys",
     .arity = 2,
     .run = keysCommand,
     .flags = CMD_READONLY,
     .acl = ACL_KEYSPACE | ACL_DANGEROUS,
     .tips = "request_policy:all_shards,nondeterministic_output_order"},
    {.name = "scan",
     .arity = -2,
     .run = scanCommand,
     .flags = CMD_READONLY,
     .acl = ACL_KEYSPACE,
     .tips = "nondeterministic_output,request_policy:special,response_policy:special"},
    {0},
};
