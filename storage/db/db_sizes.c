#include "storage/db/db_sizes.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/db/db_internal.h"
#include "storage/types/values.h"

/* Of its decimal text. A sign takes as much room as a digit. */
static unsigned intBin(int64_t value) {
    uint64_t size_like = (uint64_t)value;
    if (value < 0 && __builtin_mul_overflow(0 - (uint64_t)value, 10, &size_like))
        size_like = UINT64_MAX;
    if (size_like < 10) return 1;
    if (size_like < 1000) return 2;
    if (size_like < 10000000) return 3;
    return size_like < 1000000000000000 ? 4 : 5;
}

unsigned dbSizeBinOf(const entry *e) {
    if (entryType(e) != TYPE_STRING) {
        if (!entryPointer(e)) return 0; /* Its value has been taken out already. */
        const valueOps *ops = valueOpsOf(entryType(e), entryEncoding(e));
        return dbSizeBin(ops->count ? ops->count(e) : 0);
    }
    int64_t number;
    if (entryEncoding(e) != ENCODING_INT) return dbSizeBin(entryStringSize(e));
    ensure(entryStringInt(e, &number));
    return intBin(number);
}

/* Where 'e' is among the open ones; their number if it is not. */
static unsigned find(const dbSizeCounts *s, const entry *e) {
    unsigned at = 0;
    while (at < s->open_count && s->open[at].e != e) at++;
    return at;
}

/* The first 'count' go: those that were opened first stand there. */
static void dropFirst(dbSizeCounts *s, unsigned count) {
    s->open_count -= count;
    memmove(s->open, s->open + count, s->open_count * sizeof *s->open);
}

static void drop(dbSizeCounts *s, unsigned at) {
    s->open_count--;
    memmove(s->open + at, s->open + at + 1, (s->open_count - at) * sizeof *s->open);
}

static void settle(dbSizeCounts *s, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        const dbSizeOpen *o = &s->open[i];
        uint64_t *counts = s->counts[entryType(o->e)];
        counts[o->bin]--;
        counts[dbSizeBinOf(o->e)]++;
    }
    dropFirst(s, count);
}

/* Who opens one may still have another in hand, which was opened shortly before. */
static void remember(dbSizeCounts *s, entry *e, unsigned bin) {
    if (s->open_count == DB_SIZES_OPEN) settle(s, DB_SIZES_OPEN / 2);
    s->open[s->open_count++] = (dbSizeOpen){e, (uint8_t)bin};
}

void dbSizesOpenSlow(db *d, entry *e) {
    dbSizeCounts *s = d->sizes;
    unsigned at = find(s, e);
    if (at == s->open_count) {
        remember(s, e, dbSizeBinOf(e));
        return;
    }
    dbSizeOpen again = s->open[at];
    drop(s, at);
    s->open[s->open_count++] = again;
}

void dbSizesPut(db *d, entry *e) {
    if (!d->sizes) d->sizes = memCalloc(1, sizeof *d->sizes);
    unsigned bin = dbSizeBinOf(e);
    d->sizes->counts[entryType(e)][bin]++;
    if (entryType(e) != TYPE_STRING) remember(d->sizes, e, bin);
}

void dbSizesTake(db *d, const entry *e) {
    dbSizeCounts *s = d->sizes;
    unsigned at = find(s, e), bin;
    if (at < s->open_count) {
        bin = s->open[at].bin;
        drop(s, at);
    } else {
        bin = dbSizeBinOf(e);
    }
    s->counts[entryType(e)][bin]--;
}

void dbSizesMovedSlow(db *d, const entry *from, entry *to) {
    unsigned at = find(d->sizes, from);
    if (at < d->sizes->open_count) d->sizes->open[at].e = to;
}

void dbSizesClear(db *d) {
    memFree(d->sizes);
    d->sizes = NULL;
}

const uint64_t *dbSizes(db *d, valueType type) {
    if (!d->sizes) return NULL;
    settle(d->sizes, d->sizes->open_count);
    return d->sizes->counts[type];
}

/* ---- checking ---- */

static void countEntry(void *ctx, const entry *e) {
    dbSizeCounts *s = ctx;
    s->counts[entryType(e)][dbSizeBinOf(e)]++;
}

void dbSizesCheck(const db *d) {
    if (!d->sizes) return;
    dbSizeCounts *found = memCalloc(1, sizeof *found), *kept = memAlloc(sizeof *kept);
    *kept = *d->sizes;
    settle(kept, kept->open_count);
    uint64_t cursor = 0;
    do cursor = dbScan(d, cursor, countEntry, found);
    while (cursor);
    ensure(!memcmp(found->counts, kept->counts, sizeof found->counts));
    memFree(found);
    memFree(kept);
}
