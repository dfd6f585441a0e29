/* main.c - the process: its arguments, one server, its loop, its end. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/check_aof.h"
#include "server/check_rdb.h"
#include "server/config_wiring.h"
#include "server/daemon.h"
#include "server/jobs/load_job.h"
#include "server/net/metrics_port.h"
#include "server/net/net.h"
#include "server/notify_systemd.h"
#include "server/observe/crash.h"
#include "server/observe/watchdog.h"
#include "server/proc_title.h"
#include "server/wiring.h"
#include "storage/base/hash.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "storage/base/rng.h"

enum { ERROR_ROOM = 2048 };
static const char default_pidfile[] = "/var/run/ebb.pid";

static void printVersion(void) {
    printf("Ebb server v=%s ebb=%s malloc=%s bits=%d build=%s\n", EBB_REDIS_VERSION, EBB_VERSION,
           memAllocatorName(), (int)sizeof(long) * CHAR_BIT, EBB_VERSION);
}

static void printUsage(FILE *out, const char *program) {
    fprintf(out,
            "Usage: %s [/path/to/redis.conf] [--directive value ...] [-]\n"
            "       %s -              reads directives from standard input\n"
            "       %s -v, --version  what this is\n"
            "       %s -h, --help     this text\n"
            "\n"
            "Every directive of redis.conf can be given with '--'; it then stands after those of\n"
            "the file. redis.conf.example explains them.\n"
            "\n"
            "Examples:\n"
            "       %s --port 7777\n"
            "       %s /etc/ebb/ebb.conf --loglevel verbose\n"
            "       echo 'maxmemory 128mb' | %s -\n",
            program, program, program, program, program, program, program);
}

/* Arguments that ask for something else than a server. The exit status, or -1. */
static int answerArguments(int argc, char **argv) {
    if (argc < 2) return -1;
    if (!strcmp(argv[1], "--test-memory") || !strcmp(argv[1], "--check-system")) {
        fprintf(stderr, "%s is not part of Ebb; memtester and stress-ng test memory.\n", argv[1]);
        return 1;
    }
    if (argc != 2) return -1;
    if (!strcmp(argv[1], "-v") || !strcmp(argv[1], "--version")) {
        printVersion();
        return 0;
    }
    if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")) {
        printUsage(stdout, argv[0]);
        return 0;
    }
    return -1;
}

/* A first argument that begins with no dash is a file; a lone dash, first or last, is standard
 * input; the rest are options. */
static bool loadArguments(config *c, int argc, char **argv) {
    char error[ERROR_ROOM];
    const char *path = NULL;
    bool read_stdin = false;
    int first = 1;
    if (argc > 1 && !strcmp(argv[1], "-")) {
        read_stdin = true;
        first++;
    } else if (argc > 1 && argv[1][0] != '-') {
        path = argv[first++];
    }
    if (!read_stdin && argc > first && !strcmp(argv[argc - 1], "-")) {
        read_stdin = true;
        argc--;
    }
    char *options = argc > first ? configOptions(argc - first, argv + first) : NULL;
    int err = configLoad(c, path, read_stdin, options, error, sizeof error);
    memFree(options);
    if (err < 0) fprintf(stderr, "%s\n", error);
    return err == 0;
}

/* What the process is, besides its server. */
typedef struct process {
    procTitle title;
    int supervisor;
    /* To be removed at the end; whole paths, for CONFIG SET dir changes the folder. NULL: none. */
    char *pidfile, *unixsocket;
} process;

static char *wholePath(const char *path) {
    char here[PATH_MAX];
    if (path[0] == '/' || !getcwd(here, sizeof here)) return memText(path);
    size_t size = strlen(here) + strlen(path) + 2;
    char *whole = memAlloc(size);
    snprintf(whole, size, "%s/%s", here, path);
    return whole;
}

static void settleProcess(process *p, const config *c) {
    p->supervisor = daemonSupervisor(c->supervised);
    bool background = c->daemonize && p->supervisor == SUPERVISED_NO;
    if (background && !daemonDetach()) logLine(LOG_WARN, "daemonize: %s", strerror(errno));
    if (p->supervisor == SUPERVISED_UPSTART) raise(SIGSTOP);
    if (!background && !c->pidfile[0]) return;
    p->pidfile = wholePath(c->pidfile[0] ? c->pidfile : default_pidfile);
    daemonWritePid(p->pidfile);
}

static void leaveProcess(process *p) {
    if (p->pidfile) {
        logLine(LOG_NOTICE, "Removing the pid file.");
        unlink(p->pidfile);
    }
    memFree(p->pidfile);
    memFree(p->unixsocket);
    procTitleClear(&p->title);
}

static void logInert(void *ctx, const char *name) {
    (void)ctx;
    logLine(LOG_NOTICE, "'%s' is accepted, but has no effect in this version", name);
}

static void logStart(const config *c) {
    logLine(LOG_NOTICE, "Ebb is starting, version %s (compatible with %s), %d bits, %s",
            EBB_VERSION, EBB_REDIS_VERSION, (int)sizeof(long) * CHAR_BIT, memAllocatorName());
    if (configPath(c)[0])
        logLine(LOG_NOTICE, "Configuration loaded from %s", configPath(c));
    else
        logLine(LOG_NOTICE, "Configuration loaded, no file: the defaults and the command line");
}

static bool onTitle(void *ctx, config *c, char *error, size_t error_room) {
    (void)error;
    (void)error_room;
    procTitleSet(ctx, c);
    return true;
}

/* While there is much to load or to save a supervisor would lose patience. */
static void tellGoesOn(server *s) {
    static const uint64_t each_ns = UINT64_C(1000000000);
    uint64_t now_ns = s->clock->monotonic_ns(s->clock->ctx);
    if (now_ns - s->told_goes_on_ns < each_ns) return;
    s->told_goes_on_ns = now_ns;
    notifySystemd("EXTEND_TIMEOUT_USEC=30000000\n");
}

static void run(const process *p, net *n) {
    bool supervised = p->supervisor == SUPERVISED_SYSTEMD;
    logLine(LOG_NOTICE, "Ready to accept connections");
    if (supervised) notifySystemd("STATUS=Ready to accept connections\nREADY=1\n");
    netRun(n);
    if (supervised) notifySystemd("STATUS=Shutting down\nSTOPPING=1\n");
}

/* From a whole server to the end of its loop. The exit status. */
static int serve(process *p, server *s) {
    char error[ERROR_ROOM];
    if (!configRenameCommands(s, error, sizeof error)) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    hostAttach(s);
    net *n = netNew(s);
    netConfig(n);
    daemonHandleSignals(n);
    int err = netListen(n, error, sizeof error);
    if (err == 0) err = metricsPortOpen(n, error, sizeof error);
    if (err == 0 && s->config.unixsocket[0]) p->unixsocket = wholePath(s->config.unixsocket);
    if (err < 0) {
        logLine(LOG_WARN, "%s", error);
    } else {
        configOnChange(&s->config, "proc-title-template", onTitle, &p->title);
        procTitleSet(&p->title, &s->config);
        logLine(LOG_NOTICE, "Running mode=standalone, port=%" PRId64 ", PID: %d", s->config.port,
                (int)getpid());
        logLine(LOG_NOTICE, "Server initialized");
        daemonWarnHost(&s->config, "");
        daemonTellMemory(&s->config, "");
        configEachInert(&s->config, logInert, NULL);
        if (p->supervisor == SUPERVISED_SYSTEMD) s->saveGoesOn = tellGoesOn;
        err = loadAtStart(s);
        if (err == 0) run(p, n);
        if (err == ERR_AGAIN) err = 0;
    }
    daemonForgetSignals();
    netFree(n);
    if (p->unixsocket) unlink(p->unixsocket);
    return err < 0;
}

int main(int argc, char **argv) {
    bool checks = checkRdbIsAsked(argc, argv) || checkAofIsAsked(argc, argv);
    int answered = checks ? -1 : answerArguments(argc, argv);
    if (answered >= 0) return answered;
    uint8_t seed[16];
    rngSecret(seed, sizeof seed);
    hashSeed(seed);
    if (checkRdbIsAsked(argc, argv)) return checkRdb(argc, argv);
    if (checkAofIsAsked(argc, argv)) return checkAof(argc, argv);

    config cfg;
    configInit(&cfg);
    char executable[PATH_MAX];
    if (!realpath("/proc/self/exe", executable)) executable[0] = '\0';
    if (!loadArguments(&cfg, argc, argv)) {
        configClear(&cfg);
        return 1;
    }
    process self = {.pidfile = NULL};
    procTitleInit(&self.title, argc, argv);
    if (configApplyLog(&cfg) < 0) fprintf(stderr, "Can't open the log file: %s\n", strerror(errno));
    settleProcess(&self, &cfg);
    logStart(&cfg);
    cfg.maxclients = netReserveFiles(cfg.maxclients);

    server *s = wiringNewServer(&cfg, clockSystem());
    s->executable = executable;
    s->config_path = configPath(&s->config);
    crashInstall(s);
    watchdogStart(s);
    int status = serve(&self, s);
    leaveProcess(&self);
    if (status == 0) logLine(LOG_WARN, "Ebb is now ready to exit, bye bye...");
    watchdogStop(s);
    crashRemove();
    wiringFreeServer(s);
    return status;
}
