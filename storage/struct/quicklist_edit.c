/* What changes a list in the middle. */
#include "storage/struct/quicklist_internal.h"

/* ---- keeping nodes neither too many nor uncompressed ---- */

/* True if n and the next one are so small that they should be one. */
static bool shouldMerge(const quicklistNode *n, const quicklistLimits *limits) {
    const quicklistNode *next = n->next;
    if (!next || n->is_plain || next->is_plain) return false;
    if ((uint64_t)n->count + next->count > limits->node_count) return false;
    return nodeListpackSize(n) + nodeListpackSize(next) <= roomLimit(limits) / 2;
}

static quicklistNode *mergeNext(quicklist *q, quicklistNode *n) {
    n = quicklistNodeOpen(q, n);
    quicklistNodeOpen(q, n->next);
    return quicklistNodeMerge(q, n);
}

/* After a change of n and its neighbours. */
static void tidy(quicklist *q, quicklistNode *n, const quicklistLimits *limits) {
    enum { NEAR = 2 };
    for (int i = 0; i < NEAR && n->prev; i++) n = n->prev;
    for (int i = 0; n && i < 2 * NEAR + 1; i++) {
        while (shouldMerge(n, limits)) n = mergeNext(q, n);
        n = quicklistSettleNode(q, n, limits)->next;
    }
    quicklistSettleEnds(q, limits);
}

/* ---- adding ---- */

/* A new node, or a place in one of them, between two neighbours (NULL: the end). */
static quicklistNode *insertBetween(quicklist *q, quicklistNode *prev, quicklistNode *next,
                                    bytes text, const listpackElement *e,
                                    const quicklistLimits *limits) {
    if (mustBePlain(e, text, limits)) {
        quicklistNode *n = quicklistNodePlain(text);
        quicklistLink(q, n, prev, next);
        return n;
    }
    if (prev && !prev->is_plain && nodeTakes(prev, e, limits)) {
        prev = quicklistNodeOpen(q, prev);
        listpackAt at = (listpackAt)(listpackSize(nodeListpack(prev)) - 1);
        return quicklistNodeInsert(q, prev, at, e, roomLimit(limits));
    }
    if (next && !next->is_plain && nodeTakes(next, e, limits)) {
        next = quicklistNodeOpen(q, next);
        return quicklistNodeInsert(q, next, LISTPACK_HEADER, e, roomLimit(limits));
    }
    quicklistNode *n = quicklistNodePacked(e, limits);
    quicklistLink(q, n, prev, next);
    return n;
}

/* Before the element 'inside' of n; where it landed. */
static quicklistNode *insertInto(quicklist *q, quicklistNode *n, size_t inside, bytes text,
                                 const quicklistLimits *limits) {
    listpackElement e = listpackElementOf(text);
    if (inside == 0) return insertBetween(q, n->prev, n, text, &e, limits);
    n = quicklistNodeOpen(q, n);
    listpackAt at = listpackIndex(nodeListpack(n), (int64_t)inside);
    if (!mustBePlain(&e, text, limits) && nodeTakes(n, &e, limits))
        return quicklistNodeInsert(q, n, at, &e, roomLimit(limits));
    n = quicklistNodeSplit(q, n, at, inside);
    return insertBetween(q, n, n->next, text, &e, limits);
}

void quicklistInsert(quicklist *q, size_t index, bytes text, const quicklistLimits *limits) {
    size_t inside;
    quicklistNode *n = quicklistSeek(q, index, &inside);
    if (!n) {
        quicklistPush(q, QUICKLIST_TAIL, text, limits);
        return;
    }
    tidy(q, insertInto(q, n, inside, text, limits), limits);
}

void quicklistSet(quicklist *q, size_t index, bytes text, const quicklistLimits *limits) {
    size_t inside;
    quicklistNode *n = quicklistSeek(q, index, &inside);
    ensure(n);
    listpackElement e = listpackElementOf(text);
    if (!n->is_plain && !mustBePlain(&e, text, limits)) {
        n = quicklistNodeOpen(q, n);
        const listpack *lp = nodeListpack(n);
        listpackAt at = listpackIndex(lp, (int64_t)inside);
        size_t old_size = after(lp, at) - at;
        if (listpackSize(lp) - old_size + wholeSize(&e) <= roomLimit(limits)) {
            n = quicklistNodeReplace(q, n, at, &e, roomLimit(limits));
            quicklistSettleNode(q, n, limits);
            return;
        }
    }
    quicklistInsert(q, index, text, limits);
    quicklistRemoveRange(q, index + 1, 1, limits);
}

/* ---- taking out ---- */

void quicklistRemoveRange(quicklist *q, size_t start, size_t count, const quicklistLimits *limits) {
    size_t inside;
    quicklistNode *n = quicklistSeek(q, start, &inside), *cut = NULL;
    while (n && count > 0) {
        size_t taken = n->count - inside < count ? n->count - inside : count;
        quicklistNode *next = n->next;
        if (taken == n->count) {
            quicklistUnlink(q, n);
        } else {
            n = quicklistNodeOpen(q, n);
            const listpack *lp = nodeListpack(n);
            listpackAt at = listpackIndex(lp, (int64_t)inside);
            listpackAt end = inside + taken < n->count
                                 ? listpackIndex(lp, (int64_t)(inside + taken))
                                 : (listpackAt)(listpackSize(lp) - 1);
            cut = quicklistNodeDelete(q, n, at, end - at, taken);
        }
        count -= taken;
        inside = 0;
        n = next;
    }
    quicklistNode *near = cut ? cut : n ? n : q->tail;
    if (near) tidy(q, near, limits);
}

static size_t countInside(const listpack *lp, bytes text) {
    size_t count = 0;
    listpackAt at = listpackFind(lp, listpackFirst(lp), text, 0);
    while (at) {
        count++;
        at = listpackFind(lp, listpackNext(lp, at), text, 0);
    }
    return count;
}

/* Takes up to 'max' out of n, which may go. */
static size_t removeInside(quicklist *q, quicklistNode *n, quicklistEnd from, bytes text,
                           size_t max, const quicklistLimits *limits) {
    char *scratch = NULL;
    bytes raw = quicklistNodeView(n, &scratch);
    size_t found =
        n->is_plain ? bytesEqual(raw, text) : countInside((const listpack *)raw.data, text);
    memFree(scratch);
    size_t taken = found < max ? found : max;
    if (taken == 0) return 0;
    if (taken == n->count) {
        quicklistUnlink(q, n);
        return taken;
    }
    n = quicklistNodeOpen(q, n);
    n = quicklistNodeFilter(q, n, text, from == QUICKLIST_TAIL ? found - taken : 0, taken);
    /* Only with the neighbour that was looked through before: the caller holds the other one. */
    quicklistNode *left = from == QUICKLIST_HEAD ? n->prev : n;
    if (left && shouldMerge(left, limits)) n = mergeNext(q, left);
    quicklistSettleNode(q, n, limits);
    return taken;
}

size_t quicklistRemove(quicklist *q, quicklistEnd from, bytes text, size_t max,
                       const quicklistLimits *limits) {
    size_t removed = 0;
    quicklistNode *n = from == QUICKLIST_HEAD ? q->head : q->tail;
    while (n && removed < max) {
        quicklistNode *next = from == QUICKLIST_HEAD ? n->next : n->prev;
        removed += removeInside(q, n, from, text, max - removed, limits);
        n = next;
    }
    if (removed) quicklistSettleEnds(q, limits);
    return removed;
}
