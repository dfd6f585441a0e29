/* Lists as a whole, and their ends; the middle is in quicklist_edit.c. */
#include "storage/struct/quicklist_internal.h"

quicklist *quicklistNew(void) {
    quicklist *q = memAlloc(sizeof *q);
    *q = (quicklist){0};
    return q;
}

bool quicklistFreeStep(quicklist *q, size_t max) {
    /* The kernel takes its time to get back the pages of big elements. */
    enum { STEP_BYTES = 1024 * 1024 };
    size_t enough = max < SIZE_MAX && q->bytes > STEP_BYTES ? q->bytes - STEP_BYTES : 0;
    while (q->head && max-- > 0 && q->bytes >= enough) quicklistUnlink(q, q->head);
    if (q->head) return false;
    memFree(q);
    return true;
}

void quicklistFree(quicklist *q) {
    quicklistFreeStep(q, SIZE_MAX);
}

quicklist *quicklistCopy(const quicklist *q) {
    quicklist *copy = quicklistNew();
    for (const quicklistNode *n = q->head; n; n = n->next) {
        quicklistNode *to = slabAlloc(SLAB_BLOB, nodeSize(n));
        memcpy(to, n, nodeSize(n));
        quicklistLink(copy, to, copy->tail, NULL);
    }
    return copy;
}

size_t quicklistCount(const quicklist *q) {
    return q->count;
}

size_t quicklistNodes(const quicklist *q) {
    return q->nodes;
}

size_t quicklistMemory(const quicklist *q) {
    return memGoodSize(sizeof *q) + q->bytes;
}

void quicklistMove(quicklist *q, uint64_t *cursor) {
    enum { NODES_PER_STEP = 64 };
    quicklistNode *n = *cursor ? q->move : q->head;
    for (int i = 0; n && i < NODES_PER_STEP; i++) n = quicklistNodeMove(q, n)->next;
    q->move = n;
    *cursor = n != NULL;
}

/* ---- from and to a listpack ---- */

void quicklistAppendListpack(quicklist *q, const listpack *lp, const quicklistLimits *limits) {
    size_t left = listpackCount(lp), at = LISTPACK_HEADER;
    while (left > 0) {
        size_t end = at, count = 0, most = roomLimit(limits) - LISTPACK_EMPTY;
        while (count < left && count < limits->node_count) {
            size_t next = after(lp, end);
            if (count > 0 && next - at > most) break;
            end = next;
            count++;
        }
        /* Others keep elements among small ones that here have a node of their own. */
        bytes big = end - at > most ? listpackGet(lp, (listpackAt)at).text : BYTES("");
        quicklistNode *n =
            big.size ? quicklistNodePlain(big) : quicklistNodeOf(bytesAt(lp, at), end - at, count);
        quicklistLink(q, n, q->tail, NULL);
        quicklistSettleEnds(q, limits);
        at = end;
        left -= count;
    }
}

const listpack *quicklistOnlyListpack(const quicklist *q) {
    if (q->nodes != 1 || q->head->is_plain || q->head->is_compressed) return NULL;
    return nodeListpack(q->head);
}

/* ---- which nodes are compressed ---- */

/* The node one further inwards. */
static quicklistNode *inwards(const quicklistNode *n, quicklistEnd from) {
    return from == QUICKLIST_HEAD ? n->next : n->prev;
}

static bool isNearEnd(const quicklistNode *n, quicklistEnd end, size_t depth) {
    while (n && depth > 0) {
        n = inwards(n, end == QUICKLIST_HEAD ? QUICKLIST_TAIL : QUICKLIST_HEAD);
        depth--;
    }
    return !n;
}

quicklistNode *quicklistSettleNode(quicklist *q, quicklistNode *n, const quicklistLimits *limits) {
    if (limits->depth == 0 || n->is_compressed || n->is_dense) return n;
    if (isNearEnd(n, QUICKLIST_HEAD, limits->depth)) return n;
    if (isNearEnd(n, QUICKLIST_TAIL, limits->depth)) return n;
    return quicklistNodeCompress(q, n);
}

void quicklistSettleEnds(quicklist *q, const quicklistLimits *limits) {
    if (limits->depth == 0) return;
    for (quicklistEnd end = QUICKLIST_HEAD; end <= QUICKLIST_TAIL; end++) {
        quicklistNode *n = end == QUICKLIST_HEAD ? q->head : q->tail;
        for (size_t i = 0; n && i < limits->depth; i++) n = inwards(quicklistNodeOpen(q, n), end);
        if (n) quicklistSettleNode(q, n, limits);
    }
}

/* ---- the ends ---- */

static quicklistNode *endNode(quicklist *q, quicklistEnd end) {
    quicklistNode *n = end == QUICKLIST_HEAD ? q->head : q->tail;
    /* Only after list-compress-depth was changed can it be compressed. */
    if (n && __builtin_expect(n->is_compressed, 0)) n = quicklistNodeOpen(q, n);
    return n;
}

static void pushNode(quicklist *q, quicklistEnd end, quicklistNode *n,
                     const quicklistLimits *limits) {
    if (end == QUICKLIST_HEAD)
        quicklistLink(q, n, NULL, q->head);
    else
        quicklistLink(q, n, q->tail, NULL);
    quicklistSettleEnds(q, limits);
}

void quicklistPush(quicklist *q, quicklistEnd end, bytes text, const quicklistLimits *limits) {
    listpackElement e = listpackElementOf(text);
    quicklistNode *n = endNode(q, end);
    bool plain = mustBePlain(&e, text, limits);
    if (n && !n->is_plain) {
        if (!plain && nodeTakes(n, &e, limits)) {
            size_t size = listpackSize(nodeListpack(n));
            listpackAt at = end == QUICKLIST_HEAD ? LISTPACK_HEADER : (listpackAt)(size - 1);
            quicklistNodeInsert(q, n, at, &e, roomLimit(limits));
            return;
        }
        quicklistNodeSeal(q, n);
    }
    pushNode(q, end, plain ? quicklistNodePlain(text) : quicklistNodePacked(&e, limits), limits);
}

listpackValue quicklistPeek(quicklist *q, quicklistEnd end) {
    const quicklistNode *n = endNode(q, end);
    ensure(n);
    if (n->is_plain) return (listpackValue){.text = bytesOf(n->room, n->plain_size)};
    const listpack *lp = nodeListpack(n);
    return listpackGet(lp, end == QUICKLIST_HEAD ? listpackFirst(lp) : listpackLast(lp));
}

void quicklistDrop(quicklist *q, quicklistEnd end, const quicklistLimits *limits) {
    quicklistNode *n = endNode(q, end);
    ensure(n);
    if (n->count == 1) {
        quicklistUnlink(q, n);
        quicklistSettleEnds(q, limits);
        return;
    }
    const listpack *lp = nodeListpack(n);
    listpackAt at = end == QUICKLIST_HEAD ? LISTPACK_HEADER : listpackLast(lp);
    quicklistNodeDelete(q, n, at, after(lp, at) - at, 1);
}

/* ---- checking ---- */

void quicklistCheck(const quicklist *q) {
    size_t count = 0, nodes = 0, size = 0;
    const quicklistNode *prev = NULL;
    for (const quicklistNode *n = q->head; n; prev = n, n = n->next) {
        ensure(n->prev == prev);
        ensure(n->count > 0);
        ensure(!n->is_plain || n->count == 1);
        if (!n->is_plain) {
            char *scratch = NULL;
            bytes raw = quicklistNodeView(n, &scratch);
            bool valid = listpackValidate(raw, NULL, NULL);
            ensure(valid);
            ensure(listpackCount((const listpack *)raw.data) == n->count);
            if (!n->is_compressed) ensure(n->start + raw.size <= n->capacity);
            memFree(scratch);
        }
        count += n->count;
        nodes++;
        size += slabGoodSize(nodeSize(n));
    }
    ensure(q->tail == prev);
    ensure(q->count == count);
    ensure(q->nodes == nodes);
    ensure(q->bytes == size);
}
