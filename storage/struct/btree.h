/* btree.h - a counted B+tree of item pointers: order, rank and ranges in O(log n).
 *
 * The user says how an item compares with a probe (a score and a member, a stream's ID): the tree
 * knows neither. Inner nodes count what lies below them, so an item is found by its rank and a rank
 * by its item. Nodes are slab items (SLAB_TREE_NODE) of up to 1 KB that share with a neighbour
 * before they split and merge with one when both have room: 10 B an item after random insertions,
 * 8.4 after ascending ones, and never more than about twice that. A small tree is one small leaf.
 *
 * An order number (a score, an ID's time) saves most comparisons: inner nodes keep one for each
 * child, and a leaf's slot carries 16 bits of it over the 48-bit pointer, scaled to what the leaf
 * holds. So a search reads the item it finds and hardly any other; what has equal numbers is told
 * apart by compare() alone.
 *
 * The tree owns its nodes and none of its items. A position is good until the next change of the
 * tree; a change returns no position. Callbacks may not change the tree. */
#ifndef EBB_STORAGE_STRUCT_BTREE_H
#define EBB_STORAGE_STRUCT_BTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct btree btree;

typedef struct btreeType {
    /* <0, 0 or >0 as 'item' comes before, is, or comes after 'probe'. */
    int (*compare)(const void *item, const void *probe);
    /* A number that never falls from an item to the next, and the same of a probe: it must be in
     * step with compare(). Both NULL: every item is compared. */
    uint64_t (*orderOfItem)(const void *item);
    uint64_t (*orderOfProbe)(const void *probe);
} btreeType;

btree *btreeNew(const btreeType *type);
/* Frees the nodes, not the items. Takes t; NULL is nothing. */
void btreeFree(btree *t);

size_t btreeCount(const btree *t);
size_t btreeBytes(const btree *t);

/* Adds 'item', for which 'probe' stands and which is not there. */
void btreeAdd(btree *t, const void *probe, void *item);
/* Adds 'item', which comes after all that are there: for building from what is sorted. */
void btreeAppend(btree *t, void *item);
/* The item of 'probe', or NULL. */
void *btreeFind(const btree *t, const void *probe);
/* Takes the item of 'probe' out and returns it; NULL if it is not there. */
void *btreeRemove(btree *t, const void *probe);
/* Takes out the item at 'rank', which is below the count: the first is 0. */
void *btreeRemoveAt(btree *t, size_t rank);
/* Takes out the 'count' items from 'rank' on, all of which are there, leaf by leaf, giving each to
 * 'visit' (may be NULL), which may free it. */
void btreeRemoveRange(btree *t, size_t rank, size_t count, void (*visit)(void *ctx, void *item),
                      void *ctx);
/* The item 'from' of 'probe' now lives at 'to'. Compares no bytes of 'from'. */
void btreeRepoint(btree *t, const void *probe, const void *from, void *to);

/* ---- positions: 'leaf' NULL is beyond either end ---- */
typedef struct btreeAt {
    void *leaf;
    unsigned index;
} btreeAt;

btreeAt btreeFirst(const btree *t);
btreeAt btreeLast(const btree *t);
/* The item at 'rank', or beyond the end. */
btreeAt btreeAtRank(const btree *t, size_t rank);
/* The first item that does not come before 'probe', and if 'rank' is not NULL how many do. */
btreeAt btreeSeek(const btree *t, const void *probe, size_t *rank);
/* The last item that does not come after 'probe'. */
btreeAt btreeSeekBack(const btree *t, const void *probe);
void *btreeItem(btreeAt at);
btreeAt btreeNext(btreeAt at);
btreeAt btreePrev(btreeAt at);
/* Reads up to 'max' items from '*at' on, or back, into 'items', which are asked for from memory all
 * at once; '*at' is behind them then. Their number: 0 beyond the end. */
size_t btreeRead(btreeAt *at, bool backwards, void **items, size_t max);

/* ---- housekeeping ---- */
/* Goes on from 'cursor' (0: from the first) over about a leaf: moves nodes that lie in victim pages
 * (slabShouldMove), and gives each item to 'move' (may be NULL), which returns its address from now
 * on. The next cursor, 0 when round. Items that come or go between calls may be missed. */
uint64_t btreeWalk(btree *t, uint64_t cursor, void *(*move)(void *ctx, void *item), void *ctx);
/* For dropping a tree in slices: frees up to 'max' nodes, giving each item to 'visit' (may be
 * NULL), which may free it. False when only the empty tree is left; btreeFree() then. Nothing else
 * may be asked of the tree after the first call. */
bool btreeDropStep(btree *t, size_t max, void (*visit)(void *ctx, void *item), void *ctx);

/* Walks everything and checks every invariant (ensure). For tests. */
void btreeCheck(const btree *t);

#endif
