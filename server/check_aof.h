/* check_aof.h - ebb-check-aof: looks whether an append-only log is whole, and cuts it where it is
 * not, or behind a time. The server's binary under another name. */
#ifndef EBB_SERVER_CHECK_AOF_H
#define EBB_SERVER_CHECK_AOF_H

#include <stdbool.h>

/* True if these arguments ask for it and not for a server: its name, or --check-aof. */
bool checkAofIsAsked(int argc, char *const *argv);
/* The exit status: 0 if all is well (or is now), else 1. */
int checkAof(int argc, char *const *argv);

#endif
