/* file_ops.h - the calls on files, as one table: whoever writes what must not be lost goes through
 * it, so that a test can make the n-th call fail, write short or fill the disk.
 *
 * Each call is the one of its name and returns what that does: -1 with errno after a failure. */
#ifndef EBB_STORAGE_BASE_FILE_OPS_H
#define EBB_STORAGE_BASE_FILE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "storage/base/bytes.h"

typedef struct fileOps {
    int (*open)(void *ctx, const char *path, int flags, mode_t mode);
    ssize_t (*read)(void *ctx, int fd, void *data, size_t size);
    ssize_t (*write)(void *ctx, int fd, const void *data, size_t size);
    ssize_t (*pwrite)(void *ctx, int fd, const void *data, size_t size, off_t at);
    int (*fsync)(void *ctx, int fd);
    int (*fdatasync)(void *ctx, int fd);
    int (*ftruncate)(void *ctx, int fd, off_t size);
    int (*close)(void *ctx, int fd);
    int (*rename)(void *ctx, const char *from, const char *to);
    int (*unlink)(void *ctx, const char *path);
    int (*link)(void *ctx, const char *from, const char *to);
    void *ctx;
} fileOps;

/* The kernel's. */
const fileOps *fileOpsSystem(void);

static inline int fileOpen(const fileOps *f, const char *path, int flags, mode_t mode) {
    return f->open(f->ctx, path, flags, mode);
}
static inline ssize_t fileRead(const fileOps *f, int fd, void *data, size_t size) {
    return f->read(f->ctx, fd, data, size);
}
static inline ssize_t fileWrite(const fileOps *f, int fd, const void *data, size_t size) {
    return f->write(f->ctx, fd, data, size);
}
static inline ssize_t filePwrite(const fileOps *f, int fd, const void *data, size_t size,
                                 off_t at) {
    return f->pwrite(f->ctx, fd, data, size, at);
}
static inline int fileSync(const fileOps *f, int fd) {
    return f->fsync(f->ctx, fd);
}
static inline int fileSyncData(const fileOps *f, int fd) {
    return f->fdatasync(f->ctx, fd);
}
static inline int fileTruncate(const fileOps *f, int fd, off_t size) {
    return f->ftruncate(f->ctx, fd, size);
}
static inline int fileClose(const fileOps *f, int fd) {
    return f->close(f->ctx, fd);
}
static inline int fileRename(const fileOps *f, const char *from, const char *to) {
    return f->rename(f->ctx, from, to);
}
static inline int fileUnlink(const fileOps *f, const char *path) {
    return f->unlink(f->ctx, path);
}
static inline int fileLink(const fileOps *f, const char *from, const char *to) {
    return f->link(f->ctx, from, to);
}

/* Writes all of it, over short writes and signals. 0, or -1 with errno: a part may be written. */
int fileWriteAll(const fileOps *f, int fd, bytes data);
/* Makes the names in the folder of 'path' last: after a new file or a rename. 0, or -1 with errno.
 */
int fileSyncFolder(const fileOps *f, const char *path);

#endif
