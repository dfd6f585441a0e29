/* quicklist.h - a long list: a chain of nodes, each a listpack of some KB, or one big element.
 *
 * Packed nodes keep room on the side that is pushed to, so pushing and popping cost the size of the
 * element at both ends, whatever the size of the node. A node is one allocation, header and
 * elements together, of at most quicklistLimits.node_bytes; those of up to SLAB_MAX lie in slabs
 * (SLAB_BLOB). Nodes in the middle may be compressed (LZF): reading unpacks a copy, changing
 * unpacks them in place and packs them again.
 *
 * Limits may change from call to call: they hold for what is made from then on. Walking to an index
 * takes a step a node, from the nearer end. Knows nothing of entries. */
#ifndef EBB_STORAGE_STRUCT_QUICKLIST_H
#define EBB_STORAGE_STRUCT_QUICKLIST_H

#include "storage/struct/listpack.h"

typedef struct quicklist quicklist;         /* defined in quicklist_internal.h */
typedef struct quicklistNode quicklistNode; /* there too */

typedef enum quicklistEnd { QUICKLIST_HEAD, QUICKLIST_TAIL } quicklistEnd;

typedef struct quicklistLimits {
    size_t node_bytes;   /* of a packed node, its header included; at least 1024 */
    uint32_t node_count; /* elements of a packed node, at least 1 */
    size_t plain_bytes;  /* texts of so many bytes have a node of their own; 0: what fits in none */
    size_t depth;        /* nodes at each end that are never compressed; 0: none ever is */
} quicklistLimits;

quicklist *quicklistNew(void);
void quicklistFree(quicklist *q);
/* Frees 'max' nodes, or about 1 MB of them, and the list itself with the last: then true. */
bool quicklistFreeStep(quicklist *q, size_t max);
quicklist *quicklistCopy(const quicklist *q);

size_t quicklistCount(const quicklist *q);
size_t quicklistNodes(const quicklist *q);
/* Bytes of all its allocations. O(1). */
size_t quicklistMemory(const quicklist *q);

/* Moves nodes that lie in victim pages; see valueOps.move. */
void quicklistMove(quicklist *q, uint64_t *cursor);

/* ---- from and to a listpack ---- */

/* Appends the elements of 'lp', which may be others' (RDB), as nodes of their own. */
void quicklistAppendListpack(quicklist *q, const listpack *lp, const quicklistLimits *limits);
/* The listpack of the only node where that is packed; else NULL. Borrowed. */
const listpack *quicklistOnlyListpack(const quicklist *q);

/* ---- the nodes as they are, for RDB ---- */

/* NULL at the end. */
const quicklistNode *quicklistFirstNode(const quicklist *q);
const quicklistNode *quicklistNextNode(const quicklistNode *n);
/* The element of a plain node or the listpack of a packed one; unpacked into '*scratch' (memFree;
 * else NULL) where it is compressed. */
bytes quicklistNodeBytes(const quicklistNode *n, bool *is_plain, char **scratch);

/* ---- the ends ---- */

/* 'text' may not lie in the list. */
void quicklistPush(quicklist *q, quicklistEnd end, bytes text, const quicklistLimits *limits);
/* The element at an end of a list that is not empty; borrowed until the next change. */
listpackValue quicklistPeek(quicklist *q, quicklistEnd end);
/* Takes it out. */
void quicklistDrop(quicklist *q, quicklistEnd end, const quicklistLimits *limits);

/* ---- in the middle ---- */

/* 'index' is from the head, and there. */
void quicklistSet(quicklist *q, size_t index, bytes text, const quicklistLimits *limits);
/* Before the element 'index', or at the end where that is the count. */
void quicklistInsert(quicklist *q, size_t index, bytes text, const quicklistLimits *limits);
/* The index of the first element that equals 'text'; false if there is none. */
bool quicklistFind(const quicklist *q, bytes text, size_t *index);
/* Takes out up to 'max' elements that equal 'text', going on from 'from'; how many there were. */
size_t quicklistRemove(quicklist *q, quicklistEnd from, bytes text, size_t max,
                       const quicklistLimits *limits);
/* Takes out 'count' elements from 'start' on, or as many as there are. */
void quicklistRemoveRange(quicklist *q, size_t start, size_t count, const quicklistLimits *limits);

/* ---- walking ---- */

/* The list may not change meanwhile. */
typedef struct quicklistIterator {
    const quicklistNode *node;
    const listpack *lp; /* of a packed node */
    listpackAt at;      /* of what comes next there, or 0 */
    bool is_plain;      /* the element of a plain node comes next */
    bool backward;
    char *scratch; /* an unpacked copy of a compressed node */
} quicklistIterator;

/* From the element 'start' (out of range: nothing) to the tail or to the head. */
void quicklistIteratorInit(quicklistIterator *it, const quicklist *q, size_t start, bool backward);
/* The value is borrowed until the next call. */
bool quicklistIteratorNext(quicklistIterator *it, listpackValue *out);
/* Frees what it holds; nothing after Next said false. */
void quicklistIteratorEnd(quicklistIterator *it);

/* For tests: ends the process if something in it is not as it should be. */
void quicklistCheck(const quicklist *q);

#endif
