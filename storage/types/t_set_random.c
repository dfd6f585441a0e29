#include "storage/types/t_set_random.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/prefetch.h"
#include "storage/types/t_set_internal.h"

enum {
    PART = 4, /* Up to a quarter of the members are drawn one by one; more in one walk. */
    AHEAD = 8 /* items that are fetched while one is taken out */
};

setMember setRandom(const entry *e, rng *r) {
    const void *value = entryPointer(e);
    size_t count = setCount(e);
    ensure(count > 0);
    switch (entryEncoding(e)) {
    case ENCODING_INTSET: return (setMember){.number = intsetAt(value, rngBelow(r, count))};
    case ENCODING_LISTPACK:
        return listpackGet(value, listpackIndex(value, (int64_t)rngBelow(r, count)));
    case ENCODING_DICT: return (setMember){.text = setItemText(dictRandom(value, r))};
    default: unreachable();
    }
}

/* ---- one walk: D. Knuth, The Art of Computer Programming 3.4.2, algorithm S ---- */

typedef struct selection {
    size_t wanted, left;
    rng *r;
} selection;

/* Whether the next one is chosen: as many times as wanted, of as many calls as are left. */
static bool isChosen(selection *s) {
    ensure(s->left > 0);
    bool chosen = rngBelow(s->r, s->left--) < s->wanted;
    s->wanted -= chosen;
    return chosen;
}

static void sampleInOneWalk(const entry *e, selection s, setVisit visit, void *ctx) {
    setIterator it = setIteratorOf(e);
    for (setMember m; s.wanted && setIteratorNext(&it, &m);)
        if (isChosen(&s)) visit(ctx, m);
}

/* ---- one by one, never the same twice ---- */

/* Words (not 0) that were drawn already: open addressing, at most half full. */
typedef struct drawn {
    uint64_t *words;
    size_t mask;
    uint64_t few[128];
} drawn;

static void drawnInit(drawn *d, size_t count) {
    size_t size = sizeof d->few / sizeof d->few[0];
    while (size < count * 2) size *= 2;
    d->mask = size - 1;
    d->words = size * sizeof *d->words > sizeof d->few ? memCalloc(size, sizeof *d->words) : d->few;
    if (d->words == d->few) memset(d->few, 0, sizeof d->few);
}

static void drawnClear(drawn *d) {
    if (d->words != d->few) memFree(d->words);
}

/* False if it was there. */
static bool drawnAdd(drawn *d, uint64_t word) {
    size_t at = (word * 0x9E3779B97F4A7C15U >> 20) & d->mask;
    for (; d->words[at]; at = (at + 1) & d->mask)
        if (d->words[at] == word) return false;
    d->words[at] = word;
    return true;
}

static void sampleOneByOne(const entry *e, size_t count, rng *r, setVisit visit, void *ctx) {
    const void *value = entryPointer(e);
    bool is_dict = entryEncoding(e) == ENCODING_DICT;
    size_t all = setCount(e);
    drawn d;
    drawnInit(&d, count);
    while (count) {
        void *item = is_dict ? dictRandom(value, r) : NULL;
        uint64_t word = is_dict ? (uintptr_t)item : rngBelow(r, all) + 1;
        if (!drawnAdd(&d, word)) continue;
        count--;
        visit(ctx, is_dict ? (setMember){.text = setItemText(item)}
                           : (setMember){.number = intsetAt(value, word - 1)});
    }
    drawnClear(&d);
}

void setSample(const entry *e, size_t count, rng *r, setVisit visit, void *ctx) {
    size_t all = setCount(e);
    ensure(count <= all);
    if (entryEncoding(e) == ENCODING_LISTPACK || count > all / PART)
        sampleInOneWalk(e, (selection){count, all, r}, visit, ctx);
    else
        sampleOneByOne(e, count, r, visit, ctx);
}

/* ---- taking out ---- */

static void popItem(dict *d, void *item, setVisit visit, void *ctx) {
    bytes text = setItemText(item);
    visit(ctx, (setMember){.text = text});
    ensure(dictRemoveItem(d, hashBytes(text), item));
    setItemFree(item);
}

static void popFromDict(dict *d, size_t count, rng *r, setVisit visit, void *ctx) {
    if (count <= dictCount(d) / PART) {
        while (count--) {
            popItem(d, dictRandom(d, r), visit, ctx);
            dictTidy(d);
        }
        return;
    }
    /* A dict does not change under a walk. Items are chosen in its order, so that taking them out
     * goes over the table once; and so does tidying up, when all are gone. */
    void **chosen = memAlloc(count * sizeof *chosen);
    size_t taken = 0;
    selection s = {count, dictCount(d), r};
    dictIterator it = dictIteratorOf(d);
    for (void *item; s.wanted && (item = dictIteratorNext(&it));)
        if (isChosen(&s)) chosen[taken++] = item;
    for (size_t i = 0; i < taken; i++) {
        if (i + AHEAD < taken) prefetch(chosen[i + AHEAD]);
        popItem(d, chosen[i], visit, ctx);
    }
    memFree(chosen);
    while (dictShrinkStep(d)) {
    }
}

/* Small forms are written anew with what stays. */
static void popFromListpack(entry *e, selection s, setVisit visit, void *ctx) {
    listpack *old = entryPointer(e);
    listpack *stay = listpackNew();
    for (listpackAt at = listpackFirst(old); at; at = listpackNext(old, at)) {
        setMember m = listpackGet(old, at);
        if (isChosen(&s))
            visit(ctx, m);
        else
            stay = m.text.data ? listpackAppend(stay, m.text) : listpackAppendInt(stay, m.number);
    }
    listpackFree(old);
    entrySetPointer(e, ENCODING_LISTPACK, stay);
}

static void popFromIntset(entry *e, selection s, setVisit visit, void *ctx) {
    intset *old = entryPointer(e);
    intset *stay = intsetNew();
    for (size_t i = 0; i < intsetCount(old); i++) {
        int64_t number = intsetAt(old, i);
        bool added;
        if (isChosen(&s))
            visit(ctx, (setMember){.number = number});
        else
            stay = intsetAdd(stay, number, &added);
    }
    intsetFree(old);
    entrySetPointer(e, ENCODING_INTSET, stay);
}

/* SPOP without a count: nothing is written anew. */
static void popOneFromSmall(entry *e, rng *r, setVisit visit, void *ctx) {
    uint64_t index = rngBelow(r, setCount(e));
    if (entryEncoding(e) == ENCODING_INTSET) {
        intset *s = entryPointer(e);
        int64_t number = intsetAt(s, index);
        bool removed;
        visit(ctx, (setMember){.number = number});
        entrySetPointer(e, ENCODING_INTSET, intsetRemove(s, number, &removed));
    } else {
        listpack *lp = entryPointer(e);
        listpackAt at = listpackIndex(lp, (int64_t)index);
        visit(ctx, listpackGet(lp, at));
        entrySetPointer(e, ENCODING_LISTPACK, listpackDelete(lp, &at, 1));
    }
}

void setPop(entry *e, size_t count, rng *r, setVisit visit, void *ctx) {
    size_t all = setCount(e);
    ensure(count <= all);
    encoding enc = entryEncoding(e);
    if (enc == ENCODING_DICT)
        popFromDict(entryPointer(e), count, r, visit, ctx);
    else if (count == 1)
        popOneFromSmall(e, r, visit, ctx);
    else if (enc == ENCODING_LISTPACK)
        popFromListpack(e, (selection){count, all, r}, visit, ctx);
    else
        popFromIntset(e, (selection){count, all, r}, visit, ctx);
}
