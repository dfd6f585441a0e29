/* Random allocating, freeing, passes and returning against an owner that knows every item: what
 * it wrote must still be there, items must not overlap (they would overwrite each other), and the
 * figures must equal plain sums. */
#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "storage/base/slab_internal.h"
#include "tests/support/suite.h"

typedef struct item {
    unsigned char *data;
    uint16_t size;
    uint8_t kind;
    uint8_t mark; /* each byte of the item */
} item;

enum { ROOM = 40000 };
static item items[ROOM];
static size_t count;
static rng random_source;

static size_t below(size_t bound) {
    return (size_t)rngBelow(&random_source, bound);
}

static size_t randomSize(void) {
    switch (below(10)) {
    case 0: return 1 + below(SLAB_MAX + 200);
    case 1: return SLAB_MAX;
    case 2: return below(9);
    default: return 40 + below(30);
    }
}

static void verify(const item *it) {
    size_t same = 0;
    while (same < it->size && it->data[same] == it->mark) same++;
    if (same < it->size) ck_abort_msg("byte %zu of an item of %u changed", same, it->size);
}

static void allocOne(void) {
    if (count == ROOM) return;
    item *it = &items[count++];
    it->size = (uint16_t)randomSize();
    it->kind = (uint8_t)(below(20) ? SLAB_ENTRY : below(SLAB_KINDS));
    it->mark = (uint8_t)below(256);
    it->data = slabAlloc((slabKind)it->kind, it->size);
    memset(it->data, it->mark, it->size);
}

static void freeOne(size_t i) {
    item *it = &items[i];
    verify(it);
    slabFree((slabKind)it->kind, it->data, it->size);
    *it = items[--count];
}

static void moveIfVictim(item *it, slabKind kind) {
    if (it->kind != kind || !slabShouldMove(kind, it->data, it->size)) return;
    unsigned char *copy = slabAlloc(kind, it->size);
    memcpy(copy, it->data, it->size);
    slabFree(kind, it->data, it->size);
    it->data = copy;
}

/* One walk over all items, sometimes with other work in between, sometimes broken off. */
static void pass(slabKind kind) {
    bool busy = below(2), broken_off = below(8) == 0;
    slabPassBegin(kind);
    for (size_t i = 0; i < count; i++) {
        moveIfVictim(&items[i], kind);
        if (busy && below(4) == 0) {
            if (count == 0 || below(2))
                allocOne();
            else
                freeOne(below(count));
        }
        if (broken_off && below(count) == 0) break;
    }
    slabPassEnd(kind);
}

static void checkFigures(size_t used_outside) {
    size_t n[SLAB_KINDS] = {0}, item_bytes[SLAB_KINDS] = {0}, all = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].size > SLAB_MAX) {
            used += memUsable(items[i].data);
            continue;
        }
        n[items[i].kind]++;
        item_bytes[items[i].kind] += slabGoodSize(items[i].size);
        used += slabGoodSize(items[i].size);
        all++;
    }
    for (slabKind k = 0; k < SLAB_KINDS; k++) {
        slabStats stats = slabStatsOf(k);
        ck_assert_uint_eq(stats.items, n[k]);
        ck_assert_uint_eq(stats.item_bytes, item_bytes[k]);
        ck_assert_uint_ge(stats.page_bytes, stats.item_bytes);
    }
    slabStats total = slabStatsTotal();
    ck_assert_uint_eq(total.items, all);
    ck_assert_uint_eq(memUsed() - used_outside, used);
#ifndef SLAB_PLAIN
    ck_assert_uint_le(total.page_bytes + total.empty_bytes, total.chunk_bytes);
#endif
}

START_TEST(ownerFindsWhatItWroteThroughAllMoves) {
    rngSeed(&random_source, suiteSeed());
    size_t used_outside = memUsed();
    for (uint64_t round = 0; round < suiteRounds(150); round++) {
        size_t target = below(3) ? below(ROOM) : below(ROOM / 20);
        while (count < target) {
            if (count == 0 || below(10))
                allocOne();
            else
                freeOne(below(count));
        }
        while (count > target) freeOne(below(count));
        slabKind kind = (slabKind)below(SLAB_KINDS);
        if (below(2)) kind = SLAB_ENTRY;
        if (slabPassWorthwhile(kind) || below(3) == 0) pass(kind);
        if (below(2)) slabReturn(below(100));
        checkFigures(used_outside);
    }
    for (size_t i = 0; i < count; i++) verify(&items[i]);
    while (count > 0) freeOne(count - 1);
    checkFigures(used_outside);
    ck_assert_uint_eq(slabStatsTotal().page_bytes, 0);
}
END_TEST

#ifndef SLAB_PLAIN
/* What the pages of fresh slabs with the same items would take. */
static size_t idealPageBytes(const item *list, size_t n) {
    size_t per_class[SLAB_CLASSES] = {0}, pages = 0;
    for (size_t i = 0; i < n; i++) per_class[slabClassOf(list[i].size)]++;
    for (unsigned i = 0; i < SLAB_CLASSES; i++) {
        size_t slots = SLAB_PAGE / slabClassSize(i);
        pages += (per_class[i] + slots - 1) / slots;
    }
    return pages * SLAB_PAGE;
}

START_TEST(nineTenthsDeletedAtRandomLeaveNoMoreThanATenthTooMuch) {
    enum { BEFORE = 300000, AFTER = BEFORE / 10 };
    rngSeed(&random_source, suiteSeed());
    item *all = memAlloc(BEFORE * sizeof *all);
    for (size_t i = 0; i < BEFORE; i++) {
        all[i] = (item){.size = (uint16_t)(16 + below(285))};
        all[i].data = slabAlloc(SLAB_ENTRY, all[i].size);
    }
    for (size_t left = BEFORE; left > AFTER; left--) {
        size_t i = below(left);
        slabFree(SLAB_ENTRY, all[i].data, all[i].size);
        all[i] = all[left - 1];
    }
    size_t ideal = idealPageBytes(all, AFTER);
    ck_assert_uint_gt(slabStatsOf(SLAB_ENTRY).page_bytes, 5 * ideal);
    int passes = 0;
    for (; slabPassWorthwhile(SLAB_ENTRY); passes++) {
        ck_assert_int_lt(passes, 5);
        slabPassBegin(SLAB_ENTRY);
        for (size_t i = 0; i < AFTER; i++) moveIfVictim(&all[i], SLAB_ENTRY);
        slabPassEnd(SLAB_ENTRY);
    }
    while (slabReturn(16) > 0) {
    }
    slabStats stats = slabStatsOf(SLAB_ENTRY);
    printf("page bytes %.3f of the ideal after %d passes, %.3f of the items; chunks hold %.2f\n",
           (double)stats.page_bytes / (double)ideal, passes,
           (double)stats.page_bytes / (double)stats.item_bytes,
           (double)stats.chunk_bytes / (double)stats.page_bytes);
    ck_assert_uint_le(stats.page_bytes * 10, ideal * 11);
    ck_assert_uint_le(stats.chunk_bytes, 5 * stats.page_bytes);
    for (size_t i = 0; i < AFTER; i++) slabFree(SLAB_ENTRY, all[i].data, all[i].size);
    memFree(all);
}
END_TEST
#endif

TESTS("slab model", ownerFindsWhatItWroteThroughAllMoves
#ifndef SLAB_PLAIN
      ,
      nineTenthsDeletedAtRandomLeaveNoMoreThanATenthTooMuch
#endif
)
