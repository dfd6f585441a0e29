#include "server/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "storage/base/log.h"
#include "storage/base/machine.h"
#include "storage/base/num.h"

int daemonSupervisor(int wanted) {
    bool systemd = getenv("NOTIFY_SOCKET"), upstart = getenv("UPSTART_JOB");
    if (wanted == SUPERVISED_AUTO)
        return upstart ? SUPERVISED_UPSTART : systemd ? SUPERVISED_SYSTEMD : SUPERVISED_NO;
    if (wanted == SUPERVISED_SYSTEMD && !systemd) {
        logLine(LOG_WARN, "systemd supervision was asked for, but NOTIFY_SOCKET is not set");
        return SUPERVISED_NO;
    }
    if (wanted == SUPERVISED_UPSTART && !upstart) {
        logLine(LOG_WARN, "upstart supervision was asked for, but UPSTART_JOB is not set");
        return SUPERVISED_NO;
    }
    return wanted;
}

bool daemonDetach(void) {
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) return false;
    if (child > 0) _exit(0);
    if (setsid() < 0) return false;
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) return false;
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) dup2(fd, i);
    if (fd > STDERR_FILENO) close(fd);
    return true;
}

void daemonWritePid(const char *path) {
    FILE *out = fopen(path, "we");
    if (!out || fprintf(out, "%d\n", (int)getpid()) < 0 || fflush(out) != 0)
        logLine(LOG_NOTICE, "Failed to write PID file: %s", strerror(errno));
    if (out) fclose(out);
}

static struct {
    net *volatile net;
    volatile sig_atomic_t asked;
} signals;

/* Of a save that is under way in this process: what save_job.c calls it. */
static void removeTempFile(void) {
    char name[NUM_INT_MAX + 16] = "temp-";
    size_t size = strlen(name);
    size += numFormatInt(name + size, getpid());
    memcpy(name + size, ".rdb", 5);
    unlink(name);
}

static void onEnd(int number) {
    if (number == SIGINT && signals.asked == SIGINT) {
        logFromSignal(LOG_WARN, "You insist... exiting now.");
        removeTempFile();
        _exit(1);
    }
    logFromSignal(LOG_WARN, number == SIGINT ? "Received SIGINT scheduling shutdown..."
                                             : "Received SIGTERM scheduling shutdown...");
    signals.asked = number;
    if (!signals.net) return;
    netAskShutdown(signals.net, number);
}

void daemonHandleSignals(net *n) {
    signals.net = n;
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    struct sigaction action = {.sa_handler = onEnd};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

void daemonForgetSignals(void) {
    signals.net = NULL;
}

int daemonSignal(void) {
    return signals.asked;
}

/* ---- the machine ---- */

/* The first line of a small file of the kernel; "" if it cannot be read. */
static void readSetting(const char *root, const char *name, char *out, size_t room) {
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s%s", root, name);
    FILE *in = size > 0 && (size_t)size < sizeof path ? fopen(path, "re") : NULL;
    if (!in || !fgets(out, (int)room, in)) out[0] = '\0';
    if (in) fclose(in);
}

static void warnBacklog(const config *c, const char *root) {
    char value[128];
    readSetting(root, "/proc/sys/net/core/somaxconn", value, sizeof value);
    int64_t somaxconn = strtoll(value, NULL, 10);
    if (value[0] && somaxconn < c->tcp_backlog)
        logLine(LOG_WARN,
                "tcp-backlog is %lld, but the kernel queues at most %lld connections "
                "(net.core.somaxconn): bursts of new clients may be dropped",
                (long long)c->tcp_backlog, (long long)somaxconn);
}

static void warnOvercommit(const char *root) {
    char value[128];
    readSetting(root, "/proc/sys/vm/overcommit_memory", value, sizeof value);
    if (value[0] == '0')
        logLine(LOG_WARN, "vm.overcommit_memory is 0: with much data a fork to save may be refused "
                          "though there is memory. 'sysctl vm.overcommit_memory=1' allows it");
    if (value[0] == '2')
        logLine(LOG_WARN, "vm.overcommit_memory is 2: the kernel counts what is reserved, not what "
                          "is used, and a fork to save reserves all of the data once more. 'sysctl "
                          "vm.overcommit_memory=1' allows it");
}

/* With huge pages a page of 2 MB stays whole while one byte of it lives, and a fork copies 2 MB
 * where one byte is written. */
static void warnHugePages(const config *c, const char *root) {
    char value[128];
    readSetting(root, "/sys/kernel/mm/transparent_hugepage/enabled", value, sizeof value);
    if (!strstr(value, "[always]")) return;
    if (configInt(c, "disable-thp") && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0) {
        logLine(LOG_NOTICE, "Transparent huge pages are on for all memory of this machine; they "
                            "are off for this process (disable-thp)");
        return;
    }
    logLine(LOG_WARN, "Transparent huge pages are on for all memory: this costs memory and "
                      "latency. 'madvise' in /sys/kernel/mm/transparent_hugepage/enabled "
                      "leaves them to those who ask");
}

static void warnSwap(const char *root) {
    enum { HARDLY_EVER = 10 };
    char value[128], swap[32];
    size_t swap_bytes = machineMemoryOf(root).swap;
    readSetting(root, "/proc/sys/vm/swappiness", value, sizeof value);
    int64_t swappiness = strtoll(value, NULL, 10);
    if (!swap_bytes || swappiness <= HARDLY_EVER) return;
    numFormatHuman(swap, swap_bytes);
    logLine(LOG_WARN,
            "This machine swaps (%s, vm.swappiness %lld): who asks for a key that was swapped out "
            "waits for the disk, and everybody else with him. 'sysctl vm.swappiness=1' keeps the "
            "data in memory",
            swap, (long long)swappiness);
}

void daemonWarnHost(const config *c, const char *root) {
    warnBacklog(c, root);
    warnOvercommit(root);
    warnHugePages(c, root);
    warnSwap(root);
}

void daemonTellMemory(const config *c, const char *root) {
    if (!c->maxmemory) return;
    machineMemory m = machineMemoryOf(root);
    char limit[32], available[32];
    numFormatHuman(limit, c->maxmemory);
    numFormatHuman(available, m.available);
    int form = configMaxmemoryForm(c);
    const char *source = machineSourceText(m.source);
    if (form == CONFIG_MAXMEMORY_AUTO)
        logLine(LOG_NOTICE, "maxmemory is %s: auto, of %s that %s has", limit, available, source);
    else if (form)
        logLine(LOG_NOTICE, "maxmemory is %s: %d%% of %s that %s has", limit, form, available,
                source);
    bool saves = c->save_count > 0 || configInt(c, "appendonly");
    if (c->maxmemory > m.available)
        logLine(LOG_WARN, "maxmemory is %s, but %s has %s: the kernel will end the server first",
                limit, source, available);
    else if (saves && c->maxmemory > m.available / 2)
        logLine(LOG_WARN,
                "maxmemory is %s of the %s that %s has: while a snapshot or a rewrite of the log "
                "runs, all that is changed is in memory twice, for which there may be no room. "
                "Lower it, or switch 'save' and 'appendonly' off",
                limit, available, source);
}
