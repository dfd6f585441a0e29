/* check_rdb.h - ebb-check-rdb: the server's binary under another name, or with --check-rdb. Says
 * whether an RDB file is whole, in the words that operators of redis-check-rdb know. */
#ifndef EBB_SERVER_CHECK_RDB_H
#define EBB_SERVER_CHECK_RDB_H

#include <stdbool.h>
#include <stdint.h>

/* True if these arguments ask for it and not for a server. */
bool checkRdbIsAsked(int argc, char *const *argv);
/* The exit status: 0 where all is well. Prints to standard output. */
int checkRdb(int argc, char *const *argv);

/* The same of what stands at the start of an open file of 'size' bytes, called 'name': before the
 * records of an AOF. '*end' is behind it then. */
bool checkRdbPart(int fd, uint64_t size, const char *name, uint64_t *end);

#endif
