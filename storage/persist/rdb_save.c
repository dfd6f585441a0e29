#include "storage/persist/rdb_save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "storage/persist/rdb_save_value.h"

enum { FILE_MODE = 0644 };

/* ---- the version ---- */

static unsigned versionOfDb(const db *d) {
    unsigned needed = RDB_VERSION_7_0;
    dictIterator it = dbIteratorOf(d);
    for (const entry *e; (e = dictIteratorNext(&it));) {
        valueType type = entryType(e);
        if (type < TYPE_HASH) continue;
        unsigned version = rdbVersionOf(rdbTypeOf(e));
        if (version > needed) needed = version;
    }
    return needed;
}

unsigned rdbVersionNeeded(db *const *dbs, int count) {
    unsigned needed = RDB_VERSION_7_0;
    for (int i = 0; i < count; i++) {
        unsigned version = dbCount(dbs[i]) ? versionOfDb(dbs[i]) : 0;
        if (version > needed) needed = version;
    }
    return needed;
}

/* ---- what stands before the dbs ---- */

static void putHead(const rdbSource *from, rdbSink *s) {
    char magic[16];
    unsigned version = rdbVersionNeeded(from->dbs, from->db_count);
    if (version < from->version) version = from->version;
    snprintf(magic, sizeof magic, "REDIS%04u", version);
    rdbPutBytes(s, bytesOf(magic, 9));
    for (int i = 0; i < from->aux_count; i++) {
        rdbPutByte(s, RDB_AUX);
        rdbPutString(s, bytesOfText(from->aux[i].name));
        rdbPutString(s, from->aux[i].value);
    }
}

static void putLibrary(void *to, bytes code) {
    rdbPutByte(to, RDB_FUNCTION_2);
    rdbPutString(to, code);
}

/* ---- the dbs ---- */

static void putAccess(const rdbSource *from, rdbSink *s, const entry *e) {
    uint32_t access = entryAccess(e);
    switch (from->access) {
    case RDB_ACCESS_NONE: return;
    case RDB_ACCESS_IDLE:
        rdbPutByte(s, RDB_IDLE);
        rdbPutLength(s, accessLruIdle(access, from->access_ms));
        return;
    case RDB_ACCESS_COUNT:
        rdbPutByte(s, RDB_FREQ);
        rdbPutByte(s, accessLfuCount(access, from->access_ms, from->lfu));
        return;
    }
}

static void putKey(const rdbSource *from, rdbSink *s, const entry *e) {
    rdbType type = rdbTypeOf(e);
    if (entryHasDeadline(e)) {
        rdbPutByte(s, RDB_DEADLINE_MS);
        rdbPutTime(s, entryDeadline(e));
    }
    putAccess(from, s, e);
    rdbPutByte(s, (uint8_t)type);
    rdbPutString(s, entryKey(e));
    rdbSaveValue(s, e, type);
}

/* False once there is no use in going on. */
static bool putDb(const rdbSource *from, rdbOut *to, int id, uint64_t *keys) {
    const db *d = from->dbs[id];
    rdbSink *s = &to->sink;
    rdbPutByte(s, RDB_SELECT_DB);
    rdbPutLength(s, (uint64_t)id);
    rdbPutByte(s, RDB_RESIZE_DB);
    rdbPutLength(s, dbCount(d));
    rdbPutLength(s, dbExpiresCount(d));
    dictIterator it = dbIteratorOf(d);
    for (const entry *e; (e = dictIteratorNext(&it));) {
        putKey(from, s, e);
        if (from->written) from->written(from->ctx, e);
        ++*keys;
        if (from->progress && !from->progress(from->ctx, *keys) && !to->error)
            to->error = ECANCELED;
        if (to->error) return false;
    }
    return true;
}

int rdbSave(const rdbSource *from, rdbOut *to) {
    uint64_t keys = 0;
    to->checksum = from->checksum;
    to->sink.compress = from->compress;
    putHead(from, &to->sink);
    if (from->functions) from->functions(from->ctx, putLibrary, &to->sink);
    for (int i = 0; i < from->db_count; i++)
        if (dbCount(from->dbs[i]) && !putDb(from, to, i, &keys)) return to->error;
    rdbPutByte(&to->sink, RDB_END);
    uint64_t crc = rdbOutCrc(to);
    rdbPutBytes(&to->sink, bytesOf(&crc, sizeof crc));
    return rdbOutFlush(to);
}

/* ---- a file that is whole or not there ---- */

static int failedAt(rdbSaveFailure *failure, const char *what, int error) {
    *failure = (rdbSaveFailure){what, error};
    return ERR_IO;
}

static int writeTemp(const rdbSource *from, const fileOps *ops, const char *temp, bool sync_often,
                     rdbSaveFailure *failure) {
    int fd = fileOpen(ops, temp, O_WRONLY | O_CREAT | O_TRUNC, FILE_MODE);
    if (fd < 0) return failedAt(failure, "open", errno);
    rdbFile file;
    rdbFileInit(&file, ops, fd, sync_often);
    int error = rdbSave(from, &file.out), err = 0;
    rdbFileClear(&file);
    if (error)
        err = failedAt(failure, "write", error);
    else if (fileSync(ops, fd) < 0)
        err = failedAt(failure, "fsync", errno);
    if (fileClose(ops, fd) < 0 && err == 0) err = failedAt(failure, "close", errno);
    return err;
}

int rdbSaveFile(const rdbSource *from, const fileOps *ops, const char *path, const char *temp,
                bool sync_often, rdbSaveFailure *failure) {
    int err = writeTemp(from, ops, temp, sync_often, failure);
    if (err == 0 && fileRename(ops, temp, path) < 0) err = failedAt(failure, "rename", errno);
    if (err < 0) {
        fileUnlink(ops, temp);
        return err;
    }
    if (fileSyncFolder(ops, path) < 0) return failedAt(failure, "sync the folder of", errno);
    return 0;
}
