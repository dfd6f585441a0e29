/* rdb_load_value.h - values out of the RDB format, from bytes that may be anything.
 *
 * What comes out is whole and obeys every invariant of its type, or it is an error: no element
 * twice, counts that are true, small forms checked byte by byte (whatever sanitize-dump-payload
 * says). Memory is taken for what is there, never for what is promised. */
#ifndef EBB_STORAGE_PERSIST_RDB_LOAD_VALUE_H
#define EBB_STORAGE_PERSIST_RDB_LOAD_VALUE_H

#include "storage/persist/rdb_format.h"
#include "storage/persist/rdb_read.h"
#include "storage/types/entry.h"
#include "storage/types/type_limits.h"

/* The error of a collection without elements: it was read to its end, and is not to be kept. */
extern const char rdbIsEmpty[];

/* The value of a type, as a free-standing entry under 'key' in the encoding that 'limits' ask for.
 * NULL: r->error and r->error_at say what is wrong where. */
entry *rdbLoadValue(rdbReader *r, uint8_t type, bytes key, const typeLimits *limits);

#endif
