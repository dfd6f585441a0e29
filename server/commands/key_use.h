/* key_use.h - the keys of commands whose words decide where keys are or what is done with them:
 * commandSpec.getKeys of their rows. */
#ifndef EBB_SERVER_COMMANDS_KEY_USE_H
#define EBB_SERVER_COMMANDS_KEY_USE_H

#include "server/core/command.h"

/* SET overwrites; it reads only where the old value is replied or compared. */
int setKeys(const bytes *argv, int argc, keyPosition *out, int max);
/* DELEX removes; it reads only where there is a condition. */
int delexKeys(const bytes *argv, int argc, keyPosition *out, int max);
/* BITFIELD with nothing but GET reads only. */
int bitfieldKeys(const bytes *argv, int argc, keyPosition *out, int max);

#endif
