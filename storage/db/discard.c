#include "storage/db/discard.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/types/blob.h"
#include "storage/types/values.h"

enum {
    BIG_BLOB_BYTES = 1024 * 1024,
    BIG_PARTS = 64,
    SAMPLE = 32,
    /* What freeing one costs, in small things: the kernel may take back the pages of a blob. */
    BLOB_COST = 64,
    NODES_PER_STEP = 16,
};

typedef enum jobKind { JOB_KEYSPACE, JOB_BLOB, JOB_COLLECTION } jobKind;

typedef struct job {
    struct job *next;
    jobKind kind;
    /* JOB_KEYSPACE */
    dict *keys;
    expiryDict *expires;
    deadlines *fields;
    size_t entry_bytes; /* of one entry, on average */
    size_t table_bytes;
    /* JOB_BLOB, JOB_COLLECTION */
    void *value;
    const valueOps *ops;
    size_t value_bytes;
} job;

struct discardQueue {
    job *first, **last;
    size_t pending, pending_bytes, freed;
    rng random;
};

discardQueue *discardNew(void) {
    discardQueue *q = memAlloc(sizeof *q);
    *q = (discardQueue){0};
    q->last = &q->first;
    rngSeed(&q->random, 0);
    return q;
}

void discardFree(discardQueue *q) {
    while (discardStep(q, SIZE_MAX)) {
    }
    memFree(q);
}

static job *push(discardQueue *q, jobKind kind) {
    job *j = memAlloc(sizeof *j);
    *j = (job){.kind = kind};
    *q->last = j;
    q->last = &j->next;
    return j;
}

static void pushValue(discardQueue *q, jobKind kind, void *value, const valueOps *ops,
                      size_t value_bytes) {
    job *j = push(q, kind);
    j->value = value;
    j->ops = ops;
    j->value_bytes = value_bytes;
    q->pending++;
    q->pending_bytes += value_bytes;
}

void discardValue(discardQueue *q, entry *e) {
    void *value = entryPointer(e);
    if (!value) return;
    entrySetPointer(e, entryEncoding(e), NULL);
    if (entryEncoding(e) == ENCODING_BLOB) {
        const blob *b = value;
        if (b->holders == 1 && b->size > BIG_BLOB_BYTES)
            pushValue(q, JOB_BLOB, value, NULL, blobMemory(b));
        else
            blobRelease(value);
        return;
    }
    const valueOps *ops = valueOpsOf(entryType(e), entryEncoding(e));
    if (ops->freeStep && ops->parts(value) > BIG_PARTS)
        pushValue(q, JOB_COLLECTION, value, ops, ops->memory(value));
    else
        ops->free(value);
}

void discardEntry(discardQueue *q, entry *e) {
    if (entryIsPointer(e)) discardValue(q, e);
    entryFree(e);
}

/* What an entry of 'keys' takes, on average over a few. */
static size_t sampleBytes(discardQueue *q, const dict *keys) {
    if (dictCount(keys) == 0) return 0;
    size_t sum = 0;
    for (int i = 0; i < SAMPLE; i++) sum += entryMemory(dictRandom(keys, &q->random));
    return sum / SAMPLE;
}

void discardKeyspace(discardQueue *q, dict *keys, expiryDict *expires, deadlines *fields) {
    job *j = push(q, JOB_KEYSPACE);
    j->keys = keys;
    j->expires = expires;
    j->fields = fields;
    j->entry_bytes = sampleBytes(q, keys);
    j->table_bytes = dictBytes(keys) + expiryDictBytes(expires) + deadlinesBytes(fields);
    q->pending += dictCount(keys);
    q->pending_bytes += j->table_bytes + j->entry_bytes * dictCount(keys);
}

/* ---- freeing: each takes what it did from *budget and is true once its job is done ---- */

static void discardItem(void *ctx, void *item) {
    discardEntry(ctx, item);
}

static bool keyspaceStep(discardQueue *q, job *j, size_t *budget) {
    if (j->keys) {
        size_t taken = dictDrain(j->keys, *budget, discardItem, q);
        *budget -= taken < *budget ? taken : *budget;
        q->pending -= taken;
        q->freed += taken;
        q->pending_bytes -= taken * j->entry_bytes;
        if (dictCount(j->keys) > 0) return false;
        dictFree(j->keys);
        j->keys = NULL;
    }
    while (*budget > 0) {
        size_t cost = *budget < NODES_PER_STEP ? *budget : NODES_PER_STEP;
        *budget -= cost;
        if (expiryDictDropStep(j->expires, cost)) continue;
        if (deadlinesDropStep(j->fields, cost)) continue;
        expiryDictFree(j->expires);
        deadlinesFree(j->fields);
        q->pending_bytes -= j->table_bytes;
        return true;
    }
    return false;
}

/* What is half freed counts half: limits rely on what is said to wait. */
static void noteFreed(discardQueue *q, job *j, size_t used_before) {
    size_t used = memUsed(), freed = used < used_before ? used_before - used : 0;
    if (freed > j->value_bytes) freed = j->value_bytes;
    j->value_bytes -= freed;
    q->pending_bytes -= freed;
}

static bool valueStep(discardQueue *q, job *j, size_t *budget) {
    if (j->kind == JOB_BLOB) {
        blobRelease(j->value);
        *budget -= *budget < BLOB_COST ? *budget : BLOB_COST;
    } else {
        size_t used_before = memUsed();
        bool gone = j->ops->freeStep(j->value, *budget);
        *budget = 0;
        if (!gone) {
            noteFreed(q, j, used_before);
            return false;
        }
    }
    q->pending--;
    q->freed++;
    q->pending_bytes -= j->value_bytes;
    return true;
}

static void pop(discardQueue *q) {
    job *done = q->first;
    q->first = done->next;
    if (!q->first) q->last = &q->first;
    memFree(done);
}

bool discardStep(discardQueue *q, size_t items) {
    size_t budget = items;
    while (q->first && budget > 0) {
        job *j = q->first;
        bool done =
            j->kind == JOB_KEYSPACE ? keyspaceStep(q, j, &budget) : valueStep(q, j, &budget);
        if (done) pop(q);
    }
    return q->first != NULL;
}

bool discardIsEmpty(const discardQueue *q) {
    return !q->first;
}

size_t discardPending(const discardQueue *q) {
    return q->pending;
}

size_t discardPendingBytes(const discardQueue *q) {
    return q->pending_bytes;
}

size_t discardFreed(const discardQueue *q) {
    return q->freed;
}

void discardNoteFreed(discardQueue *q, size_t objects) {
    q->freed += objects;
}

void discardResetStats(discardQueue *q) {
    q->freed = 0;
}
