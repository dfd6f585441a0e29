/* chain.h - an intrusive doubly linked list: clients, queues.
 *
 * The items embed a chainNode for each chain they can be on and belong to their own owner; the
 * chain allocates nothing. A node on no chain is all zero, so that a fresh item needs no set-up
 * and chainLinked() can tell. A chain may not be copied: its nodes point back at it. */
#ifndef EBB_STORAGE_BASE_CHAIN_H
#define EBB_STORAGE_BASE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct chainNode {
    struct chainNode *prev, *next;
} chainNode;

/* A ring through 'ends'; the first item follows it, the last one precedes it. */
typedef struct chain {
    chainNode ends;
    size_t count;
} chain;

static inline void chainInit(chain *c) {
    c->ends.prev = c->ends.next = &c->ends;
    c->count = 0;
}

static inline bool chainIsEmpty(const chain *c) {
    return c->count == 0;
}

static inline bool chainLinked(const chainNode *node) {
    return node->next != NULL;
}

/* Puts 'node', which is on no chain, before 'next', a node of the chain or its 'ends'. */
static inline void chainInsertBefore(chain *c, chainNode *next, chainNode *node) {
    node->prev = next->prev;
    node->next = next;
    next->prev->next = node;
    next->prev = node;
    c->count++;
}

static inline void chainAppend(chain *c, chainNode *node) {
    chainInsertBefore(c, &c->ends, node);
}

static inline void chainPrepend(chain *c, chainNode *node) {
    chainInsertBefore(c, c->ends.next, node);
}

/* Takes 'node' off the chain it is on. */
static inline void chainRemove(chain *c, chainNode *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->prev = node->next = NULL;
    c->count--;
}

/* The first and last node, or NULL. */
static inline chainNode *chainFirst(const chain *c) {
    return c->count ? c->ends.next : NULL;
}

static inline chainNode *chainLast(const chain *c) {
    return c->count ? c->ends.prev : NULL;
}

/* The neighbour of 'node' on its chain, or NULL at the end. */
static inline chainNode *chainNext(const chain *c, const chainNode *node) {
    return node->next == &c->ends ? NULL : node->next;
}

static inline chainNode *chainPrev(const chain *c, const chainNode *node) {
    return node->prev == &c->ends ? NULL : node->prev;
}

/* Takes the first node off and returns it; NULL if there is none. */
static inline chainNode *chainTakeFirst(chain *c) {
    chainNode *node = chainFirst(c);
    if (node) chainRemove(c, node);
    return node;
}

/* The item of 'type' whose member 'field' is 'node'. */
#define CHAIN_ITEM(node, type, field) ((type *)(void *)((char *)(node)-offsetof(type, field)))

/* for-loop over the nodes in order; the body may remove 'node', not the one after it. */
#define CHAIN_EACH(c, node)                                                                        \
    for (chainNode *node = (c)->ends.next, *node##_next = node->next; node != &(c)->ends;          \
         node = node##_next, node##_next = node->next)

#endif
