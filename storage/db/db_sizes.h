/* db_sizes.h - how many keys of a db are how large: one count for each type and power of two, kept
 * as keys change, for INFO keysizes.
 *
 * Strings change through the db, which counts them over at once. Collections change in the hands of
 * whoever opened them: the db remembers which those were, and under which size it has counted them,
 * and looks again when somebody asks or when they become too many. */
#ifndef EBB_STORAGE_DB_DB_SIZES_H
#define EBB_STORAGE_DB_DB_SIZES_H

#include "storage/db/db.h"

/* Bin 0 is of size 0, bin n of 2^(n-1) up to 2^n - 1. */
enum { DB_SIZE_BINS = 65 };

static inline unsigned dbSizeBin(uint64_t size) {
    return size ? 64 - (unsigned)__builtin_clzll(size) : 0;
}

/* By the bytes of a string, the elements of a collection; bin 0 of types that are not counted. */
unsigned dbSizeBinOf(const entry *e);

/* DB_SIZE_BINS counts of the keys of a type; borrowed until the next change. NULL: the db has never
 * had a key. */
const uint64_t *dbSizes(db *d, valueType type);

#endif
