/* t_list.h - lists: elements in order, pushed and popped at both ends.
 *
 *     ENCODING_LISTPACK    up to what list-max-listpack-size allows one node
 *     ENCODING_QUICKLIST   beyond that; turns back into a listpack once its only node is half full
 *
 * Calls that change a list keep the entry's address; they may leave it empty, and the caller then
 * deletes the key. Indexes may be negative: -1 is the last element. A listpackValue is borrowed
 * until the next change of the list. Knows nothing of replies, clients and dbs. */
#ifndef EBB_STORAGE_TYPES_T_LIST_H
#define EBB_STORAGE_TYPES_T_LIST_H

#include "storage/struct/quicklist.h"
#include "storage/types/entry.h"
#include "storage/types/type_limits.h"
#include "storage/types/values.h"

typedef quicklistEnd listEnd;
enum { LIST_HEAD = QUICKLIST_HEAD, LIST_TAIL = QUICKLIST_TAIL };

/* A free-standing empty list, to be filled and given to a db. */
entry *listNew(bytes key);

size_t listCount(const entry *e);

/* ---- the ends ---- */

/* 'text' may not lie in this list. */
void listPush(entry *e, listEnd end, bytes text, const typeLimits *limits);
/* Adds the elements of a listpack that was found good at the tail, whole nodes at once: for RDB. */
void listAppendPack(entry *e, const listpack *lp, const typeLimits *limits);
/* The element at an end; of a list that is not empty. */
listpackValue listPeek(entry *e, listEnd end);
/* Takes out the element at an end. */
void listDrop(entry *e, listEnd end, const typeLimits *limits);

/* ---- walking ---- */

/* Walks from the element 'start' to the head or to the tail. The list may not change meanwhile.
 * Frees what it holds when it has come to the end; listIteratorEnd() is for those who stop before,
 * and does no harm to others. */
typedef struct listIterator {
    quicklistIterator nodes;
    const listpack *lp; /* of ENCODING_LISTPACK, else NULL */
    listpackAt at;
    bool backward;
} listIterator;
/* Out of range there is nothing to walk. */
void listIteratorInit(listIterator *it, const entry *e, int64_t start, bool backward);
bool listIteratorNext(listIterator *it, listpackValue *out);
void listIteratorEnd(listIterator *it);

/* ---- in the middle ---- */

/* False if there is no such index. */
bool listSet(entry *e, int64_t index, bytes text, const typeLimits *limits);
/* Before or after the first element that equals 'pivot'; false if there is none. */
bool listInsert(entry *e, bytes pivot, bool after, bytes text, const typeLimits *limits);
/* Takes out the first 'count' elements that equal 'text', the last ones where it is negative, all
 * where it is 0. How many there were. */
size_t listRemove(entry *e, bytes text, int64_t count, const typeLimits *limits);
/* Takes out 'count' elements from 'start' (not negative) on, or as many as there are. */
void listRemoveRange(entry *e, size_t start, size_t count, const typeLimits *limits);

extern const valueOps listListpackOps, listQuicklistOps;

#endif
