/* cmd_bitfield.h - handlers whose rows stand in cmd_bitmap.c. */
#ifndef EBB_SERVER_COMMANDS_CMD_BITFIELD_H
#define EBB_SERVER_COMMANDS_CMD_BITFIELD_H

#include "server/core/client.h"

void bitfieldCommand(client *c);
void bitfieldRoCommand(client *c);

#endif
