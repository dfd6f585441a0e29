/* Commands that go over the keys of a db. */
#include "server/commands/commands.h"
#include "server/commands/scan_options.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/glob.h"
#include "storage/base/mem.h"

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
    scanOptions options;
    valueType type; /* where the options name one */
    /* What was found: the cursor, which goes out first, is known at the end only. */
    const entry **found;
    size_t count, capacity;
    size_t seen;
    const entry *past[PAST_MAX];
    size_t past_count;
    const entry *found_inline[FOUND_INLINE];
} scanRequest;

static bool parseType(bytes name, valueType *type) {
    for (int i = 0; i < TYPE_COUNT; i++) {
        if (!bytesEqualWord(name, entryTypeName((valueType)i))) continue;
        *type = (valueType)i;
        return true;
    }
    return false;
}

/* False after replying what is wrong. */
static bool parseScan(client *c, scanRequest *r) {
    if (!scanOptionsParse(c, 1, SCAN_MAY_TYPE, &r->options)) return false;
    bytes type = r->options.type;
    if (!type.data || parseType(type, &r->type)) return true;
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
    if (!scanMatches(&r->options, entryKey(e))) return;
    if (r->options.type.data && entryType(e) != r->type) return;
    if (dbIsPastDeadline(r->c->db, e)) {
        if (r->past_count < PAST_MAX) r->past[r->past_count++] = e;
        return;
    }
    if (r->count == r->capacity) growFound(r);
    r->found[r->count++] = e;
}

/* SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]
 * Replies with the next cursor, 0 at the end, and keys that were found from this one on. */
static void scanCommand(client *c) {
    scanRequest r;
    r.c = c;
    r.found = r.found_inline;
    r.count = r.seen = r.past_count = 0;
    r.capacity = FOUND_INLINE;
    if (!parseScan(c, &r)) return;
    /* A table that was just emptied is nearly all empty buckets. */
    uint64_t steps;
    if (__builtin_mul_overflow(r.options.effort, STEPS_A_KEY, &steps)) steps = UINT64_MAX;
    uint64_t cursor = r.options.cursor;
    do cursor = dbScan(c->db, cursor, noteKey, &r);
    while (cursor && --steps && r.seen < r.options.effort);
    replyScan(c, cursor, r.count);
    for (size_t i = 0; i < r.count; i++) replyBulk(c, entryKey(r.found[i]));
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
