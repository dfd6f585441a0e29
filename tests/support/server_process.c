#include "tests/support/server_process.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    START_DEADLINE_MS = 30000, /* sanitizers on a busy machine */
    STOP_DEADLINE_MS = 10000,
    POLL_MS = 2,
    START_ATTEMPTS = 5,
    MAX_ARGUMENTS = 64,
    NO_EXIT = -1
};

struct serverProcess {
    pid_t pid; /* 0: not running */
    int port;
    int exit_status; /* as waitpid() gave it, or NO_EXIT */
    const char *binary;
    char folder[64];
    int option_count;
    char *options[MAX_ARGUMENTS];
    pid_t cleaner; /* removes the folder, see startCleaner() */
    int cleaner_fd;
};

static int64_t nowMs(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pauseBriefly(void) {
    struct timespec briefly = {.tv_nsec = POLL_MS * 1000000};
    nanosleep(&briefly, NULL);
}

/* A port that was free a moment ago. Whoever takes it before the server does makes the server
 * exit, and it is started again on another. */
static int freePort(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static int removeOne(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

static void removeFolder(const char *path) {
    nftw(path, removeOne, 16, FTW_DEPTH | FTW_PHYS);
}

/* A test that fails ends without further ado, so a process of its own removes the folder: as soon
 * as it is told to, or as nobody is there any more who could tell it. */
static void startCleaner(serverProcess *s) {
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    fflush(stdout);
    s->cleaner = fork();
    ck_assert_int_ge(s->cleaner, 0);
    if (s->cleaner == 0) {
        char byte;
        /* Check kills the process group of a test that has ended. */
        setsid();
        close(ends[1]);
        while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {
        }
        removeFolder(s->folder);
        _exit(0);
    }
    close(ends[0]);
    s->cleaner_fd = ends[1];
}

static void printLog(const serverProcess *s) {
    char path[96];
    char text[4096];
    snprintf(path, sizeof path, "%s/log", s->folder);
    FILE *log = fopen(path, "r");
    if (!log) return;
    printf("---- log of %s ----\n", s->binary);
    for (size_t n; (n = fread(text, 1, sizeof text, log)) > 0;) fwrite(text, 1, n, stdout);
    printf("---- end of log ----\n");
    fflush(stdout);
    fclose(log);
}

_Noreturn static void runServer(serverProcess *s, pid_t parent) {
    char port[16];
    snprintf(port, sizeof port, "%d", s->port);
    char *arguments[MAX_ARGUMENTS + 16] = {
        (char *)s->binary, "--port", port,           "--bind", "127.0.0.1",  "--dir", s->folder,
        "--save",          "",       "--appendonly", "no",     "--loglevel", "notice"};
    int count = 13;
    for (int i = 0; i < s->option_count; i++) arguments[count++] = s->options[i];
    arguments[count] = NULL;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The parent may have died before the line above. */
    if (getppid() != parent) _exit(126);
    int log = -1;
    if (chdir(s->folder) == 0) log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (log < 0) _exit(126);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    execvp(s->binary, arguments);
    dprintf(STDERR_FILENO, "%s: %s\n", s->binary, strerror(errno));
    _exit(127);
}

/* True if the process has ended by itself by now. */
static bool hasEnded(serverProcess *s) {
    if (s->exit_status != NO_EXIT) return true;
    int status;
    if (s->pid == 0 || waitpid(s->pid, &status, WNOHANG) != s->pid) return false;
    s->exit_status = status;
    s->pid = 0;
    return true;
}

static bool answersPing(int port) {
    redisContext *c = redisConnectWithTimeout("127.0.0.1", port, (struct timeval){.tv_sec = 1});
    bool answers = false;
    if (c && !c->err) {
        redisSetTimeout(c, (struct timeval){.tv_sec = 1});
        redisReply *reply = redisCommand(c, "PING");
        /* NOAUTH is an answer too; -LOADING is one that asks to wait. */
        answers =
            reply && !(reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "LOADING", 7) == 0);
        if (reply) freeReplyObject(reply);
    }
    if (c) redisFree(c);
    return answers;
}

/* On 'port', or on a free one for 0. */
static void launch(serverProcess *s, int port) {
    for (int attempt = 0; attempt < (port ? 1 : START_ATTEMPTS); attempt++) {
        s->port = port ? port : freePort();
        s->exit_status = NO_EXIT;
        fflush(stdout);
        pid_t parent = getpid();
        s->pid = fork();
        ck_assert_int_ge(s->pid, 0);
        if (s->pid == 0) runServer(s, parent);
        int64_t deadline_ms = nowMs() + START_DEADLINE_MS;
        while (!hasEnded(s)) {
            /* The answer may come from whoever took the port: then ours ends right away. */
            if (answersPing(s->port) && !hasEnded(s)) return;
            if (nowMs() > deadline_ms) {
                printLog(s);
                ck_abort_msg("%s does not answer on port %d", s->binary, s->port);
            }
            pauseBriefly();
        }
    }
    printLog(s);
    ck_abort_msg("%s does not start", s->binary);
}

static serverProcess *start(const char *binary, const char *const *options) {
    serverProcess *s = calloc(1, sizeof *s);
    s->binary = binary;
    for (int i = 0; options && options[i]; i++) {
        ck_assert_int_lt(i, MAX_ARGUMENTS);
        s->options[s->option_count++] = strdup(options[i]);
    }
    snprintf(s->folder, sizeof s->folder, "/tmp/ebb-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(s->folder));
    startCleaner(s);
    launch(s, 0);
    return s;
}

serverProcess *serverStart(const char *const *options) {
    const char *given = getenv("EBB_BINARY");
    return start(given ? given : EBB_BINARY, options);
}

serverProcess *serverStartOracle(const char *const *options) {
    const char *given = getenv("EBB_ORACLE");
    return start(given ? given : "redis-server", options);
}

bool serverHasEnded(serverProcess *s, int deadline_ms) {
    int64_t end_ms = nowMs() + deadline_ms;
    while (!hasEnded(s)) {
        if (nowMs() > end_ms) return false;
        pauseBriefly();
    }
    return true;
}

void serverKill(serverProcess *s) {
    if (!hasEnded(s)) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, &s->exit_status, 0);
        s->pid = 0;
    }
}

void serverRestart(serverProcess *s) {
    ck_assert_int_eq(s->pid, 0);
    launch(s, 0);
}

void serverRestartThere(serverProcess *s) {
    ck_assert_int_eq(s->pid, 0);
    launch(s, s->port);
}

static void freeServer(serverProcess *s) {
    ck_assert_int_eq(write(s->cleaner_fd, "", 1), 1);
    close(s->cleaner_fd);
    waitpid(s->cleaner, NULL, 0);
    for (int i = 0; i < s->option_count; i++) free(s->options[i]);
    free(s);
}

void serverStop(serverProcess *s) {
    if (!hasEnded(s)) {
        kill(s->pid, SIGTERM);
        if (!serverHasEnded(s, STOP_DEADLINE_MS)) {
            printLog(s);
            serverKill(s);
        }
    }
    int status = s->exit_status;
    bool is_clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!is_clean) printLog(s);
    freeServer(s);
    ck_assert_msg(is_clean, "the server ended with wait status 0x%x", (unsigned)status);
}

void serverExpectSignal(serverProcess *s, int number) {
    ck_assert(hasEnded(s));
    int status = s->exit_status;
    freeServer(s);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == number,
                  "the server ended with wait status 0x%x, not by signal %d", (unsigned)status,
                  number);
}

int serverPort(const serverProcess *s) {
    return s->port;
}

pid_t serverPid(const serverProcess *s) {
    return s->pid;
}

const char *serverFolder(const serverProcess *s) {
    return s->folder;
}
