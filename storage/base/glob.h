/* glob.h - glob patterns as KEYS, SCAN and PSUBSCRIBE know them: * ? [a-c] [^a] \x.
 *
 * Bounded: a pattern of many stars cannot make it run for ever (it backtracks to the last star
 * only, which is enough for globs), and one of more than GLOB_STARS_MAX matches nothing that would
 * have to pass them all, as clients know it. */
#ifndef EBB_STORAGE_BASE_GLOB_H
#define EBB_STORAGE_BASE_GLOB_H

#include <stdbool.h>

#include "storage/base/bytes.h"

/* Runs of stars. */
enum { GLOB_STARS_MAX = 1000 };

bool globMatch(bytes pattern, bytes text, bool ignore_case);

/* True if the pattern is the single '*', which needs no matching. */
static inline bool globIsAll(bytes pattern) {
    return pattern.size == 1 && pattern.data[0] == '*';
}

#endif
