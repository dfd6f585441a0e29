/* rdb_save_stream.h - streams in the RDB format: nodes as they are, counters, consumer groups. */
#ifndef EBB_STORAGE_PERSIST_RDB_SAVE_STREAM_H
#define EBB_STORAGE_PERSIST_RDB_SAVE_STREAM_H

#include "storage/persist/rdb_format.h"
#include "storage/persist/rdb_write.h"
#include "storage/types/t_stream.h"

/* RDB_STREAM_2, RDB_STREAM_3 where a consumer's two times differ, or RDB_EBB_STREAM. */
rdbType rdbStreamType(const stream *st);
void rdbSaveStream(rdbSink *s, const stream *st, rdbType type);

#endif
