/* net.h - sockets: the loop, listeners and connections of one server.
 *
 * Drives the server: polls, reads each ready socket once into the batch's room, and between polls
 * runs batch -> flush -> cron, never inside a libuv callback. The server below knows no sockets: a
 * client's output is pulled from its replyBuf, its wish to close read from its flags. */
#ifndef EBB_SERVER_NET_NET_H
#define EBB_SERVER_NET_NET_H

#include "server/core/server.h"

typedef struct net net;

/* A loop for 's' with nothing open yet; sets s->net. */
net *netNew(server *s);
/* Closes listeners and connections, then the loop. */
void netFree(net *n);

/* Opens what the config says: binds x port, unix socket. On failure a negative ERR_* and a line for
 * the log in 'error'. Addresses written with a leading '-' may fail to exist. */
int netListen(net *n, char *error, size_t error_room);
/* Listens to what the config says now (CONFIG SET bind / port), which may be nothing. Listeners of
 * addresses that stay are kept; on failure the old ones are. */
int netRelisten(net *n, char *error, size_t error_room);
void netCloseListeners(net *n);

/* Runs until s->ended. */
void netRun(net *n);
/* One turn: polls (for at most until the next cron task is due), runs what came. */
void netTurn(net *n);
/* Polls and answers without running cron: inside of a long load or script. */
void netPollOnce(net *n);

/* Wakes the loop from a signal handler: the turn ends early. Async-signal-safe. */
void netWake(net *n);

/* The same, and the server shall end: signal 'number' says so. Async-signal-safe. */
void netAskShutdown(net *n, int number);

/* Registers what CONFIG SET bind, port and maxclients entail. */
void netConfig(net *n);

/* Raises the limit of file descriptors for 'maxclients'; returns what maxclients may be. */
int64_t netReserveFiles(int64_t maxclients);

#endif
