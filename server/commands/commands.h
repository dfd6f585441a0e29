/* commands.h - the rows of all command families; cmd_all.c puts them into a server's table. */
#ifndef EBB_SERVER_COMMANDS_COMMANDS_H
#define EBB_SERVER_COMMANDS_COMMANDS_H

#include "server/core/command.h"

extern const commandSpec stringCommands[];
extern const commandSpec stringSetCommands[];
extern const commandSpec counterCommands[];
extern const commandSpec increxCommands[];
extern const commandSpec digestCommands[];
extern const commandSpec lcsCommands[];
extern const commandSpec connectionCommands[];
extern const commandSpec clientCommands[];
extern const commandSpec keysCommands[];
extern const commandSpec dumpCommands[];
extern const commandSpec migrateCommands[];
extern const commandSpec expireCommands[];
extern const commandSpec scanCommands[];
extern const commandSpec objectCommands[];
extern const commandSpec sortCommands[];
extern const commandSpec waitCommands[];
extern const commandSpec dbCommands[];
extern const commandSpec listCommands[];
extern const commandSpec listMoveCommands[];
extern const commandSpec listBlockCommands[];
extern const commandSpec bitmapCommands[];
extern const commandSpec hllCommands[];
extern const commandSpec streamCommands[];
extern const commandSpec streamReadCommands[];
extern const commandSpec streamGroupCommands[];
extern const commandSpec streamClaimCommands[];
extern const commandSpec streamInfoCommands[];
extern const commandSpec geoCommands[];
extern const commandSpec geoSearchCommands[];
extern const commandSpec arrayCommands[];
extern const commandSpec arraySearchCommands[];
extern const commandSpec hashCommands[];
extern const commandSpec hashScanCommands[];
extern const commandSpec hashTtlCommands[];
extern const commandSpec hashExCommands[];
extern const commandSpec himportCommands[];
extern const commandSpec setCommands[];
extern const commandSpec setOpsCommands[];
extern const commandSpec setRandomCommands[];
extern const commandSpec zsetCommands[];
extern const commandSpec zsetRangeCommands[];
extern const commandSpec zsetPopCommands[];
extern const commandSpec zsetOpsCommands[];
extern const commandSpec pubsubCommands[];
extern const commandSpec txCommands[];
extern const commandSpec scriptCommands[];
extern const commandSpec functionCommands[];
extern const commandSpec slowlogCommands[];
extern const commandSpec latencyCommands[];
extern const commandSpec monitorCommands[];
extern const commandSpec hotkeysCommands[];
extern const commandSpec configCommands[];
extern const commandSpec serverCommands[];
extern const commandSpec aofCommands[];
extern const commandSpec backupCommands[];
extern const commandSpec saveCommands[];
extern const commandSpec memoryCommands[];
extern const commandSpec debugCommands[];
extern const commandSpec commandCommands[];

void commandsAddAll(commandTable *t);

#endif
