/* error_stats.h - how often each error code was replied: INFO errorstats.
 *
 * Codes are the first words of error replies. Bounded: after ERROR_CODES_MAX different ones (a
 * script may invent any) the log is told what there was, and the one code ERRORSTATS_DISABLED
 * stands for all of them until CONFIG RESETSTAT. */
#ifndef EBB_SERVER_CORE_ERROR_STATS_H
#define EBB_SERVER_CORE_ERROR_STATS_H

#include <stdint.h>

#include "storage/base/bytes.h"

enum { ERROR_CODES_MAX = 128, ERROR_CODE_SIZE = 32 };

typedef struct errorStats errorStats;

errorStats *errorStatsNew(void);
void errorStatsFree(errorStats *e);
/* Counts the error reply 'text' ("WRONGTYPE Operation ..."). */
void errorStatsCount(errorStats *e, bytes text);
void errorStatsReset(errorStats *e);
/* In order of first appearance. */
void errorStatsEach(const errorStats *e, void (*visit)(void *ctx, const char *code, uint64_t count),
                    void *ctx);

#endif
