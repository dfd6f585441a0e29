/* discard.h - what was deleted but is too big to free at once, freed in slices.
 *
 * Whole dicts of entries with their expiry dictionaries (FLUSH), big blobs and, later, big
 * collections wait here; the background task (expire/cycle) frees them a slice at a time. Small
 * things never come here: freeing them now is cheaper than remembering them. */
#ifndef EBB_STORAGE_DB_DISCARD_H
#define EBB_STORAGE_DB_DISCARD_H

#include "expire/index/expiry_dict.h"
#include "storage/struct/dict.h"
#include "storage/types/entry.h"

typedef struct discardQueue discardQueue;

discardQueue *discardNew(void);
/* Frees everything that waits, at once. Takes q. */
void discardFree(discardQueue *q);

/* Frees 'e' now, or puts its value in the queue where that is big (more than ~64 items, or a blob
 * over 1 MB). Takes e. */
void discardEntry(discardQueue *q, entry *e);
/* The same for e's value alone, where that is a blob or a collection: e stays, with a NULL pointer,
 * for the caller to give it another value. */
void discardValue(discardQueue *q, entry *e);
/* Takes a whole keyspace: every entry of 'keys', then the tables. */
void discardKeyspace(discardQueue *q, dict *keys, expiryDict *expires, deadlines *fields);

/* Frees about 'items' small things (each well under a microsecond). False when nothing waits. */
bool discardStep(discardQueue *q, size_t items);

/* True if nothing waits. A keyspace still does when its last object is gone, with its tables. */
bool discardIsEmpty(const discardQueue *q);
/* What waits: objects (a key of a keyspace, a blob, a collection), and about how many bytes they
 * are. Both O(1). Of a keyspace the tables are known and the entries are judged by a sample of 32,
 * taken when it came. */
size_t discardPending(const discardQueue *q);
size_t discardPendingBytes(const discardQueue *q);
/* Objects freed through the queue since the start (INFO lazyfreed_objects); reset by RESETSTAT. */
size_t discardFreed(const discardQueue *q);
/* So many more were freed in slices elsewhere. */
void discardNoteFreed(discardQueue *q, size_t objects);
void discardResetStats(discardQueue *q);

#endif
