/* main.c - the process: settings, signals, one server, its loop. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/net/net.h"
#include "server/wiring.h"
#include "storage/base/hash.h"
#include "storage/base/log.h"
#include "storage/base/rng.h"

int main(int argc, char **argv) {
    uint8_t seed[16];
    rngSecret(seed, sizeof seed);
    hashSeed(seed);
    signal(SIGPIPE, SIG_IGN);
    config cfg;
    configInit(&cfg);
    for (int i = 1; i + 1 < argc; i += 2)
        if (!strcmp(argv[i], "--port")) cfg.port = strtol(argv[i + 1], NULL, 10);
    server *s = wiringNewServer(&cfg, clockSystem());
    char error[512];
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
