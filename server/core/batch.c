#include "server/core/batch.h"

#include <sys/mman.h>

#include "server/core/client_limits.h"
#include "server/core/dispatch.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/ensure.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "storage/base/prefetch.h"
#include "storage/types/values.h"

enum {
    GROUP_ARGS = 2048,
    SMALL_PENDING = 4096,         /* less is copied into the arena rather than read behind */
    BIG_REQUEST = 4096,           /* of such ones more is read at once */
    STRANGER_PENDING = 64 * 1024, /* what a client that is not authenticated may have waiting */
    ARENA_KEEP = 512 * 1024       /* of the arena stays resident after a burst */
};

typedef struct request {
    client *c;
    command *cmd;
    const bytes *argv;
    const char *broken; /* a protocol error in place of a request */
    size_t start;       /* of its bytes in c->input */
    uint64_t key_hash;
    int argc, key_index;
    int member; /* see commandSpec.member; 0: none, or no collection to look it up in */
} request;

/* Where a member of a big collection will be looked up. */
typedef struct memberLookup {
    const valueOps *ops;
    const void *value;
    uint64_t hash;
} memberLookup;

struct batch {
    char *arena;
    size_t used;
    size_t used_max; /* since it was last trimmed */
    size_t touched;  /* of it from the front may be resident */
    client **ready;
    size_t ready_count, ready_capacity;
    size_t first_open; /* clients before it are parsed to their end */
    request group[BATCH_GROUP];
    int group_count, running_at; /* of the group */
    int member_count;            /* requests of the group that have one */
    bytes *args;
    respArgs room;
    bytes *big_args; /* of one request with more than fits */
    bool running;
};

batch *batchNew(void) {
    batch *b = memCalloc(1, sizeof *b);
    b->arena = mmap(NULL, BATCH_ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b->arena == MAP_FAILED) ensurePanic("no memory for the read arena");
    madvise(b->arena, BATCH_ARENA, MADV_NOHUGEPAGE);
    b->args = memAlloc(GROUP_ARGS * sizeof(bytes));
    return b;
}

void batchFree(batch *b) {
    munmap(b->arena, BATCH_ARENA);
    memFree(b->ready);
    memFree(b->args);
    memFree(b->big_args);
    memFree(b);
}

/* ---- input ---- */

static void addReady(batch *b, client *c) {
    if (c->flags & CLIENT_QUEUED_INPUT) return;
    if (b->ready_count == b->ready_capacity) {
        b->ready_capacity = b->ready_capacity ? b->ready_capacity * 2 : 64;
        b->ready = memRealloc(b->ready, b->ready_capacity * sizeof *b->ready);
    }
    c->flags |= CLIENT_QUEUED_INPUT;
    b->ready[b->ready_count++] = c;
}

/* How large the pending buffer should be for the next read: up to the end of the request where that
 * is near, so that nothing behind it has to be kept; grows with what has come, not with what was
 * announced. */
static size_t pendingTarget(const client *c) {
    size_t size = c->pending_size, wanted = c->parser.wanted, next = size + BATCH_READ;
    if (wanted > size && wanted <= next) return wanted;
    size_t twice = size * 2;
    size_t target = wanted < twice ? wanted : twice;
    return target > next ? target : next;
}

static char *pendingRoom(client *c, size_t *room) {
    size_t target = pendingTarget(c);
    if (target > c->pending_capacity) {
        char *grown = memTryRealloc(c->pending, target);
        if (!grown) {
            logLine(LOG_WARN, "Closing client: no memory for its query buffer of %zu bytes",
                    target);
            clientCloseSoon(c);
            return NULL;
        }
        c->pending = grown;
        c->pending_capacity = target;
    }
    size_t left = c->pending_capacity - c->pending_size;
    *room = left < BATCH_READ_BIG ? left : BATCH_READ_BIG;
    return c->pending + c->pending_size;
}

static size_t roomOf(const client *c) {
    return c->read_room ? c->read_room : BATCH_READ;
}

char *batchRoom(server *s, client *c, size_t *room) {
    batch *b = s->batch;
    ensure(!(c->flags & CLIENT_QUEUED_INPUT) || c->pending_size > SMALL_PENDING);
    if (c->pending_size > SMALL_PENDING) return pendingRoom(c, room);
    if (BATCH_ARENA - b->used < BATCH_READ + SMALL_PENDING) return NULL;
    if (c->pending_size) memcpy(b->arena + b->used, c->pending, c->pending_size);
    size_t left = BATCH_ARENA - b->used - SMALL_PENDING;
    *room = roomOf(c);
    if (*room > left) *room = left;
    return b->arena + b->used + c->pending_size;
}

static void dropPending(client *c) {
    memFree(c->pending);
    c->pending = NULL;
    c->pending_size = c->pending_capacity = 0;
}

void batchReceived(server *s, client *c, size_t size) {
    batch *b = s->batch;
    s->stats.net_input_bytes += size;
    c->net_input_bytes += size;
    c->reads++;
    c->last_active_ms = s->now_ms; /* A big request that trickles in is no idle client. */
    if (c->pending_size > SMALL_PENDING) {
        c->pending_size += size;
        c->input = (clientInput){c->pending, c->pending_size, 0};
        if (__builtin_expect(s->clientGrew != NULL, 0)) s->clientGrew(c);
    } else {
        c->input = (clientInput){b->arena + b->used, c->pending_size + size, 0};
        b->used += c->input.size;
        if (c->pending) dropPending(c);
    }
    size_t limit = c->flags & CLIENT_AUTHENTICATED ? (size_t)s->config.client_query_buffer_limit
                                                   : STRANGER_PENDING + (size_t)BATCH_READ;
    size_t held = respParserMemory(&c->parser) + c->queued_bytes;
    if (__builtin_expect(c->input.size + held > limit, 0)) {
        char line[512];
        clientDescribe(c, line, sizeof line);
        logLine(LOG_WARN, "Closing client that reached max query buffer length: %s", line);
        s->stats.query_limit_disconnections++;
        clientCloseSoon(c);
    }
    addReady(b, c);
}

void batchWake(server *s, client *c) {
    if (c->flags & CLIENT_QUEUED_INPUT || !c->pending_size) return;
    c->input = (clientInput){c->pending, c->pending_size, 0};
    addReady(s->batch, c);
}

bool batchHasWork(const server *s) {
    return s->batch->ready_count != 0;
}

bool batchWantsMore(const client *c) {
    return c->pending_size > SMALL_PENDING && c->parser.wanted > c->pending_size &&
           !(c->flags & CLIENT_CLOSE_NOW);
}

/* ---- stage 1: parse, find the row, prefetch the bucket ---- */

static void addRequest(batch *b, client *c, size_t start, int argc, const bytes *argv) {
    request *r = &b->group[b->group_count++];
    command *cmd = commandFind(c->server->commands, argv[0]);
    *r = (request){.c = c, .cmd = cmd, .argv = argv, .start = start, .argc = argc};
    if (cmd && cmd->first_key > 0 && argc > cmd->first_key) {
        r->key_index = cmd->first_key;
        r->key_hash = hashBytes(argv[cmd->first_key]);
        dbPrefetchBucket(c->db, r->key_hash);
        if (cmd->member && cmd->member < argc) {
            r->member = cmd->member;
            b->member_count++;
        }
    }
}

/* Parses requests of 'c' into the group. True when its input is used up (or cannot go on now). */
static bool parseClient(server *s, batch *b, client *c) {
    while (b->group_count < BATCH_GROUP) {
        /* What was rolled back runs in the next batch, even if it may go on by now. */
        if (c->flags & (CLIENT_HELD | CLIENT_ROLLED_BACK) || c->input.pos >= c->input.size)
            return true;
        respLimits limits = {.max_bulk = (size_t)s->config.proto_max_bulk_len,
                             .stranger = !(c->flags & CLIENT_AUTHENTICATED)};
        int argc;
        bytes *argv;
        const char *broken;
        size_t start = c->input.pos;
        respResult result = respParse(&c->parser, c->input.data, c->input.size, &c->input.pos,
                                      &limits, &b->room, &argc, &argv, &broken);
        if (__builtin_expect(result == RESP_REQUEST, 1)) {
            if (!argc) continue;
            addRequest(b, c, start, argc, argv);
            if (limits.stranger) return c->input.pos >= c->input.size;
        } else if (result == RESP_MORE) {
            return true;
        } else if (result == RESP_NO_ROOM) {
            if (b->group_count) return false; /* This group first: then all the room is free. */
            if (b->big_args) memFree(b->big_args);
            b->big_args = memAlloc(c->parser.args_total * sizeof(bytes));
            b->room = (respArgs){b->big_args, b->big_args + c->parser.args_total};
        } else {
            b->group[b->group_count++] = (request){.c = c, .broken = broken, .start = start};
            c->input.pos = c->input.size;
            return true;
        }
    }
    return c->input.pos >= c->input.size;
}

static void fillGroup(server *s, batch *b) {
    b->group_count = b->member_count = 0;
    b->room = (respArgs){b->args, b->args + GROUP_ARGS};
    bool all_done = true;
    for (size_t i = b->first_open; i < b->ready_count && b->group_count < BATCH_GROUP; i++) {
        if (b->ready[i] && !parseClient(s, b, b->ready[i])) all_done = false;
        if (all_done) b->first_open = i + 1;
        if (b->room.next == b->room.end || b->big_args) break;
    }
}

/* ---- stages 2 and 3: prefetch the entries, execute ---- */

static void refuseBroken(client *c, const char *broken) {
    logLine(LOG_VERBOSE, "Protocol error (%s) from client id=%llu", broken,
            (unsigned long long)c->id);
    replyErrorFormat(c, "ERR Protocol error: %s", broken);
    clientCloseAfterReply(c);
}

/* The request cannot run now: its bytes and those behind it are parsed again later. */
static void rollBack(client *c, const request *r) {
    if (c->flags & CLIENT_ROLLED_BACK) return;
    c->flags |= CLIENT_ROLLED_BACK;
    c->input.pos = r->start;
    respParserClear(&c->parser);
}

/* The collection that the request looks a member up in, or NULL. Asks for its first bytes. */
static const void *collectionOf(const request *r, const valueOps **ops) {
    keyRef key = {r->argv[r->key_index], r->key_hash};
    const entry *e = dbPeek(r->c->db, key);
    if (!e || entryEncoding(e) <= ENCODING_BLOB) return NULL;
    const void *value = entryPointer(e);
    if (!value) return NULL;
    prefetch(value);
    prefetch((const char *)value + 64);
    *ops = valueOpsOf(entryType(e), entryEncoding(e));
    return value;
}

/* Between prefetching entries and executing: what lies behind the entries, in as many steps as
 * there are pointers to follow. */
static void prefetchMembers(const batch *b) {
    memberLookup lookups[BATCH_GROUP];
    int count = 0;
    for (int i = 0; i < b->group_count; i++) {
        const request *r = &b->group[i];
        if (!r->member) continue;
        memberLookup *look = &lookups[count];
        look->value = collectionOf(r, &look->ops);
        if (!look->value || !look->ops->prefetch) continue;
        look->hash = hashBytes(r->argv[r->member]);
        count++;
    }
    for (int step = 0; step < 2; step++)
        for (int i = 0; i < count; i++)
            lookups[i].ops->prefetch(lookups[i].value, lookups[i].hash, step);
}

static void executeGroup(server *s, batch *b) {
    for (int i = 0; i < b->group_count; i++)
        if (b->group[i].key_index) dbPrefetchEntry(b->group[i].c->db, b->group[i].key_hash);
    if (b->member_count) prefetchMembers(b);
    for (int i = 0; i < b->group_count; i++) {
        const request *r = &b->group[i];
        client *c = r->c;
        if (__builtin_expect(!c, 0)) continue; /* Answered during a script: see batchYield(). */
        b->running_at = i;
        if (__builtin_expect(c->flags & (CLIENT_HELD | CLIENT_ROLLED_BACK), 0)) {
            rollBack(c, r);
            continue;
        }
        if (__builtin_expect(r->broken != NULL, 0)) {
            refuseBroken(c, r->broken);
            continue;
        }
        c->argv = r->argv;
        c->argc = r->argc;
        c->cmd = r->cmd;
        c->key_index = r->key_index;
        c->key_hash = r->key_hash;
        if (__builtin_expect(!dispatchRequest(c), 0)) rollBack(c, r);
        /* Not only at the flush: what a long pipeline replies must not pile up until then. */
        if (__builtin_expect(c->out.memory > REPLY_CHUNK, 0) && clientOverOutputLimit(c))
            clientCloseSoon(c);
    }
    (void)s;
    if (b->big_args) memFree(b->big_args);
    b->big_args = NULL;
}

/* ---- the end of a batch ---- */

/* Keeps what was not executed in the client's own buffer, exactly as large as it is unless more
 * of a big request is expected. */
static void keepRest(client *c) {
    size_t rest = c->input.size - c->input.pos;
    const char *from = c->input.data + c->input.pos;
    bool own = c->pending && c->input.data == c->pending;
    if (!rest || c->flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY)) {
        if (own) dropPending(c);
        return;
    }
    if (own) {
        if (c->input.pos) memmove(c->pending, from, rest);
        c->pending_size = rest;
        if (c->pending_capacity - rest > BATCH_READ && c->parser.wanted <= rest + BATCH_READ) {
            c->pending = memRealloc(c->pending, rest);
            c->pending_capacity = rest;
        }
        return;
    }
    c->pending = memAlloc(rest);
    c->pending_size = c->pending_capacity = rest;
    memcpy(c->pending, from, rest);
}

/* A read that was filled and ends inside of a big request: of the next ones more may be read, and
 * still be no more requests than others send. Where it ends in a small one, less again. */
static void adaptRoom(client *c) {
    bool in_arena = !c->pending || c->input.data != c->pending;
    if (!in_arena || c->input.size < roomOf(c) || !(c->flags & CLIENT_AUTHENTICATED)) return;
    size_t room = c->parser.wanted >= BIG_REQUEST ? roomOf(c) * 2 : roomOf(c) / 2;
    if (room > BATCH_READ_MANY) room = BATCH_READ_MANY;
    c->read_room = room > BATCH_READ ? room : 0;
}

static void finishClient(client *c) {
    c->batches++;
    adaptRoom(c);
    keepRest(c);
    c->input = (clientInput){0};
    c->flags &= ~(uint32_t)CLIENT_QUEUED_INPUT;
    if (c->pending_size > c->server->stats.query_size_max)
        c->server->stats.query_size_max = c->pending_size;
    bool again = (c->flags & CLIENT_ROLLED_BACK) && !(c->flags & CLIENT_HELD);
    c->flags &= ~(uint32_t)CLIENT_ROLLED_BACK;
    if (__builtin_expect(c->server->clientTouched != NULL, 0)) c->server->clientTouched(c);
    if (again) batchWake(c->server, c);
}

static void emptyArena(batch *b) {
    if (b->used > b->used_max) b->used_max = b->used;
    b->used = 0;
}

void batchTrim(server *s) {
    enum { PAGE = 4096 };
    batch *b = s->batch;
    size_t used = b->used_max > ARENA_KEEP ? (b->used_max + PAGE - 1) / PAGE * PAGE : ARENA_KEEP;
    b->used_max = 0;
    if (used < b->touched && !b->running)
        madvise(b->arena + used, b->touched - used, MADV_DONTNEED);
    b->touched = used;
}

void batchRun(server *s) {
    batch *b = s->batch;
    if (!b->ready_count) return;
    ensure(!b->running);
    b->running = true;
    serverReadClock(s);
    b->first_open = 0;
    while (b->first_open < b->ready_count) {
        fillGroup(s, b);
        executeGroup(s, b);
    }
    size_t count = b->ready_count;
    b->ready_count = 0;
    /* Clients that go on at once are put back to the front of the same array: never past i. */
    for (size_t i = 0; i < count; i++)
        if (b->ready[i]) finishClient(b->ready[i]);
    emptyArena(b);
    b->running = false;
}

void batchYield(batch *b, const client *keep) {
    if (!b->running) return;
    for (int i = b->running_at + 1; i < b->group_count; i++) {
        request *r = &b->group[i];
        if (!r->c || r->c == keep) continue;
        rollBack(r->c, r);
        r->c = NULL;
    }
    for (size_t i = 0; i < b->ready_count; i++) {
        client *c = b->ready[i];
        if (!c || c == keep) continue;
        b->ready[i] = NULL;
        if (c->input.pos < c->input.size) c->flags |= CLIENT_ROLLED_BACK;
        finishClient(c);
    }
}

void batchCall(client *c, int argc, const bytes *argv) {
    const bytes *argv_before = c->argv;
    int argc_before = c->argc;
    command *cmd_before = c->cmd;
    client *current_before = c->server->current;
    c->argv = argv;
    c->argc = argc;
    c->key_index = 0;
    c->cmd = argc ? commandFind(c->server->commands, argv[0]) : NULL;
    dispatchRequest(c);
    c->server->current = current_before;
    c->argv = argv_before;
    c->argc = argc_before;
    c->cmd = cmd_before;
    c->key_index = 0;
}
