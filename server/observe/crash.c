#include "server/observe/crash.h"

#include <execinfo.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "server/observe/crash_text.h"
#include "storage/base/ensure.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

enum {
    STACK_BYTES = 64 * 1024,
    FRAMES_MAX = 100,
    ARGUMENTS_SHOWN = 32,
    STACK_WORDS = 16,
};

static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { DEADLY = sizeof deadly / sizeof deadly[0] };

/* What a signal handler can find: it gets no argument of ours. */
static struct {
    server *volatile server; /* NULL: not installed */
    volatile sig_atomic_t reported;
    stack_t old_stack;
    struct sigaction old_deadly[DEADLY], old_alarm;
} crash;
static char handler_stack[STACK_BYTES] __attribute__((aligned(16)));

/* ---- parts of a report ---- */

static void heading(int fd, const char *text) {
    crashPut(fd, "\n------ ");
    crashPut(fd, text);
    crashPut(fd, " ------\n");
}

/* A line with the log's beginning; no calendar, for localtime takes locks. */
static void line(int fd) {
    crashPutInt(fd, getpid());
    crashPut(fd, ":signal-handler (");
    crashPutInt(fd, time(NULL));
    crashPut(fd, ") ");
}

static void stackTrace(int fd) {
    void *frames[FRAMES_MAX];
    heading(fd, "STACK TRACE");
    backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MAX), fd);
    heading(fd, "STACK TRACE DONE");
}

static uint64_t instructionOf(const ucontext_t *at) {
#if defined(__x86_64__)
    return (uint64_t)at->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return at->uc_mcontext.pc;
#else
    (void)at;
    return 0;
#endif
}

static const uint64_t *stackOf(const ucontext_t *at) {
#if defined(__x86_64__)
    return (const uint64_t *)(uintptr_t)at->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    return (const uint64_t *)(uintptr_t)at->uc_mcontext.sp;
#else
    (void)at;
    return NULL;
#endif
}

static void oneRegister(int fd, const char *name, uint64_t value, int index) {
    crashPut(fd, name);
    crashPut(fd, ":");
    crashPutHex(fd, value);
    crashPut(fd, index % 4 == 3 ? "\n" : " ");
}

static void registers(int fd, const ucontext_t *at) {
    heading(fd, "REGISTERS");
#if defined(__x86_64__)
    static const struct {
        const char *name;
        int index;
    } names[] = {{"RAX", REG_RAX}, {"RBX", REG_RBX}, {"RCX", REG_RCX}, {"RDX", REG_RDX},
                 {"RDI", REG_RDI}, {"RSI", REG_RSI}, {"RBP", REG_RBP}, {"RSP", REG_RSP},
                 {"R8 ", REG_R8},  {"R9 ", REG_R9},  {"R10", REG_R10}, {"R11", REG_R11},
                 {"R12", REG_R12}, {"R13", REG_R13}, {"R14", REG_R14}, {"R15", REG_R15},
                 {"RIP", REG_RIP}, {"EFL", REG_EFL}};
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++)
        oneRegister(fd, names[i].name, (uint64_t)at->uc_mcontext.gregs[names[i].index], i);
#elif defined(__aarch64__)
    for (int i = 0; i < 31; i++) {
        crashPut(fd, "X");
        crashPutInt(fd, i);
        oneRegister(fd, "", at->uc_mcontext.regs[i], i);
    }
#else
    (void)at;
#endif
    crashPut(fd, "\n");
}

static void stackWords(int fd, const ucontext_t *at) {
    if (crash.server->config.hide_user_data_from_log) {
        crashPut(fd, "hide-user-data-from-log is on, skip logging stack content to avoid spilling "
                     "PII\n");
        return;
    }
    const uint64_t *words = stackOf(at);
    if (!words) return;
    for (int i = 0; i < STACK_WORDS; i++) {
        crashPut(fd, "(");
        crashPutHex(fd, (uint64_t)(uintptr_t)(words + i));
        crashPut(fd, ") -> ");
        crashPutHex(fd, words[i]);
        crashPut(fd, "\n");
    }
}

/* 'equals' goes between an argument's name and its value. */
static void arguments(int fd, const client *c, const char *name, const char *equals) {
    bool hide = crash.server->config.hide_user_data_from_log;
    for (int i = 0; i < c->argc && i < ARGUMENTS_SHOWN; i++) {
        crashPut(fd, name);
        crashPut(fd, "[");
        crashPutInt(fd, i);
        crashPut(fd, "]");
        crashPut(fd, equals);
        crashPut(fd, "'");
        if (hide && i > 0)
            crashPut(fd, "*redacted*");
        else
            crashPutBytes(fd, c->argv[i]);
        crashPut(fd, "'\n");
    }
}

static void currentClient(int fd) {
    const client *c = crash.server->current;
    if (!c) return;
    heading(fd, "CURRENT CLIENT INFO");
    crashPut(fd, "id=");
    crashPutInt(fd, (int64_t)c->id);
    crashPut(fd, " addr=");
    crashPut(fd, c->peer ? c->peer : "");
    crashPut(fd, " laddr=");
    crashPut(fd, c->local ? c->local : "");
    crashPut(fd, " fd=");
    crashPutInt(fd, c->fd);
    crashPut(fd, " db=");
    crashPutInt(fd, dbId(c->db));
    crashPut(fd, " resp=");
    crashPutInt(fd, c->resp);
    crashPut(fd, " flags=");
    crashPutHex(fd, c->flags);
    crashPut(fd, " cmd=");
    crashPut(fd, c->cmd ? c->cmd->full_name : "");
    crashPut(fd, "\nargc: ");
    crashPutInt(fd, c->argc);
    crashPut(fd, "\n");
    arguments(fd, c, "argv", ": ");
}

static void serverFigures(int fd) {
    const server *s = crash.server;
    heading(fd, "SERVER");
    crashPut(fd, "ebb_version:" EBB_VERSION "\nredis_version:" EBB_REDIS_VERSION "\nrun_id:");
    crashPut(fd, s->run_id);
    crashPut(fd, "\n");
    crashPutField(fd, "process_id", getpid());
    crashPutField(fd, "tcp_port", s->tcp_port);
    crashPutField(fd, "uptime_in_seconds", (int64_t)((s->now_ns - s->started_ns) / 1000000000));
    crashPutField(fd, "connected_clients", (int64_t)s->client_count);
    crashPutField(fd, "total_commands_processed", (int64_t)s->stats.commands);
    crashPutField(fd, "used_memory", (int64_t)memUsed());
    crashPutField(fd, "used_memory_peak", (int64_t)memPeak());
    for (int i = 0; i < s->db_count; i++) {
        if (!dbCount(s->dbs[i])) continue;
        crashPut(fd, "db");
        crashPutInt(fd, i);
        crashPutField(fd, ":keys", (int64_t)dbCount(s->dbs[i]));
    }
}

static void beginReport(int fd) {
    crashPut(fd, "\n\n=== EBB BUG REPORT START: Cut & paste starting from here ===\n");
}

static void endReport(int fd) {
    crashPut(fd,
             "\n=== EBB BUG REPORT END. Make sure to include from START to END. ===\n\n"
             "    A memory test (memtester, memtest86) tells whether the machine is sound; if it "
             "is,\n    please report this with the steps that led to it.\n\n");
}

/* ---- signals ---- */

static void describeSignal(int fd, int number, const siginfo_t *info, const ucontext_t *at) {
    line(fd);
    crashPut(fd, "Ebb " EBB_VERSION " crashed by signal: ");
    crashPutInt(fd, number);
    crashPut(fd, ", si_code: ");
    crashPutInt(fd, info->si_code);
    crashPut(fd, "\n");
    if (info->si_code <= 0) {
        line(fd);
        crashPut(fd, "Killed by PID: ");
        crashPutInt(fd, info->si_pid);
        crashPut(fd, ", UID: ");
        crashPutInt(fd, (int64_t)info->si_uid);
    } else {
        line(fd);
        crashPut(fd, "Accessing address: ");
        crashPutHex(fd, (uint64_t)(uintptr_t)info->si_addr);
    }
    crashPut(fd, "\n");
    line(fd);
    crashPut(fd, "Crashed running the instruction at: ");
    crashPutHex(fd, instructionOf(at));
    crashPut(fd, "\n");
}

static void onDeadly(int number, siginfo_t *info, void *context) {
    /* The handler is gone already (SA_RESETHAND): a fault in here, too, has the default action. */
    if (!crash.reported && crash.server->config.crash_log_enabled) {
        crash.reported = 1;
        int fd = logOpenFd();
        if (fd >= 0) {
            beginReport(fd);
            describeSignal(fd, number, info, context);
            stackTrace(fd);
            serverFigures(fd);
            currentClient(fd);
            registers(fd, context);
            stackWords(fd, context);
            endReport(fd);
            logCloseFd(fd);
        }
    }
    raise(number);
}

/* The watchdog's, or one that somebody sent. */
static void onAlarm(int number, siginfo_t *info, void *context) {
    (void)number;
    bool is_timer = info->si_code == SI_KERNEL;
    /* What feeds the watchdog does not run then. */
    if (is_timer && (crash.server->persist.loading || crash.server->cron.paused)) return;
    int fd = logOpenFd();
    if (fd < 0) return;
    line(fd);
    if (is_timer) {
        crashPut(fd, "--- WATCHDOG TIMER EXPIRED ---");
    } else {
        crashPut(fd, "Received SIGALRM from PID ");
        crashPutInt(fd, info->si_pid);
    }
    crashPut(fd, " at ");
    crashPutHex(fd, instructionOf(context));
    crashPut(fd, "\n");
    stackTrace(fd);
    logCloseFd(fd);
}

/* ---- failed ensure()s ---- */

static void onEnsure(const char *condition, const char *file, int line_number) {
    if (!crash.server->config.crash_log_enabled || crash.reported) return;
    int fd = logOpenFd();
    if (fd < 0) return;
    crash.reported = 1;
    beginReport(fd);
    line(fd);
    if (strcmp(file, "panic") == 0) {
        crashPut(fd, "!!! Software Failure. Guru Meditation: ");
        crashPut(fd, condition);
    } else {
        crashPut(fd, "=== ASSERTION FAILED ===\n");
        line(fd);
        crashPut(fd, "==> ");
        crashPut(fd, file);
        crashPut(fd, ":");
        crashPutInt(fd, line_number);
        crashPut(fd, " '");
        crashPut(fd, condition);
        crashPut(fd, "' is not true");
    }
    crashPut(fd, "\n");
    if (crash.server->current) arguments(fd, crash.server->current, "client->argv", " = ");
    stackTrace(fd);
    serverFigures(fd);
    currentClient(fd);
    endReport(fd);
    logCloseFd(fd);
}

/* ---- installing ---- */

void crashInstall(server *s) {
    ensure(!crash.server);
    crash.server = s;
    crash.reported = 0;
    /* The first call loads a library, which no handler may. */
    void *frame;
    backtrace(&frame, 1);
    sigaltstack(&(stack_t){.ss_sp = handler_stack, .ss_size = sizeof handler_stack},
                &crash.old_stack);
    struct sigaction action = {.sa_sigaction = onDeadly,
                               .sa_flags = SA_NODEFER | SA_ONSTACK | SA_RESETHAND | SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < DEADLY; i++) sigaction(deadly[i], &action, &crash.old_deadly[i]);
    action.sa_sigaction = onAlarm;
    action.sa_flags = SA_ONSTACK | SA_RESTART | SA_SIGINFO;
    sigaction(SIGALRM, &action, &crash.old_alarm);
    ensureSetHook(onEnsure);
}

void crashRemove(void) {
    if (!crash.server) return;
    ensureSetHook(NULL);
    for (int i = 0; i < DEADLY; i++) sigaction(deadly[i], &crash.old_deadly[i], NULL);
    sigaction(SIGALRM, &crash.old_alarm, NULL);
    sigaltstack(&crash.old_stack, NULL);
    crash.server = NULL;
}
