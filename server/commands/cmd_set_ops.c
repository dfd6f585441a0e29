/* Algebra of sets: SINTER, SUNION, SDIFF, what stores and what counts their outcome. */
#include "server/commands/commands.h"
#include "server/commands/key_group.h"
#include "server/commands/key_overwrite.h"
#include "server/commands/reply_member.h"
#include "server/core/args.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/types/t_set_ops.h"

typedef enum setOperation { INTERSECT, UNITE, SUBTRACT } setOperation;

/* ---- the sets of a call ---- */

enum { SETS_INLINE = 16 };

typedef struct sources {
    setOperation operation;
    const entry **sets; /* those that are there */
    size_t count;
    bool is_empty; /* the outcome is nothing, as a set that decides is absent */
    const entry *few[SETS_INLINE];
} sources;

static void noteSource(sources *s, const entry *e, bool is_first) {
    if (e)
        s->sets[s->count++] = e;
    else if (s->operation == INTERSECT || (s->operation == SUBTRACT && is_first))
        s->is_empty = true;
}

static void closeSources(sources *s) {
    if (s->sets != s->few) memFree(s->sets);
}

/* The sets at 'count' arguments from 'first' on. False after replying that one is none. */
static bool openSources(client *c, setOperation operation, int first, int count, sources *s) {
    *s = (sources){.operation = operation, .sets = s->few};
    if (count > SETS_INLINE) s->sets = memAlloc((size_t)count * sizeof *s->sets);
    for (int done = 0; done < count;) {
        keyRef keys[KEY_GROUP];
        int group = keyGroupFetch(c, first + done, 1, first + count, keys);
        for (int i = 0; i < group; i++) {
            const entry *e = keyRead(c, keys[i]);
            if (!keyIsType(c, e, TYPE_SET)) {
                closeSources(s);
                return false;
            }
            noteSource(s, e, done + i == 0);
        }
        done += group;
    }
    if (!s->count) s->is_empty = true;
    return true;
}

static void eachMember(sources *s, setWanted visit, void *ctx) {
    if (s->is_empty) return;
    switch (s->operation) {
    case INTERSECT: setIntersect(s->sets, s->count, visit, ctx); break;
    case UNITE: setUnite(s->sets, s->count, visit, ctx); break;
    case SUBTRACT: setSubtract(s->sets, s->count, visit, ctx); break;
    }
}

/* ---- SINTER, SUNION, SDIFF ---- */

typedef struct replying {
    client *c;
    size_t count;
} replying;

static bool visitReply(void *ctx, setMember m) {
    replying *r = ctx;
    replyMember(r->c, m);
    r->count++;
    return true;
}

static void replyOutcome(client *c, setOperation operation) {
    sources s;
    if (!openSources(c, operation, 1, c->argc - 1, &s)) return;
    replying r = {.c = c};
    replyHole hole = replyOpen(c);
    eachMember(&s, visitReply, &r);
    replyClose(c, hole, RESP_SET, r.count);
    closeSources(&s);
}

/* SINTER key [key ...] */
static void sinterCommand(client *c) {
    replyOutcome(c, INTERSECT);
}

/* SUNION key [key ...] */
static void sunionCommand(client *c) {
    replyOutcome(c, UNITE);
}

/* SDIFF key [key ...] */
static void sdiffCommand(client *c) {
    replyOutcome(c, SUBTRACT);
}

/* ---- SINTERSTORE, SUNIONSTORE, SDIFFSTORE ---- */

/* The outcome is a set of its own until it is whole: the destination may be a source. */
typedef struct storing {
    keyRef key;
    const typeLimits *limits;
    entry *outcome; /* NULL: nothing yet */
} storing;

/* 'm' is the first of 'least' members or more. */
static void storeFirst(storing *st, setMember m, size_t least) {
    char scratch[NUM_INT_MAX];
    st->outcome = setNew(st->key.name, setMemberText(m, scratch), least, st->limits);
    setReserve(st->outcome, least);
}

static bool visitStore(void *ctx, setMember m) {
    storing *st = ctx;
    char scratch[NUM_INT_MAX];
    if (!st->outcome) storeFirst(st, m, 1);
    setAdd(st->outcome, setMemberText(m, scratch), st->limits);
    return true;
}

/* A union that is stored finds by itself what is there already. */
static void storeUnion(storing *st, const sources *s) {
    size_t largest = 0;
    for (size_t i = 0; i < s->count; i++)
        if (setCount(s->sets[i]) > largest) largest = setCount(s->sets[i]);
    for (size_t i = 0; i < s->count; i++) {
        setIterator it = setIteratorOf(s->sets[i]);
        setMember m;
        if (!st->outcome && setIteratorNext(&it, &m)) storeFirst(st, m, largest);
        if (st->outcome) setAddSet(st->outcome, s->sets[i], st->limits);
    }
}

static void storeOutcome(client *c, setOperation operation, const char *event) {
    sources s;
    if (!openSources(c, operation, 2, c->argc - 2, &s)) return;
    storing st = {.key = argKey(c, 1), .limits = &c->server->config.types};
    if (operation == UNITE)
        storeUnion(&st, &s);
    else
        eachMember(&s, visitStore, &st);
    closeSources(&s);
    if (!st.outcome) {
        dbDelete(c->db, st.key, DB_DELETED);
        replyInteger(c, 0);
        return;
    }
    keyTellOverwrite(c, st.key, TYPE_SET);
    dbReplace(c->db, st.key, st.outcome);
    keyChanged(c, st.key, NOTIFY_SET, event);
    replyInteger(c, (int64_t)setCount(st.outcome));
}

/* SINTERSTORE destination key [key ...]
 * Replies with the number of members; an empty outcome deletes the destination. */
static void sinterstoreCommand(client *c) {
    storeOutcome(c, INTERSECT, "sinterstore");
}

/* SUNIONSTORE destination key [key ...] */
static void sunionstoreCommand(client *c) {
    storeOutcome(c, UNITE, "sunionstore");
}

/* SDIFFSTORE destination key [key ...] */
static void sdiffstoreCommand(client *c) {
    storeOutcome(c, SUBTRACT, "sdiffstore");
}

/* ---- SINTERCARD, SUNIONCARD, SDIFFCARD ---- */

typedef struct cardRequest {
    int keys;
    uint64_t limit; /* 0: none */
    bool about;     /* APPROX */
} cardRequest;

/* False after replying what is wrong. */
static bool parseCard(client *c, setOperation operation, cardRequest *r) {
    int64_t keys, limit;
    *r = (cardRequest){0};
    if (!argIntIn(c, 1, 1, INT64_MAX, &keys, "ERR numkeys should be greater than 0")) return false;
    if (keys > c->argc - 2) {
        replyError(c, "ERR Number of keys can't be greater than number of args");
        return false;
    }
    r->keys = (int)keys;
    for (int i = 2 + r->keys; i < c->argc; i++) {
        if (argIs(c, i, "LIMIT") && i + 1 < c->argc) {
            if (!argIntIn(c, ++i, 0, INT64_MAX, &limit, "ERR LIMIT can't be negative"))
                return false;
            r->limit = (uint64_t)limit;
        } else if (operation == UNITE && argIs(c, i, "APPROX")) {
            r->about = true;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    return true;
}

typedef struct counting {
    uint64_t count, limit;
} counting;

static bool visitCount(void *ctx, setMember m) {
    counting *n = ctx;
    (void)m;
    return ++n->count != n->limit;
}

static uint64_t countOutcome(sources *s, const cardRequest *r) {
    if (s->is_empty) return 0;
    if (s->operation == UNITE) {
        /* Exact counts of a few sets need no memory, so there is nothing to gain. */
        if (!r->about || s->count <= SET_UNION_PLAIN)
            return setUnionCount(s->sets, s->count, r->limit);
        uint64_t count = setUnionEstimate(s->sets, s->count);
        return r->limit && count > r->limit ? r->limit : count;
    }
    counting n = {.limit = r->limit};
    eachMember(s, visitCount, &n);
    return n.count;
}

static void replyCard(client *c, setOperation operation) {
    cardRequest r;
    sources s;
    if (!parseCard(c, operation, &r)) return;
    if (!openSources(c, operation, 2, r.keys, &s)) return;
    replyInteger(c, (int64_t)countOutcome(&s, &r));
    closeSources(&s);
}

/* SINTERCARD numkeys key [key ...] [LIMIT limit]
 * Replies with how many members SINTER would; counts up to the limit where there is one. */
static void sintercardCommand(client *c) {
    replyCard(c, INTERSECT);
}

/* SUNIONCARD numkeys key [key ...] [APPROX] [LIMIT limit] */
static void sunioncardCommand(client *c) {
    replyCard(c, UNITE);
}

/* SDIFFCARD numkeys key [key ...] [LIMIT limit] */
static void sdiffcardCommand(client *c) {
    replyCard(c, SUBTRACT);
}

#define OUTCOME(command, handler)                                                                  \
    {                                                                                              \
        .name = command, .arity = -2, .run = handler, .flags = CMD_READONLY, .acl = ACL_SET,       \
        .keys = {{.first = 1, .last = -1, .step = 1, .use = KEY_RO | KEY_ACCESS}},                 \
        .tips = "nondeterministic_output_order"                                                    \
    }
#define STORED(command, handler)                                                                   \
    {                                                                                              \
        .name = command, .arity = -3, .run = handler, .flags = CMD_WRITE | CMD_DENYOOM,            \
        .acl = ACL_SET, .keys = {                                                                  \
            {.first = 1, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE},                        \
            {.first = 2, .last = -1, .step = 1, .use = KEY_RO | KEY_ACCESS}                        \
        }                                                                                          \
    }
#define COUNTED(command, handler)                                                                  \
    {                                                                                              \
        .name = command, .arity = -3, .run = handler, .flags = CMD_READONLY | CMD_MOVABLEKEYS,     \
        .acl = ACL_SET, .keys = {                                                                  \
            {.first = 1,                                                                           \
             .keynum = true,                                                                       \
             .keynum_at = 0,                                                                       \
             .keynum_first = 1,                                                                    \
             .step = 1,                                                                            \
             .use = KEY_RO | KEY_ACCESS}                                                           \
        }                                                                                          \
    }

const commandSpec setOpsCommands[] = {
    OUTCOME("sinter", sinterCommand),
    OUTCOME("sunion", sunionCommand),
    OUTCOME("sdiff", sdiffCommand),
    STORED("sinterstore", sinterstoreCommand),
    STORED("sunionstore", sunionstoreCommand),
    STORED("sdiffstore", sdiffstoreCommand),
    COUNTED("sintercard", sintercardCommand),
    COUNTED("sunioncard", sunioncardCommand),
    COUNTED("sdiffcard", sdiffcardCommand),
    {0},
};
