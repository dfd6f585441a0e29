/* scan_options.h - the cursor and options that SCAN, HSCAN, SSCAN and ZSCAN have in common. */
#ifndef EBB_SERVER_COMMANDS_SCAN_OPTIONS_H
#define EBB_SERVER_COMMANDS_SCAN_OPTIONS_H

#include "server/core/client.h"

typedef struct scanOptions {
    uint64_t cursor;
    uint64_t effort; /* COUNT: 10 where not given */
    bytes pattern;   /* MATCH */
    bool any_name;   /* no pattern, or one that everything matches */
    bool no_values;
    bytes type; /* data NULL: any */
} scanOptions;

enum { SCAN_MAY_TYPE = 1, SCAN_MAY_NOVALUES = 2 };

/* The cursor alone: HSCAN and its kin look at their key before the options. False after replying
 * what is wrong. */
bool scanCursorParse(client *c, int cursor_at, uint64_t *cursor);
/* The cursor at argument 'cursor_at' and the options behind it. False after replying what is wrong.
 */
bool scanOptionsParse(client *c, int cursor_at, unsigned may, scanOptions *o);
/* True if MATCH lets 'name' through. */
bool scanMatches(const scanOptions *o, bytes name);
/* Begins the reply: the next cursor, and then 'count' elements are to follow. */
void replyScan(client *c, uint64_t cursor, size_t count);

#endif
