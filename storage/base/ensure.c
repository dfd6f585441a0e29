#include "storage/base/ensure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void (*crash_hook)(const char *condition, const char *file, int line);

void ensureSetHook(void (*hook)(const char *condition, const char *file, int line)) {
    crash_hook = hook;
}

void ensureFailed(const char *condition, const char *file, int line) {
    fprintf(stderr, "=== ASSERTION FAILED ===\n==> %s:%d '%s' is not true\n", file, line,
            condition);
    fflush(stderr);
    void (*hook)(const char *, const char *, int) = crash_hook;
    crash_hook = NULL; /* A failure inside the report must not report again. */
    if (hook) hook(condition, file, line);
    abort();
}

void ensurePanic(const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ensureFailed(text, "panic", 0);
}
