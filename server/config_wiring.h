/* config_wiring.h - directives whose change concerns a room of the server. */
#ifndef EBB_SERVER_CONFIG_WIRING_H
#define EBB_SERVER_CONFIG_WIRING_H

#include "server/core/server.h"

/* Registers what CONFIG SET entails on the floors below net (net has netConfig). */
void configWire(server *s);

/* rename-command lines; false, with 'error' filled, if one names no command or a taken name. */
bool configRenameCommands(server *s, char *error, size_t error_room);

/* The log as the directives say. Returns 0 or a negative ERR_*. */
int configApplyLog(const config *c);

#endif
