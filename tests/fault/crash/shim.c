/* shim.c - stands between a server and the kernel's calls on files; see shim.h. Preloaded. */
#include "tests/fault/crash/shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FDS = 4096 };

static shimState *state;
static char folder[PATH_MAX];
static size_t folder_size;
static char *trace_path;   /* a copy: a server may write its title over the environment */
static bool followed[FDS]; /* descriptors of files below the folder */

static struct {
    int (*open)(const char *, int, ...);
    ssize_t (*read)(int, void *, size_t);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*ftruncate)(int, off_t);
    int (*close)(int);
    int (*rename)(const char *, const char *);
    int (*unlink)(const char *);
    int (*link)(const char *, const char *);
    int (*mkdir)(const char *, mode_t);
    pid_t (*fork)(void);
} real;

/* ---- set-up ---- */

static void find(const char *name, void *to) {
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(to, &found, sizeof found);
}

__attribute__((constructor)) static void begin(void) {
    find("open", &real.open);
    find("read", &real.read);
    find("write", &real.write);
    find("pwrite", &real.pwrite);
    find("fsync", &real.fsync);
    find("fdatasync", &real.fdatasync);
    find("ftruncate", &real.ftruncate);
    find("close", &real.close);
    find("rename", &real.rename);
    find("unlink", &real.unlink);
    find("link", &real.link);
    find("mkdir", &real.mkdir);
    find("fork", &real.fork);
    const char *dir = getenv("EBB_SHIM_DIR"), *shared = getenv("EBB_SHIM_STATE");
    const char *trace_name = getenv("EBB_SHIM_TRACE");
    if (trace_name) trace_path = strdup(trace_name);
    if (!dir || !shared || !realpath(dir, folder)) return;
    folder_size = strlen(folder);
    int fd = real.open(shared, O_RDWR | O_CLOEXEC);
    void *map = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) real.close(fd);
    if (map == MAP_FAILED) abort();
    state = map;
}

/* The path below the folder, or NULL. */
static const char *inside(const char *path, char out[PATH_MAX]) {
    if (!state) return NULL;
    char whole[2 * PATH_MAX], cwd[PATH_MAX];
    if (*path == '/') {
        snprintf(whole, sizeof whole, "%s", path);
    } else {
        if (!getcwd(cwd, sizeof cwd)) return NULL;
        snprintf(whole, sizeof whole, "%s/%s", cwd, strcmp(path, ".") ? path : "");
    }
    if (strncmp(whole, folder, folder_size)) return NULL;
    if (whole[folder_size] && whole[folder_size] != '/') return NULL;
    const char *name = whole + folder_size + (whole[folder_size] == '/');
    if (name[0] == '.' && name[1] == '/') name += 2;
    snprintf(out, PATH_MAX, "%s", name);
    return out;
}

static bool follows(int fd) {
    return state && fd >= 0 && fd < FDS && followed[fd];
}

static void follow(int fd, bool on) {
    if (fd >= 0 && fd < FDS) followed[fd] = on;
}

/* ---- orders ---- */

typedef enum fate { GOES, FAILS, SHORT } fate;

static void die(void) {
    kill(0, SIGKILL);
    for (;;) pause();
}

static void waitUs(uint64_t us) {
    struct timespec left = {.tv_sec = (time_t)(us / 1000000),
                            .tv_nsec = (long)(us % 1000000 * 1000)};
    while (nanosleep(&left, &left) < 0 && errno == EINTR) continue;
}

/* Counts the call and says what becomes of it. 'size' of a write that may be torn, 'fd' its file.
 */
static fate judge(shimKind kind, int fd, const void *data, size_t size) {
    if (!(state->kinds & 1u << kind)) return GOES;
    uint64_t number = __atomic_add_fetch(&state->calls, 1, __ATOMIC_SEQ_CST);
    uint64_t mode = state->mode;
    if (mode & SHIM_KILL && number == state->at) {
        if (mode & SHIM_TEAR && kind == SHIM_WRITE && size > 1) real.write(fd, data, size / 2);
        die();
    }
    if (!(mode & SHIM_FAIL) || number < state->at || number > state->until) return GOES;
    bool can_be_short = kind == SHIM_WRITE && size > 1;
    if (!state->error && !can_be_short) return GOES;
    __atomic_add_fetch(&state->hits, 1, __ATOMIC_SEQ_CST);
    if (!state->error) return SHORT;
    errno = (int)state->error;
    return FAILS;
}

/* ---- the trace ---- */

/* While calls are traced there is one at a time: their order is that of the records. */
static bool lockTrace(void) {
    if (!state || !(state->mode & SHIM_TRACE) || !trace_path) return false;
    while (__atomic_exchange_n(&state->lock, 1, __ATOMIC_ACQUIRE)) sched_yield();
    return true;
}

static void unlockTrace(bool locked) {
    if (locked) __atomic_store_n(&state->lock, 0, __ATOMIC_RELEASE);
}

static void trace(bool locked, shimRecord r, const char *path, const char *other,
                  const void *data) {
    if (!locked) return;
    r.pid = (int32_t)getpid();
    r.path_size = path ? (uint32_t)strlen(path) : 0;
    r.other_size = other ? (uint32_t)strlen(other) : 0;
    struct iovec parts[] = {{&r, sizeof r},
                            {(void *)(uintptr_t)path, r.path_size},
                            {(void *)(uintptr_t)other, r.other_size},
                            {(void *)(uintptr_t)data, r.data_size}};
    size_t size = sizeof r + r.path_size + r.other_size + r.data_size;
    int error = errno;
    /* Anew each time: a child closes what it does not know. */
    int fd = real.open(trace_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || writev(fd, parts, 4) != (ssize_t)size) abort();
    real.close(fd);
    state->trace_size += size;
    errno = error;
}

/* ---- the calls ---- */

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    char name[PATH_MAX];
    if (!inside(path, name)) return real.open(path, flags, mode);
    bool locked = lockTrace();
    int fd = judge(SHIM_OPEN, -1, NULL, 0) == GOES ? real.open(path, flags, mode) : -1;
    if (fd >= 0) {
        follow(fd, true);
        trace(locked, (shimRecord){.kind = SHIM_OPEN, .fd = fd, .flags = (uint32_t)flags}, name,
              NULL, NULL);
    }
    unlockTrace(locked);
    return fd;
}

int open64(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open(path, flags, mode);
}

ssize_t read(int fd, void *data, size_t size) {
    if (follows(fd) && judge(SHIM_READ, fd, NULL, 0) != GOES) return -1;
    return real.read(fd, data, size);
}

static ssize_t writeAt(int fd, const void *data, size_t size, off_t at) {
    bool locked = lockTrace();
    struct stat st;
    fate what = judge(SHIM_WRITE, fd, data, size);
    if (what == SHORT) size /= 2;
    if (locked && at < 0) {
        bool appends = fcntl(fd, F_GETFL) & O_APPEND;
        off_t here = appends && fstat(fd, &st) == 0 ? st.st_size : lseek(fd, 0, SEEK_CUR);
        shimRecord r = {.kind = SHIM_WRITE, .fd = fd, .at = (uint64_t)here};
        ssize_t done = what == FAILS ? -1 : real.write(fd, data, size);
        r.data_size = done > 0 ? (uint32_t)done : 0;
        if (done > 0) trace(locked, r, NULL, NULL, data);
        unlockTrace(locked);
        return done;
    }
    ssize_t done = what == FAILS ? -1
                   : at < 0      ? real.write(fd, data, size)
                                 : real.pwrite(fd, data, size, at);
    shimRecord r = {.kind = SHIM_WRITE, .fd = fd, .at = (uint64_t)at};
    r.data_size = done > 0 ? (uint32_t)done : 0;
    if (done > 0) trace(locked, r, NULL, NULL, data);
    unlockTrace(locked);
    return done;
}

ssize_t write(int fd, const void *data, size_t size) {
    return follows(fd) ? writeAt(fd, data, size, -1) : real.write(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return follows(fd) ? writeAt(fd, data, size, at) : real.pwrite(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) {
    return pwrite(fd, data, size, at);
}

static int syncFile(int fd, int (*call)(int)) {
    if (!follows(fd)) return call(fd);
    bool locked = lockTrace();
    int result = judge(SHIM_SYNC, fd, NULL, 0) == GOES ? 0 : -1;
    if (result == 0 && state->mode & SHIM_SLOW) waitUs(state->delay_us);
    if (result == 0) result = call(fd);
    if (result == 0) trace(locked, (shimRecord){.kind = SHIM_SYNC, .fd = fd}, NULL, NULL, NULL);
    unlockTrace(locked);
    if (result == 0) __atomic_add_fetch(&state->syncs, 1, __ATOMIC_SEQ_CST);
    return result;
}

int fsync(int fd) {
    return syncFile(fd, real.fsync);
}

int fdatasync(int fd) {
    return syncFile(fd, real.fdatasync);
}

int ftruncate(int fd, off_t size) {
    if (!follows(fd)) return real.ftruncate(fd, size);
    bool locked = lockTrace();
    int result = judge(SHIM_TRUNCATE, fd, NULL, 0) == GOES ? real.ftruncate(fd, size) : -1;
    if (result == 0)
        trace(locked, (shimRecord){.kind = SHIM_TRUNCATE, .fd = fd, .at = (uint64_t)size}, NULL,
              NULL, NULL);
    unlockTrace(locked);
    return result;
}

int ftruncate64(int fd, off_t size) {
    return ftruncate(fd, size);
}

int close(int fd) {
    if (!follows(fd)) return real.close(fd);
    bool locked = lockTrace();
    fate what = judge(SHIM_CLOSE, fd, NULL, 0);
    int error = errno, result = real.close(fd); /* Which it is then, whatever it says. */
    follow(fd, false);
    trace(locked, (shimRecord){.kind = SHIM_CLOSE, .fd = fd}, NULL, NULL, NULL);
    unlockTrace(locked);
    if (what == GOES) return result;
    errno = error;
    return -1;
}

int rename(const char *from, const char *to) {
    char name[PATH_MAX], other[PATH_MAX];
    if (!inside(from, name) || !inside(to, other)) return real.rename(from, to);
    bool locked = lockTrace();
    int result = judge(SHIM_RENAME, -1, NULL, 0) == GOES ? real.rename(from, to) : -1;
    if (result == 0) trace(locked, (shimRecord){.kind = SHIM_RENAME}, name, other, NULL);
    unlockTrace(locked);
    return result;
}

int unlink(const char *path) {
    char name[PATH_MAX];
    if (!inside(path, name)) return real.unlink(path);
    bool locked = lockTrace();
    int result = judge(SHIM_UNLINK, -1, NULL, 0) == GOES ? real.unlink(path) : -1;
    if (result == 0) trace(locked, (shimRecord){.kind = SHIM_UNLINK}, name, NULL, NULL);
    unlockTrace(locked);
    return result;
}

int link(const char *from, const char *to) {
    char name[PATH_MAX], other[PATH_MAX];
    if (!inside(from, name) || !inside(to, other)) return real.link(from, to);
    bool locked = lockTrace();
    int result = judge(SHIM_LINK, -1, NULL, 0) == GOES ? real.link(from, to) : -1;
    if (result == 0) trace(locked, (shimRecord){.kind = SHIM_LINK}, name, other, NULL);
    unlockTrace(locked);
    return result;
}

int mkdir(const char *path, mode_t mode) {
    char name[PATH_MAX];
    if (!inside(path, name)) return real.mkdir(path, mode);
    bool locked = lockTrace();
    int result = judge(SHIM_MKDIR, -1, NULL, 0) == GOES ? real.mkdir(path, mode) : -1;
    if (result == 0) trace(locked, (shimRecord){.kind = SHIM_MKDIR}, name, NULL, NULL);
    unlockTrace(locked);
    return result;
}

/* A child has what its parent had open. */
pid_t fork(void) {
    bool locked = lockTrace();
    pid_t child = real.fork();
    if (child == 0) return 0; /* The lock is its parent's to give back. */
    trace(locked, (shimRecord){.kind = SHIM_FORK, .at = (uint64_t)child}, NULL, NULL, NULL);
    unlockTrace(locked);
    return child;
}
