/* One node: its room, its elements, its compression. */
#include "storage/base/lzf.h"
#include "storage/struct/quicklist_internal.h"

enum {
    FIRST_ROOM = 256,
    COMPRESS_MIN = 48, /* below, LZF saves nothing worth a header */
};

static size_t goodRoom(size_t size) {
    return slabGoodSize(NODE_HEADER + size) - NODE_HEADER;
}

static quicklistNode *alloc(size_t room) {
    ensure(room < SIZE_MAX - NODE_HEADER);
    quicklistNode *n = slabAlloc(SLAB_BLOB, NODE_HEADER + room);
    memset(n, 0, NODE_HEADER);
    return n;
}

/* ---- the listpack in its room ---- */

static void writeHead(quicklistNode *n, size_t size) {
    uint8_t *lp = n->room + n->start;
    uint32_t total = (uint32_t)size;
    uint16_t count = (uint16_t)(n->count < COUNT_UNKNOWN ? n->count : COUNT_UNKNOWN);
    memcpy(lp, &total, sizeof total);
    memcpy(lp + sizeof total, &count, sizeof count);
}

static quicklistNode *allocPacked(size_t room) {
    quicklistNode *n = alloc(room);
    n->capacity = (uint32_t)room;
    return n;
}

quicklistNode *quicklistNodePlain(bytes text) {
    quicklistNode *n = alloc(text.size);
    n->is_plain = true;
    n->plain_size = text.size;
    n->count = 1;
    if (text.size) memcpy(n->room, text.data, text.size);
    return n;
}

quicklistNode *quicklistNodePacked(const listpackElement *e, const quicklistLimits *limits) {
    size_t size = LISTPACK_EMPTY + wholeSize(e);
    size_t room = LISTPACK_EMPTY + wholeSize(e) * limits->node_count;
    if (room > FIRST_ROOM) room = FIRST_ROOM;
    quicklistNode *n = allocPacked(goodRoom(size > room ? size : room));
    n->count = 1;
    listpackElementWrite(n->room + LISTPACK_HEADER, e);
    n->room[size - 1] = END_MARK;
    writeHead(n, size);
    return n;
}

quicklistNode *quicklistNodeOf(const uint8_t *elements, size_t size, size_t count) {
    quicklistNode *n = allocPacked(goodRoom(LISTPACK_EMPTY + size));
    n->count = (uint32_t)count;
    memcpy(n->room + LISTPACK_HEADER, elements, size);
    n->room[LISTPACK_HEADER + size] = END_MARK;
    writeHead(n, LISTPACK_EMPTY + size);
    return n;
}

/* ---- the chain ---- */

static void pointNeighbours(quicklist *q, quicklistNode *n) {
    *(n->prev ? &n->prev->next : &q->head) = n;
    *(n->next ? &n->next->prev : &q->tail) = n;
}

void quicklistLink(quicklist *q, quicklistNode *n, quicklistNode *prev, quicklistNode *next) {
    n->prev = prev;
    n->next = next;
    pointNeighbours(q, n);
    q->nodes++;
    q->count += n->count;
    q->bytes += slabGoodSize(nodeSize(n));
}

void quicklistUnlink(quicklist *q, quicklistNode *n) {
    *(n->prev ? &n->prev->next : &q->head) = n->next;
    *(n->next ? &n->next->prev : &q->tail) = n->prev;
    if (q->move == n) q->move = n->next;
    q->nodes--;
    q->count -= n->count;
    q->bytes -= slabGoodSize(nodeSize(n));
    slabFree(SLAB_BLOB, n, nodeSize(n));
}

/* 'to', a node with the same elements, takes the place of n, which is freed. */
static quicklistNode *replaceBy(quicklist *q, quicklistNode *n, quicklistNode *to) {
    to->prev = n->prev;
    to->next = n->next;
    to->count = n->count;
    to->is_plain = n->is_plain;
    pointNeighbours(q, to);
    if (q->move == n) q->move = to;
    q->bytes += slabGoodSize(nodeSize(to));
    q->bytes -= slabGoodSize(nodeSize(n));
    slabFree(SLAB_BLOB, n, nodeSize(n));
    return to;
}

/* ---- room ---- */

static quicklistNode *toRoom(quicklist *q, quicklistNode *n, size_t room, size_t start) {
    size_t used = listpackSize(nodeListpack(n));
    quicklistNode *to = allocPacked(room);
    to->start = (uint32_t)start;
    memcpy(to->room + start, nodeListpack(n), used);
    return replaceBy(q, n, to);
}

/* 'more' free bytes on one side of the listpack, which has them on neither. What is free goes to
 * that side, so that a row of pushes there finds it. */
static quicklistNode *makeRoom(quicklist *q, quicklistNode *n, size_t more, bool in_front,
                               size_t room_max) {
    size_t used = listpackSize(nodeListpack(n)), free_bytes = n->capacity - used;
    if (free_bytes >= more + used / 8) {
        size_t half = (free_bytes - more) / 2;
        size_t start = in_front ? free_bytes - half : half;
        memmove(n->room + start, nodeListpack(n), used);
        n->start = (uint32_t)start;
        return n;
    }
    size_t need = used + more, room = need * 2;
    if (room < FIRST_ROOM) room = FIRST_ROOM;
    if (room > room_max) room = room_max;
    if (room < need) room = need;
    room = goodRoom(room);
    ensure(room <= UINT32_MAX);
    return toRoom(q, n, room, in_front ? room - used : 0);
}

/* Makes the 'taken' bytes at 'at' into 'given' ones that are to be written, moving the shorter part
 * of the listpack. The caller sets the count and calls writeHead(). */
static quicklistNode *splice(quicklist *q, quicklistNode *n, size_t at, size_t taken, size_t given,
                             size_t room_max) {
    size_t used = listpackSize(nodeListpack(n)), behind = used - at - taken;
    n->is_dense = false;
    if (given <= taken) {
        size_t less = taken - given;
        uint8_t *lp = n->room + n->start;
        if (at < behind) {
            memmove(lp + less, lp, at);
            n->start += (uint32_t)less;
        } else {
            memmove(lp + at + given, lp + at + taken, behind);
        }
        return n;
    }
    size_t more = given - taken;
    bool in_front = at < behind;
    if ((in_front ? n->start : n->capacity - n->start - used) < more)
        n = makeRoom(q, n, more, in_front, room_max);
    uint8_t *lp = n->room + n->start;
    if (in_front) {
        memmove(lp - more, lp, at);
        n->start -= (uint32_t)more;
    } else {
        memmove(lp + at + given, lp + at + taken, behind);
    }
    return n;
}

static quicklistNode *shrink(quicklist *q, quicklistNode *n) {
    size_t used = listpackSize(nodeListpack(n));
    if (used >= n->capacity / 4 || n->capacity <= FIRST_ROOM) return n;
    return toRoom(q, n, goodRoom(used), 0);
}

quicklistNode *quicklistNodeInsert(quicklist *q, quicklistNode *n, listpackAt at,
                                   const listpackElement *e, size_t room_max) {
    size_t size = listpackSize(nodeListpack(n)) + wholeSize(e);
    n = splice(q, n, at, 0, wholeSize(e), room_max);
    n->count++;
    q->count++;
    writeHead(n, size);
    listpackElementWrite(n->room + n->start + at, e);
    return n;
}

quicklistNode *quicklistNodeReplace(quicklist *q, quicklistNode *n, listpackAt at,
                                    const listpackElement *e, size_t room_max) {
    const listpack *lp = nodeListpack(n);
    size_t taken = after(lp, at) - at, size = listpackSize(lp) - taken + wholeSize(e);
    n = splice(q, n, at, taken, wholeSize(e), room_max);
    writeHead(n, size);
    listpackElementWrite(n->room + n->start + at, e);
    return shrink(q, n);
}

quicklistNode *quicklistNodeDelete(quicklist *q, quicklistNode *n, listpackAt at, size_t size,
                                   size_t count) {
    size_t left = listpackSize(nodeListpack(n)) - size;
    n = splice(q, n, at, size, 0, 0);
    n->count -= (uint32_t)count;
    q->count -= count;
    writeHead(n, left);
    return shrink(q, n);
}

quicklistNode *quicklistNodeFilter(quicklist *q, quicklistNode *n, bytes text, size_t skip,
                                   size_t max) {
    listpack *lp = nodeListpack(n);
    size_t to = LISTPACK_HEADER, removed = 0;
    listpackAt found = listpackFind(lp, LISTPACK_HEADER, text, 0);
    for (; found && skip > 0; skip--) found = listpackFind(lp, listpackNext(lp, found), text, 0);
    for (size_t at = to = found; found && removed < max; removed++) {
        /* What lies between this and the next one to go is moved down. */
        at = after(lp, found);
        found = *bytesAt(lp, at) == END_MARK ? 0 : listpackFind(lp, (listpackAt)at, text, 0);
        size_t end = found && removed + 1 < max ? found : listpackSize(lp) - 1;
        memmove((uint8_t *)lp + to, bytesAt(lp, at), end - at);
        to += end - at;
    }
    ((uint8_t *)lp)[to] = END_MARK;
    n->count -= (uint32_t)removed;
    q->count -= removed;
    n->is_dense = false;
    writeHead(n, to + 1);
    return shrink(q, n);
}

quicklistNode *quicklistNodeSeal(quicklist *q, quicklistNode *n) {
    if (n->is_plain || n->is_compressed) return n;
    size_t room = goodRoom(listpackSize(nodeListpack(n)));
    return room < n->capacity ? toRoom(q, n, room, 0) : n;
}

quicklistNode *quicklistNodeSplit(quicklist *q, quicklistNode *n, listpackAt at, size_t index) {
    const listpack *lp = nodeListpack(n);
    size_t size = listpackSize(lp) - 1 - at, count = n->count - index;
    quicklistNode *right = quicklistNodeOf(bytesAt(lp, at), size, count);
    n = quicklistNodeDelete(q, n, at, size, count);
    quicklistLink(q, right, n, n->next);
    return quicklistNodeSeal(q, n);
}

quicklistNode *quicklistNodeMerge(quicklist *q, quicklistNode *n) {
    quicklistNode *other = n->next;
    const listpack *lp = nodeListpack(other);
    size_t size = listpackSize(lp) - LISTPACK_EMPTY, used = listpackSize(nodeListpack(n));
    n = splice(q, n, used - 1, 0, size, used + size);
    n->count += other->count;
    q->count += other->count;
    writeHead(n, used + size);
    memcpy(n->room + n->start + used - 1, bytesAt(lp, LISTPACK_HEADER), size);
    quicklistUnlink(q, other);
    return n;
}

/* ---- compression ---- */

static bytes rawBytes(const quicklistNode *n) {
    return n->is_plain ? bytesOf(n->room, n->plain_size) : listpackBytes(nodeListpack(n));
}

quicklistNode *quicklistNodeCompress(quicklist *q, quicklistNode *n) {
    if (n->is_compressed || n->is_dense) return n;
    bytes raw = rawBytes(n);
    if (raw.size < COMPRESS_MIN || raw.size > LZF_MAX) return n;
    char *packed = memAlloc(raw.size);
    size_t size = lzfCompress(raw, packed, raw.size);
    if (size == 0 || slabGoodSize(NODE_HEADER + size) >= slabGoodSize(nodeSize(n))) {
        n->is_dense = true;
    } else {
        quicklistNode *to = alloc(size);
        to->is_compressed = true;
        to->lzf_size = (uint32_t)size;
        to->raw_size = (uint32_t)raw.size;
        memcpy(to->room, packed, size);
        n = replaceBy(q, n, to);
    }
    memFree(packed);
    return n;
}

static void unpack(const quicklistNode *n, void *out) {
    bool fits = lzfDecompress(bytesOf(n->room, n->lzf_size), out, n->raw_size);
    ensure(fits);
}

quicklistNode *quicklistNodeOpen(quicklist *q, quicklistNode *n) {
    if (!n->is_compressed) return n;
    quicklistNode *to;
    if (n->is_plain) {
        to = alloc(n->raw_size);
        to->plain_size = n->raw_size;
    } else {
        to = allocPacked(goodRoom(n->raw_size));
    }
    unpack(n, to->room);
    return replaceBy(q, n, to);
}

bytes quicklistNodeView(const quicklistNode *n, char **scratch) {
    if (!n->is_compressed) return rawBytes(n);
    *scratch = memAlloc(n->raw_size);
    unpack(n, *scratch);
    return bytesOf(*scratch, n->raw_size);
}

quicklistNode *quicklistNodeMove(quicklist *q, quicklistNode *n) {
    size_t size = nodeSize(n);
    if (!slabShouldMove(SLAB_BLOB, n, size)) return n;
    quicklistNode *to = slabAlloc(SLAB_BLOB, size);
    memcpy(to, n, size);
    return replaceBy(q, n, to);
}
