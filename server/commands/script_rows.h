/* script_rows.h - what the rows of EVAL, EVALSHA and FCALL have in common. */
#ifndef EBB_SERVER_COMMANDS_SCRIPT_ROWS_H
#define EBB_SERVER_COMMANDS_SCRIPT_ROWS_H

#include "server/core/command.h"

#define RUNS_SCRIPT .arity = -3, .acl = ACL_SCRIPTING

#define SCRIPT_ROW_FLAGS                                                                           \
    (CMD_NOSCRIPT | CMD_STALE | CMD_SKIP_MONITOR | CMD_NO_MANDATORY_KEYS | CMD_SCRIPT_RUNNER)

/* The keys are counted by argument 2 and follow it. */
#define SCRIPT_ROW_KEYS(how)                                                                       \
    .keys = {{.use = (how), .first = 2, .keynum = true, .keynum_first = 1, .step = 1}}

#define RUNS_WRITING                                                                               \
    .flags = SCRIPT_ROW_FLAGS | CMD_MAY_REPLICATE, SCRIPT_ROW_KEYS(KEY_RW | KEY_ACCESS | KEY_UPDATE)
#define RUNS_READING .flags = SCRIPT_ROW_FLAGS | CMD_READONLY, SCRIPT_ROW_KEYS(KEY_RO | KEY_ACCESS)

#endif
