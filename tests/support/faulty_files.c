#include "tests/support/faulty_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const fileOps *real(void) {
    return fileOpsSystem();
}

/* True if this call fails; errno is set. */
static bool fails(faultyFiles *f, fileCall call) {
    int number = __atomic_add_fetch(&f->seen[call], 1, __ATOMIC_SEQ_CST);
    if (f->fault == FAULT_NONE || f->fault == FAULT_SHORT || f->call != call) return false;
    if (f->fault == FAULT_ONCE ? number != f->at : number < f->at) return false;
    errno = f->error;
    return true;
}

static int openFile(void *ctx, const char *path, int flags, mode_t mode) {
    faultyFiles *f = ctx;
    struct stat st;
    int fd = fails(f, FILE_OPEN) ? -1 : real()->open(NULL, path, flags, mode);
    /* What a file had before this life is safe. */
    if (fd >= 0 && fd < FAULTY_FDS && fstat(fd, &st) == 0) f->synced[fd] = st.st_size;
    return fd;
}

static ssize_t readFile(void *ctx, int fd, void *data, size_t size) {
    return fails(ctx, FILE_READ) ? -1 : real()->read(NULL, fd, data, size);
}

static ssize_t writeFile(void *ctx, int fd, const void *data, size_t size) {
    faultyFiles *f = ctx;
    if (fails(f, FILE_WRITE)) return -1;
    if (f->fault == FAULT_SHORT && f->half) {
        f->half = false;
        f->fault = FAULT_NONE;
        errno = f->error;
        return -1;
    }
    if (f->fault == FAULT_SHORT && f->seen[FILE_WRITE] == f->at && size > 1) {
        f->half = true;
        size /= 2;
    }
    return real()->write(NULL, fd, data, size);
}

static ssize_t pwriteFile(void *ctx, int fd, const void *data, size_t size, off_t at) {
    return fails(ctx, FILE_WRITE) ? -1 : real()->pwrite(NULL, fd, data, size, at);
}

static void sleepUs(uint32_t us) {
    struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
    while (us && nanosleep(&wait, &wait) < 0) continue;
}

/* A regular file is cut to what was safe of it. */
static void drop(const faultyFiles *f, int fd) {
    struct stat st;
    int error = errno;
    if (f->drops && fd < FAULTY_FDS && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        st.st_size > f->synced[fd] && ftruncate(fd, f->synced[fd]) < 0)
        abort();
    errno = error;
}

static int syncFile(void *ctx, int fd) {
    faultyFiles *f = ctx;
    struct stat st;
    sleepUs(f->sync_us);
    if (fails(f, FILE_SYNC)) {
        drop(f, fd);
        return -1;
    }
    /* Before the sync: what is written meanwhile may not be in it. No need to wait for a real disk.
     */
    if (fd < FAULTY_FDS && fstat(fd, &st) == 0) f->synced[fd] = st.st_size;
    return 0;
}

static int truncateFile(void *ctx, int fd, off_t size) {
    faultyFiles *f = ctx;
    if (f->truncate_fails) errno = EIO;
    return f->truncate_fails || fails(f, FILE_TRUNCATE) ? -1 : real()->ftruncate(NULL, fd, size);
}

static int closeFile(void *ctx, int fd) {
    bool failed = fails(ctx, FILE_CLOSE);
    int error = errno, result = real()->close(NULL, fd);
    if (failed) errno = error;
    return failed ? -1 : result;
}

static int renameFile(void *ctx, const char *from, const char *to) {
    return fails(ctx, FILE_RENAME) ? -1 : real()->rename(NULL, from, to);
}

static int unlinkFile(void *ctx, const char *path) {
    return fails(ctx, FILE_UNLINK) ? -1 : real()->unlink(NULL, path);
}

static int linkFile(void *ctx, const char *from, const char *to) {
    return fails(ctx, FILE_LINK) ? -1 : real()->link(NULL, from, to);
}

void faultyInit(faultyFiles *f) {
    *f = (faultyFiles){.ops = {.open = openFile,
                               .read = readFile,
                               .write = writeFile,
                               .pwrite = pwriteFile,
                               .fsync = syncFile,
                               .fdatasync = syncFile,
                               .ftruncate = truncateFile,
                               .close = closeFile,
                               .rename = renameFile,
                               .unlink = unlinkFile,
                               .link = linkFile}};
    f->ops.ctx = f;
}

void faultySet(faultyFiles *f, fileFault fault, fileCall call, int at, int error) {
    f->fault = fault;
    f->call = call;
    f->at = at;
    f->error = error;
    f->half = false;
    memset(f->seen, 0, sizeof f->seen);
}

int faultySeen(const faultyFiles *f, fileCall call) {
    return f->seen[call];
}
