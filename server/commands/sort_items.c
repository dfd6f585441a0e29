#include "server/commands/sort_items.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset_range.h"

void sortItemsClear(sortItems *s) {
    memFree(s->list);
    memFree(s->text);
}

bool sortTakes(const entry *e) {
    valueType type = entryType(e);
    return type == TYPE_LIST || type == TYPE_SET || type == TYPE_ZSET;
}

size_t sortCount(const entry *e) {
    switch (entryType(e)) {
    case TYPE_LIST: return listCount(e);
    case TYPE_SET: return setCount(e);
    default: ensure(entryType(e) == TYPE_ZSET); return zsetCount(e);
    }
}

/* ---- collecting ---- */

static size_t keepText(sortItems *s, bytes text) {
    if (s->text_room - s->text_size < text.size) {
        s->text_room = (s->text_room + text.size) * 2;
        s->text = memRealloc(s->text, s->text_room);
    }
    size_t at = s->text_size;
    if (text.size) memcpy(s->text + at, text.data, text.size);
    s->text_size += text.size;
    return at;
}

static void addItem(sortItems *s, bytes text) {
    ensure(s->count < s->room);
    size_t place = s->count++;
    s->list[place] = (sortItem){.at = keepText(s, text), .size = text.size, .place = place};
}

static void addList(sortItems *s, const entry *e, size_t start, size_t count, bool reverse) {
    char digits[NUM_INT_MAX];
    listIterator it;
    listpackValue value;
    int64_t first = reverse ? -1 - (int64_t)start : (int64_t)start;
    listIteratorInit(&it, e, first, reverse);
    for (; count && listIteratorNext(&it, &value); count--)
        addItem(s, listpackValueText(value, digits));
    listIteratorEnd(&it);
}

static void addSet(sortItems *s, const entry *e, size_t start, size_t count) {
    char digits[NUM_INT_MAX];
    setIterator it = setIteratorOf(e);
    setMember member;
    for (size_t i = 0; i < start + count && setIteratorNext(&it, &member); i++)
        if (i >= start) addItem(s, setMemberText(member, digits));
}

static void addZset(sortItems *s, const entry *e, size_t start, size_t count, bool reverse) {
    zsetIterator it;
    zsetSpan span = zsetSpanLimit(zsetWhole(e), (int64_t)start, (int64_t)count, reverse);
    zsetIteratorInit(&it, e, span, reverse);
    for (zsetMember m; zsetIteratorNext(&it, &m);) addItem(s, m.name);
}

void sortItemsOf(sortItems *s, const entry *e, size_t start, size_t count, bool reverse) {
    s->room = count;
    s->scattered = entryType(e) == TYPE_SET && entryEncoding(e) == ENCODING_DICT;
    s->list = memAlloc((count ? count : 1) * sizeof *s->list);
    if (entryType(e) == TYPE_LIST)
        addList(s, e, start, count, reverse);
    else if (entryType(e) == TYPE_SET)
        addSet(s, e, start, count);
    else
        addZset(s, e, start, count, reverse);
}

bytes sortItemText(const sortItems *s, size_t index) {
    return bytesOf(s->text + s->list[index].at, s->list[index].size);
}

void sortItemSetBy(sortItems *s, size_t index, bytes by) {
    s->list[index].by_at = keepText(s, by);
    s->list[index].by_size = by.size;
    s->list[index].has_by = true;
}

bool sortParseScore(bytes text, double *out) {
    int64_t integer;
    if (numParseInt(text, &integer)) {
        *out = (double)integer;
        return true;
    }
    char few[128];
    char *copy = text.size < sizeof few ? few : memAlloc(text.size + 1), *end;
    if (text.size) memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    errno = 0;
    double score = strtod(copy, &end);
    bool good = *end == '\0' && errno != ERANGE && !isnan(score);
    if (copy != few) memFree(copy);
    if (good) *out = score;
    return good;
}

/* ---- ordering ---- */

typedef struct order {
    const char *text;
    sortKind kind;
    bool collated, descending, scattered;
} order;

/* As in the C locale, where strcoll() is strcmp(). */
static bytes upToZero(bytes text) {
    const char *zero = text.size ? memchr(text.data, '\0', text.size) : NULL;
    return zero ? bytesOf(text.data, (size_t)(zero - text.data)) : text;
}

static int compareTexts(const order *o, bytes a, bytes b) {
    return o->collated ? bytesCompare(upToZero(a), upToZero(b)) : bytesCompare(a, b);
}

static int compareItems(const order *o, const sortItem *a, const sortItem *b) {
    bytes text_a = bytesOf(o->text + a->at, a->size), text_b = bytesOf(o->text + b->at, b->size);
    switch (o->kind) {
    case SORT_BY_SCORE:
        if (a->score != b->score) return a->score < b->score ? -1 : 1;
        return bytesCompare(text_a, text_b);
    case SORT_BY_TEXT: return compareTexts(o, text_a, text_b);
    default:
        if (!a->has_by || !b->has_by) return a->has_by - b->has_by;
        return compareTexts(o, bytesOf(o->text + a->by_at, a->by_size),
                            bytesOf(o->text + b->by_at, b->by_size));
    }
}

static int compare(const void *one, const void *other, void *ctx) {
    const order *o = ctx;
    const sortItem *a = one, *b = other;
    int result = compareItems(o, a, b);
    /* What the same set on another server has in another order must not stay in that. */
    if (!result && o->scattered)
        result = bytesCompare(bytesOf(o->text + a->at, a->size), bytesOf(o->text + b->at, b->size));
    if (result) return o->descending ? -result : result;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* ---- a heap whose first item is the last in order ---- */

/* Item 'at' may come before one of those under it: moves it down to where it belongs. */
static void siftDown(sortItem *heap, size_t count, size_t at, order *o) {
    sortItem item = heap[at];
    for (;;) {
        size_t under = 2 * at + 1;
        if (under >= count) break;
        if (under + 1 < count && compare(&heap[under], &heap[under + 1], o) < 0) under++;
        if (compare(&heap[under], &item, o) <= 0) break;
        heap[at] = heap[under];
        at = under;
    }
    heap[at] = item;
}

/* Brings the first 'first' of all, in any order, to the front. */
static void bringForward(sortItems *s, size_t first, order *o) {
    sortItem *heap = s->list;
    for (size_t at = first / 2; at-- > 0;) siftDown(heap, first, at, o);
    for (size_t i = first; i < s->count; i++) {
        if (compare(&heap[i], &heap[0], o) >= 0) continue;
        sortItem out = heap[0];
        heap[0] = heap[i];
        heap[i] = out;
        siftDown(heap, first, 0, o);
    }
}

void sortItemsSort(sortItems *s, sortKind kind, bool collated, bool descending, size_t first) {
    /* Selecting compares most items once; from some point on sorting all is as good. */
    enum { SELECT_SHARE = 8 };
    order o = {s->text, kind, collated, descending, s->scattered};
    size_t sorted = s->count;
    if (first < s->count / SELECT_SHARE) {
        sorted = first;
        if (first) bringForward(s, first, &o);
    }
    if (sorted > 1) qsort_r(s->list, sorted, sizeof *s->list, compare, &o);
}
