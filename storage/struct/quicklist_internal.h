/* quicklist_internal.h - lists and their nodes, for quicklist*.c alone.
 *
 *   packed      [header | free | listpack | free ]     'start' bytes are free in front
 *   plain       [header | one element            ]
 *   compressed  [header | LZF of either          ] */
#ifndef EBB_STORAGE_STRUCT_QUICKLIST_INTERNAL_H
#define EBB_STORAGE_STRUCT_QUICKLIST_INTERNAL_H

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/slab.h"
#include "storage/struct/listpack_internal.h"
#include "storage/struct/quicklist.h"

struct quicklistNode {
    quicklistNode *prev, *next;
    union {
        struct {
            uint32_t capacity, start; /* packed: bytes of 'room', and where the listpack begins */
        };
        struct {
            uint32_t lzf_size, raw_size; /* compressed */
        };
        size_t plain_size;
    };
    uint32_t count;
    bool is_plain, is_compressed;
    bool is_dense; /* compressing it was of no use */
    uint8_t room[];
};

enum { NODE_HEADER = offsetof(quicklistNode, room) };

struct quicklist {
    quicklistNode *head, *tail;
    size_t count, nodes;
    size_t bytes;        /* of the nodes' allocations */
    quicklistNode *move; /* where quicklistMove() goes on; NULL: from the start */
};

static inline listpack *nodeListpack(const quicklistNode *n) {
    return (listpack *)(uintptr_t)(n->room + n->start);
}

/* Bytes asked for it. */
static inline size_t nodeSize(const quicklistNode *n) {
    if (n->is_compressed) return NODE_HEADER + (size_t)n->lzf_size;
    return NODE_HEADER + (n->is_plain ? n->plain_size : n->capacity);
}

/* What the listpack of a packed node may grow to. */
static inline size_t roomLimit(const quicklistLimits *limits) {
    return limits->node_bytes - NODE_HEADER;
}

/* True if an element has to be in a node of its own. */
static inline bool mustBePlain(const listpackElement *e, bytes text,
                               const quicklistLimits *limits) {
    if (limits->plain_bytes && text.size >= limits->plain_bytes) return true;
    return wholeSize(e) > roomLimit(limits) - LISTPACK_EMPTY;
}

/* Bytes of a packed node's listpack, unpacked. */
static inline size_t nodeListpackSize(const quicklistNode *n) {
    return n->is_compressed ? n->raw_size : listpackSize(nodeListpack(n));
}

/* True if a packed node takes one more element. */
static inline bool nodeTakes(const quicklistNode *n, const listpackElement *e,
                             const quicklistLimits *limits) {
    return n->count < limits->node_count && nodeListpackSize(n) + wholeSize(e) <= roomLimit(limits);
}

/* ---- quicklist_node.c: calls that may move a node return its address from now on; who holds
 * another pointer to it than its neighbours and the list has to look again ---- */

/* Neither is linked. */
quicklistNode *quicklistNodePlain(bytes text);
quicklistNode *quicklistNodePacked(const listpackElement *e, const quicklistLimits *limits);
/* With the bytes of 'count' elements. */
quicklistNode *quicklistNodeOf(const uint8_t *elements, size_t size, size_t count);

/* Between two that are neighbours; NULL is the end. Counts its elements. */
void quicklistLink(quicklist *q, quicklistNode *n, quicklistNode *prev, quicklistNode *next);
/* Takes it out of the chain and frees it. */
void quicklistUnlink(quicklist *q, quicklistNode *n);

/* ---- of a packed node that is not compressed ---- */

/* A new element at the offset 'at'. 'room_max' is up to where the room grows ahead of need. */
quicklistNode *quicklistNodeInsert(quicklist *q, quicklistNode *n, listpackAt at,
                                   const listpackElement *e, size_t room_max);
/* Another element in place of that at 'at'. */
quicklistNode *quicklistNodeReplace(quicklist *q, quicklistNode *n, listpackAt at,
                                    const listpackElement *e, size_t room_max);
/* Takes out 'count' elements that take 'size' bytes from 'at' on; some are left. */
quicklistNode *quicklistNodeDelete(quicklist *q, quicklistNode *n, listpackAt at, size_t size,
                                   size_t count);
/* Takes out 'max' elements that equal 'text' after the first 'skip' ones that do; at least one
 * other is left. */
quicklistNode *quicklistNodeFilter(quicklist *q, quicklistNode *n, bytes text, size_t skip,
                                   size_t max);
/* Gives back room that it does not need. */
quicklistNode *quicklistNodeSeal(quicklist *q, quicklistNode *n);
/* Keeps the first 'index' elements, which begin before 'at'; the others become the next node. */
quicklistNode *quicklistNodeSplit(quicklist *q, quicklistNode *n, listpackAt at, size_t index);
/* Adds the elements of the next node, which goes. */
quicklistNode *quicklistNodeMerge(quicklist *q, quicklistNode *n);

/* ---- compression ---- */

/* Does nothing to one that is compressed, or too dense or small for it. */
quicklistNode *quicklistNodeCompress(quicklist *q, quicklistNode *n);
quicklistNode *quicklistNodeOpen(quicklist *q, quicklistNode *n);
/* What is in it, unpacked: of a compressed one in '*scratch' (memFree), else in place. */
bytes quicklistNodeView(const quicklistNode *n, char **scratch);

/* Moved if it lies in a victim page. */
quicklistNode *quicklistNodeMove(quicklist *q, quicklistNode *n);

/* ---- quicklist.c: which nodes are compressed ---- */

/* Compresses n where its place asks for it. */
quicklistNode *quicklistSettleNode(quicklist *q, quicklistNode *n, const quicklistLimits *limits);
/* After nodes came or went: opens those near the ends and compresses the next ones. */
void quicklistSettleEnds(quicklist *q, const quicklistLimits *limits);

/* ---- quicklist_iter.c ---- */

/* The node of an element and which of its own it is; NULL out of range. */
quicklistNode *quicklistSeek(const quicklist *q, size_t index, size_t *inside);

#endif
