/* debug_commands.h - sub-commands of DEBUG, for cmd_debug.c alone. */
#ifndef EBB_SERVER_COMMANDS_DEBUG_COMMANDS_H
#define EBB_SERVER_COMMANDS_DEBUG_COMMANDS_H

#include "server/core/client.h"

/* debug_look.c */
void debugObject(client *c);
void debugSdslen(client *c);
void debugListpack(client *c);
void debugQuicklist(client *c);
void debugDigestAll(client *c);
void debugDigestValues(client *c);
void debugHtstats(client *c);
void debugHtstatsKey(client *c);
void debugPopulate(client *c);
void debugProtocol(client *c);

/* cmd_aof.c */
void debugLoadAof(client *c);
void debugAofFlushSleep(client *c);
/* cmd_save.c */
void debugReload(client *c);

/* debug_crash.c */
void debugSegfault(client *c);
void debugPanic(client *c);
void debugAssert(client *c);
void debugOom(client *c);

/* Not static, so that the stack trace of a crash report can name it. */
void debugCommand(client *c);

#endif
