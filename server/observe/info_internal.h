/* info_internal.h - the sections that info.c puts into its table, for info*.c alone. */
#ifndef EBB_SERVER_OBSERVE_INFO_INTERNAL_H
#define EBB_SERVER_OBSERVE_INFO_INTERNAL_H

#include "server/observe/info.h"

void infoServer(server *s, infoText *t);
void infoClients(server *s, infoText *t);
void infoMemory(server *s, infoText *t);
void infoPersistence(server *s, infoText *t);
void infoStats(server *s, infoText *t);
void infoReplication(server *s, infoText *t);
void infoCpu(server *s, infoText *t);
void infoModules(server *s, infoText *t);
void infoCommandStats(server *s, infoText *t);
void infoErrorStats(server *s, infoText *t);
void infoLatencyStats(server *s, infoText *t);
void infoCluster(server *s, infoText *t);
void infoKeyspace(server *s, infoText *t);
void infoKeysizes(server *s, infoText *t);
void infoDebug(server *s, infoText *t);

#endif
