#include "server/session/multi.h"

#include "server/core/reply.h"
#include "server/session/watch.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum {
    FIRST_ROOM = 2048 - 64, /* in the transaction itself: enough for most */
    BLOCK_MAX = 64 * 1024,  /* more only for a command that is bigger */
    SPARE_MAX = 64,
    PREFETCH = 16
};

/* A command that waits; its argument bytes follow 'argv'. */
typedef struct queued {
    struct queued *next;
    command *cmd;
    uint64_t key_hash;
    int argc, key_index;
    bytes argv[];
} queued;

typedef struct block {
    struct block *next;
    size_t size; /* with this head */
    char room[];
} block;

typedef struct transaction {
    queued *first, **end;
    size_t count;
    char *next, *limit; /* room in the newest block */
    block *blocks;
    size_t block_bytes;
    _Alignas(16) char room[FIRST_ROOM];
} transaction;

/* Transactions that none needs now: most clients have one only for microseconds. */
struct multiPool {
    transaction *spare[SPARE_MAX];
    int spare_count;
    clientClosedHook closed;
    clientDetailsHook details;
};

/* ---- the queue ---- */

static transaction *takeTransaction(multiPool *pool) {
    transaction *t =
        pool->spare_count ? pool->spare[--pool->spare_count] : memAlloc(sizeof(transaction));
    t->first = NULL;
    t->end = &t->first;
    t->count = t->block_bytes = 0;
    t->blocks = NULL;
    t->next = t->room;
    t->limit = t->room + FIRST_ROOM;
    return t;
}

static void giveBack(multiPool *pool, transaction *t) {
    while (t->blocks) {
        block *b = t->blocks;
        t->blocks = b->next;
        memFree(b);
    }
    if (pool->spare_count < SPARE_MAX)
        pool->spare[pool->spare_count++] = t;
    else
        memFree(t);
}

/* A new block with room for 'size' bytes, twice the last one where that is not too much. */
static bool addBlock(transaction *t, size_t size) {
    size_t wanted = t->blocks ? t->blocks->size * 2 : FIRST_ROOM * 2;
    if (wanted > BLOCK_MAX) wanted = BLOCK_MAX;
    if (wanted < size + sizeof(block)) wanted = size + sizeof(block);
    block *b = memTryAlloc(wanted);
    if (!b) return false;
    *b = (block){.next = t->blocks, .size = wanted};
    t->blocks = b;
    t->block_bytes += wanted;
    t->next = b->room;
    t->limit = (char *)b + wanted;
    return true;
}

/* The bytes of a command with its arguments, in steps that keep the next one aligned. */
static size_t queuedSize(const client *c) {
    size_t size = sizeof(queued) + (size_t)c->argc * sizeof(bytes);
    for (int i = 0; i < c->argc; i++) size += c->argv[i].size;
    return (size + 15) & ~(size_t)15;
}

static bool enqueue(client *c) {
    transaction *t = c->multi;
    size_t size = queuedSize(c);
    if ((size_t)(t->limit - t->next) < size && !addBlock(t, size)) return false;
    queued *q = (queued *)(void *)t->next;
    t->next += size;
    *q = (queued){
        .cmd = c->cmd, .key_hash = c->key_hash, .argc = c->argc, .key_index = c->key_index};
    char *text = (char *)(q->argv + c->argc);
    for (int i = 0; i < c->argc; i++) {
        bytes arg = c->argv[i];
        if (arg.size) memcpy(text, arg.data, arg.size);
        q->argv[i] = bytesOf(text, arg.size);
        text += arg.size;
    }
    *t->end = q;
    t->end = &q->next;
    t->count++;
    c->queued_bytes += size;
    c->queued_flags |= dispatchFlags(c);
    return true;
}

static gateAnswer takeRequest(client *c) {
    if (c->cmd->flags & CMD_NOT_QUEUED) return GATE_PASS;
    if (c->cmd->flags & CMD_NO_MULTI) {
        replyError(c, "ERR Command not allowed inside a transaction");
        return GATE_REFUSED;
    }
    /* What will not run need not be kept. */
    bool spoiled = c->flags & (CLIENT_DIRTY_CAS | CLIENT_DIRTY_EXEC);
    if (!spoiled && !enqueue(c)) {
        replyError(c, "ERR not enough memory for the arguments of a transaction");
        return GATE_REFUSED;
    }
    replySimple(c, "QUEUED");
    return GATE_TAKEN;
}

void multiBegin(client *c) {
    ensure(!c->multi);
    c->multi = takeTransaction(c->server->multi);
    c->flags |= CLIENT_MULTI;
    gateSetLiveFor(c, GATE_MULTI, true);
}

void multiDiscard(client *c) {
    watchForget(c);
    c->flags &= ~(uint32_t)(CLIENT_MULTI | CLIENT_DIRTY_CAS | CLIENT_DIRTY_EXEC);
    if (!c->multi) return;
    gateSetLiveFor(c, GATE_MULTI, false);
    giveBack(c->server->multi, c->multi);
    c->multi = NULL;
    c->queued_bytes = 0;
    c->queued_flags = 0;
}

/* ---- EXEC ---- */

/* Buckets, then entries of the next commands' first keys; where to go on. */
static const queued *prefetch(const client *c, const queued *from) {
    const queued *q = from;
    for (int i = 0; q && i < PREFETCH; i++, q = q->next)
        if (q->key_index) dbPrefetchBucket(c->db, q->key_hash);
    for (; from != q; from = from->next)
        if (from->key_index) dbPrefetchEntry(c->db, from->key_hash);
    return q;
}

static void runAll(client *c, const transaction *t) {
    const queued *prefetched = t->first;
    for (const queued *q = t->first; q; q = q->next) {
        if (q == prefetched) prefetched = prefetch(c, q);
        c->argv = q->argv;
        c->argc = q->argc;
        c->cmd = q->cmd;
        c->key_hash = q->key_hash;
        c->key_index = q->key_index;
        dispatchCall(c, q->cmd);
    }
}

void multiExecute(client *c) {
    transaction *t = c->multi;
    const bytes *argv = c->argv;
    command *cmd = c->cmd;
    int argc = c->argc;
    watchForget(c); /* What it changes itself is no news. */
    replyArray(c, t->count);
    effectsBegin(c->server, c);
    runAll(c, t);
    effectsEnd(c->server, c);
    c->argv = argv;
    c->argc = argc;
    c->cmd = cmd;
    c->key_index = 0;
    multiDiscard(c);
}

/* ---- set-up ---- */

static void clientGone(void *ctx, client *c) {
    (void)ctx;
    multiDiscard(c);
}

static void fillDetails(void *ctx, const client *c, clientDetails *d) {
    (void)ctx;
    const transaction *t = c->multi;
    if (!t) return;
    d->queued = (int64_t)t->count;
    d->queued_bytes = c->queued_bytes;
    d->memory += sizeof *t + t->block_bytes;
}

void multiAttach(server *s) {
    multiPool *pool = memCalloc(1, sizeof *pool);
    pool->closed = (clientClosedHook){.closed = clientGone, .ctx = pool};
    chainAppend(&s->client_closed, &pool->closed.node);
    pool->details = (clientDetailsHook){.fill = fillDetails};
    chainAppend(&s->client_details, &pool->details.node);
    gateSet(s, GATE_MULTI, takeRequest);
    s->gates.execRefused = multiDiscard;
    s->multi = pool;
}

void multiDetach(server *s) {
    multiPool *pool = s->multi;
    CHAIN_EACH(&s->clients, node) multiDiscard(CHAIN_ITEM(node, client, in_server));
    chainRemove(&s->client_closed, &pool->closed.node);
    chainRemove(&s->client_details, &pool->details.node);
    while (pool->spare_count) memFree(pool->spare[--pool->spare_count]);
    memFree(pool);
    s->multi = NULL;
}
