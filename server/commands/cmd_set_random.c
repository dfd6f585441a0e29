/* SPOP and SRANDMEMBER. */
#include "server/commands/commands.h"
#include "server/commands/draws.h"
#include "server/commands/key_overwrite.h"
#include "server/commands/reply_member.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/types/t_set_random.h"

static void visitReply(void *ctx, setMember m) {
    replyMember(ctx, m);
}

/* ---- SPOP ---- */

/* What followers get: SREM and the members, which are gone when that is sent. */
typedef struct popRecord {
    client *c;
    bytes *words;
    char (*digits)[NUM_INT_MAX];
    int count;
} popRecord;

static void visitRecord(void *ctx, setMember m) {
    popRecord *r = ctx;
    replyMember(r->c, m);
    r->words[r->count] = setMemberText(m, r->digits[r->count]);
    if (m.text.data) {
        char *copy = memAlloc(m.text.size + 1);
        memcpy(copy, m.text.data, m.text.size);
        r->words[r->count].data = copy;
    }
    r->count++;
}

static void popForFollowers(client *c, keyRef key, entry *e, size_t count) {
    popRecord r = {.c = c,
                   .words = memAlloc((count + 2) * sizeof *r.words),
                   .digits = memAlloc((count + 2) * sizeof *r.digits),
                   .count = 2};
    r.words[0] = BYTES("SREM");
    r.words[1] = key.name;
    setPop(e, count, &c->server->rng, visitRecord, &r);
    propagateAs(c, r.count, r.words);
    for (int i = 2; i < r.count; i++)
        if (r.words[i].data != r.digits[i]) memFree((char *)(uintptr_t)r.words[i].data);
    memFree(r.digits);
    memFree(r.words);
}

/* Replies with 'count' members, not as many as there are, and takes them out. */
static void popSome(client *c, keyRef key, entry *e, size_t count) {
    if (somebodyFollows(c))
        popForFollowers(c, key, e, count);
    else
        setPop(e, count, &c->server->rng, visitReply, c);
    keyChanged(c, key, NOTIFY_SET, "spop");
    c->server->dirty += count - 1;
}

/* Replies with all members and deletes the set. */
static void popAll(client *c, keyRef key, entry *e) {
    setIterator it = setIteratorOf(e);
    for (setMember m; setIteratorNext(&it, &m);) replyMember(c, m);
    keyChanged(c, key, NOTIFY_SET, "spop");
    dbDeleteEntry(c->db, key, e, DB_DELETED);
    if (!somebodyFollows(c)) return;
    bool lazily = c->server->config.lazyfree_lazy_server_del;
    propagateAs(c, 2, (bytes[]){lazily ? BYTES("UNLINK") : BYTES("DEL"), key.name});
}

static void popMany(client *c) {
    int64_t count;
    if (!argIntIn(c, 2, 0, INT64_MAX, &count, "ERR value is out of range, must be positive"))
        return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_SET)) return;
    if (!e || !count) {
        replySet(c, 0);
        return;
    }
    size_t all = setCount(e);
    bool whole = (uint64_t)count >= all;
    replySet(c, whole ? all : (size_t)count);
    if (whole)
        popAll(c, key, e);
    else
        popSome(c, key, e, (size_t)count);
}

/* SPOP key [count]
 * Replies with a member, or with up to 'count' of them, and takes it out of the set. */
static void spopCommand(client *c) {
    if (c->argc == 3) {
        popMany(c);
        return;
    }
    if (c->argc > 3) {
        replySyntaxError(c);
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_SET)) return;
    if (!e) {
        replyNull(c);
        return;
    }
    if (somebodyFollows(c))
        popForFollowers(c, key, e, 1);
    else
        setPop(e, 1, &c->server->rng, visitReply, c);
    keyChanged(c, key, NOTIFY_SET, "spop");
    if (!setCount(e)) dbDeleteEntry(c->db, key, e, DB_DELETED);
}

/* ---- SRANDMEMBER ---- */

enum {
    DRAWS_INLINE = 64,
    DRAWN_BYTES_MAX = 1024 * 1024 * 1024 /* what the draws of one call may be together */
};

static void replyUnchecked(client *c, const entry *e, uint64_t count) {
    replyArray(c, count);
    for (uint64_t i = 0; i < count && !drawsEnd(c, i); i++)
        replyMember(c, setRandom(e, &c->server->rng));
}

/* Draws first: a small set may have huge members, and what is said cannot be taken back. */
static void replyDrawn(client *c, const entry *e, uint64_t count) {
    if (clientHasHardLimit(c)) {
        replyUnchecked(c, e, count);
        return;
    }
    setMember few[DRAWS_INLINE];
    setMember *drawn = few;
    if (count > DRAWS_INLINE)
        drawn = drawsMayRun(c, count) ? memTryAlloc(count * sizeof *drawn) : NULL;
    size_t size = 0;
    for (size_t i = 0; drawn && i < count && size <= DRAWN_BYTES_MAX; i++) {
        drawn[i] = setRandom(e, &c->server->rng);
        size += drawn[i].text.size;
    }
    if (!drawn || size > DRAWN_BYTES_MAX) {
        replyError(c, "ERR value is out of range");
    } else {
        replyArray(c, count);
        for (size_t i = 0; i < count; i++) replyMember(c, drawn[i]);
    }
    if (drawn != few) memFree(drawn);
}

static void randomMany(client *c) {
    int64_t count;
    if (!argInt(c, 2, &count, NULL)) return;
    if (count < -INT64_MAX) {
        replyError(c, "ERR value is out of range, value must between -9223372036854775807 and "
                      "9223372036854775807");
        return;
    }
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_SET)) return;
    if (!e || !count) {
        replyArray(c, 0);
        return;
    }
    if (count < 0) {
        replyDrawn(c, e, (uint64_t)-count);
        return;
    }
    size_t all = setCount(e);
    size_t wanted = (uint64_t)count < all ? (size_t)count : all;
    replyArray(c, wanted);
    setSample(e, wanted, &c->server->rng, visitReply, c);
}

/* SRANDMEMBER key [count]
 * Replies with a member; with up to 'count' different ones; or, where that is negative, with as
 * many as it says, drawn each from all. */
static void srandmemberCommand(client *c) {
    if (c->argc == 3) {
        randomMany(c);
        return;
    }
    if (c->argc > 3) {
        replySyntaxError(c);
        return;
    }
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_SET)) return;
    if (e)
        replyMember(c, setRandom(e, &c->server->rng));
    else
        replyNull(c);
}

const commandSpec setRandomCommands[] = {
    {.name = "spop",
     .arity = -2,
     .run = spopCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_SET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE}},
     .tips = "nondeterministic_output"},
    {.name = "srandmember",
     .arity = -2,
     .run = srandmemberCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SET,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}},
     .tips = "nondeterministic_output"},
    {0},
};
