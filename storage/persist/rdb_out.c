#include "storage/persist/rdb_out.h"

#include <errno.h>

#include "storage/base/crc.h"
#include "storage/base/mem.h"

static void handOn(rdbOut *o) {
    bytes part = bytesOf(o->buffer, (size_t)(o->sink.at - o->buffer));
    o->sink.at = o->buffer;
    if (o->error || !part.size) return;
    if (o->checksum) o->crc = crc64(o->crc, part);
    o->size += part.size;
    o->error = o->put(o->ctx, part);
}

static void more(rdbSink *s, size_t wanted) {
    (void)wanted;
    handOn((rdbOut *)s);
}

void rdbOutInit(rdbOut *o, int (*put)(void *ctx, bytes part), void *ctx) {
    *o = (rdbOut){.sink = {.more = more}, .put = put, .ctx = ctx};
    o->buffer = memAlloc(RDB_OUT_ROOM);
    o->sink.at = o->buffer;
    o->sink.end = o->buffer + RDB_OUT_ROOM;
}

void rdbOutClear(rdbOut *o) {
    memFree(o->buffer);
}

int rdbOutFlush(rdbOut *o) {
    handOn(o);
    return o->error;
}

uint64_t rdbOutSize(const rdbOut *o) {
    return o->size + (uint64_t)(o->sink.at - o->buffer);
}

uint64_t rdbOutCrc(rdbOut *o) {
    handOn(o);
    return o->crc;
}

/* ---- into an open file ---- */

static int putIntoFile(void *ctx, bytes part) {
    rdbFile *f = ctx;
    if (fileWriteAll(f->ops, f->fd, part) < 0) return errno;
    f->unsynced += part.size;
    if (!f->sync_often || f->unsynced < RDB_OUT_SYNC) return 0;
    f->unsynced = 0;
    return fileSyncData(f->ops, f->fd) < 0 ? errno : 0;
}

void rdbFileInit(rdbFile *f, const fileOps *ops, int fd, bool sync_often) {
    *f = (rdbFile){.ops = ops, .fd = fd, .sync_often = sync_often};
    rdbOutInit(&f->out, putIntoFile, f);
}

void rdbFileClear(rdbFile *f) {
    rdbOutClear(&f->out);
}
