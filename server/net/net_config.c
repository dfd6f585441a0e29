/* net_config.c - directives of the network that take effect at once. */
#include <stdio.h>

#include "server/net/metrics_port.h"
#include "server/jobs/shutdown.h"
#include "server/net/net_internal.h"

static bool onPort(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    char line[256];
    if (netRelisten(ctx, line, sizeof line) == 0) return true;
    snprintf(error, error_room, "Unable to listen on this port. Check server logs.");
    return false;
}

static bool onBind(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    char line[256];
    if (netRelisten(ctx, line, sizeof line) == 0) return true;
    snprintf(error, error_room, "Failed to bind to specified addresses.");
    return false;
}

static bool onMaxClients(void *ctx, config *c, char *error, size_t error_room) {
    (void)ctx;
    int64_t possible = netReserveFiles(c->maxclients);
    if (possible >= c->maxclients) return true;
    snprintf(error, error_room,
             "The operating system is not able to handle the specified number of clients, try "
             "with %lld",
             (long long)possible);
    return false;
}

static bool onMetrics(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    return metricsPortOpen(ctx, error, error_room) == 0;
}

void netConfig(net *n) {
    config *c = &n->server->config;
    configOnChange(c, "bind", onBind, n);
    configOnChange(c, "port", onPort, n);
    configOnChange(c, "maxclients", onMaxClients, n);
    configOnChange(c, "metrics-port", onMetrics, n);
    configOnChange(c, "metrics-bind", onMetrics, n);
}

void netAskShutdown(net *n, int number) {
    shutdownSignal(n->server, number);
    netWake(n);
}
