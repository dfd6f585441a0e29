#include "storage/base/file_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int sysOpen(void *ctx, const char *path, int flags, mode_t mode) {
    (void)ctx;
    return open(path, flags | O_CLOEXEC, mode);
}

static ssize_t sysRead(void *ctx, int fd, void *data, size_t size) {
    (void)ctx;
    return read(fd, data, size);
}

static ssize_t sysWrite(void *ctx, int fd, const void *data, size_t size) {
    (void)ctx;
    return write(fd, data, size);
}

static ssize_t sysPwrite(void *ctx, int fd, const void *data, size_t size, off_t at) {
    (void)ctx;
    return pwrite(fd, data, size, at);
}

static int sysFsync(void *ctx, int fd) {
    (void)ctx;
    return fsync(fd);
}

static int sysFdatasync(void *ctx, int fd) {
    (void)ctx;
    return fdatasync(fd);
}

static int sysFtruncate(void *ctx, int fd, off_t size) {
    (void)ctx;
    return ftruncate(fd, size);
}

static int sysClose(void *ctx, int fd) {
    (void)ctx;
    return close(fd);
}

static int sysRename(void *ctx, const char *from, const char *to) {
    (void)ctx;
    return rename(from, to);
}

static int sysUnlink(void *ctx, const char *path) {
    (void)ctx;
    return unlink(path);
}

static int sysLink(void *ctx, const char *from, const char *to) {
    (void)ctx;
    return link(from, to);
}

const fileOps *fileOpsSystem(void) {
    static const fileOps ops = {.open = sysOpen,
                                .read = sysRead,
                                .write = sysWrite,
                                .pwrite = sysPwrite,
                                .fsync = sysFsync,
                                .fdatasync = sysFdatasync,
                                .ftruncate = sysFtruncate,
                                .close = sysClose,
                                .rename = sysRename,
                                .unlink = sysUnlink,
                                .link = sysLink};
    return &ops;
}

int fileWriteAll(const fileOps *f, int fd, bytes data) {
    while (data.size) {
        ssize_t done = fileWrite(f, fd, data.data, data.size);
        if (done < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        if (done == 0) {
            errno = ENOSPC; /* A file that takes nothing and says nothing is full. */
            return -1;
        }
        data = bytesOf(data.data + done, data.size - (size_t)done);
    }
    return 0;
}

int fileSyncFolder(const fileOps *f, const char *path) {
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash) {
        size_t size = slash == path ? 1 : (size_t)(slash - path);
        if (size >= sizeof folder) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(folder, path, size);
        folder[size] = '\0';
    }
    int fd = fileOpen(f, folder, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) return -1;
    int failed = fileSync(f, fd);
    int why = errno;
    fileClose(f, fd);
    errno = why;
    return failed;
}
