/* aof_rewrite_internal.h - records put into a sink, for aof_rewrite*.c alone. */
#ifndef EBB_STORAGE_PERSIST_AOF_REWRITE_INTERNAL_H
#define EBB_STORAGE_PERSIST_AOF_REWRITE_INTERNAL_H

#include "storage/persist/rdb_write.h"
#include "storage/types/t_stream.h"

/* A record of 'argc' arguments begins with these two; the others follow. */
void aofPutCommand(rdbSink *s, size_t argc, bytes name, bytes first);
void aofPutArg(rdbSink *s, bytes arg);
void aofPutNumber(rdbSink *s, int64_t number);

/* True if commands can say all of it. */
bool aofStreamIsPlain(const stream *st);
void aofPutStream(rdbSink *s, bytes key, const stream *st);

#endif
