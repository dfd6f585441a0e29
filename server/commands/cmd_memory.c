/* MEMORY: how much a key, the server, the allocators take. */
#include <stdio.h>

#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/background.h"
#include "server/core/key_open.h"
#include "server/core/memory_guard.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/observe/info.h"
#include "server/observe/memory_report.h"
#include "storage/base/mem.h"
#include "storage/base/mem_tuning.h"
#include "storage/db/db_sizes.h"

/* MEMORY USAGE key [SAMPLES count]
 * Replies with the bytes of the key, its value and its share of the tables. The memory of a value
 * is known, not sampled: the count is read, no more. */
static void usageCommand(client *c) {
    for (int i = 3; i < c->argc; i++) {
        int64_t samples;
        if (!argIs(c, i, "samples") || i + 1 == c->argc) {
            replySyntaxError(c);
            return;
        }
        if (!argInt(c, ++i, &samples, NULL)) return;
        if (samples < 0) {
            replySyntaxError(c);
            return;
        }
    }
    const entry *e = dbLookup(c->db, argKey(c, 2));
    if (!e)
        replyNull(c);
    else
        replyInteger(c, (int64_t)memoryOfKey(c->db, e));
}

/* ---- MEMORY STATS ---- */

static void sizeField(client *c, const char *name, size_t size) {
    replyBulkText(c, name);
    replyInteger(c, (int64_t)size);
}

static void deltaField(client *c, const char *name, size_t a, size_t b) {
    replyBulkText(c, name);
    replyInteger(c, memoryDelta(a, b));
}

static void doubleField(client *c, const char *name, double value) {
    replyBulkText(c, name);
    replyDouble(c, value);
}

/* One map for each db that has or had keys: an empty one may have tables still; *tables is the sum
 * of their tables. */
static size_t dbFields(client *c, size_t *tables) {
    server *s = c->server;
    size_t count = 0;
    for (int i = 0; i < s->db_count; i++) {
        db *d = s->dbs[i];
        if (!dbSizes(d, TYPE_STRING)) continue;
        char name[16];
        replyBulk(c, bytesOf(name, (size_t)snprintf(name, sizeof name, "db.%d", i)));
        replyMap(c, 2);
        sizeField(c, "overhead.hashtable.main", dbTableBytes(d) - dbExpiresBytes(d));
        sizeField(c, "overhead.hashtable.expires", dbExpiresBytes(d));
        *tables += dbTableBytes(d);
        count++;
    }
    return count;
}

/* MEMORY STATS */
static void statsCommand(client *c) {
    memoryReport r = memoryReportOf(c->server, 0);
    replyHole hole = replyOpen(c);
    size_t count = 34, tables = 0;
    sizeField(c, "peak.allocated", r.peak);
    sizeField(c, "total.allocated", r.used);
    sizeField(c, "startup.allocated", r.startup);
    sizeField(c, "replication.backlog", 0);
    sizeField(c, "clients.slaves", r.replicas);
    sizeField(c, "clients.normal", r.clients);
    sizeField(c, "cluster.links", 0);
    sizeField(c, "aof.buffer", c->server->memory->limit.exempt[MEMLIMIT_AOF]);
    sizeField(c, "lua.caches", r.scripts);
    sizeField(c, "functions.caches", r.functions);
    count += dbFields(c, &tables);
    sizeField(c, "overhead.db.hashtable.lut", tables);
    sizeField(c, "overhead.db.hashtable.rehashing", 0);
    sizeField(c, "overhead.total", r.overhead);
    sizeField(c, "db.dict.rehashing.count", 0);
    sizeField(c, "keys.count", r.keys);
    sizeField(c, "keys.bytes-per-key", (size_t)r.bytes_per_key);
    sizeField(c, "dataset.bytes", r.dataset);
    doubleField(c, "dataset.percentage", r.dataset_percent);
    doubleField(c, "peak.percentage", r.peak_percent);
    sizeField(c, "allocator.allocated", r.allocated);
    sizeField(c, "allocator.active", r.active);
    sizeField(c, "allocator.resident", r.resident);
    sizeField(c, "allocator.muzzy", r.muzzy);
    doubleField(c, "allocator-fragmentation.ratio", memoryRatio(r.active, r.allocated));
    deltaField(c, "allocator-fragmentation.bytes", r.active, r.allocated);
    doubleField(c, "allocator-rss.ratio", memoryRatio(r.resident, r.active));
    deltaField(c, "allocator-rss.bytes", r.resident, r.active);
    doubleField(c, "rss-overhead.ratio", memoryRatio(r.rss, r.resident));
    deltaField(c, "rss-overhead.bytes", r.rss, r.resident);
    doubleField(c, "fragmentation", memoryRatio(r.rss, r.used));
    deltaField(c, "fragmentation.bytes", r.rss, r.used);
    sizeField(c, "slabs.items", r.slab_items);
    sizeField(c, "rss.file", r.file);
    deltaField(c, "rss.unexplained", r.rss, r.rss - (size_t)r.unexplained);
    replyClose(c, hole, RESP_MAP, count);
}

/* MEMORY DOCTOR */
static void doctorCommand(client *c) {
    char *text = memoryDoctor(c->server);
    replyVerbatim(c, "txt", bytesOfText(text));
    memFree(text);
}

static void appendReport(void *ctx, const char *part) {
    infoAppend(ctx, bytesOfText(part));
}

/* MEMORY MALLOC-STATS
 * The allocator's own report, for those who know how to read it. */
static void mallocStatsCommand(client *c) {
    infoText text = {0};
    memReport(appendReport, &text);
    replyVerbatim(c, "txt", bytesOf(text.data, text.size));
    infoTextClear(&text);
}

/* MEMORY PURGE
 * All that the background task would do, now, and the heap's free pages back to the kernel. */
static void purgeCommand(client *c) {
    backgroundReclaimNow(c->server);
    replyOk(c);
}

static void helpCommand(client *c) {
    static const char *const lines[] = {
        "DOCTOR",
        "    What stands out in the use of memory, and what helps.",
        "MALLOC-STATS",
        "    The heap allocator's own report.",
        "PURGE",
        "    Give free pages back to the system now.",
        "STATS",
        "    Where the memory is, as a map of numbers.",
        "USAGE <key> [SAMPLES <count>]",
        "    Bytes of a key, its value and its share of the tables. SAMPLES is accepted for",
        "    compatibility: nothing has to be sampled.",
        NULL};
    replyHelp(c, lines);
}

#define SHARDS_TIPS "nondeterministic_output,request_policy:all_shards,response_policy:special"

static const commandSpec memorySubcommands[] = {
    {.name = "doctor", .arity = 2, .run = doctorCommand, .tips = SHARDS_TIPS},
    {.name = "help", .arity = 2, .run = helpCommand, .flags = CMD_LOADING | CMD_STALE},
    {.name = "malloc-stats", .arity = 2, .run = mallocStatsCommand, .tips = SHARDS_TIPS},
    {.name = "purge",
     .arity = 2,
     .run = purgeCommand,
     .tips = "request_policy:all_shards,response_policy:all_succeeded"},
    {.name = "stats", .arity = 2, .run = statsCommand, .tips = SHARDS_TIPS},
    {.name = "usage",
     .arity = -3,
     .run = usageCommand,
     .flags = CMD_READONLY,
     .keys = {{.first = 2, .last = 0, .step = 1, .use = KEY_RO}}},
    {0},
};

const commandSpec memoryCommands[] = {
    {.name = "memory", .arity = -2, .subcommands = memorySubcommands},
    {0},
};
