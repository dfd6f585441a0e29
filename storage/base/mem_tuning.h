/* mem_tuning.h - the heap allocator's own report and settings: MEMORY MALLOC-STATS, DEBUG MALLCTL.
 *
 * Of jemalloc where the build uses it; else there is nothing to see, and calls say so. */
#ifndef EBB_STORAGE_BASE_MEM_TUNING_H
#define EBB_STORAGE_BASE_MEM_TUNING_H

#include <stdint.h>

/* Calls write with the parts of the allocator's text. */
void memReport(void (*write)(void *ctx, const char *text), void *ctx);

/* Reads a setting and, with 'set', then writes it. 0, or an errno; *value is what it was. */
int memTuneInteger(const char *name, int64_t *value, const int64_t *set);
/* The same of a text; *value is NULL where the setting has none, else borrowed. 'set' "VOID" calls
 * a setting that takes nothing. */
int memTuneText(const char *name, const char **value, const char *set);

#endif
