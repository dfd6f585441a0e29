/* Commands on single sets, but SPOP and SRANDMEMBER (cmd_set_random.c), and SMOVE. */
#include "server/commands/commands.h"
#include "server/commands/reply_member.h"
#include "server/commands/scan_options.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"

/* 'count' members more or fewer are one event and as many changes. */
static void setChanged(client *c, keyRef key, size_t count, const char *event) {
    keyChanged(c, key, NOTIFY_SET, event);
    c->server->dirty += count - 1;
}

/* SADD key member [member ...]
 * Replies with the number of members that were not there. */
static void saddCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_SET)) return;
    const typeLimits *limits = &c->server->config.types;
    size_t count = (size_t)c->argc - 2;
    if (e)
        setExpect(e, count, limits);
    else
        e = dbAdd(c->db, key, setNew(key.name, c->argv[2], count, limits));
    size_t added = setAddAll(e, c->argv + 2, count, limits);
    if (added) setChanged(c, key, added, "sadd");
    replyInteger(c, (int64_t)added);
}

/* SREM key member [member ...]
 * Replies with the number of members that were there. */
static void sremCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_SET)) return;
    size_t removed = e ? setRemoveAll(e, c->argv + 2, (size_t)c->argc - 2) : 0;
    if (removed) {
        setChanged(c, key, removed, "srem");
        if (!setCount(e)) dbDeleteEntry(c->db, key, e, DB_DELETED);
    }
    replyInteger(c, (int64_t)removed);
}

/* SMOVE source destination member
 * Replies 1, or 0 where the source has no such member. */
static void smoveCommand(client *c) {
    keyRef from = argKey(c, 1), to = argKey(c, 2);
    bytes member = c->argv[3];
    entry *source = keyWrite(c, from);
    if (!source) {
        replyInteger(c, 0);
        return;
    }
    entry *destination = keyWrite(c, to);
    if (!keyIsType(c, source, TYPE_SET) || !keyIsType(c, destination, TYPE_SET)) return;
    if (source == destination) {
        replyInteger(c, setHas(source, member));
        return;
    }
    if (!setRemove(source, member)) {
        replyInteger(c, 0);
        return;
    }
    keyChanged(c, from, NOTIFY_SET, "srem");
    if (!setCount(source)) dbDeleteEntry(c->db, from, source, DB_DELETED);
    const typeLimits *limits = &c->server->config.types;
    if (!destination) destination = dbAdd(c->db, to, setNew(to.name, member, 1, limits));
    if (setAdd(destination, member, limits)) keyChanged(c, to, NOTIFY_SET, "sadd");
    replyInteger(c, 1);
}

/* SISMEMBER key member */
static void sismemberCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_SET)) return;
    replyInteger(c, e && setHas(e, c->argv[2]));
}

/* SMISMEMBER key member [member ...]
 * Replies 1 or 0 for each. */
static void smismemberCommand(client *c) {
    enum { PART = 64 };
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_SET)) return;
    replyArray(c, (size_t)c->argc - 2);
    bool found[PART] = {false};
    for (int i = 2; i < c->argc; i += PART) {
        int count = c->argc - i < PART ? c->argc - i : PART;
        if (e) setHasEach(e, c->argv + i, (size_t)count, found);
        for (int k = 0; k < count; k++) replyInteger(c, found[k]);
    }
}

/* SCARD key */
static void scardCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_SET)) return;
    replyInteger(c, e ? (int64_t)setCount(e) : 0);
}

/* SMEMBERS key */
static void smembersCommand(client *c) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_SET)) return;
    replySet(c, e ? setCount(e) : 0);
    if (!e) return;
    setIterator it = setIteratorOf(e);
    for (setMember m; setIteratorNext(&it, &m);) replyMember(c, m);
}

/* ---- SSCAN ---- */

enum {
    FOUND_INLINE = 256,
    STEPS_A_MEMBER = 10 /* home buckets looked at for each member asked for, before giving up */
};

typedef struct scanRequest {
    scanOptions options;
    /* What was found: the cursor, which goes out first, is known at the end only. */
    setMember *found;
    size_t count, capacity;
    size_t seen;
    setMember found_inline[FOUND_INLINE];
} scanRequest;

static void noteMember(void *ctx, setMember m) {
    scanRequest *r = ctx;
    r->seen++;
    char scratch[NUM_INT_MAX];
    if (!scanMatches(&r->options, setMemberText(m, scratch))) return;
    if (r->count == r->capacity) {
        size_t size = r->count * sizeof *r->found;
        setMember *grown = memAlloc(size * 2);
        memcpy(grown, r->found, size);
        if (r->found != r->found_inline) memFree(r->found);
        r->found = grown;
        r->capacity *= 2;
    }
    r->found[r->count++] = m;
}

static void scanMembers(client *c, const entry *e, scanRequest *r) {
    r->found = r->found_inline;
    r->capacity = FOUND_INLINE;
    r->count = r->seen = 0;
    uint64_t steps;
    if (__builtin_mul_overflow(r->options.effort, STEPS_A_MEMBER, &steps)) steps = UINT64_MAX;
    uint64_t cursor = r->options.cursor;
    do cursor = setScan(e, cursor, noteMember, r);
    while (cursor && --steps && r->seen < r->options.effort);
    replyScan(c, cursor, r->count);
    for (size_t i = 0; i < r->count; i++) replyMember(c, r->found[i]);
    if (r->found != r->found_inline) memFree(r->found);
}

/* SSCAN key cursor [MATCH pattern] [COUNT count]
 * Replies with the next cursor, 0 at the end, and members found from this one on. */
static void sscanCommand(client *c) {
    scanRequest r;
    uint64_t cursor;
    if (!scanCursorParse(c, 2, &cursor)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_SET)) return;
    if (!e) {
        replyScan(c, 0, 0);
        return;
    }
    if (scanOptionsParse(c, 2, 0, &r.options)) scanMembers(c, e, &r);
}

#define KEY_AT(index, how)                                                                         \
    { .first = (index), .last = 0, .step = 1, .use = (how) }

const commandSpec setCommands[] = {
    {.name = "sadd",
     .arity = -3,
     .run = saddCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_SET,
     .member = 2,
     .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)}},
    {.name = "srem",
     .arity = -3,
     .run = sremCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_SET,
     .member = 2,
     .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)}},
    {.name = "smove",
     .arity = 4,
     .run = smoveCommand,
     .flags = CMD_WRITE | CMD_FAST,
     .acl = ACL_SET,
     .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_RW | KEY_INSERT)}},
    {.name = "sismember",
     .arity = 3,
     .run = sismemberCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SET,
     .member = 2,
     .keys = {KEY_AT(1, KEY_RO)}},
    {.name = "smismember",
     .arity = -3,
     .run = smismemberCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SET,
     .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)}},
    {.name = "scard",
     .arity = 2,
     .run = scardCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_SET,
     .keys = {KEY_AT(1, KEY_RO)}},
    {.name = "smembers",
     .arity = 2,
     .run = smembersCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SET,
     .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
     .tips = "nondeterministic_output_order"},
    {.name = "sscan",
     .arity = -3,
     .run = sscanCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SET,
     .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
     .tips = "nondeterministic_output"},
    {0},
};
