/* Any bytes as an RDB file; the first byte chooses what the reader is told. An error with a place
 * in the input, or dbs that are whole, and that come back when they are written again. Where the
 * input ends with no checksum of its own, it is as if it had the right one. */
#include <stdlib.h>

#include "storage/base/mem.h"
#include "storage/persist/rdb_load.h"
#include "storage/persist/rdb_save.h"
#include "tests/fuzz/fuzz.h"

enum { DBS = 4 };

static const int64_t now_ms = 1700000000000;

static void must(bool kept) {
    if (!kept) abort();
}

static void removed(void *ctx, db *d, keyRef key, const entry *e, dbReason why) {
    (void)ctx, (void)d, (void)key, (void)e, (void)why;
}

static void added(void *ctx, db *d, keyRef key, const entry *e) {
    (void)ctx, (void)d, (void)key, (void)e;
}

static const dbHooks hooks = {.removed = removed, .added = added};

typedef struct world {
    discardQueue *discard;
    db *dbs[DBS];
} world;

static world *worldNew(void) {
    world *w = memCalloc(1, sizeof *w);
    w->discard = discardNew();
    for (int i = 0; i < DBS; i++) w->dbs[i] = dbNew(i, &hooks, &now_ms, w->discard);
    return w;
}

static size_t worldCount(const world *w) {
    size_t count = 0;
    for (int i = 0; i < DBS; i++) count += dbCount(w->dbs[i]);
    return count;
}

static void worldFree(world *w) {
    for (int i = 0; i < DBS; i++) {
        dbCheck(w->dbs[i]);
        dbFree(w->dbs[i]);
    }
    discardFree(w->discard);
    memFree(w);
}

static bool takeKey(void *ctx, int id, entry *e, const rdbKeyFacts *facts) {
    world *w = ctx;
    keyRef key = {entryKey(e), entryHash(e)};
    must(id >= 0 && id < DBS);
    must(facts->deadline_ms == entryDeadline(e));
    if (dbPeek(w->dbs[id], key)) {
        entryFree(e);
        return false;
    }
    dbAdd(w->dbs[id], key, e);
    return true;
}

static void resize(void *ctx, int id, size_t keys, size_t with_deadline) {
    must(with_deadline <= keys);
    dbReserve(((world *)ctx)->dbs[id], keys);
}

static rdbTarget targetOf(world *w, uint8_t how) {
    static const typeLimits limits = TYPE_LIMITS_DEFAULT;
    return (rdbTarget){.db_count = DBS,
                       .limits = &limits,
                       .now_ms = how & 1 ? now_ms : INT64_MIN,
                       .skip_checksum = how & 2,
                       .key = takeKey,
                       .resize = resize,
                       .ctx = w};
}

/* Hands the input out bit by bit, as a file does. */
static bool fillSome(rdbReader *r, size_t upto) {
    must(upto <= r->input.size);
    r->there = upto;
    return true;
}

static int keep(void *ctx, bytes part) {
    rdbBuffer *b = ctx;
    rdbPutBytes(&b->sink, part);
    return 0;
}

static void writeAgain(world *w, uint8_t how) {
    rdbBuffer b;
    rdbOut out;
    rdbBufferInit(&b, false);
    rdbOutInit(&out, keep, &b);
    rdbSource from = {.dbs = w->dbs,
                      .db_count = DBS,
                      .access = (rdbAccess)(how >> 4 & 1),
                      .compress = how & 8,
                      .checksum = how & 4};
    must(rdbSave(&from, &out) == 0);
    rdbOutClear(&out);
    world *back = worldNew();
    rdbTarget to = targetOf(back, 0);
    rdbLoaded got;
    rdbReader r = rdbReaderOf(rdbBufferBytes(&b));
    must(rdbLoad(&r, &to, &got) == 0);
    must(got.size == rdbBufferBytes(&b).size);
    must(worldCount(back) == worldCount(w));
    worldFree(back);
    rdbBufferClear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    uint8_t how = data[0];
    world *w = worldNew();
    rdbTarget to = targetOf(w, how | 2);
    rdbLoaded got;
    rdbReader r = {.input = bytesOf(data + 1, size - 1), .fill = fillSome};
    int err = rdbLoad(&r, &to, &got);
    must((err < 0) == (got.error != NULL));
    must(r.at <= size - 1 && got.error_at <= size - 1);
    if (err == 0) must(got.keys == worldCount(w));
    if (err == 0) writeAgain(w, how);
    worldFree(w);
    return 0;
}
