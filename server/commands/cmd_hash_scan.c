/* HRANDFIELD and HSCAN. */
#include "server/commands/commands.h"
#include "server/commands/draws.h"
#include "server/commands/hash_open.h"
#include "server/commands/scan_options.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/db/db_fields.h"

/* ---- HRANDFIELD ---- */

enum {
    PAST_MAX = 1024, /* fields past their deadline that one call removes */
    DRAWS_MAX = 100  /* of one field, where those left are past theirs */
};

/* The last millisecond whose deadlines have passed. */
static int64_t pastMs(const client *c) {
    return c->server->judged_ms - 1;
}

/* A field drawn uniformly among those to be seen; false if there is none. */
static bool drawLive(client *c, const entry *e, hashPair *out) {
    rng *r = &c->server->rng;
    for (int i = 0; i < DRAWS_MAX; i++) {
        hashPairAt(e, hashRandom(e, r), out);
        if (hashIsLive(c, out)) return true;
    }
    hashAt at;
    if (hashSample(e, 1, pastMs(c), r, &at) == 0) return false;
    hashPairAt(e, at, out);
    return true;
}

static void replyDrawn(client *c, const hashPair *pair, bool with_values) {
    if (with_values && c->resp > 2) replyArray(c, 2);
    replyBulk(c, pair->field);
    if (with_values) replyBulk(c, pair->value);
}

static void replyDrawnHead(client *c, size_t count, bool with_values) {
    replyArray(c, with_values && c->resp == 2 ? count * 2 : count);
}

static void replyRepeating(client *c, const entry *e, size_t count, bool with_values) {
    hashPair pair;
    if (!drawLive(c, e, &pair)) {
        replyArray(c, 0);
        return;
    }
    replyDrawnHead(c, count, with_values);
    for (size_t i = 0; i < count && !drawsEnd(c, i); i++) {
        if (i) ensure(drawLive(c, e, &pair));
        replyDrawn(c, &pair, with_values);
    }
}

static void replyDifferent(client *c, const entry *e, size_t count, bool with_values) {
    if (count > hashCount(e)) count = hashCount(e);
    hashAt *places = memAlloc((count + 1) * sizeof *places);
    size_t found = hashSample(e, count, pastMs(c), &c->server->rng, places);
    replyDrawnHead(c, found, with_values);
    for (size_t i = 0; i < found; i++) {
        hashPair pair;
        hashPairAt(e, places[i], &pair);
        replyDrawn(c, &pair, with_values);
    }
    memFree(places);
}

/* The hash to draw from, rid of (many of) its fields past their deadline; NULL if there is none. */
static bool openForDraws(client *c, const entry **e) {
    if (!hashOpenRead(c, e)) return false;
    if (*e && dbIsFieldPast(c->db, hashNextDeadline(*e)))
        *e = dbExpireFieldsOf(c->db, argKey(c, 1), (entry *)(uintptr_t)*e, PAST_MAX);
    return true;
}

static void replyOne(client *c) {
    const entry *e;
    hashPair pair;
    if (!openForDraws(c, &e)) return;
    if (e && drawLive(c, e, &pair))
        replyBulk(c, pair.field);
    else
        replyNull(c);
}

/* HRANDFIELD key [count [WITHVALUES]]
 * Replies with a field; or with 'count' different ones, fewer if there are fewer; or, negative,
 * with so many that may repeat. */
static void hrandfieldCommand(client *c) {
    if (c->argc == 2) {
        replyOne(c);
        return;
    }
    int64_t count;
    if (!argIntIn(c, 2, -INT64_MAX, INT64_MAX, &count, NULL)) return;
    bool with_values = c->argc == 4 && argIs(c, 3, "WITHVALUES");
    if (c->argc > 4 || (c->argc == 4 && !with_values)) {
        replySyntaxError(c);
        return;
    }
    if (with_values && (count < -INT64_MAX / 2 || count > INT64_MAX / 2)) {
        replyError(c, "ERR value is out of range");
        return;
    }
    const entry *e;
    if (!openForDraws(c, &e)) return;
    if (!e || count == 0)
        replyArray(c, 0);
    else if (count < 0 && !drawsMayRun(c, (uint64_t)-count))
        replyError(c, "ERR value is out of range");
    else if (count < 0)
        replyRepeating(c, e, (size_t)-count, with_values);
    else
        replyDifferent(c, e, (size_t)count, with_values);
}

/* ---- HSCAN ---- */

enum {
    FOUND_INLINE = 128, /* what the usual COUNT finds */
    STEPS_A_FIELD = 10  /* home buckets looked at for each field asked for, before giving up */
};

typedef struct scanRequest {
    client *c;
    scanOptions options;
    /* What was found: the cursor, which goes out first, is known at the end only. */
    hashAt *found;
    size_t count, capacity;
    size_t seen;
    hashAt found_inline[FOUND_INLINE];
} scanRequest;

static void growFound(scanRequest *r) {
    size_t size = r->count * sizeof *r->found;
    hashAt *grown = memAlloc(size * 2);
    memcpy(grown, r->found, size);
    if (r->found != r->found_inline) memFree(r->found);
    r->found = grown;
    r->capacity *= 2;
}

static void noteField(void *ctx, const hashPair *pair) {
    scanRequest *r = ctx;
    r->seen++;
    if (!scanMatches(&r->options, pair->field) || !hashIsLive(r->c, pair)) return;
    if (r->count == r->capacity) growFound(r);
    r->found[r->count++] = pair->at;
}

static void scanHash(client *c, scanRequest *r, const entry *e) {
    uint64_t steps;
    if (__builtin_mul_overflow(r->options.effort, STEPS_A_FIELD, &steps)) steps = UINT64_MAX;
    uint64_t cursor = r->options.cursor;
    do cursor = hashScan(e, cursor, noteField, r);
    while (cursor && --steps && r->seen < r->options.effort);
    bool values = !r->options.no_values;
    replyScan(c, cursor, values ? r->count * 2 : r->count);
    for (size_t i = 0; i < r->count; i++) {
        hashPair pair;
        hashPairAt(e, r->found[i], &pair);
        replyBulk(c, pair.field);
        if (values) replyBulk(c, pair.value);
    }
    if (r->found != r->found_inline) memFree(r->found);
}

/* HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]
 * Replies with the next cursor, 0 at the end, and fields that were found from this one on with
 * their values. A listpack comes whole. */
static void hscanCommand(client *c) {
    scanRequest r;
    r.c = c;
    r.found = r.found_inline;
    r.count = r.seen = 0;
    r.capacity = FOUND_INLINE;
    uint64_t cursor;
    const entry *e;
    /* Where there is no hash, options are not looked at. */
    if (!scanCursorParse(c, 2, &cursor) || !hashOpenRead(c, &e)) return;
    if (!e)
        replyScan(c, 0, 0);
    else if (scanOptionsParse(c, 2, SCAN_MAY_NOVALUES, &r.options))
        scanHash(c, &r, e);
}

const commandSpec hashScanCommands[] = {
    {.name = "hrandfield",
     .arity = -2,
     .run = hrandfieldCommand,
     .flags = CMD_READONLY,
     .acl = ACL_HASH,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}},
     .tips = "nondeterministic_output"},
    {.name = "hscan",
     .arity = -3,
     .run = hscanCommand,
     .flags = CMD_READONLY,
     .acl = ACL_HASH,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}},
     .tips = "nondeterministic_output"},
    {0},
};
