#include "tests/fault/crash/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/base/ensure.h"

enum { SECTOR = 512, NAME = 128, FDS = 1024, NAMES = 256, CALLS = 256, SHARE_IN_ORDER = 4 };

typedef struct pendingWrite {
    bool truncates;
    uint64_t at; /* or the size */
    bytes data;
} pendingWrite;

typedef struct inode {
    char *data; /* on disk */
    size_t size, room;
    pendingWrite *pending;
    size_t count, capacity;
    bool is_log;
    struct inode *next; /* of all */
} inode;

/* Names of a folder and of those in it. A folder has no inode. */
typedef struct names {
    struct {
        char path[NAME];
        inode *file;
    } items[NAMES];
    size_t count;
} names;

typedef struct nameCall {
    uint32_t kind; /* SHIM_OPEN: made; SHIM_RENAME, SHIM_UNLINK, SHIM_MKDIR */
    char folder[NAME];
    char path[NAME], other[NAME];
    inode *file;
} nameCall;

typedef struct openFile {
    int32_t pid, fd;
    inode *file; /* NULL: a folder */
    char path[NAME];
} openFile;

struct disk {
    inode *all;
    names now, durable;
    nameCall pending[CALLS];
    size_t pending_count;
    openFile open[FDS];
    size_t open_count;
};

/* ---- names ---- */

static size_t findName(const names *n, const char *path) {
    size_t i = 0;
    while (i < n->count && strcmp(n->items[i].path, path)) i++;
    return i;
}

static void setName(names *n, const char *path, inode *file) {
    size_t i = findName(n, path);
    ensure(i < NAMES);
    if (i == n->count) n->count++;
    snprintf(n->items[i].path, NAME, "%s", path);
    n->items[i].file = file;
}

static void dropName(names *n, const char *path) {
    size_t i = findName(n, path);
    if (i < n->count) n->items[i] = n->items[--n->count];
}

static void folderOf(const char *path, char out[NAME]) {
    const char *slash = strrchr(path, '/');
    snprintf(out, NAME, "%.*s", slash ? (int)(slash - path) : 0, path);
}

/* Makes the change where there is what it changes. */
static void applyName(names *n, const nameCall *c) {
    if (c->kind == SHIM_OPEN || c->kind == SHIM_MKDIR) {
        setName(n, c->path, c->file);
    } else if (c->kind == SHIM_UNLINK) {
        dropName(n, c->path);
    } else {
        dropName(n, c->path);
        setName(n, c->other, c->file);
    }
}

static void nameChanges(disk *d, uint32_t kind, const char *path, const char *other, inode *file) {
    ensure(d->pending_count < CALLS);
    nameCall *c = &d->pending[d->pending_count++];
    *c = (nameCall){.kind = kind, .file = file};
    snprintf(c->path, NAME, "%s", path);
    snprintf(c->other, NAME, "%s", other);
    folderOf(kind == SHIM_RENAME ? other : path, c->folder);
    applyName(&d->now, c);
}

static void syncFolder(disk *d, const char *folder) {
    size_t left = 0;
    for (size_t i = 0; i < d->pending_count; i++) {
        if (strcmp(d->pending[i].folder, folder))
            d->pending[left++] = d->pending[i];
        else
            applyName(&d->durable, &d->pending[i]);
    }
    d->pending_count = left;
}

/* ---- data ---- */

static void grow(inode *f, size_t size) {
    if (size > f->room) {
        f->room = size * 2;
        f->data = realloc(f->data, f->room);
    }
    if (size > f->size) memset(f->data + f->size, 0, size - f->size);
    if (size > f->size) f->size = size;
}

static void applyWrite(inode *f, uint64_t at, bytes data) {
    grow(f, at + data.size);
    if (data.size) memcpy(f->data + at, data.data, data.size);
}

static void applyPending(inode *f, const pendingWrite *w) {
    if (!w->truncates) {
        applyWrite(f, w->at, w->data);
        return;
    }
    grow(f, w->at);
    f->size = w->at;
}

static void addPending(inode *f, pendingWrite w) {
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 16;
        f->pending = realloc(f->pending, f->capacity * sizeof *f->pending);
    }
    f->pending[f->count++] = w;
}

/* ---- calls ---- */

static openFile *findOpen(disk *d, int32_t pid, int32_t fd) {
    for (size_t i = 0; i < d->open_count; i++)
        if (d->open[i].pid == pid && d->open[i].fd == fd) return &d->open[i];
    return NULL;
}

static void noteOpen(disk *d, openFile o) {
    openFile *old = findOpen(d, o.pid, o.fd);
    ensure(old || d->open_count < FDS);
    if (!old) old = &d->open[d->open_count++];
    *old = o;
}

static void callOpen(disk *d, const shimRecord *r, const char *path) {
    openFile o = {.pid = r->pid, .fd = r->fd};
    snprintf(o.path, NAME, "%s", path);
    if (!(r->flags & O_DIRECTORY)) {
        size_t i = findName(&d->now, path);
        o.file = i < d->now.count ? d->now.items[i].file : NULL;
        if (!o.file) {
            o.file = calloc(1, sizeof *o.file);
            o.file->next = d->all;
            d->all = o.file;
            const char *suffix = strstr(path, ".incr.aof");
            o.file->is_log = suffix != NULL;
            nameChanges(d, SHIM_OPEN, path, "", o.file);
        } else if (r->flags & O_TRUNC) {
            addPending(o.file, (pendingWrite){.truncates = true});
        }
    }
    noteOpen(d, o);
}

static void callFork(disk *d, const shimRecord *r) {
    for (size_t i = 0, count = d->open_count; i < count; i++) {
        openFile o = d->open[i];
        if (o.pid != r->pid) continue;
        o.pid = (int32_t)r->at;
        noteOpen(d, o);
    }
}

static void callSync(disk *d, const openFile *o, void (*durable)(void *ctx, bytes data),
                     void *ctx) {
    if (!o->file) {
        syncFolder(d, o->path);
        return;
    }
    inode *f = o->file;
    for (size_t i = 0; i < f->count; i++) {
        applyPending(f, &f->pending[i]);
        if (f->is_log && !f->pending[i].truncates) durable(ctx, f->pending[i].data);
    }
    f->count = 0;
}

static void callRename(disk *d, const char *from, const char *to) {
    size_t i = findName(&d->now, from);
    ensure(i < d->now.count);
    inode *f = d->now.items[i].file;
    nameChanges(d, SHIM_RENAME, from, to, f);
    /* From here on it may be a log under its name. */
    if (strstr(to, ".incr.aof")) f->is_log = true;
}

static void callLink(disk *d, const char *from, const char *to) {
    size_t i = findName(&d->now, from);
    ensure(i < d->now.count);
    nameChanges(d, SHIM_OPEN, to, "", d->now.items[i].file);
}

static void copyPath(char out[NAME], bytes path) {
    ensure(path.size < NAME);
    snprintf(out, NAME, "%.*s", (int)path.size, path.data ? path.data : "");
}

void diskCall(disk *d, const shimRecord *r, bytes path_bytes, bytes other_bytes, bytes data,
              void (*durable)(void *ctx, bytes data), void *ctx) {
    char path[NAME], other[NAME];
    copyPath(path, path_bytes);
    copyPath(other, other_bytes);
    openFile *o = findOpen(d, r->pid, r->fd);
    switch (r->kind) {
    case SHIM_OPEN: callOpen(d, r, path); break;
    case SHIM_WRITE:
        if (o && o->file) addPending(o->file, (pendingWrite){.at = r->at, .data = data});
        break;
    case SHIM_TRUNCATE:
        if (o && o->file) addPending(o->file, (pendingWrite){.truncates = true, .at = r->at});
        break;
    case SHIM_SYNC:
        if (o) callSync(d, o, durable, ctx);
        break;
    case SHIM_CLOSE:
        if (o) *o = d->open[--d->open_count];
        break;
    case SHIM_RENAME: callRename(d, path, other); break;
    case SHIM_LINK: callLink(d, path, other); break;
    case SHIM_UNLINK: nameChanges(d, SHIM_UNLINK, path, "", NULL); break;
    case SHIM_MKDIR: nameChanges(d, SHIM_MKDIR, path, "", NULL); break;
    case SHIM_FORK: callFork(d, r); break;
    default: ensurePanic("a call of no kind in the trace");
    }
}

bool diskIsPending(const disk *d) {
    size_t count = d->pending_count;
    for (const inode *f = d->all; f; f = f->next) count += f->count;
    return count != 0;
}

/* ---- images ---- */

/* A write without some of its sectors: those at its ends are shared with others. */
static void applySectors(inode *f, const pendingWrite *w, rng *r) {
    uint64_t at = w->at, end = w->at + w->data.size;
    while (at < end) {
        uint64_t next = (at / SECTOR + 1) * SECTOR;
        if (next > end) next = end;
        if (rngBelow(r, 4))
            applyWrite(f, at, bytesOf(w->data.data + (at - w->at), (size_t)(next - at)));
        at = next;
    }
}

/* A write up to a sector, or a byte. */
static void applyCut(inode *f, const pendingWrite *w, rng *r) {
    uint64_t size = rngBelow(r, w->data.size + 1), end = w->at + size;
    if (rngBelow(r, 2) && end / SECTOR * SECTOR > w->at) size = end / SECTOR * SECTOR - w->at;
    applyWrite(f, w->at, bytesOf(w->data.data, (size_t)size));
}

/* 'f' as it may be found: data to be freed. */
static void fileImage(const inode *f, diskOutcome kind, rng *r, inode *out) {
    *out = (inode){.size = f->size, .room = f->size + 1, .data = malloc(f->size + 1)};
    if (f->size) memcpy(out->data, f->data, f->size);
    size_t whole = kind == DISK_NOTHING    ? 0
                   : kind == DISK_IN_ORDER ? (size_t)rngBelow(r, f->count + 1)
                                           : f->count;
    for (size_t i = 0; i < whole; i++) {
        const pendingWrite *w = &f->pending[i];
        uint64_t fate = kind == DISK_ANY ? rngBelow(r, 4) : 2;
        if (fate == 0) continue;
        if (fate == 1 && !w->truncates)
            applySectors(out, w, r);
        else
            applyPending(out, w);
    }
    if (kind == DISK_IN_ORDER && whole < f->count && !f->pending[whole].truncates)
        applyCut(out, &f->pending[whole], r);
}

static void nameImage(const disk *d, diskOutcome kind, rng *r, names *out) {
    *out = d->durable;
    size_t count = kind == DISK_NOTHING ? 0 : d->pending_count;
    /* Half of the time all names are there: then it is the data that matters. */
    bool all = kind == DISK_ALL || rngBelow(r, 2);
    bool is_cut[2] = {false, false}; /* of the folder or that in it, no more are there */
    for (size_t i = 0; i < count; i++) {
        const nameCall *c = &d->pending[i];
        size_t which = c->folder[0] != '\0';
        if (!all && kind == DISK_IN_ORDER) {
            if (is_cut[which] || !rngBelow(r, SHARE_IN_ORDER)) is_cut[which] = true;
            if (is_cut[which]) continue;
        }
        if (!all && kind == DISK_ANY && rngBelow(r, 2)) continue;
        applyName(out, c);
    }
}

static void emptyFolder(const char *folder) {
    DIR *dir = opendir(folder);
    if (!dir) return;
    for (struct dirent *e; (e = readdir(dir));) {
        char path[1024];
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (unlink(path) < 0) {
            emptyFolder(path);
            rmdir(path);
        }
    }
    closedir(dir);
}

static void writeFile(const char *path, const inode *f) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return; /* Its folder is not there. */
    ensure(write(fd, f->data, f->size) == (ssize_t)f->size);
    close(fd);
}

void diskImage(const disk *d, diskOutcome kind, rng *r, const char *folder) {
    static names n;
    char path[1024];
    emptyFolder(folder);
    nameImage(d, kind, r, &n);
    for (int folders = 1; folders >= 0; folders--)
        for (size_t i = 0; i < n.count; i++) {
            snprintf(path, sizeof path, "%s/%s", folder, n.items[i].path);
            if (folders && !n.items[i].file) mkdir(path, 0755);
            if (folders || !n.items[i].file) continue;
            inode image;
            fileImage(n.items[i].file, kind, r, &image);
            writeFile(path, &image);
            free(image.data);
        }
}

disk *diskNew(void) {
    return calloc(1, sizeof(disk));
}

void diskFree(disk *d) {
    while (d->all) {
        inode *f = d->all;
        d->all = f->next;
        free(f->data);
        free(f->pending);
        free(f);
    }
    free(d);
}
