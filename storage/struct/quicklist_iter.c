/* Walking through a list, and finding places in it. */
#include "storage/struct/quicklist_internal.h"

const quicklistNode *quicklistFirstNode(const quicklist *q) {
    return q->head;
}

const quicklistNode *quicklistNextNode(const quicklistNode *n) {
    return n->next;
}

bytes quicklistNodeBytes(const quicklistNode *n, bool *is_plain, char **scratch) {
    *scratch = NULL;
    *is_plain = n->is_plain;
    return quicklistNodeView(n, scratch);
}

quicklistNode *quicklistSeek(const quicklist *q, size_t index, size_t *inside) {
    if (index >= q->count) return NULL;
    quicklistNode *n;
    if (index < q->count / 2) {
        for (n = q->head; index >= n->count; n = n->next) index -= n->count;
    } else {
        size_t from_end = q->count - index; /* at least 1 */
        for (n = q->tail; from_end > n->count; n = n->prev) from_end -= n->count;
        index = n->count - from_end;
    }
    *inside = index;
    return n;
}

/* Goes to a node; 'index' of the element to begin with, -1 the last. */
static void enter(quicklistIterator *it, const quicklistNode *n, int64_t index) {
    memFree(it->scratch);
    it->scratch = NULL;
    it->node = n;
    it->at = 0;
    it->is_plain = n && n->is_plain;
    if (!n || n->is_plain) return;
    it->lp = (const listpack *)quicklistNodeView(n, &it->scratch).data;
    it->at = listpackIndex(it->lp, index);
}

void quicklistIteratorInit(quicklistIterator *it, const quicklist *q, size_t start, bool backward) {
    *it = (quicklistIterator){.backward = backward};
    size_t inside = 0;
    const quicklistNode *n = quicklistSeek(q, start, &inside);
    enter(it, n, (int64_t)inside);
}

bool quicklistIteratorNext(quicklistIterator *it, listpackValue *out) {
    while (it->node) {
        if (__builtin_expect(it->at != 0, 1)) {
            *out = listpackGet(it->lp, it->at);
            it->at = it->backward ? listpackPrev(it->lp, it->at) : listpackNext(it->lp, it->at);
            return true;
        }
        if (it->is_plain) {
            out->text = quicklistNodeView(it->node, &it->scratch);
            it->is_plain = false;
            return true;
        }
        enter(it, it->backward ? it->node->prev : it->node->next, it->backward ? -1 : 0);
    }
    return false;
}

void quicklistIteratorEnd(quicklistIterator *it) {
    enter(it, NULL, 0);
}

/* The place of the first element of a listpack that equals 'text'. */
static bool findInside(const listpack *lp, bytes text, size_t *inside) {
    listpackAt found = listpackFind(lp, listpackFirst(lp), text, 0);
    if (!found) return false;
    *inside = 0;
    for (listpackAt at = listpackFirst(lp); at != found; at = listpackNext(lp, at)) ++*inside;
    return true;
}

bool quicklistFind(const quicklist *q, bytes text, size_t *index) {
    size_t before = 0;
    for (const quicklistNode *n = q->head; n; before += n->count, n = n->next) {
        char *scratch = NULL;
        bytes raw = quicklistNodeView(n, &scratch);
        size_t inside = 0;
        bool found = n->is_plain ? bytesEqual(raw, text)
                                 : findInside((const listpack *)raw.data, text, &inside);
        memFree(scratch);
        if (!found) continue;
        *index = before + inside;
        return true;
    }
    return false;
}
