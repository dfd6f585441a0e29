/* rdb_dump.h - one value as DUMP replies with it and RESTORE takes it.
 *
 *     [type] [value] [version: u16] [crc64 of all before: u64]      little-endian */
#ifndef EBB_STORAGE_PERSIST_RDB_DUMP_H
#define EBB_STORAGE_PERSIST_RDB_DUMP_H

#include "storage/persist/rdb_load_value.h"
#include "storage/persist/rdb_save_value.h"

typedef enum rdbDumped {
    RDB_DUMPED,
    RDB_NO_MEMORY /* for a payload of its size */
} rdbDumped;

/* Appends the payload of a value to an empty buffer. */
rdbDumped rdbDump(rdbBuffer *b, const entry *e);

/* True if the payload is of a version that is known and its checksum is right.
 * 'skip_checksum' looks at the version alone. */
bool rdbDumpIsTrue(bytes payload, bool skip_checksum);
/* The value of a payload that is true; see rdbLoadValue(). */
entry *rdbDumpLoad(bytes payload, bytes key, const typeLimits *limits, rdbReader *r);

#endif
