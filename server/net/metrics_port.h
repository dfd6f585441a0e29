/* metrics_port.h - the HTTP port of metrics-port: sockets around server/observe/metrics_http.
 *
 * Bounded against whoever connects: so many connections at a time, a request of a few kilobytes, a
 * few seconds for all of it. */
#ifndef EBB_SERVER_NET_METRICS_PORT_H
#define EBB_SERVER_NET_METRICS_PORT_H

#include "server/net/net.h"

/* Opens what metrics-port and metrics-bind say now, in place of what was open; nothing for port 0.
 * On failure a negative ERR_*, a line for the log in 'error', and what was open stays. */
int metricsPortOpen(net *n, char *error, size_t error_room);
void metricsPortClose(net *n);

#endif
