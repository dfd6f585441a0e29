/* rdb_save_value.h - the value of an entry in the RDB format.
 *
 * Written as the oldest type that can say it, so that older servers read it where they can: sets
 * that are listpacks and hashes whose deadlines are gone go out element by element, streams as
 * Redis 7.0 knows them unless a consumer was seen after it was active. What has no public form
 * (arrays; streams with idempotent producers) has one of Ebb's own: see rdb_own.h. A pending entry
 * without an owner is written into its group and to no consumer. */
#ifndef EBB_STORAGE_PERSIST_RDB_SAVE_VALUE_H
#define EBB_STORAGE_PERSIST_RDB_SAVE_VALUE_H

#include "storage/persist/rdb_format.h"
#include "storage/persist/rdb_write.h"
#include "storage/types/entry.h"

rdbType rdbTypeOf(const entry *e);
/* The first version of the format that has the type, RDB_VERSION_7_0 at least. */
unsigned rdbVersionOf(rdbType type);
/* The value alone, as the type that rdbTypeOf() gave. */
void rdbSaveValue(rdbSink *s, const entry *e, rdbType type);

#endif
