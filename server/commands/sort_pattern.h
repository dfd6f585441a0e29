/* sort_pattern.h - what SORT's BY and GET name: "weight_*", "object_*->field", "#".
 *
 * The '*' gives way to an element; what results is the key of a string, or of a hash of which a
 * field is meant. A pattern without '*' names nothing. */
#ifndef EBB_SERVER_COMMANDS_SORT_PATTERN_H
#define EBB_SERVER_COMMANDS_SORT_PATTERN_H

#include "server/core/client.h"
#include "storage/types/t_hash.h"

typedef struct sortPattern {
    bytes before, after; /* of the '*' */
    bytes field;         /* empty: a string is meant */
    bool is_element;     /* "#" */
    bool is_nothing;
} sortPattern;

/* Borrows 'text'. */
sortPattern sortPatternOf(bytes text);

/* Room for fetching, kept from one element to the next. Zeroed it is empty. */
typedef struct sortFetcher {
    char *key;
    size_t room;
    char digits[NUM_INT_MAX];
    hashPair pair;
} sortFetcher;
void sortFetcherClear(sortFetcher *f);

/* What the pattern names for 'element'; false if that is not there or of another type. Borrowed
 * until the next fetch. May remove keys past their deadline, as reading does. */
bool sortFetch(client *c, sortFetcher *f, const sortPattern *p, bytes element, bytes *out);

#endif
