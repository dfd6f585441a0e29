/* rdb_own.h - what has no public form in RDB files, in one of Ebb's own.
 *
 *   RDB_EBB_ARRAY    count, cursor, size of the ring, then (empty places before it, value)
 *   RDB_EBB_STREAM   as RDB_STREAM_3, then what its idempotent producers are remembered by:
 *                    duration and maxsize of its own, messages added, duplicates refused,
 *                    count of producers, then (name, count, then (ID, name), the oldest first)
 *
 * Numbers are lengths, an ID is two of them. A payload or file that holds one is of version
 * RDB_VERSION_EBB, which other servers refuse instead of misreading it. */
#ifndef EBB_STORAGE_PERSIST_RDB_OWN_H
#define EBB_STORAGE_PERSIST_RDB_OWN_H

#include "storage/persist/rdb_write.h"
#include "storage/types/t_stream.h"

void rdbSaveArray(rdbSink *s, const entry *e);
void rdbSaveProducers(rdbSink *s, const stream *st);

#endif
