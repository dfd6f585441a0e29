/* redact.h - which arguments of a command are secrets: never shown by MONITOR or SLOWLOG. */
#ifndef EBB_SERVER_OBSERVE_REDACT_H
#define EBB_SERVER_OBSERVE_REDACT_H

#include "server/core/command.h"

/* What stands in their place. */
#define REDACTED "(redacted)"

bool redactIsSecret(const command *cmd, const bytes *argv, int argc, int index);

#endif
