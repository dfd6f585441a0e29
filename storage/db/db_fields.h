/* db_fields.h - which hash of a db has the field that dies next.
 *
 * A third index beside main dict and expiry dictionary: entries that are hashes with field
 * deadlines, ordered by the next one of each. The db keeps it through all that moves, adds and
 * removes entries; who changes the fields of a hash in hand says so by dbFieldsChanged(). A hash
 * remembers under which deadline it was filed (t_hash_ttl.h), so the index is whole at any time. */
#ifndef EBB_STORAGE_DB_DB_FIELDS_H
#define EBB_STORAGE_DB_DB_FIELDS_H

#include "storage/db/db.h"
#include "storage/types/t_hash_ttl.h"

/* Files 'e' anew where its next field deadline is another than it was filed under. */
void dbFileFields(db *d, keyRef key, entry *e);
/* To be called after any change to the fields of a hash in hand, before the next call to the db. */
static inline void dbFieldsChanged(db *d, keyRef key, entry *e) {
    if (hashMayHaveDeadlines(e)) dbFileFields(d, key, e);
}

/* Hashes that have fields with a deadline. */
size_t dbFieldHashes(const db *d);
/* Of the field due next, or DEADLINE_NONE; it goes once the time is greater. */
int64_t dbNextFieldDeadline(const db *d);
/* True one millisecond after the deadline, not at it: as of keys. */
bool dbIsFieldPast(const db *d, int64_t deadline_ms);

/* Up to 'max' fields past their deadline removed, and the hashes that are empty then (DB_DELETED).
 * The number of fields. */
size_t dbExpireFields(db *d, size_t max);
/* The same for one hash. The entry, or NULL if it is gone. Nothing happens where fields may only be
 * hidden. */
entry *dbExpireFieldsOf(db *d, keyRef key, entry *e, size_t max);
/* The same for those of 'count' fields (every 'stride'-th of 'names') that are past their deadline.
 */
entry *dbExpireNamed(db *d, keyRef key, entry *e, const bytes *names, size_t count, size_t stride);

#endif
