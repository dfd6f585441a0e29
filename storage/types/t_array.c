#include "storage/types/t_array_internal.h"

#include "storage/base/ensure.h"

array *arrayNew(void) {
    array *a = slabAlloc(SLAB_BLOB, sizeof *a);
    *a = (array){.bytes = slabGoodSize(sizeof *a)};
    return a;
}

static array *arrayOf(const entry *e) {
    ensure(entryEncoding(e) == ENCODING_ARRAY);
    return entryPointer(e);
}

uint64_t arrayCount(const entry *e) {
    return arrayOf(e)->count;
}

static uint64_t lengthOf(const array *a) {
    if (!a->leaves) return 0;
    const arrayLeaf *leaf = a->table[a->leaves - 1].leaf;
    const arrayPage *p = &leaf->pages[leaf->count - 1];
    return (p->number << PAGE_BITS) + (uint64_t)(63 - __builtin_clzll(p->used)) + 1;
}

uint64_t arrayLength(const entry *e) {
    return lengthOf(arrayOf(e));
}

/* ---- finding ---- */

void arrayFind(const array *a, uint64_t number, size_t *leaf, size_t *at) {
    size_t low = 0, high = a->leaves;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (a->table[middle].first <= number)
            low = middle;
        else
            high = middle;
    }
    *leaf = low;
    *at = 0;
    if (!a->leaves) return;
    const arrayLeaf *l = a->table[low].leaf;
    size_t from = 0, to = l->count;
    /* Dense arrays have their pages where counting from the first one says. */
    uint64_t guess = number - l->pages[0].number;
    if (number >= l->pages[0].number && guess < l->count && l->pages[guess].number == number) {
        *at = guess;
        return;
    }
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (l->pages[middle].number < number)
            from = middle + 1;
        else
            to = middle;
    }
    *at = from;
}

/* The page of 'index' or NULL. */
static arrayPage *findPage(const array *a, uint64_t index, size_t *leaf, size_t *at) {
    uint64_t number = index >> PAGE_BITS;
    arrayFind(a, number, leaf, at);
    if (!a->leaves) return NULL;
    arrayLeaf *l = a->table[*leaf].leaf;
    bool found = *at < l->count && l->pages[*at].number == number;
    return found ? &l->pages[*at] : NULL;
}

static uint64_t bitOf(uint64_t index) {
    return UINT64_C(1) << (index & (ARRAY_PAGE_SLOTS - 1));
}

static bytes get(const array *a, uint64_t index, char *scratch) {
    size_t leaf, at;
    arrayPage *p = findPage(a, index, &leaf, &at);
    if (!p || !(p->used & bitOf(index))) return (bytes){NULL, 0};
    return slotBytes(pageSlot(p, index & (ARRAY_PAGE_SLOTS - 1)), scratch);
}

bytes arrayGet(const entry *e, uint64_t index, char *scratch) {
    return get(arrayOf(e), index, scratch);
}

/* ---- slices ---- */

/* True if the slice of a page has another page; those lie beside it. */
static bool hasSliceMate(const array *a, size_t leaf, size_t at) {
    const arrayLeaf *l = a->table[leaf].leaf;
    const arrayPage *p = &l->pages[at], *before = NULL, *behind = NULL;
    if (at > 0) {
        before = p - 1;
    } else if (leaf > 0) {
        const arrayLeaf *left = a->table[leaf - 1].leaf;
        before = &left->pages[left->count - 1];
    }
    if (at + 1 < l->count)
        behind = p + 1;
    else if (leaf + 1 < a->leaves)
        behind = &a->table[leaf + 1].leaf->pages[0];
    return (before && pageSlice(before) == pageSlice(p)) ||
           (behind && pageSlice(behind) == pageSlice(p));
}

/* How many of the slices from 'first' to 'last' hold anything. */
static uint64_t countSlices(const array *a, uint64_t first, uint64_t last) {
    uint64_t count = 0, next = first;
    size_t leaf, at;
    arrayFind(a, first << SLICE_BITS, &leaf, &at);
    for (; leaf < a->leaves; leaf++, at = 0) {
        const arrayLeaf *l = a->table[leaf].leaf;
        for (; at < l->count; at++) {
            uint64_t slice = pageSlice(&l->pages[at]);
            if (slice > last) return count;
            if (slice < next) continue;
            count++;
            next = slice + 1;
        }
    }
    return count;
}

/* ---- leaves ---- */

static arrayLeaf *resizeLeaf(array *a, size_t leaf, uint32_t room) {
    arrayLeaf *from = a->table[leaf].leaf;
    arrayLeaf *to = arrayTake(a, leafBytes(room));
    memcpy(to, from, leafBytes(from->count));
    to->room = room;
    arrayGive(a, from, leafBytes(from->room));
    a->table[leaf].leaf = to;
    return to;
}

static void resizeTable(array *a, uint32_t room) {
    arrayBranch *to = room ? arrayTake(a, room * sizeof *to) : NULL;
    if (a->leaves) memcpy(to, a->table, a->leaves * sizeof *to);
    if (a->room) arrayGive(a, a->table, a->room * sizeof *to);
    a->table = to;
    a->room = room;
}

/* An empty leaf before the one at 'leaf'. */
static arrayLeaf *addLeaf(array *a, size_t leaf, uint32_t room) {
    ensure(a->leaves < UINT32_MAX / 2);
    if (a->leaves == a->room) resizeTable(a, a->room + a->room / 2 + 1);
    arrayLeaf *l = arrayTake(a, leafBytes(room));
    *l = (arrayLeaf){.room = room};
    memmove(a->table + leaf + 1, a->table + leaf, (a->leaves - leaf) * sizeof *a->table);
    a->table[leaf] = (arrayBranch){0, l};
    a->leaves++;
    return l;
}

static void tidyTable(array *a) {
    if (a->leaves < a->room / 2) resizeTable(a, a->leaves + a->leaves / 4);
}

static void removeLeaf(array *a, size_t leaf) {
    arrayLeaf *l = a->table[leaf].leaf;
    arrayGive(a, l, leafBytes(l->room));
    a->leaves--;
    memmove(a->table + leaf, a->table + leaf + 1, (a->leaves - leaf) * sizeof *a->table);
    tidyTable(a);
}

/* Makes room in a full leaf. At the end of the last one, where arrays grow by appending, a new leaf
 * is begun, so that those behind stay full. */
static void splitLeaf(array *a, size_t *leaf, size_t *at) {
    arrayLeaf *l = a->table[*leaf].leaf;
    if (*leaf + 1 == a->leaves && *at == l->count) {
        addLeaf(a, ++*leaf, 1);
        *at = 0;
        return;
    }
    uint32_t moved = l->count / 2, kept = l->count - moved;
    arrayLeaf *right = addLeaf(a, *leaf + 1, LEAF_MAX);
    memcpy(right->pages, l->pages + kept, moved * sizeof *l->pages);
    right->count = moved;
    l->count = kept;
    a->table[*leaf + 1].first = right->pages[0].number;
    if (*at <= kept) return;
    *at -= kept;
    ++*leaf;
}

static arrayPage *addPage(array *a, uint64_t number, size_t leaf, size_t at) {
    if (!a->leaves)
        addLeaf(a, 0, 1);
    else if (a->table[leaf].leaf->count == LEAF_MAX)
        splitLeaf(a, &leaf, &at);
    arrayLeaf *l = a->table[leaf].leaf;
    if (l->count == l->room) {
        uint32_t room = l->room + l->room / 2 + 1;
        l = resizeLeaf(a, leaf, room < LEAF_MAX ? room : LEAF_MAX);
    }
    memmove(l->pages + at + 1, l->pages + at, (l->count - at) * sizeof *l->pages);
    l->pages[at] = (arrayPage){.number = number};
    l->count++;
    a->pages++;
    if (at == 0) a->table[leaf].first = number;
    if (!hasSliceMate(a, leaf, at)) a->slices++;
    return &l->pages[at];
}

/* After pages of the leaf went: gives back its room, joins it with a neighbour, or removes it. */
static void tidyLeaf(array *a, size_t leaf) {
    arrayLeaf *l = a->table[leaf].leaf;
    if (l->count == 0) {
        removeLeaf(a, leaf);
        return;
    }
    a->table[leaf].first = l->pages[0].number;
    size_t left = leaf + 1 < a->leaves ? leaf : leaf - 1;
    if (a->leaves > 1) {
        arrayLeaf *one = a->table[left].leaf, *two = a->table[left + 1].leaf;
        uint32_t sum = one->count + two->count;
        if (sum <= LEAF_MAX / 2) {
            if (one->room < sum) one = resizeLeaf(a, left, sum);
            memcpy(one->pages + one->count, two->pages, two->count * sizeof *two->pages);
            one->count = sum;
            removeLeaf(a, left + 1);
            return;
        }
    }
    if (l->count < l->room / 2) resizeLeaf(a, leaf, l->count + l->count / 4);
}

/* ---- changing ---- */

static bool set(array *a, uint64_t index, bytes value) {
    ensure(index <= ARRAY_INDEX_MAX);
    size_t leaf, at;
    arrayPage *p = findPage(a, index, &leaf, &at);
    unsigned bit = index & (ARRAY_PAGE_SLOTS - 1);
    if (p && p->used & bitOf(index)) {
        slotReplace(a, pageSlot(p, bit), value);
        return false;
    }
    if (!p) p = addPage(a, index >> PAGE_BITS, leaf, at);
    pageInsert(a, p, bit, slotMake(a, value));
    a->count++;
    return true;
}

bool arraySet(entry *e, uint64_t index, bytes value) {
    return set(arrayOf(e), index, value);
}

bool arrayDelete(entry *e, uint64_t index) {
    array *a = arrayOf(e);
    size_t leaf, at;
    arrayPage *p = findPage(a, index, &leaf, &at);
    if (!p || !(p->used & bitOf(index))) return false;
    pageRemove(a, p, bitOf(index));
    if (p->used) return true;
    if (!hasSliceMate(a, leaf, at)) a->slices--;
    arrayLeaf *l = a->table[leaf].leaf;
    l->count--;
    a->pages--;
    memmove(l->pages + at, l->pages + at + 1, (l->count - at) * sizeof *l->pages);
    tidyLeaf(a, leaf);
    return true;
}

/* Removes the range from one leaf; the pages that came to be empty close up. */
static void cutLeaf(array *a, arrayLeaf *l, size_t at, uint64_t low, uint64_t high) {
    uint32_t kept = (uint32_t)at;
    for (size_t i = at; i < l->count; i++) {
        arrayPage *p = &l->pages[i];
        uint64_t mask = p->used & pageMask(p->number, low, high);
        if (mask) pageRemove(a, p, mask);
        if (p->used) l->pages[kept++] = *p;
    }
    a->pages -= l->count - kept;
    l->count = kept;
}

static uint64_t deleteRange(array *a, uint64_t low, uint64_t high) {
    uint64_t before = a->count, last = high >> PAGE_BITS;
    size_t leaf, at;
    arrayFind(a, low >> PAGE_BITS, &leaf, &at);
    size_t first = leaf, kept = leaf;
    /* The table closes up in one go, however many leaves a range empties. */
    for (; leaf < a->leaves && a->table[leaf].first <= last; leaf++, at = 0) {
        arrayLeaf *l = a->table[leaf].leaf;
        cutLeaf(a, l, at, low, high);
        if (l->count) {
            a->table[kept++] = (arrayBranch){l->pages[0].number, l};
        } else {
            arrayGive(a, l, leafBytes(l->room));
        }
    }
    memmove(a->table + kept, a->table + leaf, (a->leaves - leaf) * sizeof *a->table);
    a->leaves -= (uint32_t)(leaf - kept);
    tidyTable(a);
    /* Only the leaves at both ends of the range can have become sparse. */
    if (kept > first) tidyLeaf(a, kept - 1);
    if (first < a->leaves) tidyLeaf(a, first);
    return before - a->count;
}

uint64_t arrayDeleteRange(entry *e, uint64_t low, uint64_t high) {
    array *a = arrayOf(e);
    if (!a->leaves || low > high) return 0;
    const unsigned bits = PAGE_BITS + SLICE_BITS;
    uint64_t slices = countSlices(a, low >> bits, high >> bits);
    uint64_t removed = deleteRange(a, low, high);
    a->slices -= slices - countSlices(a, low >> bits, high >> bits);
    return removed;
}

/* ---- walking ---- */

void arrayIterate(arrayIterator *it, const entry *e, uint64_t from, uint64_t to) {
    bool down = from > to;
    it->a = arrayOf(e);
    it->low = down ? to : from;
    it->high = down ? from : to;
    it->down = down;
    it->left = 0;
    it->ended = !it->a->leaves;
    if (it->ended) return;
    arrayFind(it->a, from >> PAGE_BITS, &it->leaf, &it->at);
    const arrayLeaf *l = it->a->table[it->leaf].leaf;
    bool exact = it->at < l->count && l->pages[it->at].number == from >> PAGE_BITS;
    /* arrayNext() goes on to the page at 'at', downwards to the one before it. */
    if (down && exact) it->at++;
}

/* Goes on to the next page in the range; false if there is none. */
static bool nextPage(arrayIterator *it) {
    const array *a = it->a;
    if (it->down) {
        while (it->at == 0) {
            if (it->leaf == 0) return false;
            it->at = a->table[--it->leaf].leaf->count;
        }
        it->at--;
    } else {
        while (it->at >= a->table[it->leaf].leaf->count) {
            if (it->leaf + 1 >= a->leaves) return false;
            it->leaf++;
            it->at = 0;
        }
    }
    const arrayPage *p = &a->table[it->leaf].leaf->pages[it->at];
    uint64_t mask = pageMask(p->number, it->low, it->high);
    it->left = p->used & mask;
    return mask;
}

bool arrayNext(arrayIterator *it, uint64_t *index, bytes *value) {
    while (!it->left) {
        if (it->ended || !nextPage(it)) {
            it->ended = true;
            return false;
        }
        if (!it->left && !it->down) it->at++;
    }
    arrayPage *p = &it->a->table[it->leaf].leaf->pages[it->at];
    unsigned bit =
        (unsigned)(it->down ? 63 - __builtin_clzll(it->left) : __builtin_ctzll(it->left));
    it->left &= ~(UINT64_C(1) << bit);
    *index = (p->number << PAGE_BITS) + bit;
    *value = slotBytes(pageSlot(p, bit), it->scratch);
    if (!it->left && !it->down) it->at++;
    return true;
}
