/* ensure.h - checks of the programmer's own errors: compiled in always, never of input.
 *
 * A failed check writes one line to the log sink, calls the crash hook (the crash report, once
 * the server has set one) and aborts. Conditions have no side effects. */
#ifndef EBB_STORAGE_BASE_ENSURE_H
#define EBB_STORAGE_BASE_ENSURE_H

#define ensure(condition)                                                                          \
    (__builtin_expect(!!(condition), 1) ? (void)0 : ensureFailed(#condition, __FILE__, __LINE__))

/* Marks a place that cannot be reached. */
#define unreachable() ensureFailed("unreachable", __FILE__, __LINE__)

_Noreturn void ensureFailed(const char *condition, const char *file, int line);

/* 'hook' is called once with the failed condition before abort(); NULL takes it away. */
void ensureSetHook(void (*hook)(const char *condition, const char *file, int line));

/* The last words after which the process aborts: out of memory, a broken invariant with figures. */
_Noreturn void ensurePanic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
