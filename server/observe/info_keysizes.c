/* INFO keysizes: how large the values are, by db and type, in bins of powers of two, as the dbs
 * count them (storage/db/db_sizes.h).
 *
 * With key-memory-histograms also how much memory the keys of collections take. Nobody keeps that:
 * every key is looked at, some 0.1 seconds a million keys during which nothing else runs, so only
 * the section's own name asks for it. */
#include <stdio.h>

#include "server/observe/info_internal.h"
#include "storage/db/db_sizes.h"

typedef struct memoryCounts {
    uint64_t bins[TYPE_COUNT][DB_SIZE_BINS];
} memoryCounts;

/* Types in the order of the lines; what is not here is not told. */
static const struct {
    valueType type;
    const char *name, *memory_name; /* NULL: its memory is not told */
} lines[] = {{TYPE_STRING, "strings_sizes", NULL},
             {TYPE_LIST, "lists_items", "lists_sizes"},
             {TYPE_SET, "sets_items", "sets_sizes"},
             {TYPE_ZSET, "zsets_items", "zsets_sizes"},
             {TYPE_HASH, "hashes_items", "hashes_sizes"}};

static void countMemory(void *ctx, const entry *e) {
    memoryCounts *counts = ctx;
    counts->bins[entryType(e)][dbSizeBin(entryMemory(e))]++;
}

/* "512", "1K", "2K", ... "1M": the lower end of a bin. */
static void appendBin(infoText *t, int bin, uint64_t count, bool first) {
    static const char *const units[] = {"", "K", "M", "G", "T", "P", "E"};
    char text[64];
    int power = bin ? bin - 1 : 0;
    int size = snprintf(text, sizeof text, "%s%d%s=%llu", first ? "" : ",",
                        bin ? 1 << power % 10 : 0, units[power / 10], (unsigned long long)count);
    infoAppend(t, bytesOf(text, (size_t)size));
}

static void appendBins(infoText *t, int db_id, const char *name, const uint64_t *bins) {
    char head[64];
    bool first = true;
    for (int bin = 0; bin < DB_SIZE_BINS; bin++) {
        if (!bins[bin]) continue;
        if (first) {
            int size = snprintf(head, sizeof head, "db%d_distrib_%s:", db_id, name);
            infoAppend(t, bytesOf(head, (size_t)size));
        }
        appendBin(t, bin, bins[bin], first);
        first = false;
    }
    if (!first) infoLine(t, "%s", "");
}

void infoKeysizes(server *s, infoText *t) {
    bool with_memory = t->named && configInt(&s->config, "key-memory-histograms");
    for (int i = 0; i < s->db_count; i++) {
        db *d = s->dbs[i];
        if (!dbCount(d)) continue;
        memoryCounts memory = {0};
        uint64_t cursor = 0;
        /* Nothing changes meanwhile, so the scan meets each entry once. */
        if (with_memory) do
                cursor = dbScan(d, cursor, countMemory, &memory);
            while (cursor);
        for (size_t l = 0; l < sizeof lines / sizeof lines[0]; l++) {
            appendBins(t, i, lines[l].name, dbSizes(d, lines[l].type));
            if (lines[l].memory_name)
                appendBins(t, i, lines[l].memory_name, memory.bins[lines[l].type]);
        }
    }
}
