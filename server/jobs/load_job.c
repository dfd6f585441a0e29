#include "server/jobs/load_job.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "server/core/background.h"
#include "server/core/reply.h"
#include "server/jobs/aof_job.h"
#include "server/jobs/persist_source.h"
#include "server/jobs/shutdown.h"
#include "storage/base/log.h"

enum { PROGRESS_BYTES = 16 * 1024, POLL_MS = 4 };

/* ---- being in it ---- */

void loadReplyBusy(client *c) {
    replyError(c, "LOADING Redis is loading the dataset in memory");
}

/* EXEC too, of what was queued before the loading began. */
static gateAnswer loadingGate(client *c) {
    bool needs_data = dispatchFlags(c) & (CMD_WRITE | CMD_READONLY);
    bool runs_queue = c->cmd->flags & CMD_RUNS_QUEUE;
    if (c->cmd->flags & CMD_LOADING && !(runs_queue && needs_data)) return GATE_PASS;
    loadReplyBusy(c);
    return GATE_REFUSED;
}

void loadAttach(server *s) {
    gateSet(s, GATE_LOADING, loadingGate);
}

void loadBegin(server *s, uint64_t total_bytes) {
    persistStats *p = &s->persist;
    serverReadClock(s);
    p->loading = true;
    p->loading_start_ms = s->now_ms;
    p->loading_total_bytes = total_bytes;
    p->loading_loaded_bytes = 0;
    p->loading_rdb_used_mem = 0;
    p->rdb_keys_expired = p->rdb_keys_loaded = 0;
    gateSetLive(s, GATE_LOADING, true);
}

void loadEnd(server *s) {
    s->persist.loading = false;
    gateSetLive(s, GATE_LOADING, false);
    effectsForget(s);
    serverReadClock(s);
    backgroundWakeExpire(s);
    backgroundWakeReclaim(s);
}

bool loadGoesOn(server *s, uint64_t loaded_bytes) {
    persistStats *p = &s->persist;
    p->loading_loaded_bytes = loaded_bytes;
    effectsForget(s);
    uint64_t now_ns = s->clock->monotonic_ns(s->clock->ctx);
    if (now_ns - s->now_ns < POLL_MS * UINT64_C(1000000)) return true;
    serverReadClock(s);
    if (s->saveGoesOn) s->saveGoesOn(s);
    /* A loading inside of a command (DEBUG RELOAD) has a batch under way above it. */
    if (s->pollNet && !s->call_depth) s->pollNet(s);
    return !shutdownIsAsked(s);
}

/* ---- an RDB file into the dbs ---- */

static void soon(void *ctx, int id, uint64_t hash) {
    const loadInto *l = ctx;
    dbPrefetchBucket(l->server->dbs[id], hash);
}

static bool takeKey(void *ctx, int id, entry *e, const rdbKeyFacts *facts) {
    loadInto *l = ctx;
    server *s = l->server;
    db *d = s->dbs[id];
    keyRef key = {entryKey(e), facts->hash};
    if (facts->count >= 0 && l->counts_uses)
        entrySetAccess(e, accessLfuWith(serverAccessMs(s), (uint8_t)facts->count));
    else if (facts->idle_s >= 0 && !l->counts_uses)
        entrySetAccess(e, accessLruBefore(serverAccessMs(s), facts->idle_s));
    if (l->delay_us) persistDelay(l->delay_us, ++l->keys);
    if (!dbPeek(d, key)) {
        dbAdd(d, key, e);
        return true;
    }
    if (l->flags & LOAD_REPLACE) {
        dbReplace(d, key, e);
        return true;
    }
    logLine(LOG_WARN, "RDB has duplicated key '%.*s' in DB %d",
            key.name.size < 128 ? (int)key.name.size : 128, key.name.data, id);
    entryFree(e);
    return false;
}

static void leftOut(void *ctx, bytes key, const rdbKeyFacts *facts, bool empty) {
    (void)ctx;
    (void)facts;
    if (!empty) return;
    logLine(LOG_NOTICE, "rdbLoadObject skipping empty key: %.*s",
            key.size < 128 ? (int)key.size : 128, key.data);
}

static void resize(void *ctx, int id, size_t keys, size_t with_deadline) {
    (void)with_deadline;
    dbReserve(((loadInto *)ctx)->server->dbs[id], keys);
}

static void aux(void *ctx, bytes name, bytes value) {
    server *s = ((loadInto *)ctx)->server;
    int64_t number;
    bool is_number = numParseInt(value, &number);
    if (bytesEqual(name, BYTES("redis-ver"))) {
        logLine(LOG_NOTICE, "Loading RDB produced by version %.*s", (int)(value.size & 63),
                value.data);
    } else if (bytesEqual(name, BYTES("ctime")) && is_number) {
        int64_t age_s = s->now_ms / 1000 - number;
        logLine(LOG_NOTICE, "RDB age %" PRId64 " seconds", age_s < 0 ? 0 : age_s);
    } else if (bytesEqual(name, BYTES("used-mem")) && is_number) {
        logLine(LOG_NOTICE, "RDB memory usage when created %.2f Mb",
                (double)number / (1024 * 1024));
        s->persist.loading_rdb_used_mem = (uint64_t)number;
    }
}

static void module(void *ctx, const char *name) {
    (void)ctx;
    logLine(LOG_WARN, "The RDB file has data of the module '%s', which are left out", name);
}

static const char *library(void *ctx, bytes code) {
    const loadInto *l = ctx;
    server *s = l->server;
    if (!s->loadLibrary) return "functions are not part of this server";
    return s->loadLibrary(s, code, l->flags & LOAD_REPLACE);
}

static bool progress(void *ctx, uint64_t at) {
    loadInto *l = ctx;
    return loadGoesOn(l->server, l->base_bytes + at);
}

void loadIntoInit(loadInto *l, server *s, uint32_t flags) {
    *l = (loadInto){.server = s, .flags = flags};
    l->counts_uses = s->config.maxmemory_policy & POLICY_LFU;
    l->delay_us = configInt(&s->config, "key-load-delay");
    int64_t every = configInt(&s->config, "loading-process-events-interval-bytes");
    l->target =
        (rdbTarget){.db_count = s->db_count,
                    .limits = &s->config.types,
                    .now_ms = flags & LOAD_KEEP_EXPIRED ? INT64_MIN : s->now_ms,
                    .skip_checksum = !configInt(&s->config, "rdbchecksum"),
                    .soon = soon,
                    .key = takeKey,
                    .leftOut = leftOut,
                    .resize = resize,
                    .aux = aux,
                    .module = module,
                    .function = library,
                    .progress = progress,
                    .progress_bytes = every < PROGRESS_BYTES ? (uint64_t)every : PROGRESS_BYTES,
                    .ctx = l};
}

static void logFailure(const rdbFileReader *f, const rdbLoaded *got, const char *path) {
    if (f->error) {
        logLine(LOG_WARN, "Can't read %s at offset %zu: %s", path, got->error_at,
                strerror(f->error));
        return;
    }
    if (got->doing == RDB_DOING_CHECKSUM && got->error_at + sizeof(uint64_t) == got->size)
        logLine(LOG_WARN, "Wrong RDB checksum in %s: its data have (%016" PRIx64 "). RDB CRC error",
                path, got->crc);
    if (got->doing == RDB_DOING_VALUE)
        logLine(LOG_WARN, "RDB integrity check failed in the value of key '%.*s'",
                (int)got->key_size, got->key);
    logLine(LOG_WARN, "Internal error in RDB reading offset %zu of %s, integrity check failed: %s",
            got->error_at, path, got->error);
}

static void logDone(const rdbLoaded *got) {
    char empty[64] = "";
    if (got->empty) snprintf(empty, sizeof empty, ", empty keys skipped: %" PRIu64, got->empty);
    logLine(LOG_NOTICE, "Done loading RDB, keys loaded: %" PRIu64 ", keys expired: %" PRIu64 "%s.",
            got->keys, got->past_deadline, empty);
}

static int loadOpen(server *s, int fd, const char *path, uint32_t flags) {
    struct stat st;
    rdbFileReader f;
    loadInto into;
    rdbLoaded got;
    int err = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ? ERR_IO : 0;
    if (err == 0) err = rdbFileReaderInit(&f, s->files, fd, (uint64_t)st.st_size);
    if (err < 0) {
        logLine(LOG_WARN, "Can't read %s: it is no file, or too big", path);
        return err;
    }
    loadBegin(s, (uint64_t)st.st_size);
    loadIntoInit(&into, s, flags);
    err = rdbLoad(&f.r, &into.target, &got);
    s->persist.rdb_keys_loaded = got.keys;
    s->persist.rdb_keys_expired = got.past_deadline;
    loadEnd(s);
    if (err == 0) {
        logDone(&got);
    } else if (err != ERR_AGAIN) {
        logFailure(&f, &got, path);
    }
    rdbFileReaderClear(&f);
    return err;
}

int loadRdbFile(server *s, const char *path, uint32_t flags) {
    int fd = fileOpen(s->files, path, O_RDONLY, 0);
    if (fd < 0) {
        if (errno == ENOENT) return ERR_NOT_FOUND;
        logLine(LOG_WARN, "Can't open %s: %s", path, strerror(errno));
        return ERR_IO;
    }
    int err = loadOpen(s, fd, path, flags);
    fileClose(s->files, fd);
    return err;
}

static int loadRdbAtStart(server *s) {
    uint64_t start_ns = s->clock->monotonic_ns(s->clock->ctx);
    int err = loadRdbFile(s, configStr(&s->config, "dbfilename"), 0);
    if (err == ERR_NOT_FOUND) return 0;
    if (err == 0) {
        uint64_t spent_ns = s->clock->monotonic_ns(s->clock->ctx) - start_ns;
        logLine(LOG_NOTICE, "DB loaded from disk: %.3f seconds", (double)spent_ns / 1e9);
    } else if (err != ERR_AGAIN) {
        if (err == ERR_CORRUPT)
            logLine(LOG_WARN, "Terminating server after rdb file reading failure.");
        logLine(LOG_WARN, "Fatal error loading the DB, check server logs. Exiting.");
    }
    return err;
}

/* preload-file: this and nothing else, whatever persistence there is. */
static int loadPreload(server *s, const char *preload) {
    const char *path = strchr(preload, ':') + 1;
    uint64_t start_ns = s->clock->monotonic_ns(s->clock->ctx);
    int err = preload[0] == 'a' ? aofPreload(s, path) : loadRdbFile(s, path, 0);
    if (err == ERR_NOT_FOUND) {
        logLine(LOG_WARN, "preload-file: there is no %s", path);
        err = ERR_IO;
    }
    if (err == 0)
        logLine(LOG_NOTICE, "DB loaded from preload-file %s: %.3f seconds", path,
                (double)(s->clock->monotonic_ns(s->clock->ctx) - start_ns) / 1e9);
    else if (err != ERR_AGAIN)
        logLine(LOG_WARN, "Fatal error loading preload-file %s. Exiting.", path);
    if (err == 0 && configInt(&s->config, "appendonly")) err = aofStartAnew(s);
    return err;
}

int loadAtStart(server *s) {
    const char *preload = configStr(&s->config, "preload-file");
    if (*preload) return loadPreload(s, preload);
    if (configInt(&s->config, "appendonly")) return aofStart(s);
    int err = loadRdbAtStart(s);
    if (err == 0) aofLoadedElsewhere(s);
    return err;
}
