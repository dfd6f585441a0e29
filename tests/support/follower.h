/* follower.h - a second fake server that runs whatever the first tells its followers, as a log that
 * is replayed or a replica does: deadlines are held, and its clock is another one. */
#ifndef EBB_TESTS_SUPPORT_FOLLOWER_H
#define EBB_TESTS_SUPPORT_FOLLOWER_H

#include "tests/support/fake_server.h"

typedef struct follower follower;

/* Follows from now on, as FOLLOWS_LOG or FOLLOWS_REPLICA. Its clock is 'ahead_ms' before that of
 * 'of', or behind. */
follower *followerNew(fakeServer *of, uint32_t kind, int64_t ahead_ms);
void followerFree(follower *w);
fakeServer *followerServer(follower *w);

/* The records since the last call, "0:SET a 1;3:DEL a;" by db: good until the next one. */
const char *followerTold(follower *w);
/* The first error that a record met, with the record; NULL: none did. */
const char *followerError(const follower *w);

/* All data as text, a line a key in their order: what DEBUG DIGEST looks at, deadlines of keys and
 * fields, groups of streams with what is pending (not when consumers were seen), cursors of arrays.
 * free() it. */
char *dataText(server *s);
/* Fails the test, showing the first key that differs, where the two do not hold the same. */
void followerCheck(follower *w);

#endif
