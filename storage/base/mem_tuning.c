#include "storage/base/mem_tuning.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#ifdef EBB_JEMALLOC
#include <jemalloc/jemalloc.h>

void memReport(void (*write)(void *ctx, const char *text), void *ctx) {
    malloc_stats_print(write, ctx, "gblax");
}

int memTuneInteger(const char *name, int64_t *value, const int64_t *set) {
    union {
        uint64_t wide;
        uint32_t narrow;
        bool flag;
    } old = {0}, new = {0};
    static const size_t sizes[] = {sizeof(uint64_t), sizeof(uint32_t), sizeof(bool)};
    int error = EINVAL;
    for (size_t i = 0; i < 3 && error == EINVAL; i++) {
        size_t size = sizes[i];
        if (set && i == 0) new.wide = (uint64_t)*set;
        if (set && i == 1) new.narrow = (uint32_t)*set;
        if (set && i == 2) new.flag = *set != 0;
        error = mallctl(name, &old, &size, set ? &new : NULL, set ? sizes[i] : 0);
        if (error) continue;
        *value = i == 0 ? (int64_t)old.wide : i == 1 ? (int64_t)old.narrow : old.flag;
    }
    return error;
}

int memTuneText(const char *name, const char **value, const char *set) {
    *value = NULL;
    if (set && strcmp(set, "VOID") == 0) return mallctl(name, NULL, NULL, NULL, 0);
    size_t size = sizeof *value;
    return mallctl(name, value, &size, set ? &set : NULL, set ? sizeof set : 0);
}

#else

void memReport(void (*write)(void *ctx, const char *text), void *ctx) {
    write(ctx, "Stats not supported for the current allocator");
}

int memTuneInteger(const char *name, int64_t *value, const int64_t *set) {
    (void)name, (void)value, (void)set;
    return ENOSYS;
}

int memTuneText(const char *name, const char **value, const char *set) {
    (void)name, (void)set;
    *value = NULL;
    return ENOSYS;
}

#endif
