#include "server/observe/heap_tuning.h"

#include <errno.h>

#include "storage/base/mem.h"

#ifdef EBB_JEMALLOC
#include <jemalloc/jemalloc.h>

static void appendText(void *ctx, const char *text) {
    infoText *t = ctx;
    size_t size = strlen(text);
    if (t->capacity - t->size < size) {
        t->capacity = (t->capacity + size) * 2;
        t->data = memRealloc(t->data, t->capacity);
    }
    memcpy(t->data + t->size, text, size);
    t->size += size;
}

void heapReport(infoText *t) {
    /* Room beforehand: the report is made under locks of the heap that must not be asked again. */
    t->capacity = 256 * 1024;
    t->data = memRealloc(t->data, t->capacity);
    malloc_stats_print(appendText, t, "gblax");
}

bool heapCanBeTuned(void) {
    return true;
}

int heapInteger(const char *name, int64_t *value, const int64_t *set) {
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

int heapText(const char *name, const char **value, const char *set) {
    *value = NULL;
    if (set && strcmp(set, "VOID") == 0) return mallctl(name, NULL, NULL, NULL, 0);
    size_t size = sizeof *value;
    return mallctl(name, value, &size, set ? &set : NULL, set ? sizeof set : 0);
}

#else

void heapReport(infoText *t) {
    infoLine(t, "Stats not supported for the current allocator");
}

bool heapCanBeTuned(void) {
    return false;
}

int heapInteger(const char *name, int64_t *value, const int64_t *set) {
    (void)name, (void)value, (void)set;
    return ENOSYS;
}

int heapText(const char *name, const char **value, const char *set) {
    (void)name, (void)set;
    *value = NULL;
    return ENOSYS;
}

#endif
