/* t_set.h - sets: members in no order, each once.
 *
 *     ENCODING_INTSET     integers only, up to set-max-intset-entries of them
 *     ENCODING_LISTPACK   up to set-max-listpack-entries members of set-max-listpack-value bytes
 *     ENCODING_DICT       a dict of items, each the varint size of the member and its bytes
 *
 * A set grows from one into the next and never back. Calls take the entry (of TYPE_SET) and change
 * it in place: its address stays. Who removes the last member leaves an empty set behind, which the
 * caller deletes. Algebra is in t_set_ops.h, chance in t_set_random.h. Knows nothing of replies. */
#ifndef EBB_STORAGE_TYPES_T_SET_H
#define EBB_STORAGE_TYPES_T_SET_H

#include "storage/struct/dict_iter.h"
#include "storage/struct/intset.h"
#include "storage/struct/listpack.h"
#include "storage/types/entry.h"
#include "storage/types/type_limits.h"
#include "storage/types/values.h"

/* The rows of values.c. */
extern const valueOps setIntsetOps, setListpackOps, setDictOps;

/* A member: its text, or (text.data NULL) an integer. Borrowed until the set changes. */
typedef listpackValue setMember;

/* As text: an integer is formatted into 'scratch' (NUM_INT_MAX). */
bytes setMemberText(setMember m, char *scratch);

/* An empty set under 'key', outside of any db, fit for 'first' and for about 'hint' members. */
entry *setNew(bytes key, bytes first, size_t hint, const typeLimits *limits);
/* To an empty set into which at least so many are sure to come. */
void setReserve(entry *e, size_t count);
/* Before many members are added: makes 'e' a dict where a small form has no place for 'more'
 * members even alone. */
void setExpect(entry *e, size_t more, const typeLimits *limits);

size_t setCount(const entry *e);
bool setHas(const entry *e, bytes member);
/* found[i]: whether member i is there. */
void setHasEach(const entry *e, const bytes *members, size_t count, bool *found);

/* True if it was not there. */
bool setAdd(entry *e, bytes member, const typeLimits *limits);
/* The number of those that were not there. */
size_t setAddAll(entry *e, const bytes *members, size_t count, const typeLimits *limits);
/* All of another set. */
size_t setAddSet(entry *e, const entry *from, const typeLimits *limits);
/* True if it was there. */
bool setRemove(entry *e, bytes member);
size_t setRemoveAll(entry *e, const bytes *members, size_t count);

/* Over all members, in the order they are kept in; the set may not change meanwhile. */
typedef struct setIterator {
    const intset *ints;
    const listpack *lp;
    size_t at; /* of the next one */
    dictIterator items;
} setIterator;

setIterator setIteratorOf(const entry *e);
bool setIteratorNext(setIterator *it, setMember *m);

/* For SSCAN: visits members from 'cursor' on and returns the next cursor, 0 at the end; small forms
 * are visited whole. See dictScan(). */
typedef void (*setVisit)(void *ctx, setMember m);
uint64_t setScan(const entry *e, uint64_t cursor, setVisit visit, void *ctx);

#endif
