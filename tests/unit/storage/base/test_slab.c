#include "storage/base/slab_internal.h"

#include <string.h>

#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "tests/support/suite.h"

START_TEST(goodSizeIsTheClassAndWastesLittle) {
    for (size_t size = 1; size <= SLAB_MAX; size++) {
        size_t good = slabGoodSize(size);
        ck_assert_uint_ge(good, size);
        ck_assert_uint_eq(good % 8, 0);
        ck_assert_uint_eq(slabGoodSize(good), good);
        size_t step = size <= 128 ? 8 : size <= 256 ? 16 : size <= 512 ? 32 : 64;
        ck_assert_uint_lt(good - size, step);
    }
    ck_assert_uint_eq(slabGoodSize(0), 8);
    ck_assert_uint_eq(slabGoodSize(SLAB_MAX + 1), memGoodSize(SLAB_MAX + 1));
}
END_TEST

START_TEST(everyClassSizeBelongsToItsClass) {
    for (unsigned i = 0; i < SLAB_CLASSES; i++) ck_assert_uint_eq(slabClassOf(slabClassSize(i)), i);
    ck_assert_uint_eq(slabClassSize(SLAB_CLASSES - 1), SLAB_MAX);
}
END_TEST

START_TEST(sizesOverTheLargestClassPassThroughToMem) {
    size_t before = memUsed();
    char *item = slabAlloc(SLAB_BLOB, SLAB_MAX + 1);
    memset(item, 1, SLAB_MAX + 1);
    ck_assert_uint_gt(memUsed(), before + SLAB_MAX);
    ck_assert_uint_eq(slabStatsTotal().items, 0);
    slabPassBegin(SLAB_BLOB);
    ck_assert(!slabShouldMove(SLAB_BLOB, item, SLAB_MAX + 1));
    slabPassEnd(SLAB_BLOB);
    slabFree(SLAB_BLOB, item, SLAB_MAX + 1);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(memUsedCountsTheClassesOfLiveItems) {
    size_t before = memUsed();
    void *a = slabAlloc(SLAB_ENTRY, 50);
    void *b = slabAlloc(SLAB_HASH_FIELD, 300);
    ck_assert_uint_eq(memUsed(), before + 56 + 320);
    slabFree(SLAB_ENTRY, a, 56);
    ck_assert_uint_eq(memUsed(), before + 320);
    slabFree(SLAB_HASH_FIELD, b, 289);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(statsAreOfEachKindAndOfAll) {
    void *a = slabAlloc(SLAB_ENTRY, 50);
    void *b = slabAlloc(SLAB_HASH_FIELD, 300);
    ck_assert_uint_eq(slabStatsOf(SLAB_ENTRY).items, 1);
    ck_assert_uint_eq(slabStatsOf(SLAB_ENTRY).item_bytes, 56);
    ck_assert_uint_eq(slabStatsOf(SLAB_HASH_FIELD).item_bytes, 320);
    ck_assert_uint_eq(slabStatsOf(SLAB_BLOB).page_bytes, 0);
    ck_assert_uint_eq(slabStatsTotal().items, 2);
    ck_assert_uint_eq(slabStatsTotal().item_bytes, 376);
    slabFree(SLAB_ENTRY, a, 50);
    slabFree(SLAB_HASH_FIELD, b, 300);
    ck_assert_uint_eq(slabStatsTotal().items, 0);
    ck_assert_uint_eq(slabStatsTotal().page_bytes, 0);
}
END_TEST

START_TEST(nothingIsToMoveOutsideOfAPass) {
    char *items[4000];
    for (int i = 0; i < 4000; i++) items[i] = slabAlloc(SLAB_ENTRY, 200);
    for (int i = 0; i < 4000; i++)
        if (i % 20) slabFree(SLAB_ENTRY, items[i], 200);
    ck_assert(!slabPassActive(SLAB_ENTRY));
    for (int i = 0; i < 4000; i += 20) ck_assert(!slabShouldMove(SLAB_ENTRY, items[i], 200));
    slabPassBegin(SLAB_ENTRY);
    ck_assert(slabPassActive(SLAB_ENTRY));
    ck_assert(!slabPassActive(SLAB_BLOB));
    slabPassEnd(SLAB_ENTRY);
    for (int i = 0; i < 4000; i += 20) ck_assert(!slabShouldMove(SLAB_ENTRY, items[i], 200));
    ck_assert_uint_eq(slabStatsOf(SLAB_ENTRY).moved, 0);
    for (int i = 0; i < 4000; i += 20) slabFree(SLAB_ENTRY, items[i], 200);
}
END_TEST

#ifdef EBB_SHAKE
START_TEST(everyItemMovesWhenShaken) {
    char *a = slabAlloc(SLAB_ENTRY, 24), *b = slabAlloc(SLAB_ENTRY, 1000);
    slabPassBegin(SLAB_ENTRY);
    ck_assert(slabShouldMove(SLAB_ENTRY, a, 24));
    ck_assert(slabShouldMove(SLAB_ENTRY, b, 1000));
    slabPassEnd(SLAB_ENTRY);
    slabFree(SLAB_ENTRY, a, 24);
    slabFree(SLAB_ENTRY, b, 1000);
}
END_TEST
#endif

#ifndef SLAB_PLAIN

static uintptr_t pageNumber(const void *item) {
    return (uintptr_t)item / SLAB_PAGE;
}

/* Items of one page of 1 KB items, whichever page of its chunk it is, and a bit more. */
enum { BIG = 1024, FILL = SLAB_PAGE / BIG };

START_TEST(kindsAndClassesLieInPagesApart) {
    char *items[300];
    for (int i = 0; i < 300; i++) items[i] = slabAlloc((slabKind)(i % 3), i % 2 ? 40 : 48);
    for (int i = 0; i < 300; i++)
        for (int j = 0; j < i; j++)
            if ((pageNumber(items[i]) == pageNumber(items[j])) != (i % 6 == j % 6))
                ck_abort_msg("items %d and %d", i, j);
    for (int i = 0; i < 300; i++) slabFree((slabKind)(i % 3), items[i], i % 2 ? 40 : 48);
}
END_TEST

START_TEST(aFreedItemIsTheNextOneGiven) {
    char *a = slabAlloc(SLAB_ENTRY, 64), *b = slabAlloc(SLAB_ENTRY, 64);
    slabFree(SLAB_ENTRY, a, 64);
    ck_assert_ptr_eq(slabAlloc(SLAB_ENTRY, 60), a);
    slabFree(SLAB_ENTRY, a, 64);
    slabFree(SLAB_ENTRY, b, 64);
}
END_TEST

#ifdef EBB_SHAKE
START_TEST(freedItemsArePoisonedWhenShaken) {
    unsigned char *a = slabAlloc(SLAB_ENTRY, 64), *b = slabAlloc(SLAB_ENTRY, 64);
    memset(a, 1, 64);
    slabFree(SLAB_ENTRY, a, 64);
    for (int i = 2; i < 64; i++) ck_assert_int_eq(a[i], 0xDB); /* 2 bytes link the free items */
    slabFree(SLAB_ENTRY, b, 64);
}
END_TEST
#endif

START_TEST(theFullestPageWithRoomIsTakenFirst) {
    char *items[4 * FILL];
    for (int i = 0; i < 4 * FILL; i++) items[i] = slabAlloc(SLAB_ENTRY, BIG);
    uintptr_t first = pageNumber(items[0]), second = pageNumber(items[FILL]);
    ck_assert(first != second);
    int sparse = 0, nearly_full = 0; /* holes made in the two */
    for (int i = 0; i < 4 * FILL; i++) {
        if (pageNumber(items[i]) == first && sparse < 20) {
            slabFree(SLAB_ENTRY, items[i], BIG);
            items[i] = NULL;
            sparse++;
        } else if (pageNumber(items[i]) == second && nearly_full < 5) {
            slabFree(SLAB_ENTRY, items[i], BIG);
            items[i] = NULL;
            nearly_full++;
        }
    }
    /* The current page fills first, then the nearly full one, then the sparse one. */
    char *more[2 * FILL];
    int count = 0, in_second = 0;
    do {
        ck_assert_int_lt(count, 2 * FILL);
        more[count] = slabAlloc(SLAB_ENTRY, BIG);
        in_second += pageNumber(more[count]) == second;
    } while (pageNumber(more[count++]) != first);
    ck_assert_int_eq(in_second, 5);
    for (int i = 0; i < count; i++) slabFree(SLAB_ENTRY, more[i], BIG);
    for (int i = 0; i < 4 * FILL; i++)
        if (items[i]) slabFree(SLAB_ENTRY, items[i], BIG);
}
END_TEST

START_TEST(emptyPagesAndChunksGoBackButForAReserve) {
    enum { COUNT = 5 * SLAB_CHUNK / BIG };
    static char *items[COUNT];
    for (int i = 0; i < COUNT; i++) {
        items[i] = slabAlloc(SLAB_ENTRY, BIG);
        memset(items[i], 1, BIG);
    }
    ck_assert_uint_eq(slabReturn(1000), 0);
    ck_assert_uint_ge(slabStatsTotal().chunk_bytes, 5 * (size_t)SLAB_CHUNK);
    for (int i = 0; i < COUNT; i++) slabFree(SLAB_ENTRY, items[i], BIG);
    ck_assert_uint_eq(slabStatsTotal().page_bytes, 0);
    ck_assert_uint_ge(slabStatsTotal().empty_bytes, 5 * (size_t)SLAB_CHUNK - SLAB_PAGE);

    ck_assert_uint_eq(slabReturn(0), 0);
    while (slabReturn(4) > 0) {
    }
    slabStats stats = slabStatsTotal();
    ck_assert_uint_gt(stats.empty_bytes, 0);
    ck_assert_uint_le(stats.empty_bytes, 16 * SLAB_PAGE);
    ck_assert_uint_le(stats.chunk_bytes, SLAB_CHUNK);
    ck_assert_uint_gt(stats.returned_bytes, 4 * (size_t)SLAB_CHUNK);

    for (int i = 0; i < COUNT; i++) { /* What went back serves again. */
        items[i] = slabAlloc(SLAB_ENTRY, BIG);
        memset(items[i], 1, BIG);
    }
    for (int i = 0; i < COUNT; i++) slabFree(SLAB_ENTRY, items[i], BIG);
}
END_TEST

START_TEST(oneCallReturnsNoMorePagesThanAsked) {
    enum { COUNT = SLAB_CHUNK / BIG };
    static char *items[COUNT];
    for (int i = 0; i < COUNT; i++) items[i] = slabAlloc(SLAB_ENTRY, BIG);
    char *stays = slabAlloc(SLAB_BLOB, BIG);
    for (int i = 1; i < COUNT; i++) slabFree(SLAB_ENTRY, items[i], BIG);
    size_t empty = slabStatsTotal().empty_bytes;
    ck_assert_uint_eq(slabReturn(3), 3);
    ck_assert_uint_eq(slabStatsTotal().empty_bytes, empty - 3 * SLAB_PAGE);
    slabFree(SLAB_ENTRY, items[0], BIG);
    slabFree(SLAB_BLOB, stays, BIG);
}
END_TEST

START_TEST(chunksWithPagesInUseAreTakenBeforeEmptyOnes) {
    enum { COUNT = 3 * SLAB_CHUNK / BIG };
    static char *items[COUNT];
    for (int i = 0; i < COUNT; i++) items[i] = slabAlloc(SLAB_ENTRY, BIG);
    uintptr_t keeper = (uintptr_t)items[COUNT / 2] / SLAB_CHUNK;
    for (int i = 0; i < COUNT; i++)
        if (i != COUNT / 2) slabFree(SLAB_ENTRY, items[i], BIG);
    char *other = slabAlloc(SLAB_BLOB, BIG);
    ck_assert_uint_eq((uintptr_t)other / SLAB_CHUNK, keeper);
    slabFree(SLAB_BLOB, other, BIG);
    slabFree(SLAB_ENTRY, items[COUNT / 2], BIG);
}
END_TEST

enum { MANY = 100000, SMALL = 64 };
static char *many[MANY];

/* 10 % of the items that filled their pages, spread evenly. */
static void makeSparse(void) {
    for (int i = 0; i < MANY; i++) many[i] = slabAlloc(SLAB_ENTRY, SMALL);
    for (int i = 0; i < MANY; i++) {
        if (i % 10 == 0) continue;
        slabFree(SLAB_ENTRY, many[i], SMALL);
        many[i] = NULL;
    }
}

static void freeMany(void) {
    for (int i = 0; i < MANY; i++)
        if (many[i]) slabFree(SLAB_ENTRY, many[i], SMALL);
}

static void moveAll(void) {
    for (int i = 0; i < MANY; i++) {
        if (!many[i] || !slabShouldMove(SLAB_ENTRY, many[i], SMALL)) continue;
        char *copy = slabAlloc(SLAB_ENTRY, SMALL);
        slabFree(SLAB_ENTRY, many[i], SMALL);
        many[i] = copy;
    }
}

START_TEST(passIsWorthwhileOnlyWhereMuchIsWasted) {
    ck_assert(!slabPassWorthwhile(SLAB_ENTRY));
    for (int i = 0; i < MANY; i++) many[i] = slabAlloc(SLAB_ENTRY, SMALL);
    ck_assert(!slabPassWorthwhile(SLAB_ENTRY));
    for (int i = 0; i < MANY; i += 20) {
        slabFree(SLAB_ENTRY, many[i], SMALL);
        many[i] = NULL;
    }
    ck_assert(!slabPassWorthwhile(SLAB_ENTRY)); /* 5 % */
    for (int i = 1; i < MANY; i += 10) {
        slabFree(SLAB_ENTRY, many[i], SMALL);
        many[i] = NULL;
    }
    ck_assert(slabPassWorthwhile(SLAB_ENTRY)); /* 15 % */
    ck_assert(!slabPassWorthwhile(SLAB_BLOB));
    freeMany();
    ck_assert(!slabPassWorthwhile(SLAB_ENTRY));
}
END_TEST

START_TEST(fewPagesAreNotWorthAPass) {
    char *items[4 * FILL];
    for (int i = 0; i < 4 * FILL; i++) items[i] = slabAlloc(SLAB_ENTRY, BIG);
    for (int i = 0; i < 4 * FILL; i++)
        if (i % 8) slabFree(SLAB_ENTRY, items[i], BIG);
    ck_assert(!slabPassWorthwhile(SLAB_ENTRY));
    for (int i = 0; i < 4 * FILL; i += 8) slabFree(SLAB_ENTRY, items[i], BIG);
}
END_TEST

START_TEST(onePassPacksTheItems) {
    makeSparse();
    slabPassBegin(SLAB_ENTRY);
    moveAll();
    slabPassEnd(SLAB_ENTRY);
    slabStats stats = slabStatsOf(SLAB_ENTRY);
    ck_assert_uint_eq(stats.items, MANY / 10);
    ck_assert_uint_le(stats.page_bytes, stats.item_bytes + 3 * SLAB_PAGE);
    ck_assert_uint_ge(stats.moved, MANY / 10 / 2);
    ck_assert(!slabPassWorthwhile(SLAB_ENTRY));
    freeMany();
}
END_TEST

#ifndef EBB_SHAKE
START_TEST(nothingIsAllocatedInVictimPages) {
    makeSparse();
    static bool victim[MANY];
    slabPassBegin(SLAB_ENTRY);
    for (int i = 0; i < MANY; i++)
        victim[i] = many[i] && slabShouldMove(SLAB_ENTRY, many[i], SMALL);
    static char *added[MANY];
    for (int i = 0; i < MANY; i++) {
        added[i] = slabAlloc(SLAB_ENTRY, SMALL);
        if (slabShouldMove(SLAB_ENTRY, added[i], SMALL)) ck_abort_msg("item %d", i);
    }
    for (int i = 0; i < MANY; i++) /* The answer stays. */
        if (many[i] && slabShouldMove(SLAB_ENTRY, many[i], SMALL) != victim[i])
            ck_abort_msg("item %d", i);
    slabPassEnd(SLAB_ENTRY);
    for (int i = 0; i < MANY; i++) slabFree(SLAB_ENTRY, added[i], SMALL);
    freeMany();
}
END_TEST
#endif

START_TEST(passBrokenOffLeavesTheHolesInUse) {
    makeSparse();
    size_t pages = slabStatsOf(SLAB_ENTRY).page_bytes;
    slabPassBegin(SLAB_ENTRY);
    for (int i = 0; i < MANY; i++)
        if (many[i]) slabShouldMove(SLAB_ENTRY, many[i], SMALL);
    slabPassEnd(SLAB_ENTRY);
    for (int i = 0; i < MANY; i++)
        if (!many[i]) many[i] = slabAlloc(SLAB_ENTRY, SMALL);
    ck_assert_uint_eq(slabStatsOf(SLAB_ENTRY).page_bytes, pages);
    freeMany();
}
END_TEST

START_TEST(aPassAfterABrokenOffOneDoesItsWork) {
    makeSparse();
    slabPassBegin(SLAB_ENTRY);
    for (int i = 0; i < MANY / 2; i++)
        if (many[i]) slabShouldMove(SLAB_ENTRY, many[i], SMALL);
    slabPassEnd(SLAB_ENTRY);
    ck_assert(slabPassWorthwhile(SLAB_ENTRY));
    slabPassBegin(SLAB_ENTRY);
    moveAll();
    slabPassEnd(SLAB_ENTRY);
    slabStats stats = slabStatsOf(SLAB_ENTRY);
    ck_assert_uint_le(stats.page_bytes, stats.item_bytes + 3 * SLAB_PAGE);
    freeMany();
}
END_TEST

#endif

/* Over SLAB_MAX: what a pass over the heap leaves of 90 % freed at random. */
START_TEST(heapPassFillsSparsePagesOfTheHeap) {
    enum { ITEMS = 20000, SMALLEST = 1100, SIZES = 8000 };
    static struct {
        void *at;
        size_t size;
    } items[ITEMS];
    rng random;
    rngSeed(&random, 1);
    for (size_t i = 0; i < ITEMS; i++) {
        items[i].size = SMALLEST + rngBelow(&random, SIZES);
        items[i].at = slabAlloc(SLAB_BLOB, items[i].size);
        memset(items[i].at, (int)i, items[i].size);
    }
    ck_assert(!slabShouldMove(SLAB_BLOB, items[0].at, items[0].size));
    size_t used = memUsed();
    for (size_t i = 0; i < ITEMS; i++) {
        if (rngBelow(&random, 10) == 0) continue;
        slabFree(SLAB_BLOB, items[i].at, items[i].size);
        items[i].at = NULL;
    }
    ck_assert_uint_lt(memUsed(), used / 5);
    used = memUsed();
    slabStats before = slabStatsOf(SLAB_HEAP);
    if (before.page_bytes) ck_assert(slabPassWorthwhile(SLAB_HEAP));
    slabPassBegin(SLAB_HEAP);
    ck_assert(slabPassActive(SLAB_HEAP));
    for (size_t i = 0; i < ITEMS; i++) {
        if (!items[i].at || !slabShouldMove(SLAB_BLOB, items[i].at, items[i].size)) continue;
        void *to = slabAlloc(SLAB_BLOB, items[i].size);
        memcpy(to, items[i].at, items[i].size);
        slabFree(SLAB_BLOB, items[i].at, items[i].size);
        items[i].at = to;
    }
    slabPassEnd(SLAB_HEAP);
    slabStats after = slabStatsOf(SLAB_HEAP);
    if (before.page_bytes) {
        ck_assert_uint_gt(before.page_bytes, before.item_bytes * 2);
        ck_assert_uint_lt(after.page_bytes, after.item_bytes / 100 * 108);
        ck_assert_uint_gt(after.moved, before.moved);
        ck_assert(!slabPassWorthwhile(SLAB_HEAP));
    }
    ck_assert_uint_eq(memUsed(), used);
    for (size_t i = 0; i < ITEMS; i++) {
        if (!items[i].at) continue;
        ck_assert_int_eq(((uint8_t *)items[i].at)[items[i].size - 1], (uint8_t)i);
        slabFree(SLAB_BLOB, items[i].at, items[i].size);
    }
}
END_TEST

TESTS("slab", goodSizeIsTheClassAndWastesLittle, everyClassSizeBelongsToItsClass,
      sizesOverTheLargestClassPassThroughToMem, memUsedCountsTheClassesOfLiveItems,
      statsAreOfEachKindAndOfAll, nothingIsToMoveOutsideOfAPass, heapPassFillsSparsePagesOfTheHeap
#ifdef EBB_SHAKE
      ,
      everyItemMovesWhenShaken
#endif
#ifndef SLAB_PLAIN
#ifdef EBB_SHAKE
      ,
      freedItemsArePoisonedWhenShaken
#else
      ,
      nothingIsAllocatedInVictimPages
#endif
      ,
      kindsAndClassesLieInPagesApart, aFreedItemIsTheNextOneGiven,
      theFullestPageWithRoomIsTakenFirst, emptyPagesAndChunksGoBackButForAReserve,
      oneCallReturnsNoMorePagesThanAsked, chunksWithPagesInUseAreTakenBeforeEmptyOnes,
      passIsWorthwhileOnlyWhereMuchIsWasted, fewPagesAreNotWorthAPass, onePassPacksTheItems,
      passBrokenOffLeavesTheHolesInUse, aPassAfterABrokenOffOneDoesItsWork
#endif
)
