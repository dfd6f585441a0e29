#include "storage/base/slab_internal.h"

#include <sys/mman.h>

#include "storage/base/ensure.h"

#ifndef SLAB_PLAIN

enum {
    /* Empty and resident, kept against flapping: one for so many in use, but not more than ... */
    RESERVE_SHARE = 16,
    RESERVE_PAGES = 16,
    RESERVE_CHUNKS = 1, /* with no page used */
};

_Static_assert(sizeof(slabPage) == 64, "a page's header is one cache line");
_Static_assert(offsetof(slabChunk, rest) % 64 == 0, "items of page 0 start on a cache line");

static void chunkList(slabChunk *chunk, unsigned used) {
    chainPrepend(&slabs.chunks[used], &chunk->by_used);
    if (used < SLAB_CHUNK_PAGES) slabs.chunks_with_room |= (uint64_t)1 << used;
}

static void chunkUnlist(slabChunk *chunk, unsigned used) {
    chainRemove(&slabs.chunks[used], &chunk->by_used);
    if (used < SLAB_CHUNK_PAGES && chainIsEmpty(&slabs.chunks[used]))
        slabs.chunks_with_room &= ~((uint64_t)1 << used);
}

static unsigned usedPages(const slabChunk *chunk) {
    return (unsigned)__builtin_popcountll(chunk->used);
}

static slabChunk *chunkMap(void) {
    size_t size = 2 * (size_t)SLAB_CHUNK;
    char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) ensurePanic("out of memory mapping a slab chunk");
    size_t before = (SLAB_CHUNK - ((uintptr_t)map & (SLAB_CHUNK - 1))) & (SLAB_CHUNK - 1);
    size_t after = SLAB_CHUNK - before;
    if (before) munmap(map, before);
    if (after) munmap(map + before + SLAB_CHUNK, after);
    void *aligned = map + before;
    /* A huge page would come back whole at the first touch of what was returned of it. */
    madvise(aligned, SLAB_CHUNK, MADV_NOHUGEPAGE);
    slabs.chunk_count++;
    return aligned;
}

static void listsInit(void) {
    for (unsigned i = 0; i <= SLAB_CHUNK_PAGES; i++) chainInit(&slabs.chunks[i]);
    chainInit(&slabs.resident);
}

/* Takes the 'pages' of 'chunk', all empty and resident, out of the count of those. */
static void forgetResident(slabChunk *chunk, uint64_t pages) {
    chunk->resident &= ~pages;
    slabs.empty_pages -= (size_t)__builtin_popcountll(pages);
    if (!chunk->resident && chainLinked(&chunk->by_empty))
        chainRemove(&slabs.resident, &chunk->by_empty);
}

slabPage *slabPageTake(void) {
    slabChunk *chunk;
    unsigned used = 0;
    if (slabs.chunks_with_room) {
        used = 63 - (unsigned)__builtin_clzll(slabs.chunks_with_room);
        chunk = CHAIN_ITEM(chainFirst(&slabs.chunks[used]), slabChunk, by_used);
        chunkUnlist(chunk, used);
    } else {
        if (!slabs.resident.ends.next) listsInit();
        chunk = chunkMap();
    }
    uint64_t free = ~chunk->used;
    if (chunk->resident) free = chunk->resident; /* Spares the page faults. */
    unsigned index = (unsigned)__builtin_ctzll(free);
    uint64_t bit = (uint64_t)1 << index;
    chunk->used |= bit;
    slabs.used_pages++;
    if (chunk->resident) forgetResident(chunk, bit);
    chunkList(chunk, used + 1);
    return &chunk->pages[index];
}

void slabPageGive(slabPage *page) {
    slabChunk *chunk = slabChunkOf(page);
    unsigned used = usedPages(chunk);
    uint64_t bit = (uint64_t)1 << (page - chunk->pages);
    ensure(chunk->used & bit);
    chunkUnlist(chunk, used);
    chunk->used &= ~bit;
    slabs.used_pages--;
    chunkList(chunk, used - 1);
    if (!chunk->resident) chainAppend(&slabs.resident, &chunk->by_empty);
    chunk->resident |= bit;
    slabs.empty_pages++;
}

static size_t chunkUnmap(slabChunk *chunk) {
    size_t pages = (size_t)__builtin_popcountll(chunk->resident);
    chunkUnlist(chunk, 0);
    if (chunk->resident) forgetResident(chunk, chunk->resident);
    slabs.chunk_count--;
    slabs.returned_bytes += pages * SLAB_PAGE;
    munmap(chunk, SLAB_CHUNK);
    return pages ? pages : 1;
}

/* Returns the first run of empty resident pages of 'chunk', 'most' of them; how many it was. */
static size_t returnRun(slabChunk *chunk, size_t most) {
    unsigned first = (unsigned)__builtin_ctzll(chunk->resident);
    uint64_t run = chunk->resident >> first;
    size_t pages = ~run ? (size_t)__builtin_ctzll(~run) : SLAB_CHUNK_PAGES;
    if (pages > most) pages = most;
    uint64_t mask = pages < 64 ? ((uint64_t)1 << pages) - 1 : ~(uint64_t)0;
    forgetResident(chunk, mask << first);

    char *from = (char *)chunk + (size_t)first * SLAB_PAGE;
    size_t size = pages * SLAB_PAGE;
    if (first == 0) { /* The headers stay, with the rest of their page of the machine. */
        enum { HEAD = 8192 };
        _Static_assert(offsetof(slabChunk, rest) <= HEAD, "headers reach into returned memory");
        from += HEAD;
        size -= HEAD;
    }
    /* It may fail where the memory is locked, or the machine's pages are larger than ours. */
    if (madvise(from, size, MADV_DONTNEED) == 0) slabs.returned_bytes += size;
    return pages;
}

/* A small server must not hold more in reserve than it can use. */
static size_t reservePages(void) {
    size_t share = slabs.used_pages / RESERVE_SHARE + 1;
    return share < RESERVE_PAGES ? share : RESERVE_PAGES;
}

size_t slabReturn(size_t max_pages) {
    size_t done = 0, reserve = reservePages();
    if (max_pages > 0 && slabs.chunks[0].count > RESERVE_CHUNKS) {
        slabChunk *chunk = CHAIN_ITEM(chainFirst(&slabs.chunks[0]), slabChunk, by_used);
        /* Unmapping takes as long as the pages that are resident yet. */
        if ((size_t)__builtin_popcountll(chunk->resident) > max_pages)
            return returnRun(chunk, max_pages);
        return chunkUnmap(chunk);
    }
    while (done < max_pages && slabs.empty_pages > reserve) {
        slabChunk *chunk = CHAIN_ITEM(chainFirst(&slabs.resident), slabChunk, by_empty);
        size_t over = slabs.empty_pages - reserve;
        size_t left = max_pages - done;
        done += returnRun(chunk, over < left ? over : left);
    }
    return done;
}

#endif
