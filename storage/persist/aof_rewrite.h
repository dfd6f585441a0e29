/* aof_rewrite.h - all data as the commands that make it: a base of the log without an RDB file.
 *
 * For each db SELECT, then for each key the commands of its type with up to 64 items each, and
 * PEXPIREAT. Libraries of functions come first, as FUNCTION LOAD. What no command can say (a
 * stream whose groups have entries pending that are gone or nobody's, or that remembers idempotent
 * producers; an array that was a ring) is a RESTORE with the value's RDB form.
 *
 * Not told: when consumers were seen, and access bits. Nothing may change meanwhile: a forked
 * child, or a server that waits. */
#ifndef EBB_STORAGE_PERSIST_AOF_REWRITE_H
#define EBB_STORAGE_PERSIST_AOF_REWRITE_H

#include "storage/persist/rdb_save.h"

enum { AOF_REWRITE_ITEMS = 64 };

/* The same source as that of an RDB file; what is said there of access bits, versions and checksums
 * is for that alone. 'time_s': a note of the time stands first; 0: none does. Flushed. 0, or an
 * errno. */
int aofRewrite(const rdbSource *from, int64_t time_s, rdbOut *to);

#endif
