#include "server/observe/history.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "expire/cycle/reclaim.h"
#include "server/observe/memory_report.h"
#include "server/session/block.h"
#include "storage/base/histogram.h"
#include "storage/base/mem.h"

typedef struct sample {
    int64_t ms;
    size_t rss, used, data, keys, clients, blocked;
    uint64_t commands, expired, evicted;
    double p50_us, p99_us, p999_us;
} sample;

struct history {
    sample samples[HISTORY_SECONDS];
    size_t count, next;
    int task;
    histogram before; /* of all commands together, at the last sample */
};

static size_t keysOf(const server *s) {
    size_t keys = 0;
    for (int i = 0; i < s->db_count; i++) keys += dbCount(s->dbs[i]);
    return keys;
}

static void addLatency(void *ctx, command *cmd) {
    histogram *sum = ctx;
    if (!cmd->latency) return;
    sum->total += cmd->latency->total;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) sum->buckets[i] += cmd->latency->buckets[i];
}

/* The times of the commands of this second: what came since the last sample. */
static void takeLatency(struct history *h, const server *s, sample *x) {
    histogram now = {0};
    commandEach(s->commands, addLatency, &now);
    histogram fresh = now;
    if (now.total >= h->before.total) { /* else the statistics were reset */
        fresh.total -= h->before.total;
        for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) fresh.buckets[i] -= h->before.buckets[i];
    }
    x->p50_us = (double)histogramPercentile(&fresh, 50) / 1000;
    x->p99_us = (double)histogramPercentile(&fresh, 99) / 1000;
    x->p999_us = (double)histogramPercentile(&fresh, 99.9) / 1000;
    h->before = now;
}

static void takeSample(void *ctx, server *s) {
    struct history *h = ctx;
    memoryReport memory = memoryReportOf(s, 0);
    h->samples[h->next] = (sample){
        .ms = s->now_ms,
        .rss = memory.rss,
        .used = memory.used,
        .data = memory.dataset,
        .keys = keysOf(s),
        .clients = s->client_count,
        .blocked = blockStatsOf(s).clients,
        .commands = s->stats.commands,
        .expired = s->stats.expired_keys,
        .evicted = s->stats.evicted_keys,
    };
    takeLatency(h, s, &h->samples[h->next]);
    h->next = (h->next + 1) % HISTORY_SECONDS;
    if (h->count < HISTORY_SECONDS) h->count++;
}

void historyStart(server *s) {
    if (s->history) return;
    s->history = memCalloc(1, sizeof *s->history);
    s->history->task = cronAdd(s, "history", 1000, takeSample, s->history);
    takeSample(s->history, s);
}

void historyFree(server *s) {
    if (!s->history) return;
    memFree(s->history);
    s->history = NULL;
}

/* ---- JSON ---- */

__attribute__((format(printf, 2, 3))) static void put(infoText *t, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (size > 0)
        infoAppend(t, bytesOf(text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1));
}

static void putSamples(const struct history *h, infoText *t) {
    for (size_t i = 0; i < h->count; i++) {
        size_t at = (h->next + HISTORY_SECONDS - h->count + i) % HISTORY_SECONDS;
        const sample *x = &h->samples[at];
        put(t,
            "%s{\"ms\":%lld,\"rss\":%zu,\"used\":%zu,\"data\":%zu,\"keys\":%zu,\"clients\":%zu,"
            "\"blocked\":%zu,\"commands\":%llu,\"expired\":%llu,\"evicted\":%llu,\"p50\":%.1f,"
            "\"p99\":%.1f,\"p999\":%.1f}",
            i ? "," : "", (long long)x->ms, x->rss, x->used, x->data, x->keys, x->clients,
            x->blocked, (unsigned long long)x->commands, (unsigned long long)x->expired,
            (unsigned long long)x->evicted, x->p50_us, x->p99_us, x->p999_us);
    }
}

enum { BIGGEST = 10 };

typedef struct biggest {
    const command *commands[BIGGEST];
    int count;
} biggest;

static void noteCommand(void *ctx, command *cmd) {
    biggest *b = ctx;
    if (!cmd->calls) return;
    int at = b->count;
    while (at > 0 && b->commands[at - 1]->usec_ns < cmd->usec_ns) at--;
    if (at == BIGGEST) return;
    if (b->count < BIGGEST) b->count++;
    for (int i = b->count - 1; i > at; i--) b->commands[i] = b->commands[i - 1];
    b->commands[at] = cmd;
}

static void putCommands(server *s, infoText *t) {
    biggest b = {.count = 0};
    commandEach(s->commands, noteCommand, &b);
    for (int i = 0; i < b.count; i++)
        put(t, "%s{\"name\":\"%s\",\"calls\":%llu,\"us\":%.1f}", i ? "," : "",
            b.commands[i]->full_name, (unsigned long long)b.commands[i]->calls,
            (double)b.commands[i]->usec_ns / 1000);
}

void historyRender(server *s, infoText *t) {
    put(t,
        "{\"now\":{\"version\":\"%s\",\"port\":%d,\"uptime\":%lld,\"reclaim\":\"%s\"},"
        "\"samples\":[",
        EBB_VERSION, s->tcp_port, (long long)((s->now_ms - s->started_ms) / 1000),
        s->reclaim ? reclaimStateText(reclaimStatsOf(s->reclaim).state) : "off");
    if (s->history) putSamples(s->history, t);
    put(t, "],\"commands\":[");
    putCommands(s, t);
    put(t, "]}\n");
}
