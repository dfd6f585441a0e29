/* aof_load_job.c - the log read back: its manifest, its files, its records run one after the other.
 *
 * While records run nothing expires: the log says itself what went. A transaction runs when its end
 * has been read, so that one without an end leaves nothing behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/jobs/aof_internal.h"
#include "server/jobs/load_job.h"
#include "server/jobs/persist_source.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "storage/persist/aof_load.h"
#include "storage/persist/rdb_load.h"

/* ---- the manifest ---- */

static bool exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

/* The log of a server before 7.0: one file beside the folder. Its manifest is stored before it is
 * moved, so that whatever happens in between is gone on with. */
static bool adoptOldFile(aofJob *a) {
    char *moved = aofPath(a->folder, a->stem);
    bool listed = !aofManifestIsEmpty(&a->manifest);
    bool only_old = a->manifest.base.name && !strcmp(a->manifest.base.name, a->stem) &&
                    !a->manifest.incrs.count;
    bool wanted = exists(a->stem) && (listed ? only_old && !exists(moved) : true);
    bool good = true;
    if (wanted && !listed) {
        aofManifestAdoptBase(&a->manifest, a->stem);
        good = aofMakeFolder(a) == 0 && aofStoreManifest(a, &a->manifest);
    }
    if (wanted && good) {
        good = fileRename(a->s->files, a->stem, moved) == 0 &&
               fileSyncFolder(a->s->files, moved) == 0 && fileSyncFolder(a->s->files, a->stem) == 0;
        if (good)
            logLine(LOG_NOTICE,
                    "Successfully migrated an old-style AOF configuration (%s) into the AOF "
                    "directory (%s).",
                    a->stem, a->folder);
    }
    if (!good)
        logLine(LOG_WARN, "Error trying to move the old AOF file %s into dir %s: %s", a->stem,
                a->folder, strerror(errno));
    memFree(moved);
    return good;
}

static void logManifestError(const char *path, const aofManifestError *e) {
    logLine(LOG_WARN, "*** FATAL AOF MANIFEST FILE ERROR ***");
    if (e->line) logLine(LOG_WARN, "Reading the manifest file %s, at line %zu", path, e->line);
    if (e->line) logLine(LOG_WARN, ">>> '%.200s'", e->shown);
    logLine(LOG_WARN, "%s", e->text);
}

bool aofReadManifest(aofJob *a) {
    char *path = aofManifestPath(a);
    aofManifest fresh;
    aofManifestError error;
    int err = aofManifestRead(a->s->files, path, &fresh, &error);
    if (err == ERR_CORRUPT) logManifestError(path, &error);
    if (err == ERR_IO)
        logLine(LOG_WARN, "Fatal error: can't read the AOF manifest file %s: %s", path,
                strerror(errno));
    memFree(path);
    if (err < 0 && err != ERR_NOT_FOUND) return false;
    aofManifestClear(&a->manifest);
    a->manifest = fresh;
    return adoptOldFile(a);
}

/* ---- records ---- */

typedef struct replay {
    aofJob *a;
    server *s;
    client *c;
    const char *name;   /* of the file */
    uint64_t done;      /* bytes of the files before it */
    uint64_t told;      /* of this one, when progress was told last */
    int64_t tell_bytes; /* between two times */
    int64_t delay_us;   /* key-load-delay */
    char *unit;         /* the records since MULTI */
    size_t unit_size, unit_capacity;
    bool in_unit;
    uint64_t unit_at; /* offset of its MULTI */
    uint64_t errors, records;
    /* what went wrong, with the record that is run */
    char error[160];
} replay;

static void readSettings(replay *r) {
    r->tell_bytes = configInt(&r->s->config, "loading-process-events-interval-bytes");
    r->delay_us = configInt(&r->s->config, "key-load-delay");
}

/* False if the server shall end. */
static bool goesOn(replay *r, uint64_t at) {
    if (r->delay_us) persistDelay(r->delay_us, ++r->records);
    if (at - r->told < (uint64_t)r->tell_bytes) return true;
    r->told = at;
    bool goes_on = loadGoesOn(r->s, r->done + at);
    readSettings(r);
    return goes_on;
}

static bool runRecord(replay *r, int argc, const bytes *argv) {
    uint64_t errors = r->s->stats.error_replies;
    replayAnswer answer = dispatchReplay(r->c, argc, argv);
    r->errors += r->s->stats.error_replies != errors;
    if (answer == REPLAY_DONE) return true;
    int shown = argc && argv[0].size < 64 ? (int)argv[0].size : 0;
    snprintf(r->error, sizeof r->error, "%s '%.*s'",
             answer == REPLAY_UNKNOWN ? "Unknown command" : "Wrong number of arguments for", shown,
             argc ? argv[0].data : "");
    return false;
}

typedef struct memoryInput {
    const char *data;
    size_t left;
} memoryInput;

static int64_t readMemory(void *ctx, void *to, size_t room) {
    memoryInput *in = ctx;
    size_t size = room < in->left ? room : in->left;
    memcpy(to, in->data, size);
    in->data += size;
    in->left -= size;
    return (int64_t)size;
}

static bool runUnit(replay *r) {
    memoryInput in = {r->unit, r->unit_size};
    aofReader records;
    aofReaderInit(&records, readMemory, &in, 0, in.left);
    bool good = true;
    while (good && aofRead(&records) == AOF_RECORD) good = runRecord(r, records.argc, records.argv);
    aofReaderClear(&records);
    r->in_unit = false;
    r->unit_size = 0;
    return good;
}

static void keepForUnit(replay *r, bytes raw) {
    if (r->unit_capacity - r->unit_size < raw.size) {
        r->unit_capacity = (r->unit_capacity + raw.size) * 2;
        r->unit = memRealloc(r->unit, r->unit_capacity);
    }
    memcpy(r->unit + r->unit_size, raw.data, raw.size);
    r->unit_size += raw.size;
}

static bool takeRecord(replay *r, const aofReader *in) {
    if (in->argc == 0) {
        snprintf(r->error, sizeof r->error, "%s", "A record without arguments");
        return false;
    }
    bool alone = in->argc == 1;
    if (alone && bytesEqualWord(in->argv[0], "multi")) {
        if (!r->in_unit) r->unit_at = in->at;
        if (!r->in_unit) return r->in_unit = true;
        snprintf(r->error, sizeof r->error, "%s", "MULTI inside of a transaction");
        return false;
    }
    if (alone && bytesEqualWord(in->argv[0], "exec")) {
        if (r->in_unit) return runUnit(r);
        snprintf(r->error, sizeof r->error, "%s", "EXEC without MULTI");
        return false;
    }
    if (!r->in_unit) return runRecord(r, in->argc, in->argv);
    keepForUnit(r, in->raw);
    return true;
}

/* ---- a file ---- */

typedef struct fileInput {
    const fileOps *ops;
    int fd;
} fileInput;

static int64_t readFile(void *ctx, void *to, size_t room) {
    const fileInput *in = ctx;
    return fileRead(in->ops, in->fd, to, room);
}

/* How reading a file ended. */
typedef struct fileEnd {
    aofItem item;   /* AOF_END: well */
    bool stopped;   /* the server shall end */
    bool unknown;   /* a record could not be run */
    uint64_t valid; /* bytes that can stay */
    int error;      /* errno */
} fileEnd;

static fileEnd runRecords(replay *r, fileInput *in, uint64_t at, uint64_t size) {
    aofReader records;
    aofReaderInit(&records, readFile, in, at, size - at);
    fileEnd end = {.valid = at};
    r->error[0] = '\0';
    for (;;) {
        end.item = aofRead(&records);
        end.error = errno;
        if (end.item != AOF_RECORD && end.item != AOF_NOTE) break;
        if (end.item == AOF_RECORD && !takeRecord(r, &records)) {
            end.item = AOF_BROKEN;
            end.unknown = true;
            break;
        }
        if (!r->in_unit) end.valid = records.next;
        if (goesOn(r, records.next)) continue;
        end.stopped = true;
        break;
    }
    if (end.item == AOF_END && r->in_unit) end.item = AOF_CUT;
    if (!r->error[0] && end.item != AOF_END && !end.stopped)
        snprintf(r->error, sizeof r->error, "0x%llx: %s", (unsigned long long)records.error_at,
                 records.error);
    r->in_unit = false;
    r->unit_size = 0;
    aofReaderClear(&records);
    return end;
}

static bool cutFile(const replay *r, const char *path, uint64_t valid) {
    logLine(LOG_WARN, "!!! Truncating the AOF %s at offset %llu !!!", r->name,
            (unsigned long long)valid);
    int fd = fileOpen(r->s->files, path, O_WRONLY | O_CLOEXEC, 0);
    bool good = fd >= 0 && fileTruncate(r->s->files, fd, (off_t)valid) == 0 &&
                fileSync(r->s->files, fd) == 0;
    if (!good) logLine(LOG_WARN, "Error truncating the AOF file %s: %s", r->name, strerror(errno));
    if (fd >= 0) fileClose(r->s->files, fd);
    return good;
}

static bool mayCut(const replay *r, const fileEnd *end, uint64_t size) {
    if (r->a->preloads) return false;
    if (end->item == AOF_CUT) return configInt(&r->s->config, "aof-load-truncated");
    int64_t most = configInt(&r->s->config, "aof-load-corrupt-tail-max-size");
    return !end->unknown && most > 0 && size - end->valid <= (uint64_t)most;
}

static void logBadEnd(const replay *r, const fileEnd *end) {
    if (end->unknown)
        logLine(LOG_WARN, "%s reading the append only file %s (at offset %llu)", r->error, r->name,
                (unsigned long long)end->valid);
    else if (end->item == AOF_UNREADABLE)
        logLine(LOG_WARN, "Unrecoverable error reading the append only file %s: %s", r->name,
                strerror(end->error));
    else if (end->item == AOF_CUT)
        logLine(LOG_WARN,
                "Unexpected end of file reading the append only file %s (%s). You can: 1) Make a "
                "backup of your AOF file, then use ./ebb-check-aof --fix <filename.manifest>. 2) "
                "Alternatively you can set the 'aof-load-truncated' configuration option to yes "
                "and restart the server.",
                r->name, r->error);
    else
        logLine(LOG_WARN,
                "Bad file format reading the append only file %s (%s): make a backup of your AOF "
                "file, then use ./ebb-check-aof --fix <filename.manifest>",
                r->name, r->error);
}

static aofLoadResult judgeEnd(const replay *r, const char *path, const fileEnd *end, uint64_t size,
                              bool is_last) {
    if (end->stopped) return AOF_LOAD_STOPPED;
    if (end->item == AOF_END) return AOF_LOADED;
    if (end->item == AOF_UNREADABLE || !mayCut(r, end, size)) {
        logBadEnd(r, end);
        return AOF_LOAD_FAILED;
    }
    logLine(LOG_WARN, "!!! Warning: %s while loading the AOF file %s !!!",
            end->item == AOF_CUT ? "short read" : "corrupt tail", r->name);
    if (!is_last) {
        logLine(LOG_WARN, "Fatal error: the truncated file is not the last file");
        return AOF_LOAD_FAILED;
    }
    if (!cutFile(r, path, end->valid)) return AOF_LOAD_FAILED;
    logLine(LOG_WARN, "AOF %s loaded anyway because %s", r->name,
            end->item == AOF_CUT ? "aof-load-truncated is enabled"
                                 : "of aof-load-corrupt-tail-max-size");
    return AOF_LOADED_CUT;
}

/* What is in RDB form. ERR_AGAIN if the server shall end. */
static int loadRdbPart(replay *r, int fd, uint64_t size, uint64_t *used) {
    server *s = r->s;
    rdbFileReader f;
    loadInto into;
    rdbLoaded got;
    if (rdbFileReaderInit(&f, s->files, fd, size) < 0) {
        logLine(LOG_WARN, "Can't read %s: it is too big", r->name);
        return ERR_IO;
    }
    loadIntoInit(&into, s, LOAD_KEEP_EXPIRED);
    into.base_bytes = r->done;
    int err = rdbLoad(&f.r, &into.target, &got);
    if (err < 0 && err != ERR_AGAIN)
        logLine(LOG_WARN, "Internal error in RDB reading offset %zu of %s -> %s", got.error_at,
                r->name, f.error ? strerror(f.error) : got.error);
    *used = got.size;
    s->persist.rdb_keys_loaded = got.keys;
    rdbFileReaderClear(&f);
    return err;
}

/* A base in RDB form, or the one that stands before the records: its size; or a negative ERR_*. */
static int64_t loadPreamble(replay *r, fileInput *in, uint64_t size) {
    char start[5];
    ssize_t got = fileRead(in->ops, in->fd, start, sizeof start);
    if (lseek(in->fd, 0, SEEK_SET) < 0) return ERR_IO;
    if (got != (ssize_t)sizeof start || !rdbIsMagic(bytesOf(start, sizeof start))) return 0;
    logLine(LOG_NOTICE, "Reading RDB base file on AOF loading...");
    uint64_t used;
    int err = loadRdbPart(r, in->fd, size, &used);
    if (err < 0) return err;
    if (lseek(in->fd, (off_t)used, SEEK_SET) < 0) return ERR_IO;
    if (used < size) logLine(LOG_NOTICE, "Reading the remaining AOF tail...");
    return (int64_t)used;
}

static aofLoadResult loadFile(replay *r, const char *path, bool is_last) {
    fileInput in = {r->s->files, fileOpen(r->s->files, path, O_RDONLY | O_CLOEXEC, 0)};
    struct stat st;
    if (in.fd < 0 || fstat(in.fd, &st) < 0) {
        logLine(LOG_WARN, "Fatal error: can't open the append log file %s for reading: %s", r->name,
                strerror(errno));
        if (in.fd >= 0) fileClose(r->s->files, in.fd);
        return AOF_LOAD_FAILED;
    }
    uint64_t size = (uint64_t)st.st_size;
    r->told = 0;
    int64_t at = loadPreamble(r, &in, size);
    aofLoadResult result = at == ERR_AGAIN ? AOF_LOAD_STOPPED : AOF_LOAD_FAILED;
    if (at >= 0) {
        fileEnd end = runRecords(r, &in, (uint64_t)at, size);
        result = judgeEnd(r, path, &end, size, is_last);
    }
    fileClose(r->s->files, in.fd);
    r->done += size;
    return result;
}

/* ---- all files ---- */

static void logLoaded(const replay *r, const char *kind, uint64_t start_ns) {
    server *s = r->s;
    double spent_s = (double)(s->clock->monotonic_ns(s->clock->ctx) - start_ns) / 1e9;
    logLine(LOG_NOTICE, "DB loaded from %s file %s: %.3f seconds", kind, r->name, spent_s);
}

static aofLoadResult loadAll(replay *r) {
    const aofManifest *m = &r->a->manifest;
    size_t count = m->incrs.count + (m->base.name != NULL);
    aofLoadResult result = AOF_LOADED;
    for (size_t i = 0; i < count && (result == AOF_LOADED || result == AOF_LOADED_CUT); i++) {
        bool is_base = m->base.name && i == 0;
        const aofFile *f = is_base ? &m->base : &m->incrs.items[i - (m->base.name != NULL)];
        char *path = aofPath(r->a->folder, f->name);
        uint64_t start_ns = r->s->clock->monotonic_ns(r->s->clock->ctx);
        r->name = f->name;
        /* Each file begins with no transaction, and in the first db. */
        r->c->db = r->s->dbs[0];
        result = loadFile(r, path, i + 1 == count);
        memFree(path);
        if (result == AOF_LOADED || result == AOF_LOADED_CUT)
            logLoaded(r, is_base ? "base" : "incr", start_ns);
    }
    return result;
}

aofLoadResult aofLoadFiles(aofJob *a) {
    server *s = a->s;
    if (aofManifestIsEmpty(&a->manifest)) return AOF_NOTHING;
    replay r = {.a = a, .s = s, .c = clientNew(s, NULL)};
    /* What replaying counts is no client's doing. */
    stats counted = s->stats;
    uint64_t dirty = s->dirty;
    r.c->flags |= CLIENT_REPLY_OFF | CLIENT_AUTHENTICATED;
    readSettings(&r);
    loadBegin(s, aofFilesSize(a));
    serverHoldDeadlines(s, true);
    aofLoadResult result = loadAll(&r);
    serverHoldDeadlines(s, false);
    loadEnd(s);
    s->dirty = s->persist.dirty_saved = dirty;
    s->stats.hits = counted.hits;
    s->stats.misses = counted.misses;
    s->stats.error_replies = counted.error_replies;
    if (r.errors)
        logLine(LOG_WARN, "%llu commands of the AOF replied with an error when they were replayed",
                (unsigned long long)r.errors);
    clientFree(r.c);
    memFree(r.unit);
    return result;
}

int aofPreload(server *s, const char *manifest_path) {
    aofJob *a = s->aof;
    aofManifest own = a->manifest;
    char *folder = a->folder, *path = memText(manifest_path), *slash = strrchr(path, '/');
    aofManifestError error = {0};
    int err = aofManifestRead(s->files, path, &a->manifest, &error);
    if (err == ERR_CORRUPT) logManifestError(path, &error);
    if (err == ERR_IO || err == ERR_NOT_FOUND)
        logLine(LOG_WARN, "Can't read the AOF manifest file %s: %s", path, strerror(errno));
    if (err == ERR_OK && aofManifestIsEmpty(&a->manifest)) {
        logLine(LOG_WARN, "The AOF manifest file %s names no files", path);
        err = ERR_CORRUPT;
    }
    if (err == ERR_OK) {
        if (slash) *slash = '\0';
        a->folder = !slash ? "." : slash == path ? "/" : path;
        a->preloads = true;
        aofLoadResult result = aofLoadFiles(a);
        a->preloads = false;
        a->folder = folder;
        if (result == AOF_LOAD_STOPPED)
            err = ERR_AGAIN;
        else if (result != AOF_LOADED)
            err = ERR_CORRUPT;
    }
    aofManifestClear(&a->manifest);
    a->manifest = own;
    memFree(path);
    return err;
}
