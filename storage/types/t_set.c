#include "storage/types/t_set.h"

#include "storage/base/ensure.h"
#include "storage/types/t_set_internal.h"

enum {
    GROUP = 16, /* members whose cache misses overlap */
    INTSET_ENTRIES_MAX = 1 << 30
};

/* ---- items ---- */

static uint64_t hashOfItem(const void *item) {
    return hashBytes(setItemText(item));
}

static bool itemHolds(const void *item, bytes key) {
    return bytesEqual(setItemText(item), key);
}

const dictType setDictType = {.hashOf = hashOfItem, .holds = itemHolds};

void *setItemNew(bytes text) {
    uint8_t *item = slabAlloc(SLAB_SET_MEMBER, varintSize(text.size) + text.size);
    uint8_t *at = varintWrite(item, text.size);
    if (text.size) memcpy(at, text.data, text.size);
    return item;
}

bytes setMemberText(setMember m, char *scratch) {
    if (m.text.data) return m.text;
    return bytesOf(scratch, numFormatInt(scratch, m.number));
}

/* ---- encodings ---- */

static size_t limitOf(int64_t configured, size_t max) {
    if (configured < 0) return 0;
    return (uint64_t)configured < max ? (size_t)configured : max;
}

static size_t intsetLimit(const typeLimits *limits) {
    return limitOf(limits->set_intset_entries, INTSET_ENTRIES_MAX);
}

static size_t listpackLimit(const typeLimits *limits) {
    return limitOf(limits->set_listpack_entries, SIZE_MAX);
}

entry *setNew(bytes key, bytes first, size_t hint, const typeLimits *limits) {
    int64_t number;
    if (hint <= intsetLimit(limits) && numParseInt(first, &number))
        return entryNewCollection(key, TYPE_SET, ENCODING_INTSET, intsetNew());
    if (hint <= listpackLimit(limits))
        return entryNewCollection(key, TYPE_SET, ENCODING_LISTPACK, listpackNew());
    return entryNewCollection(key, TYPE_SET, ENCODING_DICT, dictNew(&setDictType));
}

void setReserve(entry *e, size_t count) {
    if (entryEncoding(e) == ENCODING_DICT) dictReserve(entryPointer(e), count);
}

void setToDict(entry *e) {
    dict *d = dictNew(&setDictType);
    setIterator it = setIteratorOf(e);
    char scratch[NUM_INT_MAX];
    for (setMember m; setIteratorNext(&it, &m);) {
        bytes text = setMemberText(m, scratch);
        dictAdd(d, hashBytes(text), setItemNew(text));
    }
    valueOpsOf(TYPE_SET, entryEncoding(e))->free(entryPointer(e));
    entrySetPointer(e, ENCODING_DICT, d);
}

void setExpect(entry *e, size_t more, const typeLimits *limits) {
    encoding enc = entryEncoding(e);
    if (enc == ENCODING_DICT) return;
    if (more > (enc == ENCODING_INTSET ? intsetLimit(limits) : listpackLimit(limits))) setToDict(e);
}

/* True if a listpack may take 'text' beside 'count' others. */
static bool listpackTakes(size_t count, bytes text, const typeLimits *limits) {
    return count < listpackLimit(limits) && limits->set_listpack_value >= 0 &&
           text.size <= (uint64_t)limits->set_listpack_value;
}

/* Integers grow longer towards the ends of their order. */
static bool digitsFitListpack(const intset *s, const typeLimits *limits) {
    size_t count = intsetCount(s);
    if (!count) return true;
    char scratch[NUM_INT_MAX];
    size_t first = numFormatInt(scratch, intsetAt(s, 0));
    size_t last = numFormatInt(scratch, intsetAt(s, count - 1));
    return (int64_t)(first > last ? first : last) <= limits->set_listpack_value;
}

static listpack *listpackOfInts(const intset *s) {
    listpack *lp = listpackNew();
    for (size_t i = 0; i < intsetCount(s); i++) lp = listpackAppendInt(lp, intsetAt(s, i));
    return lp;
}

/* ---- adding ---- */

static bool addToDict(dict *d, keyRef member) {
    if (dictFind(d, member)) return false;
    dictAdd(d, member.hash, setItemNew(member.name));
    return true;
}

static bool addToListpack(entry *e, bytes member, const typeLimits *limits) {
    listpack *lp = entryPointer(e);
    if (listpackFind(lp, listpackFirst(lp), member, 0)) return false;
    if (listpackTakes(listpackCount(lp), member, limits) &&
        listpackFits(lp, member.size + LISTPACK_ELEMENT_OVERHEAD)) {
        entrySetPointer(e, ENCODING_LISTPACK, listpackAppend(lp, member));
        return true;
    }
    setToDict(e);
    return addToDict(entryPointer(e), keyRefOf(member));
}

static bool addToIntset(entry *e, bytes member, const typeLimits *limits) {
    intset *s = entryPointer(e);
    int64_t number;
    if (numParseInt(member, &number)) {
        bool added;
        s = intsetAdd(s, number, &added);
        entrySetPointer(e, ENCODING_INTSET, s);
        if (added && intsetCount(s) > intsetLimit(limits)) setToDict(e);
        return added;
    }
    if (listpackTakes(intsetCount(s), member, limits) && digitsFitListpack(s, limits)) {
        listpack *lp = listpackOfInts(s);
        intsetFree(s);
        entrySetPointer(e, ENCODING_LISTPACK, listpackAppend(lp, member));
        return true;
    }
    setToDict(e);
    return addToDict(entryPointer(e), keyRefOf(member));
}

bool setAdd(entry *e, bytes member, const typeLimits *limits) {
    switch (entryEncoding(e)) {
    case ENCODING_INTSET: return addToIntset(e, member, limits);
    case ENCODING_LISTPACK: return addToListpack(e, member, limits);
    case ENCODING_DICT: return addToDict(entryPointer(e), keyRefOf(member));
    default: unreachable();
    }
}

/* Hashes a group of members and asks for what their lookups will touch; how many there are. */
static size_t fetchGroup(const dict *d, const bytes *members, size_t count, keyRef keys[GROUP]) {
    if (count > GROUP) count = GROUP;
    for (size_t i = 0; i < count; i++) {
        keys[i] = keyRefOf(members[i]);
        dictPrefetchBucket(d, keys[i].hash);
    }
    for (size_t i = 0; i < count; i++) dictPrefetchItem(d, keys[i].hash);
    return count;
}

size_t setAddAll(entry *e, const bytes *members, size_t count, const typeLimits *limits) {
    size_t added = 0, done = 0;
    while (done < count && (entryEncoding(e) != ENCODING_DICT || done + 1 == count))
        added += setAdd(e, members[done++], limits);
    while (done < count) {
        dict *d = entryPointer(e);
        keyRef keys[GROUP];
        size_t group = fetchGroup(d, members + done, count - done, keys);
        for (size_t i = 0; i < group; i++) added += addToDict(d, keys[i]);
        done += group;
    }
    return added;
}

size_t setAddSet(entry *e, const entry *from, const typeLimits *limits) {
    setIterator it = setIteratorOf(from);
    bytes texts[GROUP];
    char scratch[GROUP][NUM_INT_MAX];
    size_t added = 0, group;
    do {
        setMember m;
        for (group = 0; group < GROUP && setIteratorNext(&it, &m); group++)
            texts[group] = setMemberText(m, scratch[group]);
        added += setAddAll(e, texts, group, limits);
    } while (group == GROUP);
    return added;
}

/* ---- removing ---- */

static bool removeFromDict(dict *d, keyRef member) {
    void *item = dictRemove(d, member);
    if (!item) return false;
    setItemFree(item);
    dictTidy(d);
    return true;
}

static bool removeFromIntset(entry *e, bytes member) {
    int64_t number;
    if (!numParseInt(member, &number)) return false;
    bool removed;
    entrySetPointer(e, ENCODING_INTSET, intsetRemove(entryPointer(e), number, &removed));
    return removed;
}

static bool removeFromListpack(entry *e, bytes member) {
    listpack *lp = entryPointer(e);
    listpackAt at = listpackFind(lp, listpackFirst(lp), member, 0);
    if (!at) return false;
    entrySetPointer(e, ENCODING_LISTPACK, listpackDelete(lp, &at, 1));
    return true;
}

bool setRemove(entry *e, bytes member) {
    switch (entryEncoding(e)) {
    case ENCODING_INTSET: return removeFromIntset(e, member);
    case ENCODING_LISTPACK: return removeFromListpack(e, member);
    case ENCODING_DICT: return removeFromDict(entryPointer(e), keyRefOf(member));
    default: unreachable();
    }
}

size_t setRemoveAll(entry *e, const bytes *members, size_t count) {
    size_t removed = 0, done = 0;
    while (done < count && (entryEncoding(e) != ENCODING_DICT || done + 1 == count))
        removed += setRemove(e, members[done++]);
    while (done < count) {
        dict *d = entryPointer(e);
        keyRef keys[GROUP];
        size_t group = fetchGroup(d, members + done, count - done, keys);
        for (size_t i = 0; i < group; i++) removed += removeFromDict(d, keys[i]);
        done += group;
    }
    return removed;
}

/* ---- asking ---- */

size_t setCount(const entry *e) {
    const void *value = entryPointer(e);
    switch (entryEncoding(e)) {
    case ENCODING_INTSET: return intsetCount(value);
    case ENCODING_LISTPACK: return listpackCount(value);
    case ENCODING_DICT: return dictCount(value);
    default: unreachable();
    }
}

bool setHas(const entry *e, bytes member) {
    const void *value = entryPointer(e);
    int64_t number;
    switch (entryEncoding(e)) {
    case ENCODING_INTSET: return numParseInt(member, &number) && intsetHas(value, number);
    case ENCODING_LISTPACK: return listpackFind(value, listpackFirst(value), member, 0);
    case ENCODING_DICT: return dictFind(value, keyRefOf(member));
    default: unreachable();
    }
}

void setHasEach(const entry *e, const bytes *members, size_t count, bool *found) {
    if (entryEncoding(e) != ENCODING_DICT) {
        for (size_t i = 0; i < count; i++) found[i] = setHas(e, members[i]);
        return;
    }
    const dict *d = entryPointer(e);
    for (size_t done = 0; done < count;) {
        keyRef keys[GROUP];
        size_t group = fetchGroup(d, members + done, count - done, keys);
        for (size_t i = 0; i < group; i++) found[done + i] = dictFind(d, keys[i]);
        done += group;
    }
}

/* ---- walking ---- */

setIterator setIteratorOf(const entry *e) {
    setIterator it = {0};
    switch (entryEncoding(e)) {
    case ENCODING_INTSET: it.ints = entryPointer(e); break;
    case ENCODING_LISTPACK:
        it.lp = entryPointer(e);
        it.at = listpackFirst(it.lp);
        break;
    case ENCODING_DICT: it.items = dictIteratorOf(entryPointer(e)); break;
    default: unreachable();
    }
    return it;
}

bool setIteratorNext(setIterator *it, setMember *m) {
    if (it->ints) {
        if (it->at == intsetCount(it->ints)) return false;
        *m = (setMember){.number = intsetAt(it->ints, it->at++)};
        return true;
    }
    if (it->lp) {
        if (!it->at) return false;
        *m = listpackGet(it->lp, (listpackAt)it->at);
        it->at = listpackNext(it->lp, (listpackAt)it->at);
        return true;
    }
    const void *item = dictIteratorNext(&it->items);
    if (!item) return false;
    *m = (setMember){.text = setItemText(item)};
    return true;
}

typedef struct scanVisit {
    setVisit visit;
    void *ctx;
} scanVisit;

static void visitItem(void *ctx, void *item) {
    const scanVisit *v = ctx;
    v->visit(v->ctx, (setMember){.text = setItemText(item)});
}

uint64_t setScan(const entry *e, uint64_t cursor, setVisit visit, void *ctx) {
    if (entryEncoding(e) == ENCODING_DICT) {
        scanVisit v = {visit, ctx};
        return dictScan(entryPointer(e), cursor, visitItem, &v);
    }
    setIterator it = setIteratorOf(e);
    for (setMember m; setIteratorNext(&it, &m);) visit(ctx, m);
    return 0;
}
