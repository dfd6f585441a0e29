/* cmd_command.h - what the files of COMMAND share. */
#ifndef EBB_SERVER_COMMANDS_CMD_COMMAND_H
#define EBB_SERVER_COMMANDS_CMD_COMMAND_H

#include "server/core/client.h"

/* COMMAND DOCS [command-name ...] */
void commandDocsCommand(client *c);

#endif
