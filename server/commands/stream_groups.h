/* stream_groups.h - what the files of commands on consumer groups share. */
#ifndef EBB_SERVER_COMMANDS_STREAM_GROUPS_H
#define EBB_SERVER_COMMANDS_STREAM_GROUPS_H

#include "server/core/client.h"
#include "storage/types/entry.h"

/* keyWrite() for commands that began as readers: that there is no key counts as a miss. */
entry *streamKeyOpen(client *c, keyRef key);
/* NOGROUP of these two arguments. Always false. */
bool replyNoGroup(client *c, int key_index, int group_index);

#endif
