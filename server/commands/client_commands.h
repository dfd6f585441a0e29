/* client_commands.h - sub-commands of CLIENT that stand apart, for cmd_client.c alone. */
#ifndef EBB_SERVER_COMMANDS_CLIENT_COMMANDS_H
#define EBB_SERVER_COMMANDS_CLIENT_COMMANDS_H

#include "server/core/client.h"

/* cmd_client_tracking.c */
void clientTrackingCommand(client *c);
void clientTrackinginfoCommand(client *c);
void clientCachingCommand(client *c);
void clientGetredirCommand(client *c);

#endif
