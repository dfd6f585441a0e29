/* sort_items.h - the elements that SORT puts in order: copies of them, with what they are ordered
 * by. Knows nothing of options and replies. */
#ifndef EBB_SERVER_COMMANDS_SORT_ITEMS_H
#define EBB_SERVER_COMMANDS_SORT_ITEMS_H

#include "storage/types/entry.h"

typedef struct sortItem {
    size_t at, size;       /* of its text */
    size_t by_at, by_size; /* of the text it is ordered by, if that is another */
    bool has_by;           /* there is one */
    double score;          /* or the number */
    size_t place;          /* where it stood: elements that are equal stay in order */
} sortItem;

/* Zeroed it is empty. */
typedef struct sortItems {
    sortItem *list;
    size_t count, room;
    char *text;
    size_t text_size, text_room;
    bool scattered; /* of a set that is kept in the order of its hashes */
} sortItems;
void sortItemsClear(sortItems *s);

/* True of what SORT takes: lists, sets and sorted sets. */
bool sortTakes(const entry *e);
size_t sortCount(const entry *e);
/* Adds the elements of a value from 'start' on, 'count' of them, in its own order; a sorted set
 * from its end with 'reverse'. */
void sortItemsOf(sortItems *s, const entry *e, size_t start, size_t count, bool reverse);

bytes sortItemText(const sortItems *s, size_t index);
/* Gives an item the text it is ordered by. */
void sortItemSetBy(sortItems *s, size_t index, bytes by);

/* A text as a number, as strtod() takes it; false if it is none, or out of range. */
bool sortParseScore(bytes text, double *out);

typedef enum sortKind {
    SORT_BY_SCORE,     /* and where they are equal, by text */
    SORT_BY_TEXT,      /* of the item */
    SORT_BY_OTHER_TEXT /* those without one first */
} sortKind;

/* Puts the first 'first' of all items in order; those that are equal stay in theirs, where it is
 * one. What stands behind them is of no order. 'collated':
 * texts as strcoll() has them, up to a zero byte; else byte for byte. A small 'first' costs little
 * more than a look at each item. */
void sortItemsSort(sortItems *s, sortKind kind, bool collated, bool descending, size_t first);

#endif
