/* t_hash_ttl.h - deadlines of the fields of a hash.
 *
 * Beside them a hash remembers under which deadline a db has filed it (storage/db/db_fields.h): the
 * next one of its fields, as it was when the db last looked. So the db's index is right at any
 * time, whatever has happened to the fields since. */
#ifndef EBB_STORAGE_TYPES_T_HASH_TTL_H
#define EBB_STORAGE_TYPES_T_HASH_TTL_H

#include "storage/struct/deadlines.h"
#include "storage/types/t_hash.h"

/* The latest deadline a field may have. */
#define HASH_DEADLINE_MAX (((int64_t)1 << 46) - 1)

/* True if 'e' is a hash of a form that can have deadlines; only then is it worth asking further. */
static inline bool hashMayHaveDeadlines(const entry *e) {
    if (entryType(e) != TYPE_HASH) return false;
    return entryEncoding(e) == ENCODING_DICT || entryEncoding(e) == ENCODING_LISTPACK_EX;
}

/* Of the field due next, or DEADLINE_NONE. O(1) in most calls. */
int64_t hashNextDeadline(const entry *e);

/* Gives a field its deadline (0 < deadline_ms <= HASH_DEADLINE_MAX), or takes it away with
 * DEADLINE_NONE. False if there is no such field. */
bool hashSetDeadline(entry *e, bytes field, int64_t deadline_ms);

/* Removes up to 'max' of the fields due at 'past_ms' or before, first things first. 'visit' sees
 * each before it goes. The number. */
size_t hashRemoveDue(entry *e, int64_t past_ms, size_t max, hashVisit visit, void *ctx);

/* The listpack of a small hash that has deadlines (ENCODING_LISTPACK_EX), for RDB. Borrowed. */
bytes hashTimedPack(const entry *e);

/* The deadline under which a db has filed it, or DEADLINE_NONE. */
int64_t hashFiled(const entry *e);
/* Of a hash that may have deadlines. */
void hashSetFiled(entry *e, int64_t deadline_ms);

#endif
