/* daemon.h - what makes a program a daemon: background, pid file, supervisors, signals, and a look
 * at the machine it runs on. */
#ifndef EBB_SERVER_DAEMON_H
#define EBB_SERVER_DAEMON_H

#include "server/net/net.h"

/* The supervisor that is there (SUPERVISED_*): 'auto' is found out, a named one is taken only where
 * its environment is. */
int daemonSupervisor(int wanted);

/* Goes on in a child without terminal; the parent ends. False, with errno, if that fails. */
bool daemonDetach(void);

/* Writes the pid. What cannot be written is logged, and no reason to stop. */
void daemonWritePid(const char *path);

/* SIGTERM and SIGINT end the loop of 'n' gracefully, a second SIGINT at once; SIGHUP and SIGPIPE
 * are ignored. */
void daemonHandleSignals(net *n);
/* No loop to wake any more. */
void daemonForgetSignals(void);
/* The signal that asked for the end, or 0. */
int daemonSignal(void);

/* Logs what of this machine's settings harms a server, after turning huge pages off for the process
 * where disable-thp says so. The kernel's files are read below 'root': "", or what a test made. */
void daemonWarnHost(const config *c, const char *root);
/* Logs what maxmemory came to where it was not written in bytes, and warns of a limit that the
 * machine, or the snapshots beside the data, have no room for. */
void daemonTellMemory(const config *c, const char *root);

#endif
