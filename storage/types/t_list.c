#include "storage/types/t_list.h"

#include "storage/base/ensure.h"

/* A positive list-max-listpack-size counts elements, but no node grows over this. */
enum { COUNTED_NODE_BYTES = 8192, SMALLEST_NODE_BYTES = 4096, LAST_LEVEL = 5 };

static quicklistLimits limitsOf(const typeLimits *limits) {
    int64_t size = limits->list_listpack_size;
    quicklistLimits nodes = {.node_bytes = COUNTED_NODE_BYTES,
                             .node_count = UINT32_MAX,
                             .plain_bytes = (size_t)limits->list_plain_bytes,
                             .depth = (size_t)limits->list_compress_depth};
    if (size < 0) {
        int64_t level = size < -LAST_LEVEL ? LAST_LEVEL : -size;
        nodes.node_bytes = (size_t)SMALLEST_NODE_BYTES << (level - 1);
    } else {
        nodes.node_count = size == 0 ? 1 : size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    }
    return nodes;
}

static listpack *packed(const entry *e) {
    ensure(entryEncoding(e) == ENCODING_LISTPACK);
    return entryPointer(e);
}

static quicklist *chained(const entry *e) {
    ensure(entryEncoding(e) == ENCODING_QUICKLIST);
    return entryPointer(e);
}

static bool isPacked(const entry *e) {
    return entryEncoding(e) == ENCODING_LISTPACK;
}

entry *listNew(bytes key) {
    return entryNewCollection(key, TYPE_LIST, ENCODING_LISTPACK, listpackNew());
}

size_t listCount(const entry *e) {
    return isPacked(e) ? listpackCount(packed(e)) : quicklistCount(chained(e));
}

/* ---- encodings ---- */

static bool staysPacked(const listpack *lp, bytes text, const quicklistLimits *nodes) {
    if (nodes->node_count != UINT32_MAX && listpackCount(lp) >= nodes->node_count) return false;
    size_t size = listpackSize(lp);
    if (size + text.size + LISTPACK_ELEMENT_OVERHEAD <= nodes->node_bytes) return true;
    return size + listpackElementSize(text) <= nodes->node_bytes;
}

static void toQuicklist(entry *e, const quicklistLimits *nodes) {
    listpack *lp = packed(e);
    quicklist *q = quicklistNew();
    quicklistAppendListpack(q, lp, nodes);
    entrySetPointer(e, ENCODING_QUICKLIST, q);
    listpackFree(lp);
}

/* Half of the limit, so that a list that changes around it does not turn to and fro. */
static void packIfSmall(entry *e, const quicklistLimits *nodes) {
    quicklist *q = chained(e);
    const listpack *lp = quicklistOnlyListpack(q);
    if (__builtin_expect(!lp, 1)) return;
    if (listpackSize(lp) > nodes->node_bytes / 2) return;
    if (quicklistCount(q) > nodes->node_count / 2) return;
    entrySetPointer(e, ENCODING_LISTPACK, listpackFromBytes(listpackBytes(lp)));
    quicklistFree(q);
}

void listAppendPack(entry *e, const listpack *lp, const typeLimits *limits) {
    quicklistLimits nodes = limitsOf(limits);
    if (isPacked(e)) {
        listpack *old = packed(e);
        bool is_first = listpackSize(old) == LISTPACK_EMPTY;
        if (is_first && listpackSize(lp) <= nodes.node_bytes &&
            listpackCount(lp) <= nodes.node_count) {
            entrySetPointer(e, ENCODING_LISTPACK, listpackFromBytes(listpackBytes(lp)));
            listpackFree(old);
            return;
        }
        toQuicklist(e, &nodes);
    }
    quicklistAppendListpack(chained(e), lp, &nodes);
}

/* ---- the ends ---- */

void listPush(entry *e, listEnd end, bytes text, const typeLimits *limits) {
    quicklistLimits nodes = limitsOf(limits);
    if (isPacked(e)) {
        listpack *lp = packed(e);
        if (staysPacked(lp, text, &nodes)) {
            lp = end == QUICKLIST_HEAD ? listpackPrepend(lp, text) : listpackAppend(lp, text);
            entrySetPointer(e, ENCODING_LISTPACK, lp);
            return;
        }
        toQuicklist(e, &nodes);
    }
    quicklistPush(chained(e), end, text, &nodes);
}

listpackValue listPeek(entry *e, listEnd end) {
    if (!isPacked(e)) return quicklistPeek(chained(e), end);
    const listpack *lp = packed(e);
    listpackAt at = end == QUICKLIST_HEAD ? listpackFirst(lp) : listpackLast(lp);
    ensure(at);
    return listpackGet(lp, at);
}

void listDrop(entry *e, listEnd end, const typeLimits *limits) {
    if (!isPacked(e)) {
        quicklistLimits nodes = limitsOf(limits);
        quicklistDrop(chained(e), end, &nodes);
        packIfSmall(e, &nodes);
        return;
    }
    listpack *lp = packed(e);
    listpackAt at = end == QUICKLIST_HEAD ? listpackFirst(lp) : listpackLast(lp);
    ensure(at);
    entrySetPointer(e, ENCODING_LISTPACK, listpackDelete(lp, &at, 1));
}

/* ---- walking ---- */

void listIteratorInit(listIterator *it, const entry *e, int64_t start, bool backward) {
    *it = (listIterator){.backward = backward};
    if (isPacked(e)) {
        it->lp = packed(e);
        it->at = listpackIndex(it->lp, start);
        return;
    }
    const quicklist *q = chained(e);
    int64_t count = (int64_t)quicklistCount(q);
    if (start < 0) start += count;
    quicklistIteratorInit(&it->nodes, q, start < 0 ? (size_t)count : (size_t)start, backward);
}

bool listIteratorNext(listIterator *it, listpackValue *out) {
    if (!it->lp) return quicklistIteratorNext(&it->nodes, out);
    if (!it->at) return false;
    *out = listpackGet(it->lp, it->at);
    it->at = it->backward ? listpackPrev(it->lp, it->at) : listpackNext(it->lp, it->at);
    return true;
}

void listIteratorEnd(listIterator *it) {
    if (!it->lp) quicklistIteratorEnd(&it->nodes);
}

/* ---- in the middle ---- */

bool listSet(entry *e, int64_t index, bytes text, const typeLimits *limits) {
    int64_t count = (int64_t)listCount(e);
    if (index < 0) index += count;
    if (index < 0 || index >= count) return false;
    quicklistLimits nodes = limitsOf(limits);
    if (isPacked(e)) {
        listpack *lp = packed(e);
        /* As if it came in addition: so clients know the moment of the change of encoding. */
        if (staysPacked(lp, text, &nodes)) {
            lp = listpackReplace(lp, listpackIndex(lp, index), text);
            entrySetPointer(e, ENCODING_LISTPACK, lp);
            return true;
        }
        toQuicklist(e, &nodes);
    }
    quicklistSet(chained(e), (size_t)index, text, &nodes);
    packIfSmall(e, &nodes);
    return true;
}

bool listInsert(entry *e, bytes pivot, bool after, bytes text, const typeLimits *limits) {
    quicklistLimits nodes = limitsOf(limits);
    if (isPacked(e)) {
        listpack *lp = packed(e);
        listpackAt at = listpackFind(lp, listpackFirst(lp), pivot, 0);
        if (!at) return false;
        if (staysPacked(lp, text, &nodes)) {
            if (after) at = listpackNext(lp, at);
            entrySetPointer(e, ENCODING_LISTPACK, listpackInsert(lp, &at, text));
            return true;
        }
        toQuicklist(e, &nodes);
    }
    size_t index;
    if (!quicklistFind(chained(e), pivot, &index)) return false;
    quicklistInsert(chained(e), after ? index + 1 : index, text, &nodes);
    return true;
}

/* One pass over a listpack, where deletion by deletion would move its end each time. */
static size_t removePacked(entry *e, listEnd from, bytes text, size_t max) {
    static const quicklistLimits one_node = {.node_bytes = LISTPACK_MAX, .node_count = UINT32_MAX};
    listpack *lp = packed(e);
    if (!listpackFind(lp, listpackFirst(lp), text, 0)) return 0;
    quicklist *q = quicklistNew();
    quicklistAppendListpack(q, lp, &one_node);
    size_t removed = quicklistRemove(q, from, text, max, &one_node);
    const listpack *left = quicklistOnlyListpack(q);
    listpack *to = left ? listpackFromBytes(listpackBytes(left)) : listpackNew();
    entrySetPointer(e, ENCODING_LISTPACK, to);
    quicklistFree(q);
    listpackFree(lp);
    return removed;
}

size_t listRemove(entry *e, bytes text, int64_t count, const typeLimits *limits) {
    listEnd from = count < 0 ? QUICKLIST_TAIL : QUICKLIST_HEAD;
    size_t max = count == 0 ? SIZE_MAX : count < 0 ? -(size_t)count : (size_t)count;
    if (isPacked(e)) return removePacked(e, from, text, max);
    quicklistLimits nodes = limitsOf(limits);
    size_t removed = quicklistRemove(chained(e), from, text, max, &nodes);
    if (removed) packIfSmall(e, &nodes);
    return removed;
}

void listRemoveRange(entry *e, size_t start, size_t count, const typeLimits *limits) {
    if (count == 0 || start >= listCount(e)) return;
    if (isPacked(e)) {
        listpack *lp = packed(e);
        listpackAt at = listpackIndex(lp, (int64_t)start);
        entrySetPointer(e, ENCODING_LISTPACK, listpackDelete(lp, &at, count));
        return;
    }
    quicklistLimits nodes = limitsOf(limits);
    quicklistRemoveRange(chained(e), start, count, &nodes);
    packIfSmall(e, &nodes);
}
