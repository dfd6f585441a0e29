#include "server/jobs/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/core/background.h"
#include "server/core/host.h"
#include "storage/base/ensure.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

enum { LOOK_MS = 10, TELL_MS = 50, COW_MS = 1000, COW_SHARE = 100, SOME_KEYS = 16 };
#define MS ((uint64_t)1000000)

/* What the child writes into the pipe: less than what is written whole. */
typedef struct childReport {
    uint64_t keys, cow_bytes;
} childReport;

struct children {
    childJob job;
    pid_t pid;     /* 0: none lives */
    int read_end;  /* of the pipe, in the parent */
    int write_end; /* in the child; -1 in the parent */
    int task;
    /* in the child */
    childReport report;
    uint64_t told_ns, cow_ns, cow_cost_ns;
};

/* ---- in the child ---- */

static size_t privateDirty(void) {
    FILE *in = fopen("/proc/self/smaps_rollup", "re");
    if (!in) return 0;
    char line[256];
    unsigned long long kib = 0;
    while (fgets(line, sizeof line, in))
        if (sscanf(line, "Private_Dirty: %llu kB", &kib) == 1) break;
    fclose(in);
    return (size_t)kib * 1024;
}

static uint64_t monotonicNs(const server *s) {
    return s->clock->monotonic_ns(s->clock->ctx);
}

/* A parent that is gone has nobody who needs the child. */
static void tell(const struct children *ch) {
    ssize_t done = write(ch->write_end, &ch->report, sizeof ch->report);
    if (done < 0 && errno == EPIPE) _exit(1);
}

/* Counting its pages costs the child time: once a second, and never a hundredth of it. */
static void measureCow(struct children *ch, const server *s, uint64_t now_ns) {
    ch->report.cow_bytes = privateDirty();
    ch->cow_ns = monotonicNs(s);
    ch->cow_cost_ns = ch->cow_ns - now_ns;
}

void childProgress(server *s, uint64_t keys) {
    struct children *ch = s->children;
    if (!ch || ch->write_end < 0) return;
    ch->report.keys = keys;
    if (keys % SOME_KEYS) return;
    uint64_t now_ns = monotonicNs(s);
    if (now_ns - ch->told_ns < TELL_MS * MS) return;
    uint64_t since_cow_ns = now_ns - ch->cow_ns;
    if (since_cow_ns >= COW_MS * MS && since_cow_ns >= ch->cow_cost_ns * COW_SHARE)
        measureCow(ch, s, now_ns);
    tell(ch);
    ch->told_ns = now_ns;
}

void childRelease(const void *memory, size_t size) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)memory + page - 1) / page * page;
    uintptr_t to = ((uintptr_t)memory + size) / page * page;
    if (to > from) madvise((void *)from, to - from, MADV_DONTNEED);
}

static bool isKept(const childJob *job, int fd) {
    for (int i = 0; i < job->keep_count; i++)
        if (job->keep_fds[i] == fd) return true;
    return false;
}

/* Sockets would stay open for clients, and the port taken, if the parent went. */
static void closeOthers(const childJob *job, int pipe_fd) {
    DIR *all = opendir("/proc/self/fd");
    if (!all) return;
    for (const struct dirent *one; (one = readdir(all));) {
        int64_t fd64;
        if (!numParseInt(bytesOfText(one->d_name), &fd64)) continue;
        int fd = (int)fd64;
        if (fd <= STDERR_FILENO || fd == dirfd(all) || fd == pipe_fd || isKept(job, fd)) continue;
        close(fd);
    }
    closedir(all);
}

/* SIGINT reaches the whole group of a terminal, and is the parent's to judge. */
static void settleSignals(void) {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGALRM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

static void __attribute__((noreturn)) live(server *s, pid_t parent) {
    struct children *ch = s->children;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    prctl(PR_SET_NAME, ch->job.title);
    logSetRole('C');
    hostEnterChild(s, ch->job.cpulist);
    settleSignals();
    closeOthers(&ch->job, ch->write_end);
    ch->told_ns = ch->cow_ns = monotonicNs(s);
    int status = ch->job.run(ch->job.ctx, s);
    ch->report.cow_bytes = privateDirty();
    tell(ch);
    _exit(status);
}

/* ---- in the parent ---- */

static void look(void *ctx, server *s) {
    (void)ctx;
    childPoll(s);
}

void childAttach(server *s) {
    struct children *ch = memCalloc(1, sizeof *ch);
    ch->read_end = ch->write_end = -1;
    s->children = ch;
    ch->task = cronAdd(s, "child", 0, look, NULL);
}

void childDetach(server *s) {
    struct children *ch = s->children;
    if (!ch) return;
    if (ch->pid) {
        kill(ch->pid, SIGKILL);
        while (waitpid(ch->pid, NULL, 0) < 0 && errno == EINTR) continue;
        close(ch->read_end);
    }
    memFree(ch);
    s->children = NULL;
}

childKind childActive(const server *s) {
    return s->children && s->children->pid ? s->children->job.kind : CHILD_NONE;
}

pid_t childPid(const server *s) {
    return s->children ? s->children->pid : 0;
}

static uint64_t keysOf(const server *s) {
    uint64_t keys = 0;
    for (int i = 0; i < s->db_count; i++) keys += dbCount(s->dbs[i]);
    return keys;
}

static void noteStart(server *s, uint64_t fork_ns) {
    persistStats *p = &s->persist;
    p->last_fork_us = fork_ns / 1000;
    p->forks++;
    p->child = s->children->job.kind;
    p->cow_bytes = p->cow_peak = p->save_keys_done = 0;
    p->cow_told_ms = 0;
    p->save_keys_total = keysOf(s);
    serverNoteEvent(s, "fork", fork_ns);
}

int childStart(server *s, const childJob *job) {
    struct children *ch = s->children;
    int ends[2];
    if (ch->pid) return ERR_AGAIN;
    if (pipe2(ends, O_CLOEXEC) < 0) return ERR_IO;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ch->job = *job;
    ch->report = (childReport){0};
    pid_t self = getpid();
    uint64_t start_ns = monotonicNs(s);
    pid_t pid = fork();
    if (pid == 0) {
        ch->write_end = ends[1];
        live(s, self);
    }
    int error = errno;
    uint64_t fork_ns = monotonicNs(s) - start_ns;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        errno = error;
        return ERR_IO;
    }
    ch->pid = pid;
    ch->read_end = ends[0];
    noteStart(s, fork_ns);
    backgroundFreeze(s, true);
    cronSetPeriod(s, ch->task, LOOK_MS);
    return 0;
}

static void readReports(server *s) {
    struct children *ch = s->children;
    persistStats *p = &s->persist;
    childReport report;
    while (read(ch->read_end, &report, sizeof report) == (ssize_t)sizeof report) {
        p->save_keys_done = report.keys;
        p->cow_bytes = report.cow_bytes;
        if (report.cow_bytes > p->cow_peak) p->cow_peak = report.cow_bytes;
        p->cow_told_ms = s->now_ms;
    }
}

static void finish(server *s, int wait_status, bool killed) {
    struct children *ch = s->children;
    persistStats *p = &s->persist;
    readReports(s);
    close(ch->read_end);
    childEnd end = {.pid = ch->pid, .killed = killed, .cow_bytes = p->cow_bytes};
    end.signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    end.status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 1;
    ch->pid = 0;
    ch->read_end = -1;
    p->child = CHILD_NONE;
    p->cow_bytes = p->save_keys_done = p->save_keys_total = 0;
    p->cow_told_ms = 0;
    cronSetPeriod(s, ch->task, 0);
    backgroundFreeze(s, false);
    backgroundWakeReclaim(s);
    ch->job.ended(ch->job.ctx, s, &end);
}

void childPoll(server *s) {
    struct children *ch = s->children;
    int status;
    if (!ch->pid) return;
    readReports(s);
    pid_t ended = waitpid(ch->pid, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return;
    if (ended < 0) {
        logLine(LOG_WARN, "waitpid: %s", strerror(errno));
        status = 1 << 8;
    }
    finish(s, status, false);
}

void childKill(server *s) {
    struct children *ch = s->children;
    int status = 0;
    if (!ch || !ch->pid) return;
    kill(ch->pid, SIGKILL);
    while (waitpid(ch->pid, &status, 0) < 0 && errno == EINTR) continue;
    finish(s, status, true);
}
