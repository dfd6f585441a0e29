#include "storage/persist/aof_write.h"

#include <errno.h>
#include <stdio.h>

#include "storage/base/mem.h"
#include "storage/base/num.h"

/* The buffer of an iteration that wrote much is not kept for ever. */
enum { KEEP_ROOM = 1024 * 1024, FIRST_ROOM = 16 * 1024, HEAD_ROOM = 128 };

void aofWriterInit(aofWriter *w) {
    *w = (aofWriter){.fd = -1, .db = -1};
}

void aofWriterClear(aofWriter *w) {
    memFree(w->data);
    w->data = NULL;
    w->size = w->capacity = 0;
}

void aofWriterOpen(aofWriter *w, const fileOps *ops, int fd, uint64_t file_size) {
    w->ops = ops;
    w->fd = fd;
    w->file_size = file_size;
    w->db = -1;
    w->noted_s = 0;
}

static char *makeRoom(aofWriter *w, size_t size) {
    if (w->capacity - w->size < size) {
        size_t needed = w->size + size;
        w->capacity = needed < FIRST_ROOM ? FIRST_ROOM : needed * 2;
        w->data = memRealloc(w->data, w->capacity);
    }
    return w->data + w->size;
}

static char *putNote(char *at, int64_t now_s) {
    memcpy(at, "#TS:", 4);
    at += 4;
    at += numFormatInt(at, now_s);
    memcpy(at, "\r\n", 2);
    return at + 2;
}

static char *putSelect(char *at, int db) {
    char id[NUM_INT_MAX];
    size_t size = numFormatInt(id, db);
    memcpy(at, "*2\r\n$6\r\nSELECT\r\n$", 17);
    at += 17;
    at += numFormatInt(at, (int64_t)size);
    memcpy(at, "\r\n", 2);
    memcpy(at + 2, id, size);
    memcpy(at + 2 + size, "\r\n", 2);
    return at + 4 + size;
}

char *aofReserve(aofWriter *w, int db, size_t size, int64_t now_s) {
    char *start = makeRoom(w, size + HEAD_ROOM), *at = start;
    if (__builtin_expect(w->notes, 0) && now_s != w->noted_s) {
        at = putNote(at, now_s);
        w->noted_s = now_s;
    }
    if (__builtin_expect(db != w->db, 0) && db >= 0) {
        at = putSelect(at, db);
        w->db = db;
    }
    aofCommit(w, (size_t)(at - start));
    return at;
}

void aofAppend(aofWriter *w, int db, bytes record, int64_t now_s) {
    memcpy(aofReserve(w, db, record.size, now_s), record.data, record.size);
    aofCommit(w, record.size);
}

/* 'done' bytes were written before it failed: cut off again, or, if not even that can be done, off
 * the buffer, so that the rest can follow. */
static void takeBack(aofWriter *w, size_t done) {
    if (!done || fileTruncate(w->ops, w->fd, (off_t)w->file_size) == 0) return;
    w->file_size += done;
    w->size -= done;
    memmove(w->data, w->data + done, w->size);
}

int aofWrite(aofWriter *w) {
    size_t done = 0;
    while (done < w->size) {
        ssize_t got = fileWrite(w->ops, w->fd, w->data + done, w->size - done);
        if (got > 0) {
            done += (size_t)got;
            continue;
        }
        if (got < 0 && errno == EINTR) continue;
        int failure = got < 0 ? errno : ENOSPC;
        takeBack(w, done);
        errno = failure;
        return ERR_IO;
    }
    w->file_size += done;
    w->size = 0;
    if (w->capacity > KEEP_ROOM) {
        memFree(w->data);
        w->data = NULL;
        w->capacity = 0;
    }
    return ERR_OK;
}
