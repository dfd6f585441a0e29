/* array_args.h - the indexes and replies that the commands on arrays have in common. */
#ifndef EBB_SERVER_COMMANDS_ARRAY_ARGS_H
#define EBB_SERVER_COMMANDS_ARRAY_ARGS_H

#include "server/core/client.h"
#include "storage/types/t_array.h"

/* Argument 'index' as an index of an array, at most ARRAY_INDEX_MAX. False after replying. */
bool argArrayIndex(client *c, int index, uint64_t *out);

/* The pair of an index and its value. */
void replyArrayPair(client *c, uint64_t index, bytes value);

/* The array under 'key' for reading. False after replying WRONGTYPE; '*e' NULL if there is none. */
bool arrayRead(client *c, int key, const entry **e);

#endif
