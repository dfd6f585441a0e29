/* INFO keysizes: how large the values are, by db and type, in bins of powers of two; with
 * key-memory-histograms also how much memory the keys of collections take.
 *
 * Counted when asked: every key of every db is looked at, in one go, some 0.1 seconds a million
 * keys during which nothing else runs. So only the section's own name asks for it, neither "all"
 * nor "everything", and no command pays for keeping it. */
#include <stdio.h>

#include "server/observe/info_internal.h"
#include "storage/types/t_hash.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset.h"

enum { BINS = 65 }; /* bin 0 is of size 0, bin n of 2^(n-1) up to 2^n - 1 */

typedef struct sizeCounts {
    bool with_memory;
    uint64_t sizes[TYPE_COUNT][BINS];
    uint64_t memory[TYPE_COUNT][BINS]; /* of whole keys; key-memory-histograms */
} sizeCounts;

/* Types in the order of the lines; what is not here is not told. */
static const struct {
    valueType type;
    const char *name, *memory_name; /* NULL: its memory is not told */
} lines[] = {{TYPE_STRING, "strings_sizes", NULL},
             {TYPE_LIST, "lists_items", "lists_sizes"},
             {TYPE_SET, "sets_items", "sets_sizes"},
             {TYPE_ZSET, "zsets_items", "zsets_sizes"},
             {TYPE_HASH, "hashes_items", "hashes_sizes"}};

static size_t sizeOfValue(const entry *e) {
    switch (entryType(e)) {
    case TYPE_STRING: return entryStringSize(e);
    case TYPE_LIST: return listCount(e);
    case TYPE_SET: return setCount(e);
    case TYPE_ZSET: return zsetCount(e);
    case TYPE_HASH: return hashCount(e);
    default: return 0;
    }
}

static int binOf(uint64_t size) {
    return size ? 64 - __builtin_clzll(size) : 0;
}

static void countEntry(void *ctx, const entry *e) {
    sizeCounts *counts = ctx;
    counts->sizes[entryType(e)][binOf(sizeOfValue(e))]++;
    if (counts->with_memory) counts->memory[entryType(e)][binOf(entryMemory(e))]++;
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
    for (int bin = 0; bin < BINS; bin++) {
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
    for (int i = 0; i < s->db_count; i++) {
        if (!dbCount(s->dbs[i])) continue;
        sizeCounts counts = {.with_memory = configInt(&s->config, "key-memory-histograms")};
        uint64_t cursor = 0;
        /* Nothing changes meanwhile, so the scan meets each entry once. */
        do cursor = dbScan(s->dbs[i], cursor, countEntry, &counts);
        while (cursor);
        for (size_t l = 0; l < sizeof lines / sizeof lines[0]; l++) {
            appendBins(t, i, lines[l].name, counts.sizes[lines[l].type]);
            if (lines[l].memory_name)
                appendBins(t, i, lines[l].memory_name, counts.memory[lines[l].type]);
        }
    }
}
