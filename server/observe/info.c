#include "server/observe/info.h"

#include <stdarg.h>
#include <stdio.h>

#include "server/core/error_stats.h"
#include "server/observe/hotkeys.h"
#include "server/core/memory_guard.h"
#include "server/observe/info_internal.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum {
    SECTIONS_MAX = 32, /* a mask of them is 32 bits */
    SAMPLES = 16,
    SAMPLE_BUSY_MS = 100,
    SAMPLE_IDLE_MS = 500,
    RECENT_SAMPLES = 50, /* after so many the clients' recent maxima begin anew */
};
#define RATE_WINDOW_NS ((uint64_t)1700 * 1000000)

typedef struct infoSection {
    const char *name, *title;
    uint32_t groups;
    infoWrite write;
} infoSection;

typedef struct sample {
    uint64_t at_ns;
    uint64_t commands, input_bytes, output_bytes, cycles, cycle_ns;
} sample;

struct infoTable {
    infoSection sections[SECTIONS_MAX];
    int count;
    sample samples[SAMPLES]; /* a ring, 'next' is the oldest once it is full */
    unsigned sample_count, next;
    unsigned until_recent_reset;
    int cron;
    size_t startup_bytes;
    char replication_id[41];
};

/* ---- text ---- */

void infoLine(infoText *t, const char *format, ...) {
    for (;;) {
        size_t room = t->capacity - t->size;
        va_list args;
        va_start(args, format);
        int wanted = vsnprintf(t->data ? t->data + t->size : NULL, room, format, args);
        va_end(args);
        ensure(wanted >= 0);
        if ((size_t)wanted + 2 < room) {
            t->size += (size_t)wanted;
            memcpy(t->data + t->size, "\r\n", 2);
            t->size += 2;
            return;
        }
        t->capacity = t->capacity * 2 + (size_t)wanted + 1024;
        t->data = memRealloc(t->data, t->capacity);
    }
}

void infoAppend(infoText *t, bytes part) {
    if (t->capacity - t->size < part.size) {
        t->capacity = t->capacity * 2 + part.size + 1024;
        t->data = memRealloc(t->data, t->capacity);
    }
    memcpy(t->data + t->size, part.data, part.size);
    t->size += part.size;
}

void infoTextClear(infoText *t) {
    memFree(t->data);
    *t = (infoText){0};
}

/* ---- rates ---- */

static sample sampleNow(const server *s) {
    return (sample){.at_ns = s->now_ns,
                    .commands = s->stats.commands,
                    .input_bytes = s->stats.net_input_bytes,
                    .output_bytes = s->stats.net_output_bytes,
                    .cycles = s->stats.loop_cycles,
                    .cycle_ns = s->stats.loop_ns};
}

static void takeSample(void *ctx, server *s) {
    infoTable *info = ctx;
    memNotePeak();
    sample now = sampleNow(s);
    unsigned last = (info->next + SAMPLES - 1) % SAMPLES;
    bool busy = info->sample_count && info->samples[last].commands != now.commands;
    info->samples[info->next] = now;
    info->next = (info->next + 1) % SAMPLES;
    if (info->sample_count < SAMPLES) info->sample_count++;
    if (info->until_recent_reset-- == 0) {
        info->until_recent_reset = RECENT_SAMPLES;
        s->stats.reply_chunk_max = s->stats.query_size_max = 0;
    }
    uint64_t delay_ms = busy ? SAMPLE_BUSY_MS : SAMPLE_IDLE_MS;
    cronRearm(s, info->cron, delay_ms * 1000000);
}

/* The oldest sample inside the window, or NULL. */
static const sample *windowStart(const infoTable *info, uint64_t now_ns) {
    for (unsigned i = 0; i < info->sample_count; i++) {
        unsigned at = (info->next + SAMPLES - info->sample_count + i) % SAMPLES;
        if (now_ns - info->samples[at].at_ns <= RATE_WINDOW_NS) return &info->samples[at];
    }
    return NULL;
}

infoRates infoRatesNow(const server *s) {
    sample now = sampleNow(s);
    const sample *from = windowStart(s->info, now.at_ns);
    if (!from || now.at_ns == from->at_ns) return (infoRates){0};
    double seconds = (double)(now.at_ns - from->at_ns) / 1e9;
    uint64_t cycles = now.cycles - from->cycles;
    return (infoRates){
        .commands_per_second = (uint64_t)((double)(now.commands - from->commands) / seconds),
        .input_kib_per_second = (double)(now.input_bytes - from->input_bytes) / 1024 / seconds,
        .output_kib_per_second = (double)(now.output_bytes - from->output_bytes) / 1024 / seconds,
        .cycles_per_second = (uint64_t)((double)cycles / seconds),
        .cycle_us = cycles ? (now.cycle_ns - from->cycle_ns) / cycles / 1000 : 0};
}

static void resetCommand(void *ctx, command *cmd) {
    (void)ctx;
    cmd->calls = cmd->usec_ns = cmd->rejected = cmd->failed = 0;
    memFree(cmd->latency);
    cmd->latency = NULL;
}

void infoResetStats(server *s) {
    s->stats = (stats){0};
    commandEach(s->commands, resetCommand, NULL);
    errorStatsReset(s->errors);
    discardResetStats(s->discard);
    memlimitResetTimes(&s->memory->limit, s->now_ms);
    memPeakReset();
    s->info->sample_count = s->info->next = 0;
}

/* ---- sections ---- */

static infoSection *findSection(infoTable *info, bytes name) {
    for (int i = 0; i < info->count; i++)
        if (bytesEqualWord(name, info->sections[i].name)) return &info->sections[i];
    return NULL;
}

void infoSetSection(server *s, const char *name, const char *title, uint32_t groups,
                    infoWrite write) {
    infoTable *info = s->info;
    infoSection *section = findSection(info, bytesOfText(name));
    if (!section) {
        ensure(info->count < SECTIONS_MAX);
        section = &info->sections[info->count++];
    }
    *section = (infoSection){name, title, groups, write};
}

static uint32_t maskOfGroup(const infoTable *info, uint32_t groups) {
    uint32_t mask = 0;
    for (int i = 0; i < info->count; i++)
        if (info->sections[i].groups & groups) mask |= 1u << i;
    return mask;
}

static uint32_t maskOfName(infoTable *info, bytes name) {
    if (bytesEqualWord(name, "default")) return maskOfGroup(info, INFO_DEFAULT);
    if (bytesEqualWord(name, "all") || bytesEqualWord(name, "everything"))
        return maskOfGroup(info, INFO_ALL);
    const infoSection *section = findSection(info, name);
    return section ? 1u << (section - info->sections) : 0;
}

void infoRender(server *s, const bytes *names, int count, infoText *t) {
    infoTable *info = s->info;
    uint32_t mask = count ? 0 : maskOfGroup(info, INFO_DEFAULT), named = 0;
    for (int i = 0; i < count; i++) {
        const infoSection *section = findSection(info, names[i]);
        if (section) named |= 1u << (section - info->sections);
        mask |= maskOfName(info, names[i]);
    }
    for (int i = 0; i < info->count; i++) {
        if (!(mask & 1u << i)) continue;
        if (t->size) infoLine(t, "%s", "");
        infoLine(t, "# %s", info->sections[i].title);
        t->named = named & 1u << i;
        info->sections[i].write(s, t);
    }
}

/* ---- coming and going ---- */

void infoAttach(server *s) {
    static const infoSection sections[] = {
        {"server", "Server", INFO_DEFAULT | INFO_ALL, infoServer},
        {"clients", "Clients", INFO_DEFAULT | INFO_ALL, infoClients},
        {"memory", "Memory", INFO_DEFAULT | INFO_ALL, infoMemory},
        {"persistence", "Persistence", INFO_DEFAULT | INFO_ALL, infoPersistence},
        {"stats", "Stats", INFO_DEFAULT | INFO_ALL, infoStats},
        {"replication", "Replication", INFO_DEFAULT | INFO_ALL, infoReplication},
        {"cpu", "CPU", INFO_DEFAULT | INFO_ALL, infoCpu},
        {"modules", "Modules", INFO_DEFAULT | INFO_ALL, infoModules},
        {"commandstats", "Commandstats", INFO_ALL, infoCommandStats},
        {"errorstats", "Errorstats", INFO_DEFAULT | INFO_ALL, infoErrorStats},
        {"latencystats", "Latencystats", INFO_ALL, infoLatencyStats},
        {"cluster", "Cluster", INFO_DEFAULT | INFO_ALL, infoCluster},
        {"keyspace", "Keyspace", INFO_DEFAULT | INFO_ALL, infoKeyspace},
        {"keysizes", "Keysizes", INFO_DEFAULT | INFO_ALL, infoKeysizes},
        {"hotkeys", "Hotkeys", 0, hotkeysInfo},
        {"debug", "Debug", 0, infoDebug},
    };
    ensure(!s->info);
    infoTable *info = memCalloc(1, sizeof *info);
    s->info = info;
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        infoSetSection(s, sections[i].name, sections[i].title, sections[i].groups,
                       sections[i].write);
    rngHex(info->replication_id, sizeof info->replication_id - 1);
    info->startup_bytes = memUsed();
    info->cron = cronAdd(s, "samples", 0, takeSample, info);
    cronArm(s, info->cron, 0);
}

void infoDetach(server *s) {
    memFree(s->info);
    s->info = NULL;
}

size_t infoStartupBytes(const server *s) {
    return s->info->startup_bytes;
}

const char *infoReplicationId(const server *s) {
    return s->info->replication_id;
}

void infoChangeReplicationId(server *s) {
    rngHex(s->info->replication_id, sizeof s->info->replication_id - 1);
}
