#include "server/jobs/persist_source.h"

#include <time.h>

#include "server/jobs/child.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/types/blob.h"

/* Blobs of less are not worth a call; all that is smaller shares its pages with others. */
enum { RELEASE_MIN = 256 * 1024 };

void persistSourceAux(persistSource *p, const char *name, bytes value) {
    ensure(p->rdb.aux_count < SOURCE_AUX_MAX);
    p->aux[p->rdb.aux_count++] = (rdbAux){name, value};
}

void persistSourceAuxInt(persistSource *p, const char *name, int64_t value) {
    char *digits = p->digits[p->rdb.aux_count];
    persistSourceAux(p, name, bytesOf(digits, numFormatInt(digits, value)));
}

void persistDelay(int64_t us, uint64_t count) {
    if (us == 0) return;
    if (us < 0) {
        if (count % (uint64_t)-us) return;
        us = 1;
    }
    struct timespec wait = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&wait, NULL);
}

static bool progress(void *ctx, uint64_t keys) {
    persistSource *p = ctx;
    if (__builtin_expect(p->delay_us != 0, 0)) persistDelay(p->delay_us, keys);
    if (p->in_child)
        childProgress(p->server, keys);
    else if (p->server->saveGoesOn)
        p->server->saveGoesOn(p->server);
    return true;
}

static void written(void *ctx, const entry *e) {
    (void)ctx;
    if (entryEncoding(e) != ENCODING_BLOB || entryStringSize(e) < RELEASE_MIN) return;
    const blob *b = entryPointer(e);
    childRelease(b->data, b->size);
}

static void eachLibrary(void *ctx, void (*library)(void *to, bytes code), void *to) {
    persistSource *p = ctx;
    p->server->eachLibrary(p->server, library, to);
}

static rdbAccess accessOf(const config *c) {
    if (c->maxmemory_policy & POLICY_LFU) return RDB_ACCESS_COUNT;
    bool by_age = c->maxmemory_policy & (POLICY_LRU | POLICY_LRM);
    return by_age ? RDB_ACCESS_IDLE : RDB_ACCESS_NONE;
}

void persistSourceInit(persistSource *p, server *s, bool in_child) {
    *p = (persistSource){.server = s, .in_child = in_child};
    p->delay_us = configInt(&s->config, "rdb-key-save-delay");
    p->rdb = (rdbSource){.dbs = s->dbs,
                         .db_count = s->db_count,
                         .aux = p->aux,
                         .functions = s->eachLibrary ? eachLibrary : NULL,
                         .access = accessOf(&s->config),
                         .lfu = serverLfuRules(s),
                         .access_ms = serverAccessMs(s),
                         .compress = s->config.rdb_compression,
                         .checksum = configInt(&s->config, "rdbchecksum"),
                         .progress = progress,
                         .written = in_child ? written : NULL,
                         .ctx = p};
    persistSourceAux(p, "redis-ver", bytesOfText(EBB_REDIS_VERSION));
    persistSourceAuxInt(p, "redis-bits", (int64_t)sizeof(void *) * 8);
    persistSourceAuxInt(p, "ctime", s->now_ms / 1000);
    persistSourceAuxInt(p, "used-mem", (int64_t)memUsed());
}
