/* reply_buf.c - see reply_buf.h.
 *
 * A list of chunks. Only the last one may be open: then next and limit of the buffer point into
 * it, and its own 'end' is not yet true. References are chunks without room whose data is
 * another's. */
#include "protocol/reply_buf.h"

#include <stdint.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

struct replyChunk {
    replyChunk *next;
    char *data;      /* its room, or the referenced value */
    size_t start;    /* consumed of it */
    size_t end;      /* filled of it */
    size_t capacity; /* 0 for a reference */
    void (*release)(void *owner);
    void *owner;
    char room[];
};

enum {
    POOL_ROOM = REPLY_CHUNK - sizeof(replyChunk),
    /* Between two references there is little but a header: a whole chunk each would hold more
     * than the values. */
    SMALL_ROOM = 1024 - sizeof(replyChunk),
    /* Up to so much is copied by replyBufMove, to leave no chunk nearly empty. */
    MOVE_COPY_MAX = 1024
};

void replyPoolInit(replyPool *pool) {
    *pool = (replyPool){0};
}

void replyPoolTrim(replyPool *pool, size_t keep) {
    while (pool->free_count > keep) {
        replyChunk *chunk = pool->free_chunks;
        pool->free_chunks = chunk->next;
        pool->free_count--;
        pool->chunk_bytes -= sizeof *chunk + chunk->capacity;
        memFree(chunk);
    }
}

static replyChunk *newChunk(replyPool *pool, size_t capacity) {
    if (capacity == POOL_ROOM && pool->free_chunks) {
        replyChunk *chunk = pool->free_chunks;
        pool->free_chunks = chunk->next;
        pool->free_count--;
        return chunk;
    }
    replyChunk *chunk = memAlloc(sizeof *chunk + capacity);
    chunk->data = chunk->room;
    chunk->capacity = capacity;
    chunk->release = NULL;
    pool->chunk_bytes += sizeof *chunk + capacity;
    return chunk;
}

static void freeChunk(replyPool *pool, replyChunk *chunk) {
    if (chunk->capacity == POOL_ROOM) {
        chunk->next = pool->free_chunks;
        pool->free_chunks = chunk;
        pool->free_count++;
        return;
    }
    if (chunk->release) chunk->release(chunk->owner);
    pool->chunk_bytes -= sizeof *chunk + chunk->capacity;
    memFree(chunk);
}

/* What replyBufMemory counts for a chunk. */
static size_t chunkMemory(const replyChunk *chunk) {
    return sizeof *chunk + (chunk->capacity ? chunk->capacity : chunk->end);
}

static size_t chunkEnd(const replyBuf *b, const replyChunk *chunk) {
    return chunk == b->last && b->next ? (size_t)(b->next - chunk->data) : chunk->end;
}

/* Makes the last chunk a closed one, whose size is counted. */
static void closeLast(replyBuf *b) {
    if (!b->next) return;
    b->last->end = (size_t)(b->next - b->last->data);
    b->size += b->last->end - b->last->start;
    b->next = b->limit = NULL;
}

static void linkLast(replyBuf *b, replyChunk *chunk) {
    chunk->next = NULL;
    if (b->last) {
        b->last->next = chunk;
    } else {
        b->first = chunk;
    }
    b->last = chunk;
    b->memory += chunkMemory(chunk);
}

static void openChunk(replyBuf *b, size_t capacity) {
    closeLast(b);
    replyChunk *chunk = newChunk(b->pool, capacity);
    chunk->start = chunk->end = 0;
    linkLast(b, chunk);
    b->next = chunk->data;
    b->limit = chunk->data + capacity;
}

void replyBufInit(replyBuf *b, replyPool *pool) {
    *b = (replyBuf){.pool = pool};
}

/* Frees 'chunk' and all behind it; what was counted for them is taken off. */
static void freeFrom(replyBuf *b, replyChunk *chunk) {
    while (chunk) {
        replyChunk *next = chunk->next;
        b->memory -= chunkMemory(chunk);
        freeChunk(b->pool, chunk);
        chunk = next;
    }
}

void replyBufClear(replyBuf *b) {
    freeFrom(b, b->first);
    replyBufInit(b, b->pool);
}

size_t replyBufSize(const replyBuf *b) {
    if (!b->next) return b->size;
    return b->size + (size_t)(b->next - b->last->data) - b->last->start;
}

size_t replyBufMemory(const replyBuf *b) {
    return b->memory;
}

char *replyBufMoreRoom(replyBuf *b, size_t size) {
    ensure(size <= REPLY_RESERVE_MAX);
    bool behind_reference = b->last && b->last->capacity == 0;
    openChunk(b, behind_reference && size <= SMALL_ROOM ? SMALL_ROOM : POOL_ROOM);
    return b->next;
}

void replyBufAppend(replyBuf *b, const void *data, size_t size) {
    size_t room = (size_t)(b->limit - b->next);
    const char *from = data;
    if (size > room) {
        if (room) memcpy(b->next, from, room);
        if (room) b->next += room;
        from += room;
        size -= room;
        if (size <= REPLY_RESERVE_MAX) {
            replyBufMoreRoom(b, size);
        } else {
            openChunk(b, size > POOL_ROOM ? size : POOL_ROOM);
        }
    }
    if (size == 0) return;
    memcpy(b->next, from, size);
    b->next += size;
}

void replyBufReference(replyBuf *b, bytes value, void (*release)(void *owner), void *owner) {
    closeLast(b);
    replyChunk *chunk = newChunk(b->pool, 0);
    chunk->data = (char *)(uintptr_t)value.data;
    chunk->start = 0;
    chunk->end = value.size;
    chunk->release = release;
    chunk->owner = owner;
    linkLast(b, chunk);
    b->size += value.size;
}

replyHole replyBufOpenHole(replyBuf *b) {
    replyBufReserve(b, REPLY_HOLE);
    replyHole hole = {b->last, (size_t)(b->next - b->last->data)};
    b->next += REPLY_HOLE;
    return hole;
}

void replyBufFillHole(replyBuf *b, replyHole hole, bytes text) {
    ensure(text.size <= REPLY_HOLE);
    char *at = hole.chunk->data + hole.offset;
    size_t behind = chunkEnd(b, hole.chunk) - hole.offset - REPLY_HOLE;
    memcpy(at, text.data, text.size);
    memmove(at + text.size, at + REPLY_HOLE, behind);
    size_t gap = REPLY_HOLE - text.size;
    if (hole.chunk == b->last && b->next) {
        b->next -= gap;
    } else {
        hole.chunk->end -= gap;
        b->size -= gap;
    }
}

void replyBufMove(replyBuf *to, replyBuf *from) {
    ensure(to->pool == from->pool);
    if (!from->first) return;
    size_t size = replyBufSize(from);
    if (from->first == from->last && from->next && to->first && size <= MOVE_COPY_MAX) {
        replyBufAppend(to, from->first->data + from->first->start, size);
        replyBufClear(from);
        return;
    }
    closeLast(to);
    if (to->last) {
        to->last->next = from->first;
    } else {
        to->first = from->first;
    }
    to->last = from->last;
    to->next = from->next;
    to->limit = from->limit;
    to->size += from->size;
    to->memory += from->memory;
    replyBufInit(from, from->pool);
}

replyMark replyBufMark(const replyBuf *b) {
    return (replyMark){b->last, b->next, b->size};
}

void replyBufRewind(replyBuf *b, replyMark mark) {
    if (!mark.last) {
        replyBufClear(b);
        return;
    }
    freeFrom(b, mark.last->next);
    mark.last->next = NULL;
    b->last = mark.last;
    b->next = mark.next;
    b->limit = mark.next ? mark.last->data + mark.last->capacity : NULL;
    b->size = mark.size;
}

int replyBufPeek(const replyBuf *b, struct iovec *iov, int max, size_t max_bytes) {
    int count = 0;
    for (replyChunk *chunk = b->first; chunk && count < max && max_bytes; chunk = chunk->next) {
        size_t size = chunkEnd(b, chunk) - chunk->start;
        if (size == 0) continue;
        if (size > max_bytes) size = max_bytes;
        max_bytes -= size;
        iov[count++] = (struct iovec){chunk->data + chunk->start, size};
    }
    return count;
}

void replyBufConsume(replyBuf *b, size_t size) {
    ensure(size <= replyBufSize(b));
    while (b->first) {
        replyChunk *chunk = b->first;
        bool open = chunk == b->last && b->next;
        size_t left = chunkEnd(b, chunk) - chunk->start;
        if (size < left) {
            chunk->start += size;
            if (!open) b->size -= size;
            return;
        }
        size -= left;
        if (!open) b->size -= left;
        b->memory -= chunkMemory(chunk);
        b->first = chunk->next;
        if (!b->first) {
            b->last = NULL;
            b->next = b->limit = NULL;
        }
        freeChunk(b->pool, chunk);
    }
}
