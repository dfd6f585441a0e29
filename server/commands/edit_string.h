/* edit_string.h - strings that commands edit byte by byte: bitmaps and HyperLogLogs. */
#ifndef EBB_SERVER_COMMANDS_EDIT_STRING_H
#define EBB_SERVER_COMMANDS_EDIT_STRING_H

#include "server/core/client.h"
#include "storage/types/entry.h"

/* Makes the string under 'key' 'size' bytes long, what is new zeroed, and returns its first byte:
 * good until the next write to the db. 'e' is what keyWrite() gave for 'key'; NULL creates the key.
 * Reports no change. Where the memory cannot be had it replies an error and returns NULL. */
char *editString(client *c, keyRef key, entry *e, size_t size);

/* The value of a string entry, NULL being empty; 'scratch' has NUM_INT_MAX bytes. */
bytes stringOrEmpty(const entry *e, char *scratch);

#endif
