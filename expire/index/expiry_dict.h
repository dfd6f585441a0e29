/* expiry_dict.h - the expiry dictionary of one db: which key dies when.
 *
 * Beside the main dict, over storage/struct/deadlines: entries ordered by the deadline that each
 * carries. Owns no entry. Whoever moves, changes or removes an entry with a deadline tells it here
 * (only storage/db does). */
#ifndef EBB_EXPIRE_INDEX_EXPIRY_DICT_H
#define EBB_EXPIRE_INDEX_EXPIRY_DICT_H

#include "storage/struct/deadlines.h"
#include "storage/types/entry.h"

typedef struct expiryDict expiryDict;

expiryDict *expiryDictNew(void);
void expiryDictFree(expiryDict *x);

size_t expiryDictCount(const expiryDict *x);
size_t expiryDictBytes(const expiryDict *x);

/* 'e' has a deadline and is not in it. */
void expiryDictAdd(expiryDict *x, entry *e, uint64_t hash);
/* 'e' still carries the deadline it was added with. */
void expiryDictRemove(expiryDict *x, const entry *e, uint64_t hash);
/* The entry at 'from' (whose bytes may be gone) now lives at 'to', deadline unchanged. */
void expiryDictRepoint(expiryDict *x, const entry *from, entry *to, uint64_t hash);

/* The next deadline or DEADLINE_NONE. */
int64_t expiryDictNext(const expiryDict *x);
/* Up to 'max' entries due by 'now_ms', first things first; left in the index. */
size_t expiryDictPeekDue(const expiryDict *x, int64_t now_ms, entry **due, size_t max);
/* The entry that is due first, whenever that is, and one drawn uniformly; NULL if there is none. */
entry *expiryDictFirst(const expiryDict *x);
entry *expiryDictRandom(const expiryDict *x, rng *r);
size_t expiryDictDueEstimate(const expiryDict *x, int64_t now_ms);
int64_t expiryDictAverageTtl(const expiryDict *x, int64_t now_ms);

/* For dropping a whole db in slices; see deadlinesDropStep(). */
bool expiryDictDropStep(expiryDict *x, size_t max_nodes);

#endif
