/* aof_files.c - the folder of a log: paths, its manifest on disk, files that are opened, counted
 * and deleted. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "server/jobs/aof_internal.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

char *aofPath(const char *folder, const char *name) {
    size_t room = (folder ? strlen(folder) : 0) + strlen(name) + 2;
    char *path = memAlloc(room);
    snprintf(path, room, "%s%s%s", folder ? folder : "", folder ? "/" : "", name);
    return path;
}

char *aofNamePath(const char *folder, const char *before, const char *stem, const char *suffix) {
    size_t room = strlen(folder) + strlen(before) + strlen(stem) + strlen(suffix) + 2;
    char *path = memAlloc(room);
    snprintf(path, room, "%s/%s%s%s", folder, before, stem, suffix);
    return path;
}

char *aofManifestPath(const aofJob *a) {
    return aofNamePath(a->folder, "", a->stem, ".manifest");
}

char *aofApartPath(const aofJob *a) {
    return aofNamePath(a->folder, "temp-", a->stem, ".incr");
}

int aofMakeFolder(const aofJob *a) {
    if (mkdir(a->folder, 0755) == 0) return fileSyncFolder(a->s->files, a->folder);
    return errno == EEXIST ? 0 : -1;
}

bool aofStoreManifest(aofJob *a, const aofManifest *m) {
    char *path = aofManifestPath(a), *temp = aofNamePath(a->folder, "temp-", a->stem, ".manifest");
    int err = aofManifestWrite(a->s->files, path, temp, m), error = errno;
    if (err < 0)
        logLine(LOG_WARN, "Fail to %s the AOF manifest file %s: %s",
                err == ERR_AGAIN ? "sync the folder of" : "write", path, strerror(error));
    memFree(path);
    memFree(temp);
    /* What is appended to a file that only this manifest lists is no safer than the manifest. */
    if (err == ERR_AGAIN) aofSyncBroke(a, error);
    return err == ERR_OK || err == ERR_AGAIN;
}

int aofOpenForAppend(aofJob *a, const char *path, bool is_new, uint64_t *size) {
    int how = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (is_new ? O_TRUNC : 0);
    int fd = fileOpen(a->s->files, path, how, 0644);
    if (fd < 0) return -1;
    struct stat st;
    if (fstat(fd, &st) < 0 || fileSyncFolder(a->s->files, path) < 0) {
        int failure = errno;
        fileClose(a->s->files, fd);
        errno = failure;
        return -1;
    }
    *size = (uint64_t)st.st_size;
    return fd;
}

void aofDropHistory(aofJob *a) {
    if (a->keeps_history || !a->manifest.history.count) return;
    aofManifest without = aofManifestCopy(&a->manifest);
    aofManifestDropHistory(&without);
    if (!aofStoreManifest(a, &without)) {
        aofManifestClear(&without);
        return; /* The files are deleted another time. */
    }
    for (size_t i = 0; i < a->manifest.history.count; i++) {
        char *path = aofPath(a->folder, a->manifest.history.items[i].name);
        logLine(LOG_NOTICE, "Removing the history file %s in the background", path);
        aofUnlinkLater(a, path);
        memFree(path);
    }
    aofManifestClear(&a->manifest);
    a->manifest = without;
}

static uint64_t sizeOf(const aofJob *a, const char *name) {
    char *path = aofPath(a->folder, name);
    struct stat st;
    bool there = stat(path, &st) == 0;
    memFree(path);
    return there ? (uint64_t)st.st_size : 0;
}

uint64_t aofFilesSize(aofJob *a) {
    uint64_t size = a->manifest.base.name ? sizeOf(a, a->manifest.base.name) : 0;
    for (size_t i = 0; i < a->manifest.incrs.count; i++)
        size += sizeOf(a, a->manifest.incrs.items[i].name);
    return size;
}
