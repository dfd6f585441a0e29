/* main.c - the process: settings, signals, one server, its loop. */
#include <signal.h>
#include <stdio.h>

#include "server/net/net.h"
#include "server/wiring.h"
#include "storage/base/hash.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "storage/base/rng.h"

int main(int argc, char **argv) {
    uint8_t seed[16];
    rngSecret(seed, sizeof seed);
    hashSeed(seed);
    signal(SIGPIPE, SIG_IGN);
    config cfg;
    configInit(&cfg);
    char error[1024];
    const char *path = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    char *options = configOptions(argc - 1 - (path != NULL), argv + 1 + (path != NULL));
    if (configLoad(&cfg, path, false, options, error, sizeof error) < 0) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    memFree(options);
    server *s = wiringNewServer(&cfg, clockSystem());
    net *n = netNew(s);
    if (netListen(n, error, sizeof error) < 0) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    netRun(n);
    netFree(n);
    wiringFreeServer(s);
    return 0;
}
