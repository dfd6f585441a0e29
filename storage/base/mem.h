/* mem.h - the heap: everything that is not a slab item.
 *
 * Over jemalloc in the release build (EBB_JEMALLOC), over malloc under sanitizers. Counts what is
 * handed out, so that INFO and limits know it without asking the allocator. Counters are kept per
 * thread and summed on reading: no atomic instruction on the way of a request.
 *
 * Out of memory aborts through ensurePanic; only memTry* returns NULL, for sizes that a client
 * chose. Fault tests make memTry* fail through memFailAfter(). */
#ifndef EBB_STORAGE_BASE_MEM_H
#define EBB_STORAGE_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memAlloc(size_t size) __attribute__((malloc, returns_nonnull));
void *memCalloc(size_t count, size_t size) __attribute__((returns_nonnull));
void *memRealloc(void *ptr, size_t size) __attribute__((returns_nonnull));
void memFree(void *ptr);

/* 'size' bytes at a multiple of 'alignment', a power of two that divides 'size'. Freed with
 * memFree. */
void *memAllocAligned(size_t alignment, size_t size) __attribute__((malloc, returns_nonnull));

/* NULL where the memory cannot be had, always over MEM_TRY_MAX (no client has a use for more) and
 * where the machine has not as much, whatever the kernel would promise. */
#define MEM_TRY_MAX ((size_t)1 << 39)
void *memTryAlloc(size_t size);
void *memTryRealloc(void *ptr, size_t size);

/* A zero-terminated copy of 'text'. */
char *memText(const char *text) __attribute__((returns_nonnull));

/* What an allocation of 'size' really takes, and what 'ptr' has (usable bytes, at least its size).
 */
size_t memGoodSize(size_t size);
size_t memUsable(const void *ptr);

/* Bytes handed out by this module and, through memCount(), by slabs and mappings. */
size_t memUsed(void);
/* What the machine has, swap included; SIZE_MAX if it does not say. */
size_t memMachineBytes(void);
/* The highest memUsed() seen by memNotePeak(), which the cron calls; memPeakReset for RESETSTAT. */
size_t memPeak(void);
void memNotePeak(void);
void memPeakReset(void);
/* Adds (or with a negative number takes) bytes that another allocator in this process holds. */
void memCount(int64_t bytes);

/* "jemalloc-5.3.0" or "libc", as INFO's mem_allocator prints. */
const char *memAllocatorName(void);

/* The allocator's own figures, in bytes; all zero but 'allocated' where it has none (libc). */
typedef struct memStats {
    size_t allocated; /* handed out */
    size_t active;    /* pages that hold them */
    size_t metadata;
    size_t resident; /* pages mapped and touched, those waiting for their decay included */
    size_t mapped;
    size_t retained; /* address space kept, with no pages behind it */
    size_t dirty;    /* freed pages still resident */
    size_t muzzy;    /* freed pages the kernel may take */
} memStats;
memStats memAllocatorStats(void);

/* Gives every free page back to the kernel now: MEMORY PURGE. Any thread may; the others go on. It
 * takes as long as there are pages, about 100 ms a GiB. */
void memPurge(void);
/* Gives the heap back what it keeps at hand for this thread alone. */
void memTrimThread(void);
/* Whether what is freed is going to be allocated again soon: free pages then stay for two seconds
 * rather than one before they go back. */
void memKeepPages(bool keep);

/* The n-th memTry* from now returns NULL once, or (memFailFrom) it and all that follow; 0 switches
 * that off. For tests. */
void memFailAfter(uint64_t n);
void memFailFrom(uint64_t n);

#endif
